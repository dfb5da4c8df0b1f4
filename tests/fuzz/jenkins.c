/* What a Jenkins says in headers, and what people call its jobs: an address leads to a queue item or to none, a name never out of its folder. */
#include "jenkins/call.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_FREE char *text = fuzz_text(data, size);
    AUTO_TEXT path = { 0 };
    struct err e = { 0 };
    FUZZ_CHECK(jenkins_queue_item(text) >= 0);
    FUZZ_CHECK(!jenkins_refused(403, text, text, &e));
    fuzz_refused(&e);
    FUZZ_CHECK(text_utf8(e.text, strlen(e.text)) || !text_utf8(text, strlen(text)));
    e = (struct err){ 0 };
    if (!jenkins_job_path(text, "job", &path, &e)) {
        fuzz_refused(&e);
        return 0;
    }
    FUZZ_CHECK(!path.length || text_starts(path.at, "/job/"));
    FUZZ_CHECK(!strpbrk(text_of(&path), "?#\r\n ") && !strstr(text_of(&path), "/../") && !text_ends(text_of(&path), "/..") && !strstr(text_of(&path), "//"));
    return 0;
}

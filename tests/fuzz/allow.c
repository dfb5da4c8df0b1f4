/* A Cloud Proxy's allow-list, and where a server wants to go: "LIST\nHOST:PORT". */
#include "proxy/allow.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_FREE char *text = fuzz_text(data, size);
    char *line = strchr(text, '\n');
    AUTO(allow) list = NULL;
    AUTO_FREE char *host = NULL;
    int port = 0;
    struct err e = { 0 };
    if (line)
        *line++ = 0;
    if (!allow_parse(text, &list, &e)) {
        fuzz_refused(&e);
        return 0;
    }
    json_decref(allow_json(list));
    if (!allow_target(line ? line : text, &host, &port, &e)) {
        fuzz_refused(&e);
        return 0;
    }
    FUZZ_CHECK(*host && port >= 1 && port <= 65535 && !strpbrk(host, "[]/ "));
    if (!allow_host(list, host, port, &e))
        fuzz_refused(&e);
    return 0;
}

#include "event/image_ref.h"

#include "fuzz.h"

/* A canonical name parses to itself. */
static void check_canonical(const struct image_ref *ref)
{
    struct image_ref again = { 0 };
    struct err e = { 0 };
    AUTO_FREE char *text = image_ref_text(ref);
    FUZZ_CHECK(image_repository_ok(ref->repository));
    if (strpbrk(ref->host, ".:") || strcmp(ref->host, "localhost") == 0) {
        FUZZ_CHECK(image_ref_parse(text, &again, &e));
        AUTO_FREE char *same = image_ref_text(&again);
        FUZZ_CHECK(text_is(text, same));
        image_ref_fini(&again);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_FREE char *text = fuzz_text(data, size);
    struct image_ref ref = { 0 };
    struct err e = { 0 };
    bool plain;
    if (image_ref_parse(text, &ref, &e))
        check_canonical(&ref);
    else
        fuzz_refused(&e);
    image_ref_fini(&ref);
    if (!image_ref_from_url(text, &ref, &plain, &e))
        fuzz_refused(&e);
    else if (*ref.repository && !plain) /* http://x:443 and https://x:443 are two, but no name of an image tells which */
        check_canonical(&ref);
    image_ref_fini(&ref);
    AUTO_FREE char *host = registry_host(text);
    FUZZ_CHECK(!host || registry_host_same(host, host));
    return 0;
}

#include "registry/tags.h"

#include "fuzz.h"

/* The first byte says whose answer it is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct registry_tag *tags = NULL;
    size_t count = 0;
    bool more = false;
    struct err e = { 0 };
    if (!size)
        return 0;
    if (registry_tags_read((const char *)data + 1, size - 1, data[0] & 1, &tags, &count, &more, &e))
        registry_tags_free(tags, count);
    else
        fuzz_refused(&e);
    AUTO_FREE char *link = fuzz_text(data, size);
    AUTO_FREE char *last = registry_tags_next(link);
    FUZZ_CHECK(!last || *last);
    return 0;
}

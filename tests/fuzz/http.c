/* Queries, and compressed bodies. */
#include "http/message.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { LIMIT = 100000 };
    AUTO_FREE char *text = fuzz_text(data, size);
    AUTO_FREE char *value = http_query_get(text, "secureToken");
    AUTO_FREE char *other = http_query_get(text, "$filter");
    AUTO_FREE char *inflated = NULL;
    size_t n = 0;
    struct err e = { 0 };
    if (http_inflate(data, size, LIMIT, &inflated, &n, &e))
        FUZZ_CHECK(n <= LIMIT && inflated);
    else
        fuzz_refused(&e);
    return 0;
}

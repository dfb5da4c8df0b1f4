/* Expressions in texts, and values bound into YAML: what is bound has no reference left that was known. */
#include "pipeline/bind.h"

#include "fuzz.h"
#include "scope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scope scope = { fuzz_find };
    AUTO_RESOLUTION more = { 0 };
    AUTO_JSON *resolved = NULL;
    AUTO_JSON *documents = NULL;
    struct err e = { 0 };
    if (!expression_resolve((const char *)data, size, &scope, &resolved, &more, &e))
        fuzz_refused(&e);
    if (!bind_yaml((const char *)data, size, &scope, &documents, &more, &e)) {
        fuzz_refused(&e);
        return 0;
    }
    FUZZ_CHECK(json_is_array(documents));
    AUTO_FREE char *text = json_write(documents);
    FUZZ_CHECK(text_utf8(text, strlen(text)));
    return 0;
}

#include "pipeline/literals.h"

#include "fuzz.h"

/* Places are in order, apart and in the text; masks hide what was found and come back as it was. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const KEYS[] = { "", "password", "script", "description" };
    AUTO_FREE char *text = fuzz_text(data, size);
    size_t length = strlen(text);
    if (!text_utf8(text, length))
        return 0;
    for (size_t k = 0; k < ALEN(KEYS); k++) {
        struct literal found[LITERALS];
        size_t count = literals_in(KEYS[k], text, found);
        for (size_t i = 0; i < count; i++) {
            FUZZ_CHECK(found[i].length && found[i].at + found[i].length <= length && *found[i].what);
            FUZZ_CHECK(!i || found[i - 1].at + found[i - 1].length <= found[i].at);
        }
        AUTO_JSON *tree = json_pack("{s:s}", KEYS[k], text);
        AUTO_JSON *masked = literals_masked(tree);
        AUTO_JSON *again = literals_masked(masked);
        AUTO_JSON *back = literals_unmasked(masked, tree, NULL, NULL);
        FUZZ_CHECK(json_equal(back, tree));
        FUZZ_CHECK(again && json_object_size(again) == 1);
    }
    return 0;
}

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_JSON *json = NULL;
    AUTO_JSON *again = NULL;
    char note[512];
    struct err e = { 0 };
    if (!json_read_lenient((const char *)data, size, &json, note, sizeof note, &e)) {
        fuzz_refused(&e);
        return 0;
    }
    AUTO_FREE char *text = json_write(json);
    FUZZ_CHECK(json_read(text, strlen(text), &again, &e));
    FUZZ_CHECK(json_equal(json, again)); /* no digit that counts is lost */
    FUZZ_CHECK(text_utf8(note, strlen(note)));
    if (json_is_number(json))
        free(json_decimal(json));
    free(json_as_text(json));
    json_at(json, "a.b[0].c");
    return 0;
}

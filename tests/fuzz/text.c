/* The small decoders: percent encoding, base64, UTF-8, dates. */
#include "base/clock.h"
#include "base/ids.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    size_t n = 0;
    int64_t micros;
    AUTO_FREE char *text = fuzz_text(data, size);
    AUTO_FREE char *decoded = text_url_decode(bytes, size, true);
    AUTO_FREE unsigned char *binary = text_base64_decode(bytes, size, &n);
    AUTO_TEXT encoded = { 0 };
    text_add_url(&encoded, text);
    AUTO_FREE char *again = text_url_decode(text_of(&encoded), encoded.length, false);
    FUZZ_CHECK(text_is(again, text));
    if (binary) {
        size_t m = 0;
        AUTO_FREE char *back = text_base64(binary, n);
        AUTO_FREE unsigned char *twice = text_base64_decode(back, strlen(back), &m);
        FUZZ_CHECK(twice && m == n && memcmp(twice, binary, n) == 0);
    }
    if (clock_parse(text, &micros)) {
        char out[CLOCK_TEXT];
        int64_t same = 0;
        bool usual = micros >= INT64_C(-62135596800000000) && micros < INT64_C(253402300800000000); /* years 1 to 9999 */
        FUZZ_CHECK(!usual || (clock_parse(clock_rfc3339(micros, out), &same) && micros - same < CLOCK_MS && micros >= same));
    }
    text_utf8(bytes, size);
    id_is(text);
    return 0;
}

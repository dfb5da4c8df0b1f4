/* The first line is a pattern, the rest what it is tried on. */
#include "trigger/trigger.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_FREE char *text = fuzz_text(data, size);
    char *subject = strchr(text, '\n');
    struct err e = { 0 };
    AUTO(pattern) pattern = NULL;
    AUTO_FREE char *literal = NULL;
    if (subject)
        *subject++ = 0;
    bool is_literal = trigger_pattern_literal(text, &literal);
    if (!pattern_create(text, &pattern, &e)) {
        fuzz_refused(&e);
        FUZZ_CHECK(!is_literal || strlen(text) > PATTERN_BYTES);
        return 0;
    }
    FUZZ_CHECK(!is_literal || pattern_matches(pattern, literal, NULL));
    if (subject && text_utf8(subject, strlen(subject))) {
        bool matches = pattern_matches(pattern, subject, NULL);
        FUZZ_CHECK(!is_literal || matches == text_is(subject, literal));
    }
    return 0;
}

/* The first line is a pattern, the rest what it is tried on. */
#include "trigger/trigger.h"

#include "fuzz.h"

/* A literal is compared, and not compiled: an expression of the same text must say the same. */
static void as_expression(const char *text, const char *literal, const char *subject)
{
    struct err e = { 0 };
    AUTO(pattern) pattern = NULL;
    AUTO_FREE char *group = mem_format("(?:%s)", text);
    if (!pattern_create(group, &pattern, &e)) /* \Q without \E takes the ) too */
        return;
    FUZZ_CHECK(pattern_matches(pattern, literal, NULL));
    if (subject && text_utf8(subject, strlen(subject)))
        FUZZ_CHECK(pattern_matches(pattern, subject, NULL) == text_is(subject, literal));
}

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
    if (is_literal)
        as_expression(text, literal, subject);
    return 0;
}

#define PCRE2_CODE_UNIT_WIDTH 8
#include "trigger/pattern.h"

#include <pcre2.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"

enum { MATCH_LIMIT = 20000, DEPTH_LIMIT = 1000, HEAP_LIMIT_KIB = 1024, CACHED = 4096 };

struct pattern {
    char *literal; /* most patterns are one name: compared, not compiled. Then the rest is NULL */
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *limits;
};

void pattern_destroy(struct pattern **p)
{
    struct pattern *old = TAKE(*p);
    if (!old)
        return;
    free(old->literal);
    pcre2_match_data_free(old->data);
    pcre2_match_context_free(old->limits);
    pcre2_code_free(old->code);
    free(old);
}

/* Anchored at both ends, so that alternatives are held together too: a|b matches a or b, and not "ax". */
static const uint32_t OPTIONS = PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C;

static bool compile_failed(int code, size_t offset, struct err *e)
{
    unsigned char why[200] = "";
    pcre2_get_error_message(code, why, sizeof why);
    return err_set(e, ERR_INVALID, "character %zu: %s", offset + 1, (const char *)why);
}

static struct pattern *compile(const char *text, size_t n, struct err *e)
{
    int code;
    size_t offset;
    pcre2_compile_context *limits = pcre2_compile_context_create(NULL);
    pcre2_set_parens_nest_limit(limits, 50);
    pcre2_code *compiled = pcre2_compile((PCRE2_SPTR)text, n, OPTIONS, &code, &offset, limits);
    pcre2_compile_context_free(limits);
    if (!compiled)
        return compile_failed(code, offset, e), NULL;
    pcre2_jit_compile(compiled, PCRE2_JIT_COMPLETE); /* without it matching is slower, and as right */
    struct pattern *p = NEW(struct pattern);
    *p = (struct pattern){ .code = compiled, .data = pcre2_match_data_create_from_pattern(compiled, NULL),
                           .limits = pcre2_match_context_create(NULL) };
    pcre2_set_match_limit(p->limits, MATCH_LIMIT);
    pcre2_set_depth_limit(p->limits, DEPTH_LIMIT);
    pcre2_set_heap_limit(p->limits, HEAP_LIMIT_KIB);
    return p;
}

bool pattern_create(const char *text, struct pattern **ret, struct err *e)
{
    size_t n = strlen(text);
    char *literal = NULL;
    if (n > PATTERN_BYTES)
        return err_set(e, ERR_INVALID, "a pattern of %zu characters; %d are allowed", n, PATTERN_BYTES);
    if (!text_utf8(text, n))
        return err_set(e, ERR_INVALID, "the pattern is not UTF-8");
    if (!trigger_pattern_literal(text, &literal))
        return (*ret = compile(text, n, e)) != NULL;
    *ret = NEW(struct pattern);
    (*ret)->literal = literal;
    return true;
}

bool pattern_matches(const struct pattern *p, const char *subject, bool *gave_up)
{
    if (p->literal) {
        if (gave_up)
            *gave_up = false;
        return strcmp(p->literal, subject) == 0;
    }
    int code = pcre2_match(p->code, (PCRE2_SPTR)subject, strlen(subject), 0, 0, p->data, p->limits);
    if (gave_up)
        *gave_up = code < 0 && code != PCRE2_ERROR_NOMATCH;
    return code >= 0;
}

/* Characters that mean something but themselves outside of a class. */
static bool is_special(char c)
{
    return strchr("\\^$.[]|()?*+{}", c) != NULL;
}

/* Reads one literal character at *p into out; false when what stands there is an expression. */
static bool literal_step(const char **p, struct text *out)
{
    const char *at = *p;
    if (*at == '\\') {
        if (!at[1] || !strchr("\\^$.[]|()?*+{}/-_:@", at[1])) /* letters and digits after \ are classes and the like */
            return false;
        at++;
    } else if (is_special(*at)) {
        return false;
    }
    text_add_char(out, *at);
    *p = at + 1;
    return true;
}

/* \Q...\E (the end may be missing): true when it stood there, *p behind it. */
static bool literal_quote(const char **p, struct text *out)
{
    if (!text_starts(*p, "\\Q"))
        return false;
    const char *end = strstr(*p + 2, "\\E");
    size_t n = end ? (size_t)(end - *p - 2) : strlen(*p + 2);
    text_add_n(out, *p + 2, n);
    *p += 2 + n + (end ? 2 : 0);
    return true;
}

bool trigger_pattern_literal(const char *text, char **ret)
{
    AUTO_TEXT out = { 0 };
    const char *p = text + (*text == '^');
    if (!text_utf8(text, strlen(text)))
        return false;
    while (*p && strcmp(p, "$") != 0) {
        const char *before = p;
        if (!literal_quote(&p, &out) && !literal_step(&p, &out))
            return false;
        if (*p && strchr("?*+{", *p) && p != before) /* it repeats what was read */
            return false;
    }
    if (!out.length)
        return false;
    *ret = text_take(&out);
    return true;
}

struct patterns {
    struct map *by_text;
};

struct patterns *patterns_create(void)
{
    struct patterns *p = NEW(struct patterns);
    p->by_text = map_create();
    return p;
}

static void forget_all(struct patterns *p)
{
    size_t at = 0;
    const char *text;
    void *value;
    while (map_each(p->by_text, &at, &text, &value)) {
        struct pattern *pattern = value;
        pattern_destroy(&pattern);
    }
    map_destroy(&p->by_text);
}

void patterns_destroy(struct patterns **p)
{
    struct patterns *old = TAKE(*p);
    if (!old)
        return;
    forget_all(old);
    free(old);
}

const struct pattern *patterns_get(struct patterns *p, const char *text, struct err *e)
{
    struct pattern *pattern = map_get(p->by_text, text);
    if (pattern)
        return pattern;
    if (!pattern_create(text, &pattern, e))
        return NULL;
    if (map_count(p->by_text) >= CACHED) {
        forget_all(p);
        p->by_text = map_create();
    }
    map_put(p->by_text, text, pattern);
    return pattern;
}

/* base/yaml_plain.c - what a plain scalar means: YAML 1.1 as Kubernetes' and Code Stream's readers agree on it. */
#include "base/yaml.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

enum word { WORD_NULL, WORD_TRUE, WORD_FALSE };

/* y and n are left out: readers disagree on them, and a letter is more often meant as one. */
static const struct {
    const char *text;
    enum word means;
} WORDS[] = {
    { "", WORD_NULL },     { "~", WORD_NULL },    { "null", WORD_NULL },   { "Null", WORD_NULL },   { "NULL", WORD_NULL },
    { "true", WORD_TRUE }, { "True", WORD_TRUE }, { "TRUE", WORD_TRUE },   { "yes", WORD_TRUE },    { "Yes", WORD_TRUE },
    { "YES", WORD_TRUE },  { "on", WORD_TRUE },   { "On", WORD_TRUE },     { "ON", WORD_TRUE },     { "false", WORD_FALSE },
    { "False", WORD_FALSE }, { "FALSE", WORD_FALSE }, { "no", WORD_FALSE }, { "No", WORD_FALSE },  { "NO", WORD_FALSE },
    { "off", WORD_FALSE }, { "Off", WORD_FALSE }, { "OFF", WORD_FALSE },
};

static json_t *word_of(const char *text)
{
    for (size_t i = 0; i < ALEN(WORDS); i++)
        if (strcmp(WORDS[i].text, text) == 0)
            return WORDS[i].means == WORD_NULL ? json_null() : json_boolean(WORDS[i].means == WORD_TRUE);
    return NULL;
}

/* The base of an integer's digits by its prefix, which is skipped. */
static int base_of(const char **digits)
{
    const char *p = *digits;
    if (p[0] != '0' || !p[1])
        return 10;
    char c = (char)tolower((unsigned char)p[1]);
    int base = c == 'x' ? 16 : c == 'o' ? 8 : c == 'b' ? 2 : 0;
    *digits = base ? p + 2 : p + 1;
    return base ? base : 8; /* 010 is eight */
}

static bool digits_ok(const char *p, int base)
{
    if (!*p || *p == '_')
        return false;
    for (; *p; p++) {
        int c = tolower((unsigned char)*p);
        int value = isdigit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
        if (c != '_' && value >= base)
            return false;
    }
    return true;
}

/* NULL also for integers of more than 64 bits: as text no digit of theirs is lost. */
static json_t *integer_of(const char *text)
{
    bool negative = *text == '-';
    const char *digits = text + (*text == '-' || *text == '+');
    int base = base_of(&digits);
    if (!digits_ok(digits, base))
        return NULL;
    AUTO_TEXT plain = { 0 };
    text_add(&plain, negative ? "-" : "");
    for (; *digits; digits++)
        if (*digits != '_')
            text_add_char(&plain, *digits);
    errno = 0;
    long long value = strtoll(text_of(&plain), NULL, base);
    return errno ? NULL : json_integer(value);
}

/* Skips digits; how many there were. */
static size_t digits_at(const char **p)
{
    size_t n = strspn(*p, "0123456789");
    *p += n;
    return n;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? and neither an integer nor infinite. */
static json_t *real_of(const char *text)
{
    const char *p = text + (*text == '-' || *text == '+');
    size_t whole = digits_at(&p), part = 0;
    bool point = *p == '.', exponent;
    if (point) {
        p++;
        part = digits_at(&p);
    }
    if (whole + part == 0)
        return NULL;
    exponent = *p == 'e' || *p == 'E';
    if (exponent) {
        p += 1 + (p[1] == '-' || p[1] == '+');
        if (!digits_at(&p))
            return NULL;
    }
    if (*p || (!point && !exponent))
        return NULL;
    double value = strtod(text, NULL);
    return isfinite(value) ? json_real(value) : NULL;
}

json_t *yaml_plain(const char *scalar, size_t n)
{
    AUTO_FREE char *text = mem_text_n(scalar, n);
    json_t *json = n > 5 ? NULL : word_of(text);
    bool number = isdigit((unsigned char)*text) || (*text && strchr("+-.", *text));
    if (!json && number && n < 512 && !(json = integer_of(text)))
        json = real_of(text);
    return json ? json : json_stringn(scalar, n);
}

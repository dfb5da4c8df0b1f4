#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void text_reserve(struct text *t, size_t more)
{
    if (t->length + more + 1 <= t->room)
        return;
    size_t room = t->room ? t->room * 2 : 64;
    while (room < t->length + more + 1)
        room *= 2;
    t->at = mem_resize(t->at, room);
    t->room = room;
}

void text_add_n(struct text *t, const void *bytes, size_t n)
{
    if (n > SIZE_MAX / 4)
        abort(); /* nobody has so much memory: a length went below zero */
    text_reserve(t, n);
    if (n)
        memcpy(t->at + t->length, bytes, n);
    t->length += n;
    t->at[t->length] = 0;
}

void text_add(struct text *t, const char *text)
{
    if (text)
        text_add_n(t, text, strlen(text));
}

void text_add_char(struct text *t, char c)
{
    text_add_n(t, &c, 1);
}

void text_addf(struct text *t, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n > 0) {
        text_reserve(t, (size_t)n);
        vsnprintf(t->at + t->length, (size_t)n + 1, format, again);
        t->length += (size_t)n;
    }
    va_end(again);
}

const char *text_of(const struct text *t)
{
    return t->at ? t->at : "";
}

char *text_take(struct text *t)
{
    char *taken = t->at ? t->at : mem_text("");
    *t = (struct text){ 0 };
    return taken;
}

void text_fini(struct text *t)
{
    free(t->at);
    *t = (struct text){ 0 };
}

bool text_is(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool text_is_any_case(const char *a, const char *b)
{
    return a && b ? strcasecmp(a, b) == 0 : a == b;
}

bool text_empty(const char *t)
{
    return !t || !*t;
}

bool text_starts(const char *t, const char *prefix)
{
    return t && strncmp(t, prefix, strlen(prefix)) == 0;
}

bool text_ends(const char *t, const char *suffix)
{
    size_t n = t ? strlen(t) : 0, m = strlen(suffix);
    return n >= m && memcmp(t + n - m, suffix, m) == 0;
}

bool text_equal_secret(const char *a, const char *b)
{
    size_t n = strlen(a);
    return n == strlen(b) && sodium_memcmp(a, b, n) == 0;
}

/* The number of bytes of the well-formed sequence that starts at p, 0 when there is none. RFC 3629 section 4. */
static size_t utf8_sequence(const unsigned char *p, size_t left)
{
    if (p[0] < 0x80)
        return p[0] ? 1 : 0;
    size_t n = p[0] >= 0xc2 && p[0] <= 0xdf ? 2 : (p[0] & 0xf0) == 0xe0 ? 3 : p[0] >= 0xf0 && p[0] <= 0xf4 ? 4 : 0;
    if (!n || left < n)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) ||
        (p[0] == 0xf4 && p[1] > 0x8f))
        return 0;
    return n;
}

bool text_utf8(const char *bytes, size_t n)
{
    for (size_t i = 0, step; i < n; i += step)
        if (!(step = utf8_sequence((const unsigned char *)bytes + i, n - i)))
            return false;
    return true;
}

void text_mend(char *text)
{
    char *out = text;
    for (size_t left = strlen(text), n; left; text += n, left -= n) {
        n = utf8_sequence((const unsigned char *)text, left);
        memmove(out, text, n);
        out += n;
        if (n)
            continue;
        for (n = 1; n < left && !utf8_sequence((const unsigned char *)text + n, left - n);)
            n++;
        *out++ = '?';
    }
    *out = 0;
}

bool text_to_int(const char *t, int64_t *ret)
{
    if (text_empty(t) || !(isdigit((unsigned char)t[0]) || (t[0] == '-' && isdigit((unsigned char)t[1]))))
        return false;
    char *end = NULL;
    errno = 0;
    long long value = strtoll(t, &end, 10);
    if (errno || *end)
        return false;
    *ret = value;
    return true;
}

void text_add_url(struct text *t, const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; p && *p; p++) {
        if (isalnum(*p) || strchr("-._~", *p))
            text_add_char(t, (char)*p);
        else
            text_addf(t, "%%%02X", *p);
    }
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

char *text_url_decode(const char *text, size_t n, bool plus_is_space)
{
    char *out = mem_alloc(n + 1);
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        int c = (unsigned char)text[i];
        if (c == '%') {
            int high = i + 2 < n ? hex_digit(text[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
            c = low >= 0 ? high * 16 + low : 0;
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        if (!c) {
            free(out);
            return NULL;
        }
        out[m++] = (char)c;
    }
    return out;
}

char *text_hex(const void *bytes, size_t n)
{
    char *out = mem_alloc(2 * n + 1);
    sodium_bin2hex(out, 2 * n + 1, bytes, n);
    return out;
}

static char *base64(const void *bytes, size_t n, int variant)
{
    size_t room = sodium_base64_encoded_len(n, variant);
    char *out = mem_alloc(room);
    sodium_bin2base64(out, room, bytes, n, variant);
    return out;
}

char *text_base64(const void *bytes, size_t n)
{
    return base64(bytes, n, sodium_base64_VARIANT_ORIGINAL);
}

char *text_base64_url(const void *bytes, size_t n)
{
    return base64(bytes, n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

unsigned char *text_base64_decode(const char *text, size_t n, size_t *ret_size)
{
    char *plain = mem_alloc(n + 1); /* the URL alphabet without padding and white space */
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        if (isspace((unsigned char)c))
            continue;
        plain[m++] = c == '+' ? '-' : c == '/' ? '_' : c;
    }
    for (int pad = m % 4 ? 2 : 0; pad < 2 && m && plain[m - 1] == '='; pad++) /* padded texts are whole quartets */
        m--;
    unsigned char *out = mem_alloc(m / 4 * 3 + 4);
    size_t size = 0;
    int bad = sodium_base642bin(out, m / 4 * 3 + 4, plain, m, NULL, &size, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    free(plain);
    if (bad) {
        free(out);
        return NULL;
    }
    *ret_size = size;
    return out;
}

char *text_sha256(const void *bytes, size_t n)
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, bytes, n);
    return text_hex(hash, sizeof hash);
}

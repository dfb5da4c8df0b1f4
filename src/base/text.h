/* base/text.h - text that grows, and small questions about text that does not. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A growing buffer. { 0 } is an empty one; always NUL-terminated once something was added. */
struct text {
    char *at; /* NULL while nothing was added */
    size_t length, room;
};

void text_add(struct text *t, const char *text);
void text_add_n(struct text *t, const void *bytes, size_t n);
void text_add_char(struct text *t, char c);
void text_addf(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *text_of(const struct text *t); /* "" while empty; borrowed until the next change */
char *text_take(struct text *t);           /* the caller's; t is empty again; "" rather than NULL */
void text_fini(struct text *t);
#define AUTO_TEXT __attribute__((cleanup(text_fini))) struct text

bool text_is(const char *a, const char *b);      /* equal; NULL equals only NULL */
bool text_is_any_case(const char *a, const char *b);
bool text_empty(const char *t);                  /* NULL or "" */
bool text_starts(const char *t, const char *prefix);
bool text_ends(const char *t, const char *suffix);
/* Takes as long for a near miss as for a far one. Of texts of different length, only the length shows. */
bool text_equal_secret(const char *a, const char *b);
bool text_utf8(const char *bytes, size_t n);     /* well-formed UTF-8 (RFC 3629) without NUL? */
void text_mend(char *text); /* bytes in a row that are no UTF-8 become one '?': what came from outside, or was cut within a character */
bool text_to_int(const char *t, int64_t *ret);   /* whole text is one decimal integer */

void text_add_url(struct text *t, const char *text);          /* percent-encoded, all but RFC 3986 unreserved */
char *text_url_decode(const char *text, size_t n, bool plus_is_space); /* NULL when malformed or it holds a NUL byte */
char *text_hex(const void *bytes, size_t n);                  /* lower case */
char *text_base64(const void *bytes, size_t n);               /* standard alphabet, padded */
char *text_base64_url(const void *bytes, size_t n);           /* URL alphabet, not padded */
/* Standard or URL alphabet, padding optional, white space ignored. NULL when malformed. Not a text: may hold NUL bytes. */
unsigned char *text_base64_decode(const char *text, size_t n, size_t *ret_size);
char *text_sha256(const void *bytes, size_t n);               /* 64 hex digits */

/* base/err.h - what went wrong: a kind for the machine, a sentence for the person.
 *
 * Every function that can fail for a reason outside our own code takes a
 * struct err as its last argument and returns false. One table says what each
 * kind means to the API (status) and to the retry logic (worth another try?).
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#define ERR_KINDS(X)                                                              \
    X(ERR_NONE, 200, false)                                                       \
    X(ERR_INVALID, 400, false)                                                    \
    X(ERR_UNAUTHORIZED, 401, false)                                               \
    X(ERR_FORBIDDEN, 403, false)                                                  \
    X(ERR_NOT_FOUND, 404, false)                                                  \
    X(ERR_METHOD, 405, false)                                                     \
    X(ERR_CONFLICT, 409, false)                                                   \
    X(ERR_TOO_LARGE, 413, false)                                                  \
    X(ERR_UNSUPPORTED, 415, false)                                                \
    X(ERR_LIMITED, 429, true)    /* too many requests: later */                   \
    X(ERR_CANCELED, 499, false)  /* somebody asked us to stop */                  \
    X(ERR_INTERNAL, 500, false)                                                   \
    X(ERR_UPSTREAM, 502, true)   /* a registry or cluster answered nonsense */    \
    X(ERR_UNAVAILABLE, 503, true) /* not reachable now */                         \
    X(ERR_TIMEOUT, 504, true)                                                     \
    X(ERR_FULL, 507, true)       /* the disk is full */

enum err_kind {
#define X(kind, status, retry) kind,
    ERR_KINDS(X)
#undef X
};

struct err {
    enum err_kind kind;
    char text[512];  /* one sentence, without a full stop at its end */
    char field[128]; /* JSON Pointer or name of the field it is about; "" when it is about none */
};

/* Always false, so that a failure is one line: return err_set(e, ...). e may be NULL. */
bool err_set(struct err *e, enum err_kind kind, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* As err_set, about one field. The field's name is kept apart, not put into the text. */
bool err_field(struct err *e, const char *field, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Puts "what: " before the text and keeps kind and field. Always false. */
bool err_wrap(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

int err_status(enum err_kind kind);       /* HTTP status */
bool err_retry(enum err_kind kind);       /* worth another try? */
const char *err_kind_name(enum err_kind kind); /* "ERR_INVALID" */
enum err_kind err_kind_of_status(int status); /* the nearest kind of an HTTP answer */

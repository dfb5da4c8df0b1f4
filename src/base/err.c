#include "base/err.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int status;
    bool retry;
} KINDS[] = {
#define X(kind, status, retry) { #kind, status, retry },
    ERR_KINDS(X)
#undef X
};

#define KIND_COUNT (sizeof KINDS / sizeof KINDS[0])

bool err_set(struct err *e, enum err_kind kind, const char *format, ...)
{
    if (!e)
        return false;
    va_list args;
    va_start(args, format);
    char text[sizeof e->text]; /* an argument may be e->text itself */
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    e->kind = kind;
    e->field[0] = 0;
    memcpy(e->text, text, sizeof text);
    return false;
}

bool err_field(struct err *e, const char *field, const char *format, ...)
{
    if (!e)
        return false;
    va_list args;
    va_start(args, format);
    char text[sizeof e->text];
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    e->kind = ERR_INVALID;
    snprintf(e->field, sizeof e->field, "%s", field);
    memcpy(e->text, text, sizeof text);
    return false;
}

bool err_wrap(struct err *e, const char *format, ...)
{
    if (!e)
        return false;
    char before[sizeof e->text], after[sizeof e->text];
    va_list args;
    va_start(args, format);
    vsnprintf(before, sizeof before, format, args);
    va_end(args);
    memcpy(after, e->text, sizeof after);
    size_t n = strnlen(before, sizeof before);
    snprintf(e->text, sizeof e->text, "%s: %.*s", before, (int)(sizeof e->text - 3 - (n < 509 ? n : 509)), after);
    return false;
}

int err_status(enum err_kind kind)
{
    return kind < KIND_COUNT ? KINDS[kind].status : 500;
}

bool err_retry(enum err_kind kind)
{
    return kind < KIND_COUNT && KINDS[kind].retry;
}

const char *err_kind_name(enum err_kind kind)
{
    return kind < KIND_COUNT ? KINDS[kind].name : "ERR_INTERNAL";
}

enum err_kind err_kind_of_status(int status)
{
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (KINDS[i].status == status)
            return (enum err_kind)i;
    if (status >= 200 && status < 400)
        return ERR_NONE;
    return status >= 500 ? ERR_UNAVAILABLE : ERR_INVALID;
}

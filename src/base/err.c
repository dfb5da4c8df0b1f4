#include "base/err.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

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

/* Copies what fits, and no half of a UTF-8 character; one that a "%.100s" cut, or that came from outside, is mended. */
static void copy_cut(char *out, size_t size, const char *text)
{
    size_t n = strlen(text);
    if (n >= size)
        for (n = size - 1; n && ((unsigned char)text[n] & 0xc0) == 0x80;)
            n--;
    memcpy(out, text, n);
    out[n] = 0;
    text_mend(out);
}

static void set_text(struct err *e, const char *format, va_list args)
{
    char text[sizeof e->text + 4]; /* an argument may be e->text itself; 4: to see where a character was cut */
    vsnprintf(text, sizeof text, format, args);
    copy_cut(e->text, sizeof e->text, text);
}

bool err_set(struct err *e, enum err_kind kind, const char *format, ...)
{
    if (!e)
        return false;
    va_list args;
    va_start(args, format);
    set_text(e, format, args);
    va_end(args);
    e->kind = kind;
    e->field[0] = 0;
    return false;
}

bool err_field(struct err *e, const char *field, const char *format, ...)
{
    if (!e)
        return false;
    va_list args;
    va_start(args, format);
    char name[sizeof e->field]; /* field may be e->field itself */
    copy_cut(name, sizeof name, field);
    set_text(e, format, args);
    va_end(args);
    e->kind = ERR_INVALID;
    memcpy(e->field, name, sizeof name);
    return false;
}

bool err_wrap(struct err *e, const char *format, ...)
{
    if (!e)
        return false;
    char before[sizeof e->text], both[2 * sizeof e->text + 2];
    va_list args;
    va_start(args, format);
    vsnprintf(before, sizeof before, format, args);
    va_end(args);
    snprintf(both, sizeof both, "%s: %s", before, e->text);
    copy_cut(e->text, sizeof e->text, both);
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

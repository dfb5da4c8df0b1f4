#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void *have(void *p)
{
    if (!p) {
        static const char text[] = "slipway: out of memory\n";
        fwrite(text, 1, sizeof text - 1, stderr);
        abort();
    }
    return p;
}

void *mem_alloc(size_t size)
{
    return have(calloc(1, size ? size : 1));
}

void *mem_resize(void *p, size_t size)
{
    return have(realloc(p, size ? size : 1));
}

char *mem_text(const char *text)
{
    return text ? have(strdup(text)) : NULL;
}

char *mem_text_n(const char *text, size_t n)
{
    return have(strndup(text, n));
}

void *mem_copy(const void *p, size_t size)
{
    void *copy = mem_alloc(size);
    if (size)
        memcpy(copy, p, size);
    return copy;
}

char *mem_format(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int n = vasprintf(&text, format, args);
    va_end(args);
    return have(n < 0 ? NULL : text);
}

void mem_free_auto(void *pointer_to_pointer)
{
    void **p = pointer_to_pointer;
    free(*p);
    *p = NULL;
}

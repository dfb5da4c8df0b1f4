/* base/mem.h - memory, and who owns it.
 *
 * Running out of memory ends the process: everything acknowledged is already
 * committed, and recovery at start is the normal path. So these never return NULL.
 */
#pragma once

#include <stddef.h>
#include <stdlib.h>

void *mem_alloc(size_t size);               /* zeroed */
void *mem_resize(void *p, size_t size);     /* realloc; the new part is not zeroed */
char *mem_text(const char *text);           /* strdup; NULL stays NULL */
char *mem_text_n(const char *text, size_t n); /* the first n bytes and a NUL */
void *mem_copy(const void *p, size_t size);
char *mem_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define NEW(type) ((type *)mem_alloc(sizeof(type)))

/* A struct of ours, destroyed when its scope ends: AUTO(pipeline) p = NULL; */
#define AUTO(type) __attribute__((cleanup(type##_destroy))) struct type *

/* Plain memory, freed when its scope ends: AUTO_FREE char *text = NULL; */
#define AUTO_FREE __attribute__((cleanup(mem_free_auto)))
void mem_free_auto(void *pointer_to_pointer);

/* Ownership moves; the old pointer is NULL from here. */
#define TAKE(p) __extension__({ __auto_type taken_ = (p); (p) = NULL; taken_; })

#define ALEN(array) (sizeof(array) / sizeof((array)[0]))

/* The struct that embeds this member. */
#define OWNER(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))

/* base/list.h - a doubly linked list whose links live in the things it holds. Not locked: one thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct link {
    struct link *next, *prev; /* both NULL: not in any list */
};

/* A list is a link that heads it. */
static inline void list_init(struct link *head)
{
    head->next = head->prev = head;
}

static inline bool list_empty(const struct link *head)
{
    return !head->next || head->next == head;
}

static inline bool link_in_list(const struct link *l)
{
    return l->next != NULL;
}

static inline void list_append(struct link *head, struct link *l)
{
    l->prev = head->prev;
    l->next = head;
    head->prev->next = l;
    head->prev = l;
}

/* Welcome when l is in no list. */
static inline void list_remove(struct link *l)
{
    if (!l->next)
        return;
    l->prev->next = l->next;
    l->next->prev = l->prev;
    l->next = l->prev = NULL;
}

static inline struct link *list_first(struct link *head)
{
    return list_empty(head) ? NULL : head->next;
}

/* The body may remove l, and nothing else. */
#define LIST_EACH(head, l) \
    for (struct link *l = (head)->next, *l##_next_ = l->next; l != (head); l = l##_next_, l##_next_ = l->next)

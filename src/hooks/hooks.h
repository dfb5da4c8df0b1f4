/* hooks/hooks.h - from a sender's bytes to events. Pure: no clock, socket or SQL.
 *
 * A sender is a row of the table in hooks.c and a file of its own. What it does
 * not act on (a blob, a pull, a delete, a push without a tag) is listed with the
 * reason, because a well-formed delivery is always accepted.
 */
#pragma once

#include "event/event.h"

/* Limits: a body of more than HOOK_EVENTS entries is refused. */
enum { HOOK_EVENTS = 1000, HOOK_NOTE = 512 };

struct hook_ignored {
    char *what; /* "blob push of acme/web", for people */
    char *why;  /* "a layer, not an image" */
};

/* What one delivery says. */
struct hook_result {
    const char *format;          /* "dockerhub", "distribution"; constant */
    char *delivery_key;          /* the sender's own identity of this delivery, for "a repeat changes nothing"; "" when it
                                  * gives none: then no delivery is a repeat of another */
    struct event **events;
    size_t event_count;
    struct hook_ignored *ignored;
    size_t ignored_count;
    char note[HOOK_NOTE];        /* what was read leniently, and where; "" when nothing was */
};

/* A header as the server received it. */
struct hook_header {
    const char *name, *value;
};

struct hook_input {
    const char *content_type;    /* may be NULL */
    const struct hook_header *headers;
    size_t header_count;
    const char *body;
    size_t size;
    const char *server_type;     /* the endpoint's ("dockerhub", "distribution" ...): preferred where shapes are alike; may be NULL */
};

/* On success *ret is the caller's to destroy. ERR_INVALID: not readable as JSON (line and column), a known sender's body
 * with a wrong field (JSON Pointer in e->field and text), or of no known sender. */
bool hook_decode(const struct hook_input *input, struct hook_result **ret, struct err *e);
void hook_result_destroy(struct hook_result **r);

/* The senders' names, in the table's order; NULL at the end. For documentation and the server types' check. */
const char *hook_format(size_t i);

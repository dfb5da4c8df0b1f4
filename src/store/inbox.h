/* store/inbox.h - what arrived: deliveries, pushes, events. */
#pragma once

#include "base/json.h"
#include "db/db.h"

struct inbox_delivery {
    int64_t project_id, listener_id;
    const char *sender_key; /* the sender's own id of this delivery; unique per listener */
    const char *format;     /* "dockerhub", "distribution"; "" when not decoded */
    const char *remote;     /* the peer's address */
    const char *headers;    /* JSON, tokens redacted; NULL: not kept */
    const void *body;       /* NULL: not kept (a wrong token) */
    size_t body_size;
    const char *verdict;    /* "accepted", "unauthorized", "unreadable" */
    const char *problem;    /* "" when there was none */
    const char *events;     /* JSON array of the pushes read from it: event_to_json; "[]" when none */
    int64_t received_at;
};

struct inbox_stored {
    int64_t id;
    char uuid[37];
    bool repeat;            /* this sender_key was stored before: uuid is the first one's */
    char first_event[37];   /* uuid of the first event of a repeated delivery; "" when it has none */
};

/* Records one delivery; a repeated one changes nothing but its count. Accepted ones with pushes wait to be matched. */
bool inbox_store(struct db_tx *tx, const struct inbox_delivery *d, struct inbox_stored *ret, struct err *e);

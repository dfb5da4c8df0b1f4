/* store/inbox.h - what arrived, and what came of it: deliveries, pushes, events.
 *
 * Texts in the structs that are read belong to the struct: x_fini frees them.
 */
#pragma once

#include "base/json.h"
#include "db/db.h"

/* ---- deliveries: one raw POST each */

struct inbox_delivery {
    int64_t project_id, listener_id;
    const char *sender_key; /* the sender's own id of this delivery; unique per listener */
    const char *format;     /* "dockerhub", "distribution"; "" when not decoded */
    const char *remote;     /* the peer's address */
    const char *headers;    /* JSON, tokens redacted; NULL: not kept */
    const void *body;       /* NULL: not kept (a wrong token) */
    size_t body_size;
    const char *verdict;    /* "accepted", "unauthorized", "forbidden" (a network that may not deliver), "unreadable" */
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

struct inbox_unmatched {
    int64_t id, project_id, listener_id, endpoint_id, webhook_id; /* one of the last two is 0: whose listener it is */
    json_t *events; /* array */
    int64_t received_at;
};
/* The oldest, at most limit; *ret (the caller's, inbox_unmatched_free) has *ret_count. */
bool inbox_unmatched(struct db_tx *tx, size_t limit, struct inbox_unmatched **ret, size_t *ret_count, struct err *e);
void inbox_unmatched_free(struct inbox_unmatched *rows, size_t count);
/* The peer's address; the caller's, "" when the delivery is gone. */
bool inbox_remote(struct db_tx *tx, int64_t delivery_id, char **ret, struct err *e);
/* At which listener a delivery came, and when; all 0 when it is gone. */
bool inbox_told(struct db_tx *tx, int64_t delivery_id, int64_t *ret_endpoint_id, int64_t *ret_webhook_id, int64_t *ret_at, struct err *e);
bool inbox_matched(struct db_tx *tx, int64_t delivery_id, struct err *e);
bool inbox_undecided(struct db_tx *tx, int64_t delivery_id, const char *why, struct err *e); /* matched, to nothing, and says why */

/* ---- pushes: what happened at the registry, once */

struct push {
    int64_t id; /* its order */
    int64_t project_id, endpoint_id;
    char uuid[37];
    char *registry, *repository, *tag, *digest, *actor, *pushed_at;
    char *confirm;      /* none, asked, found, missing, unreachable */
    char *confirm_text; /* what the registry said */
    int64_t confirm_due;
    int64_t first_at;     /* when we heard of it first */
    int64_t execution_id; /* the run that made it; 0: none is known to */
};
void push_fini(struct push *push);
bool push_get(struct db_tx *tx, int64_t id, struct push *ret, struct err *e);

/* The same digest (or pushed_at) of the same tag within 60 s is the same push, later it is a new one. Given: project_id,
 * endpoint_id, registry, repository, tag, digest, actor, pushed_at; filled: id, uuid, confirm. */
bool push_record(struct db_tx *tx, struct push *push, int64_t now, bool *ret_new, struct err *e);
/* The registry itself showed it to the sweep, with its digest: always a new one, and confirmed. Given and filled as above. */
bool push_found(struct db_tx *tx, struct push *push, int64_t now, struct err *e);
bool push_ask(struct db_tx *tx, int64_t id, int64_t due, struct err *e);
/* Only the first answer counts: *ret_first. digest "" leaves what is known. */
bool push_confirmed(struct db_tx *tx, int64_t id, const char *confirm, const char *text, const char *digest, bool *ret_first,
                    struct err *e);
/* Calls each for every push that the registry is still to be asked about; it gets id and due. */
bool push_unconfirmed(struct db_tx *tx, void (*each)(void *context, int64_t id, int64_t due), void *context, struct err *e);

/* ---- triggers, as a decision needs them */

struct trigger_row {
    int64_t id, project_id, endpoint_id, pipeline_id;
    int64_t run_limit; /* runs in 10 minutes; 0: no limit */
    int64_t disabled_at, enabled_at; /* the last time it was disabled, [disabled_at, enabled_at); 0: never; not again yet */
    bool enabled;
    char *uuid, *project, *name, *image_pattern, *tag_pattern, *verify_push, *refresh_token, *token_hash;
    char *endpoint, *pipeline, *pipeline_state;
    json_t *endpoint_properties, *input;
    json_t *senders; /* array of networks that may deliver; empty: all may */
};
void trigger_row_fini(struct trigger_row *row);
bool trigger_get(struct db_tx *tx, int64_t id, struct trigger_row *ret, bool *ret_found, struct err *e);
enum { TRIGGERS_COUNTED = 1000 };
/* Ids of the endpoint's triggers that could take this repository: by index. *ret is the caller's to free. *ret_all: how many it
 * has at all, counted to TRIGGERS_COUNTED. */
bool triggers_of_endpoint(struct db_tx *tx, int64_t endpoint_id, const char *repository, int64_t **ret, size_t *ret_count,
                          int64_t *ret_all, struct err *e);

/* ---- events: one push seen by one trigger */

struct inbox_event_new {
    int64_t project_id, delivery_id, push_id, webhook_id, execution_id; /* 0: none */
    const char *webhook, *pipeline, *status, *message;
    const char *trace; /* JSON array */
    const char *registry, *repository, *tag, *owner;
    int64_t attempt;
    int64_t now;
    char uuid[37]; /* filled */
};
bool inbox_event_add(struct db_tx *tx, struct inbox_event_new *event, int64_t *ret_id, struct err *e);
bool inbox_event_of_push(struct db_tx *tx, int64_t push_id, int64_t webhook_id, bool *ret_there, struct err *e);
bool inbox_event_set(struct db_tx *tx, int64_t id, const char *status, const char *message, int64_t execution_id, struct err *e);

struct inbox_event_waiting {
    int64_t id, webhook_id, attempt;
};
bool inbox_event_waiting(struct db_tx *tx, int64_t push_id, struct inbox_event_waiting **ret, size_t *ret_count, struct err *e);

struct inbox_event_row {
    int64_t id, project_id, push_id, webhook_id, attempt, execution_id, delivery_id;
    char uuid[37], status[24];
};
bool inbox_event_get(struct db_tx *tx, int64_t id, struct inbox_event_row *ret, struct err *e); /* ERR_NOT_FOUND */
/* Whether the trigger took this push, by whichever event. */
bool inbox_event_taken(struct db_tx *tx, int64_t push_id, int64_t webhook_id, bool *ret, struct err *e);
bool inbox_event_last(struct db_tx *tx, int64_t push_id, int64_t webhook_id, int64_t *ret, struct err *e);

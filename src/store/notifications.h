/* store/notifications.h - what executions tell, as rows: an outbox.
 *
 * A row is written in the transaction of the step that causes it, tried until it arrives or is given up, and stays for people to see.
 * Its uuid is the same at every try, so that receivers can tell a repeated one. Who is told what is pipeline/notification.h's matter.
 */
#pragma once

#include "db/db.h"

struct notification_row { /* texts are its own, but of one to be inserted they may be NULL for "" */
    int64_t id, project_id, execution_id, index, place, attempts, next_at, until, code, created_at, updated_at, sent_at; /* 0: none */
    bool claimed; /* a try is under way */
    bool doubt;   /* an earlier try may have arrived without our knowing */
    char uuid[37];
    char *project, *execution, *name, *occasion, *kind, *type, *event, *stage, *task, *endpoint, *lane, *target, *subject, *content, *status, *message, *reference;
};
void notification_row_fini(struct notification_row *row);

/* Given: all but id, attempts and what comes of them; status PENDING or FAILED. *ret_fresh false: this happening was told before, and nothing
 * changed; else row->id is filled. */
bool notification_insert(struct db_tx *tx, struct notification_row *row, bool *ret_fresh, struct err *e);
bool notification_get(struct db_tx *tx, int64_t id, struct notification_row *ret, struct err *e); /* ERR_NOT_FOUND */
bool notification_find(struct db_tx *tx, const char *uuid, int64_t *ret, struct err *e);          /* 0: there is none */
/* Of one execution, the oldest first. *ret is the caller's to free. */
bool notifications_of(struct db_tx *tx, int64_t execution_id, int64_t most, int64_t **ret, size_t *ret_count, struct err *e);
bool notifications_pending(struct db_tx *tx, int64_t *ret, struct err *e);

/* ---- trying them */

/* Lanes in which something waits, and when its first is due; the earliest first. */
bool notification_lanes(struct db_tx *tx, int64_t most, void (*each)(void *context, const char *lane, int64_t due), void *context, struct err *e);
/* The next one of the lane that is due now: its try begins. Nobody else takes it before until. 0: none is due. */
bool notification_claim(struct db_tx *tx, const char *lane, int64_t until, int64_t *ret, struct err *e);

struct notification_end { /* borrowed */
    const char *status;  /* SENT | PENDING | FAILED | CANCELED */
    int64_t next_at;     /* PENDING: the next try */
    bool doubt;          /* it may have arrived */
    int64_t code;
    const char *message, *reference; /* NULL counts as "" */
};
bool notification_end(struct db_tx *tx, const struct notification_row *row, const struct notification_end *end, struct err *e);
bool notification_rest(struct db_tx *tx, const char *lane, int64_t until, struct err *e); /* its receiver asked for patience */
bool notifications_recover(struct db_tx *tx, struct err *e); /* at start: tries of a server that is gone are doubtful, and due */

/* ---- to whom questions go: each address of those who are named (small letters, as JSON arrays), or, project_id not 0, who may answer there */
bool approval_addresses(struct db_tx *tx, int64_t project_id, const char *names, const char *groups, void (*each)(void *context, const char *address), void *context,
                        struct err *e);

/* ---- what people ask. ERR_CONFLICT: a try is under way, or (cancel) nothing is to be tried. */
bool notification_again(struct db_tx *tx, const struct notification_row *row, int64_t until, struct err *e);
bool notification_cancel(struct db_tx *tx, const struct notification_row *row, const char *why, struct err *e);

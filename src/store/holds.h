/* store/holds.h - webhooks that hold what is pushed, because the last deployment of that repository failed its verification; and what waits behind
 * them (docs/rollback.md). When one begins and ends is runner/holds.h's matter.
 */
#pragma once

#include "base/json.h"
#include "db/db.h"

struct hold { /* texts are its own */
    int64_t id, project_id, webhook_id, push_id, index, since, updated_at;
    char *webhook;            /* its name */
    char *when_held;          /* the webhook's: "wait", "tryNewest" */
    char *registry, *repository;
    char *tag, *digest;       /* of the push that failed */
    char *execution, *name;   /* uuid of the run that failed; its pipeline's name */
    char *reason, *outcome;   /* what failed; what was put back, "" while it is not known */
};
void hold_fini(struct hold *hold);

/* Of a webhook and a repository; *ret_found false: there is none. */
bool hold_find(struct db_tx *tx, int64_t webhook_id, const char *registry, const char *repository, struct hold *ret, bool *ret_found, struct err *e);
bool hold_get(struct db_tx *tx, int64_t id, struct hold *ret, bool *ret_found, struct err *e);
/* Of a webhook, oldest first; *ret (the caller's) has *ret_count ids. */
bool holds_of(struct db_tx *tx, int64_t webhook_id, int64_t **ret, size_t *ret_count, struct err *e);
bool holds_open(struct db_tx *tx, int64_t *ret, struct err *e); /* how many there are */

/* Begins one, or goes on with the one there is: that of a newer push stays as it is. Given: all but id, since and the webhook's own. *ret is its id,
 * 0: nothing changed. */
bool hold_put(struct db_tx *tx, const struct hold *hold, int64_t *ret, struct err *e);
bool hold_delete(struct db_tx *tx, const struct hold *hold, struct err *e);
/* Whether a newer push of the webhook and the repository completed already. */
bool hold_outdated(struct db_tx *tx, const struct hold *hold, bool *ret, struct err *e);

/* ---- what waits behind it */
bool hold_event(struct db_tx *tx, int64_t hold_id, int64_t event_id, const char *message, struct err *e);
bool hold_say(struct db_tx *tx, int64_t hold_id, int64_t project_id, const char *message, struct err *e); /* to all that waits */
enum { HOLD_COUNTED = 1000 };
bool hold_behind(struct db_tx *tx, int64_t hold_id, int64_t *ret, struct err *e); /* events and executions, counted to HOLD_COUNTED each */
/* The newest event of a push newer than the hold's; 0: none waits. */
bool hold_newest(struct db_tx *tx, const struct hold *hold, int64_t *ret, struct err *e);
/* Whether a run of a newer push is under way, or waits for its place. */
bool hold_tried(struct db_tx *tx, const struct hold *hold, bool *ret, struct err *e);
/* Executions that wait for their place, and that nobody asked for, wait behind it too. */
bool hold_queued(struct db_tx *tx, const struct hold *hold, int64_t hold_id, struct err *e);
/* All of it is judged now. Events of the same tag that are older than this push (0: none is) end CANCELED with the message. */
bool hold_let_go(struct db_tx *tx, const struct hold *hold, int64_t push_id, const char *tag, const char *message, struct err *e);

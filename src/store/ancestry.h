/* store/ancestry.h - what runs pushed themselves, and from which run a run came.
 *
 * A run's push is told by its task or its script, before or after the registry tells of it. The two are the same when registry,
 * repository and tag are, when no two digests contradict, and when they lie within ANCESTRY_TIME (a day, where the digests are equal): in one project only, for
 * nobody may say what another project's pushes are.
 */
#pragma once

#include "db/db.h"

#define ANCESTRY_TIME CLOCK_HOUR
enum { RUN_PUSHES_MOST = 100 }; /* of one execution */

struct run_push {
    int64_t project_id, execution_id;
    const char *registry, *repository, *tag, *digest; /* digest "": not known */
    int64_t created_at;
};
/* Told again it changes nothing but its time. *ret_marked: pushes that the registry told of before, which are this run's now.
 * ERR_CONFLICT: the run ended too long ago, or told of too many. */
bool run_push_add(struct db_tx *tx, struct run_push *push, bool *ret_new, int64_t *ret_marked, struct err *e);
/* Texts are borrowed while each runs. */
bool run_pushes_each(struct db_tx *tx, int64_t execution_id, void (*each)(void *context, const struct run_push *push), void *context, struct err *e);

/* The run that a newer push of the same webhook started, and that told of a push of the same tag: "promote#7"; "": none. */
bool run_push_newer(struct db_tx *tx, const struct run_push *push, char ret[300], struct err *e);

struct run_push_started { /* an execution that such a push started */
    const char *registry, *repository, *tag, *uuid, *name, *status;
    int64_t index;
};
bool run_push_started_each(struct db_tx *tx, int64_t execution_id, void (*each)(void *context, const struct run_push_started *started), void *context, struct err *e);

/* The run that made the registry's push; 0: no run is known to. digest "" is not known. */
bool run_push_find(struct db_tx *tx, const struct run_push *seen, int64_t *ret, struct err *e);
/* Whether that run told of this push, now that its digest is known. */
bool run_push_fits(struct db_tx *tx, int64_t execution_id, const struct run_push *seen, bool *ret, struct err *e);
bool push_made_by(struct db_tx *tx, int64_t push_id, int64_t execution_id, struct err *e); /* 0: by none */

struct ancestor { /* one run, and the push that started it */
    int64_t pipeline_id, webhook_id, index;
    int64_t before;       /* the run that made that push; 0: none is known */
    char name[256];       /* the pipeline's */
    char image[400];      /* "acme/web:v1"; "" when no push started it */
};
bool ancestor_get(struct db_tx *tx, int64_t execution_id, struct ancestor *ret, bool *ret_found, struct err *e);

/* store/kept.h - what runs put on clusters, whole, so that what was verified last can be put there again (docs/rollback.md).
 *
 * Only of pipelines that ask for it. A row is an object: of a run whose verification is not over, or the one that was verified last in its
 * place: (pipeline, endpoint, namespace, kind, name). Contents are sealed by whoever calls.
 */
#pragma once

#include "base/json.h"
#include "db/db.h"

struct kept_object { /* borrowed */
    int64_t project_id, pipeline_id, execution_id, task; /* task: its place in the execution */
    const char *run, *run_name;                          /* the execution's uuid; "deploy#12" */
    int64_t endpoint_id;
    const char *cluster, *namespace_, *kind, *name, *images;
    const char *uuid, *content; /* sealed with this uuid */
    bool forced;
};
bool kept_put(struct db_tx *tx, const struct kept_object *object, struct err *e);
bool kept_clear(struct db_tx *tx, int64_t execution_id, int64_t task, struct err *e); /* what an earlier attempt was about to put there */

/* A task's result: what it left to a newer push ("superseded"), and what it deleted, is not put back. places as store/deployments.h has it. */
bool kept_result(struct db_tx *tx, int64_t execution_id, int64_t task, const json_t *places, struct err *e);

bool kept_passed(struct db_tx *tx, int64_t execution_id, struct err *e);  /* the run completed: what it put there is verified */
bool kept_dropped(struct db_tx *tx, int64_t execution_id, struct err *e); /* it was rolled back */
bool kept_moved(struct db_tx *tx, int64_t from_id, int64_t to_id, struct err *e); /* another execution goes on from it */

/* What a task put there, and what was verified last in its place, in the order in which that was put there:
 * [{"namespace", "kind", "name", "putBy", ("uuid", "content", "run", "of", "images", "cluster", "force")}]; the caller's. */
bool kept_restore(struct db_tx *tx, int64_t execution_id, int64_t task, json_t **ret, struct err *e);

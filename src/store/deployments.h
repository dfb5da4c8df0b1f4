/* store/deployments.h - what runs where: one row for each container that a task put on a cluster, and what brought it.
 *
 * A task says with its result what it put there or took away (places), and both are stored in one transaction. Stored again, it
 * changes nothing; what is older than what is known of the object, by the cluster's own count of its changes, changes nothing either.
 *
 *   {"endpoint": uuid, "objects": [
 *     {"namespace", "kind", "name", "uid", "made", "generation", "at", "changed", "status", "message",
 *      "containers": [{"name", "init", "image", "digest", "pushed"}]},
 *     {"namespace", "kind", "name", "uid", "at", "gone": true}],
 *    "superseded": [{"namespace", "kind", "name"}]}
 *
 * made: the cluster's creationTimestamp; at: micros, when it was put there; changed: the cluster was not like that already; pushed: the
 * image is the one whose push started the run, under its tag. uid "" of one that is gone: it was not there.
 * superseded: left to a newer push; not for here, but for store/kept.h.
 */
#pragma once

#include "base/json.h"
#include "db/db.h"

struct deployment_run { /* whose task it was; borrowed */
    int64_t project_id, execution_id, index;
    const char *execution, *name, *task; /* uuid; the pipeline's name; "Stage.Task" */
};
bool deployments_put(struct db_tx *tx, const struct deployment_run *run, const json_t *places, struct err *e);

struct deployment_view { /* texts are its own; execution, webhook, event, previous_execution: uuids, NULL when there is none any more */
    int64_t id, project_id, since, updated_at, index, previous_since, previous_index; /* previous_since 0: it is the first */
    bool init;
    char *uuid, *project, *endpoint, *namespace_, *kind, *name, *container, *image, *digest, *status, *message, *task;
    char *execution_name, *execution, *webhook_name, *webhook, *event;
    char *previous_image, *previous_digest, *previous_name, *previous_execution;
};
void deployment_view_fini(struct deployment_view *view);
bool deployment_find(struct db_tx *tx, const char *uuid, int64_t *ret, int64_t *ret_project, struct err *e); /* *ret 0: there is none */
bool deployment_view_get(struct db_tx *tx, int64_t id, struct deployment_view *ret, struct err *e);          /* ERR_NOT_FOUND */

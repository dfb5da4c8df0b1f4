/* runner/runner.h - makes it happen: deliveries are matched, pushes confirmed, executions run.
 *
 * Everything it must not forget is in the database; what is here in memory can be
 * lost at any instruction, and runner_start reads it back. One write does all that
 * follows from one fact (match + event + execution + its first step), so a crash
 * leaves either all of it or none.
 *
 * Functions that take a db_tx run inside somebody's db_write job, on the writer's
 * thread; the others run on the loop.
 */
#pragma once

#include "base/json.h"
#include "db/db.h"
#include "http/client.h"
#include "secrets/seal.h"

struct runner;
struct run_parent;

struct runner_config {
    struct loop *loop;
    struct db *db;
    struct http_client *http;
    const struct seal *seal;
    const char *node;              /* this process's name in leases */
    const char *external_url;      /* for ${executionUrl}; may be NULL */
    const char *hub_url, *hub_registry_url, *hub_auth_url; /* Docker Hub's three addresses */
    bool allow_in_cluster;         /* kube/config.h */
    const char *docker_socket;     /* docker/target.h; lives as long as the runner */
    int64_t log_most;              /* bytes of one task's log that are kept */
    bool sweep;                    /* sweep.h: registries are looked at */
    int64_t sweep_seconds;         /* from one look at a repository to the next, at the least; 0: 30 */
    int64_t sweep_per_minute;      /* requests to one registry; 0: 100 */
    int64_t notify_retry;          /* micros from the first try of a notification to the second; 0: 10 s */
    int64_t notify_tried;          /* micros until one is given up; 0: a day */
    void (*changed)(void *context, int64_t execution_id); /* an execution moved: live streams look again; may be NULL */
    void (*logged)(void *context, int64_t execution_id);  /* there is more of a task's log; may be NULL */
    void *context;
};

bool runner_create(const struct runner_config *config, struct runner **ret, struct err *e);
/* Reads back what a crash or a stop left: unmatched deliveries, unconfirmed pushes, live executions. Before the loop runs. */
bool runner_start(struct runner *r, struct err *e);
/* No new effects; drained runs on the loop when nothing of ours is in flight. Executions go on after the next start. */
void runner_drain(struct runner *r, void (*drained)(void *context), void *context);
void runner_destroy(struct runner **r);

/* ---- deliveries: api/hooks.c stores one (store/inbox.h), answers after the commit, and wakes us */
void runner_wake_inbox(struct runner *r);

/* ---- executions */
struct run_request {
    int64_t pipeline_id;
    const json_t *input;      /* object: what the person or the trigger gave; wins over the defaults; may be NULL */
    const char *comments, *executed_by, *triggered_by, *source;
    const json_t *tags;       /* array; may be NULL */
    int64_t user_id;          /* with whose rights, */
    int64_t token_id;         /* and of them those that this API token lends; 0: all */
    /* of a push: 0 and NULL otherwise */
    int64_t webhook_id, push_id, attempt;
    const json_t *outside;    /* array: names of inputs whose values came from outside */
    const struct run_parent *parent; /* store/runs.h; NULL: it is no part of another. Inputs that a part does not declare are left out */
    const json_t *secrets;    /* object: values of inputs that are secret, which input holds a mask of; NULL: none */
    int64_t rerun_of;         /* the execution that it repeats; 0: none */
    const struct run_row *goes_on; /* that one, when this goes on from where it stopped, with the definition that it pinned; NULL: anew */
};
struct run_made {
    int64_t id;
    int64_t index;
    char uuid[37];
};
/* Stores a QUEUED execution. ERR_CONFLICT: the pipeline is not enabled, or this push ran already; ERR_INVALID names a
 * missing mandatory input or an unknown one. After the commit call runner_wake_pipeline. */
bool runner_insert(struct runner *r, struct db_tx *tx, const struct run_request *request, struct run_made *ret, struct err *e);
void runner_wake_pipeline(struct runner *r, int64_t pipeline_id); /* starts what has room */

struct run_asker { /* who asked, whose rights the run has */
    int64_t user_id, token_id;
    const char *name;
};
/* Runs a stored event again, as the next attempt of its push and webhook (a person asked for it, so it may put an older
 * image over a newer one). ERR_CONFLICT when its push or webhook is gone. ret_pipeline_id is for runner_wake_pipeline. */
bool runner_rerun_event(struct runner *r, struct db_tx *tx, int64_t event_id, const struct run_asker *by, struct run_made *ret,
                        int64_t *ret_pipeline_id, struct err *e);

/* Repeats an execution that is over, with its inputs and its push. from_stop: it goes on from where that one stopped, by the definition
 * that it had; else by the pipeline's of today. ERR_CONFLICT: it is not over, its pipeline is gone or disabled; and of from_stop, it
 * completed, was rolled back, or its tasks share a workspace. After the commit: runner_wake_pipeline. */
bool runner_rerun(struct runner *r, struct db_tx *tx, int64_t execution_id, bool from_stop, const struct run_asker *by, const char *comments,
                  struct run_made *ret, int64_t *ret_pipeline_id, struct err *e);

enum { RUN_AGAIN_MOST = 1000 };
struct run_again { /* what came, or would come, of running many events again */
    int64_t runs;       /* that begin: each push of a webhook once */
    int64_t superseded; /* events that were run again already: only the last attempt counts */
    int64_t under_way;  /* events that are not over, or are held: they go on by themselves */
    int64_t not_taken;  /* events that no webhook took then, and none takes today; or what they are about is gone */
    json_t *started;    /* array of {"event", "executionId", "executionIndex"} */
    json_t *refused;    /* array of {"event", "message"}: the run could not begin */
};
void run_again_fini(struct run_again *again);
/* Those that a webhook took run again, as by runner_rerun_event; what none took is judged anew by today's webhooks. start false
 * tells what would come of it. After the commit: runner_wake_queued. */
bool runner_rerun_events(struct runner *r, struct db_tx *tx, const int64_t *ids, size_t count, const struct run_asker *by, bool start,
                         struct run_again *ret, struct err *e);
void runner_wake_queued(struct runner *r); /* loop: starts what has room, of all pipelines */

/* What a webhook's limit or a hold keeps back: judged now, whatever they say, or dropped. ERR_CONFLICT when the event is not held.
 * After the commit: runner_wake_pipeline. */
bool runner_release_event(struct runner *r, struct db_tx *tx, int64_t event_id, const struct run_asker *by, int64_t *ret_pipeline_id,
                          struct err *e);
bool runner_discard_event(struct db_tx *tx, int64_t event_id, const char *by, struct err *e);
void runner_wake_held(struct runner *r); /* loop: a limit changed, or a hold ended */

enum run_action { RUN_CANCEL, RUN_PAUSE, RUN_RESUME };
struct run_actor {
    const char *name;
    bool administrator; /* in the execution's project: may resume what waits for one */
};
/* Loop. done runs once, on the loop, after the step was stored: e says when the execution is not in a state for it
 * (ERR_CONFLICT), not live (ERR_NOT_FOUND), or waits for an administrator (ERR_FORBIDDEN). */
void runner_act(struct runner *r, int64_t execution_id, enum run_action action, const struct run_actor *by, const char *reason,
                void (*done)(void *context, const struct err *e), void *context);

/* Loop. A user operation was answered, after that was committed: whoever waits for it goes on. */
void runner_answered(struct runner *r, int64_t user_operation_id);

struct runner_stats {
    int64_t deliveries_matched, pushes, executions_started, executions_finished, live, tasks_running, confirms_open, holds_open, notifications_sent,
        notifications_failed; /* tries of them */
};
struct runner_stats runner_stats(const struct runner *r);

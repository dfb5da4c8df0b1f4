/* store/runs.h - executions as rows: pinned definition, state, one row per task, logs.
 *
 * Which state follows which is pipeline/engine.h's matter; here it is kept.
 */
#pragma once

#include "base/json.h"
#include "db/db.h"
#include "pipeline/engine.h"

/* ---- a pipeline as an execution needs it */

struct run_pipeline {
    int64_t id, project_id, concurrency;
    bool global;
    char *uuid, *project, *name, *state, *definition;
};
void run_pipeline_fini(struct run_pipeline *pipeline);
bool run_pipeline_get(struct db_tx *tx, int64_t id, struct run_pipeline *ret, struct err *e); /* ERR_NOT_FOUND */

/* The id of this very definition, stored once however many executions pin it. */
bool definition_pin(struct db_tx *tx, int64_t project_id, const char *definition, int64_t *ret, struct err *e);

/* ---- executions */

struct run_row { /* everything of one execution; texts are its own */
    int64_t id, project_id, pipeline_id, definition_id, index, user_id, webhook_id, push_id, attempt, lease_epoch;
    int64_t token_id; /* whose rights it lends; 0: all of its user's */
    int64_t requested_at, started_at, ended_at, updated_at; /* 0: not yet */
    int64_t window_at; /* QUEUED: until when it waits for its change window; 0: it does not */
    bool live, global;
    int state_version;
    enum run_status status;
    char uuid[37], webhook_uuid[37]; /* webhook_uuid: "" when no push started it */
    char *parent_uuid, *parent_name; /* of which execution it is a part; "" when it is none */
    int64_t parent_index;
    bool rollback;
    char *rerun_uuid; /* the execution that it repeats; "" when it is the first, or that one was deleted */
    int64_t rerun_index;
    char *sealed_input; /* "" when no input is secret */
    char *project, *pipeline_uuid, *name, *status_message, *state, *output, *comments, *executed_by, *triggered_by, *source, *definition;
    json_t *input, *outside, *tags;
    struct task_row *tasks;
    size_t task_count;
};
void run_row_fini(struct run_row *row);
bool run_get(struct db_tx *tx, int64_t id, struct run_row *ret, struct err *e); /* ERR_NOT_FOUND; tasks too */

struct run_parent { /* what an execution is a part of; the same again finds the same execution */
    int64_t id;      /* an execution; 0: it is no part of another */
    int64_t slot;    /* from 1: its task's place there and one; a rollback's place behind the last task's */
    int64_t attempt; /* from 1 */
    bool rollback;
};

struct run_new {
    int64_t project_id, pipeline_id, definition_id, index, user_id, token_id, webhook_id, push_id, attempt, now;
    const char *name, *state, *input, *outside, *comments, *tags, *executed_by, *triggered_by, *source;
    const char *sealed_input; /* NULL: no input is secret */
    struct run_parent parent;
    int64_t rerun_of;              /* the execution that it repeats; 0: none */
    const struct task_row *tasks; /* what is done already */
    size_t task_count;
    char uuid[37]; /* filled when it is "" */
};
/* *ret_id is 0 when this (webhook, push, attempt) ran already: nothing changed. */
bool run_insert(struct db_tx *tx, struct run_new *run, int64_t *ret_id, struct err *e);
/* The execution that is this part already; 0: none is. */
bool run_part_find(struct db_tx *tx, const struct run_parent *parent, int64_t *ret_id, struct err *e);
/* What it is a part of, and which pipeline it runs; 0 when it is none. The name is the caller's. ERR_NOT_FOUND. */
bool run_parent_get(struct db_tx *tx, int64_t id, int64_t *ret_parent, int64_t *ret_pipeline, char **ret_name, struct err *e);
/* By name: the project's own, or else one that all share. ERR_NOT_FOUND. */
bool run_pipeline_named(struct db_tx *tx, int64_t project_id, const char *name, int64_t *ret, struct err *e);
/* tags (array of texts) in place of those it has, live or not. */
bool run_tag(struct db_tx *tx, int64_t id, int64_t project_id, const json_t *tags, struct err *e);
bool run_next_index(struct db_tx *tx, int64_t pipeline_id, int64_t *ret, struct err *e);

/* Why a live execution does not go on, for people; also in its event. */
bool run_say(struct db_tx *tx, int64_t id, const char *message, struct err *e);
/* rows: (execution, project), to which their statement wrote the same message: their events have it too, and who watches is told. ret_any: there
 * were some; may be NULL. */
bool run_say_all(struct db_tx *tx, struct db_rows *rows, const char *message, bool *ret_any, struct err *e);

/* Whether any execution of the pipeline is QUEUED. */
bool run_waits(struct db_tx *tx, int64_t pipeline_id, bool *ret, struct err *e);
/* How many more executions of the pipeline may begin at once; below 1: another one waits. */
bool run_places(struct db_tx *tx, int64_t pipeline_id, int64_t *ret, struct err *e);
/* Those that wait for their place, are no parts of others, and are older than this one; at most 100. The array is the caller's. */
bool run_waiting_before(struct db_tx *tx, int64_t pipeline_id, int64_t id, int64_t **ret, size_t *ret_count, struct err *e);

/* Gives queued executions of one pipeline the places that are free, oldest first: they are STARTED, owned by node. free: only those that
 * need not wait for a change window. Calls each for every one. */
bool run_start_queued(struct db_tx *tx, int64_t pipeline_id, bool free, const char *node, void (*each)(void *context, int64_t id), void *context,
                      struct err *e);
/* Ids of the live executions that hold a place, and of the pipelines that have queued ones; arrays are the caller's to free. */
bool run_live(struct db_tx *tx, int64_t **ret, size_t *ret_count, struct err *e);
bool run_queued_pipelines(struct db_tx *tx, int64_t **ret, size_t *ret_count, struct err *e);
/* Takes over an execution: *ret_epoch is the lease's new number. */
bool run_claim(struct db_tx *tx, int64_t id, const char *node, int64_t *ret_epoch, struct err *e);

/* Stores one step: the execution's row, and the rows of the tasks that it made dirty. ERR_CONFLICT: the lease is lost. Its event
 * follows; when it ended, so do the figures of store/summary.h and the change sequence. */
struct run_step {
    int64_t id, project_id, lease_epoch;
    const char *node;
    struct execution_row row;
    struct task_row *tasks;
    size_t task_count;
};
bool run_store(struct db_tx *tx, const struct run_step *step, struct err *e);

/* ---- what a list of pipelines shows of their runs */

struct run_brief { /* borrowed; times in micros, 0: not yet */
    const char *uuid, *status;
    int64_t index, requested_at, started_at, ended_at;
};
/* The newest first, at most so many. */
bool runs_newest(struct db_tx *tx, int64_t pipeline_id, int64_t most, void (*each)(void *context, const struct run_brief *run), void *context,
                 struct err *e);

/* ---- what an effect resolved to, and logs */

struct log_chunk {
    int64_t id; /* 0: a new one, whose id this becomes; else that one grows to bytes */
    int64_t project_id, execution_id, task, attempt;
    int64_t position; /* of the attempt's stream, behind it */
    const char *bytes;
    size_t size; /* at most LOG_CHUNK */
};
enum { LOG_CHUNK = 64 << 10 };
bool log_append(struct db_tx *tx, struct log_chunk *chunk, struct err *e);
bool log_end(struct db_tx *tx, int64_t execution_id, int64_t task, int64_t attempt, int64_t *ret_size, int64_t *ret_position, struct err *e);
/* Text of the task's chunks after *after (a cursor; 0: from the beginning), which moves; task -1: of all. "" at the end, which is no end
 * while the task goes on: what is added later comes then. */
bool log_read(struct db_tx *tx, int64_t execution_id, int64_t task, int64_t *after, struct text *ret, struct err *e);

/* The state of an execution as rows, and back. A newer state_version than ours is refused: it may mean what we cannot know. */
#include <string.h>

#include "base/text.h"
#include "pipeline/engine.h"

static void set_time(json_t *json, const char *key, int64_t micros)
{
    if (micros)
        json_object_set_new(json, key, json_integer(micros));
}

static void set_shared(json_t *json, const char *key, json_t *value)
{
    if (value)
        json_object_set(json, key, value);
}

static void set_true(json_t *json, const char *key, bool value)
{
    if (value)
        json_object_set_new(json, key, json_true());
}

void execution_write(const struct execution *execution, struct execution_row *ret)
{
    AUTO_JSON *state = json_object();
    json_object_set_new(state, "group", json_integer((json_int_t)execution->group));
    set_true(state, "expired", execution->expired);
    set_true(state, "restricted", execution->restricted);
    set_time(state, "expiresAt", execution->expires_at);
    set_time(state, "timerAt", execution->timer_at);
    set_time(state, "idleAt", execution->idle_at);
    set_time(state, "occasions", execution->occasions);
    set_shared(state, "canceled", execution->canceled);
    *ret = (struct execution_row){
        .status = execution_shown(execution),
        .status_message = run_text(execution->message),
        .state = json_write(state),
        .state_version = EXECUTION_STATE_VERSION,
        .live = execution_live(execution),
        .output = execution->output ? json_write(execution->output) : mem_text("{}"),
        .requested_at = execution->requested_at,
        .started_at = execution->started_at,
        .ended_at = execution->ended_at,
    };
}

void task_write(const struct execution *execution, size_t task, struct task_row *ret)
{
    const struct task_run *run = &execution->tasks[task];
    AUTO_JSON *state = json_object();
    json_object_set_new(state, "attempt", json_integer(run->attempt));
    if (run->failures)
        json_object_set_new(state, "failures", json_integer(run->failures));
    set_true(state, "warning", run->warning);
    set_true(state, "timedOut", run->timed_out);
    if (run->waits)
        json_object_set_new(state, "waits", json_integer(run->waits));
    if (run->puts)
        json_object_set_new(state, "puts", json_integer(run->puts));
    set_time(state, "startedAt", run->started_at);
    set_time(state, "endedAt", run->ended_at);
    set_time(state, "retryAt", run->retry_at);
    set_time(state, "timeoutAt", run->timeout_at);
    set_shared(state, "message", run->message);
    set_shared(state, "progress", run->progress);
    set_shared(state, "detail", run->detail);
    set_shared(state, "approvedBy", run->approved);
    *ret = (struct task_row){
        .index = task,
        .status = run->status,
        .state = json_write(state),
        .input = run->input ? json_write(run->input) : NULL,
        .output = run->output ? json_write(run->output) : NULL,
        .resolved = run->resolved ? json_write(run->resolved) : NULL,
    };
}

void execution_row_fini(struct execution_row *row)
{
    free(row->state);
    free(row->output);
    *row = (struct execution_row){ 0 };
}

void task_row_fini(struct task_row *row)
{
    free(row->state);
    free(row->input);
    free(row->output);
    free(row->resolved);
    *row = (struct task_row){ 0 };
}

/* ---- and back */

static bool read_json(const char *text, json_t **ret, struct err *e)
{
    json_t *json = NULL;
    if (!text)
        return true;
    if (!json_read(text, strlen(text), &json, e))
        return false;
    json_decref(*ret);
    *ret = json;
    return true;
}

static json_t *shared(const json_t *state, const char *key)
{
    return json_incref(json_object_get(state, key));
}

static json_t *shared_text(const json_t *state, const char *key)
{
    json_t *text = json_object_get(state, key);
    return json_is_string(text) ? json_incref(text) : NULL;
}

static bool read_task(struct execution *x, const struct task_row *row, struct err *e)
{
    AUTO_JSON *state = NULL;
    if (row->index >= x->pipeline->run_count)
        return err_set(e, ERR_INVALID, "row of task %zu; the pipeline has %zu tasks", row->index, x->pipeline->run_count);
    struct task_run *run = &x->tasks[row->index];
    if (!read_json(row->state, &state, e) || !read_json(row->input, &run->input, e) || !read_json(row->output, &run->output, e) ||
        !read_json(row->resolved, &run->resolved, e))
        return err_wrap(e, "task %zu", row->index);
    run->status = row->status;
    run->attempt = (int)json_int_at(state, "attempt", 0);
    run->failures = (int)json_int_at(state, "failures", 0);
    run->warning = json_bool_at(state, "warning", false);
    run->timed_out = json_bool_at(state, "timedOut", false);
    run->waits = (unsigned char)json_int_at(state, "waits", RUN_WAITS_NO);
    run->puts = (unsigned char)json_int_at(state, "puts", RUN_PUTS_NOTHING);
    run->started_at = json_int_at(state, "startedAt", 0);
    run->ended_at = json_int_at(state, "endedAt", 0);
    run->retry_at = json_int_at(state, "retryAt", 0);
    run->timeout_at = json_int_at(state, "timeoutAt", 0);
    run->message = shared_text(state, "message");
    run->progress = shared_text(state, "progress");
    run->approved = shared_text(state, "approvedBy");
    run->detail = shared(state, "detail");
    return true;
}

static bool read_head(struct execution *x, const struct execution_row *row, struct err *e)
{
    AUTO_JSON *state = NULL;
    if (!read_json(row->state, &state, e) || !read_json(row->output, &x->output, e))
        return false;
    int64_t group = json_int_at(state, "group", 0);
    if (group < 0 || (size_t)group > x->pipeline->group_count)
        return err_set(e, ERR_INVALID, "it stands at group %lld; the pipeline has %zu", (long long)group, x->pipeline->group_count);
    x->group = (size_t)group;
    x->status = row->status == RUN_WAITING ? RUN_RUNNING : row->status;
    x->expired = json_bool_at(state, "expired", false);
    x->restricted = json_bool_at(state, "restricted", false);
    x->expires_at = json_int_at(state, "expiresAt", 0);
    x->timer_at = json_int_at(state, "timerAt", 0);
    x->idle_at = json_int_at(state, "idleAt", 0);
    x->occasions = json_int_at(state, "occasions", 0);
    x->canceled = shared(state, "canceled");
    x->started_at = row->started_at;
    x->ended_at = row->ended_at;
    x->message = text_empty(row->status_message) ? NULL : json_string(row->status_message);
    return true;
}

bool execution_read(struct pipeline *pipeline, const struct execution_row *row, json_t *input, json_t *outside,
                    const struct task_row *tasks, size_t count, struct execution **ret, struct err *e)
{
    if (row->state_version > EXECUTION_STATE_VERSION)
        return err_set(e, ERR_INVALID, "its state has version %d; this server knows up to %d", row->state_version, EXECUTION_STATE_VERSION);
    AUTO(execution) x = execution_create(pipeline, input, outside, row->requested_at);
    bool ok = read_head(x, row, e);
    for (size_t i = 0; ok && i < count; i++)
        ok = read_task(x, &tasks[i], e);
    if (!ok)
        return err_wrap(e, "read back an execution of '%s'", pipeline->name);
    execution_clean(x);
    *ret = TAKE(x);
    return true;
}

/* An execution as Code Stream's API shows it. Keys that Code Stream does not have are ours; its clients ignore them. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "pipeline/engine.h"

static void set_number(json_t *json, const char *key, int64_t number)
{
    json_object_set_new(json, key, json_integer(number));
}

static void set_date(json_t *json, const char *key, int64_t micros)
{
    char date[CLOCK_TEXT];
    json_set_text(json, key, micros ? clock_text(micros, date) : "");
}

static void set_times(json_t *json, int64_t started, int64_t ended, int64_t now)
{
    if (started)
        set_number(json, "_startTime", started);
    if (ended)
        set_number(json, "_endTime", ended);
    int64_t until = ended ? ended : now;
    set_number(json, "_durationInMicros", started && until > started ? until - started : 0);
}

/* A new reference to value, or an empty object or array in its place. */
static void set_or_empty(json_t *json, const char *key, const json_t *value, bool list)
{
    json_object_set_new(json, key, value ? json_incref((json_t *)value) : list ? json_array() : json_object());
}

/* ---- tasks */

/* What an observer reads beside the status. */
static const char *task_message(const struct task_run *run)
{
    bool running = run->status == RUN_RUNNING || run->status == RUN_CANCELING;
    return run_text(running && run->progress ? run->progress : run->message);
}

static void set_ours(json_t *json, const struct task_run *run)
{
    if (run->attempt)
        set_number(json, "_attempt", run->attempt);
    if (run->warning)
        json_object_set_new(json, "_warning", json_true());
    if (run->retry_at)
        set_number(json, "_retryTime", run->retry_at);
    if (run->approved)
        json_object_set(json, "_approvedBy", run->approved);
    if (run->progress)
        json_object_set(json, "_progress", run->progress);
    if (run->detail)
        json_object_set(json, "_detail", run->detail);
    if (run->resolved)
        json_object_set(json, "_resolved", run->resolved);
}

static json_t *task_json(const struct execution *x, const struct run_facts *f, const struct pipeline_task *t)
{
    const struct task_run *run = &x->tasks[t->index];
    AUTO_FREE char *id = mem_format("%s~%zu.%zu", f->id, t->stage, t->index - x->pipeline->stages[t->stage].first_task);
    json_t *json = json_object();
    json_set_text(json, "id", id);
    json_set_text(json, "name", t->name);
    json_set_text(json, "type", t->type);
    json_set_text(json, "status", run_status_name(task_run_shown(run)));
    json_set_text(json, "statusMessage", task_message(run));
    if (run->status == RUN_FAILED || run->status == RUN_FAILED_CONTINUE)
        json_set_text(json, "failureMessage", run_text(run->message));
    set_or_empty(json, "endpoints", t->endpoints, false);
    set_or_empty(json, "input", run->input ? run->input : t->input, false);
    set_or_empty(json, "output", run->output, false);
    json_set_text(json, "preCondition", t->condition_text);
    json_object_set_new(json, "ignoreFailure", json_boolean(t->ignore_failure));
    json_object_set_new(json, "notifications", json_array());
    set_times(json, run->started_at, run->ended_at, f->now);
    set_ours(json, run);
    return json;
}

/* ---- stages */

static void stage_message(const struct execution *x, const struct pipeline_stage *s, enum run_status status, json_t *json)
{
    const char *text = "";
    for (size_t i = s->first_task; !*text && i < s->first_task + s->task_count; i++)
        if (x->tasks[i].status == status)
            text = run_text(x->tasks[i].message);
    AUTO_FREE char *executing = mem_format("Executing %s", s->name);
    bool running = status == RUN_RUNNING || status == RUN_WAITING || status == RUN_CANCELING;
    json_set_text(json, "statusMessage", running ? executing : status == RUN_FAILED || status == RUN_CANCELED ? text : "");
}

static json_t *stage_json(const struct execution *x, const struct run_facts *f, size_t index)
{
    const struct pipeline_stage *s = &x->pipeline->stages[index];
    AUTO_FREE char *id = mem_format("%s~%zu", f->id, index);
    int64_t started = 0, ended = 0;
    enum run_status status = execution_stage_status(x, index, &started, &ended);
    json_t *json = json_object(), *tasks = json_object();
    json_set_text(json, "id", id);
    json_set_text(json, "name", s->name);
    json_set_text(json, "status", run_status_name(status));
    stage_message(x, s, status, json);
    set_or_empty(json, "taskOrder", json_object_get(s->spec, "taskOrder"), true);
    for (size_t i = s->first_task; i < s->first_task + s->task_count; i++)
        json_object_set_new(tasks, x->pipeline->tasks[i].name, task_json(x, f, &x->pipeline->tasks[i]));
    json_object_set_new(json, "tasks", tasks);
    json_object_set_new(json, "notifications", json_array());
    set_times(json, started, ended, f->now);
    return json;
}

/* ---- rollbacks, as they stand beside what they undo */

static json_t *rollback_response(const struct execution *x, const struct pipeline_task *t)
{
    const struct task_run *run = &x->tasks[t->index];
    const json_t *output = json_object_get(run->output, "outputProperties");
    json_t *json = json_object();
    json_set_text(json, "name", t->name);
    json_set_text(json, "status", run_status_name(task_run_shown(run)));
    json_set_text(json, "statusMessage", task_message(run));
    json_set_text(json, "_link", json_text_at(run->output ? run->output : run->detail, run->output ? "pipelineExecutionLink" : "execution", ""));
    set_number(json, "index", json_int_at(run->output ? run->output : run->detail, run->output ? "executionIndex" : "index", 0));
    set_or_empty(json, "output", output, false);
    set_times(json, run->started_at, run->ended_at, run->ended_at);
    return json;
}

/* Beside the task whose work it takes back; ours. */
static json_t *restore_response(const struct task_run *run, int64_t now)
{
    json_t *json = json_object();
    json_set_text(json, "status", run_status_name(task_run_shown(run)));
    json_set_text(json, "statusMessage", task_message(run));
    set_or_empty(json, "output", run->output, false);
    set_times(json, run->started_at, run->ended_at, now);
    return json;
}

static void set_restores(json_t *stages, const struct execution *x, int64_t now)
{
    const struct pipeline *p = x->pipeline;
    for (size_t i = p->task_count; i < p->run_count; i++) {
        const struct pipeline_task *t = &p->tasks[i];
        json_t *tasks = json_object_get(json_object_get(stages, p->stages[t->stage].name), "tasks");
        if (t->restores && x->tasks[i].status != RUN_NOT_STARTED)
            json_object_set_new(json_object_get(tasks, t->name), "_restore", restore_response(&x->tasks[i], now));
    }
}

static void set_rollbacks(json_t *stages, const struct execution *x)
{
    const struct pipeline *p = x->pipeline;
    for (size_t i = p->task_count; i < p->run_count; i++) {
        const struct pipeline_task *t = &p->tasks[i];
        json_t *of = json_object_get(stages, p->stages[t->stage].name);
        if (t->restores)
            continue;
        if (t->undoes != PIPELINE_WHOLE_STAGE)
            of = json_object_get(json_object_get(of, "tasks"), p->tasks[t->undoes].name);
        json_object_set(of, "rollbackConfiguration", (json_t *)t->spec);
        if (x->tasks[i].status != RUN_NOT_STARTED)
            json_object_set_new(of, "rollbackResponse", rollback_response(x, t));
    }
}

/* ---- the whole */

static void set_link(json_t *json, const char *key, const char *what, const char *id)
{
    AUTO_FREE char *link = text_empty(id) ? mem_text("") : mem_format("/codestream/api/%s/%s", what, id);
    json_set_text(json, key, link);
}

static void set_facts(json_t *json, const struct run_facts *f)
{
    json_set_text(json, "project", f->project);
    json_set_text(json, "id", f->id);
    set_link(json, "_link", "executions", f->id);
    set_link(json, "_pipelineLink", "pipelines", f->pipeline_id);
    if (!text_empty(f->parent))
        set_link(json, "_parentLink", "executions", f->parent);
    if (!text_empty(f->rerun)) {
        set_link(json, "_rerunOfLink", "executions", f->rerun);
        set_number(json, "_rerunOfIndex", f->rerun_index);
    }
    if (f->window_at)
        set_number(json, "_windowTime", f->window_at);
    json_set_text(json, "_projectId", f->project_id);
    set_number(json, "index", f->index);
    json_set_text(json, "comments", f->comments);
    json_set_text(json, "_executedBy", f->requested_by);
    json_set_text(json, "_triggeredBy", f->triggered_by);
    json_set_text(json, "_source", f->source);
    json_set_text(json, "createdBy", f->requested_by);
    json_set_text(json, "_createdBy", f->requested_by);
    set_date(json, "createdAt", f->created_at);
    set_date(json, "updatedAt", f->updated_at);
    set_number(json, "_createTimeInMicros", f->created_at);
    set_number(json, "_updateTimeInMicros", f->updated_at);
    json_object_set_new(json, "_nested", json_boolean(f->nested));
    json_object_set_new(json, "_rollback", json_boolean(f->rollback));
    json_object_set_new(json, "_global", json_boolean(f->global));
    set_or_empty(json, "tags", f->tags, true);
}

static void set_state(json_t *json, const struct execution *x, int64_t now)
{
    int64_t until = x->ended_at ? x->ended_at : now;
    json_set_text(json, "status", run_status_name(execution_shown(x)));
    json_set_text(json, "statusMessage", run_text(x->message));
    json_object_set_new(json, "_restricted", json_boolean(x->restricted));
    if (x->canceled)
        json_set_text(json, "reason", json_text_at(x->canceled, "reason", ""));
    set_or_empty(json, "input", x->input, false);
    set_or_empty(json, "output", x->output, false);
    set_number(json, "_requestTimeInMicros", x->requested_at);
    if (x->started_at)
        set_number(json, "_startTime", x->started_at);
    set_number(json, "_durationInMicros", x->started_at && until > x->started_at ? until - x->started_at : 0);
    set_number(json, "_totalDurationInMicros", until > x->requested_at ? until - x->requested_at : 0);
}

json_t *execution_to_api(const struct execution *x, const struct run_facts *f, bool with_stages)
{
    const struct pipeline *p = x->pipeline;
    json_t *json = json_object(), *stages = json_object();
    json_set_text(json, "name", p->name);
    json_set_text(json, "description", p->description);
    json_set_text(json, "icon", p->icon);
    set_facts(json, f);
    set_state(json, x, f->now);
    set_or_empty(json, "starred", json_object_get(p->definition, "starred"), false);
    set_or_empty(json, "_inputMeta", p->input_meta, false);
    json_object_set_new(json, "_outputMeta", json_object());
    set_or_empty(json, "stageOrder", json_object_get(p->definition, "stageOrder"), true);
    for (size_t i = 0; with_stages && i < p->stage_count; i++)
        json_object_set_new(stages, p->stages[i].name, stage_json(x, f, i));
    if (with_stages) {
        set_rollbacks(stages, x);
        set_restores(stages, x, f->now);
    }
    json_object_set_new(json, "stages", stages);
    json_object_set_new(json, "notifications", json_array());
    json_object_set_new(json, "workspaceResults", json_array());
    return json;
}

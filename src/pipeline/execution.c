/* The state of an execution: made, copied, asked. What moves it is engine.c. */
#include <string.h>

#include "base/text.h"
#include "pipeline/engine.h"

static const char *const STATUSES[] = {
#define X(name) #name,
    RUN_STATUSES(X)
#undef X
};

const char *run_status_name(enum run_status status)
{
    return STATUSES[status];
}

bool run_status_parse(const char *name, enum run_status *ret)
{
    for (size_t i = 0; i < RUN_STATUS_COUNT; i++) {
        if (text_is(STATUSES[i], name)) {
            *ret = (enum run_status)i;
            return true;
        }
    }
    return false;
}

bool run_status_final(enum run_status status)
{
    switch (status) {
    case RUN_CANCELED:
    case RUN_COMPLETED:
    case RUN_FAILED:
    case RUN_SKIPPED:
    case RUN_FAILED_CONTINUE:
    case RUN_ROLLBACK_FAILED:
    case RUN_ROLLBACK_COMPLETED:
        return true;
    default:
        return false;
    }
}

const char *run_text(const json_t *text)
{
    return text ? json_string_value(text) : "";
}

/* ---- life */

struct execution *execution_create(struct pipeline *pipeline, json_t *input, json_t *outside, int64_t now)
{
    struct execution *x = NEW(struct execution);
    x->pipeline = pipeline_ref(pipeline);
    x->status = RUN_QUEUED;
    x->requested_at = now;
    x->dirty = true;
    x->input = input ? json_incref(input) : json_object();
    x->outside = json_incref(outside);
    x->tasks = mem_alloc((pipeline->run_count + 1) * sizeof *x->tasks);
    return x;
}

/* Every JSON member of both structs, so that a copy and the end of one cannot forget any. */
static void task_each(struct task_run *run, void (*each)(json_t **member))
{
    json_t **members[] = { &run->message, &run->progress, &run->detail, &run->input, &run->resolved, &run->output, &run->approved };
    for (size_t i = 0; i < ALEN(members); i++)
        each(members[i]);
}

static void execution_each(struct execution *x, void (*each)(json_t **member))
{
    json_t **members[] = { &x->message, &x->canceled, &x->input, &x->secrets, &x->outside, &x->output };
    for (size_t i = 0; i < ALEN(members); i++)
        each(members[i]);
    for (size_t i = 0; i < x->pipeline->run_count; i++)
        task_each(&x->tasks[i], each);
}

static void share(json_t **member)
{
    json_incref(*member);
}

void execution_give_secrets(struct execution *execution, json_t *secrets)
{
    json_decref(execution->secrets);
    execution->secrets = json_incref(secrets);
}

struct execution *execution_dup(const struct execution *execution)
{
    struct execution *x = mem_copy(execution, sizeof *execution);
    pipeline_ref(x->pipeline);
    x->tasks = mem_copy(execution->tasks, (x->pipeline->run_count + 1) * sizeof *x->tasks);
    execution_each(x, share);
    return x;
}

void execution_destroy(struct execution **execution)
{
    struct execution *x = TAKE(*execution);
    if (!x)
        return;
    execution_each(x, json_release_auto);
    free(x->tasks);
    pipeline_unref(x->pipeline);
    free(x);
}

void execution_clean(struct execution *execution)
{
    execution->dirty = false;
    for (size_t i = 0; i < execution->pipeline->run_count; i++)
        execution->tasks[i].dirty = false;
}

/* ---- going on from another */

static bool done(const struct task_run *run)
{
    return run->status == RUN_COMPLETED || run->status == RUN_SKIPPED || run->status == RUN_FAILED_CONTINUE;
}

static bool may_go_on(const struct execution *from, struct err *e)
{
    if (execution_live(from))
        return err_set(e, ERR_CONFLICT, "the execution is %s; cancel it first, or wait for its end", run_status_name(from->status));
    if (from->status == RUN_FAILED || from->status == RUN_CANCELED)
        return true;
    return err_set(e, ERR_CONFLICT, "%s: run it again from its start",
                   from->status == RUN_COMPLETED ? "nothing of it failed" : "what it had done was rolled back");
}

/* What people said to another execution counts there only: it goes on from the question whose answer the rest depends on. */
static void ask_again(struct execution *x)
{
    bool asks = false;
    for (size_t g = x->group + 1; g-- > 0 && !asks;) {
        if (g >= x->pipeline->group_count)
            continue;
        const struct pipeline_group *group = &x->pipeline->groups[g];
        for (size_t i = group->first; i < group->first + group->count; i++) {
            if (!text_is(x->pipeline->tasks[i].type, "UserOperation"))
                continue;
            asks = true;
            task_each(&x->tasks[i], json_release_auto);
            x->tasks[i] = (struct task_run){ 0 };
        }
        x->group = asks ? g : x->group;
    }
}

bool execution_go_on(struct execution *execution, const struct execution *from, struct err *e)
{
    const struct pipeline *p = execution->pipeline;
    if (!may_go_on(from, e))
        return false;
    execution->group = from->group;
    for (size_t i = 0; i < p->task_count && i < from->pipeline->task_count; i++) {
        if (!done(&from->tasks[i]))
            continue;
        execution->tasks[i] = from->tasks[i];
        task_each(&execution->tasks[i], share);
        execution->tasks[i].dirty = true;
    }
    ask_again(execution);
    return true;
}

/* ---- questions */

bool execution_live(const struct execution *execution)
{
    return !run_status_final(execution->status);
}

size_t execution_stage(const struct execution *execution)
{
    const struct pipeline *p = execution->pipeline;
    return execution->group < p->group_count ? p->groups[execution->group].stage : p->stage_count;
}

enum run_status task_run_shown(const struct task_run *run)
{
    if (run->status == RUN_WAITING)
        return RUN_RUNNING;
    return run->status == RUN_RUNNING && run->waits == RUN_WAITS_PERSON ? RUN_WAITING : run->status;
}

enum run_status execution_shown(const struct execution *execution)
{
    for (size_t i = 0; execution->status == RUN_RUNNING && i < execution->pipeline->run_count; i++)
        if (task_run_shown(&execution->tasks[i]) == RUN_WAITING)
            return RUN_WAITING;
    return execution->status;
}

enum run_waits execution_waits(const struct execution *execution)
{
    bool still = execution->idle_at || execution->status == RUN_QUEUED || execution->status == RUN_PAUSED;
    if (!still)
        return RUN_WAITS_NO;
    return execution->restricted || execution_shown(execution) == RUN_WAITING ? RUN_WAITS_PERSON : RUN_WAITS_TIME;
}

/* The worst of its tasks decides; while any is under way, that. */
static const enum run_status WORST[] = { RUN_CANCELING, RUN_WAITING, RUN_RUNNING, RUN_FAILED, RUN_CANCELED };

static enum run_status ended_stage(const struct execution *x, size_t stage)
{
    const struct pipeline_stage *s = &x->pipeline->stages[stage];
    bool begun = false, over = true;
    for (size_t i = s->first_task; i < s->first_task + s->task_count; i++) {
        begun = begun || x->tasks[i].status != RUN_NOT_STARTED;
        over = over && x->tasks[i].status != RUN_NOT_STARTED;
    }
    if (over && (begun || stage < execution_stage(x)) && x->started_at)
        return RUN_COMPLETED;
    if (!begun)
        return RUN_NOT_STARTED;
    return execution_live(x) ? x->status : RUN_CANCELED; /* between two groups: running, or paused */
}

enum run_status execution_stage_status(const struct execution *execution, size_t stage, int64_t *ret_started, int64_t *ret_ended)
{
    const struct pipeline_stage *s = &execution->pipeline->stages[stage];
    int64_t started = 0, ended = 0;
    size_t worst = ALEN(WORST);
    for (size_t i = s->first_task; i < s->first_task + s->task_count; i++) {
        const struct task_run *run = &execution->tasks[i];
        if (run->started_at && (!started || run->started_at < started))
            started = run->started_at;
        if (run->ended_at > ended)
            ended = run->ended_at;
        for (size_t w = 0; w < worst; w++)
            if (task_run_shown(run) == WORST[w])
                worst = w;
    }
    enum run_status status = worst < ALEN(WORST) ? WORST[worst] : ended_stage(execution, stage);
    if (ret_started)
        *ret_started = started;
    if (ret_ended)
        *ret_ended = run_status_final(status) ? ended : 0;
    return status;
}

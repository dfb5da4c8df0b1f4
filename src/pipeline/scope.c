#include "pipeline/scope.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

static bool given(struct value *ret, json_t *json)
{
    ret->json = json;
    return true;
}

static bool given_text(struct value *ret, const char *text)
{
    json_t *json = json_string(text ? text : "");
    return given(ret, json ? json : json_string(""));
}

/* ---- inputs */

static const char *const OUTSIDE[] = { "DOCKER_", "GIT_", "GERRIT_" };

/* Injected names are outside even when a person typed them, so that a tag means the same in a run by hand and in one by a push. */
static bool is_outside(const struct execution *x, const char *name)
{
    for (size_t i = 0; i < ALEN(OUTSIDE); i++)
        if (text_starts(name, OUTSIDE[i]))
            return true;
    for (size_t i = 0; i < json_array_size(x->outside); i++)
        if (text_is(json_string_value(json_array_get(x->outside, i)), name))
            return true;
    return false;
}

/* The declared name that the reference begins with: all of it, or up to a dot or bracket. */
static const char *input_name(const struct execution *x, const char *rest, size_t n)
{
    const char *name, *best = NULL;
    json_t *value;
    json_object_foreach(x->input, name, value) {
        size_t length = strlen(name);
        bool fits = length <= n && !memcmp(name, rest, length) && (length == n || strchr(".[", rest[length]));
        if (fits && (!best || length > strlen(best)))
            best = name;
    }
    return best;
}

static bool find_input(const struct execution *x, const struct reference *r, struct value *ret, struct err *e)
{
    const char *name = input_name(x, r->rest, r->rest_length);
    if (!name)
        return err_set(e, ERR_INVALID, "the pipeline has no input '%.*s'", (int)r->rest_length, r->rest);
    ret->secret = json_object_get(x->secrets, name) != NULL;
    json_t *value = reference_walk(ret->secret ? x->secrets : x->input, r->rest, r->rest_length);
    AUTO_FREE char *why = value ? NULL : reference_missing(x->input, r->rest, r->rest_length);
    if (!value)
        return err_set(e, ERR_INVALID, "input '%s' has no '%.*s': %s", name, (int)r->rest_length, r->rest, why);
    ret->outside = is_outside(x, name);
    ret->authored = !ret->outside;
    return given(ret, json_incref(value));
}

/* ---- tasks and stages */

static bool find_in_task(const struct execution *x, const struct reference *r, const char *what, const json_t *tree,
                         struct value *ret, struct err *e)
{
    AUTO_FREE char *path = pipeline_task_path(x->pipeline, r->task);
    const struct task_run *run = &x->tasks[r->task];
    json_t *value = tree ? reference_walk(tree, r->rest, r->rest_length) : NULL;
    if (value)
        return given(ret, json_incref(value));
    if (!tree)
        return err_set(e, ERR_INVALID, "task '%s' has no %s: its status is %s", path, what, run_status_name(run->status));
    AUTO_FREE char *why = reference_missing(tree, r->rest, r->rest_length);
    return err_set(e, ERR_INVALID, "task '%s' has no %s '%.*s': %s", path, what, (int)r->rest_length, r->rest, why);
}

static const char *stage_message(const struct execution *x, size_t stage)
{
    const struct pipeline_stage *s = &x->pipeline->stages[stage];
    for (size_t i = s->first_task; i < s->first_task + s->task_count; i++)
        if (x->tasks[i].status == RUN_FAILED || x->tasks[i].status == RUN_CANCELED)
            return run_text(x->tasks[i].message);
    return "";
}

/* ---- the defaults */

static const char *when(int64_t micros, char out[CLOCK_TEXT])
{
    return micros ? clock_text(micros, out) : "";
}

static bool default_value(const struct execution_scope *s, const char *name, struct value *ret)
{
    const struct execution *x = s->execution;
    const struct run_facts *f = s->facts;
    const struct pipeline_task *t = s->task < x->pipeline->run_count ? &x->pipeline->tasks[s->task] : NULL;
    char time[CLOCK_TEXT];
    if (text_is(name, "executionIndex"))
        return given(ret, json_integer(f->index));
    if (text_is(name, "duration"))
        return given(ret, json_integer(x->started_at ? ((x->ended_at ? x->ended_at : f->now) - x->started_at) / CLOCK_SECOND : 0));
    const struct {
        const char *name, *text;
    } rows[] = {
        { "name", x->pipeline->name },
        { "project", f->project },
        { "requestBy", f->requested_by },
        { "executionId", f->id },
        { "executionUrl", f->url },
        { "status", run_status_name(execution_shown(x)) },
        { "statusMessage", run_text(x->message) },
        { "comments", f->comments },
        { "stageName", t ? x->pipeline->stages[t->stage].name : "" },
        { "taskName", t ? t->name : "" },
    };
    for (size_t i = 0; i < ALEN(rows); i++)
        if (text_is(rows[i].name, name))
            return given_text(ret, rows[i].text);
    if (text_starts(name, "userOp") || text_is(name, "notificationEvent")) /* pipeline/notification.c knows them */
        return given_text(ret, "");
    return given_text(ret, when(text_is(name, "endTime") ? x->ended_at : x->started_at, time)); /* startTime, executedOn */
}

/* ---- all together */

static enum scope_answer find_variable(const struct run_facts *f, const struct reference *r, struct value *ret, struct err *e)
{
    AUTO_FREE char *name = mem_text_n(r->rest, r->rest_length);
    enum scope_answer answer = f->variable ? f->variable(f->owner, name, ret, e) : SCOPE_UNKNOWN;
    if (answer == SCOPE_UNKNOWN) {
        err_set(e, ERR_INVALID, "the project has no variable '%s'", name);
        return SCOPE_FAILED;
    }
    return answer;
}

static bool find_output(const struct execution *x, const struct reference *r, struct value *ret, struct err *e)
{
    json_t *value = reference_walk(x->output, r->rest, r->rest_length);
    if (!value)
        return err_set(e, ERR_INVALID, "the execution has no output '%.*s'", (int)r->rest_length, r->rest);
    return given(ret, json_incref(value));
}

static bool find_known(const struct execution_scope *s, const struct reference *r, struct value *ret, struct err *e)
{
    const struct execution *x = s->execution;
    AUTO_FREE char *name = NULL;
    switch (r->kind) {
    case REFERENCE_INPUT:
        return find_input(x, r, ret, e);
    case REFERENCE_OUTPUT:
        return find_output(x, r, ret, e);
    case REFERENCE_TASK_INPUT:
        return find_in_task(x, r, "input", x->tasks[r->task].input, ret, e);
    case REFERENCE_TASK_OUTPUT:
        return find_in_task(x, r, "output", x->tasks[r->task].output, ret, e);
    case REFERENCE_TASK_STATUS:
        return given_text(ret, run_status_name(x->tasks[r->task].status));
    case REFERENCE_TASK_MESSAGE:
        return given_text(ret, run_text(x->tasks[r->task].message));
    case REFERENCE_STAGE_STATUS:
        return given_text(ret, run_status_name(execution_stage_status(x, r->stage, NULL, NULL)));
    case REFERENCE_STAGE_MESSAGE:
        return given_text(ret, stage_message(x, r->stage));
    case REFERENCE_DEFAULT:
        name = mem_text_n(r->rest, r->rest_length);
        return default_value(s, name, ret);
    case REFERENCE_VARIABLE:
    case REFERENCE_UNKNOWN:
        break;
    }
    return false;
}

static enum scope_answer find(struct scope *scope, const char *reference, size_t n, struct value *ret, struct err *e)
{
    const struct execution_scope *s = OWNER(scope, const struct execution_scope, scope);
    struct reference r;
    *ret = (struct value){ 0 };
    reference_parse(reference, n, s->execution->pipeline, &r);
    if (r.kind == REFERENCE_VARIABLE)
        return find_variable(s->facts, &r, ret, e);
    if (r.kind != REFERENCE_UNKNOWN)
        return find_known(s, &r, ret, e) ? SCOPE_FOUND : SCOPE_FAILED;
    if (!*r.problem)
        return SCOPE_UNKNOWN;
    err_set(e, ERR_INVALID, "${%.*s}: %s", (int)n, reference, r.problem);
    return SCOPE_FAILED;
}

void execution_scope_init(struct execution_scope *scope, const struct execution *execution, const struct run_facts *facts,
                          size_t task)
{
    static const struct run_facts NOTHING = { .id = "" };
    *scope = (struct execution_scope){ { find }, execution, facts ? facts : &NOTHING, task };
}

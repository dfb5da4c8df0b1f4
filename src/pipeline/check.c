/* Everything about a definition that can be known before a run. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "pipeline/check_inside.h"
#include "pipeline/condition.h"
#include "pipeline/expression.h"
#include "pipeline/literals.h"
#include "pipeline/windows.h"

static const char *const PIPELINE_KEYS[] = {
    "project", "kind", "name", "icon", "enabled", "state", "global", "description", "tags", "concurrency", "concurrencyPolicy", "onFailedVerification", "windows", "options", "input",
    "_inputMeta", "_outputMeta", "output", "starred", "workspace", "ciWorkspace", "stageOrder", "stages", "notifications", "rollbacks", NULL,
};
static const char *const SERVER_KEYS[] = { /* that it adds */
    "id", "version", "createdAt", "createdBy", "updatedAt", "updatedBy", "_link", "_projectId", "_createTimeInMicros",
    "_updateTimeInMicros", "_createdBy", "_updatedBy", "_warnings", NULL,
};
static const char *const STAGE_KEYS[] = { "taskOrder", "tasks", "description", "tags", NULL };
static const char *const TASK_KEYS[] = {
    "type", "ignoreFailure", "preCondition", "endpoints", "input", "tags", "timeout", "retries", "onCrash", "description", "_configured", NULL,
};

size_t check_enter(struct checker *c, const char *key)
{
    size_t here = strlen(c->pointer);
    json_pointer_add(c->pointer, sizeof c->pointer, key);
    return here;
}

void check_leave(struct checker *c, size_t here)
{
    c->pointer[here] = 0;
}

bool check_listed(const char *const *list, const char *key)
{
    for (; *list; list++)
        if (text_is(*list, key))
            return true;
    return false;
}

bool check_nothing(const json_t *value)
{
    return !value || json_is_null(value) || (json_is_string(value) && !json_string_length(value));
}

void check_keys(struct checker *c, const json_t *object, const char *const *known, const char *what)
{
    void *at = json_object_iter((json_t *)object);
    for (; at; at = json_object_iter_next((json_t *)object, at)) {
        const char *key = json_object_iter_key(at);
        if (check_listed(known, key) || (text_is(what, "pipeline") && check_listed(SERVER_KEYS, key)))
            continue;
        size_t here = check_enter(c, key);
        problem_unknown(c->found, c->checks->enabling ? PROBLEM_ERROR : PROBLEM_WARNING, c->pointer, what, key, known, "");
        check_leave(c, here);
    }
}

/* ---- references */

static void check_task_reference(struct checker *c, const struct reference *r, const char *text, size_t n)
{
    bool of_stage = r->kind == REFERENCE_STAGE_STATUS || r->kind == REFERENCE_STAGE_MESSAGE;
    if (!c->task)
        return;
    if (of_stage && r->stage > c->task->stage)
        ERROR(c, "${%.*s}: stage '%s' runs later", (int)n, text, c->p->stages[r->stage].name);
    if (of_stage)
        return;
    const struct pipeline_task *asked = &c->p->tasks[r->task];
    if (asked->group > c->task->group)
        ERROR(c, "${%.*s}: task '%s' runs later", (int)n, text, asked->name);
    else if (asked == c->task)
        ERROR(c, "${%.*s}: a task cannot refer to itself", (int)n, text);
    else if (asked->group == c->task->group)
        ERROR(c, "${%.*s}: task '%s' runs at the same time", (int)n, text, asked->name);
}

static bool declared(const struct checker *c, const struct reference *r)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)c->p->inputs, name, value) {
        size_t length = strlen(name);
        bool begins = length <= r->rest_length && !memcmp(name, r->rest, length);
        if (begins && (length == r->rest_length || strchr(".[", r->rest[length])))
            return true;
    }
    return false;
}

/* "${Stage.Task.output.x}" of a stage that does not exist, rather than something of a shell's. */
static bool looks_ours(const char *text, size_t n)
{
    AUTO_FREE char *copy = mem_text_n(text, n);
    return strstr(copy, ".output.") || text_ends(copy, ".output") || text_ends(copy, ".status");
}

static void check_reference(struct checker *c, const char *text, size_t n)
{
    struct reference r;
    reference_parse(text, n, c->p, &r);
    switch (r.kind) {
    case REFERENCE_UNKNOWN:
        if (*r.problem)
            ERROR(c, "${%.*s}: %s", (int)n, text, r.problem);
        else if (looks_ours(text, n))
            ERROR(c, "${%.*s} begins with no known stage", (int)n, text);
        else
            WARN(c, "${%.*s} names nothing known and stays as it is", (int)n, text);
        break;
    case REFERENCE_INPUT:
        if (!declared(c, &r))
            ERROR(c, "${%.*s}: the pipeline declares no such input", (int)n, text);
        break;
    case REFERENCE_OUTPUT:
        if (c->task)
            ERROR(c, "${%.*s}: the pipeline's outputs are known when it has ended", (int)n, text);
        break;
    case REFERENCE_VARIABLE:
    case REFERENCE_DEFAULT:
        break;
    default:
        check_task_reference(c, &r, text, n);
    }
}

static void check_text(struct checker *c, const char *text)
{
    struct segment piece;
    size_t n = strlen(text), references = 0;
    for (size_t at = 0; segment_next(text, n, &at, &piece);) {
        if (!piece.reference)
            continue;
        if (++references > EXPRESSION_REFERENCES) {
            ERROR(c, "more than %d references in one text", EXPRESSION_REFERENCES);
            return;
        }
        check_reference(c, text + piece.at + 2, piece.length - 3);
    }
}

void check_tree(struct checker *c, const json_t *tree)
{
    const char *key;
    json_t *value;
    size_t i;
    if (json_is_string(tree))
        check_text(c, json_string_value(tree));
    json_array_foreach(tree, i, value) {
        char index[24];
        snprintf(index, sizeof index, "%zu", i);
        size_t here = check_enter(c, index);
        check_tree(c, value);
        check_leave(c, here);
    }
    json_object_foreach((json_t *)tree, key, value) {
        size_t here = check_enter(c, key);
        check_text(c, key);
        check_tree(c, value);
        check_leave(c, here);
    }
}

static void each_reference(void *owner, const char *reference, size_t n, __attribute__((unused)) size_t offset)
{
    check_reference(owner, reference, n);
}

static void check_condition(struct checker *c)
{
    const struct pipeline_task *t = c->task;
    size_t here = check_enter(c, "preCondition");
    struct condition *never = NULL;
    struct err e = { 0 };
    if (t->condition)
        condition_each(t->condition, each_reference, c);
    else if (*t->condition_text && !condition_parse(t->condition_text, strlen(t->condition_text), 0, &never, &e))
        ERROR(c, "the condition is wrong: %s", e.text);
    condition_destroy(&never);
    check_leave(c, here);
}

/* Of a condition that names fields of an answer by bare names, only what stands in ${ } is ours. */
struct bare {
    struct checker *c;
    const char *text;
};

static void each_braced(void *owner, const char *reference, size_t n, size_t offset)
{
    struct bare *b = owner;
    if (offset && b->text[offset - 1] == '{')
        check_reference(b->c, reference, n);
}

/* One that a type has as its input: read here, so that a typing error is found before any run. */
void check_input_condition(struct checker *c, const char *path, unsigned flags)
{
    const char *text = path ? json_text_at(c->task->input, path, "") : "";
    struct condition *condition = NULL;
    struct err e = { 0 };
    struct bare bare = { c, text };
    if (!*text)
        return;
    size_t here = check_enter(c, "input");
    for (const char *at = path; *at; at += strcspn(at, ".") + (at[strcspn(at, ".")] == '.')) {
        AUTO_FREE char *key = mem_text_n(at, strcspn(at, "."));
        check_enter(c, key);
    }
    if (!condition_parse(text, strlen(text), flags, &condition, &e))
        ERROR(c, "the condition is wrong: %s", e.text);
    else if (flags)
        condition_each(condition, each_braced, &bare);
    else
        condition_each(condition, each_reference, c);
    condition_destroy(&condition);
    check_leave(c, here);
}

/* ---- all of it */

static void check_task(struct checker *c, const struct pipeline_task *t)
{
    c->task = t;
    snprintf(c->pointer, sizeof c->pointer, "%s", "");
    check_enter(c, "stages");
    check_enter(c, c->p->stages[t->stage].name);
    check_enter(c, "tasks");
    check_enter(c, t->name);
    check_keys(c, t->spec, TASK_KEYS, "task");
    check_type(c);
    check_condition(c);
    size_t here = check_enter(c, "input");
    check_tree(c, t->input);
    check_leave(c, here);
    check_enter(c, "endpoints");
    check_tree(c, t->endpoints);
    c->task = NULL;
    c->pointer[0] = 0;
}

/* ---- the workspace of CI tasks */

static const char *const WORKSPACE_KEYS[] = { "type", "endpoint", "image", "registry", "path", "cache", "environmentVariables", "limits", "autoCloneForTrigger", "customProperties", NULL };

const json_t *pipeline_workspace(const struct pipeline *pipeline)
{
    const json_t *newer = json_object_get(pipeline->definition, "workspace"), *older = json_object_get(pipeline->definition, "ciWorkspace");
    return json_is_object(newer) ? newer : json_is_object(older) ? older : NULL;
}

static void check_workspace_field(struct checker *c, const json_t *space, const char *key, const char *why)
{
    size_t here = check_enter(c, key);
    if (check_nothing(json_object_get(space, key)))
        UNFIT(c, "CI tasks need a workspace: %s", why);
    check_leave(c, here);
}

/* What a cluster needs to be told, where tasks want to share files. */
static void check_kube_workspace(struct checker *c, const json_t *space, size_t tasks)
{
    bool claim = !check_nothing(json_at(space, "customProperties.persistentVolumeClaim")) || !check_nothing(json_at(space, "customProperties.pvc"));
    size_t here = check_enter(c, "cache");
    if (!claim && json_array_size(json_object_get(space, "cache")))
        WARN(c, "cache is kept on a cluster only where customProperties.persistentVolumeClaim names a volume");
    check_leave(c, here);
    here = check_enter(c, "customProperties");
    if (!claim && tasks > 1)
        WARN(c, "its tasks share files where the cluster has a default storage class (a volume is made for each run), or where persistentVolumeClaim names a volume; else each begins with an empty folder");
    check_leave(c, here);
}

static void check_workspace(struct checker *c)
{
    const json_t *space = pipeline_workspace(c->p);
    size_t needed = 0;
    for (size_t i = 0; i < c->p->task_count; i++) {
        const struct pipeline_type *type = pipeline_type_find(c->checks->types, c->checks->type_count, c->p->tasks[i].type);
        needed += type && type->workspace;
    }
    if (!needed)
        return;
    size_t here = check_enter(c, json_is_object(json_object_get(c->p->definition, "workspace")) || !space ? "workspace" : "ciWorkspace");
    check_keys(c, space, WORKSPACE_KEYS, "workspace");
    bool kube = text_is_any_case(json_text_at(space, "type", ""), "K8S");
    check_workspace_field(c, space, "endpoint", kube ? "'endpoint' names an endpoint of type k8s" : "'endpoint' names an endpoint of type docker");
    check_workspace_field(c, space, "image", "'image' is what its container is made of");
    if (kube)
        check_kube_workspace(c, space, needed);
    size_t inner = check_enter(c, "autoCloneForTrigger");
    if (json_bool_at(space, "autoCloneForTrigger", false))
        WARN(c, "the repository is not cloned by itself: let the first step do it");
    check_leave(c, inner);
    check_tree(c, space);
    check_leave(c, here);
}

static void check_rest(struct checker *c, const char *key)
{
    size_t here = check_enter(c, key);
    check_tree(c, json_object_get(c->p->definition, key));
    check_leave(c, here);
}

/* A mask that no stored value could replace, of an export of another server. */
static void found_mask(void *context, const char *pointer)
{
    struct checker *c = context;
    snprintf(c->pointer, sizeof c->pointer, "%s", pointer);
    UNFIT(c, "a mask stands here for a secret that this server does not have: write ${var.NAME}, and give that variable its value (slipway variable set NAME --type SECRET)");
    c->pointer[0] = 0;
}

static void check_secrets(struct checker *c)
{
    json_decref(literals_unmasked(c->p->definition, NULL, found_mask, c));
    literals_check("pipeline", c->p->definition, c->found);
}

/* Here and not where a pipeline is compiled: what runs already must be read back on a machine without time zones too. */
static void check_windows(struct checker *c)
{
    struct windows *windows = NULL;
    struct err e = { 0 };
    if (!windows_read(json_object_get(c->p->definition, "windows"), "/windows", false, &windows, &e))
        problem_add(c->found, PROBLEM_ERROR, e.field, "%s", e.text);
    windows_destroy(&windows);
}

/* Without a deployment nothing is verified, and nothing can be put back. */
static void check_on_failed(struct checker *c)
{
    bool puts = false;
    for (size_t i = 0; i < c->p->task_count; i++)
        puts = puts || text_is(c->p->tasks[i].type, "K8S");
    if (!c->p->on_failed || puts)
        return;
    size_t here = check_enter(c, "onFailedVerification");
    WARN(c, "no task of the pipeline puts anything on a cluster (type K8S), so nothing is ever verified");
    check_leave(c, here);
}

void pipeline_check(const struct pipeline *pipeline, const struct pipeline_checks *checks, struct problems *found)
{
    struct checker c = { .p = pipeline, .checks = checks, .found = found };
    check_keys(&c, pipeline->definition, PIPELINE_KEYS, "pipeline");
    if (!pipeline->task_count)
        UNFIT(&c, "the pipeline has no task to run");
    for (size_t i = 0; i < pipeline->stage_count; i++) {
        size_t here = check_enter(&c, "stages");
        check_enter(&c, pipeline->stages[i].name);
        check_keys(&c, pipeline->stages[i].spec, STAGE_KEYS, "stage");
        if (!pipeline->stages[i].task_count)
            WARN(&c, "stage '%s' has no task", pipeline->stages[i].name);
        check_leave(&c, here);
    }
    for (size_t i = 0; i < pipeline->task_count; i++)
        check_task(&c, &pipeline->tasks[i]);
    check_rest(&c, "output");
    check_workspace(&c);
    check_on_failed(&c);
    check_windows(&c);
    check_notifications(&c);
    check_rest(&c, "rollbacks");
    check_secrets(&c);
}

const struct pipeline_type *pipeline_type_find(const struct pipeline_type *types, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (text_is(types[i].name, name))
            return &types[i];
    return NULL;
}

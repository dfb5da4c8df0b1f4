#include "runner/bound.h"

#include <string.h>

#include "base/diff.h"
#include "base/mem.h"
#include "base/text.h"
#include "pipeline/scope.h"

#define YAML_MOST (512 << 10) /* bytes of YAML that one question shows */
#define ASKS "UserOperation"

/* ---- references: what only a later task can tell keeps its name */

struct bound_scope {
    struct scope scope;
    struct execution_scope known;
    json_t *unknown; /* {"${...}": true} */
    bool fixed;      /* unknown is what could not be known when it was asked; else it is found out */
};

/* What is another value by the time that the task acts, whatever people do. */
static bool moves(const struct reference *r)
{
    static const char *const NAMES[] = { "duration", "status", "statusMessage", "endTime" };
    for (size_t i = 0; i < ALEN(NAMES); i++)
        if (r->rest_length == strlen(NAMES[i]) && !strncmp(r->rest, NAMES[i], r->rest_length))
            return true;
    return false;
}

static bool unknown_yet(const struct execution *x, const struct reference *r)
{
    switch (r->kind) {
    case REFERENCE_TASK_INPUT:
    case REFERENCE_TASK_OUTPUT:
    case REFERENCE_TASK_STATUS:
    case REFERENCE_TASK_MESSAGE:
        return !run_status_final(x->tasks[r->task].status);
    case REFERENCE_STAGE_STATUS:
    case REFERENCE_STAGE_MESSAGE:
        return r->stage >= execution_stage(x);
    case REFERENCE_OUTPUT:
        return true;
    case REFERENCE_DEFAULT:
        return moves(r);
    case REFERENCE_INPUT:
    case REFERENCE_VARIABLE:
    case REFERENCE_UNKNOWN:
        break;
    }
    return false;
}

static enum scope_answer find(struct scope *scope, const char *reference, size_t n, struct value *ret, struct err *e)
{
    struct bound_scope *b = OWNER(scope, struct bound_scope, scope);
    struct reference r;
    AUTO_FREE char *whole = mem_format("${%.*s}", (int)n, reference);
    reference_parse(reference, n, b->known.execution->pipeline, &r);
    bool unknown = b->fixed ? json_object_get(b->unknown, whole) != NULL : unknown_yet(b->known.execution, &r);
    if (!unknown)
        return b->known.scope.find(&b->known.scope, reference, n, ret, e);
    json_object_set_new(b->unknown, whole, json_true());
    *ret = (struct value){ .json = json_string(whole), .outside = true };
    return SCOPE_FOUND;
}

/* ---- one task, rendered */

static bool endpoints_of(const struct bound_from *from, const struct pipeline_task *task, struct scope *scope, json_t *ret, struct err *e)
{
    const char *role;
    json_t *name;
    json_object_foreach((json_t *)task->endpoints, role, name) {
        AUTO_FREE char *resolved = NULL;
        if (!json_is_string(name) || !*json_string_value(name))
            continue;
        if (!expression_text(json_string_value(name), json_string_length(name), scope, &resolved, NULL, e))
            return err_wrap(e, "endpoint %s", role);
        json_t *endpoint = json_object_get(from->knowledge->endpoints, resolved);
        if (!endpoint)
            return err_set(e, ERR_INVALID, "there is no endpoint '%s' in this project (%s)", resolved, role);
        json_object_set(ret, role, endpoint);
    }
    return true;
}

/* unknown (an object): filled when it is empty and not fixed. *ret NULL: it changes nothing. */
static bool render(const struct bound_from *from, size_t index, json_t *unknown, bool fixed, json_t **ret, struct err *e)
{
    const struct pipeline *p = from->view->pipeline;
    const struct pipeline_task *task = &p->tasks[index];
    struct bound_scope scope = { .scope.find = find, .unknown = unknown, .fixed = fixed };
    AUTO_JSON *endpoints = json_object();
    struct task_job job = *from->job;
    execution_scope_init(&scope.known, from->view, from->facts, index);
    job.type = task_type_find(task->type);
    job.stage = p->stages[task->stage].name;
    job.task = task->name;
    job.input = task->input;
    job.endpoints = endpoints;
    job.scope = &scope.scope;
    job.deadline = 0;
    job.context = NULL;
    return endpoints_of(from, task, &scope.scope, endpoints, e) && job.type->bind(&job, ret, e);
}

/* ---- what is asked about */

static json_t *names_of(const json_t *set)
{
    const char *name;
    json_t *names = json_array(), *value;
    json_object_foreach((json_t *)set, name, value)
        json_array_append_new(names, json_string(name));
    return names;
}

static void not_covered(json_t *list, const char *path, const char *type, const char *why)
{
    json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "task", path, "type", type, "why", why));
}

/* Tasks that change nothing outside the run. */
static bool harmless(const char *type)
{
    static const char *const TYPES[] = { "Condition", "Wait", "POLL", ASKS };
    for (size_t i = 0; i < ALEN(TYPES); i++)
        if (text_is(type, TYPES[i]))
            return true;
    return false;
}

static void cover(const struct bound_from *from, size_t index, json_t *tasks, json_t *others, size_t *bytes)
{
    const struct pipeline *p = from->view->pipeline;
    const char *name = p->tasks[index].type;
    const struct task_type *type = task_type_find(name);
    AUTO_FREE char *path = pipeline_task_path(p, index);
    AUTO_JSON *unknown = json_object(), *row = NULL;
    struct err e = { 0 };
    if (harmless(name))
        return;
    if (!type || !type->bind) {
        not_covered(others, path, name, text_is(name, "Pipeline") ? "what it runs may ask for itself" : "only a run can tell what it does");
        return;
    }
    bool ok = render(from, index, unknown, false, &row, &e);
    if (ok && !row)
        return;
    if (!ok && json_object_size(unknown))
        not_covered(others, path, name, e.text);
    row = row ? row : json_pack("{s:s}", "problem", e.text);
    AUTO_JSON *shown = mask_json(from->mask, row);
    AUTO_JSON *hash = json_incref(json_object_get(row, "hash"));
    json_decref(row);
    row = json_copy(shown);
    if (hash) /* which is no text for people, and must stay whole */
        json_object_set(row, "hash", hash);
    json_object_set_new(row, "task", json_string(path));
    json_object_set_new(row, "slot", json_integer((json_int_t)index + 1));
    json_object_set_new(row, "unknown", names_of(unknown));
    *bytes += strlen(json_text_at(row, "yaml", ""));
    if (*bytes > YAML_MOST) {
        json_object_del(row, "yaml");
        not_covered(others, path, name, "its YAML is too long to be shown here; that it stays the same is checked all the same");
    }
    json_array_append(tasks, row);
}

static bool asks(const struct pipeline *p, const struct pipeline_group *g)
{
    for (size_t i = g->first; i < g->first + g->count; i++)
        if (text_is(p->tasks[i].type, ASKS))
            return true;
    return false;
}

json_t *bound_render(const struct bound_from *from)
{
    const struct pipeline *p = from->view->pipeline;
    json_t *tasks = json_array(), *others = json_array();
    size_t bytes = 0;
    bool more = from->task < p->task_count;
    for (size_t g = more ? p->tasks[from->task].group + 1 : 0; more && g < p->group_count; g++) {
        for (size_t i = p->groups[g].first; i < p->groups[g].first + p->groups[g].count; i++)
            cover(from, i, tasks, others, &bytes);
        more = !asks(p, &p->groups[g]); /* what stands beside the next question does not wait for it */
    }
    return json_pack("{s:o, s:o}", "tasks", tasks, "notCovered", others);
}

/* ---- is it still that? */

static const json_t *row_of(const json_t *approved, size_t task)
{
    const json_t *tasks = json_at(approved, "bound.tasks");
    for (size_t i = 0; i < json_array_size(tasks); i++)
        if (json_int_at(json_array_get(tasks, i), "slot", 0) == (int64_t)task + 1)
            return json_array_get(tasks, i);
    return NULL;
}

static json_t *set_of(const json_t *names)
{
    json_t *set = json_object();
    for (size_t i = 0; i < json_array_size(names); i++)
        json_object_set_new(set, json_string_value(json_array_get(names, i)), json_true());
    return set;
}

/* The first lines that differ, as a sentence has room for. */
static void tell_lines(const char *diff, struct text *out)
{
    int lines = 0;
    for (const char *at = diff; *at && lines < 4;) {
        size_t n = strcspn(at, "\n");
        bool differs = (*at == '-' || *at == '+') && strncmp(at, "---", 3) && strncmp(at, "+++", 3);
        if (differs)
            text_addf(out, "%s%.*s", lines++ ? "; " : "", (int)(n < 120 ? n : 120), at);
        at += n + (at[n] == '\n');
    }
}

static bool same(const struct bound_from *from, const json_t *approved, const json_t *row, char **ret_diff, struct err *e)
{
    AUTO_JSON *unknown = set_of(json_object_get(row, "unknown")), *now = NULL;
    const char *index = json_text_at(approved, "index", ""), *by = json_text_at(approved, "by", ""), *problem = json_text_at(row, "problem", "");
    struct err why = { 0 };
    AUTO_TEXT lines = { 0 };
    if (*problem && json_object_size(unknown)) /* whoever approved was told that this is not covered */
        return true;
    if (*problem)
        return err_set(e, ERR_CONFLICT, "nothing was changed: when %s was approved, what this task would do could not be told (%s); run it again, and it asks anew", index, problem);
    if (!render(from, from->task, unknown, true, &now, &why))
        return err_set(e, ERR_CONFLICT, "nothing was changed: what was approved (%s, by %s) cannot be done any more: %s", index, by, why.text);
    if (text_is(json_text_at(now, "hash", ""), json_text_at(row, "hash", "-")))
        return true;
    AUTO_FREE char *yaml = mask_text(from->mask, json_text_at(now, "yaml", ""));
    AUTO_FREE char *diff = json_object_get(row, "yaml") ? diff_unified(json_text_at(row, "yaml", ""), yaml) : mem_text("");
    tell_lines(diff, &lines);
    err_set(e, ERR_CONFLICT, "nothing was changed: this is not what was approved (%s, by %s): %s. Run it again, and it asks anew", index, by,
            lines.length ? text_of(&lines) : "a secret, its cluster or an option is another now");
    *ret_diff = *diff ? TAKE(diff) : NULL;
    return false;
}

bool bound_check(const struct bound_from *from, const json_t *approved, char **ret_diff, struct err *e)
{
    *ret_diff = NULL;
    for (size_t i = 0; i < json_array_size(approved); i++) {
        const json_t *row = row_of(json_array_get(approved, i), from->task);
        if (row && !same(from, json_array_get(approved, i), row, ret_diff, e))
            return false;
    }
    return true;
}

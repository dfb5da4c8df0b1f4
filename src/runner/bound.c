#include "runner/bound.h"

#include <string.h>

#include "base/clock.h"
#include "base/diff.h"
#include "base/mem.h"
#include "base/text.h"
#include "pipeline/scope.h"

#define YAML_MOST (512 << 10) /* bytes of YAML that one question shows; and of differences */
#define REQUEST_TIME (4 * CLOCK_SECOND)
#define CHANGES_TIME (10 * CLOCK_SECOND) /* a question does not wait longer for clusters */
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

struct rendering { /* another task, as if it were at work; not to be copied */
    struct bound_scope scope;
    struct task_job job;
    json_t *endpoints;
};

/* unknown (an object, borrowed): filled unless it is fixed. r->endpoints is the caller's either way. */
static bool set_up(struct rendering *r, const struct bound_from *from, size_t index, json_t *unknown, bool fixed, struct err *e)
{
    const struct pipeline *p = from->view->pipeline;
    const struct pipeline_task *task = &p->tasks[index];
    *r = (struct rendering){ .scope = { .scope.find = find, .unknown = unknown, .fixed = fixed }, .job = *from->job, .endpoints = json_object() };
    execution_scope_init(&r->scope.known, from->view, from->facts, index);
    r->job.type = task_type_find(task->type);
    r->job.stage = p->stages[task->stage].name;
    r->job.task = task->name;
    r->job.input = task->input;
    r->job.endpoints = r->endpoints;
    r->job.scope = &r->scope.scope;
    r->job.deadline = 0;
    r->job.context = NULL;
    return endpoints_by_role(from->knowledge, task->endpoints, &r->scope.scope, r->endpoints, e);
}

/* *ret NULL: it changes nothing. */
static bool render(const struct bound_from *from, size_t index, json_t *unknown, bool fixed, json_t **ret, struct err *e)
{
    struct rendering r;
    bool ok = set_up(&r, from, index, unknown, fixed, e) && r.job.type->bind(&r.job, ret, e);
    json_decref(r.endpoints);
    return ok;
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
    const char *why = json_text_at(row, "notCovered", "");
    if (*why) {
        not_covered(others, path, name, why);
        return;
    }
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

/* ---- what would change on the clusters, for people: by dry runs, as far as those answer in time */

struct bound_changes {
    struct task_preview preview;
    struct rendering rendering;
    struct bound_from from;
    json_t *bound, *unknown;
    size_t at, bytes;
    struct timer step, deadline;
    bool previewing, over;
    void (*done)(void *context, json_t *bound);
    void *context;
};

static void forget(struct bound_changes *c)
{
    json_decref(TAKE(c->rendering.endpoints));
    json_decref(TAKE(c->unknown));
}

static void next(struct timer *t);

static void go_on(struct bound_changes *c)
{
    c->previewing = false;
    c->at++;
    forget(c);
    timer_set(&c->step, c->from.job->services->loop, 0, next);
}

/* Where a line of the new object hides a secret, the old one's of the same beginning had another, which nobody knows any more: "password: hunter2".
 * How much of the line may be seen. */
static size_t seen_of(const char *line, size_t n, const char *diff)
{
    for (const char *at = diff; *at;) {
        size_t length = strcspn(at, "\n");
        const char *mask = *at == '+' ? memmem(at, length, MASK_TEXT, strlen(MASK_TEXT)) : NULL;
        size_t before = mask ? (size_t)(mask - at) : 0;
        if (mask && n >= before && !memcmp(line + 1, at + 1, before - 1))
            return before;
        at += length + (at[length] == '\n');
    }
    return n;
}

static char *hide_old(const char *diff)
{
    AUTO_TEXT out = { 0 };
    for (const char *at = diff; *at;) {
        size_t n = strcspn(at, "\n");
        size_t seen = *at == '-' ? seen_of(at, n, diff) : n;
        text_add_n(&out, at, seen);
        text_add(&out, seen < n ? MASK_TEXT : "");
        text_add(&out, at[n] ? "\n" : "");
        at += n + (at[n] == '\n');
    }
    return text_take(&out);
}

/* [{"object", "would", "diff"}], as people may see it. */
static json_t *changes_shown(const struct mask *mask, const json_t *objects)
{
    json_t *shown = json_array(), *one;
    size_t i;
    json_array_foreach((json_t *)objects, i, one) {
        AUTO_JSON *masked = mask_json(mask, one);
        json_t *copy = json_copy(masked);
        AUTO_FREE char *diff = hide_old(json_text_at(copy, "diff", ""));
        json_set_text(copy, "diff", diff);
        json_array_append_new(shown, copy);
    }
    return shown;
}

static void previewed(struct task_preview *p)
{
    struct bound_changes *c = OWNER(p, struct bound_changes, preview);
    json_t *row = json_array_get(json_object_get(c->bound, "tasks"), c->at);
    AUTO_JSON *shown = changes_shown(c->from.mask, json_object_get(p->answer, "objects"));
    AUTO_FREE char *text = json_write(shown);
    c->bytes += strlen(text);
    if (json_array_size(shown) && c->bytes <= YAML_MOST)
        json_object_set(row, "changes", shown);
    go_on(c);
}

/* What only an administrator may use is not used for a look. */
static bool may_look(const struct bound_changes *c, const json_t *row, size_t task)
{
    AUTO_FREE char *restricted = c->from.facts->restricted(c->from.facts, c->from.view, task);
    return !restricted && !c->over && json_text_at(row, "hash", NULL) && !json_array_size(json_object_get(row, "unknown"));
}

static void next(struct timer *t)
{
    struct bound_changes *c = OWNER(t, struct bound_changes, step);
    const json_t *tasks = json_object_get(c->bound, "tasks"), *row = json_array_get(tasks, c->at);
    size_t task = (size_t)json_int_at(row, "slot", 1) - 1;
    struct err e = { 0 };
    if (c->at >= json_array_size(tasks)) {
        timer_clear(&c->deadline);
        c->done(c->context, c->bound);
        free(c);
        return;
    }
    c->unknown = json_object();
    c->preview = (struct task_preview){ .job = &c->rendering.job, .diff = true, .timeout_micros = REQUEST_TIME, .done = previewed };
    if (may_look(c, row, task) && set_up(&c->rendering, &c->from, task, c->unknown, true, &e) && c->rendering.job.type->preview)
        c->previewing = c->rendering.job.type->preview(&c->preview, &e);
    if (!c->previewing)
        go_on(c);
}

void bound_changes_stop(struct bound_changes *c)
{
    c->over = true;
    if (c->previewing)
        c->rendering.job.type->preview_cancel(&c->preview);
}

static void too_long(struct timer *t)
{
    bound_changes_stop(OWNER(t, struct bound_changes, deadline));
}

struct bound_changes *bound_changes_start(const struct bound_from *from, json_t *bound, void (*done)(void *context, json_t *bound), void *context)
{
    struct bound_changes *c = NEW(struct bound_changes);
    *c = (struct bound_changes){ .from = *from, .bound = bound, .done = done, .context = context };
    timer_set(&c->step, from->job->services->loop, 0, next);
    timer_set(&c->deadline, from->job->services->loop, CHANGES_TIME, too_long);
    return c;
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

/* One task at work: what it refers to is read, its type starts, and what it says goes back into the execution. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "event/image_ref.h"
#include "pipeline/scope.h"
#include "runner/inside.h"
#include "runner/task_log.h"
#include "secrets/mask.h"
#include "store/ancestry.h"
#include "store/inbox.h"

#define PROGRESS_EVERY (250 * CLOCK_MS) /* at most so often is progress stored */

struct effect {
    struct task_job job;
    struct link link;
    struct live *live;
    struct runner *runner;
    size_t task;
    bool started, canceled, draining;
    bool again;  /* it began before a crash */
    bool stops;  /* it is started only to be canceled: what it left goes on */
    int64_t logged; /* bytes of its log that were stored when it began here, of one that began before */
    struct knowledge knowledge;
    json_t *endpoints; /* by role */
    struct live_facts facts;
    struct execution_scope scope;
    struct execution *view; /* the execution as it was when the task began: what its references see */
    struct task_push push;
    struct push pushed;
    struct mask *mask;
    struct task_log *log;
    char progress[512];
    json_t *detail;    /* not stored yet */
    struct timer progress_timer;
    void (*then)(struct task_job *job);
    void (*abandon)(struct task_job *job);
};

static struct effect *of(struct task_job *job)
{
    return OWNER(job, struct effect, job);
}

static struct effect *effect_find(struct live *live, size_t task)
{
    LIST_EACH(live_effects(live), l) {
        struct effect *f = OWNER(l, struct effect, link);
        if (f->task == task)
            return f;
    }
    return NULL;
}

static void effect_free(struct effect *f)
{
    struct live *live = f->live;
    struct runner *r = f->runner;
    timer_clear(&f->progress_timer);
    json_decref(f->detail);
    task_log_destroy(&f->log);
    mask_destroy(&f->mask);
    execution_destroy(&f->view);
    knowledge_fini(&f->knowledge);
    push_fini(&f->pushed);
    json_decref(f->endpoints);
    list_remove(&f->link);
    if (f->started)
        r->stats.tasks_running--;
    free(f);
    live_effect_ended(live);
    runner_ended(r);
}

/* ---- what a type calls */

static char *masked(const struct effect *f, const char *text)
{
    return f->mask ? mask_text(f->mask, text) : mem_text(text);
}

static json_t *masked_tree(const struct effect *f, const json_t *tree)
{
    return f->mask && tree ? mask_json(f->mask, tree) : json_incref((json_t *)tree);
}

static void progress_store(struct timer *t);

struct ending { /* outlives its effect */
    void (*stored)(void *context, bool yes);
    void *context;
};

static void end_stored(void *context, const struct err *e)
{
    struct ending *ending = context;
    ending->stored(ending->context, !e);
    free(ending);
}

static void *ending_create(const struct task_outcome *outcome)
{
    struct ending *ending = NEW(struct ending);
    *ending = (struct ending){ .stored = outcome->stored, .context = outcome->context };
    return ending;
}

void task_done(struct task_job *job, const struct task_outcome *outcome)
{
    struct effect *f = of(job);
    if (f->log)
        task_log_flush(f->log);
    if (f->detail)
        progress_store(&f->progress_timer);
    if (!f->draining) {
        AUTO_FREE char *message = masked(f, outcome->message ? outcome->message : "");
        AUTO_JSON *output = masked_tree(f, outcome->output), *places = masked_tree(f, outcome->places);
        struct run_event event = { .kind = ENGINE_TASK_DONE, .task = f->task, .attempt = f->job.attempt, .result = outcome->result,
                                   .warning = outcome->warning, .delay = outcome->retry_micros, .text = message, .json = output };
        live_result(f->live, &event, places, outcome->stored ? end_stored : NULL, outcome->stored ? ending_create(outcome) : NULL);
    } else if (outcome->stored) {
        outcome->stored(outcome->context, false);
    }
    effect_free(f);
}

static void fail(struct effect *f, const struct err *e)
{
    struct task_outcome outcome = { .result = err_retry(e->kind) ? TASK_RETRY : TASK_FAILED, .message = e->text };
    task_done(&f->job, &outcome);
}

struct resolving { /* outlives its effect, which may end while the step is stored */
    struct live *live;
    size_t task;
    int attempt;
};

static void resolved_stored(void *context, const struct err *e)
{
    struct resolving *w = context;
    struct effect *f = effect_find(w->live, w->task);
    bool same = f && f->job.attempt == w->attempt && f->then;
    free(w);
    if (!same)
        return;
    void (*then)(struct task_job *) = f->then, (*abandon)(struct task_job *) = f->abandon;
    f->then = f->abandon = NULL;
    if (!e && !f->canceled) {
        then(&f->job);
        return;
    }
    struct task_outcome outcome = { .result = TASK_CANCELED, .message = e ? e->text : "canceled before it began; nothing was changed" };
    abandon(&f->job);
    task_done(&f->job, &outcome);
}

void task_resolved(struct task_job *job, json_t *shown, json_t *resolved, void (*then)(struct task_job *job),
                   void (*abandon)(struct task_job *job))
{
    struct effect *f = of(job);
    struct resolving *w = NEW(struct resolving);
    *w = (struct resolving){ .live = f->live, .task = f->task, .attempt = f->job.attempt };
    f->then = then;
    f->abandon = abandon;
    AUTO_JSON *input = masked_tree(f, shown);
    struct run_event event = { .kind = ENGINE_TASK_RESOLVED, .task = f->task, .attempt = f->job.attempt, .json = input,
                               .resolved = resolved };
    live_feed(f->live, &event, resolved_stored, w);
}

static void progress_store(struct timer *t)
{
    struct effect *f = OWNER(t, struct effect, progress_timer);
    AUTO_FREE char *text = masked(f, f->progress);
    AUTO_JSON *unmasked = TAKE(f->detail), *detail = masked_tree(f, unmasked);
    struct run_event event = { .kind = ENGINE_TASK_PROGRESS, .task = f->task, .attempt = f->job.attempt, .text = text, .json = detail };
    if (!f->draining)
        live_feed(f->live, &event, NULL, NULL);
}

static void progress_soon(struct effect *f)
{
    if (!timer_is_set(&f->progress_timer))
        timer_set(&f->progress_timer, f->runner->config.loop, PROGRESS_EVERY, progress_store);
}

void task_progress(struct task_job *job, const char *format, ...)
{
    struct effect *f = of(job);
    va_list args;
    va_start(args, format);
    vsnprintf(f->progress, sizeof f->progress, format, args);
    va_end(args);
    progress_soon(f);
}

void task_detail(struct task_job *job, json_t *detail)
{
    struct effect *f = of(job);
    json_decref(f->detail);
    f->detail = detail;
    progress_soon(f);
}

void task_log(struct task_job *job, const char *bytes, size_t size)
{
    struct effect *f = of(job);
    struct live_view view = live_view(f->live);
    if (!f->log)
        f->log = task_log_create(f->runner->config.loop, f->runner->config.db, view.row->project_id, view.row->id, f->task, f->mask);
    task_log_add(f->log, bytes, size);
}

void task_log_again(struct task_job *job)
{
    struct effect *f = of(job);
    task_log(job, "", 0);
    task_log_skip(f->log, f->logged);
}

struct pushed_job { /* outlives its effect */
    struct db_job job;
    struct runner *runner;
    int64_t project_id, execution_id;
    struct image_ref ref;
};

static bool pushed_work(struct db_job *db_job, struct db_tx *tx, struct err *e)
{
    struct pushed_job *job = OWNER(db_job, struct pushed_job, job);
    struct run_push push = { .project_id = job->project_id, .execution_id = job->execution_id, .registry = job->ref.host,
                             .repository = job->ref.repository, .tag = job->ref.tag, .digest = job->ref.digest, .created_at = clock_now() };
    bool fresh;
    int64_t marked;
    return run_push_add(tx, &push, &fresh, &marked, e);
}

static void pushed_done(struct db_job *db_job, const struct err *e)
{
    struct pushed_job *job = OWNER(db_job, struct pushed_job, job);
    struct runner *r = job->runner;
    if (e)
        log_warn("runner", "that a run pushed %s:%s could not be stored: %s", job->ref.repository, job->ref.tag, e->text);
    image_ref_fini(&job->ref);
    free(job);
    runner_ended(r);
}

void task_pushed(struct task_job *run, const char *image)
{
    struct live_view v = live_view(of(run)->live);
    struct pushed_job *job = NEW(struct pushed_job);
    struct err e = { 0 };
    *job = (struct pushed_job){ .job = { .work = pushed_work, .done = pushed_done }, .runner = v.runner, .project_id = v.row->project_id,
                                .execution_id = v.row->id };
    if (!image_ref_parse(image, &job->ref, &e) || !*job->ref.tag) {
        log_warn("runner", "a task says that it pushed '%.200s', which names no tag of an image", image);
        image_ref_fini(&job->ref);
        free(job);
        return;
    }
    runner_began(v.runner);
    db_write(v.runner->config.db, &job->job);
}

/* ---- the beginning */

struct load_job {
    struct db_job job;
    struct effect *effect; /* stays in its execution's list, and so keeps it alive, until done ran */
    json_t *names; /* of endpoints */
    int64_t push_id, project_id, execution_id;
};

static bool load_work(struct db_job *db_job, struct db_tx *tx, struct err *e)
{
    struct load_job *job = OWNER(db_job, struct load_job, job);
    struct effect *f = job->effect;
    if (!knowledge_read(tx, f->runner->config.seal, job->project_id, job->names, &f->knowledge, e))
        return false;
    struct err gone = { 0 };
    if (f->again && !log_size(tx, job->execution_id, (int64_t)f->task, &f->logged, e))
        return false;
    return !job->push_id || push_get(tx, job->push_id, &f->pushed, &gone) || gone.kind == ERR_NOT_FOUND || (*e = gone, false);
}

/* {role: endpoint}, of the endpoints that the task names and the project has. */
static bool endpoints_by_role(struct effect *f, const json_t *roles, struct err *e)
{
    const char *role;
    json_t *name;
    f->endpoints = json_object();
    json_object_foreach((json_t *)roles, role, name) {
        if (!json_is_string(name) || !*json_string_value(name))
            continue;
        AUTO_FREE char *resolved = NULL;
        if (!expression_text(json_string_value(name), json_string_length(name), &f->scope.scope, &resolved, NULL, e))
            return err_wrap(e, "endpoint %s", role);
        json_t *endpoint = json_object_get(f->knowledge.endpoints, resolved);
        if (!endpoint)
            return err_set(e, ERR_INVALID, "there is no endpoint '%s' in this project (%s); create it, or name another in the task",
                           resolved, role);
        json_object_set(f->endpoints, role, endpoint);
    }
    return true;
}

static void push_facts(struct effect *f, const struct run_row *row)
{
    const struct push *p = &f->pushed;
    if (!p->id)
        return;
    f->push = (struct task_push){ .webhook = row->webhook_uuid, .sequence = p->id, .registry = p->registry, .repository = p->repository,
                                  .tag = p->tag, .digest = p->digest, .asked = row->attempt > 1 };
    f->job.push = &f->push;
}

static void job_fill(struct effect *f)
{
    struct live_view v = live_view(f->live);
    const struct pipeline_task *task = &v.now->pipeline->tasks[f->task];
    const struct task_run *run = &v.now->tasks[f->task];
    f->view = execution_dup(v.now);
    live_facts(f->live, &f->knowledge, &f->facts);
    execution_scope_init(&f->scope, f->view, &f->facts.facts, f->task);
    f->job.services = &f->runner->services;
    f->job.project = v.row->project;
    f->job.pipeline = v.row->name;
    f->job.stage = v.now->pipeline->stages[task->stage].name;
    f->job.task = task->name;
    f->job.execution = v.row->uuid;
    f->job.execution_index = v.row->index;
    f->job.deadline = run->timeout_at;
    f->job.input = task->input;
    f->job.on_crash = json_text_at(task->spec, "onCrash", "");
    f->job.scope = &f->scope.scope;
    f->job.resolved = f->view->tasks[f->task].resolved;
    f->job.type = task_type_find(task->type);
}

static void work(struct effect *f)
{
    struct live_view v = live_view(f->live);
    const struct pipeline_task *task = &v.now->pipeline->tasks[f->task];
    struct err e = { 0 };
    job_fill(f);
    push_facts(f, v.row);
    f->mask = mask_create_json(f->knowledge.secrets);
    if (!f->job.type) {
        err_set(&e, ERR_INVALID, "task type '%s' does not exist here", task->type);
        fail(f, &e);
        return;
    }
    if (!endpoints_by_role(f, task->endpoints, &e)) {
        fail(f, &e);
        return;
    }
    f->job.endpoints = f->endpoints;
    f->started = true;
    f->runner->stats.tasks_running++;
    if (!f->job.type->start(&f->job, &e)) {
        fail(f, &e);
    } else if (f->stops) {
        f->canceled = true;
        if (!f->then)
            f->job.type->cancel(&f->job);
    }
}

static void load_done(struct db_job *db_job, const struct err *e)
{
    struct load_job *job = OWNER(db_job, struct load_job, job);
    struct effect *f = job->effect;
    json_decref(job->names);
    free(job);
    struct task_outcome canceled = { .result = TASK_CANCELED, .message = "canceled before it began; nothing was changed" };
    if (f->canceled || f->draining) {
        task_done(&f->job, &canceled);
    } else if (e) {
        struct err copy = *e;
        fail(f, &copy);
    } else {
        work(f);
    }
}

/* Endpoint names with references in them are resolved against what is known when the execution was read; literal ones as they are. */
static json_t *endpoint_names(struct live *live, size_t task)
{
    const json_t *roles = live_view(live).now->pipeline->tasks[task].endpoints;
    json_t *names = json_array(), *name;
    const char *role;
    bool all = false;
    json_object_foreach((json_t *)roles, role, name) {
        all |= json_is_string(name) && strstr(json_string_value(name), "${");
        json_array_append(names, name);
    }
    if (all) /* one of them is computed: read all of the project */
        json_array_append_new(names, json_string("*"));
    return names;
}

static void start(struct live *live, size_t task, int attempt, bool stops)
{
    struct live_view v = live_view(live);
    struct effect *f = NEW(struct effect);
    f->live = live;
    f->runner = v.runner;
    f->draining = v.runner->draining; /* its step was being stored when the drain began: the next start begins it */
    f->task = task;
    f->job.attempt = attempt;
    f->stops = stops;
    f->again = v.now->tasks[task].resolved != NULL;
    list_append(live_effects(live), &f->link);
    runner_began(v.runner);
    struct load_job *job = NEW(struct load_job);
    *job = (struct load_job){ .job = { .work = load_work, .done = load_done }, .effect = f,
                              .names = endpoint_names(live, task), .push_id = v.row->push_id, .project_id = v.row->project_id,
                              .execution_id = v.row->id };
    db_read(v.runner->config.db, &job->job);
}

void effect_start(struct live *live, size_t task, int attempt)
{
    start(live, task, attempt, false);
}

/* ---- the end from outside */

void effect_cancel(struct live *live, size_t task)
{
    struct effect *f = effect_find(live, task);
    const struct execution *now = live_view(live).now;
    const struct task_type *type = task_type_find(now->pipeline->tasks[task].type);
    if (!f && type && type->leave && now->tasks[task].resolved) { /* a crash came between: what it left elsewhere goes on */
        start(live, task, now->tasks[task].attempt, true);
        return;
    }
    if (!f) {
        struct run_event event = { .kind = ENGINE_TASK_DONE, .task = task, .result = TASK_CANCELED,
                                   .text = "canceled while it was not running" };
        live_feed(live, &event, NULL, NULL);
        return;
    }
    if (f->canceled)
        return;
    f->canceled = true;
    if (f->started && !f->then) /* else the end of the read, or of the store, sees it */
        f->job.type->cancel(&f->job);
}

void effects_drain(struct live *live)
{
    LIST_EACH(live_effects(live), l) {
        struct effect *f = OWNER(l, struct effect, link);
        f->draining = true;
        if (f->canceled || !f->started)
            continue;
        f->canceled = true;
        if (f->then) { /* its step will not be stored any more */
            f->then = NULL;
            f->abandon(&f->job);
            task_done(&f->job, &(struct task_outcome){ .result = TASK_CANCELED });
        } else if (f->job.type->leave) {
            f->job.type->leave(&f->job);
        } else {
            f->job.type->cancel(&f->job);
        }
    }
}

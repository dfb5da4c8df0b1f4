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
#include "runner/asks.h"
#include "runner/bound.h"
#include "runner/inside.h"
#include "runner/keeping.h"
#include "runner/task_log.h"
#include "runner/windows.h"
#include "runner/workspaces.h"
#include "secrets/mask.h"
#include "store/ancestry.h"
#include "store/inbox.h"
#include "store/user_operations.h"
#include "tasks/workspace.h"

#define PROGRESS_EVERY (250 * CLOCK_MS) /* at most so often is progress stored */

struct effect {
    struct task_job job;
    struct link link;
    struct live *live;
    struct runner *runner;
    size_t task;
    bool started, canceled, draining;
    bool stops;  /* it is started only to be canceled: what it left goes on */
    struct knowledge knowledge;
    json_t *endpoints; /* by role */
    json_t *approved;  /* what people said yes to, in this run; of tasks that can be bound to it */
    json_t *integration;
    json_t *restore;   /* of a restore: what to put back */
    json_t *puts;      /* what it is about to put on a cluster; NULL: it does not say */
    struct live_facts facts;
    struct execution_scope scope;
    struct execution *view; /* the execution as it was when the task began: what its references see */
    struct task_push push;
    struct push pushed;
    struct mask *mask;
    struct task_log *log;
    int64_t log_size;  /* that an earlier start stored */
    char progress[512];
    json_t *detail;    /* not stored yet */
    enum run_waits waits; /* as it was told last */
    struct timer progress_timer;
    void (*then)(struct task_job *job);
    void (*abandon)(struct task_job *job);
    struct window_hold hold; /* before a deployment begins */
    struct part *part; /* another pipeline that runs for it; NULL: none */
    struct ask *ask;   /* people are asked for it; NULL: nobody is */
    struct bound_changes *changes; /* what a yes would change is looked at, before they are; NULL: it is not */
    struct user_op *asks;          /* then: what they will be asked */
    bool replaces, mails;          /* as struct task_ask has them */
    void (*ask_ended)(struct task_job *job, const struct task_answer *answer, const struct err *e);
    void (*part_ended)(struct task_job *job, const struct task_part *part, const struct err *e);
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
    json_decref(f->integration);
    json_decref(f->approved);
    json_decref(f->restore);
    json_decref(f->puts);
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
                                   .warning = outcome->warning, .unsure = outcome->unsure, .untouched = outcome->untouched, .delay = outcome->retry_micros, .text = message, .json = output };
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
    live_resolved(f->live, &event, f->puts, resolved_stored, w);
    json_decref(TAKE(f->puts));
}

void task_puts(struct task_job *job, json_t *puts)
{
    struct effect *f = of(job);
    json_decref(f->puts);
    f->puts = puts;
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

void task_waits(struct task_job *job, enum run_waits waits)
{
    struct effect *f = of(job);
    struct run_event event = { .kind = ENGINE_TASK_WAITS, .task = f->task, .attempt = f->job.attempt, .waits = waits };
    if (f->waits == waits || f->draining)
        return;
    f->waits = waits;
    live_feed(f->live, &event, NULL, NULL);
}

/* A restore goes on with the log of its task. */
static size_t log_place(const struct execution *x, size_t task)
{
    const struct pipeline_task *t = &x->pipeline->tasks[task];
    return t->restores ? t->undoes : task;
}

static void log_add(struct effect *f, const char *bytes, size_t size, bool stream)
{
    struct live_view view = live_view(f->live);
    struct task_log_of log_of = { .project_id = view.row->project_id, .execution_id = view.row->id, .attempt = f->job.attempt, .task = log_place(view.now, f->task), .size = f->log_size,
                                  .position = f->job.log_position, .most = f->runner->services.log_most, .stored = f->runner->config.logged,
                                  .context = f->runner->config.context };
    if (!f->log)
        f->log = task_log_create(f->runner->config.loop, f->runner->config.db, &log_of, f->mask);
    task_log_add(f->log, bytes, size, stream);
}

void task_log(struct task_job *job, const char *bytes, size_t size)
{
    log_add(of(job), bytes, size, false);
}

void task_log_stream(struct task_job *job, const char *bytes, size_t size)
{
    log_add(of(job), bytes, size, true);
}

void task_keep(struct task_job *job, struct task_keep *keep)
{
    struct effect *f = of(job);
    artifact_keep(f->live, f->task, keep);
}

struct pushed_job { /* its effect does not end before it is done */
    struct db_job job;
    struct effect *effect;
    void (*then)(struct task_job *job, const char *newest);
    struct run_push push;
    struct image_ref ref;
    char newest[300];
};

static bool pushed_work(struct db_job *db_job, struct db_tx *tx, struct err *e)
{
    struct pushed_job *job = OWNER(db_job, struct pushed_job, job);
    const struct task_push *by = job->effect->job.push;
    bool fresh;
    int64_t marked;
    if (!job->push.registry)
        return true;
    *job->newest = '\0';
    if (by && !by->asked && !run_push_newer(tx, &job->push, job->newest, e))
        return false;
    return *job->newest || run_push_add(tx, &job->push, &fresh, &marked, e);
}

static void pushed_done(struct db_job *db_job, const struct err *e)
{
    struct pushed_job *job = OWNER(db_job, struct pushed_job, job);
    struct runner *r = job->effect->runner;
    if (e)
        log_warn("runner", "that a run pushed %s:%s could not be stored: %s", job->ref.repository, job->ref.tag, e->text);
    job->then(&job->effect->job, job->newest);
    image_ref_fini(&job->ref);
    free(job);
    runner_ended(r);
}

void task_pushed(struct task_job *run, const char *image, void (*then)(struct task_job *run, const char *newest))
{
    struct live_view v = live_view(of(run)->live);
    struct pushed_job *job = NEW(struct pushed_job);
    struct err e = { 0 };
    *job = (struct pushed_job){ .job = { .work = pushed_work, .done = pushed_done }, .effect = of(run), .then = then };
    if (!image_ref_parse(image, &job->ref, &e) || !*job->ref.tag)
        log_warn("runner", "a task says that it pushed '%.200s', which names no tag of an image", image);
    else
        job->push = (struct run_push){ .project_id = v.row->project_id, .execution_id = v.row->id, .registry = job->ref.host, .repository = job->ref.repository, .tag = job->ref.tag,
                                       .digest = job->ref.digest, .created_at = clock_now() };
    runner_began(v.runner);
    db_write(v.runner->config.db, &job->job);
}

/* ---- another pipeline as a part of this run */

/* The inputs of a part, each resolved by itself: which of them are secret, and which came from outside, goes with them. */
static bool part_inputs(struct effect *f, const json_t *inputs, struct part_wish *wish, struct err *e)
{
    json_t *input = json_object(), *outside = json_array(), *secrets = json_object(), *text;
    const char *name;
    size_t size = 0;
    bool ok = true;
    wish->input = input;
    wish->outside = outside;
    wish->secrets = secrets;
    json_object_foreach((json_t *)inputs, name, text) {
        AUTO_RESOLUTION more = { .size = size };
        AUTO_JSON *value = NULL;
        if (!(ok = expression_resolve_tree(text, NULL, f->job.scope, &value, &more, e)))
            return err_wrap(e, "inputProperties.%s", name);
        size = more.size;
        bool secret = json_array_size(more.secrets) > 0;
        if (secret)
            json_object_set(secrets, name, value);
        if (more.outside)
            json_array_append_new(outside, json_string(name));
        json_object_set_new(input, name, secret ? json_string(MASK_TEXT) : json_incref(value));
    }
    return ok;
}

static void part_wish_fini(struct part_wish *wish)
{
    json_decref((json_t *)wish->input);
    json_decref((json_t *)wish->outside);
    json_decref((json_t *)wish->secrets);
}

static void part_begun(void *context, const char *name, const struct run_made *made)
{
    struct effect *f = context;
    AUTO_FREE char *link = mem_format("/codestream/api/executions/%s", made->uuid);
    task_progress(&f->job, "runs %s #%lld", name, (long long)made->index);
    task_detail(&f->job, json_pack("{s:s, s:s, s:I}", "kind", "part", "execution", link, "index", (json_int_t)made->index));
}

static void part_waits(void *context, enum run_waits waits)
{
    struct effect *f = context;
    task_waits(&f->job, waits);
}

static void part_done(void *context, const struct part_end *end)
{
    struct effect *f = context;
    const struct run_row *row = end->row;
    AUTO_JSON *output = NULL;
    f->part = NULL;
    if (!row) {
        f->part_ended(&f->job, NULL, end->e);
        return;
    }
    if (!json_read(row->output, strlen(row->output), &output, NULL))
        output = json_object();
    struct task_part part = { .pipeline = row->name, .execution = row->uuid, .index = row->index, .status = row->status, .message = row->status_message,
                              .input = row->input, .output = output };
    f->part_ended(&f->job, &part, NULL);
}

bool task_part_start(struct task_job *job, const char *pipeline, const json_t *inputs,
                     void (*ended)(struct task_job *job, const struct task_part *part, const struct err *e), struct err *e)
{
    struct effect *f = of(job);
    struct live_view v = live_view(f->live);
    AUTO_FREE char *comments = mem_format("%s by %s#%lld", f->task >= v.now->pipeline->task_count ? "Rollback" : "Executed", v.row->name, (long long)v.row->index);
    struct part_wish wish = { .of = { .id = v.row->id, .slot = (int64_t)f->task + 1, .attempt = job->attempt, .rollback = f->task >= v.now->pipeline->task_count }, .project_id = v.row->project_id,
                              .user_id = v.row->user_id, .token_id = v.row->token_id, .pipeline = pipeline, .comments = comments,
                              .executed_by = v.row->executed_by, .triggered_by = v.row->triggered_by, .source = v.row->source };
    bool ok = part_inputs(f, inputs, &wish, e);
    f->part_ended = ended;
    if (ok)
        f->part = part_start(f->runner, &wish, part_begun, part_waits, part_done, f);
    part_wish_fini(&wish);
    return ok;
}

void task_part_cancel(struct task_job *job)
{
    struct effect *f = of(job);
    struct live_view v = live_view(f->live);
    static const struct err GONE = { .kind = ERR_CANCELED, .text = "canceled" };
    if (f->draining) { /* the part goes on, and is found again by the next start */
        part_drop(TAKE(f->part));
        f->part_ended(job, NULL, &GONE);
        return;
    }
    AUTO_FREE char *reason = mem_format("%s#%lld was stopped", v.row->name, (long long)v.row->index);
    part_cancel(f->part, json_text_at(v.now->canceled, "by", "the time limit"), reason);
}

/* ---- a question to people */

static void ask_begun(void *context, const struct user_op *op)
{
    struct effect *f = context;
    char until[CLOCK_TEXT];
    AUTO_FREE char *link = mem_format("/codestream/api/user-operations/%s", op->uuid);
    clock_rfc3339(op->expires_at, until);
    task_progress(&f->job, "waits for an answer (%s) until %s", op->index, until);
    task_detail(&f->job, json_pack("{s:s, s:s, s:s, s:s}", "kind", "approval", "userOperation", link, "index", op->index, "expires", until));
    timer_clear(&f->progress_timer);
    progress_store(&f->progress_timer); /* those who are told of the question are told where it is */
    task_waits(&f->job, RUN_WAITS_PERSON);
}

static void ask_done(void *context, const struct user_op *op, const struct err *e)
{
    struct effect *f = context;
    struct task_answer answer;
    f->ask = NULL;
    if (op)
        answer = (struct task_answer){ .status = op->status, .index = op->index, .by = op->responded_by, .email = op->email, .roles = op->roles,
                                       .comments = op->response, .at = op->responded_at };
    f->ask_ended(&f->job, op ? &answer : NULL, e);
}

static struct bound_from bound_from(const struct effect *f)
{
    return (struct bound_from){ .job = &f->job, .view = f->view, .facts = &f->facts.facts, .knowledge = &f->knowledge, .mask = f->mask, .task = f->task };
}

/* What it asked then is stored. */
static bool asked_before(const struct effect *f)
{
    return text_is(json_text_at(f->view->tasks[f->task].detail, "kind", ""), "approval");
}

/* What is approved: the image that was pushed, where one was, and what the tasks behind the question will do. */
static json_t *bound_to(const struct effect *f)
{
    struct bound_from from = bound_from(f);
    json_t *bound = asked_before(f) ? json_object() : bound_render(&from);
    const struct push *p = &f->pushed;
    AUTO_FREE char *image = mem_format("%s/%s:%s", p->registry ? p->registry : "", p->repository ? p->repository : "", p->tag ? p->tag : "");
    if (p->id) {
        json_set_text(bound, "image", image);
        json_set_text(bound, "digest", p->digest ? p->digest : "");
    }
    return bound;
}

static const struct err GONE = { .kind = ERR_CANCELED, .text = "canceled" };

static void ask_people(void *context, json_t *bound)
{
    struct effect *f = context;
    AUTO_FREE struct user_op *op = TAKE(f->asks);
    f->changes = NULL;
    op->bound = bound;
    if (!f->canceled && !f->draining) {
        const char *mail = json_text_at(json_object_get(f->endpoints, "emailServer"), "name", "");
        f->ask = ask_start(f->runner, op, f->replaces, f->mails ? mail : NULL, ask_begun, ask_done, f);
        return;
    }
    user_op_fini(op);
    f->ask_ended(&f->job, NULL, &GONE);
}

void task_ask_start(struct task_job *job, const struct task_ask *ask,
                    void (*ended)(struct task_job *job, const struct task_answer *answer, const struct err *e))
{
    struct effect *f = of(job);
    struct live_view v = live_view(f->live);
    struct user_op op = { .project_id = v.row->project_id, .execution_id = v.row->id, .slot = (int64_t)f->task + 1, .attempt = job->attempt,
                          .pipeline_id = v.row->pipeline_id, .name = mem_text(v.row->name), .task = pipeline_task_path(v.now->pipeline, f->task),
                          .summary = masked(f, ask->summary), .description = masked(f, ask->description), .requested_by = mem_text(v.row->executed_by),
                          .approvers = json_incref((json_t *)ask->approvers), .groups = json_incref((json_t *)ask->groups), .bound = bound_to(f),
                          .expires_at = ask->expires_at, .execution_index = v.row->index };
    f->ask_ended = ended;
    f->replaces = ask->replaces;
    f->mails = ask->email;
    f->asks = mem_copy(&op, sizeof op);
    struct bound_from from = bound_from(f);
    if (asked_before(f))
        ask_people(f, TAKE(f->asks->bound));
    else
        f->changes = bound_changes_start(&from, TAKE(f->asks->bound), ask_people, f);
}

void task_ask_cancel(struct task_job *job)
{
    struct effect *f = of(job);
    if (f->changes) {
        bound_changes_stop(f->changes);
        return;
    }
    if (!f->draining) {
        ask_cancel(f->ask, "the execution was stopped");
        return;
    }
    ask_drop(TAKE(f->ask)); /* it stays asked, and the next start waits for it */
    f->ask_ended(job, NULL, &GONE);
}

/* ---- the beginning */

struct load_job {
    struct db_job job;
    struct effect *effect; /* stays in its execution's list, and so keeps it alive, until done ran */
    json_t *names; /* of endpoints */
    int64_t push_id, project_id, execution_id, log_size, log_position;
    bool again; /* it was started before: there may be a log of it */
    size_t log_place;
    size_t restores; /* what this task put on a cluster is to be undone; RUN_NO_TASK: it is no restore */
    bool bound; /* what people approved may be about it */
    const struct run_row *asks; /* it asks people: what is restricted is read too */
};

static bool load_work(struct db_job *db_job, struct db_tx *tx, struct err *e)
{
    struct load_job *job = OWNER(db_job, struct load_job, job);
    struct effect *f = job->effect;
    if (!knowledge_read(tx, f->runner->config.seal, job->project_id, job->names, &f->knowledge, e))
        return false;
    struct err gone = { 0 };
    if (job->asks && !restricted_read(tx, job->asks, &f->knowledge, e))
        return false;
    if (job->bound && !user_ops_approved(tx, job->execution_id, &f->approved, e))
        return false;
    if (job->again && !log_end(tx, job->execution_id, (int64_t)job->log_place, f->job.attempt, &job->log_size, &job->log_position, e))
        return false;
    if (job->restores != RUN_NO_TASK && !keeping_open(f->runner->config.seal, tx, job->execution_id, job->restores, &f->restore, e))
        return false;
    return !job->push_id || push_get(tx, job->push_id, &f->pushed, &gone) || gone.kind == ERR_NOT_FOUND || (*e = gone, false);
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
    f->job.workspace = pipeline_workspace(v.now->pipeline);
    f->job.keeps = (v.now->pipeline->on_failed & PIPELINE_RESTORES) && !task->restores;
    f->job.restore = f->restore;
}

static void start_type(struct effect *f)
{
    struct err e = { 0 };
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

static const struct task_outcome CANCELED_BEFORE = { .result = TASK_CANCELED, .message = "canceled before it began; nothing was changed" };

/* What it will leave on an engine is known to be removed: now it may begin. */
static void wanted(void *context, json_t *integration, const struct err *e)
{
    struct effect *f = context;
    f->integration = json_incref(integration);
    f->job.integration = f->integration;
    if (f->canceled || f->draining)
        task_done(&f->job, &CANCELED_BEFORE);
    else if (e)
        fail(f, e);
    else
        start_type(f);
}

static char *resolved_input(struct effect *f, const char *key, struct err *e)
{
    AUTO_FREE char *text = json_as_text(json_object_get(f->job.input, key));
    char *resolved = NULL;
    return expression_text(text, strlen(text), &f->scope.scope, &resolved, NULL, e) ? resolved : NULL;
}

static bool want_workspace(struct effect *f, const char *engine, struct err *e)
{
    struct live_view v = live_view(f->live);
    bool custom = f->job.type->integration;
    AUTO_FREE char *name = custom ? resolved_input(f, "name", e) : NULL, *version = custom && name ? resolved_input(f, "version", e) : NULL;
    AUTO_FREE char *namespace_ = NULL;
    if (custom && !version)
        return err_wrap(e, "custom integration");
    if (!workspace_namespace(&f->job, &namespace_, e))
        return false;
    workspace_want(f->runner, &(struct workspace_want){ .project_id = v.row->project_id, .execution = v.row->uuid, .endpoint = engine, .namespace_ = namespace_, .integration = name, .version = version,
                                                        .done = wanted, .context = f });
    return true;
}

/* It must be what people approved, where they were asked. */
static bool still_approved(struct effect *f, struct err *e)
{
    AUTO_FREE char *diff = NULL;
    struct bound_from from = bound_from(f);
    bool ok = bound_check(&from, f->approved, &diff, e);
    if (diff)
        task_log(&f->job, diff, strlen(diff));
    return ok;
}

/* Inputs that are secret must not show either. */
static void secret_inputs(struct effect *f)
{
    const char *name;
    json_t *value;
    json_object_foreach(f->view->secrets, name, value) {
        AUTO_FREE char *text = json_as_text(value);
        json_array_append_new(f->knowledge.secrets, json_string(text));
    }
}

static void work(struct effect *f)
{
    struct live_view v = live_view(f->live);
    const struct pipeline_task *task = &v.now->pipeline->tasks[f->task];
    struct err e = { 0 };
    job_fill(f);
    push_facts(f, v.row);
    secret_inputs(f);
    f->mask = mask_create_json(f->knowledge.secrets);
    if (!f->job.type) {
        err_set(&e, ERR_INVALID, "task type '%s' does not exist here", task->type);
        fail(f, &e);
        return;
    }
    AUTO_JSON *roles = task_roles(v.now->pipeline, f->task);
    f->endpoints = json_object();
    if (!endpoints_by_role(&f->knowledge, roles, &f->scope.scope, f->endpoints, &e)) {
        fail(f, &e);
        return;
    }
    f->job.endpoints = f->endpoints;
    const char *engine = json_text_at(json_object_get(f->endpoints, TASK_WORKSPACE), "name", "");
    if (f->approved && !still_approved(f, &e))
        fail(f, &e);
    else if (!f->job.type->workspace || !*engine)
        start_type(f); /* which says that there is no workspace */
    else if (!want_workspace(f, engine, &e))
        fail(f, &e);
}

static void load_done(struct db_job *db_job, const struct err *e)
{
    struct load_job *job = OWNER(db_job, struct load_job, job);
    struct effect *f = job->effect;
    f->log_size = job->log_size;
    f->job.log_position = job->log_position;
    json_decref(job->names);
    free(job);
    if (f->canceled || f->draining) {
        task_done(&f->job, &CANCELED_BEFORE);
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
    AUTO_JSON *roles = task_roles(live_view(live).now->pipeline, task);
    json_t *names = json_array(), *name;
    const char *role;
    const char *type = live_view(live).now->pipeline->tasks[task].type;
    bool all = text_is(type, TASK_USER_OPERATION.name); /* what comes after it is shown with the question */
    json_object_foreach(roles, role, name) {
        all |= json_is_string(name) && strstr(json_string_value(name), "${");
        json_array_append(names, name);
    }
    if (all) /* one of them is computed: read all of the project */
        json_array_append_new(names, json_string("*"));
    return names;
}

static bool binds(const char *name)
{
    const struct task_type *type = task_type_find(name);
    return type && type->bind;
}

/* ---- a deployment begins inside of its change window only; one that has begun goes to its end */

/* Behind another of this run that acted, and nobody was asked in between. */
static bool deploys_already(const struct execution *x, size_t task)
{
    const struct pipeline *p = x->pipeline;
    for (size_t i = p->groups[p->tasks[task].group].first; i-- > 0;) {
        enum run_status status = x->tasks[i].status;
        if (text_is(p->tasks[i].type, TASK_USER_OPERATION.name) && status != RUN_SKIPPED)
            return false;
        if (binds(p->tasks[i].type) && (status == RUN_COMPLETED || status == RUN_FAILED_CONTINUE))
            return true;
    }
    return false;
}

static bool must_look(const struct effect *f)
{
    struct live_view v = live_view(f->live);
    const struct pipeline_task *task = &v.now->pipeline->tasks[f->task];
    bool acts = binds(task->type) && !task->restores && !text_is_any_case(json_text_at(task->input, "action", ""), "GET");
    return acts && !f->stops && v.row->pipeline_id && !v.now->tasks[f->task].resolved && !deploys_already(v.now, f->task);
}

static void waits_for_window(struct window_hold *hold)
{
    struct effect *f = OWNER(hold, struct effect, hold);
    task_progress(&f->job, "%s", hold->gate.why);
    task_detail(&f->job, json_pack("{s:s, s:I}", "kind", "window", "at", (json_int_t)hold->gate.at));
    task_waits(&f->job, RUN_WAITS_WINDOW);
}

static void load(struct effect *f);

static void window_is_open(struct window_hold *hold)
{
    struct effect *f = OWNER(hold, struct effect, hold);
    if (f->canceled || f->draining) {
        task_done(&f->job, &CANCELED_BEFORE);
        return;
    }
    if (f->waits == RUN_WAITS_WINDOW) {
        task_progress(&f->job, "its change window is open");
        task_detail(&f->job, json_object());
    }
    task_waits(&f->job, RUN_WAITS_NO);
    load(f);
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
    list_append(live_effects(live), &f->link);
    runner_began(v.runner);
    f->waits = (enum run_waits)v.now->tasks[task].waits;
    f->hold = (struct window_hold){ .runner = v.runner, .pipeline_id = v.row->pipeline_id, .execution_id = v.row->id, .waits = waits_for_window, .open = window_is_open };
    if (must_look(f))
        window_hold_start(&f->hold);
    else
        load(f);
}

static void load(struct effect *f)
{
    struct live *live = f->live;
    struct live_view v = live_view(live);
    size_t task = f->task;
    const struct pipeline_task *t = &v.now->pipeline->tasks[task];
    struct load_job *job = NEW(struct load_job);
    *job = (struct load_job){ .job = { .work = load_work, .done = load_done }, .effect = f,
                              .names = endpoint_names(live, task), .push_id = v.row->push_id, .project_id = v.row->project_id, .execution_id = v.row->id,
                              .again = f->job.attempt > 1 || v.now->tasks[task].resolved || t->restores, .bound = binds(t->type) && !t->restores,
                              .log_place = log_place(v.now, task), .restores = t->restores ? t->undoes : RUN_NO_TASK,
                              .asks = text_is(t->type, TASK_USER_OPERATION.name) ? v.row : NULL };
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
    if (link_in_list(&f->hold.link))
        window_hold_stop(&f->hold);
    else if (f->started && !f->then) /* else the end of the read, or of the store, sees it */
        f->job.type->cancel(&f->job);
}

void effects_drain(struct live *live)
{
    LIST_EACH(live_effects(live), l) {
        struct effect *f = OWNER(l, struct effect, link);
        f->draining = true;
        if (link_in_list(&f->hold.link)) {
            window_hold_stop(&f->hold);
            continue;
        }
        if (f->canceled || !f->started)
            continue;
        f->canceled = f->job.stopping = true;
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

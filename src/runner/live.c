/* One execution on the loop: events queue up, a copy takes the step, the copy is stored, becomes the execution, and
 * only then its effects are performed. One transaction in flight per execution. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "runner/holds_work.h"
#include "runner/inside.h"
#include "runner/keeping.h"
#include "runner/notify_work.h"
#include "runner/windows.h"
#include "runner/workspaces.h"
#include "store/deployments.h"
#include "store/kept.h"
#include "store/people.h"

#define STORE_RETRY CLOCK_SECOND

struct fed { /* an event that waits for its step, with its own copies */
    struct link link;
    struct run_event event;
    char *text, *reason;
    json_t *places; /* what a task put where; NULL: nothing */
    json_t *puts;   /* what it is about to put there; NULL: nobody wants to know */
    void (*done)(void *context, const struct err *e);
    void *context;
    bool refused;
    struct err why;
};

struct live {
    struct runner *runner;
    struct run_row row;
    struct execution *now;
    struct knowledge knowledge; /* as the next step sees it; empty after it */
    bool fresh;                 /* knowledge was read since the last step */
    struct link waiting; /* struct fed: not stepped yet */
    struct link storing; /* struct fed: their step is being stored */
    struct timer timer, retry;
    struct link effects;
    struct store_job *job; /* NULL: nothing is being stored */
    bool reading;          /* knowledge is read; then the step follows */
    bool ended;
};

struct store_job {
    struct db_job job;
    struct live *live;
    struct execution *next;
    struct run_effects effects;
    struct run_step step;
    struct wakes wakes;
    struct notices notices;      /* what its events tell */
    json_t *beside;              /* [{"task", "places", "puts"}], of the events that moved it; NULL: none */
    char *approved_by, *approved; /* an administrator let it use what is restricted: an audit row */
};

struct live_view live_view(const struct live *live)
{
    return (struct live_view){ .runner = live->runner, .row = &live->row, .now = live->now };
}

struct link *live_effects(struct live *live)
{
    return &live->effects;
}

static void id_text(int64_t id, char out[24])
{
    snprintf(out, 24, "%lld", (long long)id);
}

struct live *live_find(struct runner *r, int64_t execution_id)
{
    char key[24];
    id_text(execution_id, key);
    return map_get(r->live, key);
}

/* ---- pipelines are compiled once for all live executions that pinned the same definition */

static struct pipeline *shared_pipeline(struct runner *r, const struct run_row *row, struct err *e)
{
    char key[24];
    id_text(row->definition_id, key);
    struct pipeline *p = map_get(r->pipelines, key);
    if (p)
        return pipeline_ref(p);
    json_t *definition = NULL;
    if (!json_read(row->definition, strlen(row->definition), &definition, e))
        return NULL;
    AUTO_PROBLEMS problems = { 0 };
    bool made = pipeline_create(definition, &p, &problems);
    json_decref(definition);
    if (!made)
        return problems_ok(&problems, e), NULL;
    map_put(r->pipelines, key, p);
    return pipeline_ref(p);
}

static void forget_pipeline(struct runner *r, const struct run_row *row)
{
    char key[24];
    id_text(row->definition_id, key);
    struct pipeline *p = map_get(r->pipelines, key);
    if (p && p->references == 1) {
        map_remove(r->pipelines, key);
        pipeline_unref(p);
    }
}

/* ---- the end of one */

static void fed_end(struct fed *f, const struct err *e)
{
    if (f->done)
        f->done(f->context, e);
    json_decref(f->event.json);
    json_decref(f->event.resolved);
    json_decref(f->places);
    json_decref(f->puts);
    free(f->text);
    free(f->reason);
    free(f);
}

static void live_forget(struct live *live)
{
    struct runner *r = live->runner;
    static const struct err OVER = { .kind = ERR_CONFLICT, .text = "the execution is finished" };
    char key[24];
    id_text(live->row.id, key);
    map_remove(r->live, key);
    LIST_EACH(&live->waiting, l) {
        list_remove(l);
        fed_end(OWNER(l, struct fed, link), &OVER);
    }
    timer_clear(&live->timer);
    timer_clear(&live->retry);
    bool workspace = pipeline_workspace(live->now->pipeline);
    execution_destroy(&live->now);
    forget_pipeline(r, &live->row);
    knowledge_fini(&live->knowledge);
    run_row_fini(&live->row);
    free(live);
    r->stats.live--;
    if (workspace && !r->draining)
        workspaces_wake(r);
}

/* ---- steps */

void live_facts(const struct live *live, struct knowledge *k, struct live_facts *ret)
{
    const struct run_row *row = &live->row;
    const char *base = live->runner->config.external_url, *url = ret->url;
    snprintf(ret->url, sizeof ret->url, "%s/executions/%s", base ? base : "", row->uuid);
    ret->facts = (struct run_facts){ .id = row->uuid, .project = row->project, .project_id = "", .pipeline_id = row->pipeline_uuid,
                             .index = row->index, .url = url, .requested_by = row->executed_by, .triggered_by = row->triggered_by,
                             .source = row->source, .comments = row->comments, .tags = row->tags, .created_at = row->requested_at,
                             .updated_at = row->updated_at, .global = row->global, .nested = *row->parent_uuid && !row->rollback,
                             .rollback = row->rollback, .parent = row->parent_uuid, .now = clock_now(),
                             .variable = knowledge_variable, .restricted = restricted_uses, .owner = k };
}

static void store_job_free(struct store_job *job)
{
    execution_destroy(&job->next);
    run_effects_fini(&job->effects);
    execution_row_fini(&job->step.row);
    for (size_t i = 0; i < job->step.task_count; i++)
        task_row_fini(&job->step.tasks[i]);
    free(job->step.tasks);
    wakes_fini(&job->wakes);
    notices_fini(&job->notices);
    json_decref(job->beside);
    free(job->approved_by);
    free(job->approved);
    free(job);
}

/* What a task put where, as its result says. */
static bool store_places(struct db_tx *tx, const struct store_job *job, size_t task, const json_t *places, struct err *e)
{
    const struct run_row *row = &job->live->row;
    const struct pipeline *pipeline = job->next->pipeline;
    const struct pipeline_task *t = &pipeline->tasks[task];
    AUTO_FREE char *name = mem_format("%s.%s", pipeline->stages[t->stage].name, t->name);
    struct deployment_run run = { .project_id = row->project_id, .execution_id = row->id, .index = row->index, .execution = row->uuid,
                                  .name = row->name, .task = name };
    return (deployments_put(tx, &run, places, e) && kept_result(tx, row->id, (int64_t)task, places, e)) || err_wrap(e, "what %s put where", name);
}

static bool store_beside(struct db_tx *tx, const struct store_job *job, struct err *e)
{
    bool ok = true;
    for (size_t i = 0; ok && i < json_array_size(job->beside); i++) {
        const json_t *one = json_array_get(job->beside, i), *places = json_object_get(one, "places"), *puts = json_object_get(one, "puts");
        size_t task = (size_t)json_int_at(one, "task", 0);
        ok = (!places || store_places(tx, job, task, places, e)) && (!puts || keeping_store(job->live->runner, tx, &job->live->row, task, puts, e));
    }
    return ok;
}

/* What follows from how it stands now. */
static bool store_verdict(struct db_tx *tx, struct store_job *job, struct err *e)
{
    const struct live *live = job->live;
    return live->now->status == job->next->status || (keeping_step(tx, &live->row, job->next, e) &&
           holds_step(live->runner, tx, &live->row, live->now, job->next, &job->wakes, e));
}

static bool store_work(struct db_job *db_job, struct db_tx *tx, struct err *e)
{
    struct store_job *job = OWNER(db_job, struct store_job, job);
    struct live *live = job->live;
    if (!run_store(tx, &job->step, e) || !store_beside(tx, job, e) || !store_verdict(tx, job, e) || !notices_store(tx, &job->notices, e))
        return false;
    if (job->approved_by && !audit_add(tx, live->row.project_id, job->approved_by, "execution.approve", live->row.uuid, job->approved, e))
        return false;
    if (execution_live(job->next) || !live->row.pipeline_id)
        return true;
    return windows_start(live->runner, tx, live->row.pipeline_id, &job->wakes, e);
}

static void perform(struct live *live, const struct run_effects *effects)
{
    for (size_t i = 0; i < effects->count; i++) {
        const struct run_effect *f = &effects->at[i];
        int64_t now = clock_now();
        switch (f->kind) {
        case EFFECT_RUN_TASK:
            effect_start(live, f->task, f->attempt);
            break;
        case EFFECT_CANCEL_TASK:
            effect_cancel(live, f->task);
            break;
        case EFFECT_SET_TIMER:
            timer_clear(&live->timer);
            if (f->at)
                timer_set(&live->timer, live->runner->config.loop, f->at > now ? f->at - now : 0, live->timer.fire);
            break;
        case EFFECT_FINISHED:
            live->ended = true;
            break;
        case EFFECT_NOTIFY: /* stored with the step */
            break;
        }
    }
}

static void live_step(struct live *live);

static void end_stored(struct live *live)
{
    struct link done;
    list_init(&done);
    LIST_EACH(&live->storing, l) {
        list_remove(l);
        list_append(&done, l);
    }
    LIST_EACH(&done, l) {
        struct fed *f = OWNER(l, struct fed, link);
        list_remove(l);
        fed_end(f, f->refused ? &f->why : NULL);
    }
}

/* Not stored: the events go back to the head of the queue, in their order, and the step is tried again. */
static void put_back(struct live *live)
{
    LIST_EACH(&live->waiting, l) {
        list_remove(l);
        list_append(&live->storing, l);
    }
    LIST_EACH(&live->storing, l) {
        list_remove(l);
        list_append(&live->waiting, l);
    }
}

static void retry_step(struct timer *t)
{
    live_step(OWNER(t, struct live, retry));
}

static bool asked_by_people(const struct fed *f)
{
    return f->event.kind == ENGINE_CANCEL || f->event.kind == ENGINE_PAUSE || f->event.kind == ENGINE_RESUME;
}

/* Somebody else moved it: what stands here is no longer so. That is how it is when a person acts upon one that waits for its place just when
 * it gets it: then nothing of it ran here, it is read again, and what people asked for goes with it. */
static void lose(struct live *live, const struct err *e)
{
    struct link asked;
    struct runner *r = live->runner;
    int64_t id = live->row.id;
    bool fresh = list_empty(&live->effects) && live->now->status == RUN_QUEUED;
    log_warn("runner", "execution %s: %s%s", live->row.uuid, e->text, fresh ? "; it is read again" : "");
    list_init(&asked);
    put_back(live);
    LIST_EACH(&live->waiting, l) {
        struct fed *f = OWNER(l, struct fed, link);
        list_remove(l);
        if (fresh && asked_by_people(f))
            list_append(&asked, l);
        else
            fed_end(f, e);
    }
    live->ended = true;
    if (!fresh)
        return;
    live_forget(live);
    live_adopt(r, id);
    LIST_EACH(&asked, l) {
        struct fed *f = OWNER(l, struct fed, link);
        list_remove(l);
        live_act(r, id, &f->event, f->done, f->context);
        f->done = NULL;
        fed_end(f, NULL);
    }
}

static void not_stored(struct live *live, const struct err *e)
{
    log_error("runner", "execution %s: its step could not be stored, trying again: %s", live->row.uuid, e->text);
    put_back(live);
    timer_set(&live->retry, live->runner->config.loop, STORE_RETRY, retry_step);
}

static void publish(struct live *live, struct store_job *job)
{
    execution_destroy(&live->now);
    live->now = TAKE(job->next);
    execution_clean(live->now);
    live->row.updated_at = clock_now();
    perform(live, &job->effects);
    end_stored(live);
    parts_moved(live->runner, live->row.id, execution_waits(live->now));
    if (!execution_live(live->now)) {
        live->runner->stats.executions_finished++;
        parts_ended(live->runner, live->row.id);
    }
}

static void store_done(struct db_job *db_job, const struct err *e)
{
    struct store_job *job = OWNER(db_job, struct store_job, job);
    struct live *live = job->live;
    struct runner *r = live->runner;
    int64_t id = live->row.id;
    live->job = NULL;
    if (e && e->kind == ERR_CONFLICT) {
        lose(live, e);
        store_job_free(job);
        runner_ended(r);
        return;
    }
    if (e)
        not_stored(live, e);
    else
        publish(live, job);
    if (!e)
        wakes_act(r, &job->wakes);
    if (!e && job->notices.count)
        runner_wake_notifications(r);
    store_job_free(job);
    if (live->ended && list_empty(&live->effects))
        live_forget(live);
    else if (!timer_is_set(&live->retry))
        live_step(live);
    if (r->config.changed && !e)
        r->config.changed(r->config.context, id);
    runner_ended(r);
}

/* The rows that the step made dirty. */
static void write_rows(struct live *live, struct store_job *job)
{
    const struct execution *next = job->next;
    job->step = (struct run_step){ .id = live->row.id, .project_id = live->row.project_id, .lease_epoch = live->row.lease_epoch,
                                   .node = live->runner->config.node };
    execution_write(next, &job->step.row);
    job->step.tasks = mem_alloc((next->pipeline->run_count + 1) * sizeof *job->step.tasks);
    for (size_t i = 0; i < next->pipeline->run_count; i++)
        if (next->tasks[i].dirty)
            task_write(next, i, &job->step.tasks[job->step.task_count++]);
}

static void take_beside(struct store_job *job, const struct fed *f)
{
    if ((!f->places && !f->puts) || f->refused)
        return;
    if (!job->beside)
        job->beside = json_array();
    json_array_append_new(job->beside, json_pack("{s:I, s:O*, s:O*}", "task", (json_int_t)f->event.task, "places", f->places, "puts", f->puts));
}

/* Whether any waiting event moved the copy. */
static bool take_events(struct live *live, struct store_job *job)
{
    bool moved = false;
    struct live_facts facts;
    live_facts(live, &live->knowledge, &facts);
    LIST_EACH(&live->waiting, l) {
        struct fed *f = OWNER(l, struct fed, link);
        list_remove(l);
        list_append(&live->storing, l);
        f->event.facts = &facts.facts;
        f->event.now = facts.facts.now;
        AUTO_FREE char *restricted = job->next->restricted ? mem_text(run_text(job->next->message)) : NULL;
        size_t effects = job->effects.count;
        f->refused = !execution_step(job->next, &f->event, &job->effects, &f->why);
        notices_add(&job->notices, live, job->next, &facts, &live->knowledge, &job->effects, effects);
        if (restricted && !f->refused && f->event.kind == ENGINE_RESUME) {
            job->approved_by = mem_text(f->text);
            job->approved = TAKE(restricted);
        }
        if (f->refused && !f->why.kind)
            err_set(&f->why, ERR_CONFLICT, "nothing to do in this state");
        moved |= !f->refused;
        take_beside(job, f);
        f->event.facts = NULL;
    }
    return moved;
}

/* ---- before a step that may ask for them, variables, restricted things and the run's rights are read again */

struct read_job {
    struct db_job job;
    struct live *live;
    struct knowledge knowledge;
};

static bool knowledge_of_run(struct db_tx *tx, const struct runner *r, const struct run_row *row, struct knowledge *ret, struct err *e)
{
    return knowledge_read(tx, r->config.seal, row->project_id, NULL, ret, e) && restricted_read(tx, row, ret, e);
}

static bool read_work(struct db_job *db_job, struct db_tx *tx, struct err *e)
{
    struct read_job *job = OWNER(db_job, struct read_job, job);
    return knowledge_of_run(tx, job->live->runner, &job->live->row, &job->knowledge, e);
}

static void read_done(struct db_job *db_job, const struct err *e)
{
    struct read_job *job = OWNER(db_job, struct read_job, job);
    struct live *live = job->live;
    struct runner *r = live->runner;
    live->reading = false;
    if (e) {
        log_error("runner", "execution %s: the project's variables could not be read, trying again: %s", live->row.uuid, e->text);
        if (!r->draining)
            timer_set(&live->retry, r->config.loop, STORE_RETRY, retry_step);
        knowledge_fini(&job->knowledge);
    } else {
        knowledge_fini(&live->knowledge);
        live->knowledge = job->knowledge;
        live->fresh = true;
        live_step(live);
    }
    free(job);
    runner_ended(r);
}

/* Whether a step may ask for variables and rights: when a group may begin, or outputs are made at the end. A task's progress
 * never does. */
static bool needs_knowledge(const struct live *live)
{
    bool needs = false;
    LIST_EACH(&live->waiting, l) {
        const struct run_event *event = &OWNER(l, struct fed, link)->event;
        enum run_event_kind kind = event->kind;
        needs |= live->now->pipeline->notification_count && kind == ENGINE_TASK_WAITS && event->waits == RUN_WAITS_PERSON;
        needs |= kind != ENGINE_TASK_RESOLVED && kind != ENGINE_TASK_PROGRESS && kind != ENGINE_TASK_WAITS;
    }
    return needs && !live->ended && execution_live(live->now);
}

static void read_again(struct live *live)
{
    struct read_job *job = NEW(struct read_job);
    *job = (struct read_job){ .job = { .work = read_work, .done = read_done }, .live = live };
    live->reading = true;
    runner_began(live->runner);
    db_read(live->runner->config.db, &job->job);
}

static void live_step(struct live *live)
{
    if (live->job || live->reading || list_empty(&live->waiting) || live->runner->draining)
        return;
    if (!live->fresh && needs_knowledge(live)) {
        read_again(live);
        return;
    }
    struct store_job *job = NEW(struct store_job);
    job->live = live;
    job->next = execution_dup(live->now);
    bool moved = take_events(live, job);
    knowledge_fini(&live->knowledge); /* thousands may wait, and what they would see by then is another */
    live->fresh = false;
    if (!moved) {
        store_job_free(job);
        end_stored(live);
        return;
    }
    write_rows(live, job);
    job->job = (struct db_job){ .work = store_work, .done = store_done };
    live->job = job;
    runner_began(live->runner);
    db_write(live->runner->config.db, &job->job);
}

static struct fed *fed_create(const struct run_event *event)
{
    struct fed *f = NEW(struct fed);
    f->event = *event;
    f->event.text = f->text = mem_text(event->text);
    f->event.reason = f->reason = mem_text(event->reason);
    json_incref(f->event.json);
    json_incref(f->event.resolved);
    return f;
}

static void feed(struct live *live, struct fed *f, void (*done)(void *context, const struct err *e), void *context)
{
    f->done = done;
    f->context = context;
    list_append(&live->waiting, &f->link);
    live_step(live);
}

void live_feed(struct live *live, const struct run_event *event, void (*done)(void *context, const struct err *e), void *context)
{
    feed(live, fed_create(event), done, context);
}

void live_result(struct live *live, const struct run_event *event, json_t *places, void (*done)(void *context, const struct err *e), void *context)
{
    struct fed *f = fed_create(event);
    f->places = json_incref(places);
    feed(live, f, done, context);
}

void live_resolved(struct live *live, const struct run_event *event, json_t *puts, void (*done)(void *context, const struct err *e), void *context)
{
    struct fed *f = fed_create(event);
    f->puts = json_incref(puts);
    feed(live, f, done, context);
}

/* ---- the beginning of one */

struct adopt_job {
    struct db_job job;
    struct runner *runner;
    int64_t id;
    struct run_row row;
    struct knowledge knowledge;
    /* a person acts on an execution that is not here, for it waits for its place or just begins: the event */
    struct run_event act;
    char *by, *reason;
    void (*acted)(void *context, const struct err *e);
    void *context;
};

static bool adopt_work(struct db_job *db_job, struct db_tx *tx, struct err *e)
{
    struct adopt_job *job = OWNER(db_job, struct adopt_job, job);
    return run_get(tx, job->id, &job->row, e) && knowledge_of_run(tx, job->runner, &job->row, &job->knowledge, e);
}

static void live_timer(struct timer *t)
{
    struct run_event event = { .kind = ENGINE_TIMER };
    live_feed(OWNER(t, struct live, timer), &event, NULL, NULL);
}

/* A row that was given its place, and not stepped since, is still QUEUED to the engine. */
static bool read_state(struct live *live, struct err *e)
{
    struct run_row *row = &live->row;
    bool fresh = !row->started_at;
    struct execution_row state = { .status = fresh ? RUN_QUEUED : row->status, .status_message = row->status_message,
                                   .state = row->state, .state_version = row->state_version, .live = row->live,
                                   .output = row->output, .requested_at = row->requested_at, .started_at = row->started_at,
                                   .ended_at = row->ended_at };
    struct pipeline *pipeline = shared_pipeline(live->runner, row, e);
    if (!pipeline)
        return false;
    bool read = execution_read(pipeline, &state, row->input, row->outside, row->tasks, row->task_count, &live->now, e);
    pipeline_unref(pipeline);
    return read;
}

/* Values of inputs that are secret: opened here, never stored so. */
static bool open_secrets(struct live *live, struct err *e)
{
    AUTO_FREE char *identity = seal_of_execution(live->row.uuid);
    AUTO_FREE char *plain = NULL;
    AUTO_JSON *secrets = NULL;
    if (text_empty(live->row.sealed_input))
        return true;
    if (!seal_open(live->runner->config.seal, identity, live->row.sealed_input, &plain, NULL, e) || !json_read(plain, strlen(plain), &secrets, e))
        return err_wrap(e, "the secret inputs of execution %s", live->row.uuid);
    execution_give_secrets(live->now, secrets);
    return true;
}

/* What only the reading needed is given back: thousands of executions may wait. */
static void row_slim(struct run_row *row)
{
    char **texts[] = { &row->definition, &row->state, &row->output, &row->sealed_input };
    for (size_t i = 0; i < ALEN(texts); i++) {
        free(*texts[i]);
        *texts[i] = NULL;
    }
    for (size_t i = 0; i < row->task_count; i++)
        task_row_fini(&row->tasks[i]);
    free(row->tasks);
    row->tasks = NULL;
    row->task_count = 0;
}

static struct live *live_create(struct adopt_job *job, struct err *e)
{
    struct live *live = NEW(struct live);
    live->runner = job->runner;
    live->row = job->row;
    live->knowledge = job->knowledge;
    live->fresh = true;
    job->row = (struct run_row){ 0 };
    job->knowledge = (struct knowledge){ 0 };
    list_init(&live->waiting);
    list_init(&live->storing);
    list_init(&live->effects);
    live->timer.fire = live_timer;
    if (!read_state(live, e) || !open_secrets(live, e)) {
        execution_destroy(&live->now);
        forget_pipeline(live->runner, &live->row);
        knowledge_fini(&live->knowledge);
        run_row_fini(&live->row);
        free(live);
        return NULL;
    }
    row_slim(&live->row);
    return live;
}

static bool begin(struct runner *r, struct adopt_job *job, struct err *e)
{
    char key[24];
    id_text(job->id, key);
    struct live *live = map_get(r->live, key); /* it may have begun while this was read */
    bool queued = job->row.status == RUN_QUEUED, fresh = !job->row.started_at;
    if (!live && !job->row.live)
        return err_set(e, ERR_NOT_FOUND, "the execution is not running");
    if (!live && queued && job->act.kind != ENGINE_CANCEL) /* it has no place, and here it would miss getting one */
        return err_set(e, ERR_CONFLICT, "the execution is QUEUED; until it runs it can only be canceled");
    if (!live) {
        live = live_create(job, e);
        if (!live)
            return false;
        map_put(r->live, key, live);
        r->stats.live++;
        r->stats.executions_started += fresh;
        if (!queued)
            live_feed(live, &(struct run_event){ .kind = fresh ? ENGINE_START : ENGINE_RECOVER }, NULL, NULL);
    }
    if (job->acted)
        live_feed(live, &job->act, job->acted, job->context);
    job->acted = NULL; /* told by the step */
    return true;
}

static void adopt_done(struct db_job *db_job, const struct err *e)
{
    struct adopt_job *job = OWNER(db_job, struct adopt_job, job);
    struct runner *r = job->runner;
    struct err why = e ? *e : (struct err){ 0 };
    if (!e && r->draining)
        err_set(&why, ERR_UNAVAILABLE, "the server stops");
    else if (!e)
        begin(r, job, &why);
    if (job->acted)
        job->acted(job->context, &why);
    else if (e && !r->draining)
        stuck_add(r, job->id, e->text);
    else if (why.kind && why.kind != ERR_NOT_FOUND && !r->draining)
        stuck_add(r, job->id, why.text);
    run_row_fini(&job->row);
    knowledge_fini(&job->knowledge);
    free(job->by);
    free(job->reason);
    free(job);
    runner_ended(r);
}

static void adopt(struct adopt_job *job)
{
    job->job = (struct db_job){ .work = adopt_work, .done = adopt_done };
    runner_began(job->runner);
    db_read(job->runner->config.db, &job->job);
}

void live_adopt(struct runner *r, int64_t execution_id)
{
    if (live_find(r, execution_id) || r->draining)
        return;
    struct adopt_job *job = NEW(struct adopt_job);
    *job = (struct adopt_job){ .runner = r, .id = execution_id };
    adopt(job);
}

void live_act(struct runner *r, int64_t execution_id, const struct run_event *event, void (*done)(void *context, const struct err *e),
              void *context)
{
    struct live *live = live_find(r, execution_id);
    if (live) {
        live_feed(live, event, done, context);
        return;
    }
    struct adopt_job *job = NEW(struct adopt_job);
    *job = (struct adopt_job){ .runner = r, .id = execution_id, .act = *event, .by = mem_text(event->text), .reason = mem_text(event->reason),
                               .acted = done, .context = context };
    job->act.text = job->by;
    job->act.reason = job->reason;
    adopt(job);
}

void live_effect_ended(struct live *live)
{
    if (live->ended && !live->job && list_empty(&live->effects))
        live_forget(live);
}

/* ---- stopping */

void live_drain(struct runner *r)
{
    size_t at = 0;
    const char *key;
    void *value;
    while (map_each(r->live, &at, &key, &value)) {
        struct live *live = value;
        timer_clear(&live->timer);
        timer_clear(&live->retry);
        effects_drain(live);
    }
}

void live_destroy_all(struct runner *r)
{
    size_t at = 0;
    const char *key;
    void *value;
    while (map_each(r->live, &at, &key, &value)) {
        live_forget(value);
        at = 0;
    }
}

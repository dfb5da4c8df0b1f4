/* Who would run, with whose rights and which inputs: read at once, then the registry is asked. */
#include "runner/simulate.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "event/event.h"
#include "runner/decide.h"
#include "runner/hub_work.h"
#include "runner/holds.h"
#include "runner/limits.h"
#include "runner/simulate_work.h"
#include "store/held.h"
#include "store/windows.h"
#include "store_sql.h"
#include "trigger/inputs.h"

#define TIME (25 * CLOCK_SECOND)
#define HEAD_TIME (8 * CLOCK_SECOND)
#define NOBODY "00000000-0000-0000-0000-000000000000"

void simulation_run_refused(struct would_run *run, const char *rule, const char *why)
{
    json_set_text(run->row, "rule", rule);
    json_set_text(run->row, "why", why);
    json_object_set_new(run->row, "fires", json_false());
    json_object_del(run->row, "runAs");
}

static bool fires(const struct would_run *run)
{
    return json_is_true(json_object_get(run->row, "fires"));
}

/* ---- reading */

static struct push push_of(const struct event *ev, const struct trigger_row *t, const char *host)
{
    return (struct push){ .project_id = t->project_id, .endpoint_id = t->endpoint_id, .registry = mem_text(*ev->host ? ev->host : host ? host : ""),
                          .repository = mem_text(ev->repository), .tag = mem_text(ev->tag), .digest = mem_text(ev->digest),
                          .actor = mem_text(ev->actor), .pushed_at = mem_text(ev->pushed_at), .confirm = mem_text("none"),
                          .confirm_text = mem_text("") };
}

static bool read_names(struct would_run *run, struct db_tx *tx, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_simulation_next, "i", run->trigger.pipeline_id);
    if (!db_next(r, e))
        return db_rows_failed(r) ? false : err_set(e, ERR_NOT_FOUND, "the pipeline is gone");
    run->push.id = db_int(r, 0);
    run->index = db_int(r, 1);
    snprintf(run->pipeline_uuid, sizeof run->pipeline_uuid, "%s", db_text(r, 2));
    snprintf(run->project_uuid, sizeof run->project_uuid, "%s", db_text(r, 3));
    return true;
}

static bool compile(struct would_run *run)
{
    AUTO_JSON *definition = NULL;
    AUTO_PROBLEMS problems = { 0 };
    struct err why = { 0 };
    const char *text = run->pipeline_row.definition;
    if (text_is(run->pipeline_row.state, "DISABLED"))
        err_set(&why, ERR_CONFLICT, "pipeline '%s' is disabled; enable it first", run->pipeline_row.name);
    else if (json_read(text, strlen(text), &definition, &why) && !pipeline_create(definition, &run->pipeline, &problems))
        problems_ok(&problems, &why);
    if (run->pipeline)
        return true;
    simulation_run_refused(run, "pipeline", why.text);
    return false;
}

/* It would run, but perhaps not now. */
static bool tell_limit(struct would_run *run, struct db_tx *tx, struct err *e)
{
    const struct trigger_row *t = &run->trigger;
    char says[200];
    int64_t until = 0;
    if (!t->run_limit)
        return true;
    if (!held_until(tx, t->id, 0, t->run_limit, clock_now(), &until, e))
        return false;
    limits_say(t->run_limit, until, says);
    AUTO_FREE char *held = mem_format("would be held: %s", says);
    if (until)
        json_set_text(run->row, "held", held);
    return true;
}

static bool tell_hold(struct would_run *run, struct db_tx *tx, struct err *e)
{
    struct hold h = { 0 };
    bool found = false;
    char says[HOLD_TEXT];
    if (!hold_find(tx, run->trigger.id, run->push.registry, run->push.repository, &h, &found, e))
        return false;
    if (found) {
        hold_says(&h, false, says);
        AUTO_FREE char *held = mem_format("would be held: %s", says);
        json_set_text(run->row, "held", held);
    }
    hold_fini(&h);
    return true;
}

static bool tell_window(struct would_run *run, struct db_tx *tx, struct err *e)
{
    struct gate gate;
    if (!windows_gate(tx, run->trigger.pipeline_id, clock_now(), &gate, e))
        return false;
    AUTO_FREE char *waits = mem_format("would wait: %s", gate.why);
    if (!gate.open)
        json_set_text(run->row, "waits", waits);
    return true;
}

/* Masks need all that the project keeps secret, whatever the tasks use. */
static bool read_run(struct would_run *run, struct runner *r, struct db_tx *tx, struct err *e)
{
    struct run_asker by = { 0 };
    struct err no_target = { 0 };
    AUTO_JSON *all = json_pack("[s]", "*");
    struct run_row acting = { .project_id = run->trigger.project_id };
    if (!decide_owner(r, tx, &run->trigger, &by, run->owner, e) || !run_pipeline_get(tx, run->trigger.pipeline_id, &run->pipeline_row, e) ||
        !knowledge_read(tx, r->config.seal, run->trigger.project_id, all, &run->knowledge, e))
        return false;
    acting.user_id = by.user_id;
    acting.token_id = by.token_id;
    if (!restricted_read(tx, &acting, &run->knowledge, e) || !read_names(run, tx, e))
        return false;
    run->knowledge.administrator = run->simulation->administrator; /* whoever asks must see no more than they may */
    if (!by.user_id) {
        simulation_run_refused(run, "token", run->owner);
        return true;
    }
    json_set_text(run->row, "runAs", run->owner);
    if (!tell_limit(run, tx, e) || !tell_hold(run, tx, e) || !tell_window(run, tx, e))
        return false;
    if (restricted_endpoint(&run->knowledge, run->trigger.endpoint))
        err_set(&no_target, ERR_FORBIDDEN, "endpoint '%s' is restricted: only an administrator may ask there", run->trigger.endpoint);
    if (compile(run) && !text_is(run->trigger.verify_push, "off") &&
        (no_target.kind || !hub_target_read(r, tx, run->trigger.endpoint_id, &run->target, &no_target))) {
        free(run->push.confirm_text);
        run->push.confirm_text = mem_text(no_target.text);
    }
    return true;
}

static struct would_run *add_run(struct simulation *s, json_t *row, struct trigger_row *t, const struct event *ev, const char *host,
                                 const char *event_id)
{
    struct would_run *run = &s->runs[s->count++];
    *run = (struct would_run){ .simulation = s, .row = row, .trigger = *t, .push = push_of(ev, t, host) };
    snprintf(run->event_id, sizeof run->event_id, "%s", event_id ? event_id : NOBODY);
    *t = (struct trigger_row){ 0 };
    return run;
}

static void note(struct simulation *s, const char *text)
{
    size_t i;
    json_t *old;
    json_array_foreach(s->notes, i, old)
        if (text_is(json_string_value(old), text))
            return;
    json_array_append_new(s->notes, json_text(text));
}

static bool consider(struct simulation *s, struct db_tx *tx, int64_t id, const struct event *ev, struct patterns *patterns, const char *event_id,
                     struct err *e)
{
    struct trigger_row t = { 0 };
    bool found = false, ok = true;
    if (!trigger_get(tx, id, &t, &found, e))
        return false;
    if (found) {
        AUTO_FREE char *host = NULL, *text = event_text(ev);
        struct trigger_verdict verdict = decide_judge(&t, ev, patterns, &host);
        bool fired = verdict.rule == TRIGGER_FIRED;
        json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "webhook", t.name, "pipeline", t.pipeline, "push", text, "rule",
                                trigger_rule_name(verdict.rule), "why", verdict.why, "fires", fired);
        json_array_append_new(s->triggers, row);
        if (fired && s->count < SIMULATION_RUNS)
            ok = read_run(add_run(s, row, &t, ev, host, event_id), s->runner, tx, e);
        else if (fired)
            note(s, "more than 10 runs would begin: only the first 10 are shown with their inputs and tasks");
    }
    trigger_row_fini(&t);
    return ok;
}

static bool read_ids(struct db_tx *tx, const struct simulation_request *q, int64_t *ids, size_t *count, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_simulation_webhooks, "iiii", q->project_id, q->endpoint_id, q->webhook_id, (int64_t)SIMULATION_TRIGGERS + 1);
    while (db_next(r, e))
        ids[(*count)++] = db_int(r, 0);
    return !db_rows_failed(r);
}

static bool consider_all(struct simulation *s, struct db_tx *tx, const struct simulation_request *q, struct err *e)
{
    int64_t ids[SIMULATION_TRIGGERS + 1];
    size_t count = 0, i;
    json_t *document;
    AUTO(patterns) patterns = patterns_create();
    if (!read_ids(tx, q, ids, &count, e))
        return false;
    if (count > SIMULATION_TRIGGERS)
        note(s, "the project has more than 200 webhooks: only the first 200 were considered");
    json_array_foreach((json_t *)q->events, i, document) {
        AUTO(event) ev = event_from_json(document);
        if (i >= SIMULATION_PUSHES) {
            note(s, "only the first 10 pushes were considered");
            break;
        }
        for (size_t k = 0; k < count && k < SIMULATION_TRIGGERS; k++)
            if (!consider(s, tx, ids[k], ev, patterns, q->event_id, e))
                return false;
    }
    return true;
}

static void make_mask(struct simulation *s)
{
    AUTO_JSON *secrets = json_array();
    for (size_t i = 0; i < s->count; i++)
        if (s->runs[i].knowledge.secrets)
            json_array_extend(secrets, s->runs[i].knowledge.secrets);
    s->mask = mask_create_json(secrets);
}

bool simulation_read(struct runner *r, struct db_tx *tx, const struct simulation_request *q, struct simulation **ret, struct err *e)
{
    AUTO(simulation) s = NEW(struct simulation);
    s->runner = r;
    s->diff = q->diff;
    s->administrator = q->administrator;
    s->triggers = json_array();
    s->notes = json_array();
    s->runs = mem_alloc(SIMULATION_RUNS * sizeof *s->runs);
    if (!consider_all(s, tx, q, e))
        return false;
    make_mask(s);
    *ret = TAKE(s);
    return true;
}

static void would_run_fini(struct would_run *run)
{
    trigger_row_fini(&run->trigger);
    push_fini(&run->push);
    run_pipeline_fini(&run->pipeline_row);
    execution_destroy(&run->execution);
    pipeline_destroy(&run->pipeline);
    registry_target_destroy(&run->target);
    knowledge_fini(&run->knowledge);
}

void simulation_destroy(struct simulation **simulation)
{
    struct simulation *s = TAKE(*simulation);
    if (!s)
        return;
    timer_clear(&s->deadline);
    timer_clear(&s->step);
    for (size_t i = 0; i < s->count; i++)
        would_run_fini(&s->runs[i]);
    free(s->runs);
    mask_destroy(&s->mask);
    json_decref(s->triggers);
    json_decref(s->notes);
    json_decref(s->endpoints);
    json_decref(s->guess.unknown);
    free(s);
}

/* ---- inputs */

static const char *origin(const struct would_run *run, const char *name)
{
    for (size_t i = 0; TRIGGER_INPUTS[i]; i++)
        if (text_is(TRIGGER_INPUTS[i], name))
            return "push";
    return json_object_get(run->trigger.input, name) ? "webhook" : "default";
}

static void show_inputs(struct would_run *run, json_t *input)
{
    json_t *shown = json_object(), *value;
    const char *name;
    json_object_foreach(input, name, value)
        json_object_set_new(shown, name, json_pack("{s:O, s:s}", "value", value, "from", origin(run, name)));
    json_object_set_new(run->row, "inputs", shown);
}

static void prepare_run(struct would_run *run)
{
    struct err why = { 0 };
    AUTO_JSON *given = decide_input(&run->trigger, &run->push, run->event_id), *input = NULL, *outside = json_array();
    for (size_t i = 0; TRIGGER_INPUTS[i]; i++)
        json_array_append_new(outside, json_string(TRIGGER_INPUTS[i]));
    if (!pipeline_inputs(run->pipeline, given, &input, &why)) {
        simulation_run_refused(run, "input", why.text);
        return;
    }
    show_inputs(run, input);
    run->execution = execution_create(run->pipeline, input, outside, clock_now());
    snprintf(run->url, sizeof run->url, "%s/executions/%s", run->simulation->runner->config.external_url
             ? run->simulation->runner->config.external_url : "", NOBODY);
    run->facts = (struct run_facts){ .id = NOBODY, .project = run->pipeline_row.project, .project_id = run->project_uuid,
                                     .pipeline_id = run->pipeline_uuid, .index = run->index, .url = run->url, .requested_by = run->owner,
                                     .triggered_by = run->trigger.name, .source = "registry-webhook", .comments = "", .created_at = clock_now(),
                                     .updated_at = clock_now(), .now = clock_now(), .variable = knowledge_variable,
                                     .restricted = restricted_uses, .owner = &run->knowledge };
    run->task_push = (struct task_push){ .webhook = run->trigger.uuid, .sequence = run->push.id, .registry = run->push.registry,
                                         .repository = run->push.repository, .tag = run->push.tag, .digest = run->push.digest };
}

/* ---- the registry */

static void next_run(struct simulation *s);

static void run_over(struct simulation *s)
{
    s->at++;
    next_run(s);
}

static void put(char **member, const char *text)
{
    free(*member);
    *member = mem_text(text);
}

/* The registry said what it said: goes on as decide.c would. */
static void confirmed(struct simulation *s)
{
    struct would_run *run = &s->runs[s->at];
    const char *without = NULL;
    char why[700];
    if (!decide_go(&run->push, run->trigger.verify_push, why, &without)) {
        simulation_run_refused(run, "registry", why);
        run_over(s);
        return;
    }
    json_set_text(run->row, "digest", run->push.digest);
    if (without)
        json_set_text(run->row, "note", without);
    prepare_run(run);
    if (fires(run))
        simulation_tasks(s, run_over);
    else
        run_over(s);
}

static void headed(struct registry_head *head, const struct err *e)
{
    struct simulation *s = OWNER(head, struct simulation, head);
    struct would_run *run = &s->runs[s->at];
    s->registry = false;
    enum registry_outcome outcome = e ? REGISTRY_UNREACHABLE : head->outcome;
    put(&run->push.confirm, outcome == REGISTRY_FOUND ? "found" : outcome == REGISTRY_MISSING ? "missing" : "unreachable");
    put(&run->push.confirm_text, e ? "the simulation's time was over" : head->text);
    if (outcome == REGISTRY_FOUND && *head->digest)
        put(&run->push.digest, head->digest);
    json_set_text(run->row, "registry", run->push.confirm_text);
    confirmed(s);
}

static void ask_registry(struct simulation *s, struct would_run *run)
{
    struct err e = { 0 };
    s->head = (struct registry_head){ .target = run->target, .repository = run->push.repository, .tag = run->push.tag,
                                      .timeout_micros = HEAD_TIME, .done = headed };
    s->registry = run->target && !s->over && registry_head_start(&s->head, s->runner->config.http, &e);
    if (s->registry)
        return;
    put(&run->push.confirm, e.kind == ERR_INVALID ? "missing" : "unreachable");
    if (e.kind)
        put(&run->push.confirm_text, e.text);
    confirmed(s);
}

/* ---- one run after the other, each by the loop */

static void end(struct simulation *s)
{
    struct runner *r = s->runner;
    timer_clear(&s->deadline);
    s->done(s->context);
    runner_ended(r);
}

static void begin_run(struct timer *t)
{
    struct simulation *s = OWNER(t, struct simulation, step);
    if (s->at >= s->count) {
        end(s);
        return;
    }
    struct would_run *run = &s->runs[s->at];
    if (!fires(run))
        run_over(s);
    else if (text_is(run->trigger.verify_push, "off"))
        confirmed(s);
    else
        ask_registry(s, run);
}

static void next_run(struct simulation *s)
{
    timer_set(&s->step, s->runner->config.loop, 0, begin_run);
}

static void time_is_over(struct timer *t)
{
    struct simulation *s = OWNER(t, struct simulation, deadline);
    s->over = true;
    note(s, "the simulation's time was over: what follows was not asked");
    if (s->registry)
        registry_head_cancel(&s->head);
    if (s->previewing)
        s->job.type->preview_cancel(&s->preview);
}

void simulation_start(struct simulation *s, void (*done)(void *context), void *context)
{
    s->done = done;
    s->context = context;
    runner_began(s->runner);
    timer_set(&s->deadline, s->runner->config.loop, s->runner->draining ? 0 : TIME, time_is_over);
    next_run(s);
}

json_t *simulation_answer(const struct simulation *s)
{
    size_t i;
    json_t *row;
    int count = 0;
    json_array_foreach(s->triggers, i, row)
        count += json_is_true(json_object_get(row, "fires"));
    AUTO_JSON *answer = json_pack("{s:i, s:O, s:O}", "fires", count, "triggers", s->triggers, "notes", s->notes);
    return mask_json(s->mask, answer);
}

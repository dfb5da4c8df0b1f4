/* From a push to executions, with reasons. Everything here runs in one write, so that a crash leaves all of it or none. */
#include "runner/ancestry.h"

#include <stdio.h>
#include <string.h>

#include "auth/auth.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/network.h"
#include "base/text.h"
#include "event/event.h"
#include "event/image_ref.h"
#include "runner/holds_work.h"
#include "runner/tokens.h"
#include "runner/windows.h"
#include "store/ancestry.h"
#include "store/totals.h"
#include "trigger/inputs.h"
#include "trigger/trigger.h"

#define CONFIRM_REQUIRED (5 * CLOCK_MINUTE)
#define CONFIRM_PREFERRED (2 * CLOCK_SECOND)
#define TRACE_MOST 100 /* triggers that a trace names one by one */

static json_t *json_of_names(const char *const *names)
{
    json_t *array = json_array();
    for (; *names; names++)
        json_array_append_new(array, json_string(*names));
    return array;
}

/* ---- with whose rights */

bool decide_token_hash(struct runner *r, struct db_tx *tx, int64_t project_id, const char *refresh_token, const char *token_hash, char **ret,
                       struct err *e)
{
    size_t n = strlen(refresh_token);
    if (!text_starts(refresh_token, "${var.") || refresh_token[n - 1] != '}') {
        *ret = mem_text(token_hash);
        return true;
    }
    struct knowledge k = { 0 };
    struct value value = { 0 };
    AUTO_FREE char *name = mem_text_n(refresh_token + 6, n - 7);
    if (!knowledge_read(tx, r->config.seal, project_id, NULL, &k, e))
        return false;
    bool found = knowledge_variable(&k, name, &value, e) == SCOPE_FOUND && json_is_string(value.json);
    *ret = found ? auth_token_hash(json_string_value(value.json)) : mem_text("");
    value_fini(&value);
    knowledge_fini(&k);
    return true;
}

bool decide_owner(struct runner *r, struct db_tx *tx, const struct trigger_row *t, struct run_asker *ret, char name[256], struct err *e)
{
    struct who who = { 0 };
    bool found = false;
    AUTO_FREE char *hash = NULL;
    snprintf(name, 256, "%s", TOKEN_INVALID);
    if (!decide_token_hash(r, tx, t->project_id, t->refresh_token, t->token_hash, &hash, e) || !auth_who_token(tx, hash, &who, &found, e))
        return false;
    if (found && auth_may(&who, t->project_id, MAY_EXECUTE)) {
        ret->user_id = who.user_id;
        ret->token_id = who.token_id;
        snprintf(name, 256, "%s", who.name);
    } else if (found) {
        snprintf(name, 256, "%s may not run pipelines in project %s; the webhook's API token lends no more than its owner has", who.name,
                 t->project);
    }
    who_fini(&who);
    return true;
}

/* ---- an execution for an event */

static bool refuse(struct decision *d, int64_t event_id, const char *why, struct err *e)
{
    return inbox_event_set(d->tx, event_id, "FAILED", why, 0, e);
}

struct event *decide_event_of(const struct push *p)
{
    struct event *ev = event_create();
    event_set(&ev->host, p->registry);
    event_set(&ev->repository, p->repository);
    event_set(&ev->tag, p->tag);
    event_set(&ev->digest, p->digest);
    event_set(&ev->actor, p->actor);
    event_set(&ev->pushed_at, p->pushed_at);
    ev->pushed_micros = event_pushed_micros(p->pushed_at);
    event_set(&ev->action, "push");
    return ev;
}

json_t *decide_input(const struct trigger_row *t, const struct push *push, const char *event_uuid)
{
    struct trigger_facts facts = { .event_id = event_uuid, .digest = push->digest };
    AUTO(event) ev = decide_event_of(push);
    json_t *input = json_deep_copy(t->input);
    AUTO_JSON *injected = trigger_injected(ev, &facts);
    json_object_update(input, injected);
    return input;
}

/* What a push alone does not start: a loop, what a failed verification holds, and more than the webhook's limit. */
static bool stop(struct decision *d, struct start *s, bool *ret, struct err *e)
{
    char why[700];
    if (!ancestry_mark(d, e) || !ancestry_loops(d, s->trigger, ret, why, e))
        return false;
    if (*ret) /* not IGNORED: the webhook took it, and the sweep need not find it again */
        return inbox_event_set(d->tx, s->event_id, "CANCELED", why, 0, e);
    if (s->released)
        return true;
    return holds_keep(d, s, ret, e) && (*ret || limits_hold(d, s->trigger, s->event_id, ret, e));
}

bool decide_start(struct decision *d, struct start *s, struct err *e)
{
    const struct trigger_row *t = s->trigger;
    char owner[256];
    struct run_asker by = { .name = owner };
    if (s->asked_by)
        by = *s->asked_by;
    else if (!decide_owner(d->runner, d->tx, t, &by, owner, e))
        return false;
    if (!by.user_id)
        return refuse(d, s->event_id, owner, e);
    bool stopped = false;
    if (!s->asked_by && !stop(d, s, &stopped, e))
        return false;
    if (stopped)
        return true;
    AUTO_JSON *input = decide_input(t, &d->push, s->event_uuid);
    AUTO_JSON *outside = json_of_names(TRIGGER_INPUTS);
    struct run_request request = { .pipeline_id = t->pipeline_id, .input = input, .executed_by = by.name,
                                   .triggered_by = t->name, .source = "registry-webhook", .comments = s->note, .user_id = by.user_id, .token_id = by.token_id, .webhook_id = t->id,
                                   .push_id = d->push.id, .attempt = s->attempt, .outside = outside };
    struct err why = { 0 };
    if (!runner_insert(d->runner, d->tx, &request, &s->made, &why)) {
        if (why.kind == ERR_INVALID || why.kind == ERR_CONFLICT || why.kind == ERR_NOT_FOUND)
            return refuse(d, s->event_id, why.text, e);
        return *e = why, false;
    }
    if (!inbox_event_set(d->tx, s->event_id, "QUEUED", s->note ? s->note : "", s->made.id, e))
        return false;
    return s->asked_by || s->released || /* then the caller wakes the pipeline */
           windows_start(d->runner, d->tx, t->pipeline_id, d->wakes, e);
}

/* ---- the registry's word */

bool decide_go(const struct push *p, const char *verify, char why[700], const char **ret_note)
{
    *ret_note = NULL;
    if (text_is(verify, "off") || text_is(p->confirm, "found"))
        return true;
    if (text_is(p->confirm, "missing")) {
        snprintf(why, 700, "%s has no %s:%s, so the webhook's word was not taken: %s", p->registry, p->repository, p->tag,
                 p->confirm_text);
        return false;
    }
    if (text_is(verify, "required")) {
        snprintf(why, 700, "%s could not confirm %s:%s in time, and verifyPush is required: %s", p->registry, p->repository, p->tag,
                 p->confirm_text);
        return false;
    }
    snprintf(why, 700, "The registry could not be asked, so this run goes by tag, without a digest: %s", p->confirm_text);
    *ret_note = why;
    return true;
}

static bool open_question(const struct push *p, const char *verify)
{
    return !text_is(verify, "off") && (text_is(p->confirm, "none") || text_is(p->confirm, "asked"));
}

static bool ask_registry(struct decision *d, const char *verify, struct err *e)
{
    int64_t due = clock_now() + (text_is(verify, "required") ? CONFIRM_REQUIRED : CONFIRM_PREFERRED);
    if (text_is(d->push.confirm, "asked") && d->push.confirm_due >= due)
        return true;
    if (!push_ask(d->tx, d->push.id, due, e))
        return false;
    free(d->push.confirm);
    d->push.confirm = mem_text("asked");
    d->push.confirm_due = due;
    id_list_add(&d->wakes->confirms, d->push.id);
    return true;
}

/* ---- events */

static bool add_event(struct decision *d, const struct trigger_row *t, const char *status, const char *message, struct inbox_event_new *ret,
                      int64_t *ret_id, struct err *e)
{
    AUTO_FREE char *trace = json_write(d->trace);
    *ret = (struct inbox_event_new){ .project_id = d->project_id, .delivery_id = d->delivery_id, .push_id = d->push.id,
                                     .webhook_id = t ? t->id : 0, .webhook = t ? t->name : "", .pipeline = t ? t->pipeline : "",
                                     .status = status, .message = message, .trace = trace, .registry = d->push.registry,
                                     .repository = d->push.repository, .tag = d->push.tag, .owner = d->push.actor, .attempt = 1,
                                     .now = clock_now() };
    bool ok = inbox_event_add(d->tx, ret, ret_id, e) && change_add(d->tx, d->project_id, "events", *ret_id, e);
    ret->trace = NULL;
    return ok;
}

bool decide_fire(struct decision *d, const struct trigger_row *t, struct err *e)
{
    struct inbox_event_new event;
    struct start s = { .trigger = t, .attempt = 1 };
    char message[700];
    bool seen = false, swept = false;
    s.note = d->note;
    if (!inbox_event_of_push(d->tx, d->push.id, t->id, &seen, e) || seen)
        return seen;
    if (!decide_swept(d, t, &swept, message, e))
        return false;
    if (swept)
        return add_event(d, t, "IGNORED", message, &event, &s.event_id, e);
    if (open_question(&d->push, t->verify_push)) {
        snprintf(message, sizeof message, "asking %s about %s:%s", d->push.registry, d->push.repository, d->push.tag);
        return ask_registry(d, t->verify_push, e) && add_event(d, t, "WAITING", message, &event, &s.event_id, e);
    }
    bool go = decide_go(&d->push, t->verify_push, message, s.note ? &(const char *){ NULL } : &s.note);
    if (!add_event(d, t, go ? "QUEUED" : "FAILED", go ? "" : message, &event, &s.event_id, e))
        return false;
    s.event_uuid = event.uuid;
    return !go || decide_start(d, &s, e);
}

/* ---- who is concerned */

struct trigger_verdict decide_judge(const struct trigger_row *t, const struct event *event, struct patterns *patterns, char **ret_host)
{
    struct image_ref at = { 0 };
    bool plain = false;
    struct err no_url = { 0 };
    if (!image_ref_from_url(json_text_at(t->endpoint_properties, "repoURL", ""), &at, &plain, &no_url))
        at.host = NULL;
    struct trigger trigger = { .id = t->id, .name = t->name, .enabled = t->enabled, .endpoint = t->endpoint, .host = at.host ? at.host : "",
                               .image_pattern = t->image_pattern, .tag_pattern = t->tag_pattern };
    struct trigger_verdict verdict = trigger_judge(&trigger, event, patterns);
    *ret_host = at.host ? mem_text(at.host) : NULL;
    image_ref_fini(&at);
    return verdict;
}

/* A webhook's own URL takes deliveries from its networks only; here it is about those that reach it by its endpoint's URL. */
static bool sender_ok(const struct decision *d, const struct trigger_row *t, char why[400])
{
    AUTO_FREE char *remote = NULL;
    struct err unread = { 0 };
    if (!json_array_size(t->senders) || !d->delivery_id)
        return true;
    if (inbox_remote(d->tx, d->delivery_id, &remote, &unread) && networks_have(t->senders, remote))
        return true;
    snprintf(why, 400, "address %s is in none of the networks that may deliver to this webhook", text_empty(remote) ? "unknown" : remote);
    return false;
}

/* A push of the time while the webhook was disabled never runs, however late it is judged. */
static bool was_enabled(const struct decision *d, const struct trigger_row *t, struct trigger_verdict *verdict)
{
    int64_t times[] = { d->received_at, d->event->pushed_micros };
    for (size_t i = 0; i < ALEN(times) && t->disabled_at && t->enabled_at; i++) {
        char from[CLOCK_TEXT], to[CLOCK_TEXT];
        if (times[i] < t->disabled_at || times[i] >= t->enabled_at)
            continue;
        verdict->rule = TRIGGER_DISABLED;
        snprintf(verdict->why, sizeof verdict->why, "webhook disabled: it was from %s to %s, and this push is of that time",
                 clock_rfc3339(t->disabled_at, from), clock_rfc3339(t->enabled_at, to));
        return false;
    }
    return true;
}

bool decide_takes(struct decision *d, const struct trigger_row *t)
{
    AUTO_FREE char *host = NULL;
    struct trigger_verdict verdict = decide_judge(t, d->event, d->runner->patterns, &host);
    bool allowed = was_enabled(d, t, &verdict) && sender_ok(d, t, verdict.why);
    if (json_array_size(d->trace) < TRACE_MOST)
        json_array_append_new(d->trace, json_pack("{s:s,s:s,s:s,s:s}", "webhook", t->name, "pipeline", t->pipeline, "rule",
                                                  allowed || verdict.rule == TRIGGER_DISABLED ? trigger_rule_name(verdict.rule) : "sender", "why", verdict.why));
    if (!d->push.registry && host) { /* a sender that names no host means its endpoint's */
        d->push.registry = TAKE(host);
        d->push.endpoint_id = t->endpoint_id;
    }
    return allowed && verdict.rule == TRIGGER_FIRED;
}

void decide_fill(struct decision *d, int64_t endpoint_id)
{
    const struct event *ev = d->event;
    d->push.project_id = d->project_id;
    d->push.endpoint_id = endpoint_id;
    d->push.registry = *ev->host ? mem_text(ev->host) : NULL;
    d->push.repository = mem_text(ev->repository);
    d->push.tag = mem_text(ev->tag);
    d->push.digest = mem_text(ev->digest);
    d->push.actor = mem_text(ev->actor);
    d->push.pushed_at = mem_text(ev->pushed_at);
}

static void ignored_message(const struct decision *d, size_t considered, int64_t all, char out[700])
{
    const json_t *first = json_array_get(d->trace, 0);
    if (considered == 1)
        snprintf(out, 700, "%s", json_text_at(first, "why", ""));
    else if (!all)
        snprintf(out, 700, "no webhook of this endpoint exists yet");
    else
        snprintf(out, 700, "none of the endpoint's %lld%s webhooks takes %s:%s%s%s", (long long)all,
                 all == TRIGGERS_COUNTED ? " or more" : "", d->push.repository, d->push.tag,
                 considered ? "; the first one says: " : ", all name other images", considered ? json_text_at(first, "why", "") : "");
}

static bool nobody_fired(struct decision *d, const struct trigger_row *only, size_t considered, int64_t all, struct err *e)
{
    struct inbox_event_new event;
    char message[700];
    int64_t id;
    if (!d->new_push)
        return true; /* told before */
    ignored_message(d, considered, all, message);
    return add_event(d, only, "IGNORED", message, &event, &id, e);
}

struct candidates {
    struct trigger_row *rows;
    bool *fires;
    size_t count;
    int64_t all;
};

static void candidates_fini(struct candidates *c)
{
    for (size_t i = 0; i < c->count; i++)
        trigger_row_fini(&c->rows[i]);
    free(c->rows);
    free(c->fires);
}

static bool candidates_read(struct decision *d, int64_t endpoint_id, int64_t webhook_id, struct candidates *c, struct err *e)
{
    AUTO_FREE int64_t *ids = NULL;
    size_t count = webhook_id ? 1 : 0;
    c->all = 1;
    if (!webhook_id && !triggers_of_endpoint(d->tx, endpoint_id, d->event->repository, &ids, &count, &c->all, e))
        return false;
    c->rows = mem_alloc((count + 1) * sizeof *c->rows);
    c->fires = mem_alloc(count + 1);
    for (size_t i = 0; i < count; i++) {
        bool found = false;
        if (!trigger_get(d->tx, ids ? ids[i] : webhook_id, &c->rows[c->count], &found, e))
            return false;
        if (found)
            c->fires[c->count] = decide_takes(d, &c->rows[c->count]);
        c->count += found;
    }
    return true;
}

static bool tell_run(struct decision *d, struct err *e)
{
    struct ancestor run;
    bool found = false;
    if (!d->push.execution_id)
        return true;
    if (!ancestor_get(d->tx, d->push.execution_id, &run, &found, e))
        return false;
    AUTO_FREE char *why = mem_format("pushed by run %s#%lld", run.name, (long long)run.index);
    json_array_append_new(d->trace, json_pack("{s:s,s:s,s:s}", "webhook", "", "rule", "run", "why", why));
    return true;
}

static bool decide_candidates(struct decision *d, struct candidates *c, struct err *e)
{
    size_t fired = 0;
    if (!c->count && !d->push.endpoint_id)
        return true; /* the webhook is gone */
    if (!d->push.endpoint_id)
        d->push.endpoint_id = c->rows[0].endpoint_id;
    if (!d->push.registry)
        d->push.registry = mem_text("");
    if (c->all > (int64_t)c->count)
        json_array_append_new(d->trace, json_pack("{s:s,s:s,s:s}", "webhook", "", "rule", "image", "why",
                                                  "the endpoint's other webhooks name another image"));
    if (!push_record(d->tx, &d->push, clock_now(), &d->new_push, e))
        return false;
    d->runner->stats.pushes += d->new_push;
    if (!ancestry_mark(d, e) || !tell_run(d, e))
        return false;
    for (size_t i = 0; i < c->count; i++) {
        fired += c->fires[i];
        if (c->fires[i] && !decide_fire(d, &c->rows[i], e))
            return false;
    }
    return fired || nobody_fired(d, c->count == 1 ? &c->rows[0] : NULL, c->count, c->all, e);
}

void decision_fini(struct decision *d)
{
    push_fini(&d->push);
    json_decref(d->trace);
}

bool decide_push(struct runner *r, struct db_tx *tx, const struct inbox_unmatched *from, const struct event *event, struct wakes *wakes,
                 struct err *e)
{
    struct decision d = { .runner = r, .tx = tx, .wakes = wakes, .project_id = from->project_id, .delivery_id = from->id,
                          .received_at = from->received_at, .event = event, .trace = json_array() };
    struct candidates c = { 0 };
    decide_fill(&d, from->endpoint_id);
    bool ok = candidates_read(&d, from->endpoint_id, from->webhook_id, &c, e) && decide_candidates(&d, &c, e);
    candidates_fini(&c);
    decision_fini(&d);
    return ok;
}

bool decide_undecided(struct runner *r, struct db_tx *tx, const struct inbox_unmatched *from, const struct event *event, const char *why,
                      struct err *e)
{
    struct decision d = { .runner = r, .tx = tx, .project_id = from->project_id, .delivery_id = from->id, .event = event, .trace = json_array() };
    struct inbox_event_new told;
    struct trigger_row t = { 0 };
    bool found = false;
    int64_t id = 0;
    AUTO_FREE char *message = mem_format("could not be decided: %s", why);
    bool ok = !from->webhook_id || trigger_get(tx, from->webhook_id, &t, &found, e);
    decide_fill(&d, found ? t.endpoint_id : from->endpoint_id);
    if (!d.push.registry)
        d.push.registry = mem_text("");
    ok = ok && push_record(tx, &d.push, clock_now(), &d.new_push, e) && add_event(&d, NULL, "FAILED", message, &told, &id, e);
    trigger_row_fini(&t);
    decision_fini(&d);
    return ok;
}

/* ---- after the registry answered */

static bool decide_waiting(struct decision *d, const struct inbox_event_waiting *w, bool soft, struct err *e)
{
    struct trigger_row t = { 0 };
    struct inbox_event_row row;
    bool found = false, swept = false, ok = true;
    char why[700];
    if (!trigger_get(d->tx, w->webhook_id, &t, &found, e) || !inbox_event_get(d->tx, w->id, &row, e) ||
        (found && !decide_swept(d, &t, &swept, why, e))) {
        trigger_row_fini(&t);
        return false;
    }
    struct start s = { .trigger = &t, .event_id = w->id, .attempt = w->attempt, .event_uuid = row.uuid };
    if (!found)
        ok = refuse(d, w->id, "the webhook was deleted before the registry answered", e);
    else if (soft && text_is(t.verify_push, "required"))
        ok = true; /* it goes on asking */
    else if (!t.enabled)
        ok = inbox_event_set(d->tx, w->id, "IGNORED", "webhook disabled", 0, e);
    else if (swept)
        ok = inbox_event_set(d->tx, w->id, "IGNORED", why, 0, e);
    else if (!decide_go(&d->push, t.verify_push, why, &s.note))
        ok = refuse(d, w->id, why, e);
    else
        ok = decide_start(d, &s, e);
    trigger_row_fini(&t);
    return ok;
}

bool decide_confirmed(struct runner *r, struct db_tx *tx, int64_t push_id, const char *silence, struct wakes *wakes, struct err *e)
{
    struct decision d = { .runner = r, .tx = tx, .wakes = wakes };
    AUTO_FREE struct inbox_event_waiting *waiting = NULL;
    size_t count = 0;
    if (!push_get(tx, push_id, &d.push, e))
        return false;
    d.project_id = d.push.project_id;
    if (silence) {
        free(d.push.confirm_text);
        d.push.confirm_text = mem_text(silence);
    }
    bool ok = inbox_event_waiting(tx, push_id, &waiting, &count, e);
    for (size_t i = 0; ok && i < count; i++)
        ok = decide_waiting(&d, &waiting[i], silence != NULL, e);
    decision_fini(&d);
    return ok;
}

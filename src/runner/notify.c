/* The outbox at work: lanes in which something is due are looked for, their rows claimed, tried, and what came of it is stored. Loop, but for the jobs. */
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "pipeline/expression.h"
#include "runner/notify_work.h"

#define WORKS_MOST 16                  /* at once, */
#define LANE_MOST 2                    /* and of one lane */
#define LANES_MOST 64                  /* that one look reads */
#define FIRST_RETRY (10 * CLOCK_SECOND)
#define MOST_RETRY (30 * CLOCK_MINUTE)
#define CLAIM (10 * CLOCK_MINUTE)      /* longer than any try takes */
#define DATABASE_RETRY CLOCK_SECOND
#define MESSAGE_MOST 500

struct notify_state *notify_create(struct runner *r)
{
    struct notify_state *s = NEW(struct notify_state);
    s->runner = r;
    list_init(&s->works);
    return s;
}

void notify_destroy(struct notify_state **state)
{
    if (*state)
        timer_clear(&(*state)->due);
    free(TAKE(*state));
}

int64_t runner_notify_until(const struct runner *r)
{
    return clock_now() + (r->config.notify_tried ? r->config.notify_tried : NOTIFY_TRIED);
}

/* ---- the end of a try */

static void work_free(struct notify_work *w)
{
    struct runner *r = w->runner;
    if (w->context_free)
        w->context_free(w->context);
    http_headers_fini(&w->call.headers);
    free((char *)w->call.body);
    free((char *)w->call.url);
    free((char *)w->call.via);
    notification_row_fini(&w->row);
    json_decref(w->content);
    mask_destroy(&w->mask);
    knowledge_fini(&w->knowledge);
    free(w->lane);
    free(w->said);
    free(w->reference);
    list_remove(&w->link);
    r->notify->open--;
    free(w);
    runner_ended(r);
}

/* Twice as long after each failure, and not all at the same moment; never sooner than the receiver asked for. 0: its time is over. */
static int64_t next_try(const struct notify_work *w)
{
    int64_t first = w->runner->config.notify_retry ? w->runner->config.notify_retry : FIRST_RETRY, delay = first;
    uint32_t chance = 0;
    for (int64_t i = 1; i < w->row.attempts && delay < MOST_RETRY; i++)
        delay *= 2;
    delay = delay > MOST_RETRY ? MOST_RETRY : delay;
    if (getrandom(&chance, sizeof chance, GRND_NONBLOCK) != sizeof chance)
        chance = 0;
    delay += delay / 4 * (int64_t)(chance % 1024) / 1024;
    int64_t at = clock_now() + (w->outcome.patience > delay ? w->outcome.patience : delay);
    return at > w->row.until ? 0 : at;
}

static bool store_work(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct notify_work *w = OWNER(job, struct notify_work, job);
    const struct notify_outcome *o = &w->outcome;
    int64_t at = o->sent || o->canceled || o->never ? 0 : next_try(w);
    AUTO_FREE char *given_up = mem_format("given up after %lld tries: %s", (long long)w->row.attempts, w->said);
    struct notification_end end = { .status = o->sent ? "SENT" : o->canceled ? "CANCELED" : at ? "PENDING" : "FAILED", .next_at = at, .doubt = (w->row.doubt || o->doubt) && !o->sent,
                                    .code = o->code, .message = !o->sent && !o->never && !o->canceled && !at ? given_up : w->said, .reference = w->reference };
    if (o->patience && at && !notification_rest(tx, w->lane, clock_now() + o->patience, e))
        return false;
    return notification_end(tx, &w->row, &end, e);
}

static void look_later(struct runner *r, int64_t micros);

/* What could not be stored is still claimed: its time passes, and it is tried again, with the same key. */
static void store_done(struct db_job *job, const struct err *e)
{
    struct notify_work *w = OWNER(job, struct notify_work, job);
    struct runner *r = w->runner;
    if (e)
        log_error("notify", "what came of notification %s could not be stored; it is tried again later: %s", w->row.uuid, e->text);
    else if (w->outcome.sent)
        log_info("notify", "%s of %s #%lld reached %s", w->row.kind, w->row.name, (long long)w->row.index, w->row.target);
    else if (!w->outcome.canceled)
        log_warn("notify", "%s of %s #%lld, try %lld: %s", w->row.kind, w->row.name, (long long)w->row.index, (long long)w->row.attempts, w->said);
    r->notify->sent += !e && w->outcome.sent;
    r->notify->failed += !e && !w->outcome.sent;
    work_free(w);
    if (e)
        look_later(r, DATABASE_RETRY);
    else
        runner_wake_notifications(r);
}

static void store(struct notify_work *w)
{
    w->job = (struct db_job){ .work = store_work, .done = store_done };
    db_write(w->runner->config.db, &w->job);
}

void notify_end(struct notify_work *w, const struct notify_outcome *outcome, const struct err *e)
{
    w->cancel = NULL;
    if (w->runner->draining && !outcome->sent) { /* the next start finds it claimed */
        work_free(w);
        return;
    }
    w->outcome = *outcome;
    AUTO_FREE char *said = mem_text(e ? e->text : outcome->message ? outcome->message : ""), *shown = mask_text(w->mask, said);
    w->said = strlen(shown) > MESSAGE_MOST ? mem_format("%.*s ...", MESSAGE_MOST, shown) : mem_text(shown);
    text_mend(w->said);
    w->reference = mem_text(outcome->reference);
    store(w);
}

/* ---- the beginning of a try */

static const struct {
    const char *kind;
    bool (*start)(struct notify_work *w, struct err *e);
} SENDERS[] = {
    { "webhook", notify_webhook },
    { "email", notify_mail },
    { "jira", notify_jira },
    { "approval", notify_approval },
};

const json_t *notify_endpoint(const struct notify_work *w, const char *type, struct err *e)
{
    const json_t *endpoint = json_object_get(w->knowledge.endpoints, w->row.endpoint);
    if (!endpoint)
        return err_set(e, ERR_INVALID, "the project has no endpoint '%.100s'", w->row.endpoint), NULL;
    if (!text_is(json_text_at(endpoint, "type", ""), type))
        return err_set(e, ERR_INVALID, "endpoint '%.100s' is of type %s, not %s", w->row.endpoint, json_text_at(endpoint, "type", ""), type), NULL;
    return json_object_get(endpoint, "properties");
}

static bool open_content(struct notify_work *w, struct err *e)
{
    AUTO_FREE char *identity = seal_of_notification(w->row.uuid), *plain = NULL;
    return seal_open(w->runner->config.seal, identity, w->row.content, &plain, NULL, e) && json_read(plain, strlen(plain), &w->content, e);
}

static bool claim_work(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct notify_work *w = OWNER(job, struct notify_work, job);
    if (!notification_claim(tx, w->lane, clock_now() + CLAIM, &w->id, e))
        return false;
    if (!w->id)
        return true;
    if (!notification_get(tx, w->id, &w->row, e))
        return false;
    AUTO_JSON *names = json_pack("[s]", w->row.endpoint);
    if (open_content(w, &w->problem))
        knowledge_read(tx, w->runner->config.seal, w->row.project_id, names, &w->knowledge, &w->problem);
    if (!w->problem.kind && text_is(w->row.kind, "approval"))
        notify_approval_read(w, tx, &w->problem);
    if (!w->problem.kind && text_is(w->row.kind, "webhook"))
        notify_via_read(w, tx, &w->problem);
    return true;
}

static void begin(struct notify_work *w)
{
    struct err e = w->problem;
    struct notify_outcome outcome = { 0 };
    w->mask = mask_create_json(w->knowledge.secrets);
    for (size_t i = 0; !e.kind && i < ALEN(SENDERS); i++) {
        if (!text_is(SENDERS[i].kind, w->row.kind))
            continue;
        if (SENDERS[i].start(w, &e))
            return;
        outcome.never = !err_retry(e.kind);
    }
    outcome.never = outcome.never || !e.kind;
    if (!e.kind)
        err_set(&e, ERR_UNSUPPORTED, "this server cannot send a %s", w->row.kind);
    notify_end(w, &outcome, &e);
}

static void claim_done(struct db_job *job, const struct err *e)
{
    struct notify_work *w = OWNER(job, struct notify_work, job);
    struct runner *r = w->runner;
    if (e)
        log_error("notify", "a notification could not be read, trying again: %s", e->text);
    if (e || !w->id || r->draining) {
        work_free(w);
        if (e)
            look_later(r, DATABASE_RETRY);
        return;
    }
    begin(w);
}

static void work_start(struct runner *r, const char *lane)
{
    struct notify_work *w = NEW(struct notify_work);
    *w = (struct notify_work){ .runner = r, .lane = mem_text(lane), .job = { .work = claim_work, .done = claim_done } };
    list_append(&r->notify->works, &w->link);
    r->notify->open++;
    runner_began(r);
    db_write(r->config.db, &w->job);
}

static int at_work(const struct notify_state *s, const char *lane)
{
    int count = 0;
    LIST_EACH(&((struct notify_state *)s)->works, l)
        count += text_is(OWNER(l, struct notify_work, link)->lane, lane);
    return count;
}

/* ---- looking for what is due */

struct look {
    struct db_job job;
    struct runner *runner;
    char *lanes[LANES_MOST];
    int64_t due[LANES_MOST];
    size_t count;
};

static void due(struct timer *t)
{
    runner_wake_notifications(OWNER(t, struct notify_state, due)->runner);
}

static void look_later(struct runner *r, int64_t micros)
{
    if (!r->draining)
        timer_set(&r->notify->due, r->config.loop, micros < CLOCK_MS ? CLOCK_MS : micros, due);
}

static void take_lane(void *context, const char *lane, int64_t due)
{
    struct look *look = context;
    if (look->count == LANES_MOST)
        return;
    look->lanes[look->count] = mem_text(lane);
    look->due[look->count++] = due;
}

static bool look_work(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct look *look = OWNER(job, struct look, job);
    return notification_lanes(tx, LANES_MOST, take_lane, look, e);
}

/* Starts what is due and has room; a timer for the first that is not due yet. What has no room is found when a work ends. */
static void start_due(struct runner *r, const struct look *look)
{
    struct notify_state *s = r->notify;
    int64_t now = clock_now();
    for (size_t i = 0; i < look->count; i++) {
        int64_t wait = look->due[i] - now;
        if (wait > 0) {
            look_later(r, wait < CLOCK_MINUTE ? wait : CLOCK_MINUTE); /* a clock that jumps is noticed */
            return;
        }
        for (int busy = at_work(s, look->lanes[i]); busy < LANE_MOST && s->open < WORKS_MOST; busy++)
            work_start(r, look->lanes[i]);
    }
}

static void look_done(struct db_job *job, const struct err *e)
{
    struct look *look = OWNER(job, struct look, job);
    struct runner *r = look->runner;
    bool again = r->notify->look_again;
    r->notify->looking = r->notify->look_again = false;
    if (e) {
        log_error("notify", "what is to be told could not be read, trying again: %s", e->text);
        look_later(r, DATABASE_RETRY);
    } else if (!r->draining) {
        start_due(r, look);
    }
    for (size_t i = 0; i < look->count; i++)
        free(look->lanes[i]);
    free(look);
    if (again)
        runner_wake_notifications(r);
    runner_ended(r);
}

void runner_wake_notifications(struct runner *r)
{
    struct notify_state *s = r->notify;
    s->look_again = s->looking;
    if (s->looking || r->draining)
        return;
    struct look *look = NEW(struct look);
    *look = (struct look){ .runner = r, .job = { .work = look_work, .done = look_done } };
    s->looking = true;
    runner_began(r);
    db_read(r->config.db, &look->job);
}

/* ---- the life of it */

struct recover {
    struct db_job job;
    struct runner *runner;
};

static bool recover_work(struct db_job *job, struct db_tx *tx, struct err *e)
{
    (void)job;
    return notifications_recover(tx, e);
}

static void recover_done(struct db_job *job, const struct err *e)
{
    struct recover *b = OWNER(job, struct recover, job);
    struct runner *r = b->runner;
    if (e)
        log_error("notify", "tries that a crash ended could not be found again: %s", e->text);
    free(b);
    runner_wake_notifications(r);
    runner_ended(r);
}

void notify_start(struct runner *r)
{
    struct recover *b = NEW(struct recover);
    *b = (struct recover){ .runner = r, .job = { .work = recover_work, .done = recover_done } };
    runner_began(r);
    db_write(r->config.db, &b->job);
}

void notify_drain(struct runner *r)
{
    timer_clear(&r->notify->due);
    LIST_EACH(&r->notify->works, l) {
        struct notify_work *w = OWNER(l, struct notify_work, link);
        if (w->cancel)
            w->cancel(w);
    }
}

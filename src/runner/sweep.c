/* When to look: what is due, registry by registry. Loop, but for the jobs. */
#include "runner/sweep_work.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define DUE_OF_EACH (SWEEP_LOOKS + 1)
#define DUE_MOST 128
#define LOOK_LATEST CLOCK_MINUTE     /* a clock that jumps is noticed */
#define WAIT_MOST (2 * CLOCK_HOUR)   /* no look is put off for longer: then somebody set the clock back */
#define DATABASE_RETRY CLOCK_SECOND
#define FIRST_BACKOFF (5 * CLOCK_SECOND)
#define MOST_BACKOFF (10 * CLOCK_MINUTE)
#define START_GROUP 100              /* webhooks that one write looks at */

/* ---- a registry */

static struct lane *lane_of(struct sweep *s, const char *registry)
{
    struct lane *lane = map_get(s->lanes, registry);
    if (lane)
        return lane;
    lane = NEW(struct lane);
    lane->registry = mem_text(registry);
    map_put(s->lanes, registry, lane);
    return lane;
}

int64_t lane_place(struct sweep *s, struct lane *lane)
{
    int64_t now = clock_mono(), at = lane->next > now ? lane->next : now;
    lane->next = at + sweep_spacing(s->runner->config.sweep_per_minute);
    s->stats.requests++;
    return at - now;
}

void lane_failed(struct sweep *s, struct lane *lane, const char *why, int64_t patience)
{
    int64_t now = clock_mono();
    if (lane->closed_until > now) { /* another look at it failed too */
        lane->closed_until = now + patience > lane->closed_until ? now + patience : lane->closed_until;
        return;
    }
    if (!lane->closed_until) {
        log_warn("sweep", "%s is not looked at for now: %s", lane->registry, why);
        s->stats.registries_closed++;
    }
    lane->backoff = lane->backoff ? lane->backoff * 2 : FIRST_BACKOFF;
    if (lane->backoff > MOST_BACKOFF)
        lane->backoff = MOST_BACKOFF;
    lane->closed_until = now + (patience > lane->backoff ? patience : lane->backoff);
}

void lane_worked(struct sweep *s, struct lane *lane)
{
    if (lane->closed_until) {
        log_info("sweep", "%s answers again", lane->registry);
        s->stats.registries_closed--;
    }
    lane->closed_until = lane->backoff = 0;
}

/* ---- what is due */

struct question {
    struct db_job job;
    struct sweep *sweep;
    char *after;
    struct watch_due due[DUE_MOST];
    size_t count;
};

static bool question_work(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct question *q = OWNER(job, struct question, job);
    return watches_due(tx, q->after, DUE_OF_EACH, DUE_MOST, q->due, &q->count, e);
}

static void wake_due(struct timer *t)
{
    runner_sweep_wake(OWNER(t, struct sweep, due)->runner);
}

static void wake_later(struct sweep *s, int64_t micros)
{
    if (!s->runner->draining)
        timer_set(&s->due, s->runner->config.loop, micros < CLOCK_MS ? CLOCK_MS : micros, wake_due);
}

/* How long this one still waits; WAIT_MOST when the end of another look will tell. */
static int64_t wait_of(struct sweep *s, const struct watch_due *due, const struct lane *lane)
{
    int64_t wait = due->at - clock_now(), closed = lane->closed_until ? lane->closed_until - clock_mono() : 0;
    bool probing = lane->closed_until && lane->at_work > 0; /* one at a time, while it is down */
    if (look_under_way(s, due->id) || lane->at_work >= SWEEP_LOOKS || probing)
        return WAIT_MOST;
    if (wait > WAIT_MOST)
        wait = 0;
    return closed > wait ? closed : wait;
}

static void start_due(struct sweep *s, const struct question *q)
{
    for (size_t i = 0; i < q->count; i++) {
        struct lane *lane = lane_of(s, q->due[i].registry);
        int64_t wait = wait_of(s, &q->due[i], lane);
        if (wait <= 0)
            look_start(s, lane, q->due[i].id);
        else if (wait < s->soonest)
            s->soonest = wait;
    }
}

static void question_done(struct db_job *job, const struct err *e)
{
    struct question *q = OWNER(job, struct question, job);
    struct sweep *s = q->sweep;
    struct runner *r = s->runner;
    bool again = s->look_again, full = q->count == DUE_MOST;
    s->looking = s->look_again = false;
    free(TAKE(s->after));
    if (e) {
        log_error("sweep", "what is to be looked at could not be read, trying again: %s", e->text);
        wake_later(s, DATABASE_RETRY);
    } else if (!r->draining) {
        start_due(s, q);
        wake_later(s, s->soonest);
        if (full) /* more registries than one question tells of */
            s->after = mem_text(q->due[q->count - 1].registry);
        else
            s->soonest = LOOK_LATEST;
    }
    free(q->after);
    free(q);
    if (again || full)
        runner_sweep_wake(r);
    runner_ended(r);
}

void runner_sweep_wake(struct runner *r)
{
    struct sweep *s = r->sweep;
    s->look_again = s->looking;
    if (s->looking || r->draining || !r->config.sweep)
        return;
    struct question *q = NEW(struct question);
    q->sweep = s;
    q->after = mem_text(s->after ? s->after : "");
    q->job = (struct db_job){ .work = question_work, .done = question_done };
    s->looking = true;
    runner_began(r);
    db_read(r->config.db, &q->job);
}

/* ---- at start: those that watch nothing yet */

struct begin {
    struct db_job job;
    struct runner *runner;
    int64_t after;
    size_t count;
};

static bool begin_work(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct begin *b = OWNER(job, struct begin, job);
    AUTO_FREE int64_t *ids = NULL;
    if (!watches_wanted(tx, b->after, START_GROUP, &ids, &b->count, e))
        return false;
    for (size_t i = 0; i < b->count; i++) {
        struct err one = { 0 };
        b->after = ids[i];
        if (!runner_sweep_want(b->runner, tx, ids[i], &one) && one.kind != ERR_NOT_FOUND)
            log_error("sweep", "what a webhook watches is not known: %s", one.text);
    }
    return true;
}

static void begin_done(struct db_job *job, const struct err *e)
{
    struct begin *b = OWNER(job, struct begin, job);
    struct runner *r = b->runner;
    if (e)
        log_error("sweep", "the webhooks could not be looked through: %s", e->text);
    if (!e && b->count == START_GROUP && !r->draining) {
        b->job = (struct db_job){ .work = begin_work, .done = begin_done };
        db_write(r->config.db, &b->job);
        return;
    }
    free(b);
    runner_sweep_wake(r);
    runner_ended(r);
}

void sweep_start(struct runner *r)
{
    if (!r->config.sweep)
        return;
    struct begin *b = NEW(struct begin);
    *b = (struct begin){ .runner = r, .job = { .work = begin_work, .done = begin_done } };
    runner_began(r);
    db_write(r->config.db, &b->job);
}

/* ---- the whole */

struct sweep *sweep_create(struct runner *r)
{
    struct sweep *s = NEW(struct sweep);
    s->runner = r;
    s->lanes = map_create();
    s->soonest = LOOK_LATEST;
    list_init(&s->looks);
    return s;
}

void sweep_destroy(struct sweep **sweep)
{
    struct sweep *s = TAKE(*sweep);
    size_t at = 0;
    const char *registry;
    void *lane;
    if (!s)
        return;
    timer_clear(&s->due);
    while (map_each(s->lanes, &at, &registry, &lane)) {
        free(((struct lane *)lane)->registry);
        free(lane);
    }
    map_destroy(&s->lanes);
    free(s->after);
    free(s);
}

void sweep_drain(struct runner *r)
{
    timer_clear(&r->sweep->due);
    look_cancel_all(r->sweep);
}

struct sweep_stats runner_sweep_stats(const struct runner *r)
{
    return r->sweep->stats;
}

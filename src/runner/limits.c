/* Events that a webhook's limit holds: when they are held, how they go on, and what a person may do about them. */
#include "runner/limits.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "runner/decide_work.h"
#include "runner/windows.h"
#include "store/held.h"
#include "store/holds.h"

#define GROUP 100                   /* events that one write judges at most */
#define LOOK_MOST CLOCK_MINUTE      /* while events wait: the clock may be set meanwhile */
#define RETRY CLOCK_SECOND

struct limits {
    struct runner *runner;
    struct timer timer;
    struct db_job job;
    struct wakes wakes;
    int64_t at;   /* for when the timer is set; 0: it is not */
    int64_t next; /* what the job found: when the next one is due; 0: none waits */
    int64_t holds; /* and how many holds there are */
    bool busy, again;
    bool one;     /* after trouble: one event a write */
    struct err final; /* what judging the first one ends with, whenever it is tried: it is told and left; kind ERR_NONE: nothing is known */
};

/* ---- holding */

void limits_say(int64_t limit, int64_t until, char out[200])
{
    char at[CLOCK_TEXT];
    clock_rfc3339(until, at);
    bool today = until - clock_now() < CLOCK_DAY;
    snprintf(out, 200, "this webhook started %lld run%s in 10 minutes, its limit; goes on at %.*s%s", (long long)limit, limit == 1 ? "" : "s",
             today ? 8 : 30, today ? at + 11 : at, today ? " UTC" : "");
}

bool limits_hold(struct decision *d, const struct trigger_row *t, int64_t event_id, bool *ret_held, struct err *e)
{
    int64_t until = 0;
    char says[200];
    *ret_held = false;
    if (!t->run_limit)
        return true;
    if (!held_until(d->tx, t->id, event_id, t->run_limit, clock_now(), &until, e) || !until)
        return !until;
    limits_say(t->run_limit, until, says);
    AUTO_FREE char *message = mem_format("held: %s", says);
    *ret_held = true;
    d->wakes->held = !d->wakes->held || until < d->wakes->held ? until : d->wakes->held;
    return held_set(d->tx, event_id, message, until, e);
}

/* ---- judged again: its time came, or (by) somebody lets it go before */

static bool judge(struct decision *d, const struct inbox_event_row *row, const struct trigger_row *t, const struct run_asker *by, struct start *s,
                  struct err *e)
{
    char why[700];
    if (!by && !t->enabled)
        return inbox_event_set(d->tx, row->id, "IGNORED", "webhook disabled", 0, e);
    if (!push_get(d->tx, row->push_id, &d->push, e))
        return false;
    if (!text_is(d->push.confirm, "none") && !decide_go(&d->push, t->verify_push, why, &s->note))
        return inbox_event_set(d->tx, row->id, "FAILED", why, 0, e);
    return decide_start(d, s, e);
}

static bool judge_held(struct runner *r, struct db_tx *tx, int64_t event_id, const struct run_asker *by, bool released, struct wakes *wakes,
                       int64_t *ret_pipeline, struct err *e)
{
    struct inbox_event_row row;
    struct trigger_row t = { 0 };
    bool found = false;
    if (!inbox_event_get(tx, event_id, &row, e) || !trigger_get(tx, row.webhook_id, &t, &found, e))
        return false;
    struct decision d = { .runner = r, .tx = tx, .wakes = wakes, .project_id = row.project_id };
    struct start s = { .trigger = &t, .event_id = row.id, .attempt = row.attempt, .event_uuid = row.uuid, .released = released };
    bool ok = found && row.push_id ? judge(&d, &row, &t, by, &s, e)
                                   : inbox_event_set(tx, row.id, "FAILED", "the webhook was deleted while the event was held", 0, e);
    *ret_pipeline = t.pipeline_id;
    trigger_row_fini(&t);
    decision_fini(&d);
    return ok;
}

static bool must_be_held(struct db_tx *tx, int64_t event_id, struct err *e)
{
    bool held = false;
    return held_is(tx, event_id, &held, e) && (held || err_set(e, ERR_CONFLICT, "the event is not held"));
}

bool runner_release_event(struct runner *r, struct db_tx *tx, int64_t event_id, const struct run_asker *by, int64_t *ret_pipeline_id, struct err *e)
{
    struct wakes wakes = { 0 };
    bool ok = must_be_held(tx, event_id, e) && judge_held(r, tx, event_id, by, true, &wakes, ret_pipeline_id, e);
    wakes_fini(&wakes);
    return ok;
}

bool limits_let_go(struct runner *r, struct db_tx *tx, int64_t event_id, struct wakes *wakes, struct err *e)
{
    int64_t pipeline = 0;
    return judge_held(r, tx, event_id, NULL, true, wakes, &pipeline, e) && windows_start(r, tx, pipeline, wakes, e);
}

bool runner_discard_event(struct db_tx *tx, int64_t event_id, const char *by, struct err *e)
{
    AUTO_FREE char *message = mem_format("discarded by %s while it was held: it did not run", by);
    return must_be_held(tx, event_id, e) && inbox_event_set(tx, event_id, "CANCELED", message, 0, e);
}

/* ---- the clock */

static bool look_work(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct limits *l = OWNER(job, struct limits, job);
    AUTO_FREE int64_t *due = NULL;
    int64_t now = clock_now(), pipeline = 0;
    size_t count = 0;
    if (!held_next(tx, &l->next, e) || !holds_open(tx, &l->holds, e))
        return false;
    /* Whoever is first of a webhook waits for one window at most, unless the clock was set back. */
    if (l->next > now + HELD_WINDOW && !held_hurry(tx, 0, now, e))
        return false;
    if (!held_due(tx, now, l->one ? 1 : GROUP, &due, &count, e))
        return false;
    if (l->final.kind && count) {
        AUTO_FREE char *message = mem_format("could not be decided: %s", l->final.text);
        return inbox_event_set(tx, due[0], "FAILED", message, 0, e) && held_next(tx, &l->next, e);
    }
    for (size_t i = 0; i < count; i++)
        if (!judge_held(l->runner, tx, due[i], NULL, false, &l->wakes, &pipeline, e))
            return err_wrap(e, "held event %lld", (long long)due[i]);
    return held_next(tx, &l->next, e);
}

static void look_due(struct timer *t)
{
    struct limits *l = OWNER(t, struct limits, timer);
    l->at = 0;
    limits_look(l->runner);
}

/* One that nobody can judge must not hold up the others. Whether to go on at once. */
static bool judged_one_by_one(struct limits *l, const struct err *e)
{
    bool final = e && l->one && !l->final.kind && !err_retry(e->kind) && e->kind != ERR_CANCELED;
    bool first = e && !l->one && !err_retry(e->kind);
    bool was_one = l->one;
    l->final = final ? *e : (struct err){ 0 };
    l->one = e && (l->one || first);
    return final || first || (!e && was_one);
}

static void look_done(struct db_job *job, const struct err *e)
{
    struct limits *l = OWNER(job, struct limits, job);
    struct runner *r = l->runner;
    bool again = l->again;
    l->busy = false;
    if (e)
        log_error("runner", "held events could not be judged, trying again: %s", e->text);
    else
        wakes_act(r, &l->wakes);
    if (!e)
        r->stats.holds_open = l->holds;
    wakes_fini(&l->wakes);
    again |= judged_one_by_one(l, e);
    if (again)
        limits_look(r);
    else if (e)
        limits_at(r, clock_now() + RETRY);
    else if (l->next)
        limits_at(r, l->next);
    runner_ended(r);
}

void limits_look(struct runner *r)
{
    struct limits *l = r->limits;
    l->again = l->busy;
    if (l->busy || r->draining)
        return;
    l->busy = true;
    l->job = (struct db_job){ .work = look_work, .done = look_done };
    runner_began(r);
    db_write(r->config.db, &l->job);
}

void limits_at(struct runner *r, int64_t when)
{
    struct limits *l = r->limits;
    int64_t now = clock_now(), wait = when - now;
    wait = wait < 0 ? 0 : wait > LOOK_MOST ? LOOK_MOST : wait;
    if (r->draining || (l->at && l->at <= now + wait))
        return;
    l->at = now + wait;
    timer_set(&l->timer, r->config.loop, wait, look_due);
}

void runner_wake_held(struct runner *r)
{
    limits_look(r);
}

struct limits *limits_create(struct runner *r)
{
    struct limits *l = NEW(struct limits);
    l->runner = r;
    return l;
}

void limits_drain(struct runner *r)
{
    timer_clear(&r->limits->timer);
}

void limits_destroy(struct limits **limits)
{
    if (*limits)
        timer_clear(&(*limits)->timer);
    free(TAKE(*limits));
}

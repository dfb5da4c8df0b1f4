#include "runner/windows.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define LOOK_MOST CLOCK_MINUTE /* how long the clock is trusted: it may be set meanwhile */
#define RETRY CLOCK_SECOND
#define NOT_KNOWN CLOCK_HOUR   /* after so long what cannot be told is judged again */

struct windows_clock {
    struct runner *runner;
    struct timer timer;
    struct db_job job;
    struct wakes wakes;
    int64_t at;   /* when to look; 0: nothing waits */
    int64_t next; /* what the job found */
    bool busy;
};

/* ---- who may begin */

static bool judge(struct db_tx *tx, int64_t pipeline_id, bool *ret_open, struct wakes *wakes, struct err *e)
{
    struct gate gate;
    int64_t now = clock_now();
    if (!windows_gate(tx, pipeline_id, now, &gate, e))
        return false;
    int64_t until = gate.at ? gate.at : now + NOT_KNOWN;
    *ret_open = gate.open;
    if (!gate.open)
        wakes->window = !wakes->window || until < wakes->window ? until : wakes->window;
    return windows_hold(tx, pipeline_id, &gate, until, e);
}

bool windows_start(struct runner *r, struct db_tx *tx, int64_t pipeline_id, struct wakes *wakes, struct err *e)
{
    bool open = true, waits = false;
    return run_waits(tx, pipeline_id, &waits, e) && (!waits || (judge(tx, pipeline_id, &open, wakes, e) &&
           run_start_queued(tx, pipeline_id, !open, r->config.node, id_list_collect, &wakes->started, e)));
}

/* ---- the clock */

static void set(struct windows_clock *c);

static bool look_work(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct windows_clock *c = OWNER(job, struct windows_clock, job);
    AUTO_FREE int64_t *due = NULL;
    size_t count = 0;
    bool ok = windows_due(tx, clock_now(), &due, &count, e);
    for (size_t i = 0; ok && i < count; i++)
        ok = windows_start(c->runner, tx, due[i], &c->wakes, e);
    ok = ok && windows_next(tx, &c->next, e);
    if (ok && c->next && c->next < clock_now() + RETRY) /* what could not be moved on must not keep the writer busy */
        c->next = clock_now() + RETRY;
    return ok;
}

static void look_done(struct db_job *job, const struct err *e)
{
    struct windows_clock *c = OWNER(job, struct windows_clock, job);
    struct runner *r = c->runner;
    c->busy = false;
    if (e)
        log_error("runner", "executions that wait for their change window could not be judged, trying again: %s", e->text);
    else
        wakes_act(r, &c->wakes);
    wakes_fini(&c->wakes);
    c->wakes.window = 0;
    if (e)
        windows_at_latest(r, clock_now() + RETRY);
    else if (c->next)
        windows_at_latest(r, c->next);
    runner_ended(r);
}

static void fired(struct timer *t)
{
    struct windows_clock *c = OWNER(t, struct windows_clock, timer);
    if (clock_now() < c->at || c->busy) {
        set(c);
        return;
    }
    c->at = 0;
    c->busy = true;
    c->job = (struct db_job){ .work = look_work, .done = look_done };
    runner_began(c->runner);
    db_write(c->runner->config.db, &c->job);
}

static void set(struct windows_clock *c)
{
    int64_t wait = c->at - clock_now();
    wait = wait < CLOCK_MS ? CLOCK_MS : wait > LOOK_MOST ? LOOK_MOST : wait;
    timer_clear(&c->timer);
    timer_set(&c->timer, c->runner->config.loop, wait, fired);
}

void windows_at_latest(struct runner *r, int64_t when)
{
    struct windows_clock *c = r->windows;
    if (r->draining || (c->at && c->at <= when))
        return;
    c->at = when;
    set(c);
}

struct windows_clock *windows_create(struct runner *r)
{
    struct windows_clock *c = NEW(struct windows_clock);
    c->runner = r;
    return c;
}

void windows_drain(struct runner *r)
{
    timer_clear(&r->windows->timer);
}

void windows_clock_destroy(struct windows_clock **clock)
{
    if (*clock)
        timer_clear(&(*clock)->timer);
    free(TAKE(*clock));
}

/* A deployment that would begin outside of its pipeline's change window waits for it in its place: the run may have begun long before, and waited for
 * an answer since. */
#include "base/clock.h"
#include "runner/windows.h"

#define LOOK_MOST CLOCK_MINUTE /* the clock may be set meanwhile */

static void look(struct window_hold *h);

static void look_again(struct timer *t)
{
    look(OWNER(t, struct window_hold, timer));
}

static bool look_work(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct window_hold *h = OWNER(job, struct window_hold, job);
    return windows_gate(tx, h->pipeline_id, clock_now(), &h->gate, e) && windows_is_free(tx, h->execution_id, &h->free, e);
}

static void end(struct window_hold *h)
{
    list_remove(&h->link);
    h->open(h);
}

static void look_done(struct db_job *job, const struct err *e)
{
    struct window_hold *h = OWNER(job, struct window_hold, job);
    struct runner *r = h->runner;
    h->reading = false;
    if (h->stopped || r->draining || (!e && (h->gate.open || h->free))) {
        end(h);
    } else {
        int64_t left = e || !h->gate.at ? LOOK_MOST : h->gate.at - clock_now();
        if (!e)
            h->waits(h);
        timer_set(&h->timer, r->config.loop, left < LOOK_MOST ? (left > CLOCK_MS ? left : CLOCK_MS) : LOOK_MOST, look_again);
    }
    runner_ended(r);
}

static void look(struct window_hold *h)
{
    h->reading = true;
    h->job = (struct db_job){ .work = look_work, .done = look_done };
    runner_began(h->runner);
    db_read(h->runner->config.db, &h->job);
}

void window_hold_start(struct window_hold *h)
{
    list_append(&h->runner->holds, &h->link);
    look(h);
}

void window_hold_stop(struct window_hold *h)
{
    h->stopped = true;
    if (!link_in_list(&h->link) || h->reading)
        return;
    timer_clear(&h->timer);
    end(h);
}

void windows_look_again(struct runner *r)
{
    LIST_EACH(&r->holds, l) {
        struct window_hold *h = OWNER(l, struct window_hold, link);
        if (!h->reading) {
            timer_clear(&h->timer);
            look(h);
        }
    }
}

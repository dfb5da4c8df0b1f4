/* Matching: stored deliveries meet the triggers, in groups, each group one write. */
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "event/event.h"
#include "runner/decide.h"
#include "store/inbox.h"

#define GROUP 256 /* deliveries that one write matches at most */

struct match_job {
    struct db_job job;
    struct runner *runner;
    struct wakes wakes;
    size_t group, count;
    struct err why;   /* of giving up: what matching the first one ended with; kind ERR_NONE: matching */
    bool tell;        /* in Activity too */
};

static bool match_delivery(struct match_job *m, struct db_tx *tx, const struct inbox_unmatched *u, struct err *e)
{
    size_t i;
    json_t *entry;
    json_array_foreach(u->events, i, entry) {
        AUTO(event) event = event_from_json(entry);
        if (!decide_push(m->runner, tx, u, event, &m->wakes, e))
            return err_wrap(e, "match delivery %lld", (long long)u->id);
    }
    return inbox_matched(tx, u->id, e);
}

/* Nobody can decide this one; the others must not wait for it. */
static bool give_up(struct match_job *m, struct db_tx *tx, const struct inbox_unmatched *u, struct err *e)
{
    size_t i;
    json_t *entry;
    json_array_foreach(u->events, i, entry) {
        AUTO(event) event = event_from_json(entry);
        if (m->tell && !decide_undecided(m->runner, tx, u, event, m->why.text, e))
            return false;
    }
    return inbox_undecided(tx, u->id, m->why.text, e);
}

static bool match_work(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct match_job *m = OWNER(job, struct match_job, job);
    struct inbox_unmatched *rows = NULL;
    bool ok = inbox_unmatched(tx, m->group, &rows, &m->count, e);
    for (size_t i = 0; ok && i < m->count; i++)
        ok = m->why.kind ? give_up(m, tx, &rows[i], e) : match_delivery(m, tx, &rows[i], e);
    if (rows)
        inbox_unmatched_free(rows, m->count);
    return ok;
}

static void match_due(struct timer *t)
{
    runner_wake_inbox(OWNER(t, struct runner, match_retry));
}

static void match_done(struct db_job *job, const struct err *e);

static void start(struct runner *r, size_t group, const struct err *why, bool tell)
{
    struct match_job *m = NEW(struct match_job);
    *m = (struct match_job){ .job = { .work = match_work, .done = match_done }, .runner = r, .group = group, .tell = tell };
    if (why)
        m->why = *why;
    r->matching = true;
    runner_began(r);
    db_write(r->config.db, &m->job);
}

/* A group that cannot be matched is tried one by one; one that cannot be is told of and left, unless time may help. */
static void failed(struct runner *r, const struct match_job *m, const struct err *e)
{
    bool final = m->group == 1 && !err_retry(e->kind) && e->kind != ERR_CANCELED;
    bool untold = m->why.kind && !m->tell; /* not even that could be written: the database has a trouble of its own */
    log_error("runner", "%s: %s", m->why.kind ? "a delivery that could not be decided could not be left either" :
              final ? "a delivery cannot be decided, and is left" : "deliveries could not be matched, trying again", e->text);
    if (r->draining)
        return;
    if (final && !untold)
        start(r, 1, m->why.kind ? &m->why : e, !m->why.kind);
    else if (m->group > 1 && !err_retry(e->kind))
        start(r, 1, NULL, false);
    else
        timer_set(&r->match_retry, r->config.loop, CLOCK_SECOND, match_due);
}

static void match_done(struct db_job *job, const struct err *e)
{
    struct match_job *m = OWNER(job, struct match_job, job);
    struct runner *r = m->runner;
    bool more = !e && (r->match_again || m->count == m->group);
    r->matching = false;
    if (e) {
        failed(r, m, e);
    } else {
        r->stats.deliveries_matched += (int64_t)m->count;
        wakes_act(r, &m->wakes);
    }
    wakes_fini(&m->wakes);
    if (more && !r->draining) /* after trouble one by one, until one has gone well */
        start(r, m->why.kind ? 1 : GROUP, NULL, false);
    free(m);
    runner_ended(r);
}

void runner_wake_inbox(struct runner *r)
{
    r->match_again = r->matching;
    if (!r->matching && !r->draining)
        start(r, GROUP, NULL, false);
}

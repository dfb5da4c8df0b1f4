/* What the sweep found at the registry; and how it and the deliveries know each other's pushes, so that each runs once. */
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "event/event.h"
#include "runner/decide_work.h"
#include "store/watches.h"

#define NOTE "found by sweep: no delivery had told of this push"
#define CLOCKS_DIFFER (2 * CLOCK_SECOND)      /* between the registry and us */
#define PLAUSIBLE_PAST (7 * CLOCK_DAY)        /* an older time is a sample's, or a stopped clock's */
#define PLAUSIBLE_FUTURE (5 * CLOCK_MINUTE)
#define LATE_WITHOUT_TIME (10 * CLOCK_MINUTE) /* a delivery that tells no time, but the digest, is of the push found so long ago */

/* ---- a delivery comes after the sweep */

/* Does the delivery tell of a push from before the sweep looked? */
static bool older_than_look(const struct push *push, int64_t found_at)
{
    int64_t pushed = event_pushed_micros(push->pushed_at), now = clock_now();
    if (pushed > found_at - PLAUSIBLE_PAST && pushed < now + PLAUSIBLE_FUTURE)
        return pushed <= found_at + CLOCKS_DIFFER;
    return *push->digest && now - found_at <= LATE_WITHOUT_TIME;
}

bool decide_swept(struct decision *d, const struct trigger_row *t, bool *ret, char why[700], struct err *e)
{
    const struct push *p = &d->push;
    char at[CLOCK_TEXT];
    int64_t found_at = 0, index = 0;
    bool digest_comes = !*p->digest && (text_is(p->confirm, "none") || text_is(p->confirm, "asked")) && !text_is(t->verify_push, "off");
    *ret = false;
    if (d->note || digest_comes) /* found by the sweep itself; the registry is asked first */
        return true;
    if (!push_swept(d->tx, p->endpoint_id, p->repository, p->tag, p->digest, t->id, &found_at, &index, e))
        return false;
    *ret = found_at && older_than_look(p, found_at);
    if (!*ret)
        return true;
    int n = snprintf(why, 700, "the sweep found this push at %s, before its delivery came", clock_rfc3339(found_at, at));
    if (index)
        snprintf(why + n, (size_t)(700 - n), "; it is execution #%lld of %s", (long long)index, t->pipeline);
    return true;
}

/* ---- the sweep comes after a delivery, or finds what nobody told of */

static struct event *event_found(const struct watch_row *watch, const char *tag, const char *digest)
{
    struct event *ev = event_create();
    event_set(&ev->source, "sweep");
    event_set(&ev->action, "push");
    event_set(&ev->host, watch->registry);
    event_set(&ev->repository, watch->repository);
    event_set(&ev->tag, tag);
    event_set(&ev->digest, digest);
    return ev;
}

static bool fires(struct decision *d, int64_t webhook_id, int64_t since, struct trigger_row *t, bool *ret, struct err *e)
{
    bool found = false, told = false;
    const struct event *ev = d->event;
    if (!trigger_get(d->tx, webhook_id, t, &found, e))
        return false;
    *ret = found && decide_takes(d, t);
    if (!*ret || !push_told(d->tx, t->endpoint_id, ev->repository, ev->tag, ev->digest, webhook_id, since, &told, e))
        return !*ret;
    *ret = !told;
    return true;
}

/* One push for all webhooks that it concerns, made when the first fires. */
static bool fire(struct decision *d, const struct trigger_row *t, struct err *e)
{
    if (!d->push.id && !push_found(d->tx, &d->push, clock_now(), e))
        return false;
    d->runner->stats.pushes += !d->new_push;
    d->new_push = true;
    return decide_fire(d, t, e);
}

bool decide_found(struct runner *r, struct db_tx *tx, const struct watch_row *watch, const struct watch_find *found, struct wakes *wakes,
                  bool *ret_push, struct err *e)
{
    AUTO(event) ev = event_found(watch, found->tag, found->digest);
    struct decision d = { .runner = r, .tx = tx, .wakes = wakes, .project_id = watch->project_id, .event = ev, .note = NOTE,
                          .trace = json_array() };
    bool ok = true;
    decide_fill(&d, watch->endpoint_id);
    for (size_t i = 0; ok && i < found->webhook_count; i++) {
        struct trigger_row t = { 0 };
        bool starts = false;
        ok = fires(&d, found->webhooks[i], found->since, &t, &starts, e) && (!starts || fire(&d, &t, e));
        trigger_row_fini(&t);
    }
    *ret_push = d.new_push;
    decision_fini(&d);
    return ok;
}

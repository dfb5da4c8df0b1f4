#include "runner/holds_work.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "runner/limits.h"
#include "store/people.h"
#include "store/totals.h"

/* What became of what failed; the caller's. */
static char *outcome_of(const struct execution *x)
{
    AUTO_FREE char *restored = execution_restored(x);
    if (x->status == RUN_ROLLING_BACK)
        return mem_text("");
    if (x->status == RUN_ROLLBACK_FAILED)
        return mem_format("%s%sNot all of it could be put back: look at the run", restored, *restored ? ". " : "");
    return *restored ? TAKE(restored) : mem_text(x->status == RUN_ROLLBACK_COMPLETED ? "It was rolled back" : "Nothing was put back");
}

/* ---- a push comes */

/* One at a time, and not before the last one is put back. */
static bool may_try(struct db_tx *tx, const struct hold *h, bool *ret, struct err *e)
{
    bool tried = true;
    *ret = false;
    if (!text_is(h->when_held, "tryNewest") || !*h->outcome)
        return true;
    if (!hold_tried(tx, h, &tried, e))
        return false;
    *ret = !tried;
    return true;
}

bool holds_keep(struct decision *d, const struct start *s, bool *ret, struct err *e)
{
    struct hold h = { 0 };
    bool tries = false;
    char says[HOLD_TEXT];
    if (!hold_find(d->tx, s->trigger->id, d->push.registry, d->push.repository, &h, ret, e))
        return false;
    bool ok = !*ret || d->push.id <= h.push_id || may_try(d->tx, &h, &tries, e);
    *ret = *ret && !tries;
    if (ok && *ret) {
        hold_says(&h, true, says);
        ok = hold_event(d->tx, h.id, s->event_id, says, e) && change_add(d->tx, h.project_id, "webhooks", h.webhook_id, e);
    }
    hold_fini(&h);
    return ok;
}

/* ---- a run moves */

static bool tell_behind(struct db_tx *tx, const struct hold *h, struct err *e)
{
    char says[HOLD_TEXT];
    hold_says(h, true, says);
    return hold_say(tx, h->id, h->project_id, says, e);
}

/* It begins, or goes on with this run's failure. */
static bool put(struct db_tx *tx, const struct run_row *row, const struct hold *next, struct err *e)
{
    struct hold old = { 0 }, now = { 0 };
    bool had = false, have = false;
    int64_t id = 0;
    if (!hold_find(tx, next->webhook_id, next->registry, next->repository, &old, &had, e))
        return false;
    bool same = had && text_is(old.execution, next->execution);
    bool ok = hold_put(tx, next, &id, e) && (had || !id || hold_queued(tx, next, id, e)) && (!id || hold_get(tx, id, &now, &have, e));
    if (ok && have)
        ok = tell_behind(tx, &now, e) && (same || audit_add(tx, row->project_id, row->executed_by, "webhook.hold", now.webhook, next->reason, e));
    hold_fini(&old);
    hold_fini(&now);
    return ok;
}

static bool failed(struct db_tx *tx, const struct run_row *row, const struct push *push, const struct execution *x, struct wakes *wakes, struct err *e)
{
    AUTO_FREE char *outcome = outcome_of(x);
    bool outdated = false;
    struct hold next = { .project_id = row->project_id, .webhook_id = row->webhook_id, .registry = push->registry, .repository = push->repository,
                         .tag = push->tag, .digest = push->digest, .push_id = push->id, .execution = (char *)row->uuid, .name = row->name,
                         .index = row->index, .reason = (char *)run_text(x->message), .outcome = outcome };
    wakes->held = clock_now(); /* they are counted */
    return hold_outdated(tx, &next, &outdated, e) && (outdated || put(tx, row, &next, e));
}

/* Nobody needs to let the others go: a newer image passed. */
static bool passed(struct db_tx *tx, const struct run_row *row, const struct push *push, const struct hold *h, struct wakes *wakes, struct err *e)
{
    AUTO_FREE char *by = mem_format("%s#%lld passed with %s:%s", row->name, (long long)row->index, push->repository, push->tag);
    AUTO_FREE char *message = mem_format("superseded: %s, which was pushed later", by);
    if (push->id < h->push_id) /* people ran an older one again */
        return true;
    wakes->held = clock_now();
    return hold_let_go(tx, h, push->id, push->tag, message, e) && hold_delete(tx, h, e) &&
           audit_add(tx, row->project_id, row->executed_by, "webhook.release", h->webhook, by, e);
}

static bool try_next(struct runner *r, struct db_tx *tx, const struct hold *h, struct wakes *wakes, struct err *e)
{
    bool tries = false;
    int64_t event = 0;
    if (!may_try(tx, h, &tries, e))
        return false;
    return !tries || (hold_newest(tx, h, &event, e) && (!event || limits_let_go(r, tx, event, wakes, e)));
}

static bool judge(struct runner *r, struct db_tx *tx, const struct run_row *row, const struct push *push, const struct execution *x, struct wakes *wakes,
                  struct err *e)
{
    struct hold h = { 0 };
    bool found = false;
    if ((x->pipeline->on_failed & PIPELINE_HOLDS) && execution_unverified(x) && !failed(tx, row, push, x, wakes, e))
        return false;
    if (!hold_find(tx, row->webhook_id, push->registry, push->repository, &h, &found, e))
        return false;
    bool ok = !found || (x->status == RUN_COMPLETED ? passed(tx, row, push, &h, wakes, e) : execution_live(x) || try_next(r, tx, &h, wakes, e));
    hold_fini(&h);
    return ok;
}

bool holds_step(struct runner *r, struct db_tx *tx, const struct run_row *row, const struct execution *before, const struct execution *after,
                struct wakes *wakes, struct err *e)
{
    struct push push = { 0 };
    struct err gone = { 0 };
    bool begins = after->status == RUN_ROLLING_BACK && before->status != RUN_ROLLING_BACK;
    if (!row->webhook_id || !row->push_id || (execution_live(after) && !begins))
        return true;
    if (!push_get(tx, row->push_id, &push, &gone))
        return gone.kind == ERR_NOT_FOUND || (*e = gone, false);
    bool ok = judge(r, tx, row, &push, after, wakes, e);
    push_fini(&push);
    return ok;
}

/* A person asks for an event again. */
#include "runner/decide_work.h"

#include "base/clock.h"
#include "base/mem.h"
#include "store/held.h"

static bool rerun(struct decision *d, const struct inbox_event_row *old, const struct trigger_row *t, const struct run_asker *by, const char *message,
                  struct run_made *ret, struct err *e)
{
    struct inbox_event_new event;
    struct start s = { .trigger = t, .asked_by = by };
    int64_t last = 0;
    if (!push_get(d->tx, old->push_id, &d->push, e) || !inbox_event_last(d->tx, old->push_id, t->id, &last, e))
        return false;
    d->trace = json_pack("[{s:s,s:s,s:s,s:s}]", "webhook", t->name, "pipeline", t->pipeline, "rule", "asked", "why", message);
    AUTO_FREE char *trace = json_write(d->trace);
    event = (struct inbox_event_new){ .project_id = d->project_id, .delivery_id = d->delivery_id, .push_id = d->push.id, .webhook_id = t->id,
                                      .webhook = t->name, .pipeline = t->pipeline, .status = "QUEUED", .message = message, .trace = trace,
                                      .registry = d->push.registry, .repository = d->push.repository, .tag = d->push.tag,
                                      .owner = d->push.actor, .attempt = last + 1, .now = clock_now() };
    if (!inbox_event_add(d->tx, &event, &s.event_id, e))
        return false;
    s.event_uuid = event.uuid;
    s.attempt = last + 1;
    s.note = message;
    if (!decide_start(d, &s, e))
        return false;
    *ret = s.made;
    return s.made.id || err_set(e, ERR_CONFLICT, "the event could not be run again: its pipeline is disabled, gone, or misses an input");
}

bool decide_again(struct decision *d, const struct inbox_event_row *old, const struct run_asker *by, const char *message, struct run_made *ret,
                  struct err *e)
{
    struct trigger_row t = { 0 };
    bool found = false;
    if (!trigger_get(d->tx, old->webhook_id, &t, &found, e))
        return false;
    bool ok = (found || err_set(e, ERR_CONFLICT, "the webhook of this event was deleted")) && rerun(d, old, &t, by, message, ret, e);
    trigger_row_fini(&t);
    return ok;
}

/* A held event that is run now must not go on by itself later. */
static bool leave_held(struct db_tx *tx, const struct inbox_event_row *old, const struct run_asker *by, struct err *e)
{
    bool held = false;
    AUTO_FREE char *message = mem_format("%s did not wait for it: see the next attempt", by->name);
    return held_is(tx, old->id, &held, e) && (!held || inbox_event_set(tx, old->id, "CANCELED", message, 0, e));
}

bool runner_rerun_event(struct runner *r, struct db_tx *tx, int64_t event_id, const struct run_asker *by, struct run_made *ret,
                        int64_t *ret_pipeline_id, struct err *e)
{
    struct inbox_event_row old;
    struct trigger_row t = { 0 };
    struct wakes wakes = { 0 };
    bool found = false;
    AUTO_FREE char *message = mem_format("run again by %s", by->name);
    if (!inbox_event_get(tx, event_id, &old, e) || !leave_held(tx, &old, by, e))
        return false;
    if (!old.push_id || !old.webhook_id)
        return err_set(e, ERR_CONFLICT, "no webhook took this event; run many again (by its id as filter) judges it anew by today's webhooks");
    if (!trigger_get(tx, old.webhook_id, &t, &found, e))
        return false;
    *ret_pipeline_id = t.pipeline_id;
    trigger_row_fini(&t);
    struct decision d = { .runner = r, .tx = tx, .wakes = &wakes, .project_id = old.project_id };
    bool ok = decide_again(&d, &old, by, message, ret, e);
    decision_fini(&d);
    wakes_fini(&wakes);
    return ok;
}

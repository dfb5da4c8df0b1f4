/* A person asks for many events again: those that a webhook took run once more, and what none took is judged anew. */
#include "runner/decide_work.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "event/event.h"

struct again { /* one run to begin */
    struct inbox_event_row from; /* its webhook_id is that of the trigger that runs */
    bool anew;
};

struct many {
    struct runner *runner;
    struct db_tx *tx;
    const struct run_asker *by;
    struct again *runs;
    size_t count;
    struct run_again *told;
};

void run_again_fini(struct run_again *again)
{
    json_decref(again->started);
    json_decref(again->refused);
    *again = (struct run_again){ 0 };
}

static void add(struct many *m, const struct inbox_event_row *from, int64_t webhook_id, bool anew)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->runs[i].from.push_id == from->push_id && m->runs[i].from.webhook_id == webhook_id)
            return;
    if ((m->count & (m->count - 1)) == 0)
        m->runs = mem_resize(m->runs, (m->count ? m->count * 2 : 1) * sizeof *m->runs);
    m->runs[m->count] = (struct again){ .from = *from, .anew = anew };
    m->runs[m->count++].from.webhook_id = webhook_id;
}

/* ---- what no webhook took, by today's webhooks */

static bool judge_one(struct many *m, struct decision *d, const struct inbox_event_row *from, int64_t webhook_id, bool *ret, struct err *e)
{
    struct trigger_row t = { 0 };
    bool found = false, taken = true, swept = false;
    char why[700];
    bool ok = trigger_get(m->tx, webhook_id, &t, &found, e);
    bool takes = ok && found && decide_takes(d, &t);
    ok = ok && (!takes || (inbox_event_taken(m->tx, from->push_id, webhook_id, &taken, e) && decide_swept(d, &t, &swept, why, e)));
    trigger_row_fini(&t);
    if (ok && takes && !taken && !swept) {
        add(m, from, webhook_id, true);
        *ret = true;
    }
    return ok;
}

static bool judge(struct many *m, struct decision *d, const struct inbox_event_row *from, bool *ret, struct err *e)
{
    AUTO_FREE int64_t *ids = NULL;
    int64_t endpoint = 0, webhook = 0, all = 0;
    size_t count = 1;
    if (!inbox_told(m->tx, from->delivery_id, &endpoint, &webhook, &d->received_at, e))
        return false;
    if (!endpoint && !webhook) { /* the sweep found it, or its delivery is gone */
        endpoint = d->push.endpoint_id;
        d->received_at = d->push.first_at;
    }
    if (!webhook && !triggers_of_endpoint(m->tx, endpoint, d->push.repository, &ids, &count, &all, e))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!judge_one(m, d, from, ids ? ids[i] : webhook, ret, e))
            return false;
    return true;
}

static bool judge_anew(struct many *m, const struct inbox_event_row *from, struct err *e)
{
    struct decision d = { .runner = m->runner, .tx = m->tx, .project_id = from->project_id, .delivery_id = from->delivery_id, .trace = json_array() };
    bool taken = false;
    if (!push_get(m->tx, from->push_id, &d.push, e)) {
        decision_fini(&d);
        return false;
    }
    AUTO(event) ev = decide_event_of(&d.push);
    d.event = ev;
    bool ok = judge(m, &d, from, &taken, e);
    m->told->not_taken += ok && !taken;
    decision_fini(&d);
    return ok;
}

/* ---- which kind an event is of */

static bool is_over(const char *status)
{
    static const char *const OVER[] = { "COMPLETED", "FAILED", "CANCELED", "ROLLBACK_COMPLETED", "ROLLBACK_FAILED" };
    for (size_t i = 0; i < ALEN(OVER); i++)
        if (text_is(status, OVER[i]))
            return true;
    return false;
}

static bool look(struct many *m, int64_t event_id, struct err *e)
{
    struct inbox_event_row row;
    int64_t last = 0;
    if (!inbox_event_get(m->tx, event_id, &row, e))
        return false;
    if (!row.push_id) {
        m->told->not_taken++;
        return true;
    }
    if (!row.webhook_id || text_is(row.status, "IGNORED"))
        return judge_anew(m, &row, e);
    if (!is_over(row.status)) {
        m->told->under_way++;
        return true;
    }
    if (!inbox_event_last(m->tx, row.push_id, row.webhook_id, &last, e))
        return false;
    if (last != row.attempt)
        m->told->superseded++;
    else
        add(m, &row, row.webhook_id, false);
    return true;
}

/* ---- and again */

static bool begin(struct many *m, const struct again *a, struct err *e)
{
    struct wakes wakes = { 0 };
    struct run_made made = { 0 };
    AUTO_FREE char *message = mem_format(a->anew ? "judged anew, as %s asked" : "run again by %s", m->by->name);
    struct decision d = { .runner = m->runner, .tx = m->tx, .wakes = &wakes, .project_id = a->from.project_id, .delivery_id = a->from.delivery_id };
    struct err why = { 0 };
    bool ok = decide_again(&d, &a->from, m->by, message, &made, &why);
    decision_fini(&d);
    wakes_fini(&wakes);
    if (ok)
        json_array_append_new(m->told->started, json_pack("{s:s, s:s, s:I}", "event", a->from.uuid, "executionId", made.uuid, "executionIndex",
                                                          (json_int_t)made.index));
    else if (why.kind == ERR_CONFLICT || why.kind == ERR_INVALID || why.kind == ERR_NOT_FOUND)
        json_array_append_new(m->told->refused, json_pack("{s:s, s:s}", "event", a->from.uuid, "message", why.text));
    else
        return *e = why, false;
    return true;
}

bool runner_rerun_events(struct runner *r, struct db_tx *tx, const int64_t *ids, size_t count, const struct run_asker *by, bool start,
                         struct run_again *ret, struct err *e)
{
    struct many m = { .runner = r, .tx = tx, .by = by, .told = ret };
    bool ok = true;
    *ret = (struct run_again){ .started = json_array(), .refused = json_array() };
    for (size_t i = 0; ok && i < count; i++)
        ok = look(&m, ids[i], e);
    ret->runs = (int64_t)m.count;
    for (size_t i = 0; ok && start && i < m.count; i++)
        ok = begin(&m, &m.runs[i], e);
    free(m.runs);
    if (!ok)
        run_again_fini(ret);
    return ok;
}

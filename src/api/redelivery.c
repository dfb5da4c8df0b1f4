/* POST registry-events?action=rerun: all events of a filter run again. First it tells how many; told the same number, it does it, once. */
#include <string.h>

#include "api/once.h"
#include "api/resources.h"
#include "base/mem.h"
#include "store/activity.h"
#include "store/inbox.h"

/* They must be few enough to be begun in one go, and all of them where the caller may run pipelines. */
static bool page_ok(struct call *c, const struct list_page *page, struct err *e)
{
    if (page->next || page->total > (int64_t)page->count)
        return err_field(e, "$filter", "%s%lld events match: at most %d are run again at once, so narrow the filter", page->total_more ? "more than " : "",
                         (long long)page->total, RUN_AGAIN_MOST);
    for (size_t i = 0; i < page->count; i++) {
        struct inbox_event_row row;
        if (!inbox_event_get(c->tx, page->ids[i], &row, e) || !call_may(c, row.project_id, MAY_EXECUTE, e))
            return err_wrap(e, "not all events of the filter may be run again");
    }
    return true;
}

static json_t *again_json(const struct list_page *page, const struct run_again *a)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:O, s:O}", "count", (json_int_t)a->runs, "matched", (json_int_t)page->count, "superseded",
                     (json_int_t)a->superseded, "underWay", (json_int_t)a->under_way, "notTaken", (json_int_t)a->not_taken, "started", a->started,
                     "refused", a->refused);
}

static bool audit_started(struct call *c, const struct run_again *a, struct err *e)
{
    size_t i;
    json_t *one;
    json_array_foreach(a->started, i, one) {
        struct inbox_event_row row;
        int64_t id = 0, project = 0;
        if (!event_find(c->tx, json_text_at(one, "event", ""), &id, &project, e) || !inbox_event_get(c->tx, id, &row, e) ||
            !call_audit(c, project, "event.rerun", row.uuid, json_text_at(one, "executionId", ""), e))
            return false;
    }
    return true;
}

static void wake(struct api *api, int64_t unused)
{
    (void)unused;
    runner_wake_queued(api->config.runner);
}

/* expect < 0: only what would come of it. */
static bool rerun(struct call *c, const struct list_page *page, int64_t expect, struct err *e)
{
    struct runner *r = c->api->config.runner;
    struct run_asker by = { c->who.user_id, c->who.token_id, c->who.name };
    struct run_again would = { 0 }, did = { 0 };
    if (!runner_rerun_events(r, c->tx, page->ids, page->count, &by, false, &would, e))
        return false;
    int64_t runs = would.runs;
    if (expect < 0)
        call_answer(c, 200, again_json(page, &would));
    run_again_fini(&would);
    if (expect < 0)
        return true;
    if (runs != expect) {
        c->details = json_pack("{s:I}", "count", (json_int_t)runs);
        return err_set(e, ERR_CONFLICT, "%lld runs would begin, not %lld: nothing was started; look again, and expect the new number", (long long)runs,
                       (long long)expect);
    }
    if (!runner_rerun_events(r, c->tx, page->ids, page->count, &by, true, &did, e))
        return false;
    bool ok = audit_started(c, &did, e) && call_answer(c, 200, again_json(page, &did));
    run_again_fini(&did);
    call_after(c, wake, 0);
    return ok;
}

static bool rerun_page(struct call *c, void *context, struct err *e)
{
    static const struct list_view OLDEST_FIRST = { .source = &LIST_EVENTS, .order = "createdAt asc" };
    struct list_page page = { 0 };
    if (!call_page(c, &OLDEST_FIRST, NULL, 0, RUN_AGAIN_MOST, &page, e))
        return false;
    bool ok = page_ok(c, &page, e) && rerun(c, &page, *(const int64_t *)context, e);
    list_page_fini(&page);
    return ok;
}

bool events_act(struct call *c, struct err *e)
{
    AUTO_FREE char *action = call_query(c, "action"), *filter = call_query(c, "$filter"), *search = call_query(c, "search"),
                   *expected = call_query(c, "expect");
    int64_t expect = -1;
    c->in_project = true; /* each event's project is looked at; a repeat was allowed when it came first */
    if (!text_is(action, "rerun"))
        return err_field(e, "action", "?action=rerun is what can be done with many events");
    if (text_empty(filter) && text_empty(search))
        return err_field(e, "$filter", "running many events again needs a $filter");
    if (expected && (!text_to_int(expected, &expect) || expect < 0))
        return err_field(e, "expect", "expect is the number of runs that should begin; without it the number is told, and nothing begins");
    return expected ? call_once(c, true, rerun_page, &expect, e) : rerun_page(c, &expect, e);
}

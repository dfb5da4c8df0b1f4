/* registry-watches: the repositories that the sweep looks at. */
#include "api/resources.h"
#include "base/mem.h"
#include "runner/sweep.h"
#include "store/watches.h"

static json_t *watch_json(const struct watch_row *row)
{
    AUTO_FREE char *link = mem_format(API_PREFIX "/registry-watches/%lld", (long long)row->id);
    json_t *json = json_pack("{s:I, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:s}", "id", (json_int_t)row->id, "project", row->project,
                             "endpoint", row->endpoint, "registry", row->registry, "repository", row->repository, "tags",
                             (json_int_t)row->tags, "requests", (json_int_t)row->requests, "failures", (json_int_t)row->failures, "message",
                             row->message, "_link", link);
    if (row->checked_at)
        json_set_time(json, "checkedAt", "_checkedInMicros", row->checked_at);
    json_set_time(json, "nextAt", "_nextInMicros", row->next_at);
    return json;
}

static bool watch_load(struct call *c, int64_t id, json_t **ret, struct err *e)
{
    struct watch_row row = { 0 };
    bool found = false;
    if (!watch_get(c->tx, id, &row, &found, e))
        return false;
    if (!found)
        return err_set(e, ERR_NOT_FOUND, "this repository is no longer watched");
    *ret = watch_json(&row);
    watch_row_fini(&row);
    return true;
}

bool watches_list(struct call *c, struct err *e)
{
    return call_list(c, &(struct list_view){ .source = &LIST_WATCHES, .load = watch_load }, e);
}

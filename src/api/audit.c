/* Who did what, and when: the audit, read only. */
#include "api/resources.h"
#include "base/mem.h"
#include "store/people.h"

static void take(void *context, const struct audit_row *row)
{
    json_t **ret = context;
    *ret = json_pack("{s:I, s:s, s:s, s:s, s:s, s:s}", "id", (json_int_t)row->id, "project", row->project, "user", row->user, "action",
                     row->action, "object", row->object, "detail", row->detail);
    json_set_time(*ret, "createdAt", "_createTimeInMicros", row->created_at);
    AUTO_FREE char *link = mem_format(API_PREFIX "/audit-events/%lld", (long long)row->id);
    json_set_text(*ret, "_link", link);
}

static bool audit_load(struct call *c, int64_t id, json_t **ret, struct err *e)
{
    return audit_get(c->tx, id, take, ret, e);
}

bool audit_list(struct call *c, struct err *e)
{
    return call_list(c, &(struct list_view){ .source = &LIST_AUDIT, .load = audit_load }, e);
}

/* How a webhook stands: what its limit holds back. */
#include "api/hub.h"
#include "base/clock.h"
#include "base/mem.h"
#include "store/held.h"

static bool add_limit(struct call *c, const struct webhook_row *row, json_t *json, struct err *e)
{
    int64_t runs = 0, held = 0;
    if (!held_counts(c->tx, row->object.id, clock_now(), &runs, &held, e))
        return false;
    json_object_set_new(json, "runLimit", json_integer(row->run_limit));
    json_object_set_new(json, "recentRuns", json_integer(runs));
    json_object_set_new(json, "heldEvents", json_integer(held));
    return true;
}

json_t *webhook_standing(struct call *c, const struct webhook_row *row, json_t *json, struct err *e)
{
    if (add_limit(c, row, json, e))
        return json;
    json_decref(json);
    return NULL;
}

/* How a webhook stands: what its limit and failed verifications hold back, and when the API token that it lends ends. */
#include <stdio.h>

#include "api/hub.h"
#include "base/clock.h"
#include "base/mem.h"
#include "runner/holds.h"
#include "runner/tokens.h"
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

json_t *hold_json(struct call *c, int64_t id, struct err *e)
{
    struct hold h = { 0 };
    bool found = false;
    int64_t behind = 0;
    char says[HOLD_TEXT];
    if (!hold_get(c->tx, id, &h, &found, e) || !hold_behind(c->tx, id, &behind, e))
        return NULL;
    if (!found)
        return json_null();
    hold_says(&h, false, says);
    AUTO_FREE char *link = mem_format(API_PREFIX "/executions/%s", h.execution);
    json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:I, s:s}", "registry", h.registry, "imageName", h.repository, "tag", h.tag, "digest", h.digest,
                             "executionLink", link, "name", h.name, "executionIndex", (json_int_t)h.index, "reason", h.reason, "outcome", h.outcome, "waiting",
                             (json_int_t)behind, "says", says);
    json_set_time(json, "since", "_sinceInMicros", h.since);
    hold_fini(&h);
    return json;
}

static bool add_holds(struct call *c, const struct webhook_row *row, json_t *json, struct err *e)
{
    AUTO_FREE int64_t *ids = NULL;
    size_t count = 0;
    json_t *holds = json_array(), *one;
    json_object_set_new(json, "holds", holds);
    if (!holds_of(c->tx, row->object.id, &ids, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!(one = hold_json(c, ids[i], e)))
            return false;
        json_array_append_new(holds, one);
    }
    return true;
}

static void add_warning(json_t *json, const char *warning)
{
    json_t *warnings = json_object_get(json, "warnings");
    if (!warnings)
        json_object_set_new(json, "warnings", warnings = json_array());
    if (*warning)
        json_array_append_new(warnings, json_string(warning));
}

/* A token that cannot be read is a warning too: the webhook itself can be shown, and mended. */
static void add_token(struct call *c, const struct webhook_row *row, json_t *json)
{
    struct lent_token token = { 0 };
    bool found = false;
    int64_t now = clock_now();
    char says[700];
    struct err unread = { 0 };
    if (!runner_token_of(c->api->config.runner, c->tx, row->object.project_id, row->refresh_token, row->token_hash, &token, &found, &unread))
        snprintf(says, sizeof says, "the API token of this webhook cannot be read: %s", unread.text);
    else
        token_says(found ? &token : NULL, now, says);
    add_warning(json, says);
    json_t *lent = found ? json_pack("{s:s, s:s, s:b}", "name", token.name, "owner", token.owner, "valid", token.alive) : json_null();
    if (found && token.expires_at) {
        json_set_time(lent, "expiresAt", NULL, token.expires_at);
        json_object_set_new(lent, "expiresIn", json_integer((token.expires_at - now) / CLOCK_SECOND));
    }
    json_object_set_new(json, "apiToken", lent);
}

json_t *webhook_standing(struct call *c, const struct webhook_row *row, json_t *json, struct err *e)
{
    if (!add_limit(c, row, json, e) || !add_holds(c, row, json, e)) {
        json_decref(json);
        return NULL;
    }
    add_token(c, row, json);
    return json;
}

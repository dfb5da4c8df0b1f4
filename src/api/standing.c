/* How a webhook stands: what its limit holds back, and when the API token that it lends ends. */
#include <stdio.h>

#include "api/hub.h"
#include "base/clock.h"
#include "base/mem.h"
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
    if (!add_limit(c, row, json, e)) {
        json_decref(json);
        return NULL;
    }
    add_token(c, row, json);
    return json;
}

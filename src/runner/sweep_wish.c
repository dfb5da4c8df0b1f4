/* What a webhook wants to be looked at, and what people are told of it. Inside a write, or a read. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "registry/client.h"
#include "runner/hub_work.h"
#include "runner/sweep_work.h"
#include "store/webhooks.h"

#define LATENESS (5 * CLOCK_SECOND) /* of timers, and of an answer */

/* The one repository: the pattern's when that is a name, else the endpoint's. "" when there is none. */
static const char *repository_of(const struct webhook_row *webhook, const struct registry_target *target)
{
    return webhook->repository ? webhook->repository : target->repository;
}

static bool join(struct db_tx *tx, const struct webhook_row *webhook, const struct registry_target *target, struct err *e)
{
    AUTO_FREE char *patterns = mem_format("%s\n%s", webhook->image_pattern, webhook->tag_pattern);
    struct watch_wish wish = { .webhook_id = webhook->object.id, .project_id = webhook->object.project_id, .endpoint_id = webhook->endpoint_id,
                               .registry = target->host, .repository = repository_of(webhook, target), .patterns = patterns };
    return *wish.repository ? watch_join(tx, &wish, clock_now(), e) : watch_leave(tx, webhook->object.id, e);
}

bool runner_sweep_want(struct runner *r, struct db_tx *tx, int64_t webhook_id, struct err *e)
{
    struct webhook_row webhook = { 0 };
    AUTO(registry_target) target = NULL;
    struct err unknown = { 0 };
    if (!webhook_get(tx, webhook_id, &webhook, e))
        return false;
    bool wants = webhook.enabled && text_is(webhook.sweep, "on") && hub_target_read(r, tx, webhook.endpoint_id, &target, &unknown);
    bool ok = wants ? join(tx, &webhook, target, e) : watch_leave(tx, webhook_id, e);
    webhook_row_fini(&webhook);
    return ok;
}

bool runner_sweep_leave(struct db_tx *tx, int64_t webhook_id, struct err *e)
{
    return watch_leave(tx, webhook_id, e);
}

bool runner_sweep_endpoint(struct runner *r, struct db_tx *tx, int64_t endpoint_id, struct err *e)
{
    AUTO_FREE int64_t *ids = NULL;
    size_t count = 0;
    bool ok = hub_webhooks(tx, endpoint_id, &ids, &count, e);
    for (size_t i = 0; ok && i < count; i++)
        ok = runner_sweep_want(r, tx, ids[i], e);
    return ok && watches_hurry(tx, endpoint_id, clock_now(), e);
}

/* ---- within which time */

int64_t sweep_spacing(int64_t per_minute)
{
    return (CLOCK_MINUTE + CLOCK_SECOND) / per_minute;
}

int64_t sweep_within(int64_t seconds, int64_t per_minute, int64_t requests, int64_t took)
{
    int64_t round = requests * sweep_spacing(per_minute);
    return seconds * CLOCK_SECOND + (round > took ? round : took) + LATENESS;
}

const char *sweep_within_text(int64_t micros, char out[40])
{
    int64_t seconds = (micros + CLOCK_SECOND - 1) / CLOCK_SECOND, minutes = (seconds + 59) / 60;
    if (seconds < 120)
        snprintf(out, 40, "%lld seconds", (long long)((seconds + 9) / 10 * 10));
    else if (minutes < 120)
        snprintf(out, 40, "%lld minutes", (long long)minutes);
    else
        snprintf(out, 40, "%lld hours", (long long)((minutes + 59) / 60));
    return out;
}

/* ---- what people are told */

static void say(json_t *json, const char *state, const char *message)
{
    json_set_text(json, "state", state);
    json_set_text(json, "message", message);
}

static const char *why_not(const struct runner *r, const struct webhook_row *webhook)
{
    if (!webhook->enabled)
        return "the webhook is disabled";
    if (!text_is(webhook->sweep, "on"))
        return "the sweep of this webhook is off";
    return r->config.sweep ? NULL : "the server's setting sweep is false";
}

static void say_within(const struct runner *r, json_t *json, const struct watch_row *row, int64_t requests)
{
    char text[40];
    int64_t within = sweep_within(r->config.sweep_seconds, r->config.sweep_per_minute, requests, row->took);
    AUTO_FREE char *message = mem_format("every tag within %s", sweep_within_text(within, text));
    json_set_text(json, "within", text);
    json_object_set_new(json, "_withinMicros", json_integer(within));
    say(json, "on", message);
}

static void say_watch(const struct runner *r, json_t *json, const struct watching *watching, const struct watch_row *row, int64_t requests,
                      const char *registry_says)
{
    char at[CLOCK_TEXT];
    json_set_text(json, "registry", row->registry);
    json_set_text(json, "repository", row->repository);
    json_object_set_new(json, "tags", json_integer(row->tags));
    if (row->checked_at)
        json_set_text(json, "checkedAt", clock_rfc3339(row->checked_at, at));
    if (*registry_says || *row->message)
        say(json, "failing", *registry_says ? registry_says : row->message);
    else if (!watching->baseline_at)
        say(json, "baseline", "the digests that the registry has now are being read; what is pushed from then on is found");
    else
        say_within(r, json, row, requests);
}

static bool read_watch(struct runner *r, struct db_tx *tx, const struct watching *watching, json_t *json, struct err *e)
{
    struct watch_row row = { 0 };
    AUTO_FREE char *registry_says = NULL;
    int64_t requests = 0;
    bool found = false;
    bool ok = watch_get(tx, watching->watch_id, &row, &found, e) && (!found || swept_registry(tx, row.registry, &requests, &registry_says, e));
    if (ok && found)
        say_watch(r, json, watching, &row, requests, registry_says);
    watch_row_fini(&row);
    return ok;
}

bool runner_sweep_status(struct runner *r, struct db_tx *tx, int64_t webhook_id, json_t **ret, struct err *e)
{
    struct webhook_row webhook = { 0 };
    struct watching watching = { 0 };
    bool found = false;
    AUTO_JSON *json = json_object();
    if (!webhook_get(tx, webhook_id, &webhook, e))
        return false;
    const char *off = why_not(r, &webhook);
    bool ok = off || watching_of(tx, webhook_id, &watching, &found, e);
    if (off)
        say(json, "off", off);
    else if (ok && !found)
        say(json, "impossible", "neither the image pattern nor the endpoint's URL names one repository, or the endpoint cannot be read, so there is nothing to look at");
    else if (ok)
        ok = read_watch(r, tx, &watching, json, e);
    watching_fini(&watching);
    webhook_row_fini(&webhook);
    if (ok)
        *ret = TAKE(json);
    return ok;
}

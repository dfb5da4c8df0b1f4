/* registry-hooks: what stands at Docker Hub because of our webhooks, and what is still to be deleted there. */
#include "api/hub.h"

#include <string.h>

#include "api/resources.h"
#include "base/clock.h"
#include "base/mem.h"
#include "runner/hub.h"
#include "runner/sweep.h"
#include "store/hub_hooks.h"

#define WAIT (8 * CLOCK_SECOND) /* an answer to a person; Docker Hub is tried on all the same */

/* ---- in a webhook's own document */

json_t *hub_json(struct call *c, int64_t webhook_id, struct err *e)
{
    struct hub_hook_row row = { 0 };
    int64_t id = 0;
    bool found = false;
    if (!hub_hook_of_webhook(c->tx, webhook_id, &id, e) || (id && !hub_hook_get(c->tx, id, &row, &found, e)))
        return NULL;
    json_t *json = json_object();
    json_set_text(json, "state", found ? row.state : "manual");
    json_set_text(json, "message", found ? row.message : "");
    json_set_text(json, "name", found && !text_is(row.state, "manual") ? row.name : "");
    json_set_text(json, "slug", row.slug);
    if (row.next_at)
        json_set_time(json, "nextTryAt", "_nextTryInMicros", row.next_at);
    hub_hook_row_fini(&row);
    return json;
}

json_t *hub_warnings(const struct call *c, const struct webhook_row *row)
{
    json_t *warnings = registry_reach_problems(json_text_at(row->endpoint_properties, "serverType", ""), c->api->external_url);
    if (!json_array_size(warnings))
        return warnings;
    json_array_append_new(warnings, json_string(text_is(row->sweep, "off")
                                                    ? "The sweep of this webhook is off, so a push whose delivery does not come is not seen at all."
                                                    : "The sweep, which looks for pushes at the registry, is the main source of this webhook then."));
    return warnings;
}

static json_t *heard_json(const struct listener_heard *h)
{
    if (!h->at)
        return json_null();
    json_t *json = json_object();
    json_set_time(json, "at", "_atInMicros", h->at);
    json_set_text(json, "verdict", h->verdict);
    json_set_text(json, "recognised", h->pushes);
    json_set_text(json, "problem", h->problem);
    return json;
}

bool hub_add_heard(struct call *c, const struct webhook_row *row, json_t *json, struct err *e)
{
    struct listener_heard first, last;
    if (!listener_heard(c->tx, row->listener_id, &first, &last, e))
        return false;
    json_object_set_new(json, "firstDelivery", heard_json(&first));
    json_object_set_new(json, "lastDelivery", heard_json(&last));
    return true;
}

bool hub_add_last_heard(struct call *c, const struct webhook_row *row, json_t *json, struct err *e)
{
    struct listener_heard last;
    if (!listener_heard(c->tx, row->listener_id, NULL, &last, e))
        return false;
    json_object_set_new(json, "lastDelivery", heard_json(&last));
    return true;
}

/* ---- waiting for Docker Hub */

struct waiting {
    int64_t webhook_id, hub_id;
    json_t *gone; /* a deleted webhook's document */
    bool (*answer)(struct call *c, struct err *e);
};

static void waiting_free(void *context)
{
    struct waiting *w = context;
    json_decref(w->gone);
    free(w);
}

int64_t hub_webhook(const struct call *c)
{
    return ((struct waiting *)c->context)->webhook_id;
}

static void tried(void *context)
{
    struct call *c = context;
    call_go(c, CALL_READ, ((struct waiting *)c->context)->answer);
}

static bool wait_for_hub(struct call *c, struct err *e)
{
    (void)e;
    runner_hub_wait(c->api->config.runner, ((struct waiting *)c->context)->hub_id, WAIT, tried, c);
    return true;
}

static bool is_pending(struct call *c, int64_t hub_id, bool *ret, struct err *e)
{
    struct hub_hook_row row = { 0 };
    *ret = false;
    if (!hub_id)
        return true;
    bool ok = hub_hook_get(c->tx, hub_id, &row, ret, e);
    *ret = *ret && row.next_at && row.next_at <= clock_now();
    hub_hook_row_fini(&row);
    return ok;
}

void hub_wake(struct api *api, int64_t unused)
{
    (void)unused;
    runner_hub_wake(api->config.runner);
    runner_sweep_wake(api->config.runner);
}

static bool then(struct call *c, struct waiting waiting, struct err *e)
{
    bool pending = false;
    c->context = mem_copy(&waiting, sizeof waiting);
    c->context_free = waiting_free;
    call_after(c, hub_wake, 0); /* also of what is to be deleted there meanwhile */
    if (!is_pending(c, waiting.hub_id, &pending, e))
        return false;
    if (!pending)
        return waiting.answer(c, e);
    c->next = (struct stage){ CALL_LOOP, wait_for_hub };
    return true;
}

bool hub_then(struct call *c, int64_t webhook_id, int64_t hub_id, bool (*answer)(struct call *c, struct err *e), struct err *e)
{
    return then(c, (struct waiting){ .webhook_id = webhook_id, .hub_id = hub_id, .answer = answer }, e);
}

static bool answer_gone(struct call *c, struct err *e)
{
    struct waiting *w = c->context;
    struct hub_hook_row row = { 0 };
    bool found = false;
    if (w->hub_id && !hub_hook_get(c->tx, w->hub_id, &row, &found, e))
        return false;
    if (w->hub_id)
        json_object_set_new(w->gone, "dockerHub",
                            json_pack("{s:s, s:s, s:s}", "state", found ? row.state : "deleted", "message",
                                      found ? row.message : "deleted at Docker Hub", "name", found ? row.name : ""));
    hub_hook_row_fini(&row);
    return call_answer(c, 200, TAKE(w->gone));
}

bool hub_then_gone(struct call *c, json_t *gone, int64_t hub_id, struct err *e)
{
    return then(c, (struct waiting){ .gone = gone, .hub_id = hub_id, .answer = answer_gone }, e);
}

/* ---- all of a project */

static json_t *hook_json(const struct hub_hook_row *row)
{
    json_t *json = json_object();
    AUTO_FREE char *link = mem_format(API_PREFIX "/registry-hooks/%s", row->uuid);
    const struct { const char *key, *value; } TEXTS[] = {
        { "_link", link },           { "id", row->uuid },           { "project", row->project }, { "name", row->name },
        { "webhook", row->webhook }, { "endpoint", row->endpoint }, { "repository", row->repository }, { "slug", row->slug },
        { "wanted", row->wanted },   { "state", row->state },       { "message", row->message },
    };
    for (size_t i = 0; i < ALEN(TEXTS); i++)
        json_set_text(json, TEXTS[i].key, TEXTS[i].value);
    json_object_set_new(json, "attempts", json_integer(row->attempts));
    json_set_time(json, "createdAt", "_createTimeInMicros", row->created_at);
    json_set_time(json, "updatedAt", "_updateTimeInMicros", row->updated_at);
    if (row->next_at)
        json_set_time(json, "nextTryAt", "_nextTryInMicros", row->next_at);
    return json;
}

static bool hook_load(struct call *c, int64_t id, json_t **ret, struct err *e)
{
    struct hub_hook_row row = { 0 };
    bool found = false;
    if (!hub_hook_get(c->tx, id, &row, &found, e))
        return false;
    if (!found)
        return err_set(e, ERR_NOT_FOUND, "no such hook at Docker Hub");
    *ret = hook_json(&row);
    hub_hook_row_fini(&row);
    return true;
}

bool registry_hooks_list(struct call *c, struct err *e)
{
    return call_list(c, &(struct list_view){ .source = &LIST_REGISTRY_HOOKS, .load = hook_load }, e);
}

static bool find(struct call *c, struct hub_hook_row *ret, struct err *e)
{
    static const struct finder HOOK = { "hook at Docker Hub", hub_hook_find, NULL };
    int64_t id = 0;
    bool found = false;
    if (!call_find(c, &HOOK, &id, e) || !hub_hook_get(c->tx, id, ret, &found, e))
        return false;
    if (!found)
        return err_set(e, ERR_NOT_FOUND, "no such hook at Docker Hub");
    if (call_in(c, ret->project_id, e))
        return true;
    hub_hook_row_fini(ret);
    return false;
}

/* Gives up deleting it at Docker Hub: a person does it there, or it is gone with its repository. */
bool registry_hook_remove(struct call *c, struct err *e)
{
    struct hub_hook_row row = { 0 };
    if (!find(c, &row, e))
        return false;
    bool ok = text_is(row.wanted, "gone") ||
              err_set(e, ERR_CONFLICT, "this hook belongs to webhook '%s': delete that, or make its registration manual", row.webhook);
    AUTO_FREE char *detail = mem_format("%s of %s may still stand at Docker Hub", row.name, row.repository);
    ok = ok && hub_hook_delete(c->tx, row.id, e) && call_audit(c, row.project_id, "registry-hook.give-up", row.webhook, detail, e) &&
         call_answer(c, 200, hook_json(&row));
    hub_hook_row_fini(&row);
    return ok;
}

/* What a webhook wants of Docker Hub, as a row. All of it runs inside a write. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "hooks/url.h"
#include "runner/hub_work.h"
#include "store/objects.h"
#include "store/webhooks.h"
#include "store_sql.h"

#define URL_MOST 255 /* characters that Docker Hub takes */

bool hub_target_read(struct runner *r, struct db_tx *tx, int64_t endpoint_id, struct registry_target **ret, struct err *e)
{
    struct endpoint_row endpoint = { 0 };
    struct knowledge k = { 0 };
    if (!endpoint_get(tx, endpoint_id, &endpoint, e))
        return false;
    AUTO_JSON *names = json_pack("[s]", endpoint.object.name);
    bool ok = knowledge_read(tx, r->config.seal, endpoint.object.project_id, names, &k, e) &&
              registry_target_from_properties(json_at(json_object_get(k.endpoints, endpoint.object.name), "properties"), &r->hub, ret, e);
    knowledge_fini(&k);
    endpoint_row_fini(&endpoint);
    return ok;
}

bool hub_url_of(struct runner *r, const struct webhook_row *webhook, char **ret, struct err *e)
{
    AUTO_FREE char *identity = seal_of_listener(webhook->listener);
    AUTO_FREE char *token = NULL;
    if (!seal_open(r->config.seal, identity, webhook->token, &token, NULL, e))
        return err_wrap(e, "open the secret of webhook %s", webhook->object.name);
    *ret = hook_url(r->config.external_url ? r->config.external_url : "", webhook->listener, token);
    explicit_bzero(token, strlen(token));
    return true;
}

struct wish {
    struct webhook_row webhook;
    char *repository, *url; /* NULL, and "" in a row, where there is none */
    char why[sizeof((struct err *)0)->text]; /* why the hook is made by hand; "" when it is not */
};

static void wish_fini(struct wish *w)
{
    webhook_row_fini(&w->webhook);
    free(w->repository);
    free(w->url);
}

/* The one repository that the webhook is about: its pattern's when that is a name, else the endpoint's. */
static const char *repository_of(const struct webhook_row *webhook, const struct registry_target *target)
{
    return webhook->repository ? webhook->repository : target->repository;
}

static bool by_hand(struct wish *w, const char *why)
{
    snprintf(w->why, sizeof w->why, "%s", why);
    return true;
}

/* false: nothing can be said now. */
static bool find_why(struct runner *r, struct db_tx *tx, struct wish *w, struct err *e)
{
    AUTO(registry_target) target = NULL;
    struct err wrong = { 0 };
    if (text_is(w->webhook.registration, "manual"))
        return by_hand(w, "registration is manual: paste the webhook's URL at Docker Hub, under Webhooks of the repository");
    if (!hub_target_read(r, tx, w->webhook.endpoint_id, &target, &wrong))
        return by_hand(w, wrong.text);
    if (target->api != REGISTRY_API_DOCKERHUB)
        return by_hand(w, "only Docker Hub's webhooks are made from here: put the webhook's URL into the registry's own configuration");
    w->repository = mem_text(repository_of(&w->webhook, target));
    if (!*w->repository)
        return by_hand(w, "neither the endpoint's URL nor the image pattern names one repository, so the hook is made by hand in each");
    if (!*target->username || !*target->password)
        return by_hand(w, "the endpoint has no user and password, so the hook is made by hand");
    AUTO_JSON *problems = hub_reach_problems(r->config.external_url);
    if (json_array_size(problems))
        return by_hand(w, json_string_value(json_array_get(problems, 0)));
    if (!hub_url_of(r, &w->webhook, &w->url, e))
        return false;
    if (strlen(w->url) > URL_MOST)
        by_hand(w, "the webhook's URL is longer than the 255 characters that Docker Hub takes: a shorter external-url or secret token helps");
    return true;
}

static bool fits(const struct wish *w, const struct hub_hook_row *row)
{
    if (*w->why || text_is(row->state, "manual"))
        return *w->why && text_is(row->state, "manual");
    return row->endpoint_id == w->webhook.endpoint_id && text_is(row->repository, w->repository);
}

/* A row that fits stays, and is tried when there is a reason to. */
static bool renew(struct db_tx *tx, const struct wish *w, const struct hub_hook_row *row, enum hub_want why, struct err *e)
{
    const char *name = w->webhook.object.name;
    if (*w->why)
        return text_is(row->message, w->why) || hub_hook_want(tx, row->id, name, "manual", w->why, 0, e);
    AUTO_FREE char *hash = text_sha256(w->url, strlen(w->url));
    bool stands = text_is(row->state, "registered") && text_is(row->url_hash, hash);
    bool waits = why == HUB_IF_CHANGED && !text_is(row->state, "registered");
    return waits || (stands && why != HUB_AGAIN) || hub_hook_want(tx, row->id, name, "pending", "", clock_now(), e);
}

static bool insert(struct db_tx *tx, const struct wish *w, int64_t *ret_id, struct err *e)
{
    struct hub_hook_row row = {
        .project_id = w->webhook.object.project_id, .endpoint_id = w->webhook.endpoint_id, .webhook_id = w->webhook.object.id,
        .webhook = mem_text(w->webhook.object.name), .repository = mem_text(w->repository ? w->repository : ""),
        .state = mem_text(*w->why ? "manual" : "pending"), .message = mem_text(w->why), .next_at = *w->why ? 0 : clock_now(),
    };
    bool ok = hub_hook_insert(tx, &row, e);
    *ret_id = row.id;
    hub_hook_row_fini(&row);
    return ok;
}

bool runner_hub_want(struct runner *r, struct db_tx *tx, int64_t webhook_id, enum hub_want why, int64_t *ret_id, struct err *e)
{
    struct wish w = { 0 };
    struct hub_hook_row row = { 0 };
    bool found = false;
    *ret_id = 0;
    bool ok = webhook_get(tx, webhook_id, &w.webhook, e) && find_why(r, tx, &w, e) && hub_hook_of_webhook(tx, webhook_id, ret_id, e) &&
              (!*ret_id || hub_hook_get(tx, *ret_id, &row, &found, e));
    if (ok && found && fits(&w, &row))
        ok = renew(tx, &w, &row, why, e);
    else
        ok = ok && (!found || hub_hook_orphan(tx, &row, e)) && insert(tx, &w, ret_id, e);
    hub_hook_row_fini(&row);
    wish_fini(&w);
    return ok;
}

bool runner_hub_remove(struct runner *r, struct db_tx *tx, int64_t webhook_id, int64_t *ret_id, struct err *e)
{
    struct hub_hook_row row = { 0 };
    bool found = false;
    (void)r;
    bool ok = hub_hook_of_webhook(tx, webhook_id, ret_id, e) && (!*ret_id || hub_hook_get(tx, *ret_id, &row, &found, e)) &&
              (!found || hub_hook_orphan(tx, &row, e));
    if (found && text_is(row.state, "manual"))
        *ret_id = 0;
    hub_hook_row_fini(&row);
    return ok;
}

bool runner_hub_endpoint(struct runner *r, struct db_tx *tx, int64_t endpoint_id, struct err *e)
{
    AUTO_FREE int64_t *ids = NULL;
    size_t count = 0;
    int64_t row = 0;
    bool ok = hub_hooks_retry(tx, endpoint_id, e) && hub_webhooks(tx, endpoint_id, &ids, &count, e);
    for (size_t i = 0; ok && i < count; i++)
        ok = runner_hub_want(r, tx, ids[i], HUB_IF_CHANGED, &row, e);
    return ok;
}

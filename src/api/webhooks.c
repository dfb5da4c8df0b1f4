/* registry-webhooks: a trigger with a URL of its own. */
#include <string.h>

#include "api/hooks.h"
#include "api/hub.h"
#include "api/resources.h"
#include "api/saving.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/mem.h"
#include "base/network.h"
#include "pipeline/expression.h"
#include "pipeline/literals.h"
#include "runner/holds.h"
#include "runner/hub.h"
#include "runner/sweep.h"
#include "runner/tokens.h"
#include "secrets/seal.h"
#include "store/webhooks.h"
#include "trigger/inputs.h"
#include "trigger/trigger.h"

enum { SENDERS_MOST = 50, RUN_LIMIT = 60, RUN_LIMIT_MOST = 100000 };

static const struct finder WEBHOOK = { "Docker webhook", webhook_find, webhook_find_named };

static json_t *webhook_json(struct call *c, const struct webhook_row *row, struct err *e)
{
    json_t *hub = hub_json(c, row->object.id, e), *sweep = NULL;
    if (!hub)
        return NULL;
    if (!runner_sweep_status(c->api->config.runner, c->tx, row->object.id, &sweep, e)) {
        json_decref(hub);
        return NULL;
    }
    json_t *json = object_json(&row->object, "registry-webhooks");
    AUTO_FREE char *link = mem_format(API_PREFIX "/registry-webhook-listeners/%s", row->listener);
    const char *repository = json_text_at(row->endpoint_properties, "repoURL", "");
    json_object_set_new(json, "enabled", json_boolean(row->enabled));
    json_set_text(json, "endpoint", row->endpoint);
    json_set_text(json, "pipeline", row->pipeline);
    json_object_set(json, "input", row->input);
    json_set_text(json, "imageNameRegExPattern", row->image_pattern);
    json_set_text(json, "tagNamePattern", row->tag_pattern);
    json_set_text(json, "verifyPush", row->verify_push);
    json_set_text(json, "refreshToken", *row->refresh_token ? row->refresh_token : API_MASK);
    json_set_text(json, "secretToken", API_MASK);
    json_set_text(json, "repoName", row->repository ? row->repository : repository);
    json_set_text(json, "serverType", json_text_at(row->endpoint_properties, "serverType", ""));
    json_set_text(json, "slug", *json_text_at(hub, "slug", "") ? json_text_at(hub, "slug", "") : row->slug);
    json_set_text(json, "externalListenerLink", link);
    json_set_text(json, "registration", row->registration);
    json_set_text(json, "sweep", row->sweep);
    json_set_text(json, "whenHeld", row->when_held);
    json_object_set_new(json, "sweepStatus", sweep);
    json_object_set(json, "senders", row->senders);
    json_object_set_new(json, "dockerHub", hub);
    return webhook_standing(c, row, json, e);
}

static bool webhook_load(struct call *c, int64_t id, json_t **ret, struct err *e)
{
    struct webhook_row row = { 0 };
    if (!webhook_get(c->tx, id, &row, e))
        return false;
    *ret = webhook_json(c, &row, e);
    bool ok = *ret && hub_add_last_heard(c, &row, *ret, e);
    webhook_row_fini(&row);
    if (!ok)
        json_decref(*ret);
    return ok;
}

bool webhooks_list(struct call *c, struct err *e)
{
    return call_list(c, &(struct list_view){ .source = &LIST_WEBHOOKS, .load = webhook_load }, e);
}

static bool find(struct call *c, struct webhook_row *ret, struct err *e)
{
    int64_t id = 0;
    if (!call_find(c, &WEBHOOK, &id, e) || !webhook_get(c->tx, id, ret, e))
        return false;
    if (call_in(c, ret->object.project_id, e))
        return true;
    webhook_row_fini(ret);
    return false;
}

/* ---- one; editors must be able to copy the URL with its secret, and that is written down */

static bool audit_url(struct call *c, const struct webhook_row *row, struct err *e)
{
    return call_audit(c, row->object.project_id, "webhook.url", row->object.name, "webhook URL shown", e);
}

/* After audit_url. */
static json_t *with_url(struct call *c, const struct webhook_row *row, struct err *e)
{
    AUTO_FREE char *url = NULL, *token = NULL;
    AUTO_JSON *json = NULL;
    if (!listener_url(c->api, row->listener, row->token, &url, &token, e) || !(json = webhook_json(c, row, e)) || !hub_add_heard(c, row, json, e))
        return NULL;
    json_set_text(json, "webhookUrl", url);
    json_set_text(json, "secretToken", token);
    return json_incref(json);
}

static bool answer_with_url(struct call *c, const struct webhook_row *row, struct err *e)
{
    json_t *json = audit_url(c, row, e) ? with_url(c, row, e) : NULL;
    return json && call_answer(c, 200, json);
}

static bool answer_without_url(struct call *c, const struct webhook_row *row, struct err *e)
{
    AUTO_JSON *json = webhook_json(c, row, e);
    return json && hub_add_heard(c, row, json, e) && call_answer(c, 200, json_incref(json));
}

static bool one_with_url(struct call *c, struct err *e)
{
    struct webhook_row row = { 0 };
    bool ok = find(c, &row, e) && answer_with_url(c, &row, e);
    webhook_row_fini(&row);
    return ok;
}

bool webhook_one(struct call *c, struct err *e)
{
    struct webhook_row row = { 0 };
    if (!find(c, &row, e))
        return false;
    if (auth_may(&c->who, row.object.project_id, MAY_DEVELOP))
        c->next = (struct stage){ CALL_WRITE, one_with_url };
    bool ok = c->next.handle || answer_without_url(c, &row, e);
    webhook_row_fini(&row);
    return ok;
}

/* ---- saving */

static void put(char **member, const char *text)
{
    char *fresh = mem_text(text);
    free(*member);
    *member = fresh;
}

/* A webhook that registers itself uses its endpoint's credentials: restricted ones are an administrator's to lend. */
static bool lend_ok(struct call *c, struct webhook_row *row, const struct endpoint_row *endpoint, const json_t *spec, struct err *e)
{
    const char *given = json_text_at(spec, "registration", row->registration);
    struct err why = { 0 };
    if (!endpoint->restricted || text_is(given, "manual") || call_may(c, row->object.project_id, MAY_RESTRICTED, &why))
        return true;
    if (given)
        return err_set(e, ERR_FORBIDDEN, "endpoint '%s' is restricted: an administrator may let webhooks register themselves with it; others save them with "
                       "registration: manual", endpoint->object.name);
    put(&row->registration, "manual");
    return true;
}

static bool take_endpoint(struct call *c, struct webhook_row *row, const json_t *spec, struct err *e)
{
    struct endpoint_row endpoint = { 0 };
    put(&row->endpoint, json_text_at(spec, "endpoint", row->endpoint ? row->endpoint : ""));
    if (!*row->endpoint)
        return err_field(e, "endpoint", "a Docker webhook needs an endpoint");
    if (!endpoint_find_named(c->tx, row->object.project, row->endpoint, &row->endpoint_id, e))
        return false;
    if (!row->endpoint_id)
        return err_field(e, "endpoint", "there is no endpoint '%s' in project '%s'", row->endpoint, row->object.project);
    if (!endpoint_get(c->tx, row->endpoint_id, &endpoint, e))
        return false;
    bool ok = text_is(endpoint.type, "dockerregistry") ||
              err_field(e, "endpoint", "endpoint '%s' is of type %s: a dockerregistry is needed", row->endpoint, endpoint.type);
    ok = ok && lend_ok(c, row, &endpoint, spec, e);
    endpoint_row_fini(&endpoint);
    return ok;
}

/* A name of an injected value stands for "will be there". */
static bool inputs_ok(const struct pipeline_row *pipeline, const json_t *given, struct err *e)
{
    AUTO_JSON *definition = NULL;
    AUTO_JSON *injected = json_object();
    AUTO_JSON *inputs = NULL;
    if (!json_read(pipeline->definition, strlen(pipeline->definition), &definition, e))
        return false;
    for (size_t i = 0; TRIGGER_INPUTS[i]; i++)
        json_set_text(injected, TRIGGER_INPUTS[i], "given by the push");
    AUTO_JSON *none = json_object();
    const json_t *defaults = json_object_get(definition, "input");
    return trigger_inputs(json_is_object(defaults) ? defaults : none, json_object_get(definition, "_inputMeta"), given, injected, &inputs, e);
}

static bool take_pipeline(struct call *c, struct webhook_row *row, const json_t *spec, struct err *e)
{
    struct pipeline_row pipeline = { 0 };
    const json_t *input = json_object_get(spec, "input");
    put(&row->pipeline, json_text_at(spec, "pipeline", row->pipeline ? row->pipeline : ""));
    if (!*row->pipeline)
        return err_field(e, "pipeline", "a Docker webhook needs a pipeline");
    if (!pipeline_find_named(c->tx, row->object.project, row->pipeline, &row->pipeline_id, e))
        return false;
    if (!row->pipeline_id)
        return err_field(e, "pipeline", "there is no pipeline '%s' in project '%s'", row->pipeline, row->object.project);
    if (input && !json_is_object(input))
        return err_field(e, "input", "input must be an object");
    if (input || !row->input) {
        json_decref(row->input);
        row->input = input ? json_incref((json_t *)input) : json_object();
    }
    bool ok = pipeline_get(c->tx, row->pipeline_id, &pipeline, e) && inputs_ok(&pipeline, row->input, e);
    pipeline_row_fini(&pipeline);
    return ok;
}

static bool take_patterns(struct webhook_row *row, const json_t *spec, struct err *e)
{
    put(&row->image_pattern, json_text_at(spec, "imageNameRegExPattern", row->image_pattern ? row->image_pattern : ""));
    put(&row->tag_pattern, json_text_at(spec, "tagNamePattern", row->tag_pattern ? row->tag_pattern : ""));
    put(&row->verify_push, json_text_at(spec, "verifyPush", row->verify_push ? row->verify_push : "preferred"));
    put(&row->slug, json_text_at(spec, "slug", row->slug ? row->slug : ""));
    free(row->repository);
    row->repository = NULL;
    if (!trigger_pattern_literal(row->image_pattern, &row->repository))
        row->repository = NULL;
    if (!text_is(row->verify_push, "required") && !text_is(row->verify_push, "preferred") && !text_is(row->verify_push, "off"))
        return err_field(e, "verifyPush", "verifyPush is required, preferred or off");
    if (row->repository && !strchr(row->repository, '/')) { /* "web" means docker.io's library/web too: not one name */
        free(row->repository);
        row->repository = NULL;
    }
    return trigger_patterns_ok(row->image_pattern, row->tag_pattern, e);
}

/* The name of "${var.NAME}", and nothing else; the caller's, or NULL. */
static char *variable_named(const char *text)
{
    struct reference reference;
    size_t n = strlen(text);
    if (n < 4 || strncmp(text, "${", 2) || text[n - 1] != '}')
        return NULL;
    reference_parse(text + 2, n - 3, NULL, &reference);
    return reference.kind == REFERENCE_VARIABLE ? mem_text_n(reference.rest, reference.rest_length) : NULL;
}

static bool take_token(struct call *c, struct webhook_row *row, const json_t *spec, struct err *e)
{
    const char *given = json_text_at(spec, "refreshToken", NULL);
    int64_t id = 0, owner = 0;
    if (row->refresh_token && (!given || literal_is_mask(given)))
        return true;
    if (text_empty(given) || literal_is_mask(given))
        return err_field(e, "refreshToken", "a Docker webhook needs an API token (refreshToken), or a variable that holds one: ${var.NAME}, given its value by "
                         "slipway variable set NAME --type SECRET");
    AUTO_FREE char *variable = variable_named(given);
    if (variable && !variable_find_named(c->tx, row->object.project, variable, &id, e))
        return false;
    if (variable && !id)
        return err_field(e, "refreshToken", "there is no variable '%s' in project '%s'", variable, row->object.project);
    put(&row->refresh_token, variable ? given : "");
    put(&row->token_hash, "");
    if (variable)
        return true;
    AUTO_FREE char *hash = auth_token_hash(given);
    put(&row->token_hash, hash);
    return token_alive(c->tx, hash, clock_now(), &id, &owner, e) &&
           (id || err_field(e, "refreshToken", "the API token is unknown, revoked or expired"));
}

/* A text that is one of these; what spec does not say stays, or is the first. */
static bool take_choice(char **member, const json_t *spec, const char *key, const char *const choices[2], struct err *e)
{
    put(member, json_text_at(spec, key, *member ? *member : choices[0]));
    return text_is(*member, choices[0]) || text_is(*member, choices[1]) || err_field(e, key, "%s is %s or %s", key, choices[0], choices[1]);
}

static bool take_senders(struct webhook_row *row, const json_t *spec, struct err *e)
{
    const json_t *given = json_object_get(spec, "senders");
    struct network network;
    size_t i;
    json_t *one;
    if (given && (!json_is_array(given) || json_array_size(given) > SENDERS_MOST))
        return err_field(e, "senders", "senders is a list of at most %d networks", SENDERS_MOST);
    json_array_foreach((json_t *)given, i, one)
        if (!json_is_string(one) || !network_parse(json_string_value(one), &network))
            return err_field(e, "senders", "'%.60s' is no network such as 192.0.2.0/24 or 2001:db8::/32",
                             json_is_string(one) ? json_string_value(one) : "?");
    if (!given && row->senders)
        return true;
    json_decref(row->senders);
    row->senders = given ? json_incref((json_t *)given) : json_array();
    return true;
}

static bool take_limits(struct webhook_row *row, const json_t *spec, struct err *e)
{
    static const char *const REGISTRATION[] = { "automatic", "manual" }, *const SWEEP[] = { "on", "off" },
                      *const WHEN_HELD[] = { "wait", "tryNewest" };
    const json_t *limit = json_object_get(spec, "runLimit");
    if (limit && (!json_is_integer(limit) || json_integer_value(limit) < 0 || json_integer_value(limit) > RUN_LIMIT_MOST))
        return err_field(e, "runLimit", "runLimit is a number of runs in 10 minutes, 0 (no limit) to %d", RUN_LIMIT_MOST);
    row->run_limit = limit ? json_integer_value(limit) : row->object.id ? row->run_limit : RUN_LIMIT;
    return take_choice(&row->registration, spec, "registration", REGISTRATION, e) && take_choice(&row->sweep, spec, "sweep", SWEEP, e) &&
           take_choice(&row->when_held, spec, "whenHeld", WHEN_HELD, e) &&
           take_senders(row, spec, e);
}

static bool fill(struct call *c, struct webhook_row *row, const json_t *spec, struct err *e)
{
    object_take(c, &row->object, spec);
    row->enabled = row->object.id ? row->enabled : true;
    return json_take_bool(spec, "enabled", &row->enabled, e) && name_ok(row->object.name, "Docker webhook", e) && take_endpoint(c, row, spec, e) && take_pipeline(c, row, spec, e) &&
           take_patterns(row, spec, e) && take_limits(row, spec, e) && take_token(c, row, spec, e);
}

static bool answer_saved(struct call *c, struct err *e)
{
    struct webhook_row row = { 0 };
    json_t *json = webhook_get(c->tx, hub_webhook(c), &row, e) ? with_url(c, &row, e) : NULL;
    if (json) {
        AUTO_JSON *warnings = hub_warnings(c, &row);
        json_array_extend(json_object_get(json, "warnings"), warnings);
        call_answer(c, 200, json);
    }
    webhook_row_fini(&row);
    return json;
}

static void saved_wake(struct api *api, int64_t unused)
{
    (void)unused;
    runner_wake_held(api->config.runner);
    runner_wake_queued(api->config.runner); /* what a hold kept back is free when it goes */
    runner_wake_tokens(api->config.runner);
}

/* All but the answer; what is due at Docker Hub is *ret_hub, or 0. */
static bool settle(struct call *c, int64_t id, const char *action, enum hub_want why, int64_t *ret_hub, struct err *e)
{
    struct webhook_row row = { 0 };
    bool ok = webhook_get(c->tx, id, &row, e) && call_audit(c, row.object.project_id, action, row.object.name, row.pipeline, e) &&
              runner_hub_want(c->api->config.runner, c->tx, id, why, ret_hub, e) && runner_sweep_want(c->api->config.runner, c->tx, id, e);
    webhook_row_fini(&row);
    call_after(c, hooks_forget, 0);
    call_after(c, saved_wake, 0);
    return ok;
}

/* Committed here, then made so at Docker Hub; the answer says what came of it. */
static bool saved(struct call *c, int64_t id, const char *action, enum hub_want why, struct err *e)
{
    struct webhook_row row = { 0 };
    int64_t hub = 0;
    bool ok = settle(c, id, action, why, &hub, e) && webhook_get(c->tx, id, &row, e) && audit_url(c, &row, e) && hub_then(c, id, hub, answer_saved, e);
    webhook_row_fini(&row);
    return ok;
}

static bool insert(struct call *c, struct webhook_row *row, const json_t *spec, struct err *e)
{
    const char *token = json_text_at(spec, "secretToken", NULL);
    return listener_make(c, row->object.project_id, 0, text_empty(token) || literal_is_mask(token) ? NULL : token, &row->listener_id, e) &&
           webhook_insert(c->tx, row, e);
}

static bool begin(struct call *c, int64_t project_id, struct webhook_row *row, struct err *e)
{
    struct object project = { 0 };
    if (!project_get(c->tx, project_id, &project, e))
        return false;
    row->object = (struct object){ .project_id = project_id, .project = mem_text(project.name) };
    object_fini(&project);
    return true;
}

bool webhook_create(struct call *c, struct err *e)
{
    struct webhook_row row = { 0 };
    int64_t id = 0;
    bool ok = call_project(c, call_text(c, "project", NULL), &id, e) && begin(c, id, &row, e) && fill(c, &row, c->body, e) && insert(c, &row, c->body, e) &&
              saved(c, row.object.id, "webhook.create", HUB_SAVED, e);
    webhook_row_fini(&row);
    return ok;
}

/* A new secret: the old one is accepted for a day, so that nothing is lost while the registry still has it. */
static bool new_secret(struct call *c, const struct webhook_row *row, const json_t *spec, struct err *e)
{
    const char *given = json_text_at(spec, "secretToken", NULL);
    AUTO_FREE char *url = NULL, *now = NULL;
    if (text_empty(given) || literal_is_mask(given))
        return true;
    if (!listener_url(c->api, row->listener, row->token, &url, &now, e))
        return false;
    return text_is(given, now) || listener_change(c, row->listener_id, row->listener, given, clock_now() + CLOCK_DAY, e);
}

bool webhook_change(struct call *c, struct err *e)
{
    struct webhook_row row = { 0 };
    bool ok = find(c, &row, e) && fill(c, &row, c->body, e) && webhook_update(c->tx, &row, e) && new_secret(c, &row, c->body, e) &&
              saved(c, row.object.id, "webhook.update", HUB_SAVED, e);
    webhook_row_fini(&row);
    return ok;
}

bool webhook_save(struct call *c, int64_t project_id, int64_t id, const json_t *spec, int64_t *ret, struct err *e)
{
    struct webhook_row row = { 0 };
    int64_t hub = 0;
    bool ok = (id ? webhook_get(c->tx, id, &row, e) : begin(c, project_id, &row, e)) && fill(c, &row, spec, e) &&
              (id ? webhook_update(c->tx, &row, e) && new_secret(c, &row, spec, e) : insert(c, &row, spec, e)) &&
              settle(c, row.object.id, id ? "webhook.update" : "webhook.create", HUB_SAVED, &hub, e);
    *ret = row.object.id;
    webhook_row_fini(&row);
    call_after(c, hub_wake, 0);
    return ok;
}

bool webhook_patch(struct call *c, struct err *e)
{
    struct webhook_row row = { 0 };
    if (!json_is_boolean(json_object_get(c->body, "enabled")))
        return err_field(e, "enabled", "the body must be {\"enabled\": true} or false");
    bool enabled = json_bool_at(c->body, "enabled", true);
    bool ok = find(c, &row, e) && webhook_enable(c->tx, &row, enabled, c->who.name, e) &&
              saved(c, row.object.id, enabled ? "webhook.enable" : "webhook.disable", HUB_IF_CHANGED, e);
    webhook_row_fini(&row);
    return ok;
}

static bool drop(struct call *c, const struct webhook_row *row, int64_t *ret_hub, struct err *e)
{
    call_after(c, hooks_forget, 0);
    call_after(c, saved_wake, 0);
    return runner_hub_remove(c->api->config.runner, c->tx, row->object.id, ret_hub, e) && runner_sweep_leave(c->tx, row->object.id, e) &&
           webhook_delete(c->tx, row, e) && call_audit(c, row->object.project_id, "webhook.delete", row->object.name, "", e);
}

bool webhook_drop(struct call *c, int64_t id, struct err *e)
{
    struct webhook_row row = { 0 };
    int64_t hub = 0;
    bool ok = webhook_get(c->tx, id, &row, e) && drop(c, &row, &hub, e);
    webhook_row_fini(&row);
    call_after(c, hub_wake, 0);
    return ok;
}

bool webhook_remove(struct call *c, struct err *e)
{
    struct webhook_row row = { 0 };
    int64_t hub = 0;
    json_t *gone = NULL;
    bool ok = find(c, &row, e) && (gone = webhook_json(c, &row, e)) && drop(c, &row, &hub, e) && hub_then_gone(c, TAKE(gone), hub, e);
    json_decref(gone);
    webhook_row_fini(&row);
    return ok;
}

/* ---- POST ?action=rotate: a new secret, random or as the body says; ?action=register: Docker Hub is asked again, now; ?action=release: its
 * holds end */

static bool rotate(struct call *c, const struct webhook_row *row, struct err *e)
{
    const char *given = call_text(c, "secretToken", NULL);
    AUTO_FREE char *random = id_secret(32);
    return listener_change(c, row->listener_id, row->listener, text_empty(given) ? random : given, clock_now() + CLOCK_DAY, e) &&
           saved(c, row->object.id, "webhook.rotate", HUB_SAVED, e);
}

static bool register_again(struct call *c, const struct webhook_row *row, struct err *e)
{
    return saved(c, row->object.id, "webhook.register", HUB_AGAIN, e);
}

static bool release(struct call *c, const struct webhook_row *row, struct err *e)
{
    call_after(c, saved_wake, 0);
    return holds_release(c->tx, row->object.id, e) && call_audit(c, row->object.project_id, "webhook.release", row->object.name, "by hand", e) &&
           answer_without_url(c, row, e);
}

bool webhook_act(struct call *c, struct err *e)
{
    static const struct { const char *name; bool (*act)(struct call *c, const struct webhook_row *row, struct err *e); } ACTIONS[] = {
        { "rotate", rotate }, { "register", register_again }, { "release", release },
    };
    struct webhook_row row = { 0 };
    AUTO_FREE char *action = call_query(c, "action");
    size_t i = 0;
    while (i < ALEN(ACTIONS) && !text_is(action, ACTIONS[i].name))
        i++;
    if (i == ALEN(ACTIONS))
        return err_field(e, "action", "?action=rotate, register and release are what can be done with a Docker webhook");
    bool ok = find(c, &row, e) && ACTIONS[i].act(c, &row, e);
    webhook_row_fini(&row);
    return ok;
}

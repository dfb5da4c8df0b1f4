/* registry-webhooks: a trigger with a URL of its own. */
#include <string.h>

#include "api/hooks.h"
#include "api/resources.h"
#include "api/saving.h"
#include "base/clock.h"
#include "base/mem.h"
#include "pipeline/expression.h"
#include "secrets/seal.h"
#include "store/webhooks.h"
#include "trigger/inputs.h"
#include "trigger/trigger.h"

static const struct finder WEBHOOK = { "Docker webhook", webhook_find, webhook_find_named };

static json_t *webhook_json(const struct webhook_row *row)
{
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
    json_set_text(json, "slug", row->slug);
    json_set_text(json, "externalListenerLink", link);
    return json;
}

static bool webhook_load(struct call *c, int64_t id, json_t **ret, struct err *e)
{
    struct webhook_row row = { 0 };
    if (!webhook_get(c->tx, id, &row, e))
        return false;
    *ret = webhook_json(&row);
    webhook_row_fini(&row);
    return true;
}

bool webhooks_list(struct call *c, struct err *e)
{
    return call_list(c, &(struct list_view){ &LIST_WEBHOOKS, webhook_load }, e);
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

static bool answer_with_url(struct call *c, const struct webhook_row *row, struct err *e)
{
    AUTO_FREE char *url = NULL, *token = NULL;
    if (!listener_url(c->api, row->listener, row->token, &url, &token, e) ||
        !call_audit(c, row->object.project_id, "webhook.url", row->object.name, "webhook URL shown", e))
        return false;
    json_t *json = webhook_json(row);
    json_set_text(json, "webhookUrl", url);
    json_set_text(json, "secretToken", token);
    return call_answer(c, 200, json);
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
    else
        call_answer(c, 200, webhook_json(&row));
    webhook_row_fini(&row);
    return true;
}

/* ---- saving */

static void put(char **member, const char *text)
{
    char *fresh = mem_text(text);
    free(*member);
    *member = fresh;
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
    if (row->refresh_token && (!given || text_is(given, API_MASK)))
        return true;
    if (text_empty(given) || text_is(given, API_MASK))
        return err_field(e, "refreshToken", "a Docker webhook needs an API token (refreshToken), or a variable that holds one: ${var.NAME}");
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

static bool fill(struct call *c, struct webhook_row *row, const json_t *spec, struct err *e)
{
    object_take(c, &row->object, spec);
    row->enabled = json_bool_at(spec, "enabled", row->object.id ? row->enabled : true);
    return name_ok(row->object.name, "Docker webhook", e) && take_endpoint(c, row, spec, e) && take_pipeline(c, row, spec, e) &&
           take_patterns(row, spec, e) && take_token(c, row, spec, e);
}

static bool saved(struct call *c, int64_t id, const char *action, struct err *e)
{
    struct webhook_row row = { 0 };
    bool ok = webhook_get(c->tx, id, &row, e) && call_audit(c, row.object.project_id, action, row.object.name, row.pipeline, e) &&
              answer_with_url(c, &row, e);
    webhook_row_fini(&row);
    call_after(c, hooks_forget, 0);
    return ok;
}

static bool insert(struct call *c, struct webhook_row *row, struct err *e)
{
    const char *token = call_text(c, "secretToken", NULL);
    return listener_make(c, row->object.project_id, 0, text_is(token, API_MASK) ? NULL : token, &row->listener_id, e) &&
           webhook_insert(c->tx, row, e) && saved(c, row->object.id, "webhook.create", e);
}

bool webhook_create(struct call *c, struct err *e)
{
    struct webhook_row row = { 0 };
    struct object project = { 0 };
    int64_t id = 0;
    if (!call_project(c, call_text(c, "project", NULL), &id, e) || !project_get(c->tx, id, &project, e))
        return false;
    row.object = (struct object){ .project_id = id, .project = mem_text(project.name) };
    bool ok = fill(c, &row, c->body, e) && insert(c, &row, e);
    object_fini(&project);
    webhook_row_fini(&row);
    return ok;
}

/* A new secret: the old one is accepted for a day, so that nothing is lost while the registry still has it. */
static bool new_secret(struct call *c, const struct webhook_row *row, struct err *e)
{
    const char *given = call_text(c, "secretToken", NULL);
    AUTO_FREE char *url = NULL, *now = NULL;
    if (text_empty(given) || text_is(given, API_MASK))
        return true;
    if (!listener_url(c->api, row->listener, row->token, &url, &now, e))
        return false;
    return text_is(given, now) || listener_change(c, row->listener_id, row->listener, given, clock_now() + CLOCK_DAY, e);
}

bool webhook_change(struct call *c, struct err *e)
{
    struct webhook_row row = { 0 };
    bool ok = find(c, &row, e) && fill(c, &row, c->body, e) && webhook_update(c->tx, &row, e) && new_secret(c, &row, e) &&
              saved(c, row.object.id, "webhook.update", e);
    webhook_row_fini(&row);
    return ok;
}

bool webhook_patch(struct call *c, struct err *e)
{
    struct webhook_row row = { 0 };
    if (!json_is_boolean(json_object_get(c->body, "enabled")))
        return err_field(e, "enabled", "the body must be {\"enabled\": true} or false");
    bool enabled = json_bool_at(c->body, "enabled", true);
    bool ok = find(c, &row, e) && webhook_enable(c->tx, &row, enabled, c->who.name, e) &&
              saved(c, row.object.id, enabled ? "webhook.enable" : "webhook.disable", e);
    webhook_row_fini(&row);
    return ok;
}

bool webhook_remove(struct call *c, struct err *e)
{
    struct webhook_row row = { 0 };
    bool ok = find(c, &row, e) && webhook_delete(c->tx, &row, e) &&
              call_audit(c, row.object.project_id, "webhook.delete", row.object.name, "", e) && call_answer(c, 200, webhook_json(&row));
    webhook_row_fini(&row);
    call_after(c, hooks_forget, 0);
    return ok;
}

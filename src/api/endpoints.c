/* Endpoints: where registries and clusters are. */
#include <string.h>

#include "api/cloud_links.h"
#include "api/hooks.h"
#include "api/hub.h"
#include "api/resources.h"
#include "api/saving.h"
#include "base/ids.h"
#include "base/mem.h"
#include "pipeline/literals.h"
#include "runner/hub.h"
#include "runner/sweep.h"
#include "runner/validate.h"
#include "store/hub_hooks.h"
#include "store/webhooks.h"

#define LISTENERS API_PREFIX "/registry-webhook-listeners/"

static const struct finder ENDPOINT = { "endpoint", endpoint_find, endpoint_find_named };

static json_t *endpoint_json(const struct endpoint_row *row)
{
    json_t *json = object_json(&row->object, "endpoints");
    json_set_text(json, "kind", "ENDPOINT");
    json_set_text(json, "type", row->type);
    json_object_set_new(json, "isRestricted", json_boolean(row->restricted));
    json_set_text(json, "cloudProxyId", row->cloud_proxy);
    json_object_set_new(json, "properties", properties_masked(row->properties));
    if (!text_empty(row->listener)) {
        AUTO_FREE char *link = mem_format(LISTENERS "%s", row->listener);
        json_set_text(json, "externalListenerLink", link);
    }
    return json;
}

bool endpoint_load(struct call *c, int64_t id, json_t **ret, struct err *e)
{
    struct endpoint_row row = { 0 };
    if (!endpoint_get(c->tx, id, &row, e))
        return false;
    *ret = endpoint_json(&row);
    endpoint_row_fini(&row);
    return true;
}

bool endpoints_list(struct call *c, struct err *e)
{
    return call_list(c, &(struct list_view){ .source = &LIST_ENDPOINTS, .load = endpoint_load }, e);
}

static bool find(struct call *c, struct endpoint_row *ret, struct err *e)
{
    int64_t id = 0;
    if (!call_find(c, &ENDPOINT, &id, e) || !endpoint_get(c->tx, id, ret, e))
        return false;
    if (call_in(c, ret->object.project_id, e))
        return true;
    endpoint_row_fini(ret);
    return false;
}

/* ---- one, with its URL for those who may change it */

static bool add_url(struct call *c, const struct endpoint_row *row, json_t *json, struct err *e)
{
    struct listener_row listener = { 0 };
    AUTO_FREE char *url = NULL, *token = NULL;
    bool found = false;
    if (!auth_may(&c->who, row->object.project_id, MAY_DEVELOP) || !listener_of_endpoint(c->tx, row->object.id, &listener, &found, e))
        return !e->kind;
    bool ok = !found || (listener_url(c->api, listener.uuid, listener.token, &url, &token, e) &&
                         call_audit(c, row->object.project_id, "endpoint.url", row->object.name, "webhook URL shown", e));
    if (ok && url)
        json_set_text(json, "webhookUrl", url);
    listener_row_fini(&listener);
    return ok;
}

/* What is not sealed is seen by all. */
static void add_warnings(json_t *json)
{
    AUTO_PROBLEMS found = { 0 };
    literals_check("endpoint", json, &found);
    if (found.count)
        json_object_set_new(json, "_warnings", problems_json(&found));
}

static bool answer_with_url(struct call *c, const struct endpoint_row *row, struct err *e)
{
    json_t *json = endpoint_json(row);
    add_warnings(json);
    if (add_url(c, row, json, e))
        return call_answer(c, 200, json);
    json_decref(json);
    return false;
}

static bool one_with_url(struct call *c, struct err *e)
{
    struct endpoint_row row = { 0 };
    bool ok = find(c, &row, e) && answer_with_url(c, &row, e);
    endpoint_row_fini(&row);
    return ok;
}

bool endpoint_one(struct call *c, struct err *e)
{
    struct endpoint_row row = { 0 };
    if (!find(c, &row, e))
        return false;
    if (*row.listener && auth_may(&c->who, row.object.project_id, MAY_DEVELOP))
        c->next = (struct stage){ CALL_WRITE, one_with_url };
    else
        call_answer(c, 200, endpoint_json(&row));
    endpoint_row_fini(&row);
    return true;
}

/* ---- saving */

static bool spec_ok(const json_t *spec, const char *type, struct err *e)
{
    const json_t *properties = json_object_get(spec, "properties");
    if (!endpoint_type_ok(type, e))
        return false;
    return json_is_object(properties) || err_field(e, "properties", "properties must be an object");
}

/* A restricted variable in an endpoint goes wherever that endpoint points, so only those may put it there who may use it. */
static bool variables_ok(struct call *c, int64_t project_id, const json_t *properties, struct err *e)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)properties, key, value) {
        const char *text = json_is_string(value) ? json_string_value(value) : "";
        size_t n = strlen(text);
        bool restricted = false;
        if (!text_starts(text, "${var.") || text[n - 1] != '}')
            continue;
        AUTO_FREE char *name = mem_text_n(text + 6, n - 7);
        if (!variable_restricted(c->tx, project_id, name, &restricted, e))
            return false;
        if (restricted && !call_may(c, project_id, MAY_RESTRICTED, e))
            return err_wrap(e, "%s: variable '%s' is restricted", key, name);
    }
    return true;
}

bool endpoint_rights_ok(struct call *c, int64_t project_id, const json_t *properties, struct err *e)
{
    const char *authentication = json_text_at(properties, "authType", "");
    bool own = text_is_any_case(authentication, "incluster") || strstr(authentication, "${"); /* it is, or may be, the server's own account */
    if (own && !call_may(c, project_id, MAY_RESTRICTED, e))
        return err_wrap(e, "authType %s", authentication);
    const char *url = json_text_at(properties, "url", ""); /* of this machine's own engine: root there */
    if ((text_starts(url, "unix:") || strstr(url, "${")) && !call_may(c, project_id, MAY_RESTRICTED, e))
        return err_wrap(e, "url %.60s", url);
    if (!text_empty(json_text_at(properties, "proxyCredential", "")) && !call_may(c, project_id, MAY_RESTRICTED, e)) /* somebody else's, lent by its name */
        return err_wrap(e, "proxyCredential");
    return variables_ok(c, project_id, properties, e);
}

/* What the room that will use them thinks of the values; references are known only later. */
static bool values_ok(struct call *c, const struct endpoint_row *row, struct err *e)
{
    AUTO_JSON *opened = properties_open(c->api->config.seal, row->object.uuid, row->properties, e);
    if (!opened)
        return false;
    const char *key;
    json_t *value;
    properties_reach(opened, row->cloud_proxy);
    if (!endpoint_rights_ok(c, row->object.project_id, opened, e))
        return false;
    json_object_foreach(opened, key, value)
        if (json_is_string(value) && strstr(json_string_value(value), "${"))
            return true;
    return endpoint_properties_ok(row->type, opened, c->api->config.allow_in_cluster, c->api->config.docker_socket, e);
}

/* What leaves it out keeps it. */
static bool take_proxy(struct call *c, struct endpoint_row *row, const json_t *spec, struct err *e)
{
    char *fresh = NULL;
    if (!json_object_get(spec, "cloudProxyId") && row->cloud_proxy)
        return true;
    if (!proxy_resolve(c, json_text_at(spec, "cloudProxyId", ""), row->object.project_id, &fresh, e))
        return false;
    free(row->cloud_proxy);
    row->cloud_proxy = fresh;
    return true;
}

static bool fill(struct call *c, struct endpoint_row *row, const json_t *spec, struct err *e)
{
    const char *type = json_text_at(spec, "type", row->type);
    if (row->type && !text_is(type, row->type))
        return err_field(e, "type", "an endpoint's type cannot change");
    if (!spec_ok(spec, type, e))
        return false;
    if (!row->type)
        row->type = mem_text(type);
    object_take(c, &row->object, spec);
    if (!take_proxy(c, row, spec, e))
        return false;
    bool was = row->restricted;
    if (!json_take_bool(spec, "isRestricted", &row->restricted, e))
        return false;
    json_t *sealed = properties_seal(c->api->config.seal, row->object.uuid, json_object_get(spec, "properties"), row->properties, e);
    if (!sealed)
        return false;
    json_decref(row->properties);
    row->properties = sealed;
    return name_ok(row->object.name, "endpoint", e) &&
           (!(was || row->restricted) || call_may(c, row->object.project_id, MAY_RESTRICTED, e)) && values_ok(c, row, e);
}

static bool begin(struct call *c, int64_t project_id, int64_t id, struct endpoint_row *row, struct err *e)
{
    struct object project = { 0 };
    if (id)
        return endpoint_get(c->tx, id, row, e);
    if (!project_get(c->tx, project_id, &project, e))
        return false;
    *row = (struct endpoint_row){ .object = { .project_id = project_id, .project = mem_text(project.name) } };
    id_new(row->object.uuid);
    object_fini(&project);
    return true;
}

bool endpoint_save(struct call *c, int64_t project_id, int64_t id, const json_t *spec, int64_t *ret, struct err *e)
{
    struct endpoint_row row = { 0 };
    int64_t listener = 0;
    bool ok = begin(c, project_id, id, &row, e) && fill(c, &row, spec, e) &&
              (id ? endpoint_update(c->tx, &row, e) : endpoint_insert(c->tx, &row, e));
    if (ok && !id && text_is(row.type, "dockerregistry"))
        ok = listener_make(c, project_id, row.object.id, NULL, &listener, e);
    if (ok && id && text_is(row.type, "dockerregistry"))
        ok = runner_hub_endpoint(c->api->config.runner, c->tx, id, e) && runner_sweep_endpoint(c->api->config.runner, c->tx, id, e);
    ok = ok && call_audit(c, project_id, id ? "endpoint.update" : "endpoint.create", row.object.name, row.type, e);
    *ret = row.object.id;
    endpoint_row_fini(&row);
    call_after(c, hooks_forget, 0); /* a listener remembers its endpoint's server type */
    call_after(c, hub_wake, 0);
    return ok;
}

static bool saved(struct call *c, int64_t id, struct err *e)
{
    struct endpoint_row row = { 0 };
    bool ok = endpoint_get(c->tx, id, &row, e) && answer_with_url(c, &row, e);
    endpoint_row_fini(&row);
    return ok;
}

bool endpoint_create(struct call *c, struct err *e)
{
    int64_t project = 0, id = 0;
    return call_project(c, call_text(c, "project", NULL), &project, e) && endpoint_save(c, project, 0, c->body, &id, e) && saved(c, id, e);
}

bool endpoint_change(struct call *c, struct err *e)
{
    struct endpoint_row row = { 0 };
    int64_t id = 0;
    bool ok = find(c, &row, e) && endpoint_save(c, row.object.project_id, row.object.id, c->body, &id, e) && saved(c, id, e);
    endpoint_row_fini(&row);
    return ok;
}

/* ---- deleting: not while somebody names it */

struct naming {
    const char *name;
    struct text found;
};

static bool names_endpoint(const json_t *tree, const char *name)
{
    const char *key;
    json_t *value;
    size_t i;
    const char *roles;
    json_t *role;
    json_object_foreach((json_t *)tree, key, value) {
        bool place = text_is(key, "endpoint") || text_is(key, "registry"); /* of a workspace, of a notification */
        if (place && text_is(json_string_value(value), name))
            return true;
        if (text_is(key, "endpoints") && json_is_object(value))
            json_object_foreach(value, roles, role)
                if (json_is_string(role) && text_is(json_string_value(role), name))
                    return true;
        if (names_endpoint(value, name))
            return true;
    }
    json_array_foreach((json_t *)tree, i, value)
        if (names_endpoint(value, name))
            return true;
    return false;
}

static void look_into(void *context, const char *pipeline, const char *definition)
{
    struct naming *n = context;
    AUTO_JSON *tree = NULL;
    if ((strstr(definition, "\"endpoint") || strstr(definition, "\"registry\"")) && json_read(definition, strlen(definition), &tree, NULL) && names_endpoint(tree, n->name))
        text_addf(&n->found, "%s%s", n->found.length ? ", " : "", pipeline);
}

static bool unused(struct call *c, const struct endpoint_row *row, struct err *e)
{
    AUTO_FREE char *webhooks = NULL;
    struct naming naming = { .name = row->object.name };
    if (!endpoint_used_by(c->tx, row->object.id, &webhooks, e))
        return false;
    if (*webhooks)
        return err_set(e, ERR_CONFLICT, "endpoint '%s' is used by Docker webhook: %s", row->object.name, webhooks);
    AUTO_FREE char *hooks = NULL;
    if (!hub_hooks_gone_of_endpoint(c->tx, row->object.id, &hooks, e))
        return false;
    if (*hooks)
        return err_set(e, ERR_CONFLICT, "endpoint '%s' is needed to delete at Docker Hub: %.300s; an administrator may give that up (registry-hooks)",
                       row->object.name, hooks);
    bool ok = pipelines_of_project(c->tx, row->object.project_id, look_into, &naming, e);
    if (ok && naming.found.length)
        ok = err_set(e, ERR_CONFLICT, "endpoint '%s' is used by pipeline: %s", row->object.name, text_of(&naming.found));
    text_fini(&naming.found);
    return ok;
}

static bool drop(struct call *c, const struct endpoint_row *row, struct err *e)
{
    call_after(c, hooks_forget, 0);
    return (!row->restricted || call_may(c, row->object.project_id, MAY_RESTRICTED, e)) && unused(c, row, e) && endpoint_delete(c->tx, row, e) &&
           call_audit(c, row->object.project_id, "endpoint.delete", row->object.name, "", e);
}

bool endpoint_drop(struct call *c, int64_t id, struct err *e)
{
    struct endpoint_row row = { 0 };
    bool ok = endpoint_get(c->tx, id, &row, e) && drop(c, &row, e);
    endpoint_row_fini(&row);
    return ok;
}

bool endpoint_remove(struct call *c, struct err *e)
{
    struct endpoint_row row = { 0 };
    bool ok = find(c, &row, e) && drop(c, &row, e) && call_answer(c, 200, endpoint_json(&row));
    endpoint_row_fini(&row);
    return ok;
}

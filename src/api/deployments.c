/* What runs where: each container that a Kubernetes task put on a cluster, and what brought it. */
#include "store/deployments.h"

#include "api/resources.h"
#include "base/mem.h"

static void set_link(json_t *json, const char *key, const char *resource, const char *uuid)
{
    if (!uuid)
        return;
    AUTO_FREE char *link = mem_format(API_PREFIX "/%s/%s", resource, uuid);
    json_set_text(json, key, link);
}

static void set_previous(json_t *json, const struct deployment_view *v)
{
    json_set_text(json, "previousImage", v->previous_image);
    json_set_text(json, "previousDigest", v->previous_digest);
    if (!v->previous_since)
        return;
    json_set_time(json, "previousSince", "_previousSinceInMicros", v->previous_since);
    json_set_text(json, "previousExecutionName", v->previous_name);
    json_object_set_new(json, "previousExecutionIndex", json_integer(v->previous_index));
    set_link(json, "previousExecutionLink", "executions", v->previous_execution);
}

static json_t *deployment_json(const struct deployment_view *v)
{
    json_t *json = json_object();
    const char *const TEXTS[][2] = {
        { "id", v->uuid }, { "project", v->project }, { "endpoint", v->endpoint }, { "namespace", v->namespace_ }, { "kind", v->kind },
        { "name", v->name }, { "container", v->container }, { "image", v->image }, { "digest", v->digest }, { "status", v->status },
        { "message", v->message }, { "task", v->task }, { "executionName", v->execution_name }, { "webhook", v->webhook_name },
    };
    for (size_t i = 0; i < ALEN(TEXTS); i++)
        json_set_text(json, TEXTS[i][0], TEXTS[i][1]);
    json_object_set_new(json, "init", json_boolean(v->init));
    json_object_set_new(json, "executionIndex", json_integer(v->index));
    json_set_time(json, "since", "_sinceInMicros", v->since);
    json_set_time(json, "updatedAt", "_updateTimeInMicros", v->updated_at);
    set_link(json, "_link", "deployments", v->uuid);
    set_link(json, "executionLink", "executions", v->execution);
    set_link(json, "webhookLink", "registry-webhooks", v->webhook);
    set_link(json, "eventLink", "registry-events", v->event);
    set_previous(json, v);
    return json;
}

static bool deployment_load(struct call *c, int64_t id, json_t **ret, struct err *e)
{
    struct deployment_view view = { 0 };
    if (!deployment_view_get(c->tx, id, &view, e))
        return false;
    *ret = deployment_json(&view);
    deployment_view_fini(&view);
    return true;
}

/* A row moves to the top when another image is put there. */
bool deployments_list(struct call *c, struct err *e)
{
    return call_list(c, &(struct list_view){ .source = &LIST_DEPLOYMENTS, .load = deployment_load, .order = "since desc" }, e);
}

bool deployment_one(struct call *c, struct err *e)
{
    int64_t id = 0, project = 0;
    json_t *json = NULL;
    if (!deployment_find(c->tx, c->parameters[0], &id, &project, e))
        return false;
    if (!id)
        return err_set(e, ERR_NOT_FOUND, "there is no deployment %s", c->parameters[0]);
    return call_in(c, project, e) && deployment_load(c, id, &json, e) && call_answer(c, 200, json);
}

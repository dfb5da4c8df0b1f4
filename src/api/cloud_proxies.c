/* Cloud Proxies: who endpoints are reached through. What is live of them is asked on the loop first, and put beside the rows then. */
#include <string.h>

#include "agent/agents.h"
#include "api/cloud_links.h"
#include "api/resources.h"
#include "api/saving.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/mem.h"
#include "store/cloud_proxies.h"

enum { HOURS = 24, HOURS_MOST = 720 };

/* ---- shapes */

struct shaping {
    const json_t *live;   /* by instance */
    json_t *instances;
    const char *host;     /* of the first that is connected, else of the newest; borrowed from instances */
    int64_t connected, seen;
};

static void set_when(json_t *json, const char *key, const char *micros_key, int64_t at)
{
    char text[CLOCK_TEXT];
    if (!at)
        return;
    json_set_text(json, key, clock_rfc3339(at, text));
    json_object_set_new(json, micros_key, json_integer(at));
}

static void add_instance(void *context, const struct cloud_proxy_instance *row)
{
    struct shaping *s = context;
    json_t *live = json_object_get(s->live, row->uuid), *json = json_object();
    json_set_text(json, "id", row->uuid);
    json_set_text(json, "status", row->revoked_at ? "REVOKED" : "DISCONNECTED");
    json_set_text(json, "hostName", row->host);
    json_set_text(json, "version", row->version);
    json_set_text(json, "address", row->address);
    json_set_text(json, "enrolledBy", row->enrolled_by);
    if (*row->revoked_by)
        json_set_text(json, "revokedBy", row->revoked_by);
    set_when(json, "enrolledAt", "_enrolledAtInMicros", row->enrolled_at);
    set_when(json, "keyChangedAt", "_keyChangedAtInMicros", row->key_changed_at);
    set_when(json, "lastSeen", "_lastSeenInMicros", live && !row->revoked_at ? clock_now() : row->last_seen);
    set_when(json, "revokedAt", "_revokedAtInMicros", row->revoked_at);
    if (live && !row->revoked_at)
        json_object_update(json, live);
    json_array_append_new(s->instances, json);
    bool now = live && !row->revoked_at;
    if ((now && !s->connected) || !s->host)
        s->host = json_text_at(json, "hostName", "");
    s->connected += now;
    s->seen += row->last_seen || live;
}

static bool proxy_json(struct call *c, const struct cloud_proxy_row *row, json_t **ret, struct err *e)
{
    AUTO_JSON *instances = json_array();
    struct shaping s = { .live = c->context, .instances = instances };
    if (!cloud_proxy_instances(c->tx, row->object.id, add_instance, &s, e))
        return false;
    json_t *json = object_json(&row->object, "cloud-proxies");
    json_set_text(json, "kind", "CLOUD_PROXY");
    json_set_text(json, "status", s.connected ? "CONNECTED" : s.seen ? "DISCONNECTED" : "NEVER_CONNECTED");
    json_object_set_new(json, "connected", json_integer(s.connected));
    json_object_set_new(json, "instanceCount", json_integer((json_int_t)json_array_size(instances)));
    json_object_set_new(json, "endpointCount", json_integer(row->endpoints));
    json_object_set(json, "instances", instances);
    json_object_set_new(json, "customProperties", json_pack("{s:s, s:s}", "proxyName", row->object.name, "hostName", s.host ? s.host : ""));
    *ret = json;
    return true;
}

/* ---- reading */

static void release_live(void *live)
{
    json_decref(live);
}

static void take_live(struct call *c)
{
    c->context = agents_json(cloud_links_agents(c->api->links));
    c->context_free = release_live;
}

static bool load(struct call *c, int64_t id, json_t **ret, struct err *e)
{
    struct cloud_proxy_row row = { 0 };
    bool ok = cloud_proxy_get(c->tx, id, &row, e) && proxy_json(c, &row, ret, e);
    cloud_proxy_row_fini(&row);
    return ok;
}

static bool list(struct call *c, struct err *e)
{
    c->in_project = true;
    return call_list(c, &(struct list_view){ .source = &LIST_CLOUD_PROXIES, .load = load, .order = "name asc" }, e);
}

bool cloud_proxies_list(struct call *c, struct err *e)
{
    (void)e;
    take_live(c);
    call_go(c, CALL_READ, list);
    return true;
}

static bool visible(const struct call *c, const struct cloud_proxy_row *row)
{
    return !row->object.project_id || auth_may(&c->who, row->object.project_id, MAY_VIEW);
}

static bool find(struct call *c, struct cloud_proxy_row *ret, struct err *e)
{
    int64_t id = 0;
    if (!cloud_proxy_find(c->tx, c->parameters[0], &id, e))
        return false;
    if (id && !cloud_proxy_get(c->tx, id, ret, e))
        return false;
    if (id && visible(c, ret))
        return true;
    cloud_proxy_row_fini(ret);
    return err_set(e, ERR_NOT_FOUND, "there is no Cloud Proxy '%.100s'", c->parameters[0]);
}

static bool answer_one(struct call *c, int64_t id, struct err *e)
{
    json_t *json = NULL;
    return load(c, id, &json, e) && call_answer(c, 200, json);
}

static bool one(struct call *c, struct err *e)
{
    struct cloud_proxy_row row = { 0 };
    bool ok = find(c, &row, e) && answer_one(c, row.object.id, e);
    cloud_proxy_row_fini(&row);
    return ok;
}

bool cloud_proxy_one(struct call *c, struct err *e)
{
    (void)e;
    take_live(c);
    call_go(c, CALL_READ, one);
    return true;
}

/* ---- making and changing */

static void take_text(char **where, const json_t *body, const char *key)
{
    const json_t *value = json_object_get(body, key);
    if (!json_is_string(value))
        return;
    free(*where);
    *where = mem_text(json_string_value(value));
}

/* "" and absence of a value: all projects. A change that leaves it out keeps it. */
static bool take_project(struct call *c, struct object *o, struct err *e)
{
    const char *name = call_text(c, "project", NULL);
    int64_t id = 0;
    if (!name)
        return true;
    if (*name && (!project_find(c->tx, name, &id, e) || !id))
        return e->kind ? false : err_field(e, "project", "there is no project '%.100s'", name);
    o->project_id = id;
    return true;
}

static bool fill(struct call *c, struct object *o, struct err *e)
{
    take_text(&o->name, c->body, "name");
    take_text(&o->description, c->body, "description");
    free(o->updated_by);
    o->updated_by = mem_text(c->who.name);
    if (!o->name)
        o->name = mem_text("");
    if (!o->description)
        o->description = mem_text("");
    return name_ok(o->name, "Cloud Proxy", e) &&
           (!text_is_any_case(o->name, "default") || err_field(e, "name", "'default' stands for no Cloud Proxy at all: choose another name")) &&
           take_project(c, o, e);
}

static bool create(struct call *c, struct err *e)
{
    struct cloud_proxy_row row = { 0 };
    bool ok = fill(c, &row.object, e) && cloud_proxy_insert(c->tx, &row, e) &&
              call_audit(c, row.object.project_id, "cloud-proxy.create", row.object.name, "", e) && answer_one(c, row.object.id, e);
    cloud_proxy_row_fini(&row);
    return ok;
}

bool cloud_proxy_create(struct call *c, struct err *e)
{
    (void)e;
    take_live(c);
    call_go(c, CALL_WRITE, create);
    return true;
}

static bool nobody_left_out(struct call *c, const struct object *o, struct err *e)
{
    AUTO_FREE char *others = NULL;
    if (!o->project_id)
        return true;
    if (!cloud_proxy_used_by(c->tx, o->id, o->project_id, &others, e))
        return false;
    if (!*others)
        return true;
    err_field(e, "project", "endpoints of other projects are reached through it: %.300s", others);
    e->kind = ERR_CONFLICT;
    return false;
}

static bool change(struct call *c, struct err *e)
{
    struct cloud_proxy_row row = { 0 };
    bool ok = find(c, &row, e) && fill(c, &row.object, e) && nobody_left_out(c, &row.object, e) && cloud_proxy_update(c->tx, &row, e) &&
              call_audit(c, row.object.project_id, "cloud-proxy.update", row.object.name, "", e) && answer_one(c, row.object.id, e);
    cloud_proxy_row_fini(&row);
    return ok;
}

bool cloud_proxy_change(struct call *c, struct err *e)
{
    (void)e;
    take_live(c);
    call_go(c, CALL_WRITE, change);
    return true;
}

/* ---- what ends links: written first, then done */

struct ending {
    char proxy[ID_TEXT], instance[ID_TEXT];
    const char *why;
    json_t *answer;
};

static void ending_free(void *context)
{
    struct ending *x = context;
    json_decref(x->answer);
    free(x);
}

static bool end_links(struct call *c, struct err *e)
{
    struct ending *x = c->context;
    (void)e;
    agents_unlink(cloud_links_agents(c->api->links), x->proxy, *x->instance ? x->instance : NULL, x->why);
    call_answer(c, 200, json_incref(x->answer));
    call_end(c, NULL);
    return true;
}

static void end_links_next(struct call *c, const char *proxy, const char *instance, const char *why, json_t *answer)
{
    struct ending *x = NEW(struct ending);
    *x = (struct ending){ .why = why, .answer = answer };
    snprintf(x->proxy, sizeof x->proxy, "%s", proxy);
    snprintf(x->instance, sizeof x->instance, "%s", instance);
    if (c->context_free)
        c->context_free(c->context);
    c->context = x;
    c->context_free = ending_free;
    c->next = (struct stage){ CALL_LOOP, end_links };
}

bool cloud_proxy_remove(struct call *c, struct err *e)
{
    struct cloud_proxy_row row = { 0 };
    json_t *json = NULL;
    bool ok = find(c, &row, e) && proxy_json(c, &row, &json, e) && cloud_proxy_delete(c->tx, &row, e) &&
              call_audit(c, row.object.project_id, "cloud-proxy.delete", row.object.name, "", e);
    if (ok)
        end_links_next(c, row.object.uuid, "", "its Cloud Proxy was deleted", json);
    else
        json_decref(json);
    cloud_proxy_row_fini(&row);
    return ok;
}

static bool find_instance(struct call *c, const struct cloud_proxy_row *row, struct cloud_proxy_instance *ret, struct err *e)
{
    bool found = false;
    if (!cloud_proxy_instance_get(c->tx, c->parameters[1], ret, &found, e))
        return false;
    if (found && ret->proxy_id == row->object.id)
        return true;
    cloud_proxy_instance_fini(ret);
    return err_set(e, ERR_NOT_FOUND, "Cloud Proxy '%s' has no instance %.40s", row->object.name, c->parameters[1]);
}

bool cloud_proxy_instance_remove(struct call *c, struct err *e)
{
    struct cloud_proxy_row row = { 0 };
    struct cloud_proxy_instance instance = { 0 };
    json_t *json = NULL;
    bool ok = find(c, &row, e) && find_instance(c, &row, &instance, e) && cloud_proxy_instance_revoke(c->tx, instance.id, c->who.name, e) &&
              cloud_proxy_changed(c->tx, row.object.project_id, row.object.id, e) &&
              call_audit(c, row.object.project_id, "cloud-proxy.revoke", row.object.name, instance.uuid, e) && proxy_json(c, &row, &json, e);
    if (ok)
        end_links_next(c, row.object.uuid, instance.uuid, "it was revoked", json);
    cloud_proxy_instance_fini(&instance);
    cloud_proxy_row_fini(&row);
    return ok;
}

/* ---- a token to enrol with */

bool cloud_proxy_token(struct call *c, struct err *e)
{
    struct cloud_proxy_row row = { 0 };
    int64_t hours = json_object_get(c->body, "hours") ? json_int_at(c->body, "hours", 0) : HOURS, ends_at = clock_now() + hours * CLOCK_HOUR;
    AUTO_FREE char *token = auth_token_random("slp_"), *hash = auth_token_hash(token);
    if (hours < 1 || hours > HOURS_MOST)
        return err_field(e, "hours", "a token to enrol with is valid for 1 to %d hours", HOURS_MOST);
    bool ok = find(c, &row, e) && cloud_proxy_token_insert(c->tx, row.object.id, hash, c->who.name, ends_at, e) &&
              call_audit(c, row.object.project_id, "cloud-proxy.token", row.object.name, "", e);
    if (ok) {
        AUTO_FREE char *command = mem_format("slipway proxy --server %s --token %s --name '%s' --allow HOST:PORT",
                                             text_empty(c->api->external_url) ? "https://THIS-SERVER" : c->api->external_url, token, row.object.name);
        json_t *json = json_pack("{s:s, s:s, s:s}", "token", token, "command", command, "name", row.object.name);
        set_when(json, "expiresAt", "_expiresAtInMicros", ends_at);
        call_answer(c, 200, json);
    }
    cloud_proxy_row_fini(&row);
    return ok;
}

/* ---- a new key */

struct rotating {
    struct call *call;
    char instance[ID_TEXT], key[64];
};

static bool store_key(struct call *c, struct err *e)
{
    struct rotating *r = c->context;
    struct cloud_proxy_row row = { 0 };
    bool ok = find(c, &row, e) && cloud_proxy_instance_propose(c->tx, r->instance, r->key, e) &&
              cloud_proxy_changed(c->tx, row.object.project_id, row.object.id, e) &&
              call_audit(c, row.object.project_id, "cloud-proxy.rotate", row.object.name, r->instance, e) &&
              call_answer(c, 200, json_pack("{s:s, s:s}", "instance", r->instance, "message",
                                            "the instance has a new key; it counts from its next connection on"));
    cloud_proxy_row_fini(&row);
    return ok;
}

static void rotated(void *context, const unsigned char *key, const struct err *e)
{
    struct call *c = context;
    struct rotating *r = c->context;
    if (e) {
        call_end(c, e);
        return;
    }
    AUTO_FREE char *text = text_base64(key, 32);
    snprintf(r->key, sizeof r->key, "%s", text);
    call_go(c, CALL_WRITE, store_key);
}

static bool ask_for_key(struct call *c, struct err *e)
{
    struct rotating *r = c->context;
    return agents_rotate(cloud_links_agents(c->api->links), r->instance, rotated, c, e);
}

bool cloud_proxy_instance_act(struct call *c, struct err *e)
{
    struct cloud_proxy_row row = { 0 };
    struct cloud_proxy_instance instance = { 0 };
    bool ok = text_is_any_case(call_text(c, "action", ""), "rotate") || err_field(e, "action", "action is rotate");
    ok = ok && find(c, &row, e) && find_instance(c, &row, &instance, e);
    ok = ok && (!instance.revoked_at || err_set(e, ERR_CONFLICT, "the instance is revoked"));
    if (ok) {
        struct rotating *r = NEW(struct rotating);
        snprintf(r->instance, sizeof r->instance, "%s", instance.uuid);
        c->context = r;
        c->context_free = free;
        c->next = (struct stage){ CALL_LOOP, ask_for_key };
    }
    cloud_proxy_instance_fini(&instance);
    cloud_proxy_row_fini(&row);
    return ok;
}

/* ---- as endpoints name them */

bool proxy_resolve(struct call *c, const char *given, int64_t project_id, char **ret, struct err *e)
{
    struct cloud_proxy_row row = { 0 };
    int64_t id = 0;
    *ret = NULL;
    if (text_empty(given) || text_is_any_case(given, "default")) {
        *ret = mem_text("");
        return true;
    }
    if (!cloud_proxy_find(c->tx, given, &id, e) || (id && !cloud_proxy_get(c->tx, id, &row, e)))
        return false;
    bool ok = id && (!row.object.project_id || row.object.project_id == project_id || project_id == -1);
    if (ok)
        *ret = mem_text(row.object.uuid);
    cloud_proxy_row_fini(&row);
    return ok || err_field(e, "cloudProxyId", "there is no Cloud Proxy '%.100s' that this project may use; leave it empty for what this server reaches by itself", given);
}

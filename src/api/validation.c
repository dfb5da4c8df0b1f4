/* Does an endpoint answer, and with which certificate? Loaded on a reader, asked on the loop. */
#include <string.h>

#include "api/cloud_links.h"
#include "api/resources.h"
#include "api/saving.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/mem.h"
#include "http/certificate.h"
#include "runner/validate.h"

struct validation {
    struct endpoint_validate op;
    struct call *call;
    char *type;
    json_t *properties;
    int64_t began;
};

static void validation_free(void *context)
{
    struct validation *v = context;
    free(v->type);
    json_decref(v->properties);
    free(v);
}

static void validated(struct endpoint_validate *op)
{
    struct validation *v = OWNER(op, struct validation, op);
    struct call *c = v->call;
    call_answer(c, 200, json_pack("{s:s, s:s, s:{}, s:I}", "status", op->ok ? "COMPLETED" : "FAILED", "statusMessage", op->text, "output",
                                  "duration", (json_int_t)((clock_mono() - v->began) / CLOCK_MS)));
    call_end(c, NULL);
}

static bool ask(struct call *c, struct err *e)
{
    struct validation *v = c->context;
    const struct api *api = c->api;
    v->call = c;
    v->began = clock_mono();
    v->op.type = v->type;
    v->op.properties = v->properties;
    v->op.hub = (struct endpoint_hub){ api->hub_url, api->hub_registry_url, api->hub_auth_url };
    v->op.allow_in_cluster = api->config.allow_in_cluster;
    v->op.docker_socket = api->config.docker_socket;
    v->op.done = validated;
    return endpoint_validate_start(&v->op, api->config.loop, api->config.http, e);
}

/* Masks in what was sent stand for what is stored under that name. */
static json_t *properties_of(struct call *c, const char *project, struct err *e)
{
    const json_t *given = json_object_get(c->body, "properties");
    const char *name = call_text(c, "name", "");
    char fresh[ID_TEXT];
    struct endpoint_row row = { 0 };
    int64_t id = 0;
    if (!endpoint_find_named(c->tx, project, name, &id, e) || (id && !endpoint_get(c->tx, id, &row, e)))
        return NULL;
    if (id && row.restricted && !call_may(c, row.object.project_id, MAY_RESTRICTED, e)) { /* masks would stand for its secrets */
        endpoint_row_fini(&row);
        return NULL;
    }
    const char *uuid = id ? row.object.uuid : id_new(fresh);
    json_t *sealed = json_is_object(given) ? properties_seal(c->api->config.seal, uuid, given, row.properties, e) : json_incref(row.properties);
    if (!sealed && !e->kind)
        err_field(e, "properties", "properties must be an object");
    json_t *opened = sealed ? properties_open(c->api->config.seal, uuid, sealed, e) : NULL;
    json_decref(sealed);
    endpoint_row_fini(&row);
    return opened;
}

bool endpoint_validation(struct call *c, struct err *e)
{
    const char *type = call_text(c, "type", NULL), *project = call_text(c, "project", "default");
    int64_t id = 0;
    if (!call_project(c, project, &id, e) || !endpoint_type_ok(type, e))
        return false;
    AUTO_JSON *opened = properties_of(c, project, e);
    AUTO_FREE char *proxy = NULL;
    if (opened && !proxy_resolve(c, call_text(c, "cloudProxyId", ""), id, &proxy, e))
        return false;
    if (opened)
        properties_reach(opened, proxy);
    if (opened && !endpoint_rights_ok(c, id, opened, e))
        return false;
    json_t *resolved = opened ? properties_resolve(c, project, opened, e) : NULL;
    if (!resolved)
        return false;
    struct validation *v = NEW(struct validation);
    v->type = mem_text(type);
    v->properties = resolved;
    c->context = v;
    c->context_free = validation_free;
    c->next = (struct stage){ CALL_LOOP, ask };
    return true;
}

/* ---- the certificate, for a person to accept */

struct looking {
    struct http_certificates op;
    struct call *call;
    char *url, *proxy;
};

static void looking_free(void *context)
{
    struct looking *l = context;
    free(l->url);
    free(l->proxy);
    free(l);
}

static void looked(struct http_certificates *op, const struct err *e)
{
    struct looking *l = OWNER(op, struct looking, op);
    if (!e)
        call_answer(l->call, 200, json_pack("{s:O}", "certificates", op->chain));
    call_end(l->call, e);
}

static bool look(struct call *c, struct err *e)
{
    struct looking *l = c->context;
    return http_certificates_start(&l->op, c->api->config.http, e);
}

/* A certificate is looked at before there is an endpoint: through any proxy that some project of the caller may use. */
static bool proxy_seen(struct call *c, const char *given, char **ret, struct err *e)
{
    struct err why = { 0 };
    if (proxy_resolve(c, given, 0, ret, &why))
        return true;
    for (size_t i = 0; i < c->who.project_count; i++)
        if (auth_may(&c->who, c->who.projects[i].id, MAY_DEVELOP) && proxy_resolve(c, given, c->who.projects[i].id, ret, e))
            return true;
    return auth_everywhere(&c->who) ? proxy_resolve(c, given, -1, ret, e) : err_field(e, "cloudProxyId", "%s", why.text);
}

bool endpoint_certificate(struct call *c, struct err *e)
{
    AUTO_FREE char *given = call_query(c, "cloudProxyId");
    char *proxy = NULL;
    if (!proxy_seen(c, given, &proxy, e))
        return false;
    struct looking *l = NEW(struct looking);
    l->call = c;
    l->proxy = proxy;
    l->url = call_query(c, "url");
    l->op.via = l->proxy;
    l->op.url = l->url;
    l->op.done = looked;
    c->context = l;
    c->context_free = looking_free;
    c->next = (struct stage){ CALL_LOOP, look };
    return true;
}

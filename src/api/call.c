#include "api/call.h"

#include <stdio.h>
#include <string.h>

#include "api/answer.h"
#include "api/cloud_links.h"
#include "api/hooks.h"
#include "api/limiter.h"
#include "api/match.h"
#include "api/logs.h"
#include "api/stream.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/mem.h"
#include "web/web.h"

/* ---- the end of a call */

static void call_free(struct call *c)
{
    if (c->context_free)
        c->context_free(c->context);
    for (size_t i = 0; i < CALL_PARAMETERS; i++)
        free(c->parameters[i]);
    json_decref(c->body);
    json_decref(c->details);
    who_fini(&c->who);
    text_fini(&c->answer);
    free(c->allow);
    free(c->location);
    free(c);
}

static void put_error(struct call *c, const struct err *e)
{
    AUTO_JSON *body = answer_error(e, c->request->path, c->request_id, c->details);
    call_answer(c, err_status(e->kind), json_incref(body));
    if (err_status(e->kind) >= 500)
        log_error("api", "%s %s: %s (request %s)", c->request->method, c->request->path, e->text, c->request_id);
}

static void note_failure(struct call *c, const struct err *e)
{
    if (c->route && c->route->flags & ROUTE_LOGIN && (e->kind == ERR_UNAUTHORIZED || e->kind == ERR_FORBIDDEN))
        limiter_failed(c->api->logins, peer_of(&c->api->proxies, c->request, (char[PEER_TEXT]){ 0 }));
    if (err_retry(e->kind) && !c->retry_after)
        c->retry_after = 2;
}

void call_end(struct call *c, const struct err *e)
{
    char wait[24];
    if (e)
        note_failure(c, e);
    if (e)
        put_error(c, e);
    c->api->answered++;
    c->api->failed += c->status >= 500;
    if (c->allow)
        http_answer_header(c->request, "Allow", c->allow);
    if (c->location)
        http_answer_header(c->request, "Location", c->location);
    if (c->status == 401)
        http_answer_header(c->request, "WWW-Authenticate", "Bearer");
    snprintf(wait, sizeof wait, "%lld", (long long)c->retry_after);
    if (c->retry_after)
        http_answer_header(c->request, "Retry-After", wait);
    http_answer_header(c->request, "X-Request-Id", c->request_id);
    if (!c->route || !(c->route->flags & ROUTE_QUIET) || c->status >= 500)
        answer_log(c->request, c->status, c->who.name ? c->who.name : "nobody", c->request_id);
    answer_send(c->request, c->status, c->type, text_of(&c->answer), c->answer.length);
    call_free(c);
}

void call_streamed(struct call *c)
{
    c->api->answered++;
    answer_log(c->request, 200, c->who.name ? c->who.name : "nobody", c->request_id);
    call_free(c);
}

void call_left(struct call *c)
{
    c->api->answered++;
    call_free(c);
}

/* ---- stages */

static void enter(struct call *c);

/* A route of a project whose handler looked at none would let anybody in: better no answer than that. */
static bool checked(struct call *c, struct err *e)
{
    bool needs = c->route->may >= MAY_VIEW && c->route->may <= MAY_RESTRICTED && !(c->route->flags & ROUTE_OWN);
    return !needs || c->in_project || c->next.place != CALL_NONE ||
           err_set(e, ERR_INTERNAL, "%s %s did not look at the project's rights", c->route->method, c->route->path);
}

static bool known(struct call *c, struct err *e)
{
    if (c->route->may == MAY_ANYBODY)
        return true;
    const char *token = auth_bearer(call_header(c, "Authorization"));
    if (!token)
        return err_set(e, ERR_UNAUTHORIZED, "an access token is missing: header Authorization: Bearer TOKEN");
    who_fini(&c->who);
    if (!auth_who(c->tx, token, &c->who, e))
        return false;
    return auth_may(&c->who, 0, c->route->may) ||
           err_set(e, ERR_FORBIDDEN, "%s may not %s here", c->who.name, auth_action_name(c->route->may));
}

static bool work(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct call *c = OWNER(job, struct call, job);
    c->tx = tx;
    bool ok = known(c, e) && c->stage.handle(c, e) && checked(c, e);
    c->tx = NULL;
    c->rehearsal = c->rehearsal && ok;
    return ok && (!c->rehearsal || err_set(e, ERR_CANCELED, "a rehearsal is not kept"));
}

static void go_on(struct call *c)
{
    for (size_t i = 0; i < c->after_count; i++)
        c->after[i].run(c->api, c->after[i].argument);
    c->after_count = 0;
    if (c->next.place != CALL_NONE) {
        enter(c);
    } else if (c->status) {
        call_end(c, NULL);
    } else {
        struct err e = { 0 };
        err_set(&e, ERR_INTERNAL, "%s %s gave no answer", c->route->method, c->route->path);
        call_end(c, &e);
    }
}

static void worked(struct db_job *job, const struct err *e)
{
    struct call *c = OWNER(job, struct call, job);
    if (c->rehearsal && e && e->kind == ERR_CANCELED && c->status)
        call_end(c, NULL);
    else if (e)
        call_end(c, e);
    else
        go_on(c);
}

static void enter(struct call *c)
{
    struct err e = { 0 };
    c->stage = c->next;
    c->next = (struct stage){ 0 };
    c->job = (struct db_job){ .work = work, .done = worked };
    switch (c->stage.place) {
    case CALL_READ: db_read(c->api->config.db, &c->job); break;
    case CALL_WRITE: db_write(c->api->config.db, &c->job); break;
    default:
        if (!c->stage.handle(c, &e))
            call_end(c, &e);
    }
}

void call_go(struct call *c, enum call_place place, bool (*handle)(struct call *c, struct err *e))
{
    c->next = (struct stage){ place, handle };
    enter(c);
}

/* ---- the beginning */

static bool read_body(struct call *c, struct err *e)
{
    const char *type = call_header(c, "Content-Type");
    if (c->route->body != BODY_JSON)
        return true;
    if (type && !strcasestr(type, "json") && strncasecmp(type, "text/plain", 10))
        return err_set(e, ERR_UNSUPPORTED, "the body must be application/json, not %.100s", type);
    if (!c->request->body_size) {
        c->body = json_object();
        return true;
    }
    if (!json_read(c->request->body, c->request->body_size, &c->body, e))
        return err_wrap(e, "the body is no JSON");
    return json_is_object(c->body) || err_set(e, ERR_INVALID, "the body must be a JSON object");
}

static bool begin(struct call *c, struct err *e)
{
    if (!route_match(c->request->method, c->request->path, &c->route, c->parameters, &c->parameter_count, &c->allow, e))
        return false;
    if (c->route->flags & ROUTE_LOGIN && !limiter_open(c->api->logins, peer_of(&c->api->proxies, c->request, (char[PEER_TEXT]){ 0 }), &c->retry_after))
        return err_set(e, ERR_LIMITED, "too many failed logins from this address: wait a little");
    c->retry_after = 0;
    return read_body(c, e);
}

void api_handle(void *api, struct http_request *r)
{
    struct err e = { 0 };
    if (hooks_take(((struct api *)api)->hooks, r) || web_take(WEB_FILES, r))
        return;
    struct call *c = NEW(struct call);
    c->api = api;
    c->request = r;
    id_new(c->request_id);
    if (!begin(c, &e)) {
        call_end(c, &e);
        return;
    }
    c->next = c->route->first;
    enter(c);
}

/* ---- the api */

bool api_create(const struct api_config *config, struct api **ret, struct err *e)
{
    (void)e;
    struct api *api = NEW(struct api);
    api->config = *config;
    api->external_url = mem_text(config->external_url ? config->external_url : "");
    proxies_read(config->trusted_proxies, &api->proxies);
    api->hub_url = mem_text(config->hub_url);
    api->hub_registry_url = mem_text(config->hub_registry_url);
    api->hub_auth_url = mem_text(config->hub_auth_url);
    api->logins = limiter_create(10, 6 * CLOCK_SECOND);
    api->tokens = limiter_create(30, CLOCK_SECOND);
    api->hooks = hooks_create(api);
    api->streams = streams_create(api);
    api->log_waits = log_waits_create(api);
    api->links = cloud_links_create(api);
    api->started_at = clock_now();
    *ret = api;
    return true;
}

void api_destroy(struct api **api)
{
    struct api *a = *api;
    if (!a)
        return;
    hooks_destroy(&a->hooks);
    streams_destroy(&a->streams);
    log_waits_destroy(&a->log_waits);
    cloud_links_destroy(&a->links);
    limiter_destroy(&a->logins);
    limiter_destroy(&a->tokens);
    free(a->external_url);
    free(a->hub_url);
    free(a->hub_registry_url);
    free(a->hub_auth_url);
    free(a);
    *api = NULL;
}

void api_server(struct api *api, const struct http_server *server)
{
    if (api->server_count < ALEN(api->servers))
        api->servers[api->server_count++] = server;
}

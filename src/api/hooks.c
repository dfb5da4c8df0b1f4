#include "api/hooks.h"

#include <stdio.h>
#include <string.h>

#include "agent/agents.h"
#include "api/answer.h"
#include "api/call.h"
#include "api/limiter.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "hooks/hooks.h"
#include "hooks/secure.h"
#include "store/cloud_proxies.h"
#include "store/inbox.h"
#include "store/webhooks.h"

enum { LISTENERS = 20000, HEADERS = 64, HEADERS_TEXT = 8192 };

struct hooks {
    struct api *api;
    struct map *listeners; /* "u" uuid, "w" webhook's uuid, "t" token's hash -> struct listener_row */
};

/* One POST, from its arrival to its answer. */
struct arrival {
    struct hooks *hooks;
    struct http_request *request;
    struct agent_delivery *relayed; /* it came to a Cloud Proxy; NULL: here */
    struct http_request as_request; /* then this is the request */
    struct db_job job;
    char key[120];
    char token_hash[65]; /* "" without a token */
    char peer[PEER_TEXT];
    struct listener_row listener;
    bool found;
    struct hook_result *read;
    struct err problem;  /* of reading */
    char *sender_key, *headers, *events; /* events: NULL without a push */
    const char *verdict;
    struct inbox_stored stored;
};

/* ---- memory of listeners */

static void forget_all(struct hooks *h)
{
    size_t at = 0;
    const char *key = NULL;
    void *value = NULL;
    while (map_each(h->listeners, &at, &key, &value)) {
        struct listener_row *row = value;
        listener_row_fini(row);
        free(row);
    }
    map_destroy(&h->listeners);
}

struct hooks *hooks_create(struct api *api)
{
    struct hooks *h = NEW(struct hooks);
    h->api = api;
    h->listeners = map_create();
    return h;
}

void hooks_destroy(struct hooks **hooks)
{
    if (*hooks)
        forget_all(*hooks);
    free(*hooks);
    *hooks = NULL;
}

void hooks_forget(struct api *api, int64_t unused)
{
    (void)unused;
    forget_all(api->hooks);
    api->hooks->listeners = map_create();
}

static void remember(struct hooks *h, const char *key, const struct listener_row *row)
{
    if (map_count(h->listeners) >= LISTENERS)
        hooks_forget(h->api, 0);
    struct listener_row *copy = mem_copy(row, sizeof *row);
    copy->token = NULL;
    copy->senders = mem_text(row->senders);
    free(map_put(h->listeners, key, copy));
}

/* ---- answers */

static void arrival_end(struct arrival *a, int status, json_t *body)
{
    struct http_request *r = a->request;
    AUTO_FREE char *text = json_write(body);
    json_decref(body);
    a->hooks->api->answered++;
    a->hooks->api->failed += status >= 500;
    if (status != 200)
        answer_log(r, status, a->relayed ? "a Cloud Proxy" : "a registry", a->stored.uuid);
    if (a->relayed) {
        agents_kept(a->relayed, status < 500); /* what could not be stored is told again */
    } else {
        if (status == 503 || status == 429)
            http_answer_header(r, "Retry-After", status == 503 ? "10" : "30");
        answer_send(r, status, "application/json", text, strlen(text));
    }
    hook_result_destroy(&a->read);
    listener_row_fini(&a->listener);
    free(a->sender_key);
    free(a->headers);
    free(a->events);
    free(a);
}

static void refuse(struct arrival *a, enum err_kind kind, const char *text)
{
    struct err e = { 0 };
    err_set(&e, kind, "%s", text);
    arrival_end(a, err_status(kind), answer_error(&e, a->request->path, a->stored.uuid, NULL));
}

static void answer_stored(struct arrival *a)
{
    json_t *body = json_object();
    size_t pushes = a->read ? a->read->event_count : 0;
    const char *status = a->stored.repeat ? "repeat" : pushes ? "accepted" : "ignored";
    const char *message = a->stored.repeat ? "this delivery came before" : pushes ? "stored" : "nothing here that could start a pipeline";
    json_set_text(body, "delivery", a->stored.uuid);
    json_set_text(body, "status", status);
    json_set_text(body, "message", a->problem.kind ? a->problem.text : message);
    json_object_set_new(body, "pushes", json_integer((json_int_t)pushes));
    if (a->stored.first_event[0])
        json_set_text(body, "event", a->stored.first_event);
    if (a->read && a->read->note[0])
        json_set_text(body, "note", a->read->note);
    arrival_end(a, 200, body);
}

/* ---- storing */

/* What a person should know of it: why it was refused, what was read leniently, or why nothing in it could start anything. */
static const char *problem_of(const struct arrival *a, char out[512])
{
    const struct hook_result *read = a->read;
    if (a->problem.kind || !read)
        return a->problem.kind ? a->problem.text : "";
    if (*read->note || read->event_count || !read->ignored_count)
        return read->note;
    snprintf(out, 512, "%.200s: %.200s%s", read->ignored[0].what, read->ignored[0].why, read->ignored_count > 1 ? " (and more of the kind)" : "");
    return out;
}

/* Told again by a Cloud Proxy, whose link broke before it heard that we have it: known by its number, which is stored with it. */
static bool store_relayed(struct arrival *a, struct db_tx *tx, struct inbox_delivery *d, struct err *e)
{
    const struct agent_delivery *r = a->relayed;
    int64_t known = 0;
    if (!cloud_proxy_journal_find(tx, r->instance, r->journal, &known, e))
        return false;
    if (r->number <= known)
        return a->stored.repeat = true;
    return inbox_store(tx, d, &a->stored, e) && cloud_proxy_journal_put(tx, r->instance, r->journal, r->number, e);
}

static bool store(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct arrival *a = OWNER(job, struct arrival, job);
    char problem[512];
    bool refused = text_is(a->verdict, "unauthorized") || text_is(a->verdict, "forbidden");
    struct inbox_delivery d = {
        .project_id = a->listener.project_id, .listener_id = a->listener.id, .sender_key = a->sender_key,
        .format = a->read ? a->read->format : "", .remote = a->peer, .headers = a->headers,
        .body = refused ? NULL : a->request->body, .body_size = refused ? 0 : a->request->body_size, .verdict = a->verdict,
        .problem = problem_of(a, problem), .events = a->events ? a->events : "[]",
        .received_at = clock_now() - (a->relayed ? a->relayed->age_micros : 0),
    };
    return a->relayed ? store_relayed(a, tx, &d, e) : inbox_store(tx, &d, &a->stored, e);
}

static void stored(struct db_job *job, const struct err *e)
{
    struct arrival *a = OWNER(job, struct arrival, job);
    struct runner *runner = a->hooks->api->config.runner;
    if (e) {
        log_error("api", "a delivery could not be stored: %s", e->text);
        refuse(a, ERR_UNAVAILABLE, "the delivery could not be stored: send it again later");
        return;
    }
    if (a->events && !a->stored.repeat)
        runner_wake_inbox(runner);
    if (text_is(a->verdict, "unauthorized"))
        refuse(a, ERR_UNAUTHORIZED, "the secret token is missing or wrong");
    else if (text_is(a->verdict, "forbidden"))
        refuse(a, ERR_FORBIDDEN, a->problem.text);
    else if (a->problem.kind == ERR_INVALID || a->problem.kind == ERR_TOO_LARGE)
        arrival_end(a, 400, answer_error(&a->problem, a->request->path, a->stored.uuid, NULL));
    else
        answer_stored(a);
}

static void start_store(struct arrival *a)
{
    a->job = (struct db_job){ .work = store, .done = stored };
    db_write(a->hooks->api->config.db, &a->job);
}

/* ---- reading */

static bool tells_secrets(const char *name)
{
    static const char *const PARTS[] = { "auth", "token", "secret", "cookie", "signature", "key" };
    for (size_t i = 0; i < ALEN(PARTS); i++)
        if (strcasestr(name, PARTS[i]))
            return true;
    return false;
}

static char *headers_json(const struct http_headers *headers)
{
    AUTO_JSON *json = json_object();
    size_t size = 0;
    for (size_t i = 0; i < headers->count && i < HEADERS && size < HEADERS_TEXT; i++) {
        const char *name = headers->at[i].name, *value = tells_secrets(name) ? "*****" : headers->at[i].value;
        size += strlen(name) + strlen(value);
        if (size < HEADERS_TEXT && text_utf8(name, strlen(name)) && text_utf8(value, strlen(value)))
            json_set_text(json, name, value);
    }
    return json_write(json);
}

static char *events_json(const struct hook_result *read)
{
    AUTO_JSON *all = json_array();
    for (size_t i = 0; i < read->event_count; i++)
        json_array_append_new(all, event_json(read->events[i]));
    return json_write(all);
}

static void read_body(struct arrival *a)
{
    const struct http_request *r = a->request;
    struct hook_header headers[HEADERS];
    struct hook_input input = { .content_type = http_headers_get(r->headers, "Content-Type"), .headers = headers, .body = r->body,
                                .size = r->body_size, .server_type = a->listener.server_type };
    for (; input.header_count < r->headers->count && input.header_count < HEADERS; input.header_count++)
        headers[input.header_count] =
            (struct hook_header){ r->headers->at[input.header_count].name, r->headers->at[input.header_count].value };
    a->headers = headers_json(r->headers);
    a->verdict = "accepted";
    if (hook_decode(&input, &a->read, &a->problem)) {
        a->problem.kind = ERR_NONE;
        a->sender_key = mem_text(a->read->delivery_key);
        a->events = a->read->event_count ? events_json(a->read) : NULL;
        return;
    }
    a->verdict = "unreadable";
    AUTO_FREE char *hash = text_sha256(r->body ? r->body : "", r->body_size);
    a->sender_key = mem_format("sha256:%s", hash);
}

/* ---- is it really the sender? */

static bool authentic(const struct arrival *a)
{
    const struct listener_row *l = &a->listener;
    bool old = l->old_token_hash[0] && l->old_until > clock_now();
    const char *wants[] = { l->token_hash, old ? l->old_token_hash : l->token_hash };
    return a->token_hash[0] && hook_secret_any(a->token_hash, wants, 2);
}

/* May this address deliver there? */
static bool sender_ok(const struct arrival *a)
{
    AUTO_JSON *senders = NULL;
    if (text_empty(a->listener.senders) || text_is(a->listener.senders, "[]"))
        return true;
    return json_read(a->listener.senders, strlen(a->listener.senders), &senders, NULL) && networks_have(senders, a->peer);
}

/* Kept without its body, so that Activity can tell. */
static void store_refused(struct arrival *a, const char *verdict)
{
    char id[ID_TEXT];
    a->verdict = verdict;
    a->sender_key = mem_text(id_new(id));
    a->headers = headers_json(a->request->headers);
    start_store(a);
}

static void judge(struct arrival *a)
{
    struct limiter *wrong = a->hooks->api->tokens;
    int64_t wait = 0;
    if (!a->found) {
        limiter_failed(wrong, a->peer);
        refuse(a, ERR_NOT_FOUND, "there is no listener at this URL");
    } else if (authentic(a) && sender_ok(a)) {
        read_body(a);
        start_store(a);
    } else if (!limiter_open(wrong, a->peer, &wait)) {
        refuse(a, ERR_LIMITED, "too many requests with a wrong secret token from this address");
    } else if (authentic(a)) {
        limiter_failed(wrong, a->peer);
        err_set(&a->problem, ERR_FORBIDDEN, "address %s is in none of the networks that may deliver to this webhook", a->peer);
        store_refused(a, "forbidden");
    } else {
        limiter_failed(wrong, a->peer);
        err_set(&a->problem, ERR_UNAUTHORIZED, "the secret token is missing or wrong");
        store_refused(a, "unauthorized");
    }
}

/* ---- whose URL is it? */

static bool look_up(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct arrival *a = OWNER(job, struct arrival, job);
    const char *value = a->key + 1;
    switch (a->key[0]) {
    case 't': return listener_by_token(tx, value, &a->listener, &a->found, e);
    case 'w':
        return listener_by_webhook(tx, value, &a->listener, &a->found, e) &&
               (a->found || listener_by_uuid(tx, value, &a->listener, &a->found, e));
    default: return listener_by_uuid(tx, value, &a->listener, &a->found, e);
    }
}

static void looked_up(struct db_job *job, const struct err *e)
{
    struct arrival *a = OWNER(job, struct arrival, job);
    if (e) {
        log_error("api", "a listener could not be looked up: %s", e->text);
        refuse(a, ERR_UNAVAILABLE, "the server cannot take deliveries now: send it again later");
        return;
    }
    if (a->found)
        remember(a->hooks, a->key, &a->listener);
    judge(a);
}

static void present_token(struct arrival *a)
{
    const struct http_request *r = a->request;
    AUTO_FREE char *query = r->query[0] ? http_query_get(r->query, "secureToken") : NULL;
    const char *header = http_headers_get(r->headers, "Authorization"), *bearer = auth_bearer(header);
    const char *token = !text_empty(query) ? query : bearer ? bearer : header;
    if (text_empty(token))
        return;
    AUTO_FREE char *hash = auth_token_hash(token);
    snprintf(a->token_hash, sizeof a->token_hash, "%s", hash);
}

/* "u" or "w" and the id, "t" alone; false: no URL of ours. */
static bool hook_path(const char *path, char key[120])
{
    static const struct { const char *prefix; char kind; } PATHS[] = {
        { "/codestream/api/registry-webhook-listeners/", 'u' }, { "/pipeline/api/registry-webhook-listeners/", 'u' },
        { "/codestream/api/registry-webhooks/", 'w' }, { "/pipeline/api/registry-webhooks/", 'w' },
    };
    if (text_is(path, "/pipelines/api/docker-hub-webhooks") || text_is(path, "/pipelines/api/docker-hub-webhooks/")) {
        snprintf(key, 120, "t");
        return true;
    }
    for (size_t i = 0; i < ALEN(PATHS); i++) {
        size_t n = strlen(PATHS[i].prefix);
        char id[ID_TEXT];
        if (strncmp(path, PATHS[i].prefix, n))
            continue;
        snprintf(id, sizeof id, "%s", path + n);
        snprintf(key, 120, "%c%s", PATHS[i].kind, id);
        return id_is(id) && (!path[n + 36] || text_is(path + n + 36, "/"));
    }
    return false;
}

static void arrive(struct arrival *a, const char *key)
{
    struct hooks *h = a->hooks;
    present_token(a);
    snprintf(a->key, sizeof a->key, "%.50s%s", key, key[0] == 't' ? a->token_hash : "");
    const struct listener_row *known = map_get(h->listeners, a->key);
    if (known) {
        a->found = true;
        a->listener = *known;
        a->listener.senders = mem_text(known->senders);
        judge(a);
    } else {
        a->job = (struct db_job){ .work = look_up, .done = looked_up };
        db_read(h->api->config.db, &a->job);
    }
}

bool hooks_take(struct hooks *h, struct http_request *r)
{
    char key[120];
    if (!text_is(r->method, "POST") || !hook_path(r->path, key))
        return false;
    AUTO_FREE char *action = key[0] == 'w' ? http_query_get(r->query, "action") : NULL;
    if (action) /* a person's, for the webhook itself: routes.c */
        return false;
    struct arrival *a = NEW(struct arrival);
    a->hooks = h;
    a->request = r;
    peer_of(&h->api->proxies, r, a->peer);
    arrive(a, key);
    return true;
}

void hooks_relay(struct hooks *h, struct agent_delivery *d)
{
    char key[120];
    if (!hook_path(d->path, key)) {
        log_warn("api", "a Cloud Proxy (instance %s) told of a POST to no webhook's URL", d->instance);
        agents_kept(d, true);
        return;
    }
    struct arrival *a = NEW(struct arrival);
    *a = (struct arrival){ .hooks = h, .relayed = d, .as_request = { .method = "POST", .path = d->path, .query = d->query, .remote = d->remote,
                                                                    .headers = &d->headers, .body = d->body, .body_size = d->body_size, .began = clock_mono() } };
    a->request = &a->as_request;
    snprintf(a->peer, sizeof a->peer, "%s", d->remote);
    arrive(a, key);
}

/* HTTP that the server speaks over the link, sent on with credentials that stay here. The server's connection ends in an HTTP server of
 * ours that listens at a socket in the proxy's own folder, which nobody else may enter. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "http/server.h"
#include "proxy/gateway.h"
#include "registry/ask.h"

#define BODY_MOST (8 << 20)
#define ANSWER_MOST (32 << 20)
#define CALL_MICROS (60 * CLOCK_SECOND)
#define SILENCE_MICROS (10 * CLOCK_MINUTE) /* of a watch */

struct credentials {
    struct credential *at;
    size_t count;
    struct loop *loop;
    struct http_client *client;
    struct http_server *server;
    struct registry_tokens *tokens;
    char *path;
};

struct passing { /* one request on its way */
    struct http_request *request; /* NULL: it is answered by the stream, or its asker has gone */
    const struct credential *credential;
    struct http_stream *stream;   /* of a watch */
    struct http_call call;
    struct registry_ask ask;
    struct http_trust trust;
    char *url, *path;
    bool ended;
};

static void passing_free(struct passing *p)
{
    free(p->url);
    free(p->path);
    free(p);
}

static void refuse(struct http_request *r, const struct err *e)
{
    AUTO_JSON *json = json_pack("{s:s, s:i}", "message", e->text, "status", err_status(e->kind));
    AUTO_FREE char *text = json_write(json);
    http_answer(r, err_status(e->kind), "application/json", text, strlen(text));
}

/* Of one connection only (RFC 9110 section 7.6.1), or told anew by the next. */
static bool hop_by_hop(const char *name)
{
    static const char *const NAMES[] = { "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer", "Transfer-Encoding",
                                         "Upgrade", "Content-Length", "Host", "Authorization", "Expect", "Accept-Encoding", "Content-Encoding", "Set-Cookie",
                                         "Cookie", "WWW-Authenticate", "Content-Type" };
    for (size_t i = 0; i < ALEN(NAMES); i++)
        if (text_is_any_case(NAMES[i], name))
            return true;
    return false;
}

static void answer_with(struct http_request *r, const struct http_call *c)
{
    for (size_t i = 0; i < c->answer_headers.count; i++)
        if (!hop_by_hop(c->answer_headers.at[i].name))
            http_answer_header(r, c->answer_headers.at[i].name, c->answer_headers.at[i].value);
    http_answer(r, c->status, http_headers_get(&c->answer_headers, "Content-Type"), text_of(&c->answer), c->answer.length);
}

/* ---- clusters */

static void passed(struct http_call *call, const struct err *e)
{
    struct passing *p = OWNER(call, struct passing, call);
    p->ended = true;
    if (p->stream) {
        http_stream_end(p->stream); /* closed frees p */
        return;
    }
    if (e)
        refuse(p->request, e);
    else
        answer_with(p->request, call);
    passing_free(p);
}

static void stream_closed(void *context)
{
    struct passing *p = context;
    p->stream = NULL;
    if (p->ended)
        passing_free(p);
    else
        http_call_cancel(&p->call); /* passed comes */
}

static void watch_over(struct http_call *call, const struct err *e)
{
    struct passing *p = OWNER(call, struct passing, call);
    struct err why = { 0 };
    if (p->stream || p->ended) {
        passed(call, e);
        return;
    }
    if (!p->request) { /* its stream went away before */
        passing_free(p);
        return;
    }
    if (!e)
        err_set(&why, call->status >= 400 ? err_kind_of_status(call->status) : ERR_UPSTREAM, "the cluster answered %d", call->status);
    refuse(p->request, e ? e : &why);
    passing_free(p);
}

static bool watch_came(struct http_call *call, const char *bytes, size_t n)
{
    struct passing *p = OWNER(call, struct passing, call);
    if (call->status != 200)
        return false;
    if (!p->stream && p->request) {
        struct http_request *r = TAKE(p->request);
        p->stream = http_stream(r, http_headers_get(&call->answer_headers, "Content-Type"), stream_closed, p);
    }
    return p->stream && http_stream_send(p->stream, bytes, n);
}

static char *authorization_of(const struct kube_target *t)
{
    if (t->token)
        return mem_format("Bearer %s", t->token);
    if (t->auth != KUBE_AUTH_BASIC)
        return NULL;
    AUTO_FREE char *pair = mem_format("%s:%s", t->username, t->password), *base64 = text_base64(pair, strlen(pair));
    return mem_format("Basic %s", base64);
}

static bool is_watch(const struct http_request *r)
{
    AUTO_FREE char *watch = http_query_get(r->query, "watch"), *follow = http_query_get(r->query, "follow");
    return (watch && (text_is(watch, "true") || text_is(watch, "1"))) || (follow && text_is(follow, "true"));
}

static bool pass_to_cluster(struct credentials *c, struct passing *p, struct err *e)
{
    const struct kube_target *t = p->credential->cluster;
    struct http_request *r = p->request;
    AUTO_FREE char *authorization = authorization_of(t);
    bool watch = is_watch(r);
    p->url = mem_format("%s%s%s%s", t->server, r->path, *r->query ? "?" : "", r->query);
    p->trust = (struct http_trust){ .ca_pem = t->ca_pem, .fingerprint = t->fingerprint, .cert_pem = t->cert_pem, .key_pem = t->key_pem, .insecure = t->insecure };
    p->call = (struct http_call){ .method = r->method, .url = p->url, .body = r->body_size ? r->body : NULL, .body_size = r->body_size, .trust = &p->trust,
                                  .proxy = t->proxy, .timeout_micros = watch ? SILENCE_MICROS : CALL_MICROS, .answer_limit = ANSWER_MOST,
                                  .on_data = watch ? watch_came : NULL, .done = watch ? watch_over : passed };
    const char *type = http_headers_get(r->headers, "Content-Type");
    for (size_t i = 0; i < r->headers->count; i++)
        if (!hop_by_hop(r->headers->at[i].name))
            http_headers_add(&p->call.headers, r->headers->at[i].name, r->headers->at[i].value);
    if (type)
        http_headers_add(&p->call.headers, "Content-Type", type);
    if (authorization)
        http_headers_add(&p->call.headers, "Authorization", authorization);
    bool ok = http_call_start(&p->call, c->client, e);
    http_headers_fini(&p->call.headers);
    p->call.headers = (struct http_headers){ 0 };
    return ok;
}

/* ---- registries */

static void asked(struct registry_ask *a, const struct err *e)
{
    struct passing *p = OWNER(a, struct passing, ask);
    if (e)
        refuse(p->request, e);
    else
        answer_with(p->request, &a->call);
    passing_free(p);
}

/* "/v2/acme/web/manifests/1.4" is about repository acme/web; the caller's, NULL: about none. */
static char *scope_of(const char *path)
{
    static const char *const PARTS[] = { "/manifests/", "/tags/", "/blobs/", "/referrers/" };
    if (!text_starts(path, "/v2/"))
        return NULL;
    for (size_t i = 0; i < ALEN(PARTS); i++) {
        const char *end = strstr(path, PARTS[i]);
        if (end && end > path + 4)
            return mem_format("repository:%.*s:pull", (int)(end - path - 4), path + 4);
    }
    return NULL;
}

static bool pass_to_registry(struct credentials *c, struct passing *p, struct err *e)
{
    const struct http_request *r = p->request;
    AUTO_FREE char *scope = scope_of(r->path);
    if (!text_is(r->method, "GET") && !text_is(r->method, "HEAD"))
        return err_set(e, ERR_METHOD, "with credentials of the Cloud Proxy a registry is only read");
    p->path = mem_format("%s%s%s", r->path, *r->query ? "?" : "", r->query);
    p->ask = (struct registry_ask){ .target = p->credential->registry, .method = r->method, .path = p->path, .scope = scope, .tokens = c->tokens,
                                    .accept = strstr(r->path, "/manifests/") ? ACCEPT_MANIFESTS : NULL, .answer_limit = ANSWER_MOST,
                                    .deadline = clock_mono() + CALL_MICROS, .done = asked };
    return registry_ask_start(&p->ask, c->client, e);
}

/* ---- who is meant */

static const struct credential *find(const struct credentials *c, const char *authority)
{
    const char *dot = authority ? strstr(authority, CREDENTIALS_DOMAIN) : NULL;
    for (size_t i = 0; dot && i < c->count; i++)
        if (strlen(c->at[i].name) == (size_t)(dot - authority) && strncmp(c->at[i].name, authority, (size_t)(dot - authority)) == 0)
            return &c->at[i];
    return NULL;
}

static void pass(void *context, struct http_request *r)
{
    struct credentials *c = context;
    struct err e = { 0 };
    const struct credential *credential = find(c, http_headers_get(r->headers, "Host"));
    if (!credential) {
        err_set(&e, ERR_NOT_FOUND, "this Cloud Proxy has no such credentials");
        refuse(r, &e);
        return;
    }
    struct passing *p = NEW(struct passing);
    *p = (struct passing){ .request = r, .credential = credential };
    if (credential->cluster ? pass_to_cluster(c, p, &e) : pass_to_registry(c, p, &e))
        return;
    refuse(r, &e);
    passing_free(p);
}

/* ---- opening */

bool credentials_open(const char *file, struct loop *loop, struct http_client *client, const char *folder, struct credentials **ret, struct err *e)
{
    struct credentials *c = NEW(struct credentials);
    c->loop = loop;
    c->client = client;
    c->path = mem_format("%s/gateway.sock", folder);
    registry_tokens_create(&c->tokens);
    AUTO_FREE char *address = mem_format("unix:%s", c->path);
    struct http_server_config config = { .address = address, .limits = HTTP_LIMITS, .handle = pass, .context = c };
    config.limits.body_bytes = BODY_MOST;
    if (credentials_read(file, &c->at, &c->count, e) && http_server_open(loop, &config, &c->server, e)) {
        *ret = c;
        return true;
    }
    credentials_close(&c);
    return false;
}

void credentials_close(struct credentials **credentials)
{
    struct credentials *c = TAKE(*credentials);
    if (!c)
        return;
    if (c->server)
        unlink(c->path);
    http_server_close(&c->server);
    registry_tokens_destroy(&c->tokens);
    credential_list_free(c->at, c->count);
    free(c->path);
    free(c);
}

json_t *credentials_json(const struct credentials *c)
{
    json_t *names = json_array();
    for (size_t i = 0; c && i < c->count; i++)
        json_array_append_new(names, json_string(c->at[i].name));
    return names;
}

bool credentials_host(const char *authority)
{
    const char *dot = authority ? strstr(authority, CREDENTIALS_DOMAIN) : NULL;
    return dot && (dot[strlen(CREDENTIALS_DOMAIN)] == ':' || !dot[strlen(CREDENTIALS_DOMAIN)]);
}

bool credentials_connect(struct credentials *c, const char *authority, int *ret_fd, struct err *e)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (!c || !find(c, authority))
        return err_set(e, ERR_NOT_FOUND, "this Cloud Proxy keeps no credentials of the name in %.100s: see --credentials there", authority);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", c->path); /* its length was checked when it was listened at */
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        err_set(e, ERR_UNAVAILABLE, "the Cloud Proxy cannot take another request: %s", strerror(errno));
        if (fd >= 0)
            close(fd);
        return false;
    }
    *ret_fd = fd;
    return true;
}

/* A request, from evhttp's to ours, and its answer. */
#include <event2/keyvalq_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/mem.h"
#include "http/inside.h"

static const struct {
    enum evhttp_cmd_type type;
    const char *name;
} METHODS[] = { { EVHTTP_REQ_GET, "GET" }, { EVHTTP_REQ_POST, "POST" }, { EVHTTP_REQ_PUT, "PUT" }, { EVHTTP_REQ_PATCH, "PATCH" },
                { EVHTTP_REQ_DELETE, "DELETE" }, { EVHTTP_REQ_HEAD, "HEAD" }, { EVHTTP_REQ_OPTIONS, "OPTIONS" } };

static const char *method_name(enum evhttp_cmd_type type)
{
    for (size_t i = 0; i < ALEN(METHODS); i++)
        if (METHODS[i].type == type)
            return METHODS[i].name;
    return "OTHER";
}

void request_free(struct request *r)
{
    list_remove(&r->link);
    http_headers_fini(&r->headers);
    if (r->kept)
        evbuffer_free(r->kept);
    free(r->path);
    free(r->query);
    free(r->inflated);
    free(r->remote);
    free(r);
}

/* "/path?query", or with "http://host" before it (RFC 9112 section 3.2.2). */
static void split_target(struct request *r, const char *uri)
{
    const char *scheme = *uri == '/' ? NULL : strstr(uri, "://");
    const char *path = scheme ? scheme + 3 + strcspn(scheme + 3, "/?#") : uri;
    size_t n = strcspn(path, "?#");
    r->path = *path == '/' ? mem_text_n(path, n) : mem_text("/");
    r->query = path[n] == '?' ? mem_text_n(path + n + 1, strcspn(path + n + 1, "#")) : mem_text("");
}

static void copy_headers(struct request *r, struct evhttp_request *event)
{
    struct evkeyval *h;
    TAILQ_FOREACH(h, evhttp_request_get_input_headers(event), next)
        http_headers_add(&r->headers, h->key, h->value);
}

/* The body as the handler sees it: whole, decompressed, with a NUL behind it. */
static bool take_body(struct request *r, struct err *e)
{
    struct evbuffer *in = evhttp_request_get_input_buffer(r->event);
    const struct http_limits *l = &r->server->config.limits;
    size_t size = evbuffer_get_length(in);
    evbuffer_add(in, "", 1);
    r->shown.body = (const char *)evbuffer_pullup(in, -1);
    r->shown.body_size = size;
    const char *encoding = http_headers_get(&r->headers, "Content-Encoding");
    if (!encoding || text_is_any_case(encoding, "identity") || !size)
        return true;
    if (!text_is_any_case(encoding, "gzip") && !text_is_any_case(encoding, "deflate") && !text_is_any_case(encoding, "x-gzip"))
        return err_set(e, ERR_UNSUPPORTED, "this Content-Encoding is not understood; send gzip, deflate or none");
    if (!http_inflate(r->shown.body, size, l->body_bytes, &r->inflated, &size, e))
        return false;
    r->shown.body = r->inflated;
    r->shown.body_size = size;
    if (r->guard)
        guard_grew(r->guard, size);
    return r->server->bytes <= l->body_bytes_total ||
           err_set(e, ERR_UNAVAILABLE, "the server is busy with other requests; try again in a moment");
}

/* Who reads the header in another way than evhttp does, a proxy before us, must not see another request in the same bytes
 * (RFC 9112 sections 5.1, 6.1, 6.3). After such a request the connection ends as well. */
static bool framing_is_plain(const struct request *r, struct err *e)
{
    int lengths = 0, encodings = 0;
    for (size_t i = 0; i < r->headers.count; i++) {
        const struct http_header *h = &r->headers.at[i];
        if (!*h->name || h->name[strcspn(h->name, " \t")])
            return err_set(e, ERR_INVALID, "a header's name is empty or has a space");
        if (text_is_any_case(h->name, "Content-Length")) {
            lengths++;
            if (!*h->value || h->value[strspn(h->value, "0123456789")])
                return err_set(e, ERR_INVALID, "the Content-Length is no number");
        } else if (text_is_any_case(h->name, "Transfer-Encoding")) {
            encodings++;
            if (!text_is_any_case(h->value, "chunked"))
                return err_set(e, ERR_INVALID, "a Transfer-Encoding other than chunked is not understood");
        }
    }
    return lengths + encodings <= 1 || err_set(e, ERR_INVALID, "the length of the body is told more than once");
}

/* evhttp reads no body after HEAD: what comes would be taken for the next request. */
static bool body_not_read(const struct request *r)
{
    const char *length = http_headers_get(&r->headers, "Content-Length");
    return text_is(r->shown.method, "HEAD") && ((length && !text_is(length, "0")) || http_headers_get(&r->headers, "Transfer-Encoding"));
}

/* When the peer goes away while an answer is under way, evhttp takes the request from its connection and leaves it to us;
 * otherwise it frees it together with the connection. */
void request_abandoned(struct evhttp_request *event)
{
    if (event && !evhttp_request_get_connection(event))
        evhttp_request_free(event);
}

static void connection_gone(struct evhttp_connection *connection, void *context)
{
    struct request *r = context;
    (void)connection;
    r->kept = evbuffer_new(); /* the body moves in as it is, and stays where it was in memory: somebody may be reading it */
    evbuffer_add_buffer(r->kept, evhttp_request_get_input_buffer(r->event));
    request_abandoned(r->event);
    r->event = NULL;
    r->guard = NULL;
    if (r->shown.gone) {
        void (*gone)(struct http_request *) = r->shown.gone;
        r->shown.gone = NULL;
        gone(&r->shown);
    }
}

static void answer_error(struct request *r, const struct err *e)
{
    AUTO_TEXT body = { 0 };
    text_addf(&body, "{\"message\":\"%s\",\"status\":%d}\n", e->text, err_status(e->kind));
    if (e->kind == ERR_UNAVAILABLE)
        http_answer_header(&r->shown, "Retry-After", "1");
    http_answer(&r->shown, err_status(e->kind), "application/json", body.at, body.length);
}

/* "::ffff:192.0.2.1" is how a socket for both families shows an IPv4 peer. */
static char *peer_of(struct evhttp_connection *connection)
{
    char *peer = NULL;
    ev_uint16_t port = 0;
    evhttp_connection_get_peer(connection, &peer, &port);
    if (peer && strncmp(peer, "::ffff:", 7) == 0 && strchr(peer, '.'))
        peer += 7;
    return mem_text(peer ? peer : "");
}

static struct request *request_of(struct http_server *s, struct evhttp_request *event, struct guard *g)
{
    struct evhttp_connection *connection = evhttp_request_get_connection(event);
    struct request *r = NEW(struct request);
    *r = (struct request){ .server = s, .loop = s->loop, .event = event, .guard = g, .remote = peer_of(connection) };
    list_append(&s->requests, &r->link);
    split_target(r, evhttp_request_get_uri(event));
    copy_headers(r, event);
    evhttp_connection_set_closecb(connection, connection_gone, r);
    r->shown.method = method_name(evhttp_request_get_command(event));
    r->shown.path = r->path;
    r->shown.query = r->query;
    r->shown.remote = r->remote;
    r->shown.tls = s->tls != NULL;
    r->shown.headers = &r->headers;
    r->shown.began = g && g->began ? g->began : clock_mono();
    return r;
}

void request_came(struct evhttp_request *event, void *server)
{
    struct http_server *s = server;
    struct evhttp_connection *connection = evhttp_request_get_connection(event);
    struct guard *g = guard_find(s, evhttp_connection_get_bufferevent(connection));
    struct err e = { 0 };
    if (g && g->refused) { /* was whole just after it was answered past evhttp */
        evhttp_connection_free(connection);
        return;
    }
    struct request *r = request_of(s, event, g);
    s->stats.requests++;
    if (g)
        guard_taken(g);
    bool plain = framing_is_plain(r, &e);
    r->close = !plain || body_not_read(r) || s->draining;
    if (s->draining)
        err_set(&e, ERR_UNAVAILABLE, "the server is stopping; try again in a moment");
    if (!plain || s->draining || !take_body(r, &e))
        answer_error(r, &e);
    else
        s->config.handle(s->config.context, &r->shown);
}

void http_answer_header(struct http_request *shown, const char *name, const char *value)
{
    struct request *r = OWNER(shown, struct request, shown);
    if (r->event)
        evhttp_add_header(evhttp_request_get_output_headers(r->event), name, value);
}

/* What evhttp would do only for methods and statuses that have a body. */
static void complete_headers(struct request *r, const char *type, size_t size)
{
    char length[24];
    if (type)
        http_answer_header(&r->shown, "Content-Type", type);
    if (r->close || r->server->draining)
        http_answer_header(&r->shown, "Connection", "close");
    if (text_is(r->shown.method, "HEAD")) {
        snprintf(length, sizeof length, "%zu", size);
        http_answer_header(&r->shown, "Content-Length", length);
    }
}

void http_answer(struct http_request *shown, int status, const char *type, const void *body, size_t size)
{
    struct request *r = OWNER(shown, struct request, shown);
    if (r->event) {
        struct evhttp_connection *connection = evhttp_request_get_connection(r->event);
        struct bufferevent *buffer = evhttp_connection_get_bufferevent(connection);
        bool bare = text_is(shown->method, "HEAD") || status == 204 || status == 304;
        complete_headers(r, type, size);
        evhttp_connection_set_closecb(connection, NULL, NULL);
        if (size && !bare)
            evbuffer_add(evhttp_request_get_output_buffer(r->event), body, size);
        evhttp_send_reply(r->event, status, http_phrase(status), NULL);
        /* evhttp would read on, and take the end of what a half-closed client sends for the end of the client. */
        bufferevent_disable(buffer, EV_READ);
        if (r->guard)
            guard_answered(r->guard);
    }
    request_free(r);
}

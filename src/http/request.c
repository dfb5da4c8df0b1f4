/* A request, from evhttp's to ours, and its answer. */
#include <event2/keyvalq_struct.h>
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
    struct http_server *s = r->server;
    list_remove(&r->link);
    http_headers_fini(&r->headers);
    free(r->path);
    free(r->query);
    free(r->inflated);
    free(r->remote);
    free(r);
    if (s->drained && list_empty(&s->requests)) {
        void (*drained)(void *context) = s->drained;
        s->drained = NULL;
        timer_clear(&s->grace);
        drained(s->drained_context);
    }
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
    size_t size = evbuffer_get_length(in), limit = r->server->config.limits.body_bytes;
    evbuffer_add(in, "", 1);
    r->shown.body = (const char *)evbuffer_pullup(in, -1);
    r->shown.body_size = size;
    const char *encoding = http_headers_get(&r->headers, "Content-Encoding");
    if (!encoding || text_is_any_case(encoding, "identity") || !size)
        return true;
    if (!text_is_any_case(encoding, "gzip") && !text_is_any_case(encoding, "deflate") && !text_is_any_case(encoding, "x-gzip"))
        return err_set(e, ERR_UNSUPPORTED, "Content-Encoding %.40s is not understood; send gzip, deflate or none", encoding);
    if (!http_inflate(r->shown.body, size, limit, &r->inflated, &size, e))
        return false;
    r->shown.body = r->inflated;
    r->shown.body_size = size;
    return true;
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
    request_abandoned(r->event);
    r->event = NULL;
    r->guard = NULL;
    r->shown.body = NULL; /* it stood in the connection's memory */
    r->shown.body_size = 0;
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
    http_answer(&r->shown, err_status(e->kind), "application/json", body.at, body.length);
}

void request_came(struct evhttp_request *event, void *server)
{
    struct http_server *s = server;
    struct evhttp_connection *connection = evhttp_request_get_connection(event);
    struct guard *g = guard_find(s, evhttp_connection_get_bufferevent(connection));
    struct request *r = NEW(struct request);
    char *peer = NULL;
    ev_uint16_t port = 0;
    struct err e = { 0 };
    evhttp_connection_get_peer(connection, &peer, &port);
    *r = (struct request){ .server = s, .event = event, .guard = g, .remote = mem_text(peer ? peer : "") };
    list_append(&s->requests, &r->link);
    split_target(r, evhttp_request_get_uri(event));
    copy_headers(r, event);
    evhttp_connection_set_closecb(connection, connection_gone, r);
    s->stats.requests++;
    r->shown.method = method_name(evhttp_request_get_command(event));
    r->shown.path = r->path;
    r->shown.query = r->query;
    r->shown.remote = r->remote;
    r->shown.tls = s->tls != NULL;
    r->shown.headers = &r->headers;
    r->shown.began = g && g->began > 0 ? g->began : clock_mono();
    if (g)
        g->began = 0;
    if (!take_body(r, &e))
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

void http_answer(struct http_request *shown, int status, const char *type, const void *body, size_t size)
{
    struct request *r = OWNER(shown, struct request, shown);
    if (r->event) {
        struct evbuffer *out = evbuffer_new();
        evhttp_connection_set_closecb(evhttp_request_get_connection(r->event), NULL, NULL);
        if (r->guard)
            guard_answered(r->guard);
        if (type)
            http_answer_header(shown, "Content-Type", type);
        if (size)
            evbuffer_add(out, body, size);
        evhttp_send_reply(r->event, status, NULL, out);
        evbuffer_free(out);
    }
    request_free(r);
}

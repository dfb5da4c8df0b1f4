/* Answers that go on: server-sent events, logs that follow. */
#include "base/mem.h"
#include "http/inside.h"

#define BEHIND (1 << 20) /* a client that has not taken so many bytes is dropped, and starts over */
#define UNASKED 4096     /* what a client sends while it gets a stream is not read beyond this */

struct http_stream {
    struct link link;
    struct http_server *server; /* NULL: closed before the stream began */
    struct loop *loop;
    struct evhttp_request *event; /* NULL: it is closed */
    struct bufferevent *buffer;
    void (*closed)(void *context);
    void (*sent)(void *context);
    void *context;
    struct post post;
    bool posted;
};

static void tell_closed(struct post *p)
{
    struct http_stream *st = OWNER(p, struct http_stream, post);
    list_remove(&st->link);
    st->closed(st->context);
    free(st);
}

static void close_later(struct http_stream *st)
{
    st->event = NULL;
    if (st->posted)
        return;
    st->posted = true;
    if (st->server)
        st->server->stats.streams--;
    st->post.run = tell_closed;
    loop_post(st->loop, &st->post);
}

static void stream_gone(struct evhttp_connection *connection, void *context)
{
    struct http_stream *st = context;
    (void)connection;
    request_abandoned(st->event);
    close_later(st);
}

static void stream_begin(struct http_stream *st, struct request *r, const char *type)
{
    struct evhttp_connection *connection = evhttp_request_get_connection(r->event);
    st->buffer = evhttp_connection_get_bufferevent(connection);
    http_answer_header(&r->shown, "Content-Type", type);
    http_answer_header(&r->shown, "Cache-Control", "no-store");
    if (r->guard)
        guard_streams(r->guard);
    bufferevent_setwatermark(st->buffer, EV_READ, 0, UNASKED);
    evhttp_connection_set_closecb(connection, stream_gone, st);
    evhttp_send_reply_start(r->event, 200, "OK");
}

struct http_stream *http_stream(struct http_request *shown, const char *type, void (*closed)(void *context), void *context)
{
    struct request *r = OWNER(shown, struct request, shown);
    struct http_stream *st = NEW(struct http_stream);
    *st = (struct http_stream){ .server = r->server, .loop = r->loop, .event = r->event, .closed = closed, .context = context };
    if (st->server) {
        list_append(&st->server->streams, &st->link);
        st->server->stats.streams++;
    }
    if (r->event)
        stream_begin(st, r, type);
    else
        close_later(st);
    request_free(r);
    return st;
}

static void all_sent(struct evhttp_connection *connection, void *context)
{
    struct http_stream *st = context;
    (void)connection;
    void (*sent)(void *) = TAKE(st->sent);
    if (st->event && sent)
        sent(st->context);
}

bool http_stream_send_then(struct http_stream *st, const void *bytes, size_t size, void (*sent)(void *context))
{
    if (!st->event)
        return false;
    if (!size)
        return true; /* an empty chunk would end the body */
    if (evbuffer_get_length(bufferevent_get_output(st->buffer)) > BEHIND) {
        http_stream_break(st);
        return false;
    }
    struct evbuffer *chunk = evbuffer_new();
    evbuffer_add(chunk, bytes, size);
    st->sent = sent;
    evhttp_send_reply_chunk_with_cb(st->event, chunk, sent ? all_sent : NULL, st);
    evbuffer_free(chunk);
    return true;
}

bool http_stream_send(struct http_stream *st, const void *bytes, size_t size)
{
    return http_stream_send_then(st, bytes, size, NULL);
}

void http_stream_break(struct http_stream *st)
{
    if (!st->event)
        return;
    evhttp_connection_free(evhttp_request_get_connection(st->event)); /* leads to stream_gone */
    close_later(st);
}

void http_stream_end(struct http_stream *st)
{
    struct guard *g = st->event ? guard_find(st->server, st->buffer) : NULL;
    if (!st->event)
        return;
    evhttp_connection_set_closecb(evhttp_request_get_connection(st->event), NULL, NULL);
    bufferevent_setwatermark(st->buffer, EV_READ, 0, 0);
    bufferevent_disable(st->buffer, EV_READ); /* until all is written */
    if (g)
        guard_answered(g);
    evhttp_send_reply_end(st->event);
    close_later(st);
}

void streams_close(struct http_server *s)
{
    LIST_EACH(&s->streams, l)
        http_stream_end(OWNER(l, struct http_stream, link));
}

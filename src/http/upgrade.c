/* The server's end of a pipe: evhttp keeps the connection, and reads and writes nothing on it any more. */
#include <errno.h>
#include <event2/bufferevent_ssl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "http/inside.h"
#include "http/pipe_inside.h"

#define READ_AT_ONCE (256 << 10)

struct upgraded {
    struct http_pipe pipe;
    struct link link;
    struct http_server *server; /* NULL: closed before it began */
    struct loop *loop;
    struct evhttp_connection *connection; /* NULL: it is closed */
    struct bufferevent *buffer;
    struct http_pipe_use use;
    struct post post;
    struct err why;
    bool ended, giving;
};

static void tell_closed(struct post *post)
{
    struct upgraded *u = OWNER(post, struct upgraded, post);
    struct evhttp_connection *connection = TAKE(u->connection);
    list_remove(&u->link);
    if (connection) {
        evhttp_connection_set_closecb(connection, NULL, NULL);
        evhttp_connection_free(connection);
    }
    u->use.closed(u->use.context, &u->why);
    free(u);
}

/* Later: we may be inside one of its callbacks. */
static void end(struct upgraded *u, enum err_kind kind, const char *why)
{
    if (u->ended)
        return;
    u->ended = true;
    err_set(&u->why, kind, "%s", why);
    u->post.run = tell_closed;
    loop_post(u->loop, &u->post);
}

static void give_more(struct upgraded *u)
{
    struct evbuffer *out = bufferevent_get_output(u->buffer);
    if (u->ended || u->giving)
        return;
    u->giving = true;
    while (!u->ended && evbuffer_get_length(out) < PIPE_WAITING) {
        const uint8_t *bytes = NULL;
        ssize_t n = u->use.give(u->use.context, &bytes);
        if (n < 0)
            end(u, ERR_UPSTREAM, "it was ended here");
        if (n <= 0)
            break;
        evbuffer_add(out, bytes, (size_t)n);
    }
    u->giving = false;
}

static void can_read(struct bufferevent *buffer, void *context)
{
    struct upgraded *u = context;
    struct evbuffer *in = bufferevent_get_input(buffer);
    struct evbuffer_iovec piece;
    while (!u->ended && evbuffer_peek(in, -1, NULL, &piece, 1) > 0 && piece.iov_len) {
        if (!u->use.took(u->use.context, piece.iov_base, piece.iov_len))
            end(u, ERR_UPSTREAM, "the peer spoke nonsense");
        evbuffer_drain(in, piece.iov_len);
    }
    give_more(u);
}

static void can_write(struct bufferevent *buffer, void *context)
{
    (void)buffer;
    give_more(context);
}

static void happened(struct bufferevent *buffer, short what, void *context)
{
    int error = EVUTIL_SOCKET_ERROR();
    (void)buffer;
    end(context, ERR_UNAVAILABLE, what & BEV_EVENT_EOF ? "the peer closed it" : error ? strerror(error) : "the connection broke");
}

static void connection_gone(struct evhttp_connection *connection, void *context)
{
    struct upgraded *u = context;
    (void)connection;
    u->connection = NULL; /* evhttp frees it: the server closes */
    end(u, ERR_CANCELED, "the server is stopping");
}

static void wake(struct http_pipe *p)
{
    give_more(OWNER(p, struct upgraded, pipe));
}

static void close_pipe(struct http_pipe *p)
{
    end(OWNER(p, struct upgraded, pipe), ERR_CANCELED, "it was closed here");
}

static void begin(struct upgraded *u, struct request *r, const char *protocol)
{
    AUTO_FREE char *answer = mem_format("HTTP/1.1 101 %s\r\nConnection: Upgrade\r\nUpgrade: %s\r\n\r\n", http_phrase(101), protocol);
    int fd, on = 1;
    u->connection = evhttp_request_get_connection(r->event);
    u->buffer = evhttp_connection_get_bufferevent(u->connection);
    if (r->guard)
        guard_upgraded(r->guard);
    evhttp_connection_set_closecb(u->connection, connection_gone, u);
    bufferevent_setcb(u->buffer, can_read, can_write, happened, u);
    bufferevent_set_timeouts(u->buffer, NULL, NULL);
    bufferevent_setwatermark(u->buffer, EV_READ, 0, READ_AT_ONCE);
    bufferevent_setwatermark(u->buffer, EV_WRITE, PIPE_WAITING / 2, 0);
    bufferevent_set_max_single_read(u->buffer, READ_AT_ONCE);
    bufferevent_set_max_single_write(u->buffer, READ_AT_ONCE);
    if ((fd = bufferevent_getfd(u->buffer)) >= 0)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    evbuffer_add(bufferevent_get_output(u->buffer), answer, strlen(answer));
    bufferevent_enable(u->buffer, EV_READ | EV_WRITE);
}

struct http_pipe *http_upgrade(struct http_request *shown, const char *protocol, const struct http_pipe_use *use)
{
    struct request *r = OWNER(shown, struct request, shown);
    struct upgraded *u = NEW(struct upgraded);
    *u = (struct upgraded){ .pipe = { wake, close_pipe }, .server = r->server, .loop = r->loop, .use = *use };
    if (r->server)
        list_append(&r->server->pipes, &u->link);
    if (r->event)
        begin(u, r, protocol);
    else
        end(u, ERR_UNAVAILABLE, "the peer closed it");
    request_free(r);
    return &u->pipe;
}

void pipes_close(struct http_server *s)
{
    LIST_EACH(&s->pipes, l)
        end(OWNER(l, struct upgraded, link), ERR_CANCELED, "the server is stopping");
}

void http_pipe_wake(struct http_pipe *p)
{
    p->wake(p);
}

void http_pipe_close(struct http_pipe *p)
{
    p->close(p);
}

/* Total deadlines and limits of connections, which evhttp alone would only have for inactivity. */
#include <errno.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"
#include "http/inside.h"

#define HEADER_LINES 200
#define TAKE_MICROS (5 * CLOCK_MINUTE)  /* a client has so long to take its answer */
#define LINGER_MICROS (2 * CLOCK_SECOND) /* what a peer still sends after its last answer is thrown away for so long */
#define LINGER_BYTES (256 << 10)         /* in one tick */
#define CHUNK_OVERHEAD 8                 /* bytes sent for one of a body in the smallest chunks: "1\r\nx\r\n" */

/* ---- answers past evhttp, to who breaks a limit before his request is whole */

static void send_past_evhttp(struct guard *g, const struct text *answer)
{
    SSL *ssl = bufferevent_openssl_get_ssl(g->buffer);
    int fd = bufferevent_getfd(g->buffer);
    if (fd < 0)
        return;
    if (!ssl) {
        ssize_t ignored = send(fd, answer->at, answer->length, MSG_DONTWAIT | MSG_NOSIGNAL);
        (void)ignored;
    } else if (SSL_is_init_finished(ssl)) {
        SSL_write(ssl, answer->at, (int)answer->length);
        SSL_shutdown(ssl);
    }
    shutdown(fd, SHUT_WR);
}

static void refuse(struct guard *g, int status, const char *why)
{
    AUTO_TEXT body = { 0 };
    AUTO_TEXT answer = { 0 };
    if (g->refused || g->busy)
        return;
    g->refused = true;
    text_addf(&body, "{\"message\":\"%s\",\"status\":%d}\n", why, status);
    text_addf(&answer, "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nConnection: close\r\n%sContent-Length: %zu\r\n\r\n%s", status,
              http_phrase(status), status == 503 ? "Retry-After: 1\r\n" : "", body.length, body.at);
    if (g->bytes) /* who sent nothing is not answered */
        send_past_evhttp(g, &answer);
    /* evhttp sees the end, and frees its side: later, as it may be at work on this buffer now. */
    bufferevent_trigger_event(g->buffer, BEV_EVENT_EOF | BEV_EVENT_READING, BEV_TRIG_DEFER_CALLBACKS);
}

/* ---- bytes come */

/* Counts lines and bytes of a header. The end is an empty line; a line of one byte is taken for one, and refused by evhttp. */
static void count_header(struct guard *g, const char *p, size_t n)
{
    const char *end = p + n;
    while (p < end && !g->header_over) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        const char *stop = newline ? newline : end;
        g->line_bytes += (size_t)(stop - p);
        g->header_bytes += (size_t)(stop - p) + 1;
        p = stop + 1;
        if (!newline)
            break;
        g->header_over = g->line_bytes <= 1;
        g->line_bytes = 0;
        g->lines++;
    }
}

static void count_headers_in(struct guard *g, struct evbuffer *buffer, size_t from, size_t n)
{
    struct evbuffer_iovec pieces[8];
    struct evbuffer_ptr at;
    while (n && !g->header_over && evbuffer_ptr_set(buffer, &at, from, EVBUFFER_PTR_SET) == 0) {
        int count = evbuffer_peek(buffer, (ev_ssize_t)n, &at, pieces, ALEN(pieces));
        size_t seen = 0;
        for (int i = 0; i < count && i < (int)ALEN(pieces); i++) {
            size_t take = pieces[i].iov_len < n - seen ? pieces[i].iov_len : n - seen;
            count_header(g, pieces[i].iov_base, take);
            seen += take;
        }
        if (!seen)
            return;
        from += seen;
        n -= seen;
    }
}

/* bufferevent_free takes the callbacks away: a buffer without them is held by nobody but us. */
static bool freed_by_evhttp(const struct guard *g)
{
    bufferevent_data_cb reads = NULL, writes = NULL;
    bufferevent_event_cb events = NULL;
    bufferevent_getcb(g->buffer, &reads, &writes, &events, NULL);
    return !reads && !writes && !events;
}

static void check_limits(struct guard *g)
{
    const struct http_limits *l = &g->server->config.limits;
    int64_t refused = g->server->stats.refused_limits++;
    if (g->overdue)
        refuse(g, 503, "too many connections; try again in a moment");
    else if (!g->busy && (g->header_bytes > l->header_bytes || g->lines > HEADER_LINES))
        refuse(g, 431, "the header is too large");
    else if (g->bytes > l->body_bytes * CHUNK_OVERHEAD + l->header_bytes)
        refuse(g, 413, "the body is too large");
    else if (g->server->bytes > l->body_bytes_total)
        refuse(g, 503, "the server is busy with other requests; try again in a moment");
    else
        g->server->stats.refused_limits = refused;
}

/* The descriptor is known from the first byte on, and is this guard's until it closes it. */
static void remember_descriptor(struct guard *g)
{
    struct http_server *s = g->server;
    g->fd = bufferevent_getfd(g->buffer);
    if (g->fd < 0)
        return;
    if (g->fd >= s->guard_room) {
        int room = (g->fd + 64) * 2;
        s->guard_at = mem_resize(s->guard_at, (size_t)room * sizeof *s->guard_at);
        memset(s->guard_at + s->guard_room, 0, (size_t)(room - s->guard_room) * sizeof *s->guard_at);
        s->guard_room = room;
    }
    s->guard_at[g->fd] = g;
}

static void count_bytes(struct evbuffer *buffer, const struct evbuffer_cb_info *info, void *context)
{
    struct guard *g = context;
    if (!info->n_added)
        return;
    if (g->refused || freed_by_evhttp(g)) {
        bufferevent_disable(g->buffer, EV_READ); /* nobody wants it; guard_tick throws it away */
        return;
    }
    if (g->fd < 0)
        remember_descriptor(g);
    if (!g->began && !g->busy)
        g->began = clock_mono();
    g->bytes += info->n_added;
    g->server->bytes += info->n_added;
    if (!g->header_over && !g->busy)
        count_headers_in(g, buffer, info->orig_size, info->n_added);
    check_limits(g);
}

/* ---- the life of a guard */

/* CLOSE_ON_FREE: the socket is closed with our reference, not before. Otherwise its number would be given to the next
 * connection while the old buffer's events still stand for it, and the new one would never be heard. */
static struct bufferevent *new_buffer(struct http_server *s, struct event_base *base)
{
    SSL *ssl = s->tls ? SSL_new(s->tls) : NULL;
    struct bufferevent *buffer = NULL;
    if (ssl)
        buffer = bufferevent_openssl_socket_new(base, -1, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
    else if (!s->tls)
        buffer = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    if (!buffer)
        abort(); /* out of memory; evhttp would make one of its own, without guard and without TLS */
    return buffer;
}

struct bufferevent *guard_new_connection(struct event_base *base, void *server)
{
    struct http_server *s = server;
    struct guard *g = NEW(struct guard);
    *g = (struct guard){ .server = s, .buffer = new_buffer(s, base), .began = clock_mono(), .fd = -1 };
    bufferevent_incref(g->buffer);
    g->counting = evbuffer_add_cb(bufferevent_get_input(g->buffer), count_bytes, g);
    list_append(&s->guards, &g->link);
    g->overdue = ++s->guard_count > s->config.limits.connections;
    return g->buffer;
}

static void forget_bytes(struct guard *g)
{
    g->server->bytes -= g->bytes;
    g->bytes = 0;
}

static void guard_drop(struct guard *g)
{
    struct http_server *s = g->server;
    if (g->fd >= 0)
        s->guard_at[g->fd] = NULL;
    if (g->counting)
        evbuffer_remove_cb_entry(bufferevent_get_input(g->buffer), g->counting);
    forget_bytes(g);
    s->guard_count--;
    list_remove(&g->link);
    bufferevent_decref(g->buffer);
    free(g);
}

struct guard *guard_find(struct http_server *s, struct bufferevent *buffer)
{
    int fd = bufferevent_getfd(buffer);
    return fd >= 0 && fd < s->guard_room ? s->guard_at[fd] : NULL;
}

void guard_taken(struct guard *g)
{
    g->busy = true;
    g->began = 0;
}

void guard_grew(struct guard *g, size_t bytes)
{
    g->bytes += bytes;
    g->server->bytes += bytes;
}

void guard_upgraded(struct guard *g)
{
    forget_bytes(g);
    evbuffer_remove_cb_entry(bufferevent_get_input(g->buffer), g->counting);
    g->counting = NULL;
}

void guard_streams(struct guard *g)
{
    forget_bytes(g);
}

/* What stands in the buffer already is the next request's. */
void guard_answered(struct guard *g)
{
    struct evbuffer *in = bufferevent_get_input(g->buffer);
    size_t next = evbuffer_get_length(in);
    forget_bytes(g);
    g->busy = g->header_over = false;
    g->header_bytes = g->line_bytes = 0;
    g->lines = 0;
    g->answered = clock_mono();
    if (!next)
        return;
    g->began = g->answered;
    guard_grew(g, next);
    count_headers_in(g, in, 0, next);
}

bool guard_writes(const struct guard *g)
{
    return !g->left && !g->refused && evbuffer_get_length(bufferevent_get_output(g->buffer)) > 0;
}

/* ---- every tick */

/* A socket that is closed while bytes are unread resets the connection, and the peer may lose our answer (RFC 9112 section
 * 9.6): so they are read and thrown away, until the peer ends or time is up. */
static bool lingers(struct guard *g, int64_t now)
{
    char waste[16384];
    int fd = bufferevent_getfd(g->buffer);
    bool crowded = g->server->guard_count > g->server->config.limits.connections / 2;
    if (fd < 0 || crowded || now - g->left > LINGER_MICROS)
        return false;
    for (size_t read = 0; read < LINGER_BYTES; read += sizeof waste) {
        ssize_t n = recv(fd, waste, sizeof waste, MSG_DONTWAIT);
        if (n <= 0)
            return n < 0 && (errno == EAGAIN || errno == EINTR);
    }
    return true;
}

static void let_go(struct guard *g, int64_t now)
{
    if (!g->left) {
        struct evbuffer *in = bufferevent_get_input(g->buffer);
        bufferevent_disable(g->buffer, EV_READ | EV_WRITE);
        evbuffer_drain(in, evbuffer_get_length(in));
        forget_bytes(g);
        g->left = now;
    }
    if (!lingers(g, now))
        guard_drop(g);
}

static void check_deadlines(struct guard *g, int64_t now)
{
    const struct http_limits *l = &g->server->config.limits;
    int fd = bufferevent_getfd(g->buffer);
    if (g->answered && !evbuffer_get_length(bufferevent_get_output(g->buffer))) {
        if (g->began && now - g->answered > CLOCK_SECOND)
            g->began = now; /* the next request waited for the peer to take this answer */
        g->answered = 0;
    }
    if (g->overdue) {
        refuse(g, 503, "too many connections; try again in a moment");
    } else if (g->began && !g->answered && now - g->began > l->request_micros) {
        g->server->stats.timeouts++;
        refuse(g, 408, "the request was not complete in time");
    } else if (g->answered && now - g->answered > TAKE_MICROS && fd >= 0) {
        g->server->stats.timeouts++;
        g->answered = 0;
        shutdown(fd, SHUT_RDWR); /* evhttp sees that it cannot write */
    }
}

void guard_tick(struct http_server *s, bool all)
{
    int64_t now = clock_mono();
    LIST_EACH(&s->guards, l) {
        struct guard *g = OWNER(l, struct guard, link);
        if (all)
            guard_drop(g);
        else if (freed_by_evhttp(g))
            let_go(g, now);
        else
            check_deadlines(g, now);
    }
}

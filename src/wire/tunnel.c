/* Tunnels: a socket's bytes go straight into frames, and what frames bring goes straight into the socket; only what it does not
 * take at once is kept, and bounded by the stream's window. */
#include <errno.h>
#include <event2/event.h>
#include <nghttp2/nghttp2.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "wire/inside.h"

static void broke(struct wire_stream_private *p)
{
    if (!p->why.kind)
        err_set(&p->why, ERR_UNAVAILABLE, "the connection behind the link broke: %s", strerror(errno));
    if (p->detached)
        wire_stream_over(p, &p->why);
    else
        wire_stream_reset(p, NGHTTP2_CONNECT_ERROR);
}

static void has_bytes(evutil_socket_t fd, short what, void *context)
{
    (void)fd, (void)what;
    wire_stream_resume(context);
}

bool tunnel_unsent(const struct wire_stream_private *p)
{
    return p->fd >= 0 && p->in_at < p->in.length;
}

static void shut_when_sent(struct wire_stream_private *p)
{
    if (p->fd < 0 || !p->peer_ended || p->shut || tunnel_unsent(p))
        return;
    p->shut = true;
    shutdown(p->fd, SHUT_WR);
}

/* So that a socket that is never quite done does not make what it took pile up. */
static void forget_sent(struct wire_stream_private *p)
{
    if (p->in_at < p->in.length / 2)
        return;
    memmove(p->in.at, p->in.at + p->in_at, p->in.length - p->in_at);
    p->in.length -= p->in_at;
    p->in_at = 0;
}

static void takes_bytes(evutil_socket_t fd, short what, void *context)
{
    struct wire_stream_private *p = context;
    (void)what;
    ssize_t n = send(fd, p->in.at + p->in_at, p->in.length - p->in_at, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        broke(p);
        return;
    }
    if (n > 0) {
        p->in_at += (size_t)n;
        p->moved = clock_mono();
        wire_stream_consumed(p, (size_t)n);
    }
    if (tunnel_unsent(p)) {
        forget_sent(p);
        event_add(p->writes, NULL);
    } else {
        text_fini(&p->in);
        p->in_at = 0;
        shut_when_sent(p);
        if (p->detached) {
            wire_stream_over(p, NULL);
            return;
        }
    }
    wire_wake(p->shown.wire); /* more may come now */
}

void tunnel_take(struct wire_stream_private *p, int fd)
{
    struct event_base *base = loop_base(p->shown.wire->config.loop);
    p->tunnel = true;
    p->fd = fd;
    p->reads = event_new(base, fd, EV_READ, has_bytes, p);
    p->writes = event_new(base, fd, EV_WRITE, takes_bytes, p);
}

void tunnel_fini(struct wire_stream_private *p)
{
    if (p->fd < 0)
        return;
    event_free(p->reads);
    event_free(p->writes);
    close(p->fd);
    p->fd = -1;
}

ssize_t tunnel_give(struct wire_stream_private *p, uint8_t *buffer, size_t room, uint32_t *flags)
{
    ssize_t n = p->fd < 0 ? 0 : p->joined ? recv(p->fd, buffer, room, MSG_DONTWAIT) : -1;
    if (n > 0) {
        p->moved = clock_mono();
        return n;
    }
    if (n == 0) {
        p->sent_end = true;
        p->moved = clock_mono();
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        return 0;
    }
    if (p->joined && errno != EAGAIN && errno != EINTR) {
        err_set(&p->why, ERR_UNAVAILABLE, "the connection behind the link broke: %s", strerror(errno));
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    p->deferred = true;
    if (p->joined)
        event_add(p->reads, NULL);
    return NGHTTP2_ERR_DEFERRED;
}

void tunnel_took(struct wire_stream_private *p, const uint8_t *bytes, size_t n)
{
    if (p->fd < 0) { /* ended here, and the peer did not hear of it yet */
        wire_stream_consumed(p, n);
        return;
    }
    ssize_t sent = tunnel_unsent(p) ? 0 : send(p->fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        broke(p);
        return;
    }
    if (sent > 0)
        wire_stream_consumed(p, (size_t)sent);
    size_t rest = n - (size_t)(sent > 0 ? sent : 0);
    if (!rest)
        return;
    if (p->in_at && p->in_at == p->in.length)
        p->in.length = p->in_at = 0;
    text_add_n(&p->in, bytes + n - rest, rest);
    event_add(p->writes, NULL);
}

void tunnel_peer_ended(struct wire_stream_private *p)
{
    shut_when_sent(p);
}

#include "http/server.h"

#include <errno.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "http/inside.h"

const struct http_limits HTTP_LIMITS = {
    .header_bytes = 32 << 10, .body_bytes = 1 << 20, .body_bytes_total = 64 << 20, .connections = 4096,
    .request_micros = 30 * CLOCK_SECOND, .idle_micros = 75 * CLOCK_SECOND,
};

#define TICK (100 * CLOCK_MS)      /* how long an ended connection may keep its descriptor */
#define DRAIN_TICK (10 * CLOCK_MS) /* how often a server that stops looks whether all was answered and sent */
#define BACKLOG 1024               /* connections that wait to be accepted */

static void tick(struct timer *t)
{
    struct http_server *s = OWNER(t, struct http_server, ticker);
    guard_tick(s, false);
    if (s->bound)
        evconnlistener_enable(evhttp_bound_socket_get_listener(s->bound));
    timer_set(t, s->loop, TICK, tick);
}

/* Most likely no descriptor is left. The next tick tries again; at once would be for ever. */
static void accept_failed(struct evconnlistener *listener, void *context)
{
    (void)context;
    log_warn("http", "a connection could not be accepted: %s", strerror(errno));
    evconnlistener_disable(listener);
}

static int port_of(int fd)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        return 0;
    return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port : ((struct sockaddr_in *)&address)->sin_port);
}

/* A socket in the file system, of this user only; whatever stood there is of a process that is gone. */
static bool bind_path(struct http_server *s, const char *path, struct err *e)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof address.sun_path)
        return err_set(e, ERR_INVALID, "%s: a socket's path has at most %zu characters", path, sizeof address.sun_path - 1);
    strcpy(address.sun_path, path);
    unlink(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    mode_t mask = umask(0077);
    bool ok = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, BACKLOG) == 0 &&
              (s->bound = evhttp_accept_socket_with_handle(s->event, fd)) != NULL;
    int error = errno;
    umask(mask);
    if (ok)
        evconnlistener_set_error_cb(evhttp_bound_socket_get_listener(s->bound), accept_failed);
    else if (fd >= 0)
        close(fd);
    return ok || err_set(e, ERR_CONFLICT, "listen at %s: %s", path, strerror(error));
}

static bool bind_address(struct http_server *s, struct err *e)
{
    if (text_starts(s->config.address, "unix:"))
        return bind_path(s, s->config.address + 5, e);
    s->bound = evhttp_bind_socket_with_handle(s->event, s->config.address, (ev_uint16_t)s->config.port);
    if (!s->bound)
        return err_set(e, ERR_CONFLICT, "listen on %s port %d: %s", s->config.address, s->config.port, strerror(errno));
    int fd = evhttp_bound_socket_get_fd(s->bound), on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* accepted sockets inherit it */
    listen(fd, BACKLOG);                                      /* evhttp's own 128 is little */
    evconnlistener_set_error_cb(evhttp_bound_socket_get_listener(s->bound), accept_failed);
    s->port = port_of(fd);
    return true;
}

static void tell_limits(struct http_server *s)
{
    const struct http_limits *l = &s->config.limits;
    evhttp_set_max_headers_size(s->event, (ev_ssize_t)(l->header_bytes + (64 << 10))); /* the guard is there first */
    evhttp_set_max_body_size(s->event, (ev_ssize_t)l->body_bytes);
    evhttp_set_timeout(s->event, (int)(l->idle_micros / CLOCK_SECOND));
}

static bool set_up(struct http_server *s, struct err *e)
{
    s->event = evhttp_new(loop_base(s->loop));
    if (!s->event)
        return err_set(e, ERR_INTERNAL, "the HTTP server could not start");
    tell_limits(s);
    evhttp_set_allowed_methods(s->event, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_PUT | EVHTTP_REQ_PATCH | EVHTTP_REQ_DELETE |
                                             EVHTTP_REQ_HEAD | EVHTTP_REQ_OPTIONS);
    evhttp_set_default_content_type(s->event, NULL);
    evhttp_set_bevcb(s->event, guard_new_connection, s);
    evhttp_set_gencb(s->event, request_came, s);
    return bind_address(s, e);
}

bool http_server_open(struct loop *loop, const struct http_server_config *config, struct http_server **ret, struct err *e)
{
    struct http_server *s = NEW(struct http_server);
    *s = (struct http_server){ .loop = loop, .config = *config, .cert = mem_text(config->tls_cert), .key = mem_text(config->tls_key) };
    if (!s->config.limits.connections)
        s->config.limits = HTTP_LIMITS;
    list_init(&s->guards);
    list_init(&s->requests);
    list_init(&s->streams);
    list_init(&s->pipes);
    if ((s->cert && !(s->tls = tls_read(s->cert, s->key, e))) || !set_up(s, e)) {
        http_server_close(&s);
        return false;
    }
    timer_set(&s->ticker, loop, TICK, tick);
    *ret = s;
    return true;
}

int http_server_port(const struct http_server *s)
{
    return s->port;
}

bool http_server_reload_tls(struct http_server *s, struct err *e)
{
    if (!s->cert)
        return true;
    SSL_CTX *fresh = tls_read(s->cert, s->key, e);
    if (!fresh)
        return false;
    SSL_CTX_free(s->tls); /* connections hold their own references */
    s->tls = fresh;
    return true;
}

void http_server_change_limits(struct http_server *s, const struct http_limits *limits)
{
    s->config.limits = *limits;
    tell_limits(s);
}

static bool all_sent(struct http_server *s)
{
    if (!list_empty(&s->requests))
        return false;
    LIST_EACH(&s->guards, l)
        if (guard_writes(OWNER(l, struct guard, link)))
            return false;
    return true;
}

static void drain_look(struct timer *t)
{
    struct http_server *s = OWNER(t, struct http_server, drainer);
    if (all_sent(s) || clock_mono() >= s->drain_until)
        s->drained(s->drained_context); /* may close s */
    else
        timer_set(t, s->loop, DRAIN_TICK, drain_look);
}

void http_server_drain(struct http_server *s, int64_t grace_micros, void (*drained)(void *context), void *context)
{
    if (s->bound)
        evhttp_del_accept_socket(s->event, s->bound);
    s->bound = NULL;
    s->draining = true;
    streams_close(s);
    pipes_close(s);
    s->drained = drained;
    s->drained_context = context;
    s->drain_until = clock_mono() + grace_micros;
    timer_set(&s->drainer, s->loop, 0, drain_look);
}

void http_server_close(struct http_server **server)
{
    struct http_server *s = TAKE(*server);
    if (!s)
        return;
    timer_clear(&s->ticker);
    timer_clear(&s->drainer);
    streams_close(s);
    pipes_close(s);
    if (s->event)
        evhttp_free(s->event);
    LIST_EACH(&s->requests, l) { /* their handlers still answer, which goes nowhere */
        OWNER(l, struct request, link)->server = NULL;
        list_remove(l);
    }
    guard_tick(s, true);
    loop_flush(s->loop);
    free(s->guard_at);
    SSL_CTX_free(s->tls);
    free(s->cert);
    free(s->key);
    free(s);
}

struct http_server_stats http_server_stats(const struct http_server *s)
{
    struct http_server_stats stats = s->stats;
    stats.connections = s->guard_count;
    return stats;
}

/* The name is looked up by the system, on a worker, as it may take long; then its addresses are tried, one after the other. */
#include "proxy/reach.h"

#include <errno.h>
#include <event2/event.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

#define EACH_MICROS (4 * CLOCK_SECOND) /* for one address */

struct reach_private {
    struct reach *reach; /* NULL: canceled */
    struct loop *loop;
    struct job job;
    struct post post;
    struct timer timer;
    struct event *event;
    struct addrinfo *found, *next;
    struct err why;
    char *host;
    int port, fd, failed; /* failed: of getaddrinfo */
};

static void finish(struct reach_private *p)
{
    struct reach *r = p->reach;
    int fd = p->fd;
    struct err why = p->why;
    timer_clear(&p->timer);
    if (p->event)
        event_free(p->event);
    if (p->found)
        freeaddrinfo(p->found);
    free(p->host);
    free(p);
    if (!r) {
        if (fd >= 0)
            close(fd);
        return;
    }
    r->private = NULL;
    r->done(r, fd, fd < 0 ? &why : NULL);
}

static void try_next(struct reach_private *p);

static void drop(struct reach_private *p, int error)
{
    char text[64] = "";
    if (p->next)
        getnameinfo(p->next->ai_addr, p->next->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST);
    err_set(&p->why, error == ETIMEDOUT ? ERR_TIMEOUT : ERR_UNAVAILABLE, "the Cloud Proxy cannot connect to %s:%d%s%s%s: %s", p->host, p->port,
            text_is(text, p->host) ? "" : " (", text_is(text, p->host) ? "" : text, text_is(text, p->host) ? "" : ")", strerror(error));
    timer_clear(&p->timer);
    if (p->event)
        event_free(TAKE(p->event));
    if (p->fd >= 0)
        close(p->fd);
    p->fd = -1;
    p->next = p->next->ai_next;
}

static void too_slow(struct timer *t)
{
    struct reach_private *p = OWNER(t, struct reach_private, timer);
    drop(p, ETIMEDOUT);
    try_next(p);
}

static void connected(evutil_socket_t fd, short what, void *context)
{
    struct reach_private *p = context;
    int error = 0;
    socklen_t size = sizeof error;
    (void)what;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
        drop(p, error);
        try_next(p);
    } else {
        finish(p);
    }
}

static bool begin(struct reach_private *p)
{
    const struct addrinfo *a = p->next;
    int on = 1;
    p->fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (p->fd < 0)
        return false;
    setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(p->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    if (connect(p->fd, a->ai_addr, a->ai_addrlen) != 0 && errno != EINPROGRESS)
        return false;
    p->event = event_new(loop_base(p->loop), p->fd, EV_WRITE, connected, p);
    event_add(p->event, NULL);
    timer_set(&p->timer, p->loop, EACH_MICROS, too_slow);
    return true;
}

static void try_next(struct reach_private *p)
{
    for (; p->reach && p->next; ) {
        struct err refused = { 0 };
        if (!allow_address(p->reach->allow, p->host, p->port, p->next->ai_addr, &refused)) {
            if (!p->why.kind)
                p->why = refused;
            p->next = p->next->ai_next;
            continue;
        }
        if (begin(p))
            return;
        drop(p, errno);
    }
    finish(p);
}

static void look_up(struct job *j)
{
    struct reach_private *p = OWNER(j, struct reach_private, job);
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC, .ai_flags = AI_NUMERICSERV };
    char port[12];
    snprintf(port, sizeof port, "%d", p->port);
    p->failed = getaddrinfo(p->host, port, &hints, &p->found);
}

static void looked_up(struct job *j)
{
    struct reach_private *p = OWNER(j, struct reach_private, job);
    if (p->failed)
        err_set(&p->why, ERR_UNAVAILABLE, "the Cloud Proxy cannot find %.200s: %s", p->host, gai_strerror(p->failed));
    p->next = p->failed ? NULL : p->found;
    if (p->failed)
        p->found = NULL;
    try_next(p);
}

static void refused(struct post *post)
{
    finish(OWNER(post, struct reach_private, post));
}

void reach_start(struct reach *r, struct loop *loop)
{
    struct reach_private *p = NEW(struct reach_private);
    *p = (struct reach_private){ .reach = r, .loop = loop, .fd = -1, .job = { .work = look_up, .done = looked_up }, .post = { .run = refused } };
    r->private = p;
    if (allow_target(r->authority, &p->host, &p->port, &p->why) && allow_host(r->allow, p->host, p->port, &p->why))
        loop_work(loop, &p->job);
    else
        loop_post(loop, &p->post);
}

/* What is under way ends by itself, and nobody hears of it. */
void reach_cancel(struct reach *r)
{
    if (!r->private)
        return;
    r->private->reach = NULL;
    r->private = NULL;
}

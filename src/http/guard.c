/* Total deadlines and limits of connections, which evhttp alone would only have for inactivity. */
#include <event2/bufferevent_ssl.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"
#include "http/inside.h"

static void guard_key(const struct bufferevent *buffer, char out[32])
{
    snprintf(out, 32, "%p", (const void *)buffer);
}

static void end_connection(struct guard *g)
{
    evutil_socket_t fd = bufferevent_getfd(g->buffer);
    if (fd >= 0)
        shutdown(fd, SHUT_RDWR); /* evhttp sees the end, and frees its side */
}

static void count_bytes(struct evbuffer *buffer, const struct evbuffer_cb_info *info, void *context)
{
    struct guard *g = context;
    (void)buffer;
    if (!info->n_added)
        return;
    if (!g->began)
        g->began = clock_mono();
    g->bytes += info->n_added;
    g->server->bytes += info->n_added;
    if (g->server->bytes > g->server->config.limits.body_bytes_total) {
        g->server->stats.refused_limits++;
        end_connection(g);
    }
}

/* CLOSE_ON_FREE: the socket is closed with our reference, not before. Otherwise its number would be given to the next
 * connection while the old buffer's events still stand for it, and the new one would never be heard. */
struct bufferevent *guard_new_connection(struct event_base *base, void *server)
{
    struct http_server *s = server;
    SSL *ssl = s->tls ? SSL_new(s->tls) : NULL;
    struct bufferevent *buffer = ssl ? bufferevent_openssl_socket_new(base, -1, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE)
                                     : bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    if (!buffer)
        return NULL;
    struct guard *g = NEW(struct guard);
    char key[32];
    *g = (struct guard){ .server = s, .buffer = buffer, .began = clock_mono() };
    bufferevent_incref(buffer);
    g->counting = evbuffer_add_cb(bufferevent_get_input(buffer), count_bytes, g);
    list_append(&s->guards, &g->link);
    guard_key(buffer, key);
    map_put(s->guard_of, key, g);
    if (++s->guard_count > s->config.limits.connections)
        g->began = -s->config.limits.request_micros; /* over the limit: the next tick ends it */
    return buffer;
}

static void guard_drop(struct guard *g)
{
    struct http_server *s = g->server;
    char key[32];
    guard_key(g->buffer, key);
    map_remove(s->guard_of, key);
    evbuffer_remove_cb_entry(bufferevent_get_input(g->buffer), g->counting);
    s->bytes -= g->bytes;
    s->guard_count--;
    list_remove(&g->link);
    bufferevent_decref(g->buffer);
    free(g);
}

struct guard *guard_find(struct http_server *s, struct bufferevent *buffer)
{
    char key[32];
    guard_key(buffer, key);
    return map_get(s->guard_of, key);
}

void guard_answered(struct guard *g)
{
    g->server->bytes -= g->bytes;
    g->bytes = 0;
}

/* bufferevent_free takes the callbacks away: a buffer without them is held by nobody but us. */
static bool freed_by_evhttp(const struct guard *g)
{
    bufferevent_data_cb reads = NULL, writes = NULL;
    bufferevent_event_cb events = NULL;
    bufferevent_getcb(g->buffer, &reads, &writes, &events, NULL);
    return !reads && !writes && !events;
}

void guard_tick(struct http_server *s, bool all)
{
    int64_t now = clock_mono();
    LIST_EACH(&s->guards, l) {
        struct guard *g = OWNER(l, struct guard, link);
        if (all || freed_by_evhttp(g)) {
            guard_drop(g);
        } else if (g->began && now - g->began > s->config.limits.request_micros) {
            s->stats.timeouts++;
            g->began = 0;
            end_connection(g);
        }
    }
}

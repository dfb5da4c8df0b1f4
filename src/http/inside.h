/* http/inside.h - what the server's files share. Not for others. */
#pragma once

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>

#include "base/map.h"
#include "http/server.h"

typedef struct ssl_ctx_st SSL_CTX;

/* One connection, watched for its total deadlines. evhttp frees its bufferevent when it likes; the reference held here keeps
 * the memory, and the callbacks that are gone then tell us so. */
struct guard {
    struct link link;
    struct http_server *server;
    struct bufferevent *buffer;
    struct evbuffer_cb_entry *counting;
    int64_t began; /* when the request that is being read began; 0: none is */
    size_t bytes;  /* read for the request that is read or answered now */
};

struct request {
    struct http_request shown;
    struct link link;
    struct http_server *server;
    struct evhttp_request *event; /* NULL: the connection is gone */
    struct guard *guard;
    struct http_headers headers;
    char *path, *query, *inflated, *remote;
};

struct http_server {
    struct loop *loop;
    struct http_server_config config;
    char *cert, *key;
    struct evhttp *event;
    struct evhttp_bound_socket *bound;
    SSL_CTX *tls;
    struct link guards, requests, streams;
    struct map *guard_of; /* bufferevent's address as text, to struct guard */
    int guard_count;
    size_t bytes; /* of all bodies in memory */
    struct timer ticker;
    struct http_server_stats stats;
    void (*drained)(void *context);
    void *drained_context;
    struct timer grace;
};

struct bufferevent *guard_new_connection(struct event_base *base, void *server);
void guard_tick(struct http_server *s, bool all); /* all: drop every one, the server closes */
struct guard *guard_find(struct http_server *s, struct bufferevent *buffer);
void guard_answered(struct guard *g);

SSL_CTX *tls_read(const char *cert, const char *key, struct err *e);

void request_came(struct evhttp_request *event, void *server);
void request_free(struct request *r);
void request_abandoned(struct evhttp_request *event); /* its connection is going */
void streams_close(struct http_server *s);

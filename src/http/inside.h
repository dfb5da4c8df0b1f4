/* http/inside.h - what the server's files share. Not for others. */
#pragma once

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>

#include "http/server.h"

typedef struct ssl_ctx_st SSL_CTX;

/* One connection, watched for what evhttp does not limit: total deadlines, header lines, bytes of all bodies together.
 * evhttp frees its bufferevent when it likes; the reference held here keeps memory and descriptor until guard_tick saw it. */
struct guard {
    struct link link;
    struct http_server *server;
    struct bufferevent *buffer;
    struct evbuffer_cb_entry *counting;
    int fd;           /* -1 until its first byte came */
    int64_t began;    /* when the request that is being read began; 0: none is */
    int64_t answered; /* when the answer that is being taken was given; 0: none is */
    int64_t left;     /* when evhttp was seen to have let it go; 0: it has not */
    size_t bytes;     /* read for the request that is read or answered now */
    size_t header_bytes, line_bytes;
    int lines;
    bool header_over; /* of the request that is being read */
    bool busy;        /* a handler has the request: nothing is read, no clock runs */
    bool refused;     /* its last answer was sent past evhttp */
    bool overdue;     /* more connections than allowed: refused with its first byte */
};

struct request {
    struct http_request shown;
    struct link link;
    struct http_server *server;   /* NULL: closed */
    struct loop *loop;
    struct evhttp_request *event; /* NULL: the connection is gone */
    struct guard *guard;
    struct http_headers headers;
    struct evbuffer *kept; /* the body of a request whose connection is gone */
    char *path, *query, *inflated, *remote;
    bool close;            /* the connection ends with the answer */
};

struct http_server {
    struct loop *loop;
    struct http_server_config config;
    char *cert, *key;
    struct evhttp *event;
    struct evhttp_bound_socket *bound;
    int port;
    SSL_CTX *tls;
    struct link guards, requests, streams, pipes;
    struct guard **guard_at; /* by descriptor */
    int guard_room;
    int guard_count;
    size_t bytes; /* of all bodies in memory */
    struct timer ticker, drainer;
    struct http_server_stats stats;
    bool draining;
    int64_t drain_until;
    void (*drained)(void *context);
    void *drained_context;
};

struct bufferevent *guard_new_connection(struct event_base *base, void *server);
void guard_tick(struct http_server *s, bool all); /* all: drop every one, the server closes */
struct guard *guard_find(struct http_server *s, struct bufferevent *buffer);
void guard_taken(struct guard *g);                  /* a handler got the request */
void guard_grew(struct guard *g, size_t bytes);     /* decompressed */
void guard_upgraded(struct guard *g);               /* and left HTTP: no limit of ours counts from here on */
void guard_streams(struct guard *g);                /* and answers with a stream */
void guard_answered(struct guard *g);               /* and gave its answer, to the end */
bool guard_writes(const struct guard *g);           /* answers are still on their way */

SSL_CTX *tls_read(const char *cert, const char *key, struct err *e);

void request_came(struct evhttp_request *event, void *server);
void request_free(struct request *r);
void request_abandoned(struct evhttp_request *event); /* its connection is going */
void streams_close(struct http_server *s);
void pipes_close(struct http_server *s);

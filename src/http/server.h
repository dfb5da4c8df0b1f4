/* http/server.h - the web, our end: connections, limits, and one handler that gets whole requests.
 *
 * Limits stand in struct http_limits. A request reaches the handler only when it
 * is complete and within them; else the server answers by itself (400, 408, 413,
 * 431, 503) or closes. Deadlines are total: a sender that drips bytes is cut off
 * when header and body are not complete in time. Cost: O(1) per request; ten
 * passes over the open connections a second for the deadlines.
 */
#pragma once

#include <stdint.h>

#include "http/message.h"
#include "loop/loop.h"

struct http_server;

struct http_limits {
    size_t header_bytes;      /* 32 KiB, and 200 lines */
    size_t body_bytes;        /* 1 MiB, of what the handler will see: also after decompression */
    size_t body_bytes_total;  /* 64 MiB: all bodies in memory at once; over it 503 with Retry-After */
    int connections;          /* 4096; over it the newest gets 503 and is closed */
    int64_t request_micros;   /* 30 s from a request's first byte to its last */
    int64_t idle_micros;      /* 75 s between requests */
};
extern const struct http_limits HTTP_LIMITS;

/* A request, whole, and the place where its answer goes. Belongs to the server; valid until http_answer* ended it. */
struct http_request {
    const char *method; /* "GET" */
    const char *path;   /* as sent, not decoded, without the query; begins with a slash */
    const char *query;  /* as sent, without '?'; "" when none */
    const char *remote; /* the peer's address, "127.0.0.1" */
    bool tls;
    const struct http_headers *headers;
    const char *body;   /* decompressed; NUL-terminated for convenience; may hold NULs */
    size_t body_size;
    int64_t began;      /* clock_mono() when its first byte came */
    /* Set by whoever must know that the client went away before the answer; runs at most once, when it can be seen: a client
     * that only ended its half of the connection still waits. The request and its body stay valid: http_answer must still
     * be called, and goes nowhere. */
    void (*gone)(struct http_request *r);
    void *context; /* the handler's own */
};

struct http_server_config {
    const char *address; /* "127.0.0.1", "::", "0.0.0.0", or "unix:/path" */
    int port;            /* 0: any free one, see http_server_port */
    const char *tls_cert, *tls_key; /* PEM files; NULL: plain HTTP */
    struct http_limits limits;
    void (*handle)(void *context, struct http_request *r); /* on the loop; must lead to exactly one http_answer or http_stream */
    void *context;
};

bool http_server_open(struct loop *loop, const struct http_server_config *config, struct http_server **ret, struct err *e);
int http_server_port(const struct http_server *s);
bool http_server_reload_tls(struct http_server *s, struct err *e); /* reads the files again; on failure the old ones stay */
/* From here on; a connection that is open keeps the sizes it began with. */
void http_server_change_limits(struct http_server *s, const struct http_limits *limits);
/* No new connections and requests; drained runs on the loop when every accepted request was answered and the answers were
 * sent, or after grace. */
void http_server_drain(struct http_server *s, int64_t grace_micros, void (*drained)(void *context), void *context);
/* At once. Streams end; requests that are not answered are gone as if their clients had left, and wait for their http_answer. */
void http_server_close(struct http_server **s);
struct http_server_stats { int64_t connections, requests, refused_limits, timeouts, streams; };
struct http_server_stats http_server_stats(const struct http_server *s);

/* Answers and ends r. The body is copied. type may be NULL. */
void http_answer_header(struct http_request *r, const char *name, const char *value); /* before http_answer */
void http_answer(struct http_request *r, int status, const char *type, const void *body, size_t size);

/* Answers 200 with a body that goes on (server-sent events, logs that follow) and ends r, which is invalid from here.
 * closed runs once when the client went away, was dropped for being 1 MB behind, or the server closes; s is freed after it. */
struct http_stream;
struct http_stream *http_stream(struct http_request *r, const char *type, void (*closed)(void *context), void *context);
bool http_stream_send(struct http_stream *s, const void *bytes, size_t size); /* false: it is closed or closing */
/* As http_stream_send, and sent runs later on the loop when the client took all of it, unless closed runs: for what is large. */
bool http_stream_send_then(struct http_stream *s, const void *bytes, size_t size, void (*sent)(void *context));
void http_stream_break(struct http_stream *s); /* the body is not whole: the client sees the connection end; closed runs later */
void http_stream_end(struct http_stream *s); /* sends what is pending; closed runs later */

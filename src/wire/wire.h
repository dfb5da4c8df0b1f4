/* wire/wire.h - the link between a server and one Cloud Proxy: HTTP/2 (RFC 9113) over a pipe, with the roles turned round.
 *
 * The proxy connected, but the server asks: it is the client of HTTP/2 and opens
 * the streams, the proxy answers them. A stream of method CONNECT is a tunnel
 * (RFC 9113 section 8.5): its bytes go to and from a socket, and nobody reads
 * them here. Others carry messages of ours.
 *
 * Memory: what a peer sends faster than a socket takes it is held back by the
 * stream's window, STREAM_WINDOW at first; a stream that takes all that comes
 * gets more, up to WINDOW_MOST, as long as all together have got no more than
 * WINDOWS_TOTAL on top. What a socket has to say is read when it can be sent,
 * and held nowhere. Cost: O(1) per frame.
 *
 * Liveness: a ping every PING_EVERY; a peer that has not answered one for
 * SILENT_AFTER, and sent nothing else, is silent (wire_silent), after DEAD_AFTER
 * the link ends, and with it every stream: nothing waits for ever.
 */
#pragma once

#include "http/pipe.h"

enum { STREAM_WINDOW = 32 << 10, WINDOW_MOST = 4 << 20, WINDOWS_TOTAL = 16 << 20, WIRE_STREAMS = 4096 };
#define PING_EVERY (2 * CLOCK_SECOND)
#define SILENT_AFTER (5 * CLOCK_SECOND / 2)
#define DEAD_AFTER (15 * CLOCK_SECOND)

struct wire;

/* One stream. Belongs to the wire until its closed ran, which is the last that is heard of it. */
struct wire_stream {
    struct wire *wire;
    int32_t id;
    char *method, *authority, *path; /* of the request */
    int status;                      /* of the answer; 0: none yet */
    char *reason;                    /* why it was refused: the answer's header slipway-error; NULL */
    void *context;                   /* the user's */
    /* Messages: bytes came; end: the peer says no more. Taken as they are given. */
    void (*took)(struct wire_stream *s, const void *bytes, size_t size, bool end);
    void (*answered)(struct wire_stream *s); /* of those that we opened: status is known */
    /* Once. why: what ended it, when that was no regular end on both sides; else NULL. */
    void (*closed)(struct wire_stream *s, const struct err *why);
    struct wire_stream_private *private;
};

struct wire_config {
    struct loop *loop;
    bool asks; /* true: the server's end, which opens streams */
    void (*opened)(void *context, struct wire_stream *s);   /* the proxy's end: a request came; it sets took and closed */
    void (*changed)(void *context);                         /* silent, speaks again, or another latency; may be NULL */
    void (*closed)(void *context, const struct err *why);   /* once, after all its streams are; the wire is freed after it */
    void *context;
};

struct wire *wire_create(const struct wire_config *config);
/* What the pipe is made with; give it to the wire as soon as it is there. A wire without a pipe is freed by wire_close. */
struct http_pipe_use wire_use(struct wire *w);
void wire_begin(struct wire *w, struct http_pipe *pipe);
void wire_close(struct wire *w); /* at once; closed is told, later */
/* Ends all tunnels, as a broken connection would, and leaves messages alone. */
void wire_end_tunnels(struct wire *w, const char *why);
/* As wire_close, and another function is told, with the same context. */
void wire_replace(struct wire *w, void (*closed)(void *context, const struct err *why));

/* ---- the server's end */

/* A tunnel to "host:port", or a message; NULL: no more streams fit, or the wire is closing. fd >= 0: the tunnel's socket, not
 * blocking, taken also on failure; nothing is read from it before the proxy said 200. headers: two texts each, the last NULL; may be NULL. */
struct wire_stream *wire_open(struct wire *w, const char *method, const char *authority, const char *path, int fd);

/* ---- the proxy's end */

void wire_answer(struct wire_stream *s, int status, const char *reason); /* reason ends it: a refusal. NULL: a body follows */
void wire_join(struct wire_stream *s, int fd); /* answers 200, and the stream is a tunnel to this socket, which is taken */

/* ---- both */

void wire_send(struct wire_stream *s, const void *bytes, size_t size); /* of a message: copied */
void wire_end(struct wire_stream *s);                                  /* nothing more comes from us */
void wire_reset(struct wire_stream *s);                                /* ends it; closed is told, later */

bool wire_silent(const struct wire *w);
int64_t wire_latency(const struct wire *w); /* microseconds there and back, smoothed; 0: not measured yet */
struct wire_stats { int64_t streams, bytes_in, bytes_out, heard_at; /* clock_mono of the last byte */ };
struct wire_stats wire_stats(const struct wire *w);

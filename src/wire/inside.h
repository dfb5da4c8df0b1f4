/* wire/inside.h - what the wire's files share. Not for others. */
#pragma once

#include "wire/wire.h"

struct event;
struct nghttp2_session;

struct wire {
    struct wire_config config;
    struct nghttp2_session *session;
    struct http_pipe *pipe; /* NULL: not yet, or not any more */
    struct link streams;
    struct timer ticker;
    int64_t granted;        /* windows beyond STREAM_WINDOW, of all streams */
    int64_t pinged, ping_due, latency; /* pinged 0: no ping is under way */
    struct wire_stats stats;
    struct err why;
    bool busy;              /* within HTTP/2: its functions may not be entered again */
    bool silent, closing;
};

struct wire_stream_private {
    struct wire_stream shown;
    struct link link;
    struct err why;
    int32_t window, consumed;
    int64_t grew, moved;  /* when the window was used up last; when bytes went either way */
    bool deferred;        /* HTTP/2 asked for bytes, and got none: wire_stream_resume */
    bool ending;          /* a message: its end follows what waits */
    bool peer_ended, sent_end, reset;
    bool detached;        /* HTTP/2 knows it no more */
    struct text out;      /* of a message: not sent yet, from out_at */
    size_t out_at;
    /* tunnel.c */
    bool tunnel, joined, shut;
    int fd;
    struct event *reads, *writes;
    struct text in;       /* what the socket has not taken yet, from in_at */
    size_t in_at;
};

void wire_wake(struct wire *w);
void wire_stream_resume(struct wire_stream_private *p);
void wire_stream_consumed(struct wire_stream_private *p, size_t n);
void wire_stream_reset(struct wire_stream_private *p, uint32_t code);
void wire_stream_over(struct wire_stream_private *p, const struct err *why); /* tells closed, and frees it */

/* ---- tunnel.c: a stream whose bytes go to and from a socket */

void tunnel_take(struct wire_stream_private *p, int fd);
void tunnel_fini(struct wire_stream_private *p);
ssize_t tunnel_give(struct wire_stream_private *p, uint8_t *buffer, size_t room, uint32_t *flags); /* as nghttp2 asks */
void tunnel_took(struct wire_stream_private *p, const uint8_t *bytes, size_t n);
void tunnel_peer_ended(struct wire_stream_private *p);
bool tunnel_unsent(const struct wire_stream_private *p);

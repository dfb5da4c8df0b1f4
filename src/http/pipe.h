/* http/pipe.h - bytes both ways over a connection that spoke HTTP until both ends agreed to leave it (RFC 9110 section 7.8).
 *
 * A pipe has one user, which gives bytes when it is asked for them and takes
 * those that come: so nothing is queued twice, and a peer that does not read
 * holds no more memory than PIPE_WAITING and the kernel's buffers.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "http/client.h"
#include "http/server.h"

struct http_pipe;
#define PIPE_WAITING (256 << 10) /* so much is asked for before the peer took any of it */

struct http_pipe_use {
    bool (*took)(void *context, const uint8_t *bytes, size_t size); /* false: the peer spoke nonsense; the pipe closes */
    /* The next bytes to send, which live until the next call of either function; 0: none for now; negative: the pipe closes. */
    ssize_t (*give)(void *context, const uint8_t **ret);
    /* Once, later, on the loop, whoever ended it; the pipe is freed after it. why says what happened, also when all is well. */
    void (*closed)(void *context, const struct err *why);
    void *context;
};

void http_pipe_wake(struct http_pipe *p);  /* there is something to give. Welcome within took and give */
void http_pipe_close(struct http_pipe *p); /* from here on took and give are not called; closed is. Likewise */

/* The server's end: answers 101 with "Upgrade: protocol" and ends r. */
struct http_pipe *http_upgrade(struct http_request *r, const char *protocol, const struct http_pipe_use *use);

/* The client's end: connects, by TLS when the URL says https, asks for the upgrade, and waits for 101. Fields above the line are
 * set before http_dial_start and copied by it. */
struct http_dial {
    const char *url;
    const char *protocol;
    struct http_headers headers;    /* the caller's */
    const struct http_trust *trust; /* without a fingerprint */
    const char *proxy;              /* "http://user:password@host:port", "socks5h://..." as libcurl takes them; NULL: none */
    int64_t timeout_micros;         /* until 101 came; 0: 10 s */
    /* The server answered 401 and "WWW-Authenticate: PROTOCOL CHALLENGE" (RFC 9110 section 11.6.1): the value of Authorization for
     * a second request on the same connection, the caller's; NULL: give up. May be NULL. */
    char *(*challenged)(struct http_dial *d, const char *challenge);
    /* Once, when the connection stands and before anything is asked: false gives it up (done then says canceled). NULL: go on. */
    bool (*connected)(struct http_dial *d);
    void (*done)(struct http_dial *d, const struct err *e); /* once, later, on the loop */
    /* ---- valid in done */
    int status;                     /* 101, or what the server said instead; 0: it said nothing */
    char text[400];                 /* the server's words, when it refused */
    struct http_dial_private *private;
};
bool http_dial_start(struct http_dial *d, struct loop *loop, struct err *e); /* false: done never runs */
void http_dial_cancel(struct http_dial *d); /* done still runs, once, later. Welcome when not started or done */
/* In done, when e is NULL, and only there: the connection, from now on a pipe. */
struct http_pipe *http_dial_take(struct http_dial *d, const struct http_pipe_use *use);

/* http/client.h - the web, the other end: requests of ours, by libcurl on the loop.
 *
 * An operation is embedded in the caller's struct; fields above the line are set
 * before http_call_start (and may be freed by the caller once it returned: they
 * are copied), fields below are valid inside the callbacks.
 */
#pragma once

#include <sys/types.h>

#include "http/message.h"
#include "loop/loop.h"

struct x509_store_ctx_st; /* OpenSSL's */
struct http_client; /* connections are kept and shared by all its calls */

struct http_client_config {
    int connections_kept; /* without a call, for the next one; 0: 64. Those with one have no limit: watches hold theirs for hours */
    const char *user_agent; /* NULL: slipway/VERSION */
};
bool http_client_create(struct loop *loop, const struct http_client_config *config, struct http_client **ret, struct err *e);
void http_client_destroy(struct http_client **c); /* no call may be in flight */

/* Another way to where calls go than a socket of this machine: through a Cloud Proxy, named by struct http_call.via. Calls share
 * connections with those of the same via only. */
struct http_way; /* of one connection, as whoever leads it tells what became of it; counted */
struct http_vias {
    /* Leads what comes over fd, a connected stream socket, not blocking, which is taken also on failure, to host and port and back.
     * What becomes clear only later is told by http_way_failed. */
    bool (*open)(void *context, const char *via, const char *host, int port, int fd, struct http_way *way, struct err *e);
    void *context;
};
void http_client_vias(struct http_client *c, const struct http_vias *vias); /* before the first call that names one */
/* The URL of what a Cloud Proxy reaches with credentials of its own, by their name: "http://NAME.credentials.invalid" (RFC 2606), the
 * caller's. Plain HTTP, as it goes over the link; the proxy speaks TLS from there. ERR_INVALID, field proxyCredential. */
bool http_via_credential(const char *name, const char *via, char **ret, struct err *e);
struct http_way *http_way_hold(struct http_way *way);
void http_way_release(struct http_way **way);
/* For those who speak something else than HTTP: a connected socket, not blocking, the caller's, that leads through via to host and port;
 * -1: e says why. *ret_way is the caller's. It closes when the way fails: http_way_why says why. */
int http_via_open(struct http_client *c, const char *via, const char *host, int port, struct http_way **ret_way, struct err *e);
/* The same for libcurl in another thread: a path of a Unix socket, the caller's, at which one connection within 5 s is led there. What becomes of it, *ret_way
 * says, the caller's too. */
bool http_via_door(struct http_client *c, const char *via, const char *host, int port, char **ret_path, struct http_way **ret_way, struct err *e);
bool http_way_why(const struct http_way *way, struct err *ret); /* false: it did not fail, or nobody knows why */
void http_way_failed(struct http_way *way, const struct err *why); /* before the socket closes: the call says this, instead of "connection reset" */

/* How the server is trusted, and how we show who we are. All may be NULL. PEM texts, not files. */
struct http_trust {
    const char *ca_pem;      /* instead of the system's */
    const char *fingerprint; /* SHA-256 of the server's certificate, hex, colons optional: accepted whatever its chain says */
    const char *cert_pem, *key_pem;
    bool insecure;           /* accepts any certificate; only where a user said so */
    /* Of http/certificate.h: sees the chain in the handshake, which then ends the call. */
    void (*show_chain)(void *context, struct x509_store_ctx_st *store);
    void *show_context;
};

/* Which addresses a call may reach, checked on the address that is connected to (so a DNS answer that changes does not help). */
enum http_reach { HTTP_REACH_ANY, HTTP_REACH_PUBLIC /* no loopback, private, link-local, multicast */ };

struct http_call {
    const char *method; /* "GET" when NULL */
    const char *url;
    struct http_headers headers;       /* the caller's */
    const void *body;
    size_t body_size;
    /* Instead of body, which may not fit into memory: puts the next bytes (at most size) of body_size in all where told. 0: there are none yet,
     * and http_call_wake says when; negative: the call fails. Then only connecting has a time limit: who gives the bytes sees whether they move. */
    ssize_t (*give)(struct http_call *c, char *to, size_t size);
    bool flows; /* its answer is held back and let go on (http_call_hold): HTTP/1.1, so that TCP itself holds back the peer. Of give: always */
    const struct http_trust *trust;    /* NULL: the system's */
    const char *proxy;                 /* URL of an HTTP proxy; NULL: none; the environment's is never used */
    const char *via;                   /* the Cloud Proxy that it goes through; NULL or "": none. It decides what may be reached */
    const char *socket_path;           /* a Unix socket of this machine that is connected to instead of the URL's host; NULL or "": none */
    bool once;                         /* it must not be sent twice: libcurl repeats what finds a kept connection dead, so it gets a fresh one */
    enum http_reach reach;
    int64_t timeout_micros;            /* total; 0: 30 s. With on_data: of silence, not in all */
    int64_t connect_micros;            /* 0: 5 s */
    size_t answer_limit;               /* 0: 16 MiB; over it the call fails with ERR_TOO_LARGE */
    int redirects;                     /* followed at most; 0: none. Authorization is not sent to another host */
    /* NULL: the answer is collected in body. Else each piece is handed over as it comes (watch streams); false stops the call. */
    bool (*on_data)(struct http_call *c, const char *bytes, size_t size);
    void (*done)(struct http_call *c, const struct err *e); /* e NULL: an answer came, whatever its status */
    /* ---- valid in on_data and done */
    int status;
    struct http_headers answer_headers;
    struct text answer; /* freed after done */
    int64_t took_micros;
    struct http_call_private *private;
};

/* false: done never runs. true: done runs exactly once, later, on the loop; c may be freed or started again inside it. Not within on_data or
 * give, of whatever call. */
bool http_call_start(struct http_call *c, struct http_client *client, struct err *e);
/* done still runs, once, later, with ERR_CANCELED. Welcome when not started or done. */
void http_call_cancel(struct http_call *c);
/* In on_data of a call that flows: this piece is taken, the next one waits for http_call_wake, however long; no silence counts meanwhile. */
void http_call_hold(struct http_call *c);
/* Later, on the loop: on_data goes on, and give is asked again. Welcome at any time, also when not started or done. */
void http_call_wake(struct http_call *c);

/* What a Location means that came with the answer to base (RFC 3986 section 5.2). The caller's; NULL: no http or https URL, or one with a user. */
char *http_url_join(const char *base, const char *location);

/* What a not-2xx answer means as an error: kind by status, "GET https://host/path answered 404 Not Found: first 200 bytes". */
bool http_call_refused(const struct http_call *c, struct err *e);

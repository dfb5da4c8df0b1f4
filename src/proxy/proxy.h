/* proxy/proxy.h - slipway proxy: the end of the link that stands behind the firewall.
 *
 * It connects to the server and stays connected: while it is not, a connection
 * is begun every TRY_EVERY, so that it is back within a second of the network's
 * return; a link that has gone silent is replaced as soon as another connection
 * stands. A server that refuses who we are is asked again every REFUSED_EVERY.
 */
#pragma once

#include "base/err.h"
#include "http/client.h"
#include "loop/loop.h"

#define TRY_EVERY (700 * CLOCK_MS)
#define TRY_SOON (150 * CLOCK_MS) /* for JUST_LOST after a link ended: most breaks are short */
#define JUST_LOST (3 * CLOCK_SECOND)
#define REFUSED_EVERY (30 * CLOCK_SECOND)

struct proxy;

struct proxy_config { /* all borrowed, and living longer than the proxy */
    struct loop *loop;
    const char *server;      /* "https://slipway.example.com", perhaps with a path before /codestream */
    const char *token;       /* of enrolment; NULL: it is enrolled */
    const char *name;        /* of the Cloud Proxy; NULL: whatever the token says */
    const char *allow;       /* proxy/allow.h */
    const char *state;       /* folder of identity.json */
    const char *journal;     /* folder; NULL: it takes no webhooks */
    const char *receive;     /* address that webhooks come to; NULL: none */
    int receive_port;
    const char *receive_cert, *receive_key;
    const char *http_proxy;  /* on the way to the server */
    const char *credentials; /* proxy/credentials.h: a file; NULL: none */
    struct http_trust trust; /* of the server */
    void (*ended)(void *context, const struct err *why); /* it cannot go on: once */
    void *context;
};
bool proxy_create(const struct proxy_config *config, struct proxy **ret, struct err *e);
int proxy_receive_port(const struct proxy *p); /* where webhooks come; 0: nowhere */
/* Ends the link; what came of webhooks and was not told yet stays in the journal. stopped runs once, later. */
void proxy_stop(struct proxy *p, void (*stopped)(void *context), void *context);
void proxy_destroy(struct proxy **proxy); /* after stopped */

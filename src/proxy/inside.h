/* proxy/inside.h - what the files of the proxy's end share. Not for others. */
#pragma once

#include "proxy/allow.h"
#include "proxy/identity.h"
#include "proxy/journal.h"
#include "proxy/proxy.h"
#include "wire/wire.h"

struct credentials;
enum { DIALS_MOST = 8 };

struct proxy {
    struct proxy_config config;
    struct identity *identity;
    struct allow *allow;
    struct journal *journal;     /* NULL: none */
    struct credentials *credentials; /* NULL: none */
    struct http_client *client;
    struct http_server *receiver;
    struct http_call enrolling;
    char *enrol_url, *enrol_body;
    struct attempt *attempts[DIALS_MOST];
    struct wire *wire;           /* the link; NULL: none */
    struct timer next_try;
    struct teller *teller;       /* receive.c: telling webhooks; NULL: nobody listens */
    int64_t lost_at;             /* clock_mono when the link ended; 0: never was one */
    bool use_old_key;            /* the server did not know the next one */
    bool refused, stopping;
    char last_problem[sizeof(((struct err *)0)->text)];
    void (*stopped)(void *context);
    void *stopped_context;
    struct post post;
};

/* ---- requests.c: what the server asks for over the link */
void proxy_asked(void *proxy, struct wire_stream *s);

/* ---- receive.c: webhooks come, and are told */
bool receive_open(struct proxy *p, struct err *e);
void receive_close(struct proxy *p);
void teller_begin(struct proxy *p, struct wire_stream *s); /* the server asked for them */

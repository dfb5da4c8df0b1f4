/* agent/agents.h - the server's end of all links to Cloud Proxies, and the way through them.
 *
 * A Cloud Proxy is known here by its id; any number of its instances may be
 * linked. A connection through it goes over the instance that has the fewest,
 * of those that are not silent. What the instance has not answered yet moves
 * to another when the link breaks, goes silent, or when that instance may not
 * go there; a proxy whose links all broke just now is waited for (RETURN_MICROS).
 * Loop only. Cost: O(instances of the proxy) per connection.
 */
#pragma once

#include "base/ids.h"
#include "base/json.h"
#include "wire/wire.h"

#define RETURN_MICROS (4 * CLOCK_SECOND)

struct agents;

/* Who is at the other end, proven before the link begins. Texts are copied. */
struct agent_hello {
    const char *instance, *proxy, *name;   /* ids; the proxy's name */
    const char *host, *version, *address;
    const unsigned char *key;              /* 32 bytes: its public key (Ed25519) */
    const json_t *allow, *credentials;     /* arrays of texts, as it tells them; may be NULL */
    bool receives;                         /* it has a journal of webhooks */
};

/* A webhook that came to a proxy, and is told once more until agents_kept. Texts and headers live until then. */
struct agent_delivery {
    char instance[ID_TEXT], journal[ID_TEXT]; /* the journal's id: another one counts from 1 again */
    int64_t number;                        /* in that journal: 1, 2, ... in this order */
    int64_t age_micros;                    /* since it came, by the proxy's own clock */
    char *path, *query, *remote, *body;    /* path begins with a slash; body has a NUL behind it */
    size_t body_size;
    struct http_headers headers;
    struct agent_delivery_private *private;
};

struct agents_config {
    struct loop *loop;
    void (*changed)(void *context, const char *instance, bool linked); /* a link began or ended, or what is known of it changed */
    /* The next of its journal; of one instance at most one is told until agents_kept. */
    void (*delivered)(void *context, struct agent_delivery *d);
    void *context;
};
void agents_create(const struct agents_config *config, struct agents **ret);
void agents_destroy(struct agents **agents); /* after the server that its links came by was closed */

/* Answers r by a link. An older link of the same instance ends. */
void agents_link(struct agents *a, struct http_request *r, const struct agent_hello *hello);
void agents_unlink(struct agents *a, const char *proxy, const char *instance, const char *why); /* instance NULL: all of the proxy */

/* As struct http_vias.open; context is the agents, via a proxy's id. */
bool agents_open(void *context, const char *via, const char *host, int port, int fd, struct http_way *way, struct err *e);

/* d is stored, or was not worth it: true, the proxy forgets it; false: it is told again in a moment. d is gone. */
void agents_kept(struct agent_delivery *d, bool kept);

/* Asks for a new key pair: done gets the public key (32 bytes) that the instance proved to have, once. false: it is not linked. */
bool agents_rotate(struct agents *a, const char *instance, void (*done)(void *context, const unsigned char *key, const struct err *e), void *context,
                   struct err *e);

/* What is known of all links: {instance: {status, connectedSince, address, latencyMillis, streams, bytesIn, bytesOut, allow, credentials,
 * receives, journalWaiting}}. A new reference. */
json_t *agents_json(const struct agents *a);
struct agents_stats { int64_t links, silent, streams, bytes_in, bytes_out, opened, refused, moved; };
struct agents_stats agents_stats(const struct agents *a);
void agents_each(const struct agents *a, void (*each)(void *context, const char *proxy, const char *instance, int64_t latency, int64_t streams), void *context);

/* kube/kube.h - a connection to one cluster, and one request to its API.
 *
 * Everybody who talks to the same cluster shares one struct kube, and with it
 * discovery, watches and connections: kube_hold gives it out by target,
 * counted. It closes when its last holder let go and its last call is done.
 * Nothing is retried here: err_retry(e->kind) says whether it is worth it,
 * retry_after_micros when.
 */
#pragma once

#include "base/map.h"
#include "http/client.h"
#include "kube/config.h"
#include "loop/loop.h"

struct kube;
struct kube_clusters; /* all connections of this process, by target */

struct kube_clusters *kube_clusters_create(struct loop *loop, struct http_client *client);
/* In two steps, as all owners: on_closed runs once, later, on the loop, when the last connection is gone. Watches close by
 * themselves; whoever holds a kube must let go. */
void kube_clusters_close(struct kube_clusters *clusters, void (*on_closed)(void *context), void *context);

/* The target is taken, also on failure. On success *ret is held: kube_release it. */
bool kube_hold(struct kube_clusters *clusters, struct kube_target *target, struct kube **ret, struct err *e);
void kube_keep(struct kube *kube); /* one more holder */
void kube_release(struct kube **kube);

struct loop *kube_loop(const struct kube *kube);
const char *kube_default_namespace(const struct kube *kube); /* borrowed as long as held */
const char *kube_server(const struct kube *kube);            /* for sentences; holds no secret */

/* One request. Fields above the line are set before kube_call_start, and copied by it; below are valid in done. */
struct kube_call {
    const char *method;       /* NULL: GET */
    const char *path;         /* "/api/v1/namespaces/x/pods?limit=1" */
    const json_t *body;       /* NULL: none */
    const char *content_type; /* NULL: application/json */
    bool plain;               /* the answer is text (logs), not JSON */
    size_t answer_limit;      /* 0: 16 MiB */
    int64_t timeout_micros;   /* 0: 30 s. With on_data: of silence */
    /* NULL: the answer is kept. Of a plain call: each piece of a 2xx answer as it comes; false stops the call (ERR_CANCELED). */
    bool (*on_data)(struct kube_call *c, const char *bytes, size_t size);
    void (*done)(struct kube_call *c, const struct err *e); /* e NULL: a 2xx answer that could be read */
    /* ---- */
    int status;               /* 0: no answer */
    json_t *answer;           /* freed after done; json_incref what is kept. Of a refusal: the Status, if it was one */
    const char *text;         /* of a plain call */
    int64_t retry_after_micros; /* 0: the cluster said nothing */
    struct kube *kube;        /* private from here on */
    struct http_call http;
    struct text said;         /* of a refusal, while pieces come */
    bool in_flight;
};
bool kube_call_start(struct kube_call *c, struct kube *kube, struct err *e);
void kube_call_cancel(struct kube_call *c); /* done still runs, once, later. Welcome when not in flight */

/* What a refusal means: pure. status is HTTP's; answer the body as JSON or NULL. Always false. */
bool kube_refused(int status, const json_t *answer, struct err *e);
/* The reason of a Status ("AlreadyExists", "Conflict", ...), "" when it is none. Borrowed. */
const char *kube_status_reason(const json_t *answer);

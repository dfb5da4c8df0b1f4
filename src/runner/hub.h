/* runner/hub.h - webhooks at Docker Hub, kept as they are wanted.
 *
 * What is wanted is a row (store/hub_hooks.h), committed with the webhook's own;
 * then it is made so at Docker Hub, as often as that needs, and what came of it
 * is committed too. Each try begins by looking what is there, so a process that
 * ends between the two sides leaves nothing orphaned and nothing doubled.
 */
#pragma once

#include "base/json.h"
#include "db/db.h"

struct runner;

enum hub_want {
    HUB_IF_CHANGED, /* what failed keeps its time */
    HUB_SAVED,      /* what failed is tried now */
    HUB_AGAIN,      /* Docker Hub is asked even when it is known to stand there */
};

/* In a write, after the webhook was stored there: what it wants of Docker Hub. *ret_id is its row; afterwards
 * runner_hub_wait or runner_hub_wake. */
bool runner_hub_want(struct runner *r, struct db_tx *tx, int64_t webhook_id, enum hub_want why, int64_t *ret_id, struct err *e);
/* In a write, before the webhook is deleted there. *ret_id 0: nothing of it is at Docker Hub. */
bool runner_hub_remove(struct runner *r, struct db_tx *tx, int64_t webhook_id, int64_t *ret_id, struct err *e);
/* In a write, after an endpoint changed: its webhooks may want another hook, and what failed is tried anew. */
bool runner_hub_endpoint(struct runner *r, struct db_tx *tx, int64_t endpoint_id, struct err *e);

/* Loop. Looks for what is due. */
void runner_hub_wake(struct runner *r);
/* Loop. As runner_hub_wake; done runs once, on the loop: when what the row wants now was tried, or after micros. */
void runner_hub_wait(struct runner *r, int64_t id, int64_t micros, void (*done)(void *context), void *context);

/* Why registries on the internet cannot reach a server with this external-url: an array of sentences, the first one the most
 * important; empty when they can. A new reference. Pure. */
json_t *hub_reach_problems(const char *external_url);
/* The same of an endpoint's registry: one of one's own may stand in the same network, and then only an address is needed. */
json_t *registry_reach_problems(const char *server_type, const char *external_url);

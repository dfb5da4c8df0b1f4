/* runner/sweep.h - looks at registries for pushes whose delivery never came.
 *
 * What is looked at are rows (store/watches.h). Each look is one HEAD of each
 * tag, or a list where that is fewer requests, within a rate for each registry;
 * what it finds is decided and committed as a delivery's push is. A process that
 * ends in a look has lost nothing but that look.
 *
 * Cost: requests grow with the watched tags (HEAD) or with a hundredth of them
 * (Docker Hub's list); memory with the tags of the repositories that are being
 * looked at, at most SWEEP_LOOKS of each registry.
 */
#pragma once

#include "base/json.h"
#include "db/db.h"

struct runner;

enum { SWEEP_LOOKS = 4 };

/* In a write, after a webhook was stored: what it wants to be looked at. Afterwards runner_sweep_wake. */
bool runner_sweep_want(struct runner *r, struct db_tx *tx, int64_t webhook_id, struct err *e);
bool runner_sweep_leave(struct db_tx *tx, int64_t webhook_id, struct err *e); /* before it is deleted */
/* In a write, after an endpoint changed: it may lead elsewhere, or be let in now. */
bool runner_sweep_endpoint(struct runner *r, struct db_tx *tx, int64_t endpoint_id, struct err *e);
void runner_sweep_wake(struct runner *r); /* loop */

/* {"state": "on" | "off" | "baseline" | "failing" | "impossible", "message": a sentence, "within": "2 minutes", "_withinMicros",
 * "checkedAt", "repository", "registry"}; a new reference. */
bool runner_sweep_status(struct runner *r, struct db_tx *tx, int64_t webhook_id, json_t **ret, struct err *e);

struct sweep_stats {
    int64_t looks, requests, failures, pushes, registries_closed;
};
struct sweep_stats runner_sweep_stats(const struct runner *r);

/* Every tag is looked at within this: of a look each so many seconds at the soonest, requests in sum at this registry, at so many a
 * minute, and a look that took so long. Pure. */
int64_t sweep_within(int64_t seconds, int64_t per_minute, int64_t requests, int64_t took);
const char *sweep_within_text(int64_t micros, char out[40]); /* "40 seconds", "2 minutes", "3 hours" */

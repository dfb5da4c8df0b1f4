/* runner/doctor.h - is all that a webhook needs as it should be? Each check is one sentence, and what to do. Changes nothing.
 *
 * The order is that of a push on its way: the URL, the registry, the hook there, the API token, the pipeline, the
 * cluster, the image's pull secret, what was delivered, the sweep.
 */
#pragma once

#include "base/json.h"
#include "db/db.h"

struct runner;

struct doctor;
/* In a read. administrator: who asks may use what is restricted; else those checks are skipped. *ret is the caller's. */
bool doctor_read(struct runner *r, struct db_tx *tx, int64_t webhook_id, bool administrator, struct doctor **ret, struct err *e);
/* Loop. done runs once, later, in a minute at the latest. */
void doctor_start(struct doctor *d, void (*done)(void *context), void *context);
/* [{"check", "status": "ok|warning|failed|skipped", "says", "todo"}]; secrets masked. A new reference; in done. */
json_t *doctor_answer(const struct doctor *d);
void doctor_destroy(struct doctor **d); /* not between start and done */

enum { RUNNER_MARK = 17 };
/* 16 hex digits that tell this process from others, and nothing else; /healthz shows them. */
void runner_mark(const struct runner *r, char ret[RUNNER_MARK]);

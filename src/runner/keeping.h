/* runner/keeping.h - what tasks put on clusters is kept, sealed, until it is verified; and is there when it must be put back. What it
 * means: docs/rollback.md. All inside of somebody's write or read. Not for other rooms.
 */
#pragma once

#include "runner/inside.h"

/* What a task is about to put there: {"endpoint": uuid, "cluster", "force", "objects": [{"namespace", "kind", "name", "images", "object"}]}. */
bool keeping_store(struct runner *r, struct db_tx *tx, const struct run_row *row, size_t task, const json_t *puts, struct err *e);
/* After an execution's step: what it put there is verified, or dropped. */
bool keeping_step(struct db_tx *tx, const struct run_row *row, const struct execution *after, struct err *e);
/* For a restore: what the task that it is for put there, and what was verified last in its place, opened: [{"namespace", "kind", "name", "putBy",
 * ("object", "run", "of", "images", "cluster", "force")}]; a new reference. */
bool keeping_open(const struct seal *seal, struct db_tx *tx, int64_t execution_id, size_t task, json_t **ret, struct err *e);

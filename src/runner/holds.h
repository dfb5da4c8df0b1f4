/* runner/holds.h - a deployment that failed its verification makes its webhook hold what is pushed to that repository, until people, or a newer image
 * that passes, let it go (docs/rollback.md). What is held is in the database (store/holds.h).
 */
#pragma once

#include "store/holds.h"

enum { HOLD_TEXT = 1000 };
/* "deploy#13 failed with acme/web:v2: ... Restored acme/web:v1 of deploy#12. ...", for people; event: of one that waits behind it. */
void hold_says(const struct hold *hold, bool event, char out[HOLD_TEXT]);

/* A webhook's holds end: what waits behind them is judged, in the order of its arrival. ERR_CONFLICT: it holds nothing. After the
 * commit: runner_wake_held and runner_wake_queued. */
bool holds_release(struct db_tx *tx, int64_t webhook_id, struct err *e);

/* store/held.h - events that wait because their webhook started as many runs as it may; and how many it did. (Those that wait behind a hold are
 * HELD too: store/holds.h. What is asked of held events by people counts for both.)
 *
 * A held event has held_until, the time at which it is judged again. Within one webhook these times rise with the order of
 * arrival, and no more of them than its limit lie in the space of one window.
 */
#pragma once

#include "db/db.h"

#define HELD_WINDOW (10 * CLOCK_MINUTE) /* runs are counted over so long */

/* When the webhook may start one more run: *ret is 0 when that is now, and no other event waits before this one; else the time to
 * hold it until. event_id 0: of an event that would come now. */
bool held_until(struct db_tx *tx, int64_t webhook_id, int64_t event_id, int64_t limit, int64_t now, int64_t *ret, struct err *e);
bool held_set(struct db_tx *tx, int64_t event_id, const char *message, int64_t until, struct err *e);
bool held_is(struct db_tx *tx, int64_t event_id, bool *ret, struct err *e);

/* Those that are due, in their order, at most limit. *ret is the caller's to free. */
bool held_due(struct db_tx *tx, int64_t now, size_t limit, int64_t **ret, size_t *ret_count, struct err *e);
/* When the next one is due; 0: none waits. */
bool held_next(struct db_tx *tx, int64_t *ret, struct err *e);
/* All are due at once: of one webhook, whose limit changed; of all (0), because the clock was set back. */
bool held_hurry(struct db_tx *tx, int64_t webhook_id, int64_t now, struct err *e);

enum { HELD_COUNTED = 1000 };
/* How many runs it started in the window, and how many events wait, behind holds too; both counted to HELD_COUNTED. */
bool held_counts(struct db_tx *tx, int64_t webhook_id, int64_t now, int64_t *ret_runs, int64_t *ret_held, struct err *e);

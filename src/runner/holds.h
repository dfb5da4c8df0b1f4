/* runner/holds.h - a deployment that failed its verification makes its webhook hold what is pushed to that repository, until people, or a newer image
 * that passes, let it go. What is held is in the database (store/holds.h). All inside of somebody's write. Not for other rooms.
 */
#pragma once

#include "runner/decide_work.h"
#include "store/holds.h"

enum { HOLD_TEXT = 1000 };
/* "deploy#13 failed with acme/web:v2: ... Restored acme/web:v1 of deploy#12. ...", for people; event: of one that waits behind it. */
void hold_says(const struct hold *hold, bool event, char out[HOLD_TEXT]);

/* An event whose push would start a run: whether it waits behind a hold. */
bool holds_keep(struct decision *d, const struct start *s, bool *ret, struct err *e);
/* After an execution's step, which has been stored: a hold begins, goes on, ends, or lets the next push try. */
bool holds_step(struct runner *r, struct db_tx *tx, const struct run_row *row, const struct execution *before, const struct execution *after,
                struct wakes *wakes, struct err *e);

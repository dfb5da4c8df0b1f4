/* runner/holds_work.h - when holds begin and end; all inside of somebody's write. Not for other rooms. */
#pragma once

#include "runner/decide_work.h"
#include "runner/holds.h"

/* An event whose push would start a run: whether it waits behind a hold. */
bool holds_keep(struct decision *d, const struct start *s, bool *ret, struct err *e);
/* After an execution's step, which has been stored: a hold begins, goes on, ends, or lets the next push try. */
bool holds_step(struct runner *r, struct db_tx *tx, const struct run_row *row, const struct execution *before, const struct execution *after,
                struct wakes *wakes, struct err *e);

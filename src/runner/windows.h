/* runner/windows.h - runs begin when their pipeline's change window is open and no freeze holds them; until then they are QUEUED, and hold no place. What
 * waits, and until when, is in the database (store/windows.h); here is the clock that looks at it. Not for other rooms.
 */
#pragma once

#include "runner/inside.h"

struct windows_clock;

/* Gives places to what may begin, and lets the rest wait; inside a write. Those that began are added to wakes. */
bool windows_start(struct runner *r, struct db_tx *tx, int64_t pipeline_id, struct wakes *wakes, struct err *e);

struct windows_clock *windows_create(struct runner *r);
void windows_clock_destroy(struct windows_clock **clock);
void windows_at_latest(struct runner *r, int64_t when); /* loop: looks then, if not before */
void windows_drain(struct runner *r);

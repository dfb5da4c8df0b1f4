/* runner/windows.h - runs begin when their pipeline's change window is open and no freeze holds them; until then they are QUEUED, and hold no place. What
 * waits, and until when, is in the database (store/windows.h); here is the clock that looks at it. Not for other rooms.
 */
#pragma once

#include "runner/inside.h"
#include "store/windows.h"

struct windows_clock;

/* Gives places to what may begin, and lets the rest wait; inside a write. Those that began are added to wakes. */
bool windows_start(struct runner *r, struct db_tx *tx, int64_t pipeline_id, struct wakes *wakes, struct err *e);

struct window_hold { /* embed; zeroed. What is about to act looks whether it may, and waits until it may */
    struct runner *runner;
    int64_t pipeline_id, execution_id;
    void (*waits)(struct window_hold *hold); /* again and again while it is closed: hold->gate says why */
    void (*open)(struct window_hold *hold);  /* once: it may act; or it was stopped, or the process stops */
    /* private from here on, but for gate */
    struct gate gate;
    struct db_job job;
    struct timer timer;
    struct link link;
    bool free, reading, stopped;
};
void window_hold_start(struct window_hold *hold);
void window_hold_stop(struct window_hold *hold); /* open still runs, now or soon. Welcome when it is over */
void windows_look_again(struct runner *r);       /* loop: a window, a freeze or an administrator's word is new */

struct windows_clock *windows_create(struct runner *r);
void windows_clock_destroy(struct windows_clock **clock);
void windows_at_latest(struct runner *r, int64_t when); /* loop: looks then, if not before */
void windows_drain(struct runner *r);

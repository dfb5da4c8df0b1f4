/* runner/limits.h - a webhook starts so many runs in ten minutes and no more: further events are held, and go on by themselves,
 * in the order of their arrival. What waits is in the database (store/held.h); here is the clock that looks at it.
 */
#pragma once

#include "runner/runner.h"

struct limits;

struct limits *limits_create(struct runner *r);
void limits_destroy(struct limits **limits);
void limits_look(struct runner *r);             /* loop: looks at once, and finds out when to look next */
void limits_at(struct runner *r, int64_t when); /* loop: looks then, if not before */
struct wakes;
/* A held event is judged as if a person had let it go; inside a write. */
bool limits_let_go(struct runner *r, struct db_tx *tx, int64_t event_id, struct wakes *wakes, struct err *e);
/* "this webhook started 60 runs in 10 minutes, its limit; goes on at 12:34:56 UTC" */
void limits_say(int64_t limit, int64_t until, char out[200]);
void limits_drain(struct runner *r);

/* runner/workspaces.h - what CI tasks leave on engines (containers, a volume) is removed when their run is over.
 *
 * What is to be removed are rows, written before anything is made: so a server that was killed leaves nothing behind for good. What is
 * removed is found by its label. An engine that does not answer is tried again, for a week.
 */
#pragma once

#include "runner/inside.h"

struct workspaces;
struct workspaces *workspaces_create(struct runner *r);
void workspaces_destroy(struct workspaces **w);
void workspaces_drain(struct runner *r);
void workspaces_wake(struct runner *r); /* loop: a run may be over */

/* Stores that the run uses this engine; done runs once, later, on the loop. */
void workspace_want(struct runner *r, int64_t project_id, const char *execution, const char *endpoint, void (*done)(void *context, const struct err *e), void *context);

/* runner/workspaces.h - what CI tasks leave on engines (containers, a volume) and clusters (Jobs, a claim) is removed when their run is over.
 *
 * What is to be removed are rows, written before anything is made: so a server that was killed leaves nothing behind for good. What is
 * removed is found by its label. An engine or cluster that does not answer is tried again, for a week.
 */
#pragma once

#include "runner/inside.h"

struct workspaces;
struct workspaces *workspaces_create(struct runner *r);
void workspaces_destroy(struct workspaces **w);
void workspaces_drain(struct runner *r);
void workspaces_wake(struct runner *r); /* loop: a run may be over */

/* Before a task begins there: stores that the run uses this engine, and reads the custom integration of this name and version (NULL: none is
 * asked for), as pipeline/integration.h has it; borrowed, may be NULL. done runs once, later, on the loop. */
struct workspace_want {
    int64_t project_id;
    const char *execution, *endpoint, *namespace_; /* copied; namespace_: of a cluster, "": the endpoint's own */
    const char *integration, *version;
    void (*done)(void *context, json_t *integration, const struct err *e);
    void *context;
};
void workspace_want(struct runner *r, const struct workspace_want *want);

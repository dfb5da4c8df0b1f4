/* runner/bound.h - what people approve: the tasks behind a user operation, rendered as far as they can be when it is asked; and whether what such
 * a task is about to do is still that. What is approved is kept with the user operation (store/user_operations.h). Not for other rooms.
 */
#pragma once

#include "runner/inside.h"
#include "secrets/mask.h"

struct bound_from { /* borrowed */
    const struct task_job *job;  /* the one at work: its services, names and push */
    const struct execution *view;
    const struct run_facts *facts;
    const struct knowledge *knowledge; /* with all endpoints of the project */
    const struct mask *mask;     /* of what people see; may be NULL */
    size_t task;                 /* the user operation; or the task that is about to act */
};

/* {"tasks": [{"task", "slot", what its type's bind tells, "unknown": [references that only a later task can tell]}], "notCovered": [{"task",
 * "type", "why"}]}: what comes after it, up to the next that asks people. The caller's; masked. */
json_t *bound_render(const struct bound_from *from);

/* Adds to its tasks what would change on the clusters now ("changes": [{"object", "would", "diff"}]), by dry runs, as far as that is known within
 * ten seconds. bound is taken over, and handed on; from's parts live until done, which runs once, later, on the loop, with the answer that is
 * the receiver's. */
struct bound_changes;
struct bound_changes *bound_changes_start(const struct bound_from *from, json_t *bound, void (*done)(void *context, json_t *bound), void *context);
void bound_changes_stop(struct bound_changes *changes); /* done still runs, soon */

/* approved: [{"index", "by", "bound"}] of this execution. ERR_CONFLICT: the task would do something else
 * than people approved; *ret_diff, the caller's, then tells in what (NULL: not in what can be shown). */
bool bound_check(const struct bound_from *from, const json_t *approved, char **ret_diff, struct err *e);

/* api/logs.h - what tasks wrote, from a place on; a reader who is at the end may wait there for more. Loop only.
 *
 * GET P/executions/{id}/logs?task=N&after=PLACE&wait=SECONDS answers "logs" and "next", the place to go on from. With wait an answer
 * that would be empty comes as soon as there is more, or the execution is over, or so many seconds went by: no reader has to poll. */
#pragma once

#include "api/call.h"

struct log_waits;
struct log_waits *log_waits_create(struct api *api);
void log_waits_destroy(struct log_waits **w);
void log_waits_wake(struct log_waits *w, int64_t execution_id); /* 0: all, and from here on nobody waits: the server ends */

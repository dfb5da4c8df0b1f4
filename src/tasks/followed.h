/* tasks/followed.h - a log that stands elsewhere and is read from its beginning each time: what is stored is read over, and its last lines are at hand
 * for the task's message. */
#pragma once

#include "tasks/task.h"

enum { FOLLOWED_TAIL = 2048 };

struct followed {
    int64_t seen;  /* bytes that were given to task_log_stream, now and by earlier starts */
    int64_t skip;  /* still to be read over */
    char tail[FOLLOWED_TAIL]; /* the last bytes of all that came */
    size_t tail_size;
};
void followed_take(struct followed *f, struct task_job *job, const char *bytes, size_t size);
/* What a person wants to see first: the last lines, whole where they fit; mended. */
void followed_last(const struct followed *f, char *out, size_t room);

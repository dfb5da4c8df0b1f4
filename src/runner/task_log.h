/* runner/task_log.h - what a task says, masked, in compressed chunks of at most 64 KB in the database. */
#pragma once

#include "db/db.h"
#include "loop/loop.h"
#include "secrets/mask.h"

struct task_log;

struct task_log_of { /* whose, and how much of it is stored already */
    int64_t project_id, execution_id, attempt;
    size_t task;
    int64_t size;     /* of the whole task's */
    int64_t position; /* of this attempt's stream */
    int64_t most;     /* bytes that are kept; then a line says so */
    void (*stored)(void *context, int64_t execution_id); /* loop: there is more of it; may be NULL, and may come after task_log_destroy */
    void *context;
};
/* mask is borrowed, and may be NULL. */
struct task_log *task_log_create(struct loop *loop, struct db *db, const struct task_log_of *of, const struct mask *mask);
void task_log_destroy(struct task_log **log); /* what was not flushed is lost */
/* Stored within 150 ms: not as a row for each time, for the last row grows to 16 KB first. stream: it counts for the position. */
void task_log_add(struct task_log *log, const char *bytes, size_t size, bool stream);
void task_log_flush(struct task_log *log);    /* everything that was added is on its way to the database */

/* runner/task_log.h - what a task says, masked, in compressed chunks of at most 64 KB in the database. */
#pragma once

#include "db/db.h"
#include "loop/loop.h"
#include "secrets/mask.h"

#define TASK_LOG_LIMIT (4 << 20) /* bytes of one task's log that are kept; then a line says so */

struct task_log;

/* mask is borrowed, and may be NULL. */
struct task_log *task_log_create(struct loop *loop, struct db *db, int64_t project_id, int64_t execution_id, size_t task,
                                 const struct mask *mask);
void task_log_destroy(struct task_log **log); /* what was not flushed is lost */
void task_log_add(struct task_log *log, const char *bytes, size_t size); /* stored within a second, or by 64 KB */
/* What is added from here on begins with so many bytes, masked, that are stored already: they are not stored again. */
void task_log_skip(struct task_log *log, int64_t size);
void task_log_flush(struct task_log *log);    /* everything that was added is on its way to the database */

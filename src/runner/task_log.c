#include "runner/task_log.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "store/runs.h"

#define CHUNK (64 << 10)

struct task_log {
    struct loop *loop;
    struct db *db;
    int64_t project_id, execution_id, task;
    struct mask_stream *stream; /* NULL: nothing to mask */
    struct text waiting;        /* masked, not stored */
    size_t kept;
    size_t skip;                /* of what waits next, stored already */
    struct timer timer;
};

struct append_job {
    struct db_job job;
    int64_t project_id, execution_id, task;
    char *bytes;
    size_t size;
};

static bool append_work(struct db_job *db_job, struct db_tx *tx, struct err *e)
{
    struct append_job *j = OWNER(db_job, struct append_job, job);
    return log_append(tx, j->project_id, j->execution_id, j->task, j->bytes, j->size, e);
}

static void append_done(struct db_job *db_job, const struct err *e)
{
    struct append_job *j = OWNER(db_job, struct append_job, job);
    if (e)
        log_warn("runner", "%zu bytes of a task's log were not stored: %s", j->size, e->text);
    free(j->bytes);
    free(j);
}

static void drop_stored(struct task_log *log)
{
    struct text *t = &log->waiting;
    size_t n = log->skip < t->length ? log->skip : t->length;
    if (!n)
        return;
    memmove(t->at, t->at + n, t->length - n + 1);
    t->length -= n;
    log->skip -= n;
}

static void store_waiting(struct task_log *log)
{
    timer_clear(&log->timer);
    drop_stored(log);
    if (!log->waiting.length)
        return;
    struct append_job *j = NEW(struct append_job);
    *j = (struct append_job){ .job = { .work = append_work, .done = append_done }, .project_id = log->project_id,
                              .execution_id = log->execution_id, .task = log->task, .size = log->waiting.length };
    j->bytes = text_take(&log->waiting);
    db_write(log->db, &j->job);
}

static void log_due(struct timer *t)
{
    store_waiting(OWNER(t, struct task_log, timer));
}

struct task_log *task_log_create(struct loop *loop, struct db *db, int64_t project_id, int64_t execution_id, size_t task,
                                 const struct mask *mask)
{
    struct task_log *log = NEW(struct task_log);
    *log = (struct task_log){ .loop = loop, .db = db, .project_id = project_id, .execution_id = execution_id, .task = (int64_t)task };
    if (mask)
        log->stream = mask_stream_create(mask);
    return log;
}

void task_log_destroy(struct task_log **log)
{
    struct task_log *l = TAKE(*log);
    if (!l)
        return;
    timer_clear(&l->timer);
    mask_stream_destroy(&l->stream);
    text_fini(&l->waiting);
    free(l);
}

void task_log_skip(struct task_log *log, int64_t size)
{
    log->skip = (size_t)size;
}

void task_log_add(struct task_log *log, const char *bytes, size_t size)
{
    if (log->kept >= TASK_LOG_LIMIT)
        return;
    log->kept += size;
    if (log->stream)
        mask_stream_add(log->stream, bytes, size, &log->waiting);
    else
        text_add_n(&log->waiting, bytes, size);
    if (log->kept >= TASK_LOG_LIMIT)
        text_addf(&log->waiting, "\n[the log of this task is longer than %d MiB; the rest is not kept]\n", TASK_LOG_LIMIT >> 20);
    if (log->waiting.length >= CHUNK)
        store_waiting(log);
    else if (!timer_is_set(&log->timer))
        timer_set(&log->timer, log->loop, CLOCK_SECOND, log_due);
}

void task_log_flush(struct task_log *log)
{
    if (log->stream)
        mask_stream_end(log->stream, &log->waiting);
    store_waiting(log);
}

#include "runner/task_log.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "store/runs.h"

#define SOON (150 * CLOCK_MS)
#define FULL (16 << 10) /* a row that has so much grows no further: each time that it does, it is written as a whole */

/* The row that grows. Its id is the writer's thread's; the count of who holds it the loop's. */
struct row {
    int64_t id;
    int holders;
};

struct task_log {
    struct loop *loop;
    struct db *db;
    struct task_log_of of;
    struct mask_stream *stream; /* NULL: nothing to mask */
    struct text open;           /* masked: what the row that grows has, and what it is to have */
    size_t stored;              /* of open: on its way to the database */
    struct row *row;
    int64_t kept, position;
    bool streams;               /* what was added last is of the stream */
    struct timer timer;
};

struct append_job {
    struct db_job job;
    void (*stored)(void *context, int64_t execution_id);
    void *context;
    struct log_chunk chunk;
    struct row *row;
    char *bytes;
};

static void row_release(struct row *row)
{
    if (row && !--row->holders)
        free(row);
}

static bool append_work(struct db_job *db_job, struct db_tx *tx, struct err *e)
{
    struct append_job *j = OWNER(db_job, struct append_job, job);
    j->chunk.id = j->row->id;
    bool ok = log_append(tx, &j->chunk, e);
    if (ok)
        j->row->id = j->chunk.id; /* should the commit fail, the next finds no such row, and makes a new one */
    return ok;
}

static void append_done(struct db_job *db_job, const struct err *e)
{
    struct append_job *j = OWNER(db_job, struct append_job, job);
    if (e)
        log_warn("runner", "%zu bytes of a task's log were not stored: %s", j->chunk.size, e->text);
    else if (j->stored)
        j->stored(j->context, j->chunk.execution_id);
    row_release(j->row);
    free(j->bytes);
    free(j);
}

/* What came before is masked, or waits for what may make it a secret: so far is the stream in the log. */
static int64_t position_now(const struct task_log *log)
{
    return log->position - (log->stream && log->streams ? (int64_t)mask_stream_held(log->stream) : 0);
}

/* The first size bytes of open into the row that grows. */
static void store_row(struct task_log *log, size_t size)
{
    if (!log->row) {
        log->row = NEW(struct row);
        log->row->holders = 1;
    }
    log->row->holders++;
    struct append_job *j = NEW(struct append_job);
    *j = (struct append_job){ .job = { .work = append_work, .done = append_done }, .stored = log->of.stored, .context = log->of.context, .row = log->row, .bytes = mem_copy(log->open.at, size) };
    j->chunk = (struct log_chunk){ .project_id = log->of.project_id, .execution_id = log->of.execution_id, .task = (int64_t)log->of.task, .attempt = log->of.attempt,
                                   .position = size == log->open.length ? position_now(log) : 0, .bytes = j->bytes, .size = size };
    db_write(log->db, &j->job);
    log->stored = size;
}

static void store_open(struct task_log *log)
{
    timer_clear(&log->timer);
    while (log->open.length > log->stored) {
        store_row(log, log->open.length < LOG_CHUNK ? log->open.length : LOG_CHUNK);
        if (log->stored < FULL)
            break;
        row_release(TAKE(log->row));
        log->open.length -= log->stored;
        memmove(log->open.at, log->open.at + log->stored, log->open.length);
        log->stored = 0;
    }
}

static void log_due(struct timer *t)
{
    store_open(OWNER(t, struct task_log, timer));
}

struct task_log *task_log_create(struct loop *loop, struct db *db, const struct task_log_of *of, const struct mask *mask)
{
    struct task_log *log = NEW(struct task_log);
    *log = (struct task_log){ .loop = loop, .db = db, .of = *of, .kept = of->size, .position = of->position };
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
    row_release(l->row);
    text_fini(&l->open);
    free(l);
}

static void add_piece(struct task_log *log, const char *bytes, size_t size)
{
    if (log->stream)
        mask_stream_add(log->stream, bytes, size, &log->open);
    else
        text_add_n(&log->open, bytes, size);
    if (log->open.length >= FULL)
        store_open(log);
}

/* What is held back is of the stream, or is not: never both, so that the position is known. */
static void settle(struct task_log *log)
{
    if (log->stream)
        mask_stream_end(log->stream, &log->open);
}

void task_log_add(struct task_log *log, const char *bytes, size_t size, bool stream)
{
    enum { PIECE = 16 << 10 };
    if (log->kept >= log->of.most) {
        log->position += stream ? (int64_t)size : 0;
        return;
    }
    log->kept += (int64_t)size;
    if (stream != log->streams)
        settle(log);
    log->streams = stream;
    for (size_t n; size; bytes += n, size -= n) {
        n = size < PIECE ? size : PIECE;
        log->position += stream ? (int64_t)n : 0;
        add_piece(log, bytes, n);
    }
    if (log->kept >= log->of.most) {
        settle(log);
        text_addf(&log->open, "\n[the log of this task is longer than %lld MiB; the rest is not kept]\n", (long long)log->of.most >> 20);
    }
    if (log->open.length > log->stored && !timer_is_set(&log->timer))
        timer_set(&log->timer, log->loop, SOON, log_due);
}

void task_log_flush(struct task_log *log)
{
    settle(log);
    store_open(log);
}

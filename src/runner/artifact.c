/* A file that a task keeps with its run: read and compressed by workers, a piece at a time, so that its size costs no memory. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "runner/inside.h"
#include "store_sql.h"

enum { PIECE = 256 << 10 };

struct keeping {
    struct runner *runner;
    struct task_keep *keep;
    int64_t project_id, execution_id, task, id, at;
    char *stage_name, *task_name;
    struct db_job write;
    struct job work;
    unsigned char *plain, *packed;
    size_t size;      /* of the piece; 0: the end */
    uLongf packed_size;
    struct err why;
};

static void end(struct keeping *k, const struct err *e)
{
    struct runner *r = k->runner;
    struct task_keep *keep = k->keep;
    struct err why = e ? *e : (struct err){ 0 };
    free(k->plain);
    free(k->packed);
    free(k->stage_name);
    free(k->task_name);
    free(k);
    keep->done(keep, why.kind ? &why : NULL);
    runner_ended(r);
}

static void read_piece(struct job *job)
{
    struct keeping *k = OWNER(job, struct keeping, work);
    ssize_t n = pread(k->keep->fd, k->plain, PIECE, k->at);
    if (n < 0) {
        err_set(&k->why, ERR_INTERNAL, "it cannot be read again: %s", strerror(errno));
        return;
    }
    k->size = (size_t)n;
    k->packed_size = compressBound(PIECE);
    if (n && compress2(k->packed, &k->packed_size, k->plain, k->size, 3) != Z_OK)
        err_set(&k->why, ERR_INTERNAL, "it cannot be compressed");
}

static bool write_piece(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct keeping *k = OWNER(job, struct keeping, write);
    if (!k->size)
        return db_run(tx, e, SQL_artifact_end, "ii", k->id, k->at);
    return db_run(tx, e, SQL_artifact_add, "iib", k->id, (int64_t)k->size, (const void *)k->packed, (size_t)k->packed_size);
}

static void piece_read(struct job *job);

static void piece_written(struct db_job *job, const struct err *e)
{
    struct keeping *k = OWNER(job, struct keeping, write);
    if (e || !k->size) {
        end(k, e);
        return;
    }
    k->at += (int64_t)k->size;
    k->work = (struct job){ .work = read_piece, .done = piece_read };
    loop_work(k->runner->config.loop, &k->work);
}

static void piece_read(struct job *job)
{
    struct keeping *k = OWNER(job, struct keeping, work);
    if (k->why.kind) {
        end(k, &k->why);
        return;
    }
    k->write = (struct db_job){ .work = write_piece, .done = piece_written };
    db_write(k->runner->config.db, &k->write);
}

static bool begin(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct keeping *k = OWNER(job, struct keeping, write);
    if (!db_run(tx, e, SQL_artifact_forget, "iii", k->execution_id, k->task, (int64_t)k->keep->number))
        return false;
    AUTO(db_rows) rows = db_rows(tx, SQL_artifact_begin, "iiittitii", k->project_id, k->execution_id, k->task, k->stage_name, k->task_name, (int64_t)k->keep->number, k->keep->path, (int64_t)k->keep->folder, clock_now());
    if (!db_next(rows, e))
        return false;
    k->id = db_int(rows, 0);
    return true;
}

static void begun(struct db_job *job, const struct err *e)
{
    struct keeping *k = OWNER(job, struct keeping, write);
    if (e) {
        end(k, e);
        return;
    }
    k->work = (struct job){ .work = read_piece, .done = piece_read };
    loop_work(k->runner->config.loop, &k->work);
}

void artifact_keep(struct live *live, size_t task, struct task_keep *keep)
{
    struct live_view v = live_view(live);
    struct runner *r = v.runner;
    const struct pipeline_task *t = &v.now->pipeline->tasks[task];
    struct keeping *k = NEW(struct keeping);
    *k = (struct keeping){ .runner = r, .keep = keep, .project_id = v.row->project_id, .execution_id = v.row->id, .task = (int64_t)task, .task_name = mem_text(t->name),
                           .stage_name = mem_text(v.now->pipeline->stages[t->stage].name), .plain = mem_alloc(PIECE),
                           .packed = mem_alloc(compressBound(PIECE)), .write = { .work = begin, .done = begun } };
    runner_began(r);
    db_write(r->config.db, &k->write);
}

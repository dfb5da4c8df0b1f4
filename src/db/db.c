/* The threads: one writes, in groups; a few read. */
#include "db/db.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "db/inside.h"

#define GROUP 512 /* jobs in one commit at most */
#define READERS 2

struct queue { /* jobs for some threads */
    pthread_mutex_t lock;
    pthread_cond_t there;
    struct link jobs;
    int64_t count;
    bool stopping;
};

struct reader {
    struct db *db;
    pthread_t thread;
    struct connection connection;
};

struct db {
    struct loop *loop;
    char *path;
    int lock_fd;
    struct queue writes, reads;
    struct connection writer;
    pthread_t writer_thread;
    struct reader *readers;
    int reader_count;
    bool writer_started;
    void (*changed)(void *context);
    void *context;
    struct post changed_post;
    _Atomic bool changed_posted, full;
    pthread_mutex_t stats_lock;
    struct db_stats stats;
};

/* ---- queues */

static void queue_init(struct queue *q)
{
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->there, NULL);
    list_init(&q->jobs);
}

static void queue_fini(struct queue *q)
{
    pthread_cond_destroy(&q->there);
    pthread_mutex_destroy(&q->lock);
}

static void queue_add(struct queue *q, struct db_job *job)
{
    job->failed = false; /* it may have been used before */
    pthread_mutex_lock(&q->lock);
    list_append(&q->jobs, &job->link);
    q->count++;
    pthread_cond_signal(&q->there);
    pthread_mutex_unlock(&q->lock);
}

static void queue_stop(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->stopping = true;
    pthread_cond_broadcast(&q->there);
    pthread_mutex_unlock(&q->lock);
}

/* Moves up to limit jobs into group; 0 when the queue was stopped and is empty. */
static size_t queue_take(struct queue *q, struct link *group, size_t limit)
{
    size_t taken = 0;
    pthread_mutex_lock(&q->lock);
    while (list_empty(&q->jobs) && !q->stopping)
        pthread_cond_wait(&q->there, &q->lock);
    for (struct link *l; taken < limit && (l = list_first(&q->jobs)); taken++) {
        list_remove(l);
        list_append(group, l);
    }
    q->count -= (int64_t)taken;
    pthread_mutex_unlock(&q->lock);
    return taken;
}

/* ---- ends */

static void job_ended(struct post *p)
{
    struct db_job *job = OWNER(p, struct db_job, post);
    struct err e = job->error; /* done may free the job */
    job->done(job, job->failed ? &e : NULL);
}

static void changed_now(struct post *p)
{
    struct db *db = OWNER(p, struct db, changed_post);
    db->changed_posted = false;
    if (db->changed) /* not any more, while it closes */
        db->changed(db->context);
}

static void post_end(struct db *db, struct db_job *job)
{
    job->post.run = job_ended;
    loop_post(db->loop, &job->post);
}

static void job_fail(struct db_job *job, const struct err *e)
{
    job->failed = true;
    job->error = *e;
}

/* ---- the writer */

/* A work that failed, or left a reference that nothing answers, which COMMIT would hold against the whole group. */
static bool work_done(struct db *db, struct db_job *job, struct err *e)
{
    struct db_tx tx = { .connection = &db->writer };
    int dangling = 0, most = 0;
    if (!job->work(job, &tx, e))
        return e->kind ? false : err_set(e, ERR_INTERNAL, "a write failed and did not say why");
    sqlite3_db_status(db->writer.sqlite, SQLITE_DBSTATUS_DEFERRED_FKS, &dangling, &most, 0);
    return !dangling || err_set(e, ERR_CONFLICT, "FOREIGN KEY constraint failed");
}

/* False: the whole transaction is of no use any more, and e says why. A job that failed by itself is no such reason. */
static bool run_in_savepoint(struct db *db, struct db_job *job, struct err *e)
{
    struct err why = { 0 };
    if (!connection_run(&db->writer, "SAVEPOINT job", e))
        return false;
    if (work_done(db, job, &why))
        return connection_run(&db->writer, "RELEASE job", e);
    job_fail(job, &why);
    /* On a full disk SQLite rolls the whole transaction back by itself. A further SAVEPOINT would then begin one of its
     * own, and commit what its job is told has failed. */
    if (sqlite3_get_autocommit(db->writer.sqlite)) {
        *e = why;
        return false;
    }
    return connection_exec(&db->writer, "ROLLBACK TO job; RELEASE job", e);
}

static bool run_group(struct db *db, struct link *group, struct err *e)
{
    if (!connection_run(&db->writer, "BEGIN IMMEDIATE", e))
        return false;
    LIST_EACH(group, l)
        if (!run_in_savepoint(db, OWNER(l, struct db_job, link), e))
            return false;
    return connection_run(&db->writer, "COMMIT", e);
}

static void note_commit(struct db *db, size_t jobs, int64_t began)
{
    pthread_mutex_lock(&db->stats_lock);
    db->stats.commits++;
    db->stats.jobs += (int64_t)jobs;
    db->stats.commit_micros_total += clock_mono() - began;
    if ((int64_t)jobs > db->stats.largest_group)
        db->stats.largest_group = (int64_t)jobs;
    pthread_mutex_unlock(&db->stats_lock);
}

static void fail_group(struct link *group, const struct err *e)
{
    LIST_EACH(group, l) {
        struct db_job *job = OWNER(l, struct db_job, link);
        if (!job->failed)
            job_fail(job, e);
    }
}

static bool any_good(struct link *group)
{
    LIST_EACH(group, l)
        if (!OWNER(l, struct db_job, link)->failed)
            return true;
    return false;
}

/* Did it write anything? */
static bool write_group(struct db *db, struct link *group, size_t count)
{
    struct err e = { 0 };
    int64_t began = clock_mono();
    if (run_group(db, group, &e)) {
        note_commit(db, count, began);
        db->full = false;
        return any_good(group);
    }
    if (!sqlite3_get_autocommit(db->writer.sqlite))
        connection_exec(&db->writer, "ROLLBACK", NULL);
    db->full = e.kind == ERR_FULL || db->full;
    fail_group(group, &e);
    return false;
}

/* Of a group that failed as a whole for want of room, the first error is what the jobs saw. */
static bool any_full(struct link *group)
{
    LIST_EACH(group, l) {
        const struct db_job *job = OWNER(l, struct db_job, link);
        if (job->failed && job->error.kind == ERR_FULL)
            return true;
    }
    return false;
}

static void *writer_main(void *context)
{
    struct db *db = context;
    struct link group;
    list_init(&group);
    for (size_t count; (count = queue_take(&db->writes, &group, GROUP));) {
        bool written = write_group(db, &group, count);
        if (any_full(&group))
            db->full = true;
        for (struct link *l; (l = list_first(&group));) {
            list_remove(l);
            post_end(db, OWNER(l, struct db_job, link));
        }
        if (written && db->changed && !atomic_exchange(&db->changed_posted, true))
            loop_post(db->loop, &db->changed_post);
    }
    return NULL;
}

/* ---- readers */

static void read_one(struct connection *c, struct db_job *job)
{
    struct db_tx tx = { .connection = c };
    struct err e = { 0 };
    c->read_until = clock_mono() + DB_READ_MICROS;
    bool ok = connection_run(c, "BEGIN", &e) && job->work(job, &tx, &e);
    c->read_until = 0;
    connection_run(c, "ROLLBACK", NULL);
    if (!ok) {
        if (!e.kind)
            err_set(&e, ERR_INTERNAL, "a read failed and did not say why");
        job_fail(job, &e);
    }
}

static void *reader_main(void *context)
{
    struct reader *r = context;
    struct link one;
    list_init(&one);
    while (queue_take(&r->db->reads, &one, 1)) {
        struct link *l = list_first(&one);
        struct db_job *job = OWNER(l, struct db_job, link);
        list_remove(l);
        read_one(&r->connection, job);
        post_end(r->db, job);
    }
    return NULL;
}

void db_write(struct db *db, struct db_job *job)
{
    queue_add(&db->writes, job);
}

void db_read(struct db *db, struct db_job *job)
{
    queue_add(&db->reads, job);
}

/* ---- open and close */

static bool lock_file(struct db *db, struct err *e)
{
    AUTO_FREE char *path = mem_format("%s.lock", db->path);
    char holder[32] = "";
    db->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (db->lock_fd < 0)
        return err_set(e, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
    if (flock(db->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        ssize_t n = pread(db->lock_fd, holder, sizeof holder - 1, 0);
        return err_set(e, ERR_CONFLICT, "another slipway (process %.*s) works on %s; stop it, or use another data folder",
                       n > 0 ? (int)strcspn(holder, "\n") : 1, n > 0 ? holder : "?", db->path);
    }
    int n = snprintf(holder, sizeof holder, "%d\n", (int)getpid());
    if (ftruncate(db->lock_fd, 0) != 0 || pwrite(db->lock_fd, holder, (size_t)n, 0) != n)
        return err_set(e, ERR_FULL, "%s: %s", path, strerror(errno));
    return true;
}

static bool start_threads(struct db *db, int readers, int64_t busy, struct err *e)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the loop's */
    db->readers = mem_alloc((size_t)readers * sizeof *db->readers);
    int failed = pthread_create(&db->writer_thread, NULL, writer_main, db);
    db->writer_started = !failed;
    bool opened = true;
    for (int i = 0; opened && !failed && i < readers; i++) {
        struct reader *r = &db->readers[i];
        r->db = db;
        opened = connection_open(&r->connection, db->path, false, busy, e);
        if (opened && (failed = pthread_create(&r->thread, NULL, reader_main, r)) != 0)
            connection_close(&r->connection);
        db->reader_count += opened && !failed;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return opened && (!failed || err_set(e, ERR_INTERNAL, "start a database thread: %s", strerror(failed)));
}

bool db_open(struct loop *loop, const struct db_config *config, struct db **ret, struct err *e)
{
    __attribute__((cleanup(db_close))) struct db *db = NEW(struct db);
    int64_t busy = config->busy_micros ? config->busy_micros : 5 * CLOCK_SECOND;
    *db = (struct db){ .loop = loop, .path = mem_text(config->path), .lock_fd = -1, .changed = config->changed, .context = config->context,
                       .changed_post.run = changed_now };
    queue_init(&db->writes);
    queue_init(&db->reads);
    pthread_mutex_init(&db->stats_lock, NULL);
    if (!lock_file(db, e) || !connection_open(&db->writer, db->path, true, busy, e) ||
        !migrate(&db->writer, db->path, config->migrations, e) ||
        !start_threads(db, config->readers ? config->readers : READERS, busy, e))
        return false;
    *ret = TAKE(db);
    return true;
}

/* Of the jobs that came while it closed: nobody is there to run them, and each is told so. */
static bool cancel_queued(struct db *db, struct queue *q)
{
    static const struct err STOPPED = { .kind = ERR_CANCELED, .text = "the database is closed" };
    bool any = false;
    for (struct link *l; (l = list_first(&q->jobs)); any = true) {
        struct db_job *job = OWNER(l, struct db_job, link);
        list_remove(l);
        job_fail(job, &STOPPED);
        post_end(db, job);
    }
    return any;
}

/* What the threads finished last; then what those ends asked for, and so on. One that asks for ever is left alone. */
static void run_last_ends(struct db *db)
{
    enum { ROUNDS = 1000 };
    int round = 0;
    bool more;
    do {
        loop_flush(db->loop);
        more = cancel_queued(db, &db->writes);
        more = cancel_queued(db, &db->reads) || more;
    } while (more && ++round < ROUNDS);
    loop_flush(db->loop);
}

void db_close(struct db **db)
{
    struct db *d = TAKE(*db);
    if (!d)
        return;
    queue_stop(&d->writes);
    queue_stop(&d->reads);
    if (d->writer_started)
        pthread_join(d->writer_thread, NULL);
    for (int i = 0; i < d->reader_count; i++) {
        pthread_join(d->readers[i].thread, NULL);
        connection_close(&d->readers[i].connection);
    }
    d->changed = NULL;
    run_last_ends(d);
    connection_close(&d->writer);
    if (d->lock_fd >= 0)
        close(d->lock_fd);
    queue_fini(&d->writes);
    queue_fini(&d->reads);
    pthread_mutex_destroy(&d->stats_lock);
    free(d->readers);
    free(d->path);
    free(d);
}

/* ---- waited for */

struct waited {
    struct db_job job;
    bool (*work)(void *context, struct db_tx *tx, struct err *e);
    void *context;
    bool done;
    struct err error;
    bool failed;
};

static bool waited_work(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct waited *w = OWNER(job, struct waited, job);
    return w->work(w->context, tx, e);
}

static void waited_done(struct db_job *job, const struct err *e)
{
    struct waited *w = OWNER(job, struct waited, job);
    w->done = true;
    w->failed = e != NULL;
    if (e)
        w->error = *e;
}

static bool wait_for(struct db *db, struct queue *q, bool (*work)(void *context, struct db_tx *tx, struct err *e), void *context,
                     struct err *e)
{
    struct waited w = { .job = { .work = waited_work, .done = waited_done }, .work = work, .context = context };
    queue_add(q, &w.job);
    while (!w.done)
        loop_wait(db->loop);
    if (w.failed && e)
        *e = w.error;
    return !w.failed;
}

bool db_write_now(struct db *db, bool (*work)(void *context, struct db_tx *tx, struct err *e), void *context, struct err *e)
{
    return wait_for(db, &db->writes, work, context, e);
}

bool db_read_now(struct db *db, bool (*work)(void *context, struct db_tx *tx, struct err *e), void *context, struct err *e)
{
    return wait_for(db, &db->reads, work, context, e);
}

struct db_stats db_stats(const struct db *db)
{
    struct db *d = (struct db *)db;
    pthread_mutex_lock(&d->stats_lock);
    struct db_stats stats = d->stats;
    pthread_mutex_unlock(&d->stats_lock);
    pthread_mutex_lock(&d->writes.lock);
    stats.queue = d->writes.count;
    pthread_mutex_unlock(&d->writes.lock);
    return stats;
}

bool db_full(const struct db *db)
{
    return db->full;
}

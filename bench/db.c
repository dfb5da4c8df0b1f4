/* bench_db [FOLDER [SECONDS]]: what the disk can do, what SQLite makes of it, and what is left through db/db.h.
 *
 * meson setup build-bench -Dbench=true --buildtype=release && ninja -C build-bench bench/bench_db
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "db/db.h"

enum { BODY = 1600, IN_FLIGHT = 64, SAMPLES = 1 << 20 };

static const char CREATE[] = "CREATE TABLE t (id INTEGER PRIMARY KEY, at INTEGER, body BLOB)";
static const char INSERT[] = "INSERT INTO t (at, body) VALUES ($1, $2)";
static const struct db_migration MIGRATIONS[] = { { 1, "first", CREATE }, { 0 } };
static const char BYTES[BODY] = "a body of a delivery";

static void row(const char *what, double value, const char *more)
{
    printf("%-44s %9.0f/s%s\n", what, value, more);
    fflush(stdout);
}

static void must(bool ok, const char *what, const char *why)
{
    if (ok)
        return;
    fprintf(stderr, "bench_db: %s: %s\n", what, why);
    exit(1);
}

static void remove_database(const char *path)
{
    static const char *const ENDS[] = { "", "-wal", "-shm", ".lock" };
    for (size_t i = 0; i < ALEN(ENDS); i++) {
        AUTO_FREE char *file = mem_format("%s%s", path, ENDS[i]);
        unlink(file);
    }
}

/* ---- the disk */

static void measure_disk(const char *path, int64_t micros)
{
    static const char BLOCK[4096];
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    int64_t count = 0, began = clock_mono(), now = began;
    for (; now < began + micros; count++, now = clock_mono())
        must(write(fd, BLOCK, sizeof BLOCK) == sizeof BLOCK && fdatasync(fd) == 0, path, "cannot be written");
    close(fd);
    unlink(path);
    row("bare: fdatasync of 4 KB", (double)count * 1e6 / (double)(now - began), "");
}

/* ---- SQLite alone */

static void run(sqlite3 *sqlite, const char *sql)
{
    must(sqlite3_exec(sqlite, sql, NULL, NULL, NULL) == SQLITE_OK, sql, sqlite3_errmsg(sqlite));
}

static void insert_bare(sqlite3 *sqlite, sqlite3_stmt *insert)
{
    sqlite3_bind_int64(insert, 1, clock_now());
    sqlite3_bind_blob(insert, 2, BYTES, sizeof BYTES, SQLITE_STATIC);
    must(sqlite3_step(insert) == SQLITE_DONE, INSERT, sqlite3_errmsg(sqlite));
    sqlite3_reset(insert);
}

static void measure_sqlite(const char *path, int batch, int64_t micros)
{
    sqlite3 *sqlite = NULL;
    sqlite3_stmt *insert = NULL;
    remove_database(path);
    must(sqlite3_open(path, &sqlite) == SQLITE_OK, path, "cannot be opened");
    run(sqlite, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 2000");
    run(sqlite, CREATE);
    must(sqlite3_prepare_v2(sqlite, INSERT, -1, &insert, NULL) == SQLITE_OK, INSERT, sqlite3_errmsg(sqlite));
    int64_t count = 0, began = clock_mono(), now = began;
    for (; now < began + micros; count += batch, now = clock_mono()) {
        run(sqlite, "BEGIN IMMEDIATE");
        for (int i = 0; i < batch; i++)
            insert_bare(sqlite, insert);
        run(sqlite, "COMMIT");
    }
    sqlite3_finalize(insert);
    sqlite3_close(sqlite);
    remove_database(path);
    AUTO_FREE char *what = mem_format("SQLite alone: rows, %d in each commit", batch);
    row(what, (double)count * 1e6 / (double)(now - began), "");
}

/* ---- through db/db.h */

struct bench {
    struct loop *loop;
    struct db *db;
    int64_t began, until, count, reads;
    int running;
    int32_t *micros; /* how long each took */
    off_t log_most;  /* bytes of SQLite's log */
    char *log;
};

struct task {
    struct db_job job;
    struct bench *bench;
    int64_t began;
    bool reads;
};

static bool task_work(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct task *t = OWNER(job, struct task, job);
    if (!t->reads)
        return db_run(tx, e, INSERT, "ib", clock_now(), (const void *)BYTES, sizeof BYTES);
    AUTO(db_rows) rows = db_rows(tx, "SELECT SUM(LENGTH(body)) FROM (SELECT body FROM t ORDER BY id DESC LIMIT 2000)", "");
    db_next(rows, e);
    return !db_rows_failed(rows);
}

static void task_begin(struct task *t);

static void task_done(struct db_job *job, const struct err *e)
{
    struct task *t = OWNER(job, struct task, job);
    struct bench *b = t->bench;
    int64_t now = clock_mono();
    must(!e, t->reads ? "read" : "write", e ? e->text : "");
    if (t->reads)
        b->reads++;
    else if (b->count < SAMPLES)
        b->micros[b->count++] = (int32_t)(now - t->began);
    b->running--;
    if (now < b->until && b->count < SAMPLES)
        task_begin(t);
    else if (!b->running)
        loop_stop(b->loop);
}

static void task_begin(struct task *t)
{
    t->began = clock_mono();
    t->bench->running++;
    (t->reads ? db_read : db_write)(t->bench->db, &t->job);
}

static void watch_log(void *context)
{
    struct bench *b = context;
    struct stat s;
    if (stat(b->log, &s) == 0 && s.st_size > b->log_most)
        b->log_most = s.st_size;
}

static int smaller_first(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

static void tell(struct bench *b, const char *what)
{
    struct db_stats stats = db_stats(b->db);
    qsort(b->micros, (size_t)b->count, sizeof *b->micros, smaller_first);
    AUTO_FREE char *more = mem_format("   %.1f in a commit, p50 %.2f ms, p99 %.2f ms, worst %.0f ms, log at most %.0f MB, reads %.0f/s",
                                      (double)stats.jobs / (double)stats.commits, b->micros[b->count / 2] / 1e3,
                                      b->micros[b->count * 99 / 100] / 1e3, b->micros[b->count - 1] / 1e3, (double)b->log_most / 1e6,
                                      (double)b->reads * 1e6 / (double)(clock_mono() - b->began));
    row(what, (double)b->count * 1e6 / (double)(clock_mono() - b->began), more);
}

static void measure_room(const char *path, const char *what, int writers, int readers, int64_t micros)
{
    struct task tasks[IN_FLIGHT + 8] = { 0 };
    struct bench b = { .micros = mem_alloc(SAMPLES * sizeof(int32_t)), .log = mem_format("%s-wal", path) };
    struct db_config config = { .path = path, .migrations = MIGRATIONS, .changed = watch_log, .context = &b };
    struct err e = { 0 };
    remove_database(path);
    must(loop_create(&b.loop, &e) && db_open(b.loop, &config, &b.db, &e), path, e.text);
    b.began = clock_mono();
    b.until = b.began + micros;
    for (int i = 0; i < writers + readers; i++) {
        tasks[i] = (struct task){ .job = { .work = task_work, .done = task_done }, .bench = &b, .reads = i >= writers };
        task_begin(&tasks[i]);
    }
    loop_run(b.loop);
    tell(&b, what);
    db_close(&b.db);
    loop_destroy(&b.loop);
    remove_database(path);
    free(b.micros);
    free(b.log);
}

int main(int argc, char **argv)
{
    static const int BATCHES[] = { 1, 8, 32, 128 };
    AUTO_FREE char *path = mem_format("%s/bench-%d.db", argc > 1 ? argv[1] : ".", (int)getpid());
    int64_t micros = (argc > 2 ? atoi(argv[2]) : 2) * CLOCK_SECOND;
    measure_disk(path, micros);
    for (size_t i = 0; i < ALEN(BATCHES); i++)
        measure_sqlite(path, BATCHES[i], micros);
    measure_room(path, "db_write: jobs, one at a time", 1, 0, micros);
    measure_room(path, "db_write: jobs, 64 in flight", IN_FLIGHT, 0, micros);
    measure_room(path, "db_write: the same, 4 reads in flight", IN_FLIGHT, 4, micros);
    measure_disk(path, micros);
    return 0;
}

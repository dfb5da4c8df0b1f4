#include "db/db.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/test.h"

static const struct db_migration ONE[] = { { 1, "first", "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE)" }, { 0 } };
static const struct db_migration TWO[] = { { 1, "first", "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE)" },
                                           { 2, "second", "ALTER TABLE t ADD COLUMN more TEXT DEFAULT 'x'" },
                                           { 0 } };

static char folder[64], path[128];

static void new_folder(void)
{
    snprintf(folder, sizeof folder, "/tmp/slipway-db-XXXXXX");
    CHECK(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/t.db", folder);
}

static void remove_folder(void)
{
    AUTO_FREE char *command = mem_format("rm -rf %s", folder);
    CHECK_INT(system(command), 0);
}

static struct db *open_db(struct loop *loop, const struct db_migration *migrations)
{
    struct db *db = NULL;
    struct err e = { 0 };
    struct db_config config = { .path = path, .migrations = migrations, .busy_micros = 100 * CLOCK_MS };
    CHECK_OK(db_open(loop, &config, &db, &e), e);
    return db;
}

static bool count_rows(void *context, struct db_tx *tx, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, "SELECT COUNT(*) FROM t", "");
    if (!db_next(rows, e))
        return false;
    *(int64_t *)context = db_int(rows, 0);
    return true;
}

/* ---- jobs */

struct insert {
    struct db_job job;
    struct loop *loop;
    int number, *ended, wanted;
    bool bad, failed;
    int order;
};

static bool insert_work(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct insert *i = OWNER(job, struct insert, job);
    AUTO_FREE char *name = mem_format("n%d", i->number);
    return db_run(tx, e, "INSERT INTO t (id, name) VALUES ($2, $1)", "ti", name, (int64_t)i->number) &&
           (!i->bad || err_set(e, ERR_INVALID, "as the test wants"));
}

static void insert_done(struct db_job *job, const struct err *e)
{
    struct insert *i = OWNER(job, struct insert, job);
    i->failed = e != NULL;
    i->order = (*i->ended)++;
    if (*i->ended == i->wanted)
        loop_stop(i->loop);
}

enum { JOBS = 1000 };

TEST(db, commits_in_groups_and_a_failing_job_undoes_only_itself)
{
    static struct insert jobs[JOBS];
    struct loop *loop = NULL;
    struct err e = { 0 };
    int ended = 0;
    int64_t count = 0;
    new_folder();
    CHECK_OK(loop_create(&loop, &e), e);
    struct db *db = open_db(loop, ONE);
    for (int i = 0; i < JOBS; i++) {
        jobs[i] = (struct insert){ .job = { .work = insert_work, .done = insert_done }, .loop = loop, .number = i, .ended = &ended,
                                   .wanted = JOBS, .bad = i % 10 == 3 };
        db_write(db, &jobs[i].job);
    }
    loop_run(loop);
    for (int i = 0; i < JOBS; i++) {
        CHECK_INT(jobs[i].order, i);
        CHECK_INT(jobs[i].failed, i % 10 == 3);
    }
    CHECK_OK(db_read_now(db, count_rows, &count, &e), e);
    CHECK_INT(count, JOBS - JOBS / 10);
    CHECK(db_stats(db).commits < JOBS / 2);
    struct stat s;
    CHECK(stat(path, &s) == 0);
    CHECK_INT(s.st_mode & 0777, 0600);
    db_close(&db);
    loop_destroy(&loop);
    remove_folder();
}

TEST(db, a_second_server_is_refused)
{
    struct loop *loop = NULL;
    struct db *second = NULL;
    struct err e = { 0 };
    new_folder();
    CHECK_OK(loop_create(&loop, &e), e);
    struct db *db = open_db(loop, ONE);
    struct db_config config = { .path = path, .migrations = ONE };
    CHECK(!db_open(loop, &config, &second, &e));
    CHECK_INT(e.kind, ERR_CONFLICT);
    CHECK_HAS(e.text, "another slipway (process ");
    db_close(&db);
    loop_destroy(&loop);
    remove_folder();
}

static bool add_one(void *context, struct db_tx *tx, struct err *e)
{
    return db_run(tx, e, "INSERT INTO t (id, name) VALUES ($1, $2)", "it", *(int64_t *)context, "x");
}

TEST(db, migrates_after_a_backup_and_refuses_what_is_newer)
{
    struct loop *loop = NULL;
    struct db *db, *newer = NULL;
    struct err e = { 0 };
    int64_t one = 1;
    new_folder();
    CHECK_OK(loop_create(&loop, &e), e);
    db = open_db(loop, ONE);
    CHECK_OK(db_write_now(db, add_one, &one, &e), e);
    db_close(&db);
    db = open_db(loop, TWO);
    CHECK_OK(db_read_now(db, count_rows, &one, &e), e);
    CHECK_INT(one, 1);
    db_close(&db);
    AUTO_FREE char *before = mem_format("%s.before-0002", path);
    CHECK_INT(access(before, R_OK), 0);
    struct db_config config = { .path = path, .migrations = ONE };
    CHECK(!db_open(loop, &config, &newer, &e));
    CHECK_HAS(e.text, "has schema 2, this slipway knows up to 1");
    loop_destroy(&loop);
    remove_folder();
}

TEST(db, backs_up_while_it_runs)
{
    struct loop *loop = NULL;
    struct err e = { 0 };
    int64_t one = 7;
    new_folder();
    CHECK_OK(loop_create(&loop, &e), e);
    struct db *db = open_db(loop, ONE);
    CHECK_OK(db_write_now(db, add_one, &one, &e), e);
    AUTO_FREE char *copy = mem_format("%s/copy.db", folder);
    CHECK_OK(db_backup(path, copy, &e), e);
    CHECK(!db_backup(path, copy, &e));
    CHECK_INT(e.kind, ERR_CONFLICT);
    db_close(&db);
    rename(copy, path);
    db = open_db(loop, ONE);
    CHECK_OK(db_read_now(db, count_rows, &one, &e), e);
    CHECK_INT(one, 1);
    db_close(&db);
    loop_destroy(&loop);
    remove_folder();
}

TEST(db, waits_for_another_process_and_then_says_so)
{
    struct loop *loop = NULL;
    struct err e = { 0 };
    int64_t one = 1;
    new_folder();
    CHECK_OK(loop_create(&loop, &e), e);
    struct db *db = open_db(loop, ONE);
    AUTO_FREE char *hold = mem_format("printf 'BEGIN IMMEDIATE;\\n.shell touch %s/held\\n.shell sleep 0.5\\n' | sqlite3 %s & "
                                      "until [ -e %s/held ]; do sleep 0.02; done", folder, path, folder);
    if (system("command -v sqlite3 >/dev/null") != 0) {
        db_close(&db);
        loop_destroy(&loop);
        remove_folder();
        skip(); /* no sqlite3 command on this machine */
    }
    CHECK_INT(system(hold), 0);
    CHECK(!db_write_now(db, add_one, &one, &e));
    CHECK_INT(e.kind, ERR_UNAVAILABLE);
    CHECK_TEXT(e.text, "the database is locked by another process");
    usleep(600000);
    CHECK_OK(db_write_now(db, add_one, &one, &e), e);
    db_close(&db);
    loop_destroy(&loop);
    remove_folder();
}

static bool limit_pages(void *context, struct db_tx *tx, struct err *e)
{
    AUTO(db_rows) rows = db_rows_built(tx, context);
    db_next(rows, e);
    return !db_rows_failed(rows);
}

static bool add_large(void *context, struct db_tx *tx, struct err *e)
{
    return db_run(tx, e, "INSERT INTO t (name) VALUES (CAST(randomblob($1) AS TEXT))", "i", *(int64_t *)context);
}

TEST(db, a_full_disk_is_told_and_recovers)
{
    struct loop *loop = NULL;
    struct err e = { 0 };
    int64_t size = 200000, one = 1;
    new_folder();
    CHECK_OK(loop_create(&loop, &e), e);
    struct db *db = open_db(loop, ONE);
    CHECK_OK(db_write_now(db, limit_pages, "PRAGMA max_page_count = 20", &e), e);
    CHECK(!db_write_now(db, add_large, &size, &e));
    CHECK_INT(e.kind, ERR_FULL);
    CHECK(db_full(db));
    CHECK_OK(db_write_now(db, limit_pages, "PRAGMA max_page_count = 100000", &e), e);
    CHECK_OK(db_write_now(db, add_large, &size, &e), e);
    CHECK(!db_full(db));
    CHECK_OK(db_read_now(db, count_rows, &one, &e), e);
    CHECK_INT(one, 1);
    db_close(&db);
    loop_destroy(&loop);
    remove_folder();
}

/* ---- kill -9: what was acknowledged is there */

static int acknowledge_fd;

static void acknowledge(struct db_job *job, const struct err *e)
{
    struct insert *i = OWNER(job, struct insert, job);
    if (!e && write(acknowledge_fd, &i->number, sizeof i->number) != sizeof i->number)
        _exit(1);
    free(i);
}

static void write_until_killed(void)
{
    struct loop *loop = NULL;
    struct err e = { 0 };
    if (!loop_create(&loop, &e))
        _exit(1);
    struct db *db = open_db(loop, ONE);
    int64_t count = 0;
    db_read_now(db, count_rows, &count, &e);
    for (int number = (int)count + 100000 * (int)(clock_mono() % 10000);; number++) {
        struct insert *i = NEW(struct insert);
        *i = (struct insert){ .job = { .work = insert_work, .done = acknowledge }, .number = number };
        db_write(db, &i->job);
        if (number % 16 == 0)
            loop_wait(loop);
    }
}

static bool has_all(void *context, struct db_tx *tx, struct err *e)
{
    int fd = *(int *)context, number;
    while (read(fd, &number, sizeof number) == sizeof number) {
        AUTO(db_rows) rows = db_rows(tx, "SELECT 1 FROM t WHERE id = $1", "i", (int64_t)number);
        if (!db_next(rows, e))
            return err_set(e, ERR_INTERNAL, "acknowledged row %d is missing", number);
    }
    return true;
}

TEST(db, loses_nothing_acknowledged_when_it_is_killed)
{
    new_folder();
    for (int round = 0; round < 10; round++) {
        int pipe_fds[2];
        CHECK_INT(pipe(pipe_fds), 0);
        fcntl(pipe_fds[1], F_SETPIPE_SZ, 1 << 20);
        pid_t child = fork();
        if (child == 0) {
            acknowledge_fd = pipe_fds[1];
            write_until_killed();
        }
        close(pipe_fds[1]);
        usleep(30000 + (useconds_t)(clock_mono() % 60000));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        struct loop *loop = NULL;
        struct err e = { 0 };
        CHECK_OK(loop_create(&loop, &e), e);
        struct db *db = open_db(loop, ONE);
        CHECK_OK(db_write_now(db, has_all, &pipe_fds[0], &e), e);
        db_close(&db);
        loop_destroy(&loop);
        close(pipe_fds[0]);
    }
    remove_folder();
}

/* Full disks, other processes, kills, and ends in the middle of things: what was acknowledged is there, what was not is not. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/harness_test.h"

enum { JOBS_MOST = 200 };

TEST(db, a_full_disk_is_told_and_recovers)
{
    struct harness h = { 0 };
    struct err e = { 0 };
    int64_t size = 200000;
    harness_open(&h, HARNESS_ONE);
    harness_limit(&h, "PRAGMA max_page_count = 20");
    CHECK(!db_write_now(h.db, harness_add_large, &size, &e));
    CHECK_INT(e.kind, ERR_FULL);
    CHECK(db_full(h.db));
    harness_limit(&h, "PRAGMA max_page_count = 100000");
    CHECK_OK(db_write_now(h.db, harness_add_large, &size, &e), e);
    CHECK(!db_full(h.db));
    CHECK_INT(harness_rows(&h), 1);
    harness_end(&h);
}

/* SQLite undoes the whole transaction then: no job of the group may be there, also none that came after. */
TEST(db, a_full_disk_in_the_middle_of_a_group_leaves_nothing_of_it)
{
    struct harness h = { 0 };
    struct insert jobs[] = { { .number = 1, .slow_ms = 100 }, { .number = 2 }, { .number = 3, .bytes = 200000 }, { .number = 4 } };
    harness_open(&h, HARNESS_ONE);
    harness_limit(&h, "PRAGMA max_page_count = 20");
    insert_run(jobs, 4, &h);
    for (int i = 0; i < 4; i++) {
        CHECK_INT(jobs[i].order, i);
        CHECK_INT(jobs[i].kind == ERR_NONE, harness_has(&h, jobs[i].number));
        CHECK(jobs[i].kind == ERR_NONE || jobs[i].kind == ERR_FULL);
    }
    CHECK_INT(jobs[2].kind, ERR_FULL);
    harness_end(&h);
}

static void fill(const char *file)
{
    static const char ZEROS[4096];
    int fd = open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    CHECK(fd >= 0);
    while (write(fd, ZEROS, sizeof ZEROS) > 0)
        ;
    CHECK_INT(errno, ENOSPC);
    close(fd);
}

TEST(db, a_really_full_disk_loses_nothing_acknowledged)
{
    struct harness h = { .folder = "/tmp/slipway-db-XXXXXX" };
    static struct insert jobs[JOBS_MOST];
    CHECK(mkdtemp(h.folder));
    snprintf(h.path, sizeof h.path, "%s/t.db", h.folder);
    if (mount("none", h.folder, "tmpfs", 0, "size=2m") != 0) {
        rmdir(h.folder);
        print_message("skipped: no file system of one's own without being root\n");
        skip();
    }
    harness_open(&h, HARNESS_ONE);
    AUTO_FREE char *filler = mem_format("%s/filler", h.folder);
    fill(filler);
    int full = 0;
    for (int i = 0; i < JOBS_MOST; i++)
        jobs[i] = (struct insert){ .number = i, .bytes = 3000 };
    insert_run(jobs, JOBS_MOST, &h);
    for (int i = 0; i < JOBS_MOST; i++) {
        CHECK_INT(jobs[i].kind == ERR_NONE, harness_has(&h, i));
        CHECK(jobs[i].kind == ERR_NONE || jobs[i].kind == ERR_FULL);
        full += jobs[i].kind == ERR_FULL;
    }
    CHECK(full > 0 && db_full(h.db));
    CHECK_INT(unlink(filler), 0);
    struct insert later = { .number = JOBS_MOST };
    insert_run(&later, 1, &h);
    CHECK_TEXT(later.text, "");
    CHECK(!db_full(h.db) && harness_has(&h, JOBS_MOST));
    harness_close(&h);
    CHECK_INT(umount(h.folder), 0);
    rmdir(h.folder);
}

static const struct db_migration DEFERRED[] = {
    { 1, "first", "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE);"
                  "CREATE TABLE child (t_id INTEGER REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED)" },
    { 0 },
};

TEST(db, a_reference_checked_at_commit_fails_only_who_left_it)
{
    struct harness h = { 0 };
    struct insert jobs[] = { { .number = 1, .slow_ms = 50 },
                             { .number = 2 },
                             { .number = 3, .more = "INSERT INTO child VALUES (99)" },
                             { .number = 4, .more = "INSERT INTO child VALUES (1)" } };
    harness_open(&h, DEFERRED);
    insert_run(jobs, 4, &h);
    for (int i = 0; i < 4; i++)
        CHECK_INT(jobs[i].kind, i == 2 ? ERR_CONFLICT : ERR_NONE);
    CHECK_INT(harness_rows(&h), 3);
    harness_end(&h);
}

TEST(db, waits_for_another_process_and_then_says_so)
{
    struct harness h = { 0 };
    struct err e = { 0 };
    int64_t one = 1;
    if (system("command -v sqlite3 >/dev/null") != 0) {
        print_message("skipped: no sqlite3 command on this machine\n");
        skip();
    }
    harness_open(&h, HARNESS_ONE);
    AUTO_FREE char *hold = mem_format("printf 'BEGIN IMMEDIATE;\\n.shell touch %s/held\\n.shell sleep 0.5\\n' | sqlite3 %s & "
                                      "until [ -e %s/held ]; do sleep 0.02; done", h.folder, h.path, h.folder);
    CHECK_INT(system(hold), 0);
    CHECK(!db_write_now(h.db, harness_add, &one, &e));
    CHECK_INT(e.kind, ERR_UNAVAILABLE);
    CHECK_TEXT(e.text, "the database is locked by another process");
    usleep(600000);
    CHECK_OK(db_write_now(h.db, harness_add, &one, &e), e);
    harness_end(&h);
}

TEST(db, a_read_without_end_is_interrupted_and_the_next_one_works)
{
    struct harness h = { 0 };
    struct err e = { 0 };
    harness_open(&h, HARNESS_ONE);
    CHECK(!db_read_now(h.db, harness_sql, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n", &e));
    CHECK_INT(e.kind, ERR_TIMEOUT);
    CHECK_INT(harness_rows(&h), 0);
    harness_end(&h);
}

/* ---- ends */

struct chain { /* a write whose end asks for the next */
    struct insert insert;
    int left, canceled;
};

static void chain_done(struct db_job *job, const struct err *e)
{
    struct chain *c = OWNER(OWNER(job, struct insert, job), struct chain, insert);
    c->canceled += e && e->kind == ERR_CANCELED;
    c->insert.number++;
    if (--c->left > 0)
        db_write(c->insert.h->db, job);
}

TEST(db, what_ends_ask_for_while_it_closes_ends_too)
{
    struct harness h = { 0 };
    struct chain c = { .insert = { .number = 1 }, .left = 5 };
    harness_open(&h, HARNESS_ONE);
    struct insert *i = &c.insert;
    i->h = &h;
    insert_write(i);
    i->job.done = chain_done; /* read on the loop, later */
    struct db *db = h.db;
    db_close(&db); /* h.db stays, for the ends */
    CHECK_INT(c.left, 0);
    CHECK(c.canceled >= 1 && c.canceled <= 4);
    h.db = NULL;
    harness_end(&h);
}

/* ---- kill -9 */

static int acknowledge_fd;

static void acknowledge(struct db_job *job, const struct err *e)
{
    struct insert *i = OWNER(job, struct insert, job);
    if (!e && write(acknowledge_fd, &i->number, sizeof i->number) != sizeof i->number)
        _exit(1);
    free(i);
}

static void write_until_killed(struct harness *h, int round)
{
    enum { A_ROUND = 10000000 };
    harness_open(h, HARNESS_ONE);
    for (int number = round * A_ROUND;; number++) {
        struct insert *i = NEW(struct insert);
        *i = (struct insert){ .number = number, .h = h };
        insert_write(i);
        i->job.done = acknowledge; /* runs on this thread, later */
        if (number % 16 == 0)
            loop_wait(h->loop);
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
    struct harness h = { 0 };
    struct err e = { 0 };
    harness_open(&h, HARNESS_ONE);
    for (int round = 0; round < 20; round++) {
        int pipe_fds[2];
        harness_close(&h);
        CHECK_INT(pipe(pipe_fds), 0);
        fcntl(pipe_fds[1], F_SETPIPE_SZ, 1 << 20);
        pid_t child = fork();
        if (child == 0) {
            acknowledge_fd = pipe_fds[1];
            write_until_killed(&h, round);
        }
        close(pipe_fds[1]);
        usleep(20000 + (useconds_t)(clock_mono() % 60000));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        harness_open(&h, HARNESS_ONE);
        CHECK_OK(db_write_now(h.db, has_all, &pipe_fds[0], &e), e);
        close(pipe_fds[0]);
    }
    CHECK(harness_rows(&h) > 0);
    harness_end(&h);
}

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/harness_test.h"

enum { JOBS = 1000 };

TEST(db, commits_in_groups_and_a_failing_job_undoes_only_itself)
{
    static struct insert jobs[JOBS];
    struct harness h = { 0 };
    struct stat s;
    harness_open(&h, HARNESS_ONE);
    for (int i = 0; i < JOBS; i++)
        jobs[i] = (struct insert){ .number = i, .bad = i % 10 == 3 };
    insert_run(jobs, JOBS, &h);
    for (int i = 0; i < JOBS; i++) {
        CHECK_INT(jobs[i].order, i);
        CHECK_INT(jobs[i].kind, i % 10 == 3 ? ERR_INVALID : ERR_NONE);
    }
    CHECK_INT(harness_rows(&h), JOBS - JOBS / 10);
    CHECK(db_stats(h.db).commits < JOBS / 2);
    CHECK_INT(db_stats(h.db).jobs, JOBS);
    CHECK(stat(h.path, &s) == 0);
    CHECK_INT(s.st_mode & 0777, 0600);
    harness_end(&h);
}

TEST(db, tells_of_changes_at_most_once_a_commit_and_not_of_failures)
{
    struct harness h = { 0 };
    struct insert bad = { .number = 1, .bad = true }, good[20] = { 0 };
    harness_open(&h, HARNESS_ONE);
    for (int i = 0; i < 20; i++)
        good[i].number = i;
    insert_run(good, 20, &h);
    insert_run(&bad, 1, &h); /* ends behind what the commits before told */
    CHECK(h.changed >= 1 && h.changed < db_stats(h.db).commits);
    int before = h.changed;
    insert_run(&bad, 1, &h);
    insert_run(&bad, 1, &h);
    CHECK_INT(h.changed, before);
    harness_end(&h);
}

TEST(db, a_second_server_is_refused)
{
    struct harness h = { 0 };
    struct db *second = NULL;
    struct err e = { 0 };
    harness_open(&h, HARNESS_ONE);
    AUTO_FREE char *who = mem_format("another slipway (process %d) works on ", (int)getpid());
    CHECK(!harness_try(&h, HARNESS_ONE, &second, &e));
    CHECK_INT(e.kind, ERR_CONFLICT);
    CHECK_HAS(e.text, who);
    db_close(&h.db);
    CHECK_OK(harness_try(&h, HARNESS_ONE, &h.db, &e), e);
    harness_end(&h);
}

TEST(db, backs_up_while_it_runs)
{
    struct harness h = { 0 };
    struct err e = { 0 };
    struct stat s;
    int64_t id = 7;
    harness_open(&h, HARNESS_ONE);
    CHECK_OK(db_write_now(h.db, harness_add, &id, &e), e);
    AUTO_FREE char *copy = mem_format("%s/copy.db", h.folder);
    CHECK_OK(db_backup(h.path, copy, &e), e);
    CHECK(stat(copy, &s) == 0);
    CHECK_INT(s.st_mode & 0777, 0600);
    CHECK(!db_backup(h.path, copy, &e));
    CHECK_INT(e.kind, ERR_CONFLICT);
    id = 8;
    CHECK_OK(db_write_now(h.db, harness_add, &id, &e), e);
    harness_close(&h);
    CHECK_INT(rename(copy, h.path), 0);
    harness_open(&h, HARNESS_ONE);
    CHECK(harness_has(&h, 7) && !harness_has(&h, 8));
    AUTO_FREE char *nowhere = mem_format("%s/none/copy.db", h.folder);
    CHECK(!db_backup(h.path, nowhere, &e));
    CHECK_HAS(e.text, "No such file");
    harness_end(&h);
}

/* ---- statements */

static bool insert_while_reading(void *context, struct db_tx *tx, struct err *e)
{
    static const char SQL[] = "INSERT INTO t (name) VALUES ($1 || 'a'), ($1 || 'b') RETURNING name";
    AUTO(db_rows) rows = db_rows(tx, SQL, "t", "x");
    (void)context;
    return db_next(rows, e) && text_is(db_text(rows, 0), "xa") && db_run(tx, e, SQL, "t", "y") && db_next(rows, e) &&
           text_is(db_text(rows, 0), "xb") && !db_next(rows, e);
}

static bool bind_too_much(void *context, struct db_tx *tx, struct err *e)
{
    AUTO(db_rows) rows = db_rows_built(tx, "SELECT $1");
    (void)context;
    db_bind_int(rows, 1);
    db_bind_text(rows, "x");
    return db_next(rows, e);
}

static bool run_with_too_little(void *context, struct db_tx *tx, struct err *e)
{
    (void)context;
    return db_run(tx, e, "INSERT INTO t (name) VALUES ($1)", "");
}

TEST(db, statements_do_not_disturb_each_other_and_their_parameters_are_counted)
{
    struct harness h = { 0 };
    struct err e = { 0 };
    harness_open(&h, HARNESS_ONE);
    CHECK_OK(db_write_now(h.db, insert_while_reading, NULL, &e), e);
    CHECK_INT(harness_rows(&h), 4);
    CHECK(!db_read_now(h.db, bind_too_much, NULL, &e));
    CHECK_HAS(e.text, "\"SELECT $1\" has no parameter $2");
    CHECK(!db_write_now(h.db, run_with_too_little, NULL, &e));
    CHECK_HAS(e.text, "has 1 parameters, 0 were given");
    CHECK(!db_read_now(h.db, harness_sql, "DELETE FROM t", &e));
    CHECK_HAS(e.text, "readonly");
    harness_end(&h);
}

/* ---- migrations */

static const struct db_migration TWO[] = { { 1, "first", "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE)" },
                                           { 2, "second", "ALTER TABLE t ADD COLUMN more TEXT DEFAULT 'x'" },
                                           { 0 } };

TEST(migrate, backs_up_before_and_refuses_what_is_newer)
{
    struct harness h = { 0 };
    struct db *newer = NULL;
    struct err e = { 0 };
    int64_t one = 1;
    harness_open(&h, HARNESS_ONE);
    CHECK_OK(db_write_now(h.db, harness_add, &one, &e), e);
    harness_close(&h);
    harness_open(&h, TWO);
    CHECK_INT(harness_rows(&h), 1);
    db_close(&h.db);
    AUTO_FREE char *before = mem_format("%s.before-0002", h.path);
    CHECK_INT(access(before, R_OK), 0);
    CHECK(!harness_try(&h, HARNESS_ONE, &newer, &e));
    CHECK_HAS(e.text, "has schema 2, this slipway knows up to 1");
    harness_end(&h);
}

TEST(migrate, a_backup_from_before_other_writes_does_not_count)
{
    struct harness h = { 0 };
    struct stat s;
    harness_open(&h, HARNESS_ONE);
    AUTO_FREE char *old = mem_format("%s.before-0002", h.path), *fresh = mem_format("%s.before-0002.2", h.path);
    AUTO_FREE char *make = mem_format("echo old > %s && touch -d '1 hour ago' %s", old, old);
    CHECK_INT(system(make), 0);
    harness_close(&h);
    harness_open(&h, TWO);
    CHECK(stat(old, &s) == 0);
    CHECK_INT(s.st_size, 4);
    CHECK(stat(fresh, &s) == 0 && s.st_size > 1000);
    harness_end(&h);
}

static const char BEFORE[] = "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT);"
                             "CREATE TABLE child (id INTEGER PRIMARY KEY, t_id INTEGER REFERENCES t (id) ON DELETE CASCADE);"
                             "INSERT INTO t VALUES (1, 'a'); INSERT INTO child VALUES (1, 1)";
static const struct db_migration REBUILD[] = {
    { 1, "first", BEFORE },
    { 2, "rebuild", "CREATE TABLE u (id INTEGER PRIMARY KEY, name TEXT NOT NULL); INSERT INTO u SELECT * FROM t; DROP TABLE t;"
                    "ALTER TABLE u RENAME TO t" },
    { 0 },
};
static const struct db_migration ORPHAN[] = { { 1, "first", BEFORE }, { 2, "orphan", "DELETE FROM t" }, { 0 } };
static const struct db_migration WRONG[] = { { 1, "first", BEFORE }, { 2, "wrong", "CREATE TABLE v (id); SELECT nothing" }, { 0 } };
static const struct db_migration FIRST[] = { { 1, "first", BEFORE }, { 0 } };

static bool count_children(void *context, struct db_tx *tx, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, "SELECT COUNT(*) FROM child JOIN t ON t.id = t_id", "");
    if (!db_next(rows, e))
        return false;
    *(int64_t *)context = db_int(rows, 0);
    return true;
}

TEST(migrate, rebuilds_a_table_others_refer_to_and_a_failing_one_changes_nothing)
{
    struct harness h = { 0 };
    struct err e = { 0 };
    int64_t count = 0;
    harness_open(&h, FIRST);
    db_close(&h.db);
    CHECK(!harness_try(&h, ORPHAN, &h.db, &e));
    CHECK_TEXT(e.text, "migration 0002_orphan: a row of child would refer to a row of t that is not there");
    CHECK(!harness_try(&h, WRONG, &h.db, &e));
    CHECK_HAS(e.text, "migration 0002_wrong: ");
    harness_close(&h);
    harness_open(&h, REBUILD);
    CHECK_OK(db_read_now(h.db, count_children, &count, &e), e);
    CHECK_INT(count, 1);
    CHECK(!db_write_now(h.db, harness_sql, "INSERT INTO child VALUES (2, 99)", &e)); /* enforced again */
    CHECK_INT(e.kind, ERR_CONFLICT);
    harness_end(&h);
}

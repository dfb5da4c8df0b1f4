/* Logs that grow while they are read, how far a stream is stored, files that tasks keep; and the schema from before them. */
#include <string.h>

#include "base/mem.h"
#include "store/artifacts.h"
#include "store/runs.h"
#include "store/scene_test.h"
#include "store_sql.h"

static bool add_work(void *context, struct db_tx *tx, struct err *e)
{
    return log_append(tx, context, e);
}

static int64_t add(int64_t id, int64_t attempt, int64_t position, const char *bytes)
{
    struct err e = { 0 };
    struct log_chunk c = { .id = id, .project_id = 1, .execution_id = 11, .task = 2, .attempt = attempt, .position = position, .bytes = bytes, .size = strlen(bytes) };
    CHECK_OK(db_write_now(s.db, add_work, &c, &e), e);
    return c.id;
}

struct reading {
    int64_t after, size, position;
    struct text text;
};

static bool read_work(void *context, struct db_tx *tx, struct err *e)
{
    struct reading *r = context;
    return log_read(tx, 11, 2, &r->after, &r->text, e) && log_end(tx, 11, 2, 1, &r->size, &r->position, e);
}

/* What is new since the last time. */
static const char *next(struct reading *r)
{
    struct err e = { 0 };
    text_fini(&r->text);
    r->text = (struct text){ 0 };
    CHECK_OK(db_read_now(s.db, read_work, r, &e), e);
    return text_of(&r->text);
}

TEST(logs, grow_under_their_readers)
{
    struct reading r = { 0 };
    open_store();
    CHECK_TEXT(next(&r), "");
    int64_t id = add(0, 1, 3, "one");
    CHECK_TEXT(next(&r), "one");
    CHECK_TEXT(next(&r), "");
    CHECK_INT(add(id, 1, 6, "onetwo"), id);
    CHECK_TEXT(next(&r), "two");
    add(id, 1, 8, "onetwo3\xc3"); /* in the middle of a character */
    CHECK_TEXT(next(&r), "3");
    add(id, 1, 9, "onetwo3\xc3\xa9");
    CHECK_TEXT(next(&r), "\xc3\xa9");
    CHECK(add(999999, 1, 11, "a new row, for that one is gone") != id);
    CHECK_TEXT(next(&r), "a new row, for that one is gone");
    CHECK_INT(r.position, 11);
    CHECK_INT(r.size, 9 + 31);
    add(0, 2, 5, "another attempt");
    CHECK_TEXT(next(&r), "another attempt");
    CHECK_INT(r.position, 11);
    text_fini(&r.text);
    close_store();
}

static bool keep_work(void *context, struct db_tx *tx, struct err *e)
{
    struct reading *r = context;
    struct artifact a = { 0 };
    bool found = false;
    r->after = 0;
    r->text.length = 0;
    if (!artifact_find(tx, 11, "S", "T", 0, &a, &found, e))
        return false;
    while (found && artifact_read(tx, a.id, &r->after, &r->text, e) && r->text.length < (size_t)a.size)
        ;
    r->size = found ? a.size : -1;
    return true;
}

TEST(artifacts, are_there_when_they_are_whole_and_go_with_their_run)
{
    struct reading r = { 0 };
    struct err e = { 0 };
    open_store_of(8);
    run_sql("INSERT INTO logs (project_id, execution_id, task, size, chunk, created_at) VALUES (1, 11, 2, 0, x'789c030000000001', 1)");
    migrate_store();
    run_sql("INSERT INTO artifacts (id, project_id, execution_id, task, stage_name, task_name, number, path, folder, created_at) VALUES (5, 1, 11, 2, 'S', 'T', 0, '/build/a', 0, 1)");
    run_sql("INSERT INTO artifact_chunks (artifact_id, size, chunk) VALUES (5, 1, x'789c4b040000620062')");
    CHECK_OK(db_read_now(s.db, keep_work, &r, &e), e);
    CHECK_INT(r.size, -1); /* not whole */
    run_sql("UPDATE artifacts SET size = 1 WHERE id = 5");
    CHECK_OK(db_read_now(s.db, keep_work, &r, &e), e);
    CHECK_TEXT(text_of(&r.text), "a");
    run_sql("DELETE FROM executions WHERE id = 11");
    CHECK_TEXT(rows("SELECT COUNT(*) FROM artifacts"), "0");
    CHECK_TEXT(rows("SELECT COUNT(*) FROM artifact_chunks"), "0");
    text_fini(&r.text);
    close_store();
}

#include "db/harness_test.h"

#include <stdio.h>
#include <unistd.h>

const struct db_migration HARNESS_ONE[] = { { 1, "first", "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE)" }, { 0 } };

static void count_change(void *context)
{
    struct harness *h = context;
    h->changed++;
}

bool harness_try(struct harness *h, const struct db_migration *migrations, struct db **ret, struct err *e)
{
    struct db_config config = { .path = h->path, .migrations = migrations, .busy_micros = 100 * CLOCK_MS, .changed = count_change,
                                .context = h };
    return db_open(h->loop, &config, ret, e);
}

void harness_open(struct harness *h, const struct db_migration *migrations)
{
    struct err e = { 0 };
    if (!*h->folder) {
        snprintf(h->folder, sizeof h->folder, "/tmp/slipway-db-XXXXXX");
        CHECK(mkdtemp(h->folder));
        snprintf(h->path, sizeof h->path, "%s/t.db", h->folder);
    }
    CHECK_OK(loop_create(&h->loop, &e), e);
    CHECK_OK(harness_try(h, migrations, &h->db, &e), e);
}

void harness_close(struct harness *h)
{
    if (h->db)
        db_close(&h->db);
    loop_destroy(&h->loop);
}

void harness_end(struct harness *h)
{
    harness_close(h);
    AUTO_FREE char *command = mem_format("rm -rf %s", h->folder);
    CHECK_INT(system(command), 0);
}

bool harness_count(void *context, struct db_tx *tx, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, "SELECT COUNT(*) FROM t", "");
    if (!db_next(rows, e))
        return false;
    *(int64_t *)context = db_int(rows, 0);
    return true;
}

bool harness_add(void *context, struct db_tx *tx, struct err *e)
{
    return db_run(tx, e, "INSERT INTO t (id) VALUES ($1)", "i", *(int64_t *)context);
}

bool harness_add_large(void *context, struct db_tx *tx, struct err *e)
{
    return db_run(tx, e, "INSERT INTO t (name) VALUES (hex(randomblob($1 / 2)))", "i", *(int64_t *)context);
}

bool harness_sql(void *context, struct db_tx *tx, struct err *e)
{
    AUTO(db_rows) rows = db_rows_built(tx, context);
    while (db_next(rows, e))
        ;
    return !db_rows_failed(rows);
}

int64_t harness_rows(struct harness *h)
{
    struct err e = { 0 };
    int64_t count = -1;
    CHECK_OK(db_read_now(h->db, harness_count, &count, &e), e);
    return count;
}

static bool find(void *context, struct db_tx *tx, struct err *e)
{
    int64_t *id = context;
    AUTO(db_rows) rows = db_rows(tx, "SELECT 1 FROM t WHERE id = $1", "i", *id);
    *id = db_next(rows, e);
    return !db_rows_failed(rows);
}

bool harness_has(struct harness *h, int64_t id)
{
    struct err e = { 0 };
    CHECK_OK(db_read_now(h->db, find, &id, &e), e);
    return id != 0;
}

void harness_limit(struct harness *h, const char *constant_pragma)
{
    struct err e = { 0 };
    CHECK_OK(db_write_now(h->db, harness_sql, (void *)constant_pragma, &e), e);
}

/* ---- jobs */

static bool insert_work(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct insert *i = OWNER(job, struct insert, job);
    AUTO_FREE char *name = mem_format("n%d", i->number);
    if (i->slow_ms)
        usleep((useconds_t)i->slow_ms * 1000);
    bool ok = i->bytes ? db_run(tx, e, "INSERT INTO t (id, name) VALUES ($1, hex(randomblob($2 / 2)))", "ii", (int64_t)i->number, i->bytes)
                       : db_run(tx, e, "INSERT INTO t (id, name) VALUES ($2, $1)", "ti", name, (int64_t)i->number);
    return ok && (!i->more || harness_sql((void *)i->more, tx, e)) && (!i->bad || err_set(e, ERR_INVALID, "as the test wants"));
}

static void insert_done(struct db_job *job, const struct err *e)
{
    struct insert *i = OWNER(job, struct insert, job);
    i->kind = e ? e->kind : ERR_NONE;
    snprintf(i->text, sizeof i->text, "%.199s", e ? e->text : "");
    i->order = (*i->ended)++;
    if (*i->ended == i->wanted)
        loop_stop(i->h->loop);
}

void insert_write(struct insert *i)
{
    i->job.work = insert_work;
    i->job.done = insert_done;
    db_write(i->h->db, &i->job);
}

void insert_run(struct insert *jobs, int count, struct harness *h)
{
    int ended = 0;
    for (int i = 0; i < count; i++) {
        jobs[i].h = h;
        jobs[i].ended = &ended;
        jobs[i].wanted = count;
        insert_write(&jobs[i]);
    }
    loop_run(h->loop);
}

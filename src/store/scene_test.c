#include "store/scene_test.h"

#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"
#include "store_sql.h"

struct scene s;

static const char *const ROWS[] = {
    "INSERT INTO projects (id, uuid, name, created_at, updated_at) VALUES (1, 'p1', 'default', 0, 0)",
    "INSERT INTO endpoints (id, uuid, project_id, name, type, properties, created_at, updated_at) VALUES (1, 'e1', 1, 'prod', 'k8s', '{}', 0, 0)",
    "INSERT INTO endpoints (id, uuid, project_id, name, type, properties, created_at, updated_at) VALUES (2, 'e2', 1, 'hub', 'dockerregistry', "
    "'{}', 0, 0)",
    "INSERT INTO listeners (id, uuid, project_id, webhook_id, token, token_hash, created_at) VALUES (1, 'l1', 1, 1, '', 'lh1', 0)",
    "INSERT INTO pipelines (id, uuid, project_id, name, definition, created_at, updated_at) VALUES (1, 'pi1', 1, 'deploy', '{}', 0, 0)",
    "INSERT INTO webhooks (id, uuid, project_id, name, endpoint_id, pipeline_id, listener_id, refresh_token, created_at, updated_at) VALUES "
    "(1, 'w1', 1, 'site', 2, 1, 1, '', 0, 0)",
    "INSERT INTO pushes (id, uuid, project_id, endpoint_id, registry, repository, tag, mark, first_at, last_at) VALUES (1, 'u1', 1, 2, "
    "'docker.io', 'acme/site', '1.4', 'm', 0, 0)",
    "INSERT INTO definitions (id, project_id, hash, definition) VALUES (1, 1, 'h', '{}')",
    "INSERT INTO executions (id, uuid, project_id, pipeline_id, definition_id, name, idx, status, state, state_version, live, webhook_id, push_id, "
    "attempt, requested_at, updated_at) VALUES (11, 'x11', 1, 1, 1, 'deploy', 11, 'RUNNING', '{}', 1, 0, 1, 1, 1, 0, 0)",
    "INSERT INTO executions (id, uuid, project_id, pipeline_id, definition_id, name, idx, status, state, state_version, live, requested_at, "
    "updated_at) VALUES (12, 'x12', 1, 1, 1, 'deploy', 12, 'RUNNING', '{}', 1, 0, 0, 0)",
    "INSERT INTO events (id, uuid, project_id, push_id, webhook_id, webhook_name, status, execution_id, created_at, updated_at) VALUES (1, 'v1', 1, "
    "1, 1, 'site', 'RUNNING', 11, 0, 0)",
};

static bool run_all(void *context, struct db_tx *tx, struct err *e)
{
    (void)context;
    for (size_t i = 0; i < ALEN(ROWS); i++)
        if (!db_run(tx, e, ROWS[i], ""))
            return false;
    return true;
}

static void open_schema(int version)
{
    struct err e = { 0 };
    struct db_migration migrations[100] = { 0 };
    AUTO_FREE char *path = mem_format("%s/slipway.db", s.folder);
    for (size_t i = 0; STORE_MIGRATIONS[i].version && STORE_MIGRATIONS[i].version <= version; i++)
        migrations[i] = STORE_MIGRATIONS[i];
    CHECK_OK(db_open(s.loop, &(struct db_config){ .path = path, .migrations = migrations }, &s.db, &e), e);
}

void open_store_of(int version)
{
    struct err e = { 0 };
    snprintf(s.folder, sizeof s.folder, "/tmp/slipway-store-XXXXXX");
    CHECK(mkdtemp(s.folder));
    CHECK_OK(loop_create(&s.loop, &e), e);
    open_schema(version);
    CHECK_OK(db_write_now(s.db, run_all, NULL, &e), e);
}

void open_store(void)
{
    open_store_of(99);
}

void migrate_store(void)
{
    db_close(&s.db);
    open_schema(99);
}

void close_store(void)
{
    db_close(&s.db);
    loop_destroy(&s.loop);
    text_fini(&s.out);
    AUTO_FREE char *remove = mem_format("rm -rf '%s'", s.folder);
    CHECK_INT(system(remove), 0);
}

static bool read_text(void *context, struct db_tx *tx, struct err *e)
{
    AUTO(db_rows) rows = db_rows_built(tx, context);
    while (db_next(rows, e))
        text_addf(&s.out, "%s%s", s.out.length ? "\n" : "", db_text(rows, 0));
    return !db_rows_failed(rows);
}

const char *rows(const char *sql)
{
    struct err e = { 0 };
    text_fini(&s.out);
    CHECK_OK(db_read_now(s.db, read_text, (void *)sql, &e), e);
    return text_of(&s.out);
}

static bool one_statement(void *context, struct db_tx *tx, struct err *e)
{
    AUTO(db_rows) changed = db_rows_built(tx, context);
    db_next(changed, e);
    return !db_rows_failed(changed);
}

void run_sql(const char *sql)
{
    struct err e = { 0 };
    CHECK_OK(db_write_now(s.db, one_statement, (void *)sql, &e), e);
}

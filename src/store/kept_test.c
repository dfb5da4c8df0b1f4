/* What is verified, and what a restore finds, as one run after the other leaves it. */
#include "store/kept.h"

#include <string.h>

#include "base/mem.h"
#include "base/yaml.h"
#include "store/scene_test.h"

#define WHAT "SELECT COALESCE(execution_id, 'verified') || ' ' || kind || ' ' || name || ' ' || run_name FROM kept_objects ORDER BY execution_id IS NOT NULL, execution_id, id"
#define STATUS(run, task, status) "INSERT INTO tasks (execution_id, idx, project_id, status, state) VALUES (" #run ", " #task ", 1, '" status "', '{}') " \
    "ON CONFLICT (execution_id, idx) DO UPDATE SET status = excluded.status"

static int uuids;

struct put {
    int64_t run, task;
    const char *name;
};

static bool put_work(void *context, struct db_tx *tx, struct err *e)
{
    const struct put *p = context;
    AUTO_FREE char *run = mem_format("x%lld", (long long)p->run), *name = mem_format("deploy#%lld", (long long)p->run), *uuid = mem_format("k%d", ++uuids);
    struct kept_object o = { .project_id = 1, .pipeline_id = 1, .execution_id = p->run, .task = p->task, .run = run, .run_name = name, .endpoint_id = 1, .cluster = "c",
                             .namespace_ = "shop", .kind = "Deployment", .name = p->name, .images = "acme/web:1", .uuid = uuid, .content = "sealed" };
    return kept_put(tx, &o, e);
}

static void put(int64_t run, int64_t task, const char *name)
{
    struct err e = { 0 };
    CHECK_OK(db_write_now(s.db, put_work, &(struct put){ run, task, name }, &e), e);
}

static bool pass_work(void *context, struct db_tx *tx, struct err *e)
{
    return kept_passed(tx, *(int64_t *)context, e);
}

static void pass(int64_t run)
{
    struct err e = { 0 };
    CHECK_OK(db_write_now(s.db, pass_work, &run, &e), e);
}

static bool result_work(void *context, struct db_tx *tx, struct err *e)
{
    return kept_result(tx, 11, 0, context, e);
}

static void result(const char *places)
{
    struct err e = { 0 };
    AUTO(yaml) yaml = NULL;
    CHECK_OK(yaml_read(places, strlen(places), &yaml, &e), e);
    CHECK_OK(db_write_now(s.db, result_work, yaml_document(yaml, 0), &e), e);
}

struct restore {
    int64_t run, task;
    json_t *found;
};

static bool restore_work(void *context, struct db_tx *tx, struct err *e)
{
    struct restore *r = context;
    return kept_restore(tx, r->run, r->task, &r->found, e);
}

TEST(kept, takes_the_place_of_what_was_verified_before_when_the_run_completed)
{
    struct err e = { 0 };
    open_store();
    put(11, 0, "web");
    put(11, 0, "web"); /* after a crash, say */
    put(11, 0, "api");
    CHECK_TEXT(rows(WHAT), "11 Deployment web deploy#11\n11 Deployment api deploy#11");
    run_sql(STATUS(11, 0, "COMPLETED"));
    pass(11);
    CHECK_TEXT(rows(WHAT), "verified Deployment web deploy#11\nverified Deployment api deploy#11");
    put(12, 0, "web");
    put(12, 0, "new");
    struct restore r = { 12, 0, NULL };
    CHECK_OK(db_read_now(s.db, restore_work, &r, &e), e);
    CHECK_INT(json_array_size(r.found), 2);
    CHECK_TEXT(json_text_at(r.found, "[0].of", ""), "deploy#11");
    CHECK_TEXT(json_text_at(r.found, "[0].putBy", ""), "x12");
    CHECK(!json_object_get(json_array_get(r.found, 1), "of")); /* nothing was verified in the place of the new one */
    json_decref(r.found);
    run_sql(STATUS(12, 0, "COMPLETED"));
    pass(12);
    CHECK_TEXT(rows(WHAT), "verified Deployment api deploy#11\nverified Deployment web deploy#12\nverified Deployment new deploy#12");
    close_store();
}

TEST(kept, is_not_what_failed_although_the_run_went_on)
{
    open_store();
    put(11, 0, "web");
    put(11, 1, "api");
    run_sql(STATUS(11, 0, "FAILED_CONTINUE"));
    run_sql(STATUS(11, 1, "COMPLETED"));
    pass(11);
    CHECK_TEXT(rows(WHAT), "verified Deployment api deploy#11");
    close_store();
}

TEST(kept, is_what_was_put_there_last)
{
    open_store();
    run_sql(STATUS(11, 0, "COMPLETED"));
    run_sql(STATUS(11, 1, "COMPLETED"));
    run_sql(STATUS(12, 0, "COMPLETED"));
    put(11, 0, "web");
    put(11, 1, "web"); /* a later task of the same run */
    put(12, 0, "web");
    run_sql("UPDATE kept_objects SET put_at = id");
    pass(12);
    CHECK_TEXT(rows("SELECT run_name || ' ' || task FROM kept_objects WHERE execution_id IS NULL"), "deploy#12 0");
    pass(11); /* it ends later, but the other put it there after it */
    CHECK_TEXT(rows(WHAT), "verified Deployment web deploy#12");
    close_store();
}

TEST(kept, is_nothing_that_was_left_or_deleted)
{
    open_store();
    put(11, 0, "web");
    put(11, 0, "api");
    result("{endpoint: e1, objects: [], superseded: [{namespace: shop, kind: Deployment, name: web}]}");
    CHECK_TEXT(rows(WHAT), "11 Deployment api deploy#11");
    run_sql(STATUS(11, 0, "COMPLETED"));
    pass(11);
    result("{endpoint: e1, objects: [{namespace: shop, kind: Deployment, name: api, gone: true, at: 9000000000000000}]}");
    CHECK_TEXT(rows(WHAT), "");
    put(12, 0, "web");
    result("{endpoint: e1, objects: [{namespace: '', kind: Namespace, name: shop, gone: true, at: 9000000000000000}]}");
    CHECK_TEXT(rows(WHAT), "");
    close_store();
}

TEST(kept, goes_with_its_pipeline_its_cluster_and_its_run)
{
    static const char *const GONE[] = { "DELETE FROM executions WHERE id = 12", "DELETE FROM endpoints WHERE id = 1" };
    static const char *const LEFT[] = { "verified Deployment web deploy#11", "" };
    for (size_t i = 0; i < ALEN(GONE); i++) {
        open_store();
        run_sql(STATUS(11, 0, "COMPLETED"));
        put(11, 0, "web");
        pass(11);
        put(12, 0, "web");
        run_sql(GONE[i]);
        CHECK_TEXT(rows(WHAT), LEFT[i]);
        close_store();
    }
}

/* From the schema before it. */
TEST(kept, comes_to_a_database_that_is_older)
{
    open_store_of(15);
    migrate_store();
    CHECK_TEXT(rows("SELECT when_held || (SELECT COUNT(*) FROM holds) || (SELECT COUNT(*) FROM kept_objects) FROM webhooks"), "wait00");
    CHECK_TEXT(rows("SELECT COUNT(*) FROM executions WHERE hold_id IS NULL"), "2");
    close_store();
}

/* A project goes when nothing of it is left but its history. */
#include "store/objects.h"

#include "store/scene_test.h"

static bool delete_work(void *context, struct db_tx *tx, struct err *e)
{
    (void)context;
    return project_delete(tx, 2, e);
}

TEST(projects, go_with_what_they_once_ran_and_stay_with_what_they_hold)
{
    struct err e = { 0 };
    open_store();
    run_sql("INSERT INTO projects (id, uuid, name, created_at, updated_at) VALUES (2, 'p2', 'other', 0, 0)");
    run_sql("INSERT INTO definitions (id, project_id, hash, definition) VALUES (7, 2, 'hash of other', '{}')");
    run_sql("INSERT INTO pushes (id, uuid, project_id, endpoint_id, registry, repository, tag, mark, first_at, last_at) "
            "VALUES (70, 'q70', 2, 2, 'docker.io', 'acme/site', 'v1', 'm', 0, 0)");
    run_sql("INSERT INTO variables (id, uuid, project_id, name, type, value, created_at, updated_at) VALUES (9, 'v9', 2, 'X', 'REGULAR', '', 0, 0)");
    CHECK(!db_write_now(s.db, delete_work, NULL, &e));
    CHECK_INT(e.kind, ERR_CONFLICT);
    CHECK_HAS(e.text, "the project still has variables");
    run_sql("DELETE FROM variables WHERE id = 9");
    CHECK_OK(db_write_now(s.db, delete_work, NULL, &e), e);
    close_store();
}

/* The dashboard's figures, and to whom they are told. */
#include <string.h>

#include "api/test_server.h"
#include "base/clock.h"
#include "base/mem.h"
#include "store/summary.h"

static bool end_one(void *context, struct db_tx *tx, struct err *e)
{
    static const char *const ROWS[] = {
        "INSERT INTO definitions (id, project_id, hash, definition) SELECT 1, id, 'h', '{}' FROM projects WHERE name = 'default'",
        "INSERT INTO pushes (id, uuid, project_id, endpoint_id, registry, repository, tag, mark, first_at, last_at) SELECT 1, 'u1', project_id, id, "
        "'docker.io', 'acme/web', 'v1', 'm', 0, 0 FROM endpoints WHERE name = 'hub'",
        "INSERT INTO executions (id, uuid, project_id, definition_id, name, idx, status, state, state_version, live, webhook_id, push_id, attempt, "
        "requested_at, updated_at) SELECT 1, 'x1', project_id, 1, 'deploy', 1, 'RUNNING', '{}', 1, 1, 1, 1, 1, 0, 0 FROM endpoints WHERE name = 'hub'",
    };
    int64_t project = 0, now = clock_now();
    (void)context;
    for (size_t i = 0; i < ALEN(ROWS); i++)
        if (!db_run(tx, e, ROWS[i], ""))
            return false;
    return db_run(tx, e, "UPDATE pushes SET first_at = $1", "i", now - 41250 * CLOCK_MS) && project_find(tx, "default", &project, e) &&
           summary_ended(tx, 1, project, RUN_COMPLETED, now, e) &&
           db_run(tx, e, "UPDATE executions SET live = 0, status = 'COMPLETED', ended_at = $1", "i", now);
}

TEST(summary, is_told_of_the_projects_that_one_may_view)
{
    struct test_server s;
    struct err e = { 0 };
    test_server_open(&s);
    test_objects(&s);
    CHECK_OK(db_write_now(s.db, end_one, NULL, &e), e);
    ask(&s, "POST", "/codestream/api/projects", "{\"name\":\"empty\"}");
    AUTO_FREE char *member = test_user(&s, "max", "", "viewer"), *stranger = test_user(&s, "sam", "", ""), *admin = mem_text(s.token);
    const struct { const char *token, *query; int status; int64_t completed, deploys; size_t days; } CASES[] = {
        { admin, "", 200, 1, 1, 14 }, { admin, "?project=default&days=3", 200, 1, 1, 3 }, { admin, "?project=empty", 200, 0, 0, 14 },
        { member, "?days=90", 200, 1, 1, 90 }, { stranger, "?days=1", 200, 0, 0, 1 }, { stranger, "?project=default", 400, 0, 0, 0 },
        { member, "?project=empty", 400, 0, 0, 0 }, { admin, "?days=0", 400, 0, 0, 0 }, { admin, "?days=91", 400, 0, 0, 0 },
        { admin, "?days=x", 400, 0, 0, 0 },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_FREE char *path = mem_format("/codestream/api/summary%s", CASES[i].query);
        ask_as(&s, CASES[i].token, "GET", path, NULL);
        CHECK_INT(s.status, CASES[i].status);
        CHECK_INT(json_int_at(s.json, "counts.completed24h", 0), CASES[i].completed);
        CHECK_INT(json_array_size(json_object_get(s.json, "days")), CASES[i].days);
        CHECK_INT(json_array_size(json_object_get(s.json, "deploys")), CASES[i].deploys);
    }
    ask(&s, "GET", "/codestream/api/summary?days=1", NULL);
    CHECK_INT(json_int_at(s.json, "days[0].medianDeploySeconds", 0), 41);
    CHECK_INT(strlen(json_text_at(s.json, "days[0].day", "")), 10);
    CHECK_TEXT(json_text_at(s.json, "deploys[0].image", ""), "acme/web:v1");
    CHECK_TEXT(json_text_at(s.json, "deploys[0].executionLink", ""), "/codestream/api/executions/x1");
    CHECK_HAS(s.text, "\"seconds\":41.2,");
    test_server_close(&s);
}

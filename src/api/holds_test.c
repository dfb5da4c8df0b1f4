/* A hold as the API shows it, and its end by those who may. */
#include "api/test_server.h"

#define WEBHOOK "/codestream/api/registry-webhooks/default/w"

static bool fill(void *context, struct db_tx *tx, struct err *e)
{
    (void)context;
    return db_run(tx, e, "INSERT INTO holds (id, project_id, webhook_id, registry, repository, tag, digest, push_id, execution, name, idx, reason, outcome, since, updated_at) "
                         "SELECT 7, project_id, id, 'docker.io', 'acme/web', 'v2', 'sha256:b', 2, 'x13', 'deploy', 13, 'Checks.Smoke: 500 instead of 200', "
                         "'Restored acme/web:v1 of deploy#12', 1700000000000000, 1700000000000000 FROM webhooks WHERE name = 'w'", "") &&
           db_run(tx, e, "INSERT INTO events (uuid, project_id, webhook_id, webhook_name, status, message, hold_id, created_at, updated_at) "
                         "SELECT 'e1', project_id, id, 'w', 'HELD', 'held: ...', 7, 1, 1 FROM webhooks WHERE name = 'w'", "");
}

static void open_held(struct test_server *s)
{
    struct err e = { 0 };
    test_server_open(s);
    test_objects(s);
    CHECK_OK(db_write_now(s->db, fill, NULL, &e), e);
}

static const json_t *hold_of(const struct test_server *s)
{
    return json_array_get(json_object_get(s->json, "holds"), 0);
}

TEST(holds, are_shown_with_their_webhook_and_what_waits)
{
    struct test_server s;
    open_held(&s);
    ask(&s, "GET", WEBHOOK, NULL);
    CHECK_INT(s.status, 200);
    const json_t *hold = hold_of(&s);
    CHECK_TEXT(json_text_at(hold, "executionLink", ""), "/codestream/api/executions/x13");
    CHECK_TEXT(json_text_at(hold, "reason", ""), "Checks.Smoke: 500 instead of 200");
    CHECK_TEXT(json_text_at(hold, "outcome", ""), "Restored acme/web:v1 of deploy#12");
    CHECK_TEXT(json_text_at(hold, "says", ""), "deploy#13 failed with acme/web:v2: Checks.Smoke: 500 instead of 200. Restored acme/web:v1 of deploy#12. "
                                               "It goes on when a newer image passes, or by slipway release webhook w");
    CHECK_INT(json_int_at(hold, "waiting", 0), 1);
    CHECK_INT(json_int_at(s.json, "heldEvents", 0), 1);
    CHECK_TEXT(answered(&s, "whenHeld"), "wait");
    ask(&s, "GET", "/codestream/api/registry-events/e1", NULL);
    CHECK_TEXT(answered(&s, "hold.name"), "deploy");
    test_server_close(&s);
}

TEST(holds, end_by_who_may_change_the_webhook)
{
    static const struct { const char *role; int status; } CASES[] = { { "viewer", 403 }, { "executor", 403 }, { "developer", 200 }, { "developer", 409 } };
    struct test_server s;
    open_held(&s);
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_FREE char *name = mem_format("user%zu", i), *token = test_user(&s, name, CASES[i].role, "");
        ask_as(&s, token, "POST", WEBHOOK "?action=release", NULL);
        CHECK_INT(s.status, CASES[i].status);
    }
    CHECK_HAS(s.text, "the webhook holds nothing");
    ask(&s, "GET", WEBHOOK, NULL);
    CHECK_INT(json_array_size(json_object_get(s.json, "holds")), 0);
    ask(&s, "GET", "/codestream/api/audit-events?$top=1&$orderby=createdAt%20desc", NULL);
    CHECK_HAS(s.text, "audit-events");
    ask(&s, "GET", "/codestream/api/registry-events/e1", NULL);
    CHECK(!json_object_get(s.json, "hold"));
    CHECK(*answered(&s, "heldUntil")); /* it is judged now */
    test_server_close(&s);
}

TEST(holds, go_with_their_webhook)
{
    struct test_server s;
    open_held(&s);
    ask(&s, "DELETE", WEBHOOK, NULL);
    CHECK_INT(s.status, 200);
    ask(&s, "GET", "/codestream/api/registry-events/e1", NULL);
    CHECK(*answered(&s, "heldUntil"));
    test_server_close(&s);
}

TEST(holds, say_what_is_done_with_what_waits)
{
    struct test_server s;
    test_server_open(&s);
    test_objects(&s);
    ask(&s, "PUT", WEBHOOK, "{\"whenHeld\":\"tryNewest\"}");
    CHECK_TEXT(answered(&s, "whenHeld"), "tryNewest");
    ask(&s, "PUT", WEBHOOK, "{\"description\":\"x\"}");
    CHECK_TEXT(answered(&s, "whenHeld"), "tryNewest");
    ask(&s, "PUT", WEBHOOK, "{\"whenHeld\":\"never\"}");
    CHECK_INT(s.status, 400);
    CHECK_HAS(s.text, "whenHeld is wait or tryNewest");
    ask(&s, "GET", "/codestream/api/export?docker-webhooks=w", NULL);
    CHECK_HAS(s.text, "whenHeld: tryNewest");
    test_server_close(&s);
}

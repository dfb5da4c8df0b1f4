/* Many events again, once: what the API asks for before it does so. */
#include "api/test_server.h"

#define P "/codestream/api/registry-events"
#define RERUN P "?action=rerun&$filter=status%20eq%20'FAILED'"

static bool fill(void *context, struct db_tx *tx, struct err *e)
{
    (void)context;
    for (int i = 0; i < 3; i++)
        if (!db_run(tx, e, "INSERT INTO events (uuid, project_id, status, created_at, updated_at) VALUES ($1, (SELECT id FROM projects LIMIT 1), "
                    "'FAILED', 1, 1)", "t", (const char *[]){ "e1", "e2", "e3" }[i]))
            return false;
    return true;
}

static int rerun(struct test_server *s, const char *path, const char *key)
{
    if (key)
        ask_with(s, "Idempotency-Key", key);
    ask(s, "POST", path, NULL);
    return s->status;
}

TEST(held, may_be_let_go_and_dropped_by_who_may_change_the_webhook)
{
    static const struct { const char *role, *action; int status; } CASES[] = {
        { "executor", "release", 403 }, { "executor", "discard", 403 }, { "executor", "rerun", 409 }, { "developer", "release", 409 },
        { "developer", "discard", 409 }, { "viewer", "release", 403 }, { "developer", "nonsense", 400 },
    };
    struct test_server s;
    struct err e = { 0 };
    test_server_open(&s);
    test_objects(&s);
    CHECK_OK(db_write_now(s.db, fill, NULL, &e), e);
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_FREE char *name = mem_format("user%zu", i), *token = test_user(&s, name, CASES[i].role, "");
        AUTO_FREE char *path = mem_format(P "/e1?action=%s", CASES[i].action);
        ask_as(&s, token, "POST", path, NULL);
        if (s.status != CASES[i].status)
            fail_msg("%s as %s: %d %s", CASES[i].action, CASES[i].role, s.status, s.text);
    }
    test_server_close(&s);
}

TEST(redelivery, asks_for_a_filter_a_number_and_a_key)
{
    struct test_server s;
    struct err e = { 0 };
    test_server_open(&s);
    test_objects(&s);
    CHECK_OK(db_write_now(s.db, fill, NULL, &e), e);
    CHECK_INT(rerun(&s, P "?action=rerun", NULL), 400);
    CHECK_HAS(s.text, "needs a $filter");
    CHECK_INT(rerun(&s, RERUN, NULL), 200);
    CHECK_INT(json_int_at(s.json, "count", 0), 3);
    CHECK_INT(json_array_size(json_object_get(s.json, "refused")), 0);
    CHECK_INT(rerun(&s, RERUN "&expect=3", NULL), 400);
    CHECK_HAS(s.text, "Idempotency-Key is missing");
    CHECK_INT(rerun(&s, RERUN "&expect=2", "k1"), 409);
    CHECK_INT(json_int_at(s.json, "count", 0), 3);
    CHECK_HAS(s.text, "3 runs would begin, not 2: nothing was started");
    CHECK_INT(rerun(&s, RERUN "&expect=x", "k1"), 400);
    CHECK_INT(rerun(&s, RERUN "&expect=3", "k1"), 200);
    CHECK_INT(json_array_size(json_object_get(s.json, "refused")), 3);
    AUTO_FREE char *first = mem_text(s.text);
    ask(&s, "DELETE", P "/e1", NULL);
    CHECK_INT(rerun(&s, RERUN "&expect=3", "k1"), 200); /* the same again, and nothing is counted anew */
    CHECK_TEXT(s.text, first);
    CHECK_INT(rerun(&s, RERUN "&expect=2", "k1"), 409);
    CHECK_HAS(s.text, "this Idempotency-Key was used for another request");
    CHECK_INT(rerun(&s, RERUN "&$top=1", NULL), 400);
    CHECK_HAS(s.text, "2 events match");
    test_server_close(&s);
}

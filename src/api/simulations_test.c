#include "api/test_server.h"

#define P "/pipeline/api/registry-simulations"

TEST(simulations, take_one_question_of_four)
{
    struct test_server s;
    test_server_open(&s);
    test_objects(&s);
    static const struct { const char *body, *says; } CASES[] = {
        { "{}", "one of body, image, event or delivery" },
        { "{\"image\":\"acme/web:1\",\"event\":\"x\"}", "one of body, image, event or delivery" },
        { "{\"image\":\"acme/ web\"}", "image" },
        { "{\"image\":\"acme/web:1\",\"digest\":\"sha256:1\"}", "is no digest" },
        { "{\"body\":\"{\"}", "" },
        { "{\"image\":\"acme/web:1\",\"webhook\":\"none\"}", "there is no webhook 'none' in project 'default'" },
        { "{\"image\":\"acme/web:1\",\"endpoint\":\"none\"}", "there is no endpoint 'none' in project 'default'" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        ask(&s, "POST", P, CASES[i].body);
        CHECK_INT(s.status, 400);
        CHECK_HAS(s.text, CASES[i].says);
    }
    ask(&s, "POST", P, "{\"event\":\"none\"}");
    CHECK_INT(s.status, 404);
    ask(&s, "POST", P, "{\"delivery\":\"none\"}");
    CHECK_INT(s.status, 404);
    test_server_close(&s);
}

TEST(simulations, read_a_body_and_an_image_as_pushes)
{
    struct test_server s;
    test_server_open(&s);
    test_objects(&s);
    ask(&s, "POST", P, "{\"image\":\"acme/web:1.4\",\"webhook\":\"w\",\"diff\":true}");
    CHECK_INT(s.status, 200);
    CHECK_TEXT(answered(&s, "events[0].repository"), "acme/web");
    CHECK_TEXT(answered(&s, "events[0].tag"), "1.4");
    CHECK_TEXT(answered(&s, "events[0].host"), "docker.io");
    CHECK(json_bool_at(s.json, "diff", false) && json_bool_at(s.json, "administrator", false) && json_int_at(s.json, "webhook", 0) > 0);
    ask(&s, "POST", P, "{\"body\":\"{\\\"push_data\\\":{\\\"tag\\\":\\\"2\\\",\\\"pushed_at\\\":1417566161},\\\"repository\\\":{\\\"repo_name\\\":\\\"acme/web\\\"}}\"}");
    CHECK_INT(s.status, 200);
    CHECK_TEXT(answered(&s, "events[0].tag"), "2");
    test_server_close(&s);
}

TEST(simulations, are_for_those_who_may_change_webhooks)
{
    struct test_server s;
    test_server_open(&s);
    test_objects(&s);
    AUTO_FREE char *viewer = test_user(&s, "vera", "viewer", ""), *stranger = test_user(&s, "sam", "", "");
    ask_as(&s, viewer, "POST", P, "{\"image\":\"acme/web:1.4\"}");
    CHECK_INT(s.status, 403);
    ask_as(&s, stranger, "POST", P, "{\"image\":\"acme/web:1.4\",\"project\":\"default\"}");
    CHECK(s.status == 403 || s.status == 404);
    test_server_close(&s);
}

TEST(checks, of_a_webhook_are_for_those_who_may_change_it)
{
    struct test_server s;
    test_server_open(&s);
    test_objects(&s);
    ask(&s, "GET", "/pipeline/api/registry-webhooks/default/w/checks", NULL);
    CHECK_INT(s.status, 200);
    CHECK_TEXT(answered(&s, "checks[0].check"), "API token");
    CHECK_TEXT(answered(&s, "status"), "failed");
    ask(&s, "GET", "/pipeline/api/registry-webhooks/none/checks", NULL);
    CHECK_INT(s.status, 404);
    AUTO_FREE char *viewer = test_user(&s, "vera", "viewer", "");
    ask_as(&s, viewer, "GET", "/pipeline/api/registry-webhooks/default/w/checks", NULL);
    CHECK_INT(s.status, 403);
    test_server_close(&s);
}

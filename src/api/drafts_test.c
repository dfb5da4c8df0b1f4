#include <string.h>

#include "api/test_server.h"

#define P "/pipeline/api/pipeline-drafts"
#define TASK "stageOrder: [A]\\nstages:\\n  A:\\n    taskOrder: [x]\\n    tasks:\\n      x:\\n        type: K8S\\n"

TEST(drafts, go_from_json_to_yaml_and_back)
{
    struct test_server s;
    test_server_open(&s);
    ask(&s, "POST", P, "{\"pipeline\":{\"id\":\"7\",\"name\":\"p\",\"mine\":{\"k\":[1,\"two\"]},\"input\":{\"A\":\"007\"}}}");
    CHECK_INT(s.status, 200);
    CHECK_HAS(answered(&s, "yaml"), "kind: PIPELINE\nname: p\ninput:\n  A: '007'\nmine:\n");
    CHECK(!strstr(answered(&s, "yaml"), "id:"));
    CHECK_TEXT(answered(&s, "pipeline.input.A"), "007");
    CHECK_TEXT(answered(&s, "pipeline.mine.k[1]"), "two");
    CHECK_TEXT(answered(&s, "problems[0].pointer"), "/mine");
    ask(&s, "POST", P, "{\"yaml\":\"kind: PIPELINE\\nname: q # why\\n\"}");
    CHECK_TEXT(answered(&s, "pipeline.name"), "q");
    CHECK_HAS(answered(&s, "yaml"), "# why");
    test_server_close(&s);
}

TEST(drafts, tell_the_line_of_every_problem)
{
    struct test_server s;
    test_server_open(&s);
    ask(&s, "POST", P, "{\"yaml\":\"kind: PIPELINE\\nname: [\\n\"}");
    CHECK_INT(s.status, 200);
    CHECK(json_is_null(json_object_get(s.json, "pipeline")));
    CHECK_INT(json_int_at(s.json, "problems[0].line", 0), 3);
    CHECK_TEXT(answered(&s, "problems[0].level"), "ERROR");
    ask(&s, "POST", P, "{\"yaml\":\"kind: PIPELINE\\nname: p\\n" TASK "        input: {yaml: '${input.NO}'}\\n\"}");
    CHECK_TEXT(answered(&s, "pipeline.stages.A.taskOrder[0]"), "x");
    CHECK_HAS(s.text, "declares no such input");
    CHECK_INT(json_int_at(s.json, "problems[0].line", 0), 10);
    test_server_close(&s);
}

TEST(drafts, are_strict_when_they_would_be_enabled)
{
    struct test_server s;
    test_server_open(&s);
    ask(&s, "POST", P, "{\"yaml\":\"kind: PIPELINE\\nname: p\\n\"}");
    CHECK_TEXT(answered(&s, "problems[0].level"), "WARNING");
    ask(&s, "POST", P, "{\"enabling\":true,\"yaml\":\"kind: PIPELINE\\nname: p\\n\"}");
    CHECK_TEXT(answered(&s, "problems[0].level"), "ERROR");
    ask(&s, "POST", P, "{\"pipeline\":{\"name\":\"p\",\"enabled\":true}}");
    CHECK_TEXT(answered(&s, "problems[0].level"), "ERROR");
    test_server_close(&s);
}

TEST(drafts, are_one_pipeline)
{
    struct test_server s;
    test_server_open(&s);
    static const char *const WRONG[] = { "{}", "{\"pipeline\":[]}", "{\"yaml\":\"\",\"pipeline\":{}}", "{\"yaml\":\"\",\"enabling\":7}" };
    for (size_t i = 0; i < ALEN(WRONG); i++) {
        ask(&s, "POST", P, WRONG[i]);
        CHECK_INT(s.status, 400);
    }
    static const struct { const char *body, *says; } CASES[] = {
        { "{\"yaml\":\"\"}", "0 documents" },
        { "{\"yaml\":\"kind: PIPELINE\\n---\\nkind: PIPELINE\\n\"}", "2 documents" },
        { "{\"yaml\":\"kind: VARIABLE\\n\"}", "kind is VARIABLE" },
        { "{\"yaml\":\"name: p\\n\"}", "has no kind" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        ask(&s, "POST", P, CASES[i].body);
        CHECK_INT(s.status, 200);
        CHECK_HAS(answered(&s, "problems[0].message"), CASES[i].says);
    }
    ask_as(&s, NULL, "POST", P, "{\"yaml\":\"\"}");
    CHECK_INT(s.status, 401);
    test_server_close(&s);
}

TEST(pipelines, are_listed_in_brief_with_their_last_runs)
{
    struct test_server s;
    test_server_open(&s);
    test_objects(&s);
    ask(&s, "PATCH", "/pipeline/api/pipelines/default/deploy", "{\"enabled\":true}");
    for (int i = 0; i < 12; i++)
        ask(&s, "POST", "/pipeline/api/pipelines/default/deploy/executions", "{}");
    ask(&s, "GET", "/pipeline/api/pipelines?view=brief", NULL);
    CHECK_INT(s.status, 200);
    AUTO_FREE char *link = mem_text(answered(&s, "links[0]"));
    const json_t *one = json_object_get(json_object_get(s.json, "documents"), link);
    CHECK(!json_object_get(one, "stages"));
    CHECK_INT(json_int_at(one, "_stageCount", 0), 1);
    CHECK_INT(json_int_at(one, "_taskCount", 0), 1);
    CHECK_INT(json_array_size(json_object_get(one, "_lastRuns")), 10);
    CHECK_INT(json_int_at(one, "_lastRuns[0].index", 0), 12);
    CHECK_TEXT(json_text_at(one, "_lastRuns[0].status", ""), "QUEUED");
    test_server_close(&s);
}

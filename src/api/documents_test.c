/* Imports, exports, apply and secure: documents of all kinds, their secrets, and what is kept of them. */
#include <stdio.h>
#include <string.h>

#include "api/test_server.h"
#include "base/mem.h"

#define P "/pipeline/api"
#define IMPORT P "/import?action=apply"
#define TASK(input) "stageOrder: [S]\nstages:\n  S:\n    taskOrder: [T]\n    tasks:\n      T:\n        type: K8S\n        input: {" input "}\n"

/* A webhook before its pipeline, that before the endpoint, and the project last of all. */
static const char BACKWARDS[] = "kind: DOCKER_WEBHOOK\nname: w\nproject: new\nendpoint: hub\npipeline: p\nimageNameRegExPattern: acme/web\nrefreshToken: ${var.api}\n---\n"
                                "kind: PIPELINE\nname: p\nproject: new\ninput: {DOCKER_TAG: ''}\n" TASK("") "---\n"
                                "kind: CUSTOM_INTEGRATION\nname: c\nproject: new\nruntime: shell\ncode: |\n  echo hello\ninputProperties: []\noutputProperties: []\n---\n"
                                "kind: ENDPOINT\nname: hub\nproject: new\ntype: dockerregistry\nproperties: {serverType: dockerhub, repoURL: 'https://hub.docker.com/r/a/b', password: '${var.pw}'}\n---\n"
                                "kind: VARIABLE\nname: api\nproject: new\ntype: SECRET\nvalue: topsecret\n---\n"
                                "kind: VARIABLE\nname: pw\nproject: new\ntype: SECRET\nvalue: hunter22\n---\n"
                                "kind: PROJECT\nname: new\n";

static void apply(struct test_server *s, const char *documents, const char *more)
{
    AUTO_FREE char *body = mem_format("{\"documents\":%s%s}", documents, more);
    ask(s, "POST", P "/apply", body);
}

TEST(documents, are_imported_in_any_order_and_exported_without_secrets)
{
    struct test_server s;
    test_server_open(&s);
    ask(&s, "POST", IMPORT, BACKWARDS);
    if (s.status != 200)
        fail_msg("%s", s.text);
    CHECK_HAS(s.text, "name: new\nstatus: CREATED");
    CHECK_HAS(s.text, "name: w\nstatus: CREATED");
    ask(&s, "GET", P "/export?project=new&variables=api,pw&endpoints=hub&custom-integrations=c&pipelines=p&docker-webhooks=w", NULL);
    CHECK_INT(s.status, 200);
    AUTO_FREE char *yaml = mem_text(s.text);
    CHECK(!strstr(yaml, "topsecret") && !strstr(yaml, "hunter22") && !strstr(yaml, "value:") && !strstr(yaml, "secretToken"));
    CHECK_HAS(yaml, "kind: DOCKER_WEBHOOK");
    CHECK_HAS(yaml, "refreshToken: ${var.api}");
    CHECK_HAS(yaml, "password: ${var.pw}");
    ask(&s, "POST", IMPORT, yaml);
    if (s.status != 200)
        fail_msg("%s", s.text);
    ask(&s, "GET", P "/export?project=new&variables=api,pw&endpoints=hub&custom-integrations=c&pipelines=p&docker-webhooks=w", NULL);
    CHECK_TEXT(s.text, yaml);
    test_server_close(&s);
}

TEST(documents, are_all_judged_and_none_is_kept_when_one_is_wrong)
{
    struct test_server s;
    test_server_open(&s);
    ask(&s, "POST", IMPORT, "kind: VARIABLE\nname: good\ntype: REGULAR\nvalue: x\n---\nkind: VARIABLE\nname: bad\ntype: LOUD\nvalue: x\n---\n"
                            "kind: ENDPOINT\nname: worse\ntype: bamboo\nproperties: {}\n");
    CHECK_INT(s.status, 400);
    CHECK_HAS(answered(&s, "message"), "2 of 3 documents cannot be saved, so none was: variable 'bad': error, line 8, column 7: a variable's type is");
    CHECK_TEXT(answered(&s, "documents[0].status"), "CREATED");
    CHECK_TEXT(answered(&s, "documents[1].status"), "FAILED");
    CHECK_HAS(answered(&s, "documents[2].statusMessage"), "line 13, column 7: endpoints of type 'bamboo'");
    ask(&s, "GET", P "/variables/default/good", NULL);
    CHECK_INT(s.status, 404);
    static const char *const WRONG[][2] = {
        { "kind: NOTHING\nname: x\n", "document 1 is of kind NOTHING: what can be imported here is PROJECT, VARIABLE, ENDPOINT" },
        { "kind: VARIABLE\nname: x\n---\nkind: VARIABLE\nname: x\n", "documents 1 and 2 are both variable 'x'" },
        { "---\n---\n", "the file holds 0 documents" },
        { "kind: VARIABLE\ntype: REGULAR\nvalue: a\n", "a variable needs a name" },
        { "kind: VARIABLE\nname: x\nproject: gone\ntype: REGULAR\nvalue: a\n", "there is no project 'gone'" },
    };
    for (size_t i = 0; i < ALEN(WRONG); i++) {
        ask(&s, "POST", IMPORT, WRONG[i][0]);
        CHECK_INT(s.status, 400);
        CHECK_HAS(answered(&s, "message"), WRONG[i][1]);
    }
    test_server_close(&s);
}

TEST(documents, keep_what_a_mask_stands_for)
{
    static const char *const MASKS[] = { "'********'", "'*****'", "''", "null" };
    struct test_server s;
    test_server_open(&s);
    test_objects(&s);
    ask(&s, "POST", P "/variables", "{\"name\":\"v\",\"type\":\"SECRET\",\"value\":\"topsecret\"}");
    for (size_t i = 0; i < ALEN(MASKS); i++) {
        AUTO_FREE char *yaml = mem_format("kind: VARIABLE\nname: v\ntype: SECRET\nvalue: %s\n---\nkind: ENDPOINT\nname: hub\ntype: dockerregistry\nproperties: {serverType: dockerhub, "
                                          "repoURL: 'https://hub.docker.com/r/acme/web', username: u, password: %s}\n---\n"
                                          "kind: DOCKER_WEBHOOK\nname: w\nendpoint: hub\npipeline: deploy\nrefreshToken: %s\nsecretToken: %s\n", MASKS[i], MASKS[i], MASKS[i], MASKS[i]);
        ask(&s, "POST", IMPORT, yaml);
        if (s.status != 200)
            fail_msg("%s: %s", MASKS[i], s.text);
        AUTO_FREE char *same = mem_format("[{\"kind\":\"VARIABLE\",\"name\":\"v\",\"type\":\"SECRET\",\"value\":\"topsecret\"},{\"kind\":\"ENDPOINT\",\"name\":\"hub\",\"type\":"
                                          "\"dockerregistry\",\"properties\":{\"serverType\":\"dockerhub\",\"repoURL\":\"https://hub.docker.com/r/acme/web\",\"username\":\"u\",\"password\":\"hunter22\"}},"
                                          "{\"kind\":\"DOCKER_WEBHOOK\",\"name\":\"w\",\"refreshToken\":\"%s\",\"secretToken\":\"abcdefgh12345\"}]", s.api_token);
        apply(&s, same, "");
        CHECK_INT(json_int_at(s.json, "unchanged", -1), 3); /* the very values */
    }
    test_server_close(&s);
}

TEST(documents, say_which_value_is_missing_where_nothing_is_stored)
{
    struct test_server s;
    test_server_open(&s);
    ask(&s, "POST", IMPORT, "kind: VARIABLE\nname: my key\ntype: SECRET\n---\nkind: ENDPOINT\nname: e\ntype: dockerregistry\nproperties: {password: '********'}\n");
    CHECK_INT(s.status, 400);
    CHECK_HAS(answered(&s, "documents[0].statusMessage"), "slipway variable set 'my key' --type SECRET --project 'default'");
    CHECK_HAS(answered(&s, "documents[1].statusMessage"), "line 8, column 24: property password is a mask, and no value of it is stored: write ${var.NAME}");
    ask(&s, "POST", IMPORT, "kind: PIPELINE\nname: p\nenabled: true\n" TASK("password: '********'"));
    CHECK_INT(s.status, 200);
    CHECK_HAS(s.text, "a mask stands here for a secret that this server does not have");
    CHECK_HAS(s.text, "imported disabled");
    test_server_close(&s);
}

TEST(documents, warn_of_secrets_with_line_and_command)
{
    struct test_server s;
    test_server_open(&s);
    ask(&s, "POST", IMPORT, "kind: PIPELINE\nname: p\n" TASK("password: hunter2, script: 'x --token=abcdef'"));
    CHECK_INT(s.status, 200);
    CHECK_HAS(s.text, "warning, line 10, column 27: a password stands here as it is");
    CHECK_HAS(s.text, "slipway secure pipeline p /stages/S/tasks/T/input/password");
    CHECK(!strstr(s.text, "hunter2") && !strstr(s.text, "abcdef"));
    ask(&s, "GET", P "/export?pipelines=p", NULL);
    CHECK_HAS(s.text, "password: '********'");
    CHECK_HAS(s.text, "x --token=********");
    AUTO_FREE char *yaml = mem_text(s.text);
    ask(&s, "POST", IMPORT, yaml);
    ask(&s, "GET", P "/pipelines/default/p", NULL);
    CHECK_TEXT(answered(&s, "stages.S.tasks.T.input.password"), "hunter2");
    CHECK_TEXT(answered(&s, "stages.S.tasks.T.input.script"), "x --token=abcdef");
    AUTO_FREE char *viewer = test_user(&s, "vic", "", "viewer"), *developer = test_user(&s, "dora", "", "member");
    ask_as(&s, viewer, "GET", P "/pipelines/default/p", NULL);
    CHECK_TEXT(answered(&s, "stages.S.tasks.T.input.password"), "********");
    CHECK_TEXT(answered(&s, "stages.S.tasks.T.input.script"), "x --token=********");
    ask_as(&s, viewer, "GET", P "/pipelines", NULL);
    CHECK(s.status == 200 && !strstr(s.text, "hunter2"));
    ask(&s, "PUT", P "/pipelines/default/p", "{\"enabled\":true,\"input\":{\"dbPassword\":\"hunter3\"},\"stageOrder\":[\"S\"],\"stages\":{\"S\":{\"taskOrder\":[\"T\"],\"tasks\":{\"T\":{\"type\":\"REST\","
                                            "\"input\":{\"action\":\"get\",\"url\":\"https://h\",\"headers\":{\"Authorization\":\"hunter4\"}}}}}}}");
    ask(&s, "POST", P "/pipelines/default/p/executions", "{\"input\":{\"dbPassword\":\"hunter3\"}}");
    AUTO_FREE char *run = mem_text(answered(&s, "executionLink"));
    ask(&s, "GET", run, NULL);
    CHECK_HAS(s.text, "hunter3");
    ask_as(&s, viewer, "GET", run, NULL);
    CHECK_INT(s.status, 200);
    CHECK(!strstr(s.text, "hunter3"));
    ask(&s, "POST", IMPORT, yaml);
    ask_as(&s, developer, "GET", P "/pipelines/default/p", NULL);
    CHECK_TEXT(answered(&s, "stages.S.tasks.T.input.password"), "hunter2");
    ask(&s, "PUT", P "/pipelines/default/p", "{\"stageOrder\":[\"S\"],\"stages\":{\"S\":{\"taskOrder\":[\"T\"],\"tasks\":{\"T\":{\"type\":\"K8S\",\"input\":{\"password\":\"********\",\"script\":\"y --token=********\"}}}}}}");
    CHECK_TEXT(answered(&s, "stages.S.tasks.T.input.password"), "hunter2");
    CHECK_TEXT(answered(&s, "stages.S.tasks.T.input.script"), "y --token=abcdef");
    ask(&s, "POST", P "/pipelines", "{\"name\":\"q\",\"stageOrder\":[\"S\"],\"stages\":{\"S\":{\"taskOrder\":[\"T\"],\"tasks\":{\"T\":{\"type\":\"K8S\",\"input\":{\"token\":\"abcdef\"}}}}}}");
    CHECK_HAS(s.text, "\"variable\":\"q-T-token\"");
    ask(&s, "POST", IMPORT, "kind: ENDPOINT\nname: e\ntype: dockerregistry\nproperties: {password: hunter2}\n---\nkind: VARIABLE\nname: db-password\ntype: REGULAR\nvalue: hunter2\n");
    CHECK_HAS(s.text, "slipway secure endpoint e /properties/password --variable e-password");
    CHECK_HAS(s.text, "slipway secure variable ''db-password''");
    ask(&s, "POST", IMPORT, "kind: VARIABLE\nname: w\ntype: REGULAR\nvalue: x\nvalu: y\n");
    CHECK_HAS(s.text, "warning, line 5, column 7: unknown key ''valu'' of a variable is not kept: did you mean value?");
    test_server_close(&s);
}

#define SECRETS_OF(name) P "/pipelines/default/" name "/secrets"

TEST(secure, puts_a_variable_in_the_place_of_a_secret)
{
    struct test_server s;
    test_server_open(&s);
    ask(&s, "POST", IMPORT, "kind: PIPELINE\nname: p\ninput: {DB_PASSWORD: 's3cret', a: b}\n_inputMeta: {DB_PASSWORD: {mandatory: true}}\n"
                            TASK("password: hunter2, script: 'x --token=abcdef --password hunter3', env: '${input.DB_PASSWORD}', plain: words"));
    CHECK_INT(s.status, 200);
    ask(&s, "POST", SECRETS_OF("p"), "{\"pointer\":\"/stages/S/tasks/T/input/password\",\"variable\":\"pw\"}");
    CHECK_INT(s.status, 200);
    CHECK_TEXT(answered(&s, "stages.S.tasks.T.input.password"), "${var.pw}");
    CHECK_TEXT(answered(&s, "secured[0].variable"), "pw");
    CHECK(!strstr(s.text, "hunter2"));
    ask(&s, "POST", SECRETS_OF("p"), "{\"pointer\":\"/stages/S/tasks/T/input/script\",\"variable\":\"pw\"}");
    CHECK_INT(s.status, 409); /* another value */
    CHECK_HAS(answered(&s, "message"), "there is a variable 'pw' that holds something else");
    ask(&s, "POST", SECRETS_OF("p"), "{\"pointer\":\"/stages/S/tasks/T/input/plain\",\"variable\":\"words\"}");
    CHECK_TEXT(answered(&s, "stages.S.tasks.T.input.plain"), "${var.words}");
    ask(&s, "POST", SECRETS_OF("p"), "{}");
    CHECK_TEXT(answered(&s, "stages.S.tasks.T.input.script"), "x --token=${var.p-T-script} --password ${var.p-T-script-2}");
    CHECK_TEXT(answered(&s, "stages.S.tasks.T.input.env"), "${var.p-DB_PASSWORD}");
    CHECK(json_is_null(json_object_get(json_object_get(s.json, "input"), "DB_PASSWORD")) || !json_object_get(json_object_get(s.json, "input"), "DB_PASSWORD"));
    apply(&s, "[{\"kind\":\"VARIABLE\",\"name\":\"p-T-script\",\"type\":\"SECRET\",\"value\":\"abcdef\"},{\"kind\":\"VARIABLE\",\"name\":\"p-T-script-2\",\"type\":\"SECRET\",\"value\":\"hunter3\"},"
              "{\"kind\":\"VARIABLE\",\"name\":\"p-DB_PASSWORD\",\"type\":\"SECRET\",\"value\":\"s3cret\"},{\"kind\":\"VARIABLE\",\"name\":\"pw\",\"type\":\"SECRET\",\"value\":\"hunter2\"}]", "");
    CHECK_INT(json_int_at(s.json, "unchanged", -1), 4);
    ask(&s, "POST", SECRETS_OF("p"), "{}");
    CHECK_HAS(answered(&s, "message"), "nothing to do");
    ask(&s, "POST", SECRETS_OF("p"), "{\"pointer\":\"/nowhere\"}");
    CHECK_HAS(answered(&s, "message"), "there is no text at /nowhere");
    ask(&s, "GET", P "/audit-events?$filter=action%20eq%20'pipeline.secure'", NULL);
    CHECK_INT(json_int_at(s.json, "count", 0), 3);
    test_server_close(&s);
}

TEST(secure, is_for_endpoints_and_variables_too)
{
    struct test_server s;
    test_server_open(&s);
    test_objects(&s);
    ask(&s, "POST", P "/endpoints/default/hub/secrets", "{\"pointer\":\"/properties/password\",\"variable\":\"hub-pw\"}");
    CHECK_INT(s.status, 200);
    CHECK_TEXT(answered(&s, "properties.password"), "${var.hub-pw}");
    apply(&s, "[{\"kind\":\"VARIABLE\",\"name\":\"hub-pw\",\"type\":\"SECRET\",\"value\":\"hunter22\"}]", "");
    CHECK_INT(json_int_at(s.json, "unchanged", -1), 1);
    ask(&s, "POST", P "/variables", "{\"name\":\"open\",\"type\":\"REGULAR\",\"value\":\"topsecret\"}");
    ask(&s, "POST", P "/variables/default/open/secrets", "{}");
    CHECK_TEXT(answered(&s, "type"), "SECRET");
    CHECK(!strstr(s.text, "topsecret"));
    ask(&s, "POST", P "/variables/default/open/secrets", "{}");
    CHECK_INT(s.status, 409);
    AUTO_FREE char *viewer = test_user(&s, "vic", "viewer", "");
    ask_as(&s, viewer, "POST", P "/endpoints/default/hub/secrets", "{}");
    CHECK_INT(s.status, 403);
    test_server_close(&s);
}

#define TWO "[{\"kind\":\"PIPELINE\",\"name\":\"a\",\"description\":\"new\"},{\"kind\":\"VARIABLE\",\"name\":\"x\",\"type\":\"REGULAR\",\"value\":\"1\"}]"

TEST(apply, tells_what_would_change_and_changes_nothing)
{
    struct test_server s;
    test_server_open(&s);
    apply(&s, TWO, ",\"dryRun\":true");
    CHECK_INT(s.status, 200);
    CHECK_INT(json_int_at(s.json, "created", 0), 2);
    CHECK_HAS(answered(&s, "documents[1].diff"), "+kind: PIPELINE");
    ask(&s, "GET", P "/pipelines/default/a", NULL);
    CHECK_INT(s.status, 404);
    ask(&s, "GET", P "/audit-events?$filter=action%20eq%20'pipeline.create'", NULL);
    CHECK_INT(json_int_at(s.json, "count", -1), 0);
    apply(&s, TWO, "");
    CHECK_INT(json_int_at(s.json, "created", 0), 2);
    apply(&s, TWO, "");
    CHECK_INT(json_int_at(s.json, "unchanged", 0), 2);
    apply(&s, "[{\"kind\":\"VARIABLE\",\"name\":\"x\",\"type\":\"REGULAR\",\"value\":2}]", ",\"dryRun\":true");
    CHECK_HAS(answered(&s, "documents[0].diff"), "-value: '1'\n+value: '2'");
    apply(&s, "[{\"kind\":\"VARIABLE\",\"name\":\"x\",\"type\":\"SECRET\",\"value\":\"topsecret\"}]", "");
    CHECK_HAS(answered(&s, "documents[0].diff"), "-value: '1'");
    CHECK(!strstr(s.text, "topsecret"));
    apply(&s, "[{\"kind\":\"VARIABLE\",\"name\":\"x\",\"type\":\"SECRET\",\"value\":\"other one\"}]", "");
    CHECK_TEXT(answered(&s, "documents[0].diff"), "(what changes is secret)\n");
    apply(&s, "[{\"kind\":\"PIPELINE\",\"name\":\"a\",\"description\":\"new\",\"mine\":1},{\"kind\":\"VARIABLE\",\"name\":\"bad\",\"type\":\"?\"}]", ",\"dryRun\":true");
    CHECK_INT(s.status, 400);
    CHECK_TEXT(answered(&s, "documents[0].status"), "FAILED"); /* in the order in which they are made */
    CHECK_TEXT(answered(&s, "documents[1].status"), "UPDATED");
    test_server_close(&s);
}

TEST(apply, is_over_when_nothing_would_differ)
{
    static const char *const DOCUMENTS[] = {
        "[{\"kind\":\"VARIABLE\",\"name\":\"v\",\"type\":\"REGULAR\",\"value\":5,\"mine\":true}]", /* a key that is not kept */
        "[{\"kind\":\"PIPELINE\",\"name\":\"p\",\"enabled\":true,\"stages\":{}}]",                       /* it cannot be enabled yet */
    };
    struct test_server s;
    test_server_open(&s);
    for (size_t i = 0; i < ALEN(DOCUMENTS); i++) {
        apply(&s, DOCUMENTS[i], "");
        CHECK_INT(json_int_at(s.json, "created", 0), 1);
        apply(&s, DOCUMENTS[i], ",\"dryRun\":true");
        CHECK_INT(json_int_at(s.json, "unchanged", 0), 1);
    }
    CHECK_HAS(answered(&s, "documents[0].statusMessage"), "imported disabled");
    test_server_close(&s);
}

TEST(apply, sees_what_a_definition_no_longer_says)
{
    struct test_server s;
    test_server_open(&s);
    apply(&s, "[{\"kind\":\"PIPELINE\",\"name\":\"a\",\"tags\":[\"t\"],\"input\":{\"A\":\"1\",\"B\":\"2\"}}]", "");
    apply(&s, "[{\"kind\":\"PIPELINE\",\"name\":\"a\",\"tags\":[\"t\"],\"input\":{\"A\":\"1\",\"B\":\"2\"}}]", "");
    CHECK_INT(json_int_at(s.json, "unchanged", 0), 1);
    apply(&s, "[{\"kind\":\"PIPELINE\",\"name\":\"a\",\"input\":{\"A\":\"1\",\"B\":\"2\"}}]", ",\"dryRun\":true");
    CHECK_HAS(answered(&s, "documents[0].diff"), "-tags:");
    apply(&s, "[{\"kind\":\"PIPELINE\",\"name\":\"a\",\"tags\":[\"t\"],\"input\":{\"A\":\"1\"}}]", ",\"dryRun\":true");
    CHECK_HAS(answered(&s, "documents[0].diff"), "-  B: '2'");
    test_server_close(&s);
}

#define V(name) "{\"kind\":\"VARIABLE\",\"name\":\"" name "\",\"type\":\"REGULAR\",\"value\":\"1\"}"

TEST(apply, prunes_what_the_set_does_not_name)
{
    struct test_server s;
    test_server_open(&s);
    apply(&s, "[" V("stays") "," V("goes") "," V("used") ",{\"kind\":\"PIPELINE\",\"name\":\"p\",\"description\":\"${var.used}\"}]", "");
    ask(&s, "POST", P "/projects", "{\"name\":\"other\"}");
    ask(&s, "POST", P "/variables", "{\"project\":\"other\",\"name\":\"elsewhere\",\"type\":\"REGULAR\",\"value\":\"1\"}");
    apply(&s, "[" V("stays") "]", ",\"prune\":true,\"dryRun\":true");
    CHECK_INT(json_int_at(s.json, "deleted", -1), 1);
    CHECK_INT(json_int_at(s.json, "kept", -1), 1);
    CHECK_HAS(s.text, "it is used by pipeline 'p'");
    ask(&s, "GET", P "/variables/default/goes", NULL);
    CHECK_INT(s.status, 200);
    apply(&s, "[" V("stays") "]", ",\"prune\":true,\"expect\":7");
    CHECK_INT(s.status, 409);
    apply(&s, "[" V("stays") "]", ",\"prune\":true,\"expect\":1");
    CHECK_INT(s.status, 200);
    static const struct { const char *path; int status; } LEFT[] = {
        { "/variables/default/stays", 200 }, { "/variables/default/goes", 404 }, { "/variables/default/used", 200 }, { "/pipelines/default/p", 200 },
        { "/variables/other/elsewhere", 200 }, /* another project; and p is of a kind that the set does not hold */
    };
    for (size_t i = 0; i < ALEN(LEFT); i++) {
        AUTO_FREE char *path = mem_format(P "%s", LEFT[i].path);
        ask(&s, "GET", path, NULL);
        CHECK_INT(s.status, LEFT[i].status);
    }
    apply(&s, "[]", ",\"prune\":true");
    CHECK_INT(s.status, 400);
    apply(&s, "[{\"kind\":\"PROJECT\",\"name\":\"other\"}]", ",\"prune\":true");
    CHECK_HAS(answered(&s, "message"), "nothing is pruned");
    test_server_close(&s);
}

TEST(apply, keeps_to_the_rights_of_who_asks)
{
    struct test_server s;
    test_server_open(&s);
    AUTO_FREE char *member = test_user(&s, "max", "", "member");
    ask_as(&s, member, "POST", P "/apply", "{\"documents\":[{\"kind\":\"PROJECT\",\"name\":\"mine\"}]}");
    CHECK_INT(s.status, 403);
    ask_as(&s, member, "POST", P "/apply", "{\"documents\":[{\"kind\":\"VARIABLE\",\"name\":\"r\",\"type\":\"RESTRICTED\",\"value\":\"x\"}]}");
    CHECK_INT(s.status, 403);
    ask_as(&s, member, "POST", P "/apply", "{\"documents\":[" V("v") "]}");
    CHECK_INT(s.status, 200);
    ask(&s, "POST", P "/variables", "{\"name\":\"r\",\"type\":\"RESTRICTED\",\"value\":\"topsecret\"}");
    ask_as(&s, member, "POST", P "/apply", "{\"dryRun\":true,\"documents\":[{\"kind\":\"VARIABLE\",\"name\":\"r\",\"type\":\"RESTRICTED\",\"value\":\"topsecret\"}]}");
    CHECK_INT(s.status, 403); /* a right guess is told as a wrong one */
    ask_as(&s, member, "POST", P "/apply", "{\"documents\":[{\"kind\":\"VARIABLE\",\"name\":\"r\",\"type\":\"RESTRICTED\"}]}");
    CHECK_INT(json_int_at(s.json, "unchanged", 0), 1);
    ask_as(&s, member, "POST", P "/apply", "{\"prune\":true,\"documents\":[" V("v") "]}");
    CHECK_INT(json_int_at(s.json, "kept", 0), 1); /* what it may not delete */
    test_server_close(&s);
}

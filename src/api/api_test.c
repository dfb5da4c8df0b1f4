#include <stdio.h>
#include <string.h>

#include "api/test_server.h"
#include "base/mem.h"
#include "store/inbox.h"

static const char PUSH[] = "{\"push_data\":{\"tag\":\"v1\",\"pusher\":\"ann\",\"pushed_at\":1417566161},\"repository\":{\"repo_name\":\"acme/web\","
                           "\"name\":\"web\",\"namespace\":\"acme\"}}";

TEST(api, walks_through_every_route_as_every_role)
{
    static const struct { const char *service, *project; enum auth_level level; } ROLES[] = {
        { "", "", AUTH_NOTHING }, { "viewer", "", AUTH_VIEW }, { "executor", "", AUTH_EXECUTE }, { "", "viewer", AUTH_VIEW },
        { "developer", "", AUTH_DEVELOP }, { "", "member", AUTH_DEVELOP }, { "", "administrator", AUTH_RESTRICTED },
        { "administrator", "", AUTH_ADMINISTER },
    };
    struct test_server s;
    test_server_open(&s);
    for (size_t i = 0; i < ALEN(ROLES); i++) {
        AUTO_FREE char *name = mem_format("user%zu", i);
        AUTO_FREE char *token = test_user(&s, name, ROLES[i].service, ROLES[i].project);
        for (const struct route *r = ROUTES; r->method; r++) {
            struct who who = { .user_id = 1, .org_role = "member", .service = ROLES[i].level };
            AUTO_FREE char *path = mem_format("%s%s", r->path[0] == 'P' ? "/codestream/api" : "", r->path + (r->path[0] == 'P'));
            for (char *c = path; *c; c++) /* "{id}" is a name that does not exist */
                *c = *c == '{' || *c == '}' ? 'x' : *c;
            if (r->flags & ROUTE_LOGIN)
                continue;
            ask_as(&s, NULL, r->method, path, r->body == BODY_JSON ? "{}" : NULL);
            if (r->may != MAY_ANYBODY && s.status != 401)
                fail_msg("%s %s without a token: %d", r->method, path, s.status);
            if (r->flags & ROUTE_LIVE) /* stream_test.c listens to it */
                continue;
            ask_as(&s, token, r->method, path, r->body == BODY_JSON ? "{}" : NULL);
            bool may = auth_may(&who, 0, r->may);
            if (may ? s.status == 401 || s.status == 403 || s.status == 500 : s.status != 403)
                fail_msg("%s %s as %s/%s: %d %s", r->method, path, ROLES[i].service, ROLES[i].project, s.status, s.text);
        }
    }
    test_server_close(&s);
}

TEST(api, logs_in_by_every_door)
{
    struct test_server s;
    test_server_open(&s);
    AUTO_FREE char *token = test_user(&s, "ann", "viewer", "");
    ask_as(&s, token, "GET", "/pipeline/api/user-preferences", NULL);
    CHECK_TEXT(answered(&s, "userName"), "ann");
    AUTO_FREE char *form = mem_format("refresh_token=%s", s.api_token);
    ask_as(&s, NULL, "POST", "/csp/gateway/am/api/auth/api-tokens/authorize", form);
    CHECK_INT(s.status, 200);
    ask_as(&s, NULL, "POST", "/csp/gateway/am/idp/auth/login?access_token", "{\"username\":\"ann\",\"password\":\"correct horse\",\"domain\":\"x\"}");
    CHECK_TEXT(answered(&s, "token_type"), "bearer");
    ask_as(&s, NULL, "POST", "/csp/gateway/am/api/login", "{\"username\":\"ann\",\"password\":\"wrong\"}");
    CHECK_INT(s.status, 401);
    CHECK_TEXT(answered(&s, "serverMessage"), "user name or password is wrong");
    for (int i = 0; i < 12; i++)
        ask_as(&s, NULL, "POST", "/iaas/api/login", "{\"refreshToken\":\"guess\"}");
    CHECK_INT(s.status, 429);
    test_server_close(&s);
}

TEST(api, keeps_secrets_and_masks)
{
    struct test_server s;
    test_server_open(&s);
    test_objects(&s);
    CHECK_TEXT(answered(&s, "secretToken"), "abcdefgh12345");
    CHECK_HAS(answered(&s, "webhookUrl"), "https://slipway.test/codestream/api/registry-webhook-listeners/");
    ask(&s, "GET", "/codestream/api/endpoints/default/hub", NULL);
    CHECK_TEXT(answered(&s, "properties.password"), "*****");
    CHECK(!strstr(s.text, "hunter22"));
    CHECK_HAS(answered(&s, "webhookUrl"), "secureToken=");
    AUTO_FREE char *again = mem_text(s.text);
    ask(&s, "PUT", "/codestream/api/endpoints/default/hub", again); /* the mask comes back */
    CHECK_INT(s.status, 200);
    ask(&s, "DELETE", "/codestream/api/endpoints/default/hub", NULL);
    CHECK_INT(s.status, 409);
    CHECK_TEXT(answered(&s, "message"), "endpoint 'hub' is used by Docker webhook: w");
    AUTO_FREE char *viewer = test_user(&s, "vic", "viewer", "");
    ask_as(&s, viewer, "GET", "/codestream/api/registry-webhooks/default/w", NULL);
    CHECK_TEXT(answered(&s, "secretToken"), "*****");
    CHECK_TEXT(answered(&s, "webhookUrl"), "");
    ask(&s, "POST", "/codestream/api/variables", "{\"name\":\"v\",\"type\":\"SECRET\",\"value\":\"topsecret\"}");
    CHECK_TEXT(answered(&s, "value"), "*****");
    ask(&s, "GET", "/codestream/api/variables?$filter=name%20eq%20'v'", NULL);
    CHECK_INT(json_int_at(s.json, "count", 0), 1);
    ask(&s, "POST", "/codestream/api/endpoints", "{\"name\":\"j\",\"type\":\"bamboo\",\"properties\":{}}");
    CHECK_HAS(answered(&s, "message"), "the type is dockerregistry, k8s, docker, git, jenkins, agent, email or jira");
    test_server_close(&s);
}

TEST(api, keeps_what_is_restricted_to_administrators)
{
    static const struct { const char *method, *path, *body; } REFUSED[] = {
        { "POST", "/codestream/api/variables", "{\"name\":\"r\",\"type\":\"RESTRICTED\",\"value\":\"x\"}" },
        { "PUT", "/codestream/api/variables/default/key", "{\"name\":\"key\",\"type\":\"REGULAR\",\"value\":\"x\"}" },
        { "DELETE", "/codestream/api/variables/default/key", NULL },
        { "POST", "/codestream/api/endpoints", "{\"name\":\"e\",\"type\":\"k8s\",\"isRestricted\":true,\"properties\":{\"kubernetesURL\":"
          "\"https://k\",\"authType\":\"token\",\"token\":\"t\"}}" },
        { "POST", "/codestream/api/endpoints", "{\"name\":\"e\",\"type\":\"k8s\",\"properties\":{\"kubernetesURL\":\"https://k\","
          "\"authType\":\"token\",\"token\":\"${var.key}\"}}" },
        { "POST", "/codestream/api/endpoints", "{\"name\":\"e\",\"type\":\"k8s\",\"properties\":{\"kubernetesURL\":\"${var.url}\","
          "\"authType\":\"inCluster\"}}" },
        { "POST", "/codestream/api/endpoint-validation", "{\"name\":\"n\",\"type\":\"k8s\",\"project\":\"default\",\"properties\":"
          "{\"kubernetesURL\":\"https://127.0.0.1:1\",\"authType\":\"token\",\"token\":\"${var.key}\"}}" },
    };
    struct test_server s;
    test_server_open(&s);
    ask(&s, "POST", "/codestream/api/variables", "{\"name\":\"key\",\"type\":\"RESTRICTED\",\"value\":\"topsecret\"}");
    CHECK_INT(s.status, 200);
    AUTO_FREE char *member = test_user(&s, "max", "", "member");
    for (size_t i = 0; i < ALEN(REFUSED); i++) {
        ask_as(&s, member, REFUSED[i].method, REFUSED[i].path, REFUSED[i].body);
        CHECK_INT(s.status, 403);
    }
    AUTO_FREE char *leader = test_user(&s, "lea", "", "administrator");
    ask_as(&s, leader, "POST", "/codestream/api/variables", "{\"name\":\"r\",\"type\":\"RESTRICTED\",\"value\":\"x\"}");
    CHECK_INT(s.status, 200);
    test_server_close(&s);
}

TEST(api, takes_no_typing_error_for_the_default)
{
    static const struct { const char *method, *path, *body, *field; } CASES[] = {
        { "PUT", "/codestream/api/endpoints/default/hub", "{\"isRestricted\":\"yes\",\"properties\":{}}", "isRestricted" },
        { "PUT", "/codestream/api/registry-webhooks/default/w", "{\"enabled\":0}", "enabled" },
        { "PUT", "/pipeline/api/pipelines/default/deploy", "{\"enabled\":\"on\"}", "enabled" },
        { "POST", "/pipeline/api/users", "{\"name\":\"u\",\"password\":\"a long password\",\"disabled\":1}", "disabled" },
    };
    struct test_server s;
    test_server_open(&s);
    test_objects(&s);
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_FREE char *want = mem_format("%s must be true or false", CASES[i].field);
        ask(&s, CASES[i].method, CASES[i].path, CASES[i].body);
        CHECK_INT(s.status, 400);
        CHECK_HAS(s.text, want);
    }
    test_server_close(&s);
}

TEST(api, takes_deliveries_and_nothing_else)
{
    struct test_server s;
    test_server_open(&s);
    test_objects(&s);
    AUTO_FREE char *link = mem_text(answered(&s, "externalListenerLink"));
    AUTO_FREE char *good = mem_format("%s?secureToken=abcdefgh12345", link);
    AUTO_FREE char *bad = mem_format("%s?secureToken=guess", link);
    AUTO_FREE char *cloud = mem_format("/pipeline/api/registry-webhooks/%s?secureToken=abcdefgh12345", answered(&s, "id"));
    ask_as(&s, NULL, "POST", good, PUSH);
    CHECK_INT(s.status, 200);
    CHECK_TEXT(answered(&s, "status"), "accepted");
    ask_as(&s, NULL, "POST", cloud, PUSH);
    CHECK_TEXT(answered(&s, "status"), "repeat");
    ask_as(&s, NULL, "POST", "/pipelines/api/docker-hub-webhooks?secureToken=abcdefgh12345", PUSH);
    CHECK_TEXT(answered(&s, "status"), "repeat");
    ask_as(&s, "abcdefgh12345", "POST", link, PUSH);
    CHECK_TEXT(answered(&s, "status"), "repeat");
    ask_as(&s, NULL, "POST", bad, PUSH);
    CHECK_INT(s.status, 401);
    ask_as(&s, NULL, "POST", "/codestream/api/registry-webhook-listeners/01890a5d-ac96-774b-bcce-b302099a8057?secureToken=x", PUSH);
    CHECK_INT(s.status, 404);
    ask_as(&s, NULL, "POST", good, "{\"push_data\": }");
    CHECK_INT(s.status, 400);
    CHECK_HAS(answered(&s, "message"), "line 1");
    ask(&s, "GET", "/codestream/api/registry-deliveries?$orderby=receivedAt", NULL);
    CHECK_INT(json_int_at(s.json, "totalCount", 0), 3);
    CHECK(!strstr(s.text, "abcdefgh12345"));
    test_server_close(&s);
}

TEST(api, executes_once_for_one_idempotency_key)
{
    struct test_server s;
    test_server_open(&s);
    test_objects(&s);
    ask(&s, "POST", "/codestream/api/pipelines/default/deploy/executions", "{\"comments\":\"by hand\",\"input\":{\"DOCKER_TAG\":\"v1\"}}");
    CHECK_INT(s.status, 202);
    AUTO_FREE char *link = mem_text(answered(&s, "executionLink"));
    ask(&s, "GET", link, NULL);
    CHECK_TEXT(answered(&s, "status"), "QUEUED");
    CHECK_TEXT(answered(&s, "_link"), link);
    ask(&s, "GET", "/codestream/api/executions?$filter=((status%20eq%20'QUEUED')%20and%20(_nested%20eq%20'false'))&$orderby=_requestTimeInMicros%20desc", NULL);
    CHECK_INT(json_int_at(s.json, "count", 0), 1);
    ask(&s, "DELETE", link, NULL);
    CHECK_INT(s.status, 409);
    ask(&s, "DELETE", "/codestream/api/pipelines/default/deploy", NULL);
    CHECK_INT(s.status, 409);
    ask(&s, "GET", "/codestream/api/executions?view=brief", NULL);
    CHECK_HAS(s.text, "\"_stages\":[{\"name\":\"S\",\"status\":\"NOT_STARTED\"}],\"input\":{\"DOCKER_TAG\":\"v1\"}");
    CHECK(!strstr(s.text, "\"stages\""));
    ask(&s, "GET", "/codestream/api/executions?$filter=nonsense%20eq%20'x'", NULL);
    CHECK_HAS(answered(&s, "message"), "have no field 'nonsense'");
    test_server_close(&s);
}

TEST(api, tells_administrators_who_did_what)
{
    struct test_server s;
    test_server_open(&s);
    test_objects(&s);
    ask(&s, "GET", "/codestream/api/audit-events?expand=true&$filter=((action%20eq%20'endpoint.create')%20and%20(project%20eq%20'default'))", NULL);
    CHECK_INT(s.status, 200);
    CHECK(json_int_at(s.json, "count", 0) >= 1);
    CHECK_HAS(s.text, "\"action\":\"endpoint.create\"");
    CHECK_HAS(s.text, "\"project\":\"default\"");
    CHECK_HAS(s.text, "\"createdAt\"");
    ask(&s, "GET", "/codestream/api/audit-events?search=nothing-of-the-kind", NULL);
    CHECK_INT(json_int_at(s.json, "totalCount", -1), 0);
    test_server_close(&s);
}

TEST(api, tags_executions_and_finds_them_by_their_tags)
{
    struct test_server s;
    test_server_open(&s);
    test_objects(&s);
    ask(&s, "POST", "/codestream/api/pipelines/default/deploy/executions", "{\"input\":{},\"tags\":[\"no space\"]}");
    CHECK_HAS(answered(&s, "message"), "tag 'no space' must be 1 to 50 letters");
    ask(&s, "POST", "/codestream/api/pipelines/default/deploy/executions", "{\"input\":{}}");
    AUTO_FREE char *link = mem_text(answered(&s, "executionLink")), *action = mem_format("%s?action=tag", link);
    ask(&s, "POST", action, "{\"tags\":[\"old\"]}");
    ask(&s, "POST", action, "{\"tags\":[\"env-dev\",\"v1.2_3\",\"env-dev\"]}");
    CHECK_INT(s.status, 200);
    CHECK_HAS(s.text, "\"v1.2_3\"");
    ask(&s, "POST", action, "{\"tags\":[\"-dev\"]}");
    CHECK_INT(s.status, 400);
    ask(&s, "POST", action, "{\"tags\":{}}");
    CHECK_INT(s.status, 400);
    static const struct { const char *filter; int count; } FILTERS[] = {
        { "tags%20eq%20'env-dev'", 1 }, { "tags%20eq%20'old'", 0 }, { "not%20(tags%20eq%20'old')", 1 }, { "tags%20ne%20'env-dev'", 0 },
    };
    for (size_t i = 0; i < ALEN(FILTERS); i++) {
        AUTO_FREE char *path = mem_format("/codestream/api/executions?$filter=%s", FILTERS[i].filter);
        ask(&s, "GET", path, NULL);
        CHECK_INT(json_int_at(s.json, "count", -1), FILTERS[i].count);
    }
    ask(&s, "GET", "/codestream/api/executions?$filter=startswith(tags,'e')", NULL);
    CHECK_INT(s.status, 400);
    ask(&s, "GET", "/codestream/api/executions?$orderby=tags", NULL);
    CHECK_INT(s.status, 400);
    test_server_close(&s);
}

TEST(api, shares_global_pipelines_with_all_projects)
{
    static const char RUN[] = "/codestream/api/pipelines/default/deploy/executions", GLOBAL[] = "/codestream/api/pipelines/default/deploy/global";
    struct test_server s;
    test_server_open(&s);
    test_objects(&s);
    ask(&s, "POST", "/codestream/api/projects", "{\"name\":\"other\"}");
    AUTO_FREE char *project = mem_text(answered(&s, "id"));
    AUTO_FREE char *member = test_user(&s, "otto", "", ""), *leader = test_user(&s, "lea", "", "administrator");
    AUTO_FREE char *join = mem_format("/codestream/api/projects/%s/members/otto", project);
    ask(&s, "PUT", join, "{\"role\":\"member\"}");
    CHECK_INT(s.status, 200);
    ask_as(&s, member, "POST", RUN, "{\"input\":{}}");
    CHECK_INT(s.status, 404);
    ask_as(&s, leader, "PATCH", GLOBAL, "{\"global\":true}");
    CHECK_INT(s.status, 403);
    ask_as(&s, leader, "PATCH", "/codestream/api/pipelines/default/deploy", "{\"global\":true}");
    CHECK_INT(s.status, 403);
    ask(&s, "PATCH", GLOBAL, "{\"global\":true}");
    CHECK_INT(s.status, 200);
    ask(&s, "POST", RUN, "{\"input\":{}}");
    AUTO_FREE char *foreign = mem_text(answered(&s, "executionLink"));
    ask_as(&s, member, "GET", "/codestream/api/pipelines", NULL);
    CHECK_INT(json_int_at(s.json, "count", 0), 1);
    ask_as(&s, member, "GET", "/codestream/api/pipelines/default/deploy", NULL);
    CHECK_INT(s.status, 200);
    ask_as(&s, member, "PATCH", "/codestream/api/pipelines/default/deploy", "{\"description\":\"mine\"}");
    CHECK_INT(s.status, 404);
    ask_as(&s, member, "POST", RUN, "{\"input\":{}}");
    CHECK_INT(s.status, 202);
    AUTO_FREE char *own = mem_text(answered(&s, "executionLink")), *pause = mem_format("%s?action=pause", own);
    ask_as(&s, member, "GET", own, NULL);
    CHECK_TEXT(answered(&s, "project"), "default");
    ask_as(&s, member, "POST", pause, "{}");
    CHECK_INT(s.status, 200);
    ask_as(&s, member, "DELETE", own, NULL);
    CHECK_INT(s.status, 404);
    ask_as(&s, member, "GET", foreign, NULL);
    CHECK_INT(s.status, 404);
    ask_as(&s, member, "GET", RUN, NULL);
    CHECK_INT(s.status, 404);
    ask(&s, "PATCH", GLOBAL, "{\"global\":false}");
    ask_as(&s, member, "GET", own, NULL);
    CHECK_INT(s.status, 404);
    test_server_close(&s);
}

TEST(api, imports_what_it_exports)
{
    struct test_server s;
    test_server_open(&s);
    test_objects(&s);
    ask(&s, "GET", "/codestream/api/export?pipelines=deploy&project=default", NULL);
    CHECK_INT(s.status, 200);
    CHECK_HAS(s.text, "kind: PIPELINE");
    AUTO_FREE char *yaml = mem_text(s.text);
    ask(&s, "POST", "/codestream/api/import?action=create", yaml);
    CHECK_INT(s.status, 409);
    ask(&s, "POST", "/codestream/api/import?action=apply", yaml);
    CHECK_INT(s.status, 200);
    CHECK_HAS(s.text, "status: UPDATED");
    ask(&s, "POST", "/codestream/api/import?action=create", "---\nproject: default\nkind: VARIABLE\nname: x\ntype: REGULAR\nvalue: 'y'\n");
    CHECK_HAS(s.text, "status: CREATED");
    test_server_close(&s);
}

TEST(api, looks_at_certificates_of_tls_servers_only)
{
    struct test_server s;
    test_server_open(&s);
    ask(&s, "GET", "/codestream/api/endpoint-certificate?url=http://127.0.0.1:1", NULL);
    CHECK_INT(s.status, 400);
    CHECK_HAS(answered(&s, "message"), "must begin with https://");
    ask(&s, "GET", "/codestream/api/endpoint-certificate", NULL);
    CHECK_INT(s.status, 400);
    ask(&s, "GET", "/codestream/api/endpoint-certificate?cloudProxyId=p1&url=https://127.0.0.1:1", NULL);
    CHECK_INT(s.status, 400);
    CHECK_HAS(answered(&s, "message"), "there is no Cloud Proxy 'p1'");
    AUTO_FREE char *plain = mem_format("/codestream/api/endpoint-certificate?cloudProxyId=default&url=https://127.0.0.1:%d",
                                       http_server_port(s.http)); /* no TLS there */
    ask(&s, "GET", plain, NULL);
    CHECK_INT(s.status, 503);
    test_server_close(&s);
}

TEST(api, lets_a_revoked_token_do_nothing)
{
    struct test_server s;
    test_server_open(&s);
    ask(&s, "POST", "/codestream/api/tokens", "{\"name\":\"ci\",\"serviceRole\":\"viewer\"}");
    AUTO_FREE char *id = mem_text(answered(&s, "id"));
    AUTO_FREE char *login = mem_format("{\"refreshToken\":\"%s\"}", answered(&s, "token"));
    ask_as(&s, NULL, "POST", "/iaas/api/login", login);
    AUTO_FREE char *access = mem_text(answered(&s, "token"));
    ask_as(&s, access, "GET", "/codestream/api/pipelines", NULL);
    CHECK_INT(s.status, 200);
    ask_as(&s, access, "POST", "/codestream/api/variables", "{\"name\":\"v\",\"type\":\"REGULAR\",\"value\":\"1\"}");
    CHECK_INT(s.status, 403);
    AUTO_FREE char *path = mem_format("/codestream/api/tokens/%s", id);
    ask(&s, "DELETE", path, NULL);
    CHECK_INT(s.status, 200);
    ask_as(&s, access, "GET", "/codestream/api/pipelines", NULL);
    CHECK_INT(s.status, 401);
    test_server_close(&s);
}

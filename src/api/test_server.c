#include "api/test_server.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "store_sql.h"

struct asking {
    struct http_call call;
    struct test_server *server;
};

static void asked(struct http_call *call, const struct err *e)
{
    struct asking *a = OWNER(call, struct asking, call);
    struct test_server *s = a->server;
    json_decref(s->json);
    free(s->text);
    s->json = NULL;
    s->status = e ? -1 : call->status;
    s->text = mem_text(e ? e->text : text_of(&call->answer));
    if (!e && !json_read(s->text, strlen(s->text), &s->json, NULL))
        s->json = NULL;
    loop_stop(s->loop);
}

void ask_as(struct test_server *s, const char *token, const char *method, const char *path, const char *body)
{
    struct err e = { 0 };
    struct asking a = { .server = s };
    AUTO_FREE char *url = path[0] == '/' ? mem_format("http://127.0.0.1:%d%s", http_server_port(s->http), path) : mem_text(path);
    AUTO_FREE char *bearer = mem_format("Bearer %s", token ? token : "");
    if (token)
        http_headers_add(&a.call.headers, "Authorization", bearer);
    if (body)
        http_headers_add(&a.call.headers, "Content-Type", body[0] == '{' ? "application/json" : "application/x-yaml");
    if (s->header)
        http_headers_add(&a.call.headers, s->header, s->header_value);
    s->header = NULL;
    a.call.method = method;
    a.call.url = url;
    a.call.body = body;
    a.call.body_size = body ? strlen(body) : 0;
    a.call.done = asked;
    CHECK_OK(http_call_start(&a.call, s->client, &e), e);
    loop_run(s->loop);
    http_headers_fini(&a.call.headers);
}

void ask_with(struct test_server *s, const char *header, const char *value)
{
    s->header = header;
    s->header_value = value;
}

void ask(struct test_server *s, const char *method, const char *path, const char *body)
{
    ask_as(s, s->token, method, path, body);
}

const char *answered(const struct test_server *s, const char *path)
{
    return s->json ? json_text_at(s->json, path, "") : "";
}

void test_server_open(struct test_server *s)
{
    struct err e = { 0 };
    bool first = false;
    *s = (struct test_server){ .api_token = mem_text("slw_test-token-of-the-first-administrator") };
    log_setup(LOG_ERROR, false);
    snprintf(s->folder, sizeof s->folder, "/tmp/slipway-api-XXXXXX");
    CHECK(mkdtemp(s->folder));
    AUTO_FREE char *path = mem_format("%s/slipway.db", s->folder);
    CHECK_OK(loop_create(&s->loop, &e), e);
    CHECK_OK(db_open(s->loop, &(struct db_config){ .path = path, .migrations = STORE_MIGRATIONS }, &s->db, &e), e);
    CHECK_OK(auth_first_start(s->db, s->folder, s->api_token, &first, &e), e);
    CHECK_OK(seal_create("0000000000000000000000000000000000000000000000000000000000000001", NULL, false, &s->seal, &e), e);
    CHECK_OK(http_client_create(s->loop, &(struct http_client_config){ 16, "test" }, &s->client, &e), e);
    CHECK_OK(api_create(&(struct api_config){ .loop = s->loop, .db = s->db, .seal = s->seal, .http = s->client,
                                              .external_url = "https://slipway.test" },
                        &s->api, &e),
             e);
    CHECK_OK(http_server_open(s->loop,
                              &(struct http_server_config){ .address = "127.0.0.1", .limits = HTTP_LIMITS, .handle = api_handle,
                                                            .context = s->api },
                              &s->http, &e),
             e);
    AUTO_FREE char *body = mem_format("{\"refreshToken\":\"%s\"}", s->api_token);
    ask_as(s, NULL, "POST", "/iaas/api/login", body);
    CHECK_INT(s->status, 200);
    s->token = mem_text(answered(s, "token"));
}

void test_server_close(struct test_server *s)
{
    http_server_close(&s->http);
    http_client_destroy(&s->client);
    db_close(&s->db);
    api_destroy(&s->api);
    loop_destroy(&s->loop);
    seal_destroy(&s->seal);
    json_decref(s->json);
    free(s->text);
    free(s->token);
    free(s->api_token);
    AUTO_FREE char *remove = mem_format("rm -rf '%s'", s->folder);
    CHECK_INT(system(remove), 0);
}

char *test_user(struct test_server *s, const char *name, const char *service_role, const char *project_role)
{
    AUTO_FREE char *user = mem_format("{\"name\":\"%s\",\"serviceRole\":\"%s\",\"password\":\"correct horse\"}", name, service_role);
    AUTO_FREE char *login = mem_format("{\"username\":\"%s\",\"password\":\"correct horse\"}", name);
    ask(s, "POST", "/codestream/api/users", user);
    CHECK_INT(s->status, 200);
    if (*project_role) {
        AUTO_FREE char *path = mem_format("/codestream/api/projects/default/members/%s", name);
        AUTO_FREE char *role = mem_format("{\"role\":\"%s\"}", project_role);
        ask(s, "PUT", path, role);
        CHECK_INT(s->status, 200);
    }
    ask_as(s, NULL, "POST", "/csp/gateway/am/api/login?access_token", login);
    CHECK_INT(s->status, 200);
    return mem_text(answered(s, "access_token"));
}

void test_objects(struct test_server *s)
{
    ask(s, "POST", "/codestream/api/endpoints",
        "{\"project\":\"default\",\"name\":\"hub\",\"type\":\"dockerregistry\",\"properties\":{\"serverType\":\"dockerhub\","
        "\"repoURL\":\"https://hub.docker.com/r/acme/web\",\"username\":\"u\",\"password\":\"hunter22\"}}");
    CHECK_INT(s->status, 200);
    ask(s, "POST", "/pipeline/api/pipelines",
        "{\"project\":\"default\",\"name\":\"deploy\",\"enabled\":true,\"options\":[\"DOCKER_TRIGGER\"],\"input\":{\"DOCKER_TAG\":\"\"},"
        "\"stageOrder\":[\"S\"],\"stages\":{\"S\":{\"taskOrder\":[\"T\"],\"tasks\":{\"T\":{\"type\":\"K8S\",\"input\":{}}}}}}");
    CHECK_INT(s->status, 200);
    AUTO_FREE char *webhook = mem_format("{\"project\":\"default\",\"name\":\"w\",\"endpoint\":\"hub\",\"pipeline\":\"deploy\","
                                         "\"imageNameRegExPattern\":\"acme/web\",\"tagNamePattern\":\"v.*\",\"secretToken\":\"abcdefgh12345\","
                                         "\"refreshToken\":\"%s\"}", s->api_token);
    ask(s, "POST", "/codestream/api/registry-webhooks", webhook);
    CHECK_INT(s->status, 200);
}

/* Docker webhooks as people save them: what Docker Hub is to have, who may deliver, new secrets, warnings. */
#include <string.h>

#include "api/test_server.h"
#include "base/mem.h"
#include "runner/hub.h"

#define WEBHOOK "/codestream/api/registry-webhooks/default/w"

static const json_t *at(const struct test_server *s, const char *path)
{
    return json_at(s->json, path);
}

TEST(webhooks, say_what_stands_at_docker_hub)
{
    struct test_server s;
    test_server_open(&s);
    test_objects(&s);
    CHECK_TEXT(answered(&s, "dockerHub.state"), "pending");
    CHECK_TEXT(answered(&s, "registration"), "automatic");
    CHECK_TEXT(answered(&s, "sweep"), "on");
    CHECK_INT(json_int_at(s.json, "runLimit", 0), 60);
    CHECK_INT(json_array_size(at(&s, "senders")), 0);
    CHECK_INT(json_array_size(at(&s, "warnings")), 0);
    CHECK(json_is_null(at(&s, "firstDelivery")));
    ask(&s, "GET", "/codestream/api/registry-hooks", NULL);
    CHECK_INT(s.status, 200);
    CHECK_INT(json_int_at(s.json, "count", 0), 1);
    ask(&s, "DELETE", WEBHOOK, NULL);
    CHECK_INT(s.status, 200);
    CHECK_TEXT(answered(&s, "dockerHub.state"), "pending");
    ask(&s, "DELETE", "/codestream/api/endpoints/default/hub", NULL);
    CHECK_INT(s.status, 409);
    CHECK_HAS(answered(&s, "message"), "is needed to delete at Docker Hub: slipway-w-");
    ask(&s, "GET", "/codestream/api/registry-hooks?expand=true", NULL);
    const char *link = json_string_value(json_array_get(at(&s, "links"), 0));
    AUTO_FREE char *path = mem_text(link);
    CHECK(path);
    AUTO_FREE char *developer = test_user(&s, "dora", "developer", "");
    ask_as(&s, developer, "DELETE", path, NULL);
    CHECK_INT(s.status, 403);
    ask(&s, "DELETE", path, NULL);
    CHECK_INT(s.status, 200);
    CHECK_TEXT(answered(&s, "wanted"), "gone");
    ask(&s, "DELETE", "/codestream/api/endpoints/default/hub", NULL);
    CHECK_INT(s.status, 200);
    test_server_close(&s);
}

TEST(webhooks, check_what_is_saved_and_name_the_field)
{
    static const struct { const char *body, *field; } CASES[] = {
        { "{\"registration\":\"byMagic\"}", "registration" }, { "{\"sweep\":\"maybe\"}", "sweep" },
        { "{\"runLimit\":-1}", "runLimit" },                  { "{\"runLimit\":\"many\"}", "runLimit" },
        { "{\"senders\":\"10.0.0.0/8\"}", "senders" },        { "{\"senders\":[\"10.0.0.1/8\"]}", "senders" },
        { "{\"senders\":[7]}", "senders" },                   { "{\"enabled\":\"no\"}", "enabled must be true or false" },
    };
    struct test_server s;
    test_server_open(&s);
    test_objects(&s);
    for (size_t i = 0; i < ALEN(CASES); i++) {
        ask(&s, "PUT", WEBHOOK, CASES[i].body);
        CHECK_INT(s.status, 400);
        CHECK_HAS(s.text, CASES[i].field);
    }
    ask(&s, "PUT", WEBHOOK, "{\"registration\":\"manual\",\"sweep\":\"off\",\"runLimit\":0,\"senders\":[\"192.0.2.0/24\",\"2001:db8::/32\"]}");
    CHECK_INT(s.status, 200);
    ask(&s, "PUT", WEBHOOK, "{\"description\":\"unchanged\"}");
    CHECK_TEXT(answered(&s, "registration"), "manual");
    CHECK_TEXT(answered(&s, "sweep"), "off");
    CHECK_INT(json_int_at(s.json, "runLimit", 7), 0);
    CHECK_INT(json_array_size(at(&s, "senders")), 2);
    test_server_close(&s);
}

TEST(webhooks, lend_restricted_credentials_to_docker_hub_for_administrators_only)
{
    struct test_server s;
    test_server_open(&s);
    test_objects(&s);
    AUTO_FREE char *developer = test_user(&s, "dora", "developer", "");
    ask(&s, "PUT", "/codestream/api/endpoints/default/hub", "{\"isRestricted\":true,\"properties\":{\"serverType\":\"dockerhub\",\"repoURL\":\"acme/web\"}}");
    CHECK_INT(s.status, 200);
    ask_as(&s, developer, "PUT", WEBHOOK, "{\"imageNameRegExPattern\":\"acme/other\"}");
    CHECK_INT(s.status, 403);
    CHECK_HAS(answered(&s, "message"), "endpoint 'hub' is restricted");
    ask_as(&s, developer, "PUT", WEBHOOK, "{\"imageNameRegExPattern\":\"acme/other\",\"registration\":\"manual\"}");
    CHECK_INT(s.status, 200);
    ask_as(&s, developer, "PUT", WEBHOOK, "{\"registration\":\"automatic\"}");
    CHECK_INT(s.status, 403);
    AUTO_FREE char *body = mem_format("{\"project\":\"default\",\"name\":\"v\",\"endpoint\":\"hub\",\"pipeline\":\"deploy\",\"imageNameRegExPattern\":\"acme/web\","
                                      "\"refreshToken\":\"%s\"}", s.api_token);
    ask_as(&s, developer, "POST", "/codestream/api/registry-webhooks", body);
    CHECK_INT(s.status, 200);
    CHECK_TEXT(answered(&s, "registration"), "manual");
    ask(&s, "PUT", WEBHOOK, "{\"registration\":\"automatic\"}");
    CHECK_INT(s.status, 200);
    test_server_close(&s);
}

#define PUSH(tag) "{\"push_data\":{\"tag\":\"" tag "\",\"pushed_at\":1700000000},\"repository\":{\"repo_name\":\"acme/web\",\"name\":\"web\",\"namespace\":\"acme\"}}"

static char *webhook_path(struct test_server *s)
{
    ask(s, "GET", WEBHOOK, NULL);
    return mem_text(strstr(answered(s, "webhookUrl"), "/codestream"));
}

TEST(webhooks, rotate_their_secret_and_take_the_old_one_for_a_while)
{
    struct test_server s;
    test_server_open(&s);
    test_objects(&s);
    AUTO_FREE char *old = webhook_path(&s);
    AUTO_FREE char *id = mem_format("/codestream/api/registry-webhooks/%s?action=rotate", answered(&s, "id"));
    ask_as(&s, NULL, "POST", id, "{}");
    CHECK_INT(s.status, 401);
    ask(&s, "POST", id, NULL);
    CHECK_INT(s.status, 200);
    AUTO_FREE char *fresh = mem_text(strstr(answered(&s, "webhookUrl"), "/codestream"));
    CHECK(!text_is(old, fresh));
    ask_as(&s, NULL, "POST", old, PUSH("v1"));
    CHECK_INT(s.status, 200);
    ask_as(&s, NULL, "POST", fresh, PUSH("v2"));
    CHECK_INT(s.status, 200);
    ask(&s, "GET", WEBHOOK, NULL);
    CHECK_TEXT(answered(&s, "firstDelivery.recognised"), "acme/web:v1");
    CHECK_TEXT(answered(&s, "lastDelivery.recognised"), "acme/web:v2");
    CHECK_TEXT(answered(&s, "lastDelivery.verdict"), "accepted");
    ask(&s, "GET", "/codestream/api/registry-webhooks", NULL);
    CHECK_HAS(s.text, "\"lastDelivery\":{");
    ask(&s, "POST", WEBHOOK "?action=register", NULL);
    CHECK_INT(s.status, 200);
    ask(&s, "POST", WEBHOOK "?action=fly", NULL);
    CHECK_INT(s.status, 400);
    test_server_close(&s);
}

TEST(webhooks, take_deliveries_from_their_networks_only)
{
    struct test_server s;
    test_server_open(&s);
    test_objects(&s);
    AUTO_FREE char *path = webhook_path(&s);
    ask(&s, "PUT", WEBHOOK, "{\"senders\":[\"192.0.2.0/24\"]}");
    ask_as(&s, NULL, "POST", path, PUSH("v1"));
    CHECK_INT(s.status, 403);
    CHECK_HAS(answered(&s, "message"), "address 127.0.0.1 is in none of the networks");
    ask(&s, "GET", "/codestream/api/registry-deliveries?$filter=verdict%20eq%20'forbidden'", NULL);
    CHECK_INT(json_int_at(s.json, "count", 0), 1);
    ask(&s, "PUT", WEBHOOK, "{\"senders\":[\"192.0.2.0/24\",\"127.0.0.0/8\"]}");
    ask_as(&s, NULL, "POST", path, PUSH("v1"));
    CHECK_INT(s.status, 200);
    test_server_close(&s);
}

static const char *peer(const char *proxies, const char *remote, const char *forwarded, const char *more)
{
    static char out[PEER_TEXT];
    struct proxies p;
    struct http_headers headers = { 0 };
    proxies_read(proxies, &p);
    http_headers_add(&headers, "X-Forwarded-For", forwarded);
    if (more)
        http_headers_add(&headers, "x-forwarded-for", more);
    peer_of(&p, &(struct http_request){ .remote = remote, .headers = &headers }, out);
    http_headers_fini(&headers);
    return out;
}

TEST(webhooks, believe_trusted_proxies_alone)
{
    CHECK_TEXT(peer("", "10.0.0.7", "192.0.2.1", NULL), "10.0.0.7");
    CHECK_TEXT(peer("10.0.0.0/8", "10.0.0.7", "192.0.2.1", NULL), "192.0.2.1");
    CHECK_TEXT(peer("10.0.0.0/8", "10.0.0.7", "203.0.113.9, 192.0.2.1, 10.0.0.8", NULL), "192.0.2.1");
    CHECK_TEXT(peer("10.0.0.0/8", "10.0.0.7", "192.0.2.1", "10.0.0.8"), "192.0.2.1");
    CHECK_TEXT(peer("10.0.0.0/8", "10.0.0.7", "nonsense", NULL), "10.0.0.7");
    CHECK_TEXT(peer("10.0.0.0/8, ::1", "::1", "2001:db8::7", NULL), "2001:db8::7");
    CHECK_TEXT(peer("10.0.0.0/8", "198.51.100.1", "192.0.2.1", NULL), "198.51.100.1");
}

TEST(webhooks, know_which_servers_the_internet_cannot_reach)
{
    static const struct { const char *url; size_t problems; const char *first; } CASES[] = {
        { "", 1, "external-url is not set" },
        { "https://slipway.example.com", 0, NULL },
        { "https://8.8.8.8:8443/x", 0, NULL },
        { "http://slipway.example.com", 1, "external-url is plain http" },
        { "http://127.0.0.1:8080", 2, "external-url leads to 127.0.0.1, which" },
        { "https://[::1]:8080", 1, "external-url leads to ::1" },
        { "https://10.1.2.3", 1, "external-url leads to 10.1.2.3" },
        { "https://laptop", 1, "external-url leads to laptop" },
        { "https://Server.LOCAL:1", 1, "external-url leads to Server.LOCAL" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_JSON *problems = hub_reach_problems(CASES[i].url);
        CHECK_INT(json_array_size(problems), CASES[i].problems);
        if (CASES[i].first)
            CHECK_HAS(json_string_value(json_array_get(problems, 0)), CASES[i].first);
    }
}

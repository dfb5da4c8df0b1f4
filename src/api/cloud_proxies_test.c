/* Cloud Proxies from their making to their end, with a proxy of their own in the test's process. */
#include <string.h>

#include "api/test_server.h"
#include "base/clock.h"
#include "base/mem.h"
#include "proxy/proxy.h"
#include "wire/proof.h"

#define PROXIES "/codestream/api/cloud-proxies"
#define ENDPOINTS "/codestream/api/endpoints"

static char *make(struct test_server *s, const char *body)
{
    ask(s, "POST", PROXIES, body);
    CHECK_INT(s->status, 200);
    return mem_text(answered(s, "id"));
}

static char *token_of(struct test_server *s, const char *name)
{
    AUTO_FREE char *path = mem_format(PROXIES "/%s/tokens", name);
    ask(s, "POST", path, "{}");
    CHECK_INT(s->status, 200);
    CHECK_HAS(answered(s, "command"), "slipway proxy --server https://slipway.test --token slp_");
    return mem_text(answered(s, "token"));
}

TEST(cloud_proxies, are_made_changed_and_deleted)
{
    static const struct { const char *body, *field; int status; } BAD[] = {
        { "{}", "name", 400 }, { "{\"name\":\"default\"}", "name", 400 }, { "{\"name\":\"x\",\"project\":\"nosuch\"}", "project", 400 },
        { "{\"name\":\"west\"}", "name", 409 },
    };
    struct test_server s;
    test_server_open(&s);
    AUTO_FREE char *id = make(&s, "{\"name\":\"west\",\"description\":\"first\"}");
    CHECK_TEXT(answered(&s, "status"), "NEVER_CONNECTED");
    CHECK_TEXT(answered(&s, "customProperties.proxyName"), "west");
    for (size_t i = 0; i < ALEN(BAD); i++) {
        ask(&s, "POST", PROXIES, BAD[i].body);
        CHECK_INT(s.status, BAD[i].status);
        CHECK_TEXT(answered(&s, "field"), BAD[i].field);
    }
    AUTO_FREE char *path = mem_format(PROXIES "/%s", id);
    ask(&s, "PUT", path, "{\"description\":\"second\"}");
    CHECK_TEXT(answered(&s, "description"), "second");
    CHECK_TEXT(answered(&s, "name"), "west");
    ask(&s, "GET", "/codestream/api/cloud-proxy", NULL); /* as Code Stream's clients ask */
    CHECK_INT(json_int_at(s.json, "count", 0), 1);
    CHECK_HAS(s.text, "\"proxyName\":\"west\"");
    ask(&s, "GET", PROXIES "/nosuch", NULL);
    CHECK_INT(s.status, 404);
    ask(&s, "DELETE", path, NULL);
    CHECK_INT(s.status, 200);
    ask(&s, "GET", path, NULL);
    CHECK_INT(s.status, 404);
    test_server_close(&s);
}

TEST(cloud_proxies, are_chosen_by_endpoints_of_their_project)
{
    struct test_server s;
    test_server_open(&s);
    ask(&s, "POST", "/codestream/api/projects", "{\"name\":\"other\"}");
    AUTO_FREE char *id = make(&s, "{\"name\":\"west\"}"), *own = make(&s, "{\"name\":\"theirs\",\"project\":\"other\"}");
    ask(&s, "POST", ENDPOINTS, "{\"project\":\"default\",\"name\":\"r\",\"type\":\"dockerregistry\",\"cloudProxyId\":\"west\","
                               "\"properties\":{\"serverType\":\"distribution\",\"repoURL\":\"https://registry.corp/a/b\"}}");
    CHECK_INT(s.status, 200);
    CHECK_TEXT(answered(&s, "cloudProxyId"), id);
    ask(&s, "PUT", ENDPOINTS "/default/r", "{\"description\":\"the proxy stays\",\"properties\":{\"serverType\":\"distribution\",\"repoURL\":\"https://registry.corp/a/b\"}}");
    CHECK_TEXT(answered(&s, "cloudProxyId"), id);
    ask(&s, "GET", "/codestream/api/export?project=default&endpoints=r", NULL);
    CHECK_HAS(s.text, "cloudProxyId: west");
    AUTO_FREE char *filter = mem_format(ENDPOINTS "?$filter=cloudProxyId%%20eq%%20'%s'", id);
    ask(&s, "GET", filter, NULL);
    CHECK_INT(json_int_at(s.json, "count", 0), 1);
    ask(&s, "PUT", ENDPOINTS "/default/r", "{\"cloudProxyId\":\"theirs\",\"properties\":{\"serverType\":\"distribution\",\"repoURL\":\"https://registry.corp/a/b\"}}");
    CHECK_INT(s.status, 400);
    CHECK_TEXT(answered(&s, "field"), "cloudProxyId");
    ask(&s, "DELETE", PROXIES "/west", NULL);
    CHECK_INT(s.status, 409);
    CHECK_HAS(answered(&s, "message"), "endpoints are reached through Cloud Proxy 'west': r");
    ask(&s, "PUT", PROXIES "/west", "{\"project\":\"other\"}");
    CHECK_INT(s.status, 409);
    ask(&s, "PUT", ENDPOINTS "/default/r", "{\"cloudProxyId\":\"default\",\"properties\":{\"serverType\":\"distribution\",\"repoURL\":\"https://registry.corp/a/b\"}}");
    CHECK_TEXT(answered(&s, "cloudProxyId"), "");
    ask(&s, "PUT", PROXIES "/west", "{\"project\":\"other\"}");
    CHECK_INT(s.status, 200);
    ask(&s, "DELETE", "/codestream/api/projects/other", NULL);
    CHECK_INT(s.status, 409);
    CHECK_HAS(answered(&s, "message"), "Cloud Proxies");
    AUTO_FREE char *member = test_user(&s, "mia", "", "member");
    ask_as(&s, member, "GET", PROXIES, NULL);
    CHECK_INT(json_int_at(s.json, "count", 7), 0); /* both are of a project that she does not see */
    ask_as(&s, member, "GET", PROXIES "/theirs", NULL);
    CHECK_INT(s.status, 404);
    test_server_close(&s);
}

TEST(cloud_proxies, lend_their_credentials_to_whom_administrators_allow)
{
    static const char BODY[] = "{\"project\":\"default\",\"name\":\"c\",\"type\":\"k8s\",\"cloudProxyId\":\"west\",\"properties\":{\"proxyCredential\":\"prod\"}}";
    struct test_server s;
    test_server_open(&s);
    AUTO_FREE char *id = make(&s, "{\"name\":\"west\"}"), *member = test_user(&s, "mia", "", "member");
    ask_as(&s, member, "POST", ENDPOINTS, BODY);
    CHECK_INT(s.status, 403);
    ask(&s, "POST", ENDPOINTS, BODY);
    CHECK_INT(s.status, 200);
    test_server_close(&s);
}

/* ---- enrolment */

static void enrol(struct test_server *s, const char *token, const struct proof_key *key, const char *name)
{
    AUTO_FREE char *public = proof_public_text(key->public), *proof = proof_sign(key, "enrol", token, public);
    AUTO_FREE char *body = mem_format("{\"token\":\"%s\",\"publicKey\":\"%s\",\"proof\":\"%s\",\"hostName\":\"h1\",\"version\":\"9\",\"name\":\"%s\"}", token, public, proof, name);
    ask_as(s, NULL, "POST", "/codestream/api/cloud-proxy-enrolments", body);
}

TEST(cloud_proxies, enrol_one_instance_by_a_token)
{
    struct test_server s;
    struct proof_key mine, thief;
    test_server_open(&s);
    proof_key_new(&mine);
    proof_key_new(&thief);
    AUTO_FREE char *id = make(&s, "{\"name\":\"west\"}"), *token = token_of(&s, "west");
    enrol(&s, "slp_wrong", &mine, "");
    CHECK_INT(s.status, 401);
    enrol(&s, token, &mine, "east");
    CHECK_INT(s.status, 400);
    CHECK_HAS(answered(&s, "message"), "this token is of Cloud Proxy 'west'");
    enrol(&s, token, &mine, "west");
    CHECK_INT(s.status, 200);
    AUTO_FREE char *instance = mem_text(answered(&s, "instance"));
    enrol(&s, token, &mine, "west"); /* its answer was lost */
    CHECK_TEXT(answered(&s, "instance"), instance);
    enrol(&s, token, &thief, "west");
    CHECK_INT(s.status, 403);
    CHECK_HAS(answered(&s, "message"), "was used at");
    CHECK_HAS(answered(&s, "message"), "by h1");
    AUTO_FREE char *revoke = mem_format(PROXIES "/west/instances/%s", instance);
    ask(&s, "DELETE", revoke, NULL);
    CHECK_INT(s.status, 200);
    CHECK_HAS(s.text, "\"status\":\"REVOKED\"");
    enrol(&s, token, &mine, "west"); /* nor comes it back by the same token */
    CHECK_INT(s.status, 403);
    ask(&s, "POST", PROXIES "/west/tokens", "{\"hours\":0}");
    CHECK_INT(s.status, 400);
    AUTO_FREE char *old = token_of(&s, "west");
    clock_set(clock_now() + 25 * CLOCK_HOUR);
    enrol(&s, old, &thief, "");
    CHECK_INT(s.status, 403);
    CHECK_HAS(answered(&s, "message"), "ended at");
    clock_set(0);
    test_server_close(&s);
}

/* ---- a link */

struct behind {
    struct test_server s;
    struct proxy *proxy;
    struct http_server *target;
    char url[64], state[96], journal[96], allow[64];
    int target_requests;
    bool stopped;
};

static void ended(void *context, const struct err *why)
{
    (void)context;
    fail_msg("the proxy gave up: %s", why->text);
}

static void stopped(void *context)
{
    ((struct behind *)context)->stopped = true;
}

static void registry(void *context, struct http_request *r)
{
    struct behind *b = context;
    (void)r;
    b->target_requests++;
    http_answer_header(r, "Docker-Distribution-Api-Version", "registry/2.0");
    http_answer(r, 200, "application/json", "{}", 2);
}

static const char *status_of(struct behind *b)
{
    ask(&b->s, "GET", PROXIES "/west", NULL);
    return answered(&b->s, "status");
}

static void wait_for(struct behind *b, const char *status)
{
    int64_t until = clock_mono() + 10 * CLOCK_SECOND;
    while (!text_is(status_of(b), status))
        if (clock_mono() > until)
            fail_msg("it is %s and not %s", status_of(b), status);
}

static void start_proxy(struct behind *b, const char *token)
{
    struct err e = { 0 };
    struct proxy_config config = { .loop = b->s.loop, .server = b->url, .token = token, .allow = b->allow, .state = b->state, .journal = b->journal,
                                   .receive = "127.0.0.1", .ended = ended, .context = b };
    CHECK_OK(proxy_create(&config, &b->proxy, &e), e);
}

static void open_behind(struct behind *b)
{
    struct err e = { 0 };
    *b = (struct behind){ 0 };
    test_server_open(&b->s);
    CHECK_OK(http_server_open(b->s.loop, &(struct http_server_config){ .address = "127.0.0.1", .handle = registry, .context = b }, &b->target, &e), e);
    snprintf(b->url, sizeof b->url, "http://127.0.0.1:%d", http_server_port(b->s.http));
    snprintf(b->state, sizeof b->state, "%s/state", b->s.folder);
    snprintf(b->journal, sizeof b->journal, "%s/journal", b->s.folder);
    snprintf(b->allow, sizeof b->allow, "127.0.0.1:%d", http_server_port(b->target));
    AUTO_FREE char *id = make(&b->s, "{\"name\":\"west\"}"), *token = token_of(&b->s, "west");
    start_proxy(b, token);
    wait_for(b, "CONNECTED");
}

static void stop_proxy(struct behind *b)
{
    b->stopped = false;
    proxy_stop(b->proxy, stopped, b);
    while (!b->stopped)
        loop_wait(b->s.loop);
    proxy_destroy(&b->proxy);
}

static void close_behind(struct behind *b)
{
    if (b->proxy)
        stop_proxy(b);
    wait_for(b, "DISCONNECTED");
    http_server_close(&b->target);
    test_server_close(&b->s);
}

TEST(cloud_proxies, show_their_links)
{
    struct behind b;
    open_behind(&b);
    const json_t *instance = json_array_get(json_object_get(b.s.json, "instances"), 0);
    CHECK_TEXT(json_text_at(instance, "status", ""), "CONNECTED");
    CHECK_TEXT(json_text_at(instance, "allow[0]", ""), b.allow);
    CHECK(json_bool_at(instance, "receives", false));
    AUTO_FREE char *id = mem_text(json_text_at(instance, "id", "")), *path = mem_format(PROXIES "/west/instances/%s", id);
    ask(&b.s, "POST", path, "{\"action\":\"dance\"}");
    CHECK_INT(b.s.status, 400);
    ask(&b.s, "POST", path, "{\"action\":\"rotate\"}");
    CHECK_INT(b.s.status, 200);
    stop_proxy(&b);
    wait_for(&b, "DISCONNECTED");
    ask(&b.s, "POST", path, "{\"action\":\"rotate\"}");
    CHECK_INT(b.s.status, 409);
    start_proxy(&b, NULL); /* by its new key */
    wait_for(&b, "CONNECTED");
    stop_proxy(&b);
    start_proxy(&b, NULL); /* which is the only one now */
    wait_for(&b, "CONNECTED");
    ask(&b.s, "DELETE", path, NULL);
    CHECK_INT(b.s.status, 200);
    wait_for(&b, "DISCONNECTED");
    close_behind(&b);
}

TEST(cloud_proxies, lead_to_what_stands_behind_them)
{
    struct behind b;
    open_behind(&b);
    AUTO_FREE char *look = mem_format("/codestream/api/endpoint-certificate?cloudProxyId=west&url=https://%s", b.allow);
    ask(&b.s, "GET", look, NULL);
    CHECK_INT(b.s.status, 503); /* no TLS there; but it was reached: another place is refused */
    ask(&b.s, "GET", "/codestream/api/endpoint-certificate?cloudProxyId=west&url=https://127.0.0.1:1", NULL);
    CHECK_INT(b.s.status, 403);
    CHECK_HAS(answered(&b.s, "message"), "not on the allow-list");
    close_behind(&b);
}

static int64_t deliveries(struct behind *b)
{
    ask(&b->s, "GET", "/codestream/api/registry-deliveries", NULL);
    return json_int_at(b->s.json, "totalCount", -1);
}

static void post_to_proxy(struct behind *b, const char *path, const char *body)
{
    AUTO_FREE char *url = mem_format("http://127.0.0.1:%d%s", proxy_receive_port(b->proxy), path);
    ask_as(&b->s, NULL, "POST", url, body);
}

TEST(cloud_proxies, bring_webhooks_once)
{
    struct behind b;
    open_behind(&b);
    test_objects(&b.s);
    AUTO_FREE char *id = mem_text(answered(&b.s, "id")), *path = mem_format("/codestream/api/registry-webhooks/%s?secureToken=abcdefgh12345", id);
    for (int i = 0; i < 5; i++) {
        AUTO_FREE char *body = mem_format("{\"push_data\":{\"pushed_at\":%d,\"tag\":\"v%d\",\"pusher\":\"p\"},\"repository\":{\"repo_name\":\"acme/web\",\"name\":\"web\","
                                          "\"namespace\":\"acme\"}}", 1700000000 + i, i);
        post_to_proxy(&b, path, body);
        CHECK_INT(b.s.status, 200);
        CHECK_TEXT(answered(&b.s, "status"), "journaled");
    }
    int64_t until = clock_mono() + 10 * CLOCK_SECOND;
    while (deliveries(&b) < 5)
        CHECK(clock_mono() < until);
    ask(&b.s, "GET", "/codestream/api/registry-deliveries?expand=true&$filter=verdict%20eq%20'accepted'", NULL);
    CHECK_INT(json_int_at(b.s.json, "count", 0), 5);
    post_to_proxy(&b, "/codestream/api/registry-webhooks/nosuch", "{}"); /* taken, and refused by the server: forgotten */
    post_to_proxy(&b, "/elsewhere", "{}");
    CHECK_INT(b.s.status, 404);
    stop_proxy(&b);
    wait_for(&b, "DISCONNECTED");
    CHECK_INT(deliveries(&b), 5);
    close_behind(&b);
}

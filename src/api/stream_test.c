/* What changes is told: the stream that keeps pages live. */
#include <string.h>

#include "api/test_server.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"

struct listening {
    struct http_call call;
    struct test_server *server;
    struct text heard;
    const char *wanted;
    struct timer patience;
};

static void waited_enough(struct timer *t)
{
    loop_stop(OWNER(t, struct listening, patience)->server->loop);
}

static bool hear(struct http_call *c, const char *bytes, size_t size)
{
    struct listening *l = OWNER(c, struct listening, call);
    text_add_n(&l->heard, bytes, size);
    if (l->wanted && strstr(text_of(&l->heard), l->wanted))
        loop_stop(l->server->loop);
    return true;
}

static void ended(struct http_call *c, const struct err *e)
{
    (void)e;
    loop_stop(OWNER(c, struct listening, call)->server->loop);
}

static void listen_as(struct listening *l, struct test_server *s, const char *token)
{
    struct err e = { 0 };
    AUTO_FREE char *bearer = mem_format("Bearer %s", token);
    l->server = s;
    l->call = (struct http_call){ .method = "GET", .url = mem_format("http://127.0.0.1:%d/pipeline/api/changes", http_server_port(s->http)),
                                  .on_data = hear, .done = ended };
    http_headers_add(&l->call.headers, "Authorization", bearer);
    CHECK_OK(http_call_start(&l->call, s->client, &e), e);
}

static void stop_listening(struct listening *l)
{
    http_call_cancel(&l->call);
    http_headers_fini(&l->call.headers);
    free((char *)l->call.url);
    text_fini(&l->heard);
}

static void wait_for(struct listening *l, const char *wanted)
{
    l->wanted = wanted;
    timer_set(&l->patience, l->server->loop, 10 * CLOCK_SECOND, waited_enough);
    if (!strstr(text_of(&l->heard), wanted))
        loop_run(l->server->loop);
    timer_clear(&l->patience);
    CHECK_HAS(text_of(&l->heard), wanted);
    l->wanted = NULL;
}

#define VARIABLE "{\"name\":\"%s\",\"project\":\"%s\",\"type\":\"REGULAR\",\"value\":\"1\"}"

static void make_variable(struct test_server *s, const char *name, const char *project)
{
    AUTO_FREE char *body = mem_format(VARIABLE, name, project);
    ask(s, "POST", "/pipeline/api/variables", body);
    CHECK_INT(s->status, 200);
}

TEST(stream, names_what_changed)
{
    struct test_server s;
    struct listening l = { 0 };
    test_server_open(&s);
    listen_as(&l, &s, s.token);
    wait_for(&l, "event: hello");
    make_variable(&s, "one", "default");
    wait_for(&l, "\"variables\":true");
    test_objects(&s);
    wait_for(&l, "\"webhooks\":true");
    stop_listening(&l);
    test_server_close(&s);
}

TEST(stream, says_nothing_of_projects_that_the_reader_may_not_see)
{
    struct test_server s;
    struct listening l = { 0 };
    test_server_open(&s);
    AUTO_FREE char *viewer = test_user(&s, "vera", "", "viewer");
    ask(&s, "POST", "/pipeline/api/projects", "{\"name\":\"hidden\"}");
    listen_as(&l, &s, viewer);
    wait_for(&l, "event: hello");
    make_variable(&s, "secret", "hidden");
    ask(&s, "POST", "/pipeline/api/endpoints", "{\"name\":\"far\",\"project\":\"default\",\"type\":\"k8s\",\"properties\":{\"kubernetesURL\":\"https://k\"}}");
    wait_for(&l, "endpoints");
    CHECK(!strstr(text_of(&l.heard), "variables"));
    stop_listening(&l);
    test_server_close(&s);
}

TEST(stream, ends_when_the_token_is_revoked)
{
    struct test_server s;
    struct listening l = { 0 };
    test_server_open(&s);
    AUTO_FREE char *viewer = test_user(&s, "vera", "viewer", "");
    listen_as(&l, &s, viewer);
    wait_for(&l, "event: hello");
    ask(&s, "DELETE", "/pipeline/api/users/vera", NULL);
    wait_for(&l, "event: end");
    stop_listening(&l);
    test_server_close(&s);
}

#include "proxy/scene_test.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "wire/proof.h"

static void changed(void *context, const char *instance, bool linked)
{
    (void)context, (void)instance, (void)linked;
}

static void delivered(void *context, struct agent_delivery *d)
{
    struct scene *s = context;
    bool kept = s->refuse_told-- <= 0;
    s->told_count += kept;
    if (kept && !s->count_told)
        text_addf(&s->told, "%lld:%s:%s ", (long long)d->number, d->path + strlen(d->path) - 1, d->body);
    agents_kept(d, kept);
}

static void serve(void *context, struct http_request *r)
{
    struct scene *s = context;
    char instance[ID_TEXT], challenge[200], signature[200];
    const char *shown = http_headers_get(r->headers, "Authorization");
    static unsigned char keys[2][PROOF_PUBLIC];
    if (text_is(r->method, "POST")) {
        AUTO_JSON *body = NULL;
        CHECK(json_read(r->body, r->body_size, &body, NULL));
        CHECK(proof_public_read(json_text_at(body, "publicKey", ""), keys[s->enrolled % 2]));
        AUTO_FREE char *answer = mem_format("{\"instance\":\"01900000-0000-7000-8000-00000000000%d\",\"name\":\"scene\"}", s->enrolled++ % 2);
        http_answer(r, 200, "application/json", answer, strlen(answer));
        return;
    }
    if (!shown) {
        http_answer_header(r, "WWW-Authenticate", PROOF_PROTOCOL " a-challenge");
        http_answer(r, 401, "application/json", "{}", 2);
        return;
    }
    CHECK_INT(sscanf(shown, PROOF_PROTOCOL " %36s %199s %199s", instance, challenge, signature), 3);
    const unsigned char *key = keys[instance[35] - '0'];
    CHECK_TEXT(challenge, "a-challenge");
    CHECK(proof_check(key, "link", instance, challenge, signature));
    CHECK(!proof_check(key, "enrol", instance, challenge, signature));
    s->links++;
    agents_link(s->agents, r, &(struct agent_hello){ .instance = instance, .proxy = SCENE_PROXY, .name = "scene", .host = "h", .version = "1", .address = "a", .key = key,
                                                     .receives = text_is(http_headers_get(r->headers, "Slipway-Receives"), "true") });
}

static void target(void *context, struct http_request *r)
{
    struct scene *s = context;
    AUTO_FREE char *hello = mem_format("hello %s", r->path);
    s->target_requests++;
    http_answer(r, 200, "text/plain", r->body_size ? r->body : hello, r->body_size ? r->body_size : strlen(hello));
}

static struct http_server *open_server(struct scene *s, int port, void (*handle)(void *, struct http_request *))
{
    struct http_server_config config = { .address = "127.0.0.1", .port = port, .limits = HTTP_LIMITS, .handle = handle, .context = s };
    struct http_server *server = NULL;
    struct err e = { 0 };
    config.limits.body_bytes = 64 << 20;
    config.limits.body_bytes_total = 256 << 20;
    CHECK_OK(http_server_open(s->loop, &config, &server, &e), e);
    return server;
}

void scene_open(struct scene *s)
{
    struct err e = { 0 };
    *s = (struct scene){ .folder = "/tmp/slipway-agent-XXXXXX" };
    log_setup(LOG_ERROR + 1, false);
    CHECK(mkdtemp(s->folder));
    CHECK_OK(loop_create(&s->loop, &e), e);
    CHECK_OK(http_client_create(s->loop, NULL, &s->client, &e), e);
    agents_create(&(struct agents_config){ .loop = s->loop, .changed = changed, .delivered = delivered, .context = s }, &s->agents);
    http_client_vias(s->client, &(struct http_vias){ agents_open, s->agents });
    s->server = open_server(s, 0, serve);
    s->target = open_server(s, 0, target);
}

void scene_reopen(struct scene *s, int port)
{
    s->server = open_server(s, port, serve);
}

int scene_target_port(const struct scene *s)
{
    return http_server_port(s->target);
}

static void ended(void *context, const struct err *why)
{
    (void)context;
    fail_msg("the proxy gave up: %s", why->text);
}

static void stop_waiting(struct timer *t)
{
    fail_msg("it took too long");
    (void)t;
}

void scene_wait(struct scene *s, bool (*until)(struct scene *s))
{
    timer_set(&s->timer, s->loop, 10 * CLOCK_SECOND, stop_waiting);
    while (!until(s))
        loop_wait(s->loop);
    timer_clear(&s->timer);
}

static int wanted_links;
static bool linked(struct scene *s)
{
    return agents_stats(s->agents).links >= wanted_links;
}

void scene_proxy(struct scene *s, int at, const char *allow, bool receives)
{
    struct err e = { 0 };
    static char url[2][64], state[2][96], journal[2][96], list[2][128];
    snprintf(url[at], sizeof url[at], "http://127.0.0.1:%d", http_server_port(s->server));
    snprintf(state[at], sizeof state[at], "%s/p%d", s->folder, at);
    snprintf(journal[at], sizeof journal[at], "%s/j%d", s->folder, at);
    AUTO_FREE char *port = mem_format("%d", scene_target_port(s));
    const char *mark = strstr(allow, "%d");
    snprintf(list[at], sizeof list[at], "%.*s%s%s", mark ? (int)(mark - allow) : (int)strlen(allow), allow, mark ? port : "", mark ? mark + 2 : "");
    struct proxy_config config = { .loop = s->loop, .server = url[at], .token = "t", .allow = list[at], .state = state[at], .journal = receives ? journal[at] : NULL,
                                   .receive = receives ? "127.0.0.1" : NULL, .ended = ended, .context = s };
    wanted_links = (int)agents_stats(s->agents).links + 1;
    CHECK_OK(proxy_create(&config, &s->proxies[at], &e), e);
    scene_wait(s, linked);
}

static void proxy_stopped(void *context)
{
    struct scene *s = context;
    s->stopped++;
}

static int stopped_before;
static bool has_stopped(struct scene *s)
{
    return s->stopped > stopped_before;
}

void scene_stop(struct scene *s, int at)
{
    stopped_before = s->stopped;
    proxy_stop(s->proxies[at], proxy_stopped, s);
    scene_wait(s, has_stopped);
    proxy_destroy(&s->proxies[at]);
    for (int i = 0; i < 20; i++) /* the server's end hears of it */
        loop_flush(s->loop);
}

static void let_go(struct timer *t)
{
    loop_stop(t->loop);
}

void scene_close(struct scene *s)
{
    for (int i = 0; i < 2; i++)
        if (s->proxies[i])
            scene_stop(s, i);
    timer_set(&s->timer, s->loop, 50 * CLOCK_MS, let_go);
    loop_run(s->loop);
    http_server_close(&s->server);
    http_server_close(&s->target);
    http_client_destroy(&s->client);
    agents_destroy(&s->agents);
    loop_destroy(&s->loop);
    text_fini(&s->told);
    text_fini(&s->answer);
    text_fini(&s->said);
    AUTO_FREE char *remove = mem_format("rm -rf '%s'", s->folder);
    CHECK_INT(system(remove), 0);
}

struct asking {
    struct http_call call;
    struct scene *scene;
};

static void answered(struct http_call *c, const struct err *e)
{
    struct scene *s = OWNER(c, struct asking, call)->scene;
    text_fini(&s->answer);
    text_fini(&s->said);
    s->status = c->status;
    text_add_n(&s->answer, text_of(&c->answer), c->answer.length);
    text_add(&s->said, e ? e->text : "");
    loop_stop(s->loop);
}

void scene_ask(struct scene *s, const char *host, const char *path, const void *body, size_t size)
{
    struct err e = { 0 };
    struct asking a = { .scene = s };
    AUTO_FREE char *own = mem_format("127.0.0.1:%d", scene_target_port(s)), *url = mem_format("http://%s%s", host ? host : own, path);
    a.call = (struct http_call){ .method = body ? "POST" : "GET", .url = url, .via = SCENE_PROXY, .body = body, .body_size = size, .answer_limit = 64 << 20,
                                 .timeout_micros = 20 * CLOCK_SECOND, .done = answered };
    CHECK_OK(http_call_start(&a.call, s->client, &e), e);
    loop_run(s->loop);
}

/* One webhook at a Docker Hub that answers what a table says: which calls are made, and which sentences come of it. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/test.h"
#include "http/server.h"
#include "registry/hub_hooks.h"

#define LOGIN "/v2/users/login"
#define HOOKS "/v2/repositories/acme/web/webhook_pipeline/"
#define URL "https://s.example.com/x?secureToken=s3cr3t"
#define OURS(url) "{\"name\":\"slipway-w\",\"slug\":\"slug-w\",\"webhooks\":[{\"name\":\"slipway-w\",\"hook_url\":\"" url "\"}]}"
#define PAGE(hooks) "{\"count\":1,\"next\":null,\"results\":[" hooks "]}"
#define OTHER "{\"name\":\"theirs\",\"slug\":\"theirs\",\"webhooks\":[{\"hook_url\":\"" URL "\"}]}"
#define TOKEN { "POST", LOGIN, 200, NULL, "{\"token\":\"t.e30.t\"}", NULL, NULL }

struct row {
    const char *method, *path;
    int status;
    const char *type, *body, *name, *value; /* the last two: a header */
};

static struct {
    struct loop *loop;
    struct http_server *server;
    struct http_client *client;
    struct registry_tokens *tokens;
    struct registry_hub hub;
    struct registry_target *target;
    char *url;
    const struct row *rows;
    struct text calls; /* "POST /v2/users/login", ... */
    struct err error;
    struct hub_hook op;
} s;

static void handle(void *context, struct http_request *r)
{
    (void)context;
    text_addf(&s.calls, "%s%s %s", s.calls.length ? ", " : "", r->method, text_starts(r->path, HOOKS) ? r->path + strlen(HOOKS) - 1 : "login");
    for (const struct row *row = s.rows; row->method; row++) {
        if (!text_is(row->method, r->method) || !text_is(row->path, r->path))
            continue;
        if (row->name)
            http_answer_header(r, row->name, row->value);
        http_answer(r, row->status, row->type ? row->type : "application/json", row->body, strlen(row->body));
        return;
    }
    http_answer(r, 404, "application/json", "{}", 2);
}

static void open_scene(void)
{
    struct err e = { 0 };
    struct http_server_config config = { .address = "127.0.0.1", .handle = handle, .limits = HTTP_LIMITS };
    memset(&s, 0, sizeof s);
    CHECK_OK(loop_create(&s.loop, &e), e);
    CHECK_OK(http_server_open(s.loop, &config, &s.server, &e), e);
    CHECK_OK(http_client_create(s.loop, NULL, &s.client, &e), e);
    registry_tokens_create(&s.tokens);
    s.url = mem_format("http://127.0.0.1:%d/", http_server_port(s.server));
    s.hub = (struct registry_hub){ .hub_url = s.url, .registry_url = s.url, .auth_url = s.url, .tokens = s.tokens };
    AUTO_JSON *properties = json_pack("{s:s, s:s, s:s, s:s}", "serverType", "dockerhub", "repoURL", "acme/web", "username", "anna", "password", "pw");
    CHECK_OK(registry_target_from_properties(properties, &s.hub, &s.target, &e), e);
}

static void close_scene(void)
{
    registry_target_destroy(&s.target);
    registry_tokens_destroy(&s.tokens);
    http_server_close(&s.server);
    http_client_destroy(&s.client);
    loop_destroy(&s.loop);
    text_fini(&s.calls);
    free(s.url);
}

static void ended(struct hub_hook *op, const struct err *e)
{
    (void)op;
    s.error = e ? *e : (struct err){ 0 };
    loop_stop(s.loop);
}

static void run(enum hub_hook_wish wish, const struct row *rows)
{
    struct err e = { 0 };
    text_fini(&s.calls);
    s.rows = rows;
    s.op = (struct hub_hook){ .target = s.target, .repository = "acme/web", .name = "slipway-w", .url = wish == HUB_HOOK_GONE ? NULL : URL, .wish = wish,
                              .done = ended };
    CHECK_OK(hub_hook_start(&s.op, s.client, &e), e);
    loop_run(s.loop);
}

TEST(hub_hooks, do_what_is_needed_and_no_more)
{
    static const struct { enum hub_hook_wish wish; struct row rows[5]; const char *calls; } CASES[] = {
        { HUB_HOOK_THERE, { TOKEN, { "GET", HOOKS, 200, NULL, PAGE(OTHER), NULL, NULL }, { "POST", HOOKS, 201, NULL, OURS(URL), NULL, NULL } },
          "POST login, GET /, POST /" },
        { HUB_HOOK_THERE, { TOKEN, { "GET", HOOKS, 200, NULL, PAGE(OURS(URL)), NULL, NULL } }, "POST login, GET /" },
        { HUB_HOOK_THERE, { TOKEN, { "GET", HOOKS, 200, NULL, PAGE(OURS("http://old")), NULL, NULL },
                            { "PUT", HOOKS "slug-w/", 200, NULL, OURS(URL), NULL, NULL } }, "POST login, GET /, PUT /slug-w/" },
        { HUB_HOOK_THERE, { TOKEN, { "GET", HOOKS, 200, NULL, PAGE(OURS("http://old")), NULL, NULL },
                            { "PUT", HOOKS "slug-w/", 405, NULL, "", NULL, NULL }, { "POST", HOOKS, 201, NULL, OURS(URL), NULL, NULL } },
          "POST login, GET /, PUT /slug-w/, DELETE /slug-w/, POST /" },
        { HUB_HOOK_GONE, { TOKEN, { "GET", HOOKS, 200, NULL, PAGE(OURS(URL) "," OTHER), NULL, NULL }, { "DELETE", HOOKS "slug-w/", 204, NULL, "", NULL, NULL } },
          "POST login, GET /, DELETE /slug-w/" },
        { HUB_HOOK_GONE, { TOKEN, { "GET", HOOKS, 200, NULL, PAGE(OTHER), NULL, NULL } }, "POST login, GET /" },
        { HUB_HOOK_LOOK, { TOKEN, { "GET", HOOKS, 200, NULL, PAGE(OURS("http://old")), NULL, NULL } }, "POST login, GET /" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        open_scene();
        run(CASES[i].wish, CASES[i].rows);
        CHECK_TEXT(s.error.text, "");
        CHECK_TEXT(text_of(&s.calls), CASES[i].calls);
        CHECK_TEXT(s.op.new_slug, CASES[i].wish == HUB_HOOK_GONE ? "" : "slug-w");
        close_scene();
    }
}

TEST(hub_hooks, say_what_docker_hub_said_and_no_secret)
{
#define LIST_ANSWERS(...) { TOKEN, { "GET", HOOKS, __VA_ARGS__ } }
    static const struct { struct row rows[4]; const char *says; } CASES[] = {
        { { { "POST", LOGIN, 401, NULL, "{\"detail\":\"Incorrect\\u001bcredentials\"}", NULL, NULL } },
          "Docker Hub refused user anna: wrong user, password or access token (401): Incorrect credentials" },
        { { { "POST", LOGIN, 401, NULL, "{\"login_2fa_token\":\"x\"}", NULL, NULL } },
          "Docker Hub asks user anna for a second factor: use a personal access token as the endpoint's password" },
        { { { "POST", LOGIN, 200, "text/html", "<html>", NULL, NULL } }, "Docker Hub answered with a web page when asked to log in user anna" },
        { { { "POST", LOGIN, 200, NULL, "", NULL, NULL } }, "Docker Hub answered with nothing when asked to log in user anna" },
        { LIST_ANSWERS(401, NULL, "{}", NULL, NULL), "Docker Hub did not let user anna list the webhooks of acme/web (401)" },
        { LIST_ANSWERS(404, NULL, "{\"message\":\"object not found\"}", NULL, NULL),
          "Docker Hub has no repository acme/web, or user anna may not see it (404): object not found" },
        { LIST_ANSWERS(429, NULL, "{}", "Retry-After", "7"), "Docker Hub asks for patience: too many requests (429), again in 7 s" },
        { LIST_ANSWERS(302, NULL, "", "Location", "http://10.0.0.1/"), "Docker Hub answered with a redirect (302) to http://10.0.0.1/, which is not followed" },
        { LIST_ANSWERS(200, NULL, "{\"results\":7}", NULL, NULL),
          "Docker Hub answered with something that is no such answer when asked to list the webhooks of acme/web" },
        { { TOKEN, { "GET", HOOKS, 200, NULL, PAGE(""), NULL, NULL },
            { "POST", HOOKS, 400, NULL, "{\"webhooks\":[{\"hook_url\":[\"Enter a valid URL.\"]}]}", NULL, NULL } },
          "Docker Hub answered 400 when asked to make webhook slipway-w of acme/web: Enter a valid URL" },
        { { TOKEN, { "GET", HOOKS, 200, NULL, PAGE(""), NULL, NULL }, { "POST", HOOKS, 400, NULL, "{\"detail\":\"bad " URL "\"}", NULL, NULL } },
          "Docker Hub answered 400 when asked to make webhook slipway-w of acme/web" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        open_scene();
        run(HUB_HOOK_THERE, CASES[i].rows);
        CHECK_TEXT(s.error.text, CASES[i].says);
        close_scene();
    }
}

TEST(hub_hooks, refuse_what_cannot_be_asked)
{
    struct err e = { 0 };
    open_scene();
    s.op = (struct hub_hook){ .target = s.target, .repository = "web", .name = "x", .url = URL, .done = ended };
    CHECK(!hub_hook_start(&s.op, s.client, &e));
    CHECK_HAS(e.text, "'web' is no repository of Docker Hub");
    close_scene();
}

TEST(hub_hooks, log_in_once_and_anew_when_that_ended)
{
    static const struct row GOOD[] = { TOKEN, { "GET", HOOKS, 200, NULL, PAGE(OURS(URL)), NULL, NULL }, { 0 } };
    static const struct row OVER[] = { TOKEN, { "GET", HOOKS, 401, NULL, "{}", NULL, NULL }, { 0 } };
    open_scene();
    run(HUB_HOOK_THERE, GOOD);
    run(HUB_HOOK_THERE, GOOD);
    CHECK_TEXT(text_of(&s.calls), "GET /");
    run(HUB_HOOK_THERE, OVER);
    CHECK_TEXT(text_of(&s.calls), "GET /, POST login, GET /");
    close_scene();
}

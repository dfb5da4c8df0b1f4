/* A registry, a token service and Docker Hub in one server of ours, that answers what a test tells it to. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/test.h"
#include "http/server.h"
#include "registry/client.h"

#define DIGEST "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
#define MANIFEST "{\"schemaVersion\":2}"
#define OCI "application/vnd.oci.image.manifest.v1+json"
#define TOKEN_FORM "{\"token\":\"t0k3n\",\"expires_in\":300}"
#define WHEN_ASKED_BEARER "Bearer realm=\"@/token\",service=\"fake\",scope=\"repository:acme/web:pull\""
#define BASIC_ACME "Basic YWNtZTpzZWNyZXQ=" /* acme:secret */

struct row {
    const char *method, *path; /* NULL: any method */
    const char *needs;         /* this Authorization, or the answer is 401 with challenge */
    const char *challenge;     /* @ stands for the server's URL */
    int status;
    const char *type, *digest, *retry_after, *remaining, *body;
};

struct scene {
    struct loop *loop;
    struct http_server *server;
    struct http_client *client;
    struct registry_tokens *tokens;
    struct registry_budget *budget;
    struct registry_hub hub;
    struct registry_target *target;
    char *url;
    const struct row *rows;
    size_t row_count;
    int calls, token_calls, ended;
    char accept[400], last_body[200], last_query[200];
    struct err error;
};
static struct scene s;

static const struct row *row_of(const struct http_request *r)
{
    for (size_t i = 0; i < s.row_count; i++)
        if (text_is(s.rows[i].path, r->path) && (!s.rows[i].method || text_is(s.rows[i].method, r->method)))
            return &s.rows[i];
    return NULL;
}

static void add_header(struct http_request *r, const char *name, const char *value)
{
    if (value)
        http_answer_header(r, name, value);
}

static void challenge(struct http_request *r, const struct row *row)
{
    AUTO_TEXT text = { 0 };
    for (const char *c = row->challenge; *c; c++)
        *c == '@' ? text_add(&text, s.url) : text_add_char(&text, *c);
    http_answer_header(r, "WWW-Authenticate", text_of(&text));
    http_answer(r, 401, "application/json", "{\"errors\":[{\"message\":\"authentication required\"}]}", 50);
}

static void handle(void *context, struct http_request *r)
{
    const struct row *row = row_of(r);
    const char *accept = http_headers_get(r->headers, "Accept");
    (void)context;
    s.calls++;
    s.token_calls += text_is(r->path, "/token");
    if (accept && text_starts(r->path, "/v2/"))
        snprintf(s.accept, sizeof s.accept, "%s", accept);
    snprintf(s.last_body, sizeof s.last_body, "%s", r->body);
    if (*r->query)
        snprintf(s.last_query, sizeof s.last_query, "%s", r->query);
    if (!row) {
        http_answer(r, 404, "application/json", "{}", 2);
    } else if (row->needs && !text_is(row->needs, http_headers_get(r->headers, "Authorization"))) {
        challenge(r, row);
    } else {
        add_header(r, "Docker-Content-Digest", row->digest);
        add_header(r, "Retry-After", row->retry_after);
        add_header(r, "RateLimit-Remaining", row->remaining);
        const char *body = row->body ? row->body : "";
        http_answer(r, row->status ? row->status : 200, row->type ? row->type : "application/json", body, strlen(body));
    }
}

static void open_scene(const char *server_type, const char *user)
{
    struct err e = { 0 };
    struct http_server_config config = { .address = "127.0.0.1", .handle = handle, .limits = HTTP_LIMITS };
    s = (struct scene){ 0 };
    CHECK_OK(loop_create(&s.loop, &e), e);
    CHECK_OK(http_server_open(s.loop, &config, &s.server, &e), e);
    CHECK_OK(http_client_create(s.loop, NULL, &s.client, &e), e);
    registry_tokens_create(&s.tokens);
    registry_budget_create(s.loop, &s.budget);
    s.url = mem_format("http://127.0.0.1:%d", http_server_port(s.server));
    s.hub = (struct registry_hub){ .hub_url = s.url, .registry_url = s.url, .auth_url = s.url, .tokens = s.tokens, .budget = s.budget };
    bool hub = text_is(server_type, "dockerhub");
    AUTO_FREE char *url = hub ? mem_text("acme/web") : mem_format("%s/acme/web", s.url);
    AUTO_JSON *properties = json_pack("{s:s, s:s, s:s, s:s}", "serverType", server_type, "repoURL", url, "username", user, "password",
                                      *user ? "secret" : "");
    CHECK_OK(registry_target_from_properties(properties, &s.hub, &s.target, &e), e);
}

static void close_scene(void)
{
    registry_target_destroy(&s.target);
    registry_tokens_destroy(&s.tokens);
    registry_budget_destroy(&s.budget);
    http_client_destroy(&s.client);
    http_server_close(&s.server);
    loop_destroy(&s.loop);
    free(s.url);
}

static void head_done(struct registry_head *op, const struct err *e)
{
    (void)op;
    s.ended++;
    s.error = e ? *e : (struct err){ 0 };
    loop_stop(s.loop);
}

static void validate_done(struct registry_validate *op, const struct err *e)
{
    (void)op;
    s.ended++;
    s.error = e ? *e : (struct err){ 0 };
    loop_stop(s.loop);
}

static struct registry_head run_head(int64_t timeout)
{
    struct err e = { 0 };
    struct registry_head op = { .target = s.target, .tag = "1.4", .timeout_micros = timeout, .done = head_done };
    CHECK_OK(registry_head_start(&op, s.client, &e), e);
    loop_run(s.loop);
    return op;
}

static struct registry_validate run_validate(void)
{
    struct err e = { 0 };
    struct registry_validate op = { .target = s.target, .done = validate_done };
    CHECK_OK(registry_validate_start(&op, s.client, &e), e);
    loop_run(s.loop);
    return op;
}

#define TAG "/v2/acme/web/manifests/1.4"
#define ROWS(...) s.rows = (const struct row[]){ __VA_ARGS__ }, s.row_count = ALEN(((const struct row[]){ __VA_ARGS__ }))

TEST(registry_head, finds_the_digest_by_one_head_with_all_four_types)
{
    open_scene("distribution", "");
    ROWS({ "HEAD", TAG, .type = OCI, .digest = DIGEST, .remaining = "97;w=21600" });
    struct registry_head op = run_head(0);
    CHECK_TEXT(registry_outcome_name(op.outcome), "found");
    CHECK_TEXT(op.digest, DIGEST);
    CHECK_TEXT(op.media_type, OCI);
    CHECK_INT(op.rate_remaining, 97);
    CHECK_INT(s.calls, 1);
    CHECK_HAS(s.accept, "vnd.oci.image.index.v1");
    CHECK_HAS(s.accept, "vnd.docker.distribution.manifest.list.v2");
    CHECK_HAS(s.accept, OCI);
    CHECK_HAS(s.accept, "vnd.docker.distribution.manifest.v2");
    close_scene();
}

TEST(registry_head, tells_every_answer_apart)
{
    static const struct {
        struct row row;
        enum registry_outcome outcome;
        const char *text;
    } CASES[] = {
        { { NULL, TAG, .status = 404, .body = "{}" }, REGISTRY_MISSING, "there is no acme/web:1.4" },
        { { NULL, TAG, .status = 404, .type = "text/html" }, REGISTRY_UNREACHABLE, "a web page" },
        { { NULL, TAG, .status = 403 }, REGISTRY_REFUSED, "does not allow user acme" },
        { { NULL, TAG, .needs = "x", .challenge = "Basic realm=\"r\"" }, REGISTRY_REFUSED, "refused user acme: wrong user or password (401)" },
        { { NULL, TAG, .needs = "x", .challenge = "Negotiate" }, REGISTRY_REFUSED, "(401)" },
        { { NULL, TAG, .status = 500 }, REGISTRY_UNREACHABLE, "answered 500" },
        { { NULL, TAG, .status = 429, .retry_after = "7" }, REGISTRY_UNREACHABLE, "too many requests (429), again in 7 s" },
        { { NULL, TAG, .type = "text/html", .body = "<html>" }, REGISTRY_UNREACHABLE, "is this the address of a registry?" },
        { { NULL, TAG, .type = OCI, .body = "garbage" }, REGISTRY_UNREACHABLE, "the answer is no manifest" },
        { { NULL, TAG, .type = OCI, .digest = "sha256:1", .body = "{}" }, REGISTRY_UNREACHABLE, "the answer is no manifest" },
        { { NULL, TAG, .needs = "x", .challenge = "Bearer realm=\"http://elsewhere.test/t\"" }, REGISTRY_UNREACHABLE, "credentials are not sent" },
        { { NULL, TAG, .needs = "x", .challenge = "Bearer realm=\"https://10.0.0.1/t\"" }, REGISTRY_REFUSED, "private address" },
        { { NULL, TAG, .needs = "x", .challenge = "Bearer service=\"x\"" }, REGISTRY_UNREACHABLE, "neither https nor itself" },
        { { NULL, TAG, .needs = "x", .challenge = "Bearer realm=\"@/nowhere\"" }, REGISTRY_UNREACHABLE, "token service" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        open_scene("distribution", "acme");
        s.rows = &CASES[i].row;
        s.row_count = 1;
        struct registry_head op = run_head(0);
        CHECK_HAS(op.text, CASES[i].text);
        CHECK_INT(op.outcome, CASES[i].outcome);
        close_scene();
    }
}

TEST(registry_head, hashes_the_manifest_when_no_digest_is_told)
{
    open_scene("distribution", "");
    ROWS({ "HEAD", TAG, .type = OCI }, { "GET", TAG, .type = OCI, .body = MANIFEST });
    struct registry_head op = run_head(0);
    AUTO_FREE char *sum = text_sha256(MANIFEST, strlen(MANIFEST));
    CHECK_INT(op.outcome, REGISTRY_FOUND);
    CHECK_TEXT(op.digest + strlen("sha256:"), sum);
    close_scene();
}

TEST(registry_head, asks_the_token_service_once)
{
    open_scene("distribution", "acme");
    ROWS({ NULL, TAG, .needs = "Bearer t0k3n", .challenge = WHEN_ASKED_BEARER, .type = OCI, .digest = DIGEST },
         { "GET", "/token", .needs = BASIC_ACME, .challenge = "Basic realm=\"t\"", .body = TOKEN_FORM });
    CHECK_INT(run_head(0).outcome, REGISTRY_FOUND);
    CHECK_INT(run_head(0).outcome, REGISTRY_FOUND);
    CHECK_INT(s.token_calls, 1);
    CHECK_INT(s.calls, 4);
    CHECK_TEXT(s.last_query, "service=fake&scope=repository%3Aacme%2Fweb%3Apull&account=acme");
    close_scene();
}

TEST(registry_head, gives_a_token_that_is_no_longer_taken_back)
{
    open_scene("distribution", "acme");
    ROWS({ NULL, TAG, .needs = "Bearer t0k3n", .challenge = WHEN_ASKED_BEARER, .type = OCI, .digest = DIGEST },
         { "GET", "/token", .body = TOKEN_FORM });
    CHECK_INT(run_head(0).outcome, REGISTRY_FOUND);
    ROWS({ NULL, TAG, .needs = "Bearer n3w", .challenge = WHEN_ASKED_BEARER, .type = OCI, .digest = DIGEST },
         { "GET", "/token", .body = "{\"access_token\":\"n3w\"}" });
    CHECK_INT(run_head(0).outcome, REGISTRY_FOUND);
    CHECK_INT(s.token_calls, 2);
    close_scene();
}

TEST(registry_head, says_that_a_user_may_not_see_it)
{
    open_scene("distribution", "acme");
    ROWS({ NULL, TAG, .needs = "never", .challenge = WHEN_ASKED_BEARER }, { "GET", "/token", .body = TOKEN_FORM });
    struct registry_head op = run_head(0);
    CHECK_INT(op.outcome, REGISTRY_REFUSED);
    CHECK_HAS(op.text, "or user acme may not see it");
    close_scene();
}

TEST(registry_head, waits_its_turn_when_patience_was_asked_for)
{
    open_scene("distribution", "");
    ROWS({ NULL, TAG, .status = 429, .retry_after = "40" });
    CHECK_INT(run_head(0).retry_after_micros, 40 * CLOCK_SECOND);
    ROWS({ NULL, TAG, .type = OCI, .digest = DIGEST });
    struct registry_head op = run_head(5 * CLOCK_SECOND); /* sooner than that: nothing is sent */
    CHECK_INT(op.outcome, REGISTRY_UNREACHABLE);
    CHECK_HAS(op.text, "asked for patience");
    CHECK(op.retry_after_micros > 30 * CLOCK_SECOND);
    CHECK_INT(s.calls, 1);
    close_scene();
}

TEST(registry_budget, spaces_calls_while_nothing_remains)
{
    struct registry_budget *b = NULL;
    clock_set(CLOCK_DAY);
    registry_budget_create(NULL, &b);
    CHECK_INT(registry_budget_take(b, "h", CLOCK_DAY), 0);
    registry_budget_learn(b, "h", 200, 0, 0);
    CHECK_INT(registry_budget_take(b, "h", CLOCK_DAY), 0);
    CHECK_INT(registry_budget_take(b, "h", CLOCK_DAY), CLOCK_SECOND);
    CHECK_INT(registry_budget_take(b, "h", CLOCK_SECOND), 2 * CLOCK_SECOND); /* too late: no place taken */
    CHECK_INT(registry_budget_take(b, "h", CLOCK_DAY), 2 * CLOCK_SECOND);
    CHECK_INT(registry_budget_take(b, "other", CLOCK_DAY), 0);
    clock_set(CLOCK_DAY + CLOCK_MINUTE);
    registry_budget_learn(b, "h", 200, 0, 50);
    CHECK_INT(registry_budget_take(b, "h", 0), 0);
    CHECK_INT(registry_budget_take(b, "h", 0), 0);
    registry_budget_destroy(&b);
    clock_set(0);
}

TEST(registry_head, can_be_canceled_and_ends_in_time)
{
    struct err e = { 0 };
    open_scene("distribution", "");
    struct registry_head op = { .target = s.target, .tag = "1.4", .done = head_done };
    CHECK_OK(registry_head_start(&op, s.client, &e), e);
    registry_head_cancel(&op);
    registry_head_cancel(&op);
    CHECK_INT(s.ended, 0);
    loop_run(s.loop);
    CHECK_INT(s.ended, 1);
    CHECK_INT(s.error.kind, ERR_CANCELED);
    registry_budget_learn(s.budget, s.target->host, 429, CLOCK_MINUTE, -1);
    op.timeout_micros = CLOCK_HOUR;
    CHECK_OK(registry_head_start(&op, s.client, &e), e);
    registry_head_cancel(&op);
    loop_run(s.loop);
    CHECK_INT(s.error.kind, ERR_CANCELED);
    op.tag = "no tag";
    CHECK(!registry_head_start(&op, s.client, &e));
    CHECK_HAS(e.text, "'no tag' is no tag");
    close_scene();
}

TEST(registry_head, names_what_does_not_answer)
{
    open_scene("distribution", "");
    http_server_close(&s.server);
    struct registry_head op = run_head(0);
    CHECK_INT(op.outcome, REGISTRY_UNREACHABLE);
    CHECK_HAS(op.text, "127.0.0.1");
    close_scene();
}

/* ---- validation */

TEST(registry_validate, tells_what_a_registry_thinks_of_the_user)
{
    static const struct {
        const char *user;
        struct row rows[2];
        bool ok;
        const char *text;
    } CASES[] = {
        { "acme", { { NULL, "/v2/", .needs = BASIC_ACME, .challenge = "Basic realm=\"r\"", .body = "{}" },
                    { NULL, "/v2/acme/web/tags/list", .body = "{\"name\":\"acme/web\",\"tags\":[\"1\",\"2\"]}" } },
          true, "as acme; acme/web has 2 tags" },
        { "acme", { { NULL, "/v2/", .body = "{}" } }, true, "lets anybody in: user acme and the password were not checked; it has no repository" },
        { "", { { NULL, "/v2/", .body = "{}" } }, true, "lets us in without a user; it has no repository acme/web yet" },
        { "acme", { { NULL, "/v2/", .needs = "x", .challenge = "Basic realm=\"r\"" } }, false, "wrong user or password (401): authentication" },
        { "", { { NULL, "/v2/", .needs = "x", .challenge = "Basic realm=\"r\"" } }, false, "the endpoint has none (401)" },
        { "acme", { { NULL, "/v2/", .type = "text/html" } }, false, "a web page: is this the address" },
        { "acme", { { NULL, "/nothing" } }, false, "has no registry API" },
        { "acme", { { NULL, "/v2/", .status = 503, .retry_after = "9" } }, false, "is not available now (503), again in 9 s" },
        { "acme", { { NULL, "/v2/", .body = "{}" }, { NULL, "/v2/acme/web/tags/list", .body = "garbage" } }, false, "is no such list" },
        { "acme", { { NULL, "/v2/", .body = "{}" }, { NULL, "/v2/acme/web/tags/list", .status = 403 } }, false, "repository acme/web: " },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        open_scene("distribution", CASES[i].user);
        s.rows = CASES[i].rows;
        s.row_count = ALEN(CASES[i].rows);
        s.row_count -= !CASES[i].rows[1].path;
        struct registry_validate op = run_validate();
        CHECK_HAS(op.text, CASES[i].text);
        CHECK_INT(op.ok, CASES[i].ok);
        close_scene();
    }
}

#define LOGIN "/v2/users/login"
#define REPOSITORY "/v2/repositories/acme/web/"

TEST(registry_validate, logs_in_to_docker_hub)
{
    static const struct {
        const char *user;
        struct row rows[2];
        bool ok;
        const char *text;
    } CASES[] = {
        { "acme", { { "POST", LOGIN, .body = "{\"token\":\"h\"}" },
                    { "GET", REPOSITORY, .needs = "Bearer h", .challenge = "x", .body = "{\"is_private\":true}" } },
          true, "logged in to Docker Hub as acme; acme/web is there and private" },
        { "acme", { { "POST", LOGIN, .body = "{\"token\":\"h\"}" } }, false, "there is no repository acme/web" },
        { "", { { "GET", REPOSITORY, .body = "{}" } }, true, "Docker Hub, without a user; acme/web is there" },
        { "acme", { { NULL, LOGIN, .status = 401, .body = "{\"detail\":\"Incorrect authentication credentials\"}" } }, false,
          "refused user acme: wrong user or password (401): Incorrect authentication credentials" },
        { "acme", { { NULL, LOGIN, .status = 401, .body = "{\"login_2fa_token\":\"z\",\"detail\":\"MFA\"}" } }, false, "a personal access token" },
        { "acme", { { NULL, LOGIN, .status = 429, .retry_after = "60" } }, false, "too many requests (429), again in 60 s" },
        { "acme", { { NULL, LOGIN, .type = "text/html", .body = "<html>" } }, false, "a web page: is hub_url its API's address?" },
        { "acme", { { NULL, LOGIN, .body = "{}" } }, false, "holds no token" },
        { "acme", { { NULL, LOGIN, .body = "{\"token\":\"a\\r\\nX: y\"}" } }, false, "holds no token" },
        { "acme", { { NULL, LOGIN, .body = "[" } }, false, "no JSON" },
        { "acme", { { NULL, LOGIN, .status = 500 } }, false, "answered 500" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        open_scene("dockerhub", CASES[i].user);
        s.rows = CASES[i].rows;
        s.row_count = CASES[i].rows[1].path ? 2 : 1;
        struct registry_validate op = run_validate();
        CHECK_HAS(op.text, CASES[i].text);
        CHECK_INT(op.ok, CASES[i].ok);
        CHECK(!strstr(op.text, "secret"));
        close_scene();
    }
}

TEST(registry_validate, can_be_canceled)
{
    struct err e = { 0 };
    open_scene("dockerhub", "acme");
    struct registry_validate op = { .target = s.target, .done = validate_done };
    CHECK_OK(registry_validate_start(&op, s.client, &e), e);
    registry_validate_cancel(&op);
    loop_run(s.loop);
    CHECK_INT(s.error.kind, ERR_CANCELED);
    CHECK(!op.ok);
    close_scene();
}

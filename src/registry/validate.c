/* Do the credentials work? Really logs in, and tells in one sentence what came of it. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "registry/ask.h"

#define TIMEOUT (20 * CLOCK_SECOND)
#define ANSWER_LIMIT (1u << 20)

struct registry_validate_private {
    struct registry_validate *op;
    struct http_client *client;
    struct registry_ask ask;   /* the Distribution API */
    struct http_call call;     /* Docker Hub's API */
    int64_t deadline;
    char *url;                 /* of call, while it is under way */
    bool canceled, anonymous;  /* anonymous: /v2/ let us in without asking who we are */
};

static void finish(struct registry_validate_private *p, bool ok, const char *text)
{
    struct registry_validate *op = p->op;
    struct err canceled = { .kind = ERR_CANCELED, .text = "canceled" };
    bool was_canceled = p->canceled;
    op->ok = ok && !was_canceled;
    snprintf(op->text, sizeof op->text, "%s", was_canceled ? "canceled" : text);
    op->private = NULL;
    free(p->url);
    free(p);
    op->done(op, was_canceled ? &canceled : NULL);
}

static void finish_failed(struct registry_validate_private *p, const struct err *e)
{
    finish(p, false, e->text);
}

/* ---- the Distribution API: GET /v2/, then the repository's tags */

static bool is_named(const struct registry_target *t)
{
    return *t->repository != '\0';
}

/* "logged in to H as U", or why that was not tried. The caller's. */
static char *greeting(const struct registry_validate_private *p)
{
    const struct registry_target *t = p->op->target;
    if (!*t->username)
        return mem_format("%s lets us in without a user", t->host);
    if (p->anonymous)
        return mem_format("%s lets anybody in: user %s and the password were not checked", t->host, t->username);
    return mem_format("logged in to %s as %s", t->host, t->username);
}

static bool ask(struct registry_validate_private *p, const char *path, const char *scope,
                void (*done)(struct registry_ask *, const struct err *), struct err *e)
{
    p->ask = (struct registry_ask){ .target = p->op->target, .method = "GET", .path = path, .scope = scope, .deadline = p->deadline,
                                    .answer_limit = ANSWER_LIMIT, .done = done };
    return registry_ask_start(&p->ask, p->client, e);
}

static void take_tags(struct registry_validate_private *p)
{
    AUTO_JSON *answer = NULL;
    AUTO_FREE char *hello = greeting(p);
    const char *repository = p->op->target->repository;
    const json_t *tags = NULL;
    if (json_read(text_of(&p->ask.call.answer), p->ask.call.answer.length, &answer, NULL))
        tags = json_object_get(answer, "tags");
    if (!answer || !json_object_get(answer, "name")) {
        AUTO_FREE char *text = mem_format("%s; but its list of tags of %s is no such list", hello, repository);
        finish(p, false, text);
        return;
    }
    bool more = http_headers_get(&p->ask.call.answer_headers, "Link") != NULL;
    p->op->tags = (int64_t)json_array_size(tags);
    AUTO_FREE char *text = mem_format("%s; %s has %s%lld tag%s", hello, repository, more ? "at least " : "", (long long)p->op->tags,
                                      p->op->tags == 1 ? "" : "s");
    finish(p, true, text);
}

static void tags_answered(struct registry_ask *a, const struct err *failed)
{
    struct registry_validate_private *p = OWNER(a, struct registry_validate_private, ask);
    struct err e = { 0 };
    p->anonymous = p->anonymous && !a->let_in_by_password;
    if (failed || p->canceled) {
        finish_failed(p, failed ? failed : &e);
        return;
    }
    AUTO_FREE char *hello = greeting(p);
    if (a->call.status == 200) {
        take_tags(p);
    } else if (a->call.status == 404 && !registry_answer_is_page(&a->call)) {
        AUTO_FREE char *text = mem_format("%s; it has no repository %s yet", hello, p->op->target->repository);
        finish(p, true, text);
    } else {
        if (a->call.status == 401 && a->asked_token)
            err_set(&e, ERR_UNAUTHORIZED, "%s; but there is no repository %s, or it may not be seen (401)", hello, p->op->target->repository);
        else if (!registry_answer_refused(p->op->target, &a->call, NULL, &e))
            err_wrap(&e, "repository %s", p->op->target->repository);
        finish_failed(p, &e);
    }
}

static void take_base(struct registry_validate_private *p)
{
    AUTO_FREE char *hello = greeting(p);
    if (!is_named(p->op->target)) {
        finish(p, true, hello);
        return;
    }
    AUTO_FREE char *path = mem_format("/v2/%s/tags/list", p->op->target->repository);
    AUTO_FREE char *scope = mem_format("repository:%s:pull", p->op->target->repository);
    struct err e = { 0 };
    if (!ask(p, path, scope, tags_answered, &e))
        finish_failed(p, &e);
}

static void base_answered(struct registry_ask *a, const struct err *failed)
{
    struct registry_validate_private *p = OWNER(a, struct registry_validate_private, ask);
    const struct registry_target *t = p->op->target;
    struct err e = failed ? *failed : (struct err){ 0 };
    p->anonymous = !a->let_in_by_password;
    if (failed || p->canceled) {
        finish_failed(p, &e);
    } else if (a->call.status == 200 && registry_answer_is_page(&a->call)) {
        err_set(&e, ERR_UPSTREAM, "%s answered with a web page: is this the address of a registry?", t->host);
        finish_failed(p, &e);
    } else if (a->call.status == 200) {
        take_base(p);
    } else if (a->call.status == 404) {
        err_set(&e, ERR_UPSTREAM, "%s has no registry API: %s/v2/ answered 404", t->host, t->base_url);
        finish_failed(p, &e);
    } else {
        registry_answer_refused(t, &a->call, NULL, &e);
        finish_failed(p, &e);
    }
}

/* ---- Docker Hub's own API: log in, then the repository */

static bool call_hub(struct registry_validate_private *p, const char *path, const char *token, const char *body,
                     void (*done)(struct http_call *, const struct err *), struct err *e)
{
    int64_t left = p->deadline - clock_mono();
    AUTO_FREE char *authorization = token ? mem_format("Bearer %s", token) : NULL;
    free(p->url);
    size_t n = strlen(p->op->target->hub->hub_url);
    n -= n && p->op->target->hub->hub_url[n - 1] == '/';
    p->url = mem_format("%.*s%s", (int)n, p->op->target->hub->hub_url, path);
    p->call = (struct http_call){ .method = body ? "POST" : "GET", .url = p->url, .body = body, .body_size = body ? strlen(body) : 0,
                                  .timeout_micros = left > CLOCK_MS ? left : CLOCK_MS, .answer_limit = ANSWER_LIMIT,
                                  .via = p->op->target->via, .done = done };
    http_headers_add(&p->call.headers, "Accept", "application/json");
    if (body)
        http_headers_add(&p->call.headers, "Content-Type", "application/json");
    if (authorization)
        http_headers_add(&p->call.headers, "Authorization", authorization);
    bool ok = http_call_start(&p->call, p->client, e);
    http_headers_fini(&p->call.headers);
    return ok;
}

static void hub_repository_answered(struct http_call *call, const struct err *failed)
{
    struct registry_validate_private *p = OWNER(call, struct registry_validate_private, call);
    const struct registry_target *t = p->op->target;
    AUTO_JSON *answer = NULL;
    struct err e = failed ? *failed : (struct err){ 0 };
    AUTO_FREE char *hello = *t->username ? mem_format("logged in to Docker Hub as %s", t->username) : mem_text("Docker Hub, without a user");
    if (failed || p->canceled) {
        finish_failed(p, &e);
        return;
    }
    if (call->status == 200 && !registry_answer_is_page(call) &&
        json_read(text_of(&call->answer), call->answer.length, &answer, NULL)) {
        bool secret = json_bool_at(answer, "is_private", false);
        AUTO_FREE char *text = mem_format("%s; %s is there%s", hello, t->repository, secret ? " and private" : "");
        finish(p, true, text);
        return;
    }
    if (call->status == 404 && !registry_answer_is_page(call))
        err_set(&e, ERR_NOT_FOUND, "%s, but there is no repository %s, or it may not be seen", hello, t->repository);
    else if (call->status == 200)
        err_set(&e, ERR_UPSTREAM, "%s answered about %s with something that is no JSON", t->host, t->repository);
    else
        registry_answer_refused(t, call, NULL, &e);
    finish_failed(p, &e);
}

static bool ask_hub_repository(struct registry_validate_private *p, const char *token, struct err *e)
{
    AUTO_FREE char *path = mem_format("/v2/repositories/%s/", p->op->target->repository);
    return call_hub(p, path, token, NULL, hub_repository_answered, e);
}

static bool header_safe(const char *token)
{
    return *token && strlen(token) <= 16384 && !strpbrk(token, "\r\n \t");
}

static void take_login(struct registry_validate_private *p, const json_t *answer)
{
    const struct registry_target *t = p->op->target;
    const char *token = json_text_at(answer, "token", "");
    struct err e = { 0 };
    if (!header_safe(token)) {
        finish(p, false, "Docker Hub's answer to the login holds no token");
    } else if (is_named(t)) {
        if (!ask_hub_repository(p, token, &e))
            finish_failed(p, &e);
    } else {
        AUTO_FREE char *text = mem_format("logged in to Docker Hub as %s", t->username);
        finish(p, true, text);
    }
}

static void login_answered(struct http_call *call, const struct err *failed)
{
    struct registry_validate_private *p = OWNER(call, struct registry_validate_private, call);
    const struct registry_target *t = p->op->target;
    AUTO_JSON *answer = NULL;
    struct err e = failed ? *failed : (struct err){ 0 };
    if (failed || p->canceled) {
        finish_failed(p, &e);
        return;
    }
    bool read = json_read(text_of(&call->answer), call->answer.length, &answer, NULL);
    if (json_object_get(answer, "login_2fa_token"))
        err_set(&e, ERR_UNAUTHORIZED, "Docker Hub asks user %s for a second factor: use a personal access token as the password",
                t->username);
    else if (call->status == 200 && !read)
        err_set(&e, ERR_UPSTREAM, "Docker Hub answered the login with %s",
                registry_answer_is_page(call) ? "a web page: is hub_url its API's address?" : "something that is no JSON");
    else if (call->status != 200)
        registry_answer_refused(t, call, NULL, &e);
    if (e.kind)
        finish_failed(p, &e);
    else
        take_login(p, answer);
}

static bool login(struct registry_validate_private *p, struct err *e)
{
    const struct registry_target *t = p->op->target;
    AUTO_JSON *body = json_pack("{s:s, s:s}", "username", t->username, "password", t->password);
    AUTO_FREE char *text = body ? json_write(body) : NULL;
    if (!text)
        return err_set(e, ERR_INVALID, "username or password is not UTF-8");
    bool ok = call_hub(p, "/v2/users/login", NULL, text, login_answered, e);
    explicit_bzero(text, strlen(text));
    return ok;
}

/* ---- begin and end */

static bool begin(struct registry_validate_private *p, struct err *e)
{
    const struct registry_target *t = p->op->target;
    if (t->api == REGISTRY_API_DOCKERHUB && *t->username)
        return login(p, e);
    if (t->api == REGISTRY_API_DOCKERHUB && is_named(t))
        return ask_hub_repository(p, NULL, e);
    return ask(p, "/v2/", NULL, base_answered, e);
}

bool registry_validate_start(struct registry_validate *op, struct http_client *client, struct err *e)
{
    struct registry_validate_private *p = NEW(struct registry_validate_private);
    *p = (struct registry_validate_private){ .op = op, .client = client,
                                             .deadline = clock_mono() + (op->timeout_micros ? op->timeout_micros : TIMEOUT) };
    op->ok = false;
    *op->text = '\0';
    op->tags = -1;
    if (!begin(p, e)) {
        free(p->url);
        free(p);
        return false;
    }
    op->private = p;
    return true;
}

void registry_validate_cancel(struct registry_validate *op)
{
    if (!op->private)
        return;
    op->private->canceled = true;
    registry_ask_cancel(&op->private->ask);
    http_call_cancel(&op->private->call);
}

#include "registry/hub_ask.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "registry/ask.h"
#include "registry/challenge.h"
#include "registry/tokens.h"

#define ANSWER_LIMIT (1u << 20)
#define TOKEN_MOST 16384
#define TOKEN_LIVES (5 * CLOCK_MINUTE) /* when the token does not say */
#define TOKEN_LIVES_MOST CLOCK_HOUR

static void forget(char **secret)
{
    if (*secret)
        explicit_bzero(*secret, strlen(*secret));
    free(TAKE(*secret));
}

void hub_ask_fini(struct hub_ask *a)
{
    free(TAKE(a->method));
    free(TAKE(a->doing));
    free(TAKE(a->scope));
    forget(&a->url);
    forget(&a->body);
    forget(&a->token);
}

static void finish(struct hub_ask *a, const struct err *e)
{
    struct err canceled = { .kind = ERR_CANCELED, .text = "canceled" };
    a->done(a, a->canceled ? &canceled : e);
}

/* ---- what an answer means */

/* The first text in an answer such as {"webhooks": [{"hook_url": ["Enter a valid URL."]}]}. Borrowed. */
static const char *first_text(const json_t *json, int depth)
{
    const char *key, *found = NULL;
    json_t *value;
    size_t i;
    if (json_is_string(json))
        return json_string_value(json);
    if (depth > 5)
        return NULL;
    json_object_foreach((json_t *)json, key, value)
        if ((found = first_text(value, depth + 1)))
            return found;
    json_array_foreach((json_t *)json, i, value)
        if ((found = first_text(value, depth + 1)))
            return found;
    return NULL;
}

/* Docker Hub's own words; none when they repeat what nobody must read. */
static void words_of(const struct hub_ask *a, char *out, size_t size)
{
    AUTO_JSON *answer = NULL;
    const char *password = a->target->password;
    registry_answer_words(&a->call, out, size);
    if (!*out && json_read(text_of(&a->call.answer), a->call.answer.length, &answer, NULL)) {
        const char *text = first_text(answer, 0);
        registry_words_clean(text ? text : "", out, size);
    }
    if ((!text_empty(a->secret) && strstr(out, a->secret)) || (a->token && strstr(out, a->token)) || (*password && strstr(out, password)))
        *out = '\0';
}

static void explain(const struct hub_ask *a, struct err *e)
{
    const struct http_call *call = &a->call;
    AUTO_FREE char *user = *a->target->username ? mem_format("user %s", a->target->username) : mem_text("anybody without a login");
    const char *location = http_headers_get(&call->answer_headers, "Location");
    bool asked = a->token || !*a->target->username; /* not the login */
    if (call->status == 401 && !asked)
        err_set(e, ERR_UNAUTHORIZED, "Docker Hub refused %s: wrong user, password or access token (401)", user);
    else if (call->status == 401)
        err_set(e, ERR_UNAUTHORIZED, "Docker Hub did not let %s %s (401)", user, a->doing);
    else if (call->status == 403)
        err_set(e, ERR_FORBIDDEN, "Docker Hub does not allow %s to %s (403): the user must be able to administer the repository, and "
                "an access token needs the rights to read, write and delete", user, a->doing);
    else if (call->status == 404 && asked)
        err_set(e, ERR_NOT_FOUND, "Docker Hub has no repository %s, or %s may not see it (404)", a->repository, user);
    else if (call->status == 429)
        err_set(e, ERR_LIMITED, "Docker Hub asks for patience: too many requests (429)");
    else if (call->status / 100 == 3)
        err_set(e, ERR_UPSTREAM, "Docker Hub answered with a redirect (%d) to %.120s, which is not followed", call->status,
                location ? location : "nowhere");
    else
        err_set(e, call->status >= 500 ? ERR_UNAVAILABLE : ERR_UPSTREAM, "Docker Hub answered %d when asked to %s", call->status, a->doing);
}

bool hub_ask_good(const struct hub_ask *a)
{
    return a->call.status >= 200 && a->call.status < 300;
}

bool hub_ask_refused(struct hub_ask *a, struct err *e)
{
    char words[256];
    explain(a, e);
    if (a->retry_after_micros)
        err_set(e, e->kind, "%s, again in %lld s", e->text, (long long)(a->retry_after_micros / CLOCK_SECOND));
    words_of(a, words, sizeof words);
    if (registry_answer_is_page(&a->call))
        err_set(e, e->kind, "%s, with a web page: is docker-hub-url its API's address?", e->text);
    else if (*words)
        err_set(e, e->kind, "%s: %s", e->text, words);
    return false;
}

bool hub_ask_nonsense(const struct hub_ask *a, const char *more, struct err *e)
{
    const char *what = registry_answer_is_page(&a->call) ? "a web page" : a->call.answer.length ? "something that is no such answer" : "nothing";
    return err_set(e, ERR_UPSTREAM, "Docker Hub answered with %s when asked to %s%s", what, a->doing, more);
}

static void no_answer(struct hub_ask *a, const char *doing, const struct err *failed)
{
    struct err e = *failed;
    if (e.kind == ERR_TOO_LARGE)
        err_set(&e, ERR_UPSTREAM, "Docker Hub's answer is larger than 1 MiB");
    else
        err_wrap(&e, "Docker Hub was asked to %s", doing);
    finish(a, &e);
}

/* ---- one call */

static bool send_call(struct hub_ask *a, const char *method, const char *url, const char *body,
                      void (*done)(struct http_call *, const struct err *), struct err *e)
{
    struct http_call *c = &a->call;
    int64_t left = a->deadline - clock_mono();
    AUTO_FREE char *authorization = a->token ? mem_format("Bearer %s", a->token) : NULL;
    if (left <= CLOCK_MS)
        return err_set(e, ERR_TIMEOUT, "Docker Hub took too long: there was no time left to %s", a->doing);
    *c = (struct http_call){ .method = method, .url = url, .body = body, .body_size = body ? strlen(body) : 0, .timeout_micros = left, .via = a->target->via,
                             .answer_limit = a->answer_limit ? a->answer_limit : ANSWER_LIMIT, .done = done };
    http_headers_add(&c->headers, "Accept", "application/json");
    if (body)
        http_headers_add(&c->headers, "Content-Type", "application/json");
    if (authorization)
        http_headers_add(&c->headers, "Authorization", authorization);
    bool ok = http_call_start(c, a->client, e);
    for (size_t i = 0; i < c->headers.count; i++)
        explicit_bzero(c->headers.at[i].value, strlen(c->headers.at[i].value));
    http_headers_fini(&c->headers);
    if (authorization)
        explicit_bzero(authorization, strlen(authorization));
    return ok;
}

static bool login(struct hub_ask *a, struct err *e);

static void answered(struct http_call *call, const struct err *failed)
{
    struct hub_ask *a = OWNER(call, struct hub_ask, call);
    struct err e = { 0 };
    a->retry_after_micros = failed ? 0 : answer_retry_after(&call->answer_headers, clock_now());
    if (failed || a->canceled) {
        no_answer(a, a->doing, failed ? failed : &(struct err){ .kind = ERR_CANCELED });
    } else if (call->status == 401 && a->remembered) { /* ended before its time: log in anew */
        tokens_drop(a->target->hub->tokens, a->target, a->scope);
        if (!login(a, &e))
            finish(a, &e);
    } else {
        a->remembered = false; /* it is good now, so that a 401 to the next question means something else */
        finish(a, NULL);
    }
}

static bool send_question(struct hub_ask *a, struct err *e)
{
    return send_call(a, a->method, a->url, a->body, answered, e);
}

/* ---- login */

/* How long a JSON Web Token is good, by its own words (RFC 7519 4.1.4), with a margin. */
static int64_t token_lives(const char *token)
{
    const char *payload = strchr(token, '.');
    size_t n = 0;
    AUTO_JSON *claims = NULL;
    AUTO_FREE unsigned char *bytes = payload ? text_base64_decode(payload + 1, strcspn(payload + 1, "."), &n) : NULL;
    if (!bytes || !json_read((const char *)bytes, n, &claims, NULL))
        return TOKEN_LIVES;
    int64_t now = clock_now() / CLOCK_SECOND, ends = json_int_at(claims, "exp", 0);
    if (ends <= 0 || ends > INT32_MAX * INT64_C(1000))
        return TOKEN_LIVES;
    int64_t lives = (ends - json_int_at(claims, "iat", now) - 30) * CLOCK_SECOND;
    return lives > TOKEN_LIVES_MOST ? TOKEN_LIVES_MOST : lives;
}

static bool take_token(struct hub_ask *a, const json_t *answer, struct err *e)
{
    const char *token = json_text_at(answer, "token", "");
    if (json_object_get(answer, "login_2fa_token"))
        return err_set(e, ERR_UNAUTHORIZED, "Docker Hub asks user %s for a second factor: use a personal access token as the endpoint's password",
                       a->target->username);
    if (!hub_ask_good(a))
        return hub_ask_refused(a, e);
    if (!*token || strlen(token) > TOKEN_MOST || strpbrk(token, "\r\n \t"))
        return hub_ask_nonsense(a, "", e);
    int64_t lives = token_lives(token);
    if (lives > 0)
        tokens_put(a->target->hub->tokens, a->target, a->scope, token, lives);
    a->token = mem_text(token);
    return true;
}

static void logged_in(struct http_call *call, const struct err *failed)
{
    struct hub_ask *a = OWNER(call, struct hub_ask, call);
    AUTO_JSON *answer = NULL;
    AUTO_FREE char *login_doing = mem_format("log in user %s", a->target->username), *doing = TAKE(a->doing);
    struct err e = { 0 };
    bool ok = false;
    a->retry_after_micros = failed ? 0 : answer_retry_after(&call->answer_headers, clock_now());
    if (failed || a->canceled) {
        a->doing = TAKE(doing);
        no_answer(a, login_doing, failed ? failed : &(struct err){ .kind = ERR_CANCELED });
        return;
    }
    if (!json_read(text_of(&call->answer), call->answer.length, &answer, NULL))
        answer = NULL;
    a->doing = login_doing; /* for its sentences */
    ok = take_token(a, answer, &e);
    a->doing = TAKE(doing);
    json_t *token = json_object_get(answer, "token");
    if (json_is_string(token))
        explicit_bzero((char *)json_string_value(token), json_string_length(token));
    if (!ok || !send_question(a, &e))
        finish(a, &e);
}

static char *hub_path(const struct hub_ask *a, const char *path)
{
    const char *hub = a->target->hub->hub_url;
    size_t n = strlen(hub);
    while (n && hub[n - 1] == '/')
        n--;
    return mem_format("%.*s%s", (int)n, hub, path);
}

static bool login(struct hub_ask *a, struct err *e)
{
    const struct registry_target *t = a->target;
    AUTO_FREE char *url = hub_path(a, "/v2/users/login");
    AUTO_JSON *body = json_pack("{s:s, s:s}", "username", t->username, "password", t->password);
    AUTO_FREE char *text = json_write(body);
    forget(&a->token);
    a->remembered = false;
    bool ok = send_call(a, "POST", url, text, logged_in, e);
    explicit_bzero(text, strlen(text));
    return ok;
}

/* ---- begin and end */

bool hub_ask_start(struct hub_ask *a, const char *method, const char *path, const json_t *body, char *doing, struct err *e)
{
    const struct registry_target *t = a->target;
    AUTO_FREE char *token = TAKE(a->token); /* of the question before */
    hub_ask_fini(a);
    a->method = mem_text(method);
    a->url = hub_path(a, path);
    a->body = body ? json_write(body) : NULL;
    a->doing = doing;
    a->scope = mem_format("login %s", t->hub->hub_url);
    a->retry_after_micros = 0;
    if (!token) {
        token = mem_text(tokens_get(t->hub->tokens, t, a->scope));
        a->remembered = token != NULL;
    }
    a->token = TAKE(token);
    return a->token || !*t->username ? send_question(a, e) : login(a, e);
}

void hub_ask_cancel(struct hub_ask *a)
{
    a->canceled = true;
    http_call_cancel(&a->call);
}

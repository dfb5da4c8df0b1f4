/* Log in, look, then make it so: one call after the other, each answer in words. */
#include "registry/hub_hooks.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "registry/ask.h"
#include "registry/challenge.h"
#include "registry/tokens.h"

#define TIMEOUT (20 * CLOCK_SECOND)
#define ANSWER_LIMIT (1u << 20)
#define PAGES_MOST 50
#define OURS_MOST 50 /* hooks of one name; more are the next try's */
#define TOKEN_MOST 16384
#define TOKEN_LIVES (5 * CLOCK_MINUTE) /* when the token does not say */
#define TOKEN_LIVES_MOST CLOCK_HOUR

struct hub_hook_private {
    struct hub_hook *op;
    struct http_client *client;
    struct http_call call;
    int64_t deadline;
    char *repository, *name, *slug, *url;
    char *base;        /* "https://hub.docker.com/v2/repositories/acme/web/webhook_pipeline/" */
    char *scope;       /* key of the remembered token */
    char *token, *doing;
    json_t *ours;      /* array of {slug, url}: those that the list has under our name */
    json_t *doomed;    /* array of slugs that are still to be deleted */
    int page;
    bool remembered;   /* the token is of an earlier login */
    bool create_after; /* once the doomed are gone */
    bool canceled, starting;
    struct err start_error;
};

/* ---- the end */

static void forget(char **secret)
{
    if (*secret)
        explicit_bzero(*secret, strlen(*secret));
    free(TAKE(*secret));
}

static void release(struct hub_hook_private *p)
{
    char **texts[] = { &p->repository, &p->name, &p->slug, &p->base, &p->scope, &p->doing };
    for (size_t i = 0; i < ALEN(texts); i++)
        free(*texts[i]);
    forget(&p->url);
    forget(&p->token);
    json_decref(p->ours);
    json_decref(p->doomed);
    free(p);
}

static void finish(struct hub_hook_private *p, const struct err *e)
{
    struct hub_hook *op = p->op;
    struct err canceled = { .kind = ERR_CANCELED, .text = "canceled" };
    bool was_canceled = p->canceled;
    op->private = NULL;
    release(p);
    op->done(op, was_canceled ? &canceled : e);
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
static void words_of(const struct hub_hook_private *p, char *out, size_t size)
{
    AUTO_JSON *answer = NULL;
    const char *secret = p->url ? strstr(p->url, "secureToken=") : NULL;
    registry_answer_words(&p->call, out, size);
    if (!*out && json_read(text_of(&p->call.answer), p->call.answer.length, &answer, NULL)) {
        const char *text = first_text(answer, 0);
        registry_words_clean(text ? text : "", out, size);
    }
    if ((secret && strstr(out, secret + strlen("secureToken="))) || (p->token && strstr(out, p->token)) || strstr(out, p->op->target->password))
        *out = '\0';
}

static void explain(const struct hub_hook_private *p, struct err *e)
{
    const struct http_call *call = &p->call;
    const char *user = p->op->target->username, *location = http_headers_get(&call->answer_headers, "Location");
    if (call->status == 401 && !p->token)
        err_set(e, ERR_UNAUTHORIZED, "Docker Hub refused user %s: wrong user, password or access token (401)", user);
    else if (call->status == 401)
        err_set(e, ERR_UNAUTHORIZED, "Docker Hub did not let user %s %s (401)", user, p->doing);
    else if (call->status == 403)
        err_set(e, ERR_FORBIDDEN, "Docker Hub does not allow user %s to %s (403): the user must be able to administer the repository, and "
                "an access token needs the rights to read, write and delete", user, p->doing);
    else if (call->status == 404 && p->token)
        err_set(e, ERR_NOT_FOUND, "Docker Hub has no repository %s, or user %s may not see it (404)", p->repository, user);
    else if (call->status == 429)
        err_set(e, ERR_LIMITED, "Docker Hub asks for patience: too many requests (429)");
    else if (call->status / 100 == 3)
        err_set(e, ERR_UPSTREAM, "Docker Hub answered with a redirect (%d) to %.120s, which is not followed", call->status,
                location ? location : "nowhere");
    else
        err_set(e, call->status >= 500 ? ERR_UNAVAILABLE : ERR_UPSTREAM, "Docker Hub answered %d when asked to %s", call->status, p->doing);
}

/* An answer that is no success ends the operation. */
static void refused(struct hub_hook_private *p)
{
    struct err e = { 0 };
    char words[256];
    int64_t patience = answer_retry_after(&p->call.answer_headers, clock_now());
    explain(p, &e);
    p->op->retry_after_micros = patience;
    if (patience)
        err_set(&e, e.kind, "%s, again in %lld s", e.text, (long long)(patience / CLOCK_SECOND));
    words_of(p, words, sizeof words);
    if (registry_answer_is_page(&p->call))
        err_set(&e, e.kind, "%s, with a web page: is docker-hub-url its API's address?", e.text);
    else if (*words)
        err_set(&e, e.kind, "%s: %s", e.text, words);
    finish(p, &e);
}

static void nonsense(struct hub_hook_private *p, const char *more)
{
    struct err e = { 0 };
    err_set(&e, ERR_UPSTREAM, "Docker Hub answered with %s when asked to %s%s",
            registry_answer_is_page(&p->call) ? "a web page" : p->call.answer.length ? "something that is no such answer" : "nothing", p->doing, more);
    finish(p, &e);
}

/* No answer at all, or canceled. */
static void no_answer(struct hub_hook_private *p, const struct err *failed)
{
    struct err e = *failed;
    if (e.kind == ERR_TOO_LARGE)
        err_set(&e, ERR_UPSTREAM, "Docker Hub's answer is larger than 1 MiB");
    else
        err_wrap(&e, "Docker Hub was asked to %s", p->doing);
    finish(p, &e);
}

/* ---- one call */

static bool send_call(struct hub_hook_private *p, const char *method, const char *url, const json_t *body, struct err *e)
{
    int64_t left = p->deadline - clock_mono();
    AUTO_FREE char *authorization = p->token ? mem_format("Bearer %s", p->token) : NULL;
    AUTO_FREE char *text = body ? json_write(body) : NULL;
    if (left <= CLOCK_MS)
        return err_set(e, ERR_TIMEOUT, "Docker Hub took too long: there was no time left to %s", p->doing);
    http_headers_add(&p->call.headers, "Accept", "application/json");
    if (body)
        http_headers_add(&p->call.headers, "Content-Type", "application/json");
    if (authorization)
        http_headers_add(&p->call.headers, "Authorization", authorization);
    p->call.method = method;
    p->call.url = url;
    p->call.body = text;
    p->call.body_size = text ? strlen(text) : 0;
    p->call.timeout_micros = left;
    p->call.answer_limit = ANSWER_LIMIT;
    bool ok = http_call_start(&p->call, p->client, e);
    for (size_t i = 0; i < p->call.headers.count; i++)
        explicit_bzero(p->call.headers.at[i].value, strlen(p->call.headers.at[i].value));
    http_headers_fini(&p->call.headers);
    if (text)
        explicit_bzero(text, strlen(text));
    return ok;
}

/* doing ends the sentence "Docker Hub was asked to ..."; it is taken. */
static void call_hub(struct hub_hook_private *p, const char *method, const char *url, const json_t *body, char *doing,
                     void (*done)(struct http_call *, const struct err *))
{
    struct err e = { 0 };
    free(p->doing);
    p->doing = doing;
    p->call = (struct http_call){ .done = done };
    if (send_call(p, method, url, body, &e))
        return;
    if (p->starting)
        p->start_error = e;
    else
        finish(p, &e);
}

static bool good(const struct hub_hook_private *p)
{
    return p->call.status >= 200 && p->call.status < 300;
}

/* The operation that this answer is about goes on; NULL when it ended. */
static struct hub_hook_private *answered(struct http_call *call, const struct err *failed)
{
    struct hub_hook_private *p = OWNER(call, struct hub_hook_private, call);
    if (!failed && !p->canceled)
        return p;
    no_answer(p, failed ? failed : &(struct err){ .kind = ERR_CANCELED });
    return NULL;
}

/* ---- deleting, creating, changing */

static char *hook_path(const struct hub_hook_private *p, const char *slug)
{
    AUTO_TEXT url = { 0 };
    text_add(&url, p->base);
    text_add_url(&url, slug);
    text_add_char(&url, '/');
    return text_take(&url);
}

static json_t *hook_body(const struct hub_hook_private *p)
{
    return json_pack("{s:s, s:b, s:[{s:s, s:s}]}", "name", p->name, "expect_final_callback", 0, "webhooks", "name", p->name, "hook_url", p->url);
}

static void keep_slug(struct hub_hook_private *p, const char *slug)
{
    snprintf(p->op->new_slug, sizeof p->op->new_slug, "%s", slug);
}

/* Some answers have no slug: then the name stands for it. */
static void hook_stored(struct http_call *call, const struct err *failed)
{
    struct hub_hook_private *p = answered(call, failed);
    AUTO_JSON *answer = NULL;
    if (!p)
        return;
    if (!good(p)) {
        refused(p);
        return;
    }
    if (!json_read(text_of(&call->answer), call->answer.length, &answer, NULL) || !json_is_object(answer)) {
        nonsense(p, "; the next try shows what came of it");
        return;
    }
    const char *slug = json_text_at(answer, "slug", "");
    keep_slug(p, *slug ? slug : *p->op->new_slug ? p->op->new_slug : json_text_at(answer, "name", p->name));
    p->op->changed = true;
    finish(p, NULL);
}

static void create(struct hub_hook_private *p)
{
    AUTO_JSON *body = hook_body(p);
    *p->op->new_slug = '\0';
    call_hub(p, "POST", p->base, body, mem_format("make webhook %s of %s", p->name, p->repository), hook_stored);
}

static void delete_next(struct hub_hook_private *p);

static void deleted(struct http_call *call, const struct err *failed)
{
    struct hub_hook_private *p = answered(call, failed);
    if (!p)
        return;
    if (!good(p) && call->status != 404) {
        refused(p);
        return;
    }
    p->op->changed = true;
    json_array_remove(p->doomed, 0);
    delete_next(p);
}

static void delete_next(struct hub_hook_private *p)
{
    const char *slug = json_string_value(json_array_get(p->doomed, 0));
    if (slug) {
        AUTO_FREE char *url = hook_path(p, slug);
        call_hub(p, "DELETE", url, NULL, mem_format("delete webhook %.100s of %s", slug, p->repository), deleted);
    } else if (p->create_after) {
        create(p);
    } else {
        finish(p, NULL);
    }
}

/* Where hooks cannot be changed, the old one goes before a new one comes. */
static void hook_changed(struct http_call *call, const struct err *failed)
{
    struct hub_hook_private *p = OWNER(call, struct hub_hook_private, call);
    if (failed || (call->status != 404 && call->status != 405 && call->status != 501)) {
        hook_stored(call, failed);
        return;
    }
    json_array_append_new(p->doomed, json_string(p->op->new_slug));
    p->create_after = true;
    if (p->canceled)
        no_answer(p, &(struct err){ .kind = ERR_CANCELED });
    else
        delete_next(p);
}

static void change(struct hub_hook_private *p)
{
    AUTO_JSON *body = hook_body(p);
    AUTO_FREE char *url = hook_path(p, p->op->new_slug);
    call_hub(p, "PUT", url, body, mem_format("change webhook %s of %s", p->name, p->repository), hook_changed);
}

/* ---- what is there, and what follows from it */

/* The hook that stays: one with the right URL before others. */
static size_t kept(const struct hub_hook_private *p)
{
    size_t i;
    json_t *one;
    json_array_foreach(p->ours, i, one)
        if (text_is(json_text_at(one, "url", ""), p->url))
            return i;
    return 0;
}

static void decide(struct hub_hook_private *p)
{
    struct hub_hook *op = p->op;
    size_t count = json_array_size(p->ours), keep = op->wish == HUB_HOOK_GONE ? count : kept(p), i;
    json_t *one;
    op->found = count > 0;
    json_array_foreach(p->ours, i, one)
        if (i != keep)
            json_array_append(p->doomed, json_object_get(one, "slug"));
    const json_t *stays = json_array_get(p->ours, keep);
    if (stays) {
        keep_slug(p, json_text_at(stays, "slug", ""));
        op->same_url = text_is(json_text_at(stays, "url", ""), p->url);
    }
    if (op->wish == HUB_HOOK_LOOK)
        finish(p, NULL);
    else if (op->wish == HUB_HOOK_THERE && !stays)
        create(p);
    else if (op->wish == HUB_HOOK_THERE && !op->same_url && !json_array_size(p->doomed))
        change(p);
    else if (op->wish == HUB_HOOK_THERE && !op->same_url) /* several, all of them old: one new one in their place */
        json_array_append(p->doomed, json_object_get(stays, "slug")), p->create_after = true, delete_next(p);
    else
        delete_next(p);
}

static void take_list(struct hub_hook_private *p, const json_t *results)
{
    size_t i;
    json_t *one;
    json_array_foreach((json_t *)results, i, one) {
        const char *name = json_text_at(one, "name", ""), *slug = json_text_at(one, "slug", name);
        bool mine = text_is(name, p->name) || (*p->slug && text_is(slug, p->slug));
        if (mine && *slug && json_array_size(p->ours) < OURS_MOST)
            json_array_append_new(p->ours, json_pack("{s:s, s:s}", "slug", slug, "url", json_text_at(one, "webhooks[0].hook_url", json_text_at(one, "hook_url", ""))));
    }
}

static void login(struct hub_hook_private *p);
static void list(struct hub_hook_private *p);

static void listed(struct http_call *call, const struct err *failed)
{
    struct hub_hook_private *p = answered(call, failed);
    AUTO_JSON *answer = NULL;
    if (!p)
        return;
    if (call->status == 401 && p->remembered) { /* ended before its time: log in anew */
        tokens_drop(p->op->target->hub->tokens, p->op->target, p->scope);
        login(p);
        return;
    }
    if (!good(p)) {
        refused(p);
        return;
    }
    const json_t *results = NULL;
    if (json_read(text_of(&call->answer), call->answer.length, &answer, NULL))
        results = json_is_array(answer) ? answer : json_object_get(answer, "results");
    if (!json_is_array(results)) {
        nonsense(p, "");
        return;
    }
    take_list(p, results);
    bool more = !text_empty(json_text_at(answer, "next", NULL)) && json_array_size(results);
    if (more && p->page < PAGES_MOST) { /* by its number: the URL in next is not followed */
        p->page++;
        list(p);
    } else {
        decide(p);
    }
}

static void list(struct hub_hook_private *p)
{
    AUTO_FREE char *url = mem_format("%s?page=%d&page_size=100", p->base, p->page);
    call_hub(p, "GET", url, NULL, mem_format("list the webhooks of %s", p->repository), listed);
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

static void logged_in(struct http_call *call, const struct err *failed)
{
    struct hub_hook_private *p = answered(call, failed);
    AUTO_JSON *answer = NULL;
    struct err e = { 0 };
    if (!p)
        return;
    const struct registry_target *t = p->op->target;
    if (!json_read(text_of(&call->answer), call->answer.length, &answer, NULL))
        answer = NULL;
    const char *token = json_text_at(answer, "token", "");
    if (json_object_get(answer, "login_2fa_token")) {
        err_set(&e, ERR_UNAUTHORIZED, "Docker Hub asks user %s for a second factor: use a personal access token as the endpoint's password", t->username);
        finish(p, &e);
    } else if (!good(p)) {
        refused(p);
    } else if (!*token || strlen(token) > TOKEN_MOST || strpbrk(token, "\r\n \t")) {
        nonsense(p, "");
    } else {
        AUTO_FREE char *whole = mem_text(token);
        int64_t lives = token_lives(whole);
        if (lives > 0)
            tokens_put(t->hub->tokens, t, p->scope, whole, lives);
        p->token = TAKE(whole);
        list(p);
    }
    if (json_is_string(json_object_get(answer, "token")))
        explicit_bzero((char *)json_string_value(json_object_get(answer, "token")), json_string_length(json_object_get(answer, "token")));
}

static void login(struct hub_hook_private *p)
{
    const struct registry_target *t = p->op->target;
    size_t n = (size_t)(strstr(p->base, "/v2/repositories/") - p->base);
    AUTO_FREE char *url = mem_format("%.*s/v2/users/login", (int)n, p->base);
    AUTO_JSON *body = json_pack("{s:s, s:s}", "username", t->username, "password", t->password);
    forget(&p->token);
    p->remembered = false;
    json_array_clear(p->ours);
    p->page = 1;
    call_hub(p, "POST", url, body, mem_format("log in user %s", t->username), logged_in);
}

/* ---- begin and end */

static bool wish_ok(const struct hub_hook *op, struct err *e)
{
    const struct registry_target *t = op->target;
    const char *slash = strchr(op->repository, '/');
    if (t->api != REGISTRY_API_DOCKERHUB)
        return err_set(e, ERR_INVALID, "%s is not Docker Hub: its webhooks are not made from here", t->host);
    if (!*t->username || !*t->password)
        return err_set(e, ERR_INVALID, "the endpoint has no user and password for Docker Hub");
    if (!text_utf8(t->username, strlen(t->username)) || !text_utf8(t->password, strlen(t->password)))
        return err_set(e, ERR_INVALID, "the endpoint's user or password is not UTF-8");
    if (!slash || strchr(slash + 1, '/') || strpbrk(op->repository, "?#% ") || strstr(op->repository, ".."))
        return err_set(e, ERR_INVALID, "'%.200s' is no repository of Docker Hub, such as acme/web", op->repository);
    return op->wish == HUB_HOOK_GONE || !text_empty(op->url) || err_set(e, ERR_INVALID, "a webhook needs a URL");
}

static void begin(struct hub_hook_private *p)
{
    const char *known = tokens_get(p->op->target->hub->tokens, p->op->target, p->scope);
    p->page = 1;
    if (known) {
        p->token = mem_text(known);
        p->remembered = true;
        list(p);
    } else {
        login(p);
    }
}

bool hub_hook_start(struct hub_hook *op, struct http_client *client, struct err *e)
{
    if (!wish_ok(op, e))
        return false;
    const char *hub = op->target->hub->hub_url;
    size_t n = strlen(hub);
    while (n && hub[n - 1] == '/')
        n--;
    struct hub_hook_private *p = NEW(struct hub_hook_private);
    *p = (struct hub_hook_private){
        .op = op, .client = client, .deadline = clock_mono() + (op->timeout_micros ? op->timeout_micros : TIMEOUT),
        .repository = mem_text(op->repository), .name = mem_text(op->name), .slug = mem_text(op->slug ? op->slug : ""),
        .url = mem_text(op->url), .base = mem_format("%.*s/v2/repositories/%s/webhook_pipeline/", (int)n, hub, op->repository),
        .scope = mem_format("login %s", hub), .ours = json_array(), .doomed = json_array(),
    };
    op->found = op->same_url = op->changed = false;
    op->new_slug[0] = '\0';
    op->retry_after_micros = 0;
    p->starting = true;
    begin(p);
    p->starting = false;
    if (p->start_error.kind) {
        *e = p->start_error;
        release(p);
        return false;
    }
    op->private = p;
    return true;
}

void hub_hook_cancel(struct hub_hook *op)
{
    if (!op->private)
        return;
    op->private->canceled = true;
    http_call_cancel(&op->private->call);
}

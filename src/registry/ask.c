#include "registry/ask.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "registry/challenge.h"
#include "registry/tokens.h"

#define ANSWER_LIMIT (64u << 10)
#define TOKEN_MOST (16u << 10)
#define BASIC_LIVES (10 * CLOCK_MINUTE)
#define TOKEN_LIVES 60 /* seconds, when the token service does not say (Distribution's specification) */
#define SILENCE CLOCK_MINUTE
enum { REDIRECTS = 3 };

static void answered(struct http_call *call, const struct err *e);
static void token_answered(struct http_call *call, const struct err *e);

static void forget(char **secret)
{
    if (*secret)
        explicit_bzero(*secret, strlen(*secret));
    free(TAKE(*secret));
}

static void release(struct registry_ask *a)
{
    free(TAKE(a->url));
    free(TAKE(a->scope_text));
    forget(&a->authorization);
}

static void finish(struct registry_ask *a, const struct err *e)
{
    release(a);
    a->done(a, e);
}

static char *basic(const struct registry_target *t)
{
    AUTO_FREE char *pair = mem_format("%s:%s", t->username, t->password);
    AUTO_FREE char *coded = text_base64(pair, strlen(pair));
    explicit_bzero(pair, strlen(pair));
    return mem_format("Basic %s", coded);
}

/* A token service that is trusted besides the registry's own host; NULL: none. */
static const char *auth_url(const struct registry_target *t)
{
    return t->api == REGISTRY_API_DOCKERHUB ? t->hub->auth_url : NULL;
}

static bool take_piece(struct http_call *c, const char *bytes, size_t size)
{
    struct registry_ask *a = OWNER(c, struct registry_ask, call);
    if (c->status / 100 == 2)
        return a->on_data(a, bytes, size);
    size_t room = ANSWER_LIMIT - c->answer.length;
    text_add_n(&c->answer, bytes, size < room ? size : room);
    return true;
}

static ssize_t give_piece(struct http_call *c, char *to, size_t size)
{
    struct registry_ask *a = OWNER(c, struct registry_ask, call);
    return a->give(a, to, size);
}

/* What only the question itself has, and not the one to the token service. */
static void set_question(struct registry_ask *a, struct http_call *c)
{
    if (a->accept)
        http_headers_add(&c->headers, "Accept", a->accept);
    for (size_t i = 0; a->headers && i < a->headers->count; i++)
        http_headers_add(&c->headers, a->headers->at[i].name, a->headers->at[i].value);
    c->body = a->body;
    c->body_size = a->body_size;
    c->give = a->give ? give_piece : NULL;
    c->on_data = a->on_data ? take_piece : NULL;
    c->flows = a->on_data;
    if (a->on_data)
        c->timeout_micros = SILENCE;
    if (a->follow || a->give)
        c->redirects = 0;
}

/* Whom to trust there, and what may be reached: the registry and its near relatives may be anywhere; another host that it names (its token
 * service, where its blobs lie) only on the internet, and by the usual checks. */
static void set_trust(struct registry_ask *a, struct http_call *c, const char *url, bool token)
{
    bool same = url_same_origin(url, a->target->base_url), near = challenge_realm_near(url, a->target->base_url);
    a->trust = (struct http_trust){ .insecure = a->target->insecure };
    if (*a->target->ca_pem)
        a->trust.ca_pem = a->target->ca_pem;
    if (*a->target->fingerprint && same)
        a->trust.fingerprint = a->target->fingerprint;
    if (token || same || near)
        c->trust = &a->trust;
    if (!same && !near && !(token && url_same_origin(url, auth_url(a->target))))
        c->reach = HTTP_REACH_PUBLIC;
}

static bool send_call(struct registry_ask *a, const char *method, const char *url, const char *authorization,
                      void (*done)(struct http_call *, const struct err *), struct err *e)
{
    struct http_call *c = &a->call;
    int64_t left = a->deadline - clock_mono();
    if (left <= CLOCK_MS)
        return err_set(e, ERR_TIMEOUT, "%s did not answer in time", a->target->host);
    *c = (struct http_call){ .method = method, .url = url, .timeout_micros = left, .redirects = REDIRECTS, .via = a->target->via, .done = done,
                             .answer_limit = a->answer_limit ? a->answer_limit : ANSWER_LIMIT };
    set_trust(a, c, url, done == token_answered);
    if (done == answered)
        set_question(a, c);
    if (authorization)
        http_headers_add(&c->headers, "Authorization", authorization);
    bool ok = http_call_start(c, a->client, e);
    for (size_t i = 0; i < c->headers.count; i++)
        explicit_bzero(c->headers.at[i].value, strlen(c->headers.at[i].value));
    http_headers_fini(&c->headers);
    return ok;
}

static bool ask(struct registry_ask *a, struct err *e)
{
    return send_call(a, a->method, a->url, a->authorization, answered, e);
}

bool registry_ask_start(struct registry_ask *a, struct http_client *client, struct err *e)
{
    a->client = client;
    a->asked_token = a->let_in_by_password = a->canceled = false;
    a->redirects = 0;
    a->url = mem_format("%s%s", a->target->base_url, a->path);
    a->scope_text = mem_text(a->scope ? a->scope : "");
    a->authorization = mem_text(tokens_get(a->tokens, a->target, a->scope_text));
    a->authorization_remembered = a->authorization != NULL;
    if (ask(a, e))
        return true;
    release(a);
    return false;
}

void registry_ask_cancel(struct registry_ask *a)
{
    a->canceled = true;
    http_call_cancel(&a->call);
}

/* ---- the token service */

static void add_parameter(struct text *url, const char **divide, const char *name, const char *value)
{
    if (text_empty(value))
        return;
    text_addf(url, "%s%s=", *divide, name);
    text_add_url(url, value);
    *divide = "&";
}

static char *token_url(const struct registry_ask *a, const struct challenge *c)
{
    AUTO_TEXT url = { 0 };
    const char *scope = *a->scope_text ? a->scope_text : c->scope;
    text_add(&url, c->realm);
    const char *divide = strchr(c->realm, '?') ? "&" : "?";
    add_parameter(&url, &divide, "service", c->service);
    for (const char *at = scope ? scope : ""; *at; at += strspn(at, " ")) { /* one for each repository */
        AUTO_FREE char *one = mem_text_n(at, strcspn(at, " "));
        add_parameter(&url, &divide, "scope", one);
        at += strlen(one);
    }
    add_parameter(&url, &divide, "account", a->target->username);
    return text_take(&url);
}

static bool ask_token(struct registry_ask *a, const struct challenge *c, struct err *e)
{
    if (text_empty(c->realm) || !challenge_realm_ok(c->realm, a->target->base_url, auth_url(a->target)))
        return err_set(e, ERR_UPSTREAM, "%s asks to log in at '%.150s', which is neither https nor itself: credentials are not sent there",
                       a->target->host, c->realm ? c->realm : "");
    AUTO_FREE char *url = token_url(a, c);
    AUTO_FREE char *authorization = *a->target->username ? basic(a->target) : NULL;
    a->asked_token = true;
    a->let_in_by_password = authorization != NULL;
    bool ok = send_call(a, "GET", url, authorization, token_answered, e);
    a->call.url = NULL; /* was copied */
    return ok;
}

/* A token goes into a header: printable, no spaces, not endless. */
static bool token_ok(const char *token)
{
    size_t n = strlen(token);
    for (size_t i = 0; i < n; i++)
        if (token[i] <= ' ' || token[i] > '~')
            return false;
    return n > 0 && n <= TOKEN_MOST;
}

static bool take_token(struct registry_ask *a, struct err *e)
{
    AUTO_JSON *answer = NULL;
    struct err why = { 0 };
    if (!json_read(text_of(&a->call.answer), a->call.answer.length, &answer, &why))
        return err_set(e, ERR_UPSTREAM, "the token service of %s answered no JSON: %s", a->target->host, why.text);
    const char *token = json_text_at(answer, "token", "");
    if (!*token)
        token = json_text_at(answer, "access_token", "");
    if (!token_ok(token))
        return err_set(e, ERR_UPSTREAM, "the token service of %s answered without a token", a->target->host);
    int64_t seconds = json_int_at(answer, "expires_in", TOKEN_LIVES);
    seconds = seconds < 0 ? 0 : seconds > 86400 ? 86400 : seconds;
    a->authorization = mem_format("Bearer %s", token);
    if (seconds > 10) /* some time is lost on the way */
        tokens_put(a->tokens, a->target, a->scope_text, a->authorization, (seconds - 5) * CLOCK_SECOND);
    return true;
}

static void token_answered(struct http_call *call, const struct err *failed)
{
    struct registry_ask *a = OWNER(call, struct registry_ask, call);
    struct err e = failed ? *failed : (struct err){ 0 };
    if (failed) {
        if (failed->kind != ERR_CANCELED)
            err_wrap(&e, "the token service of %s", a->target->host);
    } else if (call->status != 200) {
        registry_answer_refused(a->target, call, "token service", &e);
    } else if (take_token(a, &e) && ask(a, &e)) {
        return;
    }
    finish(a, &e);
}

/* ---- the answer */

/* true: another call is under way. false with e set: it could not be made; with e unset: the 401 is the answer. */
static bool let_us_in(struct registry_ask *a, struct err *e)
{
    struct challenge c;
    bool again = false;
    challenge_read(&a->call.answer_headers, &c);
    if (c.scheme == CHALLENGE_BEARER && !a->asked_token) {
        again = ask_token(a, &c, e);
    } else if (c.scheme == CHALLENGE_BASIC && !a->let_in_by_password && *a->target->username) {
        a->let_in_by_password = true;
        a->authorization = basic(a->target);
        again = ask(a, e);
    }
    challenge_fini(&c);
    return again;
}

/* true: another call is under way; as let_us_in. */
static bool follow(struct registry_ask *a, struct err *e)
{
    const char *location = http_headers_get(&a->call.answer_headers, "Location");
    int status = a->call.status;
    if (!a->follow || !location || status < 301 || status > 308 || (status > 303 && status < 307) || a->redirects >= REDIRECTS)
        return false;
    AUTO_FREE char *url = http_url_join(a->url, location);
    if (!url)
        return err_set(e, ERR_UPSTREAM, "%s leads to '%.150s', which is no URL", a->target->host, location);
    a->redirects++;
    free(a->url);
    a->url = mem_text(url);
    if (!url_same_origin(url, a->target->base_url))
        forget(&a->authorization);
    return ask(a, e);
}

static void answered(struct http_call *call, const struct err *failed)
{
    struct registry_ask *a = OWNER(call, struct registry_ask, call);
    struct err e = { 0 };
    if (!failed && call->status / 100 == 3 && (follow(a, &e) || e.kind)) {
        if (e.kind)
            finish(a, &e);
        return;
    }
    if (failed || call->status != 401 || !url_same_origin(a->url, a->target->base_url)) {
        if (!failed && a->authorization && text_starts(a->authorization, "Basic "))
            tokens_put(a->tokens, a->target, a->scope_text, a->authorization, BASIC_LIVES);
        finish(a, failed);
        return;
    }
    tokens_drop(a->tokens, a->target, a->scope_text);
    bool tried = a->authorization && !a->authorization_remembered;
    a->authorization_remembered = false;
    forget(&a->authorization);
    if (!tried && !a->give && let_us_in(a, &e))
        return;
    finish(a, e.kind ? &e : NULL);
}

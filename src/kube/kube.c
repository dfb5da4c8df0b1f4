#include "kube/kube.h"

#include <string.h>

#include "base/mem.h"
#include "kube/account.h"
#include "kube/room.h"

#define IDLE (5 * CLOCK_MINUTE)        /* discovery is kept this long for the next task */
#define TOKEN_EVERY CLOCK_MINUTE
#define SAID_MOST 65536                /* of a refusal, where an answer comes in pieces */

/* ---- clusters */

struct kube_clusters *kube_clusters_create(struct loop *loop, struct http_client *client)
{
    struct kube_clusters *c = NEW(struct kube_clusters);
    c->loop = loop;
    c->client = client;
    c->by_digest = map_create();
    return c;
}

static void clusters_gone(struct timer *t)
{
    struct kube_clusters *c = OWNER(t, struct kube_clusters, closing);
    void (*on_closed)(void *) = c->on_closed;
    void *context = c->context;
    timer_clear(&c->closing);
    map_destroy(&c->by_digest);
    free(c);
    on_closed(context);
}

static void clusters_check(struct kube_clusters *c)
{
    if (c->on_closed && !map_count(c->by_digest))
        timer_set(&c->closing, c->loop, 0, clusters_gone);
}

/* ---- one kube */

static void kube_close(struct kube *k)
{
    struct kube_clusters *c = k->clusters;
    map_remove(c->by_digest, k->digest);
    timer_clear(&k->idle);
    kube_resources_destroy(&k->resources);
    map_destroy(&k->watches);
    if (k->authorization)
        explicit_bzero(k->authorization, strlen(k->authorization));
    free(k->authorization);
    kube_target_destroy(&k->target);
    free(k->digest);
    free(k);
    clusters_check(c);
}

static void idle_over(struct timer *t)
{
    struct kube *k = OWNER(t, struct kube, idle);
    if (!k->holders && !k->in_flight)
        kube_close(k);
}

/* Never closes within the call: whoever asks may be using k still. */
static void check_idle(struct kube *k)
{
    if (k->holders)
        return;
    if (k->clusters->on_closed)
        kube_watches_close(k);
    if (!k->in_flight)
        timer_set(&k->idle, k->clusters->loop, k->clusters->on_closed ? 0 : IDLE, idle_over);
}

void kube_settle(struct kube *k)
{
    k->in_flight--;
    check_idle(k);
}

void kube_clusters_close(struct kube_clusters *c, void (*on_closed)(void *context), void *context)
{
    size_t at = 0;
    const char *key;
    void *value;
    c->on_closed = on_closed;
    c->context = context;
    while (map_each(c->by_digest, &at, &key, &value))
        check_idle(value);
    clusters_check(c);
}

static char *basic_of(const struct kube_target *t)
{
    AUTO_FREE char *pair = mem_format("%s:%s", t->username, t->password), *base64 = text_base64(pair, strlen(pair));
    explicit_bzero(pair, strlen(pair));
    return mem_format("Basic %s", base64);
}

static void authorize(struct kube *k)
{
    const struct kube_target *t = k->target;
    free(k->authorization);
    k->authorization = t->token                        ? mem_format("Bearer %s", t->token)
                       : t->auth == KUBE_AUTH_BASIC    ? basic_of(t)
                                                       : NULL;
}

static struct kube *kube_create(struct kube_clusters *c, struct kube_target *t, char *digest)
{
    struct kube *k = NEW(struct kube);
    k->clusters = c;
    k->digest = digest;
    k->target = t;
    k->trust = (struct http_trust){ .ca_pem = t->ca_pem, .fingerprint = t->fingerprint, .cert_pem = t->cert_pem,
                                    .key_pem = t->key_pem, .insecure = t->insecure };
    k->resources = map_create();
    k->watches = map_create();
    k->token_read = clock_mono();
    authorize(k);
    map_put(c->by_digest, digest, k);
    return k;
}

bool kube_hold(struct kube_clusters *c, struct kube_target *target, struct kube **ret, struct err *e)
{
    AUTO(kube_target) t = target;
    AUTO_FREE char *digest = kube_target_digest(t);
    struct kube *k = map_get(c->by_digest, digest);
    if (c->on_closed)
        return err_set(e, ERR_CANCELED, "the server is stopping");
    if (!k) {
        bool in_cluster = t->auth == KUBE_AUTH_IN_CLUSTER;
        if (in_cluster && !kube_account_fill(t, KUBE_ACCOUNT_FOLDER, getenv("KUBERNETES_SERVICE_HOST"), getenv("KUBERNETES_SERVICE_PORT"), e))
            return false;
        k = kube_create(c, TAKE(t), TAKE(digest));
    }
    kube_keep(k);
    *ret = k;
    return true;
}

void kube_keep(struct kube *k)
{
    k->holders++;
    timer_clear(&k->idle);
}

void kube_release(struct kube **kube)
{
    struct kube *k = *kube;
    if (!k)
        return;
    *kube = NULL;
    k->holders--;
    check_idle(k);
}

struct loop *kube_loop(const struct kube *k)
{
    return k->clusters->loop;
}

const char *kube_default_namespace(const struct kube *k)
{
    return k->target->default_namespace;
}

const char *kube_server(const struct kube *k)
{
    return k->target->server;
}

/* ---- one request */

/* A token that cannot be read now is tried as it was: the cluster will say so. */
static void refresh_token(struct kube *k)
{
    struct err ignored = { 0 };
    if (k->target->auth != KUBE_AUTH_IN_CLUSTER || clock_mono() - k->token_read < TOKEN_EVERY)
        return;
    k->token_read = clock_mono();
    if (kube_account_token(KUBE_ACCOUNT_FOLDER, &k->target->token, &ignored))
        authorize(k);
}

void kube_headers(struct kube *k, struct http_headers *h, const char *accept)
{
    refresh_token(k);
    http_headers_add(h, "Accept", accept);
    if (k->authorization)
        http_headers_add(h, "Authorization", k->authorization);
}

static bool read_answer(struct kube_call *c, struct err *e)
{
    struct err why = { 0 };
    const struct text *answer = c->on_data ? &c->said : &c->http.answer;
    bool read = (c->plain && c->status < 300) || json_read(text_of(answer), answer->length, &c->answer, &why);
    c->text = text_of(answer);
    if (c->status < 200 || c->status >= 300)
        return kube_refused(c->status, c->answer, e);
    return read || err_set(e, ERR_UPSTREAM, "%s answered %d with what is no JSON: %s", kube_server(c->kube), c->status, why.text);
}

static int64_t retry_after(const struct kube_call *c)
{
    int64_t seconds = 0;
    const char *text = http_headers_get(&c->http.answer_headers, "Retry-After");
    return text && text_to_int(text, &seconds) && seconds > 0 && seconds < 3600 ? seconds * CLOCK_SECOND : 0;
}

static void call_done(struct http_call *http, const struct err *why)
{
    struct kube_call *c = OWNER(http, struct kube_call, http);
    struct kube *k = c->kube;
    struct err e = { 0 };
    bool ok = false;
    c->status = why ? 0 : http->status;
    if (why)
        err_set(&e, why->kind, "%s", why->text);
    else
        ok = read_answer(c, &e);
    c->retry_after_micros = why ? 0 : retry_after(c);
    c->in_flight = false;
    json_t *answer = c->answer; /* lives until done returned, also when done starts or frees c */
    struct text said = c->said;
    c->said = (struct text){ 0 };
    c->done(c, ok ? NULL : &e);
    json_decref(answer);
    text_fini(&said);
    kube_settle(k);
}

static bool call_piece(struct http_call *http, const char *bytes, size_t size)
{
    struct kube_call *c = OWNER(http, struct kube_call, http);
    if (http->status >= 200 && http->status < 300)
        return c->on_data(c, bytes, size);
    if (c->said.length < SAID_MOST)
        text_add_n(&c->said, bytes, size < SAID_MOST ? size : SAID_MOST);
    return true;
}

bool kube_call_start(struct kube_call *c, struct kube *k, struct err *e)
{
    AUTO_FREE char *url = mem_format("%s%s", k->target->server, c->path), *body = c->body ? json_write(c->body) : NULL;
    struct http_headers headers = { 0 };
    kube_headers(k, &headers, c->plain ? "text/plain, */*" : "application/json");
    if (body)
        http_headers_add(&headers, "Content-Type", c->content_type ? c->content_type : "application/json");
    c->kube = k;
    c->answer = NULL;
    c->text = "";
    c->status = 0;
    c->retry_after_micros = 0;
    c->http = (struct http_call){ .method = c->method, .url = url, .headers = headers, .body = body,
                                  .body_size = body ? strlen(body) : 0, .trust = &k->trust, .proxy = k->target->proxy, .via = k->target->via,
                                  .timeout_micros = c->timeout_micros, .answer_limit = c->answer_limit, .on_data = c->on_data ? call_piece : NULL,
                                  .done = call_done };
    bool ok = http_call_start(&c->http, k->clusters->client, e);
    http_headers_fini(&headers);
    k->in_flight += ok;
    c->in_flight = ok;
    return ok;
}

void kube_call_cancel(struct kube_call *c)
{
    if (c->in_flight)
        http_call_cancel(&c->http);
}

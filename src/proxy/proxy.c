#include "proxy/inside.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "proxy/credentials.h"

#define DIAL_MICROS (15 * CLOCK_SECOND)
#define ALONE_MICROS (3 * CLOCK_SECOND) /* so long one that got a connection goes on alone */

struct attempt {
    struct http_dial dial;
    struct proxy *proxy;
    size_t at;           /* in proxy->attempts */
    bool next_key;       /* it shows the key that the server may not know yet */
    bool signed_;        /* the server asked who we are, and was told */
    int64_t began, stood; /* clock_mono when it began; when its connection stood, 0: not yet */
};

static void try_later(struct proxy *p, int64_t micros);
static void check_stopped(struct proxy *p);

/* The same problem is logged once. */
static void say_problem(struct proxy *p, const char *text)
{
    if (text_is(p->last_problem, text))
        return;
    snprintf(p->last_problem, sizeof p->last_problem, "%s", text);
    log_warn("proxy", "%s; trying again", text);
}

static char *url_of(const struct proxy *p, const char *path)
{
    size_t n = strlen(p->config.server);
    while (n && p->config.server[n - 1] == '/')
        n--;
    return mem_format("%.*s%s", (int)n, p->config.server, path);
}

static char *host_name(void)
{
    char host[256] = "";
    gethostname(host, sizeof host - 1);
    text_mend(host);
    return mem_text(host);
}

/* ---- the link */

static void drop_other_attempts(struct proxy *p, const struct attempt *but)
{
    for (size_t i = 0; i < DIALS_MOST; i++)
        if (p->attempts[i] && p->attempts[i] != but)
            http_dial_cancel(&p->attempts[i]->dial);
}

static void link_ended(void *context, const struct err *why)
{
    struct proxy *p = context;
    p->wire = NULL;
    p->lost_at = clock_mono();
    p->last_problem[0] = 0;
    log_info("proxy", "the link to %s ended: %s", p->config.server, why->text);
    if (p->stopping)
        check_stopped(p);
    else
        try_later(p, 0);
}

/* Another wire took its place. */
static void old_link_ended(void *context, const struct err *why)
{
    (void)context, (void)why;
}

static void link_changed(void *context)
{
    struct proxy *p = context;
    if (p->wire && wire_silent(p->wire) && !p->stopping)
        try_later(p, 0);
}

/* The server has the new key: the old one is worth nothing any more. */
static void settle_keys(struct proxy *p, bool next_key)
{
    struct identity *i = p->identity;
    struct err e = { 0 };
    p->use_old_key = false;
    if (!i->has_next || !next_key)
        return;
    i->key = i->next;
    i->has_next = false;
    explicit_bzero(&i->next, sizeof i->next);
    if (!identity_save(i, &e))
        log_error("proxy", "the new key could not be saved: %s", e.text);
}

static void begin_link(struct proxy *p, struct attempt *a)
{
    struct wire_config config = { .loop = p->config.loop, .opened = proxy_asked, .changed = link_changed, .closed = link_ended, .context = p };
    struct wire *old = p->wire;
    p->wire = wire_create(&config);
    struct http_pipe_use use = wire_use(p->wire);
    wire_begin(p->wire, http_dial_take(&a->dial, &use));
    if (old)
        wire_replace(old, old_link_ended);
    settle_keys(p, a->next_key);
    p->refused = false;
    p->last_problem[0] = 0;
    timer_clear(&p->next_try);
    drop_other_attempts(p, a);
    log_info("proxy", "connected to %s as %s (instance %s)", p->config.server, p->identity->name ? p->identity->name : "?", p->identity->instance);
}

/* ---- attempts to connect */

static bool is_refusal(const struct attempt *a)
{
    return a->dial.status == 401 || a->dial.status == 403;
}

static void attempt_failed(struct proxy *p, const struct attempt *a, const struct err *e)
{
    if (e->kind == ERR_CANCELED || p->wire)
        return;
    say_problem(p, e->text);
    if (!is_refusal(a) || !a->signed_)
        return;
    if (a->next_key) {
        p->use_old_key = true;
    } else {
        p->use_old_key = false;
        p->refused = true;
        log_error("proxy", "the server refuses this instance (%s); if it was revoked, enrol it again with a new token and an empty --state folder", a->dial.text);
        try_later(p, REFUSED_EVERY);
    }
}

static void attempted(struct http_dial *d, const struct err *e)
{
    struct attempt *a = OWNER(d, struct attempt, dial);
    struct proxy *p = a->proxy;
    p->attempts[a->at] = NULL;
    if (!e && !p->stopping && (!p->wire || wire_silent(p->wire)))
        begin_link(p, a);
    else if (e)
        attempt_failed(p, a, e);
    free(a);
    if (p->stopping)
        check_stopped(p);
}

/* The network is there (again): is the link we have still silent? Of attempts that all wake up at once one goes on, as the server
 * keeps the last link that it gets. */
static bool still_needed(struct http_dial *d)
{
    struct attempt *a = OWNER(d, struct attempt, dial);
    const struct proxy *p = a->proxy;
    a->stood = clock_mono();
    for (size_t i = 0; i < DIALS_MOST; i++)
        if (p->attempts[i] && p->attempts[i] != a && p->attempts[i]->stood && a->stood - p->attempts[i]->stood < ALONE_MICROS)
            return false;
    return !p->wire || wire_silent(p->wire);
}

/* All places are taken: the oldest that has no connection yet makes room. */
static void give_up_oldest(struct proxy *p)
{
    struct attempt *oldest = NULL;
    for (size_t i = 0; i < DIALS_MOST; i++)
        if (p->attempts[i] && !p->attempts[i]->stood && (!oldest || p->attempts[i]->began < oldest->began))
            oldest = p->attempts[i];
    if (oldest)
        http_dial_cancel(&oldest->dial);
}

static char *prove(struct http_dial *d, const char *challenge)
{
    struct attempt *a = OWNER(d, struct attempt, dial);
    const struct identity *i = a->proxy->identity;
    a->signed_ = true;
    a->next_key = i->has_next && !a->proxy->use_old_key;
    AUTO_FREE char *signature = proof_sign(a->next_key ? &i->next : &i->key, "link", i->instance, challenge);
    return mem_format(PROOF_PROTOCOL " %s %s %s", i->instance, challenge, signature);
}

static void add_list(struct http_headers *h, const char *name, json_t *list)
{
    AUTO_FREE char *text = json_write(list);
    AUTO_TEXT encoded = { 0 };
    json_decref(list);
    text_add_url(&encoded, text);
    if (encoded.length < 4096) /* else it is not shown; a header's length has limits */
        http_headers_add(h, name, text_of(&encoded));
}

static void tell_self(const struct proxy *p, struct http_headers *h)
{
    AUTO_FREE char *host = host_name();
    AUTO_TEXT encoded = { 0 };
    text_add_url(&encoded, host);
    http_headers_add(h, "Slipway-Host", text_of(&encoded));
    http_headers_add(h, "Slipway-Version", SLIPWAY_VERSION);
    http_headers_add(h, "Slipway-Receives", p->journal ? "true" : "false");
    add_list(h, "Slipway-Allow", allow_json(p->allow));
    add_list(h, "Slipway-Credentials", credentials_json(p->credentials));
}

static void attempt(struct proxy *p)
{
    struct err e = { 0 };
    size_t at = 0;
    while (at < DIALS_MOST && p->attempts[at])
        at++;
    if (at == DIALS_MOST) {
        give_up_oldest(p);
        return;
    }
    AUTO_FREE char *url = url_of(p, "/codestream/api/cloud-proxy-link");
    struct attempt *a = NEW(struct attempt);
    *a = (struct attempt){ .proxy = p, .at = at, .began = clock_mono(), .dial = { .timeout_micros = DIAL_MICROS, .url = url, .protocol = PROOF_PROTOCOL, .trust = &p->config.trust, .proxy = p->config.http_proxy,
                                                          .challenged = prove, .connected = still_needed, .done = attempted } };
    tell_self(p, &a->dial.headers);
    bool begun = http_dial_start(&a->dial, p->config.loop, &e);
    http_headers_fini(&a->dial.headers);
    if (begun) {
        p->attempts[at] = a;
        return;
    }
    say_problem(p, e.text);
    free(a);
}

static void try_now(struct timer *t)
{
    struct proxy *p = OWNER(t, struct proxy, next_try);
    if (p->stopping || (p->wire && !wire_silent(p->wire)))
        return;
    p->refused = false;
    attempt(p);
    int64_t every = p->lost_at && clock_mono() - p->lost_at < JUST_LOST ? TRY_SOON : TRY_EVERY;
    try_later(p, every * 3 / 4 + randombytes_uniform((uint32_t)every / 2)); /* many proxies do not come at once */
}

static void try_later(struct proxy *p, int64_t micros)
{
    if (p->refused && micros < REFUSED_EVERY && timer_is_set(&p->next_try))
        return;
    timer_set(&p->next_try, p->config.loop, micros, try_now);
}

/* ---- enrolment: once in the life of a key pair */

static void enrol(struct proxy *p);

static void enrol_again(struct timer *t)
{
    enrol(OWNER(t, struct proxy, next_try));
}

static bool take_enrolment(struct proxy *p, struct err *e)
{
    AUTO_JSON *json = NULL;
    struct identity *i = p->identity;
    const struct http_call *c = &p->enrolling;
    if (c->status != 200) {
        AUTO_JSON *said = NULL;
        bool words = json_read(text_of(&c->answer), c->answer.length, &said, NULL);
        return err_set(e, err_kind_of_status(c->status), "the server does not enrol this Cloud Proxy (%d): %.300s", c->status,
                       words ? json_text_at(said, "message", "") : text_of(&c->answer));
    }
    if (!json_read(text_of(&c->answer), c->answer.length, &json, e) || !id_is(json_text_at(json, "instance", "")))
        return err_set(e, ERR_UPSTREAM, "what answered the enrolment is no Slipway server");
    snprintf(i->instance, sizeof i->instance, "%s", json_text_at(json, "instance", ""));
    free(i->name);
    free(i->server);
    i->name = mem_text(json_text_at(json, "name", ""));
    i->server = mem_text(p->config.server);
    return identity_save(i, e);
}

static void enrolled(struct http_call *c, const struct err *why)
{
    struct proxy *p = OWNER(c, struct proxy, enrolling);
    struct err e = why ? *why : (struct err){ 0 };
    if (p->stopping) {
        check_stopped(p);
    } else if (!why && take_enrolment(p, &e)) {
        log_info("proxy", "enrolled as %s, instance %s", p->identity->name, p->identity->instance);
        try_later(p, 0);
    } else if (err_retry(e.kind)) {
        say_problem(p, e.text);
        timer_set(&p->next_try, p->config.loop, CLOCK_SECOND, enrol_again);
    } else {
        p->config.ended(p->config.context, &e);
    }
}

/* Told again after a lost answer, the token and the key are the same, and so is what the server does. */
static void enrol(struct proxy *p)
{
    struct err e = { 0 };
    AUTO_FREE char *public = proof_public_text(p->identity->key.public), *host = host_name();
    AUTO_FREE char *proof = proof_sign(&p->identity->key, "enrol", p->config.token, public);
    AUTO_JSON *body = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "token", p->config.token, "publicKey", public, "proof", proof, "hostName", host,
                                "version", SLIPWAY_VERSION, "name", p->config.name ? p->config.name : "");
    free(p->enrol_body);
    free(p->enrol_url);
    p->enrol_body = json_write(body);
    p->enrol_url = url_of(p, "/codestream/api/cloud-proxy-enrolments");
    struct http_headers headers = { 0 };
    http_headers_add(&headers, "Content-Type", "application/json");
    p->enrolling = (struct http_call){ .method = "POST", .url = p->enrol_url, .body = p->enrol_body, .body_size = strlen(p->enrol_body), .headers = headers,
                                       .trust = &p->config.trust, .proxy = p->config.http_proxy, .done = enrolled };
    if (!http_call_start(&p->enrolling, p->client, &e))
        p->config.ended(p->config.context, &e);
    http_headers_fini(&headers);
}

/* ---- its life */

static bool same_server(const struct proxy *p, struct err *e)
{
    const struct identity *i = p->identity;
    if (!*i->instance && text_empty(p->config.token))
        return err_field(e, "token", "this Cloud Proxy is not enrolled yet: make a token on the server (slipway cloud-proxy token NAME) and give it with --token");
    if (*i->instance && !text_empty(p->config.name) && !text_is(p->config.name, i->name))
        return err_field(e, "name", "the folder %s belongs to the Cloud Proxy '%s', not to '%s': give another --state", i->folder, i->name, p->config.name);
    if (*i->instance && !text_empty(p->config.token))
        log_info("proxy", "it is enrolled as %s; the token is not needed any more", i->name);
    return true;
}

bool proxy_create(const struct proxy_config *config, struct proxy **ret, struct err *e)
{
    struct proxy *p = NEW(struct proxy);
    p->config = *config;
    bool ok = sodium_init() >= 0 && allow_parse(config->allow, &p->allow, e) && http_client_create(config->loop, NULL, &p->client, e) &&
              identity_open(config->state, &p->identity, e) && same_server(p, e) && receive_open(p, e) &&
              (!config->credentials || credentials_open(config->credentials, config->loop, p->client, config->state, &p->credentials, e));
    if (!ok) {
        proxy_destroy(&p);
        return false;
    }
    AUTO_JSON *list = allow_json(p->allow);
    if (!json_array_size(list) && !p->journal)
        log_warn("proxy", "the allow-list is empty: the server reaches nothing through this Cloud Proxy; see --allow");
    if (*p->identity->instance)
        try_later(p, 0);
    else
        enrol(p);
    *ret = p;
    return true;
}

static void tell_stopped(struct post *post)
{
    struct proxy *p = OWNER(post, struct proxy, post);
    p->stopped(p->stopped_context);
}

static void check_stopped(struct proxy *p)
{
    for (size_t i = 0; i < DIALS_MOST; i++)
        if (p->attempts[i])
            return;
    if (p->wire || p->enrolling.private || p->post.run)
        return;
    p->post.run = tell_stopped;
    loop_post(p->config.loop, &p->post);
}

void proxy_stop(struct proxy *p, void (*stopped)(void *context), void *context)
{
    p->stopping = true;
    p->stopped = stopped;
    p->stopped_context = context;
    timer_clear(&p->next_try);
    drop_other_attempts(p, NULL);
    http_call_cancel(&p->enrolling);
    if (p->wire)
        wire_close(p->wire);
    check_stopped(p);
}

void proxy_destroy(struct proxy **proxy)
{
    struct proxy *p = TAKE(*proxy);
    if (!p)
        return;
    timer_clear(&p->next_try);
    receive_close(p);
    credentials_close(&p->credentials);
    http_client_destroy(&p->client);
    allow_destroy(&p->allow);
    identity_destroy(&p->identity);
    free(p->enrol_body);
    free(p->enrol_url);
    free(p);
}

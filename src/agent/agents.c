#include "agent/agents.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/inside.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "wire/proof.h"

/* ---- links */

static struct agent_proxy *proxy_of(struct agents *a, const char *id, bool make)
{
    struct agent_proxy *p = map_get(a->proxies, id);
    if (p || !make)
        return p;
    p = NEW(struct agent_proxy);
    list_init(&p->links);
    list_init(&p->openings);
    map_put(a->proxies, id, p);
    return p;
}

static struct agent *agent_find(const struct agents *a, const char *instance)
{
    return map_get(a->by_instance, instance);
}

static void tell_changed(struct agent *g, bool linked)
{
    if (g->agents->config.changed)
        g->agents->config.changed(g->agents->config.context, g->instance, linked);
}

static bool another_speaks(const struct agent *g)
{
    LIST_EACH(&g->proxy->links, l)
        if (!wire_silent(OWNER(l, struct agent, link)->wire))
            return true;
    return false;
}

static void link_changed(void *context)
{
    struct agent *g = context;
    bool silent = wire_silent(g->wire);
    if (silent == g->was_silent)
        return;
    g->was_silent = silent;
    if (silent)
        log_warn("agent", "Cloud Proxy %s (%s) does not answer; others take over what they can", g->proxy->name, g->host);
    openings_look(g->proxy, silent ? g : NULL);
    if (silent && another_speaks(g)) /* what is under way over it is better begun anew there than waited for */
        wire_end_tunnels(g->wire, "its Cloud Proxy does not answer; another instance takes over");
    tell_changed(g, true);
}

static void agent_free(struct agent *g)
{
    free(g->host);
    free(g->version);
    free(g->address);
    json_decref(g->allow);
    json_decref(g->credentials);
    free(g);
}

static void link_closed(void *context, const struct err *why)
{
    struct agent *g = context;
    struct agents *a = g->agents;
    struct agent_proxy *p = g->proxy;
    list_remove(&g->link);
    if (agent_find(a, g->instance) == g)
        map_remove(a->by_instance, g->instance);
    p->last_linked = clock_mono();
    a->stats.links--;
    log_info("agent", "the link of Cloud Proxy %s (%s, instance %s) ended: %s", p->name, g->host, g->instance, why->text);
    relay_gone(g);
    tell_changed(g, agent_find(a, g->instance) != NULL);
    openings_look(p, NULL);
    agent_free(g);
}

/* The same instance connects anew: what it had is dead, though nobody told us yet. */
static void replace(struct agents *a, const char *instance)
{
    struct agent *old = agent_find(a, instance);
    if (old) {
        map_remove(a->by_instance, instance);
        wire_close(old->wire);
    }
}

void agents_link(struct agents *a, struct http_request *r, const struct agent_hello *hello)
{
    struct agent *g = NEW(struct agent);
    replace(a, hello->instance);
    *g = (struct agent){ .agents = a, .proxy = proxy_of(a, hello->proxy, true), .host = mem_text(hello->host), .version = mem_text(hello->version),
                         .address = mem_text(hello->address), .allow = json_deep_copy(hello->allow), .credentials = json_deep_copy(hello->credentials),
                         .receives = hello->receives, .since = clock_now(), .serial = ++a->serial };
    snprintf(g->instance, sizeof g->instance, "%s", hello->instance);
    snprintf(g->proxy_id, sizeof g->proxy_id, "%s", hello->proxy);
    snprintf(g->proxy->name, sizeof g->proxy->name, "%s", hello->name);
    memcpy(g->key, hello->key, sizeof g->key);
    struct wire_config config = { .loop = a->config.loop, .asks = true, .changed = link_changed, .closed = link_closed, .context = g };
    g->wire = wire_create(&config);
    list_append(&g->proxy->links, &g->link);
    map_put(a->by_instance, g->instance, g);
    a->stats.links++;
    struct http_pipe_use use = wire_use(g->wire);
    wire_begin(g->wire, http_upgrade(r, PROOF_PROTOCOL, &use));
    log_info("agent", "Cloud Proxy %s is linked: %s, instance %s, version %s, from %s", g->proxy->name, g->host, g->instance, g->version, g->address);
    relay_begin(g);
    openings_look(g->proxy, NULL);
    tell_changed(g, true);
}

void agents_unlink(struct agents *a, const char *proxy, const char *instance, const char *why)
{
    struct agent_proxy *p = proxy_of(a, proxy, false);
    if (!p)
        return;
    LIST_EACH(&p->links, l) {
        struct agent *g = OWNER(l, struct agent, link);
        if (instance && !text_is(instance, g->instance))
            continue;
        log_info("agent", "the link of instance %s of Cloud Proxy %s is ended: %s", g->instance, p->name, why);
        wire_close(g->wire);
    }
    p->last_linked = 0;
}

void agents_create(const struct agents_config *config, struct agents **ret)
{
    struct agents *a = NEW(struct agents);
    *a = (struct agents){ .config = *config, .proxies = map_create(), .by_instance = map_create(), .began = clock_mono() };
    *ret = a;
}

void agents_destroy(struct agents **agents)
{
    struct agents *a = TAKE(*agents);
    size_t at = 0;
    const char *key;
    void *value;
    if (!a)
        return;
    while (map_each(a->proxies, &at, &key, &value)) {
        struct agent_proxy *p = value;
        openings_drop(p);
        free(p);
    }
    map_destroy(&a->proxies);
    map_destroy(&a->by_instance);
    free(a);
}

/* ---- connections */

static void opening_free(struct opening *o)
{
    if (o->stream) {
        o->stream->closed = NULL;
        o->stream->answered = NULL;
        wire_reset(o->stream);
    }
    timer_clear(&o->deadline);
    list_remove(&o->link);
    http_way_release(&o->way);
    if (o->fd >= 0)
        close(o->fd);
    free(o->authority);
    free(o);
}

static void opening_failed(struct opening *o, const struct err *why)
{
    http_way_failed(o->way, why); /* before its socket closes */
    o->agents->stats.refused++;
    opening_free(o);
}

static bool was_tried(const struct opening *o, const struct agent *g)
{
    for (int i = 0; i < o->tried_count; i++)
        if (o->tried[i] == g->serial)
            return true;
    return false;
}

static struct agent *best_of(const struct opening *o)
{
    struct agent *best = NULL;
    LIST_EACH(&o->proxy->links, l) {
        struct agent *g = OWNER(l, struct agent, link);
        bool better = !best || wire_stats(g->wire).streams < wire_stats(best->wire).streams;
        if (better && !was_tried(o, g) && !wire_silent(g->wire) && agent_find(o->agents, g->instance) == g)
            best = g;
    }
    return best;
}

static void opening_answered(struct wire_stream *s)
{
    struct opening *o = s->context;
    if (s->status / 100 != 2)
        return; /* closed follows, with the reason */
    s->closed = NULL;
    s->answered = NULL;
    o->stream = NULL; /* goes on without us, over a descriptor of its own */
    o->agents->stats.opened++;
    opening_free(o);
}

static void opening_try(struct opening *o);

/* Refused, or the link broke: others may still do it. */
static void opening_closed(struct wire_stream *s, const struct err *why)
{
    struct opening *o = s->context;
    o->stream = NULL;
    o->refused = s->status != 0;
    if (why)
        o->why = *why;
    o->agents->stats.moved++;
    opening_try(o);
}

static void no_more(struct timer *t)
{
    struct opening *o = OWNER(t, struct opening, deadline);
    if (!o->refused)
        err_set(&o->why, ERR_UNAVAILABLE, list_empty(&o->proxy->links) ? "its Cloud Proxy is not connected" : "its Cloud Proxy does not answer");
    opening_failed(o, &o->why);
}

static bool ask(struct opening *o, struct agent *g)
{
    int fd = fcntl(o->fd, F_DUPFD_CLOEXEC, 0);
    o->tried[o->tried_count++] = g->serial;
    o->agent = g;
    o->refused = false;
    o->stream = fd < 0 ? NULL : wire_open(g->wire, "CONNECT", o->authority, NULL, fd);
    if (!o->stream)
        return false;
    o->stream->context = o;
    o->stream->answered = opening_answered;
    o->stream->closed = opening_closed;
    return true;
}

/* Whoever refused is not asked again; when nobody is left, the last refusal counts. Where it was a link that failed, it may
 * come back in time. */
static void opening_try(struct opening *o)
{
    struct agent *g;
    while (o->tried_count < (int)ALEN(o->tried) && (g = best_of(o)))
        if (ask(o, g))
            return;
    if (o->refused || o->tried_count == (int)ALEN(o->tried))
        timer_set(&o->deadline, o->agents->config.loop, 0, no_more); /* later: the caller may be at work on it */
}

/* A link came, spoke again, went (silent): what waits is tried again; what waits at the silent one moves, when there is another. */
void openings_look(struct agent_proxy *p, const struct agent *silent)
{
    LIST_EACH(&p->openings, l) {
        struct opening *o = OWNER(l, struct opening, link);
        if (o->stream && o->agent == silent && best_of(o)) {
            o->stream->closed = NULL;
            o->stream->answered = NULL;
            wire_reset(o->stream);
            o->stream = NULL;
            o->agents->stats.moved++;
        }
        if (!o->stream)
            opening_try(o);
    }
}

void openings_drop(struct agent_proxy *p)
{
    LIST_EACH(&p->openings, l) {
        struct opening *o = OWNER(l, struct opening, link);
        o->stream = NULL; /* its wire is gone */
        opening_free(o);
    }
}

/* Just after a start nobody had time to connect yet. */
static bool may_return(const struct agents *a, const struct agent_proxy *p)
{
    int64_t now = clock_mono();
    return !list_empty(&p->links) || now - a->began < CLOCK_MINUTE || (p->last_linked && now - p->last_linked < CLOCK_MINUTE);
}

bool agents_open(void *context, const char *via, const char *host, int port, int fd, struct http_way *way, struct err *e)
{
    struct agents *a = context;
    struct agent_proxy *p = proxy_of(a, via, true);
    if (list_empty(&p->links) && !may_return(a, p)) {
        close(fd);
        return err_set(e, ERR_UNAVAILABLE, "its Cloud Proxy %s is not connected: is 'slipway proxy' running there?", p->name);
    }
    struct opening *o = NEW(struct opening);
    *o = (struct opening){ .agents = a, .proxy = p, .fd = fd, .way = http_way_hold(way),
                           .authority = strchr(host, ':') ? mem_format("[%s]:%d", host, port) : mem_format("%s:%d", host, port) };
    list_append(&p->openings, &o->link);
    timer_set(&o->deadline, a->config.loop, list_empty(&p->links) ? RETURN_MICROS : OPENING_MICROS, no_more);
    opening_try(o);
    return true;
}

/* ---- a new key pair */

struct rotation {
    void (*done)(void *context, const unsigned char *key, const struct err *e);
    void *context;
    struct text answer;
    unsigned char old[32];
    char instance[ID_TEXT];
};

static void rotation_took(struct wire_stream *s, const void *bytes, size_t n, bool end)
{
    struct rotation *r = s->context;
    (void)end;
    if (r->answer.length + n < 4096)
        text_add_n(&r->answer, bytes, n);
}

static void rotation_closed(struct wire_stream *s, const struct err *why)
{
    struct rotation *r = s->context;
    struct err e = { 0 };
    unsigned char fresh[32];
    AUTO_JSON *json = NULL;
    bool ok = why ? err_set(&e, why->kind, "%.400s", why->text)
                  : json_read(text_of(&r->answer), r->answer.length, &json, &e) && proof_rotation_check(json, r->instance, r->old, fresh, &e);
    r->done(r->context, ok ? fresh : NULL, ok ? NULL : &e);
    text_fini(&r->answer);
    free(r);
}

bool agents_rotate(struct agents *a, const char *instance, void (*done)(void *context, const unsigned char *key, const struct err *e), void *context,
                   struct err *e)
{
    struct agent *g = agent_find(a, instance);
    struct wire_stream *s = g ? wire_open(g->wire, "POST", "slipway", "/rotate", -1) : NULL;
    if (!s)
        return err_set(e, ERR_CONFLICT, "the instance is not connected: its key can change when it is");
    struct rotation *r = NEW(struct rotation);
    *r = (struct rotation){ .done = done, .context = context };
    snprintf(r->instance, sizeof r->instance, "%s", instance);
    memcpy(r->old, g->key, sizeof r->old);
    s->context = r;
    s->took = rotation_took;
    s->closed = rotation_closed;
    wire_end(s);
    return true;
}

/* ---- what is known */

static json_t *agent_json(const struct agent *g)
{
    struct wire_stats s = wire_stats(g->wire);
    char since[CLOCK_TEXT];
    json_t *json = json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:I, s:I, s:I, s:b}", "status", wire_silent(g->wire) ? "SILENT" : "CONNECTED", "connectedSince",
                             clock_rfc3339(g->since, since), "_connectedSinceInMicros", (json_int_t)g->since, "address", g->address, "hostName", g->host,
                             "version", g->version, "streams", (json_int_t)s.streams, "bytesIn", (json_int_t)s.bytes_in, "bytesOut",
                             (json_int_t)s.bytes_out, "receives", g->receives);
    if (wire_latency(g->wire))
        json_object_set_new(json, "latencyMillis", json_real((double)(wire_latency(g->wire) / 10) / 100));
    json_object_set_new(json, "allow", g->allow ? json_incref(g->allow) : json_array());
    json_object_set_new(json, "credentials", g->credentials ? json_incref(g->credentials) : json_array());
    json_object_set_new(json, "journalWaiting", json_integer(g->waiting));
    return json;
}

json_t *agents_json(const struct agents *a)
{
    json_t *all = json_object();
    size_t at = 0;
    const char *key;
    void *value;
    while (map_each(a->by_instance, &at, &key, &value))
        json_object_set_new(all, key, agent_json(value));
    return all;
}

struct agents_stats agents_stats(const struct agents *a)
{
    struct agents_stats stats = a->stats;
    size_t at = 0;
    const char *key;
    void *value;
    while (map_each(a->by_instance, &at, &key, &value)) {
        const struct agent *g = value;
        struct wire_stats s = wire_stats(g->wire);
        stats.silent += wire_silent(g->wire);
        stats.streams += s.streams;
    }
    return stats;
}

void agents_each(const struct agents *a, void (*each)(void *context, const char *proxy, const char *instance, int64_t latency, int64_t streams), void *context)
{
    size_t at = 0;
    const char *key;
    void *value;
    while (map_each(a->by_instance, &at, &key, &value)) {
        const struct agent *g = value;
        each(context, g->proxy->name, g->instance, wire_latency(g->wire), wire_stats(g->wire).streams);
    }
}

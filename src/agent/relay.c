/* Webhooks that came to a Cloud Proxy: it tells them in the order of its journal, on one stream that the server opened, and
 * forgets each when the server says that it is kept.
 *
 *   POST /deliveries     the answer's body: records, each 4 bytes of length (big-endian) and JSON
 *                          {"record": TEXT, "signature": BASE64, "age": MICROSECONDS, "waiting": N}
 *                        the request's body: {"number": N} and a newline for each that is kept
 *   TEXT, which is signed (purpose "delivery", about the instance), is JSON again:
 *     {"journal": ID, "number": N, "path", "query", "remote", "headers": [[name, value]], "body": BASE64}
 */
#include <stdio.h>
#include <string.h>

#include "agent/inside.h"
#include "base/log.h"
#include "base/mem.h"
#include "wire/proof.h"

enum { RECORD_MOST = 48 << 20, HEADERS_MOST = 200 }; /* a body of 16 MiB, the most that a setting allows, twice in base64 */
#define AGAIN_MICROS CLOCK_SECOND

struct relay {
    struct agent *agent;         /* NULL: the link ended; the delivery that is under way keeps this alive */
    struct wire_stream *stream;  /* NULL: ended */
    struct text got;
    size_t used;                 /* of got */
    struct agent_delivery *delivery; /* told, and not kept yet */
    struct timer again;
};

struct agent_delivery_private {
    struct relay *relay;
};

static void relay_free_if_done(struct relay *r)
{
    if (r->agent || r->delivery)
        return;
    timer_clear(&r->again);
    text_fini(&r->got);
    free(r);
}

static void delivery_free(struct agent_delivery *d)
{
    free(d->path);
    free(d->query);
    free(d->remote);
    free(d->body);
    http_headers_fini(&d->headers);
    free(d->private);
    free(d);
}

/* ---- reading */

static bool read_headers(const json_t *list, struct http_headers *ret)
{
    size_t i;
    json_t *pair;
    if (!json_is_array(list) || json_array_size(list) > HEADERS_MOST)
        return false;
    json_array_foreach((json_t *)list, i, pair) {
        const json_t *name = json_array_get(pair, 0), *value = json_array_get(pair, 1);
        if (!json_is_string(name) || !json_is_string(value))
            return false;
        http_headers_add(ret, json_string_value(name), json_string_value(value));
    }
    return true;
}

static bool fill(struct agent_delivery *d, const json_t *record)
{
    const char *body = json_text_at(record, "body", ""), *path = json_text_at(record, "path", ""), *journal = json_text_at(record, "journal", "");
    unsigned char *bytes = text_base64_decode(body, strlen(body), &d->body_size);
    if (!bytes)
        return false;
    d->body = mem_resize(bytes, d->body_size + 1);
    d->body[d->body_size] = 0;
    d->number = json_int_at(record, "number", 0);
    d->path = mem_text(path);
    d->query = mem_text(json_text_at(record, "query", ""));
    d->remote = mem_text(json_text_at(record, "remote", ""));
    snprintf(d->journal, sizeof d->journal, "%s", journal);
    return *path == '/' && id_is(d->journal) && d->number > 0 && read_headers(json_object_get(record, "headers"), &d->headers);
}

static struct agent_delivery *read_delivery(const struct agent *g, const char *bytes, size_t n, int64_t *ret_waiting)
{
    AUTO_JSON *json = NULL, *record = NULL;
    if (!json_read(bytes, n, &json, NULL))
        return NULL;
    const char *text = json_text_at(json, "record", "");
    if (!proof_check(g->key, "delivery", g->instance, text, json_text_at(json, "signature", "")) || !json_read(text, strlen(text), &record, NULL))
        return NULL;
    struct agent_delivery *d = NEW(struct agent_delivery);
    d->private = NEW(struct agent_delivery_private);
    snprintf(d->instance, sizeof d->instance, "%s", g->instance);
    d->age_micros = json_int_at(json, "age", 0);
    if (d->age_micros < 0)
        d->age_micros = 0;
    *ret_waiting = json_int_at(json, "waiting", 0);
    if (fill(d, record))
        return d;
    delivery_free(d);
    return NULL;
}

/* ---- one after the other: a later one must not be stored before an earlier one, or the earlier would be taken for known */

static void tell_next(struct relay *r)
{
    while (r->agent && r->stream && !r->delivery && r->got.length - r->used >= 4) {
        const unsigned char *p = (const unsigned char *)r->got.at + r->used;
        size_t n = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
        if (n <= RECORD_MOST && r->got.length - r->used - 4 < n)
            return;
        r->delivery = n <= RECORD_MOST ? read_delivery(r->agent, (const char *)p + 4, n, &r->agent->waiting) : NULL;
        if (!r->delivery) {
            log_error("agent", "instance %s of Cloud Proxy %s tells webhooks that cannot be read, or that it did not sign", r->agent->instance,
                      r->agent->proxy->name);
            wire_close(r->agent->wire);
            return;
        }
        r->delivery->private->relay = r;
        r->used += n + 4;
        if (r->used == r->got.length) {
            text_fini(&r->got);
            r->used = 0;
        }
        const struct agents_config *config = &r->agent->agents->config;
        config->delivered(config->context, r->delivery);
    }
}

static void took(struct wire_stream *s, const void *bytes, size_t n, bool end)
{
    struct relay *r = s->context;
    (void)end;
    if (r->got.length + n > RECORD_MOST + 4 + PIPE_WAITING) { /* it sends one at a time, unless it means harm */
        wire_close(s->wire);
        return;
    }
    text_add_n(&r->got, bytes, n);
    tell_next(r);
}

static void tell_again(struct timer *t)
{
    struct relay *r = OWNER(t, struct relay, again);
    const struct agents_config *config = &r->agent->agents->config;
    config->delivered(config->context, r->delivery);
}

void agents_kept(struct agent_delivery *d, bool kept)
{
    struct relay *r = d->private->relay;
    char line[64];
    if (!kept && r->agent && r->stream) {
        timer_set(&r->again, r->agent->agents->config.loop, AGAIN_MICROS, tell_again);
        return;
    }
    r->delivery = NULL;
    if (r->stream && kept) {
        snprintf(line, sizeof line, "{\"number\":%lld}\n", (long long)d->number);
        wire_send(r->stream, line, strlen(line));
        if (r->agent->waiting > 0)
            r->agent->waiting--;
    }
    delivery_free(d);
    tell_next(r);
    relay_free_if_done(r);
}

/* ---- the stream's life */

static void closed(struct wire_stream *s, const struct err *why)
{
    struct relay *r = s->context;
    (void)why;
    r->stream = NULL;
}

void relay_begin(struct agent *g)
{
    struct wire_stream *s = g->receives ? wire_open(g->wire, "POST", "slipway", "/deliveries", -1) : NULL;
    if (!s)
        return;
    g->relay = NEW(struct relay);
    *g->relay = (struct relay){ .agent = g, .stream = s };
    s->context = g->relay;
    s->took = took;
    s->closed = closed;
}

void relay_gone(struct agent *g)
{
    struct relay *r = TAKE(g->relay);
    if (!r)
        return;
    r->agent = NULL;
    r->stream = NULL;
    if (timer_is_set(&r->again)) { /* nobody holds the delivery but us */
        timer_clear(&r->again);
        delivery_free(TAKE(r->delivery));
    }
    relay_free_if_done(r);
}

/* Webhooks come to a Cloud Proxy: on the disk first, then answered, then told to the server in their order, see relay.c. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/network.h"
#include "proxy/inside.h"

enum { AHEAD_BYTES = 4 << 20, AHEAD_MOST = 64, LINE_MOST = 256 }; /* the server holds what it could not store yet */
#define AGAIN_MICROS CLOCK_SECOND

struct teller { /* of one link */
    struct proxy *proxy;
    struct wire_stream *stream; /* NULL: the link ended */
    int64_t told, kept;         /* numbers: sent, and known to be with the server */
    size_t sizes[AHEAD_MOST];   /* of records that are sent, and not known to be kept: a ring */
    size_t first, ahead, bytes; /* where it begins, how many, how much in all */
    bool reading;               /* the journal is asked */
    char line[LINE_MOST];
    size_t line_length;
    struct timer again;
};

/* ---- telling */

static void tell_more(struct teller *t);

static void teller_free(struct teller *t)
{
    timer_clear(&t->again);
    free(t);
}

static char *record_of(const struct proxy *p, const struct journal_entry *x)
{
    AUTO_JSON *headers = NULL;
    AUTO_FREE char *body = text_base64(x->body, x->body_size);
    if (!json_read(x->headers, strlen(x->headers), &headers, NULL))
        headers = json_array();
    AUTO_JSON *record = json_pack("{s:s, s:I, s:O, s:s}", "journal", journal_id(p->journal), "number", (json_int_t)x->number, "headers", headers, "body", body);
    json_set_text(record, "path", x->path);
    json_set_text(record, "query", x->query);
    json_set_text(record, "remote", x->remote);
    return json_write(record);
}

static void send_record(struct teller *t, const struct journal_entry *x, int64_t waiting)
{
    const struct proxy *p = t->proxy;
    AUTO_FREE char *record = record_of(p, x), *signature = proof_sign(&p->identity->key, "delivery", p->identity->instance, record);
    AUTO_JSON *told = json_pack("{s:s, s:s, s:I, s:I}", "record", record, "signature", signature, "age", (json_int_t)(clock_now() - x->at), "waiting",
                                (json_int_t)waiting);
    AUTO_FREE char *text = json_write(told);
    size_t n = strlen(text);
    unsigned char size[4] = { (unsigned char)(n >> 24), (unsigned char)(n >> 16), (unsigned char)(n >> 8), (unsigned char)n };
    wire_send(t->stream, size, sizeof size);
    wire_send(t->stream, text, n);
    t->told = x->number;
    t->sizes[(t->first + t->ahead++) % AHEAD_MOST] = n;
    t->bytes += n;
}

static void again(struct timer *timer)
{
    tell_more(OWNER(timer, struct teller, again));
}

static void was_read(void *context, const struct journal_entry *entry, int64_t waiting, const struct err *e)
{
    struct teller *t = context;
    t->reading = false;
    if (!t->stream) {
        teller_free(t);
        return;
    }
    if (e) {
        log_error("proxy", "the journal could not be read: %s", e->text);
        timer_set(&t->again, t->proxy->config.loop, AGAIN_MICROS, again);
    } else if (entry) {
        send_record(t, entry, waiting);
        tell_more(t);
    }
}

static void tell_more(struct teller *t)
{
    if (t->reading || !t->stream || t->ahead >= AHEAD_MOST || t->bytes >= AHEAD_BYTES)
        return;
    t->reading = true;
    journal_next(t->proxy->journal, t->told, was_read, t);
}

static void kept(struct teller *t)
{
    AUTO_JSON *json = NULL;
    int64_t number = json_read(t->line, t->line_length, &json, NULL) ? json_int_at(json, "number", 0) : 0;
    if (number <= t->kept || number > t->told)
        return;
    t->kept = number;
    if (t->ahead) { /* the server keeps them in their order, one after the other */
        t->bytes -= t->sizes[t->first];
        t->first = (t->first + 1) % AHEAD_MOST;
        t->ahead--;
    }
    journal_forget(t->proxy->journal, number);
}

static void took(struct wire_stream *s, const void *bytes, size_t n, bool end)
{
    struct teller *t = s->context;
    const char *p = bytes;
    (void)end;
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '\n') {
            kept(t);
            t->line_length = 0;
        } else if (t->line_length < LINE_MOST) {
            t->line[t->line_length++] = p[i];
        }
    }
    tell_more(t);
}

static void stream_closed(struct wire_stream *s, const struct err *why)
{
    struct teller *t = s->context;
    (void)why;
    t->stream = NULL;
    if (t->proxy->teller == t)
        t->proxy->teller = NULL;
    if (!t->reading)
        teller_free(t);
}

void teller_begin(struct proxy *p, struct wire_stream *s)
{
    struct teller *t = NEW(struct teller);
    *t = (struct teller){ .proxy = p, .stream = s };
    p->teller = t;
    s->context = t;
    s->took = took;
    s->closed = stream_closed;
    wire_answer(s, 200, NULL);
    tell_more(t);
}

/* ---- receiving */

struct arrival {
    struct proxy *proxy;
    struct http_request *request;
};

static void answer(struct http_request *r, int status, const char *message)
{
    AUTO_JSON *body = status == 200 ? json_pack("{s:s, s:s}", "status", "journaled", "message", message) : json_pack("{s:s, s:i}", "message", message, "status", status);
    AUTO_FREE char *text = json_write(body);
    if (status == 503)
        http_answer_header(r, "Retry-After", "10");
    http_answer(r, status, "application/json", text, strlen(text));
}

static void journaled(void *context, const struct err *e)
{
    struct arrival *a = context;
    struct proxy *p = a->proxy;
    if (e)
        log_error("proxy", "a webhook could not be kept: %s", e->text);
    if (e)
        answer(a->request, 503, "the webhook could not be kept: send it again later");
    else
        answer(a->request, 200, p->teller ? "kept, and on its way to the server" : "kept until the server can be reached");
    free(a);
    if (p->teller)
        tell_more(p->teller);
}

/* The URLs are the server's own; only what could be one of a webhook gets into the journal. */
static bool could_be_webhook(const struct http_request *r)
{
    return text_starts(r->path, "/codestream/api/registry-webhook") || text_starts(r->path, "/pipeline/api/registry-webhook") ||
           text_starts(r->path, "/pipelines/api/docker-hub-webhooks");
}

static char *headers_text(const struct http_headers *h)
{
    AUTO_JSON *list = json_array();
    for (size_t i = 0; i < h->count; i++) {
        json_t *pair = json_array();
        json_array_append_new(pair, json_text(h->at[i].name));
        json_array_append_new(pair, json_text(h->at[i].value));
        json_array_append_new(list, pair);
    }
    return json_write(list);
}

static void receive(void *context, struct http_request *r)
{
    struct proxy *p = context;
    if (text_is(r->path, "/healthz")) {
        answer(r, p->wire ? 200 : 503, p->wire ? "linked" : "no link to the server");
        return;
    }
    if (!could_be_webhook(r)) {
        answer(r, 404, "this is a Cloud Proxy of Slipway: it takes webhooks at the paths that the server shows for them");
        return;
    }
    if (!text_is(r->method, "POST")) {
        answer(r, 405, "webhooks are sent by POST");
        return;
    }
    AUTO_FREE char *headers = headers_text(r->headers);
    struct journal_entry entry = { .path = r->path, .query = r->query, .remote = r->remote, .headers = headers, .body = r->body, .body_size = r->body_size };
    struct arrival *a = NEW(struct arrival);
    *a = (struct arrival){ p, r };
    journal_add(p->journal, &entry, journaled, a);
}

bool receive_open(struct proxy *p, struct err *e)
{
    const struct proxy_config *c = &p->config;
    if (!text_empty(c->receive) && text_empty(c->journal))
        return err_field(e, "journal", "webhooks are kept on the disk before they are answered: give a folder with --journal");
    if (!text_empty(c->journal) && !journal_open(c->loop, c->journal, &p->journal, e))
        return err_wrap(e, "the journal");
    if (text_empty(c->receive))
        return true;
    struct http_server_config config = { .address = c->receive, .port = c->receive_port, .tls_cert = c->receive_cert, .tls_key = c->receive_key,
                                         .handle = receive, .context = p };
    if (!http_server_open(c->loop, &config, &p->receiver, e))
        return false;
    log_info("proxy", "webhooks are taken at %s port %d", c->receive, http_server_port(p->receiver));
    return true;
}

int proxy_receive_port(const struct proxy *p)
{
    return p->receiver ? http_server_port(p->receiver) : 0;
}

/* What was not answered yet is on the disk or is not: its sender is told nothing, and sends it again. */
void receive_close(struct proxy *p)
{
    http_server_close(&p->receiver);
    journal_close(&p->journal);
}

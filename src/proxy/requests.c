/* What the server asks for over the link: connections, a new key, the webhooks that came. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "proxy/credentials.h"
#include "proxy/inside.h"
#include "proxy/reach.h"

struct connecting {
    struct reach reach;
    struct wire_stream *stream;
};

static void gone_while_connecting(struct wire_stream *s, const struct err *why)
{
    struct connecting *c = s->context;
    (void)why;
    reach_cancel(&c->reach);
    free(c);
}

static void reached(struct reach *r, int fd, const struct err *e)
{
    struct connecting *c = OWNER(r, struct connecting, reach);
    struct wire_stream *s = c->stream;
    s->closed = NULL;
    free(c);
    if (fd >= 0) {
        wire_join(s, fd);
    } else {
        log_debug("proxy", "CONNECT %s: %s", s->authority, e->text);
        wire_answer(s, err_status(e->kind), e->text);
    }
}

static void connect_to(struct proxy *p, struct wire_stream *s)
{
    int fd = -1;
    struct err e = { 0 };
    if (credentials_host(s->authority)) {
        if (credentials_connect(p->credentials, s->authority, &fd, &e))
            wire_join(s, fd);
        else
            wire_answer(s, err_status(e.kind), e.text);
        return;
    }
    struct connecting *c = NEW(struct connecting);
    *c = (struct connecting){ .stream = s, .reach = { .authority = s->authority, .allow = p->allow, .done = reached } };
    s->context = c;
    s->closed = gone_while_connecting;
    reach_start(&c->reach, p->config.loop);
}

/* The new key is on the disk before the server hears of it: whichever of both it knows afterwards, we have it. */
static void rotate(struct proxy *p, struct wire_stream *s)
{
    struct identity *i = p->identity;
    struct err e = { 0 };
    if (!i->has_next) {
        proof_key_new(&i->next);
        i->has_next = true;
        if (!identity_save(i, &e)) {
            i->has_next = false;
            wire_answer(s, err_status(e.kind), e.text);
            return;
        }
    }
    AUTO_JSON *answer = proof_rotation(i->instance, &i->key, &i->next);
    AUTO_FREE char *text = json_write(answer);
    p->use_old_key = false;
    wire_answer(s, 200, NULL);
    wire_send(s, text, strlen(text));
    wire_end(s);
    log_info("proxy", "the server asked for a new key; it counts from the next connection on");
}

void proxy_asked(void *context, struct wire_stream *s)
{
    struct proxy *p = context;
    if (text_is(s->method, "CONNECT"))
        connect_to(p, s);
    else if (text_is(s->method, "POST") && text_is(s->path, "/rotate"))
        rotate(p, s);
    else if (text_is(s->method, "POST") && text_is(s->path, "/deliveries") && p->journal)
        teller_begin(p, s);
    else
        wire_answer(s, 404, "this Cloud Proxy knows no such request: it may be older than the server");
}

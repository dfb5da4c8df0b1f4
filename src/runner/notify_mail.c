/* A notification by mail. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "runner/notify_endpoints.h"
#include "runner/notify_work.h"

struct mail_try {
    struct mail_send op;
    struct notify_work *work;
    struct mail_server *server;
    char *message;
    const char **to; /* borrows from the content */
};

static void try_free(void *context)
{
    struct mail_try *t = context;
    mail_server_destroy(&t->server);
    free(t->message);
    free(t->to);
    free(t);
}

static void cancel(struct notify_work *w)
{
    mail_send_cancel(&((struct mail_try *)w->context)->op);
}

/* 4yz of SMTP says "later", 5yz "never"; a password may be corrected meanwhile, and a certificate. */
static void sent(struct mail_send *op, const struct err *e)
{
    struct mail_try *t = OWNER(op, struct mail_try, op);
    AUTO_FREE char *said = *op->refused ? mem_format("%s:%d took it, but not for all: %s", op->host, op->port, op->refused)
                                        : mem_format("%s:%d took it", op->host, op->port);
    struct notify_outcome o = { .sent = !e, .code = op->code, .doubt = op->doubt, .message = said };
    o.never = e && (e->kind == ERR_INVALID || e->kind == ERR_UNSUPPORTED);
    notify_end(t->work, &o, e);
}

/* The same for the same notification, so that a reader's program knows a repeated one. */
static char *message_id(const struct notify_work *w, const char *from)
{
    const char *at = strchr(from, '@');
    return mem_format("%s@%s", w->row.uuid, at ? at + 1 : "slipway.invalid");
}

bool notify_mail_send(struct notify_work *w, const json_t *to, const char *subject, const char *body, struct err *e)
{
    struct mail_try *t = NEW(struct mail_try);
    const json_t *properties = notify_endpoint(w, "email", e);
    size_t count = json_array_size(to);
    t->work = w;
    w->context = t;
    w->context_free = try_free;
    t->to = mem_alloc((count + 1) * sizeof *t->to);
    for (size_t i = 0; i < count; i++)
        t->to[i] = json_string_value(json_array_get(to, i));
    if (!properties || !mail_server_from_properties(properties, &t->server, e))
        return false;
    AUTO_FREE char *id = message_id(w, t->server->from);
    struct mail_letter letter = { .from = t->server->from, .to = t->to, .to_count = count, .subject = subject, .body = body, .id = id, .at = w->row.created_at };
    if (!mail_compose(&letter, &t->message, e))
        return false;
    mail_server_use(t->server, &t->op);
    t->op.to = t->to;
    t->op.to_count = count;
    t->op.message = t->message;
    t->op.done = sent;
    if (!mail_send_start(&t->op, w->runner->config.loop, w->runner->config.http, e))
        return false;
    w->cancel = cancel;
    return true;
}

bool notify_mail(struct notify_work *w, struct err *e)
{
    return notify_mail_send(w, json_object_get(w->content, "to"), json_text_at(w->content, "subject", ""), json_text_at(w->content, "body", ""), e);
}

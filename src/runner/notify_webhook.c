/* A notification by HTTP: to Slack, Teams, or whoever takes a POST. */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "pipeline/notification.h"
#include "registry/challenge.h"
#include "runner/notify_work.h"
#include "store/cloud_proxies.h"

#define ANSWER_MOST (64 << 10)
#define TIME (30 * CLOCK_SECOND)

/* ---- for every sender that speaks HTTP */

static void cancel_call(struct notify_work *w)
{
    http_call_cancel(&w->call);
}

bool notify_call(struct notify_work *w, void (*done)(struct http_call *call, const struct err *e), struct err *e)
{
    w->call.timeout_micros = TIME;
    w->call.answer_limit = ANSWER_MOST;
    w->call.done = done;
    if (!http_call_start(&w->call, w->runner->config.http, e))
        return false;
    w->cancel = cancel_call;
    return true;
}

struct notify_outcome notify_judge(const struct http_call *call, const struct err *e)
{
    struct notify_outcome o = { .code = call->status };
    if (e) {
        o.never = e->kind == ERR_INVALID || e->kind == ERR_FORBIDDEN || e->kind == ERR_UNSUPPORTED;
        o.doubt = !o.never;
        return o;
    }
    o.sent = call->status >= 200 && call->status < 300;
    o.never = !o.sent && call->status < 500 && call->status != 408 && call->status != 409 && call->status != 425 && call->status != 429;
    o.doubt = call->status >= 500 || call->status == 408;
    o.patience = answer_retry_after(&call->answer_headers, clock_now());
    return o;
}

/* ---- the webhook */

/* Teams' connectors answer 200 and say in words that the message did not arrive (learn.microsoft.com, "Rate limiting for connectors"). */
static bool teams_refused(const struct notify_work *w, struct err *e)
{
    const char *said = text_of(&w->call.answer);
    if (!text_is_any_case(w->row.type, "teams") || !strstr(said, "Webhook message delivery failed"))
        return false;
    err_set(e, ERR_UNAVAILABLE, "Teams did not take it: %.200s", said);
    return true;
}

static void answered(struct http_call *call, const struct err *failed)
{
    struct notify_work *w = OWNER(call, struct notify_work, call);
    struct notify_outcome o = notify_judge(call, failed);
    struct err e = failed ? *failed : (struct err){ 0 };
    AUTO_FREE char *said = mem_format("%s answered %d", w->row.target, call->status);
    o.message = said;
    if (!failed && !o.sent)
        http_call_refused(call, &e);
    if (o.sent && teams_refused(w, &e))
        o.sent = false;
    if (call->status >= 300 && call->status < 400)
        err_set(&e, ERR_INVALID, "%s answered %d and leads elsewhere: name that URL instead", w->row.target, call->status);
    notify_end(w, &o, e.kind ? &e : NULL);
}

/* The address of a webhook is often its secret: its path and query are masked in all that is said. */
static void hide_path(struct notify_work *w, const char *url)
{
    const char *scheme = strstr(url, "://"), *host = scheme ? scheme + 3 : url, *path = host + strcspn(host, "/?#");
    AUTO_FREE char *bare = mem_text_n(path, strcspn(path, "?#"));
    mask_destroy(&w->mask);
    json_array_append_new(w->knowledge.secrets, json_text(path));
    json_array_append_new(w->knowledge.secrets, json_text(bare));
    w->mask = mask_create_json(w->knowledge.secrets);
}

/* A Cloud Proxy that the project may use, by its id or name. */
bool notify_via_read(struct notify_work *w, struct db_tx *tx, struct err *e)
{
    const char *given = json_text_at(w->content, "via", "");
    struct cloud_proxy_row row = { 0 };
    int64_t id = 0;
    if (!*given || text_is_any_case(given, "default")) {
        json_set_text(w->content, "via", "");
        return true;
    }
    if (!cloud_proxy_find(tx, given, &id, e) || (id && !cloud_proxy_get(tx, id, &row, e)))
        return false;
    bool ok = id && (!row.object.project_id || row.object.project_id == w->row.project_id);
    if (ok)
        json_set_text(w->content, "via", row.object.uuid);
    else
        err_set(e, ERR_INVALID, "cloudProxyId: there is no Cloud Proxy '%.100s' that this project may use", given);
    cloud_proxy_row_fini(&row);
    return ok;
}

static bool add_headers(struct notify_work *w, struct err *e)
{
    const json_t *headers = json_object_get(w->content, "headers");
    for (size_t i = 0; i < json_array_size(headers); i++) {
        const json_t *header = json_array_get(headers, i);
        const char *name = json_string_value(json_array_get(header, 0));
        AUTO_FREE char *value = NULL;
        if (!notification_pieces(json_array_get(header, 1), knowledge_variable, &w->knowledge, &value, e))
            return false;
        char *from = value; /* exports have " application/json" */
        while (*from == ' ')
            from++;
        if (strpbrk(from, "\r\n"))
            return err_set(e, ERR_INVALID, "header %s: its value has more than one line", name);
        http_headers_add(&w->call.headers, name, from);
    }
    if (!http_headers_get(&w->call.headers, "Idempotency-Key"))
        http_headers_add(&w->call.headers, "Idempotency-Key", w->row.uuid);
    return true;
}

static void set_body(struct notify_work *w)
{
    const char *payload = json_text_at(w->content, "payload", "");
    AUTO_JSON *json = NULL;
    bool is_json = json_read(payload, strlen(payload), &json, NULL);
    w->call.body = mem_text(payload);
    w->call.body_size = strlen(payload);
    if (!http_headers_get(&w->call.headers, "Content-Type"))
        http_headers_add(&w->call.headers, "Content-Type", is_json ? "application/json" : "text/plain; charset=utf-8");
}

bool notify_webhook(struct notify_work *w, struct err *e)
{
    AUTO_FREE char *url = NULL;
    if (!notification_pieces(json_object_get(w->content, "url"), knowledge_variable, &w->knowledge, &url, e))
        return false;
    if (!text_starts(url, "https://") && !text_starts(url, "http://"))
        return err_set(e, ERR_INVALID, "the URL does not begin with https:// or http://");
    hide_path(w, url);
    free(w->row.target);
    w->row.target = notify_host(url);
    w->call.method = json_text_at(w->content, "method", "POST");
    w->call.url = TAKE(url);
    w->call.via = mem_text(json_text_at(w->content, "via", ""));
    if (!add_headers(w, e))
        return false;
    set_body(w);
    return notify_call(w, answered, e);
}

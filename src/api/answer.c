#include "api/answer.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

void answer_guards(struct http_request *r)
{
    static const struct { const char *name, *value; } HEADERS[] = {
        { "X-Content-Type-Options", "nosniff" },
        { "X-Frame-Options", "DENY" },
        { "Referrer-Policy", "no-referrer" },
        { "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'" },
        { "Cache-Control", "no-store" },
    };
    for (size_t i = 0; i < ALEN(HEADERS); i++)
        http_answer_header(r, HEADERS[i].name, HEADERS[i].value);
}

void answer_send(struct http_request *r, int status, const char *type, const char *body, size_t size)
{
    answer_guards(r);
    http_answer(r, status, type, body, size);
}

static const char *reason(int status)
{
    static const struct { int status; const char *text; } REASONS[] = {
        { 400, "Bad Request" }, { 401, "Unauthorized" }, { 403, "Forbidden" }, { 404, "Not Found" },
        { 405, "Method Not Allowed" }, { 409, "Conflict" }, { 413, "Payload Too Large" }, { 415, "Unsupported Media Type" },
        { 429, "Too Many Requests" }, { 500, "Internal Server Error" }, { 501, "Not Implemented" }, { 502, "Bad Gateway" },
        { 503, "Service Unavailable" }, { 504, "Gateway Timeout" }, { 507, "Insufficient Storage" },
    };
    for (size_t i = 0; i < ALEN(REASONS); i++)
        if (REASONS[i].status == status)
            return REASONS[i].text;
    return "Error";
}

json_t *answer_error(const struct err *e, const char *path, const char *request_id, const json_t *details)
{
    int status = err_status(e->kind);
    json_t *body = json_object();
    json_object_set_new(body, "timestamp", json_integer(clock_now() / CLOCK_MS));
    json_set_text(body, "path", path);
    json_object_set_new(body, "status", json_integer(status));
    json_set_text(body, "error", reason(status));
    json_set_text(body, "message", e->text);
    json_set_text(body, "requestId", request_id);
    json_set_text(body, "@type", "slipway.Error");
    json_object_set_new(body, "statusCode", json_integer(status));
    json_object_set_new(body, "errorCode", json_integer(status * 100));
    json_set_text(body, "referenceId", request_id);
    if (e->field[0])
        json_set_text(body, "field", e->field);
    if (text_starts(path, "/csp/")) /* its clients show this one */
        json_set_text(body, "serverMessage", e->text);
    if (details)
        json_object_update(body, (json_t *)details);
    return body;
}

/* The query is left out: tokens stand there. */
void answer_log(const struct http_request *r, int status, const char *who, const char *request_id)
{
    int64_t took = clock_mono() - r->began;
    log_info("api", "%s %s %d %lld.%03lld ms, %s from %s, request %s", r->method, r->path, status, (long long)(took / CLOCK_MS),
             (long long)(took % CLOCK_MS), who, r->remote, request_id);
}

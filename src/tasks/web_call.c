#include "tasks/web_call.h"

#include <ctype.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

#define ANSWER_MOST (1 << 20) /* it is kept with the run */
enum { TIMEOUT = 60, TIMEOUT_MOST = 600 };

static char *payload_of(const json_t *payload)
{
    if (!payload || json_is_null(payload))
        return NULL;
    return json_is_string(payload) ? mem_text(json_string_value(payload)) : json_write(payload);
}

static bool take_headers(struct web_call *w, const json_t *headers, struct err *e)
{
    const char *name;
    json_t *value;
    if (!headers || json_is_null(headers))
        return true;
    if (!json_is_object(headers))
        return err_field(e, "headers", "headers must be an object of names and values");
    w->headers = json_object();
    json_object_foreach((json_t *)headers, name, value) {
        AUTO_FREE char *text = json_as_text(value);
        if (!*name || strpbrk(name, " :\r\n\t") || strpbrk(text, "\r\n"))
            return err_field(e, "headers", "header '%.60s' has a line break, a space or a colon where none may be", name);
        json_set_text(w->headers, name, text);
    }
    return true;
}

static bool take_agent(struct web_call *w, const struct task_job *job, struct err *e)
{
    const json_t *agent = json_object_get(job->endpoints, "agent");
    if (!agent)
        return true;
    const char *via = json_text_at(agent, "properties.cloudProxyId", ""), *type = json_text_at(agent, "type", "");
    if (!text_is(type, "agent"))
        return err_field(e, "agent", "endpoint '%s' is of type %s, not agent", json_text_at(agent, "name", ""), type);
    w->via = mem_text(via);
    return *via || err_field(e, "agent", "endpoint '%s' names no Cloud Proxy: choose one there, or leave the task's agent out", json_text_at(agent, "name", ""));
}

bool web_call_read(struct web_call *w, const struct task_job *job, const json_t *input, const char *action, struct err *e)
{
    static const char *const METHODS[] = { "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD" };
    int64_t seconds = json_object_get(input, "timeout") ? json_int_at(input, "timeout", 0) : TIMEOUT;
    size_t i = 0;
    w->url = mem_text(json_text_at(input, "url", ""));
    w->body = payload_of(json_object_get(input, "payload"));
    w->timeout_micros = seconds * CLOCK_SECOND;
    while (i < ALEN(METHODS) && !text_is_any_case(METHODS[i], action))
        i++;
    if (i == ALEN(METHODS))
        return err_field(e, "action", "action '%.20s' is none of get, post, put, patch, delete, head", action);
    w->method = mem_text(METHODS[i]);
    if (!text_starts(w->url, "https://") && !text_starts(w->url, "http://"))
        return err_field(e, "url", "'%.100s' is no URL: it begins with https:// or http://", w->url);
    if (seconds < 1 || seconds > TIMEOUT_MOST)
        return err_field(e, "timeout", "timeout is 1 to %d seconds", TIMEOUT_MOST);
    return take_headers(w, json_object_get(input, "headers"), e) && take_agent(w, job, e);
}

void web_call_fini(struct web_call *w)
{
    free(w->method);
    free(w->url);
    free(w->body);
    free(w->via);
    json_decref(w->headers);
    *w = (struct web_call){ 0 };
}

static bool has_header(const json_t *headers, const char *wanted)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)headers, name, value)
        if (text_is_any_case(name, wanted))
            return true;
    return false;
}

bool web_call_start(struct web_call *w, const struct task_job *job, const char *key, void (*done)(struct http_call *c, const struct err *e), struct err *e)
{
    const char *name;
    json_t *value;
    w->http = (struct http_call){ .method = w->method, .url = w->url, .body = w->body, .body_size = w->body ? strlen(w->body) : 0, .via = w->via,
                                  .timeout_micros = w->timeout_micros, .answer_limit = ANSWER_MOST, .redirects = 5, .done = done,
                                  .once = text_is(w->method, "POST") || text_is(w->method, "PATCH") };
    json_object_foreach(w->headers, name, value)
        http_headers_add(&w->http.headers, name, json_string_value(value));
    if (w->body && !has_header(w->headers, "Content-Type"))
        http_headers_add(&w->http.headers, "Content-Type", "application/json");
    if (key && !has_header(w->headers, "Idempotency-Key"))
        http_headers_add(&w->http.headers, "Idempotency-Key", key);
    bool ok = http_call_start(&w->http, job->services->http, e);
    http_headers_fini(&w->http.headers);
    w->http.headers = (struct http_headers){ 0 };
    return ok;
}

json_t *web_call_output(const struct http_call *c)
{
    json_t *output = json_object(), *headers = json_object(), *tree = NULL;
    const char *body = text_of(&c->answer);
    for (size_t i = 0; i < c->answer_headers.count; i++)
        json_set_text(headers, c->answer_headers.at[i].name, c->answer_headers.at[i].value);
    json_object_set_new(output, "responseCode", json_integer(c->status));
    json_object_set_new(output, "responseHeaders", headers);
    if (json_read(body, c->answer.length, &tree, NULL) && (json_is_object(tree) || json_is_array(tree))) {
        json_object_set(output, "responseBody", tree);
        json_object_set(output, "responseJson", tree);
    } else {
        json_set_text(output, "responseBody", body);
    }
    json_decref(tree);
    return output;
}

bool web_call_good(const struct http_call *c)
{
    return c->status >= 200 && c->status < 300;
}

/* ---- criteria */

static enum scope_answer find(struct scope *scope, const char *reference, size_t n, struct value *ret, struct err *e)
{
    struct web_scope *s = OWNER(scope, struct web_scope, scope);
    const json_t *body = json_object_get(s->output, "responseJson");
    json_t *found = reference_walk(body, reference, n);
    if (!found)
        found = reference_walk(s->output, reference, n);
    if (found) {
        *ret = (struct value){ .json = json_incref(found), .outside = true };
        return SCOPE_FOUND;
    }
    enum scope_answer answer = s->run->find(s->run, reference, n, ret, e);
    if (answer != SCOPE_UNKNOWN)
        return answer;
    AUTO_FREE char *why = body ? reference_missing(body, reference, n) : mem_text("it is no JSON");
    err_set(e, ERR_INVALID, "the answer has no '%.*s': %s", (int)n, reference, why);
    return SCOPE_FAILED;
}

void web_scope_init(struct web_scope *s, struct scope *run, const json_t *output)
{
    *s = (struct web_scope){ .scope.find = find, .run = run, .output = output };
}

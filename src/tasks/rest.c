/* REST: one request. GET, HEAD, PUT and DELETE may be done again, and are when the server could not be reached; a POST or PATCH is sent once:
 * when nobody knows whether it came, the run says so and ends, unless the task's onCrash is retry. */
#include <stdio.h>
#include <string.h>

#include "base/fields.h"
#include "base/mem.h"
#include "pipeline/condition.h"
#include "tasks/web_call.h"

struct rest_input { /* checked before any run; read by web_call.c */
    char *action, *url, *criteria;
    json_t *headers, *payload;
    int64_t timeout;
};
static const struct field FIELDS[] = {
    { "action", FIELD_TEXT, offsetof(struct rest_input, action), REQUIRED },   { "url", FIELD_TEXT, offsetof(struct rest_input, url), REQUIRED },
    { "headers", FIELD_OBJECT, offsetof(struct rest_input, headers), OPTIONAL }, { "payload", FIELD_ANY, offsetof(struct rest_input, payload), OPTIONAL },
    { "timeout", FIELD_INT, offsetof(struct rest_input, timeout), OPTIONAL },    { "successCriteria", FIELD_TEXT, offsetof(struct rest_input, criteria), OPTIONAL },
};

struct rest {
    struct task_job *job;
    struct web_call call;
    char key[120];
    bool repeatable;
    struct condition *success; /* NULL: any 2xx is one */
    struct timer timer;
};

static void rest_free(struct rest *r)
{
    timer_clear(&r->timer);
    web_call_fini(&r->call);
    condition_destroy(&r->success);
    free(r);
}

static void end(struct rest *r, enum task_result result, const char *message, json_t *output, bool unsure)
{
    struct task_job *job = r->job;
    json_object_set_new(output, "status", json_string(result == TASK_COMPLETED ? "COMPLETED" : "FAILED"));
    struct task_outcome outcome = { .result = result, .message = message, .output = output, .unsure = unsure };
    rest_free(r);
    task_done(job, &outcome);
    json_decref(output);
}

static void log_call(struct rest *r, const struct http_call *c, const char *what)
{
    AUTO_FREE char *line = mem_format("%s %s: %s\n", r->call.method, r->call.url, what);
    task_log(r->job, line, strlen(line));
    if (c && c->answer.length) {
        task_log(r->job, c->answer.at, c->answer.length);
        task_log(r->job, "\n", 1);
    }
}

/* The criteria judge every answer, whatever its code; without them a 2xx is a success. False: message says why it is none. */
static bool is_success(const struct rest *r, const struct http_call *c, const json_t *output, char *message, size_t size)
{
    struct web_scope scope;
    struct err e = { 0 };
    bool yes = false;
    if (!r->success) {
        snprintf(message, size, "Request failed with status code : %d", c->status); /* Code Stream's words */
        return web_call_good(c);
    }
    web_scope_init(&scope, r->job->scope, output);
    if (condition_evaluate(r->success, &scope.scope, &yes, NULL, &e))
        snprintf(message, size, "answered %d, and the success criteria are not met", c->status);
    else
        snprintf(message, size, "answered %d, and the success criteria cannot be judged: %.400s", c->status, e.text);
    return yes;
}

static void answered(struct http_call *c, const struct err *e)
{
    struct rest *r = OWNER(OWNER(c, struct web_call, http), struct rest, call);
    char message[700];
    if (e && e->kind == ERR_CANCELED) {
        snprintf(message, sizeof message, "canceled; the request may have been carried out");
        end(r, TASK_CANCELED, message, json_object(), false);
        return;
    }
    if (e) {
        log_call(r, NULL, e->text);
        snprintf(message, sizeof message, "%s%s", e->text, r->repeatable ? "" : "; the request may have been carried out, so it is not repeated");
        end(r, r->repeatable && err_retry(e->kind) ? TASK_RETRY : TASK_FAILED, message, json_object(), !r->repeatable);
        return;
    }
    snprintf(message, sizeof message, "answered %d", c->status);
    log_call(r, c, message);
    json_t *output = web_call_output(c);
    bool good = is_success(r, c, output, message, sizeof message);
    end(r, good ? TASK_COMPLETED : TASK_FAILED, good ? "" : message, output, false);
}

static void send_now(struct task_job *job)
{
    struct rest *r = job->context;
    struct err e = { 0 };
    task_progress(job, "%s %s", r->call.method, r->call.url);
    if (!web_call_start(&r->call, job, r->repeatable ? NULL : r->key, answered, &e))
        end(r, TASK_FAILED, e.text, json_object(), false);
}

static void abandon(struct task_job *job)
{
    rest_free(job->context);
}

static void lost(struct timer *t)
{
    struct rest *r = OWNER(t, struct rest, timer);
    AUTO_FREE char *message = mem_format("the server stopped while %s %s was on its way: it may have been carried out, and was not repeated. Run the task again when it was not, "
                                         "or give it onCrash: retry",
                                         r->call.method, r->call.url);
    end(r, TASK_FAILED, message, json_object(), true);
}

/* Its references are resolved with the answer. */
static bool take_criteria(struct rest *r, struct err *e)
{
    const char *text = json_text_at(r->job->input, "successCriteria", "");
    return !*text || condition_parse(text, strlen(text), CONDITION_BARE, &r->success, e) || err_wrap(e, "successCriteria");
}

static bool rest_start(struct task_job *job, struct err *e)
{
    static const char *const RAW[] = { "successCriteria", NULL };
    struct rest *r = NEW(struct rest);
    AUTO_JSON *input = NULL;
    r->job = job;
    if (!expression_resolve_tree(job->input, RAW, job->scope, &input, NULL, e) || !web_call_read(&r->call, job, input, json_text_at(input, "action", ""), e) ||
        !take_criteria(r, e)) {
        rest_free(r);
        return false;
    }
    r->repeatable = !text_is(r->call.method, "POST") && !text_is(r->call.method, "PATCH");
    snprintf(r->key, sizeof r->key, "%.40s-%.30s-%.30s-%d", job->execution, job->stage, job->task, job->attempt);
    for (char *p = r->key; *p; p++)
        if ((unsigned char)*p <= ' ' || (unsigned char)*p > '~')
            *p = '_';
    job->context = r;
    if (job->resolved && json_int_at(job->resolved, "attempt", job->attempt) == job->attempt && !r->repeatable && !text_is(job->on_crash, "retry")) { /* it began before a crash */
        timer_set(&r->timer, job->services->loop, 0, lost);
        return true;
    }
    AUTO_JSON *resolved = json_pack("{s:s, s:s, s:i}", "method", r->call.method, "key", r->key, "attempt", job->attempt);
    task_resolved(job, input, resolved, send_now, abandon);
    return true;
}

static void rest_cancel(struct task_job *job)
{
    struct rest *r = job->context;
    if (r->call.http.private)
        http_call_cancel(&r->call.http);
    else
        end(r, TASK_CANCELED, "canceled before it was sent", json_object(), false);
}

static const char *const ENDPOINTS[] = { "agent", NULL };

static const char *const CONDITIONS[] = { "successCriteria", NULL };

const struct task_type TASK_REST = {
    .name = "REST", .bare_conditions = CONDITIONS, .fields = FIELDS, .field_count = ALEN(FIELDS), .endpoints = ENDPOINTS, .crash = TASK_ASK, .start = rest_start, .cancel = rest_cancel,
};

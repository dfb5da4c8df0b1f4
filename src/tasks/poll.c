/* POLL: a GET again and again, until its answer meets a condition. Repeatable: after a crash it begins anew. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fields.h"
#include "base/mem.h"
#include "pipeline/condition.h"
#include "tasks/web_call.h"

enum { COUNT = 10, COUNT_MOST = 10000, INTERVAL = 60, INTERVAL_MOST = 86400 };

struct poll_input { /* checked before any run */
    char *url;
    json_t *headers, *exit_criteria;
    int64_t count, interval, timeout;
    bool ignore;
};
static const struct field FIELDS[] = {
    { "url", FIELD_TEXT, offsetof(struct poll_input, url), REQUIRED },           { "headers", FIELD_OBJECT, offsetof(struct poll_input, headers), OPTIONAL },
    { "pollCount", FIELD_INT, offsetof(struct poll_input, count), OPTIONAL },    { "pollIntervalSeconds", FIELD_INT, offsetof(struct poll_input, interval), OPTIONAL },
    { "ignoreFailure", FIELD_BOOL, offsetof(struct poll_input, ignore), OPTIONAL }, { "timeout", FIELD_INT, offsetof(struct poll_input, timeout), OPTIONAL },
    { "exitCriteria", FIELD_OBJECT, offsetof(struct poll_input, exit_criteria), REQUIRED },
};

struct poll {
    struct task_job *job;
    struct web_call call;
    struct timer timer;
    struct condition *success, *failure; /* NULL: none */
    int64_t count, interval, asked;
    bool ignore;      /* an answer that fails is asked for again, until the count is used up */
    json_t *output;   /* of the last answer */
    char why[400];    /* of the last that was no success */
};

static void poll_free(struct poll *p)
{
    timer_clear(&p->timer);
    web_call_fini(&p->call);
    condition_destroy(&p->success);
    condition_destroy(&p->failure);
    json_decref(p->output);
    free(p);
}

static void end(struct poll *p, enum task_result result, const char *message)
{
    struct task_job *job = p->job;
    AUTO_JSON *output = p->output ? json_incref(p->output) : json_object();
    json_object_set_new(output, "status", json_string(result == TASK_COMPLETED ? "COMPLETED" : "FAILED"));
    json_object_set_new(output, "pollCount", json_integer(p->count));
    json_object_set_new(output, "iterationCount", json_integer(p->asked));
    json_object_set_new(output, "interval", json_integer(p->interval));
    json_set_text(output, "processedUrl", p->call.url);
    struct task_outcome outcome = { .result = result, .message = message, .output = output };
    poll_free(p);
    task_done(job, &outcome);
}

/* ---- criteria: status == 'FINISHED' means the field of the answer */

/* A field that the answer does not have (yet) meets nothing. */
static bool met(struct poll *p, const struct condition *condition)
{
    bool yes = false;
    struct err e = { 0 };
    struct web_scope scope;
    if (!condition)
        return false;
    web_scope_init(&scope, p->job->scope, p->output);
    if (!condition_evaluate(condition, &scope.scope, &yes, NULL, &e))
        snprintf(p->why, sizeof p->why, "%.350s", e.text);
    return yes;
}

static void ask(struct timer *t);

static void again(struct poll *p)
{
    char message[500];
    if (p->asked < p->count) {
        task_progress(p->job, "asked %lld of %lld times%s%s", (long long)p->asked, (long long)p->count, *p->why ? ": " : "", p->why);
        timer_set(&p->timer, p->job->services->loop, p->interval * CLOCK_SECOND, ask);
        return;
    }
    snprintf(message, sizeof message, "the criteria were not met by %lld answers%s%s", (long long)p->asked, *p->why ? "; the last: " : "", p->why);
    end(p, TASK_FAILED, message);
}

static void judge(struct poll *p, const struct http_call *c)
{
    json_decref(p->output);
    p->output = web_call_output(c);
    snprintf(p->why, sizeof p->why, "answered %d", c->status);
    AUTO_FREE char *line = mem_format("%lld: GET %s answered %d: %.400s\n", (long long)p->asked, p->call.url, c->status, text_of(&c->answer));
    text_mend(line);
    task_log(p->job, line, strlen(line));
    if (!web_call_good(c) && !p->ignore) {
        char message[100];
        snprintf(message, sizeof message, "Request failed with status code : %d", c->status);
        end(p, TASK_FAILED, message);
    } else if (web_call_good(c) && met(p, p->failure)) {
        end(p, TASK_FAILED, "the failure criteria are met");
    } else if (web_call_good(c) && met(p, p->success)) {
        end(p, TASK_COMPLETED, "");
    } else {
        again(p);
    }
}

static void answered(struct http_call *c, const struct err *e)
{
    struct poll *p = OWNER(OWNER(c, struct web_call, http), struct poll, call);
    if (e && e->kind == ERR_CANCELED) {
        end(p, TASK_CANCELED, "canceled");
    } else if (e && (p->ignore || err_retry(e->kind))) { /* what is polled may be starting up */
        snprintf(p->why, sizeof p->why, "%.350s", e->text);
        again(p);
    } else if (e) {
        char message[600];
        snprintf(message, sizeof message, "%s", e->text);
        end(p, TASK_FAILED, message);
    } else {
        judge(p, c);
    }
}

static void ask(struct timer *t)
{
    struct poll *p = OWNER(t, struct poll, timer);
    struct err e = { 0 };
    p->asked++;
    if (!web_call_start(&p->call, p->job, NULL, answered, &e))
        end(p, TASK_FAILED, e.text);
}

/* ---- the type */

static bool take_condition(const json_t *criteria, const char *key, struct condition **ret, struct err *e)
{
    const char *text = json_text_at(criteria, key, "");
    return !*text || condition_parse(text, strlen(text), CONDITION_BARE, ret, e) || err_wrap(e, "exitCriteria.%s", key);
}

static bool take_number(const json_t *input, const char *key, int64_t otherwise, int64_t most, int64_t *ret, struct err *e)
{
    *ret = json_object_get(input, key) ? json_int_at(input, key, 0) : otherwise;
    return (*ret >= 1 && *ret <= most) || err_field(e, key, "%s is 1 to %lld", key, (long long)most);
}

static bool read_input(struct poll *p, const json_t *input, struct err *e)
{
    const json_t *criteria = json_object_get(p->job->input, "exitCriteria"); /* their references are resolved with each answer */
    return web_call_read(&p->call, p->job, input, "get", e) && take_number(input, "pollCount", COUNT, COUNT_MOST, &p->count, e) &&
           take_number(input, "pollIntervalSeconds", INTERVAL, INTERVAL_MOST, &p->interval, e) && json_take_bool(input, "ignoreFailure", &p->ignore, e) &&
           take_condition(criteria, "success", &p->success, e) && take_condition(criteria, "failure", &p->failure, e) &&
           (p->success || err_field(e, "exitCriteria", "exitCriteria.success says when it is done, for example: status == 'FINISHED'"));
}

static void begin(struct task_job *job)
{
    struct poll *p = job->context;
    task_progress(job, "asking %s", p->call.url);
    timer_set(&p->timer, job->services->loop, 0, ask);
}

static void abandon(struct task_job *job)
{
    poll_free(job->context);
}

static bool poll_start(struct task_job *job, struct err *e)
{
    static const char *const RAW[] = { "exitCriteria", NULL };
    struct poll *p = NEW(struct poll);
    AUTO_JSON *input = NULL;
    p->job = job;
    if (!expression_resolve_tree(job->input, RAW, job->scope, &input, NULL, e) || !read_input(p, input, e)) {
        poll_free(p);
        return false;
    }
    job->context = p;
    AUTO_JSON *resolved = json_pack("{s:s}", "method", "GET");
    task_resolved(job, input, resolved, begin, abandon);
    return true;
}

static void poll_cancel(struct task_job *job)
{
    struct poll *p = job->context;
    if (p->call.http.private)
        http_call_cancel(&p->call.http);
    else
        end(p, TASK_CANCELED, "canceled");
}

static const char *const ENDPOINTS[] = { "agent", NULL };

static const char *const CONDITIONS[] = { "exitCriteria.success", "exitCriteria.failure", NULL };

const struct task_type TASK_POLL = {
    .name = "POLL", .bare_conditions = CONDITIONS, .fields = FIELDS, .field_count = ALEN(FIELDS), .endpoints = ENDPOINTS, .crash = TASK_REPEATABLE, .start = poll_start, .cancel = poll_cancel,
};

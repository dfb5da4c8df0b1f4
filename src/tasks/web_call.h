/* tasks/web_call.h - one request of a REST or POLL task: its input read, its answer as the task's output. */
#pragma once

#include "tasks/task.h"

struct web_call {
    char *method, *url, *body; /* method: "POST" */
    json_t *headers;           /* object of texts; NULL: none */
    char *via;                 /* of endpoints.agent: its Cloud Proxy; NULL: none */
    int64_t timeout_micros;
    struct http_call http;
};

/* input: resolved ("action", "url", "headers", "payload", ours on top: "timeout", seconds). ERR_INVALID names the field. */
bool web_call_read(struct web_call *w, const struct task_job *job, const json_t *input, const char *action, struct err *e);
void web_call_fini(struct web_call *w);
/* key: the request's Idempotency-Key; NULL: none. */
bool web_call_start(struct web_call *w, const struct task_job *job, const char *key, void (*done)(struct http_call *c, const struct err *e), struct err *e);

/* {responseCode, responseHeaders, responseBody, responseJson}: a body that is JSON is a tree in both, so that pipelines walk into it. */
json_t *web_call_output(const struct http_call *c);
bool web_call_good(const struct http_call *c); /* 2xx */

/* What criteria see: the fields of the answer's JSON by their bare names, then responseCode, responseBody, responseHeaders, responseJson, then what
 * the run knows. A path that leads nowhere is SCOPE_FAILED, and says what is there. */
struct web_scope {
    struct scope scope;
    struct scope *run;
    const json_t *output; /* of web_call_output; borrowed */
};
void web_scope_init(struct web_scope *s, struct scope *run, const json_t *output);

/* jenkins/call.h - one request to Jenkins' remote API. Nothing is retried here, but for a crumb that is no longer valid.
 *
 * Whoever logs in by a password must send a crumb with each POST, in the web session that it was issued for; with an API token none is
 * needed. Which of the two a secret is cannot be seen: so a crumb is asked for before the first POST, and Jenkins says that there is none
 * (404), or gives one.
 */
#pragma once

#include "jenkins/target.h"

struct jenkins { /* who we are there, for several calls in a row; zeroed but for the first two */
    struct jenkins_target *target; /* borrowed; lives as long as this */
    struct http_client *http;
    char *crumb_field, *crumb, *cookie; /* NULL: none */
    bool crumb_known;
};
void jenkins_fini(struct jenkins *j);

struct jenkins_call {
    const char *method;      /* NULL: GET */
    const char *path;        /* behind the target's url, with its query */
    const json_t *form;      /* of a POST: an object of texts; NULL: none */
    int64_t timeout_micros;  /* 0: 30 s. With on_data: of silence */
    /* NULL: the answer is read as JSON. Else each piece of a 200 as it comes; false stops the call (ERR_CANCELED). */
    bool (*on_data)(struct jenkins_call *c, const char *bytes, size_t size);
    void (*done)(struct jenkins_call *c, const struct err *e); /* e NULL: 2xx, or a redirect after a POST, which is a success there. Once, later, on the loop */
    /* ---- */
    int status;              /* 0: no answer came */
    bool sent;               /* the request itself (not only one for a crumb) may have reached Jenkins */
    json_t *answer;          /* freed after done; json_null when it is no JSON */
    const char *location, *text_size, *more_data, *version; /* headers; "" when missing; borrowed */
    struct jenkins *jenkins; /* private from here on */
    struct http_call http;
    char *own_path, *body;
    bool in_flight, crumbing, crumbed_again, canceled;
};
/* path and form are copied. j lives until done ran. false: done never runs. */
bool jenkins_call_start(struct jenkins_call *c, struct jenkins *j, struct err *e);
void jenkins_call_cancel(struct jenkins_call *c); /* done still runs, once, later. Welcome when not in flight */

/* ---- pure */

/* What a refusal means; always false. said: the header X-Error, or NULL. user "": nobody logged in. */
bool jenkins_refused(int status, const char *said, const char *user, struct err *e);
/* "https://h/queue/item/25/" -> 25; 0: it names none. The host is not looked at: it is what somebody configured there. */
int64_t jenkins_queue_item(const char *location);

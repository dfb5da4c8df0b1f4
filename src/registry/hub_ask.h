/* registry/hub_ask.h - one question to Docker Hub's own API, logged in where there are credentials. Not for other rooms.
 *
 * The login is remembered (registry_tokens) and made anew when Docker Hub ended
 * it before its time. Docker publishes no contract for most of these calls, so
 * whatever it answers is put into words.
 */
#pragma once

#include "registry/client.h"

struct hub_ask { /* embed; zeroed before first use */
    const struct registry_target *target; /* of Docker Hub; lives until done */
    const char *repository;               /* for sentences; borrowed until done */
    const char *secret;                   /* that no sentence may repeat; borrowed; NULL: none but the password */
    struct http_client *client;
    int64_t deadline;                     /* clock_mono */
    size_t answer_limit;                  /* 0: 1 MiB */
    /* e NULL: Docker Hub answered the question; see call.status. Otherwise not, or the login was refused. */
    void (*done)(struct hub_ask *a, const struct err *e);
    /* ---- valid in done */
    struct http_call call;
    int64_t retry_after_micros;           /* Docker Hub asked for this much patience; 0: it did not */
    /* ---- private */
    char *method, *url, *body, *doing, *token, *scope;
    bool remembered, canceled;
};

/* path begins with "/v2/". body may be NULL. doing ends the sentence "Docker Hub was asked to ..."; it is taken, also on failure.
 * A second question may follow from done. false: done never runs. */
bool hub_ask_start(struct hub_ask *a, const char *method, const char *path, const json_t *body, char *doing, struct err *e);
void hub_ask_cancel(struct hub_ask *a); /* done still runs, with ERR_CANCELED */
void hub_ask_fini(struct hub_ask *a);   /* not while a question is open */

bool hub_ask_good(const struct hub_ask *a); /* the answer is 2xx */
/* Why an answer that is no success is none, with Docker Hub's own words. Always false. */
bool hub_ask_refused(struct hub_ask *a, struct err *e);
/* An answer that is not what was asked for; more ends the sentence. Always false. */
bool hub_ask_nonsense(const struct hub_ask *a, const char *more, struct err *e);

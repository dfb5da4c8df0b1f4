/* registry/ask.h - one question to a registry's /v2/ API, let in by Basic or Bearer. Not for other rooms. */
#pragma once

#include "registry/client.h"

#define ACCEPT_MANIFESTS                                                                                  \
    "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, " \
    "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json"

/* Set the fields above the line, then start. done runs once, when there is an answer that is no longer about being let in.
 * The answer (call.status, call.answer_headers, call.answer) is valid inside done only. */
struct registry_ask {
    const struct registry_target *target;
    const char *method, *path; /* "HEAD", "/v2/acme/web/manifests/1.4"; copied */
    const char *scope;         /* "repository:acme/web:pull"; NULL: the challenge's. Copied */
    const char *accept;        /* constant; NULL: none */
    const struct http_headers *headers; /* more of them; NULL: none. Lives until done */
    const void *body;          /* NULL: none. Lives until done */
    size_t body_size;
    size_t answer_limit;       /* 0: 64 KiB */
    int64_t deadline;          /* clock_mono. With on_data or give: until it begins; then as http_call has it, with a minute of silence */
    bool follow;               /* redirects lead to where the content lies: any host, without our credentials. Else: three, at most */
    /* What is large. Of an answer 2xx, the pieces; of others, the words are collected as usual. */
    bool (*on_data)(struct registry_ask *a, const char *bytes, size_t size);
    /* The body, body_size bytes. It cannot be given twice: 401 is an answer then, and the next question logs in anew. */
    ssize_t (*give)(struct registry_ask *a, char *to, size_t size);
    struct registry_tokens *tokens; /* NULL: logs in anew */
    /* e: ERR_UNAUTHORIZED, ERR_FORBIDDEN: the token service refused; others: no answer; NULL: see call */
    void (*done)(struct registry_ask *a, const struct err *e);
    /* ---- valid in done */
    struct http_call call;
    bool let_in_by_password; /* the answer came to a question that showed credentials */
    bool asked_token;        /* a token service was asked on the way */
    /* ---- private */
    struct http_client *client;
    char *url, *scope_text, *authorization;
    struct http_trust trust;
    bool authorization_remembered, canceled;
    int redirects;
};
bool registry_ask_start(struct registry_ask *a, struct http_client *client, struct err *e);
void registry_ask_cancel(struct registry_ask *a);

/* A sentence about an answer that is no success, and its kind: "127.0.0.1:5100 refused user acme (401): wrong password". */
bool registry_answer_refused(const struct registry_target *t, const struct http_call *call, const char *what, struct err *e);
bool registry_answer_is_page(const struct http_call *call); /* HTML, where an API was asked */
/* The registry's own words of {"errors":[{"message"}]} or {"detail"} or {"message"}; "" when none. Cleaned and cut to size. */
void registry_answer_words(const struct http_call *call, char *out, size_t size);
void registry_words_clean(const char *from, char *out, size_t size); /* the same with any text */

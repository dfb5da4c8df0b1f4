/* docker/call.h - one request to a Docker engine's API. Nothing is retried here: err_retry(e->kind) says whether it is worth it.
 *
 * An operation is embedded; fields above the line are set before docker_call_start (and may be freed once it returned), those
 * below are valid in its callbacks.
 */
#pragma once

#include "docker/target.h"

struct docker_call {
    const char *method;      /* NULL: GET */
    const char *path;        /* behind the version, with its query: "/containers/x/json". "/version" stands without one */
    const json_t *body;      /* NULL: none */
    const void *tar;         /* instead of body: an archive */
    size_t tar_size;
    const char *registry_auth; /* docker_registry_auth; NULL: none */
    int64_t timeout_micros;  /* 0: 30 s. With on_data: of silence */
    /* NULL: the answer is read as JSON. Else each piece of a 2xx answer as it comes; false stops the call (ERR_CANCELED). */
    bool (*on_data)(struct docker_call *c, const char *bytes, size_t size);
    void (*done)(struct docker_call *c, const struct err *e); /* e NULL: 2xx, or 304: it is so already. Once, later, on the loop */
    /* ---- */
    int status;              /* 0: no answer came */
    json_t *answer;          /* freed after done; json_null when it is no JSON */
    struct http_call http;   /* private from here on */
    struct docker_target *target;
    struct text said;        /* of a refusal, while pieces come */
    bool in_flight;
};
/* target lives until done ran. false: done never runs. */
bool docker_call_start(struct docker_call *c, struct docker_target *target, struct http_client *http, struct err *e);
void docker_call_cancel(struct docker_call *c); /* done still runs, once, later. Welcome when not in flight */

/* What a refusal means; pure. Always false. */
bool docker_refused(int status, const char *body, size_t size, struct err *e);
/* The header by which an engine logs in where it pulls; the caller's. */
char *docker_registry_auth(const char *username, const char *password, const char *server);

/* store/webhooks.h - registry-webhooks (trigger and listener in one) and listeners, as rows. As store/objects.h otherwise. */
#pragma once

#include "store/objects.h"

struct webhook_row {
    struct object object;
    bool enabled;
    int64_t endpoint_id, pipeline_id, listener_id;
    char *endpoint, *pipeline;        /* their names */
    char *endpoint_uuid;
    char *listener, *token;           /* uuid, and the sealed secret of its URL */
    char *image_pattern, *tag_pattern;
    char *repository;                 /* the only one it can match; NULL: the pattern is a real expression */
    char *verify_push;                /* "required", "preferred", "off" */
    char *refresh_token, *token_hash; /* one of them is "" */
    char *slug;
    char *registration;               /* "automatic", "manual": who makes the hook at Docker Hub */
    char *sweep;                      /* "on", "off": pushes whose delivery never came are looked for */
    int64_t run_limit;                /* runs in 10 minutes; 0: no limit */
    char *when_held;                  /* "wait", "tryNewest": what happens to pushes behind a hold (store/holds.h) */
    json_t *senders;                  /* array of networks that may deliver; empty: all may */
    json_t *input, *endpoint_properties;
};
void webhook_row_fini(struct webhook_row *row);
bool webhook_find(struct db_tx *tx, const char *uuid, int64_t *ret, struct err *e);
bool webhook_find_named(struct db_tx *tx, const char *project, const char *name, int64_t *ret, struct err *e);
bool webhook_get(struct db_tx *tx, int64_t id, struct webhook_row *ret, struct err *e);
/* listener_id must exist and becomes its own. */
bool webhook_insert(struct db_tx *tx, struct webhook_row *row, struct err *e);
bool webhook_update(struct db_tx *tx, const struct webhook_row *row, struct err *e);
bool webhook_enable(struct db_tx *tx, const struct webhook_row *row, bool enabled, const char *by, struct err *e);
bool webhook_delete(struct db_tx *tx, const struct webhook_row *row, struct err *e); /* its listener, and the deliveries there, too */

/* ---- listeners: a URL with a secret */

struct listener_row {
    int64_t id, project_id, old_until;
    char uuid[37];
    char token_hash[65], old_token_hash[65]; /* SHA-256, hex; the old one "" when there is none */
    char server_type[32];                    /* the endpoint's */
    char *token;                             /* sealed */
    char *senders;                           /* JSON array of networks that may deliver; NULL or "[]": all may */
};
void listener_row_fini(struct listener_row *row);
/* endpoint_id 0: of a webhook that is made next. uuid is the caller's, because the sealed token names it. */
bool listener_insert(struct db_tx *tx, const char *uuid, int64_t project_id, int64_t endpoint_id, const char *token_sealed,
                     const char *token_hash, int64_t *ret, struct err *e);
/* A new secret; the old one is accepted until old_until. */
bool listener_token(struct db_tx *tx, int64_t id, const char *token_sealed, const char *token_hash, int64_t old_until, struct err *e);
/* *ret_found false: there is none. */
bool listener_by_uuid(struct db_tx *tx, const char *uuid, struct listener_row *ret, bool *ret_found, struct err *e);
bool listener_by_token(struct db_tx *tx, const char *token_hash, struct listener_row *ret, bool *ret_found, struct err *e);
bool listener_by_webhook(struct db_tx *tx, const char *webhook_uuid, struct listener_row *ret, bool *ret_found, struct err *e);
/* What a listener got first (with the right secret) and last. at 0: nothing. ret_first may be NULL: it is found behind all that were
 * refused before it. */
struct listener_heard {
    int64_t at;
    char verdict[16];
    char problem[300]; /* "" when there was none */
    char pushes[300];  /* "acme/web:v1, acme/web:v2"; "" when it told of no push */
};
bool listener_heard(struct db_tx *tx, int64_t id, struct listener_heard *ret_first, struct listener_heard *ret_last, struct err *e);
bool listener_of_endpoint(struct db_tx *tx, int64_t endpoint_id, struct listener_row *ret, bool *ret_found, struct err *e);

/* store/hub_hooks.h - hooks at Docker Hub, as rows: what is wanted there, and what is known of it.
 *
 * A row is written before Docker Hub is called, and goes only when the hook is
 * known to be gone there, so a crash between the two sides leaves a row that
 * says what to look for. Each new intent counts up the row's version; what came
 * of a call is stored only for the version that the call was made for.
 */
#pragma once

#include "db/db.h"

struct hub_hook_row {
    int64_t id, project_id, endpoint_id, webhook_id; /* webhook_id 0: deleted here, still to be deleted there */
    int64_t version, attempts, next_at, created_at, updated_at; /* next_at 0: nothing to do */
    char uuid[37];
    char *project, *endpoint;  /* their names */
    char *webhook;             /* its name, also when it is gone */
    char *repository, *name, *slug, *wanted, *url_hash, *state, *message;
};
void hub_hook_row_fini(struct hub_hook_row *row);
bool hub_hook_get(struct db_tx *tx, int64_t id, struct hub_hook_row *ret, bool *ret_found, struct err *e);
bool hub_hook_find(struct db_tx *tx, const char *uuid, int64_t *ret, struct err *e);             /* 0: there is none */
bool hub_hook_of_webhook(struct db_tx *tx, int64_t webhook_id, int64_t *ret, struct err *e);     /* 0: there is none */

/* ---- intents */

/* Given: project_id, endpoint_id, webhook_id, webhook, repository, state, message, next_at. Filled: id, uuid; and name, which is the
 * row's. */
bool hub_hook_insert(struct db_tx *tx, struct hub_hook_row *row, struct err *e);
/* Wanted as state says ("pending", "manual"), from next_at on; 0: nothing is to be done. */
bool hub_hook_want(struct db_tx *tx, int64_t id, const char *webhook, const char *state, const char *message, int64_t next_at, struct err *e);
/* To be deleted there; a row that never stood for anything there (manual) goes at once. */
bool hub_hook_orphan(struct db_tx *tx, const struct hub_hook_row *row, struct err *e);
bool hub_hook_delete(struct db_tx *tx, int64_t id, struct err *e);
bool hub_hooks_retry(struct db_tx *tx, int64_t endpoint_id, struct err *e); /* what is pending or failed, now */
bool hub_hooks_retry_project(struct db_tx *tx, int64_t project_id, struct err *e); /* what failed, now */

/* ---- what came of a call; *ret_current false: something else is wanted since */

bool hub_hook_done(struct db_tx *tx, int64_t id, int64_t version, const char *url_hash, const char *message, bool *ret_current, struct err *e);
bool hub_hook_failed(struct db_tx *tx, int64_t id, int64_t version, const char *message, int64_t next_at, bool *ret_current, struct err *e);
bool hub_hook_slug(struct db_tx *tx, int64_t id, const char *slug, struct err *e);

/* ---- questions */

struct hub_hook_due {
    int64_t id, at;
};
/* The next ones, at most limit, those that are due before those that are not. */
bool hub_hooks_due(struct db_tx *tx, size_t limit, struct hub_hook_due *ret, size_t *ret_count, struct err *e);
/* "slipway-web-01ab23cd of acme/web", ", " between; "" when none is to be deleted with this endpoint. The caller's. */
bool hub_hooks_gone_of_endpoint(struct db_tx *tx, int64_t endpoint_id, char **ret, struct err *e);
/* The webhooks of an endpoint; of all when it is 0. *ret is the caller's to free. */
bool hub_webhooks(struct db_tx *tx, int64_t endpoint_id, int64_t **ret, size_t *ret_count, struct err *e);

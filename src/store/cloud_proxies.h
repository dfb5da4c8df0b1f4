/* store/cloud_proxies.h - Cloud Proxies, their instances, the tokens by which those enrol, and how far their journals are stored.
 *
 * Texts in structs belong to the struct: x_fini frees them. Lookups answer found
 * or id 0 when there is none, which is no error.
 */
#pragma once

#include "store/objects.h"

struct cloud_proxy_row {
    struct object object;   /* project_id 0: of all projects */
    int64_t endpoints;      /* that are reached through it */
};
void cloud_proxy_row_fini(struct cloud_proxy_row *row);
bool cloud_proxy_find(struct db_tx *tx, const char *uuid_or_name, int64_t *ret, struct err *e);
bool cloud_proxy_get(struct db_tx *tx, int64_t id, struct cloud_proxy_row *ret, struct err *e);
bool cloud_proxy_insert(struct db_tx *tx, struct cloud_proxy_row *row, struct err *e); /* fills id and uuid; a name that is taken is ERR_CONFLICT */
bool cloud_proxy_update(struct db_tx *tx, const struct cloud_proxy_row *row, struct err *e);
bool cloud_proxy_delete(struct db_tx *tx, const struct cloud_proxy_row *row, struct err *e); /* ERR_CONFLICT while an endpoint uses it */
/* Names of endpoints outside this project (0: of all) that use it; the caller's. */
bool cloud_proxy_used_by(struct db_tx *tx, int64_t id, int64_t but_project, char **ret, struct err *e);
/* Somebody looks again: it was connected, or is not any more. */
bool cloud_proxy_changed(struct db_tx *tx, int64_t project_id, int64_t id, struct err *e);

/* ---- instances */

struct cloud_proxy_instance {
    int64_t id, proxy_id, enrolled_at, key_changed_at, last_seen, revoked_at; /* last_seen, revoked_at 0: never */
    char uuid[37];
    char *public_key, *next_key, *host, *version, *address, *enrolled_by, *revoked_by;
};
void cloud_proxy_instance_fini(struct cloud_proxy_instance *row);
bool cloud_proxy_instances(struct db_tx *tx, int64_t proxy_id, void (*each)(void *context, const struct cloud_proxy_instance *row), void *context, struct err *e);
bool cloud_proxy_instance_get(struct db_tx *tx, const char *uuid, struct cloud_proxy_instance *ret, bool *ret_found, struct err *e);
/* What is empty stays as it was. */
bool cloud_proxy_instance_seen(struct db_tx *tx, const char *uuid, const char *host, const char *version, const char *address, struct err *e);
bool cloud_proxy_instance_propose(struct db_tx *tx, const char *uuid, const char *key, struct err *e);
bool cloud_proxy_instance_promote(struct db_tx *tx, const char *uuid, const char *key, struct err *e);
bool cloud_proxy_instance_revoke(struct db_tx *tx, int64_t id, const char *by, struct err *e);
/* Calls each with the id of instances whose key is older. */
bool cloud_proxy_instances_old(struct db_tx *tx, int64_t before, void (*each)(void *context, const char *uuid), void *context, struct err *e);

/* ---- enrolment */

bool cloud_proxy_token_insert(struct db_tx *tx, int64_t proxy_id, const char *hash, const char *by, int64_t expires_at, struct err *e);
/* An instance enrols by a token's hash: ERR_UNAUTHORIZED when there is none, ERR_FORBIDDEN when it is used or too old. Told again with
 * the same key it is the same instance. *ret is its row. */
bool cloud_proxy_enrol(struct db_tx *tx, const char *hash, const char *public_key, const char *host, const char *version,
                       struct cloud_proxy_instance *ret, struct err *e);

/* ---- journals */

bool cloud_proxy_journal_find(struct db_tx *tx, const char *instance, const char *journal, int64_t *ret, struct err *e); /* 0: nothing yet */
bool cloud_proxy_journal_put(struct db_tx *tx, const char *instance, const char *journal, int64_t number, struct err *e);

/* store/people.h - users, members, API tokens, access tokens; and the books kept about what they do: audit, idempotency.
 *
 * Tokens and passwords come here as hashes only. Texts belong to the structs: x_fini. Finding nothing is no error: 0.
 */
#pragma once

#include "base/json.h"
#include "db/db.h"

struct user_row {
    int64_t id, created_at, updated_at;
    bool disabled;
    char uuid[37];
    char *name, *email, *kind, *org_role, *service_role, *password; /* password: argon2id; "" cannot log in by password */
    json_t *groups; /* array of texts, which approvals may name; NULL counts as empty */
};
void user_row_fini(struct user_row *row);
bool user_find(struct db_tx *tx, const char *name_or_uuid, int64_t *ret, struct err *e);
bool user_get(struct db_tx *tx, int64_t id, struct user_row *ret, struct err *e);
bool user_insert(struct db_tx *tx, struct user_row *row, struct err *e); /* fills id and uuid; ERR_CONFLICT: the name is taken */
bool user_update(struct db_tx *tx, const struct user_row *row, struct err *e); /* all but the name */
bool user_delete(struct db_tx *tx, int64_t id, struct err *e);
bool user_owners(struct db_tx *tx, int64_t *ret, struct err *e); /* how many owners can log in */

struct member_row { /* borrowed, while each runs */
    const char *uuid, *name, *email, *role;
};
bool members_of_project(struct db_tx *tx, int64_t project_id, void (*each)(void *context, const struct member_row *row), void *context,
                        struct err *e);
bool members_of_user(struct db_tx *tx, int64_t user_id, void (*each)(void *context, int64_t project_id, const char *role), void *context,
                     struct err *e);
bool member_put(struct db_tx *tx, int64_t project_id, int64_t user_id, const char *role, struct err *e);
bool member_delete(struct db_tx *tx, int64_t project_id, int64_t user_id, struct err *e); /* ERR_NOT_FOUND */

/* ---- API tokens */

struct token_row {
    int64_t id, user_id, expires_at, created_at, used_at, revoked_at; /* 0: never, not yet */
    char uuid[37];
    char *user, *name, *org_role, *service_role;
};
void token_row_fini(struct token_row *row);
bool token_insert(struct db_tx *tx, struct token_row *row, const char *hash, struct err *e); /* fills id and uuid */
bool token_get(struct db_tx *tx, const char *uuid, struct token_row *ret, bool *ret_found, struct err *e);
bool tokens_of_user(struct db_tx *tx, int64_t user_id, void (*each)(void *context, const struct token_row *row), void *context,
                    struct err *e);
bool token_revoke(struct db_tx *tx, int64_t id, struct err *e);
/* A token that is alive (its owner too); *ret_id is 0 otherwise. */
bool token_alive(struct db_tx *tx, const char *hash, int64_t now, int64_t *ret_id, int64_t *ret_user, struct err *e);
bool token_used(struct db_tx *tx, int64_t id, int64_t now, struct err *e);

/* ---- access tokens: what an API token or a password is exchanged for */

struct access_row {
    int64_t user_id, token_id; /* token_id 0: logged in by password */
    char uuid[37];
    char *name, *email, *org_role, *service_role;
    char *token_org_role, *token_service_role; /* NULL without a token */
};
void access_row_fini(struct access_row *row);
bool access_insert(struct db_tx *tx, const char *hash, int64_t user_id, int64_t token_id, int64_t expires_at, struct err *e);
/* *ret_found false: unknown, expired, revoked, or its user is disabled. */
bool access_find(struct db_tx *tx, const char *hash, int64_t now, struct access_row *ret, bool *ret_found, struct err *e);
/* The same of a live API token itself, by its hash. */
bool access_of_token(struct db_tx *tx, const char *token_hash, int64_t now, struct access_row *ret, bool *ret_found, struct err *e);
/* The same of what acts for a user, with a token's rights (0: with all of the user's). */
bool access_acting(struct db_tx *tx, int64_t user_id, int64_t token_id, int64_t now, struct access_row *ret, bool *ret_found,
                   struct err *e);
bool access_prune(struct db_tx *tx, int64_t now, struct err *e); /* a slice of the expired ones */
/* Logged out everywhere: neither an access token nor what a login by password gave is of use any more. API tokens stay. */
bool access_end(struct db_tx *tx, int64_t user_id, struct err *e);

/* ---- invitations: links by which somebody sets a password, once. Of each user there is one, the newest */

bool invitation_put(struct db_tx *tx, int64_t user_id, const char *hash, int64_t expires_at, struct err *e);
/* *ret_user 0: unknown, used, expired, or its user is disabled. */
bool invitation_find(struct db_tx *tx, const char *hash, int64_t now, int64_t *ret_user, struct err *e);
bool invitation_delete(struct db_tx *tx, int64_t user_id, struct err *e);

/* ---- books */

bool audit_add(struct db_tx *tx, int64_t project_id, const char *user, const char *action, const char *object, const char *detail,
               struct err *e);
struct audit_row { /* borrowed, while each runs */
    int64_t id, created_at;
    const char *project, *user, *action, *object, *detail; /* project "": the organisation's matter */
};
/* ERR_NOT_FOUND. */
bool audit_get(struct db_tx *tx, int64_t id, void (*each)(void *context, const struct audit_row *row), void *context, struct err *e);

struct kept_answer {
    char request[65]; /* SHA-256 of route and body */
    int status;
    char *answer;
};
void kept_answer_fini(struct kept_answer *kept);
bool idempotency_find(struct db_tx *tx, int64_t user_id, const char *key, struct kept_answer *ret, bool *ret_found, struct err *e);
bool idempotency_put(struct db_tx *tx, int64_t user_id, const char *key, const struct kept_answer *answer, struct err *e);
bool idempotency_prune(struct db_tx *tx, int64_t before, struct err *e); /* a slice */

bool meta_find(struct db_tx *tx, const char *name, char **ret, struct err *e); /* *ret NULL: there is none; the caller's */
bool meta_put(struct db_tx *tx, const char *name, const char *value, struct err *e);

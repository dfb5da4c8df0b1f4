/* auth/auth.h - who may do what.
 *
 * Rights are levels, each including those below it. A person's level in a
 * project is the higher of the service role (which counts everywhere) and the
 * role in that project. An API token can only take away: its service role is
 * the most that whoever comes with it may do anywhere ('' takes nothing from
 * the project roles, and everything from the service role).
 *
 *   level       service role    project role
 *   VIEW        viewer          viewer         read
 *   EXECUTE     executor                       run, cancel, pause, resume
 *   DEVELOP     developer       member         make and change what is not restricted
 *   RESTRICTED                  administrator  restricted things, members of the project
 *   ADMINISTER  administrator                  projects
 * Beside it: an owner of the organization manages users.
 *
 * Everything with a db_tx runs inside somebody's transaction, so a revoked token is refused by the next request.
 */
#pragma once

#include <stdint.h>

#include "base/json.h"
#include "store/people.h"

enum auth_level { AUTH_NOTHING, AUTH_VIEW, AUTH_EXECUTE, AUTH_DEVELOP, AUTH_RESTRICTED, AUTH_ADMINISTER };

/* What a route asks for. PUBLIC: no token; SIGNED_IN: any; the levels: in the object's project; OWN: an owner. */
enum auth_action {
    MAY_ANYBODY, MAY_SIGNED_IN, MAY_VIEW, MAY_EXECUTE, MAY_DEVELOP, MAY_RESTRICTED, MAY_ADMINISTER, MAY_OWN
};
const char *auth_action_name(enum auth_action action); /* "view", for sentences */

struct who {
    int64_t user_id, token_id; /* user_id 0: nobody */
    char uuid[37];
    char *name, *email;
    const char *org_role;       /* effective: "owner", "member" */
    enum auth_level service;    /* effective */
    bool capped;                /* its API token allows no more than most, anywhere */
    enum auth_level most;
    struct who_project {
        int64_t id;
        enum auth_level level;
    } *projects;
    size_t project_count;
};
void who_fini(struct who *who);

/* project_id 0: in any project (for lists and objects of the whole installation: ADMINISTER, OWN). */
bool auth_may(const struct who *who, int64_t project_id, enum auth_action action);
bool auth_everywhere(const struct who *who); /* sees every project */

/* Roles as words; false when there is no such role. */
bool auth_service_role_ok(const char *role);
bool auth_project_role_ok(const char *role);
bool auth_org_role_ok(const char *role);
/* The lesser of two service roles, of two roles in the organization. Constant texts. */
const char *auth_lesser_service(const char *a, const char *b);
const char *auth_lesser_org(const char *a, const char *b);
const char *auth_service_name(enum auth_level level); /* "developer"; "" for none */

/* ---- tokens and passwords */

#define AUTH_ACCESS_MICROS (8 * CLOCK_HOUR)

/* "Bearer T" of the header's value, or NULL; borrowed from it. */
const char *auth_bearer(const char *authorization);
/* ERR_UNAUTHORIZED: no such access token, or it is over. *ret is the caller's (who_fini). */
bool auth_who(struct db_tx *tx, const char *access_token, struct who *ret, struct err *e);

/* Whose rights an API token lends, by its hash; *ret_found false: it is unknown, revoked, expired, or its owner is disabled. */
bool auth_who_token(struct db_tx *tx, const char *token_hash, struct who *ret, bool *ret_found, struct err *e);

/* The rights that a run has now: its user's, and no more of them than the API token (0: none) it was started with lends.
 * *ret_found false: none any more, the user is disabled or deleted, or the token revoked or expired. */
bool auth_who_acting(struct db_tx *tx, int64_t user_id, int64_t token_id, struct who *ret, bool *ret_found, struct err *e);

/* A new API token for a user; *ret_plain is the only time it is seen, the caller's. row: user_id, name, roles, expires_at. */
bool auth_token_create(struct db_tx *tx, struct token_row *row, char **ret_plain, struct err *e);
char *auth_token_hash(const char *plain); /* the caller's */
char *auth_token_random(const char *prefix); /* 256 bits behind the prefix, which says what it is; the caller's */
/* An access token for a live API token; ERR_UNAUTHORIZED otherwise. The caller's. */
bool auth_exchange(struct db_tx *tx, const char *api_token, char **ret_access, int64_t *ret_user, struct err *e);
/* An access token for a user who showed the password. */
bool auth_access_create(struct db_tx *tx, int64_t user_id, int64_t token_id, char **ret_access, struct err *e);

enum { AUTH_PASSWORD_LEAST = 10, AUTH_PASSWORD_MOST = 1000 };
/* argon2id: some 50 ms and 64 MiB, so not on the loop. *ret is the caller's. ERR_INVALID: too short or too long. */
bool auth_password_hash(const char *password, char **ret, struct err *e);
bool auth_password_ok(const char *hash, const char *password); /* takes as long when hash is "" */

/* ---- the first start: organization, project "default", user "admin", and a token of his, in FOLDER/admin.token (0600);
 * given (may be NULL) is used instead of a random one. *ret_first false: all that is there already, nothing changed. */
struct db;
bool auth_first_start(struct db *db, const char *folder, const char *given, bool *ret_first, struct err *e);

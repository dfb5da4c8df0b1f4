#include "store/people.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/mem.h"
#include "store/rows.h"
#include "store/totals.h"
#include "store_sql.h"

void user_row_fini(struct user_row *row)
{
    char **texts[] = { &row->name, &row->email, &row->kind, &row->org_role, &row->service_role, &row->password };
    for (size_t i = 0; i < ALEN(texts); i++)
        free(*texts[i]);
    json_decref(row->groups);
    *row = (struct user_row){ 0 };
}

bool user_find(struct db_tx *tx, const char *name_or_uuid, int64_t *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_user_find, "t", name_or_uuid);
    return rows_id(rows, ret, e);
}

static void read_user(const struct db_rows *r, struct user_row *ret)
{
    *ret = (struct user_row){
        .id = db_int(r, 0), .name = mem_text(db_text(r, 2)), .email = mem_text(db_text(r, 3)), .kind = mem_text(db_text(r, 4)),
        .org_role = mem_text(db_text(r, 5)), .service_role = mem_text(db_text(r, 6)), .password = mem_text(db_text(r, 7)),
        .disabled = db_int(r, 8), .created_at = db_int(r, 9), .updated_at = db_int(r, 10),
    };
    snprintf(ret->uuid, sizeof ret->uuid, "%s", db_text(r, 1));
    if (!json_read(db_text(r, 11), strlen(db_text(r, 11)), &ret->groups, NULL))
        ret->groups = json_array();
}

static bool set_groups(struct db_tx *tx, const struct user_row *row, struct err *e)
{
    AUTO_FREE char *groups = row->groups ? json_write(row->groups) : mem_text("[]");
    return db_run(tx, e, SQL_user_groups_set, "it", row->id, groups);
}

bool user_get(struct db_tx *tx, int64_t id, struct user_row *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_user_get, "i", id);
    if (!db_next(rows, e))
        return db_rows_failed(rows) ? false : err_set(e, ERR_NOT_FOUND, "no such user");
    read_user(rows, ret);
    return true;
}

bool user_insert(struct db_tx *tx, struct user_row *row, struct err *e)
{
    if (!db_run(tx, e, SQL_user_insert, "ttttttti", id_new(row->uuid), row->name, row->email, row->kind, row->org_role,
                row->service_role, row->password, clock_now()))
        return false;
    if (!db_changes(tx))
        return err_set(e, ERR_CONFLICT, "there is a user '%s' already", row->name);
    row->id = db_last_id(tx);
    return set_groups(tx, row, e) && change_add(tx, 0, "users", row->id, e);
}

bool user_update(struct db_tx *tx, const struct user_row *row, struct err *e)
{
    return db_run(tx, e, SQL_user_update, "itttiti", row->id, row->email, row->org_role, row->service_role, (int64_t)row->disabled,
                  row->password, clock_now()) &&
           set_groups(tx, row, e) && change_add(tx, 0, "users", row->id, e);
}

bool user_delete(struct db_tx *tx, int64_t id, struct err *e)
{
    return db_run(tx, e, SQL_user_delete, "i", id) && change_add(tx, 0, "users", id, e);
}

bool user_owners(struct db_tx *tx, int64_t *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_user_owners, "");
    return rows_id(rows, ret, e);
}

/* ---- members */

bool members_of_project(struct db_tx *tx, int64_t project_id, void (*each)(void *context, const struct member_row *row), void *context,
                        struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_members_of_project, "i", project_id);
    while (db_next(r, e))
        each(context, &(struct member_row){ db_text(r, 0), db_text(r, 1), db_text(r, 2), db_text(r, 3) });
    return !db_rows_failed(r);
}

bool members_of_user(struct db_tx *tx, int64_t user_id, void (*each)(void *context, int64_t project_id, const char *role), void *context,
                     struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_members_of_user, "i", user_id);
    while (db_next(r, e))
        each(context, db_int(r, 0), db_text(r, 1));
    return !db_rows_failed(r);
}

bool member_put(struct db_tx *tx, int64_t project_id, int64_t user_id, const char *role, struct err *e)
{
    return db_run(tx, e, SQL_member_put, "iit", project_id, user_id, role) && change_add(tx, project_id, "members", user_id, e);
}

bool member_delete(struct db_tx *tx, int64_t project_id, int64_t user_id, struct err *e)
{
    return db_run(tx, e, SQL_member_delete, "ii", project_id, user_id) &&
           (db_changes(tx) || err_set(e, ERR_NOT_FOUND, "the user is no member of this project")) &&
           change_add(tx, project_id, "members", user_id, e);
}

/* ---- API tokens */

void token_row_fini(struct token_row *row)
{
    free(row->user);
    free(row->name);
    free(row->org_role);
    free(row->service_role);
    *row = (struct token_row){ 0 };
}

bool token_insert(struct db_tx *tx, struct token_row *row, const char *hash, struct err *e)
{
    if (!db_run(tx, e, SQL_token_insert, "tittttzi", id_new(row->uuid), row->user_id, row->name, hash, row->org_role, row->service_role,
                row->expires_at, clock_now()))
        return err_wrap(e, "store a token");
    row->id = db_last_id(tx);
    return change_add(tx, 0, "tokens", row->id, e);
}

static void read_token(const struct db_rows *r, struct token_row *ret)
{
    *ret = (struct token_row){
        .id = db_int(r, 0), .user_id = db_int(r, 2), .user = mem_text(db_text(r, 3)), .name = mem_text(db_text(r, 4)),
        .org_role = mem_text(db_text(r, 5)), .service_role = mem_text(db_text(r, 6)), .expires_at = db_int(r, 7),
        .created_at = db_int(r, 8), .used_at = db_int(r, 9), .revoked_at = db_int(r, 10),
    };
    snprintf(ret->uuid, sizeof ret->uuid, "%s", db_text(r, 1));
}

bool token_get(struct db_tx *tx, const char *uuid, struct token_row *ret, bool *ret_found, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_token_get, "t", uuid);
    *ret_found = db_next(rows, e);
    if (*ret_found)
        read_token(rows, ret);
    return !db_rows_failed(rows);
}

bool tokens_of_user(struct db_tx *tx, int64_t user_id, void (*each)(void *context, const struct token_row *row), void *context,
                    struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_tokens_of_user, "i", user_id);
    while (db_next(rows, e)) {
        struct token_row row;
        read_token(rows, &row);
        each(context, &row);
        token_row_fini(&row);
    }
    return !db_rows_failed(rows);
}

bool token_revoke(struct db_tx *tx, int64_t id, struct err *e)
{
    return db_run(tx, e, SQL_token_revoke, "ii", id, clock_now()) && change_add(tx, 0, "tokens", id, e);
}

bool token_alive(struct db_tx *tx, const char *hash, int64_t now, int64_t *ret_id, int64_t *ret_user, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_token_by_hash, "ti", hash, now);
    bool found = db_next(rows, e);
    *ret_id = found ? db_int(rows, 0) : 0;
    *ret_user = found ? db_int(rows, 2) : 0;
    return !db_rows_failed(rows);
}

bool token_used(struct db_tx *tx, int64_t id, int64_t now, struct err *e)
{
    return db_run(tx, e, SQL_token_used, "ii", id, now);
}

/* ---- access tokens */

void access_row_fini(struct access_row *row)
{
    char **texts[] = { &row->name, &row->email, &row->org_role, &row->service_role, &row->token_org_role, &row->token_service_role };
    for (size_t i = 0; i < ALEN(texts); i++)
        free(*texts[i]);
    *row = (struct access_row){ 0 };
}

bool access_insert(struct db_tx *tx, const char *hash, int64_t user_id, int64_t token_id, int64_t expires_at, struct err *e)
{
    return db_run(tx, e, SQL_access_insert, "tizi", hash, user_id, token_id, expires_at);
}

static bool access_read(struct db_rows *r, struct access_row *ret, bool *ret_found, struct err *e)
{
    *ret_found = db_next(r, e);
    if (!*ret_found)
        return !db_rows_failed(r);
    *ret = (struct access_row){
        .user_id = db_int(r, 0), .name = mem_text(db_text(r, 2)), .email = mem_text(db_text(r, 3)), .org_role = mem_text(db_text(r, 4)),
        .service_role = mem_text(db_text(r, 5)), .token_id = db_int(r, 6), .token_org_role = rows_text(r, 7),
        .token_service_role = rows_text(r, 8),
    };
    snprintf(ret->uuid, sizeof ret->uuid, "%s", db_text(r, 1));
    return true;
}

bool access_find(struct db_tx *tx, const char *hash, int64_t now, struct access_row *ret, bool *ret_found, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_access_find, "ti", hash, now);
    return access_read(r, ret, ret_found, e);
}

bool access_of_token(struct db_tx *tx, const char *token_hash, int64_t now, struct access_row *ret, bool *ret_found, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_access_of_token, "ti", token_hash, now);
    return access_read(r, ret, ret_found, e);
}

bool access_acting(struct db_tx *tx, int64_t user_id, int64_t token_id, int64_t now, struct access_row *ret, bool *ret_found,
                   struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_access_acting, "izi", user_id, token_id, now);
    return access_read(r, ret, ret_found, e);
}

bool access_prune(struct db_tx *tx, int64_t now, struct err *e)
{
    return db_run(tx, e, SQL_access_prune, "i", now);
}

bool access_end(struct db_tx *tx, int64_t user_id, struct err *e)
{
    return db_run(tx, e, SQL_access_delete_of_user, "i", user_id) && db_run(tx, e, SQL_tokens_end_logins, "ii", user_id, clock_now());
}

/* ---- invitations */

bool invitation_put(struct db_tx *tx, int64_t user_id, const char *hash, int64_t expires_at, struct err *e)
{
    return db_run(tx, e, SQL_invitation_put, "iti", user_id, hash, expires_at);
}

bool invitation_find(struct db_tx *tx, const char *hash, int64_t now, int64_t *ret_user, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_invitation_find, "ti", hash, now);
    return rows_id(rows, ret_user, e);
}

bool invitation_delete(struct db_tx *tx, int64_t user_id, struct err *e)
{
    return db_run(tx, e, SQL_invitation_delete, "i", user_id);
}

/* ---- books */

bool audit_add(struct db_tx *tx, int64_t project_id, const char *user, const char *action, const char *object, const char *detail,
               struct err *e)
{
    return db_run(tx, e, SQL_audit_add, "ztttti", project_id, user, action, object, detail ? detail : "", clock_now());
}

bool audit_get(struct db_tx *tx, int64_t id, void (*each)(void *context, const struct audit_row *row), void *context, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_audit_get, "i", id);
    if (!db_next(r, e))
        return db_rows_failed(r) ? false : err_set(e, ERR_NOT_FOUND, "the audit has no entry %lld", (long long)id);
    each(context, &(struct audit_row){ .id = db_int(r, 0), .project = db_text(r, 1), .user = db_text(r, 2), .action = db_text(r, 3),
                                       .object = db_text(r, 4), .detail = db_text(r, 5), .created_at = db_int(r, 6) });
    return true;
}

void kept_answer_fini(struct kept_answer *kept)
{
    free(kept->answer);
    *kept = (struct kept_answer){ 0 };
}

bool idempotency_find(struct db_tx *tx, int64_t user_id, const char *key, struct kept_answer *ret, bool *ret_found, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_idempotency_find, "it", user_id, key);
    *ret_found = db_next(rows, e);
    if (*ret_found) {
        *ret = (struct kept_answer){ .status = (int)db_int(rows, 1), .answer = mem_text(db_text(rows, 2)) };
        snprintf(ret->request, sizeof ret->request, "%s", db_text(rows, 0));
    }
    return !db_rows_failed(rows);
}

bool idempotency_put(struct db_tx *tx, int64_t user_id, const char *key, const struct kept_answer *answer, struct err *e)
{
    return db_run(tx, e, SQL_idempotency_put, "ittiti", user_id, key, answer->request, (int64_t)answer->status, answer->answer,
                  clock_now());
}

bool idempotency_prune(struct db_tx *tx, int64_t before, struct err *e)
{
    return db_run(tx, e, SQL_idempotency_prune, "i", before);
}

bool meta_find(struct db_tx *tx, const char *name, char **ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_meta_find, "t", name);
    *ret = db_next(rows, e) ? mem_text(db_text(rows, 0)) : NULL;
    return !db_rows_failed(rows);
}

bool meta_put(struct db_tx *tx, const char *name, const char *value, struct err *e)
{
    return db_run(tx, e, SQL_meta_put, "tt", name, value);
}

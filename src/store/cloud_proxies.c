#include "store/cloud_proxies.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/mem.h"
#include "store/rows.h"
#include "store/totals.h"
#include "store_sql.h"

#define TOKENS_KEPT (30 * CLOCK_DAY) /* after their end, so that who tries one again is told what became of it */

void cloud_proxy_row_fini(struct cloud_proxy_row *row)
{
    object_fini(&row->object);
    *row = (struct cloud_proxy_row){ 0 };
}

bool cloud_proxy_find(struct db_tx *tx, const char *uuid_or_name, int64_t *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_cloud_proxy_find, "t", uuid_or_name);
    return rows_id(rows, ret, e);
}

bool cloud_proxy_get(struct db_tx *tx, int64_t id, struct cloud_proxy_row *ret, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_cloud_proxy_get, "i", id);
    if (!db_next(r, e))
        return db_rows_failed(r) ? false : err_set(e, ERR_NOT_FOUND, "no such Cloud Proxy");
    *ret = (struct cloud_proxy_row){ .endpoints = db_int(r, 11) };
    object_read(r, &ret->object);
    return true;
}

bool cloud_proxy_changed(struct db_tx *tx, int64_t project_id, int64_t id, struct err *e)
{
    return change_add(tx, project_id, "cloud-proxies", id, e);
}

static bool taken(const char *name, struct err *e)
{
    err_field(e, "name", "there is a Cloud Proxy '%s' already", name);
    e->kind = ERR_CONFLICT;
    return false;
}

bool cloud_proxy_insert(struct db_tx *tx, struct cloud_proxy_row *row, struct err *e)
{
    struct object *o = &row->object;
    if (!db_run(tx, e, SQL_cloud_proxy_insert, "tzttit", id_new(o->uuid), o->project_id, o->name, o->description, clock_now(), o->updated_by))
        return false;
    if (!db_changes(tx))
        return taken(o->name, e);
    o->id = db_last_id(tx);
    return cloud_proxy_changed(tx, o->project_id, o->id, e);
}

bool cloud_proxy_update(struct db_tx *tx, const struct cloud_proxy_row *row, struct err *e)
{
    const struct object *o = &row->object;
    int64_t other = 0;
    if (!cloud_proxy_find(tx, o->name, &other, e))
        return false;
    if (other && other != o->id)
        return taken(o->name, e);
    return db_run(tx, e, SQL_cloud_proxy_update, "izttit", o->id, o->project_id, o->name, o->description, clock_now(), o->updated_by) &&
           cloud_proxy_changed(tx, o->project_id, o->id, e);
}

bool cloud_proxy_used_by(struct db_tx *tx, int64_t id, int64_t but_project, char **ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_cloud_proxy_used_by, "ii", id, but_project);
    return rows_joined(rows, ret, e);
}

bool cloud_proxy_delete(struct db_tx *tx, const struct cloud_proxy_row *row, struct err *e)
{
    AUTO_FREE char *endpoints = NULL;
    if (!cloud_proxy_used_by(tx, row->object.id, 0, &endpoints, e))
        return false;
    if (*endpoints)
        return err_set(e, ERR_CONFLICT, "endpoints are reached through Cloud Proxy '%s': %.300s", row->object.name, endpoints);
    return db_run(tx, e, SQL_cloud_proxy_delete, "i", row->object.id) && cloud_proxy_changed(tx, row->object.project_id, row->object.id, e);
}

/* ---- instances */

void cloud_proxy_instance_fini(struct cloud_proxy_instance *row)
{
    char **texts[] = { &row->public_key, &row->next_key, &row->host, &row->version, &row->address, &row->enrolled_by, &row->revoked_by };
    for (size_t i = 0; i < ALEN(texts); i++)
        free(*texts[i]);
    *row = (struct cloud_proxy_instance){ 0 };
}

static void read_instance(const struct db_rows *r, struct cloud_proxy_instance *ret)
{
    *ret = (struct cloud_proxy_instance){
        .id = db_int(r, 0), .proxy_id = db_int(r, 2), .public_key = mem_text(db_text(r, 3)), .next_key = mem_text(db_text(r, 4)),
        .host = mem_text(db_text(r, 5)), .version = mem_text(db_text(r, 6)), .address = mem_text(db_text(r, 7)), .enrolled_at = db_int(r, 8),
        .enrolled_by = mem_text(db_text(r, 9)), .key_changed_at = db_int(r, 10), .last_seen = db_int(r, 11), .revoked_at = db_int(r, 12),
        .revoked_by = mem_text(db_text(r, 13)),
    };
    snprintf(ret->uuid, sizeof ret->uuid, "%s", db_text(r, 1));
}

bool cloud_proxy_instances(struct db_tx *tx, int64_t proxy_id, void (*each)(void *context, const struct cloud_proxy_instance *row), void *context, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_cloud_proxy_instances, "i", proxy_id);
    while (db_next(r, e)) {
        struct cloud_proxy_instance row;
        read_instance(r, &row);
        each(context, &row);
        cloud_proxy_instance_fini(&row);
    }
    return !db_rows_failed(r);
}

bool cloud_proxy_instance_get(struct db_tx *tx, const char *uuid, struct cloud_proxy_instance *ret, bool *ret_found, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_cloud_proxy_instance_get, "t", uuid);
    *ret_found = db_next(r, e);
    if (*ret_found)
        read_instance(r, ret);
    return !db_rows_failed(r);
}

bool cloud_proxy_instance_seen(struct db_tx *tx, const char *uuid, const char *host, const char *version, const char *address, struct err *e)
{
    return db_run(tx, e, SQL_cloud_proxy_instance_seen, "tittt", uuid, clock_now(), host, version, address);
}

bool cloud_proxy_instance_propose(struct db_tx *tx, const char *uuid, const char *key, struct err *e)
{
    return db_run(tx, e, SQL_cloud_proxy_instance_propose, "tt", uuid, key);
}

bool cloud_proxy_instance_promote(struct db_tx *tx, const char *uuid, const char *key, struct err *e)
{
    return db_run(tx, e, SQL_cloud_proxy_instance_promote, "tti", uuid, key, clock_now());
}

bool cloud_proxy_instance_revoke(struct db_tx *tx, int64_t id, const char *by, struct err *e)
{
    return db_run(tx, e, SQL_cloud_proxy_instance_revoke, "iit", id, clock_now(), by);
}

bool cloud_proxy_instances_old(struct db_tx *tx, int64_t before, void (*each)(void *context, const char *uuid), void *context, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_cloud_proxy_instances_old, "i", before);
    while (db_next(r, e))
        each(context, db_text(r, 0));
    return !db_rows_failed(r);
}

/* ---- enrolment */

bool cloud_proxy_token_insert(struct db_tx *tx, int64_t proxy_id, const char *hash, const char *by, int64_t expires_at, struct err *e)
{
    int64_t now = clock_now();
    return db_run(tx, e, SQL_cloud_proxy_tokens_prune, "ii", proxy_id, now - TOKENS_KEPT) &&
           db_run(tx, e, SQL_cloud_proxy_token_insert, "ittii", proxy_id, hash, by, now, expires_at);
}

struct token {
    int64_t id, proxy_id, expires_at, used_at, revoked_at;
    char *by, *instance, *key, *host;
};

static void token_fini(struct token *t)
{
    free(t->by);
    free(t->instance);
    free(t->key);
    free(t->host);
}

static bool find_token(struct db_tx *tx, const char *hash, struct token *ret, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_cloud_proxy_token_find, "t", hash);
    if (!db_next(r, e))
        return db_rows_failed(r) ? false : err_set(e, ERR_UNAUTHORIZED, "there is no such enrolment token, or its Cloud Proxy was deleted: make another one");
    *ret = (struct token){ .id = db_int(r, 0), .proxy_id = db_int(r, 1), .by = mem_text(db_text(r, 2)), .expires_at = db_int(r, 3),
                           .used_at = db_int(r, 4), .instance = mem_text(db_text(r, 5)), .key = mem_text(db_text(r, 6)),
                           .host = mem_text(db_text(r, 7)), .revoked_at = db_int(r, 8) };
    return true;
}

static bool new_instance(struct db_tx *tx, const struct token *t, const char *public_key, const char *host, const char *version, char uuid[ID_TEXT],
                         struct err *e)
{
    int64_t now = clock_now();
    return db_run(tx, e, SQL_cloud_proxy_instance_insert, "titttit", id_new(uuid), t->proxy_id, public_key, host, version, now, t->by) &&
           db_run(tx, e, SQL_cloud_proxy_token_use, "iii", t->id, now, db_last_id(tx));
}

static bool use_token(struct db_tx *tx, const struct token *t, const char *public_key, const char *host, const char *version, char uuid[ID_TEXT],
                      struct err *e)
{
    char when[CLOCK_TEXT];
    snprintf(uuid, ID_TEXT, "%s", t->instance ? t->instance : "");
    if (t->used_at && text_is(t->key, public_key) && !t->revoked_at)
        return true; /* the same instance asks again: its answer was lost */
    if (t->used_at)
        return err_set(e, ERR_FORBIDDEN, "this enrolment token was used at %s by %s: a token enrols one instance; if that was not yours, revoke it, and make another token",
                       clock_rfc3339(t->used_at, when), *t->host ? t->host : "another instance");
    if (t->expires_at <= clock_now())
        return err_set(e, ERR_FORBIDDEN, "this enrolment token ended at %s: make another one", clock_rfc3339(t->expires_at, when));
    return new_instance(tx, t, public_key, host, version, uuid, e);
}

bool cloud_proxy_enrol(struct db_tx *tx, const char *hash, const char *public_key, const char *host, const char *version,
                       struct cloud_proxy_instance *ret, struct err *e)
{
    struct token t = { 0 };
    char uuid[ID_TEXT];
    bool found = false;
    bool ok = find_token(tx, hash, &t, e) && use_token(tx, &t, public_key, host, version, uuid, e) &&
              cloud_proxy_instance_get(tx, uuid, ret, &found, e);
    token_fini(&t);
    return ok && (found || err_set(e, ERR_INTERNAL, "the instance that was just enrolled is not there"));
}

/* ---- journals */

bool cloud_proxy_journal_find(struct db_tx *tx, const char *instance, const char *journal, int64_t *ret, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_cloud_proxy_journal_find, "tt", instance, journal);
    return rows_id(r, ret, e);
}

bool cloud_proxy_journal_put(struct db_tx *tx, const char *instance, const char *journal, int64_t number, struct err *e)
{
    return db_run(tx, e, SQL_cloud_proxy_journal_put, "tti", instance, journal, number);
}

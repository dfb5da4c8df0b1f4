#include "store/webhooks.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/mem.h"
#include "store/held.h"
#include "store/rows.h"
#include "store/totals.h"
#include "store_sql.h"

void webhook_row_fini(struct webhook_row *row)
{
    char **texts[] = { &row->endpoint, &row->pipeline, &row->endpoint_uuid, &row->listener, &row->token, &row->image_pattern,
                       &row->tag_pattern, &row->repository, &row->verify_push, &row->refresh_token, &row->token_hash, &row->slug, &row->registration, &row->sweep, &row->when_held };
    object_fini(&row->object);
    for (size_t i = 0; i < ALEN(texts); i++)
        free(*texts[i]);
    json_decref(row->input);
    json_decref(row->senders);
    json_decref(row->endpoint_properties);
    *row = (struct webhook_row){ 0 };
}

bool webhook_find(struct db_tx *tx, const char *uuid, int64_t *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_webhook_find, "t", uuid);
    return rows_id(rows, ret, e);
}

bool webhook_find_named(struct db_tx *tx, const char *project, const char *name, int64_t *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_webhook_find_named, "tt", project, name);
    return rows_id(rows, ret, e);
}

bool webhook_get(struct db_tx *tx, int64_t id, struct webhook_row *ret, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_webhook_get, "i", id);
    if (!db_next(r, e))
        return db_rows_failed(r) ? false : err_set(e, ERR_NOT_FOUND, "no such Docker webhook");
    *ret = (struct webhook_row){
        .enabled = db_int(r, 11), .endpoint_id = db_int(r, 12), .endpoint = mem_text(db_text(r, 13)), .pipeline_id = db_int(r, 14),
        .pipeline = mem_text(db_text(r, 15)), .listener_id = db_int(r, 16), .listener = mem_text(db_text(r, 17)),
        .token = mem_text(db_text(r, 18)), .image_pattern = mem_text(db_text(r, 19)), .tag_pattern = mem_text(db_text(r, 20)),
        .repository = rows_text(r, 21), .verify_push = mem_text(db_text(r, 22)), .input = rows_json(r, 23),
        .refresh_token = mem_text(db_text(r, 24)), .token_hash = mem_text(db_text(r, 25)), .slug = mem_text(db_text(r, 26)),
        .endpoint_properties = rows_json(r, 27), .endpoint_uuid = mem_text(db_text(r, 28)), .registration = mem_text(db_text(r, 29)),
        .sweep = mem_text(db_text(r, 30)), .senders = rows_json(r, 31), .run_limit = db_int(r, 32), .when_held = mem_text(db_text(r, 33)),
    };
    object_read(r, &ret->object);
    return true;
}

bool webhook_insert(struct db_tx *tx, struct webhook_row *row, struct err *e)
{
    struct object *o = &row->object;
    AUTO_FREE char *input = json_write(row->input), *senders = json_write(row->senders);
    if (!db_run(tx, e, SQL_webhook_insert, "tittiiiitttttttttttiitt", id_new(o->uuid), o->project_id, o->name, o->description,
                (int64_t)row->enabled, row->endpoint_id, row->pipeline_id, row->listener_id, row->image_pattern, row->tag_pattern,
                row->repository, row->verify_push, input, row->refresh_token, row->token_hash, row->slug, row->registration,
                row->sweep, senders, row->run_limit, clock_now(), o->updated_by, row->when_held))
        return false;
    if (!db_changes(tx))
        return object_taken("Docker webhook", o->name, o->project, e);
    o->id = db_last_id(tx);
    return db_run(tx, e, SQL_listener_give, "ii", row->listener_id, o->id) && change_add(tx, o->project_id, "webhooks", o->id, e);
}

bool webhook_update(struct db_tx *tx, const struct webhook_row *row, struct err *e)
{
    const struct object *o = &row->object;
    AUTO_FREE char *input = json_write(row->input), *senders = json_write(row->senders);
    int64_t other = 0;
    if (!webhook_find_named(tx, o->project, o->name, &other, e))
        return false;
    if (other && other != o->id)
        return object_taken("Docker webhook", o->name, o->project, e);
    return db_run(tx, e, SQL_webhook_update, "ittiiitttttttttttiitt", o->id, o->name, o->description, (int64_t)row->enabled, row->endpoint_id,
                  row->pipeline_id, row->image_pattern, row->tag_pattern, row->repository, row->verify_push, input,
                  row->refresh_token, row->token_hash, row->slug, row->registration, row->sweep, senders, row->run_limit, clock_now(),
                  o->updated_by, row->when_held) &&
           held_hurry(tx, o->id, clock_now(), e) && change_add(tx, o->project_id, "webhooks", o->id, e);
}

bool webhook_enable(struct db_tx *tx, const struct webhook_row *row, bool enabled, const char *by, struct err *e)
{
    return db_run(tx, e, SQL_webhook_enable, "iiit", row->object.id, (int64_t)enabled, clock_now(), by) &&
           held_hurry(tx, row->object.id, clock_now(), e) && /* disabled, it lets go nothing that it held */
           change_add(tx, row->object.project_id, "webhooks", row->object.id, e);
}

bool webhook_delete(struct db_tx *tx, const struct webhook_row *row, struct err *e)
{
    return held_hurry(tx, row->object.id, clock_now(), e) && db_run(tx, e, SQL_hold_free_queued, "i", row->object.id) && db_run(tx, e, SQL_webhook_delete, "i", row->object.id) && db_run(tx, e, SQL_listener_delete, "i", row->listener_id) &&
           change_add(tx, row->object.project_id, "webhooks", row->object.id, e);
}

/* ---- listeners */

void listener_row_fini(struct listener_row *row)
{
    free(row->token);
    free(row->senders);
    *row = (struct listener_row){ 0 };
}

bool listener_insert(struct db_tx *tx, const char *uuid, int64_t project_id, int64_t endpoint_id, const char *token_sealed,
                     const char *token_hash, int64_t *ret, struct err *e)
{
    if (!db_run(tx, e, SQL_listener_insert, "tiztti", uuid, project_id, endpoint_id, token_sealed, token_hash, clock_now()))
        return err_wrap(e, "store a listener");
    *ret = db_last_id(tx);
    return true;
}

bool listener_token(struct db_tx *tx, int64_t id, const char *token_sealed, const char *token_hash, int64_t old_until, struct err *e)
{
    return db_run(tx, e, SQL_listener_token, "itti", id, token_sealed, token_hash, old_until);
}

static bool read_listener(struct db_rows *r, struct listener_row *ret, bool *ret_found, struct err *e)
{
    *ret_found = db_next(r, e);
    if (!*ret_found)
        return !db_rows_failed(r);
    *ret = (struct listener_row){ .id = db_int(r, 0), .project_id = db_int(r, 2), .old_until = db_int(r, 5),
                                  .token = mem_text(db_text(r, 7)), .senders = mem_text(db_text(r, 8)) };
    snprintf(ret->uuid, sizeof ret->uuid, "%s", db_text(r, 1));
    snprintf(ret->token_hash, sizeof ret->token_hash, "%s", db_text(r, 3));
    snprintf(ret->old_token_hash, sizeof ret->old_token_hash, "%s", db_text(r, 4));
    AUTO_JSON *properties = rows_json(r, 6);
    snprintf(ret->server_type, sizeof ret->server_type, "%s", json_text_at(properties, "serverType", ""));
    return true;
}

bool listener_by_uuid(struct db_tx *tx, const char *uuid, struct listener_row *ret, bool *ret_found, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_listener_by_uuid, "t", uuid);
    return read_listener(rows, ret, ret_found, e);
}

bool listener_by_token(struct db_tx *tx, const char *token_hash, struct listener_row *ret, bool *ret_found, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_listener_by_token, "t", token_hash);
    return read_listener(rows, ret, ret_found, e);
}

bool listener_by_webhook(struct db_tx *tx, const char *webhook_uuid, struct listener_row *ret, bool *ret_found, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_listener_by_webhook, "t", webhook_uuid);
    return read_listener(rows, ret, ret_found, e);
}

static void add_push(struct listener_heard *h, const json_t *event)
{
    size_t n = strlen(h->pushes);
    snprintf(h->pushes + n, sizeof h->pushes - n, "%s%s:%s", n ? ", " : "", json_text_at(event, "repository", ""), json_text_at(event, "tag", ""));
}

static bool read_heard(struct db_tx *tx, const char *sql, int64_t id, struct listener_heard *ret, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, sql, "i", id);
    *ret = (struct listener_heard){ 0 };
    if (!db_next(r, e))
        return !db_rows_failed(r);
    AUTO_JSON *events = rows_json(r, 2);
    size_t i;
    json_t *event;
    ret->at = db_int(r, 0);
    snprintf(ret->verdict, sizeof ret->verdict, "%s", db_text(r, 1));
    snprintf(ret->problem, sizeof ret->problem, "%.290s", db_text(r, 3));
    json_array_foreach(events, i, event)
        add_push(ret, event);
    return true;
}

bool listener_heard(struct db_tx *tx, int64_t id, struct listener_heard *ret_first, struct listener_heard *ret_last, struct err *e)
{
    return (!ret_first || read_heard(tx, SQL_delivery_first, id, ret_first, e)) && read_heard(tx, SQL_delivery_last, id, ret_last, e);
}

bool listener_of_endpoint(struct db_tx *tx, int64_t endpoint_id, struct listener_row *ret, bool *ret_found, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_listener_of_endpoint, "i", endpoint_id);
    return read_listener(rows, ret, ret_found, e);
}

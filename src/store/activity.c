#include "store/activity.h"

#include "base/mem.h"
#include "store/rows.h"
#include "store/totals.h"
#include "store_sql.h"

static bool two(struct db_rows *rows, int64_t *ret, int64_t *ret_project, struct err *e)
{
    bool found = db_next(rows, e);
    *ret = found ? db_int(rows, 0) : 0;
    *ret_project = found ? db_int(rows, 1) : 0;
    return !db_rows_failed(rows);
}

bool execution_find(struct db_tx *tx, const char *uuid, int64_t *ret, int64_t *ret_project, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_execution_find, "t", uuid);
    return two(rows, ret, ret_project, e);
}

bool execution_find_index(struct db_tx *tx, int64_t pipeline_id, int64_t index, int64_t *ret, int64_t *ret_project, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_execution_find_index, "ii", pipeline_id, index);
    return two(rows, ret, ret_project, e);
}

bool execution_shared(struct db_tx *tx, int64_t id, int64_t user_id, bool *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_execution_shared, "ii", id, user_id);
    *ret = db_next(rows, e);
    return !db_rows_failed(rows);
}

bool execution_delete(struct db_tx *tx, int64_t id, int64_t project_id, struct err *e)
{
    if (!db_run(tx, e, SQL_execution_delete, "i", id))
        return false;
    if (!db_changes(tx))
        return err_set(e, ERR_CONFLICT, "the execution is not finished: cancel it first");
    return db_run(tx, e, SQL_execution_forget, "i", id) && total_add(tx, "executions", project_id, -1, e) &&
           change_add(tx, project_id, "executions", id, e);
}

bool execution_brief(struct db_tx *tx, int64_t id, int64_t *ret_at, bool *ret_live, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_execution_brief, "i", id);
    if (!db_next(rows, e))
        return db_rows_failed(rows) ? false : err_set(e, ERR_NOT_FOUND, "no such execution");
    *ret_at = db_int(rows, 2);
    *ret_live = db_int(rows, 3);
    return true;
}

void event_view_fini(struct event_view *v)
{
    char **texts[] = { &v->uuid, &v->project, &v->webhook, &v->pipeline, &v->status, &v->message, &v->registry, &v->repository, &v->tag,
                       &v->owner, &v->execution, &v->execution_status, &v->digest, &v->pushed_at, &v->push, &v->delivery, &v->confirm,
                       &v->confirm_text, &v->found_by, &v->pushed_by, &v->pushed_by_name };
    for (size_t i = 0; i < ALEN(texts); i++)
        free(*texts[i]);
    json_decref(v->trace);
    *v = (struct event_view){ 0 };
}

bool event_find(struct db_tx *tx, const char *uuid, int64_t *ret, int64_t *ret_project, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_event_find, "t", uuid);
    return two(rows, ret, ret_project, e);
}

bool event_view_get(struct db_tx *tx, int64_t id, struct event_view *ret, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_event_get, "i", id);
    if (!db_next(r, e))
        return db_rows_failed(r) ? false : err_set(e, ERR_NOT_FOUND, "no such event");
    *ret = (struct event_view){
        .id = db_int(r, 0), .uuid = rows_text(r, 1), .project_id = db_int(r, 2), .project = rows_text(r, 3), .webhook = rows_text(r, 4),
        .pipeline = rows_text(r, 5), .status = rows_text(r, 6), .message = rows_text(r, 7), .trace = rows_json(r, 8),
        .registry = rows_text(r, 9), .repository = rows_text(r, 10), .tag = rows_text(r, 11), .owner = rows_text(r, 12),
        .attempt = db_int(r, 13), .created_at = db_int(r, 14), .updated_at = db_int(r, 15), .execution = rows_text(r, 16),
        .execution_index = db_int(r, 17), .execution_status = rows_text(r, 18), .digest = rows_text(r, 19),
        .pushed_at = rows_text(r, 20), .push = rows_text(r, 21), .delivery = rows_text(r, 22), .confirm = rows_text(r, 23),
        .confirm_text = rows_text(r, 24), .found_by = rows_text(r, 25), .held_until = db_int(r, 26), .pushed_by = rows_text(r, 27),
        .pushed_by_name = rows_text(r, 28), .pushed_by_index = db_int(r, 29), .hold_id = db_int(r, 30),
    };
    return true;
}

bool event_delete(struct db_tx *tx, int64_t id, int64_t project_id, struct err *e)
{
    return db_run(tx, e, SQL_event_delete, "i", id) && total_add(tx, "events", project_id, -1, e) &&
           change_add(tx, project_id, "events", id, e);
}

void delivery_view_fini(struct delivery_view *v)
{
    char **texts[] = { &v->uuid, &v->project, &v->listener, &v->format, &v->remote, &v->verdict, &v->problem, &v->headers, &v->body };
    for (size_t i = 0; i < ALEN(texts); i++)
        free(*texts[i]);
    json_decref(v->events);
    *v = (struct delivery_view){ 0 };
}

bool delivery_find(struct db_tx *tx, const char *uuid, int64_t *ret, int64_t *ret_project, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_delivery_find, "t", uuid);
    return two(rows, ret, ret_project, e);
}

bool delivery_view_get(struct db_tx *tx, int64_t id, struct delivery_view *ret, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_delivery_get, "i", id);
    if (!db_next(r, e))
        return db_rows_failed(r) ? false : err_set(e, ERR_NOT_FOUND, "no such delivery");
    *ret = (struct delivery_view){
        .id = db_int(r, 0), .uuid = rows_text(r, 1), .project_id = db_int(r, 2), .project = rows_text(r, 3), .listener = rows_text(r, 4),
        .format = rows_text(r, 5), .remote = rows_text(r, 6), .headers = rows_text(r, 7), .verdict = rows_text(r, 9),
        .problem = rows_text(r, 10), .events = rows_json(r, 11), .repeats = db_int(r, 12), .received_at = db_int(r, 13),
        .matched = db_int(r, 14),
    };
    const void *body = db_null(r, 8) ? NULL : db_blob(r, 8, &ret->body_size);
    ret->body = body ? mem_text_n(body, ret->body_size) : NULL;
    return true;
}

bool change_last(struct db_tx *tx, int64_t *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_change_last, "");
    return rows_id(rows, ret, e);
}

bool delivery_newest(struct db_tx *tx, int64_t *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_delivery_newest, "");
    return rows_id(rows, ret, e);
}

bool changes_since(struct db_tx *tx, int64_t *last, void (*add)(void *context, int64_t project_id, const char *kind), void *context,
                   struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_changes_since, "i", *last);
    while (db_next(rows, e)) {
        if (db_int(rows, 0) > *last)
            *last = db_int(rows, 0);
        add(context, db_int(rows, 1), db_text(rows, 2));
    }
    return !db_rows_failed(rows);
}

bool total_find(struct db_tx *tx, const char *kind, int64_t project_id, int64_t *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_total_find, "ti", kind, project_id);
    return rows_id(rows, ret, e);
}

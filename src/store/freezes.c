#include "store/freezes.h"

#include "base/clock.h"
#include "base/ids.h"
#include "base/mem.h"
#include "store/rows.h"
#include "store/totals.h"
#include "store_sql.h"

void freeze_row_fini(struct freeze_row *row)
{
    object_fini(&row->object);
    free(row->time_zone);
    json_decref(row->pipelines);
    json_decref(row->tags);
    *row = (struct freeze_row){ 0 };
}

bool freeze_find(struct db_tx *tx, const char *uuid, int64_t *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_freeze_find, "t", uuid);
    return rows_id(rows, ret, e);
}

bool freeze_find_named(struct db_tx *tx, const char *project, const char *name, int64_t *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_freeze_find_named, "tt", project, name);
    return rows_id(rows, ret, e);
}

bool freeze_get(struct db_tx *tx, int64_t id, struct freeze_row *ret, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_freeze_get, "i", id);
    if (!db_next(r, e))
        return db_rows_failed(r) ? false : err_set(e, ERR_NOT_FOUND, "no such freeze");
    *ret = (struct freeze_row){ .begins_at = db_int(r, 11), .ends_at = db_int(r, 12), .time_zone = mem_text(db_text(r, 13)), .pipelines = rows_json(r, 14), .tags = rows_json(r, 15) };
    object_read(r, &ret->object);
    return true;
}

bool freeze_insert(struct db_tx *tx, struct freeze_row *row, struct err *e)
{
    struct object *o = &row->object;
    AUTO_FREE char *pipelines = json_write(row->pipelines), *tags = json_write(row->tags);
    if (!db_run(tx, e, SQL_freeze_insert, "tittiitttit", id_new(o->uuid), o->project_id, o->name, o->description, row->begins_at, row->ends_at, row->time_zone, pipelines, tags,
                clock_now(), o->updated_by))
        return false;
    if (!db_changes(tx))
        return object_taken("freeze", o->name, o->project, e);
    o->id = db_last_id(tx);
    return change_add(tx, o->project_id, "freezes", o->id, e);
}

bool freeze_update(struct db_tx *tx, const struct freeze_row *row, struct err *e)
{
    const struct object *o = &row->object;
    int64_t other = 0;
    AUTO_FREE char *pipelines = json_write(row->pipelines), *tags = json_write(row->tags);
    if (!freeze_find_named(tx, o->project, o->name, &other, e))
        return false;
    if (other && other != o->id)
        return object_taken("freeze", o->name, o->project, e);
    return db_run(tx, e, SQL_freeze_update, "ittiitttit", o->id, o->name, o->description, row->begins_at, row->ends_at, row->time_zone, pipelines, tags, clock_now(), o->updated_by) &&
           change_add(tx, o->project_id, "freezes", o->id, e);
}

bool freeze_delete(struct db_tx *tx, const struct freeze_row *row, struct err *e)
{
    return db_run(tx, e, SQL_freeze_delete, "i", row->object.id) && change_add(tx, row->object.project_id, "freezes", row->object.id, e);
}

#include "store/integrations.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/rows.h"
#include "store/totals.h"
#include "store_sql.h"

void integration_row_fini(struct integration_row *row)
{
    char *texts[] = { row->release, row->status, row->change_log, row->yaml, row->newest };
    object_fini(&row->object);
    for (size_t i = 0; i < ALEN(texts); i++)
        free(texts[i]);
    *row = (struct integration_row){ 0 };
}

bool integration_find(struct db_tx *tx, const char *uuid, int64_t *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_integration_find, "t", uuid);
    return rows_id(rows, ret, e);
}

bool integration_find_named(struct db_tx *tx, const char *project, const char *name, int64_t *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_integration_find_named, "tt", project, name);
    return rows_id(rows, ret, e);
}

bool integration_find_release(struct db_tx *tx, int64_t draft_id, const char *release, int64_t *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_integration_find_release, "it", draft_id, release);
    return rows_id(rows, ret, e);
}

bool integration_get(struct db_tx *tx, int64_t id, struct integration_row *ret, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_integration_get, "i", id);
    if (!db_next(r, e))
        return db_rows_failed(r) ? false : err_set(e, ERR_NOT_FOUND, "no such custom integration");
    *ret = (struct integration_row){ .release = mem_text(db_text(r, 11)), .status = mem_text(db_text(r, 12)), .latest = db_int(r, 13), .change_log = mem_text(db_text(r, 14)),
                                     .yaml = mem_text(db_text(r, 15)), .parent_id = db_int(r, 16), .newest = mem_text(db_text(r, 18)) };
    snprintf(ret->parent, sizeof ret->parent, "%s", db_text(r, 17));
    object_read(r, &ret->object);
    return true;
}

static bool changed(struct db_tx *tx, const struct object *o, struct err *e)
{
    return change_add(tx, o->project_id, "custom-integrations", o->id, e);
}

bool integration_insert(struct db_tx *tx, struct integration_row *row, struct err *e)
{
    struct object *o = &row->object;
    if (!db_run(tx, e, SQL_integration_insert, "tiztttttit", o->uuid, o->project_id, row->parent_id, o->name, row->release ? row->release : "", row->change_log ? row->change_log : "",
                o->description, row->yaml, clock_now(), o->updated_by))
        return false;
    if (!db_changes(tx))
        return object_taken(row->parent_id ? "version of the custom integration" : "custom integration", row->parent_id ? row->release : o->name, o->project, e);
    o->id = db_last_id(tx);
    return changed(tx, o, e);
}

bool integration_update(struct db_tx *tx, const struct integration_row *row, struct err *e)
{
    const struct object *o = &row->object;
    int64_t other = 0;
    if (!integration_find_named(tx, o->project, o->name, &other, e))
        return false;
    if (other && other != o->id)
        return object_taken("custom integration", o->name, o->project, e);
    return db_run(tx, e, SQL_integration_update, "itttit", o->id, o->name, o->description, row->yaml, clock_now(), o->updated_by) &&
           db_run(tx, e, SQL_integration_rename, "it", o->id, o->name) && changed(tx, o, e);
}

bool integration_mark(struct db_tx *tx, const struct integration_row *row, struct err *e)
{
    const struct object *o = &row->object;
    return (!row->latest || db_run(tx, e, SQL_integration_none_latest, "i", row->parent_id)) &&
           db_run(tx, e, SQL_integration_mark, "itiit", o->id, row->status, (int64_t)row->latest, clock_now(), o->updated_by) && changed(tx, o, e);
}

bool integration_delete(struct db_tx *tx, const struct integration_row *row, struct err *e)
{
    return db_run(tx, e, SQL_integration_delete, "i", row->object.id) && changed(tx, &row->object, e);
}

void integration_run_fini(struct integration_run *run)
{
    free(run->release);
    free(run->status);
    free(run->yaml);
    *run = (struct integration_run){ 0 };
}

bool integration_to_run(struct db_tx *tx, int64_t project_id, const char *name, const char *release, struct integration_run *ret, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_integration_to_run, "itt", project_id, name, release);
    if (!db_next(r, e))
        return db_rows_failed(r) ? false : err_set(e, ERR_NOT_FOUND, "there is no custom integration '%.100s'%s%.60s in this project", name, *release ? " of version " : "", release);
    *ret = (struct integration_run){ .release = mem_text(db_text(r, 0)), .status = mem_text(db_text(r, 1)), .yaml = mem_text(db_text(r, 2)) };
    return true;
}

#include "store/objects.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/mem.h"
#include "store/rows.h"
#include "store/totals.h"
#include "store_sql.h"

void object_fini(struct object *object)
{
    char **texts[] = { &object->project, &object->name, &object->description, &object->created_by, &object->updated_by };
    for (size_t i = 0; i < ALEN(texts); i++)
        free(*texts[i]);
    *object = (struct object){ 0 };
}

void object_read(const struct db_rows *r, struct object *ret)
{
    *ret = (struct object){
        .id = db_int(r, 0), .project_id = db_int(r, 2), .project = mem_text(db_text(r, 3)), .name = mem_text(db_text(r, 4)),
        .description = mem_text(db_text(r, 5)), .version = db_int(r, 6), .created_at = db_int(r, 7), .updated_at = db_int(r, 8),
        .created_by = mem_text(db_text(r, 9)), .updated_by = mem_text(db_text(r, 10)),
    };
    snprintf(ret->uuid, sizeof ret->uuid, "%s", db_text(r, 1));
}

bool object_taken(const char *what, const char *name, const char *project, struct err *e)
{
    err_field(e, "name", "there is a %s '%s' in project '%s' already", what, name, project);
    if (e)
        e->kind = ERR_CONFLICT;
    return false;
}

/* Is a row of that name there, other than this one? */
static bool name_free(struct db_tx *tx, bool (*find)(struct db_tx *, const char *, const char *, int64_t *, struct err *),
                      const char *what, const struct object *object, struct err *e)
{
    int64_t other = 0;
    if (!find(tx, object->project, object->name, &other, e))
        return false;
    return !other || other == object->id || object_taken(what, object->name, object->project, e);
}

/* After an INSERT that does nothing when the name is taken. */
static bool inserted(struct db_tx *tx, const char *what, const char *table, struct object *object, struct err *e)
{
    if (!db_changes(tx))
        return object_taken(what, object->name, object->project, e);
    object->id = db_last_id(tx);
    return change_add(tx, object->project_id, table, object->id, e);
}

/* ---- projects */

bool project_find_uuid(struct db_tx *tx, const char *uuid, int64_t *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_project_find, "t", uuid);
    return rows_id(rows, ret, e);
}

bool project_find(struct db_tx *tx, const char *name_or_uuid, int64_t *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_project_find_named, "t", name_or_uuid);
    if (!rows_id(rows, ret, e))
        return false;
    return *ret || !id_is(name_or_uuid) || project_find_uuid(tx, name_or_uuid, ret, e);
}

bool project_get(struct db_tx *tx, int64_t id, struct object *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_project_get, "i", id);
    if (!db_next(rows, e))
        return db_rows_failed(rows) ? false : err_set(e, ERR_NOT_FOUND, "no such project");
    object_read(rows, ret);
    return true;
}

bool project_insert(struct db_tx *tx, const char *name, const char *description, const char *by, int64_t *ret, struct err *e)
{
    char uuid[ID_TEXT];
    if (!db_run(tx, e, SQL_project_insert, "tttit", id_new(uuid), name, description, clock_now(), by))
        return false;
    if (!db_changes(tx))
        return err_set(e, ERR_CONFLICT, "there is a project '%s' already", name);
    *ret = db_last_id(tx);
    return change_add(tx, *ret, "projects", *ret, e);
}

bool project_update(struct db_tx *tx, int64_t id, const char *name, const char *description, const char *by, struct err *e)
{
    int64_t other = 0;
    AUTO(db_rows) rows = db_rows(tx, SQL_project_find_named, "t", name);
    if (!rows_id(rows, &other, e))
        return false;
    if (other && other != id)
        return err_set(e, ERR_CONFLICT, "there is a project '%s' already", name);
    return db_run(tx, e, SQL_project_update, "ittit", id, name, description, clock_now(), by) && change_add(tx, id, "projects", id, e);
}

bool project_delete(struct db_tx *tx, int64_t id, struct err *e)
{
    static const char *const WHAT[] = { "endpoints", "variables", "pipelines", "Docker webhooks", "executions", "registry events",
                                        "webhooks that are not deleted at Docker Hub yet (that is tried until it works)",
                                        "Cloud Proxies", "custom integrations" };
    AUTO(db_rows) rows = db_rows(tx, SQL_project_in_use, "i", id);
    if (!db_next(rows, e))
        return false;
    for (int i = 0; i < (int)ALEN(WHAT); i++)
        if (db_int(rows, i))
            return err_set(e, ERR_CONFLICT, "the project still has %s", WHAT[i]);
    return db_run(tx, e, SQL_project_forget_definitions, "i", id) && db_run(tx, e, SQL_project_forget_pushes, "i", id) &&
           db_run(tx, e, SQL_project_forget_notifications, "i", id) && db_run(tx, e, SQL_project_delete, "i", id) && change_add(tx, id, "projects", id, e);
}

/* ---- endpoints */

void endpoint_row_fini(struct endpoint_row *row)
{
    object_fini(&row->object);
    free(row->type);
    free(row->listener);
    free(row->cloud_proxy);
    json_decref(row->properties);
    *row = (struct endpoint_row){ 0 };
}

bool endpoint_find(struct db_tx *tx, const char *uuid, int64_t *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_endpoint_find, "t", uuid);
    return rows_id(rows, ret, e);
}

bool endpoint_find_named(struct db_tx *tx, const char *project, const char *name, int64_t *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_endpoint_find_named, "tt", project, name);
    return rows_id(rows, ret, e);
}

bool endpoint_get(struct db_tx *tx, int64_t id, struct endpoint_row *ret, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_endpoint_get, "i", id);
    if (!db_next(r, e))
        return db_rows_failed(r) ? false : err_set(e, ERR_NOT_FOUND, "no such endpoint");
    *ret = (struct endpoint_row){ .type = mem_text(db_text(r, 11)), .properties = rows_json(r, 12), .restricted = db_int(r, 13),
                                  .listener = mem_text(db_text(r, 14)), .cloud_proxy = mem_text(db_text(r, 15)) };
    object_read(r, &ret->object);
    return true;
}

bool endpoint_insert(struct db_tx *tx, struct endpoint_row *row, struct err *e)
{
    struct object *o = &row->object;
    AUTO_FREE char *properties = json_write(row->properties);
    if (!db_run(tx, e, SQL_endpoint_insert, "tittttiitt", o->uuid, o->project_id, o->name, row->type, o->description, properties,
                (int64_t)row->restricted, clock_now(), o->updated_by, row->cloud_proxy ? row->cloud_proxy : ""))
        return false;
    return inserted(tx, "endpoint", "endpoints", o, e);
}

bool endpoint_update(struct db_tx *tx, const struct endpoint_row *row, struct err *e)
{
    const struct object *o = &row->object;
    AUTO_FREE char *properties = json_write(row->properties);
    return name_free(tx, endpoint_find_named, "endpoint", o, e) &&
           db_run(tx, e, SQL_endpoint_update, "itttiitt", o->id, o->name, o->description, properties, (int64_t)row->restricted,
                  clock_now(), o->updated_by, row->cloud_proxy ? row->cloud_proxy : "") &&
           change_add(tx, o->project_id, "endpoints", o->id, e);
}

bool endpoint_delete(struct db_tx *tx, const struct endpoint_row *row, struct err *e)
{
    return db_run(tx, e, SQL_endpoint_delete, "i", row->object.id) &&
           change_add(tx, row->object.project_id, "endpoints", row->object.id, e) &&
           change_add(tx, row->object.project_id, "deployments", row->object.id, e); /* its rows go with it */
}

bool endpoint_used_by(struct db_tx *tx, int64_t id, char **ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_endpoint_used_by, "i", id);
    return rows_joined(rows, ret, e);
}

/* ---- variables */

void variable_row_fini(struct variable_row *row)
{
    object_fini(&row->object);
    free(row->type);
    free(row->value);
    *row = (struct variable_row){ 0 };
}

bool variable_find(struct db_tx *tx, const char *uuid, int64_t *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_variable_find, "t", uuid);
    return rows_id(rows, ret, e);
}

bool variable_find_named(struct db_tx *tx, const char *project, const char *name, int64_t *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_variable_find_named, "tt", project, name);
    return rows_id(rows, ret, e);
}

bool variable_get(struct db_tx *tx, int64_t id, struct variable_row *ret, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_variable_get, "i", id);
    if (!db_next(r, e))
        return db_rows_failed(r) ? false : err_set(e, ERR_NOT_FOUND, "no such variable");
    *ret = (struct variable_row){ .type = mem_text(db_text(r, 11)), .value = mem_text(db_text(r, 12)) };
    object_read(r, &ret->object);
    return true;
}

bool variable_insert(struct db_tx *tx, struct variable_row *row, struct err *e)
{
    struct object *o = &row->object;
    if (!db_run(tx, e, SQL_variable_insert, "tittttit", o->uuid, o->project_id, o->name, row->type, o->description, row->value,
                clock_now(), o->updated_by))
        return false;
    return inserted(tx, "variable", "variables", o, e);
}

bool variable_update(struct db_tx *tx, const struct variable_row *row, struct err *e)
{
    const struct object *o = &row->object;
    return name_free(tx, variable_find_named, "variable", o, e) &&
           db_run(tx, e, SQL_variable_update, "ittttit", o->id, o->name, o->description, row->type, row->value, clock_now(),
                  o->updated_by) &&
           change_add(tx, o->project_id, "variables", o->id, e);
}

bool variable_restricted(struct db_tx *tx, int64_t project_id, const char *name, bool *ret, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_variable_restricted, "it", project_id, name);
    *ret = db_next(r, e);
    return !db_rows_failed(r);
}

bool variable_delete(struct db_tx *tx, const struct variable_row *row, struct err *e)
{
    return db_run(tx, e, SQL_variable_delete, "i", row->object.id) &&
           change_add(tx, row->object.project_id, "variables", row->object.id, e);
}

/* ---- pipelines */

void pipeline_row_fini(struct pipeline_row *row)
{
    object_fini(&row->object);
    free(row->state);
    free(row->definition);
    *row = (struct pipeline_row){ 0 };
}

bool pipeline_find(struct db_tx *tx, const char *uuid, int64_t *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_pipeline_find, "t", uuid);
    return rows_id(rows, ret, e);
}

bool pipeline_find_named(struct db_tx *tx, const char *project, const char *name, int64_t *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_pipeline_find_named, "tt", project, name);
    return rows_id(rows, ret, e);
}

bool pipeline_get(struct db_tx *tx, int64_t id, struct pipeline_row *ret, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_pipeline_get, "i", id);
    if (!db_next(r, e))
        return db_rows_failed(r) ? false : err_set(e, ERR_NOT_FOUND, "no such pipeline");
    *ret = (struct pipeline_row){ .state = mem_text(db_text(r, 11)), .global = db_int(r, 12), .concurrency = db_int(r, 13),
                                  .definition = mem_text(db_text(r, 14)) };
    object_read(r, &ret->object);
    return true;
}

bool pipeline_insert(struct db_tx *tx, struct pipeline_row *row, struct err *e)
{
    struct object *o = &row->object;
    if (!db_run(tx, e, SQL_pipeline_insert, "titttiitit", id_new(o->uuid), o->project_id, o->name, o->description, row->state,
                (int64_t)row->global, row->concurrency, row->definition, clock_now(), o->updated_by))
        return false;
    return inserted(tx, "pipeline", "pipelines", o, e);
}

bool pipeline_update(struct db_tx *tx, const struct pipeline_row *row, struct err *e)
{
    const struct object *o = &row->object;
    return name_free(tx, pipeline_find_named, "pipeline", o, e) &&
           db_run(tx, e, SQL_pipeline_update, "itttiitit", o->id, o->name, o->description, row->state, (int64_t)row->global,
                  row->concurrency, row->definition, clock_now(), o->updated_by) &&
           change_add(tx, o->project_id, "pipelines", o->id, e);
}

static bool pipeline_free(struct db_tx *tx, const struct pipeline_row *row, struct err *e)
{
    AUTO_FREE char *webhooks = NULL;
    int64_t live = 0;
    AUTO(db_rows) used = db_rows(tx, SQL_pipeline_used_by, "i", row->object.id);
    AUTO(db_rows) running = db_rows(tx, SQL_pipeline_live, "i", row->object.id);
    if (!rows_joined(used, &webhooks, e) || !rows_id(running, &live, e))
        return false;
    if (*webhooks)
        return err_set(e, ERR_CONFLICT, "pipeline '%s' is started by webhook: %s", row->object.name, webhooks);
    return !live || err_set(e, ERR_CONFLICT, "pipeline '%s' has %lld executions that are not finished", row->object.name, (long long)live);
}

bool pipeline_delete(struct db_tx *tx, const struct pipeline_row *row, struct err *e)
{
    return pipeline_free(tx, row, e) && db_run(tx, e, SQL_pipeline_unlink, "i", row->object.id) &&
           db_run(tx, e, SQL_pipeline_delete, "i", row->object.id) &&
           change_add(tx, row->object.project_id, "pipelines", row->object.id, e);
}

bool pipelines_of_project(struct db_tx *tx, int64_t project_id, void (*each)(void *context, const char *name, const char *definition),
                          void *context, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_pipelines_of_project, "i", project_id);
    while (db_next(rows, e))
        each(context, db_text(rows, 0), db_text(rows, 1));
    return !db_rows_failed(rows);
}

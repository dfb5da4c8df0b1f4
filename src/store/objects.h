/* store/objects.h - what people make: projects, endpoints, variables, pipelines.
 *
 * Each struct begins with struct object. Texts and trees belong to the struct:
 * x_fini frees them. x_find answers 0 when there is none (no error). x_insert
 * fills id and uuid; a name that is taken is ERR_CONFLICT. Every change is told
 * to the change sequence. Nothing here asks who is allowed: that is auth/'s.
 */
#pragma once

#include "base/json.h"
#include "db/db.h"

struct object {
    int64_t id, project_id, version, created_at, updated_at;
    char uuid[37];
    char *project, *name, *description, *created_by, *updated_by;
};
void object_fini(struct object *object);
/* The first eleven columns of x_get, the same for all objects. */
void object_read(const struct db_rows *rows, struct object *ret);
/* After x_insert or x_update said that the name is taken. Always false. */
bool object_taken(const char *what, const char *name, const char *project, struct err *e);

/* ---- projects: as struct object */

bool project_find(struct db_tx *tx, const char *name_or_uuid, int64_t *ret, struct err *e);
bool project_find_uuid(struct db_tx *tx, const char *uuid, int64_t *ret, struct err *e);
bool project_get(struct db_tx *tx, int64_t id, struct object *ret, struct err *e);
bool project_insert(struct db_tx *tx, const char *name, const char *description, const char *by, int64_t *ret, struct err *e);
bool project_update(struct db_tx *tx, int64_t id, const char *name, const char *description, const char *by, struct err *e);
bool project_delete(struct db_tx *tx, int64_t id, struct err *e); /* ERR_CONFLICT while something stands in it */

/* ---- endpoints */

struct endpoint_row {
    struct object object;
    char *type, *listener; /* listener: uuid, "" when it has none */
    char *cloud_proxy;     /* uuid, "": it is reached from the server; NULL counts as that */
    json_t *properties;    /* secret ones sealed */
    bool restricted;
};
void endpoint_row_fini(struct endpoint_row *row);
bool endpoint_find(struct db_tx *tx, const char *uuid, int64_t *ret, struct err *e);
bool endpoint_find_named(struct db_tx *tx, const char *project, const char *name, int64_t *ret, struct err *e);
bool endpoint_get(struct db_tx *tx, int64_t id, struct endpoint_row *ret, struct err *e);
bool endpoint_insert(struct db_tx *tx, struct endpoint_row *row, struct err *e); /* object.uuid is given: sealed values name it */
bool endpoint_update(struct db_tx *tx, const struct endpoint_row *row, struct err *e);
bool endpoint_delete(struct db_tx *tx, const struct endpoint_row *row, struct err *e); /* its listener goes with it */
/* Names of webhooks that use it, ", " between; "" when none. The caller's. */
bool endpoint_used_by(struct db_tx *tx, int64_t id, char **ret, struct err *e);

/* ---- variables */

struct variable_row {
    struct object object;
    char *type, *value; /* value: sealed unless REGULAR */
};
void variable_row_fini(struct variable_row *row);
bool variable_find(struct db_tx *tx, const char *uuid, int64_t *ret, struct err *e);
bool variable_find_named(struct db_tx *tx, const char *project, const char *name, int64_t *ret, struct err *e);
bool variable_get(struct db_tx *tx, int64_t id, struct variable_row *ret, struct err *e);
bool variable_insert(struct db_tx *tx, struct variable_row *row, struct err *e); /* object.uuid is given */
bool variable_update(struct db_tx *tx, const struct variable_row *row, struct err *e);
/* *ret false: there is none by that name, or everybody may use it. */
bool variable_restricted(struct db_tx *tx, int64_t project_id, const char *name, bool *ret, struct err *e);
bool variable_delete(struct db_tx *tx, const struct variable_row *row, struct err *e);

/* ---- pipelines */

struct pipeline_row {
    struct object object;
    char *state, *definition; /* definition: JSON */
    bool global;
    int64_t concurrency;
};
void pipeline_row_fini(struct pipeline_row *row);
bool pipeline_find(struct db_tx *tx, const char *uuid, int64_t *ret, struct err *e);
bool pipeline_find_named(struct db_tx *tx, const char *project, const char *name, int64_t *ret, struct err *e);
bool pipeline_get(struct db_tx *tx, int64_t id, struct pipeline_row *ret, struct err *e);
bool pipeline_insert(struct db_tx *tx, struct pipeline_row *row, struct err *e);
bool pipeline_update(struct db_tx *tx, const struct pipeline_row *row, struct err *e);
/* ERR_CONFLICT while a webhook starts it or an execution is live. Finished executions stay. */
bool pipeline_delete(struct db_tx *tx, const struct pipeline_row *row, struct err *e);
/* Calls each with the name and definition of every pipeline of the project. */
bool pipelines_of_project(struct db_tx *tx, int64_t project_id, void (*each)(void *context, const char *name, const char *definition),
                          void *context, struct err *e);

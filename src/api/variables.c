/* Variables: REGULAR ones are shown, SECRET and RESTRICTED ones never again. */
#include <string.h>

#include "api/hub.h"
#include "api/resources.h"
#include "api/saving.h"
#include "base/ids.h"
#include "base/mem.h"
#include "pipeline/literals.h"
#include "secrets/seal.h"
#include "store/hub_hooks.h"

enum { VALUE_MOST = 256 * 1024 };

static const struct finder VARIABLE = { "variable", variable_find, variable_find_named };

static json_t *variable_json(const struct variable_row *row)
{
    json_t *json = object_json(&row->object, "variables");
    json_set_text(json, "kind", "VARIABLE");
    json_set_text(json, "type", row->type);
    json_set_text(json, "value", text_is(row->type, "REGULAR") ? row->value : API_MASK);
    return json;
}

bool variable_load(struct call *c, int64_t id, json_t **ret, struct err *e)
{
    struct variable_row row = { 0 };
    if (!variable_get(c->tx, id, &row, e))
        return false;
    *ret = variable_json(&row);
    variable_row_fini(&row);
    return true;
}

bool variables_list(struct call *c, struct err *e)
{
    return call_list(c, &(struct list_view){ .source = &LIST_VARIABLES, .load = variable_load }, e);
}

static bool find(struct call *c, struct variable_row *ret, struct err *e)
{
    int64_t id = 0;
    if (!call_find(c, &VARIABLE, &id, e) || !variable_get(c->tx, id, ret, e))
        return false;
    if (call_in(c, ret->object.project_id, e))
        return true;
    variable_row_fini(ret);
    return false;
}

static bool answer(struct call *c, int64_t id, struct err *e)
{
    json_t *json = NULL;
    return variable_load(c, id, &json, e) && call_answer(c, 200, json);
}

bool variable_one(struct call *c, struct err *e)
{
    struct variable_row row = { 0 };
    bool ok = find(c, &row, e) && answer(c, row.object.id, e);
    variable_row_fini(&row);
    return ok;
}

/* ---- saving */

static bool type_ok(const char *type, struct err *e)
{
    return text_is(type, "REGULAR") || text_is(type, "SECRET") || text_is(type, "RESTRICTED") ||
           err_field(e, "type", "a variable's type is REGULAR, SECRET or RESTRICTED");
}

/* A mask that comes back keeps what is stored: the sealed text itself, whose identity does not change. */
static bool take_value(struct call *c, struct variable_row *row, const char *type, const json_t *given, struct err *e)
{
    bool was_secret = row->type && !text_is(row->type, "REGULAR"), secret = !text_is(type, "REGULAR");
    AUTO_FREE char *text = given ? json_as_text(given) : NULL;
    if (was_secret && (!text || literal_is_mask(text)))
        return secret || err_field(e, "value", "a secret does not become REGULAR without a new value");
    if (!text && !row->type)
        return err_field(e, "value", "a variable needs a value");
    if (secret && text && literal_is_mask(text))
        return err_field(e, "value", "the value is a mask, and none is stored");
    const char *plain = text ? text : row->value;
    if (strlen(plain) > VALUE_MOST)
        return err_field(e, "value", "a variable has at most %d bytes", VALUE_MOST);
    if (!secret && seal_is(plain))
        return err_field(e, "value", "the value has the form of a sealed one");
    AUTO_FREE char *identity = seal_of_variable(row->object.uuid);
    char *kept = secret ? seal_close(c->api->config.seal, identity, plain, strlen(plain)) : mem_text(plain);
    free(row->value);
    row->value = kept;
    return true;
}

static bool fill(struct call *c, struct variable_row *row, const json_t *spec, struct err *e)
{
    const char *type = json_text_at(spec, "type", row->type);
    if (!type_ok(type, e))
        return false;
    bool restricted = text_is(type, "RESTRICTED") || text_is(row->type, "RESTRICTED");
    object_take(c, &row->object, spec);
    if (!name_ok(row->object.name, "variable", e) || (restricted && !call_may(c, row->object.project_id, MAY_RESTRICTED, e)) ||
        !take_value(c, row, type, json_object_get(spec, "value"), e))
        return false;
    char *fresh = mem_text(type);
    free(row->type);
    row->type = fresh;
    return true;
}

static bool begin(struct call *c, int64_t project_id, int64_t id, struct variable_row *row, struct err *e)
{
    struct object project = { 0 };
    if (id)
        return variable_get(c->tx, id, row, e);
    if (!project_get(c->tx, project_id, &project, e))
        return false;
    *row = (struct variable_row){ .object = { .project_id = project_id, .project = mem_text(project.name) } };
    id_new(row->object.uuid);
    object_fini(&project);
    return true;
}

bool variable_save(struct call *c, int64_t project_id, int64_t id, const json_t *spec, int64_t *ret, struct err *e)
{
    struct variable_row row = { 0 };
    bool ok = begin(c, project_id, id, &row, e) && fill(c, &row, spec, e) &&
              (id ? variable_update(c->tx, &row, e) : variable_insert(c->tx, &row, e)) && hub_hooks_retry_project(c->tx, project_id, e) &&
              call_audit(c, project_id, id ? "variable.update" : "variable.create", row.object.name, row.type, e);
    *ret = row.object.id;
    variable_row_fini(&row);
    call_after(c, hub_wake, 0);
    return ok;
}

bool variable_create(struct call *c, struct err *e)
{
    int64_t project = 0, id = 0;
    return call_project(c, call_text(c, "project", NULL), &project, e) && variable_save(c, project, 0, c->body, &id, e) && answer(c, id, e);
}

bool variable_change(struct call *c, struct err *e)
{
    struct variable_row row = { 0 };
    int64_t id = 0;
    bool ok = find(c, &row, e) && variable_save(c, row.object.project_id, row.object.id, c->body, &id, e) && answer(c, id, e);
    variable_row_fini(&row);
    return ok;
}

static bool drop(struct call *c, const struct variable_row *row, struct err *e)
{
    return (!text_is(row->type, "RESTRICTED") || call_may(c, row->object.project_id, MAY_RESTRICTED, e)) && variable_delete(c->tx, row, e) &&
           call_audit(c, row->object.project_id, "variable.delete", row->object.name, "", e);
}

bool variable_drop(struct call *c, int64_t id, struct err *e)
{
    struct variable_row row = { 0 };
    bool ok = variable_get(c->tx, id, &row, e) && drop(c, &row, e);
    variable_row_fini(&row);
    return ok;
}

bool variable_remove(struct call *c, struct err *e)
{
    struct variable_row row = { 0 };
    bool ok = find(c, &row, e) && drop(c, &row, e) && call_answer(c, 200, variable_json(&row));
    variable_row_fini(&row);
    return ok;
}

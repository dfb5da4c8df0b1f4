/* Custom integrations: a draft that is changed, and versions made of it, which are released, deprecated and withdrawn. */
#include <string.h>

#include "api/resources.h"
#include "api/saving.h"
#include "base/ids.h"
#include "base/mem.h"
#include "base/yaml.h"
#include "pipeline/integration.h"
#include "store/integrations.h"

static const struct finder INTEGRATION = { "custom integration", integration_find, NULL };

static json_t *integration_json(const struct integration_row *row)
{
    json_t *json = object_json(&row->object, "custom-integrations");
    json_set_text(json, "version", row->release);
    json_set_text(json, "status", row->status);
    json_set_text(json, "yaml", row->yaml);
    json_set_text(json, "changeLog", row->change_log);
    json_set_text(json, "sourceVersion", row->newest);
    json_set_text(json, "kind", "CUSTOM_INTEGRATION");
    json_object_set_new(json, "latest", json_boolean(row->latest));
    if (!row->parent_id)
        return json;
    AUTO_TEXT link = { 0 };
    text_addf(&link, API_PREFIX "/custom-integrations/%s/versions/", row->parent);
    text_add_url(&link, row->release);
    json_set_text(json, "parentId", row->parent);
    json_set_text(json, "_link", text_of(&link));
    return json;
}

bool integration_load(struct call *c, int64_t id, json_t **ret, struct err *e)
{
    struct integration_row row = { 0 };
    if (!integration_get(c->tx, id, &row, e))
        return false;
    *ret = integration_json(&row);
    integration_row_fini(&row);
    return true;
}

static const struct list_view LIST = { .source = &LIST_INTEGRATIONS, .load = integration_load };

bool integrations_list(struct call *c, struct err *e)
{
    return call_list_of(c, &LIST, "COALESCE(x.parent_id, 0)", 0, e); /* drafts */
}

/* The draft, or the version of it, that the path names. */
static bool find(struct call *c, struct integration_row *ret, struct err *e)
{
    int64_t id = 0, version = 0;
    bool named = c->parameter_count > 1;
    if (!call_find(c, &INTEGRATION, &id, e) || (named && !integration_find_release(c->tx, id, c->parameters[1], &version, e)))
        return false;
    if (named && !version)
        return err_set(e, ERR_NOT_FOUND, "there is no version %s of this custom integration", c->parameters[1]);
    if (!integration_get(c->tx, named ? version : id, ret, e))
        return false;
    if (call_in(c, ret->object.project_id, e))
        return true;
    integration_row_fini(ret);
    return false;
}

static bool answer(struct call *c, int64_t id, struct err *e)
{
    json_t *json = NULL;
    return integration_load(c, id, &json, e) && call_answer(c, 200, json);
}

static bool audited(struct call *c, const struct integration_row *row, const char *action, struct err *e)
{
    return call_audit(c, row->object.project_id, action, row->object.name, row->release ? row->release : "", e);
}

bool integration_one(struct call *c, struct err *e)
{
    struct integration_row row = { 0 };
    bool ok = find(c, &row, e) && answer(c, row.object.id, e);
    integration_row_fini(&row);
    return ok;
}

/* ---- drafts */

static void replace(char **text, const char *with)
{
    char *fresh = mem_text(with);
    free(*text);
    *text = fresh;
}

/* As the API sends it, "yaml" is a text; in an import its keys stand beside name and project. */
char *integration_yaml(const json_t *spec, const char *present)
{
    static const char *const KEYS[] = { "runtime", "code", "inputProperties", "outputProperties" };
    const json_t *given = json_object_get(spec, "yaml");
    if (json_is_string(given))
        return mem_text(json_string_value(given));
    if (!json_object_get(spec, "runtime"))
        return mem_text(present);
    AUTO_JSON *document = json_object();
    for (size_t i = 0; i < ALEN(KEYS); i++)
        if (json_object_get(spec, KEYS[i]))
            json_object_set(document, KEYS[i], json_object_get(spec, KEYS[i]));
    return yaml_write(document);
}

static bool begin(struct call *c, int64_t project_id, int64_t id, struct integration_row *row, struct err *e)
{
    struct object project = { 0 };
    if (id)
        return integration_get(c->tx, id, row, e);
    if (!project_get(c->tx, project_id, &project, e))
        return false;
    *row = (struct integration_row){ .object = { .project_id = project_id, .project = mem_text(project.name) } };
    id_new(row->object.uuid);
    object_fini(&project);
    return true;
}

static bool fill(struct call *c, struct integration_row *row, const json_t *spec, struct err *e)
{
    AUTO_JSON *document = NULL;
    char *yaml = integration_yaml(spec, row->yaml);
    free(row->yaml);
    row->yaml = yaml;
    object_take(c, &row->object, spec);
    return name_ok(row->object.name, "custom integration", e) && integration_read(row->yaml, &document, e);
}

bool integration_save(struct call *c, int64_t project_id, int64_t id, const json_t *spec, int64_t *ret, struct err *e)
{
    struct integration_row row = { 0 };
    bool ok = begin(c, project_id, id, &row, e) && fill(c, &row, spec, e) && (id ? integration_update(c->tx, &row, e) : integration_insert(c->tx, &row, e)) &&
              audited(c, &row, id ? "custom-integration.update" : "custom-integration.create", e);
    *ret = row.object.id;
    integration_row_fini(&row);
    return ok;
}

bool integration_create(struct call *c, struct err *e)
{
    int64_t project = 0, id = 0;
    return call_project(c, call_text(c, "project", NULL), &project, e) && integration_save(c, project, 0, c->body, &id, e) && answer(c, id, e);
}

bool integration_change(struct call *c, struct err *e)
{
    struct integration_row row = { 0 };
    int64_t id = 0;
    bool ok = find(c, &row, e) && integration_save(c, row.object.project_id, row.object.id, c->body, &id, e) && answer(c, id, e);
    integration_row_fini(&row);
    return ok;
}

bool integration_drop(struct call *c, int64_t id, struct err *e)
{
    struct integration_row row = { 0 };
    bool ok = integration_get(c->tx, id, &row, e) && integration_delete(c->tx, &row, e) && audited(c, &row, "custom-integration.delete", e);
    integration_row_fini(&row);
    return ok;
}

/* A draft with its versions, or one version, unless that is released. */
bool integration_remove(struct call *c, struct err *e)
{
    struct integration_row row = { 0 };
    bool ok = find(c, &row, e) &&
              (!row.parent_id || !text_is(row.status, "RELEASED") || err_set(e, ERR_CONFLICT, "version %s is released: withdraw it first", row.release)) &&
              integration_delete(c->tx, &row, e) && audited(c, &row, "custom-integration.delete", e) && call_answer(c, 200, integration_json(&row));
    integration_row_fini(&row);
    return ok;
}

/* ---- versions */

bool integration_versions(struct call *c, struct err *e)
{
    struct integration_row row = { 0 };
    bool ok = find(c, &row, e) && call_list_of(c, &LIST, "x.parent_id", row.object.id, e);
    integration_row_fini(&row);
    return ok;
}

bool integration_version(struct call *c, struct err *e)
{
    struct integration_row row = { 0 };
    const char *release = call_text(c, "version", "");
    bool ok = find(c, &row, e) && name_ok(release, "version", e);
    if (ok) {
        row.parent_id = row.object.id;
        id_new(row.object.uuid);
        replace(&row.release, release);
        replace(&row.change_log, call_text(c, "changeLog", ""));
        replace(&row.object.description, call_text(c, "description", row.object.description));
        replace(&row.object.updated_by, c->who.name);
        ok = integration_insert(c->tx, &row, e) && audited(c, &row, "custom-integration.version", e) && answer(c, row.object.id, e);
    }
    integration_row_fini(&row);
    return ok;
}

static bool mark(struct call *c, struct integration_row *row, const char *action, struct err *e)
{
    replace(&row->object.updated_by, c->who.name);
    return integration_mark(c->tx, row, e) && audited(c, row, action, e) && answer(c, row->object.id, e);
}

/* What a move asks of a version's status, and makes of it. */
static bool move(struct call *c, const char *from, const char *to, const char *action, struct err *e)
{
    struct integration_row row = { 0 };
    bool ok = find(c, &row, e) && (text_is(row.status, from) || err_set(e, ERR_CONFLICT, "version %s is %s; it must be %s for that", row.release, row.status, from));
    if (ok) {
        row.latest = text_is(to, "RELEASED");
        replace(&row.status, to);
        ok = mark(c, &row, action, e);
    }
    integration_row_fini(&row);
    return ok;
}

bool integration_release(struct call *c, struct err *e)
{
    return move(c, "NONE", "RELEASED", "custom-integration.release", e);
}

bool integration_deprecate(struct call *c, struct err *e)
{
    return move(c, "RELEASED", "DEPRECATED", "custom-integration.deprecate", e);
}

bool integration_withdraw(struct call *c, struct err *e)
{
    return move(c, "RELEASED", "NONE", "custom-integration.withdraw", e);
}

/* {"setLatest": true} */
bool integration_latest(struct call *c, struct err *e)
{
    struct integration_row row = { 0 };
    bool latest = true;
    bool ok = json_take_bool(c->body, "setLatest", &latest, e) && find(c, &row, e) &&
              (!latest || text_is(row.status, "RELEASED") || err_set(e, ERR_CONFLICT, "version %s is not released", row.release));
    if (ok) {
        row.latest = latest;
        ok = mark(c, &row, "custom-integration.latest", e);
    }
    integration_row_fini(&row);
    return ok;
}

/* The draft becomes what the version was. */
bool integration_restore(struct call *c, struct err *e)
{
    struct integration_row version = { 0 }, draft = { 0 };
    bool ok = find(c, &version, e) && integration_get(c->tx, version.parent_id, &draft, e);
    if (ok) {
        replace(&draft.yaml, version.yaml);
        replace(&draft.object.updated_by, c->who.name);
        ok = integration_update(c->tx, &draft, e) && audited(c, &version, "custom-integration.restore", e) && answer(c, draft.object.id, e);
    }
    integration_row_fini(&version);
    integration_row_fini(&draft);
    return ok;
}

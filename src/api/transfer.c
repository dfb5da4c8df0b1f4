/* Pipelines, endpoints, variables and custom integrations as YAML: in and out. An import is all or nothing. */
#include <string.h>

#include "api/resources.h"
#include "api/saving.h"
#include "base/mem.h"
#include "pipeline/source.h"
#include "store/cloud_proxies.h"
#include "store/integrations.h"

enum { DOCUMENTS = 500 };

struct kind {
    const char *name, *what;
    int order; /* pipelines come after what they name */
    bool (*find)(struct db_tx *tx, const char *project, const char *name, int64_t *ret, struct err *e);
};
static const struct kind KINDS[] = { { "VARIABLE", "variable", 0, variable_find_named },
                                     { "ENDPOINT", "endpoint", 1, endpoint_find_named },
                                     { "PIPELINE", "pipeline", 2, pipeline_find_named },
                                     { "CUSTOM_INTEGRATION", "custom integration", 3, integration_find_named } };

static const struct kind *kind_find(const char *name)
{
    for (size_t i = 0; i < ALEN(KINDS); i++)
        if (text_is_any_case(KINDS[i].name, name))
            return &KINDS[i];
    return NULL;
}

static void add_problems(struct text *message, const struct problems *found)
{
    for (size_t i = 0; i < found->count; i++) {
        const struct problem *p = &found->at[i];
        text_addf(message, "%s%s, line %d, column %d: %s", message->length ? "; " : "",
                  p->level == PROBLEM_ERROR ? "error" : "warning", p->line, p->column, p->text);
    }
}

static bool save(struct call *c, const struct kind *kind, int64_t project, int64_t id, const json_t *document, struct problems *found,
                 struct err *e)
{
    int64_t made = 0;
    switch (kind->order) {
    case 0: return variable_save(c, project, id, document, &made, e);
    case 1: return endpoint_save(c, project, id, document, &made, e);
    case 3: return integration_save(c, project, id, document, &made, e);
    default: return pipeline_import(c, project, id, document, found, &made, e);
    }
}

/* One document; what came of it is appended to out. */
static bool import_one(struct call *c, const struct source *source, size_t i, const struct kind *kind, bool apply, struct text *out,
                       struct err *e)
{
    AUTO_PROBLEMS found = { 0 };
    AUTO_TEXT message = { 0 };
    int64_t project = 0, id = 0;
    const json_t *document = source_document(source, i);
    AUTO_FREE char *asked = call_query(c, "project");
    const char *name = json_text_at(document, "name", ""), *named = json_text_at(document, "project", asked ? asked : "default");
    if (!call_project(c, named, &project, e) || !kind->find(c->tx, named, name, &id, e))
        return false;
    if (id && !apply)
        return object_taken(kind->what, name, named, e);
    bool ok = save(c, kind, project, id, document, &found, e);
    source_locate(source, i, &found);
    if (!ok && found.errors) {
        add_problems(&message, &found);
        return err_set(e, ERR_INVALID, "%s '%s': %s", kind->what, name, text_of(&message));
    }
    if (!ok)
        return err_wrap(e, "%s '%s'", kind->what, name);
    add_problems(&message, &found);
    AUTO_JSON *line = json_pack("{s:s, s:s, s:s}", "name", name, "status", id ? "UPDATED" : "CREATED", "statusMessage", text_of(&message));
    AUTO_FREE char *yaml = yaml_write(line);
    text_add(out, yaml);
    return true;
}

static bool import_kind(struct call *c, const struct source *source, const struct kind *kind, bool apply, struct text *out, struct err *e)
{
    for (size_t i = 0; i < source_count(source); i++) {
        const struct kind *its = kind_find(source_kind(source, i));
        if (!its)
            return err_set(e, ERR_INVALID, "document %zu is of kind %s: PIPELINE, ENDPOINT, VARIABLE and CUSTOM_INTEGRATION can be imported here", i + 1,
                           source_kind(source, i));
        if (its == kind && !import_one(c, source, i, kind, apply, out, e))
            return err_wrap(e, "document %zu", i + 1);
    }
    return true;
}

bool import_post(struct call *c, struct err *e)
{
    AUTO(source) source = NULL;
    AUTO_TEXT out = { 0 };
    AUTO_FREE char *action = call_query(c, "action");
    bool apply = text_is_any_case(action, "apply");
    if (action && !apply && !text_is_any_case(action, "create"))
        return err_field(e, "action", "?action= is create or apply");
    if (!source_read(c->request->body, c->request->body_size, &source, e))
        return false;
    if (!source_count(source) || source_count(source) > DOCUMENTS)
        return err_set(e, ERR_INVALID, "the file holds %zu documents: 1 to %d can be imported", source_count(source), DOCUMENTS);
    for (size_t i = 0; i < ALEN(KINDS); i++)
        if (!import_kind(c, source, &KINDS[i], apply, &out, e))
            return false;
    return call_answer_text(c, 200, "application/x-yaml", text_of(&out));
}

/* ---- export */

/* By its name: another server has other ids. */
static bool name_cloud_proxy(struct call *c, json_t *endpoint, struct err *e)
{
    struct cloud_proxy_row row = { 0 };
    const char *uuid = json_text_at(endpoint, "cloudProxyId", "");
    int64_t id = 0;
    if (!*uuid)
        return true;
    bool ok = cloud_proxy_find(c->tx, uuid, &id, e) && cloud_proxy_get(c->tx, id, &row, e);
    if (ok)
        json_set_text(endpoint, "cloudProxyId", row.object.name);
    cloud_proxy_row_fini(&row);
    return ok;
}

static bool export_one(struct call *c, const struct kind *kind, const char *project, const char *name, struct text *out, struct err *e)
{
    AUTO_JSON *json = NULL;
    int64_t id = 0;
    if (!kind->find(c->tx, project, name, &id, e))
        return false;
    if (!id)
        return err_set(e, ERR_NOT_FOUND, "there is no %s '%s' in project '%s'", kind->what, name, project);
    bool ok = kind->order == 0   ? variable_load(c, id, &json, e)
              : kind->order == 1 ? endpoint_load(c, id, &json, e)
              : kind->order == 3 ? integration_load(c, id, &json, e)
                                 : pipeline_written(c, id, &json, e);
    if (!ok || !name_cloud_proxy(c, json, e))
        return false;
    json_object_del(json, "_warnings");
    json_object_del(json, "state");
    json_object_del(json, "externalListenerLink");
    AUTO_FREE char *yaml = source_write(kind->name, json);
    text_add(out, yaml);
    return true;
}

/* Every one of a comma-separated list of names. */
static bool export_names(struct call *c, const struct kind *kind, const char *project, const char *names, struct text *out, struct err *e)
{
    for (const char *at = names; at && *at;) {
        size_t n = strcspn(at, ",");
        AUTO_FREE char *name = mem_text_n(at, n);
        if (*name && !export_one(c, kind, project, name, out, e))
            return false;
        at += n + (at[n] == ',');
    }
    return true;
}

static void collect_endpoints(const json_t *tree, json_t *names)
{
    const char *key, *role;
    json_t *value, *name;
    size_t i;
    json_object_foreach((json_t *)tree, key, value) {
        if (text_is(key, "endpoints") && json_is_object(value))
            json_object_foreach(value, role, name)
                if (json_is_string(name) && json_string_length(name))
                    json_object_set_new(names, json_string_value(name), json_true());
        collect_endpoints(value, names);
    }
    json_array_foreach((json_t *)tree, i, value)
        collect_endpoints(value, names);
}

static void collect_workspace(const json_t *pipeline, json_t *names)
{
    static const char *const PLACES[] = { "workspace.endpoint", "workspace.registry", "ciWorkspace.endpoint", "ciWorkspace.registry" };
    for (size_t i = 0; i < ALEN(PLACES); i++)
        if (*json_text_at(pipeline, PLACES[i], ""))
            json_object_set_new(names, json_text_at(pipeline, PLACES[i], ""), json_true());
}

/* ?pipeline=A: with the endpoints that it names, as far as they exist. */
static bool export_with_endpoints(struct call *c, const char *project, const char *name, struct text *out, struct err *e)
{
    AUTO_JSON *json = NULL;
    AUTO_JSON *names = json_object();
    int64_t id = 0;
    const char *endpoint;
    json_t *unused;
    if (!pipeline_find_named(c->tx, project, name, &id, e) || (id && !pipeline_load(c, id, &json, e)))
        return false;
    collect_endpoints(json, names);
    collect_workspace(json, names);
    json_object_foreach(names, endpoint, unused) {
        if (!endpoint_find_named(c->tx, project, endpoint, &id, e) || (id && !export_one(c, &KINDS[1], project, endpoint, out, e)))
            return false;
    }
    return export_one(c, &KINDS[2], project, name, out, e);
}

bool export_get(struct call *c, struct err *e)
{
    AUTO_TEXT out = { 0 };
    AUTO_FREE char *project = call_query(c, "project");
    AUTO_FREE char *pipeline = call_query(c, "pipeline");
    AUTO_FREE char *pipelines = call_query(c, "pipelines");
    AUTO_FREE char *endpoints = call_query(c, "endpoints");
    AUTO_FREE char *variables = call_query(c, "variables");
    AUTO_FREE char *integrations = call_query(c, "custom-integrations");
    const char *named = text_empty(project) ? "default" : project;
    int64_t id = 0;
    if (!call_project(c, named, &id, e))
        return false;
    if (!export_names(c, &KINDS[0], named, variables, &out, e) || !export_names(c, &KINDS[1], named, endpoints, &out, e) ||
        !export_names(c, &KINDS[2], named, pipelines, &out, e) || !export_names(c, &KINDS[3], named, integrations, &out, e) ||
        (!text_empty(pipeline) && !export_with_endpoints(c, named, pipeline, &out, e)))
        return false;
    if (!out.length)
        return err_set(e, ERR_INVALID, "name what to export: pipeline=, pipelines=, endpoints=, variables= or custom-integrations=, and project=");
    return call_answer_text(c, 200, "application/x-yaml", text_of(&out));
}

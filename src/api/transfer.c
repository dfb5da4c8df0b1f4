/* Things as YAML: in and out. An import is all or nothing. */
#include <string.h>

#include "api/documents.h"
#include "api/resources.h"
#include "api/saving.h"
#include "base/mem.h"
#include "pipeline/source.h"

static void locate(void *context, size_t i, struct problems *found)
{
    source_locate(context, i, found);
}

/* One small document for each, as Code Stream's clients read it. */
static char *answer_of(const json_t *rows)
{
    struct text out = { 0 };
    size_t i;
    json_t *row;
    json_array_foreach((json_t *)rows, i, row) {
        AUTO_JSON *line = json_pack("{s:O, s:O, s:O}", "name", json_object_get(row, "name"), "status", json_object_get(row, "status"), "statusMessage",
                                    json_object_get(row, "statusMessage"));
        AUTO_FREE char *yaml = yaml_write(line);
        text_add(&out, yaml);
    }
    return text_take(&out);
}

static bool import_all(struct call *c, struct source *source, bool create, struct err *e)
{
    AUTO_FREE char *project = call_query(c, "project"), *dry = call_query(c, "dryRun");
    AUTO_JSON *list = json_array();
    struct documents d = { .c = c, .project = text_empty(project) ? "default" : project, .create = create, .locate = locate, .context = source };
    for (size_t i = 0; i < source_count(source); i++)
        json_array_append(list, source_document(source, i));
    bool ok = documents_save(&d, list, e);
    c->rehearsal = text_is(dry, "true");
    if (ok && strstr(call_header(c, "Accept") ? call_header(c, "Accept") : "", "application/json")) {
        call_answer(c, 200, json_pack("{s:O}", "documents", d.rows));
    } else if (ok) {
        AUTO_FREE char *yaml = answer_of(d.rows);
        call_answer_text(c, 200, "application/x-yaml", yaml);
    }
    documents_fini(&d);
    return ok;
}

bool import_post(struct call *c, struct err *e)
{
    AUTO(source) source = NULL;
    AUTO_FREE char *action = call_query(c, "action");
    bool apply = text_is_any_case(action, "apply");
    if (action && !apply && !text_is_any_case(action, "create"))
        return err_field(e, "action", "?action= is create or apply");
    return source_read(c->request->body, c->request->body_size, &source, e) && import_all(c, source, !apply, e);
}

/* ---- export */

static bool export_one(struct call *c, const struct kind *kind, const char *project, const char *name, struct text *out, struct err *e)
{
    struct document one = { 0 };
    int64_t id = 0;
    if (!kind->find(c->tx, project, name, &id, e))
        return false;
    if (!id)
        return err_set(e, ERR_NOT_FOUND, "there is no %s '%s' in project '%s'", kind->what, name, project);
    bool ok = kind->load(c, id, &one, e);
    AUTO_FREE char *yaml = ok ? source_write(kind->name, one.shown) : NULL;
    if (ok)
        text_add(out, yaml);
    document_fini(&one);
    return ok;
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
        if (!endpoint_find_named(c->tx, project, endpoint, &id, e) || (id && !export_one(c, document_kind("ENDPOINT"), project, endpoint, out, e)))
            return false;
    }
    return export_one(c, document_kind("PIPELINE"), project, name, out, e);
}

bool export_get(struct call *c, struct err *e)
{
    AUTO_TEXT out = { 0 };
    AUTO_FREE char *project = call_query(c, "project");
    AUTO_FREE char *pipeline = call_query(c, "pipeline");
    const char *named = text_empty(project) ? "default" : project;
    int64_t id = 0;
    if (!call_project(c, named, &id, e))
        return false;
    for (const struct kind *k = DOCUMENT_KINDS; k->name; k++) {
        AUTO_FREE char *names = k->plural ? call_query(c, k->plural) : NULL;
        if (!export_names(c, k, named, names, &out, e))
            return false;
    }
    if (!text_empty(pipeline) && !export_with_endpoints(c, named, pipeline, &out, e))
        return false;
    if (!out.length)
        return err_set(e, ERR_INVALID, "name what to export: pipeline=, pipelines=, endpoints=, variables=, custom-integrations=, freezes= or docker-webhooks=, and project=");
    return call_answer_text(c, 200, "application/x-yaml", text_of(&out));
}

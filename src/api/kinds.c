#include "api/kinds.h"

#include <string.h>

#include "api/resources.h"
#include "api/saving.h"
#include "base/mem.h"
#include "pipeline/literals.h"
#include "secrets/seal.h"
#include "store/cloud_proxies.h"
#include "store/freezes.h"
#include "store/integrations.h"
#include "store/webhooks.h"
#include "store/windows.h"

void document_fini(struct document *d)
{
    json_decref(d->shown);
    json_decref(d->whole);
    *d = (struct document){ 0 };
}

/* ---- projects */

static bool find_project(struct db_tx *tx, __attribute__((unused)) const char *project, const char *name, int64_t *ret, struct err *e)
{
    return project_find(tx, name, ret, e);
}

static bool save_project(struct call *c, __attribute__((unused)) int64_t project_id, int64_t id, const json_t *spec,
                         __attribute__((unused)) struct problems *found, int64_t *ret, struct err *e)
{
    return call_may(c, id, id ? MAY_RESTRICTED : MAY_ADMINISTER, e) && project_save(c, id, spec, ret, e);
}

static bool load_project(struct call *c, int64_t id, struct document *ret, struct err *e)
{
    struct object row = { 0 };
    if (!project_get(c->tx, id, &row, e))
        return false;
    AUTO_JSON *windows = NULL;
    bool ok = project_windows(c->tx, id, &windows, e);
    ret->shown = json_pack("{s:s, s:s}", "name", row.name, "description", row.description);
    if (json_array_size(windows))
        json_object_set(ret->shown, "windows", windows);
    ret->whole = json_incref(ret->shown);
    object_fini(&row);
    return ok;
}

/* ---- variables */

static bool save_variable(struct call *c, int64_t project_id, int64_t id, const json_t *spec, __attribute__((unused)) struct problems *found, int64_t *ret,
                          struct err *e)
{
    return variable_save(c, project_id, id, spec, ret, e);
}

static bool load_variable(struct call *c, int64_t id, struct document *ret, struct err *e)
{
    struct variable_row row = { 0 };
    AUTO_FREE char *plain = NULL;
    if (!variable_load(c, id, &ret->shown, e) || !variable_get(c->tx, id, &row, e))
        return false;
    AUTO_FREE char *identity = seal_of_variable(row.object.uuid);
    bool ok = !seal_is(row.value) || seal_open(c->api->config.seal, identity, row.value, &plain, NULL, e);
    ret->whole = json_copy(ret->shown);
    json_set_text(ret->whole, "value", plain ? plain : row.value);
    if (!text_is(row.type, "REGULAR"))
        json_object_del(ret->shown, "value");
    variable_row_fini(&row);
    return ok;
}

/* ---- endpoints */

static bool save_endpoint(struct call *c, int64_t project_id, int64_t id, const json_t *spec, __attribute__((unused)) struct problems *found, int64_t *ret,
                          struct err *e)
{
    return endpoint_save(c, project_id, id, spec, ret, e);
}

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

static bool load_endpoint(struct call *c, int64_t id, struct document *ret, struct err *e)
{
    struct endpoint_row row = { 0 };
    if (!endpoint_load(c, id, &ret->shown, e) || !name_cloud_proxy(c, ret->shown, e) || !endpoint_get(c->tx, id, &row, e))
        return false;
    json_t *opened = properties_open(c->api->config.seal, row.object.uuid, row.properties, e);
    endpoint_row_fini(&row);
    json_object_del(ret->shown, "externalListenerLink");
    ret->whole = json_copy(ret->shown);
    json_object_set_new(ret->whole, "properties", opened ? opened : json_null());
    json_t *masked = literals_masked(json_object_get(ret->shown, "properties"));
    json_object_set_new(ret->shown, "properties", masked);
    return opened;
}

/* ---- freezes */

static bool save_freeze(struct call *c, int64_t project_id, int64_t id, const json_t *spec, __attribute__((unused)) struct problems *found, int64_t *ret, struct err *e)
{
    return freeze_save(c, project_id, id, spec, ret, e);
}

static bool load_freeze(struct call *c, int64_t id, struct document *ret, struct err *e)
{
    static const char *const MADE[] = { "_state", "_beginsInMicros", "_endsInMicros" };
    if (!freeze_load(c, id, &ret->whole, e))
        return false;
    for (size_t i = 0; i < ALEN(MADE); i++)
        json_object_del(ret->whole, MADE[i]);
    ret->shown = json_incref(ret->whole);
    return true;
}

/* ---- custom integrations and pipelines */

static bool save_integration(struct call *c, int64_t project_id, int64_t id, const json_t *spec, __attribute__((unused)) struct problems *found, int64_t *ret,
                             struct err *e)
{
    return integration_save(c, project_id, id, spec, ret, e);
}

/* What versions there are is not the draft's document. */
static bool load_integration(struct call *c, int64_t id, struct document *ret, struct err *e)
{
    static const char *const MADE[] = { "status", "latest", "changeLog", "sourceVersion" };
    if (!integration_load(c, id, &ret->whole, e))
        return false;
    for (size_t i = 0; i < ALEN(MADE); i++)
        json_object_del(ret->whole, MADE[i]);
    ret->shown = literals_masked(ret->whole);
    return true;
}

static bool load_pipeline(struct call *c, int64_t id, struct document *ret, struct err *e)
{
    if (!pipeline_written(c, id, &ret->whole, e))
        return false;
    ret->shown = literals_masked(ret->whole);
    json_object_del(ret->shown, "state");
    return true;
}

/* ---- Docker webhooks */

static bool save_webhook(struct call *c, int64_t project_id, int64_t id, const json_t *spec, __attribute__((unused)) struct problems *found, int64_t *ret,
                         struct err *e)
{
    return webhook_save(c, project_id, id, spec, ret, e);
}

static json_t *webhook_shown(const struct webhook_row *row)
{
    json_t *json = json_object();
    const struct { const char *key, *value; } TEXTS[] = {
        { "project", row->object.project },    { "name", row->object.name },          { "description", row->object.description },
        { "endpoint", row->endpoint },         { "pipeline", row->pipeline },         { "imageNameRegExPattern", row->image_pattern },
        { "tagNamePattern", row->tag_pattern }, { "verifyPush", row->verify_push },   { "registration", row->registration },
        { "sweep", row->sweep },               { "slug", row->slug },                 { "whenHeld", row->when_held },
    };
    json_object_set_new(json, "enabled", json_boolean(row->enabled));
    for (size_t i = 0; i < ALEN(TEXTS); i++)
        json_set_text(json, TEXTS[i].key, TEXTS[i].value);
    json_object_set_new(json, "runLimit", json_integer(row->run_limit));
    json_object_set(json, "senders", row->senders);
    json_object_set_new(json, "input", literals_masked(row->input));
    if (*row->refresh_token) /* ${var.NAME} */
        json_set_text(json, "refreshToken", row->refresh_token);
    return json;
}

/* whole has the URL's secret, and the API token's hash: that is all that is kept of it. */
static bool load_webhook(struct call *c, int64_t id, struct document *ret, struct err *e)
{
    struct webhook_row row = { 0 };
    AUTO_FREE char *url = NULL, *token = NULL;
    if (!webhook_get(c->tx, id, &row, e))
        return false;
    bool ok = listener_url(c->api, row.listener, row.token, &url, &token, e);
    ret->shown = webhook_shown(&row);
    ret->whole = json_copy(ret->shown);
    json_set_text(ret->whole, "secretToken", token);
    json_object_set(ret->whole, "input", row.input);
    if (*row.token_hash)
        json_set_text(ret->whole, "_tokenHash", row.token_hash);
    webhook_row_fini(&row);
    return ok;
}

/* ---- the table */

static const char *const PROJECT_KEYS[] = { "kind", "name", "description", "windows", NULL };
static const char *const FREEZE_KEYS[] = { "project", "kind", "name", "description", "from", "to", "timeZone", "pipelines", "tags", NULL };
static const char *const VARIABLE_KEYS[] = { "project", "kind", "name", "description", "type", "value", NULL };
static const char *const ENDPOINT_KEYS[] = { "project", "kind", "name", "description", "type", "isRestricted", "cloudProxyId", "properties", NULL };
static const char *const INTEGRATION_KEYS[] = { "project", "kind", "name", "description", "yaml", "runtime", "code", "inputProperties", "outputProperties",
                                                "status", "changeLog", "latest", "sourceVersion", NULL };
static const char *const WEBHOOK_KEYS[] = { "project", "kind", "name", "description", "enabled", "endpoint", "pipeline", "input", "imageNameRegExPattern",
                                            "tagNamePattern", "verifyPush", "registration", "sweep", "slug", "whenHeld", "runLimit", "senders", "refreshToken", "secretToken",
                                            "repoName", "serverType", "externalListenerLink", NULL };

const struct kind DOCUMENT_KINDS[] = {
    { "PROJECT", "project", NULL, NULL, PROJECT_KEYS, find_project, save_project, load_project, NULL },
    { "VARIABLE", "variable", "variables", &LIST_VARIABLES, VARIABLE_KEYS, variable_find_named, save_variable, load_variable, variable_drop },
    { "ENDPOINT", "endpoint", "endpoints", &LIST_ENDPOINTS, ENDPOINT_KEYS, endpoint_find_named, save_endpoint, load_endpoint, endpoint_drop },
    { "CUSTOM_INTEGRATION", "custom integration", "custom-integrations", &LIST_INTEGRATIONS, INTEGRATION_KEYS, integration_find_named, save_integration,
      load_integration, integration_drop },
    { "PIPELINE", "pipeline", "pipelines", &LIST_PIPELINES, NULL, pipeline_find_named, pipeline_import, load_pipeline, pipeline_drop },
    { "FREEZE", "freeze", "freezes", &LIST_FREEZES, FREEZE_KEYS, freeze_find_named, save_freeze, load_freeze, freeze_drop },
    { "DOCKER_WEBHOOK", "Docker webhook", "docker-webhooks", &LIST_WEBHOOKS, WEBHOOK_KEYS, webhook_find_named, save_webhook, load_webhook, webhook_drop },
    { 0 },
};

const struct kind *document_kind(const char *name)
{
    if (text_is_any_case(name, "docker-webhook") || text_is_any_case(name, "DOCKER_TRIGGER"))
        name = "DOCKER_WEBHOOK";
    for (const struct kind *k = DOCUMENT_KINDS; k->name; k++)
        if (text_is_any_case(k->name, name))
            return k;
    return NULL;
}

char *document_kinds_text(void)
{
    struct text out = { 0 };
    for (const struct kind *k = DOCUMENT_KINDS; k->name; k++)
        text_addf(&out, "%s%s", out.length ? ", " : "", k->name);
    return text_take(&out);
}

/* ---- who uses it */

struct using {
    const struct kind *kind;
    const char *name;
    const json_t *going;
    char *reference; /* "${var.NAME}" */
    struct text found;
};

static void add_user(struct using *u, const char *what, const char *name)
{
    text_addf(&u->found, "%s%s '%s'", u->found.length ? ", " : "", what, name);
}

static bool names_it(const struct using *u, const json_t *tree);

/* A task, or the rollbacks of a pipeline, that name a pipeline or a custom integration. */
static bool calls_it(const struct using *u, const json_t *tree)
{
    const char *type = json_text_at(tree, "type", "");
    const json_t *rollbacks = json_object_get(tree, "rollbacks");
    size_t i;
    json_t *one;
    if (text_is(u->kind->name, "CUSTOM_INTEGRATION"))
        return text_is(type, "Custom") && text_is(json_text_at(tree, "input.name", ""), u->name);
    if (!text_is(u->kind->name, "PIPELINE"))
        return false;
    json_array_foreach((json_t *)rollbacks, i, one)
        if (text_is(json_text_at(one, "name", ""), u->name))
            return true;
    return text_is(type, "Pipeline") && text_is(json_text_at(tree, "input.pipeline", ""), u->name);
}

static bool names_it(const struct using *u, const json_t *tree)
{
    const char *key;
    json_t *value;
    size_t i;
    if (json_is_string(tree))
        return text_is(u->kind->name, "VARIABLE") && strstr(json_string_value(tree), u->reference);
    if (json_is_object(tree) && calls_it(u, tree))
        return true;
    json_array_foreach((json_t *)tree, i, value)
        if (names_it(u, value))
            return true;
    json_object_foreach((json_t *)tree, key, value)
        if (names_it(u, value))
            return true;
    return false;
}

static void look_into(void *context, const char *name, const char *definition)
{
    struct using *u = context;
    AUTO_JSON *tree = NULL;
    if (!json_object_get(u->going, name) && json_read(definition, strlen(definition), &tree, NULL) && names_it(u, tree))
        add_user(u, "pipeline", name);
}

static bool look_at_documents(struct call *c, const char *kind, int64_t project_id, struct using *u, struct err *e)
{
    const struct kind *k = document_kind(kind);
    struct list_page page = { 0 };
    bool ok = documents_of_project(c, k, project_id, &page, e);
    for (size_t i = 0; ok && i < page.count; i++) {
        struct document d = { 0 };
        ok = k->load(c, page.ids[i], &d, e);
        if (ok && names_it(u, d.shown))
            add_user(u, k->what, json_text_at(d.shown, "name", ""));
        document_fini(&d);
    }
    list_page_fini(&page);
    return ok;
}

bool documents_of_project(struct call *c, const struct kind *kind, int64_t project_id, struct list_page *ret, struct err *e)
{
    return list_page(c->tx, kind->list,
                     &(struct list_request){ .top = LIST_PAGE_MOST, .orderby = "name asc", .all_projects = true, .also = "x.project_id", .also_value = project_id }, ret, e);
}

bool document_users(struct call *c, const struct kind *kind, int64_t project_id, const char *name, const json_t *going, char **ret, struct err *e)
{
    struct using u = { .kind = kind, .name = name, .going = going, .reference = mem_format("${var.%s}", name) };
    bool variable = text_is(kind->name, "VARIABLE");
    bool ok = pipelines_of_project(c->tx, project_id, look_into, &u, e) &&
              (!variable || (look_at_documents(c, "ENDPOINT", project_id, &u, e) && look_at_documents(c, "DOCKER_WEBHOOK", project_id, &u, e)));
    free(u.reference);
    *ret = text_take(&u.found);
    return ok;
}

/* What a project knows that an execution's references and endpoints see: variables and endpoints, opened. */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "runner/inside.h"
#include "store_sql.h"

void knowledge_fini(struct knowledge *k)
{
    json_decref(k->variables);
    json_decref(k->endpoints);
    json_decref(k->secrets);
    json_decref(k->restricted);
    *k = (struct knowledge){ 0 };
}

static bool read_variable(struct db_rows *r, const struct seal *seal, struct knowledge *k, struct err *e)
{
    const char *name = db_text(r, 0), *value = db_text(r, 3);
    AUTO_FREE char *opened = NULL;
    bool secret = !text_is(db_text(r, 2), "REGULAR");
    if (seal_is(value)) {
        AUTO_FREE char *identity = seal_of_variable(db_text(r, 1));
        if (!seal_open(seal, identity, value, &opened, NULL, e))
            return err_wrap(e, "variable %s", name);
        value = opened;
    }
    if (secret)
        json_array_append_new(k->secrets, json_string(value));
    json_object_set_new(k->variables, name, json_pack("{s:s,s:b}", "value", value, "secret", secret));
    return true;
}

bool endpoint_open(const struct seal *seal, const char *uuid, json_t *properties, json_t *secrets, struct err *e)
{
    const char *key;
    json_t *value;
    void *next;
    json_object_foreach_safe(properties, next, key, value) {
        AUTO_FREE char *opened = NULL;
        if (!json_is_string(value) || !seal_is(json_string_value(value)))
            continue;
        AUTO_FREE char *identity = seal_of_endpoint(uuid, key);
        if (!seal_open(seal, identity, json_string_value(value), &opened, NULL, e))
            return false;
        if (secrets)
            json_array_append_new(secrets, json_string(opened));
        json_object_set_new(properties, key, json_string(opened));
    }
    return true;
}

/* Properties may name variables: password: ${var.registry-password}. */
static void resolve_variables(const struct knowledge *k, json_t *properties)
{
    const char *key;
    json_t *value;
    void *next;
    json_object_foreach_safe(properties, next, key, value) {
        const char *text = json_is_string(value) ? json_string_value(value) : "";
        size_t n = strlen(text);
        if (!text_starts(text, "${var.") || text[n - 1] != '}')
            continue;
        AUTO_FREE char *name = mem_text_n(text + 6, n - 7);
        json_t *variable = json_object_get(json_object_get(k->variables, name), "value");
        if (variable)
            json_object_set(properties, key, variable);
    }
}

static bool read_endpoint(struct db_rows *r, const struct seal *seal, struct knowledge *k, struct err *e)
{
    json_t *properties = NULL;
    const char *text = db_text(r, 3);
    if (!json_read(text, strlen(text), &properties, e) || !endpoint_open(seal, db_text(r, 0), properties, k->secrets, e)) {
        json_decref(properties);
        return err_wrap(e, "endpoint %s", db_text(r, 1));
    }
    resolve_variables(k, properties);
    if (*db_text(r, 5)) /* how it is reached, beside where it is: see http/client.h, via */
        json_set_text(properties, "cloudProxyId", db_text(r, 5));
    json_object_set_new(k->endpoints, db_text(r, 1),
                        json_pack("{s:s,s:s,s:s,s:o}", "id", db_text(r, 0), "name", db_text(r, 1), "type", db_text(r, 2), "properties", properties));
    return true;
}

static bool read_endpoints(struct db_rows *r, const struct seal *seal, struct knowledge *k, struct err *e)
{
    while (db_next(r, e))
        if (!read_endpoint(r, seal, k, e))
            return false;
    return !db_rows_failed(r);
}

static bool read_named(struct db_tx *tx, const struct seal *seal, int64_t project_id, const json_t *names, struct knowledge *k,
                       struct err *e)
{
    size_t i;
    json_t *name;
    json_array_foreach((json_t *)names, i, name) {
        const char *text = json_is_string(name) ? json_string_value(name) : "";
        AUTO(db_rows) r = text_is(text, "*") ? db_rows(tx, SQL_endpoints_of_project, "i", project_id)
                                             : db_rows(tx, SQL_endpoint_of_project, "it", project_id, text);
        if (!read_endpoints(r, seal, k, e))
            return false;
    }
    return true;
}

bool knowledge_read(struct db_tx *tx, const struct seal *seal, int64_t project_id, const json_t *endpoint_names, struct knowledge *ret,
                    struct err *e)
{
    struct knowledge k = { .variables = json_object(), .endpoints = json_object(), .secrets = json_array() };
    AUTO(db_rows) r = db_rows(tx, SQL_variables_of_project, "i", project_id);
    bool ok = true;
    while (ok && db_next(r, e))
        ok = read_variable(r, seal, &k, e);
    ok = ok && !db_rows_failed(r) && read_named(tx, seal, project_id, endpoint_names, &k, e);
    if (ok)
        *ret = k;
    else
        knowledge_fini(&k);
    return ok;
}

enum scope_answer knowledge_variable(void *knowledge, const char *name, struct value *ret, struct err *e)
{
    const struct knowledge *k = knowledge;
    json_t *variable = json_object_get(k->variables, name);
    (void)e;
    if (!variable)
        return SCOPE_UNKNOWN;
    *ret = (struct value){ .json = json_incref(json_object_get(variable, "value")),
                           .secret = json_is_true(json_object_get(variable, "secret")), .authored = true };
    return SCOPE_FOUND;
}

bool endpoints_by_role(const struct knowledge *k, const json_t *roles, struct scope *scope, json_t *ret, struct err *e)
{
    const char *role;
    json_t *name;
    json_object_foreach((json_t *)roles, role, name) {
        AUTO_FREE char *resolved = NULL;
        if (!json_is_string(name) || !*json_string_value(name))
            continue;
        if (!expression_text(json_string_value(name), json_string_length(name), scope, &resolved, NULL, e))
            return err_wrap(e, "endpoint %s", role);
        json_t *endpoint = json_object_get(k->endpoints, resolved);
        if (!endpoint)
            return err_set(e, ERR_INVALID, "there is no endpoint '%s' in this project (%s); create it, or name another in the task", resolved, role);
        json_object_set(ret, role, endpoint);
    }
    return true;
}

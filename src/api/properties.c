/* Properties of endpoints: which are secret, and how those are kept. What they mean is known to the rooms that use them
 * (registry/target.c, kube/config.c), and listed in docs/endpoints.md. */
#include <string.h>

#include "api/saving.h"
#include "base/mem.h"
#include "pipeline/expression.h"
#include "pipeline/literals.h"
#include "secrets/seal.h"

bool endpoint_type_ok(const char *name, struct err *e)
{
    static const char *const TYPES[] = { "dockerregistry", "k8s", "docker", "git", "jenkins", "agent", "email", "jira" };
    AUTO_TEXT all = { 0 };
    for (size_t i = 0; i < ALEN(TYPES); i++) {
        if (text_is(TYPES[i], name))
            return true;
        text_addf(&all, "%s%s", i ? i + 1 < ALEN(TYPES) ? ", " : " or " : "", TYPES[i]);
    }
    if (text_empty(name))
        return err_field(e, "type", "an endpoint needs a type: %s", text_of(&all));
    return err_field(e, "type", "endpoints of type '%s' do not exist in this version of Slipway: the type is %s", name, text_of(&all));
}

/* By name, whatever the type, so that a key of another type that slipped in does not show either. */
bool property_secret(const char *name)
{
    static const char *const PARTS[] = { "password", "token", "secret", "certkeydata", "kubeconfig", "privatekey", "passphrase" };
    for (size_t i = 0; i < ALEN(PARTS); i++)
        if (strcasestr(name, PARTS[i]))
            return true;
    return false;
}

static bool is_reference(const char *text)
{
    return strstr(text, "${") != NULL;
}

json_t *properties_masked(const json_t *properties)
{
    json_t *shown = json_object();
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)properties, key, value) {
        const char *text = json_string_value(value);
        bool hide = property_secret(key) && text && *text && !is_reference(text);
        json_object_set_new(shown, key, hide ? json_string(API_MASK) : json_incref(value));
    }
    return shown;
}

json_t *properties_open(const struct seal *seal, const char *uuid, const json_t *properties, struct err *e)
{
    AUTO_JSON *opened = json_object();
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)properties, key, value) {
        const char *text = json_string_value(value);
        AUTO_FREE char *identity = seal_of_endpoint(uuid, key);
        AUTO_FREE char *plain = NULL;
        if (text && seal_is(text) && !seal_open(seal, identity, text, &plain, NULL, e)) {
            err_wrap(e, "open property %s", key);
            return NULL;
        }
        json_object_set_new(opened, key, plain ? json_string(plain) : json_incref(value));
    }
    return json_incref(opened);
}

static json_t *seal_one(const struct seal *seal, const char *uuid, const char *key, const json_t *fresh, const json_t *stored, struct err *e)
{
    AUTO_FREE char *text = json_as_text(fresh);
    const json_t *kept = json_object_get(stored, key);
    if (literal_is_mask(text)) {
        if (!kept)
            err_field(e, key, "property %s is a mask, and no value of it is stored: write ${var.NAME}, given its value by slipway variable set NAME --type SECRET", key);
        return json_incref((json_t *)kept);
    }
    if (!*text || is_reference(text))
        return json_string(text);
    AUTO_FREE char *identity = seal_of_endpoint(uuid, key);
    AUTO_FREE char *sealed = seal_close(seal, identity, text, strlen(text));
    return json_string(sealed);
}

json_t *properties_seal(const struct seal *seal, const char *uuid, const json_t *fresh, const json_t *stored, struct err *e)
{
    AUTO_JSON *kept = json_object();
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)fresh, key, value) {
        if (json_is_string(value) && seal_is(json_string_value(value))) {
            err_field(e, key, "property %s has the form of a sealed value", key);
            return NULL;
        }
        json_t *one = property_secret(key) && !json_is_null(value) ? seal_one(seal, uuid, key, value, stored, e) : json_incref(value);
        if (!one)
            return NULL;
        json_object_set_new(kept, key, one);
    }
    return json_incref(kept);
}

/* ---- references to variables */

struct variables { /* a scope that knows the variables of one project */
    struct scope scope;
    struct call *c;
    const char *project;
};

static enum scope_answer find_variable(struct scope *scope, const char *text, size_t n, struct value *ret, struct err *e)
{
    struct variables *v = OWNER(scope, struct variables, scope);
    struct reference reference;
    struct variable_row row = { 0 };
    int64_t id = 0;
    AUTO_FREE char *plain = NULL;
    reference_parse(text, n, NULL, &reference);
    if (reference.kind != REFERENCE_VARIABLE)
        return SCOPE_UNKNOWN;
    AUTO_FREE char *name = mem_text_n(reference.rest, reference.rest_length);
    if (!variable_find_named(v->c->tx, v->project, name, &id, e))
        return SCOPE_FAILED;
    if (!id)
        return err_set(e, ERR_INVALID, "there is no variable '%s' in project '%s'", name, v->project), SCOPE_FAILED;
    if (!variable_get(v->c->tx, id, &row, e))
        return SCOPE_FAILED;
    AUTO_FREE char *identity = seal_of_variable(row.object.uuid);
    bool ok = !seal_is(row.value) || seal_open(v->c->api->config.seal, identity, row.value, &plain, NULL, e);
    *ret = (struct value){ .json = ok ? json_string(plain ? plain : row.value) : NULL, .secret = true };
    variable_row_fini(&row);
    return ok ? SCOPE_FOUND : SCOPE_FAILED;
}

json_t *properties_resolve(struct call *c, const char *project, const json_t *properties, struct err *e)
{
    AUTO_RESOLUTION more = { 0 };
    struct variables v = { .scope.find = find_variable, .c = c, .project = project };
    json_t *resolved = NULL;
    return expression_resolve_tree(properties, NULL, &v.scope, &resolved, &more, e) ? resolved : NULL;
}

void properties_reach(json_t *opened, const char *proxy)
{
    json_object_del(opened, "cloudProxyId"); /* nobody names one there */
    if (!text_empty(proxy))
        json_set_text(opened, "cloudProxyId", proxy);
}

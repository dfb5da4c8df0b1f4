#include "kube/manifest.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

json_t *kube_pod_template(const json_t *object)
{
    static const char *const PLACES[] = { "spec.template", "spec.jobTemplate.spec.template", "template" };
    if (text_is(json_text_at(object, "kind", NULL), "Pod"))
        return (json_t *)object;
    for (size_t i = 0; i < ALEN(PLACES); i++) {
        json_t *at = json_at(object, PLACES[i]);
        if (json_is_array(json_at(at, "spec.containers")))
            return at;
    }
    return NULL;
}

static const char *const CONTAINER_LISTS[] = { "spec.initContainers", "spec.containers", "spec.ephemeralContainers" };

void kube_each_container(const json_t *object, void (*each)(json_t *container, void *context), void *context)
{
    json_t *template = kube_pod_template(object);
    for (size_t i = 0; template && i < ALEN(CONTAINER_LISTS); i++) {
        json_t *list = json_at(template, CONTAINER_LISTS[i]);
        for (size_t k = 0; k < json_array_size(list); k++)
            if (json_is_object(json_array_get(list, k)))
                each(json_array_get(list, k), context);
    }
}

static void fill_ports(json_t *ports)
{
    for (size_t i = 0; i < json_array_size(ports); i++) {
        json_t *port = json_array_get(ports, i);
        if (json_is_object(port) && !json_object_get(port, "protocol"))
            json_set_text(port, "protocol", "TCP");
    }
}

static void fill_container(json_t *container, void *context)
{
    (void)context;
    fill_ports(json_object_get(container, "ports"));
}

void kube_fill_protocols(json_t *object)
{
    bool service = text_is(json_text_at(object, "kind", NULL), "Service") && text_is(json_text_at(object, "apiVersion", NULL), "v1");
    if (service)
        fill_ports(json_at(object, "spec.ports"));
    kube_each_container(object, fill_container, NULL);
}

/* ---- the same? */

static void drop_ours(json_t *metadata, const char *member)
{
    json_t *map = json_object_get(metadata, member);
    const char *key;
    void *next;
    json_t *value;
    if (!json_is_object(map))
        return;
    json_object_foreach_safe(map, next, key, value)
    {
        if (text_starts(key, KUBE_OURS))
            json_object_del(map, key);
    }
    if (!json_object_size(map))
        json_object_del(metadata, member);
}

static json_t *essence(const json_t *object)
{
    static const char *const NOISE[] = { "managedFields", "resourceVersion", "generation", "selfLink" };
    json_t *copy = json_deep_copy(object), *metadata = json_object_get(copy, "metadata");
    json_object_del(copy, "status");
    for (size_t i = 0; i < ALEN(NOISE); i++)
        json_object_del(metadata, NOISE[i]);
    drop_ours(metadata, "annotations");
    drop_ours(metadata, "labels");
    return copy;
}

bool kube_same(const json_t *a, const json_t *b)
{
    AUTO_JSON *left = essence(a), *right = essence(b);
    return json_equal(left, right);
}

/* ---- shape */

/* A path segment is made of it: RFC 1123 subdomains and what RBAC objects add (colons). */
static bool name_ok(const char *name)
{
    size_t n = strlen(name);
    if (!n || n > 253 || text_is(name, ".") || text_is(name, ".."))
        return false;
    for (; *name; name++)
        if (!isgraph((unsigned char)*name) || strchr("/%?#\\\"", *name))
            return false;
    return true;
}

static bool need_text(const json_t *object, const char *path, const char *pointer, struct err *e)
{
    const json_t *at = json_at(object, path);
    if (json_is_string(at) && json_string_length(at))
        return true;
    return err_field(e, pointer, at && !json_is_string(at) ? "%s is not text" : "%s is missing", path);
}

bool kube_object_check(const json_t *object, struct err *e)
{
    if (!json_is_object(object))
        return err_field(e, "", "an object of Kubernetes is a mapping with apiVersion, kind and metadata");
    if (!need_text(object, "apiVersion", "/apiVersion", e) || !need_text(object, "kind", "/kind", e) ||
        !need_text(object, "metadata.name", "/metadata/name", e))
        return false;
    const char *version = json_text_at(object, "apiVersion", ""), *slash = strchr(version, '/');
    if (!name_ok(slash ? slash + 1 : version) || (slash && (slash == version || strlen(version) > 300)))
        return err_field(e, "/apiVersion", "apiVersion '%.100s' is not of the form v1 or apps/v1", version);
    if (!name_ok(json_text_at(object, "metadata.name", "")))
        return err_field(e, "/metadata/name", "metadata.name '%.100s' cannot be a name", json_text_at(object, "metadata.name", ""));
    const json_t *space = json_at(object, "metadata.namespace");
    if (space && !json_is_null(space) && (!json_is_string(space) || !name_ok(json_string_value(space))))
        return err_field(e, "/metadata/namespace", "metadata.namespace cannot be a namespace");
    return true;
}

const char *kube_object_name(const json_t *object, char out[KUBE_NAME_TEXT])
{
    const char *space = json_text_at(object, "metadata.namespace", "");
    snprintf(out, KUBE_NAME_TEXT, "%.80s %.200s%s%.80s", json_text_at(object, "kind", "object"),
             json_text_at(object, "metadata.name", "without a name"), *space ? " in " : "", space);
    return out;
}

/* ---- selectors and owners */

static void add_values(struct text *out, const json_t *values)
{
    for (size_t i = 0; i < json_array_size(values); i++)
        text_addf(out, "%s%s", i ? "," : "", json_string_value(json_array_get(values, i)));
}

static void add_expression(struct text *out, const json_t *expression)
{
    static const struct { const char *name, *before, *between; bool values; } OPERATORS[] = {
        { "In", "", " in (", true },
        { "NotIn", "", " notin (", true },
        { "Exists", "", "", false },
        { "DoesNotExist", "!", "", false },
    };
    for (size_t i = 0; i < ALEN(OPERATORS); i++) {
        if (!text_is(OPERATORS[i].name, json_text_at(expression, "operator", "")))
            continue;
        text_addf(out, "%s%s%s%s", out->length ? "," : "", OPERATORS[i].before, json_text_at(expression, "key", ""), OPERATORS[i].between);
        if (OPERATORS[i].values) {
            add_values(out, json_object_get(expression, "values"));
            text_add_char(out, ')');
        }
    }
}

char *kube_selector(const json_t *object)
{
    struct text out = { 0 };
    json_t *selector = json_at(object, "spec.selector"), *expressions = json_object_get(selector, "matchExpressions");
    json_t *labels = json_object_get(selector, "matchLabels"), *value;
    const char *key;
    json_object_foreach(labels, key, value)
    {
        text_addf(&out, "%s%s=%s", out.length ? "," : "", key, json_is_string(value) ? json_string_value(value) : "");
    }
    for (size_t i = 0; i < json_array_size(expressions); i++)
        add_expression(&out, json_array_get(expressions, i));
    return out.length ? text_take(&out) : NULL;
}

bool kube_owned_by(const json_t *object, const char *uid)
{
    const json_t *owners = json_at(object, "metadata.ownerReferences");
    for (size_t i = 0; i < json_array_size(owners); i++)
        if (text_is(json_text_at(json_array_get(owners, i), "uid", NULL), uid))
            return true;
    return false;
}

#include "kube/output.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "kube/manifest.h"

json_t *kube_output_create(void)
{
    return json_pack("{s:[]}", "failures");
}

char *kube_plural(const char *kind)
{
    size_t n = strlen(kind);
    char *text;
    bool vowel = n > 1 && strchr("aeiou", kind[n - 2]);
    if (n > 1 && kind[n - 1] == 'y' && !vowel)
        text = mem_format("%.*sies", (int)n - 1, kind);
    else if (text_is(kind, "Endpoints"))
        text = mem_text(kind);
    else if (text_ends(kind, "s") || text_ends(kind, "x") || text_ends(kind, "z") || text_ends(kind, "ch") || text_ends(kind, "sh"))
        text = mem_format("%ses", kind);
    else
        text = mem_format("%ss", kind);
    text[0] = (char)tolower((unsigned char)text[0]);
    return text;
}

static void mask_values(json_t *map)
{
    const char *key;
    json_t *value;
    json_object_foreach(map, key, value)
    {
        json_object_set_new(map, key, json_string(KUBE_MASK));
    }
}

json_t *kube_shown(const json_t *object)
{
    json_t *copy = json_deep_copy(object);
    json_t *metadata = json_object_get(copy, "metadata"), *annotations = json_object_get(metadata, "annotations");
    json_object_del(metadata, "managedFields");
    json_object_del(annotations, "kubectl.kubernetes.io/last-applied-configuration");
    if (text_is(json_text_at(copy, "kind", NULL), "Secret")) {
        mask_values(json_object_get(copy, "data"));
        mask_values(json_object_get(copy, "stringData"));
    }
    return copy;
}

static json_t *group_of(json_t *output, const char *name)
{
    json_t *group = json_object_get(output, name);
    if (!json_is_object(group)) {
        group = json_object();
        json_object_set_new(output, name, group);
    }
    return group;
}

static void put(json_t *output, const json_t *object, json_t *shown)
{
    AUTO_FREE char *plural = kube_plural(json_text_at(object, "kind", "Object"));
    /* A kind whose plural is one of our own two words would overwrite them. */
    const char *group = text_is(plural, "failures") ? "failureObjects" : plural;
    json_object_set_new(group_of(output, group), json_text_at(object, "metadata.name", ""), shown);
}

void kube_output_add(json_t *output, const json_t *object)
{
    put(output, object, kube_shown(object));
    const json_t *ingress = json_at(object, "status.loadBalancer.ingress");
    if (text_is(json_text_at(object, "kind", NULL), "Service") && json_array_size(ingress))
        json_object_set_new(group_of(output, "loadBalancers"), json_text_at(object, "metadata.name", ""),
                            json_pack("{s:O}", "ingress", ingress));
}

void kube_output_removed(json_t *output, const json_t *old)
{
    json_t *shown = json_pack("{s:s, s:s, s:{s:s}, s:{s:s}, s:o}", "kind", json_text_at(old, "kind", ""), "apiVersion",
                              json_text_at(old, "apiVersion", ""), "metadata", "name", json_text_at(old, "metadata.name", ""), "status",
                              "phase", "Removed", "oldState", kube_shown(old));
    const char *space = json_text_at(old, "metadata.namespace", NULL);
    if (space)
        json_set_text(json_object_get(shown, "metadata"), "namespace", space);
    put(output, old, shown);
}

void kube_output_fail(json_t *output, const json_t *object, const struct err *e)
{
    json_t *failure = json_pack("{s:s, s:s, s:s, s:i}", "kind", json_text_at(object, "kind", ""), "name",
                                json_text_at(object, "metadata.name", ""), "message", e->text, "code", err_status(e->kind));
    const char *space = json_text_at(object, "metadata.namespace", NULL);
    if (space)
        json_set_text(failure, "namespace", space);
    json_array_append_new(json_object_get(output, "failures"), failure);
}

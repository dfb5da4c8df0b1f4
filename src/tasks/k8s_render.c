#include "tasks/k8s_render.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "event/image_ref.h"
#include "kube/manifest.h"
#include "kube/secret.h"
#include "registry/client.h"

/* ---- documents to objects */

struct gather {
    const struct k8s_facts *facts;
    bool needs_name;
    json_t *objects;
};

static bool gather_one(struct gather *g, json_t *object, const char *pointer, struct err *e)
{
    if (json_array_size(g->objects) >= K8S_OBJECTS)
        return err_field(e, pointer, "more than %d objects in one task", K8S_OBJECTS);
    AUTO_JSON *copy = json_deep_copy(object), *named = json_deep_copy(object);
    json_t *metadata = json_object_get(copy, "metadata");
    if (!g->needs_name && json_is_object(named)) { /* only the rest is checked */
        if (!json_is_object(json_object_get(named, "metadata")))
            json_object_set_new(named, "metadata", json_object());
        if (!json_at(named, "metadata.name"))
            json_set_text(json_object_get(named, "metadata"), "name", "any");
    }
    struct err why = { 0 };
    if (!kube_object_check(g->needs_name ? copy : named, &why))
        return err_field(e, *why.field ? why.field : pointer, "document at %s: %s", *pointer ? pointer : "/", why.text);
    if (json_is_object(metadata) && text_empty(json_text_at(metadata, "namespace", "")) && !text_empty(g->facts->namespace_))
        json_set_text(metadata, "namespace", g->facts->namespace_);
    json_array_append(g->objects, copy);
    return true;
}

static bool gather_any(struct gather *g, json_t *document, const char *pointer, struct err *e)
{
    json_t *items = json_object_get(document, "items");
    if (!json_is_array(items) || !text_ends(json_text_at(document, "kind", ""), "List"))
        return gather_one(g, document, pointer, e);
    for (size_t i = 0; i < json_array_size(items); i++) {
        char inner[128];
        snprintf(inner, sizeof inner, "%s/items/%zu", pointer, i);
        if (!gather_one(g, json_array_get(items, i), inner, e))
            return false;
    }
    return true;
}

bool k8s_objects(const json_t *documents, const struct k8s_facts *facts, bool needs_name, json_t **ret, struct err *e)
{
    AUTO_JSON *objects = json_array();
    struct gather g = { facts, needs_name, objects };
    for (size_t i = 0; i < json_array_size(documents); i++) {
        char pointer[64];
        snprintf(pointer, sizeof pointer, "/%zu", i);
        if (!json_is_null(json_array_get(documents, i)) && !gather_any(&g, json_array_get(documents, i), pointer, e))
            return false;
    }
    *ret = json_incref(objects);
    return true;
}

/* ---- images */

struct images {
    const struct k8s_facts *facts;
    struct text pinned, *notes;
    bool rolls; /* runs the pushed tag, and not by digest */
};

bool k8s_is_pushed(const char *image, const struct task_push *push)
{
    struct image_ref ref = { 0 };
    struct err ignored = { 0 };
    if (!image_ref_parse(image, &ref, &ignored))
        return false;
    bool same = registry_host_same(ref.host, push->registry) && text_is(ref.repository, push->repository) && !*ref.digest &&
                text_is(*ref.tag ? ref.tag : "latest", push->tag);
    image_ref_fini(&ref);
    return same;
}

/* "host:5000/a/b:1.4" without ":1.4". */
static char *without_tag(const char *image)
{
    const char *slash = strrchr(image, '/'), *colon = strrchr(image, ':');
    return colon && (!slash || colon > slash) ? mem_text_n(image, (size_t)(colon - image)) : mem_text(image);
}

static void pin(json_t *container, struct images *images, const char *image)
{
    AUTO_FREE char *name = without_tag(image), *pinned = mem_format("%s@%s", name, images->facts->push->digest);
    text_addf(&images->pinned, "%s%s=%s", images->pinned.length ? "," : "", json_text_at(container, "name", ""), image);
    text_addf(images->notes, "container %s: %s is pinned to %s\n", json_text_at(container, "name", ""), image, images->facts->push->digest);
    json_set_text(container, "image", pinned);
}

static void stamp_container(json_t *container, void *context)
{
    struct images *images = context;
    const struct task_push *push = images->facts->push;
    AUTO_FREE char *image = mem_text(json_text_at(container, "image", ""));
    if (!k8s_is_pushed(image, push))
        return;
    if (images->facts->pin && *push->digest) {
        pin(container, images, image);
        return;
    }
    images->rolls = true;
    if (json_object_get(container, "imagePullPolicy"))
        return;
    json_set_text(container, "imagePullPolicy", "Always");
    text_addf(images->notes, "container %s: %s may have changed under its tag, so it is always pulled\n", json_text_at(container, "name", ""), image);
}

static json_t *map_in(json_t *object, const char *name)
{
    json_t *map = json_object_get(object, name);
    if (!json_is_object(map)) {
        map = json_object();
        json_object_set_new(object, name, map);
    }
    return map;
}

static json_t *annotations_of(json_t *object)
{
    return map_in(map_in(object, "metadata"), "annotations");
}

/* Where a changed annotation makes new pods. A Job's template can never change. */
static bool can_roll(const json_t *object)
{
    static const char *const KINDS[] = { "Deployment", "StatefulSet", "DaemonSet" };
    for (size_t i = 0; i < ALEN(KINDS); i++)
        if (text_is(json_text_at(object, "kind", NULL), KINDS[i]) && text_starts(json_text_at(object, "apiVersion", ""), "apps/"))
            return true;
    return false;
}

static void stamp_images(json_t *object, const struct k8s_facts *facts, struct text *notes)
{
    struct images images = { .facts = facts, .notes = notes };
    const struct task_push *push = facts->push;
    kube_each_container(object, stamp_container, &images);
    if (images.pinned.length)
        json_set_text(annotations_of(object), K8S_IMAGES, text_of(&images.pinned));
    if (images.rolls && can_roll(object)) {
        AUTO_FREE char *which = *push->digest ? mem_text(push->digest) : mem_format("%s:%s push %lld", push->repository, push->tag, (long long)push->sequence);
        json_set_text(annotations_of(kube_pod_template(object)), K8S_PUSHED, which);
    }
    text_fini(&images.pinned);
}

char *k8s_images(const json_t *object)
{
    struct text out = { 0 };
    json_t *containers = json_at(kube_pod_template(object), "spec.containers");
    for (size_t i = 0; i < json_array_size(containers); i++)
        text_addf(&out, "%s%s", i ? ", " : "", json_text_at(json_array_get(containers, i), "image", "?"));
    return out.length ? text_take(&out) : NULL;
}

/* What a container was pinned from, as stamp_images noted it: "site=acme/site:1.4,web=..."; the caller's, NULL: nothing of it. */
static char *pinned_from(const json_t *object, const char *container)
{
    const json_t *noted = json_object_get(json_at(object, "metadata.annotations"), K8S_IMAGES);
    size_t n = strlen(container);
    for (const char *at = json_is_string(noted) ? json_string_value(noted) : ""; *at;) {
        size_t part = strcspn(at, ",");
        if (part > n && strncmp(at, container, n) == 0 && at[n] == '=')
            return mem_text_n(at + n + 1, part - n - 1);
        at += part + (at[part] == ',');
    }
    return NULL;
}

char *k8s_image_named(const json_t *object, const json_t *container, bool pinned, char **ret_digest)
{
    const char *image = json_text_at(container, "image", ""), *at = strchr(image, '@');
    *ret_digest = mem_text(at ? at + 1 : "");
    if (!at)
        return mem_text(image);
    AUTO_FREE char *name = mem_text_n(image, (size_t)(at - image)), *bare = without_tag(name);
    AUTO_FREE char *from = pinned ? pinned_from(object, json_text_at(container, "name", "")) : NULL;
    AUTO_FREE char *bare_from = from ? without_tag(from) : NULL;
    if (from && text_is(bare_from, bare)) /* else somebody changed it since */
        return TAKE(from);
    return mem_text(text_is(name, bare) ? image : name);
}

/* ---- whose it is */

void k8s_stamp(json_t *object, const struct k8s_facts *facts, struct text *notes)
{
    json_t *annotations = annotations_of(object);
    AUTO_FREE char *task = mem_format("%s.%s", facts->stage, facts->task);
    AUTO_FREE char *execution = mem_format("%s#%lld", facts->pipeline, (long long)facts->index);
    json_set_text(annotations, K8S_RUN, facts->execution);
    json_set_text(annotations, K8S_TASK, task);
    json_set_text(annotations, K8S_EXECUTION, execution);
    if (!facts->push)
        return;
    AUTO_FREE char *sequence = mem_format("%lld", (long long)facts->push->sequence);
    json_set_text(annotations, K8S_WEBHOOK, facts->push->webhook);
    json_set_text(annotations, K8S_PUSH, sequence);
    json_set_text(annotations, K8S_NEWEST, execution);
    stamp_images(object, facts, notes);
}

static const char *annotation(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(json_at(object, "metadata.annotations"), name);
    return json_is_string(value) ? json_string_value(value) : "";
}

static int64_t mark_of(const json_t *live)
{
    int64_t sequence = 0;
    return text_to_int(annotation(live, K8S_PUSH), &sequence) ? sequence : 0;
}

const char *k8s_superseded(const json_t *live, const struct task_push *push)
{
    if (!push || push->asked || text_empty(push->webhook) || !text_is(annotation(live, K8S_WEBHOOK), push->webhook))
        return "";
    const char *newest = annotation(live, K8S_NEWEST);
    return mark_of(live) > push->sequence ? (*newest ? newest : "a newer push") : "";
}

void k8s_keep_mark(json_t *object, const json_t *live, const struct k8s_facts *facts)
{
    static const char *const MARKS[] = { K8S_WEBHOOK, K8S_PUSH, K8S_NEWEST };
    bool other = facts->push && !text_is(annotation(live, K8S_WEBHOOK), facts->push->webhook);
    if (!mark_of(live) || other || (facts->push && facts->push->sequence >= mark_of(live)))
        return;
    for (size_t i = 0; i < ALEN(MARKS); i++)
        json_set_text(annotations_of(object), MARKS[i], annotation(live, MARKS[i]));
}

const char *k8s_put_by(const json_t *live, const char **ret_execution)
{
    *ret_execution = annotation(live, K8S_EXECUTION);
    return annotation(live, K8S_RUN);
}

bool k8s_is_ours(const json_t *live, const struct k8s_facts *facts)
{
    AUTO_FREE char *task = mem_format("%s.%s", facts->stage, facts->task);
    return text_is(annotation(live, K8S_RUN), facts->execution) && text_is(annotation(live, K8S_TASK), task);
}

/* ---- pull secrets */

/* "Our Registry" -> "slipway-our-registry": the name of an object. */
static char *secret_name(const char *endpoint)
{
    struct text name = { 0 };
    text_add(&name, "slipway-");
    for (const char *p = endpoint; *p && name.length < 200; p++)
        if (isalnum((unsigned char)*p) && (unsigned char)*p < 0x80)
            text_add_char(&name, (char)tolower((unsigned char)*p));
        else if (name.at[name.length - 1] != '-')
            text_add_char(&name, '-');
    char *text = text_take(&name);
    for (size_t n = strlen(text); n && text[n - 1] == '-'; n--)
        text[n - 1] = 0;
    return text;
}

static void name_secret(json_t *template, const char *name)
{
    json_t *spec = map_in(template, "spec"), *list = json_object_get(spec, "imagePullSecrets");
    for (size_t i = 0; i < json_array_size(list); i++)
        if (text_is(json_text_at(json_array_get(list, i), "name", NULL), name))
            return;
    if (!json_is_array(list)) {
        list = json_array();
        json_object_set_new(spec, "imagePullSecrets", list);
    }
    json_array_append_new(list, json_pack("{s:s}", "name", name));
}

bool k8s_add_pull_secrets(json_t *objects, const json_t *endpoint, const char *name, json_t **ret_added, struct err *e)
{
    const char *endpoint_name = json_text_at(endpoint, "name", "registry");
    AUTO_FREE char *made = secret_name(endpoint_name);
    AUTO_JSON *seen = json_object(), *added = json_array();
    AUTO(registry_target) registry = NULL;
    const char *chosen = text_empty(name) ? made : name;
    if (!registry_target_from_properties(json_object_get(endpoint, "properties"), NULL, &registry, e))
        return err_wrap(e, "endpoint %s", endpoint_name);
    if (*json_text_at(json_object_get(endpoint, "properties"), "proxyCredential", ""))
        return err_set(e, ERR_INVALID, "the password of registry endpoint '%s' stays at its Cloud Proxy, so no pull secret can be made from it: leave the task's registry out, and make a pull secret on the cluster",
                       endpoint_name);
    if (text_empty(registry->username))
        return err_set(e, ERR_INVALID, "the registry endpoint '%s' has no user, so no pull secret can be made from it", endpoint_name);
    for (size_t i = 0; i < json_array_size(objects); i++) {
        json_t *object = json_array_get(objects, i), *template = kube_pod_template(object);
        const char *space = json_text_at(object, "metadata.namespace", "");
        if (!template)
            continue;
        name_secret(template, chosen);
        if (json_object_get(seen, space))
            continue;
        json_t *secret = kube_pull_secret(chosen, space, registry->pull_host, registry->username, registry->password);
        json_object_set_new(seen, space, json_true());
        json_array_append(added, secret);
        json_array_insert_new(objects, i++, secret);
    }
    *ret_added = TAKE(added);
    return true;
}

/* What runs where after a Kubernetes task, as store/deployments.h keeps it. */
#include <string.h>

#include "base/mem.h"
#include "kube/kube.h"
#include "tasks/k8s.h"

static void add_containers(json_t *all, const struct k8s *k, const json_t *object, const char *list, bool init)
{
    const json_t *containers = json_object_get(json_object_get(kube_pod_template(object), "spec"), list);
    for (size_t i = 0; i < json_array_size(containers); i++) {
        const json_t *container = json_array_get(containers, i);
        AUTO_FREE char *digest = NULL;
        AUTO_FREE char *image = k8s_image_named(object, container, k->action->yaml, &digest);
        bool pushed = k->job->push && k8s_is_pushed(json_text_at(container, "image", ""), k->job->push);
        json_array_append_new(all, json_pack("{s:s, s:b, s:s, s:s, s:b}", "name", json_text_at(container, "name", ""), "init", init, "image",
                                             image, "digest", digest, "pushed", pushed));
    }
}

static json_t *place_of(const json_t *object, const json_t *identity)
{
    json_t *place = json_object();
    json_set_text(place, "namespace", json_text_at(object, "metadata.namespace", ""));
    json_set_text(place, "kind", json_text_at(object, "kind", ""));
    json_set_text(place, "name", json_text_at(object, "metadata.name", ""));
    json_set_text(place, "uid", json_text_at(identity, "metadata.uid", ""));
    json_object_set_new(place, "at", json_integer(clock_now()));
    return place;
}

static void keep(struct k8s_item *item, json_t *place)
{
    json_decref(item->place);
    item->place = place;
}

void k8s_put(struct k8s_item *item, const json_t *answer, bool changed)
{
    if (!kube_pod_template(answer))
        return;
    json_t *place = place_of(answer, answer), *containers = json_array();
    add_containers(containers, item->k8s, answer, "initContainers", true);
    add_containers(containers, item->k8s, answer, "containers", false);
    json_set_text(place, "made", json_text_at(answer, "metadata.creationTimestamp", ""));
    json_object_set_new(place, "generation", json_integer(json_int_at(answer, "metadata.generation", 0)));
    json_object_set_new(place, "changed", json_boolean(changed));
    json_set_text(place, "status", "APPLIED");
    json_set_text(place, "message", "");
    json_object_set_new(place, "containers", containers);
    keep(item, place);
}

void k8s_stands(struct k8s_item *item, const struct err *e)
{
    if (!item->place)
        return;
    json_set_text(item->place, "status", e ? "FAILED" : "ROLLED_OUT");
    json_set_text(item->place, "message", e ? e->text : "");
}

void k8s_gone(struct k8s_item *item, const json_t *old)
{
    json_t *place = place_of(old ? old : item->object, old);
    if (text_empty(json_text_at(place, "namespace", "")))
        json_set_text(place, "namespace", kube_default_namespace(item->k8s->kube));
    json_object_set_new(place, "gone", json_true());
    keep(item, place);
}

json_t *k8s_identity(const struct k8s *k, const json_t *object)
{
    const char *space = json_text_at(object, "metadata.namespace", "");
    return json_pack("{s:s, s:s, s:s}", "namespace", *space ? space : kube_default_namespace(k->kube), "kind", json_text_at(object, "kind", ""), "name",
                     json_text_at(object, "metadata.name", ""));
}

json_t *k8s_places(const struct k8s *k)
{
    AUTO_JSON *objects = json_array(), *superseded = json_array();
    for (size_t i = 0; i < k->count; i++) {
        if (k->items[i].place)
            json_array_append(objects, k->items[i].place);
        if (k->items[i].state == K8S_SUPERSEDED)
            json_array_append_new(superseded, k8s_identity(k, k->items[i].object));
    }
    if (!json_array_size(objects) && !json_array_size(superseded))
        return NULL;
    const json_t *endpoint = json_object_get(k->job->endpoints, "kubernetesServer");
    return json_pack("{s:s, s:O, s:O}", "endpoint", json_text_at(endpoint, "id", ""), "objects", objects, "superseded", superseded);
}

/* What a Kubernetes task would act on, as far as its scope tells: for people to approve, and one hash to know it again by. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "kube/output.h"
#include "tasks/k8s.h"

/* Everything that decides what it does. A pull secret that we add ourselves is no part of it: the registry's password may change. */
static char *hash_of(const struct k8s *k)
{
    AUTO_TEXT all = { 0 };
    const struct k8s_input *in = &k->input;
    const char *const SAID[] = { k->action->name, kube_server(k->kube), in->revision, in->label };
    for (size_t i = 0; i < ALEN(SAID); i++)
        text_addf(&all, "%s\n", SAID[i] ? SAID[i] : "");
    text_addf(&all, "%d %d\n", k->force, k->continue_on_conflict);
    for (size_t i = 0; i < k->count; i++) {
        AUTO_JSON *shown = k->items[i].secret ? kube_shown(k->items[i].object) : json_incref(k->items[i].object);
        AUTO_FREE char *text = json_write(shown);
        text_addf(&all, "%s\n", text);
    }
    return text_sha256(all.at, all.length);
}

/* A tag may be pushed again between the approval and the pull. */
static void by_tag(json_t *container, void *context)
{
    const char *image = json_text_at(container, "image", "");
    if (*image && !strstr(image, "@sha256:"))
        json_object_set_new(context, image, json_true());
}

static json_t *loose_images(const struct k8s *k)
{
    AUTO_JSON *seen = json_object();
    json_t *images = json_array(), *value;
    const char *image;
    for (size_t i = 0; k->action->stamps && i < k->count; i++)
        kube_each_container(k->items[i].object, by_tag, seen);
    json_object_foreach(seen, image, value)
        json_array_append_new(images, json_string(image));
    return images;
}

bool k8s_bind(struct task_job *job, json_t **ret, struct err *e)
{
    AUTO_TEXT notes = { 0 };
    struct k8s *k = k8s_create(job);
    k->notes = &notes;
    bool ok = k8s_read(k, e), file = ok && k8s_from_file(k);
    ok = ok && (file || k8s_render(k, e));
    if (file && !text_is(k->action->name, "GET"))
        *ret = json_pack("{s:s}", "notCovered", "its file is read from its repository when its turn has come");
    else if (ok && !text_is(k->action->name, "GET")) {
        AUTO_FREE char *hash = hash_of(k);
        *ret = json_pack("{s:s, s:s, s:s, s:s, s:O, s:o}", "action", k->action->name, "cluster", kube_server(k->kube), "hash", hash, "yaml",
                         k->action->yaml ? json_text_at(k->shown, "yaml", "") : "", "objects", json_object_get(k->resolved, "objects"), "byTag",
                         loose_images(k));
    }
    k8s_free(k);
    return ok;
}

/* What is put on a cluster is kept, so that it can be put back; and putting it back, over nothing but what the failed run itself put there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "kube/kube.h"
#include "tasks/k8s.h"

#define KEEP_MOST (4 << 20) /* bytes of one task's objects */
#define MINUTES 5           /* for its rollout, unless the task says otherwise in so many words */

/* ---- keeping */

/* A tag may name another image by then. */
static json_t *pinned(const struct k8s *k, const json_t *object)
{
    json_t *copy = json_deep_copy(object);
    AUTO_TEXT notes = { 0 };
    struct k8s_facts facts = k->facts;
    facts.pin = true;
    json_object_del(json_object_get(copy, "metadata"), "resourceVersion");
    k8s_stamp(copy, &facts, &notes);
    return copy;
}

static void add_image(json_t *container, void *context)
{
    const void **to = context;
    struct text *out = (struct text *)to[0];
    AUTO_FREE char *digest = NULL;
    AUTO_FREE char *named = k8s_image_named(to[1], container, true, &digest);
    text_addf(out, "%s%s", out->length ? ", " : "", named);
    if (*digest && !strchr(named, '@'))
        text_addf(out, "@%s", digest);
}

static char *images_of(const json_t *object)
{
    struct text out = { 0 };
    const void *context[] = { &out, object };
    kube_each_container(object, add_image, context);
    return text_take(&out);
}

/* What ends by itself is not put back: a Job that ran has run. */
static bool stays(const struct k8s_item *item)
{
    static const char *const PASSING[] = { "Job", "Pod" };
    for (size_t i = 0; i < ALEN(PASSING); i++)
        if (text_is(json_text_at(item->object, "kind", ""), PASSING[i]))
            return false;
    return !item->secret; /* a login that may have changed since */
}

static json_t *objects_of(const struct k8s *k, size_t *ret_size)
{
    json_t *objects = json_array();
    for (size_t i = 0; i < k->count; i++) {
        if (!stays(&k->items[i]))
            continue;
        AUTO_JSON *object = pinned(k, k->items[i].object);
        AUTO_FREE char *text = json_write(object), *images = images_of(object);
        json_t *one = k8s_identity(k, object);
        json_set_text(one, "images", images);
        json_object_set(one, "object", object);
        json_array_append_new(objects, one);
        *ret_size += strlen(text);
    }
    return objects;
}

void k8s_keep(struct k8s *k)
{
    size_t size = 0;
    if (!k->job->keeps || !k->action->yaml || !k->action->stamps)
        return;
    AUTO_JSON *objects = objects_of(k, &size);
    if (size > KEEP_MOST) {
        k8s_say(k, "its objects are larger than %d MiB together, and are not kept: should a later run fail, they are not put back", KEEP_MOST >> 20);
        json_array_clear(objects);
    }
    const json_t *endpoint = json_object_get(k->job->endpoints, "kubernetesServer");
    task_puts(k->job, json_pack("{s:s, s:s, s:b, s:O}", "endpoint", json_text_at(endpoint, "id", ""), "cluster", kube_server(k->kube), "force", k->force,
                                "objects", objects));
}

/* ---- putting back */

static void note(struct k8s *k, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void note(struct k8s *k, const char *format, ...)
{
    char line[600];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    text_addf(&k->warnings, "%s%s", k->warnings.length ? "; " : "", line);
    k8s_say(k, "%s", line);
}

/* Whose it is now; the push that was there last stays the newest that was. */
static void stamp(const struct k8s *k, json_t *object, const char *of)
{
    static const char *const MARKS[] = { K8S_WEBHOOK, K8S_PUSH, K8S_NEWEST };
    AUTO_TEXT notes = { 0 };
    json_t *annotations = json_at(object, "metadata.annotations");
    for (size_t i = 0; i < ALEN(MARKS); i++)
        json_object_del(annotations, MARKS[i]);
    k8s_stamp(object, &k->facts, &notes);
    json_set_text(json_at(object, "metadata.annotations"), K8S_RESTORED, of);
}

static void take_objects(struct k8s *k)
{
    size_t i;
    json_t *one;
    k->objects = json_array();
    k->items = mem_alloc((json_array_size(k->job->restore) + 1) * sizeof *k->items);
    json_array_foreach((json_t *)k->job->restore, i, one) {
        const json_t *object = json_object_get(one, "object");
        const char *kind = json_text_at(one, "kind", ""), *name = json_text_at(one, "name", "");
        if (!object) {
            note(k, "%s %s: nothing has been verified there yet", kind, name);
        } else if (!text_is(json_text_at(one, "cluster", ""), kube_server(k->kube))) {
            note(k, "%s %s was verified at %s, which is not this cluster", kind, name, json_text_at(one, "cluster", ""));
        } else {
            json_t *copy = json_deep_copy(object);
            stamp(k, copy, json_text_at(one, "of", ""));
            json_array_append_new(k->objects, copy);
            k->items[k->count++] = (struct k8s_item){ .k8s = k, .object = copy, .verified = one };
        }
    }
}

/* Their names, and no contents: these hold secrets of that time, which nobody may know any more to mask them. */
static void show(struct k8s *k)
{
    json_t *names = json_array();
    char name[KUBE_NAME_TEXT];
    for (size_t i = 0; i < k->count; i++)
        json_array_append_new(names, json_string(kube_object_name(k->items[i].object, name)));
    k->shown = json_pack("{s:s, s:O}", "action", k->action->name, "objects", names);
    k->resolved = json_pack("{s:s, s:s, s:o}", "action", k->action->name, "cluster", kube_server(k->kube), "objects", names);
}

static void take_deadline(struct k8s *k)
{
    AUTO_FREE char *said = json_as_text(json_object_get(k->job->input, "timeout"));
    double minutes = said ? strtod(said, NULL) : 0;
    k->deadline = clock_mono() + (int64_t)((minutes >= 1 && minutes <= 1440 ? minutes : MINUTES) * (double)CLOCK_MINUTE);
}

bool k8s_prepare_restore(struct k8s *k, struct err *e)
{
    k->action = &K8S_RESTORE;
    k8s_take_facts(k);
    k->facts.push = NULL;
    take_deadline(k);
    if (!k8s_hold_cluster(k, e))
        return false;
    k8s_say(k, "---- the run failed: what was verified last is put back");
    take_objects(k);
    show(k);
    return true;
}

static void left(struct k8s *k, struct k8s_item *item, const char *by)
{
    char name[KUBE_NAME_TEXT];
    note(k, "%s stays as it is: %s changed it since", kube_object_name(item->object, name), *by ? by : "somebody");
    item->state = K8S_SUPERSEDED;
    k8s_next(k);
}

/* It is as it was verified: the failed run had not come so far. */
static void stands(struct k8s *k, struct k8s_item *item)
{
    char name[KUBE_NAME_TEXT];
    k8s_say(k, "%s: is as it was", kube_object_name(item->object, name));
    item->state = K8S_UNCHANGED;
    k8s_next(k);
}

static void looked(struct kube_op *op, const struct err *e)
{
    struct k8s_item *item = k8s_answered(op, e);
    if (!item)
        return;
    struct k8s *k = item->k8s;
    bool missing = e && e->kind == ERR_NOT_FOUND && op->status == 404;
    const char *by = "", *run = missing || e ? "" : k8s_put_by(op->answer, &by);
    json_t *metadata = json_object_get(item->object, "metadata");
    json_decref(TAKE(item->before));
    if (e && !missing) {
        k8s_fail(k, item, e);
        k8s_next(k);
    } else if (missing) {
        json_object_del(metadata, "resourceVersion");
        k8s_ask(k, KUBE_APPLY, k8s_applied);
    } else if (text_is(run, k->job->execution) || text_is(run, json_text_at(item->verified, "putBy", ""))) {
        item->before = json_incref(op->answer);
        k8s_keep_mark(item->object, item->before, &k->facts);
        json_set_text(metadata, "resourceVersion", json_text_at(item->before, "metadata.resourceVersion", "")); /* as it was looked at, or not at all */
        k8s_ask(k, KUBE_APPLY, k8s_applied);
    } else if (text_is(run, json_text_at(item->verified, "run", ""))) {
        stands(k, item);
    } else {
        left(k, item, by);
    }
}

void k8s_step_restore(struct k8s *k, struct k8s_item *item)
{
    k->force = json_bool_at(item->verified, "force", false);
    k8s_ask(k, KUBE_GET, looked);
}

const struct k8s_action K8S_RESTORE = { "RESTORE", "put back", true, true, true, true, k8s_step_restore };

/* ---- in words */

/* "acme/web:1.0@sha256:0123...": twelve digits of a digest tell enough. */
static void add_short(struct text *out, const char *images)
{
    for (const char *at = images; *at;) {
        const char *digest = strstr(at, "@sha256:");
        size_t n = digest ? (size_t)(digest - at) + strlen("@sha256:") + 12 : strlen(at), rest = digest ? strspn(digest + strlen("@sha256:"), "0123456789abcdef") : 0;
        text_add_n(out, at, n < strlen(at) ? n : strlen(at));
        at = digest ? digest + strlen("@sha256:") + rest : at + strlen(at);
    }
}

static void tell_one(struct text *out, const struct k8s_item *item)
{
    char name[KUBE_NAME_TEXT];
    const char *images = json_text_at(item->verified, "images", "");
    AUTO_TEXT one = { 0 };
    if (*images)
        add_short(&one, images);
    else
        text_add(&one, kube_object_name(item->object, name));
    text_addf(&one, " of %s", json_text_at(item->verified, "of", ""));
    if (!strstr(text_of(out), text_of(&one)))
        text_addf(out, "%s%s", out->length ? ", " : "", text_of(&one));
}

/* Images are what people look for; other objects are named where there are none. */
static int tell(struct k8s *k, struct text *out, json_t *images)
{
    int restored = 0;
    bool any = false;
    for (size_t i = 0; i < k->count; i++)
        any = any || (k->items[i].put && *json_text_at(k->items[i].verified, "images", ""));
    for (size_t i = 0; i < k->count; i++) {
        const struct k8s_item *item = &k->items[i];
        const char *of_item = json_text_at(item->verified, "images", "");
        restored += item->put;
        if (item->put && (*of_item || !any))
            tell_one(out, item);
        if (item->put && *of_item)
            json_array_append_new(images, json_string(of_item));
    }
    return restored;
}

void k8s_words_restored(struct k8s *k, struct text *message, bool *warning)
{
    AUTO_TEXT what = { 0 };
    json_t *images = json_array();
    int restored = tell(k, &what, images);
    *warning = k->warnings.length || !restored;
    if (restored)
        text_addf(message, "restored %s%s%s", text_of(&what), k->warnings.length ? "; " : "", text_of(&k->warnings));
    else
        text_addf(message, "nothing was put back: %s", k->warnings.length ? text_of(&k->warnings) : "the cluster is as it was");
    k->restored = json_pack("{s:i, s:o}", "restored", restored, "images", images);
}

#include "kube/rollback.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define REVISION "deployment.kubernetes.io/revision"

struct kube_rollback_private {
    struct kube_rollback *r;
    struct kube *kube;
    const struct source *source;
    char *name, *namespace_, *revision;
    json_t *annotations, *object;
    struct kube_call call;
    bool dry_run, canceled;
};

/* ---- which revision */

bool kube_revision_pick(const char *wanted, const int64_t *revisions, size_t count, int64_t *ret, struct err *e)
{
    int64_t number = 0, back = 1;
    bool relative = text_empty(wanted) || (wanted[0] == 'n' && wanted[1] == '-');
    if (relative && !text_empty(wanted) && (!text_to_int(wanted + 2, &back) || back < 1 || back > 5))
        return err_set(e, ERR_INVALID, "revision '%.40s' is not n-1 ... n-5 or a number", wanted);
    if (relative && (size_t)back >= count)
        return err_set(e, ERR_NOT_FOUND, "there is no revision n-%lld: the cluster keeps %zu", (long long)back, count);
    if (relative) {
        *ret = revisions[back];
        return true;
    }
    if (!text_to_int(wanted, &number) || number < 1)
        return err_set(e, ERR_INVALID, "revision '%.40s' is not n-1 ... n-5 or a number", wanted);
    for (size_t i = 0; i < count; i++)
        if (revisions[i] == number) {
            *ret = number;
            return true;
        }
    return err_set(e, ERR_NOT_FOUND, "there is no revision %lld any more", (long long)number);
}

/* ---- what each kind keeps its history in */

static int64_t set_revision(const json_t *set)
{
    const json_t *text = json_object_get(json_at(set, "metadata.annotations"), REVISION);
    int64_t number = 0;
    return json_is_string(text) && text_to_int(json_string_value(text), &number) ? number : 0;
}

static int64_t controller_revision(const json_t *revision)
{
    return json_int_at(revision, "revision", 0);
}

static json_t *set_template(const json_t *set)
{
    json_t *template = json_deep_copy(json_at(set, "spec.template"));
    json_object_del(json_at(template, "metadata.labels"), "pod-template-hash");
    return template;
}

static json_t *controller_template(const json_t *revision)
{
    json_t *template = json_deep_copy(json_at(revision, "data.spec.template"));
    json_object_del(template, "$patch");
    return template;
}

static const struct source {
    const char *kind, *plural, *history;
    int64_t (*revision)(const json_t *entry);
    json_t *(*template)(const json_t *entry); /* a new reference */
} SOURCES[] = {
    { "Deployment", "deployments", "replicasets", set_revision, set_template },
    { "StatefulSet", "statefulsets", "controllerrevisions", controller_revision, controller_template },
    { "DaemonSet", "daemonsets", "controllerrevisions", controller_revision, controller_template },
};

/* ---- the operation */

static void free_private(struct kube_rollback_private *p)
{
    free(p->name);
    free(p->namespace_);
    free(p->revision);
    json_decref(p->annotations);
    json_decref(p->object);
    free(p);
}

static void finish(struct kube_rollback_private *p, json_t *answer, const struct err *why)
{
    struct kube_rollback *r = p->r;
    struct kube *k = p->kube;
    struct err e = why ? *why : (struct err){ 0 };
    if (why)
        err_wrap(&e, "%s %s in %s", p->source->kind, p->name, p->namespace_);
    json_t *held = json_incref(answer);
    r->answer = held;
    r->private = NULL;
    free_private(p);
    r->done(r, why ? &e : NULL);
    json_decref(held);
    kube_release(&k);
}

static void request(struct kube_rollback_private *p, const struct kube_call *call)
{
    struct err e = { 0 };
    p->call = *call;
    if (!kube_call_start(&p->call, p->kube, &e))
        finish(p, NULL, &e);
}

static char *path_of(const struct kube_rollback_private *p, const char *plural, const char *name, const char *query)
{
    struct text path = { 0 };
    text_add(&path, "/apis/apps/v1/namespaces/");
    text_add_url(&path, p->namespace_);
    text_addf(&path, "/%s%s", plural, name ? "/" : "");
    if (name)
        text_add_url(&path, name);
    text_add(&path, query);
    return text_take(&path);
}

static void patched(struct kube_call *c, const struct err *e)
{
    struct kube_rollback_private *p = OWNER(c, struct kube_rollback_private, call);
    finish(p, e ? NULL : c->answer, e);
}

/* JSON patch: what it replaces must go, which a merge would keep. */
static json_t *patch_of(const struct kube_rollback_private *p, json_t *template)
{
    json_t *annotations = json_deep_copy(json_at(p->object, "metadata.annotations"));
    if (!annotations)
        annotations = json_object();
    if (p->annotations)
        json_object_update(annotations, p->annotations);
    return json_pack("[{s:s, s:s, s:s}, {s:s, s:s, s:O}, {s:s, s:s, s:o}]", "op", "test", "path", "/metadata/uid", "value",
                     json_text_at(p->object, "metadata.uid", ""), "op", "replace", "path", "/spec/template", "value", template,
                     "op", "add", "path", "/metadata/annotations", "value", annotations);
}

static void patch(struct kube_rollback_private *p, const json_t *entry)
{
    AUTO_JSON *template = p->source->template(entry);
    struct err e = { 0 };
    if (!json_is_object(template)) {
        err_set(&e, ERR_UPSTREAM, "the cluster's revision %lld holds no pod template", (long long)p->r->to);
        finish(p, NULL, &e);
        return;
    }
    AUTO_JSON *body = patch_of(p, template);
    AUTO_FREE char *path = path_of(p, p->source->plural, p->name, p->dry_run ? "?fieldManager=" KUBE_MANAGER "&dryRun=All" : "?fieldManager=" KUBE_MANAGER);
    request(p, &(struct kube_call){ .method = "PATCH", .path = path, .body = body, .content_type = "application/json-patch+json", .done = patched });
}

static int descending(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return left < right ? 1 : left > right ? -1 : 0;
}

static const json_t *entry_of(const struct kube_rollback_private *p, const json_t *items, int64_t revision)
{
    for (size_t i = 0; i < json_array_size(items); i++)
        if (p->source->revision(json_array_get(items, i)) == revision &&
            kube_owned_by(json_array_get(items, i), json_text_at(p->object, "metadata.uid", "")))
            return json_array_get(items, i);
    return NULL;
}

static bool pick(struct kube_rollback_private *p, const json_t *items, struct err *e)
{
    size_t count = 0, all = json_array_size(items);
    AUTO_FREE int64_t *revisions = mem_alloc((all + 1) * sizeof *revisions);
    for (size_t i = 0; i < all; i++) {
        const json_t *entry = json_array_get(items, i);
        if (kube_owned_by(entry, json_text_at(p->object, "metadata.uid", "")) && p->source->revision(entry) > 0)
            revisions[count++] = p->source->revision(entry);
    }
    qsort(revisions, count, sizeof *revisions, descending);
    p->r->from = count ? revisions[0] : 0;
    return kube_revision_pick(p->revision, revisions, count, &p->r->to, e);
}

static void history_answered(struct kube_call *c, const struct err *why)
{
    struct kube_rollback_private *p = OWNER(c, struct kube_rollback_private, call);
    const json_t *items = why ? NULL : json_object_get(c->answer, "items");
    struct err e = { 0 };
    if (why || p->canceled || !pick(p, items, &e)) {
        if (!why && p->canceled)
            err_set(&e, ERR_CANCELED, "canceled");
        finish(p, NULL, why ? why : &e);
        return;
    }
    p->r->unchanged = p->r->from == p->r->to;
    if (p->r->unchanged)
        finish(p, p->object, NULL);
    else
        patch(p, entry_of(p, items, p->r->to));
}

static void object_answered(struct kube_call *c, const struct err *why)
{
    struct kube_rollback_private *p = OWNER(c, struct kube_rollback_private, call);
    struct err e = { 0 };
    if (!why && p->canceled)
        err_set(&e, ERR_CANCELED, "canceled");
    else if (!why && json_bool_at(c->answer, "spec.paused", false))
        err_set(&e, ERR_CONFLICT, "its rollout is paused; resume it first");
    if (why || e.kind != ERR_NONE) {
        finish(p, NULL, why ? why : &e);
        return;
    }
    p->object = json_incref(c->answer);
    AUTO_FREE char *selector = kube_selector(p->object);
    AUTO_TEXT query = { 0 };
    text_add(&query, "?limit=500&labelSelector=");
    text_add_url(&query, selector ? selector : "");
    AUTO_FREE char *path = path_of(p, p->source->history, NULL, text_of(&query));
    request(p, &(struct kube_call){ .path = path, .done = history_answered });
}

bool kube_rollback_start(struct kube_rollback *r, struct kube *k, struct err *e)
{
    size_t i = 0;
    while (i < ALEN(SOURCES) && !text_is_any_case(r->type, SOURCES[i].kind))
        i++;
    if (i == ALEN(SOURCES))
        return err_set(e, ERR_INVALID, "resourceType '%.40s' cannot be rolled back: Deployment, StatefulSet or DaemonSet", r->type ? r->type : "");
    if (text_empty(r->name))
        return err_set(e, ERR_INVALID, "resourceName is missing");
    struct kube_rollback_private *p = NEW(struct kube_rollback_private);
    *p = (struct kube_rollback_private){ .r = r, .kube = k, .source = &SOURCES[i], .name = mem_text(r->name),
        .namespace_ = mem_text(text_empty(r->namespace_) ? kube_default_namespace(k) : r->namespace_), .revision = mem_text(r->revision),
        .annotations = json_incref((json_t *)r->annotations), .dry_run = r->dry_run };
    AUTO_FREE char *path = path_of(p, SOURCES[i].plural, p->name, "");
    r->answer = NULL;
    r->from = r->to = 0;
    r->unchanged = false;
    p->call = (struct kube_call){ .path = path, .done = object_answered };
    if (!kube_call_start(&p->call, k, e)) {
        free_private(p);
        return false;
    }
    kube_keep(k);
    r->private = p;
    return true;
}

void kube_rollback_cancel(struct kube_rollback *r)
{
    if (!r->private)
        return;
    r->private->canceled = true;
    kube_call_cancel(&r->private->call);
}

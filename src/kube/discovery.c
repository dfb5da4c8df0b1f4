#include "kube/discovery.h"

#include <string.h>

#include "base/mem.h"
#include "kube/room.h"

void kube_resource_destroy(struct kube_resource **resource)
{
    struct kube_resource *r = *resource;
    if (!r)
        return;
    free(r->api_version);
    free(r->kind);
    free(r->plural);
    free(r);
    *resource = NULL;
}

void kube_resources_destroy(struct map **resources)
{
    size_t at = 0;
    const char *key;
    void *value;
    while (*resources && map_each(*resources, &at, &key, &value)) {
        struct kube_resource *r = value;
        kube_resource_destroy(&r);
    }
    map_destroy(resources);
}

static bool plain_word(const char *name)
{
    return *name && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") == strlen(name);
}

struct kube_resource *kube_resource_in(const json_t *list, const char *api_version, const char *kind)
{
    const json_t *resources = json_object_get(list, "resources");
    for (size_t i = 0; i < json_array_size(resources); i++) {
        const json_t *item = json_array_get(resources, i);
        const char *plural = json_text_at(item, "name", "");
        /* "deployments/scale" is a subresource: plain_word refuses the slash */
        if (!text_is(json_text_at(item, "kind", NULL), kind) || !plain_word(plural))
            continue;
        struct kube_resource *r = NEW(struct kube_resource);
        r->api_version = mem_text(api_version);
        r->kind = mem_text(kind);
        r->plural = mem_text(plural);
        r->namespaced = json_bool_at(item, "namespaced", false);
        return r;
    }
    return NULL;
}

char *kube_path(const struct kube_resource *r, const char *namespace_, const char *name)
{
    struct text path = { 0 };
    text_addf(&path, "%s/%s", strchr(r->api_version, '/') ? "/apis" : "/api", r->api_version);
    if (r->namespaced && !text_empty(namespace_)) {
        text_add(&path, "/namespaces/");
        text_add_url(&path, namespace_);
    }
    text_addf(&path, "/%s", r->plural);
    if (name) {
        text_add_char(&path, '/');
        text_add_url(&path, name);
    }
    return text_take(&path);
}

/* ---- the operation */

static void find_finish(struct kube_find *f, const struct err *e)
{
    struct kube *k = f->kube;
    timer_clear(&f->now);
    free(TAKE(f->api_version));
    free(TAKE(f->kind));
    f->done(f, e);
    kube_settle(k);
}

static void find_now(struct timer *t)
{
    struct kube_find *f = OWNER(t, struct kube_find, now);
    struct err e = { 0 };
    if (f->canceled)
        err_set(&e, ERR_CANCELED, "canceled");
    find_finish(f, f->canceled ? &e : NULL);
}

static void find_answered(struct kube_call *c, const struct err *why)
{
    struct kube_find *f = OWNER(c, struct kube_find, call);
    struct err e = { 0 };
    struct kube_resource *found = why ? NULL : kube_resource_in(c->answer, f->api_version, f->kind);
    if (why && why->kind != ERR_NOT_FOUND)
        e = *why;
    else if (!found)
        err_set(&e, ERR_NOT_FOUND, "the cluster knows no kind %.100s in %.100s", f->kind, f->api_version);
    if (found) {
        AUTO_FREE char *key = mem_format("%s %s", f->api_version, f->kind);
        struct kube_resource *known = map_get(f->kube->resources, key); /* a twin of this search may have been faster */
        if (known)
            kube_resource_destroy(&found);
        else
            map_put(f->kube->resources, key, found);
        f->resource = known ? known : found;
    }
    find_finish(f, f->resource ? NULL : &e);
}

static bool version_ok(const char *api_version)
{
    const char *slash = strchr(api_version, '/');
    return *api_version && strlen(api_version) < 300 && (!slash || (slash > api_version && plain_word(slash + 1))) &&
           strspn(api_version, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-/") == strlen(api_version);
}

bool kube_find_start(struct kube_find *f, struct kube *k, const char *api_version, const char *kind, struct err *e)
{
    AUTO_FREE char *key = mem_format("%s %s", api_version, kind);
    if (!version_ok(api_version))
        return err_set(e, ERR_INVALID, "apiVersion '%.100s' is not of the form v1 or apps/v1", api_version);
    f->kube = k;
    f->canceled = false;
    f->resource = map_get(k->resources, key);
    f->call = (struct kube_call){ .done = find_answered };
    f->now = (struct timer){ 0 };
    if (!f->resource) {
        AUTO_FREE char *path = mem_format("%s/%s", strchr(api_version, '/') ? "/apis" : "/api", api_version);
        f->call.path = path;
        bool ok = kube_call_start(&f->call, k, e);
        f->call.path = NULL;
        if (!ok)
            return false;
    } else {
        timer_set(&f->now, kube_loop(k), 0, find_now);
    }
    f->api_version = mem_text(api_version);
    f->kind = mem_text(kind);
    k->in_flight++;
    return true;
}

void kube_find_cancel(struct kube_find *f)
{
    f->canceled = true;
    kube_call_cancel(&f->call);
}

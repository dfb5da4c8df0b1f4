#include "kube/object.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "kube/room.h"
#include "kube/watch.h"

#define DELETE_WAIT (60 * CLOCK_SECOND)
#define PAGE 500
#define LIST_LIMIT 10000

struct kube_op_private {
    struct kube_op *op;
    struct kube *kube;
    json_t *object;       /* what is sent: namespace and protocols filled in */
    json_t *items;        /* KUBE_LIST */
    json_t *old;          /* KUBE_DELETE: as it was */
    json_t *warnings;
    char *namespace_, *selector, *path;
    const struct kube_resource *resource;
    struct kube_find find;
    struct kube_call call;
    struct kube_subscription gone;
    struct timer late;
    bool forced, canceled;
};

/* ---- the end */

static void free_private(struct kube_op_private *p)
{
    timer_clear(&p->late);
    kube_unsubscribe(&p->gone);
    json_decref(p->object);
    json_decref(p->items);
    json_decref(p->old);
    json_decref(p->warnings);
    free(p->namespace_);
    free(p->selector);
    free(p->path);
    free(p);
}

static void finish(struct kube_op_private *p, json_t *answer, const struct err *e)
{
    struct kube_op *op = p->op;
    struct kube *k = p->kube;
    struct err copy = e ? *e : (struct err){ 0 };
    AUTO_JSON *warnings = json_incref(p->warnings);
    op->answer = answer;
    op->warnings = warnings;
    op->private = NULL;
    free_private(p);
    op->done(op, e ? &copy : NULL);
    json_decref(answer);
    kube_release(&k);
}

static void fail(struct kube_op_private *p, const struct err *why)
{
    struct err e = *why;
    char name[KUBE_NAME_TEXT];
    err_wrap(&e, "%s", kube_object_name(p->object, name));
    finish(p, NULL, &e);
}

/* ---- the words of a refusal */

/* 'conflict with "kubectl" using apps/v1' -> kubectl. True when it is our own name. */
static bool manager_of(const json_t *cause, char *out, size_t size)
{
    const char *message = json_text_at(cause, "message", ""), *from = strchr(message, '"');
    const char *to = from ? strchr(from + 1, '"') : NULL;
    snprintf(out, size, "%.*s", to ? (int)(to - from - 1) : 0, to ? from + 1 : "");
    return text_is(out, KUBE_MANAGER);
}

/* Names managers and fields of an apply's conflict. False: it is no such conflict. *ours: all of it is with ourselves. */
static bool conflict_words(const json_t *answer, struct text *out, bool *ours)
{
    const json_t *causes = json_at(answer, "details.causes");
    size_t count = 0;
    *ours = true;
    for (size_t i = 0; i < json_array_size(causes); i++) {
        const json_t *cause = json_array_get(causes, i);
        char manager[100];
        if (!text_is(json_text_at(cause, "reason", NULL), "FieldManagerConflict"))
            continue;
        *ours = manager_of(cause, manager, sizeof manager) && *ours;
        if (count++ < 5)
            text_addf(out, "%s%s (managed by \"%s\")", count > 1 ? ", " : "", json_text_at(cause, "field", "?"), manager);
    }
    if (count > 5)
        text_addf(out, " and %zu more", count - 5);
    return count > 0;
}

static bool namespace_missing(const json_t *answer)
{
    return text_is(kube_status_reason(answer), "NotFound") && text_is(json_text_at(answer, "details.kind", NULL), "namespaces");
}

static void send(struct kube_op_private *p);

static void refused(struct kube_op_private *p, const struct err *why)
{
    struct err e = *why;
    AUTO_TEXT words = { 0 };
    bool ours = false;
    const json_t *answer = p->call.answer;
    snprintf(p->op->reason, sizeof p->op->reason, "%s", kube_status_reason(answer));
    if (p->op->verb == KUBE_APPLY && p->call.status == 409 && conflict_words(answer, &words, &ours)) {
        if (ours && !p->forced && !p->canceled) {
            p->forced = true;
            send(p);
            return;
        }
        snprintf(p->op->reason, sizeof p->op->reason, KUBE_MANAGED);
        err_set(&e, ERR_CONFLICT, "somebody else manages %s; with force: true Slipway takes it over", text_of(&words));
    } else if (namespace_missing(answer) && !text_is(p->resource->kind, "Namespace")) {
        err_set(&e, ERR_NOT_FOUND, "the namespace %s does not exist on the cluster; create it first", p->namespace_);
    }
    fail(p, &e);
}

/* ---- deleting: until it is gone */

static void delete_late(struct timer *t)
{
    struct kube_op_private *p = OWNER(t, struct kube_op_private, late);
    struct err e = { 0 };
    err_set(&e, p->canceled ? ERR_CANCELED : ERR_TIMEOUT,
            p->canceled ? "canceled; the cluster goes on deleting it" : "still being deleted; finalizers may hold it");
    fail(p, &e);
}

static void delete_seen(struct kube_subscription *s, const json_t *object, bool removed)
{
    struct kube_op_private *p = OWNER(s, struct kube_op_private, gone);
    bool other = object && !text_is(json_text_at(object, "metadata.uid", ""), json_text_at(p->old, "metadata.uid", ""));
    if (!object || removed || other)
        finish(p, json_incref(p->old), NULL);
}

static void wait_gone(struct kube_op_private *p)
{
    p->gone = (struct kube_subscription){ .name = json_text_at(p->object, "metadata.name", ""), .changed = delete_seen };
    timer_set(&p->late, kube_loop(p->kube), p->op->timeout_micros ? p->op->timeout_micros : DELETE_WAIT, delete_late);
    kube_subscribe(&p->gone, p->kube, p->resource, p->namespace_);
}

/* ---- answers, by verb */

static void take_object(struct kube_op_private *p)
{
    finish(p, json_incref(p->call.answer), NULL);
}

static void take_page(struct kube_op_private *p)
{
    const json_t *page = json_object_get(p->call.answer, "items");
    for (size_t i = 0; i < json_array_size(page); i++) {
        json_t *item = json_array_get(page, i); /* lists leave out what all items share */
        json_set_text(item, "apiVersion", p->resource->api_version);
        json_set_text(item, "kind", p->resource->kind);
        json_array_append(p->items, item);
    }
    const char *more = json_text_at(p->call.answer, "metadata.continue", "");
    if (json_array_size(p->items) > LIST_LIMIT) {
        struct err e = { 0 };
        err_set(&e, ERR_TOO_LARGE, "more than %d objects; narrow it by a label", LIST_LIMIT);
        fail(p, &e);
        return;
    }
    if (!*more) {
        finish(p, json_pack("{s:O}", "items", p->items), NULL);
        return;
    }
    AUTO_TEXT next = { 0 };
    text_addf(&next, "%.*s&continue=", (int)strcspn(p->path, "&"), p->path);
    text_add_url(&next, more);
    if (p->selector) {
        text_add(&next, "&labelSelector=");
        text_add_url(&next, p->selector);
    }
    free(p->path);
    p->path = text_take(&next);
    send(p);
}

/* First what it is, then the order to delete it. */
static void take_old(struct kube_op_private *p)
{
    if (p->old) {
        if (p->op->dry_run)
            finish(p, json_incref(p->old), NULL);
        else
            wait_gone(p);
        return;
    }
    p->old = json_incref(p->call.answer);
    json_decref(p->object);
    p->object = json_deep_copy(p->old);
    send(p);
}

static const struct verb {
    const char *method, *content_type;
    bool named; /* the path ends with the object's name */
    bool writes;
    void (*take)(struct kube_op_private *p);
} VERBS[] = {
    [KUBE_GET] = { "GET", NULL, true, false, take_object },
    [KUBE_LIST] = { "GET", NULL, false, false, take_page },
    [KUBE_CREATE] = { "POST", NULL, false, true, take_object },
    [KUBE_APPLY] = { "PATCH", "application/apply-patch+yaml", true, true, take_object },
    [KUBE_PATCH] = { "PATCH", "application/merge-patch+json", true, true, take_object },
    [KUBE_DELETE] = { "DELETE", NULL, true, true, take_old },
};

/* ---- sending */

static void answered(struct kube_call *c, const struct err *e)
{
    struct kube_op_private *p = OWNER(c, struct kube_op_private, call);
    p->op->status = c->status;
    kube_warnings_add(p->warnings, &c->http.answer_headers);
    p->op->retry_after_micros = c->retry_after_micros;
    if (e && p->op->verb == KUBE_DELETE && p->old && c->status == 404)
        finish(p, json_incref(p->old), NULL); /* somebody was faster */
    else if (e)
        refused(p, e);
    else
        VERBS[p->op->verb].take(p);
}

static const json_t *body_of(struct kube_op_private *p, json_t *delete_options)
{
    switch (p->op->verb) {
    case KUBE_CREATE:
    case KUBE_APPLY:
        return p->object;
    case KUBE_PATCH:
        return p->op->patch;
    case KUBE_DELETE:
        return delete_options;
    default:
        return NULL;
    }
}

static char *query_of(const struct kube_op_private *p, bool deleting)
{
    struct text query = { 0 };
    const struct verb *v = &VERBS[p->op->verb];
    if (v->writes && p->op->verb != KUBE_DELETE)
        text_addf(&query, "?fieldManager=%s", KUBE_MANAGER);
    if (p->op->verb == KUBE_APPLY)
        text_addf(&query, "&force=%s", p->forced ? "true" : "false");
    if (p->op->dry_run && v->writes && (deleting || p->op->verb != KUBE_DELETE))
        text_addf(&query, "%sdryRun=All", query.length ? "&" : "?");
    return text_take(&query);
}

static void send(struct kube_op_private *p)
{
    const struct verb *v = &VERBS[p->op->verb];
    bool looking = p->op->verb == KUBE_DELETE && !p->old;
    struct err e = { 0 };
    AUTO_FREE char *query = query_of(p, !looking), *path = mem_format("%s%s", p->path, query);
    AUTO_JSON *options = looking || p->op->verb != KUBE_DELETE
                             ? NULL
                             : json_pack("{s:s, s:s, s:s, s:{s:s}}", "apiVersion", "v1", "kind", "DeleteOptions", "propagationPolicy",
                                         "Background", "preconditions", "uid", json_text_at(p->old, "metadata.uid", ""));
    p->call = (struct kube_call){ .method = looking ? "GET" : v->method, .path = path, .body = looking ? NULL : body_of(p, options),
                                  .content_type = p->op->verb == KUBE_PATCH && p->op->patch_type ? p->op->patch_type : v->content_type,
                                  .timeout_micros = p->op->verb == KUBE_DELETE ? 0 : p->op->timeout_micros, .done = answered };
    if (!kube_call_start(&p->call, p->kube, &e))
        fail(p, &e);
}

static char *collection_path(struct kube_op_private *p)
{
    AUTO_FREE char *path = kube_path(p->resource, p->op->all_namespaces ? NULL : p->namespace_, NULL);
    struct text out = { 0 };
    text_add(&out, path);
    if (p->op->verb == KUBE_LIST) {
        text_addf(&out, "?limit=%d", PAGE);
        if (p->selector) {
            text_add(&out, "&labelSelector=");
            text_add_url(&out, p->selector);
        }
    }
    return text_take(&out);
}

static void found(struct kube_find *f, const struct err *e)
{
    struct kube_op_private *p = OWNER(f, struct kube_op_private, find);
    const char *name = json_text_at(p->object, "metadata.name", "");
    if (e) {
        fail(p, e);
        return;
    }
    p->resource = f->resource;
    json_t *metadata = json_object_get(p->object, "metadata");
    if (p->resource->namespaced && p->op->verb != KUBE_LIST)
        json_set_text(metadata, "namespace", p->namespace_);
    else
        json_object_del(metadata, "namespace");
    p->path = VERBS[p->op->verb].named ? kube_path(p->resource, p->namespace_, name) : collection_path(p);
    send(p);
}

static bool check(const struct kube_op *op, struct err *e)
{
    if (op->verb != KUBE_LIST)
        return kube_object_check(op->object, e);
    return *json_text_at(op->object, "apiVersion", "") && *json_text_at(op->object, "kind", "")
               ? true
               : err_set(e, ERR_INVALID, "apiVersion or kind is missing");
}

static json_t *prepared(const struct kube_op *op)
{
    json_t *object = json_deep_copy(op->object);
    json_object_del(json_object_get(object, "metadata"), "managedFields");
    if (op->verb == KUBE_APPLY || op->verb == KUBE_CREATE)
        kube_fill_protocols(object);
    return object;
}

bool kube_op_start(struct kube_op *op, struct kube *k, struct err *e)
{
    if (!check(op, e))
        return false;
    const char *space = json_text_at(op->object, "metadata.namespace", "");
    struct kube_op_private *p = NEW(struct kube_op_private);
    p->op = op;
    p->kube = k;
    p->object = prepared(op);
    p->forced = op->force;
    p->namespace_ = mem_text(*space ? space : kube_default_namespace(k));
    p->selector = text_empty(op->label_selector) ? NULL : mem_text(op->label_selector);
    p->items = op->verb == KUBE_LIST ? json_array() : NULL;
    p->find.done = found;
    p->warnings = json_array();
    op->answer = op->warnings = NULL;
    op->reason[0] = 0;
    op->status = 0;
    op->retry_after_micros = 0;
    if (!kube_find_start(&p->find, k, json_text_at(op->object, "apiVersion", ""), json_text_at(op->object, "kind", ""), e)) {
        free_private(p);
        return false;
    }
    kube_keep(k);
    op->private = p;
    return true;
}

void kube_op_cancel(struct kube_op *op)
{
    struct kube_op_private *p = op->private;
    if (!p)
        return;
    p->canceled = true;
    if (timer_is_set(&p->late)) { /* waiting for the end of what is deleted: nothing is in flight */
        kube_unsubscribe(&p->gone);
        timer_set(&p->late, kube_loop(p->kube), 0, delete_late);
    }
    if (!p->resource)
        kube_find_cancel(&p->find);
    kube_call_cancel(&p->call);
}

#include "kube/explain.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "kube/discovery.h"
#include "kube/judge.h"
#include "kube/manifest.h"

#define LOG_FETCHED 65536 /* of what tailLines leaves; the end of it is kept */

/* Looks one after the other: the object, its newest ReplicaSet, the pods, the events, the log. What cannot be read on the
 * way (RBAC may forbid it) leaves the explanation poorer, not absent. */
struct kube_explain_private {
    struct kube_explain *x;
    struct kube *kube;
    json_t *object, *set, *pods; /* set: the newest ReplicaSet */
    char *namespace_;
    struct kube_explanation *explanation;
    struct kube_find find;
    struct kube_call call;
    void (*next)(struct kube_explain_private *p, const struct err *e);
    bool canceled, previous;
};

static void finish(struct kube_explain_private *p, const struct err *e)
{
    struct kube_explain *x = p->x;
    struct kube *k = p->kube;
    struct err copy = e ? *e : (struct err){ 0 };
    json_t *object = p->object;
    if (p->canceled)
        err_set(&copy, ERR_CANCELED, "canceled");
    if (copy.kind != ERR_NONE)
        kube_explanation_destroy(&p->explanation);
    x->explanation = p->explanation;
    x->answer = object;
    x->private = NULL;
    json_decref(p->set);
    json_decref(p->pods);
    free(p->namespace_);
    free(p);
    x->done(x, copy.kind == ERR_NONE ? NULL : &copy);
    json_decref(object);
    kube_release(&k);
}

static void answered(struct kube_call *c, const struct err *e)
{
    struct kube_explain_private *p = OWNER(c, struct kube_explain_private, call);
    if (p->canceled)
        finish(p, NULL);
    else
        p->next(p, e);
}

/* path is taken. */
static void get(struct kube_explain_private *p, char *path, bool plain, void (*next)(struct kube_explain_private *p, const struct err *e))
{
    AUTO_FREE char *taken = path;
    struct err e = { 0 };
    p->next = next;
    p->call = (struct kube_call){ .path = taken, .plain = plain, .done = answered };
    if (!kube_call_start(&p->call, p->kube, &e))
        finish(p, &e);
}

static char *list_path(const char *start, const char *namespace_, const char *plural, const char *parameter, const char *value)
{
    struct text path = { 0 };
    text_addf(&path, "%s/namespaces/", start);
    text_add_url(&path, namespace_);
    text_addf(&path, "/%s?limit=500", plural);
    if (value) {
        text_addf(&path, "&%s=", parameter);
        text_add_url(&path, value);
    }
    return text_take(&path);
}

/* ---- the log */

static void keep_log(struct kube_explanation *x, const char *text)
{
    size_t n = strlen(text);
    while (n && (text[n - 1] == '\n' || text[n - 1] == '\r'))
        n--;
    const char *from = n > KUBE_LOG_BYTES ? text + n - KUBE_LOG_BYTES : text;
    const char *line = from > text ? memchr(from, '\n', (size_t)(text + n - from)) : NULL;
    if (line)
        from = line + 1;
    size_t size = (size_t)(text + n - from);
    free(x->log);
    x->log = text_utf8(from, size) ? mem_text_n(from, size) : mem_text("(its log is no UTF-8 text)");
}

static void get_log(struct kube_explain_private *p);

static void log_answered(struct kube_explain_private *p, const struct err *e)
{
    if (!e)
        keep_log(p->explanation, p->call.text);
    if (e && p->previous) {
        p->previous = false;
        get_log(p);
        return;
    }
    finish(p, NULL);
}

static void get_log(struct kube_explain_private *p)
{
    struct text path = { 0 };
    text_add(&path, "/api/v1/namespaces/");
    text_add_url(&path, p->namespace_);
    text_add(&path, "/pods/");
    text_add_url(&path, p->explanation->pod);
    text_addf(&path, "/log?tailLines=%d&limitBytes=%d&container=", KUBE_LOG_LINES, LOG_FETCHED);
    text_add_url(&path, p->explanation->container);
    if (p->previous)
        text_add(&path, "&previous=true");
    get(p, text_take(&path), true, log_answered);
}

/* Has a container of it run, so that there may be a log? */
static bool has_log(const struct kube_explanation *x)
{
    return *x->pod && *x->container && (x->exit_code >= 0 || x->restarts > 0 || text_is(x->reason, "NotReady"));
}

/* ---- the events */

static void events_answered(struct kube_explain_private *p, const struct err *e)
{
    const json_t *event = e ? NULL : kube_explain_event(json_object_get(p->call.answer, "items"), p->explanation ? p->explanation->reason : "");
    const char *message = json_text_at(event, "message", "");
    if (event && !p->explanation)
        p->explanation = kube_explanation_create("", "", json_text_at(event, "reason", "Warning"), message);
    if (event) {
        free(p->explanation->event);
        p->explanation->event = kube_one_line(message);
    }
    if (!p->explanation || !has_log(p->explanation)) {
        finish(p, NULL);
        return;
    }
    p->previous = p->explanation->restarts > 0 && !text_is(p->explanation->reason, "NotReady");
    get_log(p);
}

static const char *pod_uid(const struct kube_explain_private *p)
{
    for (size_t i = 0; i < json_array_size(p->pods); i++) {
        const json_t *pod = json_array_get(p->pods, i);
        if (text_is(json_text_at(pod, "metadata.name", NULL), p->explanation->pod))
            return json_text_at(pod, "metadata.uid", "");
    }
    return "";
}

/* About the pod that was picked; without one, about whatever should have made pods. */
static void get_events(struct kube_explain_private *p)
{
    const json_t *about = p->set ? p->set : p->object;
    const char *uid = p->explanation && *p->explanation->pod ? pod_uid(p) : json_text_at(about, "metadata.uid", "");
    AUTO_FREE char *field = mem_format("involvedObject.uid=%s", uid);
    get(p, list_path("/api/v1", p->namespace_, "events", "fieldSelector", field), false, events_answered);
}

/* ---- the pods */

static bool newest_pod(const struct kube_explain_private *p, const json_t *pod)
{
    const char *update = json_text_at(p->object, "status.updateRevision", NULL); /* a StatefulSet's */
    const json_t *hash = json_object_get(json_at(pod, "metadata.labels"), "controller-revision-hash");
    if (!kube_owned_by(pod, json_text_at(p->set ? p->set : p->object, "metadata.uid", "")))
        return false;
    return !update || !json_is_string(hash) || text_is(json_string_value(hash), update);
}

static void judge_pods(struct kube_explain_private *p)
{
    p->explanation = kube_explain_pods(p->pods);
    if (!p->explanation)
        p->explanation = kube_explain_conditions(p->object);
    if (!p->explanation && p->set)
        p->explanation = kube_explain_conditions(p->set);
    get_events(p);
}

static void pods_answered(struct kube_explain_private *p, const struct err *e)
{
    if (e) {
        finish(p, e);
        return;
    }
    const json_t *all = json_object_get(p->call.answer, "items");
    p->pods = json_array();
    for (size_t i = 0; i < json_array_size(all); i++)
        if (newest_pod(p, json_array_get(all, i)))
            json_array_append(p->pods, json_array_get(all, i));
    judge_pods(p);
}

static void get_pods(struct kube_explain_private *p)
{
    AUTO_FREE char *selector = kube_selector(p->object);
    get(p, list_path("/api/v1", p->namespace_, "pods", "labelSelector", selector), false, pods_answered);
}

static int64_t revision_of(const json_t *object)
{
    const json_t *text = json_object_get(json_at(object, "metadata.annotations"), "deployment.kubernetes.io/revision");
    int64_t number = 0;
    return json_is_string(text) && text_to_int(json_string_value(text), &number) ? number : 0;
}

static void sets_answered(struct kube_explain_private *p, const struct err *e)
{
    const json_t *all = e ? NULL : json_object_get(p->call.answer, "items");
    const json_t *newest = NULL;
    const char *uid = json_text_at(p->object, "metadata.uid", "");
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *set = json_array_get(all, i);
        if (kube_owned_by(set, uid) && (!newest || revision_of(set) > revision_of(newest)))
            newest = set;
    }
    if (!newest) { /* none was made: the Deployment's own conditions and events say why */
        p->explanation = kube_explain_conditions(p->object);
        get_events(p);
        return;
    }
    p->set = json_deep_copy(newest);
    get_pods(p);
}

static void get_sets(struct kube_explain_private *p)
{
    AUTO_FREE char *selector = kube_selector(p->object);
    get(p, list_path("/apis/apps/v1", p->namespace_, "replicasets", "labelSelector", selector), false, sets_answered);
}

static void only_itself(struct kube_explain_private *p)
{
    p->pods = json_pack("[O]", p->object);
    judge_pods(p);
}

/* ---- the object */

static const struct {
    const char *kind;
    void (*look)(struct kube_explain_private *p);
} KINDS[] = {
    { "Deployment", get_sets },
    { "StatefulSet", get_pods },
    { "DaemonSet", get_pods },
    { "ReplicaSet", get_pods },
    { "Job", get_pods },
    { "Pod", only_itself },
};

static void object_answered(struct kube_explain_private *p, const struct err *e)
{
    if (e) {
        finish(p, e);
        return;
    }
    p->object = json_incref(p->call.answer);
    for (size_t i = 0; i < ALEN(KINDS); i++)
        if (text_is(KINDS[i].kind, json_text_at(p->object, "kind", "")))  {
            KINDS[i].look(p);
            return;
        }
    p->explanation = kube_explain_conditions(p->object);
    get_events(p);
}

static void found(struct kube_find *f, const struct err *e)
{
    struct kube_explain_private *p = OWNER(f, struct kube_explain_private, find);
    if (e || p->canceled)
        finish(p, e);
    else
        get(p, kube_path(f->resource, p->namespace_, json_text_at(p->x->object, "metadata.name", "")), false, object_answered);
}

bool kube_explain_start(struct kube_explain *x, struct kube *k, struct err *e)
{
    const char *space = json_text_at(x->object, "metadata.namespace", "");
    struct kube_explain_private *p = NEW(struct kube_explain_private);
    p->x = x;
    p->kube = k;
    p->namespace_ = mem_text(*space ? space : kube_default_namespace(k));
    p->find.done = found;
    x->explanation = NULL;
    x->answer = NULL;
    if (!kube_find_start(&p->find, k, json_text_at(x->object, "apiVersion", ""), json_text_at(x->object, "kind", ""), e)) {
        free(p->namespace_);
        free(p);
        return false;
    }
    kube_keep(k);
    x->private = p;
    return true;
}

void kube_explain_cancel(struct kube_explain *x)
{
    struct kube_explain_private *p = x->private;
    if (!p)
        return;
    p->canceled = true;
    if (!p->next)
        kube_find_cancel(&p->find);
    kube_call_cancel(&p->call);
}

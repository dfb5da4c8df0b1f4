#include "runner/workspaces_kube.h"

#include "base/mem.h"
#include "base/text.h"
#include "tasks/ci_job.h"

enum { MOST = 500 }; /* things of one kind; more go with the next try */

static const struct { const char *api, *plural; bool perhaps; } KINDS[] = {
    { "/apis/batch/v1", "jobs", false },
    { "/api/v1", "persistentvolumeclaims", true }, /* whoever may not see them has made none */
};

static void failed(struct kube_removal *r, const struct err *e)
{
    if (!r->why.kind)
        r->why = *e;
}

static void end(struct kube_removal *r)
{
    struct err why = r->why;
    json_decref(TAKE(r->paths));
    kube_release(&r->kube);
    r->done(r, why.kind ? &why : NULL);
}

static bool ask(struct kube_removal *r, const char *method, const char *path, const json_t *body, void (*done)(struct kube_call *c, const struct err *e))
{
    struct err e = { 0 };
    r->call = (struct kube_call){ .method = method, .path = path, .body = body, .done = done };
    if (kube_call_start(&r->call, r->kube, &e))
        return true;
    failed(r, &e);
    return false;
}

static void delete_next(struct kube_removal *r);

static void deleted(struct kube_call *c, const struct err *e)
{
    struct kube_removal *r = OWNER(c, struct kube_removal, call);
    if (e && c->status != 404)
        failed(r, e);
    if (e && !c->status)
        end(r); /* the others would not be answered either */
    else
        delete_next(r);
}

static void delete_next(struct kube_removal *r)
{
    const char *path = json_string_value(json_array_get(r->paths, r->at++));
    AUTO_JSON *options = json_pack("{s:s, s:s, s:s}", "apiVersion", "v1", "kind", "DeleteOptions", "propagationPolicy", "Background");
    if (!path || !ask(r, "DELETE", path, options, deleted))
        end(r);
}

static char *path_of(const struct kube_removal *r, size_t kind)
{
    struct text path = { 0 };
    text_addf(&path, "%s/namespaces/", KINDS[kind].api);
    text_add_url(&path, *r->namespace_ ? r->namespace_ : kube_default_namespace(r->kube));
    text_addf(&path, "/%s", KINDS[kind].plural);
    return text_take(&path);
}

static bool list(struct kube_removal *r);

static void listed(struct kube_call *c, const struct err *e)
{
    struct kube_removal *r = OWNER(c, struct kube_removal, call);
    AUTO_FREE char *collection = path_of(r, r->at);
    size_t i;
    json_t *one;
    if (e && !(KINDS[r->at].perhaps && c->status == 403))
        failed(r, e);
    else if (!e)
        json_array_foreach(json_object_get(c->answer, "items"), i, one) {
            AUTO_TEXT path = { 0 };
            text_addf(&path, "%s/", collection);
            text_add_url(&path, json_text_at(one, "metadata.name", ""));
            json_array_append_new(r->paths, json_text(text_of(&path)));
        }
    if (++r->at < ALEN(KINDS) && !r->why.kind && list(r))
        return;
    r->at = 0;
    delete_next(r);
}

static bool list(struct kube_removal *r)
{
    AUTO_FREE char *collection = path_of(r, r->at), *path = mem_format("%s?limit=%d&labelSelector=%s%%3D%s", collection, MOST, CI_JOB_LABEL, r->execution);
    return ask(r, "GET", path, NULL, listed);
}

bool kube_removal_start(struct kube_removal *r, struct kube_clusters *clusters, struct kube_target *target, struct err *e)
{
    if (!kube_hold(clusters, target, &r->kube, e))
        return false;
    r->paths = json_array();
    if (list(r))
        return true;
    *e = r->why;
    json_decref(TAKE(r->paths));
    kube_release(&r->kube);
    return false;
}

void kube_removal_cancel(struct kube_removal *r)
{
    kube_call_cancel(&r->call);
}

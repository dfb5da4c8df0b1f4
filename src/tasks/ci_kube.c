/* CI on a cluster: the Job's life. It is found again by its name; its Secret, made last, is what lets its pod begin (ci_job.h), so that "began" is
 * stored between the two. Its pod is watched in ci_pod.c. */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "kube/kube.h"
#include "tasks/ci_kube.h"

#define REMOVAL (20 * CLOCK_SECOND)     /* of a Job */
#define POD_REMOVAL (30 * CLOCK_SECOND) /* then of its pod: older nodes are slow to say so */

/* ---- nothing may be under way when the next thing begins */

static void turn(struct timer *t)
{
    struct ci_kube *k = OWNER(t, struct ci_kube, turn);
    void (*then)(struct ci *ci) = k->then;
    k->then = NULL;
    then(k->ci);
}

void ci_settle(struct ci_kube *k)
{
    if (k->then && !k->call.in_flight && !k->explaining && !k->removing)
        timer_set(&k->turn, k->ci->job->services->loop, 0, turn);
}

static void unsubscribe(struct ci_kube *k)
{
    kube_unsubscribe(&k->own);
    kube_unsubscribe(&k->pods);
    kube_unsubscribe(&k->gone);
}

void ci_quit(struct ci *ci, void (*then)(struct ci *ci))
{
    struct ci_kube *k = ci->kube;
    k->then = then;
    unsubscribe(k);
    timer_clear(&k->turn);
    timer_clear(&k->soon);
    timer_clear(&k->look);
    timer_clear(&ci->timer);
    kube_call_cancel(&k->call);
    if (k->explaining)
        kube_explain_cancel(&k->explain);
    if (k->removing)
        kube_op_cancel(&k->op);
    ci_settle(k);
}

static void lost_now(struct ci *ci)
{
    ci_lost(ci, &ci->kube->why);
}

void ci_kube_lost(struct ci *ci, const struct err *e)
{
    ci->kube->why = *e;
    ci_quit(ci, lost_now);
}

/* ---- asking the cluster */

static void answered(struct kube_call *call, const struct err *e)
{
    struct ci_kube *k = OWNER(call, struct ci_kube, call);
    if (k->then)
        ci_settle(k);
    else if (e && !k->reading && err_retry(e->kind))
        ci_kube_lost(k->ci, e);
    else
        k->ci->next(k->ci, e);
}

static void start_call(struct ci *ci, const char *path, void (*next)(struct ci *ci, const struct err *e))
{
    struct ci_kube *k = ci->kube;
    struct err e = { 0 };
    ci->next = next;
    k->call.path = path;
    k->call.done = answered;
    if (!kube_call_start(&k->call, k->kube, &e))
        ci_give_up(ci, &e);
}

void ci_kube_ask(struct ci *ci, const char *method, const char *path, const json_t *body, void (*next)(struct ci *ci, const struct err *e))
{
    ci->kube->call = (struct kube_call){ .method = method, .body = body };
    start_call(ci, path, next);
}

static bool taken(struct kube_call *call, const char *bytes, size_t size)
{
    struct ci_kube *k = OWNER(call, struct ci_kube, call);
    return !k->then && k->ci->piece(k->ci, bytes, size);
}

void ci_kube_read(struct ci *ci, const char *path, int64_t silence, bool (*piece)(struct ci *ci, const char *bytes, size_t size), void (*next)(struct ci *ci, const struct err *e))
{
    ci->piece = piece;
    ci->kube->reading = true;
    ci->kube->call = (struct kube_call){ .plain = true, .on_data = taken, .timeout_micros = silence };
    start_call(ci, path, next);
}

static char *path_of(const struct ci *ci, const char *api, const char *plural, const char *name)
{
    struct text path = { 0 };
    text_addf(&path, "%s/namespaces/", api);
    text_add_url(&path, ci->kube->namespace_);
    text_addf(&path, "/%s%s%s", plural, *name ? "/" : "", name);
    return text_take(&path);
}

static void post(struct ci *ci, const char *api, const char *plural, const json_t *body, void (*next)(struct ci *ci, const struct err *e))
{
    AUTO_FREE char *path = path_of(ci, api, plural, "");
    ci_kube_ask(ci, "POST", path, body, next);
}

/* An earlier try made it, and its answer was lost, or we were killed. */
static bool there_already(const struct ci_kube *k)
{
    return k->call.status == 409 && text_is(kube_status_reason(k->call.answer), "AlreadyExists");
}

/* What somebody must do to let us. */
static void fail_doing(struct ci *ci, const struct err *e, const char *verb, const char *what)
{
    struct err why = *e;
    err_wrap(&why, "a CI task must %s %s in namespace %s", verb, what, ci->kube->namespace_);
    ci_give_up(ci, &why);
}

/* ---- the Secrets, then it runs */

static void secret_made(struct ci *ci, const struct err *e)
{
    if (e && !there_already(ci->kube)) {
        fail_doing(ci, e, "create", "secrets");
        return;
    }
    ci->kube->armed = true;
    ci_pod_watch(ci);
}

static void make_secret(struct ci *ci)
{
    struct ci_kube *k = ci->kube;
    AUTO_FREE char *script = ci_files_script(k->paths);
    AUTO_JSON *files = json_copy(ci->script.files), *secret = NULL;
    struct err e = { 0 };
    json_set_text(files, CI_FILES, script);
    if (ci_job_secret(&ci->space, ci->job, k->made, files, &secret, &e))
        post(ci, "/api/v1", "secrets", secret, secret_made);
    else
        ci_give_up(ci, &e);
}

static void pull_secret_made(struct ci *ci, const struct err *e)
{
    if (e && !there_already(ci->kube))
        fail_doing(ci, e, "create", "secrets");
    else
        make_secret(ci);
}

static void arm(struct ci *ci)
{
    AUTO_JSON *pull = ci_job_pull_secret(&ci->space, ci->job, ci->kube->made);
    if (ci->kube->armed)
        ci_pod_watch(ci);
    else if (pull)
        post(ci, "/api/v1", "secrets", pull, pull_secret_made);
    else
        make_secret(ci);
}

static void begin_now(struct task_job *job)
{
    struct ci *ci = job->context;
    ci->began = true;
    arm(ci);
}

/* ---- the Job */

static void job_there(struct ci *ci)
{
    struct ci_kube *k = ci->kube;
    const json_t *label = json_object_get(json_at(k->call.answer, "metadata.labels"), CI_JOB_LABEL);
    if (!text_is(json_string_value(label), ci->job->execution)) {
        struct err e = { 0 };
        err_set(&e, ERR_CONFLICT, "there is a Job %s in namespace %s that is not of this run", ci->space.container, k->namespace_);
        ci_fail(ci, &e); /* and left alone */
        return;
    }
    json_decref(k->made);
    k->made = json_incref(k->call.answer);
    if (ci->began) {
        arm(ci);
        return;
    }
    AUTO_JSON *resolved = json_pack("{s:s, s:s, s:b}", "job", ci->space.container, "namespace", k->namespace_, "began", 1);
    task_resolved(ci->job, ci->input, resolved, begin_now, ci_abandon);
}

static void job_made(struct ci *ci, const struct err *e)
{
    if (e && there_already(ci->kube))
        ci->place->reach(ci);
    else if (e)
        fail_doing(ci, e, "create", "jobs");
    else
        job_there(ci);
}

static void make_job(struct ci *ci)
{
    AUTO_JSON *body = ci_job(&ci->space, ci->job, ci->script.shell, ci->kube->claim);
    if (json_array_size(ci->space.cache) && !*ci->space.claim)
        ci_say(ci, "cache is not kept: it needs customProperties.persistentVolumeClaim of the workspace");
    post(ci, "/apis/batch/v1", "jobs", body, job_made);
}

/* ---- what is mounted at the workspace's path */

static void claim_made(struct ci *ci, const struct err *e)
{
    if (e && !there_already(ci->kube)) {
        fail_doing(ci, e, "create", "persistentvolumeclaims");
        return;
    }
    ci->kube->claim = mem_text(ci->space.volume);
    make_job(ci);
}

static bool has_default(const json_t *classes)
{
    static const char *const MARKS[] = { "storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class" };
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(classes, "items"), i, one)
        for (size_t k = 0; k < ALEN(MARKS); k++)
            if (text_is(json_string_value(json_object_get(json_at(one, "metadata.annotations"), MARKS[k])), "true"))
                return true;
    return false;
}

static void classes_read(struct ci *ci, const struct err *e)
{
    struct ci_kube *k = ci->kube;
    if (!e && has_default(k->call.answer)) {
        AUTO_JSON *claim = ci_job_claim(&ci->space, ci->job);
        post(ci, "/api/v1", "persistentvolumeclaims", claim, claim_made);
        return;
    }
    ci_say(ci, "%s is empty when this task begins, and gone behind it: %s; customProperties.persistentVolumeClaim of the workspace names a volume that tasks share", ci->space.path,
           e ? e->text : "the cluster has no default storage class");
    k->claim = mem_text("");
    make_job(ci);
}

static void make(struct ci *ci)
{
    struct ci_kube *k = ci->kube;
    if (!k->claim && *ci->space.claim)
        k->claim = mem_text(ci->space.claim);
    if (k->claim)
        make_job(ci);
    else
        ci_kube_ask(ci, "GET", "/apis/storage.k8s.io/v1/storageclasses?limit=500", NULL, classes_read);
}

/* ---- what is there already */

static void job_asked(struct ci *ci, const struct err *e)
{
    struct ci_kube *k = ci->kube;
    struct err gone = { 0 };
    bool missing = e && k->call.status == 404;
    if (missing && ci->began && !text_is(ci->job->on_crash, "retry")) {
        err_set(&gone, ERR_NOT_FOUND, "Job %s is gone from the cluster: its steps may have run. Run the task again, or give it onCrash: retry", ci->space.container);
        ci_fail(ci, &gone);
    } else if (missing) {
        k->armed = false;
        make(ci);
    } else if (e) {
        fail_doing(ci, e, "get", "jobs");
    } else {
        job_there(ci);
    }
}

static bool hold(struct ci *ci, struct err *e)
{
    struct ci_kube *k = NEW(struct ci_kube);
    k->ci = ci;
    ci->kube = k;
    if (!kube_hold(ci->job->services->clusters, TAKE(ci->space.cluster), &k->kube, e))
        return false;
    k->namespace_ = mem_text(*ci->space.namespace_ ? ci->space.namespace_ : kube_default_namespace(k->kube));
    k->paths = ci_paths(ci);
    return true;
}

static void reach(struct ci *ci)
{
    struct err e = { 0 };
    if (!ci->kube && !hold(ci, &e)) {
        ci_fail(ci, &e);
        return;
    }
    AUTO_FREE char *path = path_of(ci, "/apis/batch/v1", "jobs", ci->space.container);
    if (!ci->lost_since)
        task_progress(ci->job, "asking the cluster at %s", kube_server(ci->kube->kube));
    ci_kube_ask(ci, "GET", path, NULL, job_asked);
}

/* ---- its end from our side */

static void deleted(struct kube_op *op, const struct err *e)
{
    struct ci_kube *k = OWNER(op, struct ci_kube, op);
    k->removing = false;
    if (k->then)
        ci_settle(k);
    else
        k->removed(k->ci, e && op->status == 404 ? NULL : e);
}

static void delete_job(struct ci *ci, void (*removed)(struct ci *ci, const struct err *e))
{
    struct ci_kube *k = ci->kube;
    struct err e = { 0 };
    AUTO_JSON *object = json_pack("{s:s, s:s, s:{s:s, s:s}}", "apiVersion", "batch/v1", "kind", "Job", "metadata", "name", ci->space.container, "namespace", k->namespace_);
    k->removed = removed;
    k->op = (struct kube_op){ .verb = KUBE_DELETE, .object = object, .timeout_micros = REMOVAL, .done = deleted };
    k->removing = kube_op_start(&k->op, k->kube, &e);
    if (!k->removing)
        removed(ci, &e);
}

static void gave_up(struct ci *ci, const struct err *e)
{
    struct err why = ci->kube->why;
    if (e)
        ci_say(ci, "Job %s could not be deleted: %.300s", ci->space.container, e->text);
    ci_fail(ci, &why);
}

static void give_up_now(struct ci *ci)
{
    if (ci->kube->made)
        delete_job(ci, gave_up);
    else
        gave_up(ci, NULL);
}

void ci_give_up(struct ci *ci, const struct err *e)
{
    ci->kube->why = *e;
    ci_quit(ci, give_up_now);
}

static void stopped(struct ci *ci)
{
    ci_end(ci, TASK_CANCELED, ci->kube->made ? "canceled; its Job was deleted" : "canceled before its Job was made", NULL);
}

static void pod_stays(struct timer *t)
{
    struct ci *ci = OWNER(t, struct ci_kube, look)->ci;
    AUTO_FREE char *message = mem_format("canceled; its Job was deleted, but pod %s is still ending", ci->kube->pod);
    kube_unsubscribe(&ci->kube->gone);
    ci_end(ci, TASK_CANCELED, message, NULL);
}

static void pod_gone(struct kube_subscription *s, const json_t *pod, bool removed)
{
    struct ci_kube *k = OWNER(s, struct ci_kube, gone);
    if (!pod || removed || !ci_pod_runs(pod)) /* that it is gone itself may take a node much longer */
        ci_quit(k->ci, stopped);
}

static void stopping(struct ci *ci, const struct err *e)
{
    static const struct kube_resource PODS = { .api_version = "v1", .kind = "Pod", .plural = "pods", .namespaced = true };
    struct ci_kube *k = ci->kube;
    if (e) {
        AUTO_FREE char *message = mem_format("canceled; whether its Job %s stopped is not known: %.300s", ci->space.container, e->text);
        ci_end(ci, TASK_CANCELED, message, NULL);
    } else if (!k->pod) {
        stopped(ci);
    } else {
        k->gone = (struct kube_subscription){ .name = k->pod, .changed = pod_gone };
        timer_set(&k->look, ci->job->services->loop, POD_REMOVAL, pod_stays);
        kube_subscribe(&k->gone, k->kube, &PODS, k->namespace_);
    }
}

/* By a delete of the Job: its pod and its Secrets go with it. */
static void stop(struct ci *ci)
{
    if (ci->kube && ci->kube->kube)
        delete_job(ci, stopping);
    else
        ci_end(ci, TASK_CANCELED, "canceled before its Job was made", NULL);
}

static bool interrupt(struct ci *ci)
{
    if (ci->kube && !ci->keeping)
        ci_quit(ci, ci_stop);
    return ci->kube && !ci->keeping;
}

static void free_kube(struct ci *ci)
{
    struct ci_kube *k = TAKE(ci->kube);
    if (!k)
        return;
    unsubscribe(k);
    timer_clear(&k->turn);
    timer_clear(&k->soon);
    timer_clear(&k->look);
    kube_release(&k->kube);
    json_decref(k->made);
    json_decref(k->paths);
    ci_files_destroy(&k->left);
    text_fini(&k->head);
    char *texts[] = { k->namespace_, k->claim, k->pod, k->pod_uid, k->hint };
    for (size_t i = 0; i < ALEN(texts); i++)
        free(texts[i]);
    free(k);
}

const struct ci_place CI_KUBE = { .makes = "job", .shared = "cluster", .reach = reach, .archive = ci_pod_archive, .interrupt = interrupt, .stop = stop, .free = free_kube };

#include "kube/judge.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/text.h"

static void say(struct kube_verdict *v, enum kube_rollout_state state, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void say(struct kube_verdict *v, enum kube_rollout_state state, const char *format, ...)
{
    v->state = state;
    va_list args;
    va_start(args, format);
    vsnprintf(v->text, sizeof v->text, format, args);
    va_end(args);
}

static int number(const json_t *object, const char *path, int otherwise)
{
    return (int)json_int_at(object, path, otherwise);
}

const json_t *kube_condition(const json_t *object, const char *type)
{
    const json_t *list = json_at(object, "status.conditions");
    for (size_t i = 0; i < json_array_size(list); i++)
        if (text_is(json_text_at(json_array_get(list, i), "type", NULL), type))
            return json_array_get(list, i);
    return NULL;
}

static bool condition_is(const json_t *object, const char *type, const char *status)
{
    return text_is(json_text_at(kube_condition(object, type), "status", NULL), status);
}

/* "reason: message" of a condition. */
static const char *words(const json_t *object, const char *type, char out[200])
{
    const json_t *c = kube_condition(object, type);
    const char *reason = json_text_at(c, "reason", ""), *message = json_text_at(c, "message", "");
    snprintf(out, 200, "%s%s%s", reason, *reason && *message ? ": " : "", message);
    return out;
}

/* Has the cluster looked at what was applied last? */
static bool seen(const json_t *object, struct kube_verdict *v)
{
    if (json_int_at(object, "status.observedGeneration", 0) >= json_int_at(object, "metadata.generation", 0))
        return true;
    say(v, KUBE_WAITING, "waiting for the cluster to take note");
    return false;
}

static void judge_deployment(const json_t *o, struct kube_verdict *v)
{
    char why[200];
    int want = number(o, "spec.replicas", 1), updated = number(o, "status.updatedReplicas", 0);
    int all = number(o, "status.replicas", 0), available = number(o, "status.availableReplicas", 0);
    if (!seen(o, v))
        return;
    if (text_is(json_text_at(kube_condition(o, "Progressing"), "reason", NULL), "ProgressDeadlineExceeded"))
        say(v, KUBE_FAILED, "%d of %d updated, %d available when its progress deadline passed", updated, want, available);
    else if (json_bool_at(o, "spec.paused", false) && updated < want)
        say(v, KUBE_WAITING, "%d of %d updated; its rollout is paused", updated, want);
    else if (updated < want && condition_is(o, "ReplicaFailure", "True"))
        say(v, KUBE_WAITING, "%d of %d updated; %s", updated, want, words(o, "ReplicaFailure", why));
    else if (updated < want || available < updated)
        say(v, KUBE_WAITING, "%d of %d updated, %d available", updated, want, available);
    else if (all > updated)
        say(v, KUBE_WAITING, "%d of %d updated, %d old still to end", updated, want, all - updated);
    else
        say(v, KUBE_READY, "%d of %d available", available, want);
}

static void judge_stateful_set(const json_t *o, struct kube_verdict *v)
{
    int want = number(o, "spec.replicas", 1), updated = number(o, "status.updatedReplicas", 0), ready = number(o, "status.readyReplicas", 0);
    int part = number(o, "spec.updateStrategy.rollingUpdate.partition", 0), due = part > want ? 0 : want - part;
    if (text_is(json_text_at(o, "spec.updateStrategy.type", NULL), "OnDelete")) {
        say(v, KUBE_READY, "applied; its strategy OnDelete updates a pod when somebody deletes it");
        return;
    }
    if (!seen(o, v))
        return;
    bool current = text_is(json_text_at(o, "status.updateRevision", ""), json_text_at(o, "status.currentRevision", ""));
    if (updated < due || ready < want)
        say(v, KUBE_WAITING, "%d of %d updated, %d ready", updated, due, ready);
    else if (!part && !current && updated < want)
        say(v, KUBE_WAITING, "%d of %d updated", updated, want);
    else
        say(v, KUBE_READY, "%d of %d ready", ready, want);
}

static void judge_daemon_set(const json_t *o, struct kube_verdict *v)
{
    int want = number(o, "status.desiredNumberScheduled", 0), updated = number(o, "status.updatedNumberScheduled", 0);
    int available = number(o, "status.numberAvailable", 0);
    if (text_is(json_text_at(o, "spec.updateStrategy.type", NULL), "OnDelete"))
        say(v, KUBE_READY, "applied; its strategy OnDelete updates a pod when somebody deletes it");
    else if (!seen(o, v))
        return;
    else if (updated < want || available < want)
        say(v, KUBE_WAITING, "%d of %d updated, %d available", updated, want, available);
    else
        say(v, KUBE_READY, want ? "%d of %d available" : "no node wants it", available, want);
}

static void judge_replica_set(const json_t *o, struct kube_verdict *v)
{
    int want = number(o, "spec.replicas", 1), available = number(o, "status.availableReplicas", 0);
    if (seen(o, v))
        say(v, available < want ? KUBE_WAITING : KUBE_READY, "%d of %d available", available, want);
}

static void judge_job(const json_t *o, struct kube_verdict *v)
{
    char why[200];
    int want = number(o, "spec.completions", 1), good = number(o, "status.succeeded", 0), bad = number(o, "status.failed", 0);
    if (condition_is(o, "Complete", "True"))
        say(v, KUBE_READY, "complete: %d succeeded", good);
    else if (condition_is(o, "Failed", "True"))
        say(v, KUBE_FAILED, "%s", words(o, "Failed", why));
    else if (json_bool_at(o, "spec.suspend", false))
        say(v, KUBE_WAITING, "the job is suspended");
    else if (bad)
        say(v, KUBE_WAITING, "%d of %d succeeded, %d failed", good, want, bad);
    else
        say(v, KUBE_WAITING, "%d of %d succeeded", good, want);
}

static void judge_service(const json_t *o, struct kube_verdict *v)
{
    const json_t *first = json_at(o, "status.loadBalancer.ingress[0]");
    if (!text_is(json_text_at(o, "spec.type", NULL), "LoadBalancer"))
        say(v, KUBE_READY, "applied");
    else if (!first)
        say(v, KUBE_WAITING, "waiting for the load balancer's address");
    else
        say(v, KUBE_READY, "load balancer at %s", json_text_at(first, "ip", json_text_at(first, "hostname", "?")));
}

static void judge_pod(const json_t *o, struct kube_verdict *v)
{
    const char *phase = json_text_at(o, "status.phase", "Pending");
    if (text_is(phase, "Succeeded") || condition_is(o, "Ready", "True"))
        say(v, KUBE_READY, "%s", text_is(phase, "Succeeded") ? "succeeded" : "ready");
    else if (text_is(phase, "Failed"))
        say(v, KUBE_FAILED, "failed%s%s", *json_text_at(o, "status.reason", "") ? ": " : "", json_text_at(o, "status.reason", ""));
    else
        say(v, KUBE_WAITING, "%s, not ready yet", phase);
}

static void judge_definition(const json_t *o, struct kube_verdict *v)
{
    char why[200];
    if (condition_is(o, "Established", "True"))
        say(v, KUBE_READY, "established");
    else if (condition_is(o, "NamesAccepted", "False"))
        say(v, KUBE_FAILED, "%s", words(o, "NamesAccepted", why));
    else
        say(v, KUBE_WAITING, "waiting for the cluster to serve it");
}

/* Whatever has the usual conditions; most custom resources do. */
static void judge_other(const json_t *o, struct kube_verdict *v)
{
    char why[200];
    const char *type = kube_condition(o, "Ready") ? "Ready" : kube_condition(o, "Available") ? "Available" : NULL;
    if (json_at(o, "status.observedGeneration") && !seen(o, v))
        return;
    if (condition_is(o, "Stalled", "True"))
        say(v, KUBE_FAILED, "%s", words(o, "Stalled", why));
    else if (!type)
        say(v, KUBE_READY, "applied");
    else if (condition_is(o, type, "True"))
        say(v, KUBE_READY, "ready");
    else
        say(v, KUBE_WAITING, "not ready: %s", words(o, type, why));
}

static const struct {
    const char *group, *kind; /* group with its slash; "": the core's */
    void (*judge)(const json_t *o, struct kube_verdict *v);
} KINDS[] = {
    { "apps/", "Deployment", judge_deployment },
    { "apps/", "StatefulSet", judge_stateful_set },
    { "apps/", "DaemonSet", judge_daemon_set },
    { "apps/", "ReplicaSet", judge_replica_set },
    { "", "ReplicationController", judge_replica_set },
    { "batch/", "Job", judge_job },
    { "", "Service", judge_service },
    { "", "Pod", judge_pod },
    { "apiextensions.k8s.io/", "CustomResourceDefinition", judge_definition },
};

void kube_judge(const json_t *object, struct kube_verdict *ret)
{
    const char *version = json_text_at(object, "apiVersion", "v1"), *kind = json_text_at(object, "kind", "");
    for (size_t i = 0; i < ALEN(KINDS); i++) {
        bool group = *KINDS[i].group ? text_starts(version, KINDS[i].group) : text_is(version, "v1");
        if (group && text_is(kind, KINDS[i].kind)) {
            KINDS[i].judge(object, ret);
            return;
        }
    }
    judge_other(object, ret);
}

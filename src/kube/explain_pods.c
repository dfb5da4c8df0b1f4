#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "kube/explain.h"
#include "kube/judge.h"

#define MESSAGE_LIMIT 700
#define CRASHES 3 /* restarts after which waiting will not mend a crash */

void kube_explanation_destroy(struct kube_explanation **explanation)
{
    struct kube_explanation *x = *explanation;
    if (!x)
        return;
    char *const parts[] = { x->pod, x->container, x->reason, x->message, x->event, x->log };
    for (size_t i = 0; i < ALEN(parts); i++)
        free(parts[i]);
    free(x);
    *explanation = NULL;
}

/* One line, its end cut, without what containerd's and Docker's RPC put before the sentence. */
char *kube_one_line(const char *text)
{
    static const char *const NOISE[] = { "rpc error: code = Unknown desc = ", "rpc error: code = NotFound desc = ",
                                         "Error response from daemon: " };
    AUTO_TEXT out = { 0 };
    while (*text && out.length < MESSAGE_LIMIT) {
        size_t skip = 0;
        for (size_t i = 0; i < ALEN(NOISE); i++)
            if (text_starts(text, NOISE[i]))
                skip = strlen(NOISE[i]);
        if (!skip)
            text_add_char(&out, (unsigned char)*text < 0x20 ? ' ' : *text);
        text += skip ? skip : 1;
    }
    while (*text && out.length && ((unsigned char)*text & 0xc0) == 0x80) /* not in the middle of a character */
        text_add_char(&out, *text++);
    if (*text)
        text_add(&out, " ...");
    return text_take(&out);
}

/* ---- one container */

struct finding {
    int rank; /* the highest tells most; 0: well */
    bool stuck;
    const json_t *pod;
    const char *container, *reason;
    char *message;
    int exit_code, restarts;
};

/* Why a container waits. at_once: no waiting mends it; restarts: after CRASHES it is hopeless. */
static const struct {
    const char *reason;
    int rank;
    bool at_once, by_restarts;
} REASONS[] = {
    { "InvalidImageName", 90, true, false },
    { "ErrImageNeverPull", 90, true, false },
    { "ImagePullBackOff", 90, true, false },
    { "ErrImagePull", 90, true, false },
    { "RegistryUnavailable", 90, true, false },
    { "CreateContainerConfigError", 85, true, false },
    { "CreateContainerError", 80, true, false },
    { "CrashLoopBackOff", 75, false, true },
    { "RunContainerError", 70, false, true },
    { "ContainerCreating", 10, false, false },
    { "PodInitializing", 5, false, false },
};

static void ended_words(struct finding *f, const json_t *ended)
{
    const char *reason = json_text_at(ended, "reason", ""), *message = json_text_at(ended, "message", "");
    f->exit_code = (int)json_int_at(ended, "exitCode", -1);
    int signal = (int)json_int_at(ended, "signal", 0);
    free(f->message);
    f->message = mem_format("the container ended with exit code %d%s%s%s%s%s%s", f->exit_code, *reason ? " (" : "", reason,
                            *reason ? ")" : "", signal ? " by a signal" : "", *message ? ": " : "", message);
    if (text_is(reason, "OOMKilled"))
        f->reason = "OOMKilled";
}

static void find_waiting(struct finding *f, const json_t *status, const json_t *waiting)
{
    f->reason = json_text_at(waiting, "reason", "Waiting");
    f->rank = 20;
    f->message = kube_one_line(json_text_at(waiting, "message", ""));
    for (size_t i = 0; i < ALEN(REASONS); i++)
        if (text_is(REASONS[i].reason, f->reason)) {
            f->rank = REASONS[i].rank;
            f->stuck = REASONS[i].at_once || (REASONS[i].by_restarts && f->restarts >= CRASHES);
        }
    const json_t *last = json_at(status, "lastState.terminated");
    if (text_is(f->reason, "CrashLoopBackOff") && last)
        ended_words(f, last);
}

static void find_container(struct finding *f, const json_t *status, bool init)
{
    const json_t *waiting = json_at(status, "state.waiting"), *ended = json_at(status, "state.terminated");
    f->container = json_text_at(status, "name", "");
    f->restarts = (int)json_int_at(status, "restartCount", 0);
    f->exit_code = -1;
    if (waiting) {
        find_waiting(f, status, waiting);
    } else if (ended && json_int_at(ended, "exitCode", 0) != 0) {
        f->reason = json_text_at(ended, "reason", "Error");
        f->rank = 70;
        f->stuck = f->restarts >= CRASHES;
        ended_words(f, ended);
    } else if (!init && !ended && !json_bool_at(status, "ready", true)) {
        f->reason = "NotReady";
        f->rank = 30;
        f->message = mem_text("it runs, but does not report ready");
        if (f->restarts && json_at(status, "lastState.terminated"))
            f->exit_code = (int)json_int_at(status, "lastState.terminated.exitCode", -1);
    }
}

/* ---- one pod */

static void keep(struct finding *best, struct finding *f)
{
    if (f->rank > best->rank) {
        free(best->message);
        *best = *f;
    } else {
        free(f->message);
    }
}

static void find_pod(struct finding *best, const json_t *pod)
{
    static const char *const LISTS[] = { "status.initContainerStatuses", "status.containerStatuses" };
    if (json_at(pod, "metadata.deletionTimestamp"))
        return;
    const json_t *scheduled = kube_condition(pod, "PodScheduled");
    if (text_is(json_text_at(scheduled, "status", NULL), "False")) {
        struct finding f = { .rank = 60, .pod = pod, .container = "", .reason = json_text_at(scheduled, "reason", "Unschedulable"),
                             .message = kube_one_line(json_text_at(scheduled, "message", "")), .exit_code = -1 };
        keep(best, &f);
    }
    if (text_is(json_text_at(pod, "status.phase", NULL), "Failed") && json_at(pod, "status.reason")) {
        struct finding f = { .rank = 65, .pod = pod, .container = "", .reason = json_text_at(pod, "status.reason", ""),
                             .message = kube_one_line(json_text_at(pod, "status.message", "")), .exit_code = -1 };
        keep(best, &f);
    }
    for (size_t i = 0; i < ALEN(LISTS); i++) {
        const json_t *list = json_at(pod, LISTS[i]);
        for (size_t k = 0; k < json_array_size(list); k++) {
            struct finding f = { .pod = pod };
            find_container(&f, json_array_get(list, k), i == 0);
            keep(best, &f);
        }
    }
}

struct kube_explanation *kube_explanation_create(const char *pod, const char *container, const char *reason, const char *message)
{
    struct kube_explanation *x = NEW(struct kube_explanation);
    x->pod = mem_text(pod);
    x->container = mem_text(container);
    x->reason = mem_text(reason);
    x->message = kube_one_line(message);
    x->event = mem_text("");
    x->log = mem_text("");
    x->exit_code = -1;
    return x;
}

struct kube_explanation *kube_explain_pods(const json_t *pods)
{
    struct finding best = { 0 };
    for (size_t i = 0; i < json_array_size(pods); i++)
        find_pod(&best, json_array_get(pods, i));
    if (!best.rank)
        return NULL;
    struct kube_explanation *x = kube_explanation_create(json_text_at(best.pod, "metadata.name", ""), best.container, best.reason,
                                                         best.message ? best.message : "");
    x->exit_code = best.exit_code;
    x->restarts = best.restarts;
    x->stuck = best.stuck;
    free(best.message);
    return x;
}

struct kube_explanation *kube_explain_conditions(const json_t *object)
{
    static const char *const TYPES[] = { "ReplicaFailure", "Failed", "FailureTarget" };
    for (size_t i = 0; i < ALEN(TYPES); i++) {
        const json_t *c = kube_condition(object, TYPES[i]);
        if (text_is(json_text_at(c, "status", NULL), "True"))
            return kube_explanation_create("", "", json_text_at(c, "reason", TYPES[i]), json_text_at(c, "message", ""));
    }
    return NULL;
}

/* ---- events: which of them says why */

static const struct {
    const char *reason, *begins; /* of the explanation; how the event's message begins, or NULL */
    const char *event;           /* or the event's reason */
} TELLING[] = {
    { "ImagePullBackOff", "Failed to pull image", NULL },
    { "ErrImagePull", "Failed to pull image", NULL },
    { "Unschedulable", NULL, "FailedScheduling" },
    { "NotReady", NULL, "Unhealthy" },
    { "ContainerCreating", NULL, "FailedMount" },
    { "ContainerCreating", NULL, "FailedCreatePodSandBox" },
};

static bool telling(const char *reason, const json_t *event)
{
    for (size_t i = 0; i < ALEN(TELLING); i++) {
        if (!text_is(TELLING[i].reason, reason))
            continue;
        if (TELLING[i].begins && text_starts(json_text_at(event, "message", ""), TELLING[i].begins))
            return true;
        if (TELLING[i].event && text_is(json_text_at(event, "reason", ""), TELLING[i].event))
            return true;
    }
    return false;
}

/* RFC 3339 sorts as text. */
static const char *event_time(const json_t *event)
{
    static const char *const PLACES[] = { "series.lastObservedTime", "lastTimestamp", "eventTime", "metadata.creationTimestamp" };
    for (size_t i = 0; i < ALEN(PLACES); i++)
        if (json_text_at(event, PLACES[i], NULL))
            return json_text_at(event, PLACES[i], "");
    return "";
}

const json_t *kube_explain_event(const json_t *events, const char *reason)
{
    const json_t *best = NULL;
    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *event = json_array_get(events, i);
        if (!text_is(json_text_at(event, "type", "Warning"), "Warning"))
            continue;
        bool tells = telling(reason, event), best_tells = best && telling(reason, best);
        if (!best || (tells && !best_tells) || (tells == best_tells && strcmp(event_time(event), event_time(best)) >= 0))
            best = event;
    }
    return best;
}

/* ---- words */

char *kube_explanation_text(const struct kube_explanation *x, bool with_log)
{
    AUTO_TEXT out = { 0 };
    if (*x->pod)
        text_addf(&out, "pod %s: ", x->pod);
    text_add(&out, x->reason);
    /* The event holds the registry's answer when the status only says "Back-off pulling image". */
    bool image = text_is(x->reason, "ImagePullBackOff") || text_is(x->reason, "ErrImagePull");
    bool event_instead = *x->event && (image || !*x->message || text_is(x->reason, "NotReady"));
    const char *why = event_instead ? x->event : x->message;
    if (*why)
        text_addf(&out, ": %s", why);
    if (x->restarts)
        text_addf(&out, " (%d restart%s)", x->restarts, x->restarts == 1 ? "" : "s");
    if (with_log && *x->log)
        text_addf(&out, "\nlast lines of its log:\n%s", x->log);
    return text_take(&out);
}

json_t *kube_explanation_json(const struct kube_explanation *x)
{
    json_t *json = json_object();
    AUTO_FREE char *text = kube_explanation_text(x, false);
    json_set_text(json, "text", text);
    json_set_text(json, "pod", x->pod);
    json_set_text(json, "container", x->container);
    json_set_text(json, "reason", x->reason);
    json_set_text(json, "message", x->message);
    json_set_text(json, "event", x->event);
    json_set_text(json, "log", x->log);
    json_object_set_new(json, "exitCode", x->exit_code < 0 ? json_null() : json_integer(x->exit_code));
    json_object_set_new(json, "restarts", json_integer(x->restarts));
    json_object_set_new(json, "stuck", json_boolean(x->stuck));
    return json;
}

/* ---- a pod in brief */

json_t *kube_pod_brief(const json_t *pod)
{
    json_t *statuses = json_at(pod, "status.containerStatuses"), *status;
    AUTO_JSON *list = json_pack("[O]", pod);
    AUTO(kube_explanation) x = kube_explain_pods(list);
    AUTO_FREE char *reason = x ? mem_format("%s%s%s", x->reason, *x->message ? ": " : "", x->message) : mem_text("");
    json_int_t ready = 0, restarts = 0;
    size_t i;
    json_array_foreach(statuses, i, status) {
        ready += json_bool_at(status, "ready", false);
        restarts += json_int_at(status, "restartCount", 0);
    }
    const char *phase = json_at(pod, "metadata.deletionTimestamp") ? "Terminating" : json_text_at(pod, "status.phase", "Pending");
    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:s}", "name", json_text_at(pod, "metadata.name", ""), "phase", phase, "ready", ready, "containers",
                     (json_int_t)json_array_size(json_at(pod, "spec.containers")), "restarts", restarts, "reason", reason);
}

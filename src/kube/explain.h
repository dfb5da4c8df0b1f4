/* kube/explain.h - why does it not run? The pod, the reason, the registry's answer, the last log lines.
 *
 * Looks at the pods of the newest revision, picks the one that says most, and asks for its last warning event and its
 * log (of the container before, when it crashed). Judging is pure; the operation only fetches.
 */
#pragma once

#include "kube/kube.h"

#define KUBE_LOG_LINES 20
#define KUBE_LOG_BYTES 4096

struct kube_explanation {
    char *pod;       /* "" when no pod came to be */
    char *container; /* "" when it is about the pod */
    char *reason;    /* "ImagePullBackOff", "OOMKilled", "Unschedulable", "FailedCreate", "NotReady" ... */
    char *message;   /* one line, the cluster's own words */
    char *event;     /* the last warning about it; "" */
    char *log;       /* last lines; "" */
    int exit_code;   /* of the last termination, -1: none */
    int restarts;
    bool stuck;      /* will not mend by waiting: what fail fast looks at */
};
void kube_explanation_destroy(struct kube_explanation **explanation);

/* "pod site-abc: ImagePullBackOff: ... manifest unknown", one paragraph; log lines follow on lines of their own when
 * with_log. The caller's. */
char *kube_explanation_text(const struct kube_explanation *explanation, bool with_log);
json_t *kube_explanation_json(const struct kube_explanation *explanation);

/* Pure. The pods as a list's items; NULL when all of them are well. The caller's. */
struct kube_explanation *kube_explain_pods(const json_t *pods);
/* Pure. A pod for those who watch a rollout: {"name", "phase" ("Running", "Terminating" ...), "ready", "containers", "restarts", "reason" (""
 * or one sentence why it is not well)}. A new reference. */
json_t *kube_pod_brief(const json_t *pod);
/* Pure. From the conditions of an object (ReplicaFailure: quota, admission); NULL when they say nothing. */
struct kube_explanation *kube_explain_conditions(const json_t *object);

/* Pure. Of a list's items, the warning that tells most about this reason, the newest of equals; NULL: none. Borrowed. */
const json_t *kube_explain_event(const json_t *events, const char *reason);
struct kube_explanation *kube_explanation_create(const char *pod, const char *container, const char *reason, const char *message);
char *kube_one_line(const char *text); /* the cluster's words on one line, cut at 700 bytes; the caller's */

struct kube_explain { /* embed; zero it; yours again once done runs */
    const json_t *object; /* of any kind: kind, metadata.name and namespace. Held until done */
    void (*done)(struct kube_explain *x, const struct err *e);
    /* ---- valid in done */
    struct kube_explanation *explanation; /* yours; NULL: nothing wrong was found */
    json_t *answer;                       /* the object as it is now; NULL: not read; freed after done */
    struct kube_explain_private *private;
};
bool kube_explain_start(struct kube_explain *x, struct kube *kube, struct err *e);
void kube_explain_cancel(struct kube_explain *x);

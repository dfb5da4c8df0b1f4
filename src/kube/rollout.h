/* kube/rollout.h - is what was applied running? Judged from an object alone, and waited for by watching.
 *
 * Ready means: Deployment, StatefulSet, DaemonSet: every replica updated and available; Job: Complete; Service of type
 * LoadBalancer: has an address; Pod: Ready (or Succeeded); CustomResourceDefinition: Established; anything else: its
 * condition Ready (or Available), and where it has none, applied is done.
 */
#pragma once

#include "kube/explain.h"
#include "kube/watch.h"

enum kube_rollout_state { KUBE_WAITING, KUBE_READY, KUBE_FAILED };

struct kube_verdict {
    enum kube_rollout_state state;
    char text[256]; /* "2 of 3 updated, 1 available" */
};
/* Pure. */
void kube_judge(const json_t *object, struct kube_verdict *ret);

/* Can an object of this kind be anything but ready at once? false: no need to wait. */
bool kube_waits(const json_t *object);

struct kube_rollout { /* embed; zero it; yours again once done runs */
    const json_t *object;   /* as the cluster answered to apply: apiVersion, kind, metadata, spec. Copied in part */
    int64_t deadline;       /* clock_mono; 0: none */
    bool fail_slow;         /* true: only the cluster or the deadline end it. false (the default): a pod of the new
                             * revision that cannot start ends it too: ImagePullBackOff, ErrImagePull, InvalidImageName,
                             * CreateContainerConfigError, or CrashLoopBackOff after 3 restarts, still so after 10 s */
    void (*progress)(struct kube_rollout *r, const char *text); /* may be NULL; text differs from the last one */
    /* e NULL: ready. ERR_INVALID kinds: failed, e->text ends with the explanation; ERR_TIMEOUT: the deadline passed;
     * ERR_CANCELED. */
    void (*done)(struct kube_rollout *r, const struct err *e);
    /* ---- valid in done */
    json_t *answer;                       /* the whole object as it is now; NULL when it could not be read; freed after done */
    struct kube_explanation *explanation; /* NULL when ready, or when nothing could be found out; destroyed after done */
    struct kube_rollout_private *private;
};
bool kube_rollout_start(struct kube_rollout *r, struct kube *kube, struct err *e);
void kube_rollout_cancel(struct kube_rollout *r); /* done still runs, once, later */

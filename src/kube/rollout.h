/* kube/rollout.h - waiting until what was applied runs, by watching; and saying why when it does not. */
#pragma once

#include "kube/explain.h"
#include "kube/judge.h"
#include "kube/watch.h"

struct kube_rollout { /* embed; zero it; yours again once done runs */
    const json_t *object;   /* as the cluster answered to apply: apiVersion, kind, metadata, spec. Held until start returned */
    int64_t deadline;       /* clock_mono; 0: none */
    bool fail_slow;         /* true: only the cluster or the deadline end it. false (the default): a pod of the new
                             * revision that cannot start ends it too: ImagePullBackOff, ErrImagePull, InvalidImageName,
                             * CreateContainerConfigError, or CrashLoopBackOff after 3 restarts, still so after 10 s */
    void (*progress)(struct kube_rollout *r, const char *text); /* may be NULL; text differs from the last one */
    /* May be NULL. A pod of it is there or is another than before, in brief (yours); or, NULL, it is gone. */
    void (*pod)(struct kube_rollout *r, const char *name, json_t *brief);
    /* e NULL: ready. ERR_INVALID: failed, and e->text says why; ERR_TIMEOUT: the deadline passed, likewise;
     * ERR_NOT_FOUND: somebody deleted it; ERR_CANCELED. */
    void (*done)(struct kube_rollout *r, const struct err *e);
    /* ---- valid in done */
    json_t *answer;                       /* the whole object as it is now; NULL when it could not be read; freed after done */
    struct kube_explanation *explanation; /* yours; NULL when ready, or when nothing could be found out */
    struct kube_rollout_private *private;
};
bool kube_rollout_start(struct kube_rollout *r, struct kube *kube, struct err *e);
void kube_rollout_cancel(struct kube_rollout *r); /* done still runs, once, later */

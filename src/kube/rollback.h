/* kube/rollback.h - back to an earlier revision: of a Deployment by its ReplicaSets, of a StatefulSet or DaemonSet by
 * its ControllerRevisions. The pod template of then is patched in; what else was changed since stays.
 */
#pragma once

#include "kube/object.h"

struct kube_rollback { /* embed; zero it; yours again once done runs */
    const char *type;       /* "Deployment", "StatefulSet", "DaemonSet", any case. All texts are copied */
    const char *name;
    const char *namespace_; /* NULL or "": the target's default */
    const char *revision;   /* "n-1" ... "n-5", or a number as kubectl rollout history shows it; NULL: n-1 */
    const json_t *annotations; /* merged into the object's; NULL: none */
    bool dry_run;
    void (*done)(struct kube_rollback *r, const struct err *e);
    /* ---- valid in done */
    json_t *answer;       /* the object after the patch; freed after done */
    int64_t from, to;     /* revisions */
    bool unchanged;       /* it already ran that revision */
    struct kube_rollback_private *private;
};
bool kube_rollback_start(struct kube_rollback *r, struct kube *kube, struct err *e);
void kube_rollback_cancel(struct kube_rollback *r);

/* Pure: "n-2" or "7", given the revisions there are (descending; the first is the current one) -> which. */
bool kube_revision_pick(const char *wanted, const int64_t *revisions, size_t count, int64_t *ret, struct err *e);

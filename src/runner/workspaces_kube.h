/* runner/workspaces_kube.h - what the CI tasks of one run left on a cluster, deleted: Jobs (with their pods and Secrets), the run's claim. */
#pragma once

#include "kube/kube.h"

struct kube_removal { /* embed; zero it; yours again once done runs */
    const char *execution, *namespace_; /* namespace_ "": the target's own. Live until done */
    void (*done)(struct kube_removal *r, const struct err *e); /* once, later, on the loop; e: the first that could not be deleted */
    struct kube *kube;                  /* private from here on */
    struct kube_call call;
    json_t *paths;                      /* what is still to be deleted */
    size_t at;
    struct err why;
};
/* The target is taken, also on failure; then done never runs. */
bool kube_removal_start(struct kube_removal *r, struct kube_clusters *clusters, struct kube_target *target, struct err *e);
void kube_removal_cancel(struct kube_removal *r);

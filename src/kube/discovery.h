/* kube/discovery.h - from apiVersion and kind to where such objects live.
 *
 * Asked once per group and version, kept by the kube, asked again on a miss (at
 * most every 5 s per group: a CustomResourceDefinition may just have come).
 */
#pragma once

#include "kube/kube.h"

struct kube_resource {
    char *api_version; /* "apps/v1" */
    char *kind;        /* "Deployment" */
    char *plural;      /* "deployments" */
    bool namespaced;
};

struct kube_find { /* embed; yours again once done runs */
    void (*done)(struct kube_find *f, const struct err *e);
    const struct kube_resource *resource; /* valid from done on, borrowed as long as the kube is held */
    struct kube *kube;                    /* private from here on */
    char *api_version, *kind;
    struct kube_call call;
    struct timer now;
    bool canceled;
};
/* ERR_NOT_FOUND: 'the cluster knows no kind Widget in acme.io/v1'. */
bool kube_find_start(struct kube_find *f, struct kube *kube, const char *api_version, const char *kind, struct err *e);
void kube_find_cancel(struct kube_find *f);

/* The path of one object, or with name NULL of the collection. namespace_ is ignored for what is not namespaced; NULL
 * leaves it out (all namespaces). The caller's. */
char *kube_path(const struct kube_resource *r, const char *namespace_, const char *name);

/* Reads an APIResourceList: pure. Returns the kind's entry or NULL; the caller's. */
struct kube_resource *kube_resource_in(const json_t *list, const char *api_version, const char *kind);
void kube_resource_destroy(struct kube_resource **r);

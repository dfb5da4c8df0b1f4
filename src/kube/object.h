/* kube/object.h - one object on the cluster: get, list, create, apply, patch, delete, as one operation.
 *
 * The resource is found by discovery first, so any kind the cluster knows
 * works, custom resources included. Apply is server-side apply with the field
 * manager "slipway". Not forced by default: taking a field from another
 * manager (a person's kubectl, an autoscaler) should be somebody's decision, so
 * a conflict is ERR_CONFLICT with a sentence that names managers and fields.
 * What only "slipway" itself changed by other verbs (create, rollback) is taken
 * without asking.
 */
#pragma once

#include "kube/discovery.h"
#include "kube/manifest.h"

#define KUBE_MANAGER "slipway"
#define KUBE_MANAGED "FieldManagerConflict" /* the reason of an apply refused because of another manager */

enum kube_verb {
    KUBE_GET,
    KUBE_LIST,   /* of the object's kind; answer is {"items": [...]} of all pages; 10,000 objects at most */
    KUBE_CREATE,
    KUBE_APPLY,
    KUBE_PATCH,
    KUBE_DELETE, /* propagation in the background; done once the object is gone or the deadline passed (ERR_TIMEOUT) */
};

struct kube_op { /* embed; zero it; yours again once done runs */
    enum kube_verb verb;
    const json_t *object;   /* apiVersion, kind, metadata.name, metadata.namespace (missing: the target's default). Held until done */
    const json_t *patch;    /* KUBE_PATCH */
    const char *patch_type; /* NULL: application/merge-patch+json */
    const char *label_selector; /* KUBE_LIST; copied */
    bool all_namespaces;        /* KUBE_LIST */
    bool force;             /* KUBE_APPLY: take fields from other managers */
    bool dry_run;           /* the cluster answers as if, and changes nothing */
    int64_t timeout_micros; /* of each request, 0: 30 s; of KUBE_DELETE in all, 0: 60 s */
    void (*done)(struct kube_op *op, const struct err *e);
    /* ---- valid in done */
    json_t *answer; /* the object as the cluster has it now; of KUBE_DELETE as it was; freed after done */
    char reason[64]; /* of a refusal: "AlreadyExists", "Conflict", "NotFound" ...; "" */
    json_t *warnings; /* texts that the cluster gave along, refused or not; an array; freed after done */
    int status;
    int64_t retry_after_micros;
    struct kube_op_private *private;
};
bool kube_op_start(struct kube_op *op, struct kube *kube, struct err *e);
void kube_op_cancel(struct kube_op *op); /* done still runs, once, later. Welcome when not in flight */

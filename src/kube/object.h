/* kube/object.h - one object on the cluster: get, list, create, apply, patch, delete, as one operation.
 *
 * The resource is found by discovery first, so any kind the cluster knows
 * works, custom resources included. Apply is server-side apply with the field
 * manager "slipway". Not forced by default: taking a field from another
 * manager (a person's kubectl, an autoscaler) should be somebody's decision, so
 * a conflict is ERR_CONFLICT with a sentence that names managers and fields.
 */
#pragma once

#include "kube/discovery.h"

#define KUBE_MANAGER "slipway"

enum kube_verb {
    KUBE_GET,
    KUBE_LIST,   /* of the object's kind; answer is {"items": [...]} of all pages; 10,000 objects at most */
    KUBE_CREATE,
    KUBE_APPLY,
    KUBE_PATCH,  /* strategic merge where the kind is built in, else JSON merge; patch says what */
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
    int status;
    int64_t retry_after_micros;
    struct kube_op_private *private;
};
bool kube_op_start(struct kube_op *op, struct kube *kube, struct err *e);
void kube_op_cancel(struct kube_op *op); /* done still runs, once, later. Welcome when not in flight */

/* ---- pure */

/* What Slipway adds before sending, because clusters before 1.21 refuse a server-side apply without it: protocol TCP on
 * ports of Services and of containers in pod templates (LAB trap 2). The cluster would default to the same. */
void kube_fill_protocols(json_t *object);

/* Would a person call these two the same? managedFields, resourceVersion, generation, status and annotations and labels
 * under "slipway.io/" do not count. */
bool kube_same(const json_t *a, const json_t *b);

/* apiVersion, kind and metadata.name of the right shape? e->field is the pointer. */
bool kube_object_check(const json_t *object, struct err *e);

/* The pod template in an object, wherever its kind has it (a Pod itself, Deployment, CronJob ...); NULL: none. Borrowed. */
json_t *kube_pod_template(const json_t *object);
/* Calls each for every container, init containers first, of the object's pod template. */
void kube_each_container(const json_t *object, void (*each)(json_t *container, void *context), void *context);

/* "Deployment web" or "Deployment web in shop", for sentences. */
const char *kube_object_name(const json_t *object, char out[400]);

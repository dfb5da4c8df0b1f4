/* tasks/k8s_render.h - from bound documents to the objects that a Kubernetes task sends: whose they are, which image they
 * run, how the cluster may fetch it. Pure.
 */
#pragma once

#include "base/json.h"
#include "tasks/task.h"

/* What we write on every object we apply or create. */
#define K8S_RUN "slipway.io/run"             /* uuid of the execution */
#define K8S_TASK "slipway.io/task"           /* "Stage.Task" */
#define K8S_EXECUTION "slipway.io/execution" /* "pipeline#12", for people */
#define K8S_WEBHOOK "slipway.io/webhook"     /* whose push */
#define K8S_PUSH "slipway.io/push"           /* the newest push of that webhook that was put here; never goes back */
#define K8S_NEWEST "slipway.io/newest"       /* "pipeline#12" of that newest push */
#define K8S_IMAGES "slipway.io/images"       /* what was pinned, by tag: "site=acme/site:1.4" */
#define K8S_RESTORED "slipway.io/restored"   /* "pipeline#11": it was put back as that execution had left it */
#define K8S_PUSHED "slipway.io/pushed"       /* on pod templates: rolls them when a mutable tag was pushed again */

struct k8s_facts {
    const char *execution, *stage, *task, *pipeline;
    int64_t index;
    const struct task_push *push; /* NULL: none */
    bool pin;
    const char *namespace_;       /* for documents that name none; NULL or "": the endpoint's */
};

#define K8S_OBJECTS 200

/* Documents to objects: Lists taken apart, empty ones dropped. e->field is a pointer into the documents. needs_name false: a
 * kind is enough (GET by label). */
bool k8s_objects(const json_t *documents, const struct k8s_facts *facts, bool needs_name, json_t **ret, struct err *e);

/* Annotations, pinned or rolled images. Changes objects. What was done is added to notes, one line each. */
void k8s_stamp(json_t *object, const struct k8s_facts *facts, struct text *notes);

/* Before an apply: what the live object says. "": go on; else the execution that put a newer push there. Borrowed from live. */
const char *k8s_superseded(const json_t *live, const struct task_push *push);

/* Keeps the high-water mark of the live object in what will be applied over it. */
void k8s_keep_mark(json_t *object, const json_t *live, const struct k8s_facts *facts);

/* Which execution put it there last: its uuid, and "pipeline#12"; "": none did. Borrowed from live. */
const char *k8s_put_by(const json_t *live, const char **ret_execution);
/* Did this very task of this very run make it? */
bool k8s_is_ours(const json_t *live, const struct k8s_facts *facts);

/* The images of an object, "a, b"; the caller's; NULL: it has none. */
char *k8s_images(const json_t *object);

/* Does a container run what was pushed, by its tag? */
bool k8s_is_pushed(const char *image, const struct task_push *push);
/* The image of an object's container as the pipeline named it, and its digest ("": not pinned); both the caller's. pinned: what we
 * noted when we pinned it counts; after a rollback it tells of another image. Without a tag it is "acme/web@sha256:...". */
char *k8s_image_named(const json_t *object, const json_t *container, bool pinned, char **ret_digest);

/* One Secret for each namespace in which objects have pod templates, put before the first of them; each template names it.
 * registry_endpoint is {"name", "properties": {serverType, repoURL, username, password}}. name NULL or "": made from the
 * endpoint's. *ret_added, a new array, holds those very Secrets. */
bool k8s_add_pull_secrets(json_t *objects, const json_t *registry_endpoint, const char *name, json_t **ret_added, struct err *e);

/* kube/manifest.h - small questions about objects as they are written for a cluster. Pure. */
#pragma once

#include "base/json.h"

#define KUBE_OURS "slipway.io/" /* annotations and labels of our own begin with it */

/* What Slipway adds before sending, because clusters before 1.21 refuse a server-side apply without it: protocol TCP on
 * ports of Services and of containers in pod templates. The cluster would default to the same. */
void kube_fill_protocols(json_t *object);

/* Would a person call these two the same? managedFields, resourceVersion, generation, status and annotations and labels
 * of our own do not count. */
bool kube_same(const json_t *a, const json_t *b);

/* apiVersion, kind and metadata.name of the right shape? e->field is the pointer. */
bool kube_object_check(const json_t *object, struct err *e);

/* The pod template in an object, wherever its kind has it (a Pod itself, Deployment, CronJob ...); NULL: none. Borrowed. */
json_t *kube_pod_template(const json_t *object);
/* Calls each for every container, init containers first, of the object's pod template. */
void kube_each_container(const json_t *object, void (*each)(json_t *container, void *context), void *context);

/* "Deployment web" or "Deployment web in shop", for sentences. */
#define KUBE_NAME_TEXT 400
const char *kube_object_name(const json_t *object, char out[KUBE_NAME_TEXT]);

/* spec.selector as a label selector of a URL's query ("app=web,tier in (a,b)"); the caller's, NULL: it has none. */
char *kube_selector(const json_t *object);

/* Does this object name that uid as an owner? */
bool kube_owned_by(const json_t *object, const char *uid);

/* kube/output.h - what a Kubernetes task gives back, in Code Stream's shape; and objects fit to be shown. Pure.
 *
 * {"failures": [], "deployments": {"web": {...}}, "loadBalancers": {"web": {"ingress": [...]}}}
 */
#pragma once

#include "base/json.h"

#define KUBE_MASK "*****"

json_t *kube_output_create(void);
/* The object as it is now: managedFields dropped, values of Secrets masked. */
void kube_output_add(json_t *output, const json_t *object);
/* It was deleted: status.phase "Removed", what it was under oldState. */
void kube_output_removed(json_t *output, const json_t *old);
void kube_output_fail(json_t *output, const json_t *object, const struct err *e);

/* A copy fit for logs and outputs: no managedFields, no last-applied annotation, data and stringData of Secrets masked. */
json_t *kube_shown(const json_t *object);

/* "Deployment" -> "deployments", "NetworkPolicy" -> "networkPolicies". The caller's. */
char *kube_plural(const char *kind);

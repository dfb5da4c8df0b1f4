/* kube/judge.h - is what was applied running? Judged from the object alone. Pure.
 *
 * Ready means: Deployment, StatefulSet, DaemonSet: every replica updated and available; Job: Complete; Service of type
 * LoadBalancer: has an address; Pod: Ready (or Succeeded); CustomResourceDefinition: Established; anything else: its
 * condition Ready (or Available), and where it has none, applied is done.
 */
#pragma once

#include "base/json.h"

enum kube_rollout_state { KUBE_WAITING, KUBE_READY, KUBE_FAILED };

struct kube_verdict {
    enum kube_rollout_state state;
    char text[256]; /* "2 of 3 updated, 1 available" */
};
void kube_judge(const json_t *object, struct kube_verdict *ret);


/* The entry of status.conditions of this type; NULL: none. Borrowed. */
const json_t *kube_condition(const json_t *object, const char *type);

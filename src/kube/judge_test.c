#include <string.h>

#include "base/test.h"
#include "base/yaml.h"
#include "kube/judge.h"

#define DEPLOYMENT "apiVersion: apps/v1\nkind: Deployment\n"
#define STATEFUL "apiVersion: apps/v1\nkind: StatefulSet\n"
#define DAEMON "apiVersion: apps/v1\nkind: DaemonSet\n"
#define JOB "apiVersion: batch/v1\nkind: Job\n"
#define OTHER "apiVersion: acme.io/v1\nkind: Widget\n"

TEST(kube_judge, tells_how_far_it_is)
{
    static const struct { const char *object; enum kube_rollout_state state; const char *text; } CASES[] = {
        { DEPLOYMENT "metadata: {generation: 2}\nstatus: {observedGeneration: 1, updatedReplicas: 1, availableReplicas: 1, replicas: 1}",
          KUBE_WAITING, "waiting for the cluster to take note" },
        { DEPLOYMENT "metadata: {generation: 2}\nspec: {replicas: 3}\nstatus: {observedGeneration: 2, updatedReplicas: 2, availableReplicas: 1, replicas: 4}",
          KUBE_WAITING, "2 of 3 updated, 1 available" },
        { DEPLOYMENT "spec: {replicas: 3}\nstatus: {updatedReplicas: 3, availableReplicas: 3, replicas: 4}", KUBE_WAITING,
          "3 of 3 updated, 1 old still to end" },
        { DEPLOYMENT "spec: {replicas: 3}\nstatus: {updatedReplicas: 3, availableReplicas: 3, replicas: 3}", KUBE_READY, "3 of 3 available" },
        { DEPLOYMENT "spec: {replicas: 0}\nstatus: {}", KUBE_READY, "0 of 0 available" },
        { DEPLOYMENT "spec: {replicas: 1, paused: true}\nstatus: {}", KUBE_WAITING, "0 of 1 updated; its rollout is paused" },
        { DEPLOYMENT "spec: {replicas: 2}\nstatus: {updatedReplicas: 1, conditions: [{type: Progressing, status: 'False', reason: ProgressDeadlineExceeded}]}",
          KUBE_FAILED, "1 of 2 updated, 0 available when its progress deadline passed" },
        { DEPLOYMENT "status: {conditions: [{type: ReplicaFailure, status: 'True', reason: FailedCreate, message: exceeded quota}]}", KUBE_WAITING,
          "0 of 1 updated; FailedCreate: exceeded quota" },
        { STATEFUL "spec: {replicas: 3}\nstatus: {updatedReplicas: 1, readyReplicas: 3, updateRevision: b, currentRevision: a}", KUBE_WAITING, "1 of 3 updated, 3 ready" },
        { STATEFUL "spec: {replicas: 3}\nstatus: {updatedReplicas: 3, readyReplicas: 3, updateRevision: b, currentRevision: b}", KUBE_READY, "3 of 3 ready" },
        { STATEFUL "spec: {replicas: 3, updateStrategy: {rollingUpdate: {partition: 2}}}\nstatus: {updatedReplicas: 1, readyReplicas: 3, updateRevision: b, currentRevision: a}",
          KUBE_READY, "3 of 3 ready" },
        { STATEFUL "spec: {updateStrategy: {type: OnDelete}}", KUBE_READY, "applied; its strategy OnDelete updates a pod when somebody deletes it" },
        { DAEMON "status: {desiredNumberScheduled: 2, updatedNumberScheduled: 1, numberAvailable: 2}", KUBE_WAITING, "1 of 2 updated, 2 available" },
        { DAEMON "status: {desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2}", KUBE_READY, "2 of 2 available" },
        { DAEMON "status: {}", KUBE_READY, "no node wants it" },
        { JOB "status: {}", KUBE_WAITING, "0 of 1 succeeded" },
        { JOB "spec: {completions: 3}\nstatus: {succeeded: 1, failed: 2}", KUBE_WAITING, "1 of 3 succeeded, 2 failed" },
        { JOB "status: {succeeded: 1, conditions: [{type: Complete, status: 'True'}]}", KUBE_READY, "complete: 1 succeeded" },
        { JOB "status: {conditions: [{type: Failed, status: 'True', reason: BackoffLimitExceeded, message: too often}]}", KUBE_FAILED, "BackoffLimitExceeded: too often" },
        { "apiVersion: v1\nkind: Service\nspec: {type: ClusterIP}", KUBE_READY, "applied" },
        { "apiVersion: v1\nkind: Service\nspec: {type: LoadBalancer}\nstatus: {loadBalancer: {}}", KUBE_WAITING, "waiting for the load balancer's address" },
        { "apiVersion: v1\nkind: Service\nspec: {type: LoadBalancer}\nstatus: {loadBalancer: {ingress: [{ip: 1.2.3.4}]}}", KUBE_READY, "load balancer at 1.2.3.4" },
        { "apiVersion: serving.knative.dev/v1\nkind: Service\nstatus: {conditions: [{type: Ready, status: 'False', reason: RevisionMissing}]}", KUBE_WAITING, "not ready: RevisionMissing" },
        { "apiVersion: v1\nkind: Pod\nstatus: {phase: Pending}", KUBE_WAITING, "Pending, not ready yet" },
        { "apiVersion: v1\nkind: Pod\nstatus: {phase: Running, conditions: [{type: Ready, status: 'True'}]}", KUBE_READY, "ready" },
        { "apiVersion: v1\nkind: Pod\nstatus: {phase: Failed, reason: Evicted}", KUBE_FAILED, "failed: Evicted" },
        { "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nstatus: {conditions: [{type: Established, status: 'True'}]}", KUBE_READY, "established" },
        { "apiVersion: v1\nkind: ConfigMap", KUBE_READY, "applied" },
        { "apiVersion: v1\nkind: PersistentVolumeClaim\nstatus: {phase: Pending}", KUBE_READY, "applied" },
        { OTHER, KUBE_READY, "applied" },
        { OTHER "metadata: {generation: 3}\nstatus: {observedGeneration: 2, conditions: [{type: Ready, status: 'True'}]}", KUBE_WAITING, "waiting for the cluster to take note" },
        { OTHER "status: {conditions: [{type: Ready, status: 'False', reason: Waiting, message: for gears}]}", KUBE_WAITING, "not ready: Waiting: for gears" },
        { OTHER "status: {conditions: [{type: Stalled, status: 'True', message: no gears}]}", KUBE_FAILED, "no gears" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO(yaml) yaml = NULL;
        struct err e = { 0 };
        struct kube_verdict v = { 0 };
        CHECK_OK(yaml_read(CASES[i].object, strlen(CASES[i].object), &yaml, &e), e);
        kube_judge(yaml_document(yaml, 0), &v);
        CHECK_TEXT(v.text, CASES[i].text);
        CHECK_INT(v.state, CASES[i].state);
    }
}

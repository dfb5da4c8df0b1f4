/* k8s_task_lab_test - the Kubernetes task against a real cluster. As kube_lab_test: skipped (77) without one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/test.h"
#include "tasks/harness_test.h"

#define SPACE "kube-lab-test"

static struct harness h;
static struct task_push push;

static const char *image(void)
{
    return getenv("KUBE_TEST_IMAGE");
}

static void as_run(const char *execution, int index, const struct task_push *p)
{
    h.job.execution = execution;
    h.job.execution_index = index;
    h.job.push = p;
    h.job.resolved = NULL;
}

static void run(const char *input)
{
    CHECK_OK(harness_run(&h, input, 0), h.e);
    printf("    %s%s\n", h.warning ? "warning: " : "", text_of(&h.message));
}

static char *site(const char *action, const char *more)
{
    return mem_format("{action: %s, namespace: " SPACE ", timeout: '1', %s yaml: \"apiVersion: apps/v1\\nkind: Deployment\\nmetadata:\\n  name: task\\nspec:\\n  replicas: 1\\n"
                      "  selector: {matchLabels: {app: task}}\\n  template:\\n    metadata: {labels: {app: task}}\\n    spec:\\n      terminationGracePeriodSeconds: 1\\n      containers:\\n"
                      "      - name: site\\n        image: '%s:${input.DOCKER_TAG}'\\n        ports: [{containerPort: 8080}]\\n---\\napiVersion: v1\\nkind: Service\\nmetadata: {name: task}\\n"
                      "spec: {selector: {app: task}, ports: [{port: 80, targetPort: 8080}]}\\n\"}", action, more, image());
}

static void run_site(const char *action, const char *more)
{
    AUTO_FREE char *input = site(action, more);
    run(input);
}

#define CHECK_RESULT(want) do { if (h.result != (want)) print_error("%s\n%s\n", text_of(&h.message), text_of(&h.log)); CHECK_INT(h.result, want); } while (0)

static int64_t generation(void)
{
    return json_int_at(h.output, "response.deployments.task.metadata.generation", -1);
}

TEST(k8s_lab, a1_creates_with_a_pull_secret)
{
    as_run("run-1", 1, NULL);
    run_site("CREATE", "");
    CHECK_RESULT(TASK_COMPLETED);
    CHECK_INT(json_int_at(h.output, "response.deployments.task.status.availableReplicas", 0), 1);
    CHECK_TEXT(json_text_at(h.output, "response.services.task.spec.ports[0].protocol", ""), "TCP");
    json_t *secrets = json_at(h.output, "response.secrets.slipway-lab");
    CHECK_TEXT(json_string_value(json_object_get(json_object_get(secrets, "data"), ".dockerconfigjson")), "*****");
    CHECK(!strstr(json_text_at(h.shown, "yaml", ""), getenv("REGISTRY_PASSWORD")));
}

TEST(k8s_lab, a2_an_own_conflict_is_success)
{
    run_site("CREATE", "");
    CHECK_RESULT(TASK_COMPLETED);
    CHECK(!h.warning);
}

TEST(k8s_lab, a3_anothers_conflict_fails_or_warns)
{
    as_run("run-2", 2, NULL);
    run_site("CREATE", "");
    CHECK_RESULT(TASK_FAILED);
    CHECK_HAS(text_of(&h.message), "Deployment task in " SPACE " exists; use Apply (and 1 more)");
    CHECK_INT(json_array_size(json_at(h.output, "response.failures")), 2);
    run_site("CREATE", "continueOnConflict: 'true',");
    CHECK_RESULT(TASK_COMPLETED);
    CHECK(h.warning);
    CHECK_HAS(text_of(&h.message), "Deployment task in " SPACE ": unchanged, still runs ");
}

/* As the task told them: the pods of the revision before are there too, for as long as they take to end. */
static int running_pods(void)
{
    int count = 0;
    size_t i;
    json_t *pod;
    json_array_foreach(json_at(h.detail, "pods"), i, pod)
        count += text_is(json_text_at(pod, "phase", ""), "Running") && json_int_at(pod, "containers", 0) == 1;
    return count;
}

TEST(k8s_lab, b1_a_push_is_pinned)
{
    push = (struct task_push){ .webhook = "1", .sequence = 10, .registry = getenv("REGISTRY"), .repository = "acme/kubetest", .tag = "1", .digest = getenv("KUBE_TEST_DIGEST") };
    as_run("run-3", 3, &push);
    run_site("APPLY", "");
    CHECK_RESULT(TASK_COMPLETED);
    CHECK(!h.warning);
    CHECK(text_ends(json_text_at(h.output, "response.deployments.task.spec.template.spec.containers[0].image", ""), getenv("KUBE_TEST_DIGEST")));
    CHECK_HAS(text_of(&h.log), "is pinned to sha256:");
    CHECK(running_pods() >= 1);
}

TEST(k8s_lab, b2_the_same_push_changes_nothing)
{
    push.sequence = 11;
    as_run("run-4", 4, &push);
    run_site("APPLY", "");
    CHECK_RESULT(TASK_COMPLETED);
    CHECK(h.warning);
    CHECK_TEXT(text_of(&h.message), "cluster unchanged");
}

TEST(k8s_lab, b3_old_never_lands_on_new)
{
    push.sequence = 9;
    as_run("run-5", 5, &push);
    run_site("APPLY", "");
    CHECK_RESULT(TASK_COMPLETED);
    CHECK(h.warning);
    CHECK_HAS(text_of(&h.message), "superseded by CD#4");
    push.asked = true;
    run_site("APPLY", "");
    CHECK_RESULT(TASK_COMPLETED);
    CHECK(!strstr(text_of(&h.message), "superseded"));
    push.asked = false;
    push.sequence = 10;
    run_site("APPLY", "");
    CHECK_HAS(text_of(&h.message), "superseded by CD#4");
}

TEST(k8s_lab, b4_a_mutable_tag_rolls)
{
    push.sequence = 12;
    push.digest = "";
    as_run("run-6", 6, &push);
    run_site("APPLY", "");
    CHECK_RESULT(TASK_COMPLETED);
    int64_t before = generation();
    run_site("APPLY", ""); /* the same again: nothing */
    CHECK_TEXT(text_of(&h.message), "cluster unchanged");
    CHECK_INT(generation(), before);
    push.sequence = 13;
    run_site("APPLY", "");
    CHECK_RESULT(TASK_COMPLETED);
    CHECK(!h.warning);
    CHECK_INT(generation(), before + 1);
}

TEST(k8s_lab, c1_rolls_back_once)
{
    static const char INPUT[] = "{action: ROLLBACK, resourceType: Deployment, resourceName: task, namespace: " SPACE ", revision: n-1, timeout: 1}";
    as_run("run-7", 7, NULL);
    run(INPUT);
    CHECK_RESULT(TASK_COMPLETED);
    int64_t before = generation();
    h.job.resolved = h.resolved; /* as after a crash */
    run(INPUT);
    CHECK_RESULT(TASK_COMPLETED);
    CHECK_INT(generation(), before);
    CHECK_HAS(text_of(&h.log), "was rolled back before the restart");
}

TEST(k8s_lab, c2_a_push_after_a_rollback_lands)
{
    push.sequence = 14;
    as_run("run-8", 8, &push);
    run_site("APPLY", "");
    CHECK_RESULT(TASK_COMPLETED);
    CHECK(!h.warning);
}

TEST(k8s_lab, d1_a_broken_image_is_explained)
{
    harness_value(&h, "input.DOCKER_TAG", "missing", true);
    as_run("run-9", 9, NULL);
    run_site("APPLY", "");
    CHECK_RESULT(TASK_FAILED);
    CHECK_HAS(text_of(&h.message), "not found");
    CHECK(text_starts(json_text_at(h.output, "explanations[0].pod", ""), "task-"));
    CHECK_HAS(text_of(&h.progress), "ImagePull");
}

TEST(k8s_lab, d2_cancel_says_what_is_left)
{
    AUTO_FREE char *input = site("APPLY", "");
    harness_value(&h, "input.DOCKER_TAG", "missing-too", true);
    as_run("run-10", 10, NULL);
    CHECK_OK(harness_run(&h, input, 2 * 1000000), h.e);
    CHECK_RESULT(TASK_CANCELED);
    printf("    %s\n", text_of(&h.message));
    CHECK_TEXT(text_of(&h.message), "canceled; on the cluster stays: Deployment task in " SPACE);
    harness_value(&h, "input.DOCKER_TAG", "1", true);
}

TEST(k8s_lab, e1_a_value_from_outside_stays_a_string)
{
    as_run("run-11", 11, NULL);
    harness_value(&h, "input.EVIL", "x\n---\nkind: Pod", true);
    harness_value(&h, "input.TRUE", "true", true);
    run("{action: APPLY, namespace: " SPACE ", yaml: \"apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: evil}\\ndata:\\n  a: ${input.EVIL}\\n  b: ${input.TRUE}\\n  c: ${HOME}\\n\"}");
    CHECK_RESULT(TASK_COMPLETED);
    CHECK_TEXT(json_text_at(h.output, "response.configMaps.evil.data.a", ""), "x\n---\nkind: Pod");
    CHECK_TEXT(json_text_at(h.output, "response.configMaps.evil.data.b", ""), "true");
    CHECK_TEXT(json_text_at(h.output, "response.configMaps.evil.data.c", ""), "${HOME}");
}

TEST(k8s_lab, e2_a_definition_and_its_resource_in_one_text)
{
    run("{action: APPLY, namespace: " SPACE ", yaml: \"apiVersion: apiextensions.k8s.io/v1\\nkind: CustomResourceDefinition\\nmetadata: {name: gadgets.slipway.test}\\nspec:\\n"
        "  group: slipway.test\\n  scope: Namespaced\\n  names: {plural: gadgets, singular: gadget, kind: Gadget}\\n"
        "  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]\\n---\\n"
        "apiVersion: slipway.test/v1\\nkind: Gadget\\nmetadata: {name: one}\\nspec: {gears: 3}\\n\"}");
    CHECK_RESULT(TASK_COMPLETED);
    CHECK_INT(json_int_at(h.output, "response.gadgets.one.spec.gears", 0), 3);
    run("{action: DELETE, yaml: \"{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: gadgets.slipway.test}}\"}");
    CHECK_RESULT(TASK_COMPLETED);
}

TEST(k8s_lab, e3_a_missing_namespace_is_named)
{
    run("{action: APPLY, yaml: \"{apiVersion: v1, kind: ConfigMap, metadata: {name: x, namespace: nowhere}}\"}");
    CHECK_RESULT(TASK_FAILED);
    CHECK_HAS(text_of(&h.message), "the namespace nowhere does not exist on the cluster; create it first");
}

TEST(k8s_lab, f1_gets_by_name_and_by_label)
{
    run("{action: GET, namespace: " SPACE ", yaml: \"{apiVersion: v1, kind: Service, metadata: {name: task}}\"}");
    CHECK_RESULT(TASK_COMPLETED);
    CHECK_TEXT(json_text_at(h.output, "response.services.task.kind", ""), "Service");
    run("{action: GET, namespace: " SPACE ", filterByLabel: app=task, yaml: \"{apiVersion: v1, kind: Pod, metadata: {}}\"}");
    CHECK_RESULT(TASK_COMPLETED);
    CHECK(json_object_size(json_at(h.output, "response.pods")) >= 1);
}

TEST(k8s_lab, f2_deletes_and_what_is_not_there_is_a_warning)
{
    run_site("DELETE", "");
    CHECK_RESULT(TASK_COMPLETED);
    CHECK_TEXT(json_text_at(h.output, "response.deployments.task.status.phase", ""), "Removed");
    CHECK_TEXT(json_text_at(h.output, "response.deployments.task.oldState.metadata.name", ""), "task");
    run_site("DELETE", "");
    CHECK_RESULT(TASK_COMPLETED);
    CHECK(h.warning);
}

/* ---- what is waited for, by kind */

#define POD_OF(app, spec) "{metadata: {labels: {app: " app "}}, spec: {terminationGracePeriodSeconds: 1, containers: [{name: c, image: '%s:1'" spec "}]}}"

TEST(k8s_lab, g1_sets_and_jobs_are_waited_for)
{
    AUTO_FREE char *input = mem_format("{action: APPLY, namespace: " SPACE ", timeout: '1', yaml: \""
        "{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: each}, spec: {selector: {matchLabels: {app: each}}, template: " POD_OF("each", "") "}}\\n---\\n"
        "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: kept}, spec: {serviceName: kept, replicas: 2, selector: {matchLabels: {app: kept}}, template: " POD_OF("kept", "") "}}\\n---\\n"
        "{apiVersion: batch/v1, kind: Job, metadata: {name: once}, spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: '%s:1', command: [sh, -c, 'exit 0']}]}}}}\"}",
        image(), image(), image());
    run(input);
    CHECK_RESULT(TASK_COMPLETED);
    CHECK_INT(json_int_at(h.output, "response.daemonSets.each.status.numberAvailable", 0), 1);
    CHECK_INT(json_int_at(h.output, "response.statefulSets.kept.status.readyReplicas", 0), 2);
    CHECK_INT(json_int_at(h.output, "response.jobs.once.status.succeeded", 0), 1);
    run(input); /* none of them changes, and the job does not run again */
    CHECK_RESULT(TASK_COMPLETED);
    CHECK_HAS(text_of(&h.message), "3 unchanged");
}

TEST(k8s_lab, g2_sets_roll_back)
{
    static const char *const TYPES[] = { "DaemonSet each", "StatefulSet kept" };
    for (size_t i = 0; i < ALEN(TYPES); i++) {
        const char *name = strchr(TYPES[i], ' ') + 1;
        AUTO_FREE char *apply = mem_format("{action: APPLY, namespace: " SPACE ", timeout: '1', yaml: \"{apiVersion: apps/v1, kind: %.*s, metadata: {name: %s}, spec: {%s selector: "
            "{matchLabels: {app: %s}}, template: {metadata: {labels: {app: %s}}, spec: {terminationGracePeriodSeconds: 1, containers: [{name: c, image: '%s:2'}]}}}}\"}",
            (int)(name - TYPES[i] - 1), TYPES[i], name, i ? "serviceName: kept, replicas: 2," : "", name, name, image());
        AUTO_FREE char *back = mem_format("{action: ROLLBACK, namespace: " SPACE ", timeout: '1', resourceType: %.*s, resourceName: %s}",
                                          (int)(name - TYPES[i] - 1), TYPES[i], name);
        AUTO_FREE char *path = mem_format("response.%s.%s.spec.template.spec.containers[0].image", i ? "statefulSets" : "daemonSets", name);
        as_run("run-12", 12, NULL);
        run(apply);
        CHECK_RESULT(TASK_COMPLETED);
        CHECK(text_ends(json_text_at(h.output, path, ""), ":2"));
        as_run("run-13", 13, NULL);
        run(back);
        CHECK_RESULT(TASK_COMPLETED);
        CHECK(text_ends(json_text_at(h.output, path, ""), ":1"));
    }
}

/* What a cloud's controller does, a second later. */
static void give_address(void)
{
    CHECK_INT(system("(sleep 1; curl -s -o /dev/null --retry 3 --cacert $KUBE_CA --cert $KUBE_CERT --key $KUBE_KEY -X PATCH -H 'Content-Type: application/merge-patch+json' "
                     "$KUBE_SERVER/api/v1/namespaces/" SPACE "/services/edge/status -d '{\"status\":{\"loadBalancer\":{\"ingress\":[{\"ip\":\"192.0.2.7\"}]}}}') &"), 0);
}

TEST(k8s_lab, g3_a_load_balancer_is_waited_for)
{
    give_address();
    run("{action: APPLY, namespace: " SPACE ", timeout: '1', yaml: \"{apiVersion: v1, kind: Service, metadata: {name: edge}, spec: {type: LoadBalancer, selector: {app: task}, ports: [{port: 80}]}}\"}");
    CHECK_RESULT(TASK_COMPLETED);
    CHECK_HAS(text_of(&h.progress), "waiting for the load balancer's address");
    CHECK_HAS(text_of(&h.progress), "load balancer at 192.0.2.7");
    CHECK_TEXT(json_text_at(h.output, "response.loadBalancers.edge.ingress[0].ip", ""), "192.0.2.7");
}

/* Two ports of one number, told apart by a protocol that one of them does not name: refused by 1.20 as it stands. */
TEST(k8s_lab, g4_ports_get_their_protocol)
{
    AUTO_FREE char *input = mem_format("{action: APPLY, namespace: " SPACE ", timeout: '1', yaml: \"{apiVersion: v1, kind: Pod, metadata: {name: ports}, spec: {terminationGracePeriodSeconds: 1, containers: "
                                       "[{name: c, image: '%s:1', ports: [{containerPort: 8080}, {containerPort: 8080, protocol: UDP}]}]}}\\n---\\n"
                                       "{apiVersion: v1, kind: Service, metadata: {name: ports}, spec: {ports: [{name: a, port: 53}, {name: b, port: 53, protocol: UDP}]}}\"}", image());
    run(input);
    CHECK_RESULT(TASK_COMPLETED);
    CHECK_TEXT(json_text_at(h.output, "response.pods.ports.spec.containers[0].ports[0].protocol", ""), "TCP");
    CHECK_TEXT(json_text_at(h.output, "response.services.ports.spec.ports[1].protocol", ""), "UDP");
}

/* ---- what cannot run is explained */

static char *hopeless(const char *namespace_, const char *more)
{
    return mem_format("{apiVersion: apps/v1, kind: Deployment, metadata: {name: hopeless, namespace: %s}, spec: {progressDeadlineSeconds: 4, selector: {matchLabels: {app: hopeless}}, "
                      "template: {metadata: {labels: {app: hopeless}}, spec: {%s containers: [{name: c, image: '%s:1'}]}}}}", namespace_, more, image());
}

TEST(k8s_lab, h1_no_room_is_explained)
{
    AUTO_FREE char *text = hopeless(SPACE, "nodeSelector: {disk: golden},"), *input = mem_format("{action: APPLY, timeout: '1', yaml: \"%s\"}", text);
    run(input);
    CHECK_RESULT(TASK_FAILED);
    CHECK_HAS(text_of(&h.message), "progress deadline");
    CHECK_HAS(text_of(&h.message), "Unschedulable: 0/1 nodes are available");
    CHECK_TEXT(json_text_at(h.output, "explanations[0].reason", ""), "Unschedulable");
    run("{action: DELETE, yaml: \"{apiVersion: apps/v1, kind: Deployment, metadata: {name: hopeless, namespace: " SPACE "}}\"}");
    CHECK_RESULT(TASK_COMPLETED);
}

#define QUOTA_SPACE "kube-lab-quota"

TEST(k8s_lab, h2_a_namespace_with_what_is_in_it)
{
    run("{action: APPLY, timeout: '1', yaml: \"{apiVersion: v1, kind: Namespace, metadata: {name: " QUOTA_SPACE "}}\\n---\\n"
        "{apiVersion: v1, kind: ResourceQuota, metadata: {name: none, namespace: " QUOTA_SPACE "}, spec: {hard: {pods: '0'}}}\\n---\\n"
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: " QUOTA_SPACE "}, data: {a: b}}\"}");
    CHECK_RESULT(TASK_COMPLETED);
    CHECK_TEXT(json_text_at(h.output, "response.namespaces." QUOTA_SPACE ".status.phase", ""), "Active");
    CHECK_TEXT(json_text_at(h.output, "response.configMaps.a.metadata.namespace", ""), QUOTA_SPACE);
}

/* A quota counts from when the cluster's own controller has taken note of it; until then every pod is let in. */
static void wait_for_quota(void)
{
    for (int i = 0; i < 100; i++) {
        run("{action: GET, yaml: \"{apiVersion: v1, kind: ResourceQuota, metadata: {name: none, namespace: " QUOTA_SPACE "}}\"}");
        CHECK_RESULT(TASK_COMPLETED);
        if (*json_text_at(h.output, "response.resourceQuotas.none.status.hard.pods", ""))
            return;
        usleep(100 * 1000);
    }
    fail_msg("the quota never counted");
}

TEST(k8s_lab, h3_a_quota_is_explained)
{
    wait_for_quota();
    AUTO_FREE char *text = hopeless(QUOTA_SPACE, ""), *input = mem_format("{action: APPLY, timeout: '1', yaml: \"%s\"}", text);
    run(input);
    CHECK_RESULT(TASK_FAILED);
    CHECK_HAS(text_of(&h.message), "exceeded quota: none");
    CHECK_TEXT(json_text_at(h.output, "explanations[0].reason", ""), "FailedCreate");
}

TEST(k8s_lab, h4_a_namespace_is_deleted_with_what_is_in_it)
{
    run("{action: DELETE, timeout: '1', yaml: \"{apiVersion: v1, kind: Namespace, metadata: {name: " QUOTA_SPACE "}}\"}");
    CHECK_RESULT(TASK_COMPLETED);
    run("{action: GET, yaml: \"{apiVersion: v1, kind: Namespace, metadata: {name: " QUOTA_SPACE "}}\"}");
    CHECK_RESULT(TASK_FAILED);
    CHECK_HAS(text_of(&h.message), "not found");
}

TEST(k8s_lab, h5_a_field_that_does_not_exist_is_named_at_once)
{
    run("{action: APPLY, namespace: " SPACE ", timeout: '1', yaml: \"{apiVersion: v1, kind: Service, metadata: {name: typo}, spec: {selctor: {app: task}, ports: [{port: 80}]}}\"}");
    CHECK_RESULT(TASK_FAILED);
    CHECK_HAS(text_of(&h.message), ".spec.selctor: field not declared in schema");
}

TEST(k8s_lab, h6_what_the_cluster_warns_of_is_told)
{
    run("{action: APPLY, namespace: " SPACE ", timeout: '1', yaml: \"{apiVersion: networking.k8s.io/v1beta1, kind: Ingress, metadata: {name: old}, spec: {rules: [{host: a.test}]}}\"}");
    CHECK_RESULT(TASK_COMPLETED);
    CHECK(h.warning);
    CHECK_HAS(text_of(&h.message), "1 applied; Ingress old in " SPACE ": the cluster warns: networking.k8s.io/v1beta1 Ingress is deprecated in v1.19+");
}

static char *base64_of(const char *path)
{
    struct text all = { 0 };
    char part[4096];
    size_t n;
    FILE *file = fopen(path, "re");
    while (file && (n = fread(part, 1, sizeof part, file)) > 0)
        text_add_n(&all, part, n);
    if (file)
        fclose(file);
    char *text = text_base64(all.at, all.length);
    text_fini(&all);
    return text;
}

__attribute__((constructor)) static void open_cluster(void)
{
    if (!getenv("KUBE_SERVER") || !image()) {
        printf("skipped: no cluster\n");
        exit(77);
    }
    AUTO_FREE char *ca = base64_of(getenv("KUBE_CA")), *cert = base64_of(getenv("KUBE_CERT")), *key = base64_of(getenv("KUBE_KEY"));
    AUTO_FREE char *registry = mem_format("http://%s", getenv("REGISTRY"));
    harness_open(&h);
    harness_value(&h, "input.DOCKER_TAG", "1", true);
    h.endpoints = json_pack("{s:{s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s}}, s:{s:s, s:s, s:{s:s, s:s, s:s, s:s}}}", "kubernetesServer", "name", "lab", "type", "k8s",
                            "properties", "kubernetesURL", getenv("KUBE_SERVER"), "authType", "certificate", "certAuthorityData", ca, "certData", cert, "certKeyData", key,
                            "dockerRegistry", "name", "Lab", "type", "dockerregistry", "properties", "serverType", "distribution", "repoURL", registry, "username", getenv("REGISTRY_USER"),
                            "password", getenv("REGISTRY_PASSWORD"));
}

__attribute__((destructor)) static void close_cluster(void)
{
    if (h.services.loop)
        harness_close(&h);
}

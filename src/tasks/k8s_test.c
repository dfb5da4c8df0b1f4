#include <string.h>

#include "base/test.h"
#include "base/yaml.h"
#include "kube/kube.h"
#include "tasks/harness_test.h"
#include "tasks/k8s_render.h"

static json_t *parse(const char *text)
{
    AUTO(yaml) yaml = NULL;
    struct err e = { 0 };
    CHECK_OK(yaml_read(text, strlen(text), &yaml, &e), e);
    return json_incref(yaml_document(yaml, 0));
}

#define DIGEST "sha256:1111111111111111111111111111111111111111111111111111111111111111"
static const struct task_push PUSH = { .webhook = "7", .sequence = 5, .registry = "docker.io", .repository = "acme/web", .tag = "1.4", .digest = DIGEST };

static struct k8s_facts facts_of(const struct task_push *push, bool pin)
{
    return (struct k8s_facts){ .execution = "run-1", .stage = "Deploy", .task = "Apply", .pipeline = "CD", .index = 12, .push = push, .pin = pin };
}

#define IMAGE(image) "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {template: {spec: {containers: [{name: c, image: '" image "'}]}}}}"

TEST(k8s_render, pins_the_pushed_image_and_no_other)
{
    static const struct { const char *image, *pinned; } CASES[] = {
        { "acme/web:1.4", "acme/web@" DIGEST },
        { "docker.io/acme/web:1.4", "docker.io/acme/web@" DIGEST },
        { "index.docker.io/acme/web:1.4", "index.docker.io/acme/web@" DIGEST },
        { "acme/web:1.3", "acme/web:1.3" },
        { "acme/web", "acme/web" },
        { "ghcr.io/acme/web:1.4", "ghcr.io/acme/web:1.4" },
        { "acme/web:1.4@" DIGEST, "acme/web:1.4@" DIGEST },
        { "not an image", "not an image" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_JSON *object = parse(IMAGE("x"));
        AUTO_TEXT notes = { 0 };
        struct k8s_facts facts = facts_of(&PUSH, true);
        json_set_text(json_at(object, "spec.template.spec.containers[0]"), "image", CASES[i].image);
        k8s_stamp(object, &facts, &notes);
        CHECK_TEXT(json_text_at(object, "spec.template.spec.containers[0].image", ""), CASES[i].pinned);
        bool pinned = !text_is(CASES[i].image, CASES[i].pinned);
        CHECK((json_object_get(json_at(object, "metadata.annotations"), K8S_IMAGES) != NULL) == pinned);
        CHECK(!json_at(object, "spec.template.metadata"));
    }
}

TEST(k8s_render, rolls_a_mutable_tag_that_cannot_be_pinned)
{
    struct task_push unknown = PUSH;
    unknown.digest = "";
    static const struct { bool digest, pin; const char *want; } CASES[] = {
        { false, true, "acme/web:1.4 push 5" },
        { true, false, DIGEST },
        { true, true, NULL },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_JSON *object = parse(IMAGE("acme/web:1.4"));
        AUTO_TEXT notes = { 0 };
        struct k8s_facts facts = facts_of(CASES[i].digest ? &PUSH : &unknown, CASES[i].pin);
        k8s_stamp(object, &facts, &notes);
        const json_t *mark = json_object_get(json_at(object, "spec.template.metadata.annotations"), K8S_PUSHED);
        CHECK_TEXT(json_string_value(mark), CASES[i].want);
        CHECK_TEXT(json_text_at(object, "spec.template.spec.containers[0].imagePullPolicy", NULL), CASES[i].want ? "Always" : NULL);
    }
}

TEST(k8s_render, names_an_image_as_the_pipeline_did)
{
    static const struct { const char *image, *noted; bool pinned; const char *name, *digest; } CASES[] = {
        { "acme/web@" DIGEST, "x=acme/x:1,c=acme/web:1.4", true, "acme/web:1.4", DIGEST },
        { "acme/web@" DIGEST, "c=acme/web:1.4", false, "acme/web@" DIGEST, DIGEST }, /* rolled back */
        { "acme/web@" DIGEST, "c=acme/api:1.4", true, "acme/web@" DIGEST, DIGEST },  /* changed since */
        { "acme/web@" DIGEST, "cc=acme/web:1.4", true, "acme/web@" DIGEST, DIGEST },
        { "host:5000/acme/web:1.4@" DIGEST, "", true, "host:5000/acme/web:1.4", DIGEST },
        { "acme/web:1.4", "c=acme/web:1.3", true, "acme/web:1.4", "" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_JSON *object = parse(IMAGE("x"));
        json_t *container = json_at(object, "spec.template.spec.containers[0]");
        json_set_text(container, "image", CASES[i].image);
        json_object_set_new(json_object_get(object, "metadata"), "annotations", json_pack("{s:s}", K8S_IMAGES, CASES[i].noted));
        AUTO_FREE char *digest = NULL;
        AUTO_FREE char *name = k8s_image_named(object, container, CASES[i].pinned, &digest);
        CHECK_TEXT(name, CASES[i].name);
        CHECK_TEXT(digest, CASES[i].digest);
    }
}

static json_t *live_with(const char *webhook, const char *push)
{
    return json_pack("{s:{s:{s:s, s:s, s:s}}}", "metadata", "annotations", K8S_WEBHOOK, webhook, K8S_PUSH, push, K8S_NEWEST, "CD#11");
}

TEST(k8s_render, old_never_lands_on_new)
{
    struct task_push asked = PUSH;
    asked.asked = true;
    static const struct { const char *webhook, *push; bool asked, superseded; } CASES[] = {
        { "7", "4", false, false }, { "7", "5", false, false }, { "7", "6", false, true },
        { "8", "6", false, false }, { "7", "6", true, false },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_JSON *live = live_with(CASES[i].webhook, CASES[i].push);
        CHECK_TEXT(k8s_superseded(live, CASES[i].asked ? &asked : &PUSH), CASES[i].superseded ? "CD#11" : "");
    }
    CHECK_TEXT(k8s_superseded(NULL, &PUSH), "");
}

TEST(k8s_render, what_a_person_put_back_does_not_lower_the_mark)
{
    static const struct { bool push; const char *webhook, *live, *want, *newest; } CASES[] = {
        { true, "7", "9", "9", "CD#11" },
        { true, "7", "3", "5", "CD#12" },
        { true, "8", "9", "5", "CD#12" },
        { false, "7", "9", "9", "CD#11" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_JSON *live = live_with(CASES[i].webhook, CASES[i].live), *object = parse(IMAGE("x"));
        AUTO_TEXT notes = { 0 };
        struct k8s_facts facts = facts_of(CASES[i].push ? &PUSH : NULL, true);
        k8s_stamp(object, &facts, &notes);
        k8s_keep_mark(object, live, &facts);
        const json_t *annotations = json_at(object, "metadata.annotations");
        CHECK_TEXT(json_string_value(json_object_get(annotations, K8S_PUSH)), CASES[i].want);
        CHECK_TEXT(json_string_value(json_object_get(annotations, K8S_NEWEST)), CASES[i].newest);
        CHECK_TEXT(json_string_value(json_object_get(annotations, K8S_EXECUTION)), "CD#12");
    }
}

TEST(k8s_render, takes_lists_apart_and_says_what_is_no_object)
{
    static const struct { const char *documents, *text; size_t count; } CASES[] = {
        { "[{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Pod, metadata: {name: a}}, {apiVersion: v1, kind: Pod, metadata: {name: b}}]}, null]", "", 2 },
        { "[{apiVersion: v1, kind: Pod, metadata: {name: a}}, {kind: Pod}]", "document at /1: apiVersion is missing", 0 },
        { "[{apiVersion: v1, kind: PodList, items: [3]}]", "document at /0/items/0: an object of Kubernetes is a mapping with apiVersion, kind and metadata", 0 },
    };
    struct k8s_facts facts = facts_of(NULL, false);
    facts.namespace_ = "shop";
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_JSON *documents = parse(CASES[i].documents), *objects = NULL;
        struct err e = { 0 };
        CHECK(k8s_objects(documents, &facts, true, &objects, &e) == !*CASES[i].text);
        CHECK_TEXT(e.text, CASES[i].text);
        CHECK_INT(json_array_size(objects), CASES[i].count);
        if (objects)
            CHECK_TEXT(json_text_at(objects, "[0].metadata.namespace", ""), "shop");
        json_decref(TAKE(objects));
    }
}

TEST(k8s_render, makes_one_pull_secret_for_each_namespace)
{
    AUTO_JSON *objects = parse("[{apiVersion: v1, kind: Namespace, metadata: {name: a}}, {apiVersion: apps/v1, kind: Deployment, metadata: {name: x, namespace: a}, spec: {template: "
                               "{spec: {containers: [{name: c}]}}}}, {apiVersion: v1, kind: Pod, metadata: {name: y, namespace: a}, spec: {containers: [{name: c}]}}]");
    AUTO_JSON *endpoint = parse("{name: My Hub!, properties: {serverType: dockerhub, repoURL: 'https://hub.docker.com/r/acme/web', username: u, password: p}}");
    AUTO_JSON *added = NULL;
    struct err e = { 0 };
    CHECK_OK(k8s_add_pull_secrets(objects, endpoint, "", &added, &e), e);
    CHECK_INT(json_array_size(objects), 4);
    CHECK_INT(json_array_size(added), 1);
    CHECK(json_array_get(added, 0) == json_array_get(objects, 1));
    CHECK_TEXT(json_text_at(objects, "[0].kind", ""), "Namespace");
    CHECK_TEXT(json_text_at(objects, "[1].metadata.name", ""), "slipway-my-hub");
    CHECK_TEXT(json_text_at(objects, "[2].spec.template.spec.imagePullSecrets[0].name", ""), "slipway-my-hub");
    CHECK_TEXT(json_text_at(objects, "[3].spec.imagePullSecrets[0].name", ""), "slipway-my-hub");
}

TEST(k8s_render, puts_a_pull_secret_behind_its_namespace)
{
    AUTO_JSON *objects = parse("[{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}, {apiVersion: v1, kind: Namespace, metadata: {name: a}}, "
                               "{apiVersion: v1, kind: Pod, metadata: {name: y, namespace: a}, spec: {containers: [{name: c}]}}]");
    AUTO_JSON *endpoint = parse("{name: own, properties: {serverType: distribution, repoURL: 'registry.example.com', username: u, token: t}}"), *added = NULL;
    struct err e = { 0 };
    CHECK_OK(k8s_add_pull_secrets(objects, endpoint, "mine", &added, &e), e);
    CHECK_TEXT(json_text_at(objects, "[1].kind", ""), "Namespace");
    CHECK_TEXT(json_text_at(objects, "[2].metadata.name", ""), "mine");
    const char *data = json_string_value(json_object_get(json_at(objects, "[2].data"), ".dockerconfigjson"));
    size_t size = 0;
    AUTO_FREE unsigned char *config = text_base64_decode(data, strlen(data), &size);
    AUTO_FREE char *text = mem_text_n((char *)config, size);
    CHECK_HAS(text, "\"registry.example.com\"");
    CHECK_HAS(text, "\"password\":\"t\"");
}

/* ---- the task's own words, before any cluster is asked */

#define POD "'{apiVersion: v1, kind: Pod, metadata: {name: a}}'"

TEST(k8s_task, says_what_is_wrong_with_its_input)
{
    static const struct { const char *input, *text; } CASES[] = {
        { "{action: FLY}", "action is 'FLY', not GET, CREATE, APPLY, DELETE or ROLLBACK" },
        { "{action: APPLY}", "yaml is empty, and no filePath is given: there is nothing to APPLY" },
        { "{action: APPLY, filePath: /x.yaml}", "a file from source control needs its repository: endpoints.scm" },
        { "{action: APPLY, filepath: /x.yaml, yaml: " POD "}", "both filePath and yaml are given: which of them is meant?" },
        { "{action: APPLY, yaml: " POD ", timeout: soon}", "timeout is 'soon', not a number of minutes up to 1440" },
        { "{action: CREATE, yaml: " POD ", continueOnConflict: maybe}", "continueOnConflict is 'maybe', not true or false" },
        { "{action: APPLY, yaml: '# nothing'}", "yaml holds no object" },
        { "{action: APPLY, yaml: \"a: 1\\nb: [\"}", "yaml: line 3, column 1: " },
        { "{action: APPLY, yaml: '{kind: Pod}'}", "yaml: document at /0: apiVersion is missing" },
        { "{action: ROLLBACK, resourceType: Job, resourceName: x}", "resourceType is 'Job', not Deployment, StatefulSet or DaemonSet" },
        { "{action: ROLLBACK, resourceType: deployment}", "resourceName is missing" },
        { "{action: APPLY, yaml: " POD ", pullSecret: x}", "pullSecret needs endpoints.dockerRegistry: whose login is it to hold?" },
    };
    struct harness h;
    harness_open(&h);
    h.endpoints = parse("{kubernetesServer: {name: k, type: k8s, properties: {kubernetesURL: 'http://127.0.0.1:1'}}}");
    for (size_t i = 0; i < ALEN(CASES); i++) {
        CHECK(!harness_run(&h, CASES[i].input, 0));
        CHECK_HAS(h.e.text, CASES[i].text);
    }
    harness_close(&h);
}

TEST(k8s_task, needs_a_cluster_that_it_can_understand)
{
    static const struct { const char *endpoints, *text; } CASES[] = {
        { "{}", "the task names no cluster (endpoints.kubernetesServer)" },
        { "{kubernetesServer: {name: k, type: docker}}", "endpoint 'k' is of type docker, not k8s" },
        { "{kubernetesServer: {name: k, type: k8s, properties: {}}}", "endpoint k: kubernetesURL is missing: where is the cluster's API?" },
        { "{kubernetesServer: {name: k, type: k8s, properties: {authType: inCluster}}}",
          "endpoint k: authType incluster is switched off on this server; the setting allow-in-cluster allows it" },
    };
    struct harness h;
    harness_open(&h);
    for (size_t i = 0; i < ALEN(CASES); i++) {
        json_decref(h.endpoints);
        h.endpoints = parse(CASES[i].endpoints);
        CHECK(!harness_run(&h, "{action: APPLY, yaml: " POD "}", 0));
        CHECK_TEXT(h.e.text, CASES[i].text);
    }
    harness_close(&h);
}

TEST(k8s_task, tries_again_when_the_cluster_is_down)
{
    struct harness h;
    harness_open(&h);
    h.endpoints = parse("{kubernetesServer: {name: k, type: k8s, properties: {kubernetesURL: 'http://127.0.0.1:1'}}}");
    CHECK(harness_run(&h, "{action: APPLY, yaml: " POD "}", 0));
    CHECK_INT(h.result, TASK_RETRY);
    CHECK_HAS(text_of(&h.message), "Pod a");
    CHECK_HAS(text_of(&h.message), "127.0.0.1:1");
    CHECK_TEXT(json_text_at(h.resolved, "objects[0]", ""), "Pod a");
    harness_close(&h);
}

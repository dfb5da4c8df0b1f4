#include <string.h>

#include "base/test.h"
#include "base/yaml.h"
#include "kube/discovery.h"
#include "kube/manifest.h"
#include "kube/output.h"
#include "kube/rollback.h"
#include "kube/secret.h"
#include "kube/watch.h"

static json_t *parse(const char *text)
{
    AUTO(yaml) yaml = NULL;
    struct err e = { 0 };
    CHECK_OK(yaml_read(text, strlen(text), &yaml, &e), e);
    return json_incref(yaml_document(yaml, 0));
}

TEST(kube_manifest, fills_protocols_where_1_20_wants_them)
{
    static const struct { const char *object, *path, *want; } CASES[] = {
        { "{apiVersion: v1, kind: Service, spec: {ports: [{port: 80}]}}", "spec.ports[0].protocol", "TCP" },
        { "{apiVersion: v1, kind: Service, spec: {ports: [{port: 53, protocol: UDP}]}}", "spec.ports[0].protocol", "UDP" },
        { "{apiVersion: serving.knative.dev/v1, kind: Service, spec: {ports: [{port: 80}]}}", "spec.ports[0].protocol", NULL },
        { "{apiVersion: v1, kind: Pod, spec: {containers: [{ports: [{containerPort: 1}]}]}}", "spec.containers[0].ports[0].protocol", "TCP" },
        { "{apiVersion: apps/v1, kind: Deployment, spec: {template: {spec: {containers: [{name: a}], initContainers: [{ports: [{containerPort: 1}]}]}}}}",
          "spec.template.spec.initContainers[0].ports[0].protocol", "TCP" },
        { "{apiVersion: batch/v1, kind: CronJob, spec: {jobTemplate: {spec: {template: {spec: {containers: [{ports: [{containerPort: 1}]}]}}}}}}",
          "spec.jobTemplate.spec.template.spec.containers[0].ports[0].protocol", "TCP" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_JSON *object = parse(CASES[i].object);
        kube_fill_protocols(object);
        CHECK_TEXT(json_text_at(object, CASES[i].path, NULL), CASES[i].want);
    }
}

TEST(kube_manifest, same_means_what_a_person_would_call_the_same)
{
    static const struct { const char *a, *b; bool same; } CASES[] = {
        { "{metadata: {name: x, resourceVersion: '1', generation: 1, managedFields: [1]}, status: {a: 1}}", "{metadata: {name: x, resourceVersion: '2'}}", true },
        { "{metadata: {name: x, annotations: {slipway.io/run: a}}}", "{metadata: {name: x, annotations: {slipway.io/run: b}}}", true },
        { "{metadata: {name: x, annotations: {slipway.io/run: a}}}", "{metadata: {name: x}}", true },
        { "{metadata: {name: x, annotations: {mine: a}}}", "{metadata: {name: x}}", false },
        { "{metadata: {name: x}, data: {a: b}}", "{metadata: {name: x}, data: {a: c}}", false },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_JSON *a = parse(CASES[i].a), *b = parse(CASES[i].b);
        CHECK(kube_same(a, b) == CASES[i].same);
    }
}

TEST(kube_manifest, says_what_is_no_object)
{
    static const struct { const char *object, *field, *text; } CASES[] = {
        { "[1]", "", "an object of Kubernetes is a mapping with apiVersion, kind and metadata" },
        { "{kind: Pod}", "/apiVersion", "apiVersion is missing" },
        { "{apiVersion: 1, kind: Pod}", "/apiVersion", "apiVersion is not text" },
        { "{apiVersion: v1, kind: Pod, metadata: {}}", "/metadata/name", "metadata.name is missing" },
        { "{apiVersion: v1, kind: Pod, metadata: {name: '../x'}}", "/metadata/name", "metadata.name '../x' cannot be a name" },
        { "{apiVersion: v1, kind: Pod, metadata: {name: x, namespace: 'a/b'}}", "/metadata/namespace", "metadata.namespace cannot be a namespace" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_JSON *object = parse(CASES[i].object);
        struct err e = { 0 };
        CHECK(!kube_object_check(object, &e));
        CHECK_TEXT(e.text, CASES[i].text);
        CHECK_TEXT(e.field, CASES[i].field);
    }
}

TEST(kube_manifest, writes_selectors)
{
    AUTO_JSON *object = parse("spec: {selector: {matchLabels: {app: web, tier: a}, matchExpressions: [{key: k, operator: In, values: [x, y]}, "
                              "{key: m, operator: DoesNotExist}]}}");
    AUTO_FREE char *selector = kube_selector(object);
    CHECK_TEXT(selector, "app=web,tier=a,k in (x,y),!m");
}

TEST(kube_discovery, finds_a_kind_and_its_path)
{
    AUTO_JSON *list = parse("resources: [{name: deployments/scale, kind: Scale, namespaced: true}, {name: deployments, kind: Deployment, namespaced: true}, "
                            "{name: deployments/status, kind: Deployment, namespaced: true}]");
    AUTO(kube_resource) r = kube_resource_in(list, "apps/v1", "Deployment"), *none = kube_resource_in(list, "apps/v1", "Scale");
    CHECK(r && !none);
    AUTO_FREE char *one = kube_path(r, "shop", "web"), *all = kube_path(r, NULL, NULL);
    CHECK_TEXT(one, "/apis/apps/v1/namespaces/shop/deployments/web");
    CHECK_TEXT(all, "/apis/apps/v1/deployments");
}

TEST(kube_watch, knows_whose_a_pod_is)
{
    static const struct { const char *pod, *owner; } CASES[] = {
        { "metadata: {labels: {pod-template-hash: 5d4f}, ownerReferences: [{kind: ReplicaSet, name: web-app-5d4f, controller: true}]}", "Deployment/web-app" },
        { "metadata: {ownerReferences: [{kind: ReplicaSet, name: alone, controller: true}]}", "ReplicaSet/alone" },
        { "metadata: {ownerReferences: [{kind: StatefulSet, name: db, controller: true}]}", "StatefulSet/db" },
        { "metadata: {ownerReferences: [{kind: Thing, name: x}]}", NULL },
        { "metadata: {}", NULL },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_JSON *pod = parse(CASES[i].pod);
        char owner[600];
        CHECK(kube_pod_owner(pod, owner, sizeof owner) == (CASES[i].owner != NULL));
        if (CASES[i].owner)
            CHECK_TEXT(owner, CASES[i].owner);
    }
}

TEST(kube_rollback, picks_a_revision)
{
    static const int64_t HAVE[] = { 9, 7, 4 };
    static const struct { const char *wanted; int64_t to; const char *text; } CASES[] = {
        { NULL, 7, "" },
        { "n-1", 7, "" },
        { "n-2", 4, "" },
        { "n-3", 0, "there is no revision n-3: the cluster keeps 3" },
        { "n-6", 0, "revision 'n-6' is not n-1 ... n-5 or a number" },
        { "4", 4, "" },
        { "9", 9, "" },
        { "8", 0, "there is no revision 8 any more" },
        { "x", 0, "revision 'x' is not n-1 ... n-5 or a number" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        int64_t to = 0;
        struct err e = { 0 };
        CHECK(kube_revision_pick(CASES[i].wanted, HAVE, ALEN(HAVE), &to, &e) == !*CASES[i].text);
        CHECK_INT(to, CASES[i].to);
        CHECK_TEXT(e.text, CASES[i].text);
    }
}

TEST(kube_output, has_code_streams_shape)
{
    AUTO_JSON *output = kube_output_create();
    AUTO_JSON *web = parse("{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, managedFields: [1]}, spec: {replicas: 2}}");
    AUTO_JSON *lb = parse("{apiVersion: v1, kind: Service, metadata: {name: lb}, status: {loadBalancer: {ingress: [{ip: 1.2.3.4}]}}}");
    AUTO_JSON *secret = parse("{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {a: c2VjcmV0}, stringData: {b: secret}}");
    AUTO_JSON *gone = parse("{apiVersion: v1, kind: ConfigMap, metadata: {name: old, namespace: shop}, data: {a: b}}");
    struct err e = { 0 };
    err_set(&e, ERR_CONFLICT, "exists");
    kube_output_add(output, web);
    kube_output_add(output, lb);
    kube_output_add(output, secret);
    kube_output_removed(output, gone);
    kube_output_fail(output, web, &e);
    CHECK_INT(json_int_at(output, "deployments.web.spec.replicas", 0), 2);
    CHECK(!json_at(output, "deployments.web.metadata.managedFields"));
    CHECK_TEXT(json_text_at(output, "loadBalancers.lb.ingress[0].ip", ""), "1.2.3.4");
    CHECK_TEXT(json_text_at(output, "secrets.s.data.a", ""), KUBE_MASK);
    CHECK_TEXT(json_text_at(output, "secrets.s.stringData.b", ""), KUBE_MASK);
    CHECK_TEXT(json_text_at(output, "configMaps.old.status.phase", ""), "Removed");
    CHECK_TEXT(json_text_at(output, "configMaps.old.oldState.data.a", ""), "b");
    CHECK_TEXT(json_text_at(output, "failures[0].message", ""), "exists");
    CHECK_INT(json_int_at(output, "failures[0].code", 0), 409);
}

TEST(kube_output, forms_plurals)
{
    static const struct { const char *kind, *plural; } CASES[] = {
        { "Deployment", "deployments" }, { "Ingress", "ingresses" },     { "NetworkPolicy", "networkPolicies" },
        { "Endpoints", "endpoints" },    { "ConfigMap", "configMaps" },  { "Gateway", "gateways" },
        { "Namespace", "namespaces" },   { "Patch", "patches" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_FREE char *plural = kube_plural(CASES[i].kind);
        CHECK_TEXT(plural, CASES[i].plural);
    }
}

TEST(kube_secret, is_what_kubelets_look_for)
{
    static const struct { const char *registry, *key; } CASES[] = {
        { "docker.io", "https://index.docker.io/v1/" },
        { "ghcr.io", "ghcr.io" },
        { "127.0.0.1:5100", "127.0.0.1:5100" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_JSON *secret = kube_pull_secret("reg", "shop", CASES[i].registry, "alice", "s3cret");
        const char *data = json_string_value(json_object_get(json_object_get(secret, "data"), ".dockerconfigjson"));
        size_t size = 0;
        struct err e = { 0 };
        AUTO_FREE unsigned char *bytes = text_base64_decode(data, strlen(data), &size);
        AUTO_JSON *config = NULL;
        CHECK_OK(json_read((char *)bytes, size, &config, &e), e);
        const json_t *auth = json_object_get(json_object_get(config, "auths"), CASES[i].key);
        CHECK_TEXT(json_text_at(auth, "auth", ""), "YWxpY2U6czNjcmV0");
        CHECK_TEXT(json_text_at(secret, "type", ""), "kubernetes.io/dockerconfigjson");
    }
}

TEST(kube_status, becomes_a_sentence)
{
    static const struct { int status; const char *answer; enum err_kind kind; const char *text; } CASES[] = {
        { 401, "{kind: Status, message: Unauthorized}", ERR_UNAUTHORIZED, "the cluster does not accept the endpoint's credentials: Unauthorized" },
        { 403, "{kind: Status, message: nope}", ERR_FORBIDDEN, "the cluster forbids it: nope" },
        { 409, "{kind: Status, message: exists}", ERR_CONFLICT, "conflict on the cluster: exists" },
        { 422, "{kind: Status, message: bad}", ERR_INVALID, "the cluster finds it invalid: bad" },
        { 429, "{}", ERR_LIMITED, "the cluster has too many requests (HTTP status 429)" },
        { 500, "{}", ERR_UPSTREAM, "the cluster failed (HTTP status 500)" },
        { 500, "{kind: Status, message: 'etcdserver: leader changed'}", ERR_UPSTREAM, "the cluster failed: etcdserver: leader changed" },
        { 500, "{kind: Status, message: 'failed to create typed patch object: .spec.x: field not declared in schema'}", ERR_INVALID,
          "the cluster finds it invalid: failed to create typed patch object: .spec.x: field not declared in schema" },
        { 503, "[]", ERR_UNAVAILABLE, "the cluster is not available (HTTP status 503)" },
        { 301, "{}", ERR_UPSTREAM, "the cluster refuses (HTTP status 301)" },
        { 418, "{message: teapot}", ERR_INVALID, "the cluster refuses (HTTP status 418)" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_JSON *answer = parse(CASES[i].answer);
        struct err e = { 0 };
        CHECK(!kube_refused(CASES[i].status, answer, &e));
        CHECK_TEXT(e.text, CASES[i].text);
        CHECK_INT(e.kind, CASES[i].kind);
    }
}

/* kube_lab_test - the kube room against a real cluster. Run it by tests/lab/kube-test, or in the lab with KUBECONFIG set;
 * without a cluster it says so and ends with status 77.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/test.h"
#include "base/yaml.h"
#include "kube/object.h"
#include "kube/rollback.h"
#include "kube/rollout.h"
#include "kube/secret.h"

static struct loop *loop;
static struct http_client *client;
static struct kube_clusters *clusters;
static struct kube *kube;
static struct err last; /* of the operation that was run last */
static char last_progress[1024];

static const char *image(void)
{
    return getenv("KUBE_TEST_IMAGE");
}

/* ---- operations, one at a time, as if they blocked */

static void keep_error(const struct err *e)
{
    last = e ? *e : (struct err){ 0 };
    loop_stop(loop);
}

static json_t *answer; /* of the last operation; freed by the next */

static void op_done(struct kube_op *op, const struct err *e)
{
    json_decref(answer);
    answer = json_incref(op->answer);
    keep_error(e);
}

static bool run_op(struct kube_op *op)
{
    op->done = op_done;
    CHECK_OK(kube_op_start(op, kube, &last), last);
    loop_run(loop);
    return last.kind == ERR_NONE;
}

static json_t *parse(const char *text)
{
    AUTO(yaml) yaml = NULL;
    struct err e = { 0 };
    CHECK_OK(yaml_read(text, strlen(text), &yaml, &e), e);
    return json_incref(yaml_document(yaml, 0));
}

static bool run(enum kube_verb verb, const char *text)
{
    AUTO_JSON *object = parse(text);
    struct kube_op op = { .verb = verb, .object = object };
    return run_op(&op);
}

static struct kube_explanation *explanation;

static void rollout_done(struct kube_rollout *r, const struct err *e)
{
    json_decref(answer);
    answer = json_incref(r->answer);
    kube_explanation_destroy(&explanation);
    explanation = r->explanation;
    keep_error(e);
}

static void rollout_progress(struct kube_rollout *r, const char *text)
{
    (void)r;
    snprintf(last_progress, sizeof last_progress, "%s", text);
    printf("    %s\n", text);
}

static bool wait_ready(int seconds, bool fail_slow)
{
    AUTO_JSON *object = json_incref(answer);
    struct kube_rollout r = { .object = object, .deadline = clock_mono() + seconds * CLOCK_SECOND, .fail_slow = fail_slow,
                              .progress = rollout_progress, .done = rollout_done };
    CHECK_OK(kube_rollout_start(&r, kube, &last), last);
    loop_run(loop);
    return last.kind == ERR_NONE;
}

static void rollback_done(struct kube_rollback *r, const struct err *e)
{
    json_decref(answer);
    answer = json_incref(r->answer);
    keep_error(e);
}

static char *deployment(const char *tag, const char *more)
{
    return mem_format("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: site}\nspec:\n  replicas: 2\n  selector: {matchLabels: {app: site}}\n"
                      "  template:\n    metadata: {labels: {app: site}}\n    spec:\n      imagePullSecrets: [{name: reg}]\n      containers:\n"
                      "      - name: site\n        image: %s:%s\n        ports: [{containerPort: 8080}]\n%s", image(), tag, more);
}

static bool apply_deployment(const char *tag, const char *more)
{
    AUTO_FREE char *text = deployment(tag, more);
    return run(KUBE_APPLY, text);
}

/* ---- the tests; they follow one another */

TEST(kube_lab, a1_makes_a_pull_secret)
{
    AUTO_JSON *secret = kube_pull_secret("reg", NULL, getenv("REGISTRY"), getenv("REGISTRY_USER"), getenv("REGISTRY_PASSWORD"));
    struct kube_op op = { .verb = KUBE_APPLY, .object = secret };
    CHECK_OK(run_op(&op), last);
}

TEST(kube_lab, a2_applies_and_waits)
{
    CHECK_OK(apply_deployment("1", ""), last);
    CHECK_INT(json_int_at(answer, "spec.replicas", 0), 2);
    CHECK_OK(wait_ready(60, false), last);
    CHECK_TEXT(last_progress, "Deployment site in kube-lab-test: 2 of 2 available");
    CHECK_INT(json_int_at(answer, "status.availableReplicas", 0), 2);
}

TEST(kube_lab, a3_an_apply_that_changes_nothing_is_the_same)
{
    AUTO_JSON *before = json_incref(answer);
    CHECK_OK(apply_deployment("1", ""), last);
    CHECK(kube_same(before, answer));
    CHECK_OK(wait_ready(5, false), last);
}

TEST(kube_lab, a4_a_service_without_protocol_is_applied)
{
    CHECK_OK(run(KUBE_APPLY, "apiVersion: v1\nkind: Service\nmetadata: {name: site}\nspec: {selector: {app: site}, ports: [{port: 80, targetPort: 8080}]}"), last);
    CHECK_OK(wait_ready(5, false), last);
}

TEST(kube_lab, a5_a_missing_image_is_explained)
{
    CHECK_OK(apply_deployment("missing", ""), last);
    CHECK(!wait_ready(90, false));
    CHECK_INT(last.kind, ERR_INVALID);
    CHECK_HAS(last.text, "ImagePull");
    CHECK_HAS(last.text, "not found");
    CHECK(explanation && explanation->stuck && text_starts(explanation->pod, "site-"));
}

TEST(kube_lab, a6_rolls_back)
{
    struct kube_rollback r = { .type = "deployment", .name = "site", .revision = "n-1", .done = rollback_done };
    CHECK_OK(kube_rollback_start(&r, kube, &last), last);
    loop_run(loop);
    CHECK_OK(last.kind == ERR_NONE, last);
    CHECK_INT(r.from, 2);
    CHECK_INT(r.to, 1);
    CHECK_OK(wait_ready(60, false), last);
    CHECK(text_ends(json_text_at(answer, "spec.template.spec.containers[0].image", ""), ":1"));
}

TEST(kube_lab, a7_our_own_rollback_is_no_conflict)
{
    CHECK_OK(apply_deployment("2", ""), last);
    CHECK_OK(wait_ready(60, false), last);
}

TEST(kube_lab, a8_a_crash_shows_its_log)
{
    CHECK_OK(apply_deployment("broken", "  progressDeadlineSeconds: 25\n"), last);
    CHECK(!wait_ready(90, false));
    CHECK_HAS(last.text, "progress deadline");
    CHECK(explanation != NULL);
    AUTO_FREE char *text = kube_explanation_text(explanation, true);
    printf("    %s\n", text);
    CHECK_HAS(text, "exit code");
    CHECK(*explanation->log);
}

TEST(kube_lab, a9_a_deadline_is_explained)
{
    CHECK_OK(apply_deployment("2", "        resources: {requests: {cpu: '900'}}\n"), last);
    CHECK(!wait_ready(8, false));
    CHECK_INT(last.kind, ERR_TIMEOUT);
    CHECK_HAS(last.text, "Unschedulable");
    CHECK_OK(apply_deployment("2", ""), last);
    CHECK_OK(wait_ready(60, false), last);
}

TEST(kube_lab, b1_a_second_create_says_it_exists)
{
    static const char TEXT[] = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: once}\ndata: {a: b}";
    CHECK_OK(run(KUBE_CREATE, TEXT), last);
    CHECK(!run(KUBE_CREATE, TEXT));
    CHECK_INT(last.kind, ERR_CONFLICT);
}

TEST(kube_lab, b2_another_managers_field_is_named)
{
    AUTO_JSON *object = parse("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shared}\ndata: {a: mine}");
    struct kube_op op = { .verb = KUBE_APPLY, .object = object };
    CHECK_OK(run_op(&op), last);
    CHECK_INT(system("kubectl -n kube-lab-test patch configmap shared --type merge -p '{\"data\":{\"a\":\"theirs\"}}' --field-manager somebody >/dev/null"), 0);
    op = (struct kube_op){ .verb = KUBE_APPLY, .object = object };
    CHECK(!run_op(&op));
    CHECK_TEXT(last.text, "ConfigMap shared in kube-lab-test: somebody else manages .data.a (managed by \"somebody\"); with force: true Slipway takes it over");
    op = (struct kube_op){ .verb = KUBE_APPLY, .object = object, .force = true };
    CHECK_OK(run_op(&op), last);
}

TEST(kube_lab, b3_a_create_of_ours_can_be_applied_over)
{
    CHECK_OK(run(KUBE_APPLY, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: once}\ndata: {a: c}"), last);
    CHECK_TEXT(json_text_at(answer, "data.a", ""), "c");
}

TEST(kube_lab, b4_an_outdated_look_is_refused)
{
    AUTO_JSON *object = parse("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: once, resourceVersion: '1'}\ndata: {a: d}");
    struct kube_op op = { .verb = KUBE_APPLY, .object = object };
    CHECK(!run_op(&op));
    CHECK_INT(last.kind, ERR_CONFLICT);
    printf("    %s\n", last.text);
}

TEST(kube_lab, b5_dry_run_changes_nothing)
{
    AUTO_JSON *object = parse("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: once}\ndata: {a: dry}");
    struct kube_op op = { .verb = KUBE_APPLY, .object = object, .dry_run = true };
    CHECK_OK(run_op(&op), last);
    CHECK_TEXT(json_text_at(answer, "data.a", ""), "dry");
    CHECK_OK(run(KUBE_GET, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: once}"), last);
    CHECK_TEXT(json_text_at(answer, "data.a", ""), "c");
}

/* KUBE_TEST_NO_CUSTOM=1: an API server that cannot do it. */
TEST(kube_lab, b6_a_definition_and_its_resource)
{
    if (getenv("KUBE_TEST_NO_CUSTOM")) {
        printf("    skipped: this API server dies of custom resources\n");
        return;
    }
    CHECK_OK(run(KUBE_APPLY, "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: widgets.slipway.test}\nspec:\n"
                             "  group: slipway.test\n  scope: Namespaced\n  names: {plural: widgets, singular: widget, kind: Widget}\n"
                             "  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]"), last);
    CHECK_OK(wait_ready(20, false), last);
    int64_t until = clock_mono() + 10 * CLOCK_SECOND;
    bool ok = false;
    while (!ok && clock_mono() < until)
        ok = run(KUBE_APPLY, "apiVersion: slipway.test/v1\nkind: Widget\nmetadata: {name: one}\nspec: {gears: 3}");
    CHECK_OK(ok, last);
    CHECK_OK(wait_ready(5, false), last);
    CHECK_OK(run(KUBE_DELETE, "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: widgets.slipway.test}"), last);
}

TEST(kube_lab, b7_jobs_and_stateful_sets)
{
    AUTO_FREE char *job = mem_format("apiVersion: batch/v1\nkind: Job\nmetadata: {name: bad}\nspec: {backoffLimit: 0, template: {spec: {restartPolicy: Never, "
                                     "imagePullSecrets: [{name: reg}], containers: [{name: c, image: '%s:broken'}]}}}", image());
    CHECK_OK(run(KUBE_APPLY, job), last);
    CHECK(!wait_ready(60, false));
    CHECK_HAS(last.text, "BackoffLimitExceeded");
    printf("    %s\n", last.text);
    AUTO_FREE char *set = mem_format("apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec: {serviceName: db, selector: {matchLabels: {app: db}}, template: "
                                     "{metadata: {labels: {app: db}}, spec: {imagePullSecrets: [{name: reg}], containers: [{name: c, image: '%s:1'}]}}}", image());
    CHECK_OK(run(KUBE_APPLY, set), last);
    CHECK_OK(wait_ready(60, false), last);
}

TEST(kube_lab, b8_lists_by_label_and_says_what_is_missing)
{
    AUTO_JSON *object = parse("{apiVersion: v1, kind: Pod}");
    struct kube_op op = { .verb = KUBE_LIST, .object = object, .label_selector = "app=site" };
    CHECK_OK(run_op(&op), last);
    CHECK(json_array_size(json_at(answer, "items")) >= 2);
    CHECK(!run(KUBE_APPLY, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: nowhere}"));
    CHECK_TEXT(last.text, "ConfigMap x in nowhere: the namespace nowhere does not exist on the cluster; create it first");
    CHECK(!run(KUBE_APPLY, "apiVersion: nothing.test/v1\nkind: Thing\nmetadata: {name: x}"));
    CHECK_HAS(last.text, "the cluster knows no kind Thing in nothing.test/v1");
}

TEST(kube_lab, c1_deletes_and_waits)
{
    static const char SITE[] = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: site}";
    CHECK_OK(run(KUBE_DELETE, SITE), last);
    CHECK_TEXT(json_text_at(answer, "metadata.name", ""), "site");
    CHECK(!run(KUBE_DELETE, SITE));
    CHECK_INT(last.kind, ERR_NOT_FOUND);
}

/* ---- around them */

static void closed(void *context)
{
    (void)context;
    loop_stop(loop);
}

static char *read_all(const char *path)
{
    struct text all = { 0 };
    char part[4096];
    size_t n;
    FILE *file = fopen(path, "re");
    while (file && (n = fread(part, 1, sizeof part, file)) > 0)
        text_add_n(&all, part, n);
    if (file)
        fclose(file);
    return text_take(&all);
}

__attribute__((constructor)) static void open_cluster(void)
{
    struct err e = { 0 };
    struct kube_target *target = NULL;
    if (!getenv("KUBECONFIG") || !image()) {
        printf("skipped: no cluster\n");
        exit(77);
    }
    AUTO_FREE char *config = read_all(getenv("KUBECONFIG"));
    bool ok = kube_target_from_kubeconfig(config, strlen(config), NULL, &target, &e) && loop_create(&loop, &e) &&
              http_client_create(loop, NULL, &client, &e);
    if (ok) {
        free(target->default_namespace);
        target->default_namespace = mem_text("kube-lab-test");
        clusters = kube_clusters_create(loop, client);
        ok = kube_hold(clusters, target, &kube, &e);
    }
    if (!ok) {
        printf("%s\n", e.text);
        exit(1);
    }
}

__attribute__((destructor)) static void close_cluster(void)
{
    if (!clusters)
        return;
    json_decref(answer);
    kube_explanation_destroy(&explanation);
    kube_release(&kube);
    kube_clusters_close(clusters, closed, NULL);
    loop_run(loop);
    http_client_destroy(&client);
    loop_destroy(&loop);
}

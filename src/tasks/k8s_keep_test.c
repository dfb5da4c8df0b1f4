/* What a Kubernetes task keeps, and what a restore makes of it at a cluster that it finds so or so. */
#include "base/mem.h"
#include "base/test.h"
#include "base/yaml.h"
#include "kube/fake_test.h"
#include "tasks/harness_test.h"

#include <string.h>

#define CORE "{\"kind\":\"APIResourceList\",\"groupVersion\":\"v1\",\"resources\":[{\"name\":\"configmaps\",\"singularName\":\"\",\"namespaced\":true,\"kind\":\"ConfigMap\",\"verbs\":[\"get\"]}]}"
#define MISSING "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"NotFound\",\"message\":\"not found\",\"code\":404}"
#define CONFLICT "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"Conflict\",\"message\":\"the object has been modified\",\"code\":409}"
#define INVALID "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"Invalid\",\"message\":\"data is wrong\",\"code\":422}"
/* As a run left it. */
#define MAP(run, name, tag) "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"a\",\"namespace\":\"default\",\"uid\":\"u\",\"resourceVersion\":\"7\",\"annotations\":{" \
    "\"slipway.io/run\":\"" run "\",\"slipway.io/execution\":\"" name "\",\"slipway.io/push\":\"9\",\"slipway.io/webhook\":\"w\",\"slipway.io/newest\":\"CD#1\"}},\"data\":{\"tag\":\"" tag "\"}}"
#define DIGEST "sha256:1111111111111111111111111111111111111111111111111111111111111111"

struct stage {
    struct harness h;
    struct fake *fake;
    json_t *restore;
};

static void open_stage(struct stage *s, struct fake_reply *replies)
{
    *s = (struct stage){ 0 };
    harness_open(&s->h);
    s->fake = fake_create(s->h.services.loop, replies);
    s->h.endpoints = json_pack("{s:{s:s, s:s, s:s, s:{s:s}}}", "kubernetesServer", "id", "e1", "name", "lab", "type", "k8s", "properties", "kubernetesURL",
                               fake_url(s->fake));
}

static void leave(struct stage *s)
{
    json_decref(s->restore);
    fake_destroy(&s->fake);
    harness_close(&s->h);
}

/* The run 0190-1 put the ConfigMap a there; verified was how 0190-0 had left it; "": nothing was. */
static void restore(struct stage *s, const char *verified, const char *cluster)
{
    json_t *one = json_pack("{s:s, s:s, s:s, s:s}", "namespace", "default", "kind", "ConfigMap", "name", "a", "putBy", "0190-9");
    AUTO_JSON *object = NULL;
    if (*verified) {
        CHECK(json_read(verified, strlen(verified), &object, NULL));
        json_object_del(json_object_get(object, "metadata"), "resourceVersion");
        json_object_set(one, "object", object);
        json_set_text(one, "run", "0190-0");
        json_set_text(one, "of", "CD#0");
        json_set_text(one, "images", "");
        json_set_text(one, "cluster", cluster ? cluster : fake_url(s->fake));
    }
    s->restore = json_pack("[o]", one);
    s->h.job.restore = s->restore;
    CHECK_OK(harness_run(&s->h, "{action: APPLY, yaml: '${input.that.is.not.known}', timeout: 1}", 0), s->h.e);
}

#define GET "GET /api/v1/namespaces/default/configmaps/a"
#define PATCH "PATCH /api/v1/namespaces/default/configmaps/a?fieldManager=slipway&force=false"

TEST(k8s_restore, puts_back_over_what_the_failed_run_put_there)
{
    static const char *const LIVE[] = { MAP("0190-1", "CD#1", "new"), MAP("0190-9", "CD#9", "new") }; /* it goes on from the other */
    for (size_t i = 0; i < ALEN(LIVE); i++) {
        struct stage s;
        struct fake_reply replies[] = { { "GET /api/v1 ", 200, CORE, 0, NULL, 0, 0 }, { GET, 200, LIVE[i], 0, NULL, 0, 0 }, { PATCH, 200, MAP("0190-1", "CD#1", "old"), 0, NULL, 0, 0 }, { NULL } };
        open_stage(&s, replies);
        restore(&s, MAP("0190-0", "CD#0", "old"), NULL);
        CHECK_INT(s.h.result, TASK_COMPLETED);
        CHECK_TEXT(text_of(&s.h.message), "restored ConfigMap a in default of CD#0");
        CHECK_INT(json_int_at(s.h.output, "restored", 0), 1);
        CHECK(!s.h.warning);
        CHECK(!json_object_get(s.h.shown, "yaml")); /* it holds secrets of that time */
        CHECK(!json_bool_at(s.h.resolved, "puts", false));
        leave(&s);
    }
}

TEST(k8s_restore, makes_again_what_is_gone)
{
    struct stage s;
    struct fake_reply replies[] = { { "GET /api/v1 ", 200, CORE, 0, NULL, 0, 0 }, { GET, 404, MISSING, 0, NULL, 0, 0 }, { PATCH, 201, MAP("0190-1", "CD#1", "old"), 0, NULL, 0, 0 }, { NULL } };
    open_stage(&s, replies);
    restore(&s, MAP("0190-0", "CD#0", "old"), NULL);
    CHECK_TEXT(text_of(&s.h.message), "restored ConfigMap a in default of CD#0");
    leave(&s);
}

TEST(k8s_restore, leaves_alone_what_it_must_not_touch)
{
    static const struct { const char *live, *message; } CASES[] = {
        { MAP("0190-5", "CD#5", "newer"), "nothing was put back: ConfigMap a in default stays as it is: CD#5 changed it since" },
        { MAP("", "", "by hand"), "nothing was put back: ConfigMap a in default stays as it is: somebody changed it since" },
        { MAP("0190-0", "CD#0", "old"), "nothing was put back: the cluster is as it was" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        struct stage s;
        struct fake_reply replies[] = { { "GET /api/v1 ", 200, CORE, 0, NULL, 0, 0 }, { GET, 200, CASES[i].live, 0, NULL, 0, 0 }, { NULL } };
        open_stage(&s, replies);
        restore(&s, MAP("0190-0", "CD#0", "old"), NULL);
        CHECK_INT(s.h.result, TASK_COMPLETED);
        CHECK_TEXT(text_of(&s.h.message), CASES[i].message);
        CHECK_INT(json_int_at(s.h.output, "restored", 7), 0);
        CHECK_INT(fake_count(s.fake, "PATCH"), 0);
        leave(&s);
    }
}

/* Between its look and its apply another run put something newer there. */
TEST(k8s_restore, looks_again_when_somebody_was_faster)
{
    struct stage s;
    struct fake_reply replies[] = { { "GET /api/v1 ", 200, CORE, 0, NULL, 0, 0 },
                                    { GET, 200, MAP("0190-1", "CD#1", "new"), 0, NULL, 1, 0 },
                                    { GET, 200, MAP("0190-5", "CD#5", "newer"), 0, NULL, 0, 0 },
                                    { PATCH, 409, CONFLICT, 0, NULL, 0, 0 },
                                    { NULL } };
    open_stage(&s, replies);
    restore(&s, MAP("0190-0", "CD#0", "old"), NULL);
    CHECK_TEXT(text_of(&s.h.message), "nothing was put back: ConfigMap a in default stays as it is: CD#5 changed it since");
    CHECK_INT(fake_count(s.fake, "PATCH"), 1);
    leave(&s);
}

TEST(k8s_restore, says_when_there_is_nothing_to_put_back)
{
    struct stage s;
    struct fake_reply replies[] = { { NULL } };
    open_stage(&s, replies);
    restore(&s, "", NULL);
    CHECK_TEXT(text_of(&s.h.message), "nothing was put back: ConfigMap a: nothing has been verified there yet");
    CHECK_TEXT(fake_seen(s.fake), "");
    leave(&s);
    open_stage(&s, replies);
    restore(&s, MAP("0190-0", "CD#0", "old"), "https://elsewhere");
    CHECK_TEXT(text_of(&s.h.message), "nothing was put back: ConfigMap a was verified at https://elsewhere, which is not this cluster");
    CHECK_TEXT(fake_seen(s.fake), "");
    leave(&s);
}

TEST(k8s_restore, fails_when_the_cluster_refuses)
{
    struct stage s;
    struct fake_reply replies[] = { { "GET /api/v1 ", 200, CORE, 0, NULL, 0, 0 }, { GET, 200, MAP("0190-1", "CD#1", "new"), 0, NULL, 0, 0 }, { PATCH, 422, INVALID, 0, NULL, 0, 0 }, { NULL } };
    open_stage(&s, replies);
    restore(&s, MAP("0190-0", "CD#0", "old"), NULL);
    CHECK_INT(s.h.result, TASK_FAILED);
    CHECK_HAS(text_of(&s.h.message), "data is wrong");
    leave(&s);
}

/* ---- what is kept */

#define APPLY "{action: APPLY, timeout: 1, yaml: \"apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: a}\\ndata: {tag: new}\\n\"}"

TEST(k8s_keep, says_what_it_is_about_to_put_there_when_it_is_asked)
{
    for (int asked = 0; asked < 2; asked++) {
        struct stage s;
        struct fake_reply replies[] = { { "GET /api/v1 ", 200, CORE, 0, NULL, 0, 0 }, { GET, 404, MISSING, 0, NULL, 0, 0 }, { PATCH, 201, MAP("0190-1", "CD#1", "new"), 0, NULL, 0, 0 }, { NULL } };
        open_stage(&s, replies);
        s.h.job.keeps = asked;
        CHECK_OK(harness_run(&s.h, APPLY, 0), s.h.e);
        CHECK_INT(s.h.result, TASK_COMPLETED);
        CHECK(!s.h.untouched);
        CHECK(json_bool_at(s.h.resolved, "puts", false));
        CHECK((s.h.puts != NULL) == asked);
        const json_t *one = json_array_get(json_object_get(s.h.puts, "objects"), 0);
        if (asked) {
            CHECK_TEXT(json_text_at(s.h.puts, "endpoint", ""), "e1");
            CHECK_TEXT(json_text_at(s.h.puts, "cluster", ""), fake_url(s.fake));
            CHECK_TEXT(json_text_at(one, "namespace", ""), "default");
            CHECK_TEXT(json_text_at(one, "object.data.tag", ""), "new");
        }
        leave(&s);
    }
}

TEST(k8s_keep, knows_when_the_cluster_took_nothing)
{
    struct stage s;
    struct fake_reply replies[] = { { "GET /api/v1 ", 200, CORE, 0, NULL, 0, 0 }, { GET, 404, MISSING, 0, NULL, 0, 0 }, { PATCH, 422, INVALID, 0, NULL, 0, 0 }, { NULL } };
    open_stage(&s, replies);
    CHECK_OK(harness_run(&s.h, APPLY, 0), s.h.e);
    CHECK_INT(s.h.result, TASK_FAILED);
    CHECK(s.h.untouched);
    leave(&s);
}

TEST(k8s_keep, tells_what_it_left_to_a_newer_push)
{
    static const struct task_push OLD = { .webhook = "w", .sequence = 5, .registry = "docker.io", .repository = "acme/web", .tag = "1.4", .digest = "" };
    struct stage s;
    struct fake_reply replies[] = { { "GET /api/v1 ", 200, CORE, 0, NULL, 0, 0 }, { GET, 200, MAP("0190-5", "CD#5", "newer"), 0, NULL, 0, 0 }, { NULL } };
    open_stage(&s, replies);
    s.h.job.push = &OLD;
    CHECK_OK(harness_run(&s.h, APPLY, 0), s.h.e);
    CHECK(s.h.untouched);
    const json_t *left = json_array_get(json_object_get(s.h.places, "superseded"), 0);
    CHECK_TEXT(json_text_at(left, "name", ""), "a");
    CHECK_TEXT(json_text_at(left, "namespace", ""), "default");
    leave(&s);
}

/* Jobs that ran have run, and a login may be another by then; images are named by digest, whatever the task says. */
TEST(k8s_keep, keeps_what_stays_by_digest)
{
    static const struct task_push PUSH = { .webhook = "w", .sequence = 5, .registry = "docker.io", .repository = "acme/web", .tag = "1.4", .digest = DIGEST };
    struct stage s;
    struct fake_reply replies[] = { { NULL } };
    open_stage(&s, replies);
    AUTO(yaml) registry = NULL;
    const char *const text = "{name: hub, properties: {serverType: distribution, repoURL: 'registry.example.com', username: u, password: p}}";
    CHECK_OK(yaml_read(text, strlen(text), &registry, NULL), s.h.e);
    json_object_set(s.h.endpoints, "dockerRegistry", yaml_document(registry, 0));
    s.h.job.push = &PUSH;
    s.h.job.keeps = true;
    CHECK_OK(harness_run(&s.h, "{action: APPLY, pinImages: false, timeout: 1, yaml: '{apiVersion: v1, kind: List, items: [{apiVersion: batch/v1, kind: Job, metadata: {name: j}, spec: {template: {spec: {containers: [{name: c, image: x}]}}}},"
                               " {apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}, spec: {template: {spec: {containers: [{name: c, image: \"acme/web:1.4\"}]}}}}]}'}", 0), s.h.e);
    const json_t *objects = json_object_get(s.h.puts, "objects"), *one = json_array_get(objects, 0);
    CHECK_INT(json_array_size(objects), 1);
    CHECK_TEXT(json_text_at(one, "kind", ""), "Deployment");
    CHECK_TEXT(json_text_at(one, "images", ""), "acme/web:1.4@" DIGEST);
    CHECK_TEXT(json_text_at(one, "object.spec.template.spec.containers[0].image", ""), "acme/web@" DIGEST);
    leave(&s);
}

#include "base/mem.h"
#include "base/test.h"
#include "base/yaml.h"
#include "kube/fake_test.h"
#include "tasks/harness_test.h"

#include <string.h>

#define CORE "{\"kind\":\"APIResourceList\",\"groupVersion\":\"v1\",\"resources\":[{\"name\":\"configmaps\",\"singularName\":\"\",\"namespaced\":true,\"kind\":\"ConfigMap\",\"verbs\":[\"get\"]}," \
             "{\"name\":\"namespaces\",\"singularName\":\"\",\"namespaced\":false,\"kind\":\"Namespace\",\"verbs\":[\"get\"]}," \
             "{\"name\":\"secrets\",\"singularName\":\"\",\"namespaced\":true,\"kind\":\"Secret\",\"verbs\":[\"get\"]}]}"
#define MISSING "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"NotFound\",\"message\":\"not found\",\"code\":404}"
#define MAP(name, tag, version) "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"" name "\",\"namespace\":\"default\",\"uid\":\"u-" version \
    "\",\"resourceVersion\":\"" version "\"},\"data\":{\"tag\":\"" tag "\"}}"

struct stage {
    struct harness h;
    struct fake *fake;
    struct task_preview op;
    json_t *answer;
};

static void done(struct task_preview *op)
{
    struct stage *s = OWNER(op, struct stage, op);
    s->answer = json_incref(op->answer);
    loop_stop(s->h.services.loop);
}

static bool preview(struct stage *s, struct fake_reply *replies, const char *input, bool diff)
{
    AUTO(yaml) yaml = NULL;
    struct err e = { 0 };
    harness_open(&s->h);
    s->fake = fake_create(s->h.services.loop, replies);
    CHECK_OK(yaml_read(input, strlen(input), &yaml, &e), e);
    s->h.endpoints = json_pack("{s:{s:s, s:s, s:{s:s}}}", "kubernetesServer", "name", "lab", "type", "k8s", "properties", "kubernetesURL",
                               fake_url(s->fake));
    s->h.job.input = yaml_document(yaml, 0);
    s->h.job.endpoints = s->h.endpoints;
    s->op = (struct task_preview){ .job = &s->h.job, .diff = diff, .timeout_micros = 5000000, .done = done };
    bool began = s->h.job.type->preview(&s->op, &s->h.e);
    if (began)
        loop_run(s->h.services.loop);
    return began;
}

static void leave(struct stage *s)
{
    json_decref(s->answer);
    fake_destroy(&s->fake);
    harness_close(&s->h);
}

static const char *would(const struct stage *s, size_t i)
{
    return json_text_at(json_array_get(json_object_get(s->answer, "objects"), i), "would", "");
}

#define APPLY "{action: APPLY, yaml: \"apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: a}\\ndata: {tag: new}\\n\"}"
#define CREATE "{action: CREATE, yaml: \"apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: a}\\ndata: {tag: new}\\n\"}"

TEST(k8s_preview, shows_the_yaml_and_asks_nobody)
{
    struct stage s = { 0 };
    struct fake_reply replies[] = { { NULL } };
    CHECK_OK(preview(&s, replies, APPLY, false), s.h.e);
    CHECK_HAS(json_text_at(s.answer, "yaml", ""), "tag: new");
    CHECK_TEXT(fake_seen(s.fake), "");
    leave(&s);
}

TEST(k8s_preview, tells_what_an_apply_would_change_by_a_dry_run)
{
    struct stage s = { 0 };
    struct fake_reply replies[] = {
        { "GET /api/v1 ", 200, CORE, 0, NULL, 0, 0 },
        { "GET /api/v1/namespaces/default/configmaps/a", 200, MAP("a", "old", "1"), 0, NULL, 0, 0 },
        { "PATCH /api/v1/namespaces/default/configmaps/a?fieldManager=slipway&force=false&dryRun=All", 200, MAP("a", "new", "2"), 0, NULL, 0, 0 },
        { NULL } };
    CHECK_OK(preview(&s, replies, APPLY, true), s.h.e);
    CHECK_TEXT(would(&s, 0), "would be changed");
    const char *diff = json_text_at(json_array_get(json_object_get(s.answer, "objects"), 0), "diff", "");
    CHECK_HAS(diff, "-  tag: old\n+  tag: new\n");
    CHECK(!strstr(diff, "resourceVersion"));
    CHECK_INT(fake_count(s.fake, "PATCH"), 1);
    CHECK_INT(fake_count(s.fake, "dryRun=All"), 1);
    leave(&s);
}

TEST(k8s_preview, tells_what_is_new_and_what_stays)
{
    static const struct { int status; const char *live, *would; } CASES[] = { { 404, MISSING, "would be created" },
                                                                             { 200, MAP("a", "new", "1"), "unchanged" } };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        struct stage s = { 0 };
        struct fake_reply replies[] = {
            { "GET /api/v1 ", 200, CORE, 0, NULL, 0, 0 },
            { "GET /api/v1/namespaces/default/configmaps/a", CASES[i].status, CASES[i].live, 0, NULL, 0, 0 },
            { "PATCH /api/v1/namespaces/default/configmaps/a?fieldManager=slipway&force=false&dryRun=All", 200, MAP("a", "new", "1"), 0, NULL, 0, 0 },
            { NULL } };
        CHECK_OK(preview(&s, replies, APPLY, true), s.h.e);
        CHECK_TEXT(would(&s, 0), CASES[i].would);
        leave(&s);
    }
}

TEST(k8s_preview, tells_that_create_would_find_it_there)
{
    struct stage s = { 0 };
    struct fake_reply replies[] = { { "GET /api/v1 ", 200, CORE, 0, NULL, 0, 0 },
                                    { "GET /api/v1/namespaces/default/configmaps/a", 200, MAP("a", "old", "1"), 0, NULL, 0, 0 }, { NULL } };
    CHECK_OK(preview(&s, replies, CREATE, true), s.h.e);
    CHECK_TEXT(would(&s, 0), "exists: CREATE would fail; use Apply");
    CHECK_INT(fake_count(s.fake, "POST"), 0);
    leave(&s);
}

TEST(k8s_preview, says_why_a_run_would_fail)
{
    struct stage s = { 0 };
    struct fake_reply replies[] = { { NULL } };
    CHECK(!preview(&s, replies, "{action: APPLY}", true));
    CHECK_HAS(s.h.e.text, "yaml is empty");
    leave(&s);
}

/* ---- what people approve */

static char *bound_hash(const char *input, const char *value)
{
    struct harness h;
    AUTO(yaml) yaml = NULL;
    AUTO_JSON *bound = NULL;
    struct err e = { 0 };
    harness_open(&h);
    CHECK_OK(yaml_read(input, strlen(input), &yaml, &e), e);
    harness_value(&h, "input.X", value, true);
    h.endpoints = json_pack("{s:{s:s, s:s, s:{s:s}}}", "kubernetesServer", "name", "lab", "type", "k8s", "properties", "kubernetesURL", "http://127.0.0.1:9");
    h.job.input = yaml_document(yaml, 0);
    h.job.endpoints = h.endpoints;
    CHECK_OK(h.job.type->bind(&h.job, &bound, &e), e);
    char *hash = bound ? mem_text(json_text_at(bound, "hash", "")) : NULL;
    CHECK(!strstr(json_text_at(bound, "yaml", ""), "c2VjcmV0"));
    harness_close(&h);
    return hash;
}

TEST(k8s_bind, is_known_by_everything_that_decides)
{
    static const char *const MAP_YAML = "yaml: \"apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: a}\\ndata: {tag: '${input.X}'}\\n\"";
    AUTO_FREE char *apply = mem_format("{action: APPLY, %s}", MAP_YAML), *force = mem_format("{action: APPLY, force: true, %s}", MAP_YAML), *get = mem_format("{action: GET, %s}", MAP_YAML);
    static const char *const SECRET = "{action: APPLY, yaml: \"apiVersion: v1\\nkind: Secret\\nmetadata: {name: a}\\ndata: {x: '${input.X}'}\\n\"}";
    AUTO_FREE char *one = bound_hash(apply, "1"), *same = bound_hash(apply, "1"), *two = bound_hash(apply, "2"), *forced = bound_hash(force, "1"), *read = bound_hash(get, "1");
    AUTO_FREE char *secret = bound_hash(SECRET, "c2VjcmV0"), *other = bound_hash(SECRET, "c2VjcmV1");
    CHECK_TEXT(one, same);
    CHECK(!text_is(one, two) && !text_is(one, forced) && !text_is(secret, other) && strlen(one) == 64);
    CHECK(!read); /* it changes nothing */
}

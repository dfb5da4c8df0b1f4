/* Clusters that fail: slow, refusing, garbled, cut off. */
#include <malloc.h>
#include <string.h>

#include "base/clock.h"
#include "base/test.h"
#include "kube/fake_test.h"
#include "kube/object.h"
#include "kube/rollback.h"
#include "kube/rollout.h"

#define CORE "{\"resources\":[{\"name\":\"configmaps\",\"kind\":\"ConfigMap\",\"namespaced\":true},{\"name\":\"pods\",\"kind\":\"Pod\",\"namespaced\":true}]}"
#define APPS "{\"resources\":[{\"name\":\"deployments\",\"kind\":\"Deployment\",\"namespaced\":true}]}"
#define ALL "/apis/apps/v1/namespaces/default/deployments"
#define ONE ALL "/web"
#define PODS "/api/v1/namespaces/default/pods"
#define WEB(version, updated) "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"web\",\"namespace\":\"default\",\"uid\":\"u1\",\"resourceVersion\":\"" version "\"}," \
    "\"spec\":{\"replicas\":2,\"selector\":{\"matchLabels\":{\"app\":\"web\"}}},\"status\":{\"updatedReplicas\":" updated ",\"availableReplicas\":" updated ",\"replicas\":" updated "}}"
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}\n"
#define LIST(version) "{\"metadata\":{\"resourceVersion\":\"" version "\"},\"items\":[]}"
#define STATUS(code, reason, message) "{\"kind\":\"Status\",\"code\":" code ",\"reason\":\"" reason "\",\"message\":\"" message "\"}"

#define USUAL { "GET /api/v1 ", 200, CORE }, { "GET /apis/apps/v1 ", 200, APPS }
#define NO_PODS { "GET " PODS "?limit=1", 200, LIST("1") }, { "GET " PODS "?limit=500", 200, LIST("1") }, { "GET " PODS "?watch", 200, "", FAKE_HANG }

struct bench {
    struct loop *loop;
    struct http_client *client;
    struct kube_clusters *clusters;
    struct kube *kube;
    struct fake *fake;
    struct err e;      /* of the last operation */
    int done;
    json_t *answer, *warnings;
    struct text progress;
    struct timer timer;
    struct kube_op op;
    struct kube_rollout rollout;
};

static void bench_open(struct bench *b, struct fake_reply *replies)
{
    struct kube_target *target = NULL;
    *b = (struct bench){ 0 };
    CHECK_OK(loop_create(&b->loop, &b->e), b->e);
    CHECK_OK(http_client_create(b->loop, NULL, &b->client, &b->e), b->e);
    b->fake = fake_create(b->loop, replies);
    b->clusters = kube_clusters_create(b->loop, b->client);
    AUTO_JSON *properties = json_pack("{s:s, s:s}", "kubernetesURL", fake_url(b->fake), "token", "t0ken");
    CHECK_OK(kube_target_from_properties(properties, false, &target, &b->e), b->e);
    CHECK_OK(kube_hold(b->clusters, target, &b->kube, &b->e), b->e);
}

static void stop(void *bench)
{
    loop_stop(((struct bench *)bench)->loop);
}

static void bench_close(struct bench *b)
{
    kube_release(&b->kube);
    kube_clusters_close(b->clusters, stop, b);
    loop_run(b->loop);
    fake_destroy(&b->fake);
    http_client_destroy(&b->client);
    loop_destroy(&b->loop);
    json_decref(b->answer);
    json_decref(b->warnings);
    text_fini(&b->progress);
}

static void op_done(struct kube_op *op, const struct err *e)
{
    struct bench *b = OWNER(op, struct bench, op);
    b->e = e ? *e : (struct err){ 0 };
    b->done++;
    json_decref(b->answer);
    b->answer = json_incref(op->answer);
    json_decref(b->warnings);
    b->warnings = json_incref(op->warnings);
    loop_stop(b->loop);
}

static json_t *config_map(void)
{
    return json_pack("{s:s, s:s, s:{s:s}}", "apiVersion", "v1", "kind", "ConfigMap", "metadata", "name", "c");
}

static bool run_op(struct bench *b, enum kube_verb verb, int64_t timeout)
{
    AUTO_JSON *object = config_map();
    b->op = (struct kube_op){ .verb = verb, .object = object, .timeout_micros = timeout, .done = op_done };
    CHECK_OK(kube_op_start(&b->op, b->kube, &b->e), b->e);
    loop_run(b->loop);
    return b->e.kind == ERR_NONE;
}

#define CONFIG_MAP "/api/v1/namespaces/default/configmaps"

TEST(kube_faults, each_has_its_sentence)
{
    static const struct { struct fake_reply reply; enum err_kind kind; const char *has; int64_t retry; } CASES[] = {
        { { "GET " CONFIG_MAP, 401, STATUS("401", "Unauthorized", "Unauthorized") }, ERR_UNAUTHORIZED, "does not accept the endpoint's credentials: Unauthorized", 0 },
        { { "GET " CONFIG_MAP, 422, STATUS("422", "Invalid", "spec.x: wrong") }, ERR_INVALID, "finds it invalid: spec.x: wrong", 0 },
        { { "GET " CONFIG_MAP, 429, "{}", FAKE_ANSWER, "Retry-After: 7" }, ERR_LIMITED, "too many requests", 7 * CLOCK_SECOND },
        { { "GET " CONFIG_MAP, 500, "<html>" }, ERR_UPSTREAM, "the cluster failed (HTTP status 500)", 0 },
        { { "GET " CONFIG_MAP, 200, "<html>" }, ERR_UPSTREAM, "answered 200 with what is no JSON: line 1", 0 },
        { { "GET " CONFIG_MAP, 200, "{\"kind\":\"ConfigMap\"}", FAKE_CUT }, ERR_UNAVAILABLE, "ConfigMap c", 0 },
        { { "GET " CONFIG_MAP, 200, "", FAKE_HANG }, ERR_TIMEOUT, "no answer in time", 0 },
        { { "GET " CONFIG_MAP, 200, "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]" }, ERR_UPSTREAM, "nested deeper", 0 },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        struct fake_reply replies[] = { USUAL, CASES[i].reply, { 0 } };
        struct bench b;
        bench_open(&b, replies);
        CHECK(!run_op(&b, KUBE_GET, 200 * CLOCK_MS));
        CHECK_HAS(b.e.text, CASES[i].has);
        CHECK_INT(b.e.kind, CASES[i].kind);
        CHECK_INT(b.op.retry_after_micros, CASES[i].retry);
        bench_close(&b);
    }
}

TEST(kube_faults, a_warning_is_kept_whatever_its_shape)
{
    static const struct { const char *header, *warnings; } CASES[] = {
        { "Warning: 299 - \"v1 Endpoints is deprecated\"", "[\"v1 Endpoints is deprecated\"]" },
        { "warning: 299 - \"unknown field \\\"spec.x\\\"\"\r\nWarning: 299 - \"b\", 299 - \"c\"",
          "[\"unknown field \\\"spec.x\\\"\",\"b\",\"c\"]" },
        { "Warning: 299 - \"no end", "[\"no end\"]" },
        { "Warning: 299", "[]" },
        { "Warning: a\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"", "[\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"]" },
        { NULL, "[]" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        struct fake_reply replies[] = { USUAL, { "GET " CONFIG_MAP, 200, "{\"kind\":\"ConfigMap\"}", FAKE_ANSWER, CASES[i].header }, { 0 } };
        struct bench b;
        bench_open(&b, replies);
        CHECK_OK(run_op(&b, KUBE_GET, 0), b.e);
        AUTO_FREE char *warnings = json_write(b.warnings);
        CHECK_TEXT(warnings, CASES[i].warnings);
        bench_close(&b);
    }
}

TEST(kube_faults, a_cluster_that_is_down_is_worth_another_try)
{
    struct fake_reply replies[] = { { 0 } };
    struct bench b;
    bench_open(&b, replies);
    fake_destroy(&b.fake);
    CHECK(!run_op(&b, KUBE_GET, 0));
    CHECK_INT(b.e.kind, ERR_UNAVAILABLE);
    CHECK(err_retry(b.e.kind));
    b.fake = fake_create(b.loop, replies);
    bench_close(&b);
}

TEST(kube_faults, kinds_are_asked_for_once)
{
    struct fake_reply replies[] = { USUAL, { "GET " CONFIG_MAP, 200, "{\"kind\":\"ConfigMap\"}" }, { 0 } };
    struct bench b;
    bench_open(&b, replies);
    CHECK_OK(run_op(&b, KUBE_GET, 0), b.e);
    CHECK_OK(run_op(&b, KUBE_GET, 0), b.e);
    CHECK_INT(fake_count(b.fake, "GET /api/v1 "), 1);
    bench_close(&b);
}

#define CAUSE(manager) STATUS_CAUSES(manager, ".data.a")
#define STATUS_CAUSES(manager, field) "{\"kind\":\"Status\",\"reason\":\"Conflict\",\"message\":\"Apply failed\",\"details\":{\"causes\":[{\"reason\":\"FieldManagerConflict\"," \
    "\"message\":\"conflict with \\\"" manager "\\\" using v1\",\"field\":\"" field "\"}]}}"

TEST(kube_faults, a_conflict_with_others_is_told_one_with_ourselves_is_none)
{
    struct fake_reply theirs[] = { USUAL, { "PATCH " CONFIG_MAP "/c?fieldManager=slipway&force=false", 409, CAUSE("kubectl") }, { 0 } };
    struct fake_reply ours[] = { USUAL, { "PATCH " CONFIG_MAP "/c?fieldManager=slipway&force=false", 409, CAUSE("slipway") },
                                 { "PATCH " CONFIG_MAP "/c?fieldManager=slipway&force=true", 200, "{\"kind\":\"ConfigMap\"}" }, { 0 } };
    struct bench b;
    bench_open(&b, theirs);
    CHECK(!run_op(&b, KUBE_APPLY, 0));
    CHECK_TEXT(b.e.text, "ConfigMap c in default: somebody else manages .data.a (managed by \"kubectl\"); with force: true Slipway takes it over");
    bench_close(&b);
    bench_open(&b, ours);
    CHECK_OK(run_op(&b, KUBE_APPLY, 0), b.e);
    bench_close(&b);
}

static void cancel_op(struct timer *t)
{
    kube_op_cancel(&OWNER(t, struct bench, timer)->op);
}

TEST(kube_faults, an_operation_can_be_canceled_anywhere)
{
    static const struct fake_reply HANGS[] = { { "GET /api/v1 ", 200, "", FAKE_HANG }, { "GET " CONFIG_MAP, 200, "", FAKE_HANG } };
    for (size_t i = 0; i < ALEN(HANGS); i++) {
        struct fake_reply replies[] = { HANGS[i], USUAL, { 0 } };
        struct bench b;
        bench_open(&b, replies);
        timer_set(&b.timer, b.loop, 20 * CLOCK_MS, cancel_op);
        CHECK(!run_op(&b, KUBE_GET, 0));
        CHECK_INT(b.e.kind, ERR_CANCELED);
        CHECK_INT(b.done, 1);
        bench_close(&b);
    }
}

/* ---- rollouts */

static void rollout_done(struct kube_rollout *r, const struct err *e)
{
    struct bench *b = OWNER(r, struct bench, rollout);
    b->e = e ? *e : (struct err){ 0 };
    b->done++;
    kube_explanation_destroy(&r->explanation);
    loop_stop(b->loop);
}

static void rollout_progress(struct kube_rollout *r, const char *text)
{
    text_addf(&OWNER(r, struct bench, rollout)->progress, "%s\n", text);
}

static bool roll_out(struct bench *b, int64_t deadline)
{
    struct err e = { 0 };
    AUTO_JSON *object = NULL;
    static const char START[] = WEB("5", "0");
    CHECK_OK(json_read(START, strlen(START), &object, &e), e);
    b->rollout = (struct kube_rollout){ .object = object, .deadline = deadline ? clock_mono() + deadline : 0, .progress = rollout_progress, .done = rollout_done };
    CHECK_OK(kube_rollout_start(&b->rollout, b->kube, &b->e), b->e);
    loop_run(b->loop);
    return b->e.kind == ERR_NONE;
}

TEST(kube_rollout, is_told_by_the_watch)
{
    struct fake_reply replies[] = { USUAL, NO_PODS, { "GET " ALL "?limit=1", 200, LIST("6") }, { "GET " ONE, 200, WEB("6", "0") },
                                    { "GET " ALL "?watch", 200, EVENT("MODIFIED", WEB("7", "1")) EVENT("BOOKMARK", "{\"metadata\":{\"resourceVersion\":\"8\"}}") EVENT("MODIFIED", WEB("9", "2")), FAKE_STREAM }, { 0 } };
    struct bench b;
    bench_open(&b, replies);
    CHECK_OK(roll_out(&b, 0), b.e);
    CHECK_HAS(text_of(&b.progress), "1 of 2 updated, 1 available");
    CHECK_HAS(fake_seen(b.fake), "resourceVersion=6");
    bench_close(&b);
}

TEST(kube_rollout, resumes_where_the_watch_was_cut)
{
    struct fake_reply replies[] = { USUAL, NO_PODS, { "GET " ALL "?limit=1", 200, LIST("6") }, { "GET " ONE, 200, WEB("6", "0") },
                                    { "GET " ALL "?watch", 200, EVENT("MODIFIED", WEB("7", "1")) "{\"type\":\"MODIFIED\",\"obj                                                                                       "
                                      "                                                                                                                                                                                 "
                                      "                                                                                                                                                                                 "
                                      "                                                                                                                                                   ", FAKE_CUT, NULL, 1 },
                                    { "GET " ALL "?watch", 200, EVENT("MODIFIED", WEB("8", "2")), FAKE_STREAM }, { 0 } };
    struct bench b;
    bench_open(&b, replies);
    CHECK_OK(roll_out(&b, 0), b.e);
    CHECK_HAS(fake_seen(b.fake), "resourceVersion=7");
    CHECK_INT(fake_count(b.fake, "GET " ALL "?limit=1"), 1);
    bench_close(&b);
}

TEST(kube_rollout, begins_anew_after_410)
{
    static const struct fake_reply GONE[] = {
        { "GET " ALL "?watch", 410, STATUS("410", "Expired", "too old resource version"), FAKE_ANSWER, NULL, 1 },
        { "GET " ALL "?watch", 200, EVENT("ERROR", STATUS("410", "Expired", "too old")), FAKE_STREAM, NULL, 1 },
        { "GET " ALL "?watch", 200, "garbage\n", FAKE_STREAM, NULL, 1 },
    };
    for (size_t i = 0; i < ALEN(GONE); i++) {
        struct fake_reply replies[] = { USUAL, NO_PODS, { "GET " ALL "?limit=1", 200, LIST("6"), FAKE_ANSWER, NULL, 1 }, { "GET " ALL "?limit=1", 200, LIST("60") },
                                        { "GET " ONE, 200, WEB("6", "0"), FAKE_ANSWER, NULL, 1 }, { "GET " ONE, 200, WEB("61", "2") }, GONE[i], { "GET " ALL "?watch", 200, "", FAKE_HANG }, { 0 } };
        struct bench b;
        bench_open(&b, replies);
        CHECK_OK(roll_out(&b, 0), b.e);
        CHECK_INT(fake_count(b.fake, "GET " ALL "?limit=1"), 2);
        CHECK_INT(fake_count(b.fake, "resourceVersion=60"), 1);
        bench_close(&b);
    }
}

TEST(kube_rollout, looks_where_it_may_not_watch)
{
    static const struct fake_reply NO[] = { { "GET " ALL "?limit=1", 403, STATUS("403", "Forbidden", "cannot list") },
                                            { "GET " ALL "?watch", 403, STATUS("403", "Forbidden", "cannot watch") } };
    for (size_t i = 0; i < ALEN(NO); i++) {
        struct fake_reply replies[] = { USUAL, NO_PODS, NO[i], { "GET " ALL "?limit=1", 200, LIST("6") }, { "GET " ONE, 200, WEB("6", "2") }, { 0 } };
        struct bench b;
        bench_open(&b, replies);
        CHECK_OK(roll_out(&b, 0), b.e);
        bench_close(&b);
    }
}

TEST(kube_rollout, says_that_its_object_is_gone)
{
    struct fake_reply replies[] = { USUAL, NO_PODS, { "GET " ALL "?limit=1", 200, LIST("6") }, { "GET " ONE, 404, STATUS("404", "NotFound", "gone") },
                                    { "GET " ALL "?watch", 200, "", FAKE_HANG }, { 0 } };
    struct bench b;
    bench_open(&b, replies);
    CHECK(!roll_out(&b, 0));
    CHECK_TEXT(b.e.text, "Deployment web in default: somebody deleted it meanwhile");
    bench_close(&b);
}

TEST(kube_rollout, ends_at_its_deadline)
{
    struct fake_reply replies[] = { USUAL, NO_PODS, { "GET " ALL "?limit=1", 200, LIST("6") }, { "GET " ONE, 200, WEB("6", "1") },
                                    { "GET " ALL "?watch", 200, "", FAKE_HANG }, { 0 } };
    struct bench b;
    bench_open(&b, replies);
    CHECK(!roll_out(&b, 300 * CLOCK_MS));
    CHECK_INT(b.e.kind, ERR_TIMEOUT);
    CHECK_HAS(b.e.text, "Deployment web in default: the time is over: 1 of 2 updated, 1 available");
    bench_close(&b);
}

static void cancel_rollout(struct timer *t)
{
    kube_rollout_cancel(&OWNER(t, struct bench, timer)->rollout);
}

TEST(kube_rollout, can_be_canceled_anywhere)
{
    static const struct fake_reply HANGS[] = { { "GET /apis/apps/v1 ", 200, "", FAKE_HANG }, { "GET /api/v1 ", 200, "", FAKE_HANG },
                                               { "GET " ALL "?limit=1", 200, "", FAKE_HANG }, { "GET " ONE, 200, "", FAKE_HANG },
                                               { "GET " ALL "?watch", 200, "", FAKE_HANG } };
    for (size_t i = 0; i < ALEN(HANGS); i++) {
        struct fake_reply replies[] = { HANGS[i], USUAL, NO_PODS, { "GET " ALL "?limit=1", 200, LIST("6") }, { "GET " ONE, 200, WEB("6", "1") }, { 0 } };
        struct bench b;
        bench_open(&b, replies);
        timer_set(&b.timer, b.loop, 50 * CLOCK_MS, cancel_rollout);
        CHECK(!roll_out(&b, 0));
        CHECK_INT(b.e.kind, ERR_CANCELED);
        CHECK_INT(b.done, 1);
        bench_close(&b);
    }
}

/* ---- many */

#define MANY 100
#define BYTES_EACH 20000 /* 5,000 of them: 100 MB */

struct many {
    struct bench *b;
    struct kube_rollout rollouts[MANY];
    int told, done;
};
static struct many many;

static void many_told(struct kube_rollout *r, const char *text)
{
    (void)r, (void)text;
    if (++many.told == MANY)
        loop_stop(many.b->loop);
}

static void many_done(struct kube_rollout *r, const struct err *e)
{
    (void)r;
    CHECK_INT(e->kind, ERR_CANCELED);
    if (++many.done == MANY)
        loop_stop(many.b->loop);
}

TEST(kube_rollout, is_cheap_while_it_waits)
{
    struct fake_reply replies[] = { USUAL, NO_PODS, { "GET " ALL "?limit=1", 200, LIST("6") }, { "GET " ALL "?watch", 200, "", FAKE_HANG }, { "GET " ALL "/", 200, WEB("6", "1") }, { 0 } };
    struct bench b;
    struct err e = { 0 };
    bench_open(&b, replies);
    many = (struct many){ .b = &b };
    size_t before = mallinfo2().uordblks;
    for (int i = 0; i < MANY; i++) {
        static const char START[] = WEB("5", "0");
        AUTO_JSON *object = NULL;
        CHECK_OK(json_read(START, strlen(START), &object, &e), e);
        AUTO_FREE char *name = mem_format("web-%d", i);
        json_set_text(json_object_get(object, "metadata"), "name", name);
        many.rollouts[i] = (struct kube_rollout){ .object = object, .progress = many_told, .done = many_done };
        CHECK_OK(kube_rollout_start(&many.rollouts[i], b.kube, &e), e);
    }
    loop_run(b.loop);
    size_t each = (mallinfo2().uordblks - before) / MANY; /* 0 under a sanitizer, which has a heap of its own */
    print_message("    %zu bytes each\n", each);
    CHECK(each < BYTES_EACH);
    CHECK_INT(fake_count(b.fake, "GET " ALL "?watch"), 1);
    for (int i = 0; i < MANY; i++)
        kube_rollout_cancel(&many.rollouts[i]);
    loop_run(b.loop);
    bench_close(&b);
}

/* ---- deleting */

TEST(kube_delete, waits_until_it_is_gone)
{
    static const char OBJECT[] = "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\",\"namespace\":\"default\",\"uid\":\"u\"}}";
    struct fake_reply replies[] = { USUAL, { "GET " CONFIG_MAP "/c", 200, OBJECT }, { "DELETE " CONFIG_MAP "/c ", 200, OBJECT }, { "GET " CONFIG_MAP "?limit=1", 200, LIST("6") },
                                    { "GET " CONFIG_MAP "?watch", 200, EVENT("DELETED", "{\"metadata\":{\"name\":\"c\",\"uid\":\"u\"}}"), FAKE_STREAM }, { 0 } };
    struct bench b;
    bench_open(&b, replies);
    CHECK_OK(run_op(&b, KUBE_DELETE, 0), b.e);
    CHECK_TEXT(json_text_at(b.answer, "metadata.uid", ""), "u");
    bench_close(&b);
}

TEST(kube_delete, says_that_something_holds_it)
{
    static const char OBJECT[] = "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\",\"namespace\":\"default\",\"uid\":\"u\"}}";
    struct fake_reply replies[] = { USUAL, { "GET " CONFIG_MAP "/c", 200, OBJECT }, { "DELETE " CONFIG_MAP "/c ", 200, OBJECT }, { "GET " CONFIG_MAP "?limit=1", 200, LIST("6") },
                                    { "GET " CONFIG_MAP "?watch", 200, "", FAKE_HANG }, { 0 } };
    struct bench b;
    bench_open(&b, replies);
    CHECK(!run_op(&b, KUBE_DELETE, 200 * CLOCK_MS));
    CHECK_TEXT(b.e.text, "ConfigMap c in default: still being deleted; finalizers may hold it");
    bench_close(&b);
}

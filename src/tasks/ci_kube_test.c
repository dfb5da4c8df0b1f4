/* A CI task on a cluster of ours, which answers as it should but for one thing; what a real one does is in tests/e2e/ci_cluster_test. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/test.h"
#include "docker/tar.h"
#include "kube/fake_test.h"
#include "tasks/ci_files.h"
#include "tasks/ci_job.h"
#include "tasks/harness_test.h"

#define JOBS "/apis/batch/v1/namespaces/builds/jobs"
#define PODS "/api/v1/namespaces/builds/pods"
#define JOB "{\"apiVersion\":\"batch/v1\",\"kind\":\"Job\",\"metadata\":{\"name\":\"slipway-job\",\"namespace\":\"builds\",\"uid\":\"j1\",\"labels\":{\"slipway.io/execution\":\"0190-1\"}}}"
#define STATUS(reason) "{\"kind\":\"Status\",\"reason\":\"" reason "\",\"message\":\"it says so\"}"
#define ENDED(message, code, reason) "{\"terminated\":{\"exitCode\":" #code ",\"reason\":\"" reason "\",\"message\":\"" message "\",\"finishedAt\":\"2026-12-01T10:00:00Z\"}}"
#define POD(steps, files)                                                                                                                                                    \
    "{\"items\":[{\"metadata\":{\"name\":\"p1\",\"uid\":\"u1\",\"ownerReferences\":[{\"controller\":true,\"kind\":\"Job\",\"name\":\"NAME\"}]},\"status\":{\"phase\":\"Pending\"," \
    "\"initContainerStatuses\":[{\"name\":\"steps\",\"state\":" steps "}],\"containerStatuses\":[{\"name\":\"files\",\"state\":" files "}]}}]}"
#define DONE ENDED("exit 0\\n", 0, "Completed")

enum { FIRST_GET, CLASSES, MAKE, SECRETS, LIST, WATCH, POD_LIST, POD_WATCH, LOG, FILES, PODS_FOUND, JOB_FOUND, REMOVE, DISCOVERY, END };

static struct scene {
    struct harness h;
    struct fake *fake;
    struct fake_reply replies[END + 1];
    char name[100];   /* of the Job */
    char *pods;
    struct text files;
} s;

static void fill(void)
{
    const struct fake_reply replies[END + 1] = {
        [FIRST_GET] = { .request = "GET " JOBS "/slipway-", .status = 404, .body = STATUS("NotFound"), .times = 1 },
        [CLASSES] = { .request = "GET /apis/storage.k8s.io/v1/storageclasses", .status = 200, .body = "{\"items\":[]}" },
        [MAKE] = { .request = "POST " JOBS, .status = 201, .body = JOB },
        [SECRETS] = { .request = "POST /api/v1/namespaces/builds/secrets", .status = 201, .body = "{}" },
        [LIST] = { .request = "GET " JOBS "?limit=1", .status = 200, .body = "{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[]}" },
        [WATCH] = { .request = "GET " JOBS "?watch=true", .status = 200, .body = "\n", .mode = FAKE_STREAM },
        [POD_LIST] = { .request = "GET " PODS "?limit=1", .status = 200, .body = "{\"metadata\":{\"resourceVersion\":\"7\"},\"items\":[]}" },
        [POD_WATCH] = { .request = "GET " PODS "?watch=true", .status = 200, .body = "\n", .mode = FAKE_STREAM },
        [LOG] = { .request = "GET " PODS "/p1/log?container=steps", .status = 200, .body = CI_LOG_BEGINS "hi\n" },
        [FILES] = { .request = "GET " PODS "/p1/log?container=files", .status = 200, .body = text_of(&s.files) },
        [PODS_FOUND] = { .request = "GET " PODS "?limit=500&labelSelector=", .status = 200, .body = s.pods },
        [JOB_FOUND] = { .request = "GET " JOBS "/slipway-", .status = 200, .body = JOB },
        [REMOVE] = { .request = "DELETE " JOBS "/slipway-", .status = 200, .body = "{}" },
        [DISCOVERY] = { .request = "GET /apis/batch/v1 ", .status = 200, .body = "{\"kind\":\"APIResourceList\",\"resources\":[{\"name\":\"jobs\",\"kind\":\"Job\",\"namespaced\":true}]}" },
    };
    memcpy(s.replies, replies, sizeof replies);
}

/* What the second container writes: the exports' folder with A in it. */
static void write_files(void)
{
    AUTO_TEXT tar = { 0 };
    tar_add(&tar, "exports", 0777, NULL, 0);
    tar_add(&tar, "exports/A", 0644, "value", 5);
    tar_end(&tar);
    AUTO_FREE char *text = text_base64(text_of(&tar), tar.length);
    text_addf(&s.files, "slipway-files 1\nfile 0 %zu\n", tar.length);
    for (size_t at = 0; at < strlen(text); at += 76)
        text_addf(&s.files, "%.76s\n", text + at);
    text_add(&s.files, "end 0\ndone\n");
}

static void pods_are(const char *body)
{
    const char *at = strstr(body, "NAME");
    free(s.pods);
    s.pods = mem_format("%.*s%s%s", (int)(at - body), body, s.name, at + 4);
    s.replies[PODS_FOUND].body = s.pods;
}

static void open_scene(void)
{
    s = (struct scene){ 0 };
    harness_open(&s.h);
    write_files();
    AUTO_FREE char *hash = text_sha256("Deploy/Apply", 12);
    snprintf(s.name, sizeof s.name, "slipway-0190-1-%.8s-1", hash);
    fill();
    pods_are(POD(DONE, DONE));
    s.fake = fake_create(s.h.services.loop, s.replies);
    s.h.job.type = task_type_find("CI");
    s.h.job.workspace = json_pack("{s:s, s:s, s:s, s:{s:s}, s:{s:i}}", "type", "K8S", "endpoint", "e", "image", "acme/web:1", "customProperties", "namespace", "builds", "limits", "memory", 64);
    s.h.endpoints = json_pack("{s:{s:s, s:s, s:{s:s, s:s}}}", TASK_WORKSPACE, "name", "e", "type", "k8s", "properties", "kubernetesURL", fake_url(s.fake), "authType", "none");
}

static void close_scene(void)
{
    fake_destroy(&s.fake);
    json_decref((json_t *)s.h.job.workspace);
    text_fini(&s.files);
    free(s.pods);
    harness_close(&s.h);
}

static void again(void)
{
    for (size_t i = 0; i <= END; i++)
        s.replies[i].used = 0;
    CHECK_OK(harness_run(&s.h, "steps: [echo hi]\nexport: [A]\n", 0), s.h.e);
}

TEST(ci_kube, all_goes_well_in_its_order)
{
    open_scene();
    again();
    CHECK_TEXT(text_of(&s.h.message), "");
    CHECK_INT(s.h.result, TASK_COMPLETED);
    CHECK_TEXT(json_text_at(s.h.output, "exports.A", ""), "value");
    CHECK_HAS(text_of(&s.h.log), "hi\n");
    CHECK(!strstr(text_of(&s.h.log), "the steps begin"));
    CHECK(json_bool_at(s.h.resolved, "began", false));
    CHECK_TEXT(json_text_at(s.h.resolved, "job", ""), s.name);
    const char *seen = fake_seen(s.fake), *job = strstr(seen, "POST " JOBS), *secret = strstr(seen, "POST /api/v1/namespaces/builds/secrets");
    CHECK(job && secret && job < secret); /* the Secret is the sign to start */
    CHECK_INT(fake_count(s.fake, "DELETE"), 0);
    close_scene();
}

TEST(ci_kube, what_goes_wrong_is_said)
{
    static const struct { int which, status; const char *body, *says; } CASES[] = {
        { FIRST_GET, 403, STATUS("Forbidden"), "a CI task must get jobs in namespace builds" },
        { FIRST_GET, 200, "{\"metadata\":{\"name\":\"x\"}}", "that is not of this run" },
        { MAKE, 403, STATUS("Forbidden"), "a CI task must create jobs in namespace builds" },
        { SECRETS, 403, STATUS("Forbidden"), "a CI task must create secrets in namespace builds" },
        { FILES, 200, "slipway-files 1\nfile 0 99\nend 0\n", "its node may have cut off the log" },
        { FILES, 200, "slipway-files 1\n", "its end did not come out of the pod" },
        { FILES, 200, "slipway-files 1\ntools tar\n", "the image has no 'tar'" },
        { FILES, 200, "slipway-files 1\nmissing 0\ndone\n", "there is no such file" },
        { FILES, 200, "slipway-files 1\nfailed 0 no space left\ndone\n", "no space left" },
        { FILES, 200, "slipway-files 1\ndone\n", "did not come out of the pod" },
    };
    open_scene();
    for (size_t i = 0; i < ALEN(CASES); i++) {
        struct fake_reply good = s.replies[CASES[i].which];
        s.replies[CASES[i].which].status = CASES[i].status;
        s.replies[CASES[i].which].body = CASES[i].body;
        s.replies[JOB_FOUND].times = CASES[i].which == SECRETS; /* then it is deleted */
        again();
        CHECK_INT(s.h.result, TASK_FAILED);
        CHECK_HAS(text_of(&s.h.message), CASES[i].says);
        s.replies[CASES[i].which] = good;
    }
    close_scene();
}

TEST(ci_kube, how_the_steps_ended_is_said)
{
    static const struct { const char *pods, *says; int exit_code; } CASES[] = {
        { POD(ENDED("exit 3\\n", 0, "Completed"), DONE), "exit code 3: hi", 3 },
        { POD(ENDED("", 137, "OOMKilled"), "{\"waiting\":{}}"), "want of memory: limits.memory of the workspace is 64 MB", 137 },
        { POD(ENDED("no such file", 128, "StartError"), "{\"waiting\":{}}"), "the steps could not run: StartError: no such file", 128 },
        { POD(ENDED("", 0, "Completed"), "{\"waiting\":{}}"), "did not say how", 0 },
    };
    open_scene();
    for (size_t i = 0; i < ALEN(CASES); i++) {
        pods_are(CASES[i].pods);
        again();
        CHECK_INT(s.h.result, TASK_FAILED);
        CHECK_HAS(text_of(&s.h.message), CASES[i].says);
        CHECK_INT(json_int_at(s.h.output, "exitCode", -1), CASES[i].exit_code);
    }
    close_scene();
}

TEST(ci_kube, what_an_earlier_try_made_is_used)
{
    open_scene();
    s.replies[MAKE].status = s.replies[SECRETS].status = 409;
    s.replies[MAKE].body = s.replies[SECRETS].body = STATUS("AlreadyExists");
    again();
    CHECK_TEXT(text_of(&s.h.message), "");
    CHECK_INT(s.h.result, TASK_COMPLETED);
    close_scene();
}

TEST(ci_kube, what_began_before_is_found_or_missed_but_not_made_again)
{
    open_scene();
    s.h.job.resolved = json_pack("{s:s, s:b}", "job", "x", "began", 1);
    again();
    CHECK_INT(s.h.result, TASK_FAILED);
    CHECK_HAS(text_of(&s.h.message), "is gone from the cluster");
    CHECK_INT(fake_count(s.fake, "POST"), 0);
    s.h.job.on_crash = "retry";
    again();
    CHECK_INT(s.h.result, TASK_COMPLETED);
    CHECK_INT(fake_count(s.fake, "POST " JOBS), 1);
    json_decref((json_t *)s.h.job.resolved);
    s.h.job.resolved = NULL;
    close_scene();
}

TEST(ci_kube, a_log_is_read_on_from_where_it_is_stored)
{
    open_scene();
    s.replies[LOG].body = CI_LOG_BEGINS "alpha\nbravo\n";
    s.h.job.log_position = 8;
    again();
    CHECK_HAS(text_of(&s.h.log), "avo\n");
    CHECK(!strstr(text_of(&s.h.log), "bravo") && !strstr(text_of(&s.h.log), "alpha"));
    s.replies[LOG].body = "later\n"; /* the node turned it over */
    again();
    CHECK_HAS(text_of(&s.h.log), "turned the log over");
    CHECK_HAS(text_of(&s.h.log), "later\n");
    close_scene();
}

TEST(ci_kube, a_canceled_task_deletes_its_job)
{
    open_scene();
    pods_are(POD("{\"running\":{}}", "{\"waiting\":{}}"));
    s.replies[LOG].mode = FAKE_STREAM;
    s.replies[JOB_FOUND].times = 2; /* it is watched, and looked at before it is deleted */
    CHECK_OK(harness_run(&s.h, "steps: [echo hi]\n", 300 * CLOCK_MS), s.h.e);
    CHECK_INT(s.h.result, TASK_CANCELED);
    CHECK_INT(fake_count(s.fake, "DELETE " JOBS), 1);
    close_scene();
}

TEST(ci_kube, no_secret_stands_in_a_job)
{
    struct workspace w = { 0 };
    struct err e = { 0 };
    AUTO_JSON *files = json_pack("{s:s}", "run", "echo secret-step"), *secret = NULL;
    open_scene();
    json_object_set_new((json_t *)s.h.job.workspace, "environmentVariables", json_pack("{s:s}", "PW", "secret-value"));
    s.h.job.endpoints = s.h.endpoints;
    CHECK_OK(workspace_read(&s.h.job, &w, &e), e);
    AUTO_JSON *job = ci_job(&w, &s.h.job, "/bin/sh", "");
    AUTO_FREE char *text = json_write(job), *plain = text_base64("secret-value", 12);
    CHECK(!strstr(text, "secret-value") && !strstr(text, "secret-step"));
    CHECK_INT(json_int_at(job, "spec.backoffLimit", -1), 0);
    CHECK_TEXT(json_text_at(job, "spec.template.spec.restartPolicy", ""), "Never");
    CHECK_OK(ci_job_secret(&w, &s.h.job, job, files, &secret, &e), e);
    AUTO_FREE char *data = json_write(json_object_get(secret, "data"));
    CHECK_HAS(data, plain);
    CHECK_TEXT(json_text_at(secret, "metadata.ownerReferences[0].kind", ""), "Job");
    AUTO_FREE char *long_text = mem_alloc(1100001);
    memset(long_text, 'x', 1100000);
    long_text[1100000] = 0;
    json_object_set_new(files, "steps", json_string(long_text));
    CHECK(!ci_job_secret(&w, &s.h.job, job, files, &secret, &e));
    CHECK_HAS(e.text, "that a Secret of a cluster holds");
    workspace_fini(&w);
    close_scene();
}

TEST(ci_files, a_script_names_each_path_as_it_is)
{
    AUTO_JSON *paths = json_pack("[s, s]", "/build/it's", "/build/out/");
    AUTO_FREE char *script = ci_files_script(paths);
    CHECK_HAS(script, "put 0 '/build/it'\\''s'\n");
    CHECK_HAS(script, "put 1 '/build/out'\n");
}

TEST(ci_files, what_is_damaged_is_refused)
{
    static const char *const CASES[] = {
        "hello\n", "slipway-files 1\nhello\n", "slipway-files 1\nfile 0 3\nYWJjZA==\n", "slipway-files 1\nfile 0 3\n!!!\n", "slipway-files 1\nfile 0 3\nend 0\n",
        "slipway-files 1\nfile 0 0\nend 1\n", "slipway-files 1\nmissing 0\nmissing 0\n", "slipway-files 1\nmissing 128\n", "slipway-files 1\nfile 0 -1\n", "slipway-files 1\ndone\nmore\n",
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        struct ci_files *f = NULL;
        struct err e = { 0 };
        CHECK_OK(ci_files_create(&f, &e), e);
        CHECK(!ci_files_feed(f, CASES[i], strlen(CASES[i]), &e));
        CHECK_INT(e.kind, ERR_UPSTREAM);
        ci_files_destroy(&f);
    }
}

TEST(ci_files, more_than_may_come_is_refused)
{
    struct ci_files *f = NULL;
    struct err e = { 0 };
    static const char TEXT[] = "slipway-files 1\nlarge 0 999999999\nfile 1 999999999\n";
    CHECK_OK(ci_files_create(&f, &e), e);
    CHECK(!ci_files_feed(f, TEXT, strlen(TEXT), &e));
    CHECK_INT(e.kind, ERR_TOO_LARGE);
    CHECK_INT(ci_files_get(f, 0)->state, CI_FILE_FAILED);
    CHECK_HAS(ci_files_get(f, 0)->why, "more than the 96 MiB");
    ci_files_destroy(&f);
}

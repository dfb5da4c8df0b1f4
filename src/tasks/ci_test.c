/* Scripts, workspaces and reports as they are read; whole runs are in tests/e2e/ci_test. */
#include <string.h>

#include "base/test.h"
#include "tasks/ci_script.h"
#include "tasks/harness_test.h"
#include "tasks/results.h"
#include "tasks/workspace.h"

static json_t *json_of(const char *text)
{
    json_t *json = NULL;
    CHECK(json_read(text, strlen(text), &json, NULL));
    return json;
}

TEST(ci, a_script_goes_in_runs_and_exports)
{
    AUTO_JSON *steps = json_of("[\"echo a\\r\\nb\", 7]"), *exports = json_of("[\"A_1\"]");
    struct ci_script s = { 0 };
    struct err e = { 0 };
    CHECK_OK(ci_script_make(steps, exports, "/it's", &s, &e), e);
    CHECK_TEXT(s.shell, "/bin/sh");
    CHECK(memmem(s.tar.at, s.tar.length, "echo a\nb\n7\n", 11));
    CHECK(memmem(s.tar.at, s.tar.length, "cd '/it'\\''s' || exit 125", 25));
    CHECK(memmem(s.tar.at, s.tar.length, "printf %s \"$A_1\" >/.slipway/exports/A_1", 39));
    ci_script_fini(&s);
    json_array_insert_new(steps, 0, json_string("#!/bin/bash -e"));
    CHECK_OK(ci_script_make(steps, NULL, "/b", &s, &e), e);
    CHECK_TEXT(s.shell, "/bin/bash");
    ci_script_fini(&s);
}

TEST(ci, what_is_no_variable_is_not_exported)
{
    static const char *const CASES[] = { "[\"A-B\"]", "[\"1A\"]", "[\"A; rm -rf /\"]", "[\"\"]", "[7]" };
    AUTO_JSON *steps = json_of("[\"true\"]");
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_JSON *exports = json_of(CASES[i]);
        struct ci_script s = { 0 };
        struct err e = { 0 };
        CHECK(!ci_script_make(steps, exports, "/b", &s, &e));
        CHECK_TEXT(e.field, "export");
    }
}

TEST(ci, a_workspace_says_what_is_wrong)
{
    static const struct { const char *workspace, *endpoints, *says; } CASES[] = {
        { "{}", "{}", "names no endpoint" },
        { "{\"type\":\"K8S\"}", "{}", "choose one of type k8s" },
        { "{\"type\":\"K8S\",\"image\":\"x\",\"customProperties\":{\"namespace\":\"A b\"}}", "{}", "is no name of a namespace" },
        { "{\"type\":\"K8S\",\"image\":\"x\",\"customProperties\":{\"persistentVolumeClaim\":\"A/b\"}}", "{}", "is no name of a PersistentVolumeClaim" },
        { "{\"type\":\"K8S\",\"image\":\"x\",\"customProperties\":{\"storage\":\"much\"}}", "{}", "is no size" },
        { "{\"type\":\"Nomad\",\"image\":\"x\"}", "{}", "neither DOCKER nor K8S" },
        { "{}", "{\"workspace.endpoint\":{\"name\":\"c\",\"type\":\"k8s\"}}", "is of type k8s, not docker" },
        { "{}", "ENGINE", "names no image" },
        { "{\"image\":\"Bad Image\"}", "ENGINE", "image" },
        { "{\"image\":\"x\",\"path\":\"build\"}", "ENGINE", "no folder of the container" },
        { "{\"image\":\"x\",\"cache\":[\"/a:/b\"]}", "ENGINE", "no folder of the container" },
        { "{\"image\":\"x\",\"limits\":{\"cpu\":\"much\"}}", "ENGINE", "limits.cpu 'much'" },
        { "{\"image\":\"x\",\"limits\":{\"memory\":2}}", "ENGINE", "limits.memory '2'" },
        { "{\"image\":\"x\",\"environmentVariables\":{\"A=B\":1}}", "ENGINE", "no name of an environment variable" },
        { "{\"image\":\"acme/x:1\"}", "{\"workspace.endpoint\":{\"name\":\"e\",\"type\":\"docker\",\"properties\":{\"url\":\"http://h:1\"}},"
          "\"workspace.registry\":{\"name\":\"r\",\"type\":\"dockerregistry\",\"properties\":{\"serverType\":\"distribution\",\"repoURL\":\"https://r.test\",\"username\":\"u\",\"password\":\"p\"}}}",
          "name the image with its registry" },
    };
    struct harness h;
    harness_open(&h);
    for (size_t i = 0; i < ALEN(CASES); i++) {
        bool engine = text_is(CASES[i].endpoints, "ENGINE");
        AUTO_JSON *workspace = json_of(CASES[i].workspace);
        AUTO_JSON *endpoints = json_of(engine ? "{\"workspace.endpoint\":{\"name\":\"e\",\"type\":\"docker\",\"properties\":{\"url\":\"http://h:1\"}}}" : CASES[i].endpoints);
        struct workspace w = { 0 };
        struct err e = { 0 };
        h.job.workspace = workspace;
        h.job.endpoints = endpoints;
        CHECK(!workspace_read(&h.job, &w, &e));
        CHECK_HAS(e.text, CASES[i].says);
        workspace_fini(&w);
    }
    harness_close(&h);
}

TEST(ci, a_value_from_outside_is_no_program)
{
    struct harness h;
    harness_open(&h);
    h.job.type = task_type_find("CI");
    h.endpoints = json_of("{\"workspace.endpoint\":{\"name\":\"e\",\"type\":\"docker\",\"properties\":{\"url\":\"http://127.0.0.1:1\"}}}");
    h.job.workspace = json_of("{\"image\":\"x\"}");
    harness_value(&h, "input.TAG", "v1; reboot", true);
    CHECK(!harness_run(&h, "steps: ['echo ${input.TAG}']", 0));
    CHECK_HAS(h.e.text, "came from outside");
    json_decref((json_t *)h.job.workspace);
    harness_close(&h);
}

static json_t *counted(const char *document, const char *kind, struct err *e)
{
    struct results *r = results_create();
    struct report *p = NULL;
    bool ok = report_begin(r, kind, &p, e) && report_feed(p, document, strlen(document), e) && report_end(&p, e);
    json_t *json = ok ? results_json(r) : NULL;
    report_destroy(&p);
    results_destroy(&r);
    return json;
}

TEST(results, every_kind_is_counted)
{
    static const struct { const char *document, *want; } CASES[] = {
        { "<testsuite><testcase/><testcase><failure/><failure/></testcase><testcase><error/></testcase><testcase><skipped/></testcase></testsuite>",
          "{\"tests\":{\"total\":4,\"passed\":1,\"failed\":2,\"skipped\":1}}" },
        { "<!DOCTYPE report PUBLIC \"-//JACOCO//DTD Report 1.1//EN\" \"report.dtd\"><report><package><counter type='LINE' missed='9' covered='9'/></package>"
          "<counter type='INSTRUCTION' missed='5' covered='5'/><counter type='LINE' missed='1' covered='3'/></report>",
          "{\"coverage\":{\"lines\":4,\"covered\":3,\"percent\":75.0}}" },
        { "<coverage lines-covered='1' lines-valid='3'/>", "{\"coverage\":{\"lines\":3,\"covered\":1,\"percent\":33.3}}" },
        { "<checkstyle><file><error severity='warning'/><error/></file><file/></checkstyle>", "{\"checkstyle\":{\"files\":2,\"errors\":1,\"warnings\":1,\"infos\":0}}" },
        { "<BugCollection><BugInstance priority='1'/><BugInstance priority='3'/></BugCollection>", "{\"findbugs\":{\"bugs\":2,\"high\":1,\"medium\":0,\"low\":1}}" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        struct err e = { 0 };
        AUTO_JSON *json = counted(CASES[i].document, "", &e);
        CHECK_OK(json != NULL, e);
        AUTO_FREE char *text = json_write(json);
        CHECK_TEXT(text, CASES[i].want);
    }
}

TEST(results, what_is_no_report_is_refused)
{
    static const struct { const char *document, *kind, *says; } CASES[] = {
        { "<html/>", "", "no report known here" },
        { "<testsuite/>", "JaCoCo", "a report of JUnit, not of JaCoCo" },
        { "<testsuite/>", "Surefire", "no kind of report" },
        { "<testsuite>", "", "it is no XML" },
        { "tests: 1", "", "it is no XML" },
        { "", "", "it is no XML" },
        { "<!DOCTYPE x [<!ENTITY a 'b'>]><testsuite/>", "", "declares an entity" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        struct err e = { 0 };
        AUTO_JSON *json = counted(CASES[i].document, CASES[i].kind, &e);
        CHECK(!json);
        CHECK_HAS(e.text, CASES[i].says);
    }
    AUTO_TEXT deep = { 0 };
    for (int i = 0; i < 200; i++)
        text_add(&deep, "<testsuite>");
    struct err e = { 0 };
    AUTO_JSON *json = counted(text_of(&deep), "", &e);
    CHECK(!json && e.kind == ERR_TOO_LARGE);
}

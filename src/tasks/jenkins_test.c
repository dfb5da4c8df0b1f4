/* Jenkins tasks before anything is asked, and what a crash left open, with a server that plays Jenkins. Whole stories: tests/e2e/jenkins_test. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "kube/fake_test.h"
#include "tasks/harness_test.h"

#define JOB(next, more) "{\"buildable\":true,\"inQueue\":false,\"nextBuildNumber\":" next "," more "\"property\":[{\"parameterDefinitions\":[{\"name\":\"SLIPWAY_RUN\"},{\"name\":\"tag\"}]}]}"
#define PLAIN(next, queued) "{\"buildable\":true,\"inQueue\":" queued ",\"nextBuildNumber\":" next ",\"builds\":[],\"property\":[]}"
#define MARKED(number) "{\"number\":" number ",\"queueId\":4,\"actions\":[{},{\"parameters\":[{\"name\":\"tag\",\"value\":\"1\"},{\"name\":\"SLIPWAY_RUN\",\"value\":\"0190-1/Deploy.Apply/1\"}]}]}"
#define OTHER(number) "{\"number\":" number ",\"queueId\":3,\"actions\":[]}"
#define ENDED "{\"building\":false,\"result\":\"SUCCESS\",\"duration\":7,\"estimatedDuration\":9,\"timestamp\":1}"

struct stage { struct harness h; struct fake *fake; };

static void enter(struct stage *s, struct fake_reply *replies)
{
    harness_open(&s->h);
    s->h.job.type = task_type_find("Jenkins");
    s->fake = fake_create(s->h.services.loop, replies);
    s->h.endpoints = json_pack("{s:{s:s, s:s, s:{s:s, s:i, s:i, s:i}}}", "jenkinsServer", "name", "ci", "type", "jenkins", "properties", "url", fake_url(s->fake), "pollInterval", 1, "retryCount", 1,
                               "retryWaitSeconds", 1);
}

static void leave(struct stage *s)
{
    fake_destroy(&s->fake);
    harness_close(&s->h);
}

/* What a killed server had stored before it asked. */
static json_t *stored(const struct stage *s, int64_t next, int64_t item, int64_t build)
{
    return json_pack("{s:s, s:s, s:i, s:b, s:I, s:I, s:I}", "server", fake_url(s->fake), "job", "/job/web", "attempt", 1, "began", 1, "nextBuild", (json_int_t)next, "item", (json_int_t)item, "build",
                     (json_int_t)build);
}

TEST(jenkins_task, says_what_is_wrong_with_its_input)
{
    static const struct { const char *input, *field; } CASES[] = {
        { "{}", "job" }, { "{job: /}", "job" }, { "{job: a/../b}", "job" }, { "{job: web, jobFolder: ..}", "jobFolder" }, { "{job: web, onUnstable: perhaps}", "onUnstable" },
        { "{job: web, parameters: [1]}", "parameters" },
    };
    struct fake_reply none[] = { { NULL } };
    struct stage s;
    enter(&s, none);
    for (size_t i = 0; i < ALEN(CASES); i++) {
        CHECK(!harness_run(&s.h, CASES[i].input, 0));
        CHECK_TEXT(s.h.e.field, CASES[i].field);
    }
    json_decref(s.h.endpoints);
    s.h.endpoints = json_pack("{s:{s:s, s:s}}", "jenkinsServer", "name", "k", "type", "k8s");
    CHECK(!harness_run(&s.h, "{job: web}", 0));
    CHECK_TEXT(s.h.e.text, "endpoint 'k' is of type k8s, not jenkins");
    leave(&s);
}

/* Once each: a build is asked for, follows from the queue, and ends. */
static struct fake_reply GOOD[] = {
    { "GET /job/web/api/json?tree=buildable", 200, JOB("5", ""), 0, NULL, 0, 0 },
    { "GET /crumbIssuer/api/json", 404, "", 0, NULL, 0, 0 },
    { "POST /job/web/buildWithParameters", 201, "", 0, "Location: http://elsewhere:8080/queue/item/4/", 0, 0 },
    { "GET /queue/item/4/api/json", 200, "{\"executable\":{\"number\":5}}", 0, NULL, 0, 0 },
    { "GET /job/web/5/logText/progressiveText?start=", 200, "hello\n", 0, "X-Text-Size: 6", 0, 0 },
    { "GET /job/web/5/api/json", 200, ENDED, 0, NULL, 0, 0 },
    { NULL },
};

TEST(jenkins_task, builds_a_job)
{
    struct stage s;
    enter(&s, GOOD);
    CHECK_OK(harness_run(&s.h, "{job: web, parameters: {tag: 1, unknown: x}}", 0), s.h.e);
    CHECK_TEXT(text_of(&s.h.message), "");
    CHECK_INT(s.h.result, TASK_COMPLETED);
    CHECK_INT(json_int_at(s.h.output, "jobId", 0), 5);
    CHECK_TEXT(json_text_at(s.h.output, "jobStatus", ""), "SUCCESS");
    CHECK_INT(json_int_at(s.h.output, "estimatedDuration", 0), 9);
    CHECK_INT(json_int_at(s.h.resolved, "build", 0), 5);
    CHECK_HAS(text_of(&s.h.log), "warning: web has no parameter unknown, and Jenkins leaves it out");
    CHECK_HAS(text_of(&s.h.log), "hello\n");
    leave(&s);
}

TEST(jenkins_task, judges_results)
{
    static const struct { const char *result, *input, *message; enum task_result want; bool warning; } CASES[] = {
        { "FAILURE", "{job: web}", "build #5 of web ended as FAILURE: line 2\nline 3", TASK_FAILED, false },
        { "UNSTABLE", "{job: web}", "build #5 of web ended as UNSTABLE: ", TASK_FAILED, false },
        { "UNSTABLE", "{job: web, onUnstable: warn}", "build #5 of web is unstable", TASK_COMPLETED, true },
        { "ABORTED", "{job: web}", "build #5 of web was aborted in Jenkins", TASK_FAILED, false },
        { "NOT_BUILT", "{job: web}", "ended as NOT_BUILT", TASK_FAILED, false },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_FREE char *end = mem_format("{\"building\":false,\"result\":\"%s\"}", CASES[i].result);
        struct fake_reply replies[] = { { "GET /job/web/5/logText", 200, "line 2\nline 3\n\n", 0, "X-Text-Size: 15", 1, 0 }, { "GET /job/web/5/logText", 200, "", 0, "X-Text-Size: 15", 0, 0 },
                                        { "GET /job/web/5/api/json", 200, end, 0, NULL, 0, 0 }, { NULL } };
        struct stage s;
        enter(&s, replies);
        AUTO_JSON *before = stored(&s, 5, 4, 5);
        s.h.job.resolved = before;
        CHECK_OK(harness_run(&s.h, CASES[i].input, 0), s.h.e);
        CHECK_INT(s.h.result, CASES[i].want);
        CHECK_HAS(text_of(&s.h.message), CASES[i].message);
        CHECK(s.h.warning == CASES[i].warning);
        leave(&s);
    }
}

/* ---- what a crash, or a lost answer, left open */

static void run_after(struct fake_reply *replies, int64_t next, const char *on_crash, enum task_result want, const char *message, int posts)
{
    struct stage s;
    enter(&s, replies);
    AUTO_JSON *before = stored(&s, next, 0, 0);
    s.h.job.resolved = before;
    s.h.job.on_crash = on_crash;
    CHECK_OK(harness_run(&s.h, "{job: web}", 0), s.h.e);
    CHECK_INT(s.h.result, want);
    CHECK_HAS(text_of(&s.h.message), message);
    CHECK_INT(fake_count(s.fake, "POST /job/web/build"), posts);
    leave(&s);
}

#define REST \
    { "GET /crumbIssuer/api/json", 404, "", 0, NULL, 0, 0 }, { "POST /job/web/build", 201, "", 0, "Location: http://x/queue/item/4/", 0, 0 }, \
    { "GET /queue/item/4/api/json", 200, "{\"executable\":{\"number\":5}}", 0, NULL, 0, 0 }, { "GET /job/web/5/logText", 200, "", 0, "X-Text-Size: 1", 0, 0 }, \
    { "GET /job/web/5/api/json", 200, ENDED, 0, NULL, 0, 0 }, { NULL }

TEST(jenkins_find, a_marked_build_or_place_in_the_queue_is_ours)
{
    struct fake_reply build[] = { { "GET /job/web/api/json?tree=buildable", 200, JOB("6", ""), 0, NULL, 0, 0 }, { "GET /queue/api/json", 200, "{\"items\":[]}", 0, NULL, 0, 0 },
                                  { "GET /job/web/api/json?tree=next", 200, JOB("6", "\"builds\":[" MARKED("5") "],"), 0, NULL, 0, 0 }, REST };
    run_after(build, 5, "", TASK_COMPLETED, "", 0);
    struct fake_reply item[] = { { "GET /job/web/api/json?tree=buildable", 200, JOB("5", ""), 0, NULL, 0, 0 },
                                 { "GET /queue/api/json", 200, "{\"items\":[{\"id\":3},{\"id\":4,\"actions\":[{\"parameters\":[{\"name\":\"SLIPWAY_RUN\",\"value\":\"0190-1/Deploy.Apply/1\"}]}]}]}", 0, NULL, 0, 0 }, REST };
    run_after(item, 5, "", TASK_COMPLETED, "", 0);
}

TEST(jenkins_find, what_certainly_was_not_begun_is_asked_for)
{
    struct fake_reply marked[] = { { "GET /job/web/api/json?tree=buildable", 200, JOB("6", ""), 0, NULL, 0, 0 }, { "GET /queue/api/json", 200, "{\"items\":[]}", 0, NULL, 0, 0 },
                                   { "GET /job/web/api/json?tree=next", 200, JOB("6", "\"builds\":[" OTHER("5") "],"), 0, NULL, 0, 0 }, REST };
    run_after(marked, 5, "", TASK_COMPLETED, "", 1); /* somebody else's */
    struct fake_reply same[] = { { "GET /job/web/api/json", 200, PLAIN("5", "false"), 0, NULL, 0, 0 }, { "GET /queue/api/json", 200, "{\"items\":[]}", 0, NULL, 0, 0 }, REST };
    run_after(same, 5, "", TASK_COMPLETED, "", 1); /* nothing new is there */
}

TEST(jenkins_find, of_what_nobody_knows_people_are_asked)
{
    struct fake_reply newer[] = { { "GET /job/web/api/json", 200, PLAIN("6", "false"), 0, NULL, 0, 0 }, { "GET /queue/api/json", 200, "{\"items\":[]}", 0, NULL, 0, 0 }, REST };
    run_after(newer, 5, "", TASK_FAILED, "web was asked for, and no answer came: build #5 may be it, and it was not asked for again", 0);
    for (size_t i = 0; i < ALEN(newer); i++)
        newer[i].used = 0;
    run_after(newer, 5, "retry", TASK_COMPLETED, "", 1);
    struct fake_reply queued[] = { { "GET /job/web/api/json", 200, PLAIN("5", "true"), 0, NULL, 0, 0 }, { "GET /queue/api/json", 200, "{\"items\":[]}", 0, NULL, 0, 0 }, REST };
    run_after(queued, 5, "", TASK_FAILED, "what waits in its queue may be it", 0);
    struct fake_reply gone[] = { { "GET /job/web/api/json?tree=buildable", 200, JOB("7", ""), 0, NULL, 0, 0 }, { "GET /queue/api/json", 200, "{\"items\":[]}", 0, NULL, 0, 0 },
                                 { "GET /job/web/api/json?tree=next", 200, JOB("7", "\"builds\":[" OTHER("6") "],"), 0, NULL, 0, 0 }, REST };
    run_after(gone, 5, "", TASK_FAILED, "one of builds #5 to #6 may be it", 0); /* #5 was deleted: it may have been ours */
}

TEST(jenkins_find, an_answer_without_a_place_is_looked_after_but_not_for_ever)
{
    struct fake_reply replies[] = { { "GET /job/web/api/json", 200, PLAIN("5", "false"), 0, NULL, 0, 0 }, { "GET /queue/api/json", 200, "{\"items\":[]}", 0, NULL, 0, 0 },
                                    { "GET /crumbIssuer/api/json", 404, "", 0, NULL, 0, 0 }, { "POST /job/web/build", 302, "", 0, "Location: http://x/login", 0, 0 }, { NULL } };
    struct stage s;
    enter(&s, replies);
    CHECK_OK(harness_run(&s.h, "{job: web}", 0), s.h.e);
    CHECK_INT(s.h.result, TASK_FAILED);
    CHECK_HAS(text_of(&s.h.message), "Jenkins was asked 3 times to build web, and did not begin it");
    CHECK_INT(fake_count(s.fake, "POST /job/web/build"), 3);
    leave(&s);
}

TEST(jenkins_find, a_forgotten_place_in_the_queue_leads_to_its_build)
{
    struct fake_reply replies[] = { { "GET /queue/item/4/", 404, "", 0, NULL, 0, 0 }, { "GET /job/web/api/json?tree=next", 200, JOB("6", "\"builds\":[" MARKED("5") "],"), 0, NULL, 0, 0 }, REST };
    struct stage s;
    enter(&s, replies);
    AUTO_JSON *before = stored(&s, 5, 4, 0);
    s.h.job.resolved = before;
    CHECK_OK(harness_run(&s.h, "{job: web}", 0), s.h.e);
    CHECK_INT(s.h.result, TASK_COMPLETED);
    leave(&s);
}

TEST(jenkins_task, another_attempt_builds_anew)
{
    for (size_t i = 0; i < ALEN(GOOD); i++)
        GOOD[i].used = 0;
    struct stage s;
    enter(&s, GOOD);
    AUTO_JSON *before = stored(&s, 4, 3, 4);
    s.h.job.resolved = before;
    s.h.job.attempt = 2;
    CHECK_OK(harness_run(&s.h, "{job: web}", 0), s.h.e);
    CHECK_INT(s.h.result, TASK_COMPLETED);
    CHECK_INT(fake_count(s.fake, "POST /job/web/build"), 1);
    leave(&s);
}

TEST(jenkins_task, is_patient_and_gives_up)
{
    struct fake_reply replies[] = { { "GET /job/web/5/logText", 503, "", 0, NULL, 1, 0 }, { "GET /job/web/5/logText", 200, "", 0, "X-Text-Size: 1", 1, 0 }, { "GET /job/web/5/api/json", 503, "", 0, NULL, 0, 0 },
                                    { "GET /job/web/5/logText", 503, "", 0, NULL, 0, 0 }, { NULL } };
    struct stage s;
    enter(&s, replies);
    AUTO_JSON *before = stored(&s, 5, 4, 5);
    s.h.job.resolved = before;
    CHECK_OK(harness_run(&s.h, "{job: web}", 0), s.h.e);
    CHECK_INT(s.h.result, TASK_FAILED);
    CHECK_HAS(text_of(&s.h.message), "2 times in a row; the build may still run there: Jenkins answered 503");
    CHECK_HAS(text_of(&s.h.log), "trying again in 1 s");
    leave(&s);
}

/* The log is read from its beginning, and what is stored already is read over. */
TEST(jenkins_task, does_not_store_its_log_twice)
{
    struct fake_reply replies[] = { { "GET /job/web/5/logText/progressiveText?start=0 ", 200, "one\ntwo\n", 0, "X-Text-Size: 99", 1, 0 }, { "GET /job/web/5/logText/progressiveText?start=99", 200, "three\n", 0, "X-Text-Size: 199", 1, 0 },
                                    { "GET /job/web/5/api/json", 200, ENDED, 0, NULL, 0, 0 }, { NULL } };
    struct stage s;
    enter(&s, replies);
    AUTO_JSON *before = stored(&s, 5, 4, 5);
    s.h.job.resolved = before;
    s.h.job.log_position = 4;
    CHECK_OK(harness_run(&s.h, "{job: web}", 0), s.h.e);
    CHECK_TEXT(text_of(&s.h.log), "two\nthree\n");
    leave(&s);
}

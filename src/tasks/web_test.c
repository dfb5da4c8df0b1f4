/* Condition, Wait, REST and POLL, with an HTTP server in the test's process. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/test.h"
#include "base/zone.h"
#include "http/server.h"
#include "tasks/harness_test.h"

struct web {
    struct harness h;
    struct http_server *server;
    int requests;
    char method[16], path[64], key[128], header[64];
    struct text body;
    struct http_request *held; /* never answered, until the end */
};

static void serve(void *context, struct http_request *r)
{
    struct web *w = context;
    const char *key = http_headers_get(r->headers, "Idempotency-Key"), *header = http_headers_get(r->headers, "X-Test");
    char answer[64];
    w->requests++;
    snprintf(w->method, sizeof w->method, "%s", r->method);
    snprintf(w->path, sizeof w->path, "%s", r->path);
    snprintf(w->key, sizeof w->key, "%s", key ? key : "");
    snprintf(w->header, sizeof w->header, "%s", header ? header : "");
    text_fini(&w->body);
    text_add_n(&w->body, r->body, r->body_size);
    if (text_is(r->path, "/slow")) {
        w->held = r;
        return;
    }
    snprintf(answer, sizeof answer, "{\"status\":\"%s\",\"count\":%d}", w->requests >= 3 ? "FINISHED" : "RUNNING", w->requests);
    if (text_starts(r->path, "/api/v1/query")) { /* the second time there is something */
        const char *result = w->requests < 2 || text_ends(r->path, "empty") ? "" : "{\"metric\":{\"job\":\"web\"},\"value\":[1435781451.781,\"0.0123\"]}";
        AUTO_FREE char *vector = mem_format("{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[%s]}}", result);
        http_answer(r, 200, "application/json", vector, strlen(vector));
        return;
    }
    if (text_is(r->path, "/text"))
        http_answer(r, 200, "text/plain", "hello", 5);
    else
        http_answer(r, text_is(r->path, "/missing") ? 404 : 200, "application/json", answer, strlen(answer));
}

static void web_open(struct web *w)
{
    struct err e = { 0 };
    *w = (struct web){ 0 };
    harness_open(&w->h);
    CHECK_OK(http_server_open(w->h.services.loop, &(struct http_server_config){ .address = "127.0.0.1", .limits = HTTP_LIMITS, .handle = serve, .context = w }, &w->server, &e), e);
}

static void web_close(struct web *w)
{
    http_server_close(&w->server);
    if (w->held)
        http_answer(w->held, 200, NULL, "", 0);
    text_fini(&w->body);
    harness_close(&w->h);
}

/* %d in input is the server's port. */
static bool run(struct web *w, const char *type, const char *input, int64_t cancel_after)
{
    const char *mark = strstr(input, "%d");
    AUTO_FREE char *text = mark ? mem_format("%.*s%d%s", (int)(mark - input), input, http_server_port(w->server), mark + 2) : mem_text(input);
    w->h.job.type = task_type_find(type);
    CHECK(w->h.job.type);
    return harness_run(&w->h, text, cancel_after);
}

TEST(condition_task, goes_on_or_fails)
{
    struct web w;
    web_open(&w);
    harness_value(&w.h, "input.method", "apply", true);
    CHECK(run(&w, "Condition", "condition: ${input.method} == \"apply\"", 0));
    CHECK_INT(w.h.result, TASK_COMPLETED);
    CHECK(json_bool_at(w.h.output, "result", false));
    CHECK(run(&w, "Condition", "condition: ${input.method} == \"destroy\"", 0));
    CHECK_INT(w.h.result, TASK_FAILED);
    CHECK_HAS(text_of(&w.h.message), "the condition is not met: ${input.method} == \"destroy\"");
    CHECK(!run(&w, "Condition", "condition: ${input.nosuch} == \"x\"", 0));
    CHECK_HAS(w.h.e.text, "input.nosuch");
    CHECK(!run(&w, "Condition", "condition: '1 =='", 0));
    CHECK(!run(&w, "Condition", "other: 1", 0));
    CHECK_TEXT(w.h.e.field, "condition");
    web_close(&w);
}

TEST(wait_task, waits_as_long_as_it_is_told)
{
    static const char *const BAD[] = { "duration: soon", "duration: 1x", "duration: 99d", "until: tomorrow", "{}", "{duration: 1s, until: '2026-11-24T18:00:00Z'}" };
    struct web w;
    web_open(&w);
    int64_t began = clock_mono();
    CHECK(run(&w, "Wait", "duration: 1s", 0));
    CHECK_INT(w.h.result, TASK_COMPLETED);
    CHECK(clock_mono() - began >= CLOCK_SECOND);
    CHECK(json_int_at(w.h.resolved, "until", 0) > 0);
    CHECK(run(&w, "Wait", "until: '2020-01-01T00:00:00Z'", 0)); /* is over */
    CHECK_INT(w.h.result, TASK_COMPLETED);
    CHECK(run(&w, "Wait", "duration: 1h30m", 50 * CLOCK_MS));
    CHECK_INT(w.h.result, TASK_CANCELED);
    int64_t until = json_int_at(w.h.resolved, "until", 0) - clock_now();
    CHECK(until > 89 * CLOCK_MINUTE && until <= 90 * CLOCK_MINUTE);
    for (size_t i = 0; i < ALEN(BAD); i++)
        if (run(&w, "Wait", BAD[i], 50 * CLOCK_MS))
            fail_msg("%s was taken", BAD[i]);
    AUTO_JSON *stored = json_pack("{s:I}", "until", (json_int_t)(clock_now() + 100 * CLOCK_MS)); /* as before a restart */
    w.h.job.resolved = stored;
    began = clock_mono();
    CHECK(run(&w, "Wait", "duration: 1h", 0));
    CHECK_INT(w.h.result, TASK_COMPLETED);
    CHECK(clock_mono() - began < 10 * CLOCK_SECOND);
    web_close(&w);
}

/* A weekday that is not near. */
static const char *far_day(void)
{
    static const char *const DAYS[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };
    return DAYS[(zone_weekday(clock_now() / CLOCK_DAY) + 3) % 7];
}

TEST(wait_task, waits_for_its_window)
{
    struct web w;
    web_open(&w);
    AUTO_FREE char *closed = mem_format("window: {days: %s, timeZone: Europe/Berlin}", far_day());
    CHECK(run(&w, "Wait", "window: [{}]", 0));
    CHECK_INT(w.h.result, TASK_COMPLETED);
    CHECK(run(&w, "Wait", closed, 50 * CLOCK_MS));
    CHECK_INT(w.h.result, TASK_CANCELED);
    CHECK_INT(w.h.waits, RUN_WAITS_TIME);
    CHECK_HAS(text_of(&w.h.progress), "outside its change window; begins 20");
    CHECK_HAS(text_of(&w.h.progress), "00:00 Europe/Berlin");
    CHECK(!run(&w, "Wait", "window: {timeZone: Europe/Berlim}", 0));
    CHECK_TEXT(w.h.e.field, "window/timeZone");
    AUTO_JSON *stored = json_pack("{s:I, s:{s:s}}", "until", (json_int_t)(clock_now() - CLOCK_HOUR), "window", "days", far_day()); /* it was open while no server ran */
    w.h.job.resolved = stored;
    CHECK(run(&w, "Wait", closed, 50 * CLOCK_MS));
    CHECK_INT(w.h.result, TASK_CANCELED);
    web_close(&w);
}

TEST(rest_task, sends_one_request_and_keeps_its_answer)
{
    struct web w;
    web_open(&w);
    harness_value(&w.h, "input.tag", "v1", true);
    CHECK(run(&w, "REST", "{action: post, url: 'http://127.0.0.1:%d/deploy', headers: {X-Test: '${input.tag}'}, payload: {tag: '${input.tag}'}}", 0));
    CHECK_INT(w.h.result, TASK_COMPLETED);
    CHECK_TEXT(w.method, "POST");
    CHECK_TEXT(w.header, "v1");
    CHECK_TEXT(text_of(&w.body), "{\"tag\":\"v1\"}");
    CHECK_TEXT(w.key, "0190-1-Deploy-Apply-1");
    CHECK_INT(json_int_at(w.h.output, "responseCode", 0), 200);
    CHECK_TEXT(json_text_at(w.h.output, "responseBody.status", ""), "RUNNING"); /* real pipelines walk into it */
    CHECK_TEXT(json_text_at(w.h.output, "responseJson.status", ""), "RUNNING");
    CHECK_TEXT(json_text_at(w.h.output, "status", ""), "COMPLETED");
    CHECK(run(&w, "REST", "{action: get, url: 'http://127.0.0.1:%d/text'}", 0));
    CHECK_TEXT(json_text_at(w.h.output, "responseBody", ""), "hello");
    CHECK_TEXT(w.key, "");
    CHECK(run(&w, "REST", "{action: get, url: 'http://127.0.0.1:%d/missing'}", 0));
    CHECK_INT(w.h.result, TASK_FAILED);
    CHECK_TEXT(text_of(&w.h.message), "Request failed with status code : 404");
    CHECK_INT(json_int_at(w.h.output, "responseCode", 0), 404);
    web_close(&w);
}

TEST(rest_task, repeats_only_what_may_be_repeated)
{
    struct web w;
    web_open(&w);
    CHECK(run(&w, "REST", "{action: get, url: 'http://127.0.0.1:1/'}", 0));
    CHECK_INT(w.h.result, TASK_RETRY);
    CHECK(run(&w, "REST", "{action: post, url: 'http://127.0.0.1:1/', payload: x}", 0));
    CHECK_INT(w.h.result, TASK_FAILED);
    CHECK_HAS(text_of(&w.h.message), "may have been carried out");
    CHECK(run(&w, "REST", "{action: put, url: 'http://127.0.0.1:%d/slow'}", 200 * CLOCK_MS));
    CHECK_INT(w.h.result, TASK_CANCELED);
    AUTO_JSON *stored = json_pack("{s:s}", "method", "POST"); /* it began before a crash */
    w.h.job.resolved = stored;
    w.requests = 0;
    CHECK(run(&w, "REST", "{action: post, url: 'http://127.0.0.1:%d/x', payload: x}", 0));
    CHECK_INT(w.h.result, TASK_FAILED);
    CHECK_HAS(text_of(&w.h.message), "the server stopped while POST");
    CHECK_INT(w.requests, 0);
    w.h.job.on_crash = "retry";
    CHECK(run(&w, "REST", "{action: post, url: 'http://127.0.0.1:%d/x', payload: x}", 0));
    CHECK_INT(w.h.result, TASK_COMPLETED);
    CHECK_INT(w.requests, 1);
    web_close(&w);
}

TEST(rest_task, is_judged_by_its_own_criteria)
{
    static const struct { const char *path, *criteria; enum task_result result; const char *message; } CASES[] = {
        { "x", "count > 0 && responseCode == 200", TASK_COMPLETED, "" },
        { "x", "status == '${input.want}'", TASK_COMPLETED, "" },
        { "x", "count > 1000", TASK_FAILED, "answered 200, and the success criteria are not met" },
        { "missing", "responseCode == 404", TASK_COMPLETED, "" },
        { "missing", "", TASK_FAILED, "Request failed with status code : 404" },
        { "x", "counts > 0", TASK_FAILED, "answered 200, and the success criteria cannot be judged: the answer has no 'counts': it has status, count" },
        { "text", "responseBody == 'hello'", TASK_COMPLETED, "" },
        { "text", "count > 0", TASK_FAILED, "answered 200, and the success criteria cannot be judged: the answer has no 'count': it is no JSON" },
        { "api/v1/query", "data.result[0].value[1] < 0.05", TASK_COMPLETED, "" },
        { "api/v1/query_empty", "data.result[0].value[1] < 0.05", TASK_FAILED,
          "answered 200, and the success criteria cannot be judged: the answer has no 'data.result[0].value[1]': 'data.result' is an empty list" },
    };
    struct web w;
    web_open(&w);
    w.requests = 5; /* FINISHED */
    harness_value(&w.h, "input.want", "FINISHED", false);
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_FREE char *input = mem_format("{action: get, url: 'http://127.0.0.1:%%d/%s', successCriteria: \"%s\"}", CASES[i].path, CASES[i].criteria);
        CHECK(run(&w, "REST", input, 0));
        CHECK_TEXT(text_of(&w.h.message), CASES[i].message);
        CHECK_INT(w.h.result, CASES[i].result);
    }
    CHECK(!run(&w, "REST", "{action: get, url: 'http://127.0.0.1:%d/x', successCriteria: 'count >'}", 0));
    CHECK_HAS(w.h.e.text, "successCriteria: a value is missing at character");
    web_close(&w);
}

TEST(poll_task, waits_for_a_sample_that_is_not_there_yet)
{
    struct web w;
    web_open(&w);
    CHECK(run(&w, "POLL", "{url: 'http://127.0.0.1:%d/api/v1/query', pollCount: 5, pollIntervalSeconds: 1, exitCriteria: {success: 'data.result[0].value[1] < 0.05', failure: 'data.result[0].value[1] >= 0.5'}}", 0));
    CHECK_INT(w.h.result, TASK_COMPLETED);
    CHECK_INT(w.requests, 2);
    CHECK(run(&w, "POLL", "{url: 'http://127.0.0.1:%d/api/v1/query_empty', pollCount: 2, pollIntervalSeconds: 1, exitCriteria: {success: 'data.result[0].value[1] < 0.05'}}", 0));
    CHECK_INT(w.h.result, TASK_FAILED);
    CHECK_TEXT(text_of(&w.h.message), "the criteria were not met by 2 answers; the last: the answer has no 'data.result[0].value[1]': 'data.result' is an empty list");
    web_close(&w);
}

TEST(rest_task, names_the_field_that_is_wrong)
{
    static const struct { const char *input, *field; } BAD[] = {
        { "{action: fetch, url: 'http://x/'}", "action" },
        { "{action: get, url: 'ftp://x/'}", "url" },
        { "{action: get, url: 'http://x/', timeout: 9999}", "timeout" },
        { "{action: get, url: 'http://x/', headers: {'a b': c}}", "headers" },
        { "{action: get, url: 'http://x/', headers: [a]}", "headers" },
    };
    struct web w;
    web_open(&w);
    for (size_t i = 0; i < ALEN(BAD); i++) {
        CHECK(!run(&w, "REST", BAD[i].input, 0));
        CHECK_TEXT(w.h.e.field, BAD[i].field);
    }
    web_close(&w);
}

TEST(poll_task, asks_until_its_criteria_are_met)
{
    struct web w;
    web_open(&w);
    CHECK(run(&w, "POLL", "{url: 'http://127.0.0.1:%d/job', pollCount: 5, pollIntervalSeconds: 1, exitCriteria: {success: \"status == 'FINISHED'\", failure: \"status == 'FAILED'\"}}", 0));
    CHECK_INT(w.h.result, TASK_COMPLETED);
    CHECK_INT(w.requests, 3);
    CHECK_INT(json_int_at(w.h.output, "iterationCount", 0), 3);
    CHECK_TEXT(json_text_at(w.h.output, "responseJson.status", ""), "FINISHED");
    CHECK(run(&w, "POLL", "{url: 'http://127.0.0.1:%d/job', exitCriteria: {success: 'count > 100', failure: \"status == 'FINISHED' && count > 1\"}}", 0));
    CHECK_INT(w.h.result, TASK_FAILED);
    CHECK_TEXT(text_of(&w.h.message), "the failure criteria are met");
    CHECK(run(&w, "POLL", "{url: 'http://127.0.0.1:%d/job', pollCount: 1, exitCriteria: {success: \"nosuch == 'x'\"}}", 0));
    CHECK_INT(w.h.result, TASK_FAILED);
    CHECK_HAS(text_of(&w.h.message), "the criteria were not met by 1 answers");
    CHECK(run(&w, "POLL", "{url: 'http://127.0.0.1:%d/missing', exitCriteria: {success: 'count > 0'}}", 0));
    CHECK_TEXT(text_of(&w.h.message), "Request failed with status code : 404");
    CHECK(run(&w, "POLL", "{url: 'http://127.0.0.1:%d/job', pollIntervalSeconds: 60, exitCriteria: {success: 'count > 1000'}}", 300 * CLOCK_MS));
    CHECK_INT(w.h.result, TASK_CANCELED);
    CHECK(!run(&w, "POLL", "{url: 'http://127.0.0.1:%d/job', exitCriteria: {}}", 0));
    CHECK_TEXT(w.h.e.field, "exitCriteria");
    CHECK(!run(&w, "POLL", "{url: 'http://127.0.0.1:%d/job', pollCount: 0, exitCriteria: {success: 'true'}}", 0));
    CHECK_TEXT(w.h.e.field, "pollCount");
    web_close(&w);
}

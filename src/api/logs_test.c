/* Reading a log on: who is at its end may wait there. */
#include <string.h>

#include "api/test_server.h"
#include "base/clock.h"
#include "base/mem.h"
#include "store/runs.h"

struct writing {
    struct test_server *server;
    struct timer timer;
    struct db_job job;
    struct log_chunk chunk;
    char path[150];
};

static bool append(struct db_job *job, struct db_tx *tx, struct err *e)
{
    return log_append(tx, &OWNER(job, struct writing, job)->chunk, e);
}

static void appended(struct db_job *job, const struct err *e)
{
    struct writing *w = OWNER(job, struct writing, job);
    CHECK(!e);
    api_logged(w->server->api, w->chunk.execution_id + 7); /* another's: nobody here */
    api_logged(w->server->api, w->chunk.execution_id);
}

static void write_now(struct timer *t)
{
    struct writing *w = OWNER(t, struct writing, timer);
    w->job = (struct db_job){ .work = append, .done = appended };
    db_write(w->server->db, &w->job);
}

static void end_now(struct timer *t)
{
    api_end_streams(OWNER(t, struct writing, timer)->server->api);
}

/* A run of "deploy" that is queued, so it may say something. */
static void begin(struct writing *w, struct test_server *s)
{
    test_server_open(s);
    test_objects(s);
    ask(s, "POST", "/pipeline/api/pipelines/default/deploy/executions", "{}");
    CHECK_INT(s->status, 202);
    *w = (struct writing){ .server = s, .chunk = { .project_id = 1, .execution_id = 1, .attempt = 1, .bytes = "a line\n", .size = 7 } };
    snprintf(w->path, sizeof w->path, "/pipeline/api/executions/%s/logs?after=0&wait=", answered(s, "executionId"));
}

static int64_t asked(struct writing *w, const char *wait)
{
    AUTO_FREE char *path = mem_format("%s%s", w->path, wait);
    int64_t began = clock_mono();
    ask(w->server, "GET", path, NULL);
    return clock_mono() - began;
}

TEST(logs, come_to_who_waits_for_them)
{
    struct test_server s;
    struct writing w;
    begin(&w, &s);
    timer_set(&w.timer, s.loop, 300 * CLOCK_MS, write_now);
    int64_t took = asked(&w, "20");
    CHECK_INT(s.status, 200);
    CHECK_TEXT(answered(&s, "logs"), "a line\n");
    CHECK(took >= 290 * CLOCK_MS && took < 10 * CLOCK_SECOND);
    CHECK(asked(&w, "20") < 10 * CLOCK_SECOND); /* it is there already */
    CHECK_TEXT(answered(&s, "logs"), "a line\n");
    test_server_close(&s);
}

TEST(logs, are_waited_for_no_longer_than_asked)
{
    struct test_server s;
    struct writing w;
    begin(&w, &s);
    CHECK(asked(&w, "0") < CLOCK_SECOND);
    CHECK_TEXT(answered(&s, "logs"), "");
    CHECK(asked(&w, "1") >= CLOCK_SECOND);
    CHECK_INT(s.status, 200);
    CHECK_TEXT(answered(&s, "logs"), "");
    CHECK_INT(json_int_at(s.json, "next", -1), 0);
    asked(&w, "26");
    CHECK_INT(s.status, 400);
    CHECK_HAS(answered(&s, "message"), "0 to 25");
    test_server_close(&s);
}

TEST(logs, are_waited_for_no_more_when_the_server_ends)
{
    struct test_server s;
    struct writing w;
    begin(&w, &s);
    timer_set(&w.timer, s.loop, 200 * CLOCK_MS, end_now);
    CHECK(asked(&w, "20") < 10 * CLOCK_SECOND);
    CHECK_INT(s.status, 200);
    CHECK(asked(&w, "20") < 10 * CLOCK_SECOND);
    test_server_close(&s);
}

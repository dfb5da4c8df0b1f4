/* What holds runs back, what stops them, and what people make of it: limits, loops, many events again. Stories as in runner_test.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/test.h"
#include "runner/scene_test.h"
#include "runner/tokens.h"
#include "store/ancestry.h"

/* ---- a webhook's limit */

#define TAGS "SELECT tag || ' ' || status FROM events ORDER BY id"
#define STARTED "SELECT group_concat(tag, ' ') FROM (SELECT json_extract(input, '$.DOCKER_TAG') AS tag FROM executions ORDER BY id)"

static void deliver_tag(int number)
{
    AUTO_FREE char *tag = mem_format("v%d", number), *digest = mem_format("sha256:%064d", number);
    deliver((struct delivery){ tag, tag, digest, NULL, 0 });
}

static void deliver_tags(int first, int last)
{
    for (int i = first; i <= last; i++)
        deliver_tag(i);
}

/* What began ten minutes ago no longer counts, and what was held until then is due. */
static void make_older(void)
{
    run_sql("UPDATE executions SET requested_at = requested_at - 660000000");
    run_sql("UPDATE events SET held_until = held_until - 660000000 WHERE held_until IS NOT NULL");
}

TEST(limits, hold_what_is_too_much_and_go_on_in_the_order_of_arrival)
{
    open_scene();
    run_sql("UPDATE webhooks SET run_limit = 2");
    deliver_tags(1, 5); /* once more than twice the limit */
    expect(TAGS, "v1 COMPLETED\nv2 COMPLETED\nv3 HELD\nv4 HELD\nv5 HELD");
    CHECK_HAS(read_rows("SELECT message FROM events WHERE tag = 'v3'"), "held: this webhook started 2 runs in 10 minutes, its limit; goes on at ");
    CHECK_TEXT(read_rows("SELECT (b.held_until - a.held_until) / 1000000 >= 590 FROM events a, events b WHERE a.tag = 'v3' AND b.tag = 'v5'"), "1");
    deliver((struct delivery){ "again", "v3", "sha256:0000000000000000000000000000000000000000000000000000000000000003", NULL, 0 });
    runner_wake_held(s.runner);
    expect("SELECT COUNT(*) FROM deliveries WHERE state = 1", "6");
    make_older();
    runner_wake_held(s.runner);
    expect(TAGS, "v1 COMPLETED\nv2 COMPLETED\nv3 COMPLETED\nv4 COMPLETED\nv5 HELD");
    deliver_tag(6); /* waits behind the fifth */
    expect(TAGS, "v1 COMPLETED\nv2 COMPLETED\nv3 COMPLETED\nv4 COMPLETED\nv5 HELD\nv6 HELD");
    make_older();
    close_server();
    open_server(); /* nobody wakes it */
    expect(TAGS, "v1 COMPLETED\nv2 COMPLETED\nv3 COMPLETED\nv4 COMPLETED\nv5 COMPLETED\nv6 COMPLETED");
    CHECK_TEXT(read_rows(STARTED), "v1 v2 v3 v4 v5 v6");
    close_scene();
}

TEST(limits, let_go_at_once_when_they_are_lifted_or_the_clock_is_set_back)
{
    static const char *const CASES[] = { "UPDATE webhooks SET run_limit = 0", "UPDATE executions SET requested_at = requested_at + 86400000000" };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        open_scene();
        run_sql("UPDATE webhooks SET run_limit = 1");
        deliver_tags(1, 3);
        expect(TAGS, "v1 COMPLETED\nv2 HELD\nv3 HELD");
        run_sql(CASES[i]);
        run_sql("UPDATE events SET held_until = held_until + 86400000000"); /* as if it had been set a day ahead, then */
        run_sql("UPDATE webhooks SET run_limit = run_limit * 5");
        runner_wake_held(s.runner);
        expect(TAGS, "v1 COMPLETED\nv2 COMPLETED\nv3 COMPLETED");
        close_scene();
    }
}

TEST(limits, ask_again_what_became_of_the_webhook)
{
    static const struct { const char *sql, *want; } CASES[] = {
        { "UPDATE webhooks SET enabled = 0", "IGNORED webhook disabled" },
        { "DELETE FROM webhooks", "FAILED the webhook was deleted while the event was held" },
        { "UPDATE tokens SET expires_at = 1", "FAILED Invalid Oauth Refresh token. Verify webhook configuration." },
        { "UPDATE pipelines SET state = 'DISABLED'", "FAILED pipeline 'deploy' is disabled; enable it first" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        open_scene();
        run_sql("UPDATE webhooks SET run_limit = 1");
        deliver_tags(1, 2);
        expect(TAGS, "v1 COMPLETED\nv2 HELD");
        run_sql(CASES[i].sql);
        make_older();
        runner_wake_held(s.runner);
        expect("SELECT status || ' ' || message FROM events WHERE tag = 'v2'", CASES[i].want);
        CHECK_TEXT(read_rows("SELECT COUNT(*) FROM events WHERE held_until IS NOT NULL"), "0");
        CHECK_TEXT(read_rows(STARTED), "v1");
        close_scene();
    }
}

static bool rerun_work(void *context, struct db_tx *tx, struct err *e)
{
    struct run_made made;
    return runner_rerun_event(s.runner, tx, 1, &(struct run_asker){ 1, 0, "berta" }, &made, context, e);
}

static bool release_work(void *context, struct db_tx *tx, struct err *e)
{
    int64_t pipeline;
    return runner_release_event(s.runner, tx, *(int64_t *)context, &(struct run_asker){ 1, 0, "berta" }, &pipeline, e);
}

static bool discard_work(void *context, struct db_tx *tx, struct err *e)
{
    return runner_discard_event(tx, *(int64_t *)context, "berta", e);
}

TEST(limits, leave_it_to_people_to_let_go_to_drop_and_to_run_again)
{
    struct err e = { 0 };
    int64_t pipeline = 0, second = 2, third = 3;
    open_scene();
    run_sql("UPDATE webhooks SET run_limit = 1");
    deliver_tags(1, 4);
    expect(TAGS, "v1 COMPLETED\nv2 HELD\nv3 HELD\nv4 HELD");
    CHECK_OK(db_write_now(s.db, release_work, &third, &e), e);
    CHECK_OK(db_write_now(s.db, discard_work, &second, &e), e);
    runner_wake_pipeline(s.runner, 1);
    expect(TAGS, "v1 COMPLETED\nv2 CANCELED\nv3 COMPLETED\nv4 HELD");
    CHECK_TEXT(read_rows("SELECT message FROM events WHERE id = 2"), "discarded by berta while it was held: it did not run");
    CHECK_TEXT(read_rows("SELECT executed_by FROM executions WHERE id = 2"), "anna");
    CHECK(!db_write_now(s.db, release_work, &third, &e));
    CHECK_TEXT(e.text, "the event is not held");
    CHECK(!db_write_now(s.db, discard_work, &second, &e));
    CHECK_OK(db_write_now(s.db, rerun_work, &pipeline, &e), e); /* the first, again */
    runner_wake_pipeline(s.runner, pipeline);
    expect(TAGS, "v1 COMPLETED\nv2 CANCELED\nv3 COMPLETED\nv4 HELD\nv1 COMPLETED");
    close_scene();
}

static void held_story_until_death(int die_after)
{
    open_server();
    s.die_after = die_after;
    deliver_tags(1, 3);
    expect(TAGS, "v1 COMPLETED\nv2 HELD\nv3 HELD");
    run_sql("UPDATE webhooks SET run_limit = 0");
    run_sql("UPDATE events SET held_until = 1 WHERE held_until IS NOT NULL");
    runner_wake_held(s.runner);
    expect(TAGS, "v1 COMPLETED\nv2 COMPLETED\nv3 COMPLETED");
    _exit(0);
}

TEST(limits, lose_and_double_nothing_whenever_the_process_ends)
{
    int ended = 7;
    for (int die_after = 1; ended == 7; die_after++) {
        CHECK(die_after < 80);
        open_scene();
        run_sql("UPDATE webhooks SET run_limit = 1");
        close_server();
        fflush(NULL);
        pid_t child = fork();
        if (child == 0)
            held_story_until_death(die_after);
        waitpid(child, &ended, 0);
        ended = WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
        CHECK(ended == 0 || ended == 7);
        open_server();
        run_sql("UPDATE webhooks SET run_limit = 0");
        expect("SELECT COUNT(*) FROM deliveries WHERE state = 0", "0");
        run_sql("UPDATE events SET held_until = 1 WHERE held_until IS NOT NULL");
        runner_wake_held(s.runner);
        int deliveries = atoi(read_rows("SELECT COUNT(*) FROM deliveries"));
        static const char *const WANT[] = { "", "v1", "v1 v2", "v1 v2 v3" };
        expect("SELECT COUNT(*) FROM executions WHERE status = 'COMPLETED'", (const char *[]){ "0", "1", "2", "3" }[deliveries]);
        CHECK_TEXT(read_rows(STARTED), WANT[deliveries]);
        close_scene();
    }
}

/* ---- what runs push themselves */

#define C "sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define DELIVERED "SELECT repository || ':' || tag || ' ' || status || ' ' || message FROM events ORDER BY id"

static void open_two_webhooks(void)
{
    open_scene();
    run_sql("INSERT INTO pipelines (id, uuid, project_id, name, state, concurrency, definition, created_at, updated_at) SELECT 2, 'pi2', 1, 'build', "
            "state, 1, definition, 0, 0 FROM pipelines");
    run_sql("INSERT INTO webhooks (id, uuid, project_id, name, endpoint_id, pipeline_id, listener_id, image_pattern, tag_pattern, repository, "
            "verify_push, refresh_token, token_hash, created_at, updated_at) VALUES (2, 'w2', 1, 'base', 1, 2, 1, 'acme/base', '', 'acme/base', "
            "'off', '', 'h1', 0, 0)");
}

struct told {
    int64_t execution_id, marked;
    const char *repository, *tag, *digest;
    bool fresh;
};

static bool tell_work(void *context, struct db_tx *tx, struct err *e)
{
    struct told *t = context;
    struct run_push push = { .project_id = 1, .execution_id = t->execution_id, .registry = "127.0.0.1:1", .repository = t->repository, .tag = t->tag,
                             .digest = t->digest, .created_at = clock_now() };
    return run_push_add(tx, &push, &t->fresh, &t->marked, e);
}

/* The run says what it pushed; how many pushes that were told of before are its own now. */
static int64_t told_by(int64_t execution_id, const char *repository, const char *tag, const char *digest)
{
    struct told t = { .execution_id = execution_id, .repository = repository, .tag = tag, .digest = digest };
    struct err e = { 0 };
    CHECK_OK(db_write_now(s.db, tell_work, &t, &e), e);
    return t.marked;
}

TEST(ancestry, stops_what_goes_round_through_two_pipelines)
{
    open_two_webhooks();
    deliver((struct delivery){ "k1", "v1", A, NULL, 0 });
    expect(RUNS, "deploy#1 COMPLETED Execution Completed.");
    CHECK_INT(told_by(1, "acme/base", "b1", ""), 0);
    CHECK_INT(told_by(1, "acme/base", "b1", ""), 0); /* again changes nothing */
    CHECK_TEXT(read_rows("SELECT COUNT(*) FROM run_pushes"), "1");
    deliver((struct delivery){ "k2", "b1", B, "acme/base", 0 });
    expect("SELECT name || ' ' || status FROM executions", "deploy COMPLETED\nbuild COMPLETED");
    CHECK_TEXT(read_rows("SELECT execution_id FROM pushes WHERE tag = 'b1'"), "1");
    CHECK_HAS(read_rows("SELECT trace FROM events WHERE tag = 'b1'"), "pushed by run deploy#1");
    CHECK_INT(told_by(2, "acme/web", "v2", C), 0);
    deliver((struct delivery){ "k3", "v2", C, NULL, 0 });
    expect("SELECT status || ' ' || message FROM events WHERE tag = 'v2'",
           "CANCELED a loop is stopped here: deploy#1 pushed acme/base:b1, which started build#1, which pushed acme/web:v2, which would start deploy again");
    CHECK_TEXT(read_rows("SELECT COUNT(*) FROM executions"), "2");
    close_scene();
}

TEST(ancestry, stops_the_next_round_when_a_script_tells_of_its_push_too_late)
{
    open_two_webhooks();
    deliver((struct delivery){ "k1", "v1", A, NULL, 0 });
    expect(RUNS, "deploy#1 COMPLETED Execution Completed.");
    deliver((struct delivery){ "k2", "v2", B, NULL, 0 }); /* the run's own push, of which it tells after this */
    expect("SELECT COUNT(*) FROM executions WHERE status = 'COMPLETED'", "2");
    CHECK_INT(told_by(1, "acme/web", "v2", ""), 1);
    CHECK_INT(told_by(2, "acme/web", "v3", C), 0);
    deliver((struct delivery){ "k3", "v3", C, NULL, 0 });
    expect("SELECT status || ' ' || message FROM events WHERE tag = 'v3'",
           "CANCELED a loop is stopped here: deploy#2 pushed acme/web:v3, which would start deploy again");
    close_scene();
}

TEST(ancestry, cuts_long_names_between_characters)
{
    open_two_webhooks();
    run_sql("UPDATE pipelines SET name = 'x\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc"
            "\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc' WHERE id = 1");
    works_push = "127.0.0.1:1/acme/web:v2";
    deliver((struct delivery){ "k1", "v1", A, NULL, 0 });
    expect("SELECT COUNT(*) FROM run_pushes", "1");
    deliver((struct delivery){ "k2", "v2", B, NULL, 0 });
    expect("SELECT status FROM events WHERE tag = 'v2'", "CANCELED");
    const char *message = read_rows("SELECT message FROM events WHERE tag = 'v2'");
    CHECK(text_utf8(message, strlen(message)));
    CHECK_HAS(message, "pushed acme/web:v2, which would start x");
    close_scene();
}

TEST(ancestry, knows_what_tasks_push_themselves)
{
    open_two_webhooks();
    works_push = "127.0.0.1:1/acme/web:v2";
    deliver((struct delivery){ "k1", "v1", A, NULL, 0 });
    expect(RUNS, "deploy#1 COMPLETED Execution Completed.");
    expect("SELECT execution_id || ' ' || registry || ' ' || repository || ' ' || tag FROM run_pushes", "1 127.0.0.1:1 acme/web v2");
    works_push = "no image at all";
    deliver((struct delivery){ "k2", "v2", B, NULL, 0 });
    expect("SELECT status || ' ' || message FROM events WHERE tag = 'v2'",
           "CANCELED a loop is stopped here: deploy#1 pushed acme/web:v2, which would start deploy again");
    deliver((struct delivery){ "k3", "v3", C, NULL, 0 });
    expect("SELECT status FROM events WHERE tag = 'v3'", "COMPLETED");
    CHECK_TEXT(read_rows("SELECT COUNT(*) FROM run_pushes"), "1");
    close_scene();
}

struct newer {
    struct run_push push;
    char newest[300];
};

static bool newer_work(void *context, struct db_tx *tx, struct err *e)
{
    struct newer *n = context;
    return run_push_newer(tx, &n->push, n->newest, e);
}

static const char *newer_than(int64_t execution_id, const char *tag)
{
    static struct newer n;
    struct err e = { 0 };
    n.push = (struct run_push){ .execution_id = execution_id, .registry = "127.0.0.1:1", .repository = "acme/pub", .tag = tag };
    CHECK_OK(db_write_now(s.db, newer_work, &n, &e), e);
    return n.newest;
}

TEST(ancestry, knows_when_a_newer_push_put_its_image_under_a_tag)
{
    open_two_webhooks();
    deliver((struct delivery){ "k1", "v1", A, NULL, 0 });
    expect("SELECT COUNT(*) FROM executions WHERE status = 'COMPLETED'", "1");
    deliver((struct delivery){ "k2", "v2", B, NULL, 0 });
    expect("SELECT COUNT(*) FROM executions WHERE status = 'COMPLETED'", "2");
    CHECK_TEXT(newer_than(1, "latest"), "");
    CHECK_INT(told_by(2, "acme/pub", "latest", B), 0);
    CHECK_TEXT(newer_than(1, "latest"), "deploy#2");
    CHECK_TEXT(newer_than(2, "latest"), "");
    CHECK_TEXT(newer_than(1, "v1"), "");
    run_sql("UPDATE executions SET webhook_id = NULL WHERE id = 2"); /* a person's, say */
    CHECK_TEXT(newer_than(1, "latest"), "");
    close_scene();
}

TEST(ancestry, takes_nobody_elses_push_for_a_runs_own)
{
    struct err e = { 0 };
    open_two_webhooks();
    deliver((struct delivery){ "k1", "v1", A, NULL, 0 });
    expect(RUNS, "deploy#1 COMPLETED Execution Completed.");
    CHECK_INT(told_by(1, "acme/web", "v1", ""), 0); /* what started it was there before it */
    CHECK_INT(told_by(1, "acme/web", "v2", C), 0);
    deliver((struct delivery){ "k2", "v2", B, NULL, 0 }); /* another image of that tag */
    expect("SELECT COUNT(*) FROM executions WHERE status = 'COMPLETED'", "2");
    CHECK_INT(told_by(1, "acme/web", "v3", ""), 0);
    run_sql("UPDATE run_pushes SET created_at = created_at - 3700000000"); /* an hour ago */
    deliver((struct delivery){ "k3", "v3", C, NULL, 0 });
    expect("SELECT COUNT(*) FROM executions WHERE status = 'COMPLETED'", "3");
    CHECK_TEXT(read_rows("SELECT COUNT(*) FROM pushes WHERE execution_id IS NOT NULL"), "0");
    run_sql("UPDATE executions SET ended_at = ended_at - 3700000000");
    struct told late = { .execution_id = 1, .repository = "acme/web", .tag = "v4", .digest = "" };
    CHECK(!db_write_now(s.db, tell_work, &late, &e));
    CHECK_HAS(e.text, "the execution ended more than an hour ago");
    close_scene();
}

TEST(ancestry, ends_at_the_thirty_second_run)
{
    open_two_webhooks();
    deliver((struct delivery){ "k1", "v1", A, NULL, 0 });
    expect(RUNS, "deploy#1 COMPLETED Execution Completed.");
    for (int i = 2; i <= 40; i++) { /* each of a pipeline and a webhook that are gone, started by the push of the one before */
        AUTO_FREE char *push = mem_format("INSERT INTO pushes (id, uuid, project_id, endpoint_id, registry, repository, tag, mark, first_at, last_at, "
                                          "execution_id) VALUES (%d, 'u%d', 1, 1, 'r', 'x', 't%d', '', 0, 0, %d)", i + 100, i, i, i - 1);
        AUTO_FREE char *run = mem_format("INSERT INTO executions (id, uuid, project_id, pipeline_id, definition_id, name, idx, status, state, state_version, "
                                         "live, push_id, requested_at, updated_at) SELECT %d, 'x%d', 1, NULL, definition_id, 'p%d', 1, status, state, 0, 0, "
                                         "%d, 0, 0 FROM executions WHERE id = 1", i, i, i, i + 100);
        run_sql(push);
        run_sql(run);
    }
    run_sql("UPDATE executions SET pipeline_id = NULL, webhook_id = NULL WHERE id = 1");
    CHECK_INT(told_by(40, "acme/web", "v2", ""), 0);
    CHECK_INT(told_by(20, "acme/web", "v3", ""), 0);
    deliver((struct delivery){ "k2", "v2", B, NULL, 0 });
    expect("SELECT status || ' ' || message FROM events WHERE tag = 'v2'",
           "CANCELED a loop is stopped here: each of 32 runs was started by the push of the one before");
    deliver((struct delivery){ "k3", "v3", C, NULL, 0 });
    expect("SELECT status FROM events WHERE tag = 'v3'", "COMPLETED");
    close_scene();
}

/* ---- many events again */

struct many {
    const char *where;
    bool start;
    struct run_again told;
};

static bool many_work(void *context, struct db_tx *tx, struct err *e)
{
    struct many *m = context;
    int64_t ids[100];
    size_t count = 0;
    AUTO_FREE char *sql = mem_format("SELECT id FROM events WHERE %s ORDER BY id", m->where);
    AUTO(db_rows) rows = db_rows_built(tx, sql);
    while (db_next(rows, e) && count < ALEN(ids))
        ids[count++] = db_int(rows, 0);
    return runner_rerun_events(s.runner, tx, ids, count, &(struct run_asker){ 1, 0, "berta" }, m->start, &m->told, e);
}

/* "runs superseded under_way not_taken started refused"; the test's until the next call. */
static const char *many_again(const char *where, bool start)
{
    static char says[200];
    struct many m = { .where = where, .start = start };
    struct err e = { 0 };
    CHECK_OK(db_write_now(s.db, many_work, &m, &e), e);
    snprintf(says, sizeof says, "%lld %lld %lld %lld %zu %zu", (long long)m.told.runs, (long long)m.told.superseded, (long long)m.told.under_way,
             (long long)m.told.not_taken, json_array_size(m.told.started), json_array_size(m.told.refused));
    run_again_fini(&m.told);
    if (start)
        runner_wake_queued(s.runner);
    return says;
}

TEST(again, runs_each_push_of_a_webhook_once)
{
    open_scene();
    run_sql("UPDATE tokens SET expires_at = 1"); /* it expired */
    deliver_tags(1, 3);
    expect("SELECT DISTINCT status || ' ' || message FROM events", "FAILED Invalid Oauth Refresh token. Verify webhook configuration.");
    expect("SELECT COUNT(*) FROM events", "3");
    run_sql("UPDATE tokens SET expires_at = NULL");
    CHECK_TEXT(many_again("status = 'FAILED'", false), "3 0 0 0 0 0");
    CHECK_TEXT(read_rows("SELECT COUNT(*) FROM executions"), "0");
    CHECK_TEXT(many_again("status = 'FAILED'", true), "3 0 0 0 3 0");
    expect("SELECT COUNT(*) FROM executions WHERE status = 'COMPLETED' AND executed_by = 'berta'", "3");
    CHECK_TEXT(read_rows(STARTED), "v1 v2 v3");
    CHECK_TEXT(many_again("status = 'FAILED'", true), "0 3 0 0 0 0"); /* they were run again */
    works_hang = true;
    CHECK_TEXT(many_again("1", true), "3 3 0 0 3 0");
    CHECK_TEXT(many_again("1", true), "0 6 3 0 0 0");
    CHECK_TEXT(read_rows("SELECT COUNT(*) FROM executions"), "6");
    close_scene();
}

TEST(again, judges_anew_what_no_webhook_took)
{
    open_scene();
    deliver((struct delivery){ "k1", "dev", A, NULL, 0 });
    deliver((struct delivery){ "k2", "v1", B, "acme/api", 0 });
    deliver((struct delivery){ "k3", "v1", A, NULL, 0 });
    expect("SELECT repository || ':' || tag || ' ' || status FROM events ORDER BY id", "acme/web:dev IGNORED\nacme/api:v1 IGNORED\nacme/web:v1 COMPLETED");
    CHECK_TEXT(many_again("status = 'IGNORED'", true), "0 0 0 2 0 0"); /* by the same webhooks */
    run_sql("UPDATE webhooks SET tag_pattern = '', image_pattern = '', repository = NULL");
    CHECK_TEXT(many_again("status = 'IGNORED'", false), "2 0 0 0 0 0");
    CHECK_TEXT(many_again("status = 'IGNORED'", true), "2 0 0 0 2 0");
    expect("SELECT COUNT(*) FROM executions WHERE status = 'COMPLETED'", "3");
    CHECK_TEXT(many_again("status = 'IGNORED'", true), "0 0 0 2 0 0"); /* taken now */
    CHECK_HAS(read_rows("SELECT trace FROM events WHERE tag = 'dev'"), "judged anew, as berta asked");
    close_scene();
}

TEST(again, runs_nothing_of_the_time_when_the_webhook_was_disabled)
{
    open_scene();
    run_sql("UPDATE webhooks SET enabled = 0, disabled_at = 1");
    deliver((struct delivery){ "k1", "v1", A, NULL, 0 });
    expect("SELECT status FROM events", "IGNORED");
    AUTO_FREE char *enable = mem_format("UPDATE webhooks SET enabled = 1, enabled_at = %lld", (long long)clock_now());
    run_sql(enable);
    CHECK_TEXT(many_again("1", true), "0 0 0 1 0 0");
    close_scene();
}

TEST(again, says_what_could_not_begin)
{
    open_scene();
    deliver((struct delivery){ "k1", "v1", A, NULL, 0 });
    expect(RUNS, "deploy#1 COMPLETED Execution Completed.");
    run_sql("UPDATE pipelines SET state = 'DISABLED'");
    CHECK_TEXT(many_again("1", true), "1 0 0 0 0 1");
    CHECK_TEXT(read_rows("SELECT status || ' ' || message FROM events WHERE attempt = 2"), "FAILED pipeline 'deploy' is disabled; enable it first");
    run_sql("DELETE FROM webhooks");
    CHECK_TEXT(many_again("attempt = 2", true), "1 0 0 0 0 1");
    close_scene();
}

/* ---- tokens that end */

static void note_token(void *context, const char *uuid, int64_t ends_at)
{
    text_addf(context, "%s %s ", uuid, ends_at > clock_now() ? "lives" : "dead");
}

/* Looks again, and waits until what is known of tokens is as wanted. */
static void expect_tokens(const char *want)
{
    AUTO_TEXT have = { 0 };
    for (int64_t until = clock_mono() + 60 * CLOCK_SECOND; clock_mono() < until && !text_is(text_of(&have), want);) {
        runner_wake_tokens(s.runner);
        read_rows("SELECT 1");
        usleep(1000);
        text_fini(&have);
        runner_tokens_each(s.runner, note_token, &have);
    }
    CHECK_TEXT(text_of(&have), want);
}

TEST(tokens, are_watched_when_webhooks_lend_them)
{
    open_scene();
    expect_tokens(""); /* it never ends */
    AUTO_FREE char *ends = mem_format("UPDATE tokens SET expires_at = %lld", (long long)(clock_now() + CLOCK_DAY));
    run_sql(ends);
    expect_tokens("t1 lives ");
    run_sql("UPDATE tokens SET revoked_at = 1");
    expect_tokens("t1 dead ");
    run_sql("UPDATE webhooks SET token_hash = ''");
    expect_tokens("");
    close_scene();
}

TEST(tokens, are_found_by_the_variable_that_a_webhook_names)
{
    open_scene();
    AUTO_FREE char *hash = text_sha256("the token", 9);
    AUTO_FREE char *token = mem_format("UPDATE tokens SET hash = '%s', expires_at = %lld", hash, (long long)(clock_now() + CLOCK_DAY));
    run_sql(token);
    run_sql("INSERT INTO variables (uuid, project_id, name, type, value, created_at, updated_at) VALUES ('v1', 1, 'hub', 'REGULAR', 'the token', 0, 0)");
    run_sql("UPDATE webhooks SET refresh_token = '${var.hub}', token_hash = ''");
    expect_tokens("t1 lives ");
    deliver_tag(1);
    expect(TAGS, "v1 COMPLETED");
    run_sql("UPDATE tokens SET expires_at = 1");
    deliver_tag(2);
    expect("SELECT status || ' ' || message FROM events WHERE tag = 'v2'", "FAILED Invalid Oauth Refresh token. Verify webhook configuration.");
    close_scene();
}

TEST(tokens, say_how_long_they_have)
{
    static const struct { int64_t left; const char *says; } CASES[] = {
        { 40 * CLOCK_DAY, "" },
        { 13 * CLOCK_DAY + 5, "the API token 'hub' of anna ends in 13 days, at " },
        { CLOCK_DAY, "ends in 1 day, at 1970-01-12T13:46:40.000Z: pushes do not run from then on" },
        { 5 * CLOCK_HOUR, "ends in 5 hours" },
        { CLOCK_SECOND, "ends in less than a minute" },
        { -1, TOKEN_INVALID " The API token 'hub' of anna has expired." },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        int64_t now = 10 * CLOCK_DAY + 13 * CLOCK_HOUR + 46 * CLOCK_MINUTE + 40 * CLOCK_SECOND;
        struct lent_token token = { .expires_at = now + CASES[i].left, .alive = CASES[i].left > 0, .name = "hub", .owner = "anna" };
        char says[700];
        token_says(&token, now, says);
        if (*CASES[i].says)
            CHECK_HAS(says, CASES[i].says);
        else
            CHECK_TEXT(says, "");
    }
}

TEST(limits, leave_a_held_event_that_nobody_can_judge)
{
    open_scene();
    run_sql("UPDATE webhooks SET run_limit = 1");
    deliver_tags(1, 4);
    expect(TAGS, "v1 COMPLETED\nv2 HELD\nv3 HELD\nv4 HELD");
    run_sql("INSERT INTO variables (uuid, project_id, name, type, value, created_at, updated_at) VALUES ('x1', 1, 'token', 'SECRET', 'sealed:v1:AAAA', 0, 0)");
    run_sql("UPDATE webhooks SET run_limit = 0, refresh_token = '${var.token}'");
    run_sql("UPDATE events SET held_until = 1 WHERE held_until IS NOT NULL");
    runner_wake_held(s.runner);
    expect(TAGS, "v1 COMPLETED\nv2 FAILED\nv3 FAILED\nv4 FAILED");
    CHECK_HAS(read_rows("SELECT message FROM events WHERE tag = 'v3'"), "could not be decided: ");
    close_scene();
}

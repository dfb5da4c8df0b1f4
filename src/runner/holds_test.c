/* Rollback that holds: what is verified, what is put back when a run fails, what its webhook holds then, and how that ends. The cluster is one text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/test.h"
#include "runner/holds.h"
#include "runner/scene_test.h"

/* ---- a cluster where one image runs, and the task that puts it there: what has "bad" in its tag does not come up */

static char runs[64]; /* what runs there: "v1" */
static bool restores_fail;

static void put_done(struct task_job *job)
{
    struct task_outcome outcome = { .result = TASK_COMPLETED, .message = "1 applied" };
    if (job->push)
        snprintf(runs, sizeof runs, "%s", job->push->tag);
    if (strstr(runs, "bad")) {
        outcome.result = TASK_FAILED;
        outcome.message = "no pod of it is ready";
    }
    task_done(job, &outcome);
}

static void restore_done(struct task_job *job)
{
    const json_t *one = json_array_get(job->restore, 0);
    const char *image = json_text_at(one, "images", "");
    struct task_outcome outcome = { .result = restores_fail ? TASK_FAILED : TASK_COMPLETED, .message = "the cluster is down" };
    AUTO_FREE char *says = *image ? mem_format("restored %s of %s", image, json_text_at(one, "of", "")) : mem_text("nothing was put back: nothing has been verified there yet");
    AUTO_JSON *output = json_pack("{s:i}", "restored", *image != 0);
    if (!restores_fail) {
        outcome.message = says;
        outcome.output = output;
        if (*image)
            snprintf(runs, sizeof runs, "%s", json_text_at(one, "object.tag", ""));
    }
    task_done(job, &outcome);
}

static void abandoned(struct task_job *job)
{
    (void)job;
}

static bool put_start(struct task_job *job, struct err *e)
{
    (void)e;
    AUTO_JSON *input = json_object(), *resolved = json_pack("{s:b}", "puts", !job->restore);
    AUTO_FREE char *image = mem_format("acme/web:%s", job->push ? job->push->tag : "?");
    if (job->keeps)
        task_puts(job, json_pack("{s:s, s:s, s:b, s:[{s:s, s:s, s:s, s:s, s:{s:s, s:s}}]}", "endpoint", "e1", "cluster", "c", "force", 0, "objects", "namespace", "shop", "kind",
                                 "Deployment", "name", "web", "images", image, "object", "tag", job->push ? job->push->tag : "?", "password", "sesame"));
    task_resolved(job, input, resolved, job->restore ? restore_done : put_done, abandoned);
    return true;
}

static void put_cancel(struct task_job *job)
{
    task_done(job, &(struct task_outcome){ .result = TASK_CANCELED, .message = "canceled" });
}

/* Types that can be bound to an approval act inside of change windows only. */
static bool put_bind(struct task_job *job, json_t **ret, struct err *e)
{
    (void)job, (void)ret, (void)e;
    return true;
}

static const struct task_type PUT = { .name = "K8S", .start = put_start, .cancel = put_cancel, .bind = put_bind };

static void define(const char *more)
{
    AUTO_FREE char *sql = mem_format("UPDATE pipelines SET definition = '{\"name\":\"deploy\",\"concurrency\":1,%s,\"input\":{\"DOCKER_TAG\":\"\"},\"stageOrder\":[\"Stage\"],\"stages\":"
                                     "{\"Stage\":{\"taskOrder\":[\"Put\"],\"tasks\":{\"Put\":{\"type\":\"K8S\",\"input\":{\"action\":\"APPLY\"}}}}}}'", more);
    run_sql(sql);
}

static void open_cluster(const char *more)
{
    scene_more = &PUT;
    runs[0] = 0;
    restores_fail = false;
    open_scene();
    define(more);
}

#define BOTH "\"onFailedVerification\":\"restoreAndHold\""
#define TAGS "SELECT tag || ' ' || status FROM events ORDER BY id"
#define HOLDS "SELECT name || '#' || idx || ' ' || tag || ' ' || reason || ' | ' || outcome FROM holds"
#define VERIFIED "SELECT run_name || ' ' || images FROM kept_objects WHERE execution_id IS NULL"
#define STATES "SELECT idx || ' ' || status FROM executions ORDER BY id"

static void push_image(const char *tag, int number)
{
    AUTO_FREE char *key = mem_format("k%d", number), *digest = mem_format("sha256:%064d", number);
    deliver((struct delivery){ key, tag, digest, NULL, 0 });
}

static struct run_asker BERTA = { 1, 0, "berta" };

static bool release_event_work(void *context, struct db_tx *tx, struct err *e)
{
    int64_t pipeline;
    return runner_release_event(s.runner, tx, *(int64_t *)context, &BERTA, &pipeline, e);
}

static bool release_webhook_work(void *context, struct db_tx *tx, struct err *e)
{
    return holds_release(tx, *(int64_t *)context, e);
}

static bool rerun_work(void *context, struct db_tx *tx, struct err *e)
{
    struct run_made made;
    int64_t pipeline;
    return runner_rerun_event(s.runner, tx, *(int64_t *)context, &BERTA, &made, &pipeline, e);
}

static void act(bool (*work)(void *context, struct db_tx *tx, struct err *e), int64_t what)
{
    struct err e = { 0 };
    CHECK_OK(db_write_now(s.db, work, &what, &e), e);
    runner_wake_held(s.runner);
    runner_wake_queued(s.runner);
}

/* ---- */

TEST(holds, puts_back_what_was_verified_and_holds_what_comes)
{
    open_cluster(BOTH);
    push_image("v1", 1);
    expect(TAGS, "v1 COMPLETED");
    CHECK_TEXT(read_rows(VERIFIED), "deploy#1 acme/web:v1");
    push_image("v2bad", 2);
    expect(RUNS, "deploy#1 COMPLETED Execution Completed.\ndeploy#2 ROLLBACK_COMPLETED Stage.Put: no pod of it is ready. Restored acme/web:v1 of deploy#1");
    CHECK_TEXT(runs, "v1");
    CHECK_TEXT(read_rows(HOLDS), "deploy#2 v2bad Stage.Put: no pod of it is ready | Restored acme/web:v1 of deploy#1");
    CHECK_TEXT(read_rows(VERIFIED), "deploy#1 acme/web:v1");
    CHECK_TEXT(read_rows("SELECT COUNT(*) FROM kept_objects"), "1");
    push_image("v3", 3);
    expect(TAGS, "v1 COMPLETED\nv2bad ROLLBACK_COMPLETED\nv3 HELD");
    CHECK_TEXT(read_rows("SELECT message FROM events WHERE tag = 'v3'"),
               "held: deploy#2 failed with acme/web:v2bad: Stage.Put: no pod of it is ready. Restored acme/web:v1 of deploy#1. It goes on when a newer image passes (slipway release EVENT lets "
               "this one try), or by slipway release webhook web");
    CHECK_TEXT(read_rows("SELECT action || ' ' || object || ' ' || detail FROM audit"), "webhook.hold web Stage.Put: no pod of it is ready");
    act(release_event_work, 3); /* it may try */
    expect(TAGS, "v1 COMPLETED\nv2bad ROLLBACK_COMPLETED\nv3 COMPLETED");
    expect("SELECT COUNT(*) FROM holds", "0");
    CHECK_TEXT(runs, "v3");
    CHECK_TEXT(read_rows(VERIFIED), "deploy#3 acme/web:v3");
    CHECK_TEXT(read_rows("SELECT detail FROM audit WHERE action = 'webhook.release'"), "deploy#3 passed with acme/web:v3");
    push_image("v4", 4);
    expect("SELECT status FROM events WHERE tag = 'v4'", "COMPLETED");
    close_scene();
}

TEST(holds, keeps_nothing_in_clear)
{
    open_cluster(BOTH);
    push_image("v1", 1);
    expect(TAGS, "v1 COMPLETED");
    CHECK_TEXT(read_rows("SELECT COUNT(*) FROM kept_objects WHERE content LIKE 'sealed:%' AND content NOT LIKE '%sesame%'"), "1");
    CHECK_TEXT(read_rows("SELECT COUNT(*) FROM tasks WHERE resolved LIKE '%sesame%' OR state LIKE '%sesame%' OR input LIKE '%sesame%'"), "0");
    close_scene();
}

TEST(holds, say_when_nothing_was_ever_verified)
{
    open_cluster(BOTH);
    push_image("v1bad", 1);
    expect(RUNS, "deploy#1 FAILED Stage.Put: no pod of it is ready. Nothing was put back: nothing has been verified there yet");
    CHECK_TEXT(read_rows(HOLDS), "deploy#1 v1bad Stage.Put: no pod of it is ready | Nothing was put back: nothing has been verified there yet");
    close_scene();
}

TEST(holds, do_each_for_itself)
{
    static const struct { const char *key, *run, *holds, *cluster; } CASES[] = {
        { "\"onFailedVerification\":\"restore\"", "2 ROLLBACK_COMPLETED", "0", "v1" },
        { "\"onFailedVerification\":\"hold\"", "2 FAILED", "1", "v2bad" },
        { "\"tags\":[]", "2 FAILED", "0", "v2bad" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        open_cluster(CASES[i].key);
        push_image("v1", 1);
        expect(TAGS, "v1 COMPLETED");
        push_image("v2bad", 2);
        expect("SELECT idx || ' ' || status FROM executions WHERE idx = 2", CASES[i].run);
        CHECK_TEXT(read_rows("SELECT COUNT(*) FROM holds"), CASES[i].holds);
        CHECK_TEXT(runs, CASES[i].cluster);
        close_scene();
    }
}

TEST(holds, tell_what_could_not_be_put_back)
{
    open_cluster(BOTH);
    push_image("v1", 1);
    expect(TAGS, "v1 COMPLETED");
    restores_fail = true;
    push_image("v2bad", 2);
    expect("SELECT status || ' ' || status_message FROM executions WHERE idx = 2",
           "ROLLBACK_FAILED Stage.Put: no pod of it is ready. The restore of Stage.Put failed: the cluster is down");
    CHECK_TEXT(read_rows(HOLDS), "deploy#2 v2bad Stage.Put: no pod of it is ready | Not all of it could be put back: look at the run");
    close_scene();
}

/* v2 fails; v3 is tried and fails; what was verified is still v1, and the hold is v3's, since v2 failed. */
TEST(holds, go_on_with_the_failure_of_what_was_tried)
{
    open_cluster(BOTH);
    push_image("v1", 1);
    push_image("v2bad", 2);
    expect(TAGS, "v1 COMPLETED\nv2bad ROLLBACK_COMPLETED");
    expect("SELECT COUNT(*) FROM holds", "1");
    run_sql("UPDATE holds SET since = 77");
    push_image("v3bad", 3);
    push_image("v4", 4);
    expect(TAGS, "v1 COMPLETED\nv2bad ROLLBACK_COMPLETED\nv3bad HELD\nv4 HELD");
    act(release_event_work, 3);
    expect(TAGS, "v1 COMPLETED\nv2bad ROLLBACK_COMPLETED\nv3bad ROLLBACK_COMPLETED\nv4 HELD");
    CHECK_TEXT(read_rows("SELECT idx || ' ' || tag || ' ' || since FROM holds"), "3 v3bad 77");
    CHECK_HAS(read_rows("SELECT message FROM events WHERE tag = 'v4'"), "held: deploy#3 failed with acme/web:v3bad");
    CHECK_TEXT(runs, "v1");
    close_scene();
}

TEST(holds, end_by_a_click_and_all_that_waited_goes_on_in_its_order)
{
    struct err e = { 0 };
    int64_t webhook = 1;
    open_cluster(BOTH);
    push_image("v1", 1);
    push_image("v2bad", 2);
    expect(TAGS, "v1 COMPLETED\nv2bad ROLLBACK_COMPLETED");
    push_image("v3", 3);
    push_image("v4", 4);
    expect(TAGS, "v1 COMPLETED\nv2bad ROLLBACK_COMPLETED\nv3 HELD\nv4 HELD");
    CHECK_TEXT(read_rows("SELECT COUNT(*) FROM events WHERE held_until IS NOT NULL"), "0");
    act(release_webhook_work, 1);
    expect(TAGS, "v1 COMPLETED\nv2bad ROLLBACK_COMPLETED\nv3 COMPLETED\nv4 COMPLETED");
    CHECK_TEXT(read_rows("SELECT COUNT(*) FROM holds"), "0");
    CHECK_TEXT(runs, "v4");
    CHECK(!db_write_now(s.db, release_webhook_work, &webhook, &e));
    CHECK_TEXT(e.text, "the webhook holds nothing");
    close_scene();
}

/* An older push of the same tag is another image of a name that means the newer one now. */
TEST(holds, supersede_what_a_newer_push_of_the_same_tag_made_old)
{
    open_cluster(BOTH);
    push_image("v1", 1);
    push_image("v2bad", 2);
    expect(TAGS, "v1 COMPLETED\nv2bad ROLLBACK_COMPLETED");
    push_image("vnext", 3);
    push_image("v3", 4);
    push_image("vnext", 5);
    push_image("v4", 6);
    expect(TAGS, "v1 COMPLETED\nv2bad ROLLBACK_COMPLETED\nvnext HELD\nv3 HELD\nvnext HELD\nv4 HELD");
    act(release_event_work, 5);
    expect(TAGS, "v1 COMPLETED\nv2bad ROLLBACK_COMPLETED\nvnext CANCELED\nv3 COMPLETED\nvnext COMPLETED\nv4 COMPLETED");
    CHECK_TEXT(read_rows("SELECT message FROM events WHERE id = 3"), "superseded: deploy#3 passed with acme/web:vnext, which was pushed later");
    close_scene();
}

TEST(holds, end_with_the_same_push_run_again_but_not_with_an_older_one)
{
    open_cluster(BOTH);
    push_image("v1", 1);
    push_image("v2bad", 2);
    expect(TAGS, "v1 COMPLETED\nv2bad ROLLBACK_COMPLETED");
    act(rerun_work, 1);
    expect(TAGS, "v1 COMPLETED\nv2bad ROLLBACK_COMPLETED\nv1 COMPLETED");
    CHECK_TEXT(read_rows("SELECT COUNT(*) FROM holds"), "1");
    run_sql("UPDATE pushes SET tag = 'v2' WHERE tag = 'v2bad'"); /* what was wrong was not the image */
    act(rerun_work, 2);
    expect("SELECT COUNT(*) FROM executions WHERE status = 'COMPLETED'", "3");
    CHECK_TEXT(read_rows("SELECT COUNT(*) FROM holds"), "0");
    close_scene();
}

TEST(holds, are_of_one_repository)
{
    open_cluster(BOTH);
    run_sql("UPDATE webhooks SET image_pattern = 'acme/.*', repository = NULL");
    push_image("v1bad", 1);
    expect(TAGS, "v1bad FAILED");
    deliver((struct delivery){ "other", "v2", A, "acme/api", 0 });
    push_image("v3", 3);
    expect("SELECT repository || ' ' || status FROM events ORDER BY id", "acme/web FAILED\nacme/api COMPLETED\nacme/web HELD");
    close_scene();
}

/* What waited for its place when the hold began waits behind it, too. */
TEST(holds, keep_what_had_no_place_yet)
{
    open_cluster(BOTH);
    push_image("v1", 1);
    expect(TAGS, "v1 COMPLETED");
    run_sql("UPDATE pipelines SET state = 'ENABLED', concurrency = 0");
    push_image("v2bad", 2);
    push_image("v3", 3);
    expect("SELECT status FROM executions ORDER BY id", "COMPLETED\nQUEUED\nQUEUED");
    run_sql("UPDATE pipelines SET concurrency = 1");
    runner_wake_queued(s.runner);
    expect(STATES, "1 COMPLETED\n2 ROLLBACK_COMPLETED\n3 QUEUED");
    CHECK_HAS(read_rows("SELECT status_message FROM executions WHERE idx = 3"), "held: deploy#2 failed with acme/web:v2bad: Stage.Put: no pod of it is ready. Restored acme/web:v1");
    CHECK_HAS(read_rows("SELECT message FROM events WHERE tag = 'v3'"), "held: deploy#2 failed");
    close_server();
    open_server();
    runner_wake_queued(s.runner);
    push_image("v4", 4);
    expect("SELECT status FROM events WHERE tag = 'v4'", "HELD");
    CHECK_TEXT(read_rows(STATES), "1 COMPLETED\n2 ROLLBACK_COMPLETED\n3 QUEUED");
    act(release_webhook_work, 1);
    expect(STATES, "1 COMPLETED\n2 ROLLBACK_COMPLETED\n3 COMPLETED\n4 COMPLETED");
    close_scene();
}

TEST(holds, do_not_begin_behind_a_newer_image_that_passed)
{
    open_cluster("\"onFailedVerification\":\"hold\"");
    push_image("v1bad", 1);
    expect(TAGS, "v1bad FAILED");
    act(release_webhook_work, 1);
    push_image("v2", 2);
    expect(TAGS, "v1bad FAILED\nv2 COMPLETED");
    act(rerun_work, 1); /* somebody wants the old one, and it fails again */
    expect(TAGS, "v1bad FAILED\nv2 COMPLETED\nv1bad FAILED");
    CHECK_TEXT(read_rows("SELECT COUNT(*) FROM holds"), "0");
    close_scene();
}

TEST(holds, let_the_newest_try_when_the_webhook_says_so)
{
    open_cluster(BOTH);
    push_image("v1", 1);
    push_image("v2bad", 2);
    expect(TAGS, "v1 COMPLETED\nv2bad ROLLBACK_COMPLETED");
    push_image("v3", 3);
    push_image("v4bad", 4);
    expect(TAGS, "v1 COMPLETED\nv2bad ROLLBACK_COMPLETED\nv3 HELD\nv4bad HELD");
    run_sql("UPDATE webhooks SET when_held = 'tryNewest'");
    push_image("v5bad", 5); /* tries at once, and fails: none is newer */
    expect(TAGS, "v1 COMPLETED\nv2bad ROLLBACK_COMPLETED\nv3 HELD\nv4bad HELD\nv5bad ROLLBACK_COMPLETED");
    CHECK_HAS(read_rows(HOLDS), "deploy#3 v5bad ");
    push_image("v6", 6); /* passes: what is older runs, and would not be put over the newer one at a real cluster; its failure holds nothing */
    expect(TAGS, "v1 COMPLETED\nv2bad ROLLBACK_COMPLETED\nv3 COMPLETED\nv4bad ROLLBACK_COMPLETED\nv5bad ROLLBACK_COMPLETED\nv6 COMPLETED");
    CHECK_TEXT(read_rows("SELECT COUNT(*) FROM holds"), "0");
    close_scene();
}

TEST(holds, try_one_after_the_other)
{
    open_cluster(BOTH);
    run_sql("UPDATE webhooks SET when_held = 'tryNewest'");
    push_image("v1", 1);
    push_image("v2bad", 2);
    expect(TAGS, "v1 COMPLETED\nv2bad ROLLBACK_COMPLETED");
    run_sql("UPDATE pipelines SET concurrency = 0");
    push_image("v3bad", 3);
    push_image("v4", 4);
    push_image("v5", 5);
    expect(TAGS, "v1 COMPLETED\nv2bad ROLLBACK_COMPLETED\nv3bad QUEUED\nv4 HELD\nv5 HELD");
    run_sql("UPDATE pipelines SET concurrency = 1");
    runner_wake_queued(s.runner);
    expect("SELECT idx || ' ' || status || ' ' || json_extract(input, '$.DOCKER_TAG') FROM executions ORDER BY id",
           "1 COMPLETED v1\n2 ROLLBACK_COMPLETED v2bad\n3 ROLLBACK_COMPLETED v3bad\n4 COMPLETED v5\n5 COMPLETED v4");
    close_scene();
}

TEST(holds, let_go_of_everything_when_their_webhook_goes)
{
    open_cluster(BOTH);
    push_image("v1bad", 1);
    expect(TAGS, "v1bad FAILED");
    push_image("v2", 2);
    expect(TAGS, "v1bad FAILED\nv2 HELD");
    run_sql("UPDATE webhooks SET enabled = 0");
    run_sql("UPDATE events SET held_until = 1 WHERE hold_id IS NOT NULL"); /* as changing the webhook does */
    runner_wake_held(s.runner);
    expect("SELECT status || ' ' || message || ' ' || (hold_id IS NULL) FROM events WHERE tag = 'v2'", "IGNORED webhook disabled 1");
    close_scene();
}

static bool go_on_work(void *context, struct db_tx *tx, struct err *e)
{
    struct run_made made;
    int64_t pipeline;
    return runner_rerun(s.runner, tx, *(int64_t *)context, true, &BERTA, "", &made, &pipeline, e);
}

TEST(holds, go_on_with_what_another_run_put_there)
{
    open_cluster(BOTH);
    run_sql("UPDATE pipelines SET definition = replace(replace(definition, '[\"Put\"]', '[\"Put\",\"Check\"]'), '\"tasks\":{', '\"tasks\":{\"Check\":{\"type\":\"WORK\",\"preCondition\":\"${nothing}\"},')");
    push_image("v1", 1);
    expect("SELECT status FROM executions", "FAILED"); /* nothing was verified before, and it can go on */
    CHECK_TEXT(read_rows("SELECT execution_id FROM kept_objects"), "1");
    act(go_on_work, 1);
    expect("SELECT status FROM executions", "FAILED\nFAILED");
    CHECK_TEXT(read_rows("SELECT execution_id || ' ' || run_name FROM kept_objects"), "2 deploy#1");
    close_scene();
}

/* A deployment waits for its change window; putting it back does not. */
TEST(holds, put_back_outside_of_change_windows)
{
    open_cluster(BOTH);
    push_image("v1", 1);
    expect(TAGS, "v1 COMPLETED");
    run_sql("UPDATE pipelines SET definition = replace(replace(definition, '[\"Put\"]', '[\"Put\",\"Check\"]'), '\"tasks\":{', '\"tasks\":{\"Check\":{\"type\":\"WORK\"},')");
    works_hang = true;
    push_image("v2", 2);
    expect("SELECT json_extract(state, '$.attempt') FROM tasks WHERE execution_id = 2 AND idx = 1 AND resolved IS NOT NULL", "1");
    while (!hanging)
        CHECK_TEXT(read_rows("SELECT 1"), "1");
    CHECK_TEXT(runs, "v2");
    run_sql("INSERT INTO freezes (uuid, project_id, name, begins_at, ends_at, time_zone, created_at, updated_at) VALUES ('f1', 1, 'Christmas', 1, 9000000000000000, 'UTC', 0, 0)");
    task_done(hanging, &(struct task_outcome){ .result = TASK_FAILED, .message = "500 instead of 200" });
    hanging = NULL;
    expect("SELECT status || ' ' || status_message FROM executions WHERE idx = 2", "ROLLBACK_COMPLETED Stage.Check: 500 instead of 200. Restored acme/web:v1 of deploy#1");
    CHECK_TEXT(runs, "v1");
    close_scene();
}

/* ---- whenever the process ends */

static void story(void)
{
    push_image("v1", 1);
    expect("SELECT status FROM events WHERE tag = 'v1'", "COMPLETED");
    push_image("v2bad", 2);
    expect("SELECT status FROM events WHERE tag = 'v2bad'", "ROLLBACK_COMPLETED");
    push_image("v3", 3);
    expect("SELECT CASE WHEN status IN ('HELD', 'COMPLETED') THEN 'there' ELSE status END FROM events WHERE tag = 'v3'", "there");
    if (text_is(read_rows("SELECT status FROM events WHERE tag = 'v3'"), "HELD"))
        act(release_event_work, 3);
    expect("SELECT status FROM events WHERE tag = 'v3'", "COMPLETED");
}

static void story_until_death(int die_after)
{
    open_server();
    s.die_after = die_after;
    story();
    _exit(0);
}

TEST(holds, survive_the_end_of_the_process_at_any_commit)
{
    int ended = 7;
    for (int die_after = 1; ended == 7; die_after++) {
        CHECK(die_after < 120);
        open_cluster(BOTH);
        close_server();
        fflush(NULL);
        pid_t child = fork();
        if (child == 0)
            story_until_death(die_after);
        waitpid(child, &ended, 0);
        ended = WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
        CHECK(ended == 0 || ended == 7);
        snprintf(runs, sizeof runs, "?"); /* the cluster knows, not this process */
        open_server();
        story();
        expect(STATES, "1 COMPLETED\n2 ROLLBACK_COMPLETED\n3 COMPLETED");
        expect("SELECT COUNT(*) FROM holds", "0");
        CHECK_TEXT(read_rows(VERIFIED), "deploy#3 acme/web:v3");
        CHECK_TEXT(read_rows("SELECT COUNT(*) FROM kept_objects"), "1");
        CHECK_TEXT(read_rows("SELECT COUNT(*) FROM audit WHERE action = 'webhook.hold'"), "1");
        CHECK_TEXT(read_rows("SELECT status_message FROM executions WHERE idx = 2"), "Stage.Put: no pod of it is ready. Restored acme/web:v1 of deploy#1");
        close_scene();
    }
}

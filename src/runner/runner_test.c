/* Whole stories in one process: a delivery is stored, and what follows from it is compared with what a person would read.
 * The story of a push also runs with the process gone after each commit. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auth/auth.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/test.h"
#include "http/server.h"
#include "runner/runner.h"
#include "runner/simulate.h"
#include "store/ancestry.h"
#include "store/inbox.h"
#include "store/runs.h"
#include "store_sql.h"
#include "tasks/task.h"

/* ---- a task type of the test's own, in place of the real table */

static int works_begun;
static bool works_hang;
static struct task_job *hanging;

static void work_done(struct task_job *job)
{
    struct task_outcome outcome = { .result = TASK_COMPLETED, .message = "worked" };
    if (works_hang)
        hanging = job;
    else
        task_done(job, &outcome);
}

static void work_abandoned(struct task_job *job)
{
    (void)job;
}

static bool work_start(struct task_job *job, struct err *e)
{
    works_begun++;
    AUTO_JSON *input = NULL;
    if (!expression_resolve_tree(job->input, NULL, job->scope, &input, NULL, e))
        return false;
    AUTO_JSON *resolved = json_pack("{s:s}", "target", job->execution);
    task_resolved(job, input, resolved, work_done, work_abandoned);
    return true;
}

static void work_cancel(struct task_job *job)
{
    struct task_outcome outcome = { .result = TASK_CANCELED, .message = "stopped; nothing is left" };
    hanging = NULL;
    task_done(job, &outcome);
}

static const struct task_type WORK = { .name = "WORK", .start = work_start, .cancel = work_cancel };
const struct task_type *const TASK_TYPES[] = { &WORK, NULL };

const struct task_type *task_type_find(const char *name)
{
    return text_is(name, "WORK") ? &WORK : NULL;
}

/* ---- a server without its web */

struct scene {
    char folder[64], path[96];
    struct loop *loop;
    struct db *db;
    struct http_client *http;
    struct seal *seal;
    struct runner *runner;
    struct timer timer;
    int die_after, commits; /* the process ends at its die_after'th commit */
};
static struct scene s;

static void commit_seen(void *context)
{
    (void)context;
    if (s.die_after && ++s.commits == s.die_after)
        _exit(7);
}

static const char DEFINITION[] = "{\"name\":\"deploy\",\"concurrency\":1,\"input\":{\"DOCKER_TAG\":\"\",\"DOCKER_IMAGE\":\"\"},"
                                 "\"output\":{\"tag\":\"${Stage.Task.input.tag}\"},"
                                 "\"stageOrder\":[\"Stage\"],\"stages\":{\"Stage\":{\"taskOrder\":[\"Task\"],\"tasks\":{\"Task\":"
                                 "{\"type\":\"WORK\",\"input\":{\"tag\":\"${input.DOCKER_TAG}\"}}}}}}";

static const char *const ROWS[] = {
    "INSERT INTO users (id, uuid, name, service_role, created_at, updated_at) VALUES (1, 'u1', 'anna', 'developer', 0, 0)",
    "INSERT INTO tokens (uuid, user_id, name, hash, org_role, service_role, created_at) VALUES ('t1', 1, 'x', 'h1', 'member', 'executor', 0)",
    "INSERT INTO projects (id, uuid, name, created_at, updated_at) VALUES (1, 'p1', 'default', 0, 0)",
    "INSERT INTO endpoints (id, uuid, project_id, name, type, properties, created_at, updated_at) VALUES (1, 'e1', 1, 'hub', "
    "'dockerregistry', '{\"serverType\":\"distribution\",\"repoURL\":\"http://127.0.0.1:1/acme/web\"}', 0, 0)",
    "INSERT INTO listeners (id, uuid, project_id, endpoint_id, token, token_hash, created_at) VALUES (1, 'l1', 1, 1, '', 'lh1', 0)",
    "INSERT INTO listeners (id, uuid, project_id, webhook_id, token, token_hash, created_at) VALUES (2, 'l2', 1, 1, '', 'lh2', 0)",
    "INSERT INTO webhooks (id, uuid, project_id, name, endpoint_id, pipeline_id, listener_id, image_pattern, tag_pattern, repository, "
    "verify_push, refresh_token, token_hash, created_at, updated_at) VALUES (1, 'w1', 1, 'web', 1, 1, 2, 'acme/web', 'v.*', 'acme/web', "
    "'off', '', 'h1', 0, 0)",
};

static bool fill_rows(void *context, struct db_tx *tx, struct err *e)
{
    static const char PIPELINE[] = "INSERT INTO pipelines (id, uuid, project_id, name, state, concurrency, definition, created_at, updated_at) "
                                   "VALUES (1, 'pi1', 1, 'deploy', 'ENABLED', 1, $1, 0, 0)";
    AUTO(db_rows) there = db_rows_built(tx, "SELECT 1 FROM users");
    (void)context;
    if (db_next(there, e))
        return true;
    for (size_t i = 0; i < ALEN(ROWS); i++) {
        bool webhook = i == ALEN(ROWS) - 1; /* refers to the pipeline */
        if ((webhook && !db_run(tx, e, PIPELINE, "t", DEFINITION)) || !db_run(tx, e, ROWS[i], ""))
            return false;
    }
    return true;
}

static void open_server(void)
{
    struct err e = { 0 };
    CHECK_OK(loop_create(&s.loop, &e), e);
    struct db_config config = { .path = s.path, .migrations = STORE_MIGRATIONS, .changed = commit_seen };
    CHECK_OK(db_open(s.loop, &config, &s.db, &e), e);
    CHECK_OK(db_write_now(s.db, fill_rows, NULL, &e), e);
    CHECK_OK(http_client_create(s.loop, NULL, &s.http, &e), e);
    CHECK_OK(seal_create("0000000000000000000000000000000000000000000000000000000000000001", NULL, false, &s.seal, &e), e);
    struct runner_config runner = { .loop = s.loop, .db = s.db, .http = s.http, .seal = s.seal, .node = "test" };
    CHECK_OK(runner_create(&runner, &s.runner, &e), e);
    CHECK_OK(runner_start(s.runner, &e), e);
}

static void drained(void *context)
{
    (void)context;
    loop_stop(s.loop);
}

static void close_server(void)
{
    runner_drain(s.runner, drained, NULL);
    loop_run(s.loop);
    db_close(&s.db);
    runner_destroy(&s.runner);
    http_client_destroy(&s.http);
    seal_destroy(&s.seal);
    loop_destroy(&s.loop);
}

static void open_scene(void)
{
    s = (struct scene){ 0 };
    works_begun = 0;
    works_hang = false;
    hanging = NULL;
    snprintf(s.folder, sizeof s.folder, "/tmp/slipway-runner-XXXXXX");
    CHECK(mkdtemp(s.folder));
    snprintf(s.path, sizeof s.path, "%s/slipway.db", s.folder);
    open_server();
}

static void close_scene(void)
{
    close_server();
    AUTO_FREE char *clean = mem_format("rm -rf %s", s.folder);
    CHECK_INT(system(clean), 0);
}

/* ---- what the test does, and what it reads */

struct delivery {
    const char *key, *tag, *digest, *repository;
    int64_t listener;
};

static bool store_delivery(void *context, struct db_tx *tx, struct err *e)
{
    const struct delivery *d = context;
    struct inbox_stored stored;
    AUTO_JSON *events = json_pack("[{s:s,s:s,s:s,s:s,s:s}]", "source", "distribution", "action", "push", "repository",
                                  d->repository ? d->repository : "acme/web", "tag", d->tag, "digest", d->digest);
    AUTO_FREE char *text = json_write(events);
    struct inbox_delivery row = { .project_id = 1, .listener_id = d->listener ? d->listener : 1, .sender_key = d->key, .format = "distribution",
                                  .remote = "127.0.0.1", .headers = "{}", .body = "{}", .body_size = 2, .verdict = "accepted",
                                  .problem = "", .events = text, .received_at = clock_now() };
    return inbox_store(tx, &row, &stored, e);
}

static void deliver(struct delivery d)
{
    struct err e = { 0 };
    CHECK_OK(db_write_now(s.db, store_delivery, &d, &e), e);
    runner_wake_inbox(s.runner);
}

static bool read_text(void *context, struct db_tx *tx, struct err *e)
{
    char *const *args = context;
    AUTO(db_rows) rows = db_rows_built(tx, args[0]);
    struct text *out = (struct text *)args[1];
    while (db_next(rows, e))
        text_addf(out, "%s%s", out->length ? "\n" : "", db_text(rows, 0));
    return !db_rows_failed(rows);
}

/* The first column of all rows, a line each; the test's until the next call. */
static const char *read_rows(const char *sql)
{
    static struct text out;
    struct err e = { 0 };
    const void *args[] = { sql, &out };
    text_fini(&out);
    CHECK_OK(db_read_now(s.db, read_text, args, &e), e);
    return text_of(&out);
}

#define EVENTS "SELECT webhook_name || ' ' || tag || ' ' || status || ' ' || message FROM events ORDER BY id"
#define RUNS "SELECT name || '#' || idx || ' ' || status || ' ' || status_message FROM executions ORDER BY id"

/* Turns the loop until the rows are as wanted; then compares. Patient, for it costs time only where something is wrong. */
static void expect(const char *sql, const char *want)
{
    for (int64_t until = clock_mono() + 60 * CLOCK_SECOND; clock_mono() < until && !text_is(read_rows(sql), want);)
        usleep(1000);
    CHECK_TEXT(read_rows(sql), want);
}

#define A "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

TEST(runner, one_push_is_one_run_however_often_it_is_told)
{
    open_scene();
    deliver((struct delivery){ "k1", "v1", A, NULL, 0 });
    deliver((struct delivery){ "k1", "v1", A, NULL, 0 }); /* byte-identical repeat */
    deliver((struct delivery){ "k2", "v1", A, NULL, 0 }); /* another notification of the same push */
    deliver((struct delivery){ "k3", "v1", A, NULL, 2 }); /* the same push at the webhook's own URL */
    expect(RUNS, "deploy#1 COMPLETED Execution Completed.");
    expect(EVENTS, "web v1 COMPLETED Execution Completed.");
    CHECK_TEXT(read_rows("SELECT output FROM executions"), "{\"tag\":\"v1\"}");
    CHECK_TEXT(read_rows("SELECT executed_by || ' ' || triggered_by FROM executions"), "anna web");
    deliver((struct delivery){ "k4", "v1", B, NULL, 0 });
    expect(RUNS, "deploy#1 COMPLETED Execution Completed.\ndeploy#2 COMPLETED Execution Completed.");
    CHECK_INT(works_begun, 2);
    close_scene();
}

TEST(runner, says_why_nothing_ran)
{
    open_scene();
    deliver((struct delivery){ "k1", "dev", A, NULL, 0 });
    expect(EVENTS, "web dev IGNORED tag 'dev' does not match tag pattern 'v.*'");
    deliver((struct delivery){ "k2", "v1", A, "acme/api", 0 });
    expect("SELECT message FROM events WHERE tag = 'v1'",
           "none of the endpoint's 1 webhooks takes acme/api:v1, all name other images");
    CHECK_TEXT(read_rows(RUNS), "");
    close_scene();
}

static bool change(void *context, struct db_tx *tx, struct err *e)
{
    AUTO(db_rows) rows = db_rows_built(tx, context);
    db_next(rows, e);
    return !db_rows_failed(rows);
}

static void run_sql(const char *sql)
{
    struct err e = { 0 };
    CHECK_OK(db_write_now(s.db, change, (void *)sql, &e), e);
}

TEST(runner, a_dead_token_a_disabled_pipeline_and_a_disabled_webhook_are_named)
{
    open_scene();
    run_sql("UPDATE tokens SET revoked_at = 1");
    deliver((struct delivery){ "k1", "v1", A, NULL, 0 });
    expect(EVENTS, "web v1 FAILED Invalid Oauth Refresh token. Verify webhook configuration.");
    run_sql("UPDATE tokens SET revoked_at = NULL, service_role = 'viewer'");
    deliver((struct delivery){ "k2", "v2", A, NULL, 0 });
    expect("SELECT status || ' ' || substr(message, 1, 41) FROM events WHERE tag = 'v2'",
           "FAILED anna may not run pipelines in project def");
    run_sql("UPDATE tokens SET service_role = 'executor'");
    run_sql("UPDATE pipelines SET state = 'DISABLED'");
    deliver((struct delivery){ "k3", "v3", A, NULL, 0 });
    expect("SELECT status || ' ' || message FROM events WHERE tag = 'v3'", "FAILED pipeline 'deploy' is disabled; enable it first");
    run_sql("UPDATE webhooks SET enabled = 0");
    deliver((struct delivery){ "k4", "v4", A, NULL, 0 });
    expect("SELECT status || ' ' || message FROM events WHERE tag = 'v4'", "IGNORED webhook disabled");
    CHECK_TEXT(read_rows(RUNS), "");
    close_scene();
}

TEST(runner, goes_on_without_a_registry_only_when_it_may)
{
    open_scene();
    run_sql("UPDATE webhooks SET verify_push = 'preferred'");
    deliver((struct delivery){ "k1", "v1", A, NULL, 0 });
    expect("SELECT status FROM events", "WAITING");
    expect("SELECT status FROM executions", "COMPLETED"); /* nobody listens at port 1 */
    CHECK_HAS(read_rows("SELECT confirm || ' ' || confirm_text FROM pushes"), "unreachable ");
    close_scene();
}

TEST(runner, takes_a_push_from_a_webhooks_networks_only_by_whichever_url)
{
    open_scene();
    run_sql("UPDATE webhooks SET senders = '[\"192.0.2.0/24\"]'");
    deliver((struct delivery){ "k1", "v1", A, NULL, 0 }); /* at the endpoint's URL, from 127.0.0.1 */
    expect(EVENTS, "web v1 IGNORED address 127.0.0.1 is in none of the networks that may deliver to this webhook");
    run_sql("UPDATE webhooks SET senders = '[\"192.0.2.0/24\",\"127.0.0.0/8\"]'");
    deliver((struct delivery){ "k2", "v2", A, NULL, 0 });
    expect("SELECT status FROM executions", "COMPLETED");
    close_scene();
}

/* ---- a registry that asks for patience */

struct registry {
    struct http_server *server;
    int calls, refusals;     /* the first answers are 429 */
    const char *retry_after; /* what they ask for, in seconds */
    int64_t first_at, last_at;
};
static struct registry registry;

static void registry_answer(void *context, struct http_request *r)
{
    struct registry *at = context;
    at->last_at = clock_mono();
    at->first_at = at->first_at ? at->first_at : at->last_at;
    http_answer_header(r, "RateLimit-Limit", "100;w=21600");
    http_answer_header(r, "RateLimit-Remaining", "0;w=21600");
    if (at->calls++ < at->refusals) {
        http_answer_header(r, "Retry-After", at->retry_after);
        http_answer(r, 429, "application/json", "{}", 2);
    } else {
        http_answer_header(r, "Docker-Content-Digest", A);
        http_answer(r, 200, "application/vnd.oci.image.manifest.v1+json", "{}", 2);
    }
}

static void open_registry(const char *verify, int refusals, const char *retry_after)
{
    struct err e = { 0 };
    struct http_server_config config = { .address = "127.0.0.1", .handle = registry_answer, .context = &registry, .limits = HTTP_LIMITS };
    open_scene();
    registry = (struct registry){ .refusals = refusals, .retry_after = retry_after };
    CHECK_OK(http_server_open(s.loop, &config, &registry.server, &e), e);
    AUTO_FREE char *move = mem_format("UPDATE endpoints SET properties = json_set(properties, '$.repoURL', 'http://127.0.0.1:%d/acme/web')",
                                      http_server_port(registry.server));
    AUTO_FREE char *set = mem_format("UPDATE webhooks SET verify_push = '%s'", verify);
    run_sql(move);
    run_sql(set);
}

static void close_registry(void)
{
    http_server_close(&registry.server);
    close_scene();
}

TEST(runner, has_the_patience_that_a_registry_asks_for_when_it_insists_on_its_word)
{
    open_registry("required", 1, "1");
    deliver((struct delivery){ "k1", "v1", A, NULL, 0 });
    expect("SELECT status FROM executions", "COMPLETED");
    CHECK_INT(registry.calls, 2);
    CHECK(registry.last_at - registry.first_at >= 990 * CLOCK_MS);
    CHECK_TEXT(read_rows("SELECT confirm || ' ' || digest FROM pushes"), "found " A);
    close_registry();
}

TEST(runner, goes_on_after_two_seconds_when_the_registry_asks_for_more_patience)
{
    open_registry("preferred", 1000, "60");
    int64_t began = clock_mono();
    deliver((struct delivery){ "k1", "v1", A, NULL, 0 });
    deliver((struct delivery){ "k2", "v2", B, NULL, 0 });
    expect("SELECT status FROM executions", "COMPLETED\nCOMPLETED");
    CHECK(clock_mono() - began >= 1900 * CLOCK_MS);
    CHECK(registry.calls <= 2); /* whoever else would ask waits for the same registry */
    CHECK_HAS(read_rows("SELECT comments FROM executions"), "The registry could not be asked, so this run goes by tag, without a digest: ");
    close_registry();
}

TEST(runner, goes_on_for_one_webhook_while_another_insists)
{
    open_registry("preferred", 1000, "60");
    run_sql("INSERT INTO webhooks (uuid, project_id, name, endpoint_id, pipeline_id, listener_id, image_pattern, repository, verify_push, "
            "refresh_token, token_hash, created_at, updated_at) VALUES ('w2', 1, 'strict', 1, 1, 1, 'acme/web', 'acme/web', 'required', '', 'h1', 0, 0)");
    deliver((struct delivery){ "k1", "v1", A, NULL, 0 });
    expect("SELECT triggered_by || ' ' || status FROM executions", "web COMPLETED");
    CHECK_HAS(read_rows("SELECT comments FROM executions"), "without a digest: 127.0.0.1:");
    CHECK_TEXT(read_rows("SELECT status FROM events WHERE webhook_name = 'strict'"), "WAITING");
    close_registry();
}

static void acted(void *context, const struct err *e)
{
    snprintf(context, 200, "%.190s", e ? e->text : "ok");
    loop_stop(s.loop);
}

static const char *act_as(int64_t id, enum run_action action, bool administrator)
{
    static char said[200];
    said[0] = 0;
    runner_act(s.runner, id, action, &(struct run_actor){ "berta", administrator }, NULL, acted, said);
    if (!said[0])
        loop_run(s.loop);
    return said;
}

static const char *act(int64_t id, enum run_action action)
{
    return act_as(id, action, false);
}

TEST(runner, queues_beyond_the_concurrency_and_cancels)
{
    open_scene();
    works_hang = true;
    deliver((struct delivery){ "k1", "v1", A, NULL, 0 });
    deliver((struct delivery){ "k2", "v2", A, NULL, 0 });
    deliver((struct delivery){ "k3", "v3", A, NULL, 0 });
    expect("SELECT status FROM executions ORDER BY id", "RUNNING\nQUEUED\nQUEUED");
    while (!hanging)
        read_rows("SELECT 1");
    CHECK_HAS(act(3, RUN_PAUSE), "can only be canceled"); /* and it runs later all the same */
    CHECK_TEXT(act(2, RUN_CANCEL), "ok");
    expect("SELECT status FROM executions ORDER BY id", "RUNNING\nCANCELED\nQUEUED");
    works_hang = false;
    CHECK_TEXT(act(1, RUN_CANCEL), "ok");
    expect("SELECT status FROM executions ORDER BY id", "CANCELED\nCANCELED\nCOMPLETED");
    CHECK_HAS(read_rows("SELECT status_message FROM executions WHERE id = 1"), "canceled by berta");
    CHECK_TEXT(act(1, RUN_CANCEL), "the execution is not running");
    expect("SELECT status FROM events ORDER BY id", "CANCELED\nCANCELED\nCOMPLETED");
    close_scene();
}

/* ---- what only administrators may use */

/* A second task that uses a restricted endpoint, after a first that does not. */
static void restrict_endpoint(void)
{
    run_sql("INSERT INTO endpoints (id, uuid, project_id, name, type, properties, restricted, created_at, updated_at) VALUES (2, 'e2', 1, "
            "'prod', 'k8s', '{}', 1, 0, 0)");
    run_sql("UPDATE pipelines SET definition = json_set(definition, '$.stages.Stage.taskOrder', json('[\"Task\",\"Prod\"]'), "
            "'$.stages.Stage.tasks.Prod', json('{\"type\":\"WORK\",\"endpoints\":{\"kubernetesServer\":\"prod\"}}'))");
}

#define WAITS "deploy#1 PAUSED Stage.Prod uses restricted endpoint 'prod'. An administrator of project default may resume it."

TEST(runner, waits_for_an_administrator_before_a_restricted_endpoint_is_used)
{
    open_scene();
    restrict_endpoint();
    deliver((struct delivery){ "k1", "v1", A, NULL, 0 });
    expect(RUNS, WAITS);
    CHECK_INT(works_begun, 1);
    CHECK_HAS(act_as(1, RUN_RESUME, false), "this needs an administrator: Stage.Prod uses");
    close_server();
    open_server();
    CHECK_TEXT(act_as(1, RUN_RESUME, true), "ok");
    expect(RUNS, "deploy#1 COMPLETED Execution Completed.");
    CHECK_INT(works_begun, 2);
    CHECK_HAS(read_rows("SELECT user_name || ' ' || action || ' ' || detail FROM audit"), "berta execution.approve Stage.Prod uses restricted");
    CHECK_TEXT(read_rows("SELECT json_extract(state, '$.approvedBy') FROM tasks WHERE idx = 1"), "berta");
    deliver((struct delivery){ "k2", "v2", B, NULL, 0 }); /* another execution asks again */
    expect("SELECT status FROM executions WHERE id = 2", "PAUSED");
    CHECK_TEXT(act(2, RUN_CANCEL), "ok");
    expect("SELECT status FROM executions WHERE id = 2", "CANCELED");
    close_scene();
}

TEST(runner, goes_by_the_rights_that_a_run_has_when_the_task_begins)
{
    open_scene();
    restrict_endpoint();
    run_sql("UPDATE tokens SET service_role = ''");
    run_sql("INSERT INTO members (project_id, user_id, role) VALUES (1, 1, 'administrator')");
    deliver((struct delivery){ "k1", "v1", A, NULL, 0 });
    expect("SELECT status FROM executions", "COMPLETED");
    works_hang = true;
    deliver((struct delivery){ "k2", "v2", B, NULL, 0 });
    while (!hanging)
        read_rows("SELECT 1");
    run_sql("UPDATE members SET role = 'member'"); /* while the first task runs */
    works_hang = false;
    task_done(hanging, &(struct task_outcome){ .result = TASK_COMPLETED });
    expect("SELECT status FROM executions WHERE id = 2", "PAUSED");
    CHECK_TEXT(act(2, RUN_CANCEL), "ok");
    run_sql("UPDATE members SET role = 'administrator'");
    run_sql("UPDATE tokens SET service_role = 'executor'"); /* a token only takes away */
    deliver((struct delivery){ "k3", "v3", B, NULL, 0 });
    expect("SELECT status FROM executions WHERE id = 3", "PAUSED");
    close_scene();
}

TEST(runner, finds_restricted_variables_wherever_they_stand)
{
    static const char *const PLACES[] = {
        "json_set(definition, '$.stages.Stage.tasks.Task.preCondition', '${var.key} == \"k\"')",
        "json_set(definition, '$.stages.Stage.tasks.Task.input.deep', json('[{\"a ${var.key}\":1}]'))",
        "json_set(definition, '$.stages.Stage.preCondition', '${var.key}')",
        "json_set(definition, '$.stages.Stage.tasks.Task.endpoints', json('{\"kubernetesServer\":\"by ${input.DOCKER_TAG}\"}'))",
    };
    for (size_t i = 0; i < ALEN(PLACES); i++) {
        open_scene();
        run_sql("INSERT INTO variables (uuid, project_id, name, type, value, created_at, updated_at) VALUES ('v1', 1, 'key', 'RESTRICTED', "
                "'k', 0, 0)");
        run_sql("INSERT INTO endpoints (id, uuid, project_id, name, type, properties, created_at, updated_at) VALUES (2, 'e2', 1, 'by v1', "
                "'k8s', '{\"token\":\"${var.key}\"}', 0, 0)"); /* not restricted by itself */
        AUTO_FREE char *sql = mem_format("UPDATE pipelines SET definition = %s", PLACES[i]);
        run_sql(sql);
        deliver((struct delivery){ "k1", "v1", A, NULL, 0 });
        expect("SELECT status || ' ' || substr(status_message, 1, 16) FROM executions", "PAUSED Stage.Task uses ");
        CHECK_HAS(read_rows("SELECT status_message FROM executions"), i < 3 ? "restricted variable 'key'" : "restricted endpoint 'by v1'");
        CHECK_INT(works_begun, 0);
        close_scene();
    }
}

static bool rerun_work(void *context, struct db_tx *tx, struct err *e)
{
    struct run_made made;
    return runner_rerun_event(s.runner, tx, 1, &(struct run_asker){ 1, 0, "berta" }, &made, context, e);
}

TEST(runner, runs_an_event_again_when_a_person_asks)
{
    struct err e = { 0 };
    int64_t pipeline = 0;
    open_scene();
    deliver((struct delivery){ "k1", "v1", A, NULL, 0 });
    expect("SELECT status FROM executions", "COMPLETED");
    CHECK_OK(db_write_now(s.db, rerun_work, &pipeline, &e), e);
    runner_wake_pipeline(s.runner, pipeline);
    CHECK_TEXT(read_rows("SELECT executed_by || ' ' || attempt FROM executions WHERE id = 2"), "berta 2");
    expect("SELECT status FROM executions ORDER BY id", "COMPLETED\nCOMPLETED");
    close_scene();
}

TEST(runner, goes_on_after_a_restart_where_it_was)
{
    open_scene();
    works_hang = true;
    deliver((struct delivery){ "k1", "v1", A, NULL, 0 });
    while (!hanging)
        read_rows("SELECT 1");
    close_server();
    works_hang = false;
    hanging = NULL;
    open_server();
    expect(RUNS, "deploy#1 COMPLETED Execution Completed.");
    CHECK_INT(works_begun, 2);
    CHECK_TEXT(read_rows("SELECT json_extract(state, '$.attempt') FROM tasks"), "1");
    close_scene();
}

/* ---- the process ends after each commit of the story, and what was acknowledged is still run once */

static void story_until_death(int die_after)
{
    open_server();
    s.die_after = die_after;
    deliver((struct delivery){ "k1", "v1", A, NULL, 0 });
    deliver((struct delivery){ "k2", "v2", B, NULL, 0 });
    expect("SELECT status FROM executions ORDER BY id", "COMPLETED\nCOMPLETED");
    _exit(0);
}

TEST(runner, survives_an_end_after_every_commit)
{
    int ended = 7;
    for (int die_after = 1; ended == 7; die_after++) {
        CHECK(die_after < 60);
        open_scene();
        close_server();
        fflush(NULL);
        pid_t child = fork();
        if (child == 0)
            story_until_death(die_after);
        waitpid(child, &ended, 0);
        ended = WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
        CHECK(ended == 0 || ended == 7);
        open_server();
        int deliveries = atoi(read_rows("SELECT COUNT(*) FROM deliveries"));
        expect("SELECT COUNT(*) FROM executions WHERE status = 'COMPLETED'", deliveries == 2 ? "2" : deliveries == 1 ? "1" : "0");
        CHECK_INT(atoi(read_rows("SELECT COUNT(*) FROM executions")), deliveries);
        CHECK_INT(atoi(read_rows("SELECT COUNT(*) FROM events WHERE status = 'COMPLETED'")), deliveries);
        close_scene();
    }
}

static void restricted_story_until_death(int die_after)
{
    open_server();
    s.die_after = die_after;
    deliver((struct delivery){ "k1", "v1", A, NULL, 0 });
    expect(RUNS, WAITS);
    act_as(1, RUN_RESUME, true);
    expect("SELECT status FROM executions", "COMPLETED");
    _exit(0);
}

/* Whenever the process ends, nothing restricted is used without an approval that is in the books, once. */
TEST(runner, keeps_waiting_for_an_administrator_whatever_dies)
{
    int ended = 7;
    for (int die_after = 1; ended == 7; die_after++) {
        CHECK(die_after < 60);
        open_scene();
        restrict_endpoint();
        close_server();
        fflush(NULL);
        pid_t child = fork();
        if (child == 0)
            restricted_story_until_death(die_after);
        waitpid(child, &ended, 0);
        ended = WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
        CHECK(ended == 0 || ended == 7);
        open_server();
        bool told = atoi(read_rows("SELECT COUNT(*) FROM deliveries"));
        bool approved = atoi(read_rows("SELECT COUNT(*) FROM audit"));
        if (told && !approved) {
            expect(RUNS, WAITS);
            CHECK_TEXT(act_as(1, RUN_RESUME, true), "ok");
        }
        expect("SELECT COUNT(*) FROM executions WHERE status = 'COMPLETED'", told ? "1" : "0");
        CHECK_TEXT(read_rows("SELECT COUNT(*) FROM audit"), told ? "1" : "0");
        close_scene();
    }
}

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
           "IGNORED a loop is stopped here: deploy#1 pushed acme/base:b1, which started build#1, which pushed acme/web:v2, which would start deploy again");
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
           "IGNORED a loop is stopped here: deploy#2 pushed acme/web:v3, which would start deploy again");
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
           "IGNORED a loop is stopped here: each of 32 runs was started by the push of the one before");
    deliver((struct delivery){ "k3", "v3", C, NULL, 0 });
    expect("SELECT status FROM events WHERE tag = 'v3'", "COMPLETED");
    close_scene();
}

/* ---- a push that is only asked about */

struct asked {
    struct simulation_request request;
    struct simulation *simulation;
};

static bool read_simulation(void *context, struct db_tx *tx, struct err *e)
{
    struct asked *a = context;
    return simulation_read(s.runner, tx, &a->request, &a->simulation, e);
}

/* The answer about a push of acme/web with this tag; a new reference. */
static json_t *simulated(const char *tag)
{
    struct err e = { 0 };
    AUTO_JSON *events = json_pack("[{s:s, s:s, s:s, s:s}]", "action", "push", "host", "127.0.0.1:1", "repository", "acme/web", "tag", tag);
    struct asked a = { .request = { .project_id = 1, .events = events } };
    CHECK_OK(db_read_now(s.db, read_simulation, &a, &e), e);
    simulation_start(a.simulation, drained, NULL);
    loop_run(s.loop);
    json_t *answer = simulation_answer(a.simulation);
    simulation_destroy(&a.simulation);
    return answer;
}

TEST(simulation, tells_what_a_push_would_do_and_starts_nothing)
{
    static const struct { const char *tag, *sql, *rule, *why; } CASES[] = {
        { "v1", NULL, "fired", "fired" },
        { "dev", NULL, "tag", "tag 'dev' does not match" },
        { "v1", "UPDATE webhooks SET verify_push = 'preferred'", "fired", "fired" },
        { "v1", "UPDATE webhooks SET verify_push = 'required'", "registry", "could not confirm acme/web:v1" },
        { "v1", "UPDATE webhooks SET enabled = 0", "disabled", "disabled" },
        { "v1", "UPDATE pipelines SET state = 'DISABLED'", "pipeline", "is disabled" },
        { "v1", "UPDATE tokens SET revoked_at = 1", "token", "Invalid Oauth Refresh token" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        open_scene();
        if (CASES[i].sql)
            run_sql(CASES[i].sql);
        AUTO_JSON *answer = simulated(CASES[i].tag);
        bool fires = text_is(CASES[i].rule, "fired");
        CHECK_INT(json_int_at(answer, "fires", -1), fires);
        CHECK_TEXT(json_text_at(answer, "triggers[0].rule", ""), CASES[i].rule);
        CHECK_HAS(json_text_at(answer, "triggers[0].why", ""), CASES[i].why);
        CHECK_TEXT(json_text_at(answer, "triggers[0].runAs", "-"), fires ? "anna" : "-");
        CHECK_TEXT(json_text_at(answer, "triggers[0].inputs.DOCKER_TAG.value", ""), fires ? CASES[i].tag : "");
        CHECK_TEXT(json_text_at(answer, "triggers[0].tasks[0].notSimulated", ""), fires ? "tasks of this type are not simulated" : "");
        CHECK_TEXT(read_rows("SELECT (SELECT COUNT(*) FROM pushes) + (SELECT COUNT(*) FROM events) + (SELECT COUNT(*) FROM executions)"), "0");
        CHECK_INT(works_begun, 0);
        close_scene();
    }
}

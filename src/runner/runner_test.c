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
#include "runner/scene_test.h"
#include "runner/simulate.h"
#include "store/inbox.h"
#include "store/runs.h"

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
    int late;                /* the first answers are as if the push had not been: */
    const char *before;      /* the tag's digest then; "": there was none */
    const char *retry_after; /* what they ask for, in seconds */
    int64_t first_at, last_at;
};
static struct registry registry;

static void registry_answer(void *context, struct http_request *r)
{
    struct registry *at = context;
    at->last_at = clock_mono();
    at->first_at = at->first_at ? at->first_at : at->last_at;
    if (at->late) {
        bool yet = at->calls++ < at->late;
        http_answer_header(r, "Docker-Content-Digest", yet ? at->before : A);
        http_answer(r, yet && !*at->before ? 404 : 200, "application/vnd.oci.image.manifest.v1+json", "{}", 2);
        return;
    }
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

TEST(runner, waits_a_moment_for_a_tag_that_its_registry_told_of_too_early)
{
    static const struct { const char *before; int late; const char *want; } CASES[] = { { "", 2, "found " A }, { B, 2, "found " A }, { "", 1000, "missing " A }, { B, 1000, "found " B } };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        open_registry("preferred", 0, NULL);
        registry.late = CASES[i].late;
        registry.before = CASES[i].before;
        deliver((struct delivery){ "k1", "v1", A, NULL, 0 });
        expect("SELECT confirm || ' ' || digest FROM pushes", CASES[i].want);
        CHECK_INT(registry.calls, CASES[i].late < 5 ? CASES[i].late + 1 : 5);
        expect("SELECT status FROM events", text_starts(CASES[i].want, "missing") ? "FAILED" : "COMPLETED");
        close_registry();
    }
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
        CHECK_INT(atoi(read_rows("SELECT SUM(completed) FROM ended_runs WHERE span = 'day'")), deliveries);
        CHECK_INT(atoi(read_rows("SELECT SUM(count) FROM deploy_times")), deliveries);
        close_scene();
    }
}

#define PLACES "SELECT image || ' #' || execution_idx || ' ' || task || ' ' || webhook_name || ' < ' || previous_image FROM deployments"

TEST(runner, stores_what_a_task_put_where_with_its_result)
{
    open_scene();
    works_put = true;
    deliver((struct delivery){ "k1", "v1", A, NULL, 0 });
    expect("SELECT status FROM executions", "COMPLETED");
    CHECK_TEXT(read_rows(PLACES), "acme/web:v1 #1 Stage.Task web < ");
    CHECK_TEXT(read_rows("SELECT v.tag FROM deployments x JOIN events v ON v.uuid = x.event JOIN executions q ON q.uuid = x.execution"), "v1");
    deliver((struct delivery){ "k2", "v2", B, NULL, 0 });
    expect("SELECT status FROM executions", "COMPLETED\nCOMPLETED");
    CHECK_TEXT(read_rows(PLACES), "acme/web:v2 #2 Stage.Task web < acme/web:v1");
    close_scene();
}

static void places_until_death(int die_after)
{
    open_server();
    s.die_after = die_after;
    works_put = true;
    deliver((struct delivery){ "k1", "v1", A, NULL, 0 });
    deliver((struct delivery){ "k2", "v2", B, NULL, 0 });
    expect("SELECT status FROM executions ORDER BY id", "COMPLETED\nCOMPLETED");
    _exit(0);
}

/* Whenever the process ends: what was put there before is neither lost nor the same image once more. */
TEST(runner, knows_what_runs_where_whatever_dies)
{
    int ended = 7;
    for (int die_after = 1; ended == 7; die_after++) {
        CHECK(die_after < 60);
        open_scene();
        close_server();
        fflush(NULL);
        pid_t child = fork();
        if (child == 0)
            places_until_death(die_after);
        waitpid(child, &ended, 0);
        ended = WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
        CHECK(ended == 0 || ended == 7);
        works_put = true;
        open_server();
        int deliveries = atoi(read_rows("SELECT COUNT(*) FROM deliveries"));
        expect("SELECT COUNT(*) FROM executions WHERE status = 'COMPLETED'", deliveries == 2 ? "2" : deliveries == 1 ? "1" : "0");
        CHECK_TEXT(read_rows(PLACES), deliveries == 2 ? "acme/web:v2 #2 Stage.Task web < acme/web:v1"
                                      : deliveries == 1 ? "acme/web:v1 #1 Stage.Task web < " : "");
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

/* A variable that does not open (another master key, say) is what deciding may end with for ever. */
TEST(runner, leaves_what_nobody_can_decide_and_goes_on)
{
    open_scene();
    run_sql("INSERT INTO variables (uuid, project_id, name, type, value, created_at, updated_at) VALUES ('x1', 1, 'token', 'SECRET', 'sealed:v1:AAAA', 0, 0)");
    run_sql("UPDATE webhooks SET refresh_token = '${var.token}'");
    deliver((struct delivery){ "bad", "v1", A, NULL, 0 });
    deliver((struct delivery){ "other", "dev", A, NULL, 0 });
    expect("SELECT state || ' ' || (problem <> '') FROM deliveries ORDER BY id", "1 1\n1 0");
    CHECK_HAS(read_rows("SELECT status || ' ' || message FROM events WHERE tag = 'v1'"), "FAILED could not be decided: ");
    CHECK_HAS(read_rows("SELECT status FROM events WHERE tag = 'dev'"), "IGNORED");
    run_sql("UPDATE webhooks SET refresh_token = ''");
    deliver((struct delivery){ "waits", "v2", A, NULL, 0 });
    expect("SELECT status || ' ' || (status_message LIKE 'waits, because variable token: %') FROM executions", "STARTED 1");
    CHECK_HAS(read_rows("SELECT message FROM events WHERE tag = 'v2'"), "it is tried again");
    run_sql("DELETE FROM variables");
    close_server();
    open_server(); /* a start tries at once */
    expect("SELECT status FROM events WHERE tag = 'v2'", "COMPLETED");
    deliver((struct delivery){ "good", "v3", B, NULL, 0 });
    expect("SELECT status FROM events WHERE tag = 'v3'", "COMPLETED");
    close_scene();
}

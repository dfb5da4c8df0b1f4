#include "runner/scene_test.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/test.h"
#include "store/inbox.h"
#include "store_sql.h"

/* ---- a task type of the test's own, in place of the real table */

int works_begun;
bool works_hang;
const char *works_push;
bool works_put;
struct task_job *hanging;
const struct task_type *scene_more;

static json_t *work_places(const struct task_job *job)
{
    AUTO_FREE char *image = mem_format("acme/web:%s", job->push->tag);
    return json_pack("{s:s, s:[{s:s, s:s, s:s, s:s, s:I, s:s, s:[{s:s, s:s}]}]}", "endpoint", "e1", "objects", "namespace", "shop", "kind",
                     "Deployment", "name", "web", "uid", "o1", "at", (json_int_t)clock_now(), "status", "ROLLED_OUT", "containers", "name", "app",
                     "image", image);
}

static void work_ends(struct task_job *job, const char *newest)
{
    AUTO_JSON *places = works_put ? work_places(job) : NULL;
    struct task_outcome outcome = { .result = TASK_COMPLETED, .message = *newest ? newest : "worked", .places = places };
    if (works_hang)
        hanging = job;
    else
        task_done(job, &outcome);
}

static void work_done(struct task_job *job)
{
    if (works_push)
        task_pushed(job, works_push, work_ends);
    else
        work_ends(job, "");
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
    return text_is(name, "WORK") ? &WORK : scene_more && text_is(name, scene_more->name) ? scene_more : NULL;
}

/* ---- a server without its web */

struct scene s;

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

void open_server(void)
{
    struct err e = { 0 };
    CHECK_OK(loop_create(&s.loop, &e), e);
    struct db_config config = { .path = s.path, .migrations = STORE_MIGRATIONS, .changed = commit_seen };
    CHECK_OK(db_open(s.loop, &config, &s.db, &e), e);
    CHECK_OK(db_write_now(s.db, fill_rows, NULL, &e), e);
    CHECK_OK(http_client_create(s.loop, NULL, &s.http, &e), e);
    CHECK_OK(seal_create("0000000000000000000000000000000000000000000000000000000000000001", NULL, false, &s.seal, &e), e);
    struct runner_config runner = { .loop = s.loop, .db = s.db, .http = s.http, .seal = s.seal, .node = "test",
                                    .notify_retry = 5 * CLOCK_MS };
    CHECK_OK(runner_create(&runner, &s.runner, &e), e);
    CHECK_OK(runner_start(s.runner, &e), e);
}

void drained(void *context)
{
    (void)context;
    loop_stop(s.loop);
}

void close_server(void)
{
    runner_drain(s.runner, drained, NULL);
    loop_run(s.loop);
    db_close(&s.db);
    runner_destroy(&s.runner);
    http_client_destroy(&s.http);
    seal_destroy(&s.seal);
    loop_destroy(&s.loop);
}

void open_scene(void)
{
    s = (struct scene){ 0 };
    works_begun = 0;
    works_hang = false;
    works_push = NULL;
    works_put = false;
    hanging = NULL;
    snprintf(s.folder, sizeof s.folder, "/tmp/slipway-runner-XXXXXX");
    CHECK(mkdtemp(s.folder));
    snprintf(s.path, sizeof s.path, "%s/slipway.db", s.folder);
    open_server();
}

void close_scene(void)
{
    close_server();
    AUTO_FREE char *clean = mem_format("rm -rf %s", s.folder);
    CHECK_INT(system(clean), 0);
}

/* ---- what the test does, and what it reads */

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

void deliver(struct delivery d)
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

const char *read_rows(const char *sql)
{
    static struct text out;
    struct err e = { 0 };
    const void *args[] = { sql, &out };
    text_fini(&out);
    CHECK_OK(db_read_now(s.db, read_text, args, &e), e);
    return text_of(&out);
}

void expect(const char *sql, const char *want)
{
    for (int64_t until = clock_mono() + 60 * CLOCK_SECOND; clock_mono() < until && !text_is(read_rows(sql), want);)
        usleep(1000);
    CHECK_TEXT(read_rows(sql), want);
}

static bool change(void *context, struct db_tx *tx, struct err *e)
{
    AUTO(db_rows) rows = db_rows_built(tx, context);
    db_next(rows, e);
    return !db_rows_failed(rows);
}

void run_sql(const char *sql)
{
    struct err e = { 0 };
    CHECK_OK(db_write_now(s.db, change, (void *)sql, &e), e);
}

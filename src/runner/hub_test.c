/* Webhooks at Docker Hub, with a Docker Hub in the test's process whose memory is a file: so the server may end after every
 * commit, and in every call, and both sides must agree when it comes back. The many faults of the web are e2e/hub_test's. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/test.h"
#include "http/server.h"
#include "runner/hub.h"
#include "runner/runner.h"
#include "store/webhooks.h"
#include "store_sql.h"

struct scene {
    char folder[64], path[96], hub_path[96];
    struct loop *loop;
    struct db *db;
    struct http_client *http;
    struct seal *seal;
    struct runner *runner;
    struct http_server *hub;
    char *hub_url;
    const char *external_url;
    int die_after, commits;           /* the process ends at its die_after'th commit */
    int die_in, before, calls;        /* it ends in the die_in'th call at Docker Hub, before or after it is done there */
    int refuse, retry_after;          /* so many calls are answered 429, with Retry-After */
};
static struct scene s;

/* ---- a Docker Hub; its memory is an array of {name, slug, webhooks} */

static json_t *hub_read(void)
{
    json_t *hooks = json_load_file(s.hub_path, 0, NULL);
    return hooks ? hooks : json_array();
}

static void hub_write(const json_t *hooks)
{
    CHECK_INT(json_dump_file(hooks, s.hub_path, 0), 0);
}

static void answer_json(struct http_request *r, int status, const json_t *json)
{
    AUTO_FREE char *text = json_write(json);
    http_answer(r, status, "application/json", text, strlen(text));
}

/* What is asked, done. */
static void hub_do(struct http_request *r, int *ret_status, json_t **ret)
{
    AUTO_JSON *hooks = hub_read();
    AUTO_JSON *body = NULL;
    const char *slug = strstr(r->path, "/webhook_pipeline/");
    size_t i;
    json_t *hook;
    *ret = json_object();
    *ret_status = 200;
    if (r->body_size)
        CHECK(json_read(r->body, r->body_size, &body, NULL));
    if (!slug) {
        json_set_text(*ret, "token", "t.e30.t");
        return;
    }
    slug += strlen("/webhook_pipeline/");
    if (text_is(r->method, "GET")) {
        json_object_set(*ret, "results", hooks);
    } else if (text_is(r->method, "POST")) {
        json_set_text(body, "slug", json_text_at(body, "name", ""));
        json_array_append(hooks, body);
        json_object_update(*ret, body);
    } else {
        *ret_status = 404;
        json_array_foreach(hooks, i, hook)
            if (text_starts(slug, json_text_at(hook, "slug", "?"))) {
                *ret_status = 200;
                text_is(r->method, "PUT") ? json_object_update(hook, body) : json_array_remove(hooks, i);
                break;
            }
    }
    hub_write(hooks);
}

static void hub_answer(void *context, struct http_request *r)
{
    int status;
    json_t *answer = NULL;
    bool die = ++s.calls == s.die_in;
    (void)context;
    if (s.refuse > 0) {
        char seconds[20];
        s.refuse--;
        snprintf(seconds, sizeof seconds, "%d", s.retry_after);
        http_answer_header(r, "Retry-After", seconds);
        http_answer(r, 429, "application/json", "{\"detail\":\"slow down\"}", 22);
        return;
    }
    if (die && s.before)
        _exit(7);
    hub_do(r, &status, &answer);
    if (die)
        _exit(7);
    answer_json(r, status, answer);
    json_decref(answer);
}

/* ---- a server without its web */

static const char *const ROWS[] = {
    "INSERT INTO users (id, uuid, name, service_role, created_at, updated_at) VALUES (1, 'u1', 'anna', 'developer', 0, 0)",
    "INSERT INTO projects (id, uuid, name, created_at, updated_at) VALUES (1, 'p1', 'default', 0, 0)",
    "INSERT INTO endpoints (id, uuid, project_id, name, type, properties, created_at, updated_at) VALUES (1, 'e1', 1, 'hub', "
    "'dockerregistry', '{\"serverType\":\"dockerhub\",\"repoURL\":\"acme/web\",\"username\":\"anna\",\"password\":\"secret\"}', 0, 0)",
    "INSERT INTO pipelines (id, uuid, project_id, name, state, concurrency, definition, created_at, updated_at) "
    "VALUES (1, 'pi1', 1, 'deploy', 'ENABLED', 1, '{}', 0, 0)",
    "INSERT INTO webhooks (id, uuid, project_id, name, endpoint_id, pipeline_id, listener_id, image_pattern, tag_pattern, "
    "verify_push, refresh_token, token_hash, created_at, updated_at) VALUES (1, 'w1', 1, 'Web site!', 1, 1, 1, '.*', '.*', 'off', '', 'h', 0, 0)",
};

static void commit_seen(void *context)
{
    (void)context;
    if (s.die_after && ++s.commits == s.die_after)
        _exit(7);
}

static bool set_secret(void *context, struct db_tx *tx, struct err *e)
{
    AUTO_FREE char *identity = seal_of_listener("l1");
    AUTO_FREE char *sealed = seal_close(s.seal, identity, context, strlen(context));
    return db_run(tx, e, "UPDATE listeners SET token = $1 WHERE id = 1", "t", sealed);
}

static bool fill_rows(void *context, struct db_tx *tx, struct err *e)
{
    AUTO(db_rows) there = db_rows_built(tx, "SELECT 1 FROM users");
    (void)context;
    if (db_next(there, e))
        return true;
    for (size_t i = 0; i < ALEN(ROWS) - 1; i++)
        if (!db_run(tx, e, ROWS[i], ""))
            return false;
    return db_run(tx, e, "INSERT INTO listeners (id, uuid, project_id, webhook_id, token, token_hash, created_at) VALUES (1, 'l1', 1, 1, '', 'lh', 0)", "") &&
           db_run(tx, e, ROWS[ALEN(ROWS) - 1], "") && set_secret((void *)"secret-1", tx, e);
}

static void open_server(void)
{
    struct err e = { 0 };
    log_setup(LOG_ERROR, false);
    CHECK_OK(loop_create(&s.loop, &e), e);
    CHECK_OK(seal_create("0000000000000000000000000000000000000000000000000000000000000001", NULL, false, &s.seal, &e), e);
    CHECK_OK(db_open(s.loop, &(struct db_config){ .path = s.path, .migrations = STORE_MIGRATIONS, .changed = commit_seen }, &s.db, &e), e);
    CHECK_OK(db_write_now(s.db, fill_rows, NULL, &e), e);
    CHECK_OK(http_client_create(s.loop, NULL, &s.http, &e), e);
    struct http_server_config hub = { .address = "127.0.0.1", .handle = hub_answer, .limits = HTTP_LIMITS };
    CHECK_OK(http_server_open(s.loop, &hub, &s.hub, &e), e);
    s.hub_url = mem_format("http://127.0.0.1:%d/", http_server_port(s.hub));
    struct runner_config runner = { .loop = s.loop, .db = s.db, .http = s.http, .seal = s.seal, .node = "test", .hub_url = s.hub_url,
                                    .hub_registry_url = s.hub_url, .hub_auth_url = s.hub_url, .external_url = s.external_url };
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
    http_server_close(&s.hub);
    db_close(&s.db);
    runner_destroy(&s.runner);
    http_client_destroy(&s.http);
    seal_destroy(&s.seal);
    loop_destroy(&s.loop);
    free(TAKE(s.hub_url));
}

static void open_scene(void)
{
    s = (struct scene){ .external_url = "https://slipway.example.com" };
    snprintf(s.folder, sizeof s.folder, "/tmp/slipway-hub-XXXXXX");
    CHECK(mkdtemp(s.folder));
    snprintf(s.path, sizeof s.path, "%s/slipway.db", s.folder);
    snprintf(s.hub_path, sizeof s.hub_path, "%s/hub.json", s.folder);
    open_server();
}

static void close_scene(void)
{
    close_server();
    AUTO_FREE char *clean = mem_format("rm -rf %s", s.folder);
    CHECK_INT(system(clean), 0);
}

/* ---- what is read, and what people do */

/* A line for each hook there: its name without the end, and its URL's secret. */
static const char *hub_hooks(void)
{
    static struct text out;
    AUTO_JSON *hooks = hub_read();
    size_t i;
    json_t *hook;
    text_fini(&out);
    json_array_foreach(hooks, i, hook) {
        const char *url = json_text_at(hook, "webhooks[0].hook_url", ""), *secret = strchr(url, '=');
        text_addf(&out, "%s%.16s %s", i ? "\n" : "", json_text_at(hook, "name", ""), secret ? secret + 1 : url);
    }
    return text_of(&out);
}

static bool read_text(void *context, struct db_tx *tx, struct err *e)
{
    AUTO(db_rows) rows = db_rows_built(tx, "SELECT repository || ' ' || wanted || ' ' || state FROM hub_hooks ORDER BY id");
    while (db_next(rows, e))
        text_addf(context, "%s%s", ((struct text *)context)->length ? "\n" : "", db_text(rows, 0));
    return !db_rows_failed(rows);
}

static const char *rows(void)
{
    static struct text out;
    struct err e = { 0 };
    text_fini(&out);
    CHECK_OK(db_read_now(s.db, read_text, &out, &e), e);
    return text_of(&out);
}

/* Turns the loop until both sides are as wanted, 20 s at most; then compares. */
static void expect(const char *here, const char *there)
{
    for (int64_t until = clock_mono() + 20 * CLOCK_SECOND; clock_mono() < until && !(text_is(rows(), here) && text_is(hub_hooks(), there));)
        ;
    CHECK_TEXT(rows(), here);
    CHECK_TEXT(hub_hooks(), there);
}

static bool change_work(void *context, struct db_tx *tx, struct err *e)
{
    AUTO(db_rows) rows = db_rows_built(tx, context);
    db_next(rows, e);
    return !db_rows_failed(rows);
}

static bool save_work(void *context, struct db_tx *tx, struct err *e)
{
    int64_t row = 0;
    return (!context || set_secret(context, tx, e)) && runner_hub_want(s.runner, tx, 1, HUB_SAVED, &row, e);
}

static bool delete_work(void *context, struct db_tx *tx, struct err *e)
{
    struct webhook_row webhook = { 0 };
    int64_t row = 0;
    (void)context;
    bool ok = webhook_get(tx, 1, &webhook, e) && runner_hub_remove(s.runner, tx, 1, &row, e) && webhook_delete(tx, &webhook, e);
    webhook_row_fini(&webhook);
    return ok;
}

static void write_now(bool (*work)(void *, struct db_tx *, struct err *), const char *context)
{
    struct err e = { 0 };
    CHECK_OK(db_write_now(s.db, work, (void *)context, &e), e);
    runner_hub_wake(s.runner);
}

#define REGISTERED "acme/web there registered"

TEST(hub, a_webhook_is_made_changed_moved_and_deleted_there)
{
    open_scene();
    expect(REGISTERED, "slipway-web-site secret-1");
    write_now(save_work, "secret-2");
    expect(REGISTERED, "slipway-web-site secret-2");
    write_now(change_work, "UPDATE webhooks SET repository = 'acme/api'");
    write_now(save_work, NULL);
    expect("acme/api there registered", "slipway-web-site secret-2"); /* this Docker Hub has one list for all repositories */
    write_now(change_work, "UPDATE webhooks SET registration = 'manual'");
    write_now(save_work, NULL);
    expect(" there manual", "");
    write_now(change_work, "UPDATE webhooks SET registration = 'automatic'");
    write_now(save_work, NULL);
    write_now(delete_work, NULL);
    expect("", "");
    close_scene();
}

TEST(hub, another_external_url_is_brought_there_at_the_next_start)
{
    open_scene();
    expect(REGISTERED, "slipway-web-site secret-1");
    close_server();
    s.external_url = "http://slipway.example.com";
    open_server();
    expect("acme/web there manual", "");
    close_server();
    s.external_url = "https://other.example.com";
    open_server();
    expect(REGISTERED, "slipway-web-site secret-1");
    AUTO_JSON *hooks = hub_read();
    CHECK(text_starts(json_text_at(json_array_get(hooks, 0), "webhooks[0].hook_url", ""), "https://other.example.com/codestream/api/"));
    close_scene();
}

TEST(hub, has_the_patience_that_is_asked_for)
{
    s.refuse = 0;
    open_scene();
    expect(REGISTERED, "slipway-web-site secret-1");
    s.refuse = 1;
    s.retry_after = 6; /* more than the first pause of our own, with all its chance */
    write_now(save_work, "secret-2");
    expect("acme/web there failed", "slipway-web-site secret-1");
    int calls = s.calls;
    int64_t began = clock_mono();
    expect(REGISTERED, "slipway-web-site secret-2");
    CHECK(clock_mono() - began >= 5500 * CLOCK_MS);
    CHECK_INT(s.calls, calls + 2);
    close_scene();
}

TEST(hub, tries_when_the_clock_was_set_back)
{
    open_scene();
    expect(REGISTERED, "slipway-web-site secret-1");
    write_now(set_secret, "secret-2");
    write_now(change_work, "UPDATE hub_hooks SET state = 'failed', next_at = 9000000000000000");
    expect(REGISTERED, "slipway-web-site secret-2");
    close_scene();
}

/* ---- the process ends after each commit, and in each call */

static void story(void)
{
    open_server();
    expect(REGISTERED, "slipway-web-site secret-1");
    write_now(save_work, "secret-2");
    expect(REGISTERED, "slipway-web-site secret-2");
    write_now(delete_work, NULL);
    expect("", "");
    _exit(0);
}

static bool read_secret(void *context, struct db_tx *tx, struct err *e)
{
    struct webhook_row webhook = { 0 };
    char **ret = context;
    struct err gone = { 0 };
    (void)e;
    if (!webhook_get(tx, 1, &webhook, &gone))
        return true;
    AUTO_FREE char *identity = seal_of_listener("l1");
    bool ok = seal_open(s.seal, identity, webhook.token, ret, NULL, e);
    webhook_row_fini(&webhook);
    return ok;
}

/* True: it ended before the story did. Then both sides agree again, whatever the webhook has come to be here. */
static bool dies(int die_after, int die_in, int before)
{
    int ended = 0;
    struct err e = { 0 };
    AUTO_FREE char *secret = NULL;
    open_scene();
    close_server();
    unlink(s.hub_path);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        s.die_after = die_after;
        s.die_in = die_in;
        s.before = before;
        s.calls = 0;
        story();
    }
    waitpid(child, &ended, 0);
    ended = WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
    CHECK(ended == 0 || ended == 7);
    s.calls = 0;
    open_server();
    CHECK_OK(db_read_now(s.db, read_secret, &secret, &e), e);
    AUTO_FREE char *there = secret ? mem_format("slipway-web-site %s", secret) : mem_text("");
    expect(secret ? REGISTERED : "", there);
    close_scene();
    return ended == 7;
}

TEST(hub, agrees_again_after_an_end_at_every_commit)
{
    int at = 1;
    while (dies(at, 0, 0))
        CHECK(++at < 60);
    CHECK(at > 5);
}

TEST(hub, agrees_again_after_an_end_in_every_call)
{
    for (int before = 0; before < 2; before++) {
        int at = 1;
        while (dies(0, at, before))
            CHECK(++at < 60);
        CHECK(at > 5);
    }
}

/* The sweep, with a registry in the test's process. The orders that only a real registry and a killed server show are
 * e2e/sweep_test's, what a Docker Hub may answer e2e/sweep_hub_test's. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/test.h"
#include "http/server.h"
#include "runner/scene_test.h"
#include "runner/sweep_work.h"

static struct registry {
    struct http_server *server;
    struct tag {
        char name[16];
        const char *digest; /* NULL: there is no such tag */
    } tags[4];
    size_t count;
    bool down;
} registry;

static void push(const char *name, const char *digest)
{
    size_t i = 0;
    while (i < registry.count && !text_is(registry.tags[i].name, name))
        i++;
    registry.count += i == registry.count;
    snprintf(registry.tags[i].name, sizeof registry.tags[i].name, "%s", name);
    registry.tags[i].digest = digest;
}

static void answer_list(struct http_request *r)
{
    AUTO_JSON *names = json_array();
    for (size_t i = 0; i < registry.count; i++)
        if (registry.tags[i].digest)
            json_array_append_new(names, json_string(registry.tags[i].name));
    AUTO_JSON *json = json_pack("{s:s, s:O}", "name", "acme/web", "tags", names);
    AUTO_FREE char *text = json_write(json);
    http_answer(r, 200, "application/json", text, strlen(text));
}

static void answer_manifest(struct http_request *r, const char *tag)
{
    for (size_t i = 0; i < registry.count; i++) {
        if (!text_is(registry.tags[i].name, tag) || !registry.tags[i].digest)
            continue;
        http_answer_header(r, "Docker-Content-Digest", registry.tags[i].digest);
        http_answer(r, 200, "application/vnd.oci.image.manifest.v1+json", "", 0);
        return;
    }
    http_answer(r, 404, "application/json", "{}", 2);
}

static void handle(void *context, struct http_request *r)
{
    static const char MANIFESTS[] = "/v2/acme/web/manifests/";
    (void)context;
    if (registry.down)
        http_answer(r, 503, "application/json", "{}", 2);
    else if (text_starts(r->path, MANIFESTS))
        answer_manifest(r, r->path + strlen(MANIFESTS));
    else
        answer_list(r);
}

/* A server that sweeps, and has looked once. */
static void open_swept(void)
{
    struct err e = { 0 };
    struct http_server_config config = { .address = "127.0.0.1", .limits = HTTP_LIMITS, .handle = handle };
    open_scene();
    CHECK_OK(http_server_open(s.loop, &config, &registry.server, &e), e);
    AUTO_FREE char *sql = mem_format("UPDATE endpoints SET properties = '{\"serverType\":\"distribution\",\"repoURL\":\"http://127.0.0.1:%d/acme/web\"}'",
                                     http_server_port(registry.server));
    run_sql(sql);
    s.runner->config.sweep = true;
    s.runner->config.sweep_seconds = 1;
    s.runner->config.sweep_per_minute = 60000;
    sweep_start(s.runner);
    expect("SELECT baseline_at IS NOT NULL FROM webhook_watches", "1");
}

static void close_swept(void)
{
    http_server_close(&registry.server);
    close_scene();
    registry = (struct registry){ 0 };
}

/* A complete look that begins from here on. */
static void look_once(void)
{
    AUTO_FREE char *looked = mem_format("SELECT checked_at > %lld FROM watches", (long long)clock_now());
    expect(looked, "1");
}

#define SWEPT "SELECT v.tag || ' ' || v.status || ' ' || p.found_by FROM events v JOIN pushes p ON p.id = v.push_id ORDER BY v.id"

TEST(sweep, finds_what_no_delivery_told_of)
{
    push("v1", A);
    push("other", A);
    open_swept();
    CHECK_TEXT(read_rows(EVENTS), "");
    CHECK_TEXT(read_rows("SELECT tag FROM watched_tags"), "v1");
    push("v1", B);
    push("v2", A);
    push("other", B);
    expect(SWEPT, "v1 COMPLETED sweep\nv2 COMPLETED sweep");
    look_once();
    CHECK_TEXT(read_rows(SWEPT), "v1 COMPLETED sweep\nv2 COMPLETED sweep");
    CHECK_HAS(read_rows("SELECT comments FROM executions WHERE idx = 1"), "found by sweep");
    push("v2", NULL);
    look_once();
    CHECK_TEXT(read_rows("SELECT tag FROM watched_tags"), "v1");
    push("v2", A);
    expect(SWEPT, "v1 COMPLETED sweep\nv2 COMPLETED sweep\nv2 COMPLETED sweep");
    close_swept();
}

TEST(sweep, runs_once_what_a_delivery_told_of)
{
    push("v1", A);
    open_swept();
    deliver((struct delivery){ "k1", "v1", B, NULL, 0 });
    push("v1", B);
    look_once();
    look_once();
    expect(SWEPT, "v1 COMPLETED delivery");
    push("v2", B); /* the sweep first */
    expect(SWEPT, "v1 COMPLETED delivery\nv2 COMPLETED sweep");
    run_sql("UPDATE pushes SET last_at = last_at - 100000000 WHERE tag = 'v2'");
    deliver((struct delivery){ "k2", "v2", B, NULL, 0 });
    expect(SWEPT, "v1 COMPLETED delivery\nv2 COMPLETED sweep\nv2 IGNORED delivery");
    CHECK_HAS(read_rows("SELECT message FROM events WHERE status = 'IGNORED'"), "it is execution #2 of deploy");
    run_sql("UPDATE pushes SET first_at = first_at - 700000000, last_at = last_at - 700000000 WHERE tag = 'v2'");
    deliver((struct delivery){ "k3", "v2", B, NULL, 0 }); /* after ten minutes it is another */
    expect(SWEPT, "v1 COMPLETED delivery\nv2 COMPLETED sweep\nv2 IGNORED delivery\nv2 COMPLETED delivery");
    close_swept();
}

TEST(sweep, waits_for_a_registry_that_is_down)
{
    push("v1", A);
    open_swept();
    registry.down = true;
    expect("SELECT message <> '' FROM swept_registries", "1");
    CHECK_INT(runner_sweep_stats(s.runner).registries_closed, 1);
    push("v1", B);
    registry.down = false;
    expect(SWEPT, "v1 COMPLETED sweep");
    expect("SELECT message FROM swept_registries", "");
    CHECK_INT(runner_sweep_stats(s.runner).registries_closed, 0);
    close_swept();
}

TEST(sweep, says_within_which_time)
{
    static const struct {
        int64_t seconds, per_minute, requests, took;
        const char *text;
    } ROWS[] = {
        { 30, 100, 1, 0, "40 seconds" },        { 30, 100, 100, 0, "100 seconds" },        { 30, 100, 10000, 0, "103 minutes" },
        { 30, 100, 1, 600000000, "11 minutes" }, { 1, 60000, 3, 0, "10 seconds" },          { 30, 1, 10000, 0, "170 hours" },
    };
    for (size_t i = 0; i < ALEN(ROWS); i++) {
        char text[40];
        CHECK_TEXT(sweep_within_text(sweep_within(ROWS[i].seconds, ROWS[i].per_minute, ROWS[i].requests, ROWS[i].took), text), ROWS[i].text);
    }
}

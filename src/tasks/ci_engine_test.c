/* A CI task against an engine of ours, which answers as it should but for one thing. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "docker/tar.h"
#include "http/server.h"
#include "tasks/harness_test.h"
#include "tasks/workspace.h"

struct row {
    const char *method, *path; /* behind the version; the container's name is NAME */
    int status;
    const char *body;
    size_t size; /* 0: of the text */
};

static const struct row GOOD[] = {
    { "GET", "/version", 200, "{\"ApiVersion\":\"1.41\"}" },
    { "GET", "/containers/NAME/json", 404, "{\"message\":\"No such container\"}" }, /* the first time */
    { "POST", "/volumes/create", 201, "{}" },
    { "GET", "/images/docker.io/acme/web:1/json", 404, "{}" },
    { "POST", "/images/create", 200, "{\"status\":\"Pulling\"}\r\n{\"status\":\"Downloading\",\"progressDetail\":{\"current\":1},\"id\":\"a1\"}\r\n" },
    { "POST", "/containers/create", 201, "{\"Id\":\"x\"}" },
    { "PUT", "/containers/NAME/archive", 200, "" },
    { "POST", "/containers/NAME/start", 204, "" },
    { "GET", "/containers/NAME/logs", 200, "\1\0\0\0\0\0\0\3hi\n", 11 },
    { "POST", "/containers/NAME/wait", 200, "{\"StatusCode\":0}" },
    { "GET", "/containers/NAME/json", 200, "{\"State\":{\"Status\":\"exited\",\"ExitCode\":0}}" },
    { "POST", "/containers/NAME/kill", 204, "" },
};

static struct scene {
    struct harness h;
    struct http_server *server;
    const struct row *instead; /* NULL: all is well */
    struct text exports;       /* the archive */
    struct text log;           /* frames; empty: GOOD's */
    size_t told;               /* of log, to a follower */
    int inspected, created;
    char shown[4000];
} s;

static bool same(const struct row *row, const char *method, const char *path)
{
    return row && text_is(row->method, method) && text_is(row->path, path);
}

/* "/v1.41/containers/slipway-...-1/json" as rows have it. */
static void tame(const char *path, char out[300])
{
    const char *at = text_starts(path, "/v1.41") ? path + 6 : path;
    const char *name = text_starts(at, "/containers/slipway-") ? at + 12 : NULL;
    size_t n = name ? strcspn(name, "/") : 0;
    if (name)
        snprintf(out, 300, "/containers/NAME%s", name + n);
    else
        snprintf(out, 300, "%s", at);
}

static void engine(void *context, struct http_request *r)
{
    char path[300];
    const struct row *row = NULL;
    (void)context;
    tame(r->path, path);
    snprintf(s.shown + strlen(s.shown), sizeof s.shown - strlen(s.shown), "%s %s\n", r->method, path);
    bool inspects = text_is(path, "/containers/NAME/json");
    s.created += text_is(path, "/containers/create");
    if (text_is(path, "/containers/NAME/archive") && text_is(r->method, "GET") && !same(s.instead, r->method, path)) {
        http_answer(r, 200, "application/x-tar", s.exports.at, s.exports.length);
        return;
    }
    if (s.log.length && text_is(path, "/containers/NAME/logs")) {
        http_answer(r, 200, "application/octet-stream", s.log.at, strstr(r->query, "follow") ? s.told : s.log.length);
        return;
    }
    if (same(s.instead, r->method, path) && (!inspects || s.inspected))
        row = s.instead;
    for (size_t i = 0; !row && i < ALEN(GOOD); i++)
        if (same(&GOOD[i], r->method, path) && (!inspects || (GOOD[i].status == 404) == !s.inspected))
            row = &GOOD[i];
    s.inspected += inspects;
    if (row)
        http_answer(r, row->status, "application/json", row->body, row->size ? row->size : strlen(row->body));
    else
        http_answer(r, 404, "application/json", "{\"message\":\"page not found\"}", 28);
}

static void open_scene(void)
{
    struct err e = { 0 };
    s = (struct scene){ 0 };
    harness_open(&s.h);
    CHECK_OK(http_server_open(s.h.services.loop, &(struct http_server_config){ .address = "127.0.0.1", .handle = engine }, &s.server, &e), e);
    s.h.job.type = task_type_find("CI");
    s.h.job.workspace = json_pack("{s:s, s:s, s:{s:i}}", "endpoint", "e", "image", "acme/web:1", "limits", "memory", 64);
    AUTO_FREE char *url = mem_format("http://127.0.0.1:%d", http_server_port(s.server));
    s.h.endpoints = json_pack("{s:{s:s, s:s, s:{s:s}}}", TASK_WORKSPACE, "name", "e", "type", "docker", "properties", "url", url);
    tar_add(&s.exports, "exports", 0777, NULL, 0);
    tar_add(&s.exports, "exports/A", 0644, "value", 5);
    tar_end(&s.exports);
}

static void close_scene(void)
{
    json_decref((json_t *)s.h.job.workspace);
    text_fini(&s.exports);
    text_fini(&s.log);
    http_server_close(&s.server);
    harness_close(&s.h);
}

static void run_with(const struct row *instead, int64_t cancel_after)
{
    s.instead = instead;
    s.inspected = s.created = 0;
    s.shown[0] = 0;
    CHECK_OK(harness_run(&s.h, "steps: [echo hi]\nexport: [A]\n", cancel_after), s.h.e);
}

static void add_frame(size_t size, char with)
{
    const char head[8] = { 1, 0, 0, 0, (char)(size >> 24), (char)(size >> 16), (char)(size >> 8), (char)size };
    AUTO_FREE char *bytes = mem_alloc(size);
    memset(bytes, with, size);
    text_add_n(&s.log, head, sizeof head);
    text_add_n(&s.log, bytes, size);
}

TEST(ci_engine, what_it_does_not_tell_a_follower_is_read_afterwards)
{
    open_scene();
    add_frame(WORKSPACE_LOG_TURNS, 'a');
    s.told = s.log.length;
    add_frame(1000, 'b');
    run_with(NULL, 0);
    CHECK_INT(s.h.result, TASK_COMPLETED);
    CHECK(s.h.log.length > WORKSPACE_LOG_TURNS + 1000);
    const char *at = s.h.log.at + s.h.log.length - 1000 - WORKSPACE_LOG_TURNS; /* behind what the pull said */
    CHECK(at[-1] == '\n' && strspn(at, "a") == WORKSPACE_LOG_TURNS && strspn(at + WORKSPACE_LOG_TURNS, "b") == 1000);
    close_scene();
}

TEST(ci_engine, all_goes_well_in_its_order)
{
    open_scene();
    run_with(NULL, 0);
    CHECK_TEXT(text_of(&s.h.message), "");
    CHECK_INT(s.h.result, TASK_COMPLETED);
    CHECK_TEXT(json_text_at(s.h.output, "exports.A", ""), "value");
    CHECK_HAS(text_of(&s.h.log), "hi\n");
    CHECK_TEXT(s.shown, "GET /version\nGET /containers/NAME/json\nPOST /volumes/create\nGET /images/docker.io/acme/web:1/json\nPOST /images/create\nPOST /containers/create\n"
                        "PUT /containers/NAME/archive\nPOST /containers/NAME/start\nGET /containers/NAME/logs\nPOST /containers/NAME/wait\nGET /containers/NAME/json\nGET /containers/NAME/archive\n");
    CHECK(json_bool_at(s.h.resolved, "began", false));
    close_scene();
}

TEST(ci_engine, what_goes_wrong_is_said)
{
    static const struct { struct row row; const char *says; } CASES[] = {
        { { "GET", "/version", 200, "{\"ApiVersion\":\"1.40\"}" }, "speaks API 1.40" },
        { { "GET", "/version", 200, "<html>" }, "is no Docker engine" },
        { { "POST", "/volumes/create", 500, "{\"message\":\"no space\"}" }, "answered 500: no space" },
        { { "POST", "/images/create", 200, "{\"errorDetail\":{},\"error\":\"denied\"}\n" }, "image docker.io/acme/web:1 could not be pulled: denied" },
        { { "POST", "/images/create", 404, "{\"message\":\"manifest unknown\"}" }, "manifest unknown" },
        { { "POST", "/containers/create", 400, "not json at all" }, "answered 400: not json at all" },
        { { "PUT", "/containers/NAME/archive", 403, "{\"message\":\"read-only\"}" }, "read-only" },
        { { "POST", "/containers/NAME/start", 400, "{\"message\":\"exec: no such file\"}" }, "no such file" },
        { { "GET", "/containers/NAME/logs", 200, "plain text" }, "a frame of an unknown kind" },
        { { "GET", "/containers/NAME/json", 200, "{\"State\":{}}" }, "exit code -1" },
        { { "GET", "/containers/NAME/json", 200, "{\"State\":{\"ExitCode\":3}}" }, "exit code 3: hi" },
        { { "GET", "/containers/NAME/json", 200, "{\"State\":{\"ExitCode\":137,\"OOMKilled\":true}}" }, "want of memory: limits.memory of the workspace is 64 MB" },
        { { "GET", "/containers/NAME/archive", 200, "this is no archive of any kind, and it is long enough to be one: ........................................................................................................................................................................................................................................................................................................................................................................................................................................................................................................................................................................................................................................................................................................................................................................" }, "archive is damaged" },
        { { "GET", "/containers/NAME/archive", 404, "{}" }, "there is no such file" },
    };
    open_scene();
    for (size_t i = 0; i < ALEN(CASES); i++) {
        run_with(&CASES[i].row, 0);
        CHECK_INT(s.h.result, TASK_FAILED);
        CHECK_HAS(text_of(&s.h.message), CASES[i].says);
    }
    close_scene();
}

TEST(ci_engine, a_container_that_an_earlier_try_made_is_used)
{
    static const struct row TAKEN = { "POST", "/containers/create", 409, "{\"message\":\"name in use\"}" };
    open_scene();
    run_with(&TAKEN, 0);
    CHECK_INT(s.h.result, TASK_COMPLETED);
    close_scene();
}

TEST(ci_engine, what_began_before_is_found_or_missed_but_not_made_again)
{
    open_scene();
    s.h.job.resolved = json_pack("{s:s, s:b}", "container", "x", "began", 1);
    run_with(NULL, 0);
    CHECK_INT(s.h.result, TASK_FAILED);
    CHECK_HAS(text_of(&s.h.message), "is gone from the engine");
    CHECK_INT(s.created, 0);
    s.h.job.on_crash = "retry";
    run_with(NULL, 0);
    CHECK_INT(s.h.result, TASK_COMPLETED);
    CHECK_INT(s.created, 1);
    json_decref((json_t *)s.h.job.resolved);
    s.h.job.resolved = NULL;
    close_scene();
}

TEST(ci_engine, a_log_is_read_on_from_where_it_is_stored)
{
    static const struct row LOG = { "GET", "/containers/NAME/logs", 200, "\1\0\0\0\0\0\0\4one\n\2\0\0\0\0\0\0\4two\n", 24 };
    open_scene();
    s.h.job.log_position = 6;
    run_with(&LOG, 0);
    CHECK(text_ends(text_of(&s.h.log), "o\n") && !strstr(text_of(&s.h.log), "tw") && !strstr(text_of(&s.h.log), "one"));
    close_scene();
}

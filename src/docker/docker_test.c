/* Targets, streams and archives as bytes; one request over a Unix socket. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/test.h"
#include "docker/call.h"
#include "docker/frames.h"
#include "docker/tar.h"
#include "http/server.h"

static const char *socket_path;

static bool target_of(const char *properties, struct docker_target **ret, struct err *e)
{
    AUTO_JSON *json = NULL;
    CHECK(json_read(properties, strlen(properties), &json, NULL));
    return docker_target_from_properties(json, socket_path, ret, e);
}

TEST(docker, a_target_says_which_property_is_wrong)
{
    static const struct { const char *properties, *field; } CASES[] = {
        { "{}", "url" },
        { "{\"url\":\"10.0.0.1\"}", "url" },
        { "{\"url\":\"unix://run/docker.sock\"}", "url" },
        { "{\"url\":\"unix:///run/docker.sock\"}", "url" },
        { "{\"url\":\"unix:///run/docker.sock\",\"cloudProxyId\":\"dc\"}", "url" },
        { "{\"url\":\"http://user:password@h:2375\"}", "url" },
        { "{\"url\":\"https://h:2376\",\"certificate\":\"-----BEGIN CERTIFICATE-----\"}", "certKeyData" },
        { "{\"url\":\"https://h:2376\",\"certificate\":\"-----BEGIN CERTIFICATE-----\\n-----BEGIN PRIVATE KEY-----\"}", "certificate" },
        { "{\"url\":\"https://h:2376\",\"sharedPath\":\"cache\"}", "sharedPath" },
        { "{\"url\":\"https://h:2376\",\"insecure\":\"perhaps\"}", "insecure" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO(docker_target) t = NULL;
        struct err e = { 0 };
        CHECK(!target_of(CASES[i].properties, &t, &e));
        CHECK_TEXT(e.field, CASES[i].field);
    }
    AUTO(docker_target) t = NULL;
    struct err e = { 0 };
    CHECK_OK(target_of("{\"url\":\"tcp://h:2375/\",\"pollInterval\":5}", &t, &e), e);
    CHECK_TEXT(t->base_url, "http://h:2375");
}

TEST(docker, the_oldest_version_that_both_know_is_spoken)
{
    static const struct { const char *answer, *version; } CASES[] = {
        { "{\"ApiVersion\":\"1.41\",\"MinAPIVersion\":\"1.12\"}", "1.41" },
        { "{\"ApiVersion\":\"1.51\",\"MinAPIVersion\":\"1.44\"}", "1.44" },
        { "{\"ApiVersion\":\"1.40\"}", NULL },
        { "{}", NULL },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO(docker_target) t = NULL;
        AUTO_JSON *answer = NULL;
        struct err e = { 0 };
        CHECK(target_of("{\"url\":\"http://h:2375\"}", &t, &e) && json_read(CASES[i].answer, strlen(CASES[i].answer), &answer, NULL));
        CHECK(docker_version_choose(t, answer, &e) == (CASES[i].version != NULL));
        if (CASES[i].version)
            CHECK_TEXT(t->version, CASES[i].version);
    }
}

static void note(void *context, int stream, const char *bytes, size_t size)
{
    struct text *t = context;
    for (size_t i = 0; i < size; i++)
        text_addf(t, "%d%c", stream, bytes[i]);
}

TEST(docker, frames_are_read_however_they_are_cut)
{
    static const char BYTES[] = "\1\0\0\0\0\0\0\2ab\2\0\0\0\0\0\0\1c\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\1d";
    for (size_t piece = 1; piece < sizeof BYTES; piece++) {
        AUTO_TEXT out = { 0 };
        struct docker_frames f = { 0 };
        struct err e = { 0 };
        for (size_t at = 0; at < sizeof BYTES - 1; at += piece)
            CHECK_OK(docker_frames_feed(&f, BYTES + at, sizeof BYTES - 1 - at < piece ? sizeof BYTES - 1 - at : piece, note, &out, &e), e);
        CHECK_TEXT(text_of(&out), "1a1b2c1d");
    }
    struct docker_frames f = { 0 };
    struct err e = { 0 };
    CHECK(!docker_frames_feed(&f, "HTTP/1.1 200", 12, note, NULL, &e));
}

struct found { struct text text; int64_t stop_at; };
static bool let_in(void *context, const struct tar_entry *entry)
{
    text_addf(&((struct found *)context)->text, "[%c %s %lld]", entry->type, entry->name, (long long)entry->size);
    return entry->type == '0';
}
static bool taken(void *context, const char *bytes, size_t size, struct err *e)
{
    (void)e;
    text_add_n(&((struct found *)context)->text, bytes, size);
    return true;
}

TEST(docker, an_archive_is_read_as_it_was_written)
{
    AUTO_TEXT tar = { 0 };
    tar_add(&tar, "d", 0755, NULL, 0);
    tar_add(&tar, "d/a", 0644, "alpha", 5);
    tar_add(&tar, "d/empty", 0644, "", 0);
    tar_add(&tar, "d/b", 0644, "beta", 4);
    tar_end(&tar);
    for (size_t piece = 1; piece <= tar.length; piece = piece * 3 + 1) {
        struct found found = { 0 };
        struct tar_reader r = { .begin = let_in, .take = taken, .context = &found, .most = 100, .entries_most = 4 };
        struct err e = { 0 };
        for (size_t at = 0; at < tar.length; at += piece)
            CHECK_OK(tar_feed(&r, tar.at + at, tar.length - at < piece ? tar.length - at : piece, &e), e);
        CHECK_TEXT(text_of(&found.text), "[5 d 0][0 d/a 5]alpha[0 d/empty 0][0 d/b 4]beta");
        text_fini(&found.text);
        tar_reader_fini(&r);
    }
}

TEST(docker, an_archive_over_its_limits_or_damaged_is_refused)
{
    AUTO_TEXT tar = { 0 };
    tar_add(&tar, "a", 0644, "alpha", 5);
    tar_add(&tar, "b", 0644, "alpha", 5);
    tar_end(&tar);
    struct found found = { 0 };
    struct err e = { 0 };
    struct tar_reader large = { .begin = let_in, .take = taken, .context = &found, .most = 9 }, many = { .begin = let_in, .take = taken, .context = &found, .entries_most = 1 },
                      damaged = { .begin = let_in, .take = taken, .context = &found };
    CHECK(!tar_feed(&large, tar.at, tar.length, &e) && e.kind == ERR_TOO_LARGE);
    CHECK(!tar_feed(&many, tar.at, tar.length, &e) && e.kind == ERR_TOO_LARGE);
    tar.at[0] = 'x';
    CHECK(!tar_feed(&damaged, tar.at, tar.length, &e) && e.kind == ERR_UPSTREAM);
    text_fini(&found.text);
}

static struct loop *loop;
static struct err told;
static char seen[200];

static void engine(void *context, struct http_request *r)
{
    (void)context;
    snprintf(seen, sizeof seen, "%s %s %s", r->method, r->path, r->body);
    if (strstr(r->path, "/containers/"))
        http_answer(r, 404, "application/json", "{\"message\":\"No such container: x\"}", 34);
    else
        http_answer(r, 200, "application/json", "{\"ApiVersion\":\"1.41\"}", 21);
}

static void answered(struct docker_call *c, const struct err *e)
{
    told = e ? *e : (struct err){ 0 };
    if (!e)
        CHECK_OK(docker_version_choose(c->target, c->answer, &told), told);
    loop_stop(loop);
}

TEST(docker, an_engine_is_asked_over_its_socket)
{
    AUTO(docker_target) t = NULL;
    struct http_server *server = NULL;
    struct http_client *client = NULL;
    struct err e = { 0 };
    AUTO_FREE char *address = mem_format("unix:/tmp/docker-test-%d", (int)getpid()), *properties = mem_format("{\"url\":\"unix:///tmp/docker-test-%d\"}", (int)getpid());
    CHECK_OK(loop_create(&loop, &e), e);
    CHECK_OK(http_client_create(loop, NULL, &client, &e), e);
    CHECK_OK(http_server_open(loop, &(struct http_server_config){ .address = address, .handle = engine }, &server, &e), e);
    socket_path = address + strlen("unix:");
    CHECK_OK(target_of(properties, &t, &e), e);
    struct docker_call c = { .path = "/version", .done = answered };
    CHECK_OK(docker_call_start(&c, t, client, &e), e);
    loop_run(loop);
    CHECK_TEXT(told.text, "");
    AUTO_JSON *body = json_pack("{s:s}", "Image", "x");
    c = (struct docker_call){ .method = "POST", .path = "/containers/x/start", .body = body, .done = answered };
    CHECK_OK(docker_call_start(&c, t, client, &e), e);
    loop_run(loop);
    CHECK_TEXT(told.text, "the Docker engine answered 404: No such container: x");
    CHECK_TEXT(seen, "POST /v1.41/containers/x/start {\"Image\":\"x\"}");
    http_server_close(&server);
    http_client_destroy(&client);
    loop_destroy(&loop);
    unlink(socket_path);
    socket_path = NULL;
}

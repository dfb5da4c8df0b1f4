#include "web/web.h"

#include <string.h>
#include <zlib.h>

#include "base/mem.h"
#include "base/test.h"
#include "http/client.h"

/* ---- a table of two files, and a server that serves them */

static unsigned char shell_bytes[200], script_bytes[200];
static struct web_file files[] = {
    { "/", "text/html; charset=utf-8", "\"one\"", shell_bytes, 0, 64 },
    { "/assets/index-1a2b.js", "text/javascript", "\"two\"", script_bytes, 0, 64 },
    { NULL },
};
static const struct web_file NONE[] = { { NULL } };

static size_t pack(const char *text, unsigned char *out, size_t room)
{
    z_stream z = { .next_in = (unsigned char *)text, .avail_in = (unsigned)strlen(text), .next_out = out, .avail_out = (unsigned)room };
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return z.total_out;
}

struct scene {
    struct loop *loop;
    struct http_server *server;
    struct http_client *client;
    const struct web_file *files;
    int status, ended;
    char *body;
    struct http_headers headers;
};
static struct scene s;

static void handle(void *context, struct http_request *r)
{
    (void)context;
    if (!web_take(s.files, r))
        http_answer(r, 200, "text/plain", "the API's", 9);
}

static void done(struct http_call *c, const struct err *e)
{
    assert_null(e);
    s.status = c->status;
    s.body = mem_text(text_of(&c->answer));
    for (size_t i = 0; i < c->answer_headers.count; i++)
        http_headers_add(&s.headers, c->answer_headers.at[i].name, c->answer_headers.at[i].value);
    s.ended++;
    loop_stop(s.loop);
}

static void open_scene(const struct web_file *table)
{
    struct err e = { 0 };
    s = (struct scene){ .files = table };
    files[0].size = pack("<html>shell</html>", shell_bytes, sizeof shell_bytes);
    files[1].size = pack("alert()", script_bytes, sizeof script_bytes);
    struct http_server_config config = { .address = "127.0.0.1", .handle = handle, .limits = HTTP_LIMITS };
    CHECK_OK(loop_create(&s.loop, &e), e);
    CHECK_OK(http_server_open(s.loop, &config, &s.server, &e), e);
    CHECK_OK(http_client_create(s.loop, NULL, &s.client, &e), e);
}

static void forget(void)
{
    free(s.body);
    s.body = NULL;
    http_headers_fini(&s.headers);
    s.headers = (struct http_headers){ 0 };
}

static void close_scene(void)
{
    forget();
    http_client_destroy(&s.client);
    http_server_close(&s.server);
    loop_destroy(&s.loop);
}

static void ask(const char *method, const char *path, const char *name, const char *value)
{
    struct err e = { 0 };
    AUTO_FREE char *url = mem_format("http://127.0.0.1:%d%s", http_server_port(s.server), path);
    struct http_call c = { .method = method, .url = url, .done = done };
    if (name)
        http_headers_add(&c.headers, name, value);
    forget();
    CHECK_OK(http_call_start(&c, s.client, &e), e);
    loop_run(s.loop);
    http_headers_fini(&c.headers);
}

static const char *header(const char *name)
{
    const char *value = http_headers_get(&s.headers, name);
    return value ? value : "";
}

TEST(web, a_page_of_its_own_address_gets_the_shell)
{
    static const char *const PAGES[] = { "/", "/executions/0196-aa", "/pipelines/a%20b", "/triggers/docker/activity?status=FAILED" };
    open_scene(files);
    for (size_t i = 0; i < ALEN(PAGES); i++) {
        ask("GET", PAGES[i], NULL, NULL);
        CHECK_INT(s.status, 200);
        CHECK_TEXT(s.body, "<html>shell</html>");
        CHECK_TEXT(header("Cache-Control"), "no-cache");
    }
    close_scene();
}

TEST(web, what_is_the_apis_is_left_to_it)
{
    static const char *const PATHS[][2] = { { "GET", "/pipeline/api/none" }, { "GET", "/codestream/api/pipelines" }, { "GET", "/healthz" },
                                            { "POST", "/" }, { "GET", "/pipelines/api/docker-hub-webhooks" }, { "GET", "/iaas/api/none" } };
    open_scene(files);
    for (size_t i = 0; i < ALEN(PATHS); i++) {
        ask(PATHS[i][0], PATHS[i][1], NULL, NULL);
        CHECK_TEXT(s.body, "the API's");
    }
    close_scene();
}

TEST(web, a_file_is_kept_for_ever_and_a_missing_one_is_not_the_shell)
{
    open_scene(files);
    ask("GET", "/assets/index-1a2b.js", NULL, NULL);
    CHECK_TEXT(s.body, "alert()");
    CHECK_HAS(header("Cache-Control"), "immutable");
    CHECK_TEXT(header("Content-Type"), "text/javascript");
    ask("GET", "/assets/index-old.js", NULL, NULL);
    CHECK_INT(s.status, 404);
    ask("GET", "/favicon.ico", NULL, NULL);
    CHECK_INT(s.status, 404);
    close_scene();
}

TEST(web, gzip_goes_to_those_who_take_it)
{
    open_scene(files);
    ask("GET", "/", "Accept-Encoding", "br, gzip");
    CHECK_TEXT(header("Content-Encoding"), "gzip");
    ask("GET", "/", "Accept-Encoding", "gzip;q=0.5, br");
    CHECK_TEXT(header("Content-Encoding"), "gzip");
    ask("GET", "/", "Accept-Encoding", "gzip;q=0, br");
    CHECK_TEXT(header("Content-Encoding"), "");
    CHECK_TEXT(s.body, "<html>shell</html>");
    ask("GET", "/", "Accept-Encoding", "identity");
    CHECK_TEXT(s.body, "<html>shell</html>");
    close_scene();
}

TEST(web, a_known_etag_is_not_sent_again)
{
    open_scene(files);
    ask("GET", "/", "If-None-Match", "W/\"zero\", \"one\"");
    CHECK_INT(s.status, 304);
    CHECK_TEXT(s.body, "");
    close_scene();
}

TEST(web, every_answer_forbids_other_hosts_and_frames)
{
    static const char *const PATHS[] = { "/", "/assets/index-1a2b.js", "/assets/none.js" };
    open_scene(files);
    for (size_t i = 0; i < ALEN(PATHS); i++) {
        ask("GET", PATHS[i], NULL, NULL);
        CHECK_HAS(header("Content-Security-Policy"), "default-src 'none'; script-src 'self';");
        CHECK_HAS(header("Content-Security-Policy"), "frame-ancestors 'none'");
        CHECK_TEXT(header("X-Content-Type-Options"), "nosniff");
    }
    close_scene();
}

TEST(web, a_build_without_the_page_says_what_to_do)
{
    open_scene(NONE);
    ask("GET", "/executions", NULL, NULL);
    CHECK_INT(s.status, 503);
    CHECK_HAS(s.body, "-Dweb=enabled");
    close_scene();
}

TEST(web, the_built_table_has_a_shell_or_nothing)
{
    bool shell = false;
    for (const struct web_file *f = WEB_FILES; f->path; f++) {
        char *plain = NULL;
        size_t size = 0;
        struct err e = { 0 };
        CHECK_OK(http_inflate(f->bytes, f->size, f->plain_size, &plain, &size, &e), e);
        CHECK_INT(size, f->plain_size);
        free(plain);
        shell = shell || text_is(f->path, "/");
    }
    CHECK_INT(shell, WEB_BUILT);
}

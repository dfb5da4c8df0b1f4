/* Bytes that go through us: one call's answer is another one's body, and neither is ever whole in memory. */
#include <string.h>

#include "base/clock.h"
#include "base/test.h"
#include "http/client.h"
#include "http/server.h"

#define SIZE (900u << 10) /* within the server's limit of a body */
#define WAITING (64u << 10)

struct flow {
    struct loop *loop;
    struct http_server *server;
    struct http_client *client;
    struct http_call from, to;
    struct text waiting;
    size_t most, given;
    bool break_off;
    int ended;
    char *sent, *came;
    struct err to_error;
    struct timer late;
};
static struct flow s;

static void handle(void *context, struct http_request *r)
{
    (void)context;
    if (text_is(r->path, "/large")) {
        http_answer(r, 200, NULL, s.sent, SIZE);
        return;
    }
    s.came = r->body_size == SIZE ? mem_copy(r->body, r->body_size) : NULL;
    http_answer(r, 202, NULL, "", 0);
}

static bool on_data(struct http_call *c, const char *bytes, size_t size)
{
    text_add_n(&s.waiting, bytes, size);
    s.most = s.waiting.length > s.most ? s.waiting.length : s.most;
    if (s.waiting.length > WAITING)
        http_call_hold(c);
    http_call_wake(&s.to);
    return true;
}

static ssize_t give(struct http_call *c, char *to, size_t size)
{
    size_t n = s.waiting.length < size ? s.waiting.length : size;
    (void)c;
    if (s.break_off && s.given > SIZE / 2)
        return -1;
    memcpy(to, s.waiting.at ? s.waiting.at : "", n);
    memmove(s.waiting.at ? s.waiting.at : (char *)"", s.waiting.at ? s.waiting.at + n : "", s.waiting.length - n);
    s.waiting.length -= n;
    s.given += n;
    http_call_wake(&s.from);
    return (ssize_t)n;
}

static void done(struct http_call *c, const struct err *e)
{
    if (c == &s.to) {
        s.to_error = e ? *e : (struct err){ 0 };
        http_call_cancel(&s.from);
    }
    if (++s.ended == 2)
        loop_stop(s.loop);
}

static void begin_late(struct timer *t)
{
    struct err e = { 0 };
    (void)t;
    CHECK_OK(http_call_start(&s.to, s.client, &e), e);
}

static void run(bool break_off)
{
    struct err e = { 0 };
    struct http_server_config config = { .address = "127.0.0.1", .handle = handle, .limits = HTTP_LIMITS };
    s = (struct flow){ .break_off = break_off, .sent = mem_alloc(SIZE) };
    for (size_t i = 0; i < SIZE; i++)
        s.sent[i] = (char)(i * 31 ^ i >> 9);
    CHECK_OK(loop_create(&s.loop, &e), e);
    CHECK_OK(http_server_open(s.loop, &config, &s.server, &e), e);
    CHECK_OK(http_client_create(s.loop, NULL, &s.client, &e), e);
    AUTO_FREE char *from = mem_format("http://127.0.0.1:%d/large", http_server_port(s.server)), *to = mem_format("http://127.0.0.1:%d/sink", http_server_port(s.server));
    s.from = (struct http_call){ .url = from, .flows = true, .on_data = on_data, .done = done };
    s.to = (struct http_call){ .method = "PATCH", .url = to, .give = give, .body_size = SIZE, .done = done };
    CHECK_OK(http_call_start(&s.from, s.client, &e), e);
    timer_set(&s.late, s.loop, 100 * CLOCK_MS, begin_late); /* the answer has to wait until then */
    loop_run(s.loop);
}

static void close_flow(void)
{
    http_client_destroy(&s.client);
    http_server_close(&s.server);
    loop_destroy(&s.loop);
    text_fini(&s.waiting);
    free(s.sent);
    free(s.came);
}

TEST(http_flow, goes_through_without_being_kept)
{
    run(false);
    CHECK_TEXT(s.to_error.text, "");
    CHECK_INT(s.to.status, 202);
    CHECK_INT(s.given, SIZE);
    CHECK(s.came && memcmp(s.came, s.sent, SIZE) == 0);
    CHECK(s.most <= WAITING + (128u << 10));
    close_flow();
}

TEST(http_flow, ends_when_who_gives_breaks_off)
{
    run(true);
    CHECK_INT(s.to_error.kind, ERR_CANCELED);
    CHECK_HAS(s.to_error.text, "stopped by who reads or gives");
    CHECK(!s.came);
    close_flow();
}

TEST(http_flow, joins_locations)
{
    static const struct { const char *base, *location, *want; } CASES[] = {
        { "https://r.test/v2/a/blobs/uploads/", "/v2/a/blobs/uploads/7?x=1", "https://r.test/v2/a/blobs/uploads/7?x=1" },
        { "https://r.test/v2/", "https://s.test/b", "https://s.test/b" },
        { "https://r.test:5000/v2/a", "b?q", "https://r.test:5000/v2/b?q" },
        { "https://u:p@r.test/v2/", "/x", "https://r.test/x" },
        { "https://r.test/", "https://u:p@s.test/", NULL },
        { "https://r.test/", "file:///etc/passwd", NULL },
        { "nonsense nonsense", "also nonsense", NULL },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_FREE char *url = http_url_join(CASES[i].base, CASES[i].location);
        CHECK_TEXT(url ? url : "none", CASES[i].want ? CASES[i].want : "none");
    }
}

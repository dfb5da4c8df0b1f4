#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include "base/clock.h"
#include "base/test.h"
#include "http/client.h"
#include "http/reach.h"
#include "http/server.h"

/* ---- one server that says what it got, one client, one loop */

struct scene {
    struct loop *loop;
    struct http_server *server;
    struct http_client *client;
    struct http_request *held; /* answered later by the test */
    struct http_stream *stream;
    int handled, ended, closed, pieces;
    struct err error;
    int status;
    char *answer;
    struct timer timer;
};
static struct scene s;

static void stream_closed(void *context)
{
    (void)context;
    s.closed++;
    s.stream = NULL;
}

static void handle(void *context, struct http_request *r)
{
    (void)context;
    s.handled++;
    if (text_is(r->path, "/hold")) {
        s.held = r;
    } else if (text_is(r->path, "/stream")) {
        s.stream = http_stream(r, "text/event-stream", stream_closed, NULL);
        http_stream_send(s.stream, "data: 1\n\n", 9);
    } else if (text_is(r->path, "/redirect")) {
        http_answer_header(r, "Location", "/echo");
        http_answer(r, 302, NULL, "", 0);
    } else {
        AUTO_FREE char *said = mem_format("%s %s ?%s %zu:%s", r->method, r->path, r->query, r->body_size, r->body);
        http_answer(r, 200, "text/plain", said, strlen(said));
    }
}

static void open_scene(const char *cert, const char *key)
{
    struct err e = { 0 };
    s = (struct scene){ 0 };
    struct http_server_config config = { .address = "127.0.0.1", .handle = handle, .limits = HTTP_LIMITS, .tls_cert = cert, .tls_key = key };
    config.limits.request_micros = CLOCK_SECOND;
    CHECK_OK(loop_create(&s.loop, &e), e);
    CHECK_OK(http_server_open(s.loop, &config, &s.server, &e), e);
    CHECK_OK(http_client_create(s.loop, NULL, &s.client, &e), e);
}

static void close_scene(void)
{
    http_client_destroy(&s.client);
    http_server_close(&s.server);
    loop_destroy(&s.loop);
    free(s.answer);
}

static char *url_of(const char *path)
{
    return mem_format("http://127.0.0.1:%d%s", http_server_port(s.server), path);
}

static void call_done(struct http_call *c, const struct err *e)
{
    s.ended++;
    s.status = c->status;
    s.error = e ? *e : (struct err){ 0 };
    free(s.answer);
    s.answer = mem_text(text_of(&c->answer));
    loop_stop(s.loop);
}

static void run_call(struct http_call *c)
{
    struct err e = { 0 };
    c->done = call_done;
    CHECK_OK(http_call_start(c, s.client, &e), e);
    loop_run(s.loop);
}

/* Several ms of the loop. */
static void stop_loop(struct timer *t)
{
    (void)t;
    loop_stop(s.loop);
}

static void turn(int64_t micros)
{
    timer_set(&s.timer, s.loop, micros, stop_loop);
    loop_run(s.loop);
}

TEST(http, a_request_arrives_whole_and_is_answered)
{
    open_scene(NULL, NULL);
    AUTO_FREE char *url = url_of("/a%20b?x=1&y=2");
    struct http_call c = { .method = "PATCH", .url = url, .body = "hello", .body_size = 5 };
    run_call(&c);
    CHECK_TEXT(s.error.text, "");
    CHECK_INT(s.status, 200);
    CHECK_TEXT(s.answer, "PATCH /a%20b ?x=1&y=2 5:hello");
    close_scene();
}

TEST(http, redirects_are_followed_only_when_asked)
{
    open_scene(NULL, NULL);
    AUTO_FREE char *url = url_of("/redirect");
    struct http_call c = { .url = url };
    run_call(&c);
    CHECK_INT(s.status, 302);
    c = (struct http_call){ .url = url, .redirects = 1 };
    run_call(&c);
    CHECK_INT(s.status, 200);
    close_scene();
}

TEST(http, the_client_says_what_is_wrong)
{
    open_scene(NULL, NULL);
    struct http_call c = { .url = "http://user:secret@127.0.0.1:1/x?token=secret" };
    run_call(&c);
    CHECK_INT(s.error.kind, ERR_UNAVAILABLE);
    CHECK_HAS(s.error.text, "GET http://127.0.0.1:1/x: ");
    CHECK(!strstr(s.error.text, "secret"));
    AUTO_FREE char *url = url_of("/echo");
    c = (struct http_call){ .url = url, .reach = HTTP_REACH_PUBLIC };
    run_call(&c);
    CHECK_INT(s.error.kind, ERR_FORBIDDEN);
    c = (struct http_call){ .url = url };
    run_call(&c);
    c = (struct http_call){ .url = url, .reach = HTTP_REACH_PUBLIC }; /* nor on the connection that is open now */
    run_call(&c);
    CHECK_INT(s.error.kind, ERR_FORBIDDEN);
    AUTO_FREE char *hold = url_of("/hold");
    c = (struct http_call){ .url = hold, .timeout_micros = 50 * CLOCK_MS };
    run_call(&c);
    CHECK_INT(s.error.kind, ERR_TIMEOUT);
    http_answer(s.held, 200, NULL, "late", 4);
    c = (struct http_call){ .url = url, .answer_limit = 3 };
    run_call(&c);
    CHECK_INT(s.error.kind, ERR_TOO_LARGE);
    c = (struct http_call){ .url = "ftp://127.0.0.1/" };
    run_call(&c);
    CHECK_INT(s.error.kind, ERR_INVALID);
    close_scene();
}

TEST(http, a_canceled_call_still_ends_once)
{
    open_scene(NULL, NULL);
    struct err e = { 0 };
    AUTO_FREE char *url = url_of("/hold");
    struct http_call c = { .url = url, .done = call_done };
    CHECK_OK(http_call_start(&c, s.client, &e), e);
    turn(50 * CLOCK_MS);
    http_call_cancel(&c);
    http_call_cancel(&c);
    loop_run(s.loop);
    CHECK_INT(s.error.kind, ERR_CANCELED);
    turn(20 * CLOCK_MS);
    CHECK_INT(s.ended, 1);
    http_answer(s.held, 200, NULL, "x", 1);
    close_scene();
}

/* ---- raw clients */

static int dial(void)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)http_server_port(s.server)),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_INT(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static void say(int fd, const char *bytes, size_t n)
{
    CHECK_INT(send(fd, bytes, n, MSG_NOSIGNAL), n);
}

static const char *hear(int fd)
{
    static char heard[4096];
    struct timeval wait = { .tv_usec = 200000 };
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    ssize_t n = recv(fd, heard, sizeof heard - 1, 0);
    heard[n > 0 ? n : 0] = 0;
    return heard;
}

TEST(http, refuses_what_is_too_large)
{
    open_scene(NULL, NULL);
    int fd = dial();
    static const char HEAD[] = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n";
    say(fd, HEAD, sizeof HEAD - 1);
    turn(50 * CLOCK_MS);
    CHECK_HAS(hear(fd), "HTTP/1.1 413");
    close(fd);
    fd = dial();
    for (int i = 0; i < 500; i++) {
        char line[120];
        int n = snprintf(line, sizeof line, "%sX-%d: %080d\r\n", i ? "" : "GET / HTTP/1.1\r\n", i, i);
        if (send(fd, line, (size_t)n, MSG_NOSIGNAL) < 0)
            break;
    }
    turn(50 * CLOCK_MS);
    CHECK_HAS(hear(fd), "HTTP/1.1 431");
    CHECK_INT(s.handled, 0);
    close(fd);
    close_scene();
}

TEST(http, cuts_off_a_sender_that_drips)
{
    open_scene(NULL, NULL);
    int fd = dial(), sent = 0;
    static const char DRIP[] = "GET / HTTP/1.1\r\nHost: abcdefghijklmnopqrstuvwxyz";
    for (; sent < 40 && send(fd, DRIP + sent, 1, MSG_NOSIGNAL) == 1; sent++)
        turn(100 * CLOCK_MS); /* never silent for long */
    CHECK(sent >= 9 && sent < 35);
    CHECK_INT(http_server_stats(s.server).timeouts, 1);
    CHECK_INT(s.handled, 0);
    close(fd);
    turn(1200 * CLOCK_MS);
    CHECK_INT(http_server_stats(s.server).connections, 0);
    close_scene();
}

TEST(http, answers_a_client_that_closed_its_half_and_takes_chunks)
{
    open_scene(NULL, NULL);
    int fd = dial();
    static const char CHUNKED[] = "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    say(fd, CHUNKED, sizeof CHUNKED - 1);
    shutdown(fd, SHUT_WR);
    turn(50 * CLOCK_MS);
    CHECK_HAS(hear(fd), "POST /c ? 5:abcde");
    close(fd);
    close_scene();
}

TEST(http, decompresses_within_the_limit)
{
    open_scene(NULL, NULL);
    static char zeros[3 << 20];
    unsigned char packed[8192];
    for (int large = 0; large < 2; large++) {
        z_stream z = { .next_in = (unsigned char *)(large ? zeros : "hello"), .avail_in = large ? sizeof zeros : 5, .next_out = packed,
                       .avail_out = sizeof packed };
        CHECK_INT(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
        CHECK_INT(deflate(&z, Z_FINISH), Z_STREAM_END);
        size_t size = sizeof packed - z.avail_out;
        deflateEnd(&z);
        AUTO_FREE char *url = url_of("/z");
        struct http_call c = { .url = url, .method = "POST", .body = packed, .body_size = size };
        http_headers_add(&c.headers, "Content-Encoding", "gzip");
        run_call(&c);
        http_headers_fini(&c.headers);
        CHECK_INT(s.status, large ? 413 : 200);
        CHECK_HAS(s.answer, large ? "larger than 1048576 bytes" : "5:hello");
    }
    close_scene();
}

TEST(http, survives_a_client_that_goes_away_before_its_answer)
{
    open_scene(NULL, NULL);
    int fd = dial();
    say(fd, "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n", 31);
    turn(50 * CLOCK_MS);
    struct linger hard = { 1, 0 };
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(fd);
    turn(50 * CLOCK_MS);
    CHECK(s.held);
    http_answer(s.held, 200, "text/plain", "x", 1);
    turn(50 * CLOCK_MS);
    close_scene();
}

static bool take_piece(struct http_call *c, const char *bytes, size_t size)
{
    (void)c;
    s.pieces += size > 0 && memmem(bytes, size, "data: ", 6);
    if (s.pieces == 2)
        loop_stop(s.loop);
    return true;
}

TEST(http, streams_until_somebody_ends_it)
{
    open_scene(NULL, NULL);
    struct err e = { 0 };
    AUTO_FREE char *url = url_of("/stream");
    struct http_call c = { .url = url, .on_data = take_piece, .done = call_done };
    CHECK_OK(http_call_start(&c, s.client, &e), e);
    turn(50 * CLOCK_MS);
    CHECK_INT(s.pieces, 1);
    CHECK(http_stream_send(s.stream, "data: 2\n\n", 9));
    turn(50 * CLOCK_MS);
    CHECK_INT(s.pieces, 2);
    http_stream_end(s.stream);
    loop_run(s.loop);
    CHECK_TEXT(s.error.text, "");
    turn(20 * CLOCK_MS);
    CHECK_INT(s.closed, 1);
    close_scene();
}

TEST(http, ends_a_stream_whose_client_went_away)
{
    open_scene(NULL, NULL);
    int fd = dial();
    say(fd, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n", 33);
    turn(50 * CLOCK_MS);
    CHECK(s.stream);
    close(fd);
    for (int i = 0; i < 20 && s.stream; i++) {
        http_stream_send(s.stream, "data: x\n\n", 9);
        turn(20 * CLOCK_MS);
    }
    CHECK_INT(s.closed, 1);
    close_scene();
}

TEST(http, hears_every_connection_of_many_short_ones)
{
    open_scene(NULL, NULL);
    AUTO_FREE char *url = url_of("/x");
    for (int i = 0; i < 600; i++) { /* over several passes of the guards */
        struct http_call c = { .method = "POST", .url = url, .body = "b", .body_size = 1, .timeout_micros = 3 * CLOCK_SECOND };
        http_headers_add(&c.headers, "Connection", "close");
        run_call(&c);
        http_headers_fini(&c.headers);
        CHECK_TEXT(s.error.text, "");
        if (i % 20 == 0)
            turn(10 * CLOCK_MS);
    }
    close_scene();
}

TEST(http, speaks_tls_and_believes_a_fingerprint)
{
    char folder[] = "/tmp/slipway-http-XXXXXX";
    CHECK(mkdtemp(folder));
    AUTO_FREE char *make = mem_format("cd %s && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key -out "
                                      "cert -days 2 -subj /CN=x 2>/dev/null && openssl x509 -in cert -noout -fingerprint -sha256 | "
                                      "sed 's/.*=//' | tr -d '\\n' > fp", folder);
    CHECK_INT(system(make), 0);
    AUTO_FREE char *cert = mem_format("%s/cert", folder), *key = mem_format("%s/key", folder), *fp = mem_format("%s/fp", folder);
    char fingerprint[200] = "";
    FILE *f = fopen(fp, "r");
    CHECK(f && fgets(fingerprint, sizeof fingerprint, f));
    fclose(f);
    open_scene(cert, key);
    AUTO_FREE char *url = mem_format("https://127.0.0.1:%d/t", http_server_port(s.server));
    struct http_call c = { .url = url };
    run_call(&c);
    CHECK_INT(s.error.kind, ERR_UPSTREAM);
    struct http_trust trust = { .fingerprint = fingerprint };
    c = (struct http_call){ .url = url, .trust = &trust };
    run_call(&c);
    CHECK_TEXT(s.error.text, "");
    CHECK_TEXT(s.answer, "GET /t ? 0:");
    fingerprint[0] = fingerprint[0] == '0' ? '1' : '0';
    c = (struct http_call){ .url = url, .trust = &trust };
    run_call(&c);
    CHECK_HAS(s.error.text, "not the one that was accepted");
    CHECK_OK(http_server_reload_tls(s.server, &s.error), s.error);
    close_scene();
    AUTO_FREE char *clean = mem_format("rm -rf %s", folder);
    CHECK_INT(system(clean), 0);
}

TEST(http, tells_public_addresses_from_others)
{
    static const struct { const char *text; bool open; } CASES[] = {
        { "8.8.8.8", true },       { "127.0.0.1", false },  { "10.1.2.3", false }, { "172.31.0.1", false }, { "172.32.0.1", true },
        { "192.168.1.1", false },  { "169.254.169.254", false }, { "100.64.0.1", false }, { "0.0.0.0", false }, { "::1", false },
        { "2606:4700::1", true },  { "fe80::1", false }, { "fc00::1", false }, { "::ffff:10.0.0.1", false }, { "::ffff:8.8.8.8", true },
        { "64:ff9b::7f00:1", false }, { "2002:0a00:0001::1", false }, { "224.0.0.1", false },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        struct sockaddr_in v4 = { .sin_family = AF_INET };
        struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
        bool four = inet_pton(AF_INET, CASES[i].text, &v4.sin_addr) == 1;
        CHECK(four || inet_pton(AF_INET6, CASES[i].text, &v6.sin6_addr) == 1);
        CHECK_INT(http_address_public(four ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6), CASES[i].open);
    }
}

TEST(http, queries_are_decoded)
{
    AUTO_FREE char *a = http_query_get("x=1&secureToken=a%2Bb+c&y", "secureToken"), *y = http_query_get("x=1&y", "y"),
                   *none = http_query_get("x=1", "z");
    CHECK_TEXT(a, "a+b c");
    CHECK_TEXT(y, "");
    CHECK(!none);
}

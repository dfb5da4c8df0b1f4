/* Sessions with a host that libssh itself plays. */
#include "ssh/ssh.h"

#include <string.h>

#include "base/clock.h"
#include "base/test.h"
#include "ssh/fake_test.h"

#define LONG (20 * CLOCK_SECOND)

struct scene {
    struct loop *loop;
    struct http_client *http;
    struct remote_pool *pool;
    struct fake_host *host;
    struct remote_session *session;
    struct text said;
    struct err e; /* of the last step */
    int ends;
    bool interrupt; /* as soon as it says something */
    struct timer timer;
};
static struct scene s;

static void scene_open(size_t places)
{
    struct err e = { 0 };
    s = (struct scene){ 0 };
    CHECK_OK(loop_create(&s.loop, &e), e);
    CHECK_OK(http_client_create(s.loop, NULL, &s.http, &e), e);
    s.pool = remote_pool_create(s.loop, s.http, places);
    s.host = fake_host_open("/nowhere");
}

static void closed(void *loop)
{
    loop_stop(loop);
}

static void scene_close(void)
{
    remote_session_close(&s.session);
    remote_pool_close(s.pool, closed, s.loop);
    loop_run(s.loop);
    fake_host_close(&s.host);
    http_client_destroy(&s.http);
    loop_destroy(&s.loop);
    text_fini(&s.said);
}

static void ended(void *context, const struct err *e)
{
    (void)context;
    s.e = e ? *e : (struct err){ 0 };
    s.ends++;
    loop_stop(s.loop);
}

static size_t begin(struct remote_session *session, int64_t timeout)
{
    struct remote_host host = { .name = "127.0.0.1", .port = fake_host_port(s.host), .user = "joe" };
    return remote_connect(session, &host, timeout, ended, NULL);
}

static const char *connected(void)
{
    s.session = remote_session_create(s.pool);
    CHECK_INT(begin(s.session, LONG), 0);
    loop_run(s.loop);
    return s.e.text;
}

static const char *logged_in(const char *password)
{
    remote_login(s.session, &(struct remote_identity){ .password = password }, LONG, ended, NULL);
    loop_run(s.loop);
    return s.e.text;
}

static void took(void *context, const char *bytes, size_t size)
{
    (void)context;
    text_add_n(&s.said, bytes, size);
    if (s.interrupt)
        remote_interrupt(s.session);
}

static const char *ran(const char *program, int64_t timeout)
{
    text_fini(&s.said);
    remote_run(s.session, &(struct remote_program){ .text = program, .timeout_micros = timeout, .took = took }, ended, NULL);
    loop_run(s.loop);
    return s.e.text;
}

TEST(ssh, shows_its_host_key_before_anybody_logs_in)
{
    scene_open(2);
    CHECK_TEXT(connected(), "");
    CHECK_TEXT(remote_session_host_key(s.session)->fingerprint, fake_host_fingerprint(s.host));
    CHECK_TEXT(remote_session_host_key(s.session)->type, "ssh-ed25519");
    CHECK_INT(fake_host_logins(s.host), 0);
    CHECK_TEXT(logged_in("good"), "");
    scene_close();
}

TEST(ssh, says_what_was_refused)
{
    scene_open(2);
    connected();
    CHECK_TEXT(logged_in("bad"), "127.0.0.1 refused user joe with the password; it takes a password");
    CHECK_INT(s.e.kind, ERR_UNAUTHORIZED);
    CHECK_INT(fake_host_logins(s.host), 1);
    scene_close();
}

TEST(ssh, runs_programs_one_after_the_other)
{
    scene_open(2);
    connected();
    logged_in("good");
    CHECK_TEXT(ran("main() {\necho one; exit 7\n}\nmain\n", LONG), "");
    CHECK_TEXT(text_of(&s.said), "one\n");
    CHECK_INT(remote_session_exit(s.session), 7);
    CHECK_TEXT(ran("i=0; while [ $i -lt 20000 ]; do echo 0123456789012345678901234567890123456789; i=$((i+1)); done\n", LONG), "");
    CHECK_INT(s.said.length, 20000 * 41);
    CHECK_INT(remote_session_exit(s.session), 0);
    scene_close();
}

TEST(ssh, leaves_a_program_alone_and_stays_good)
{
    scene_open(2);
    connected();
    logged_in("good");
    s.interrupt = true;
    ran("main() {\necho begun; sleep 1\n}\nmain\n", 0);
    CHECK_INT(s.e.kind, ERR_CANCELED);
    CHECK_TEXT(text_of(&s.said), "begun\n");
    s.interrupt = false;
    CHECK_TEXT(ran("echo next\n", LONG), "");
    CHECK_TEXT(text_of(&s.said), "next\n");
    scene_close();
}

TEST(ssh, a_step_has_its_deadline)
{
    scene_open(2);
    fake_host_deaf(s.host, true);
    s.session = remote_session_create(s.pool);
    begin(s.session, CLOCK_SECOND);
    loop_run(s.loop);
    CHECK_TEXT(s.e.text, "127.0.0.1 did not answer within 1 s");
    CHECK_INT(s.e.kind, ERR_TIMEOUT);
    remote_session_close(&s.session);
    fake_host_deaf(s.host, false);
    connected();
    logged_in("good");
    CHECK_TEXT(ran("sleep 3\n", CLOCK_SECOND), "127.0.0.1 did not answer within 1 s");
    scene_close();
}

static void cut_now(struct timer *t)
{
    (void)t;
    fake_host_cut(s.host);
}

TEST(ssh, a_connection_that_breaks_is_told)
{
    scene_open(2);
    connected();
    logged_in("good");
    timer_set(&s.timer, s.loop, CLOCK_SECOND / 5, cut_now);
    CHECK_HAS(ran("sleep 2\n", 0), "the connection to 127.0.0.1 broke");
    CHECK_INT(s.e.kind, ERR_UNAVAILABLE);
    scene_close();
}

static void close_now(struct timer *t)
{
    (void)t;
    remote_session_close(&s.session);
    loop_stop(s.loop);
}

TEST(ssh, a_closed_session_says_nothing_more)
{
    scene_open(2);
    fake_host_deaf(s.host, true);
    s.session = remote_session_create(s.pool);
    begin(s.session, LONG);
    timer_set(&s.timer, s.loop, CLOCK_SECOND / 10, close_now);
    loop_run(s.loop);
    CHECK_INT(s.ends, 0);
    scene_close();
    CHECK_INT(s.ends, 0);
}

TEST(ssh, who_finds_no_place_waits_in_order)
{
    scene_open(1);
    struct remote_session *others[2];
    connected();
    for (size_t i = 0; i < ALEN(others); i++) {
        others[i] = remote_session_create(s.pool);
        CHECK_INT(begin(others[i], LONG), i + 1);
    }
    remote_session_close(&others[0]);
    remote_session_close(&s.session);
    loop_run(s.loop); /* until the last one is connected */
    CHECK_INT(s.ends, 2);
    CHECK_TEXT(s.e.text, "");
    remote_session_close(&others[1]);
    scene_close();
}

TEST(ssh, the_pool_ends_what_is_under_way)
{
    scene_open(1);
    fake_host_deaf(s.host, true);
    s.session = remote_session_create(s.pool);
    struct remote_session *waits = remote_session_create(s.pool);
    begin(s.session, LONG);
    begin(waits, LONG);
    remote_pool_close(s.pool, closed, s.loop);
    loop_run(s.loop);
    if (s.ends < 2)
        loop_run(s.loop);
    CHECK_INT(s.ends, 2);
    CHECK_INT(s.e.kind, ERR_CANCELED);
    remote_session_close(&s.session);
    remote_session_close(&waits);
    loop_run(s.loop);
    fake_host_close(&s.host);
    http_client_destroy(&s.http);
    loop_destroy(&s.loop);
}

TEST(ssh, a_session_may_be_closed_after_its_pool)
{
    scene_open(1);
    connected();
    logged_in("good");
    remote_pool_close(s.pool, closed, s.loop);
    loop_run(s.loop);
    CHECK_TEXT(ran("true\n", LONG), "the server stops");
    remote_session_close(&s.session);
    fake_host_close(&s.host);
    http_client_destroy(&s.http);
    loop_destroy(&s.loop);
    text_fini(&s.said);
}

TEST(ssh, fingerprints_are_read_as_people_have_them)
{
    static const char HEX[] = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";
    static const char SHOWN[] = "SHA256:ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJmqu8zd7v8";
    static const char *const BAD[] = { "", "SHA256:", "MD5:00:11", "00112233", "SHA256:ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJmqu8zd7v8AAAA" };
    char ret[64];
    struct err e = { 0 };
    CHECK_OK(remote_fingerprint_parse(HEX, ret, &e), e);
    CHECK_TEXT(ret, SHOWN);
    CHECK_OK(remote_fingerprint_parse(SHOWN, ret, &e), e);
    CHECK_TEXT(ret, SHOWN);
    CHECK_OK(remote_fingerprint_parse(SHOWN + 7, ret, &e), e);
    CHECK_TEXT(ret, SHOWN);
    for (size_t i = 0; i < ALEN(BAD); i++)
        CHECK(!remote_fingerprint_parse(BAD[i], ret, &e));
}

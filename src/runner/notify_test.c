/* What executions tell, with a receiver in the test's process whose memory is a file: the server may end after every commit, and each
 * notification is there once, and arrives. The many faults of the web, mails and tickets are e2e/notify_test's. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/test.h"
#include "http/server.h"
#include "pipeline/notification.h"
#include "runner/notify_work.h"
#include "runner/scene_test.h"

static struct http_server *receiver;
static const int *answers; /* status of each POST; the last goes on; 0: 200 */
static int posts;
static const char *body_part; /* must be in each body */

static void take(void *context, struct http_request *r)
{
    AUTO_FREE char *path = mem_format("%s/posts", s.folder);
    FILE *memory = fopen(path, "a");
    int status = answers && *answers ? *answers : 200;
    (void)context;
    CHECK(memory);
    fprintf(memory, "%s\n", http_headers_get(r->headers, "Idempotency-Key"));
    fclose(memory);
    posts++;
    if (answers && *answers)
        answers++;
    if (body_part) {
        AUTO_FREE char *body = mem_text_n(r->body, r->body_size);
        CHECK(strstr(body, body_part) != NULL);
    }
    if (status == 429)
        http_answer_header(r, "Retry-After", "60");
    http_answer(r, status, "text/plain", "no: /hidden/path", 16);
}

static bool set_url(void *context, struct db_tx *tx, struct err *e)
{
    return db_run(tx, e, "INSERT INTO variables (uuid, project_id, name, type, value, created_at, updated_at) VALUES ('v1', 1, 'url', 'REGULAR', $1, 0, 0) "
                         "ON CONFLICT (uuid) DO UPDATE SET value = excluded.value", "t", context);
}

static void open_receiver(void)
{
    struct err e = { 0 };
    struct http_server_config config = { .address = "127.0.0.1", .handle = take, .limits = HTTP_LIMITS };
    CHECK_OK(http_server_open(s.loop, &config, &receiver, &e), e);
    AUTO_FREE char *url = mem_format("http://127.0.0.1:%d/hidden/path", http_server_port(receiver));
    CHECK_OK(db_write_now(s.db, set_url, url, &e), e);
}

static void close_all(void)
{
    http_server_close(&receiver);
    answers = NULL;
    body_part = NULL;
    posts = 0;
    close_scene();
}

#define ENTRY(event) "{\"event\":\"" event "\",\"url\":\"${var.url}\",\"payload\":\"{\\\"said\\\":\\\"${statusMessage}\\\"}\"}"

static void open_all(void)
{
    open_scene();
    open_receiver();
    run_sql("UPDATE pipelines SET definition = json_set(definition, '$.notifications', json('{\"webhook\":[" ENTRY("STARTED") "," ENTRY("SUCCESS") "]}'))");
}

#define SENT "SELECT event || ' ' || status || ' ' || attempts || ' ' || message FROM notifications ORDER BY id"

TEST(notify, a_run_tells_what_it_should)
{
    open_all();
    deliver((struct delivery){ "k1", "v1", A, NULL, 0 });
    AUTO_FREE char *host = mem_format("http://127.0.0.1:%d", http_server_port(receiver));
    AUTO_FREE char *want = mem_format("STARTED SENT 1 %s answered 200\nSUCCESS SENT 1 %s answered 200", host, host);
    expect(SENT, want);
    CHECK_TEXT(read_rows("SELECT subject || ' ' || (target = '') FROM notifications ORDER BY id"), "deploy #1 started 0\ndeploy #1 completed 0");
    CHECK_TEXT(read_rows("SELECT COUNT(*) FROM notifications WHERE content LIKE 'sealed:%'"), "2");
    CHECK_INT(posts, 2);
    close_all();
}

TEST(notify, what_fails_is_tried_again_and_what_is_refused_is_not)
{
    static const int ONCE[] = { 500, 502, 200, 404, 0 };
    open_all();
    answers = ONCE;
    run_sql("UPDATE pipelines SET definition = json_remove(definition, '$.notifications.webhook[0]')");
    deliver((struct delivery){ "k1", "v1", A, NULL, 0 });
    expect("SELECT status || ' ' || attempts FROM notifications ORDER BY id", "SENT 3");
    deliver((struct delivery){ "k2", "v2", B, NULL, 0 });
    expect("SELECT status || ' ' || attempts FROM notifications ORDER BY id", "SENT 3\nFAILED 1");
    AUTO_FREE char *want = mem_format("POST http://127.0.0.1:%d***** answered 404: no: *****", http_server_port(receiver));
    CHECK_TEXT(read_rows("SELECT message FROM notifications WHERE status = 'FAILED'"), want); /* the path may be its secret */
    close_all();
}

TEST(notify, a_receiver_that_asks_for_patience_has_it)
{
    static const int ONCE[] = { 429, 0 };
    open_all();
    answers = ONCE;
    deliver((struct delivery){ "k1", "v1", A, NULL, 0 });
    expect("SELECT COUNT(*) FROM executions WHERE status = 'COMPLETED'", "1"); /* no run waits for it */
    expect("SELECT COUNT(*) FROM notifications WHERE attempts = 1 AND claimed = 0 AND status = 'PENDING' AND code = 429 AND next_at > updated_at + 50000000", "1");
    close_all();
}

TEST(notify, is_given_up_in_the_end)
{
    static const int ALWAYS[] = { 503, 503, 503, 503, 503, 503, 503, 503, 503, 503, 503, 503, 503, 503, 503, 503, 503, 503, 503, 503, 503, 503, 503, 503 };
    open_all();
    answers = ALWAYS;
    run_sql("UPDATE pipelines SET definition = json_remove(definition, '$.notifications.webhook[0]')");
    s.runner->config.notify_tried = 100 * CLOCK_MS;
    deliver((struct delivery){ "k1", "v1", A, NULL, 0 });
    expect("SELECT status || ' ' || (message LIKE 'given up after % tries: POST %answered 503%') || ' ' || (attempts > 1) || ' ' || (next_at IS NULL) FROM notifications",
           "FAILED 1 1 1");
    close_all();
}

/* Nobody with fewer rights may have restricted things used by a notification either. */
TEST(notify, uses_nothing_restricted_for_others)
{
    open_all();
    run_sql("UPDATE variables SET type = 'RESTRICTED'");
    deliver((struct delivery){ "k1", "v1", A, NULL, 0 });
    expect(SENT, "STARTED FAILED 0 it uses restricted variable 'url', which needs an administrator's rights\n"
                 "SUCCESS FAILED 0 it uses restricted variable 'url', which needs an administrator's rights");
    CHECK_INT(posts, 0);
    close_all();
}

static void tells_until_death(int die_after)
{
    open_server();
    open_receiver();
    s.die_after = die_after;
    deliver((struct delivery){ "k1", "v1", A, NULL, 0 });
    expect("SELECT COUNT(*) FROM notifications WHERE status = 'SENT'", "2");
    _exit(0);
}

/* Whenever the process ends: two happenings, two rows, and at the receiver two keys. */
TEST(notify, nothing_is_lost_or_doubled_whatever_dies)
{
    int ended = 7;
    for (int die_after = 1; ended == 7; die_after++) {
        CHECK(die_after < 60);
        open_all();
        http_server_close(&receiver);
        close_server();
        fflush(NULL);
        pid_t child = fork();
        if (child == 0)
            tells_until_death(die_after);
        waitpid(child, &ended, 0);
        ended = WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
        CHECK(ended == 0 || ended == 7);
        open_server();
        open_receiver();
        if (atoi(read_rows("SELECT COUNT(*) FROM deliveries")) == 0)
            deliver((struct delivery){ "k1", "v1", A, NULL, 0 });
        expect("SELECT COUNT(*) FROM notifications WHERE status = 'SENT'", "2");
        CHECK_TEXT(read_rows("SELECT event || place FROM notifications ORDER BY id"), "STARTED0\nSUCCESS1");
        AUTO_FREE char *count = mem_format("test \"$(sort -u %s/posts | wc -l)\" = 2", s.folder);
        CHECK_INT(system(count), 0);
        close_all();
    }
}

TEST(notify, shows_of_an_address_only_its_host)
{
    static const char *const CASES[][2] = {
        { "https://hooks.slack.com/services/T/B/secret?x=1", "https://hooks.slack.com" }, { "http://u:p@h:80/x", "http://h:80" }, { "https://h?token=1", "https://h" },
        { "https://h", "https://h" }, { "h/x@y", "h" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_FREE char *have = notify_host(CASES[i][0]);
        CHECK_TEXT(have, CASES[i][1]);
    }
}

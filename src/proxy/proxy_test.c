/* Both ends of a link: what goes through, what does not, and what is kept when it breaks. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "proxy/allow.h"
#include "proxy/identity.h"
#include "proxy/journal.h"
#include "proxy/scene_test.h"
#include "wire/proof.h"

/* ---- the allow-list */

static bool host_ok(const char *list, const char *authority)
{
    AUTO(allow) a = NULL;
    struct err e = { 0 };
    AUTO_FREE char *host = NULL;
    int port = 0;
    CHECK_OK(allow_parse(list, &a, &e), e);
    return allow_target(authority, &host, &port, &e) && allow_host(a, host, port, &e);
}

TEST(allow, lets_through_what_it_names)
{
    static const struct { const char *list, *authority; bool ok; } CASES[] = {
        { "registry.corp:5000", "registry.corp:5000", true },
        { "registry.corp:5000", "REGISTRY.corp.:5000", true },
        { "registry.corp:5000", "registry.corp:5001", false },
        { "registry.corp:5000", "xregistry.corp:5000", false },
        { "registry.corp:*", "registry.corp:22", true },
        { "*.corp:443", "a.b.corp:443", true },
        { "*.corp:443", "corp:443", false },
        { "*.corp:443", "evilcorp:443", false },
        { "10.0.0.0/8:443", "10.1.2.3:443", true },
        { "10.0.0.0/8:443", "11.1.2.3:443", false },
        { "10.0.0.0/8:443", "10.1.2.3:80", false },
        { "[2001:db8::]/32:443", "[2001:db8::7]:443", true },
        { "[2001:db8::]/32:443", "[2001:db9::7]:443", false },
        { "127.0.0.1:80 , a:1\n b:2", "b:2", true },
        { "*:443", "anything.example:443", true },
        { "", "a:1", false },
        { "a:1", "a", false },
        { "a:1", "a:0", false },
        { "a:1", "a b:1", false },
        { "*:1", "*:1", false },
        { "*:1", "[::1:1", false },
    };
    for (size_t i = 0; i < ALEN(CASES); i++)
        if (host_ok(CASES[i].list, CASES[i].authority) != CASES[i].ok)
            fail_msg("%s with %s", CASES[i].authority, CASES[i].list);
}

TEST(allow, says_which_entry_is_none)
{
    static const char *const BAD[] = { "registry.corp", "a:b", "a:70000", "::1:443", "10.0.0.1/8:443", "*corp:443", "-x:1", ":443" };
    for (size_t i = 0; i < ALEN(BAD); i++) {
        struct allow *a = NULL;
        struct err e = { 0 };
        if (allow_parse(BAD[i], &a, &e))
            fail_msg("%s was taken", BAD[i]);
        CHECK_TEXT(e.field, "allow");
        CHECK_HAS(e.text, BAD[i]);
    }
}

static bool leads(struct allow *a, const char *host, const char *address, struct err *e)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
    *e = (struct err){ 0 };
    if (inet_pton(AF_INET, address, &v4.sin_addr) == 1)
        return allow_address(a, host, 443, (struct sockaddr *)&v4, e);
    CHECK(inet_pton(AF_INET6, address, &v6.sin6_addr) == 1);
    return allow_address(a, host, 443, (struct sockaddr *)&v6, e);
}

TEST(allow, does_not_follow_a_name_that_is_led_elsewhere)
{
    AUTO(allow) a = NULL;
    struct err e = { 0 };
    CHECK_OK(allow_parse("*.example:443,192.168.7.0/24:443,localhost:443", &a, &e), e);
    CHECK(leads(a, "in.example", "10.0.0.5", &e)); /* was always inside: that is what proxies are for */
    CHECK(leads(a, "out.example", "203.0.114.9", &e));
    CHECK(!leads(a, "out.example", "10.0.0.5", &e));
    CHECK_INT(e.kind, ERR_FORBIDDEN);
    CHECK_HAS(e.text, "led to the public internet");
    CHECK(leads(a, "out.example", "192.168.7.9", &e)); /* the list names that network */
    CHECK(!leads(a, "in.example", "127.0.0.1", &e));
    CHECK_HAS(e.text, "only its own line");
    CHECK(!leads(a, "in.example", "169.254.169.254", &e));
    CHECK(!leads(a, "in.example", "::ffff:127.0.0.1", &e));
    CHECK(!leads(a, "in.example", "fe80::1", &e));
    CHECK(leads(a, "localhost", "127.0.0.1", &e));
    CHECK(leads(a, "anything.at.all", "192.168.7.1", &e));
    CHECK(!leads(a, "anything.at.all", "192.168.8.1", &e));
}

/* ---- proofs */

TEST(proof, is_for_one_purpose_and_one_thing)
{
    struct proof_key a, b;
    unsigned char public[PROOF_PUBLIC];
    struct err e = { 0 };
    proof_key_new(&a);
    proof_key_new(&b);
    AUTO_FREE char *signature = proof_sign(&a, "link", "me", "text"), *key = proof_public_text(a.public);
    CHECK(proof_check(a.public, "link", "me", "text", signature));
    CHECK(!proof_check(b.public, "link", "me", "text", signature));
    CHECK(!proof_check(a.public, "key", "me", "text", signature));
    CHECK(!proof_check(a.public, "link", "m", "etext", signature));
    CHECK(!proof_check(a.public, "link", "me", "text", "AAAA"));
    CHECK(proof_public_read(key, public) && memcmp(public, a.public, sizeof public) == 0);
    CHECK(!proof_public_read("AAAA", public));
    AUTO_JSON *rotation = proof_rotation("me", &a, &b);
    CHECK_OK(proof_rotation_check(rotation, "me", a.public, public, &e), e);
    CHECK(memcmp(public, b.public, sizeof public) == 0);
    CHECK(!proof_rotation_check(rotation, "you", a.public, public, &e));
    CHECK(!proof_rotation_check(rotation, "me", b.public, public, &e));
}

TEST(proof, takes_a_challenge_once_and_in_time)
{
    struct challenges *c = challenges_create(), *other = challenges_create();
    clock_set(CLOCK_HOUR);
    AUTO_FREE char *first = challenge_make(c), *second = challenge_make(c);
    CHECK(!challenge_take(other, first));
    CHECK(!challenge_take(c, "AAAA"));
    CHECK(!challenge_take(c, NULL));
    CHECK(challenge_take(c, first));
    CHECK(!challenge_take(c, first));
    clock_set(CLOCK_HOUR + CHALLENGE_MICROS + 1);
    CHECK(!challenge_take(c, second));
    clock_set(0);
    challenges_destroy(&c);
    challenges_destroy(&other);
}

/* ---- through the link */

TEST(link, leads_calls_to_what_stands_behind_it)
{
    struct scene s;
    scene_open(&s);
    scene_proxy(&s, 0, "127.0.0.1:%d", false);
    scene_ask(&s, NULL, "/a", NULL, 0);
    CHECK_TEXT(text_of(&s.said), "");
    CHECK_TEXT(text_of(&s.answer), "hello /a");
    scene_ask(&s, NULL, "/b", NULL, 0);
    CHECK_TEXT(text_of(&s.answer), "hello /b");
    CHECK_INT(agents_stats(s.agents).opened, 1); /* the connection is used again */
    AUTO_FREE char *large = mem_alloc(20 << 20);
    for (size_t i = 0; i < 20 << 20; i++)
        large[i] = (char)(i * 2654435761u >> 13);
    scene_ask(&s, NULL, "/echo", large, 20 << 20);
    CHECK_INT(s.answer.length, 20 << 20);
    CHECK(memcmp(s.answer.at, large, 20 << 20) == 0);
    scene_close(&s);
}

TEST(link, says_why_something_is_not_reached)
{
    struct scene s;
    scene_open(&s);
    scene_proxy(&s, 0, "127.0.0.1:%d,127.0.0.1:1,nosuch.invalid:80", false);
    scene_ask(&s, "127.0.0.1:2", "/", NULL, 0);
    CHECK_HAS(text_of(&s.said), "127.0.0.1:2 is not on the allow-list");
    scene_ask(&s, "127.0.0.1:1", "/", NULL, 0);
    CHECK_HAS(text_of(&s.said), "the Cloud Proxy cannot connect to 127.0.0.1:1: Connection refused");
    scene_ask(&s, "nosuch.invalid", "/", NULL, 0);
    CHECK_HAS(text_of(&s.said), "the Cloud Proxy cannot find nosuch.invalid");
    scene_ask(&s, "nosuch.credentials.invalid", "/", NULL, 0);
    CHECK_HAS(text_of(&s.said), "keeps no credentials");
    CHECK_INT(s.target_requests, 0);
    scene_close(&s);
}

TEST(link, goes_over_whoever_may)
{
    struct scene s;
    scene_open(&s);
    scene_proxy(&s, 0, "127.0.0.1:1", false);
    scene_proxy(&s, 1, "127.0.0.1:%d", false);
    for (int i = 0; i < 3; i++) {
        scene_ask(&s, NULL, "/x", NULL, 0);
        CHECK_TEXT(text_of(&s.said), "");
        CHECK_TEXT(text_of(&s.answer), "hello /x");
    }
    scene_stop(&s, 0);
    scene_ask(&s, NULL, "/y", NULL, 0);
    CHECK_TEXT(text_of(&s.answer), "hello /y");
    scene_close(&s);
}

TEST(link, is_waited_for_when_it_broke_just_now)
{
    struct scene s;
    scene_open(&s);
    scene_proxy(&s, 0, "127.0.0.1:%d", false);
    agents_unlink(s.agents, SCENE_PROXY, NULL, "a test");
    scene_ask(&s, NULL, "/again", NULL, 0);
    CHECK_TEXT(text_of(&s.said), "");
    CHECK_TEXT(text_of(&s.answer), "hello /again");
    CHECK_INT(s.links, 2);
    scene_close(&s);
}

TEST(link, that_is_not_there_is_said)
{
    struct scene s;
    scene_open(&s);
    scene_ask(&s, NULL, "/", NULL, 0);
    CHECK_HAS(text_of(&s.said), "its Cloud Proxy is not connected");
    scene_close(&s);
}

static unsigned char new_key[PROOF_PUBLIC];
static bool has_key;

static void take_key(void *context, const unsigned char *key, const struct err *e)
{
    (void)context;
    CHECK(!e);
    memcpy(new_key, key, sizeof new_key);
    has_key = true;
}

static bool key_came(struct scene *s)
{
    (void)s;
    return has_key;
}

TEST(link, brings_a_new_key)
{
    struct scene s;
    struct err e = { 0 };
    unsigned char zero[PROOF_PUBLIC] = { 0 };
    scene_open(&s);
    scene_proxy(&s, 0, "127.0.0.1:%d", false);
    has_key = false;
    CHECK_OK(agents_rotate(s.agents, "01900000-0000-7000-8000-000000000000", take_key, NULL, &e), e);
    scene_wait(&s, key_came);
    CHECK(memcmp(new_key, zero, sizeof zero) != 0);
    CHECK(!agents_rotate(s.agents, "01900000-0000-7000-8000-000000000009", take_key, NULL, &e));
    CHECK_INT(e.kind, ERR_CONFLICT);
    scene_close(&s);
}

TEST(identity, is_one_process_at_a_time)
{
    char folder[] = "/tmp/slipway-identity-XXXXXX";
    struct identity *first = NULL, *second = NULL;
    struct err e = { 0 };
    CHECK(mkdtemp(folder));
    CHECK_OK(identity_open(folder, &first, &e), e);
    proof_key_new(&first->next);
    first->has_next = true;
    CHECK_OK(identity_save(first, &e), e);
    CHECK(!identity_open(folder, &second, &e));
    CHECK_INT(e.kind, ERR_CONFLICT);
    unsigned char key[PROOF_SECRET], next[PROOF_SECRET];
    memcpy(key, first->key.secret, sizeof key);
    memcpy(next, first->next.secret, sizeof next);
    identity_destroy(&first);
    CHECK_OK(identity_open(folder, &second, &e), e);
    CHECK(memcmp(key, second->key.secret, sizeof key) == 0 && memcmp(next, second->next.secret, sizeof next) == 0);
    identity_destroy(&second);
    AUTO_FREE char *remove = mem_format("rm -rf '%s'", folder);
    CHECK_INT(system(remove), 0);
}

/* ---- the journal */

static int added;
static char seen[64];

static void was_added(void *context, const struct err *e)
{
    (void)context;
    CHECK(!e);
    added++;
}

static void was_read(void *context, const struct journal_entry *entry, int64_t waiting, const struct err *e)
{
    CHECK(!e);
    if (entry)
        snprintf(seen, sizeof seen, "%lld %s %.*s %lld", (long long)entry->number, entry->path, (int)entry->body_size, (const char *)entry->body, (long long)waiting);
    else
        snprintf(seen, sizeof seen, "none");
    loop_stop(context);
}

static const char *next_of(struct journal *j, struct loop *loop, int64_t behind)
{
    journal_next(j, behind, was_read, loop);
    loop_run(loop);
    return seen;
}

TEST(journal, keeps_webhooks_in_order_over_a_restart)
{
    char folder[] = "/tmp/slipway-journal-XXXXXX", id[ID_TEXT];
    struct loop *loop = NULL;
    struct journal *j = NULL;
    struct err e = { 0 };
    CHECK(mkdtemp(folder));
    CHECK_OK(loop_create(&loop, &e), e);
    CHECK_OK(journal_open(loop, folder, &j, &e), e);
    snprintf(id, sizeof id, "%s", journal_id(j));
    added = 0;
    for (int i = 0; i < 3; i++) {
        char body[8];
        snprintf(body, sizeof body, "b%d", i);
        journal_add(j, &(struct journal_entry){ .path = "/p", .query = "", .remote = "r", .headers = "[]", .body = body, .body_size = 2 }, was_added, NULL);
    }
    while (added < 3)
        loop_wait(loop);
    CHECK_TEXT(next_of(j, loop, 0), "1 /p b0 3");
    journal_forget(j, 2);
    journal_close(&j);
    CHECK_OK(journal_open(loop, folder, &j, &e), e);
    CHECK_TEXT(journal_id(j), id);
    CHECK_TEXT(next_of(j, loop, 0), "3 /p b2 1");
    CHECK_TEXT(next_of(j, loop, 3), "none");
    journal_forget(j, 3);
    journal_add(j, &(struct journal_entry){ .path = "/p", .query = "", .remote = "r", .headers = "[]", .body = "x", .body_size = 1 }, was_added, NULL);
    while (added < 4)
        loop_wait(loop);
    CHECK_TEXT(next_of(j, loop, 0), "4 /p x 1"); /* a number is never given twice */
    journal_close(&j);
    loop_destroy(&loop);
    AUTO_FREE char *remove = mem_format("rm -rf '%s'", folder);
    CHECK_INT(system(remove), 0);
}

/* ---- webhooks that come to a proxy */

#define HOOK "/codestream/api/registry-webhooks/"

struct posting {
    struct http_call call;
    struct scene *scene;
};

static int posted;

static void was_posted(struct http_call *c, const struct err *e)
{
    CHECK(!e);
    CHECK_INT(c->status, 200);
    posted++;
}

static int receive_port(struct scene *s)
{
    return proxy_receive_port(s->proxies[0]);
}

static void post(struct scene *s, struct http_call *c, const char *path, const char *body)
{
    struct err e = { 0 };
    AUTO_FREE char *url = mem_format("http://127.0.0.1:%d%s", receive_port(s), path);
    *c = (struct http_call){ .method = "POST", .url = url, .body = body, .body_size = strlen(body), .done = was_posted };
    CHECK_OK(http_call_start(c, s->client, &e), e);
    int before = posted;
    while (posted == before)
        loop_wait(s->loop);
}

static const char *wanted_told;
static bool all_told(struct scene *s)
{
    return text_is(text_of(&s->told), wanted_told);
}

static int wanted_count;
static bool all_counted(struct scene *s)
{
    return s->told_count == wanted_count;
}

TEST(relay, tells_webhooks_in_order_until_they_are_kept)
{
    struct scene s;
    struct http_call c;
    scene_open(&s);
    scene_proxy(&s, 0, "", true);
    post(&s, &c, HOOK "a", "one");
    post(&s, &c, HOOK "b", "two");
    wanted_told = "1:a:one 2:b:two ";
    scene_wait(&s, all_told);
    s.refuse_told = 1; /* the server cannot store it now */
    post(&s, &c, HOOK "c", "three");
    wanted_told = "1:a:one 2:b:two 3:c:three ";
    scene_wait(&s, all_told);
    scene_close(&s);
}

TEST(relay, does_not_run_ahead_of_a_server_that_is_slow)
{
    enum { COUNT = 80, SIZE = 900000 }; /* more in all than a server would hold for one proxy */
    struct scene s;
    struct http_call c;
    AUTO_FREE char *body = mem_alloc(SIZE + 1);
    memset(body, 'x', SIZE);
    scene_open(&s);
    scene_proxy(&s, 0, "", true);
    s.refuse_told = 1; /* the first is told again after a second: all others are there by then */
    s.count_told = true;
    for (int i = 0; i < COUNT; i++)
        post(&s, &c, HOOK "a", body);
    wanted_count = COUNT;
    scene_wait(&s, all_counted);
    CHECK_INT(s.links, 1); /* nobody lost patience */
    scene_close(&s);
}

TEST(relay, keeps_what_comes_while_there_is_no_link)
{
    struct scene s;
    struct http_call c;
    scene_open(&s);
    scene_proxy(&s, 0, "", true);
    http_server_drain(s.server, 0, (void (*)(void *))(void *)loop_stop, s.loop);
    loop_run(s.loop);
    int port = http_server_port(s.server);
    http_server_close(&s.server);
    post(&s, &c, HOOK "a", "late");
    CHECK_TEXT(text_of(&s.told), "");
    scene_reopen(&s, port);
    wanted_told = "1:a:late ";
    scene_wait(&s, all_told);
    scene_close(&s);
}

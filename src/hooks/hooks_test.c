#include "hooks/hooks.h"

#include <stdio.h>
#include <string.h>

#include "base/test.h"
#include "hooks/secure.h"

/* One of tests/hooks/; the caller's. */
static char *fixture(const char *name, size_t *ret_size)
{
    AUTO_FREE char *path = mem_format("%s%s", HOOK_FIXTURES, name);
    FILE *file = fopen(path, "rb");
    CHECK(file);
    char *bytes = mem_alloc(1 << 20);
    *ret_size = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return bytes;
}

static struct hook_result *decode(const char *name)
{
    size_t size;
    AUTO_FREE char *body = fixture(name, &size);
    struct hook_input input = { .content_type = "application/json", .body = body, .size = size };
    struct hook_result *r = NULL;
    struct err e = { 0 };
    CHECK_OK(hook_decode(&input, &r, &e), e);
    return r;
}

#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

TEST(dockerhub, a_push_is_read)
{
    AUTO(hook_result) r = decode("dockerhub/push.json");
    CHECK_INT(r->event_count, 1);
    CHECK_INT(r->ignored_count, 0);
    const struct event *ev = r->events[0];
    CHECK_TEXT(r->format, "dockerhub");
    CHECK_TEXT(r->delivery_key, "acme/web:1.4.2 1582839308");
    CHECK_TEXT(r->note, "");
    CHECK_TEXT(ev->source, "dockerhub");
    CHECK_TEXT(ev->action, "push");
    CHECK_TEXT(ev->host, "docker.io");
    CHECK_TEXT(ev->repository, "acme/web");
    CHECK_TEXT(ev->tag, "1.4.2");
    CHECK_TEXT(ev->digest, "");
    CHECK_TEXT(ev->actor, "jane");
    CHECK_TEXT(ev->pushed_at, "1582839308");
    CHECK(ev->pushed_micros == INT64_C(1582839308000000));
}

TEST(dockerhub, the_manuals_own_example_is_read_and_mended)
{
    AUTO(hook_result) r = decode("dockerhub/manual.json");
    CHECK_INT(r->event_count, 1);
    CHECK_TEXT(r->events[0]->repository, "svendowideit/testhook");
    CHECK_TEXT(r->events[0]->tag, "latest");
    CHECK_TEXT(r->events[0]->actor, "trustedbuilder");
    CHECK_TEXT(r->events[0]->pushed_at, "1417566161");
    CHECK_HAS(r->note, "line 17, column ");
    CHECK_HAS(r->note, "\\] is no escape of JSON");
}

TEST(dockerhub, what_cannot_be_deployed_is_ignored)
{
    AUTO(hook_result) none = decode("dockerhub/no_tag.json");
    CHECK(none->event_count == 0 && none->ignored_count == 1);
    CHECK_TEXT(none->ignored[0].what, "push of acme/web");
    CHECK_HAS(none->ignored[0].why, "without a tag");
    AUTO(hook_result) signature = decode("dockerhub/signature.json");
    CHECK(signature->event_count == 0 && signature->ignored_count == 1);
    CHECK_HAS(signature->ignored[0].why, "a signature");
}

/* Tries a body; the result, NULL with e when it is refused. */
static struct hook_result *decode_text(const char *body, const char *content_type, struct err *e)
{
    struct hook_input input = { .content_type = content_type, .body = body, .size = strlen(body) };
    struct hook_result *r = NULL;
    return hook_decode(&input, &r, e) ? r : NULL;
}

TEST(dockerhub, times_have_one_spelling)
{
    static const struct {
        const char *sent, *want;
        int64_t micros;
    } CASES[] = {
        { "1417566161", "1417566161", INT64_C(1417566161000000) },
        { "1.417566161e+09", "1417566161", INT64_C(1417566161000000) },
        { "1417566161.50", "1417566161.5", INT64_C(1417566161500000) },
        { "\"1417566161\"", "1417566161", INT64_C(1417566161000000) },
        { "\"2014-12-03T00:22:41Z\"", "1417566161", INT64_C(1417566161000000) },
        { "\"2014-12-03T00:22:41.25+00:00\"", "1417566161.25", INT64_C(1417566161250000) },
        { "\"yesterday\"", "", 0 }, { "null", "", 0 }, { "-5", "", 0 }, { "1e300", "", 0 }, { "[]", "", 0 },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_FREE char *body = mem_format("{\"push_data\":{\"tag\":\"1\",\"pushed_at\":%s},\"repository\":{\"repo_name\":\"a/b\"}}",
                                          CASES[i].sent);
        struct err e = { 0 };
        AUTO(hook_result) r = decode_text(body, NULL, &e);
        CHECK_OK(r != NULL, e);
        CHECK_TEXT(r->events[0]->pushed_at, CASES[i].want);
        CHECK(r->events[0]->pushed_micros == CASES[i].micros);
        CHECK((*r->delivery_key == 0) == (*CASES[i].want == 0));
    }
}

TEST(hooks, say_what_is_wrong)
{
    static const struct {
        const char *body, *field, *want;
    } CASES[] = {
        { "", "", "line 1, column 1: the body is empty" },
        { "{\n\"push_data\": {,}\n}", "", "line 2, column 15" },
        { "{}", "", "not a body of a known registry" },
        { "5", "", "not a body of a known registry" },
        { "{\"push_data\":5,\"repository\":{}}", "", "not a body of a known registry" },
        { "{\"push_data\":{},\"repository\":{}}", "/repository/repo_name", "dockerhub: /repository/repo_name: is missing" },
        { "{\"push_data\":{\"tag\":5},\"repository\":{\"repo_name\":\"a/b\"}}", "/push_data/tag", "/push_data/tag: must be text" },
        { "{\"push_data\":{\"tag\":\"a b\"},\"repository\":{\"repo_name\":\"a/b\"}}", "/push_data/tag", "'a b' is no tag" },
        { "{\"push_data\":{\"tag\":\"1\"},\"repository\":{\"repo_name\":\"A b\"}}", "/repository/repo_name", "must be lower case" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        struct err e = { 0 };
        CHECK(!decode_text(CASES[i].body, "application/json", &e));
        CHECK_HAS(e.text, CASES[i].want);
        CHECK_TEXT(e.field, CASES[i].field);
        CHECK(e.kind == ERR_INVALID);
    }
    struct err e = { 0 };
    CHECK(!decode_text("{\"events\":{}}", "application/vnd.docker.distribution.events.v2+json", &e));
    CHECK_TEXT(e.text, "distribution: /events: must be a list");
    AUTO_TEXT many = { 0 };
    text_add(&many, "{\"events\":[1");
    for (int i = 0; i < HOOK_EVENTS; i++)
        text_add(&many, ",1");
    text_add(&many, "]}");
    CHECK(!decode_text(text_of(&many), NULL, &e));
    CHECK_HAS(e.text, "has 1001 entries; 1000 are allowed");
}

TEST(hooks, a_byte_order_mark_is_skipped_and_noted)
{
    struct err e = { 0 };
    AUTO(hook_result) r = decode_text("\xef\xbb\xbf{\"events\":[]}", NULL, &e);
    CHECK_OK(r != NULL, e);
    CHECK_HAS(r->note, "byte order mark");
}

TEST(distribution, a_push_is_read)
{
    AUTO(hook_result) r = decode("distribution/push.json");
    CHECK_INT(r->event_count, 1);
    const struct event *ev = r->events[0];
    CHECK_TEXT(r->format, "distribution");
    CHECK_TEXT(r->delivery_key, "asdf-asdf-asdf-asdf-0");
    CHECK_TEXT(ev->host, "registry.example.test:5000");
    CHECK_TEXT(ev->repository, "acme/web");
    CHECK_TEXT(ev->tag, "1.4.2");
    CHECK_TEXT(ev->digest, DIGEST);
    CHECK_TEXT(ev->actor, "jane");
    CHECK_TEXT(ev->sender_id, "asdf-asdf-asdf-asdf-0");
    CHECK_TEXT(ev->pushed_at, "1457563466.402973");
    CHECK_TEXT(ev->media_type, "application/vnd.docker.distribution.manifest.v2+json");
}

TEST(distribution, one_push_of_many_notifications)
{
    AUTO(hook_result) r = decode("distribution/index.json");
    CHECK(r->event_count == 1 && r->ignored_count == 2);
    CHECK_TEXT(r->events[0]->tag, "2.0");
    CHECK_TEXT(r->delivery_key, "i-0,i-1,i-2");
}

TEST(distribution, noise_is_ignored_with_its_reason)
{
    static const struct {
        const char *what, *why;
    } WANT[] = {
        { "push of acme/web", "a layer or another blob" },      { "mount of acme/web", "a layer taken over" },
        { "pull of acme/web:1.4.2", "a pull, not a push" },     { "delete of acme/web", "a deletion" },
        { "push of acme/web", "a manifest without a tag" },     { "push of acme/web:bad tag", "its tag is not valid" },
        { "push of Bad/Name:1", "name is not valid" },          { "push of acme/web:sha256-", "a signature" },
        { "explode of acme/web:1", "an action that is not known" }, { "event of ", "an action that is not known" },
        { "event of ", "an action that is not known" },
    };
    AUTO(hook_result) r = decode("distribution/noise.json");
    CHECK_INT(r->event_count, 0);
    CHECK_INT(r->ignored_count, ALEN(WANT));
    for (size_t i = 0; i < ALEN(WANT); i++) {
        CHECK_HAS(r->ignored[i].what, WANT[i].what);
        CHECK_HAS(r->ignored[i].why, WANT[i].why);
    }
    CHECK(text_starts(r->delivery_key, "sha256:")); /* one has no id */
}

TEST(distribution, a_bad_digest_refuses_nothing)
{
    AUTO(hook_result) r = decode("distribution/bad_digest.json");
    CHECK_INT(r->event_count, 1);
    CHECK_TEXT(r->events[0]->digest, "");
    CHECK_HAS(r->note, "is no digest; the tag is asked for instead");
}

TEST(hooks, tell_names_that_are_cut_within_a_character)
{
    AUTO_TEXT tag = { 0 };
    text_add(&tag, "x");
    for (int i = 0; i < 100; i++)
        text_add(&tag, "\xc3\xa4");
    AUTO_FREE char *hub = mem_format("{\"push_data\":{\"tag\":\"%s\"},\"repository\":{\"repo_name\":\"a/b\"}}", text_of(&tag));
    AUTO_FREE char *other = mem_format("{\"events\":[{\"action\":\"x%s\",\"target\":{\"repository\":\"a/b\",\"tag\":\"1\"}}]}", text_of(&tag));
    struct err e = { 0 };
    CHECK(!decode_text(hub, NULL, &e));
    CHECK_HAS(e.text, "is no tag");
    CHECK(text_utf8(e.text, strlen(e.text)));
    AUTO(hook_result) r = decode_text(other, NULL, &e);
    CHECK_OK(r && r->ignored_count == 1, e);
    CHECK(text_utf8(r->ignored[0].what, strlen(r->ignored[0].what)));
    CHECK_HAS(r->ignored[0].what, " of a/b:1");
}

TEST(secure, secrets)
{
    static const char *const TOKENS[] = { "a", "", "bb" };
    CHECK(hook_secret_ok("abc", "abc") && !hook_secret_ok("abd", "abc") && !hook_secret_ok(NULL, "abc"));
    CHECK(!hook_secret_ok("", "") && !hook_secret_ok("x", NULL));
    CHECK(hook_secret_any("bb", TOKENS, 3) && !hook_secret_any("", TOKENS, 3) && !hook_secret_any("b", TOKENS, 3));
}

TEST(secure, signatures)
{
    /* RFC 2202 and RFC 4231, test case 2 */
    static const char DATA[] = "what do ya want for nothing?";
    const size_t n = sizeof DATA - 1;
    static const char SHA1[] = "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79";
    static const char SHA256[] = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    CHECK(hook_signature_ok(HOOK_SHA1, NULL, SHA1, "Jefe", DATA, n));
    CHECK(hook_signature_ok(HOOK_SHA256, "sha256=", SHA256, "Jefe", DATA, n));
    CHECK(hook_signature_ok(HOOK_SHA1, NULL, "EFFCDF6AE5EB2FA2D27416D5F184DF9C259A7C79", "Jefe", DATA, n));
    CHECK(!hook_signature_ok(HOOK_SHA256, "sha256=", SHA256, "jefe", DATA, n));
    CHECK(!hook_signature_ok(HOOK_SHA256, NULL, SHA256, "Jefe", DATA, n));
    CHECK(!hook_signature_ok(HOOK_SHA256, "sha256=", "sha256=", "Jefe", DATA, n));
    CHECK(!hook_signature_ok(HOOK_SHA256, "sha256=", NULL, "Jefe", DATA, n));
    CHECK(!hook_signature_ok(HOOK_SHA256, "sha256=", SHA256, "", DATA, n));
}

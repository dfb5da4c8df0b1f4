#include "event/image_ref.h"

#include <string.h>

#include "base/test.h"
#include "event/event.h"

#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

TEST(image_ref, has_one_canonical_name)
{
    static const struct {
        const char *text, *want;
    } CASES[] = {
        { "x", "docker.io/library/x" },
        { "library/x", "docker.io/library/x" },
        { "docker.io/x", "docker.io/library/x" },
        { "docker.io/library/x", "docker.io/library/x" },
        { "index.docker.io/library/x", "docker.io/library/x" },
        { "registry-1.docker.io/library/x:1", "docker.io/library/x:1" },
        { "acme/web:1.4", "docker.io/acme/web:1.4" },
        { "GHCR.io/Acme/Web", "ghcr.io/acme/web" },
        { "localhost/x", "localhost/x" },
        { "localhost:5000", "docker.io/library/localhost:5000" },
        { "127.0.0.1:5000/a/b/c:t", "127.0.0.1:5000/a/b/c:t" },
        { "registry.test:443/a", "registry.test/a" },
        { "[::1]:5000/a:b", "[::1]:5000/a:b" },
        { "a__b/c---d.e_f@" DIGEST, "docker.io/a__b/c---d.e_f@" DIGEST },
        { "x:1@" DIGEST, "docker.io/library/x:1@" DIGEST },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        struct image_ref ref = { 0 };
        struct err e = { 0 };
        CHECK_OK(image_ref_parse(CASES[i].text, &ref, &e), e);
        AUTO_FREE char *have = image_ref_text(&ref);
        CHECK_TEXT(have, CASES[i].want);
        image_ref_fini(&ref);
    }
}

TEST(image_ref, says_what_is_wrong)
{
    static const struct {
        const char *text, *want;
    } CASES[] = {
        { "", "empty image name" },
        { "acme/web: 1", "tag ' 1' has a space" },
        { "acme/web:", "nothing follows the ':'" },
        { "acme/web:.1", "tag '.1' may have only" },
        { "Acme/web", "repository 'Acme/web' must be lower case" },
        { "acme//web", "must be parts of" },
        { "acme/web/", "must be parts of" },
        { "/web", "must be parts of" },
        { "acme/-web", "must be parts of" },
        { "a___b/c", "must be parts of" },
        { "acme/web@sha256:12", "digest 'sha256:12' is not sha256:" },
        { "host:99999/x", "'host:99999' is no registry host" },
        { "host:/x", "is no registry host" },
        { "host:443:443/x", "is no registry host" },
        { "https://x/y", "is a URL" },
        { "ghcr.io/", "no repository name" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        struct image_ref ref = { 0 };
        struct err e = { 0 };
        CHECK(!image_ref_parse(CASES[i].text, &ref, &e));
        CHECK_HAS(e.text, CASES[i].want);
        CHECK(!ref.host);
    }
    char tag[200] = "x:";
    memset(tag + 2, 'a', 128);
    struct image_ref ref = { 0 };
    struct err e = { 0 };
    CHECK_OK(image_ref_parse(tag, &ref, &e), e);
    image_ref_fini(&ref);
    tag[130] = 'a';
    CHECK(!image_ref_parse(tag, &ref, &e));
    CHECK_TEXT(e.text, "tag of 129 characters; 128 are allowed");
}

TEST(image_ref, is_read_from_an_endpoints_url)
{
    static const struct {
        const char *url, *host, *repository;
        bool plain;
    } CASES[] = {
        { "https://hub.docker.com/r/acme/web", "docker.io", "acme/web", false },
        { "https://hub.docker.com/r/acme/web/tags?page=1", "docker.io", "acme/web", false },
        { "https://hub.docker.com/repository/docker/acme/web", "docker.io", "acme/web", false },
        { "https://hub.docker.com/repository/docker/acme/web/general", "docker.io", "acme/web", false },
        { "https://registry.hub.docker.com/u/acme/web/", "docker.io", "acme/web", false },
        { "https://hub.docker.com/_/nginx", "docker.io", "library/nginx", false },
        { "hub.docker.com/r/acme/web", "docker.io", "acme/web", false },
        { "docker.io/acme/web", "docker.io", "acme/web", false },
        { "docker.io/nginx", "docker.io", "library/nginx", false },
        { "acme/web", "docker.io", "acme/web", false },
        { "https://hub.docker.com", "docker.io", "", false },
        { "https://hub.docker.com/u/acme", "docker.io", "", false },
        { "https://index.docker.io/v1/", "docker.io", "", false },
        { "https://ghcr.io/Acme/web", "ghcr.io", "acme/web", false },
        { "https://registry.test:5000", "registry.test:5000", "", false },
        { "https://registry.test:5000/v2/", "registry.test:5000", "", false },
        { "http://127.0.0.1:5000/acme/web/", "127.0.0.1:5000", "acme/web", true },
        { "http://registry.test:80/a", "registry.test", "a", true },
        { "registry.test:5000/acme/web", "registry.test:5000", "acme/web", false },
        { "HTTPS://Registry.Test/acme/web", "registry.test", "acme/web", false },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        struct image_ref ref = { 0 };
        struct err e = { 0 };
        bool plain = !CASES[i].plain;
        CHECK_OK(image_ref_from_url(CASES[i].url, &ref, &plain, &e), e);
        CHECK_TEXT(ref.host, CASES[i].host);
        CHECK_TEXT(ref.repository, CASES[i].repository);
        CHECK(plain == CASES[i].plain);
        image_ref_fini(&ref);
    }
    static const char *const BAD[] = { "", "ftp://x/y", "https://", "https://u:p@x.test/y", "https://x.test/a:1", "https://x y/z",
                                       "https://x.test/a%20b", "acme/We b" };
    for (size_t i = 0; i < ALEN(BAD); i++) {
        struct image_ref ref = { 0 };
        struct err e = { 0 };
        bool plain;
        CHECK(!image_ref_from_url(BAD[i], &ref, &plain, &e));
        CHECK(e.kind == ERR_INVALID && *e.text);
    }
}

TEST(image_ref, hosts_agree)
{
    CHECK(registry_host_same("https://Registry.Test:443/v2/", "registry.test"));
    CHECK(registry_host_same("registry-1.docker.io", "hub.docker.com"));
    CHECK(!registry_host_same("registry.test:5000", "registry.test"));
    CHECK(!registry_host_same("http://registry.test", "registry.test:80"));
    CHECK(registry_host_same("http://registry.test:80", "registry.test"));
    CHECK(!registry_host_same("", ""));
    CHECK(!registry_host_same(NULL, "x"));
}

TEST(image_ref, gives_its_parts)
{
    struct image_ref ref = { 0 };
    struct err e = { 0 };
    CHECK_OK(image_ref_at("127.0.0.1:5000", "acme/team/web", &ref, &e), e);
    AUTO_FREE char *namespace = image_ref_namespace(&ref);
    AUTO_FREE char *name = image_ref_name(&ref);
    CHECK_TEXT(namespace, "acme/team");
    CHECK_TEXT(name, "127.0.0.1:5000/acme/team/web");
    CHECK_TEXT(image_ref_short(&ref), "web");
    image_ref_fini(&ref);
    CHECK_OK(image_ref_at("registry.test", "localhost", &ref, &e), e);
    AUTO_FREE char *none = image_ref_namespace(&ref);
    CHECK_TEXT(none, "");
    image_ref_fini(&ref);
}

TEST(event, is_stored_and_read_again)
{
    AUTO(event) ev = event_create();
    event_set(&ev->repository, "acme/web");
    event_set(&ev->tag, "1.4");
    event_set(&ev->host, "docker.io");
    event_set(&ev->digest, NULL);
    ev->pushed_micros = 17;
    AUTO_JSON *json = event_json(ev);
    AUTO(event) again = event_from_json(json);
    AUTO_JSON *json_again = event_json(again);
    CHECK(json_equal(json, json_again));
    AUTO_FREE char *text = event_text(again);
    CHECK_TEXT(text, "acme/web:1.4 at docker.io");
}

TEST(event, knows_when_it_was_pushed)
{
    CHECK(event_pushed_micros("1417566161") == INT64_C(1417566161000000));
    CHECK(event_pushed_micros("1582839308.5") == INT64_C(1582839308500000));
    CHECK(event_pushed_micros("") == 0 && event_pushed_micros("yesterday") == 0 && event_pushed_micros("-3") == 0);
}

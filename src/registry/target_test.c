#include "base/json.h"
#include "base/test.h"
#include "registry/challenge.h"
#include "registry/client.h"

TEST(registry_target, reads_the_forms_people_write)
{
    static const struct { const char *type, *url, *base, *host, *repository, *pull; } CASES[] = {
        { "dockerhub", "https://hub.docker.com/repository/docker/acme/web", "https://registry-1.docker.io", "docker.io", "acme/web",
          "https://index.docker.io/v1/" },
        { "DockerHub", "acme/web", "https://registry-1.docker.io", "docker.io", "acme/web", "https://index.docker.io/v1/" },
        { "dockerhub", "", "https://registry-1.docker.io", "docker.io", "", "https://index.docker.io/v1/" },
        { "distribution", "http://127.0.0.1:5100/acme/site", "http://127.0.0.1:5100", "127.0.0.1:5100", "acme/site", "127.0.0.1:5100" },
        { "distribution", "https://registry.example.com", "https://registry.example.com", "registry.example.com", "", "registry.example.com" },
        { "distribution", "https://registry.example.com/v2/", "https://registry.example.com", "registry.example.com", "",
          "registry.example.com" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        struct err e = { 0 };
        AUTO(registry_target) t = NULL;
        AUTO_JSON *p = json_pack("{s:s, s:s}", "serverType", CASES[i].type, "repoURL", CASES[i].url);
        CHECK_OK(registry_target_from_properties(p, NULL, &t, &e), e);
        CHECK_TEXT(t->base_url, CASES[i].base);
        CHECK_TEXT(t->host, CASES[i].host);
        CHECK_TEXT(t->repository, CASES[i].repository);
        CHECK_TEXT(t->pull_host, CASES[i].pull);
    }
}

TEST(registry_target, says_what_is_wrong)
{
    static const struct { const char *json, *field, *text; } CASES[] = {
        { "{\"serverType\":\"warez\"}", "properties.serverType", "known are dockerhub, distribution" },
        { "{\"serverType\":\"distribution\"}", "properties.repoURL", "needs its URL" },
        { "{\"serverType\":\"dockerhub\",\"repoURL\":\"https://ghcr.io/acme/web\"}", "properties.repoURL", "its server type is distribution" },
        { "{\"serverType\":\"distribution\",\"repoURL\":\"ftp://x y\"}", "properties.repoURL", "" },
        { "{\"password\":\"x\"}", "properties.username", "no username" },
        { "{\"username\":\"a:b\",\"password\":\"x\"}", "properties.username", "colon" },
        { "{\"token\":\"x\"}", "properties.username", "no username" },
        { "{\"insecure\":\"perhaps\"}", "properties.insecure", "insecure is neither true nor false" },
        { "{\"caCertificate\":\"/etc/ca.pem\"}", "properties.caCertificate", "caCertificate is neither PEM nor base64 of PEM" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        struct err e = { 0 };
        AUTO(registry_target) t = NULL;
        AUTO_JSON *p = json_loads(CASES[i].json, 0, NULL);
        CHECK(!registry_target_from_properties(p, NULL, &t, &e));
        CHECK_TEXT(e.field, CASES[i].field);
        CHECK_HAS(e.text, CASES[i].text);
    }
}

TEST(registry_target, reads_trust)
{
    struct err e = { 0 };
    AUTO(registry_target) t = NULL;
    AUTO_JSON *p = json_pack("{s:s, s:s, s:s, s:s}", "username", "acme", "token", "dckr_pat_x", "insecure", "true", "caCertificate",
                             "LS0tLS1CRUdJTiBYLS0tLS0=");
    CHECK_OK(registry_target_from_properties(p, NULL, &t, &e), e);
    CHECK_TEXT(t->password, "dckr_pat_x");
    CHECK_TEXT(t->ca_pem, "-----BEGIN X-----");
    CHECK(t->insecure);
}

TEST(challenge, is_read_whatever_its_shape)
{
    static const struct { const char *value; enum challenge_scheme scheme; const char *realm, *service; } CASES[] = {
        { "Bearer realm=\"https://a/t\",service=\"s\",scope=\"x\"", CHALLENGE_BEARER, "https://a/t", "s" },
        { "bearer  realm=https://a/t , service=s", CHALLENGE_BEARER, "https://a/t", "s" },
        { "Basic realm=\"a \\\"b\\\"\"", CHALLENGE_BASIC, "a \"b\"", NULL },
        { "Bearer realm=\"never closed", CHALLENGE_BEARER, "never closed", NULL },
        { "Bearer realm", CHALLENGE_BEARER, NULL, NULL },
        { "Bearer realm=\"a\",realm=\"b\"", CHALLENGE_BEARER, "a", NULL },
        { "Negotiate", CHALLENGE_NONE, NULL, NULL },
        { "", CHALLENGE_NONE, NULL, NULL },
        { "Bearer =\"\\", CHALLENGE_BEARER, NULL, NULL },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        struct http_headers h = { 0 };
        struct challenge c;
        http_headers_add(&h, "www-authenticate", CASES[i].value);
        challenge_read(&h, &c);
        CHECK_INT(c.scheme, CASES[i].scheme);
        CHECK_TEXT(c.realm, CASES[i].realm);
        CHECK_TEXT(c.service, CASES[i].service);
        challenge_fini(&c);
        http_headers_fini(&h);
    }
}

TEST(challenge, prefers_a_token)
{
    struct http_headers h = { 0 };
    struct challenge c;
    http_headers_add(&h, "WWW-Authenticate", "Basic realm=\"b\"");
    http_headers_add(&h, "WWW-Authenticate", "Bearer realm=\"t\"");
    http_headers_add(&h, "WWW-Authenticate", "Basic realm=\"c\"");
    challenge_read(&h, &c);
    CHECK_INT(c.scheme, CHALLENGE_BEARER);
    CHECK_TEXT(c.realm, "t");
    challenge_fini(&c);
    http_headers_fini(&h);
}

TEST(challenge, knows_where_credentials_may_go)
{
    static const struct { const char *realm, *registry; bool ok, near; } CASES[] = {
        { "https://auth.docker.io/token", "https://registry-1.docker.io", true, true },
        { "https://gitlab.corp.test/jwt/auth", "https://registry.corp.test:5050", true, true },
        { "http://reg.test/token", "http://reg.test", true, true },
        { "http://reg.test:81/token", "http://reg.test", false, true },
        { "http://elsewhere.test/token", "http://reg.test", false, true },
        { "https://user@reg.test/token", "https://reg.test", false, false },
        { "https://10.0.0.6/", "https://10.0.0.5", true, false },
        { "https://10.0.0.5/", "https://10.0.0.5:5000", true, true },
        { "https://other.example/", "https://reg.test", true, false },
        { "file:///etc/passwd", "https://reg.test", false, false },
        { "/token", "https://reg.test", false, false },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        CHECK_INT(challenge_realm_ok(CASES[i].realm, CASES[i].registry, NULL), CASES[i].ok);
        if (CASES[i].ok)
            CHECK_INT(challenge_realm_near(CASES[i].realm, CASES[i].registry), CASES[i].near);
    }
}

TEST(challenge, reads_retry_after)
{
    static const struct { const char *value; int64_t seconds; } CASES[] = {
        { "7", 7 }, { "0", 0 }, { "-5", 0 }, { "99999999999", 3600 }, { "soon", 0 },
        { "Thu, 01 Jan 1970 00:02:00 GMT", 60 }, { "Thu, 01 Jan 1970 00:00:01 GMT", 0 },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        struct http_headers h = { 0 };
        http_headers_add(&h, "Retry-After", CASES[i].value);
        CHECK_INT(answer_retry_after(&h, 60000000), CASES[i].seconds * 1000000);
        http_headers_fini(&h);
    }
}

/* Patterns are tried as a push would be judged. */
#include "api/test_server.h"

#define TRY(image, tag, tags) "{\"endpoint\":\"hub\",\"imageNameRegExPattern\":\"" image "\",\"tagNamePattern\":\"" tag "\",\"tags\":" tags "}"

TEST(patterns, are_tried_on_known_tags_without_asking_the_registry)
{
    struct test_server s;
    test_server_open(&s);
    test_objects(&s);
    ask(&s, "POST", "/pipeline/api/registry-patterns", TRY("acme/web", "v.*", "[\"v1\",\"dev\",\"v2\"]"));
    CHECK_INT(s.status, 200);
    CHECK_TEXT(answered(&s, "repository"), "acme/web");
    CHECK_INT(json_integer_value(json_object_get(s.json, "matching")), 2);
    CHECK(json_is_true(json_object_get(s.json, "repositoryMatches")));
    CHECK_TEXT(json_text_at(json_array_get(json_object_get(s.json, "tags"), 1), "tag", ""), "dev");
    CHECK(json_is_false(json_object_get(json_array_get(json_object_get(s.json, "tags"), 1), "matches")));
    ask(&s, "POST", "/pipeline/api/registry-patterns", TRY("acme/(api|shop)", "", "[\"v1\"]")); /* the endpoint's is acme/web */
    CHECK_INT(s.status, 200);
    CHECK(json_is_false(json_object_get(s.json, "repositoryMatches")));
    CHECK_HAS(answered(&s, "why"), "does not match build-image pattern");
    test_server_close(&s);
}

TEST(patterns, that_are_wrong_are_named)
{
    static const struct { const char *body, *field, *text; } WRONG[] = {
        { TRY("acme/web", "v[", "[\"v1\"]"), "tagNamePattern", "missing terminating ]" },
        { TRY("(", "v", "[\"v1\"]"), "imageNameRegExPattern", "" },
        { "{\"endpoint\":\"nobody\",\"tags\":[]}", "endpoint", "there is no endpoint 'nobody'" },
        { "{\"endpoint\":\"hub\",\"project\":\"far\",\"tags\":[]}", "project", "" },
    };
    struct test_server s;
    test_server_open(&s);
    test_objects(&s);
    for (size_t i = 0; i < ALEN(WRONG); i++) {
        ask(&s, "POST", "/pipeline/api/registry-patterns", WRONG[i].body);
        CHECK(s.status >= 400 && s.status < 500);
        CHECK_TEXT(answered(&s, "field"), WRONG[i].field);
        CHECK_HAS(answered(&s, "message"), WRONG[i].text);
    }
    test_server_close(&s);
}

TEST(patterns, of_a_restricted_endpoint_are_for_administrators)
{
    struct test_server s;
    test_server_open(&s);
    AUTO_FREE char *member = test_user(&s, "mia", "", "member");
    ask(&s, "POST", "/pipeline/api/endpoints", "{\"name\":\"hub\",\"type\":\"dockerregistry\",\"isRestricted\":true,\"properties\":{\"serverType\":\"dockerhub\","
                                               "\"repoURL\":\"acme/web\"}}");
    CHECK_INT(s.status, 200);
    ask_as(&s, member, "POST", "/pipeline/api/registry-patterns", TRY("", "", "[\"v1\"]"));
    CHECK_INT(s.status, 403);
    test_server_close(&s);
}

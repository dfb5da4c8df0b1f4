/* What the API takes of a run's pushes, and what it says is wrong with them. */
#include <string.h>

#include "api/test_server.h"
#include "base/test.h"

#define D "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

TEST(pushed, takes_an_image_once_and_names_the_field_that_is_wrong)
{
    static const struct { const char *body; int status; const char *has; } CASES[] = {
        { "{\"image\":\"ghcr.io/acme/web:1.4\"}", 201, "\"image\":\"ghcr.io/acme/web:1.4\"" },
        { "{\"registry\":\"GHCR.io\",\"repository\":\"acme/web\",\"tag\":\"1.4\"}", 200, "\"registry\":\"ghcr.io\"" },
        { "{\"image\":\"acme/web\"}", 201, "docker.io/acme/web:latest" },
        { "{\"image\":\"acme/web:1@" D "\"}", 201, "\"digest\":\"" D "\"" },
        { "{\"image\":\"acme/web:1\",\"digest\":\"" D "\"}", 200, "\"recognised\":0" },
        { "{}", 400, "say what was pushed" },
        { "{\"image\":7}", 400, "image must be a text" },
        { "{\"image\":\"acme/web:1\",\"tag\":\"2\"}", 400, "image says it already" },
        { "{\"image\":\"acme/web@" D "\"}", 400, "names no tag" },
        { "{\"image\":\"acme/WEB:1\"}", 400, "image" },
        { "{\"image\":\"acme/web:1\",\"digest\":\"sha256:abc\"}", 400, "is no digest such as" },
        { "{\"registry\":\"a b\",\"repository\":\"acme/web\",\"tag\":\"1\"}", 400, "is no registry's host" },
        { "{\"repository\":\"acme/../web\",\"tag\":\"1\"}", 400, "is no repository's name" },
        { "{\"repository\":\"acme/web\"}", 400, "is no tag" },
        { "{\"image\":\"acme/web:1\",\"name\":\"x\"}", 400, "is none of image, registry" },
    };
    struct test_server s;
    test_server_open(&s);
    test_objects(&s);
    ask(&s, "POST", "/codestream/api/pipelines/default/deploy/executions", "{\"input\":{}}");
    AUTO_FREE char *link = mem_text(answered(&s, "executionLink")), *path = mem_format("%s/pushes", link);
    AUTO_FREE char *executor = test_user(&s, "xenia", "executor", ""), *viewer = test_user(&s, "vera", "viewer", "");
    for (size_t i = 0; i < ALEN(CASES); i++) {
        ask_as(&s, executor, "POST", path, CASES[i].body);
        if (s.status != CASES[i].status || !strstr(s.text, CASES[i].has))
            fail_msg("%s: %d %s", CASES[i].body, s.status, s.text);
    }
    ask_as(&s, viewer, "POST", path, CASES[0].body);
    CHECK_INT(s.status, 403);
    ask_as(&s, viewer, "GET", path, NULL);
    CHECK_INT(json_array_size(json_object_get(s.json, "pushes")), 3);
    CHECK(json_is_array(json_at(s.json, "pushes[0].executions"))); /* what they started: tests/e2e/circle_test */
    for (int i = 0; i < 100; i++) {
        AUTO_FREE char *body = mem_format("{\"image\":\"acme/web:many-%d\"}", i);
        ask(&s, "POST", path, body);
    }
    CHECK_INT(s.status, 409);
    CHECK_HAS(s.text, "tells of at most 100 pushes");
    test_server_close(&s);
}

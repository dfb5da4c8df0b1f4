/* What runs where, as the API tells it, and to whom. */
#include <string.h>

#include "api/test_server.h"
#include "base/mem.h"
#include "store/deployments.h"

static bool put(void *context, struct db_tx *tx, struct err *e)
{
    int64_t endpoint = 0, project = 0;
    const char *image = context;
    struct endpoint_row row = { 0 };
    if (!project_find(tx, "default", &project, e) || !endpoint_find_named(tx, "default", "hub", &endpoint, e) || !endpoint_get(tx, endpoint, &row, e))
        return false;
    AUTO_JSON *places = json_pack("{s:s, s:[{s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:[{s:s, s:s, s:s}]}]}", "endpoint", row.object.uuid, "objects",
                                  "namespace", "shop", "kind", "Deployment", "name", "web", "uid", "o1", "at", 1000000, "status", "ROLLED_OUT",
                                  "message", "", "containers", "name", "app", "image", image, "digest", "");
    endpoint_row_fini(&row);
    struct deployment_run run = { .project_id = project, .execution = "x", .name = "deploy", .index = 7, .task = "Deploy.apply" };
    return deployments_put(tx, &run, places, e);
}

static void put_image(struct test_server *s, const char *image)
{
    struct err e = { 0 };
    CHECK_OK(db_write_now(s->db, put, (void *)image, &e), e);
}

TEST(deployments, are_listed_to_those_who_may_view_the_project)
{
    struct test_server s;
    test_server_open(&s);
    test_objects(&s);
    put_image(&s, "acme/site:1.3");
    put_image(&s, "acme/site:1.4");
    ask(&s, "GET", "/codestream/api/deployments", NULL);
    CHECK_INT(json_int_at(s.json, "totalCount", 0), 1);
    AUTO_FREE char *link = mem_text(json_text_at(s.json, "links[0]", ""));
    ask(&s, "GET", link, NULL);
    CHECK_TEXT(answered(&s, "_link"), link);
    CHECK_TEXT(answered(&s, "image"), "acme/site:1.4");
    CHECK_TEXT(answered(&s, "previousImage"), "acme/site:1.3");
    CHECK_TEXT(answered(&s, "previousExecutionName"), "deploy");
    CHECK_TEXT(answered(&s, "endpoint"), "hub");
    CHECK_TEXT(answered(&s, "since"), "1970-01-01 00:00:01.000000+00");
    CHECK_INT(json_int_at(s.json, "_previousSinceInMicros", 0), 1000000);
    CHECK(!json_at(s.json, "executionLink") && !json_at(s.json, "webhookLink") && !json_at(s.json, "eventLink"));
    AUTO_FREE char *member = test_user(&s, "max", "", "viewer"), *stranger = test_user(&s, "sam", "", "");
    ask_as(&s, member, "GET", "/codestream/api/deployments?$filter=(endpoint%20eq%20'hub')%20and%20(pipeline%20eq%20'deploy')&search=SITE", NULL);
    CHECK_INT(json_int_at(s.json, "count", 0), 1);
    ask_as(&s, member, "GET", link, NULL);
    CHECK_INT(s.status, 200);
    ask_as(&s, stranger, "GET", "/codestream/api/deployments", NULL);
    CHECK_INT(json_int_at(s.json, "count", -1), 0);
    ask_as(&s, stranger, "GET", link, NULL);
    CHECK_INT(s.status, 403);
    test_server_close(&s);
}

/* Its rows have the same time: what decides then is the id. */
TEST(deployments, are_paged_and_say_what_cannot_be_asked)
{
    static const char *const FIELDS[] = { "project", "_projectId", "endpoint", "namespace", "kind", "name", "container", "image", "digest", "status",
                                          "webhook", "pipeline" };
    struct test_server s;
    test_server_open(&s);
    test_objects(&s);
    put_image(&s, "acme/site:1.3");
    for (size_t i = 0; i < ALEN(FIELDS); i++) {
        AUTO_FREE char *path = mem_format("/codestream/api/deployments?$filter=%s%%20eq%%20'x'&$top=1", FIELDS[i]);
        ask(&s, "GET", path, NULL);
        CHECK_INT(s.status, 200);
        CHECK_INT(json_int_at(s.json, "count", -1), 0);
    }
    ask(&s, "GET", "/codestream/api/deployments?$filter=since%20ge%201000000&$top=1", NULL);
    CHECK_INT(json_int_at(s.json, "count", -1), 1);
    ask(&s, "GET", "/codestream/api/deployments?$filter=secret%20eq%20'x'", NULL);
    CHECK_HAS(answered(&s, "message"), "have no field 'secret'");
    test_server_close(&s);
}

/* What runs where, as one task's result after the other leaves it. */
#include "store/deployments.h"

#include <string.h>

#include "base/mem.h"
#include "base/yaml.h"
#include "store/activity.h"
#include "store/objects.h"
#include "store/scene_test.h"

struct result {
    int64_t run;
    json_t *places;
};

static bool put_work(void *context, struct db_tx *tx, struct err *e)
{
    const struct result *r = context;
    AUTO_FREE char *uuid = mem_format("x%lld", (long long)r->run);
    struct deployment_run run = { .project_id = 1, .execution_id = r->run, .index = r->run, .execution = uuid, .name = "deploy", .task = "Deploy.apply" };
    return deployments_put(tx, &run, r->places, e);
}

static void put_at(const char *endpoint, int64_t run, const char *object)
{
    struct err e = { 0 };
    AUTO(yaml) yaml = NULL;
    CHECK_OK(yaml_read(object, strlen(object), &yaml, &e), e);
    AUTO_JSON *places = json_pack("{s:s, s:[O]}", "endpoint", endpoint, "objects", yaml_document(yaml, 0));
    json_t *one = json_array_get(json_object_get(places, "objects"), 0);
    json_set_text(one, "namespace", "shop");
    if (!json_object_get(one, "kind"))
        json_set_text(one, "kind", "Deployment");
    struct result r = { run, places };
    CHECK_OK(db_write_now(s.db, put_work, &r, &e), e);
}

/* An object "web" with one container, changed by this run. */
static void put(int64_t run, int64_t at, int64_t generation, const char *image, const char *digest, const char *status)
{
    AUTO_FREE char *object = mem_format("{name: web, uid: o1, made: '2026-11-23T20:00:00Z', generation: %lld, at: %lld, changed: true, status: %s, "
                                        "message: '', containers: [{name: web, image: '%s', digest: '%s', pushed: true}]}",
                                        (long long)generation, (long long)at, status, image, digest);
    put_at("e1", run, object);
}

#define WHAT                                                                                                                    \
    "SELECT container || ' ' || image || '|' || digest || ' ' || status || ' ' || since || ' #' || execution_idx || ' ' || webhook_name ||" \
    " ' < ' || previous_image || '|' || previous_digest || ' #' || previous_execution_idx FROM deployments ORDER BY id"

TEST(deployments, says_what_runs_what_brought_it_and_what_was_there_before)
{
    open_store();
    put(11, 100, 1, "acme/site:1.3", "sha256:a", "ROLLED_OUT");
    CHECK_TEXT(rows(WHAT), "web acme/site:1.3|sha256:a ROLLED_OUT 100 #11 site < | #0");
    CHECK_TEXT(rows("SELECT webhook || ' ' || event || ' ' || task || ' ' || (previous_since IS NULL) FROM deployments"), "w1 v1 Deploy.apply 1");
    put(11, 150, 1, "acme/site:1.3", "sha256:a", "ROLLED_OUT"); /* after a crash, say */
    CHECK_TEXT(rows(WHAT), "web acme/site:1.3|sha256:a ROLLED_OUT 100 #11 site < | #0");
    put(12, 200, 2, "acme/site:1.4", "sha256:b", "FAILED");
    CHECK_TEXT(rows(WHAT), "web acme/site:1.4|sha256:b FAILED 200 #12  < acme/site:1.3|sha256:a #11");
    put(11, 300, 3, "acme/site:1.4", "sha256:b", "ROLLED_OUT"); /* the same again, and now it runs */
    CHECK_TEXT(rows(WHAT), "web acme/site:1.4|sha256:b ROLLED_OUT 200 #11 site < acme/site:1.3|sha256:a #11");
    put(12, 400, 4, "acme/site@sha256:a", "sha256:a", "ROLLED_OUT"); /* rolled back: its name is known */
    CHECK_TEXT(rows(WHAT), "web acme/site:1.3|sha256:a ROLLED_OUT 400 #12  < acme/site:1.4|sha256:b #11");
    put(12, 500, 5, "acme/site@sha256:0", "sha256:0", "ROLLED_OUT"); /* beyond what is known */
    CHECK_TEXT(rows(WHAT), "web acme/site@sha256:0|sha256:0 ROLLED_OUT 500 #12  < acme/site:1.3|sha256:a #12");
    CHECK_TEXT(rows("SELECT COUNT(*) FROM changes WHERE kind = 'deployments' AND project_id = 1"), "6");
    close_store();
}

TEST(deployments, knows_a_tag_that_was_pushed_again)
{
    open_store();
    put(11, 100, 1, "acme/site:latest", "", "ROLLED_OUT");
    put(11, 150, 1, "acme/site:latest", "", "ROLLED_OUT");
    CHECK_TEXT(rows(WHAT), "web acme/site:latest| ROLLED_OUT 100 #11 site < | #0");
    put(12, 200, 2, "acme/site:latest", "", "ROLLED_OUT");
    CHECK_TEXT(rows(WHAT), "web acme/site:latest| ROLLED_OUT 200 #12  < acme/site:latest| #11");
    put_at("e1", 11, "{name: web, uid: o1, made: '2026-11-23T20:00:00Z', generation: 2, at: 300, changed: false, status: APPLIED, message: '', "
                     "containers: [{name: web, image: 'acme/site:latest', digest: '', pushed: true}]}");
    CHECK_TEXT(rows(WHAT), "web acme/site:latest| ROLLED_OUT 200 #12  < acme/site:latest| #11");
    close_store();
}

/* Two runs changed it, and the result of the first is stored after that of the second. */
TEST(deployments, never_puts_old_over_new)
{
    open_store();
    put(12, 200, 7, "acme/site:1.4", "sha256:b", "ROLLED_OUT");
    put(11, 100, 6, "acme/site:1.3", "sha256:a", "FAILED");
    CHECK_TEXT(rows(WHAT), "web acme/site:1.4|sha256:b ROLLED_OUT 200 #12  < | #0");
    put_at("e1", 11, "{name: web, uid: o2, made: '2026-11-23T20:00:01Z', generation: 1, at: 300, changed: true, status: APPLIED, message: '', "
                     "containers: [{name: web, image: 'acme/site:1.5', digest: ''}]}"); /* deleted, and made anew */
    CHECK_TEXT(rows(WHAT), "web acme/site:1.5| APPLIED 300 #11 site < acme/site:1.4|sha256:b #12");
    put(12, 400, 9, "acme/site:1.6", "", "ROLLED_OUT"); /* of the one that is gone */
    CHECK_TEXT(rows(WHAT), "web acme/site:1.5| APPLIED 300 #11 site < acme/site:1.4|sha256:b #12");
    close_store();
}

TEST(deployments, forgets_what_is_gone)
{
    open_store();
    put_at("e1", 11, "{name: web, uid: o1, made: m, generation: 1, at: 100, status: APPLIED, message: '', containers: [{name: a, image: x}, {name: b, "
                     "image: y, init: true}]}");
    CHECK_TEXT(rows("SELECT container || init FROM deployments ORDER BY id"), "a0\nb1");
    put_at("e1", 11, "{name: web, uid: o1, made: m, generation: 2, at: 200, status: APPLIED, message: '', containers: [{name: b, image: y, init: true}]}");
    CHECK_TEXT(rows("SELECT container || init FROM deployments ORDER BY id"), "b1");
    put_at("e1", 12, "{name: web, uid: o2, at: 300, gone: true}"); /* another one of that name */
    put_at("e1", 12, "{name: web, uid: '', at: 150, gone: true}"); /* not there, before it was put there */
    CHECK_TEXT(rows("SELECT COUNT(*) FROM deployments"), "1");
    put_at("e1", 12, "{name: web, uid: o1, at: 300, gone: true}");
    CHECK_TEXT(rows("SELECT COUNT(*) FROM deployments"), "0");
    put(11, 100, 1, "x", "", "APPLIED");
    put_at("e1", 12, "{kind: Namespace, name: shop, uid: n, at: 300, gone: true}");
    CHECK_TEXT(rows("SELECT COUNT(*) FROM deployments"), "0");
    close_store();
}

static bool delete_all(void *context, struct db_tx *tx, struct err *e)
{
    struct endpoint_row row = { 0 };
    (void)context;
    bool ok = execution_delete(tx, 11, 1, e) && endpoint_get(tx, 1, &row, e) && db_run(tx, e, "DELETE FROM webhooks", "");
    endpoint_row_fini(&row);
    return ok;
}

static bool see(void *context, struct db_tx *tx, struct err *e)
{
    return deployment_view_get(tx, 1, context, e);
}

TEST(deployments, keeps_a_row_without_what_is_deleted_and_goes_with_its_cluster)
{
    struct deployment_view view = { 0 };
    struct err e = { 0 };
    open_store();
    put(11, 100, 1, "acme/site:1.3", "", "ROLLED_OUT");
    CHECK_OK(db_read_now(s.db, see, &view, &e), e);
    CHECK_TEXT(view.execution, "x11");
    CHECK_TEXT(view.webhook, "w1");
    deployment_view_fini(&view);
    CHECK_OK(db_write_now(s.db, delete_all, NULL, &e), e);
    CHECK_OK(db_read_now(s.db, see, &view, &e), e);
    CHECK(!view.execution && !view.webhook);
    CHECK_TEXT(view.execution_name, "deploy");
    CHECK_TEXT(view.webhook_name, "site");
    CHECK_INT(view.index, 11);
    deployment_view_fini(&view);
    run_sql("DELETE FROM endpoints WHERE id = 1");
    CHECK_TEXT(rows("SELECT COUNT(*) FROM deployments"), "0");
    put(12, 100, 1, "acme/site:1.3", "", "ROLLED_OUT"); /* the task that was still running there */
    CHECK_TEXT(rows("SELECT COUNT(*) FROM deployments"), "0");
    close_store();
}

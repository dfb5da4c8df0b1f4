/* Addresses, names of jobs, and answers as text; crumbs and refusals with a server that plays Jenkins. Whole builds are in tasks/jenkins_test.c. */
#include <stdio.h>
#include <string.h>

#include "base/test.h"
#include "http/server.h"
#include "jenkins/call.h"

static bool target_of(const char *properties, struct jenkins_target **ret, struct err *e)
{
    AUTO_JSON *json = NULL;
    CHECK(json_read(properties, strlen(properties), &json, NULL));
    return jenkins_target_from_properties(json, ret, e);
}

TEST(jenkins_target, says_which_property_is_wrong)
{
    static const struct { const char *properties, *field; } CASES[] = {
        { "{}", "url" },
        { "{\"url\":\"jenkins.example.com\"}", "url" },
        { "{\"url\":\"https://ann:p@h\"}", "url" },
        { "{\"url\":\"https://h/job/team\"}", "url" },
        { "{\"url\":\"https://h\",\"username\":\"ann\"}", "password" },
        { "{\"url\":\"https://h\",\"password\":\"p\"}", "username" },
        { "{\"url\":\"https://h\",\"username\":\"a:b\",\"password\":\"p\"}", "username" },
        { "{\"url\":\"https://h\",\"pollInterval\":0}", "pollInterval" },
        { "{\"url\":\"https://h\",\"retryCount\":\"often\"}", "retryCount" },
        { "{\"url\":\"https://h\",\"retryWaitSeconds\":9999}", "retryWaitSeconds" },
        { "{\"url\":\"https://h\",\"folderPath\":\"a/../b\"}", "folderPath" },
        { "{\"url\":\"https://h\",\"insecure\":\"perhaps\"}", "insecure" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO(jenkins_target) t = NULL;
        struct err e = { 0 };
        CHECK(!target_of(CASES[i].properties, &t, &e));
        CHECK_TEXT(e.field, CASES[i].field);
    }
    AUTO(jenkins_target) t = NULL;
    struct err e = { 0 };
    CHECK_OK(target_of("{\"url\":\"https://h/ci/\",\"username\":\"ann\",\"password\":\"p\",\"folderPath\":\"/job/team/\",\"pollInterval\":\"15\",\"retryCount\":\"\"}", &t, &e), e);
    CHECK_TEXT(t->url, "https://h/ci");
    CHECK_TEXT(t->folder, "/job/team");
    CHECK_TEXT(t->authorization, "Basic YW5uOnA=");
    CHECK_INT(t->poll_micros, 15000000);
    CHECK_INT(t->tries, 5);
}

TEST(jenkins_job_path, names_jobs_as_their_addresses_do)
{
    static const struct { const char *name, *want; } CASES[] = {
        { "web", "/job/web" },
        { "/team/web/", "/job/team/job/web" },
        { "job/team/job/web", "/job/team/job/web" },
        { "/job/web/", "/job/web" },
        { "job", "/job/job" },
        { "job/web/x", "/job/job/job/web/job/x" },
        { "web shop/feature%2Fx", "/job/web%20shop/job/feature%252Fx" },
        { "", "" },
        { "a/./b", NULL },
        { "a/..", NULL },
        { "a\nb", NULL },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_TEXT path = { 0 };
        struct err e = { 0 };
        CHECK(jenkins_job_path(CASES[i].name, "job", &path, &e) == (CASES[i].want != NULL));
        if (CASES[i].want)
            CHECK_TEXT(text_of(&path), CASES[i].want);
    }
}

TEST(jenkins_queue_item, is_found_in_an_address)
{
    static const struct { const char *location; int64_t want; } CASES[] = {
        { "http://h:8080/queue/item/25/", 25 }, { "https://h/ci/queue/item/7", 7 }, { "/queue/item/7/api", 7 }, { "http://h/job/web/", 0 }, { "http://h/queue/item/", 0 },
        { "http://h/queue/item/7x/", 0 }, { "http://h/queue/item/99999999999999999999/", 0 }, { "", 0 }, { NULL, 0 },
    };
    for (size_t i = 0; i < ALEN(CASES); i++)
        CHECK_INT(jenkins_queue_item(CASES[i].location), CASES[i].want);
}

TEST(jenkins_refused, says_what_to_do)
{
    static const struct { int status; const char *said, *user, *want; } CASES[] = {
        { 401, NULL, "ann", "Jenkins does not let ann in (401): is the password, or API token, still right?" },
        { 401, NULL, "", "Jenkins wants a login (401): set username and password" },
        { 403, "ann is missing the Job/Build permission", "ann", "Jenkins does not allow that to ann (403): ann is missing the Job/Build permission" },
        { 403, NULL, "", "Jenkins does not allow that without a login (403)" },
        { 302, NULL, "", "Jenkins leads elsewhere (302): is the endpoint's url the one that stands in its own settings?" },
        { 500, "oops", "", "Jenkins answered 500: oops" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        struct err e = { 0 };
        CHECK(!jenkins_refused(CASES[i].status, CASES[i].said, CASES[i].user, &e));
        CHECK_TEXT(e.text, CASES[i].want);
    }
}

/* ---- crumbs */

static struct {
    struct loop *loop;
    struct http_client *client;
    struct http_server *server;
    struct text asked;
    bool issues;     /* crumbs */
    int crumbs, expired; /* issued; how many POSTs yet find theirs too old */
    struct err told;
    int status;
} w;

static void serve(__attribute__((unused)) void *context, struct http_request *r)
{
    static const char CRUMB[] = "{\"crumb\":\"c\",\"crumbRequestField\":\"Jenkins-Crumb\"}";
    const char *crumb = http_headers_get(r->headers, "Jenkins-Crumb"), *cookie = http_headers_get(r->headers, "Cookie");
    text_addf(&w.asked, "%s %s %s|", r->method, r->path, r->body);
    bool good = !w.issues || (text_is(crumb, "c") && !cookie && !w.expired);
    if (text_is(r->path, "/crumbIssuer/api/json")) {
        w.crumbs++;
        http_answer(r, w.issues ? 200 : 404, "application/json", w.issues ? CRUMB : "", w.issues ? sizeof CRUMB - 1 : 0);
    } else if (text_is(r->method, "POST") && !good) {
        w.expired -= w.expired > 0;
        http_answer(r, 403, "text/html", "", 0);
    } else {
        http_answer(r, text_is(r->path, "/none") ? 404 : 200, "application/json", "{\"id\":\"ann\"}", 12);
    }
}

static void answered(struct jenkins_call *c, const struct err *e)
{
    w.told = e ? *e : (struct err){ 0 };
    w.status = c->status;
    CHECK(!e || json_is_null(c->answer));
    loop_stop(w.loop);
}

static void call(struct jenkins *j, const char *method, const char *path)
{
    struct err e = { 0 };
    AUTO_JSON *form = json_pack("{s:s, s:b}", "a b", "x&y=z", "flag", 1);
    struct jenkins_call c = { .method = method, .path = path, .form = text_is(method, "POST") ? form : NULL, .done = answered };
    text_fini(&w.asked);
    w.asked = (struct text){ 0 };
    CHECK_OK(jenkins_call_start(&c, j, &e), e);
    loop_run(w.loop);
}

TEST(jenkins_call, sends_a_crumb_where_one_is_wanted)
{
    struct err e = { 0 };
    CHECK_OK(loop_create(&w.loop, &e), e);
    CHECK_OK(http_client_create(w.loop, NULL, &w.client, &e), e);
    CHECK_OK(http_server_open(w.loop, &(struct http_server_config){ .address = "127.0.0.1", .handle = serve }, &w.server, &e), e);
    AUTO(jenkins_target) t = NULL;
    AUTO_FREE char *properties = mem_format("{\"url\":\"http://127.0.0.1:%d\",\"username\":\"ann\",\"password\":\"p\"}", http_server_port(w.server));
    CHECK_OK(target_of(properties, &t, &e), e);
    struct jenkins j = { .target = t, .http = w.client };
    call(&j, "GET", "/me"); /* needs none */
    CHECK_TEXT(text_of(&w.asked), "GET /me |");
    call(&j, "POST", "/build");
    CHECK_TEXT(text_of(&w.asked), "GET /crumbIssuer/api/json |POST /build a%20b=x%26y%3Dz&flag=true|");
    call(&j, "POST", "/build"); /* it is known that there is none */
    CHECK_TEXT(text_of(&w.asked), "POST /build a%20b=x%26y%3Dz&flag=true|");
    CHECK_INT(w.told.kind, 0);
    jenkins_fini(&j);
    w.issues = true;
    call(&j, "POST", "/build");
    CHECK_INT(w.told.kind, 0);
    w.expired = 1; /* once: another is fetched */
    call(&j, "POST", "/build");
    CHECK_INT(w.told.kind, 0);
    CHECK_INT(w.crumbs, 3);
    w.expired = 5; /* not for ever */
    call(&j, "POST", "/build");
    CHECK_INT(w.status, 403);
    CHECK_INT(w.told.kind, ERR_FORBIDDEN);
    call(&j, "GET", "/none");
    CHECK_INT(w.told.kind, ERR_NOT_FOUND);
    jenkins_fini(&j);
    text_fini(&w.asked);
    http_server_close(&w.server);
    http_client_destroy(&w.client);
    loop_destroy(&w.loop);
}

/* The pinned keys of hosts, as the API tells them, and who may have one forgotten. */
#include <string.h>

#include "api/test_server.h"
#include "base/mem.h"
#include "store/objects.h"
#include "store/ssh_hosts.h"

static bool put(void *context, struct db_tx *tx, struct err *e)
{
    int64_t project = 0;
    const char *fingerprint = context;
    struct ssh_host_row row = { .cloud_proxy = "", .host = "build.acme.com", .port = 2222, .type = "ssh-ed25519", .fingerprint = (char *)fingerprint };
    if (!project_find(tx, "default", &project, e))
        return false;
    row.project_id = project;
    return ssh_host_put(tx, &row, e);
}

TEST(ssh_hosts, keep_their_first_key_until_somebody_forgets_it)
{
    struct test_server s;
    struct err e = { 0 };
    test_server_open(&s);
    CHECK_OK(db_write_now(s.db, put, (void *)"SHA256:one", &e), e);
    CHECK_OK(db_write_now(s.db, put, (void *)"SHA256:two", &e), e);
    ask(&s, "GET", "/codestream/api/ssh-hosts", NULL);
    CHECK_INT(json_int_at(s.json, "totalCount", 0), 1);
    AUTO_FREE char *link = mem_text(json_text_at(s.json, "links[0]", ""));
    ask(&s, "GET", link, NULL);
    CHECK_TEXT(answered(&s, "fingerprint"), "SHA256:one");
    CHECK_TEXT(answered(&s, "name"), "build.acme.com:2222");
    CHECK_TEXT(answered(&s, "project"), "default");
    AUTO_FREE char *member = test_user(&s, "max", "", "viewer"), *stranger = test_user(&s, "sam", "", "");
    ask_as(&s, member, "GET", link, NULL);
    CHECK_INT(s.status, 200);
    ask_as(&s, member, "DELETE", link, NULL);
    CHECK_INT(s.status, 403);
    ask_as(&s, stranger, "GET", "/codestream/api/ssh-hosts", NULL);
    CHECK_INT(json_int_at(s.json, "count", -1), 0);
    ask_as(&s, stranger, "DELETE", link, NULL);
    CHECK(s.status == 403 || s.status == 404);
    ask(&s, "DELETE", link, NULL);
    CHECK_INT(s.status, 200);
    ask(&s, "GET", link, NULL);
    CHECK_INT(s.status, 404);
    CHECK_OK(db_write_now(s.db, put, (void *)"SHA256:two", &e), e);
    ask(&s, "GET", "/codestream/api/ssh-hosts?$filter=(host%20eq%20'build.acme.com')%20and%20(fingerprint%20eq%20'SHA256:two')", NULL);
    CHECK_INT(json_int_at(s.json, "count", -1), 1);
    test_server_close(&s);
}

/* Passwords that people set themselves. */
#include <string.h>

#include "api/test_server.h"
#include "base/mem.h"

#define USERS "/codestream/api/users"
#define LOGIN "/csp/gateway/am/api/login"

static char *login(struct test_server *s, const char *password)
{
    AUTO_FREE char *body = mem_format("{\"username\":\"vera\",\"password\":\"%s\"}", password);
    ask_as(s, NULL, "POST", LOGIN, body);
    return s->status == 200 ? mem_text(answered(s, "access_token")) : NULL;
}

static void accept(struct test_server *s, const char *token, const char *password)
{
    AUTO_FREE char *body = mem_format("{\"token\":\"%s\",\"password\":\"%s\"}", token, password);
    ask_as(s, NULL, "POST", "/codestream/api/invitations", body);
}

static char *invite(struct test_server *s)
{
    ask(s, "POST", USERS "/vera/invitation", NULL);
    CHECK_INT(s->status, 200);
    CHECK_HAS(answered(s, "url"), "https://slipway.test/invitation#sli_");
    return mem_text(answered(s, "token"));
}

TEST(invitations, set_a_password_once)
{
    struct test_server s;
    test_server_open(&s);
    ask(&s, "POST", USERS, "{\"name\":\"vera\",\"serviceRole\":\"viewer\"}");
    AUTO_FREE char *first = invite(&s), *second = invite(&s);
    accept(&s, first, "correct horse battery");
    CHECK_INT(s.status, 403); /* the newer one took its place */
    AUTO_FREE char *asked = mem_format("{\"token\":\"%s\"}", second);
    ask_as(&s, NULL, "POST", "/codestream/api/invitations", asked);
    CHECK_TEXT(answered(&s, "name"), "vera");
    accept(&s, second, "short");
    CHECK_INT(s.status, 400);
    accept(&s, second, "correct horse battery");
    CHECK_INT(s.status, 200);
    accept(&s, second, "another horse battery");
    CHECK_INT(s.status, 403);
    AUTO_FREE char *access = login(&s, "correct horse battery");
    CHECK(access);
    ask(&s, "GET", "/codestream/api/audit-events?$filter=action%20eq%20'user.accept'", NULL);
    CHECK_HAS(s.text, "\"user\":\"vera\"");
    CHECK(!strstr(s.text, "sli_"));
    test_server_close(&s);
}

TEST(invitations, are_an_owners_and_for_people_who_may_come)
{
    struct test_server s;
    test_server_open(&s);
    AUTO_FREE char *viewer = test_user(&s, "otto", "viewer", "");
    ask(&s, "POST", USERS, "{\"name\":\"robot\",\"kind\":\"service\"}");
    ask(&s, "POST", USERS, "{\"name\":\"vera\"}");
    ask_as(&s, viewer, "POST", USERS "/vera/invitation", NULL);
    CHECK_INT(s.status, 403);
    ask(&s, "POST", USERS "/robot/invitation", NULL);
    CHECK_INT(s.status, 409);
    ask(&s, "POST", USERS "/nobody/invitation", NULL);
    CHECK_INT(s.status, 404);
    AUTO_FREE char *token = invite(&s);
    ask(&s, "PATCH", USERS "/vera", "{\"disabled\":true}");
    accept(&s, token, "correct horse battery");
    CHECK_INT(s.status, 403);
    ask(&s, "POST", USERS "/vera/invitation", NULL);
    CHECK_INT(s.status, 409);
    test_server_close(&s);
}

TEST(passwords, are_changed_by_who_knows_them_and_that_ends_all_sessions)
{
    struct test_server s;
    test_server_open(&s);
    ask(&s, "POST", USERS, "{\"name\":\"vera\",\"serviceRole\":\"viewer\",\"password\":\"correct horse battery\"}");
    AUTO_FREE char *access = login(&s, "correct horse battery");
    AUTO_FREE char *renewal = mem_format("{\"refreshToken\":\"%s\"}", answered(&s, "refresh_token"));
    ask_as(&s, access, "POST", "/codestream/api/whoami/password", "{\"oldPassword\":\"wrong\",\"newPassword\":\"a new horse battery\"}");
    CHECK_INT(s.status, 403);
    ask_as(&s, access, "POST", "/codestream/api/whoami/password", "{\"oldPassword\":\"correct horse battery\",\"newPassword\":\"a new horse battery\"}");
    CHECK_INT(s.status, 200);
    ask_as(&s, access, "GET", "/codestream/api/whoami", NULL);
    CHECK_INT(s.status, 401);
    ask_as(&s, NULL, "POST", "/iaas/api/login", renewal);
    CHECK_INT(s.status, 401);
    AUTO_FREE char *old = login(&s, "correct horse battery"), *fresh = login(&s, "a new horse battery");
    CHECK(!old && fresh);
    ask(&s, "POST", "/codestream/api/whoami/password", "{\"oldPassword\":\"\",\"newPassword\":\"a new horse battery\"}");
    CHECK_INT(s.status, 409); /* the first administrator has a token alone */
    test_server_close(&s);
}

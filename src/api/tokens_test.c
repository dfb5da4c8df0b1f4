/* API tokens that webhooks lend: service users own them, and people are told before they end. */
#include <string.h>

#include "api/test_server.h"

#define P "/codestream/api"
#define WEBHOOK P "/registry-webhooks/default/w"

static bool run_sql(void *context, struct db_tx *tx, struct err *e)
{
    AUTO(db_rows) rows = db_rows_built(tx, context);
    db_next(rows, e);
    return !db_rows_failed(rows);
}

static void sql(struct test_server *s, const char *text)
{
    struct err e = { 0 };
    CHECK_OK(db_write_now(s->db, run_sql, (void *)text, &e), e);
}

/* A token of the service user "bot", in the webhook w. */
static void lend_bots_token(struct test_server *s, int days)
{
    AUTO_FREE char *make = mem_format("{\"name\":\"hub\",\"user\":\"bot\",\"days\":%d}", days);
    ask(s, "POST", P "/tokens", make);
    CHECK_INT(s->status, 200);
    CHECK_TEXT(answered(s, "user"), "bot");
    CHECK_TEXT(answered(s, "serviceRole"), "executor");
    AUTO_FREE char *save = mem_format("{\"refreshToken\":\"%s\"}", answered(s, "token"));
    ask(s, "PUT", WEBHOOK, save);
    CHECK_INT(s->status, 200);
}

TEST(tokens, of_service_users_are_made_by_owners_and_lent_to_webhooks)
{
    struct test_server s;
    test_server_open(&s);
    test_objects(&s);
    ask(&s, "POST", P "/users", "{\"name\":\"bot\",\"kind\":\"service\",\"serviceRole\":\"executor\",\"password\":\"a long password\"}");
    CHECK_INT(s.status, 400);
    CHECK_HAS(s.text, "a service user has no password");
    ask(&s, "POST", P "/users", "{\"name\":\"bot\",\"kind\":\"service\",\"serviceRole\":\"executor\"}");
    CHECK_INT(s.status, 200);
    CHECK_TEXT(answered(&s, "kind"), "service");
    ask(&s, "GET", P "/users?$filter=kind%20eq%20'service'&$orderby=name%20asc&$top=1", NULL);
    CHECK_INT(json_int_at(s.json, "totalCount", 0), 1);
    CHECK_HAS(s.text, "\"name\":\"bot\"");
    CHECK(!strstr(s.text, "argon2"));
    ask(&s, "PATCH", P "/users/bot", "{\"password\":\"a long password\"}");
    CHECK_INT(s.status, 400);
    ask_as(&s, NULL, "POST", "/csp/gateway/am/api/login", "{\"username\":\"bot\",\"password\":\"\"}");
    CHECK_INT(s.status, 401);
    AUTO_FREE char *developer = test_user(&s, "dora", "developer", "");
    ask_as(&s, developer, "POST", P "/tokens", "{\"name\":\"mine\",\"user\":\"bot\"}");
    CHECK_INT(s.status, 403);
    ask(&s, "POST", P "/tokens", "{\"name\":\"hers\",\"user\":\"dora\"}");
    CHECK_INT(s.status, 403);
    CHECK_HAS(s.text, "is a person: nobody else makes or sees a person's tokens");
    ask(&s, "POST", P "/tokens", "{\"name\":\"x\",\"user\":\"nobody\"}");
    CHECK_INT(s.status, 400);
    static const char *const DAYS[] = { "\"soon\"", "0.5", "\"\"", "true", "-1", "3651", "[1]" }; /* none of them is for ever */
    for (size_t i = 0; i < ALEN(DAYS); i++) {
        AUTO_FREE char *body = mem_format("{\"name\":\"x\",\"days\":%s}", DAYS[i]);
        ask(&s, "POST", P "/tokens", body);
        CHECK_INT(s.status, 400);
        CHECK_HAS(s.text, "a token is valid for 1 to 3650 days");
    }
    lend_bots_token(&s, 0);
    CHECK_TEXT(answered(&s, "apiToken.owner"), "bot");
    CHECK_INT(json_array_size(json_object_get(s.json, "warnings")), 0);
    ask(&s, "GET", P "/tokens?user=bot", NULL);
    CHECK_INT(json_array_size(json_object_get(s.json, "tokens")), 1);
    ask_as(&s, developer, "GET", P "/tokens?user=bot", NULL);
    CHECK_INT(s.status, 403);
    test_server_close(&s);
}

TEST(tokens, warn_before_they_end)
{
    struct test_server s;
    test_server_open(&s);
    test_objects(&s);
    ask(&s, "POST", P "/users", "{\"name\":\"bot\",\"kind\":\"service\",\"serviceRole\":\"executor\"}");
    lend_bots_token(&s, 90);
    CHECK_INT(json_array_size(json_object_get(s.json, "warnings")), 0);
    lend_bots_token(&s, 7);
    CHECK_INT(json_int_at(s.json, "apiToken.expiresIn", 0) / 86400, 6);
    CHECK_HAS(answered(&s, "warnings[0]"), "the API token 'hub' of bot ends in 6 days, at ");
    ask(&s, "GET", P "/tokens?user=bot", NULL);
    CHECK_TEXT(answered(&s, "tokens[1].warnings[0]"), "");
    CHECK_HAS(answered(&s, "tokens[0].warnings[0]"), "webhooks that lend it: w");
    CHECK_INT(json_int_at(s.json, "tokens[0].expiresIn", 0) / 86400, 6);
    sql(&s, "UPDATE tokens SET expires_at = 1 WHERE name = 'hub'");
    ask(&s, "GET", WEBHOOK, NULL);
    CHECK_HAS(answered(&s, "warnings[0]"), "Invalid Oauth Refresh token. Verify webhook configuration. The API token 'hub' of bot has expired.");
    sql(&s, "DELETE FROM tokens WHERE name = 'hub'");
    ask(&s, "GET", WEBHOOK, NULL);
    CHECK_TEXT(answered(&s, "warnings[0]"), "Invalid Oauth Refresh token. Verify webhook configuration.");
    ask(&s, "GET", "/metrics", NULL);
    CHECK_HAS(s.text, "\nslipway_token_expiry_seconds{token=\"t1\"} 86");
    test_server_close(&s);
}

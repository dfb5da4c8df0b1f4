/* Users and API tokens. */
#include <string.h>

#include "api/resources.h"
#include "base/clock.h"
#include "base/mem.h"
#include "runner/tokens.h"

enum { USER_GROUPS = 50 };

/* ---- users: an owner's matter */

static json_t *user_json(const struct user_row *row)
{
    json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b}", "id", row->uuid, "name", row->name, "email", row->email, "kind",
                             row->kind, "orgRole", row->org_role, "serviceRole", row->service_role, "disabled", row->disabled,
                             "hasPassword", *row->password != 0);
    json_object_set_new(json, "groups", row->groups ? json_incref(row->groups) : json_array());
    json_set_time(json, "createdAt", NULL, row->created_at);
    return json;
}

static bool user_load(struct call *c, int64_t id, json_t **ret, struct err *e)
{
    struct user_row row = { 0 };
    if (!user_get(c->tx, id, &row, e))
        return false;
    *ret = user_json(&row);
    user_row_fini(&row);
    return true;
}

bool users_list(struct call *c, struct err *e)
{
    return call_list(c, &(struct list_view){ .source = &LIST_USERS, .load = user_load }, e);
}

static bool roles_ok(const struct user_row *row, struct err *e)
{
    if (!auth_org_role_ok(row->org_role))
        return err_field(e, "orgRole", "orgRole is owner or member");
    return auth_service_role_ok(row->service_role) ||
           err_field(e, "serviceRole", "serviceRole is administrator, developer, executor, viewer or empty");
}

static void put_text(char **member, const char *text)
{
    if (text) {
        free(*member);
        *member = mem_text(text);
    }
}

/* Names that approvals may name; "groups" that is not there keeps those that are. */
static bool take_groups(struct call *c, struct user_row *row, struct err *e)
{
    json_t *groups = json_object_get(c->body, "groups");
    if (!groups)
        return true;
    if (!json_is_array(groups) || json_array_size(groups) > USER_GROUPS)
        return err_field(e, "groups", "groups is a list of at most %d names", USER_GROUPS);
    for (size_t i = 0; i < json_array_size(groups); i++)
        if (!name_ok(json_string_value(json_array_get(groups, i)), "group", e))
            return false;
    json_decref(row->groups);
    row->groups = json_incref(groups);
    return true;
}

/* The password's hash waits in c->context, from a thread where it may take its time. */
static bool take_body(struct call *c, struct user_row *row, struct err *e)
{
    put_text(&row->email, call_text(c, "email", NULL));
    put_text(&row->org_role, call_text(c, "orgRole", NULL));
    put_text(&row->service_role, call_text(c, "serviceRole", NULL));
    put_text(&row->password, c->context);
    return take_groups(c, row, e) && json_take_bool(c->body, "disabled", &row->disabled, e);
}

/* Service users stand in for a person's token: they come by API tokens only. */
static bool password_ok(struct call *c, const struct user_row *row, struct err *e)
{
    return !text_is(row->kind, "service") || !c->context ||
           err_field(e, "password", "a service user has no password: it comes with API tokens only (POST tokens, user: '%.100s')", row->name);
}

static bool user_insert_hashed(struct call *c, struct err *e)
{
    const char *name = call_text(c, "name", NULL), *kind = call_text(c, "kind", "person");
    struct user_row row = { .name = mem_text(name), .email = mem_text(""), .kind = mem_text(kind), .org_role = mem_text("member"),
                            .service_role = mem_text(""), .password = mem_text("") };
    bool ok = take_body(c, &row, e) && name_ok(name, "user", e) && roles_ok(&row, e);
    if (ok && !text_is(kind, "person") && !text_is(kind, "service"))
        ok = err_field(e, "kind", "kind is person or service");
    ok = ok && password_ok(c, &row, e) && user_insert(c->tx, &row, e) && call_audit(c, 0, "user.create", name, row.service_role, e);
    if (ok)
        ok = call_answer(c, 200, user_json(&row));
    user_row_fini(&row);
    return ok;
}

static bool owners_left(struct call *c, struct err *e)
{
    int64_t owners = 0;
    return user_owners(c->tx, &owners, e) && (owners > 0 || err_set(e, ERR_CONFLICT, "one owner must be left"));
}

static bool find_user(struct call *c, struct user_row *ret, struct err *e)
{
    int64_t id = 0;
    if (!user_find(c->tx, c->parameters[0], &id, e))
        return false;
    return id ? user_get(c->tx, id, ret, e) : err_set(e, ERR_NOT_FOUND, "there is no user '%s'", c->parameters[0]);
}

static bool user_update_hashed(struct call *c, struct err *e)
{
    struct user_row row = { 0 };
    if (!find_user(c, &row, e))
        return false;
    bool ok = take_body(c, &row, e) && roles_ok(&row, e) && password_ok(c, &row, e) && user_update(c->tx, &row, e) && owners_left(c, e) &&
              (!c->context || access_end(c->tx, row.id, e)) && call_audit(c, 0, "user.update", row.name, row.service_role, e) &&
              call_answer(c, 200, user_json(&row));
    user_row_fini(&row);
    return ok;
}

static bool hash_then(struct call *c, bool (*handle)(struct call *c, struct err *e), struct err *e)
{
    const char *password = call_text(c, "password", NULL);
    char *hash = NULL;
    if (!text_empty(password) && !auth_password_hash(password, &hash, e))
        return false;
    c->context = hash;
    c->context_free = free;
    c->next = (struct stage){ CALL_WRITE, handle };
    return true;
}

bool user_create(struct call *c, struct err *e)
{
    return hash_then(c, user_insert_hashed, e);
}

bool user_change(struct call *c, struct err *e)
{
    return hash_then(c, user_update_hashed, e);
}

bool user_remove(struct call *c, struct err *e)
{
    struct user_row row = { 0 };
    if (!find_user(c, &row, e))
        return false;
    bool ok = row.id != c->who.user_id || err_set(e, ERR_CONFLICT, "nobody deletes himself");
    ok = ok && user_delete(c->tx, row.id, e) && owners_left(c, e) && call_audit(c, 0, "user.delete", row.name, "", e) &&
         call_answer(c, 200, user_json(&row));
    user_row_fini(&row);
    return ok;
}

/* ---- API tokens: everybody's own */

static json_t *token_json(const struct token_row *row)
{
    json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "id", row->uuid, "name", row->name, "user", row->user, "orgRole",
                             row->org_role, "serviceRole", row->service_role, "revoked", row->revoked_at != 0);
    json_set_time(json, "createdAt", NULL, row->created_at);
    if (row->expires_at) {
        json_set_time(json, "expiresAt", NULL, row->expires_at);
        json_object_set_new(json, "expiresIn", json_integer((row->expires_at - clock_now()) / CLOCK_SECOND));
    }
    if (row->used_at)
        json_set_time(json, "usedAt", NULL, row->used_at);
    return json;
}

static void add_token(void *context, const struct token_row *row)
{
    json_array_append_new(context, token_json(row));
}

/* Whose tokens: one's own, or those of a service user (name or id), which owners manage. NULL is oneself. The caller's row. */
static bool token_user(struct call *c, const char *name, struct user_row *ret, struct err *e)
{
    int64_t id = c->who.user_id;
    bool other = !text_empty(name) && !text_is(name, c->who.name);
    if (other && !auth_may(&c->who, 0, MAY_OWN))
        return err_set(e, ERR_FORBIDDEN, "only an owner manages the tokens of service users");
    if (other && !user_find(c->tx, name, &id, e))
        return false;
    if (!id)
        return err_field(e, "user", "there is no user '%.100s'", name);
    if (!user_get(c->tx, id, ret, e))
        return false;
    if (!other || text_is(ret->kind, "service") || id == c->who.user_id)
        return true;
    user_row_fini(ret);
    return err_set(e, ERR_FORBIDDEN, "'%.100s' is a person: nobody else makes or sees a person's tokens", name);
}

/* The owner is told before webhooks stop: what ends soon warns, and names those that lend it. */
static bool add_warnings(struct call *c, json_t *token, struct err *e)
{
    struct lent_token lent;
    bool found = false;
    char says[700];
    json_t *warnings = json_array();
    json_object_set_new(token, "warnings", warnings);
    if (json_bool_at(token, "revoked", false))
        return true;
    if (!lent_token_by_uuid(c->tx, json_text_at(token, "id", ""), clock_now(), &lent, &found, e))
        return false;
    token_says(found ? &lent : NULL, clock_now(), says);
    if (!found || !*says)
        return true;
    AUTO_FREE char *whole = mem_format("%s%s%s", says, *lent.webhooks ? "; webhooks that lend it: " : "", lent.webhooks);
    json_array_append_new(warnings, json_string(whole));
    return true;
}

bool tokens_list(struct call *c, struct err *e)
{
    AUTO_JSON *tokens = json_array();
    AUTO_FREE char *name = call_query(c, "user");
    struct user_row user = { 0 };
    size_t i;
    json_t *token;
    bool ok = token_user(c, name, &user, e) && tokens_of_user(c->tx, user.id, add_token, tokens, e);
    user_row_fini(&user);
    json_array_foreach(tokens, i, token)
        ok = ok && add_warnings(c, token, e);
    return ok && call_answer(c, 200, json_pack("{s:O}", "tokens", tokens));
}

/* What is no whole number is refused, and not taken for 0, which is for ever. */
static int64_t days_of(const json_t *body)
{
    const json_t *days = json_object_get(body, "days");
    if (!days || json_is_null(days))
        return 0;
    return json_is_integer(days) || json_is_string(days) ? json_int_at(body, "days", -1) : -1;
}

/* No token gives more than the one it was made with. */
static bool token_insert_for(struct call *c, const struct user_row *user, struct err *e)
{
    AUTO_FREE char *plain = NULL;
    bool mine = user->id == c->who.user_id;
    int64_t days = days_of(c->body);
    const char *service = call_text(c, "serviceRole", mine ? auth_service_name(c->who.service) : user->service_role),
               *org = call_text(c, "orgRole", mine ? c->who.org_role : "member");
    struct token_row row = { .user_id = user->id, .user = user->name, .name = (char *)call_text(c, "name", NULL),
                             .org_role = (char *)auth_lesser_org(org, c->who.org_role), .service_role = (char *)service,
                             .created_at = clock_now() };
    if (!name_ok(row.name, "token", e))
        return false;
    if (!auth_service_role_ok(service) || !auth_org_role_ok(org))
        return err_field(e, "serviceRole", "serviceRole is administrator, developer, executor, viewer or empty; orgRole owner or member");
    if (days < 0 || days > 3650)
        return err_field(e, "days", "a token is valid for 1 to 3650 days; 0: for ever");
    if (c->who.capped) /* "" would take the cap off */
        row.service_role = (char *)(text_empty(service) ? auth_service_name(c->who.most)
                                                        : auth_lesser_service(service, auth_service_name(c->who.most)));
    row.expires_at = days ? row.created_at + days * CLOCK_DAY : 0;
    if (!auth_token_create(c->tx, &row, &plain, e) || !call_audit(c, 0, "token.create", row.uuid, row.name, e))
        return false;
    json_t *json = token_json(&row);
    json_set_text(json, "token", plain); /* shown this once */
    return call_answer(c, 200, json);
}

bool token_create(struct call *c, struct err *e)
{
    struct user_row user = { 0 };
    bool ok = token_user(c, call_text(c, "user", NULL), &user, e) && token_insert_for(c, &user, e);
    user_row_fini(&user);
    return ok;
}

bool token_remove(struct call *c, struct err *e)
{
    struct token_row row = { 0 };
    bool found = false;
    if (!token_get(c->tx, c->parameters[0], &row, &found, e))
        return false;
    bool mine = found && (row.user_id == c->who.user_id || auth_may(&c->who, 0, MAY_OWN));
    bool ok = (mine || err_set(e, ERR_NOT_FOUND, "there is no token %s", c->parameters[0])) && token_revoke(c->tx, row.id, e) &&
              call_audit(c, 0, "token.revoke", row.uuid, row.name, e) && call_answer(c, 200, token_json(&row));
    token_row_fini(&row);
    return ok;
}

/* Users and API tokens. */
#include <string.h>

#include "api/resources.h"
#include "base/clock.h"
#include "base/mem.h"

/* ---- users: an owner's matter */

static json_t *user_json(const struct user_row *row)
{
    json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b}", "id", row->uuid, "name", row->name, "email", row->email, "kind",
                             row->kind, "orgRole", row->org_role, "serviceRole", row->service_role, "disabled", row->disabled,
                             "hasPassword", *row->password != 0);
    json_set_time(json, "createdAt", NULL, row->created_at);
    return json;
}

static void add_user(void *context, const struct user_row *row)
{
    json_array_append_new(context, user_json(row));
}

bool users_list(struct call *c, struct err *e)
{
    json_t *users = json_array();
    if (!users_each(c->tx, add_user, users, e)) {
        json_decref(users);
        return false;
    }
    return call_answer(c, 200, json_pack("{s:o}", "users", users));
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

/* The password's hash waits in c->context, from a thread where it may take its time. */
static void take_body(struct call *c, struct user_row *row)
{
    put_text(&row->email, call_text(c, "email", NULL));
    put_text(&row->org_role, call_text(c, "orgRole", NULL));
    put_text(&row->service_role, call_text(c, "serviceRole", NULL));
    put_text(&row->password, c->context);
    row->disabled = json_bool_at(c->body, "disabled", row->disabled);
}

static bool user_insert_hashed(struct call *c, struct err *e)
{
    const char *name = call_text(c, "name", NULL), *kind = call_text(c, "kind", "person");
    struct user_row row = { .name = mem_text(name), .email = mem_text(""), .kind = mem_text(kind), .org_role = mem_text("member"),
                            .service_role = mem_text(""), .password = mem_text("") };
    take_body(c, &row);
    bool ok = name_ok(name, "user", e) && roles_ok(&row, e);
    if (ok && !text_is(kind, "person") && !text_is(kind, "service"))
        ok = err_field(e, "kind", "kind is person or service");
    ok = ok && user_insert(c->tx, &row, e) && call_audit(c, 0, "user.create", name, row.service_role, e);
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
    take_body(c, &row);
    bool ok = roles_ok(&row, e) && user_update(c->tx, &row, e) && owners_left(c, e) &&
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
    if (row->expires_at)
        json_set_time(json, "expiresAt", NULL, row->expires_at);
    if (row->used_at)
        json_set_time(json, "usedAt", NULL, row->used_at);
    return json;
}

static void add_token(void *context, const struct token_row *row)
{
    json_array_append_new(context, token_json(row));
}

bool tokens_list(struct call *c, struct err *e)
{
    json_t *tokens = json_array();
    if (!tokens_of_user(c->tx, c->who.user_id, add_token, tokens, e)) {
        json_decref(tokens);
        return false;
    }
    return call_answer(c, 200, json_pack("{s:o}", "tokens", tokens));
}

/* No token gives more than the one it was made with. */
bool token_create(struct call *c, struct err *e)
{
    AUTO_FREE char *plain = NULL;
    int64_t days = json_int_at(c->body, "days", 0);
    const char *service = call_text(c, "serviceRole", auth_service_name(c->who.service)), *org = call_text(c, "orgRole", c->who.org_role);
    struct token_row row = { .user_id = c->who.user_id, .user = c->who.name, .name = (char *)call_text(c, "name", NULL),
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

/* Passwords that people set themselves: by an invitation, which is a link that an owner hands over, and by showing the one they have.
 * argon2id takes its time, so it is reckoned on a reader's thread; the writer looks again before it keeps the result. */
#include <string.h>

#include "api/resources.h"
#include "base/clock.h"
#include "base/mem.h"

#define INVITATION_MICROS (7 * 24 * CLOCK_HOUR)

/* ---- an owner invites */

bool user_invite(struct call *c, struct err *e)
{
    struct user_row row = { 0 };
    AUTO_FREE char *token = NULL, *hash = NULL, *url = NULL;
    int64_t id = 0, expires_at = clock_now() + INVITATION_MICROS;
    if (!user_find(c->tx, c->parameters[0], &id, e))
        return false;
    if (!id || !user_get(c->tx, id, &row, e))
        return !id && err_set(e, ERR_NOT_FOUND, "there is no user '%s'", c->parameters[0]);
    bool ok = !text_is(row.kind, "service") || err_set(e, ERR_CONFLICT, "a service user has no password, so nobody is invited");
    ok = ok && (!row.disabled || err_set(e, ERR_CONFLICT, "'%s' is locked: unlock the user first", row.name));
    token = auth_token_random("sli_");
    hash = auth_token_hash(token);
    /* Behind the #: a fragment is not sent, so the token stands in no server's and no proxy's log. */
    url = mem_format("%s/invitation#%s", text_empty(c->api->external_url) ? "" : c->api->external_url, token);
    ok = ok && invitation_put(c->tx, id, hash, expires_at, e) && call_audit(c, 0, "user.invite", row.name, "", e);
    if (ok) {
        json_t *json = json_pack("{s:s, s:s, s:s}", "user", row.name, "url", url, "token", token);
        json_set_time(json, "expiresAt", NULL, expires_at);
        call_answer(c, 200, json);
    }
    user_row_fini(&row);
    return ok;
}

/* ---- the invited accepts */

static bool find_invited(struct call *c, struct user_row *ret, struct err *e)
{
    AUTO_FREE char *hash = auth_token_hash(call_text(c, "token", ""));
    int64_t id = 0;
    if (!invitation_find(c->tx, hash, clock_now(), &id, e))
        return false;
    return id ? user_get(c->tx, id, ret, e)
              : err_set(e, ERR_FORBIDDEN, "this invitation was used, has expired or never was: ask an owner of the organization for another one");
}

static bool keep_password(struct call *c, struct user_row *row, const char *action, struct err *e)
{
    free(row->password);
    row->password = mem_text(c->context);
    return user_update(c->tx, row, e) && invitation_delete(c->tx, row->id, e) && access_end(c->tx, row->id, e) &&
           audit_add(c->tx, 0, row->name, action, row->name, c->request->remote, e) && call_answer(c, 200, json_pack("{s:s}", "name", row->name));
}

static bool accept_hashed(struct call *c, struct err *e)
{
    struct user_row row = { 0 };
    bool ok = find_invited(c, &row, e) && keep_password(c, &row, "user.accept", e);
    user_row_fini(&row);
    return ok;
}

static bool hash_then(struct call *c, const char *password, bool (*handle)(struct call *c, struct err *e), struct err *e)
{
    char *hash = NULL;
    if (!auth_password_hash(password, &hash, e))
        return false;
    c->context = hash;
    c->context_free = free;
    c->next = (struct stage){ CALL_WRITE, handle };
    return true;
}

/* Without a password it says whose it is, and changes nothing. */
bool invitation_accept(struct call *c, struct err *e)
{
    struct user_row row = { 0 };
    const char *password = call_text(c, "password", NULL);
    if (!find_invited(c, &row, e))
        return false;
    bool ok = password ? hash_then(c, password, accept_hashed, e) : call_answer(c, 200, json_pack("{s:s}", "name", row.name));
    user_row_fini(&row);
    return ok;
}

/* ---- one's own */

static bool change_hashed(struct call *c, struct err *e)
{
    struct user_row row = { 0 };
    bool ok = user_get(c->tx, c->who.user_id, &row, e) && keep_password(c, &row, "user.password", e);
    user_row_fini(&row);
    return ok;
}

bool password_change(struct call *c, struct err *e)
{
    struct user_row row = { 0 };
    const char *old = call_text(c, "oldPassword", ""), *password = call_text(c, "newPassword", "");
    if (!user_get(c->tx, c->who.user_id, &row, e))
        return false;
    bool ok = *row.password || err_set(e, ERR_CONFLICT, "you have no password yet: an owner of the organization invites you to set one");
    ok = ok && (auth_password_ok(row.password, old) || err_set(e, ERR_FORBIDDEN, "the current password is wrong"));
    user_row_fini(&row);
    return ok && hash_then(c, password, change_hashed, e);
}

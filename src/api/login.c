/* Code Stream's ways to log in: tokens and passwords for access tokens. */
#include <string.h>

#include "api/resources.h"
#include "base/clock.h"
#include "base/mem.h"

#define LOGIN_MICROS (24 * CLOCK_HOUR) /* of the API token that a login by password gives */

struct login {
    int64_t user_id;
    char *access, *refresh, *name, *org_role, *service_role;
};

static void login_free(void *context)
{
    struct login *l = context;
    free(l->access);
    free(l->refresh);
    free(l->name);
    free(l->org_role);
    free(l->service_role);
    free(l);
}

static struct login *login_of(struct call *c)
{
    if (!c->context) {
        c->context = NEW(struct login);
        c->context_free = login_free;
    }
    return c->context;
}

/* ---- by API token */

static bool exchange(struct call *c, const char *token, char **ret, struct err *e)
{
    int64_t user = 0;
    if (text_empty(token))
        return err_set(e, ERR_UNAUTHORIZED, "the refresh token is missing");
    return auth_exchange(c->tx, token, ret, &user, e);
}

bool login_iaas(struct call *c, struct err *e)
{
    AUTO_FREE char *access = NULL;
    return exchange(c, call_text(c, "refreshToken", NULL), &access, e) &&
           call_answer(c, 200, json_pack("{s:s, s:s}", "tokenType", "Bearer", "token", access));
}

static json_t *oauth_answer(const char *access, const char *refresh)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i}", "access_token", access, "refresh_token", refresh, "id_token", access,
                     "token_type", "bearer", "scope", "openid", "expires_in", (int)(AUTH_ACCESS_MICROS / CLOCK_SECOND));
}

/* A form, or JSON. */
bool login_authorize(struct call *c, struct err *e)
{
    AUTO_FREE char *form = http_query_get(c->request->body, "refresh_token");
    AUTO_FREE char *query = call_query(c, "refresh_token");
    AUTO_JSON *json = NULL;
    AUTO_FREE char *access = NULL;
    const char *token = form ? form : query;
    if (!token && json_read(c->request->body, c->request->body_size, &json, NULL))
        token = json_text_at(json, "refresh_token", NULL);
    return exchange(c, token, &access, e) && call_answer(c, 200, oauth_answer(access, token));
}

/* ---- by password: checked on a reader's thread (it takes long), kept on the writer's */

static bool login_give(struct call *c, struct err *e)
{
    struct login *l = login_of(c);
    struct token_row row = { .user_id = l->user_id, .name = (char *)"login by password", .org_role = l->org_role,
                             .service_role = l->service_role, .expires_at = clock_now() + LOGIN_MICROS };
    return auth_token_create(c->tx, &row, &l->refresh, e) && auth_access_create(c->tx, l->user_id, row.id, &l->access, e) &&
           audit_add(c->tx, 0, l->name, "login", l->name, c->request->remote, e);
}

static bool password_fits(struct call *c, struct err *e)
{
    struct login *l = login_of(c);
    struct user_row user = { 0 };
    const char *name = call_text(c, "username", ""), *password = call_text(c, "password", "");
    int64_t id = 0;
    if (!user_find(c->tx, name, &id, e) || (id && !user_get(c->tx, id, &user, e)))
        return false;
    bool ok = auth_password_ok(id ? user.password : "", password) && !user.disabled;
    l->user_id = id;
    l->name = mem_text(user.name);
    l->org_role = mem_text(user.org_role);
    l->service_role = mem_text(user.service_role);
    user_row_fini(&user);
    return ok || err_set(e, ERR_UNAUTHORIZED, "user name or password is wrong");
}

static bool answer_csp(struct call *c, struct err *e)
{
    struct login *l = login_of(c);
    return login_give(c, e) && call_answer(c, 200, json_pack("{s:s, s:s, s:s}", "refresh_token", l->refresh, "access_token", l->access,
                                                             "cspAuthToken", l->access));
}

static bool answer_idp(struct call *c, struct err *e)
{
    struct login *l = login_of(c);
    return login_give(c, e) && call_answer(c, 200, oauth_answer(l->access, l->refresh));
}

bool login_csp(struct call *c, struct err *e)
{
    c->next = (struct stage){ CALL_WRITE, answer_csp };
    return password_fits(c, e);
}

bool login_idp(struct call *c, struct err *e)
{
    c->next = (struct stage){ CALL_WRITE, answer_idp };
    return password_fits(c, e);
}

/* ---- who am I? */

bool preferences_get(struct call *c, struct err *e)
{
    (void)e;
    return call_answer(c, 200, json_pack("{s:s, s:s, s:{}}", "_link", API_PREFIX "/user-preferences", "userName", c->who.name, "preferences"));
}

bool whoami_get(struct call *c, struct err *e)
{
    json_t *projects = json_array();
    for (size_t i = 0; i < c->who.project_count; i++) {
        struct object project = { 0 };
        if (!project_get(c->tx, c->who.projects[i].id, &project, e)) {
            json_decref(projects);
            return false;
        }
        enum auth_level level = c->who.projects[i].level;
        const char *role = level >= AUTH_RESTRICTED ? "administrator" : level >= AUTH_DEVELOP ? "member" : "viewer";
        json_array_append_new(projects, json_pack("{s:s, s:s, s:s}", "id", project.uuid, "name", project.name, "role", role));
        object_fini(&project);
    }
    struct user_row row = { 0 };
    if (!user_get(c->tx, c->who.user_id, &row, e)) {
        json_decref(projects);
        return false;
    }
    bool has_password = *row.password;
    user_row_fini(&row);
    return call_answer(c, 200, json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:o}", "id", c->who.uuid, "name", c->who.name, "email", c->who.email,
                                         "orgRole", c->who.org_role, "serviceRole", auth_service_name(c->who.service), "hasPassword", has_password, "projects", projects));
}

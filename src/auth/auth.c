#include "auth/auth.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

static const struct role {
    const char *name;
    enum auth_level level;
} SERVICE_ROLES[] = { { "", AUTH_NOTHING },
                      { "viewer", AUTH_VIEW },
                      { "executor", AUTH_EXECUTE },
                      { "developer", AUTH_DEVELOP },
                      { "administrator", AUTH_ADMINISTER } },
  PROJECT_ROLES[] = { { "viewer", AUTH_VIEW }, { "member", AUTH_DEVELOP }, { "administrator", AUTH_RESTRICTED } };

static const struct role *role_find(const struct role *roles, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (text_is(roles[i].name, name))
            return &roles[i];
    return NULL;
}

/* An unknown role, of a newer version perhaps, gives nothing. */
static enum auth_level service_level(const char *name)
{
    const struct role *role = role_find(SERVICE_ROLES, ALEN(SERVICE_ROLES), name);
    return role ? role->level : AUTH_NOTHING;
}

bool auth_service_role_ok(const char *role)
{
    return role_find(SERVICE_ROLES, ALEN(SERVICE_ROLES), role) != NULL;
}

bool auth_project_role_ok(const char *role)
{
    return role_find(PROJECT_ROLES, ALEN(PROJECT_ROLES), role) != NULL;
}

bool auth_org_role_ok(const char *role)
{
    return text_is(role, "owner") || text_is(role, "member");
}

const char *auth_service_name(enum auth_level level)
{
    for (size_t i = ALEN(SERVICE_ROLES); i-- > 0;)
        if (SERVICE_ROLES[i].level <= level)
            return SERVICE_ROLES[i].name;
    return "";
}

const char *auth_lesser_service(const char *a, const char *b)
{
    enum auth_level left = service_level(a), right = service_level(b);
    return auth_service_name(left < right ? left : right);
}

const char *auth_lesser_org(const char *a, const char *b)
{
    return text_is(a, "owner") && text_is(b, "owner") ? "owner" : "member";
}

const char *auth_action_name(enum auth_action action)
{
    static const char *const NAMES[] = { "ask", "sign in", "view", "execute", "develop", "change what is restricted", "administer",
                                         "own the organization" };
    return NAMES[action];
}

void who_fini(struct who *who)
{
    free(who->name);
    free(who->email);
    free(who->projects);
    *who = (struct who){ 0 };
}

static enum auth_level level_in(const struct who *who, int64_t project_id)
{
    enum auth_level level = who->service;
    for (size_t i = 0; i < who->project_count; i++)
        if ((!project_id || who->projects[i].id == project_id) && who->projects[i].level > level)
            level = who->projects[i].level;
    return level;
}

bool auth_may(const struct who *who, int64_t project_id, enum auth_action action)
{
    static const enum auth_level NEEDED[] = { [MAY_VIEW] = AUTH_VIEW,
                                              [MAY_EXECUTE] = AUTH_EXECUTE,
                                              [MAY_DEVELOP] = AUTH_DEVELOP,
                                              [MAY_RESTRICTED] = AUTH_RESTRICTED,
                                              [MAY_ADMINISTER] = AUTH_ADMINISTER };
    if (action == MAY_ANYBODY)
        return true;
    if (!who->user_id)
        return false;
    if (action == MAY_SIGNED_IN)
        return true;
    if (action == MAY_OWN)
        return text_is(who->org_role, "owner");
    return level_in(who, project_id) >= NEEDED[action];
}

bool auth_everywhere(const struct who *who)
{
    return who->service >= AUTH_VIEW;
}

/* ---- who comes with this token */

const char *auth_bearer(const char *authorization)
{
    if (!authorization || strncasecmp(authorization, "Bearer ", 7))
        return NULL;
    const char *token = authorization + 7;
    while (*token == ' ')
        token++;
    return *token ? token : NULL;
}

struct collect {
    struct who *who;
    enum auth_level most;
};

static void add_project(void *context, int64_t project_id, const char *role)
{
    struct collect *c = context;
    const struct role *found = role_find(PROJECT_ROLES, ALEN(PROJECT_ROLES), role);
    if (!found)
        return;
    c->who->projects = mem_resize(c->who->projects, (c->who->project_count + 1) * sizeof *c->who->projects);
    c->who->projects[c->who->project_count++] =
        (struct who_project){ project_id, found->level < c->most ? found->level : c->most };
}

static bool who_of(struct db_tx *tx, const struct access_row *row, struct who *ret, struct err *e)
{
    bool token = row->token_id != 0;
    *ret = (struct who){ .user_id = row->user_id, .token_id = row->token_id, .name = mem_text(row->name), .email = mem_text(row->email) };
    snprintf(ret->uuid, sizeof ret->uuid, "%s", row->uuid);
    ret->org_role = token ? auth_lesser_org(row->org_role, row->token_org_role) : auth_lesser_org(row->org_role, "owner");
    enum auth_level own = service_level(row->service_role), most = token ? service_level(row->token_service_role) : AUTH_ADMINISTER;
    ret->service = own < most ? own : most;
    ret->capped = token && !text_empty(row->token_service_role);
    ret->most = ret->capped ? most : AUTH_ADMINISTER;
    struct collect c = { ret, ret->most };
    return members_of_user(tx, row->user_id, add_project, &c, e);
}

/* Ends row. */
static bool who_take(struct db_tx *tx, struct access_row *row, struct who *ret, struct err *e)
{
    struct who who = { 0 };
    bool ok = who_of(tx, row, &who, e);
    access_row_fini(row);
    if (ok)
        *ret = who;
    else
        who_fini(&who);
    return ok;
}

bool auth_who(struct db_tx *tx, const char *access_token, struct who *ret, struct err *e)
{
    struct access_row row = { 0 };
    bool found = false;
    AUTO_FREE char *hash = auth_token_hash(access_token);
    if (!access_find(tx, hash, clock_now(), &row, &found, e))
        return false;
    if (!found)
        return err_set(e, ERR_UNAUTHORIZED, "the access token is unknown, revoked or no longer valid");
    return who_take(tx, &row, ret, e);
}

bool auth_who_token(struct db_tx *tx, const char *token_hash, struct who *ret, bool *ret_found, struct err *e)
{
    struct access_row row = { 0 };
    *ret_found = false;
    return access_of_token(tx, token_hash, clock_now(), &row, ret_found, e) && (!*ret_found || who_take(tx, &row, ret, e));
}

bool auth_who_acting(struct db_tx *tx, int64_t user_id, int64_t token_id, struct who *ret, bool *ret_found, struct err *e)
{
    struct access_row row = { 0 };
    *ret_found = false;
    return access_acting(tx, user_id, token_id, clock_now(), &row, ret_found, e) && (!*ret_found || who_take(tx, &row, ret, e));
}

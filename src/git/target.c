#include "git/target.h"

#include <string.h>

#include "base/mem.h"

/* ---- addresses */

struct server {
    const char *type;
    const char *user;      /* that a token goes with when none is named */
    const char *api, *web; /* the host of its API, and of its repositories; NULL: the same */
    const char *prefixes[3]; /* of the API's paths */
    const char *between;   /* of "projects/KEY/repos/NAME"; NULL: there is none */
    const char *put;       /* before the path of a repository */
    bool suffix;           /* repositories end with .git */
};

static const struct server SERVERS[] = {
    { "GitHub", "x-access-token", "api.github.com", "github.com", { "repos/" }, NULL, "", true },
    { "GitHub-Enterprise", "x-access-token", NULL, NULL, { "api/v3/repos/", "api/v3/" }, NULL, "", true },
    { "GitLab", "oauth2", NULL, NULL, { "api/v4/projects/" }, NULL, "", true },
    { "GitLab-Enterprise", "oauth2", NULL, NULL, { "api/v4/projects/" }, NULL, "", true },
    { "Bitbucket", "x-token-auth", "api.bitbucket.org", "bitbucket.org", { "2.0/repositories/" }, NULL, "", true },
    { "Bitbucket-Enterprise", "x-token-auth", NULL, NULL, { "rest/api/1.0/projects/", "rest/api/1.0/users/~" }, "/repos/", "scm/", true },
    { "Gitea", "oauth2", NULL, NULL, { "api/v1/repos/" }, NULL, "", true },
    { "generic", "git", NULL, NULL, { NULL }, NULL, "", false },
};

static const struct server *server_of(const char *type)
{
    for (size_t i = 0; i < ALEN(SERVERS); i++)
        if (text_is_any_case(SERVERS[i].type, type))
            return &SERVERS[i];
    return NULL;
}

static const struct server *server_named(const char *type, struct err *e)
{
    const struct server *server = server_of(text_empty(type) ? "generic" : type);
    if (!server)
        err_field(e, "serverType", "serverType is '%.40s', not GitHub, GitLab, Bitbucket (each also with -Enterprise), Gitea or generic", type);
    return server;
}

/* "acme%2Fshop", "projects/KEY/repos/shop" -> "acme/shop", "scm/KEY/shop". */
static bool repository_path(const struct server *s, const char *path, struct text *out, struct err *e)
{
    bool api = false;
    for (size_t i = 0; i < ALEN(s->prefixes) && s->prefixes[i] && !api; i++)
        if ((api = text_starts(path, s->prefixes[i])))
            path += strlen(s->prefixes[i]) - (text_ends(s->prefixes[i], "~") ? 1 : 0);
    AUTO_FREE char *decoded = text_url_decode(path, strlen(path), false);
    if (!decoded || !strchr(decoded, '/') || strstr(decoded, ".."))
        return err_field(e, "repoURL", "'%.120s' names no repository: owner and name are missing", path);
    const char *between = s->between && api ? strstr(decoded, s->between) : NULL;
    if (api)
        text_add(out, s->put);
    if (between)
        text_addf(out, "%.*s/%s", (int)(between - decoded), decoded, between + strlen(s->between));
    else
        text_add(out, decoded);
    if (s->suffix && !text_ends(out->at, ".git"))
        text_add(out, ".git");
    return true;
}

bool git_clone_url(const char *server_type, const char *url, char **ret, struct err *e)
{
    const struct server *s = server_named(server_type, e);
    if (!s)
        return false;
    const char *host = text_starts(url, "https://") ? url + 8 : text_starts(url, "http://") ? url + 7 : NULL, *slash = host ? strchr(host, '/') : NULL;
    if (!host || strpbrk(url, " \t\r\n@?#\"\\"))
        return err_field(e, "repoURL", "'%.120s' is no address of a repository: https://host/owner/name, without user or password", url);
    if (!slash || slash == host || !slash[1])
        return err_field(e, "repoURL", "'%.120s' names no repository: owner and name are missing", url);
    AUTO_FREE char *name = mem_text_n(host, (size_t)(slash - host));
    AUTO_TEXT out = { 0 };
    text_addf(&out, "%.*s%s/", (int)(host - url), url, s->api && text_is_any_case(name, s->api) ? s->web : name);
    AUTO_FREE char *path = mem_text(slash + 1);
    for (size_t n = strlen(path); n && path[n - 1] == '/'; n--)
        path[n - 1] = 0;
    if (s->suffix ? !repository_path(s, path, &out, e) : (text_add(&out, path), false))
        return false;
    *ret = text_take(&out);
    return true;
}

/* ---- who we are */

static bool take_login(struct git_target *t, const struct server *s, const json_t *properties, struct err *e)
{
    const char *type = json_text_at(properties, "authType", ""), *user = json_text_at(properties, "userName", "");
    const char *token = json_text_at(properties, "privateToken", ""), *password = json_text_at(properties, "password", "");
    user = *user ? user : json_text_at(properties, "username", "");
    bool by_token = text_is_any_case(type, "privateToken"), by_password = text_is_any_case(type, "password");
    if (*type && !by_token && !by_password && !text_is_any_case(type, "none"))
        return err_field(e, "authType", "authType is '%.40s', not privateToken, password or none", type);
    if (by_token && !*token)
        return err_field(e, "privateToken", "authType privateToken needs the token (privateToken)");
    if (by_password && (!*user || !*password))
        return err_field(e, *user ? "password" : "userName", "authType password needs userName and password");
    const char *secret = by_token ? token : by_password ? password : *type ? "" : *token ? token : password;
    if (!*secret) {
        t->authorization = mem_text("");
        return true;
    }
    AUTO_FREE char *pair = mem_format("%s:%s", *user ? user : s->user, secret), *encoded = text_base64(pair, strlen(pair));
    t->authorization = mem_format("Basic %s", encoded);
    explicit_bzero(pair, strlen(pair));
    explicit_bzero(encoded, strlen(encoded));
    return true;
}

/* What git-check-ref-format(1) allows, as far as it could mean something else here. */
static bool take_branch(struct git_target *t, const json_t *properties, struct err *e)
{
    t->branch = mem_text(json_text_at(properties, "branch", ""));
    for (const char *p = t->branch; *p; p++)
        if ((unsigned char)*p <= ' ' || strchr("~^:?*[\\\177", *p) || strlen(t->branch) > 250)
            return err_field(e, "branch", "'%.60s' is no name of a branch", t->branch);
    return true;
}

bool git_target_from_properties(const json_t *properties, struct git_target **ret, struct err *e)
{
    AUTO(git_target) t = NEW(struct git_target);
    const char *type = json_text_at(properties, "serverType", ""), *url = json_text_at(properties, "repoURL", "");
    const struct server *s = server_named(type, e);
    if (!s)
        return false;
    if (!*url)
        return err_field(e, "repoURL", "a Git endpoint needs the address of its repository (repoURL): https://api.github.com/owner/name, https://gitlab.example/group/name");
    t->via = mem_text(json_text_at(properties, "cloudProxyId", ""));
    if (!git_clone_url(s->type, url, &t->url, e) || !take_branch(t, properties, e) || !take_login(t, s, properties, e) || !http_trust_properties_read(&t->trust, properties, e))
        return false;
    *ret = TAKE(t);
    return true;
}

void git_target_destroy(struct git_target **target)
{
    struct git_target *t = TAKE(*target);
    if (!t)
        return;
    if (t->authorization)
        explicit_bzero(t->authorization, strlen(t->authorization));
    char *texts[] = { t->url, t->branch, t->authorization, t->via };
    for (size_t i = 0; i < ALEN(texts); i++)
        free(texts[i]);
    http_trust_properties_fini(&t->trust);
    free(t);
}

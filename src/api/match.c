#include "api/match.h"

#include <string.h>

#include "base/mem.h"

static const char *const PREFIXES[] = { "/codestream/api", "/pipeline/api" };

static void forget(char *parameters[CALL_PARAMETERS])
{
    for (size_t i = 0; i < CALL_PARAMETERS; i++) {
        free(parameters[i]);
        parameters[i] = NULL;
    }
}

/* Both without the prefix, from a slash on. */
static bool same(const char *pattern, const char *path, char *parameters[CALL_PARAMETERS], size_t *ret_count)
{
    size_t count = 0;
    while (*pattern == '/' && *path == '/') {
        size_t n = strcspn(++pattern, "/"), m = strcspn(++path, "/");
        if (*pattern == '{') {
            if (!m || count == CALL_PARAMETERS || !(parameters[count++] = text_url_decode(path, m, false)))
                return false;
        } else if (n != m || memcmp(pattern, path, n)) {
            return false;
        }
        pattern += n;
        path += m;
    }
    if (*path == '/' && !path[1]) /* a last slash is welcome */
        path++;
    *ret_count = count;
    return !*pattern && !*path;
}

static bool fits(const char *pattern, const char *path, char *parameters[CALL_PARAMETERS], size_t *ret_count)
{
    if (*pattern == '/')
        return same(pattern, path, parameters, ret_count);
    for (size_t i = 0; i < ALEN(PREFIXES); i++) {
        size_t n = strlen(PREFIXES[i]);
        if (!strncmp(path, PREFIXES[i], n) && same(pattern + 1, path + n, parameters, ret_count))
            return true;
        forget(parameters);
    }
    return false;
}

bool route_match(const char *method, const char *path, const struct route **ret, char *parameters[CALL_PARAMETERS], size_t *ret_count,
                 char **ret_allow, struct err *e)
{
    AUTO_TEXT allow = { 0 };
    if (strlen(path) > 2000)
        return err_set(e, ERR_INVALID, "the path has more than 2000 characters");
    const char *asked = text_is(method, "HEAD") ? "GET" : method;
    for (const struct route *r = ROUTES; r->method; r++) {
        forget(parameters);
        if (!fits(r->path, path, parameters, ret_count))
            continue;
        if (text_is(r->method, asked)) {
            *ret = r;
            return true;
        }
        text_addf(&allow, "%s%s", allow.length ? ", " : "", r->method);
    }
    forget(parameters);
    if (!allow.length)
        return err_set(e, ERR_NOT_FOUND, "there is nothing at this path");
    *ret_allow = text_take(&allow);
    return err_set(e, ERR_METHOD, "this path knows %s, not %.20s", *ret_allow, method);
}

#include <string.h>

#include "api/saving.h"
#include "base/ids.h"
#include "base/mem.h"
#include "secrets/seal.h"
#include "store/webhooks.h"

enum { TOKEN_LEAST = 8, TOKEN_MOST = 150 };

/* A URL of 255 characters is the most that Docker Hub takes; the token stands in it as it is. */
static bool token_ok(const char *token, struct err *e)
{
    size_t n = strlen(token);
    if (n < TOKEN_LEAST || n > TOKEN_MOST)
        return err_field(e, "secretToken", "a secret token has %d to %d characters", TOKEN_LEAST, TOKEN_MOST);
    for (const char *at = token; *at; at++)
        if (*at <= ' ' || *at >= 127)
            return err_field(e, "secretToken", "a secret token has no spaces, no control characters, and only ASCII");
    return true;
}

/* Sealed for the listener uuid, and its hash, which no other listener may have. */
static bool token_seal(struct call *c, const char *uuid, const char *plain, char **ret_sealed, char **ret_hash, struct err *e)
{
    struct listener_row other = { 0 };
    bool taken = false;
    if (!token_ok(plain, e))
        return false;
    AUTO_FREE char *identity = seal_of_listener(uuid);
    AUTO_FREE char *hash = auth_token_hash(plain);
    if (!listener_by_token(c->tx, hash, &other, &taken, e))
        return false;
    listener_row_fini(&other);
    if (taken)
        return err_field(e, "secretToken", "another webhook has this secret token: each needs its own");
    *ret_sealed = seal_close(c->api->config.seal, identity, plain, strlen(plain));
    *ret_hash = TAKE(hash);
    return true;
}

bool listener_make(struct call *c, int64_t project_id, int64_t endpoint_id, const char *token, int64_t *ret, struct err *e)
{
    char uuid[ID_TEXT];
    AUTO_FREE char *random = id_secret(32);
    AUTO_FREE char *sealed = NULL, *hash = NULL;
    return token_seal(c, id_new(uuid), text_empty(token) ? random : token, &sealed, &hash, e) &&
           listener_insert(c->tx, uuid, project_id, endpoint_id, sealed, hash, ret, e);
}

bool listener_change(struct call *c, int64_t id, const char *uuid, const char *token, int64_t old_until, struct err *e)
{
    AUTO_FREE char *sealed = NULL, *hash = NULL;
    return token_seal(c, uuid, token, &sealed, &hash, e) && listener_token(c->tx, id, sealed, hash, old_until, e);
}

bool listener_url(const struct api *api, const char *uuid, const char *token_sealed, char **ret_url, char **ret_token, struct err *e)
{
    AUTO_FREE char *identity = seal_of_listener(uuid);
    AUTO_FREE char *token = NULL;
    AUTO_TEXT url = { 0 };
    if (!seal_open(api->config.seal, identity, token_sealed, &token, NULL, e))
        return err_wrap(e, "open a webhook's secret");
    text_addf(&url, "%s" API_PREFIX "/registry-webhook-listeners/%s?secureToken=", api->external_url, uuid);
    text_add_url(&url, token);
    *ret_url = text_take(&url);
    *ret_token = TAKE(token);
    return true;
}

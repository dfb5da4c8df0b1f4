#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "auth/auth.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/mem.h"

#define SECRET_BYTES 32

char *auth_token_hash(const char *plain)
{
    return text_sha256(plain, strlen(plain));
}

char *auth_token_random(const char *prefix)
{
    AUTO_FREE char *secret = id_secret(SECRET_BYTES);
    return mem_format("%s%s", prefix, secret);
}

bool auth_token_create(struct db_tx *tx, struct token_row *row, char **ret_plain, struct err *e)
{
    AUTO_FREE char *plain = auth_token_random("slw_");
    AUTO_FREE char *hash = auth_token_hash(plain);
    if (!token_insert(tx, row, hash, e))
        return false;
    *ret_plain = TAKE(plain);
    return true;
}

bool auth_access_create(struct db_tx *tx, int64_t user_id, int64_t token_id, char **ret_access, struct err *e)
{
    int64_t now = clock_now();
    AUTO_FREE char *plain = auth_token_random("sla_");
    AUTO_FREE char *hash = auth_token_hash(plain);
    if (!access_prune(tx, now, e) || !access_insert(tx, hash, user_id, token_id, now + AUTH_ACCESS_MICROS, e))
        return err_wrap(e, "store an access token");
    *ret_access = TAKE(plain);
    return true;
}

bool auth_exchange(struct db_tx *tx, const char *api_token, char **ret_access, int64_t *ret_user, struct err *e)
{
    int64_t now = clock_now(), id = 0, user = 0;
    AUTO_FREE char *hash = auth_token_hash(api_token);
    if (!token_alive(tx, hash, now, &id, &user, e))
        return false;
    if (!id)
        return err_set(e, ERR_UNAUTHORIZED, "the API token is unknown, revoked or expired");
    if (!token_used(tx, id, now, e) || !auth_access_create(tx, user, id, ret_access, e))
        return false;
    *ret_user = user;
    return true;
}

/* ---- passwords */

bool auth_password_hash(const char *password, char **ret, struct err *e)
{
    char hash[crypto_pwhash_STRBYTES];
    size_t n = strlen(password);
    if (n < AUTH_PASSWORD_LEAST || n > AUTH_PASSWORD_MOST)
        return err_field(e, "password", "a password has %d to %d bytes", AUTH_PASSWORD_LEAST, AUTH_PASSWORD_MOST);
    if (crypto_pwhash_str(hash, password, n, crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE))
        return err_set(e, ERR_UNAVAILABLE, "no memory for hashing a password");
    *ret = mem_text(hash);
    return true;
}

bool auth_password_ok(const char *hash, const char *password)
{
    /* Of no password: so that the time does not tell whether a user exists. */
    static const char NOBODY[crypto_pwhash_STRBYTES] = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$pzdp1o6cXwBNoyBz2vYxMW4Jd9mv6r4xkSg0fQ3Wb3c";
    size_t n = strlen(password);
    if (n > AUTH_PASSWORD_MOST)
        return false;
    bool ok = crypto_pwhash_str_verify(*hash ? hash : NOBODY, password, n) == 0;
    return ok && *hash;
}

#include "hooks/secure.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

bool hook_secret_ok(const char *have, const char *want)
{
    return have && !text_empty(want) && text_equal_secret(have, want);
}

bool hook_secret_any(const char *have, const char *const *wants, size_t count)
{
    bool found = false;
    for (size_t i = 0; i < count; i++)
        found |= hook_secret_ok(have, wants[i]);
    return found;
}

bool hook_signature_ok(enum hook_hmac kind, const char *prefix, const char *header, const char *secret, const void *body, size_t n)
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (!header || text_empty(secret) || (prefix && !text_starts(header, prefix)))
        return false;
    const EVP_MD *hash = kind == HOOK_SHA1 ? EVP_sha1() : EVP_sha256();
    if (!HMAC(hash, secret, (int)strlen(secret), body, n, mac, &size))
        return false;
    AUTO_FREE char *want = text_hex(mac, size);
    AUTO_FREE char *have = mem_text(header + (prefix ? strlen(prefix) : 0));
    for (char *p = have; *p; p++) /* hex digits may be capitals */
        *p = *p >= 'A' && *p <= 'F' ? (char)(*p + 'a' - 'A') : *p;
    return text_equal_secret(have, want);
}

#include "registry/digest.h"

#include <openssl/evp.h>

#include "base/mem.h"
#include "base/text.h"

void digest_begin(struct digest *d, const char *name)
{
    if (!d->state)
        d->state = EVP_MD_CTX_new();
    EVP_DigestInit_ex(d->state, text_starts(name, "sha512:") ? EVP_sha512() : EVP_sha256(), NULL);
}

void digest_add(struct digest *d, const void *bytes, size_t size)
{
    EVP_DigestUpdate(d->state, bytes, size);
}

bool digest_is(struct digest *d, const char *name)
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    EVP_DigestFinal_ex(d->state, sum, &n);
    AUTO_FREE char *text = text_hex(sum, n);
    return text_is(text, name + 7);
}

void digest_fini(struct digest *d)
{
    EVP_MD_CTX_free(d->state);
    d->state = NULL;
}

bool digest_of(const void *bytes, size_t size, const char *name)
{
    struct digest d = { 0 };
    digest_begin(&d, name);
    digest_add(&d, bytes, size);
    bool is = digest_is(&d, name);
    digest_fini(&d);
    return is;
}

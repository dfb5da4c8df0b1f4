#include <openssl/err.h>
#include <openssl/ssl.h>

#include "http/inside.h"

static bool failed(struct err *e, const char *file)
{
    char why[200];
    ERR_error_string_n(ERR_get_error(), why, sizeof why);
    ERR_clear_error();
    return err_set(e, ERR_INVALID, "%s: %s", file, why);
}

SSL_CTX *tls_read(const char *cert, const char *key, struct err *e)
{
    SSL_CTX *c = SSL_CTX_new(TLS_server_method());
    bool ok = c && SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
    if (ok && SSL_CTX_use_certificate_chain_file(c, cert) != 1)
        ok = failed(e, cert);
    if (ok && SSL_CTX_use_PrivateKey_file(c, key, SSL_FILETYPE_PEM) != 1)
        ok = failed(e, key);
    if (ok && SSL_CTX_check_private_key(c) != 1)
        ok = failed(e, "the key does not belong to the certificate");
    if (!ok) {
        SSL_CTX_free(c);
        return NULL;
    }
    SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    return c;
}

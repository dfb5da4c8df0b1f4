#include "http/trust.h"

#include <ctype.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

struct http_trust_held {
    unsigned char fingerprint[32];
    char problem[200];
    void (*show_chain)(void *context, X509_STORE_CTX *store);
    void *show_context;
};

static int hex_value(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ? (c | 32) - 'a' + 10 : -1;
}

static bool read_fingerprint(const char *text, unsigned char out[32])
{
    size_t n = 0;
    for (; *text; text++) {
        if (*text == ':' || *text == ' ')
            continue;
        int high = hex_value(text[0]), low = high >= 0 ? hex_value(text[1]) : -1;
        if (low < 0 || n == 32)
            return false;
        out[n++] = (unsigned char)(high * 16 + low);
        text++;
    }
    return n == 32;
}

/* Instead of OpenSSL's own verification: the leaf's fingerprint decides, before a byte of ours is sent. */
static int check_fingerprint(X509_STORE_CTX *store, void *context)
{
    struct http_trust_held *held = context;
    unsigned char have[EVP_MAX_MD_SIZE];
    unsigned int n = 0;
    X509 *leaf = X509_STORE_CTX_get0_cert(store);
    if (leaf && X509_digest(leaf, EVP_sha256(), have, &n) && n == 32 && CRYPTO_memcmp(have, held->fingerprint, 32) == 0)
        return 1;
    AUTO_FREE char *hex = text_hex(have, n);
    snprintf(held->problem, sizeof held->problem, "its SHA-256 fingerprint is %s, not the one that was accepted", n ? hex : "missing");
    X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
    return 0;
}

static int show_chain(X509_STORE_CTX *store, void *context)
{
    struct http_trust_held *held = context;
    held->show_chain(held->show_context, store);
    X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
    return 0;
}

static CURLcode set_verification(CURL *easy, void *ssl_context, void *context)
{
    const struct http_trust_held *held = context;
    (void)easy;
    SSL_CTX_set_cert_verify_callback(ssl_context, held->show_chain ? show_chain : check_fingerprint, context);
    return CURLE_OK;
}

/* Our callback decides on the certificate, so there must be one: neither a connection nor a session that something else
 * vouched for may be used. */
static void verify_ourselves(CURL *easy, struct http_trust_held *held)
{
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L); /* asks for the callback */
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, set_verification);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, held);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
}

static void set_pem(CURL *easy, CURLoption option, const char *pem)
{
    struct curl_blob blob = { .data = (void *)pem, .len = strlen(pem), .flags = CURL_BLOB_COPY };
    curl_easy_setopt(easy, option, &blob);
}

bool http_trust_apply(CURL *easy, const struct http_trust *trust, struct http_trust_held **ret, struct err *e)
{
    if (!trust)
        return true;
    if (trust->ca_pem)
        set_pem(easy, CURLOPT_CAINFO_BLOB, trust->ca_pem);
    if (trust->cert_pem && trust->key_pem) {
        set_pem(easy, CURLOPT_SSLCERT_BLOB, trust->cert_pem);
        set_pem(easy, CURLOPT_SSLKEY_BLOB, trust->key_pem);
    }
    if (trust->insecure) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (text_empty(trust->fingerprint) && !trust->show_chain)
        return true;
    AUTO_FREE struct http_trust_held *held = NEW(struct http_trust_held);
    held->show_chain = trust->show_chain;
    held->show_context = trust->show_context;
    if (!trust->show_chain && !read_fingerprint(trust->fingerprint, held->fingerprint))
        return err_field(e, "fingerprint", "the fingerprint is not 64 hexadecimal digits (SHA-256)");
    verify_ourselves(easy, held);
    *ret = TAKE(held);
    return true;
}

void http_trust_release(struct http_trust_held **held)
{
    free(*held);
    *held = NULL;
}

const char *http_trust_problem(const struct http_trust_held *held, const char *otherwise)
{
    return held && held->problem[0] ? held->problem : otherwise;
}

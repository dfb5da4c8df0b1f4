#include "http/certificate.h"

#include <ctype.h>
#include <openssl/bn.h>
#include <openssl/x509.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"

#define LOOK_MICROS (8 * CLOCK_SECOND) /* less than what a server that stops waits for its answers */
#define NAME_BYTES 200                 /* of a name that is shown */
#define SERIAL_BYTES 64                /* RFC 5280 allows 20; a decimal of thousands would be slow to make */

/* ---- one certificate */

static void set_fingerprint(json_t *object, const char *key, const X509 *certificate, const EVP_MD *type)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (X509_digest(certificate, type, digest, &size) != 1)
        return;
    AUTO_FREE char *hex = text_hex(digest, size);
    for (char *c = hex; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    json_set_text(object, key, hex);
}

/* Cut between characters; control characters, which could play tricks on a terminal, and NULs are shown as '?'. */
static char *shown_name(const unsigned char *bytes, size_t size)
{
    size_t n = size < NAME_BYTES ? size : NAME_BYTES;
    while (n < size && n && (bytes[n] & 0xc0) == 0x80)
        n--;
    char *name = mem_alloc(n + 1);
    for (size_t i = 0; i < n; i++)
        name[i] = bytes[i] < 0x20 || bytes[i] == 0x7f ? '?' : (char)bytes[i];
    return name;
}

static void set_name(json_t *object, const char *key, const X509_NAME *name, int part)
{
    unsigned char *bytes = NULL;
    int at = X509_NAME_get_index_by_NID((X509_NAME *)name, part, -1);
    int size = at < 0 ? -1 : ASN1_STRING_to_UTF8(&bytes, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    if (size < 0)
        return;
    AUTO_FREE char *shown = shown_name(bytes, (size_t)size);
    OPENSSL_free(bytes);
    if (text_utf8(shown, strlen(shown)))
        json_set_text(object, key, shown);
}

static json_t *name_json(const X509_NAME *name)
{
    json_t *object = json_object();
    set_name(object, "commonName", name, NID_commonName);
    set_name(object, "organization", name, NID_organizationName);
    return object;
}

static void set_serial(json_t *object, const ASN1_INTEGER *serial)
{
    if (!serial || ASN1_STRING_length((const ASN1_STRING *)serial) > SERIAL_BYTES)
        return;
    BIGNUM *number = ASN1_INTEGER_to_BN(serial, NULL);
    char *decimal = number ? BN_bn2dec(number) : NULL;
    if (decimal)
        json_set_text(object, "serialNumber", decimal);
    OPENSSL_free(decimal);
    BN_free(number);
}

static void set_time(json_t *object, const char *key, const ASN1_TIME *time)
{
    struct tm parts;
    if (time && ASN1_TIME_to_tm(time, &parts) == 1)
        json_object_set_new(object, key, json_integer((json_int_t)timegm(&parts) * 1000));
}

json_t *certificate_json(const X509 *certificate)
{
    json_t *fingerprints = json_object(), *validity = json_object();
    json_t *to = name_json(X509_get_subject_name(certificate)), *by = name_json(X509_get_issuer_name(certificate));
    set_fingerprint(fingerprints, "SHA-256", certificate, EVP_sha256());
    set_fingerprint(fingerprints, "SHA-1", certificate, EVP_sha1());
    set_serial(to, X509_get0_serialNumber(certificate));
    set_time(validity, "beginsOn", X509_get0_notBefore(certificate));
    set_time(validity, "expiresOn", X509_get0_notAfter(certificate));
    return json_pack("{s:o, s:o, s:o, s:o}", "fingerprints", fingerprints, "issuedTo", to, "issuedBy", by, "periodOfValidity", validity);
}

/* ---- the server's */

/* Inside the handshake, where libcurl asks whether the chain is to be trusted. */
static void take_chain(void *context, X509_STORE_CTX *store)
{
    struct http_certificates *op = context;
    STACK_OF(X509) *sent = X509_STORE_CTX_get0_untrusted(store); /* as it was sent: its first is the server's own */
    if (op->chain)
        return;
    op->chain = json_array();
    for (int i = 0; i < sk_X509_num(sent) && i < CERTIFICATE_CHAIN; i++)
        json_array_append_new(op->chain, certificate_json(sk_X509_value(sent, i)));
}

static void call_done(struct http_call *call, const struct err *e)
{
    struct http_certificates *op = OWNER(call, struct http_certificates, call);
    json_t *chain = op->chain; /* done may free op */
    struct err none = { 0 };
    if (!chain && !e)
        err_set(&none, ERR_UPSTREAM, "the server showed no certificate");
    op->done(op, chain ? NULL : e ? e : &none);
    json_decref(chain);
}

bool http_certificates_start(struct http_certificates *op, struct http_client *client, struct err *e)
{
    if (text_empty(op->url) || strncasecmp(op->url, "https://", 8) || !op->url[8])
        return err_field(e, "url", "the URL must begin with https://: only such servers have a certificate");
    struct http_trust trust = { .show_chain = take_chain, .show_context = op };
    op->chain = NULL;
    op->call = (struct http_call){ .url = op->url, .via = op->via, .reach = op->reach, .trust = &trust, .timeout_micros = LOOK_MICROS, .done = call_done };
    return http_call_start(&op->call, client, e);
}

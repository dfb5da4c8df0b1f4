#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

#include "base/clock.h"
#include "base/test.h"
#include "http/certificate.h"
#include "http/server.h"

/* ---- a server with a chain of two, and who looks at it */

struct view {
    struct loop *loop;
    struct http_certificates op;
    json_t *chain;
    struct err error;
    int ended;
};

static void nobody_asks(void *context, struct http_request *r)
{
    (void)context;
    fail_msg("%s %s was sent", r->method, r->path);
}

static void looked(struct http_certificates *op, const struct err *e)
{
    struct view *v = OWNER(op, struct view, op);
    v->ended++;
    v->error = e ? *e : (struct err){ 0 };
    json_decref(v->chain);
    v->chain = e ? NULL : json_incref(op->chain);
    loop_stop(v->loop);
}

static void look(struct view *v, struct http_client *client, const char *url)
{
    v->op = (struct http_certificates){ .url = url, .done = looked };
    CHECK_OK(http_certificates_start(&v->op, client, &v->error), v->error);
    loop_run(v->loop);
}

static const char MAKE[] =
    "cd %s && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key -out ca -days 2 -subj '/O=Acme/CN=Acme CA' "
    "2>/dev/null && openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key -out request -subj '/O=Acme/CN=registry.test' "
    "2>/dev/null && openssl x509 -req -in request -CA ca -CAkey ca.key -set_serial 0x1234567890abcdef1234 -days 1 -out leaf 2>/dev/null && "
    "cat leaf ca > cert && openssl x509 -in leaf -noout -fingerprint -sha256 | sed 's/.*=//' | tr -d ':\n' > fp";

static void check_chain(const json_t *chain, const char *folder)
{
    char fingerprint[65] = "";
    AUTO_FREE char *path = mem_format("%s/fp", folder);
    FILE *f = fopen(path, "r");
    CHECK(f && fgets(fingerprint, sizeof fingerprint, f));
    fclose(f);
    CHECK_INT(json_array_size(chain), 2);
    CHECK_TEXT(json_text_at(chain, "[0].fingerprints.SHA-256", ""), fingerprint);
    CHECK_INT(strlen(json_text_at(chain, "[0].fingerprints.SHA-1", "")), 40);
    CHECK_TEXT(json_text_at(chain, "[0].issuedTo.commonName", ""), "registry.test");
    CHECK_TEXT(json_text_at(chain, "[0].issuedTo.serialNumber", ""), "85968058272638546416180");
    CHECK_TEXT(json_text_at(chain, "[0].issuedBy.commonName", ""), "Acme CA");
    CHECK_TEXT(json_text_at(chain, "[1].issuedTo.organization", ""), "Acme");
    int64_t begins = json_int_at(chain, "[0].periodOfValidity.beginsOn", 0), ends = json_int_at(chain, "[0].periodOfValidity.expiresOn", 0);
    CHECK_INT(ends - begins, CLOCK_DAY / CLOCK_MS);
    CHECK(begins > clock_now() / CLOCK_MS - 600000 && begins < clock_now() / CLOCK_MS + 600000);
}

TEST(certificates, are_shown_and_nothing_is_sent)
{
    char folder[] = "/tmp/slipway-http-XXXXXX";
    struct view v = { 0 };
    struct http_server *server = NULL;
    struct http_client *client = NULL;
    CHECK(mkdtemp(folder));
    AUTO_FREE char *make = mem_format(MAKE, folder), *cert = mem_format("%s/cert", folder), *key = mem_format("%s/key", folder);
    CHECK_INT(system(make), 0);
    CHECK_OK(loop_create(&v.loop, &v.error), v.error);
    struct http_server_config config = { .address = "127.0.0.1", .handle = nobody_asks, .tls_cert = cert, .tls_key = key };
    CHECK_OK(http_server_open(v.loop, &config, &server, &v.error), v.error);
    CHECK_OK(http_client_create(v.loop, NULL, &client, &v.error), v.error);
    AUTO_FREE char *url = mem_format("https://127.0.0.1:%d/v2/", http_server_port(server));
    for (int i = 0; i < 3; i++) { /* no session of the time before is taken up */
        look(&v, client, url);
        CHECK_TEXT(v.error.text, "");
        check_chain(v.chain, folder);
    }
    look(&v, client, "https://127.0.0.1:1/");
    CHECK_INT(v.error.kind, ERR_UNAVAILABLE);
    CHECK_INT(v.ended, 4);
    http_client_destroy(&client);
    http_server_close(&server);
    loop_destroy(&v.loop);
    AUTO_FREE char *clean = mem_format("rm -rf %s", folder);
    CHECK_INT(system(clean), 0);
}

TEST(certificates, need_a_url_of_https)
{
    static const char *const URLS[] = { NULL, "", "http://x", "https://", "registry.test", "ftp://x" };
    for (size_t i = 0; i < ALEN(URLS); i++) {
        struct err e = { 0 };
        struct http_certificates op = { .url = URLS[i] };
        CHECK(!http_certificates_start(&op, NULL, &e));
        CHECK_TEXT(e.field, "url");
    }
}

/* ---- hostile ones */

static X509 *certificate_named(int type, const void *name, int size)
{
    X509 *c = X509_new();
    X509_NAME_add_entry_by_NID(X509_get_subject_name(c), NID_commonName, type, (unsigned char *)name, size, -1, 0);
    return c;
}

static void check_name(int type, const char *name, size_t size, const char *want)
{
    X509 *c = certificate_named(type, name, (int)size);
    AUTO_JSON *json = certificate_json(c);
    CHECK_TEXT(json_text_at(json, "issuedTo.commonName", ""), want);
    CHECK(!json_at(json, "issuedTo.organization"));
    X509_free(c);
}

TEST(certificates, of_odd_content_are_shown_safely)
{
    check_name(V_ASN1_UTF8STRING, "a\0b\x1b[31m", 8, "a?b?[31m");
    check_name(V_ASN1_BMPSTRING, "\x00\xe9\x20\xac", 4, "\u00e9\u20ac");
    check_name(V_ASN1_T61STRING, "\xff", 1, "\u00ff");
    AUTO_FREE char *huge = mem_alloc(64001);
    AUTO_TEXT want = { 0 };
    for (int i = 0; i < 32000; i++)
        memcpy(huge + 2 * i, "\u00e9", 2);
    huge[0] = 'x', huge[1] = 'x';
    for (int i = 0; i < 100; i++)
        text_add(&want, i ? "\u00e9" : "xx");
    X509 *c = X509_new();
    X509_NAME_ENTRY *entry = X509_NAME_ENTRY_create_by_NID(NULL, NID_commonName, V_ASN1_UTF8STRING, (unsigned char *)huge, 64000);
    X509_NAME_add_entry(X509_get_subject_name(c), entry, -1, 0);
    X509_NAME_ENTRY_free(entry);
    BIGNUM *serial = BN_new();
    BN_set_bit(serial, 300000);
    BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(c));
    BN_free(serial);
    ASN1_STRING_set(X509_getm_notAfter(c), "no time", 7);
    AUTO_JSON *json = certificate_json(c);
    CHECK_TEXT(json_text_at(json, "issuedTo.commonName", ""), text_of(&want));
    CHECK(!json_at(json, "issuedTo.serialNumber"));
    CHECK(!json_at(json, "periodOfValidity.expiresOn"));
    X509_free(c);
}

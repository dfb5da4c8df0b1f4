/* http/certificate.h - which certificates does a server show? So that a person can look at them and accept one by its
 * fingerprint (struct http_trust) when no authority vouches for it.
 *
 * Nothing is believed and nothing is sent: the connection ends within the handshake. Limits: 8 s in all, CERTIFICATE_CHAIN
 * certificates, and what a certificate says is cut to a length that can be shown. Embed; zeroed before first use.
 */
#pragma once

#include "base/json.h"
#include "http/client.h"

enum { CERTIFICATE_CHAIN = 10 };

struct http_certificates {
    const char *url;      /* "https://host:port", a path behind it does not matter; the caller's again after start */
    const char *via;      /* as http/client.h; the caller's again after start */
    enum http_reach reach;
    /* Once, later, on the loop; op may be freed inside. e NULL: chain has come. */
    void (*done)(struct http_certificates *op, const struct err *e);
    /* ---- valid in done */
    json_t *chain;        /* as certificate_json, the server's own first; borrowed, gone after done */
    struct http_call call; /* private from here on */
};
/* false: done never runs; the URL is none of https (ERR_INVALID). */
bool http_certificates_start(struct http_certificates *op, struct http_client *client, struct err *e);

/* One certificate (OpenSSL's) in Code Stream's words: {"fingerprints": {"SHA-256", "SHA-1"}, "issuedTo": {"commonName",
 * "organization", "serialNumber"}, "issuedBy": {...}, "periodOfValidity": {"beginsOn", "expiresOn"}}. Fingerprints are upper
 * case hex, times milliseconds since 1970; what cannot be read is missing. A new reference. */
struct x509_st;
json_t *certificate_json(const struct x509_st *certificate);

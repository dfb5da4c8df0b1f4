/* http/trust_properties.h - whom an endpoint trusts, as its properties say. */
#pragma once

#include "base/json.h"
#include "http/client.h"

struct http_trust_properties { /* texts are its own; zeroed before */
    char *ca_pem, *fingerprint;
    struct http_trust trust;   /* borrows from the above: not to be copied */
};

/* caCertificate (PEM, or base64 of it), fingerprint, insecure: none of them need be there. ERR_INVALID with the property's name; release it then too. */
bool http_trust_properties_read(struct http_trust_properties *t, const json_t *properties, struct err *e);
void http_trust_properties_fini(struct http_trust_properties *t);

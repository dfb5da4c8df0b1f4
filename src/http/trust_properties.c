#include "http/trust_properties.h"

#include "base/mem.h"
#include "base/pem.h"

static const char *given(const char *text)
{
    return text_empty(text) ? NULL : text;
}

bool http_trust_properties_read(struct http_trust_properties *t, const json_t *properties, struct err *e)
{
    bool insecure = false;
    if (!pem_take(json_text_at(properties, "caCertificate", ""), "caCertificate", &t->ca_pem, e) || !json_take_bool(properties, "insecure", &insecure, e))
        return false;
    t->fingerprint = mem_text(json_text_at(properties, "fingerprint", ""));
    t->trust = (struct http_trust){ .ca_pem = given(t->ca_pem), .fingerprint = given(t->fingerprint), .insecure = insecure };
    return true;
}

void http_trust_properties_fini(struct http_trust_properties *t)
{
    free(t->ca_pem);
    free(t->fingerprint);
    *t = (struct http_trust_properties){ 0 };
}

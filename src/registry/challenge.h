/* registry/challenge.h - what a 401's WWW-Authenticate asks for (RFC 9110 11.6.1, Distribution's token specification). */
#pragma once

#include "http/message.h"

enum challenge_scheme { CHALLENGE_NONE, CHALLENGE_BASIC, CHALLENGE_BEARER };

struct challenge { /* texts are its own, NULL when not said */
    enum challenge_scheme scheme;
    char *realm, *service, *scope;
};

/* The best of all the answer's challenges: Bearer before Basic. Unknown schemes are passed over. */
void challenge_read(const struct http_headers *headers, struct challenge *ret);
void challenge_fini(struct challenge *c);

/* May credentials be sent there? realm must be https, or of the host of one of the two trusted URLs, same scheme. */
bool challenge_realm_ok(const char *realm, const char *registry_url, const char *auth_url);

/* Is realm's host a sibling of the registry's (gitlab.corp of registry.corp), or the same? Only such a one may be at a private
 * address: a registry must not be able to send us into our own network. */
bool challenge_realm_near(const char *realm, const char *registry_url);

bool url_same_origin(const char *a, const char *b); /* scheme, host and port as they are written */

/* Retry-After in microseconds, at most an hour: seconds or a date (RFC 9110 10.2.3). 0 when absent or malformed. */
int64_t answer_retry_after(const struct http_headers *headers, int64_t now);

/* http/trust.h - struct http_trust given to libcurl. */
#pragma once

#include <curl/curl.h>

#include "http/client.h"

struct http_trust_held; /* what must live as long as the call */

bool http_trust_apply(CURL *easy, const struct http_trust *trust, struct http_trust_held **ret, struct err *e);
void http_trust_release(struct http_trust_held **held);
/* Why the certificate was not accepted: our own reason, else otherwise. held may be NULL. Borrowed. */
const char *http_trust_problem(const struct http_trust_held *held, const char *otherwise);

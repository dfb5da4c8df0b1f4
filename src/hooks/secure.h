/* hooks/secure.h - is it really the sender? All comparisons take constant time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The token of a listener's URL. have may be NULL (then false); an empty want never matches. */
bool hook_secret_ok(const char *have, const char *want);

/* The same against several: true when one matches; all are compared, so that time does not tell which. */
bool hook_secret_any(const char *have, const char *const *wants, size_t count);

/* A signature header over the raw body: hex HMAC, with or without a prefix such as "sha256=". */
enum hook_hmac { HOOK_SHA1, HOOK_SHA256 };
bool hook_signature_ok(enum hook_hmac kind, const char *prefix, const char *header, const char *secret, const void *body, size_t n);

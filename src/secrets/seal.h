/* secrets/seal.h - values that are kept but not readable in the database: sealed with a master key.
 *
 * XChaCha20-Poly1305 (libsodium). A sealed value names its key, so that keys can
 * be changed: the first seals, all open. The identity of the row ("endpoint:UUID:password")
 * is bound in: a sealed value that was moved to another row does not open.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct seal; /* keys; immutable, so any thread may use it */

/* keys_text: 32 bytes as 64 hex digits or base64, several divided by white space or commas, the current one first; NULL: read
 * from file, where the same is written. A missing file is made, with a new key and mode 0600, when make says so. */
bool seal_create(const char *keys_text, const char *file, bool make, struct seal **ret, struct err *e);
void seal_destroy(struct seal **seal);

/* "sealed:v1:" and base64; the caller's. */
char *seal_close(const struct seal *seal, const char *identity, const char *plain, size_t size);
/* *ret is the caller's, with a NUL behind it; ret_size may be NULL. ERR_INTERNAL says which key is needed, or that it was changed. */
bool seal_open(const struct seal *seal, const char *identity, const char *sealed, char **ret, size_t *ret_size, struct err *e);
bool seal_is(const char *text); /* looks like a sealed value */

/* The identities that rows seal with; the caller's. */
char *seal_of_endpoint(const char *uuid, const char *property); /* "endpoint:UUID:password" */
char *seal_of_variable(const char *uuid);                       /* "variable:UUID:value" */
char *seal_of_execution(const char *uuid);                      /* "execution:UUID:input" */
char *seal_of_listener(const char *uuid);                       /* "listener:UUID:token" */
char *seal_of_notification(const char *uuid);                   /* "notification:UUID:content" */
char *seal_of_kept(const char *uuid);                           /* "kept:UUID:object" */

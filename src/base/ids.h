/* base/ids.h - names for things: UUIDs that sort by time, and secrets nobody can guess. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define ID_TEXT 37
/* UUID version 7 (RFC 9562 section 5.7), lower case. Later ones sort after earlier ones of this process. */
const char *id_new(char out[ID_TEXT]);
bool id_is(const char *text); /* has the shape of any UUID */

/* 8 * bytes of randomness in the URL alphabet of base64; the caller's. 32 bytes are 43 characters. */
char *id_secret(size_t bytes);

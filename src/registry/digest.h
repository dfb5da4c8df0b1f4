/* registry/digest.h - the digest of bytes that come piece by piece. Not for other rooms. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct digest { /* zeroed: none was begun */
    void *state;
};
/* Of the kind that name ("sha256:...", "sha512:...", as image_digest_ok) has; what was begun before is forgotten. */
void digest_begin(struct digest *d, const char *name);
void digest_add(struct digest *d, const void *bytes, size_t size);
bool digest_is(struct digest *d, const char *name); /* ends it */
void digest_fini(struct digest *d);
bool digest_of(const void *bytes, size_t size, const char *name); /* all at once: is it that? */

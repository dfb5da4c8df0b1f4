/* registry/manifest.h - what an image's manifest names: its blobs, or the manifests of an index. Pure: bytes in, a list out.
 *
 * Docker's schema 2 and OCI's, images and artifacts alike. The bytes come from
 * outside: sizes, counts and depth have limits, and what could be read in two
 * ways (an index that is an image as well, CVE-2021-41190) is refused.
 */
#pragma once

#include <stdint.h>

#include "base/err.h"

#define MANIFEST_BYTES (4u << 20)              /* as Distribution's own */
#define MANIFEST_ENTRIES 1000                  /* blobs of an image, manifests of an index */
#define BLOB_BYTES (INT64_C(256) << 30)        /* of one blob */

struct manifest_entry { /* texts never NULL */
    char *digest, *media_type;
    char *platform; /* of an index: "linux/arm64/v8"; "" when it is told of none */
    int64_t size;
    bool external;  /* a layer that is not to be kept at registries; it lies where its urls say */
};

struct registry_manifest {
    bool index;        /* entries are manifests, not blobs */
    char *media_type;  /* as it says itself; "" when it does not */
    struct manifest_entry *at;
    size_t count;
};

/* *ret is the caller's: registry_manifest_fini. ERR_INVALID says what is wrong. */
bool registry_manifest_read(const char *bytes, size_t size, struct registry_manifest *ret, struct err *e);
void registry_manifest_fini(struct registry_manifest *m); /* zeroed ones are welcome */

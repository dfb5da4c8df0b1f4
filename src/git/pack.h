/* git/pack.h - a pack that a Git server sent, read by libgit2. Blocks, and is for a worker.
 *
 * Nothing of the pack outlives the call: it is indexed in a folder of its own that is removed again.
 */
#pragma once

#include "git/packet.h"

struct git_file { /* { 0 } before; git_file_fini */
    char oid[GIT_OID + 1]; /* of its content */
    bool here;             /* bytes are known; else the pack came without them, and they are to be asked for */
    char *bytes;           /* NUL-terminated, the struct's */
    size_t size;
};
void git_file_fini(struct git_file *file);

/* The file at path ("k8s/site.yaml", without a slash at its beginning) of a commit. most: bytes of its content. ERR_NOT_FOUND says
 * what is there instead. */
bool git_pack_file(const void *pack, size_t size, const char *commit, const char *path, size_t most, struct git_file *ret, struct err *e);
/* The content with this name. */
bool git_pack_blob(const void *pack, size_t size, const char *oid, size_t most, struct git_file *ret, struct err *e);

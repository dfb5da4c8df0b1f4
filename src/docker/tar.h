/* docker/tar.h - archives as engines take and give them (POSIX ustar, with the long names of pax and GNU read over).
 *
 * Written into memory: what goes in is small. Read as it comes, in pieces, with a limit: what comes out is whatever a container made.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "base/err.h"

/* A file or (bytes NULL) a folder of the archive; name is at most 99 bytes, relative. */
void tar_add(struct text *tar, const char *name, unsigned mode, const void *bytes, size_t size);
void tar_end(struct text *tar); /* once, behind the last */

enum { TAR_BLOCK = 512, TAR_NAME = 256 };
struct tar_entry {
    char name[TAR_NAME + 1]; /* cut where it is longer */
    char type;               /* '0' file, '5' folder, '2' link, ... */
    int64_t size;
};
struct tar_reader { /* zeroed but for the callbacks and limits */
    /* Both NULL or set. begin: false leaves the entry out. take: a piece of an entry that begin let in; both: e set and false ends the reading. */
    bool (*begin)(void *context, const struct tar_entry *entry);
    bool (*take)(void *context, const char *bytes, size_t size, struct err *e);
    void *context;
    int64_t most;   /* bytes of entries in sum; 0: no limit */
    int entries_most;
    /* ---- private */
    unsigned char block[TAR_BLOCK];
    size_t have;
    struct tar_entry entry;
    int64_t left, padding, sum;
    int entries;
    bool wanted, ended;
    char *long_name; /* of the entry that follows */
    size_t long_have;
};
/* ERR_UPSTREAM: it is no archive; ERR_TOO_LARGE: over a limit. */
bool tar_feed(struct tar_reader *r, const char *bytes, size_t size, struct err *e);
void tar_reader_fini(struct tar_reader *r);

/* registry/copy_inside.h - what the files of a copy share. Not for others. */
#pragma once

#include "base/map.h"
#include "registry/blob.h"
#include "registry/copy.h"
#include "registry/manifest.h"

enum { COPY_LANES = 3, COPY_MANIFESTS = 1000, COPY_LEVELS = 8 };
#define COPY_MANIFEST_BYTES (32u << 20) /* of all manifests, which are here at once */

struct copy_node { /* one manifest; the first is the root */
    char *digest, *media_type;
    char *bytes;        /* as it came */
    size_t size;
    struct registry_manifest manifest;
    int level;          /* of the root 0, of what it names 1; of what several name the largest */
    bool there;         /* the target has it */
};
struct copy_blob {
    const char *digest; /* a manifest's */
    int64_t size;
};
struct copy_lane {
    struct registry_copy_private *copy;
    struct registry_blob blob;
    bool busy;
};
enum copy_tag { COPY_TAG_WRITE, COPY_TAG_SAME, COPY_TAG_KEEP };

struct registry_copy_private {
    struct registry_copy *op;
    struct registry_ends ends;
    struct registry_talk talk;     /* one question about manifests at a time */
    struct http_headers headers;   /* its */
    struct copy_node *nodes, *putting;
    size_t node_count, at_node, manifest_bytes;
    struct map *seen;              /* digest of a manifest or blob -> itself */
    struct copy_blob *blobs;       /* that the target may lack, each once */
    size_t blob_count, at_blob, at_tag;
    enum copy_tag *tags;
    struct copy_lane lanes[COPY_LANES];
    int64_t sent;                  /* by blobs that ended */
    bool asking;                   /* whether a tag is to be set */
    struct err why;
};

void copy_read(struct registry_copy_private *p);  /* copy_read.c; goes on with copy_blobs */
void copy_blobs(struct registry_copy_private *p); /* copy.c */

void copy_ask(struct registry_copy_private *p, bool at_target, const char *method, const char *reference, void (*done)(struct registry_talk *t, const struct err *e));
void copy_say(struct registry_copy_private *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
void copy_finish(struct registry_copy_private *p, const struct err *e);
/* The operation ends; e NULL: with what was answered. */
void copy_fail(struct registry_talk *t, const struct err *e, const char *what);

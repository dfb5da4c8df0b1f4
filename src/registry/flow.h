/* registry/flow.h - the bytes of one blob, from where they lie into an upload: one GET, one PATCH. Not for other rooms.
 *
 * At most FLOW_WAITING bytes are here at once: who is faster waits. The digest is
 * reckoned as they come, and the last of them go on only when it is right.
 */
#pragma once

#include "registry/ask.h"
#include "registry/digest.h"

#define FLOW_WAITING (512u << 10)

struct registry_ends { /* from where to where; borrowed by everything that a copy does */
    const struct registry_target *source, *target;
    const char *source_repository, *target_repository;
    struct http_client *client;
    struct loop *loop;
};

struct registry_flow { /* embed; zeroed before first use, and flow_fini after last */
    const struct registry_ends *ends;
    const char *digest;
    int64_t size;
    void (*moved)(struct registry_flow *f);
    void (*done)(struct registry_flow *f, const struct err *e); /* once, later, on the loop; NULL: the target took them all */
    /* ---- valid in moved and done */
    int64_t given;      /* how many bytes the target's connection took, of the whole blob */
    int target_status;  /* what the target answered; 0: nothing */
    char *path;         /* where the upload goes on; the caller's to free, and NULL when unknown */
    /* ---- private */
    struct registry_ask get, patch;
    struct http_headers get_headers, patch_headers;
    struct digest sum;
    char *from_path, *from_scope, *to_scope;
    char *waiting;      /* a ring of twice FLOW_WAITING */
    size_t at, length;
    int64_t summed, came, skip; /* all from the blob's beginning: the digest knows so many; came so many; skip: of an answer that begins too early */
    int64_t moved_at;
    struct timer watch, begin;
    bool getting, patching;
    struct err why;
};
/* From this byte on, into the upload at path (lives until done). What the digest saw in an earlier start counts. */
void flow_start(struct registry_flow *f, const char *path, int64_t from);
void flow_cancel(struct registry_flow *f); /* done still runs, once, later. Welcome when not started or done */
void flow_fini(struct registry_flow *f);

/* An upload's Location, made a path of this registry's API. The caller's; NULL: it is another host's, or none (e says so). */
char *flow_location(const struct registry_target *target, const char *asked_path, const struct http_headers *answer, struct err *e);
/* The scope in which both is allowed: reading of source (may be NULL) and writing to target. The caller's. */
char *flow_scope(const char *source_repository, const char *target_repository);

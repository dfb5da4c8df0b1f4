/* registry/tags.h - the tags of a repository, a page at a time.
 *
 * The Distribution API lists names alone (OCI distribution specification,
 * "Listing Tags"); Docker Hub's own API (GET /v2/namespaces/{namespace}/
 * repositories/{repository}/tags) lists them with their digests.
 */
#pragma once

#include "registry/client.h"

enum { REGISTRY_TAGS_PAGE = 10000 /* of one page; more are an error */ };

struct registry_tag {
    char *name;
    char *digest; /* "" where the list does not tell */
};

struct registry_tags { /* embed; zeroed before first use */
    const struct registry_target *target; /* lives until done */
    const char *repository;               /* borrowed until done */
    int64_t timeout_micros;               /* of one page; 0: 20 s */
    /* e NULL: tags and more are valid. Else a sentence: ERR_NOT_FOUND no such repository, ERR_UNAUTHORIZED and ERR_FORBIDDEN
     * these credentials do not get there, ERR_LIMITED and others worth another try, ERR_CANCELED. */
    void (*done)(struct registry_tags *op, const struct err *e);
    /* ---- valid in done */
    struct registry_tag *tags;
    size_t count;
    bool more;                  /* another page follows: start again */
    int64_t retry_after_micros; /* the registry asked for this much patience; 0: it did not */
    /* ---- private */
    char *cursor;               /* where the next page begins; NULL: at the beginning */
    struct registry_tags_private *private;
};
/* One page; again from done, or later, for the next one. false: done never runs. */
bool registry_tags_start(struct registry_tags *op, struct http_client *client, struct err *e);
void registry_tags_cancel(struct registry_tags *op); /* done still runs, once, later. Welcome when not started or done. */
void registry_tags_fini(struct registry_tags *op);   /* not while a page is under way */

/* Whether this registry's list tells digests. */
bool registry_tags_tell_digests(const struct registry_target *target);

/* ---- the answers' forms; pure, for tests and the fuzzer. Names that are no tags are left out. */
bool registry_tags_read(const char *answer, size_t size, bool hub, struct registry_tag **ret, size_t *ret_count, bool *ret_more,
                        struct err *e);
void registry_tags_free(struct registry_tag *tags, size_t count);
/* The last= of <...?n=2&last=a%2Fb>; rel="next". The caller's; NULL when it names no next page. */
char *registry_tags_next(const char *link);

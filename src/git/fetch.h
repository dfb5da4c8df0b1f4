/* git/fetch.h - one file of a repository, at a branch's newest commit or at a commit that is named.
 *
 * Three or four requests to the server: what it can do, which commit, that commit's folders, the file (or, of a server without a filter,
 * the commit with all its files). What comes is limited, and nothing of it is kept. An operation is embedded; fields above the line are
 * set before git_fetch_start (and may be freed once it returned), those below are valid in done.
 */
#pragma once

#include "git/pack.h"
#include "git/target.h"

#define GIT_PACK_MOST ((size_t)64 << 20) /* bytes of one answer: of a server without a filter, all files of a commit, compressed */
#define GIT_TIME (2 * 60 * INT64_C(1000000)) /* micros for everything */

struct git_fetch {
    const char *path;     /* "k8s/site.yaml"; NULL: only the commit is asked for */
    const char *revision; /* a commit's full name, a branch or a tag; NULL or "": the endpoint's branch */
    size_t most;          /* bytes of the file */
    void (*done)(struct git_fetch *f, const struct err *e); /* once, later, on the loop */
    /* ---- */
    char commit[GIT_OID + 1];
    struct git_file file; /* freed after done */
    struct git_fetch_private *private;
};

/* A path as people write it ("/k8s//site.yaml") as Git names it; the caller's. ERR_INVALID: it is empty, or leads out ("..") . */
bool git_path(const char *path, char **ret, struct err *e);

/* target lives until done ran. false: done never runs. */
bool git_fetch_start(struct git_fetch *f, struct git_target *target, struct loop *loop, struct http_client *http, struct err *e);
void git_fetch_cancel(struct git_fetch *f); /* done still runs, once, later, with ERR_CANCELED. Welcome when it is over */

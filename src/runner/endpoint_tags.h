/* runner/endpoint_tags.h - the tags that an endpoint's registry has, for a person to try patterns on. Nothing is remembered.
 *
 * Asks with the endpoint's own login, at most ENDPOINT_TAGS tags and five pages, 8 s in all. Embed; zeroed before first use.
 */
#pragma once

#include "runner/validate.h"

enum { ENDPOINT_TAGS = 500 };

struct endpoint_tags {
    const json_t *properties;  /* of a dockerregistry endpoint, opened; borrowed until done */
    const char *repository;    /* "acme/web"; NULL or "": the one that the endpoint's URL names. Borrowed until done */
    struct endpoint_hub hub;
    /* Once, later, on the loop; op may be freed inside. e NULL: tags, repository_asked and host are valid. */
    void (*done)(struct endpoint_tags *op, const struct err *e);
    /* ---- valid in done */
    json_t *tags;              /* an array of names; borrowed */
    bool more;                 /* the registry has more than these */
    const char *repository_asked, *host; /* "docker.io" */
    struct endpoint_tags_private *private;
};
/* false: done never runs; e says what is wrong: ERR_INVALID when neither names a repository. */
bool endpoint_tags_start(struct endpoint_tags *op, struct http_client *http, struct err *e);
/* Without asking: which repository and host it would be. Texts are the caller's. */
bool endpoint_tags_target(const json_t *properties, const char *repository, char **ret_repository, char **ret_host, struct err *e);

/* event/image_ref.h - names of container images and of registries, parsed, made canonical, compared.
 *
 * "x", "library/x", "docker.io/library/x", "index.docker.io/library/x" and
 * "registry-1.docker.io/library/x" are one image; its canonical name is
 * "docker.io/library/x". No network here: turning a tag into a digest is
 * registry/'s.
 *
 * Grammar: that of the Distribution project. Limits: host 255, repository 255,
 * tag 128, digest 256 characters. Errors are ERR_INVALID.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/* Texts are owned by the ref: image_ref_fini. */
struct image_ref {
    char *host;       /* "docker.io", "ghcr.io", "127.0.0.1:5000", "[::1]:5000"; lower case */
    char *repository; /* "library/x", "acme/team/web" */
    char *tag;        /* "" when none was named */
    char *digest;     /* "sha256:..."; "" when none was named */
};

/* "x", "acme/web:1.4", "localhost:5000/x@sha256:...". A first part is a host when it has a dot, a colon, or is
 * "localhost", as docker reads it. On failure *ret is untouched. */
bool image_ref_parse(const char *text, struct image_ref *ret, struct err *e);

/* As image_ref_parse, but a name without a host is at host and not at Docker Hub, and a first part is never taken for a
 * host: for "acme/web" as a registry's own notification names it. host may be any spelling that registry_host takes. */
bool image_ref_at(const char *host, const char *repository, struct image_ref *ret, struct err *e);

/* A dockerregistry endpoint's repository URL: "https://hub.docker.com/r/N/R", "/repository/docker/N/R", "/u/N/R",
 * "docker.io/N/R", "N/R" all mean docker.io/N/R; "https://ghcr.io/acme/web", "http://127.0.0.1:5000/acme/web". Without a
 * repository ("https://harbor.acme.test", "https://hub.docker.com") ret->repository is "". *plain: the URL says http://. */
bool image_ref_from_url(const char *url, struct image_ref *ret, bool *plain, struct err *e);

void image_ref_fini(struct image_ref *ref); /* zeroed ones are welcome */

/* "docker.io/library/x:tag@digest", with what it has. The caller's. */
char *image_ref_text(const struct image_ref *ref);
/* "host/repository": the canonical name without tag and digest. The caller's. */
char *image_ref_name(const struct image_ref *ref);
/* Borrowed from ref's repository: "web" of "acme/team/web". */
const char *image_ref_short(const struct image_ref *ref);
/* "acme/team" of "acme/team/web"; "" when there is none. The caller's. */
char *image_ref_namespace(const struct image_ref *ref);

/* A registry's host as all its spellings agree: lower case, Docker Hub's names made "docker.io", no scheme, path or user,
 * :443 dropped. (:80 stays unless the text begins with http://.) The caller's; NULL when text is no host. */
char *registry_host(const char *text);
bool registry_host_same(const char *a, const char *b); /* by registry_host; false when either is no host */

bool image_tag_ok(const char *tag);       /* [A-Za-z0-9_][A-Za-z0-9._-]{0,127} */
bool image_digest_ok(const char *digest); /* sha256:64 hex, sha512:128 hex, lower case */
bool image_repository_ok(const char *repository);

/* git/target.h - a Git repository, and how it is reached: made from a git endpoint's opened properties.
 *
 * Code Stream's endpoints give the address of the vendor's REST API ("https://api.github.com/acme/shop"). What is asked here is Git
 * itself, over HTTP, which every one of these servers speaks: the address of the repository is worked out from theirs.
 */
#pragma once

#include "base/json.h"
#include "http/trust_properties.h"

struct git_target { /* texts are its own, never NULL */
    char *url;    /* "https://github.com/acme/shop.git", without a slash at its end */
    char *branch; /* "" when the repository's own default is meant */
    char *authorization; /* the header's value; "": none is sent */
    char *via;    /* the Cloud Proxy that it is reached through; "": none */
    struct http_trust_properties trust;
};

/* properties: serverType (GitHub, GitLab, Bitbucket, each also with -Enterprise; ours on top: Gitea, generic), repoURL, branch,
 * authType (privateToken, password, ours on top: none; missing: by what is given), userName, password, privateToken, fingerprint,
 * caCertificate +, insecure +. ERR_INVALID with the property's name. */
bool git_target_from_properties(const json_t *properties, struct git_target **ret, struct err *e);
void git_target_destroy(struct git_target **target);

/* The repository's address by a server type's own; the caller's. ERR_INVALID, field repoURL. */
bool git_clone_url(const char *server_type, const char *url, char **ret, struct err *e);

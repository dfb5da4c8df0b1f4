/* registry/client.h - asking a registry: is this tag there, with which digest? And: do these credentials work?
 *
 * What is asked is a target, made from a dockerregistry endpoint's opened
 * properties. Any registry that speaks the Distribution API (/v2/) can be asked,
 * with Basic credentials or Bearer tokens; Docker Hub has an API of its own
 * besides, which validation uses. Which image a name means is event/image_ref.h.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "http/client.h"

/* ---- what a registry let us in with, remembered until it expires; keyed by registry, scope, user and a hash of the
 * password, so that nobody gets in with what somebody else was given. At most 1024 are kept. */
struct registry_tokens;
void registry_tokens_create(struct registry_tokens **ret);
void registry_tokens_destroy(struct registry_tokens **tokens);

/* ---- patience: when a registry asked for less, calls to it wait their turn. One per process. */
struct registry_budget;
void registry_budget_create(struct loop *loop, struct registry_budget **ret);
void registry_budget_destroy(struct registry_budget **budget); /* no operation may be in flight */
/* Microseconds until a call to this host may go out, 0 for now; takes the place in the queue if that is at most most. */
int64_t registry_budget_take(struct registry_budget *budget, const char *host, int64_t most);
/* What an answer said. status 429 or 503 with retry_after closes the registry for that long (429 without: 30 s); a remaining
 * of 0 (-1: not said) leaves one call a second; anything else opens it again. */
void registry_budget_learn(struct registry_budget *budget, const char *host, int status, int64_t retry_after_micros, int64_t remaining);

/* Docker Hub's addresses, which are settings so that mirrors and tests can stand in. Outlives the targets made with it. */
struct registry_hub {
    const char *hub_url;      /* "https://hub.docker.com" */
    const char *registry_url; /* "https://registry-1.docker.io" */
    const char *auth_url;     /* "https://auth.docker.io": a token service that is trusted besides the registry's own host */
    struct registry_tokens *tokens; /* borrowed; NULL: every operation logs in anew */
    struct registry_budget *budget; /* borrowed; NULL: nothing waits */
};
extern const struct registry_hub REGISTRY_HUB;

enum registry_api { REGISTRY_API_DISTRIBUTION, REGISTRY_API_DOCKERHUB };

/* Texts are the target's and never NULL. */
struct registry_target {
    enum registry_api api;
    char *base_url;   /* of the API, without a slash at its end: "https://registry-1.docker.io", "http://127.0.0.1:5100" */
    char *host;       /* canonical: "docker.io", "127.0.0.1:5100" */
    char *repository; /* that the endpoint's URL names: "acme/web"; "" when it names none */
    char *pull_host;  /* key of imagePullSecrets' "auths": "https://index.docker.io/v1/" for Docker Hub, else the host */
    char *username, *password; /* "" and "": anonymous */
    char *fingerprint; /* of the server's certificate; "" for the usual checks. Docker Hub's is never pinned: it changes often */
    char *ca_pem;      /* instead of the system's authorities; "" */
    bool insecure;     /* any certificate, because a user said so */
    char *place;       /* the host, and the Cloud Proxy it is reached through: behind two of them, one name means two registries */
    char *via;         /* the Cloud Proxy that it is reached through, by its id; "": none */
    const struct registry_hub *hub;
};

/* properties: serverType (dockerhub, distribution), repoURL in any form of image_ref_from_url, username, password
 * (or token, an access token that stands in for it), fingerprint; ours on top: caCertificate (PEM, or base64 of it), insecure. ERR_INVALID with the field's name. hub NULL is REGISTRY_HUB. */
bool registry_target_from_properties(const json_t *properties, const struct registry_hub *hub, struct registry_target **ret,
                                     struct err *e);
void registry_target_destroy(struct registry_target **target);

/* ---- one tag's digest, by one HEAD (which Docker Hub does not count as a pull) */

enum registry_outcome {
    REGISTRY_FOUND,
    REGISTRY_MISSING,     /* the registry said so: a definite 404 */
    REGISTRY_REFUSED,     /* 401, 403: these credentials do not get there */
    REGISTRY_UNREACHABLE, /* not known: network, 5xx, 429, nonsense, no place in the budget in time; worth another try */
};
const char *registry_outcome_name(enum registry_outcome outcome); /* "found" */

struct registry_head { /* embed; zeroed before first use */
    const struct registry_target *target; /* lives until done */
    const char *repository, *tag;         /* copied; tag may be a digest. repository NULL: the target's */
    int64_t timeout_micros;               /* in all; 0: 10 s */
    void (*done)(struct registry_head *op, const struct err *e); /* e: only ERR_CANCELED; all else is an outcome */
    /* ---- valid in done */
    enum registry_outcome outcome;
    char digest[140];     /* "sha256:..."; "" unless found */
    char media_type[128]; /* of the manifest */
    char text[512];       /* one sentence for people */
    int64_t retry_after_micros; /* the registry asked for this much patience; 0: it did not */
    int64_t rate_remaining;     /* of its RateLimit-Remaining; -1: it did not say */
    struct registry_head_private *private;
};
/* false (ERR_INVALID: no such repository or tag can exist): done never runs. true: it runs once, later, on the loop. */
bool registry_head_start(struct registry_head *op, struct http_client *client, struct err *e);
void registry_head_cancel(struct registry_head *op); /* done still runs, once, later. Welcome when not started or done. */

/* ---- do the credentials work? Logs in anew, whatever is remembered. */

struct registry_validate { /* embed; zeroed before first use */
    const struct registry_target *target; /* lives until done */
    int64_t timeout_micros;               /* in all; 0: 20 s */
    void (*done)(struct registry_validate *op, const struct err *e); /* e: only ERR_CANCELED; all else is in ok and text */
    /* ---- valid in done */
    bool ok;
    char text[512]; /* one sentence for people, also when ok */
    int64_t tags;   /* of the target's repository; -1: not asked or not known */
    struct registry_validate_private *private;
};
/* false: done never runs (e names a fingerprint that is none, and the like). */
bool registry_validate_start(struct registry_validate *op, struct http_client *client, struct err *e);
void registry_validate_cancel(struct registry_validate *op);

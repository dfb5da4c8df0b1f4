/* kube/room.h - what the files of this room know of a struct kube. Inside the room only. */
#pragma once

#include "base/clock.h"
#include "kube/kube.h"

struct kube {
    struct kube_clusters *clusters;
    char *digest; /* of its target, the key in clusters */
    struct kube_target *target;
    struct http_trust trust;
    char *authorization;    /* header's value, NULL: none */
    int64_t token_read;     /* clock_mono; in-cluster only */
    int holders, in_flight; /* whoever called kube_hold; calls and watches */
    struct map *resources;  /* "apps/v1 Deployment" -> struct kube_resource */
    struct map *watches;    /* path of the collection -> struct kube_watch */
    struct timer idle;
};

struct kube_clusters {
    struct loop *loop;
    struct http_client *client;
    struct map *by_digest;
    void (*on_closed)(void *context);
    void *context;
    struct timer closing;
};

/* One thing less in flight: the last one of a kube that nobody holds lets it close. */
void kube_settle(struct kube *kube);

/* Adds the texts of an answer's Warning headers: removed APIs, unknown fields, pods that a policy will refuse. Ten at most. */
void kube_warnings_add(json_t *list, const struct http_headers *headers);

/* The headers every request bears. */
void kube_headers(struct kube *kube, struct http_headers *h, const char *accept);

void kube_resources_destroy(struct map **resources);
void kube_watches_close(struct kube *kube); /* those without subscribers, at once */

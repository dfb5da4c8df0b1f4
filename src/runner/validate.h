/* runner/validate.h - narrow questions that the API asks about what it saves: are these properties sound, does the endpoint
 * answer, which task types are there? */
#pragma once

#include "base/json.h"
#include "http/client.h"
#include "pipeline/model.h"

/* The task types of this build, as pipeline_check wants them. Constant. */
void runner_pipeline_types(const struct pipeline_type **ret, size_t *ret_count);

/* ---- endpoints */

/* Properties (opened) as the room that uses them reads them. ERR_INVALID with the property's name. Pure. allow_in_cluster
 * and docker_socket are settings: kube/config.h, docker/target.h. */
bool endpoint_properties_ok(const char *type, const json_t *properties, bool allow_in_cluster, const char *docker_socket, struct err *e);

struct endpoint_hub { /* Docker Hub's three addresses; borrowed until done */
    const char *hub_url, *registry_url, *auth_url;
};
/* As the registry room wants them, with a login of its own each time. Borrows from's texts. */
struct registry_hub;
void endpoint_hub_registry(const struct endpoint_hub *from, struct registry_hub *ret);

/* Really logs in there. Embed; zeroed before first use. */
struct endpoint_validate {
    const char *type;          /* "dockerregistry", "k8s" */
    const json_t *properties;  /* opened; borrowed until done */
    struct endpoint_hub hub;
    bool allow_in_cluster;
    const char *docker_socket;
    void (*done)(struct endpoint_validate *op); /* once, later, on the loop */
    /* ---- valid in done */
    bool ok;
    char text[600];            /* one sentence for people, also when ok */
    struct endpoint_validate_private *private;
};
/* false: done never runs; e says which property is wrong. */
bool endpoint_validate_start(struct endpoint_validate *op, struct loop *loop, struct http_client *http, struct err *e);

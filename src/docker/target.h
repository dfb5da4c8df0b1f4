/* docker/target.h - a Docker engine, and how it is reached: made from a docker endpoint's opened properties. */
#pragma once

#include "base/json.h"
#include "http/client.h"

struct docker_target { /* texts are its own, never NULL */
    char *base_url;    /* "https://10.0.0.5:2376"; of a Unix socket "http://docker" */
    char *socket_path; /* "/run/docker.sock"; "": it is reached by base_url */
    char *via;         /* the Cloud Proxy that it is reached through; "": none */
    char *shared_path; /* a folder of the engine's machine in which caches are kept; "": they are volumes */
    char *shown;       /* for sentences */
    char *ca_pem, *cert_pem, *key_pem, *fingerprint; /* "" when not given */
    bool insecure;
    char version[16];  /* of the API, "1.41", once docker_version_choose knows it; "": not known */
    struct http_trust trust; /* borrows from the above */
};

/* properties: url (http://host:2375, https://host:2376, ours on top: unix:///run/docker.sock), certificate and certKeyData (a client's, PEM
 * or base64 of it), caCertificate +, fingerprint, insecure +, sharedPath, pollInterval (kept: this server is told, and does not poll).
 * allowed_socket (the setting docker-socket; NULL or "": none) is the only one that may be named: whoever makes containers there is root on
 * this machine. ERR_INVALID with the property's name. */
bool docker_target_from_properties(const json_t *properties, const char *allowed_socket, struct docker_target **ret, struct err *e);
void docker_target_destroy(struct docker_target **target);

#define DOCKER_API_LEAST "1.41"
/* By the engine's answer to GET /version: the oldest version that it and we know. ERR_UNSUPPORTED: it is older. */
bool docker_version_choose(struct docker_target *target, const json_t *answer, struct err *e);

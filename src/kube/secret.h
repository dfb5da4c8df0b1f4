/* kube/secret.h - a pull secret: what lets a cluster fetch images from a registry that asks for a login. Pure. */
#pragma once

#include "base/json.h"

/* A Secret of type kubernetes.io/dockerconfigjson. registry is a host ("ghcr.io", "reg:5000"); all of Docker Hub's names
 * become https://index.docker.io/v1/, under which kubelets look for it. namespace_ NULL: none written. The caller's. */
json_t *kube_pull_secret(const char *name, const char *namespace_, const char *registry, const char *user, const char *password);

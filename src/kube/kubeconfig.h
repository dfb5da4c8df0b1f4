/* kube/kubeconfig.h - small checks that config.c and kubeconfig.c share. Inside the room only. */
#pragma once

#include <stdbool.h>

#include "base/err.h"

bool kube_server_take(const char *url, const char *field, char **ret, struct err *e);
bool kube_header_check(const char *text, const char *field, struct err *e);
bool kube_namespace_check(const char *name, const char *field, struct err *e);

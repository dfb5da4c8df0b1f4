/* proxy/gateway.h - what the two files of credentials.h share. Not for others. */
#pragma once

#include "kube/config.h"
#include "proxy/credentials.h"
#include "registry/client.h"

struct credential {
    char *name;
    struct kube_target *cluster;       /* or */
    struct registry_target *registry;
};

bool credentials_read(const char *file, struct credential **ret, size_t *ret_count, struct err *e); /* what it made is to be freed in either case */
void credential_list_free(struct credential *list, size_t count);

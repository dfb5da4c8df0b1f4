/* kube/account.h - the ServiceAccount of the pod we run in. Inside the room only. */
#pragma once

#include "kube/config.h"

#define KUBE_ACCOUNT_FOLDER "/var/run/secrets/kubernetes.io/serviceaccount"

/* Fills server, ca_pem, token and default_namespace of an in-cluster target. host and port are KUBERNETES_SERVICE_HOST
 * and _PORT; NULL: we run in no cluster. */
bool kube_account_fill(struct kube_target *t, const char *folder, const char *host, const char *port, struct err *e);

/* The token changes every hour or so: it is read again before it is used. The caller's. */
bool kube_account_token(const char *folder, char **ret, struct err *e);

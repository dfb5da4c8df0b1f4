/* kube/config.h - what a cluster is: where it is reached, how it is trusted, who we are there.
 *
 * Made from bytes alone (an endpoint's properties, a kubeconfig); nothing here
 * opens a file or a socket. In-cluster files are read by kube_create, which
 * needs them again when the token changes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"

enum kube_auth { KUBE_AUTH_NONE, KUBE_AUTH_TOKEN, KUBE_AUTH_CERTIFICATE, KUBE_AUTH_BASIC, KUBE_AUTH_IN_CLUSTER };

struct kube_target {
    char *server;         /* "https://10.0.0.1:6443", without a slash at its end; NULL in-cluster */
    char *ca_pem;         /* NULL: the system's authorities */
    char *fingerprint;    /* SHA-256 of the server's certificate, hex; NULL: none. Stands in for the chain */
    bool insecure;        /* only where a user said so */
    enum kube_auth auth;
    char *token;
    char *cert_pem, *key_pem;
    char *username, *password;
    char *proxy;          /* URL of an HTTP proxy, from a kubeconfig's proxy-url; NULL */
    char *via;            /* the Cloud Proxy that it is reached through, by its id; NULL: none */
    char *default_namespace; /* where objects without a namespace go; "default" when nothing says otherwise */
};
void kube_target_destroy(struct kube_target **target);

/* From the properties of a k8s endpoint, as Code Stream names them: kubernetesURL, authType (token, certificate, basic,
 * none, incluster, kubeconfig), token, certAuthorityData, certData, certKeyData (PEM, or base64 of PEM), username,
 * password, fingerprint; ours on top: kubeconfig (YAML text), context, namespace, insecure. A property kubeconfig
 * decides when authType does not say otherwise. allow_in_cluster (the setting allow-in-cluster) false refuses
 * authType incluster: it lends the server's own rights to whoever makes the endpoint. ERR_INVALID names the property in e->field. */
bool kube_target_from_properties(const json_t *properties, bool allow_in_cluster, struct kube_target **ret, struct err *e);

/* context NULL or "": the file's current-context. Plugins (exec, auth-provider) and references to files are refused:
 * they live on the machine of whoever wrote it. */
bool kube_target_from_kubeconfig(const char *bytes, size_t n, const char *context, struct kube_target **ret, struct err *e);

/* 64 hex digits: equal for equal targets. Keys the table of connections; shown nowhere. The caller's. */
char *kube_target_digest(const struct kube_target *target);

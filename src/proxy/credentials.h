/* proxy/credentials.h - clusters and registries whose credentials stay with the Cloud Proxy: the server names them, and never sees them.
 *
 * A YAML file:
 *
 *   credentials:
 *     - name: prod-cluster
 *       kubeconfigFile: /etc/slipway/kubeconfig     # server, authority and credentials of its current context
 *     - name: registry
 *       url: https://registry.corp:5000
 *       username: ci
 *       passwordFile: /etc/slipway/registry-password
 *       caFile: /etc/slipway/ca.pem                  # or fingerprint; by default the system's authorities
 *
 * To reach one, the server connects to NAME.credentials.invalid (a name that can
 * never exist, RFC 2606) and speaks plain HTTP over the link; the proxy sends
 * each request on, by TLS, with the credentials put in. What they open is what
 * the server may do: the name is the permission, beside the allow-list.
 */
#pragma once

#include "base/json.h"
#include "http/client.h"
#include "loop/loop.h"

#define CREDENTIALS_DOMAIN ".credentials.invalid"

struct credentials;

bool credentials_open(const char *file, struct loop *loop, struct http_client *client, const char *folder, struct credentials **ret, struct err *e);
void credentials_close(struct credentials **credentials);
json_t *credentials_json(const struct credentials *c); /* names; c may be NULL. A new reference */

bool credentials_host(const char *authority);          /* does it end with CREDENTIALS_DOMAIN, before its port? */
/* A socket, the caller's, over which HTTP is spoken with that name's server. */
bool credentials_connect(struct credentials *c, const char *authority, int *ret_fd, struct err *e);

/* proxy/allow.h - where a Cloud Proxy lets the server go: its own list, which the server cannot change.
 *
 *   registry.corp:5000     that name, that port
 *   *.corp:443             every name that ends so (not corp itself)
 *   10.0.0.0/8:443         every address of the network, also as what a name leads to; [2001:db8::]/32:443
 *   host:*                 every port of it
 *   *:443                  every name and address
 *
 * What a name leads to is checked, and connected to, as an address: loopback,
 * link-local (where clouds keep their metadata), multicast and unspecified
 * addresses only where the list names the address, or the name is localhost.
 * A name that led to the public internet, and leads to a private address now,
 * is refused: somebody may have changed it to reach what is inside (DNS
 * rebinding). An empty list lets nothing through.
 */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

#include "base/json.h"

struct allow;

bool allow_parse(const char *list, struct allow **ret, struct err *e); /* divided by commas or white space; ERR_INVALID names the entry */
void allow_destroy(struct allow **allow);
json_t *allow_json(const struct allow *allow); /* as it was written; a new reference */

/* "host:port" of a CONNECT, IPv6 in brackets; the host without them, the caller's, in small letters. */
bool allow_target(const char *authority, char **ret_host, int *ret_port, struct err *e);

/* ERR_FORBIDDEN: not on the list, whatever the name leads to. */
bool allow_host(const struct allow *allow, const char *host, int port, struct err *e);
/* The same of one address that host leads to. Remembers which names led to the public internet. */
bool allow_address(struct allow *allow, const char *host, int port, const struct sockaddr *address, struct err *e);

/* http/reach.h - which addresses are the public internet's. */
#pragma once

#include <stdbool.h>

struct sockaddr;

/* False for loopback, private (RFC 1918, RFC 4193), carrier NAT (RFC 6598), link-local, multicast, unspecified and reserved
 * addresses, also when an IPv6 address carries such an IPv4 one (mapped, NAT64, 6to4). */
bool http_address_public(const struct sockaddr *address);

/* base/network.h - networks such as 10.0.0.0/8 and 2001:db8::/32, and whether an address is in one. */
#pragma once

#include "base/json.h"

struct network {
    unsigned char address[16]; /* IPv4 as IPv6 (RFC 4291 2.5.5.2) */
    int bits;
};

/* "10.0.0.0/8", "192.0.2.7" (that one address), "2001:db8::/32". Bits behind the length must be 0. */
bool network_parse(const char *text, struct network *ret);
/* address: "192.0.2.7", "::1", "::ffff:192.0.2.7". False also when it is none. */
bool network_has(const struct network *network, const char *address);
/* networks: an array of texts; empty: every address is in it. */
bool networks_have(const json_t *networks, const char *address);

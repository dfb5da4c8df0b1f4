#include "http/reach.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"

static bool public4(uint32_t address)
{
    static const struct {
        uint32_t network;
        int bits;
    } NOT_PUBLIC[] = {
        { 0x00000000, 8 },  { 0x0a000000, 8 },  { 0x64400000, 10 }, { 0x7f000000, 8 },  { 0xa9fe0000, 16 }, { 0xac100000, 12 },
        { 0xc0000000, 24 }, { 0xc0000200, 24 }, { 0xc0a80000, 16 }, { 0xc6120000, 15 }, { 0xc6336400, 24 }, { 0xcb007100, 24 },
        { 0xe0000000, 3 }, /* multicast, reserved and broadcast */
    };
    for (size_t i = 0; i < ALEN(NOT_PUBLIC); i++)
        if ((address ^ NOT_PUBLIC[i].network) >> (32 - NOT_PUBLIC[i].bits) == 0)
            return false;
    return true;
}

static uint32_t four(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool public6(const uint8_t *a)
{
    static const uint8_t MAPPED[12] = { [10] = 0xff, [11] = 0xff }, NAT64[12] = { 0x00, 0x64, 0xff, 0x9b };
    if (memcmp(a, MAPPED, 12) == 0 || memcmp(a, NAT64, 12) == 0)
        return public4(four(a + 12));
    if (a[0] == 0x20 && a[1] == 0x02) /* 6to4 */
        return public4(four(a + 2));
    return (a[0] & 0xe0) == 0x20; /* 2000::/3, all that is given out */
}

bool http_address_public(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return public4(ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr));
    if (address->sa_family == AF_INET6)
        return public6(((const struct sockaddr_in6 *)address)->sin6_addr.s6_addr);
    return false;
}

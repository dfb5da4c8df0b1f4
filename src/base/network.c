#include "base/network.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const unsigned char MAPPED[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

/* *ret_most: how many bits a network of its kind can name. */
static bool address_parse(const char *text, unsigned char ret[16], int *ret_most)
{
    *ret_most = strchr(text, ':') ? 128 : 32;
    if (*ret_most == 128)
        return inet_pton(AF_INET6, text, ret) == 1;
    memcpy(ret, MAPPED, sizeof MAPPED);
    return inet_pton(AF_INET, text, ret + sizeof MAPPED) == 1;
}

static bool same_bits(const unsigned char *a, const unsigned char *b, int bits)
{
    int rest = bits % 8;
    if (memcmp(a, b, (size_t)bits / 8) != 0)
        return false;
    return !rest || (a[bits / 8] ^ b[bits / 8]) >> (8 - rest) == 0;
}

/* The bits behind the length name no network; somebody meant another one. */
static bool rest_empty(const struct network *n)
{
    for (int bit = n->bits; bit < 128; bit++)
        if (n->address[bit / 8] & 0x80 >> bit % 8)
            return false;
    return true;
}

bool network_parse(const char *text, struct network *ret)
{
    char address[64];
    const char *slash = strchr(text, '/');
    int64_t bits;
    int most;
    size_t n = slash ? (size_t)(slash - text) : strlen(text);
    if (n >= sizeof address)
        return false;
    snprintf(address, sizeof address, "%.*s", (int)n, text);
    if (!address_parse(address, ret->address, &most))
        return false;
    bits = most;
    if (slash && (!text_to_int(slash + 1, &bits) || bits < 0 || bits > most))
        return false;
    ret->bits = 128 - most + (int)bits;
    return rest_empty(ret);
}

bool network_has(const struct network *network, const char *address)
{
    unsigned char bytes[16];
    int most;
    return address_parse(address, bytes, &most) && same_bits(network->address, bytes, network->bits);
}

bool networks_have(const json_t *networks, const char *address)
{
    size_t i;
    json_t *one;
    struct network network;
    json_array_foreach((json_t *)networks, i, one)
        if (json_is_string(one) && network_parse(json_string_value(one), &network) && network_has(&network, address))
            return true;
    return !json_array_size(networks);
}

#include "base/network.h"
#include "base/test.h"

TEST(network, knows_what_is_in_it)
{
    static const struct { const char *network, *address; bool in; } CASES[] = {
        { "10.0.0.0/8", "10.1.2.3", true },          { "10.0.0.0/8", "11.0.0.1", false },
        { "192.0.2.7", "192.0.2.7", true },          { "192.0.2.7", "192.0.2.8", false },
        { "192.0.2.0/25", "192.0.2.127", true },     { "192.0.2.0/25", "192.0.2.128", false },
        { "2001:db8::/33", "2001:db8:7fff::1", true }, { "2001:db8::/33", "2001:db8:8000::1", false },
        { "10.0.0.0/8", "::ffff:10.1.1.1", true },   { "0.0.0.0/0", "8.8.8.8", true },
        { "0.0.0.0/0", "2001:db8::1", false },       { "::/0", "8.8.8.8", true },
        { "::1", "::1", true },                      { "10.0.0.0/8", "nonsense", false },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        struct network n;
        CHECK(network_parse(CASES[i].network, &n));
        CHECK_INT(network_has(&n, CASES[i].address), CASES[i].in);
    }
}

TEST(network, refuses_what_is_none)
{
    static const char *const CASES[] = { "", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.1/8", "10.0.0/8", "::/129", "fe80::1%eth0", "host", "10.0.0.0/8 ",
                                         "2001:db8::1/32", "1111111111111111111111111111111111111111111111111111111111111111111" };
    struct network n;
    for (size_t i = 0; i < ALEN(CASES); i++)
        CHECK(!network_parse(CASES[i], &n));
}

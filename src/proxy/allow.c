#include "proxy/allow.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/network.h"
#include "http/reach.h"

enum { ENTRIES_MOST = 500, NAMES_MOST = 4096 };

struct entry {
    char *text;
    char *name;             /* "registry.corp", "*.corp", "*"; NULL: a network */
    struct network network;
    int port;               /* 0: every one */
};

struct allow {
    struct entry *at;
    size_t count;
    struct map *public;     /* names that led to the public internet -> themselves */
};

void allow_destroy(struct allow **allow)
{
    struct allow *a = TAKE(*allow);
    if (!a)
        return;
    for (size_t i = 0; i < a->count; i++) {
        free(a->at[i].text);
        free(a->at[i].name);
    }
    free(a->at);
    map_destroy(&a->public);
    free(a);
}

/* ---- reading the list */

static bool name_ok(const char *name)
{
    const char *p = text_starts(name, "*.") ? name + 2 : name;
    if (text_is(name, "*"))
        return true;
    for (const char *c = p; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '.' && *c != '-' && *c != '_')
            return false;
    return *p && *p != '.' && *p != '-' && strlen(p) <= 253;
}

static void lower(char *text)
{
    for (char *p = text; *p; p++)
        *p = (char)tolower((unsigned char)*p);
}

static bool port_of(const char *text, bool any, int *ret)
{
    int64_t n = 0;
    *ret = 0;
    if (any && text_is(text, "*"))
        return true;
    if (!text_to_int(text, &n) || n < 1 || n > 65535)
        return false;
    *ret = (int)n;
    return true;
}

/* "[2001:db8::]/32" and "[::1]" without their brackets; "" when those are not where they belong. */
static char *without_brackets(const char *host)
{
    AUTO_TEXT out = { 0 };
    const char *end = strchr(host, ']');
    bool plain = !end && !strchr(host, '['), whole = end && *host == '[' && !strpbrk(host + 1, "[") && (!end[1] || end[1] == '/');
    if (!plain && !whole)
        return mem_text("");
    for (const char *p = host; *p; p++)
        if (*p != '[' && *p != ']')
            text_add_char(&out, *p);
    return text_take(&out);
}

static bool read_entry(struct entry *x, const char *text, struct err *e)
{
    const char *colon = strrchr(text, ':');
    AUTO_FREE char *written = colon ? mem_text_n(text, (size_t)(colon - text)) : NULL, *host = written ? without_brackets(written) : NULL;
    if (!colon || !port_of(colon + 1, true, &x->port) || (strchr(host, ':') && *written != '['))
        return err_field(e, "allow", "'%.200s' is no HOST:PORT, such as registry.corp:5000, *.corp:443, 10.0.0.0/8:443 or [2001:db8::]/32:443", text);
    x->text = mem_text(text);
    if (network_parse(host, &x->network))
        return true;
    lower(host);
    x->name = TAKE(host);
    return name_ok(x->name) || err_field(e, "allow", "'%.200s' names neither a host nor a network", text);
}

bool allow_parse(const char *list, struct allow **ret, struct err *e)
{
    AUTO(allow) a = NEW(struct allow);
    a->public = map_create();
    for (const char *p = list ? list : ""; *p;) {
        size_t n = strcspn(p, ", \t\r\n");
        AUTO_FREE char *text = mem_text_n(p, n);
        p += n + strspn(p + n, ", \t\r\n");
        if (!n)
            continue;
        if (a->count == ENTRIES_MOST)
            return err_field(e, "allow", "more than %d entries", ENTRIES_MOST);
        a->at = mem_resize(a->at, (a->count + 1) * sizeof *a->at);
        a->at[a->count] = (struct entry){ 0 };
        a->count++;
        if (!read_entry(&a->at[a->count - 1], text, e))
            return false;
    }
    *ret = TAKE(a);
    return true;
}

json_t *allow_json(const struct allow *a)
{
    json_t *list = json_array();
    for (size_t i = 0; i < a->count; i++)
        json_array_append_new(list, json_text(a->at[i].text));
    return list;
}

bool allow_target(const char *authority, char **ret_host, int *ret_port, struct err *e)
{
    const char *colon = authority ? strrchr(authority, ':') : NULL;
    AUTO_FREE char *written = colon ? mem_text_n(authority, (size_t)(colon - authority)) : NULL, *host = written ? without_brackets(written) : NULL;
    struct network address;
    bool plain = host && (network_parse(host, &address) ? !strchr(host, '/') : name_ok(host) && *host != '*');
    if (!plain || !port_of(colon + 1, false, ret_port))
        return err_set(e, ERR_INVALID, "'%.200s' is no host and port", authority ? authority : "");
    lower(host);
    size_t n = strlen(host);
    if (n > 1 && host[n - 1] == '.') /* the same name, written to its root */
        host[n - 1] = 0;
    *ret_host = TAKE(host);
    return true;
}

/* ---- asking it */

static bool names(const struct entry *x, const char *host, int port)
{
    if (!x->name || (x->port && x->port != port))
        return false;
    return text_is(x->name, "*") || text_is(x->name, host) || (x->name[0] == '*' && text_ends(host, x->name + 1) && strlen(host) > strlen(x->name + 1));
}

static bool covers(const struct allow *a, const char *address, int port)
{
    for (size_t i = 0; i < a->count; i++)
        if (!a->at[i].name && (!a->at[i].port || a->at[i].port == port) && network_has(&a->at[i].network, address))
            return true;
    return false;
}

static bool is_named(const struct allow *a, const char *host, int port)
{
    for (size_t i = 0; i < a->count; i++)
        if (names(&a->at[i], host, port))
            return true;
    return false;
}

static bool not_listed(const char *host, int port, struct err *e)
{
    return err_set(e, ERR_FORBIDDEN, "%.200s:%d is not on the allow-list of the Cloud Proxy: whoever runs it adds --allow %.100s:%d", host, port, host, port);
}

bool allow_host(const struct allow *a, const char *host, int port, struct err *e)
{
    struct network address;
    if (is_named(a, host, port))
        return true;
    if (network_parse(host, &address))
        return covers(a, host, port) || not_listed(host, port, e);
    for (size_t i = 0; i < a->count; i++) /* what the name leads to may be in a network of the list */
        if (!a->at[i].name && (!a->at[i].port || a->at[i].port == port))
            return true;
    return not_listed(host, port, e);
}

/* Addresses of this machine and of this wire, which no name from outside may stand for. */
static bool special4(uint32_t a)
{
    return a >> 24 == 127 || a >> 24 == 0 || a >> 16 == 0xa9fe || a >> 28 >= 14;
}

static bool special(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return special4(ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr));
    const struct in6_addr *a = &((const struct sockaddr_in6 *)address)->sin6_addr;
    const uint8_t *last = a->s6_addr + 12;
    uint32_t mapped = (uint32_t)last[0] << 24 | (uint32_t)last[1] << 16 | (uint32_t)last[2] << 8 | last[3];
    return IN6_IS_ADDR_LOOPBACK(a) || IN6_IS_ADDR_UNSPECIFIED(a) || IN6_IS_ADDR_LINKLOCAL(a) || IN6_IS_ADDR_MULTICAST(a) ||
           (IN6_IS_ADDR_V4MAPPED(a) && special4(mapped));
}

static void address_text(const struct sockaddr *address, char out[INET6_ADDRSTRLEN])
{
    const void *bytes = address->sa_family == AF_INET ? (const void *)&((const struct sockaddr_in *)address)->sin_addr
                                                      : (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr;
    inet_ntop(address->sa_family, bytes, out, INET6_ADDRSTRLEN);
}

/* Beyond NAMES_MOST nothing is remembered: then a wildcard of the list leads to very many names. */
static void remember_public(struct allow *a, const char *host)
{
    if (map_count(a->public) < NAMES_MOST)
        map_put(a->public, host, a);
}

bool allow_address(struct allow *a, const char *host, int port, const struct sockaddr *address, struct err *e)
{
    char text[INET6_ADDRSTRLEN];
    struct network literal;
    address_text(address, text);
    if (covers(a, text, port) || (network_parse(host, &literal) && is_named(a, host, port)))
        return true;
    if (!is_named(a, host, port))
        return err_set(e, ERR_FORBIDDEN, "%.200s leads to %s, and neither is on the allow-list of the Cloud Proxy", host, text);
    if (special(address) && !text_is(host, "localhost"))
        return err_set(e, ERR_FORBIDDEN, "%.200s leads to %s, an address that only its own line of the allow-list opens: --allow %s:%d", host, text, text, port);
    bool public = http_address_public(address);
    if (!public && map_get(a->public, host))
        return err_set(e, ERR_FORBIDDEN, "%.200s led to the public internet, and leads to the private address %s now: if that is meant, start the Cloud Proxy again, or --allow %s:%d",
                       host, text, text, port);
    if (public)
        remember_public(a, host);
    return true;
}

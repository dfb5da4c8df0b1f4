#include "registry/challenge.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"

#define VALUE_MOST 4096

static const char *skip_space(const char *at)
{
    return at + strspn(at, " \t,");
}

/* "value" or value; *at moves behind it. The caller's. */
static char *read_value(const char **at)
{
    AUTO_TEXT out = { 0 };
    if (**at != '"') {
        size_t n = strcspn(*at, " \t,");
        text_add_n(&out, *at, n);
        *at += n;
        return text_take(&out);
    }
    for ((*at)++; **at && **at != '"'; (*at)++) {
        if (**at == '\\' && (*at)[1])
            (*at)++;
        text_add_char(&out, **at);
    }
    *at += **at == '"';
    return text_take(&out);
}

static void keep(struct challenge *c, const char *name, size_t n, char *value)
{
    const struct { const char *name; char **to; } ROWS[] = {
        { "realm", &c->realm }, { "service", &c->service }, { "scope", &c->scope }
    };
    for (size_t i = 0; i < ALEN(ROWS); i++) {
        if (strlen(ROWS[i].name) != n || strncasecmp(ROWS[i].name, name, n) != 0 || *ROWS[i].to)
            continue;
        *ROWS[i].to = value;
        return;
    }
    free(value);
}

static void read_one(const char *at, struct challenge *c)
{
    size_t n = strcspn(at, " \t");
    if (n == 5 && strncasecmp(at, "Basic", n) == 0)
        c->scheme = CHALLENGE_BASIC;
    else if (n == 6 && strncasecmp(at, "Bearer", n) == 0)
        c->scheme = CHALLENGE_BEARER;
    for (at = skip_space(at + n); *at; at = skip_space(at)) {
        size_t name = strcspn(at, "=, \t");
        if (at[name] != '=')
            return; /* the next scheme's name, or token68: neither is for us */
        const char *value = at + name + 1;
        char *text = read_value(&value);
        keep(c, at, name, text);
        at = value;
    }
}

void challenge_fini(struct challenge *c)
{
    free(c->realm);
    free(c->service);
    free(c->scope);
    *c = (struct challenge){ 0 };
}

void challenge_read(const struct http_headers *headers, struct challenge *ret)
{
    *ret = (struct challenge){ 0 };
    for (size_t i = 0; i < headers->count; i++) {
        struct challenge one = { 0 };
        if (!text_is_any_case(headers->at[i].name, "WWW-Authenticate") || strlen(headers->at[i].value) > VALUE_MOST)
            continue;
        read_one(skip_space(headers->at[i].value), &one);
        struct challenge worse = one.scheme > ret->scheme ? *ret : one;
        if (one.scheme > ret->scheme)
            *ret = one;
        challenge_fini(&worse);
    }
}

/* "https://host:port" of a URL; 0 when it is none. */
static size_t origin(const char *url)
{
    const char *host = strstr(url, "://");
    return host ? (size_t)(host + 3 - url) + strcspn(host + 3, "/?#") : 0;
}

bool url_same_origin(const char *a, const char *b)
{
    size_t n = b ? origin(b) : 0;
    return n && origin(a) == n && strncasecmp(a, b, n) == 0;
}

bool challenge_realm_ok(const char *realm, const char *registry_url, const char *auth_url)
{
    size_t n = origin(realm);
    if (!n || memchr(realm, '@', n))
        return false;
    return strncasecmp(realm, "https://", 8) == 0 || url_same_origin(realm, registry_url) || url_same_origin(realm, auth_url);
}

/* The host of a URL, without its port. The caller's. */
static char *host_of(const char *url)
{
    const char *host = strstr(url, "://");
    host = host ? host + 3 : url;
    return mem_text_n(host, *host == '[' ? strcspn(host, "]/?#") : strcspn(host, ":/?#"));
}

bool challenge_realm_near(const char *realm, const char *registry_url)
{
    AUTO_FREE char *there = host_of(realm), *here = host_of(registry_url);
    const char *parent = strchr(here, '.');
    bool address = !here[strspn(here, "0123456789.")] || *here == '[';
    if (text_is_any_case(there, here))
        return true;
    size_t n = strlen(there), m = parent ? strlen(parent) : 0;
    return !address && m > 1 && n > m && strcasecmp(there + n - m, parent) == 0;
}

int64_t answer_retry_after(const struct http_headers *headers, int64_t now)
{
    const char *value = http_headers_get(headers, "Retry-After");
    int64_t seconds = 0;
    struct tm when = { 0 };
    if (!value)
        return 0;
    if (!text_to_int(value, &seconds)) {
        const char *end = strptime(value, "%a, %d %b %Y %H:%M:%S GMT", &when);
        seconds = end && !*end ? (int64_t)timegm(&when) - now / CLOCK_SECOND : 0;
    }
    if (seconds <= 0)
        return 0;
    return (seconds > 3600 ? 3600 : seconds) * CLOCK_SECOND;
}

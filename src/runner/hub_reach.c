/* Can Docker Hub reach this URL? What the URL itself tells; whether it really can shows with the first delivery. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "http/reach.h"
#include "runner/hub.h"

/* The URL's host, without brackets, port and path; the caller's. */
static char *host_of(const char *url)
{
    const char *host = strstr(url, "://");
    host = host ? host + 3 : url;
    if (*host == '[')
        return mem_text_n(host + 1, strcspn(host + 1, "]"));
    return mem_text_n(host, strcspn(host, ":/?#"));
}

/* Names that only mean something in one's own network (RFC 6761, RFC 6762, RFC 8375, and custom). */
static bool private_name(const char *host)
{
    static const char *const ENDS[] = { ".localhost", ".local", ".internal", ".lan", ".home.arpa", ".intranet", ".corp", ".home" };
    AUTO_FREE char *whole = mem_format(".%s", host);
    size_t n = strlen(whole);
    while (n && whole[n - 1] == '.')
        whole[--n] = '\0';
    for (char *c = whole; *c; c++)
        *c |= *c >= 'A' && *c <= 'Z' ? 0x20 : 0;
    for (size_t i = 0; i < ALEN(ENDS); i++)
        if (text_ends(whole, ENDS[i]))
            return true;
    return !strchr(whole + 1, '.');
}

static bool private_host(const char *host)
{
    struct sockaddr_in four = { .sin_family = AF_INET };
    struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
    if (inet_pton(AF_INET, host, &four.sin_addr) == 1)
        return !http_address_public((struct sockaddr *)&four);
    if (inet_pton(AF_INET6, host, &six.sin6_addr) == 1)
        return !http_address_public((struct sockaddr *)&six);
    return private_name(host);
}

static void add(json_t *problems, char *text)
{
    json_array_append_new(problems, json_text(text));
    free(text);
}

json_t *hub_reach_problems(const char *external_url)
{
    json_t *problems = json_array();
    if (text_empty(external_url)) {
        add(problems, mem_text("external-url is not set, so Docker Hub cannot be told where this server is"));
        return problems;
    }
    AUTO_FREE char *host = host_of(external_url);
    if (private_host(host))
        add(problems, mem_format("external-url leads to %s, which the internet cannot reach", host));
    if (text_starts(external_url, "http://"))
        add(problems, mem_text("external-url is plain http, so the webhook's secret could be read on its way"));
    return problems;
}

json_t *registry_reach_problems(const char *server_type, const char *external_url)
{
    json_t *problems = NULL;
    if (!text_is_any_case(server_type, "distribution"))
        return hub_reach_problems(external_url);
    problems = json_array();
    if (text_empty(external_url))
        add(problems, mem_text("external-url is not set, so nobody knows which URL to put into the registry's configuration"));
    return problems;
}

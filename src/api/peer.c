#include "api/peer.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

void proxies_read(const char *text, struct proxies *ret)
{
    ret->count = 0;
    for (const char *at = text ? text : ""; *at && ret->count < PROXIES_MOST;) {
        at += strspn(at, " ,");
        size_t n = strcspn(at, " ,");
        AUTO_FREE char *one = mem_text_n(at, n);
        if (n && network_parse(one, &ret->at[ret->count]))
            ret->count++;
        at += n;
    }
}

static bool is_proxy(const struct proxies *proxies, const char *address)
{
    for (size_t i = 0; i < proxies->count; i++)
        if (network_has(&proxies->at[i], address))
            return true;
    return false;
}

static bool is_address(const char *text)
{
    unsigned char bytes[16];
    return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

/* Takes the last entry off a list such as "192.0.2.1, 10.0.0.7"; false when there is none, or it is no address. */
static bool take_last(const char *list, size_t *length, char out[PEER_TEXT])
{
    size_t end = *length;
    while (end && strchr(" \t,", list[end - 1]))
        end--;
    size_t begin = end;
    while (begin && !strchr(" \t,", list[begin - 1]))
        begin--;
    *length = begin;
    if (begin == end || end - begin >= PEER_TEXT)
        return false;
    snprintf(out, PEER_TEXT, "%.*s", (int)(end - begin), list + begin);
    return is_address(out);
}

const char *peer_of(const struct proxies *proxies, const struct http_request *r, char out[PEER_TEXT])
{
    snprintf(out, PEER_TEXT, "%s", r->remote);
    for (size_t i = r->headers->count; i-- > 0;) {
        const char *list = r->headers->at[i].value;
        size_t length = strlen(list);
        char before[PEER_TEXT];
        if (!text_is_any_case(r->headers->at[i].name, "X-Forwarded-For"))
            continue;
        while (is_proxy(proxies, out) && take_last(list, &length, before))
            memcpy(out, before, PEER_TEXT);
        if (length || !is_proxy(proxies, out))
            break;
    }
    return out;
}

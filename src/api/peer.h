/* api/peer.h - whose address a request comes from, also behind a reverse proxy. */
#pragma once

#include "base/network.h"
#include "http/server.h"

enum { PEER_TEXT = 64, PROXIES_MOST = 64 };

struct proxies { /* networks whose X-Forwarded-For is believed */
    struct network at[PROXIES_MOST];
    size_t count;
};
/* text: networks, divided by commas or blanks, checked before; NULL: none. */
void proxies_read(const char *text, struct proxies *ret);

/* The last address on the way here that is no proxy of ours. What is no address, as somebody's own X-Forwarded-For may hold,
 * ends the way. */
const char *peer_of(const struct proxies *proxies, const struct http_request *r, char out[PEER_TEXT]);

/* http/message.h - what both ends of HTTP share: headers, targets, queries. */
#pragma once

#include "base/err.h"
#include "base/text.h"

struct http_header {
    char *name, *value;
};

struct http_headers {
    struct http_header *at;
    size_t count;
};

const char *http_headers_get(const struct http_headers *h, const char *name); /* first of that name, any case; borrowed; NULL */
void http_headers_add(struct http_headers *h, const char *name, const char *value);
void http_headers_fini(struct http_headers *h);

const char *http_phrase(int status); /* "Not Found" */

/* The decoded value of a query's parameter ("a=1&b=2", + is a space); the caller's, NULL when absent or malformed. */
char *http_query_get(const char *query, const char *name);

/* gzip or deflate (RFC 9110 8.4.1), with a limit on what comes out: ERR_TOO_LARGE over it. ret is the caller's. */
bool http_inflate(const void *bytes, size_t n, size_t limit, char **ret, size_t *ret_size, struct err *e);

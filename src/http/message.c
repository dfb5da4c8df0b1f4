#include "http/message.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/mem.h"

const char *http_headers_get(const struct http_headers *h, const char *name)
{
    for (size_t i = 0; i < h->count; i++)
        if (text_is_any_case(h->at[i].name, name))
            return h->at[i].value;
    return NULL;
}

void http_headers_add(struct http_headers *h, const char *name, const char *value)
{
    if ((h->count & (h->count - 1)) == 0) /* room grows by doubling: 1, 2, 4 ... */
        h->at = mem_resize(h->at, (h->count ? h->count * 2 : 1) * sizeof *h->at);
    h->at[h->count++] = (struct http_header){ .name = mem_text(name), .value = mem_text(value ? value : "") };
}

void http_headers_fini(struct http_headers *h)
{
    for (size_t i = 0; i < h->count; i++) {
        free(h->at[i].name);
        free(h->at[i].value);
    }
    free(h->at);
    *h = (struct http_headers){ 0 };
}

const char *http_phrase(int status)
{
    static const struct {
        int status;
        const char *phrase;
    } PHRASES[] = {
        { 101, "Switching Protocols" }, { 200, "OK" }, { 201, "Created" }, { 202, "Accepted" }, { 204, "No Content" }, { 206, "Partial Content" },
        { 301, "Moved Permanently" }, { 302, "Found" }, { 303, "See Other" }, { 304, "Not Modified" },
        { 307, "Temporary Redirect" }, { 308, "Permanent Redirect" },
        { 400, "Bad Request" }, { 401, "Unauthorized" }, { 403, "Forbidden" }, { 404, "Not Found" },
        { 405, "Method Not Allowed" }, { 406, "Not Acceptable" }, { 408, "Request Timeout" }, { 409, "Conflict" },
        { 410, "Gone" }, { 411, "Length Required" }, { 412, "Precondition Failed" }, { 413, "Content Too Large" },
        { 414, "URI Too Long" }, { 415, "Unsupported Media Type" }, { 416, "Range Not Satisfiable" },
        { 417, "Expectation Failed" }, { 421, "Misdirected Request" }, { 422, "Unprocessable Content" },
        { 426, "Upgrade Required" }, { 428, "Precondition Required" }, { 429, "Too Many Requests" },
        { 431, "Request Header Fields Too Large" }, { 499, "Canceled" }, { 500, "Internal Server Error" },
        { 501, "Not Implemented" }, { 502, "Bad Gateway" }, { 503, "Service Unavailable" },
        { 504, "Gateway Timeout" }, { 507, "Insufficient Storage" },
    };
    static const char *const CLASSES[] = { "Status", "Continue", "OK", "Redirect", "Bad Request", "Server Error" };
    for (size_t i = 0; i < ALEN(PHRASES); i++)
        if (PHRASES[i].status == status)
            return PHRASES[i].phrase;
    return CLASSES[status >= 100 && status < 600 ? status / 100 : 0];
}

char *http_query_get(const char *query, const char *name)
{
    for (const char *p = query; p && *p;) {
        size_t n = strcspn(p, "&"), key = strcspn(p, "=&");
        AUTO_FREE char *decoded = text_url_decode(p, key, true);
        if (decoded && text_is(decoded, name))
            return text_url_decode(p + key + (key < n), n - key - (key < n), true);
        p += n + (p[n] == '&');
    }
    return NULL;
}

static bool inflate_all(z_stream *z, size_t limit, struct text *out, struct err *e)
{
    unsigned char chunk[16384];
    int code = Z_OK;
    while (code == Z_OK) {
        z->next_out = chunk;
        z->avail_out = sizeof chunk;
        code = inflate(z, Z_NO_FLUSH);
        size_t got = sizeof chunk - z->avail_out;
        if (out->length + got > limit)
            return err_set(e, ERR_TOO_LARGE, "the body is larger than %zu bytes when decompressed", limit);
        text_add_n(out, chunk, got);
    }
    return code == Z_STREAM_END || err_set(e, ERR_INVALID, "the body is not what its Content-Encoding says: %s", z->msg ? z->msg : "cut off");
}

bool http_inflate(const void *bytes, size_t n, size_t limit, char **ret, size_t *ret_size, struct err *e)
{
    z_stream z = { .next_in = (unsigned char *)bytes, .avail_in = (uInt)n };
    AUTO_TEXT out = { 0 };
    if (n > limit)
        return err_set(e, ERR_TOO_LARGE, "the body is larger than %zu bytes", limit);
    if (inflateInit2(&z, 15 + 32) != Z_OK) /* gzip or zlib, by its first bytes */
        return err_set(e, ERR_INTERNAL, "decompression could not start");
    bool ok = inflate_all(&z, limit, &out, e);
    inflateEnd(&z);
    if (!ok)
        return false;
    *ret_size = out.length;
    *ret = text_take(&out);
    return true;
}

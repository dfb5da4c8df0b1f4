#include "web/web.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"

/* What the API answers, also with "there is no such route". /pipelines/... beside it is a page. */
static const char *const API_ROOTS[] = { "/pipeline/",   "/codestream/", "/pipelines/api/", "/csp/", "/iaas/", "/project-service/",
                                         "/healthz", "/readyz", "/metrics" };

/* style-src: Preact sets single properties, which no policy is needed for; there are no inline styles. */
#define POLICY                                                                                                           \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "     \
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

static const struct { const char *name, *value; } HEADERS[] = {
    { "Content-Security-Policy", POLICY },         { "X-Content-Type-Options", "nosniff" },
    { "X-Frame-Options", "DENY" },                 { "Referrer-Policy", "no-referrer" },
    { "Cross-Origin-Opener-Policy", "same-origin" }, { "Cross-Origin-Resource-Policy", "same-origin" },
    { "Permissions-Policy", "camera=(), geolocation=(), microphone=()" }, { "Vary", "Accept-Encoding" },
};

static bool is_api(const char *path)
{
    for (size_t i = 0; i < ALEN(API_ROOTS); i++)
        if (text_starts(path, API_ROOTS[i]))
            return true;
    return false;
}

static const struct web_file *find(const struct web_file *files, const char *path)
{
    for (; files->path; files++)
        if (text_is(files->path, path))
            return files;
    return NULL;
}

/* Names in the last part of a path with a dot are files'; a page's own addresses have ids and encoded names there. */
static bool looks_like_file(const char *path)
{
    return text_starts(path, "/assets/") || strchr(strrchr(path, '/'), '.');
}

/* Accept-Encoding says gzip, and not with q=0. */
static bool takes_gzip(const struct http_request *r)
{
    const char *accepted = http_headers_get(r->headers, "Accept-Encoding");
    const char *at = accepted ? strcasestr(accepted, "gzip") : NULL;
    if (!at)
        return false;
    const char *rest = at + 4 + strspn(at + 4, " ;");
    return strncasecmp(rest, "q=0", 3) || strspn(rest + 3, ".0") != strcspn(rest + 3, ", ");
}

static void put_headers(struct http_request *r, const char *cache)
{
    for (size_t i = 0; i < ALEN(HEADERS); i++)
        http_answer_header(r, HEADERS[i].name, HEADERS[i].value);
    http_answer_header(r, "Cache-Control", cache);
}

static void say(struct http_request *r, int status, const char *text)
{
    put_headers(r, "no-store");
    http_answer(r, status, "text/plain; charset=utf-8", text, strlen(text));
}

static void send_plain(struct http_request *r, const struct web_file *file)
{
    struct err e = { 0 };
    AUTO_FREE char *plain = NULL;
    size_t size = 0;
    if (http_inflate(file->bytes, file->size, file->plain_size, &plain, &size, &e))
        http_answer(r, 200, file->type, plain, size);
    else
        http_answer(r, 500, "text/plain", e.text, strlen(e.text));
}

static void send_file(struct http_request *r, const struct web_file *file)
{
    const char *known = http_headers_get(r->headers, "If-None-Match");
    put_headers(r, text_starts(file->path, "/assets/") ? "public, max-age=31536000, immutable" : "no-cache");
    http_answer_header(r, "ETag", file->etag);
    if (known && strstr(known, file->etag)) {
        http_answer(r, 304, NULL, "", 0);
    } else if (takes_gzip(r)) {
        http_answer_header(r, "Content-Encoding", "gzip");
        http_answer(r, 200, file->type, file->bytes, file->size);
    } else {
        send_plain(r, file);
    }
}

bool web_take(const struct web_file *files, struct http_request *r)
{
    if (is_api(r->path) || (!text_is(r->method, "GET") && !text_is(r->method, "HEAD")))
        return false;
    const struct web_file *file = find(files, r->path), *shell = find(files, "/");
    if (!file && looks_like_file(r->path))
        say(r, 404, "There is no such file.\n");
    else if (!file && !shell)
        say(r, 503, "This Slipway was built without its page: node and npm were missing, or -Dweb=disabled was asked for.\n"
                    "Build it with: apt install nodejs npm && meson configure BUILD -Dweb=enabled && ninja -C BUILD\n"
                    "The command line and the API work all the same: slipway help\n");
    else
        send_file(r, file ? file : shell);
    return true;
}

#include "event/image_ref.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

enum { HOST_MOST = 255, REPOSITORY_MOST = 255, TAG_MOST = 128, TEXT_MOST = 1024 };

void image_ref_fini(struct image_ref *ref)
{
    free(ref->host);
    free(ref->repository);
    free(ref->tag);
    free(ref->digest);
    *ref = (struct image_ref){ 0 };
}

bool image_tag_ok(const char *tag)
{
    if (text_empty(tag) || !(isalnum((unsigned char)*tag) || *tag == '_'))
        return false;
    size_t n = strspn(tag, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    return !tag[n] && n <= TAG_MOST;
}

bool image_digest_ok(const char *digest)
{
    size_t want = text_starts(digest, "sha256:") ? 64 : text_starts(digest, "sha512:") ? 128 : 0;
    return want && strlen(digest) == 7 + want && strspn(digest + 7, "0123456789abcdef") == want;
}

static bool lower_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* ".", "_", "__" or any number of "-" between two letters or digits; its length, 0 when there is none. */
static size_t separator(const char *p)
{
    size_t dashes = strspn(p, "-");
    size_t n = dashes ? dashes : *p == '.' ? 1 : p[0] == '_' && p[1] == '_' ? 2 : *p == '_' ? 1 : 0;
    return n && lower_or_digit(p[n]) ? n : 0;
}

bool image_repository_ok(const char *repository)
{
    if (text_empty(repository) || strlen(repository) > REPOSITORY_MOST)
        return false;
    for (const char *p = repository; *p;) {
        if (!lower_or_digit(*p)) /* also after each slash */
            return false;
        while (lower_or_digit(*p))
            p++;
        size_t n = separator(p);
        if (*p == '/' && p[1])
            n = 1;
        if (*p && !n)
            return false;
        p += n;
    }
    return true;
}

static bool port_ok(const char *port)
{
    int64_t number;
    return isdigit((unsigned char)*port) && text_to_int(port, &number) && number > 0 && number < 65536;
}

/* "name", "name:port", "[::1]:port", lower case already. */
static bool host_ok(const char *host)
{
    size_t n = 0;
    if (*host == '[') {
        n = 1 + strspn(host + 1, "0123456789abcdef:.");
        if (n < 3 || host[n++] != ']')
            return false;
    } else {
        n = strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789-._");
        if (!n || strchr("-.", *host))
            return false;
    }
    return strlen(host) <= HOST_MOST && (!host[n] || (host[n] == ':' && port_ok(host + n + 1)));
}

static void lower(char *text)
{
    for (; *text; text++)
        *text = (char)tolower((unsigned char)*text);
}

static bool is_hub(const char *host)
{
    static const char *const NAMES[] = {
        "docker.io",      "index.docker.io",         "registry-1.docker.io", "registry.docker.io",
        "hub.docker.com", "registry.hub.docker.com", "cloud.docker.com",     "www.docker.io",
    };
    for (size_t i = 0; i < ALEN(NAMES); i++)
        if (strcmp(host, NAMES[i]) == 0)
            return true;
    return false;
}

/* Skips "http://" or "https://", in any case; *plain says which. */
static const char *after_scheme(const char *text, bool *plain)
{
    *plain = strncasecmp(text, "http://", 7) == 0;
    return text + (*plain ? 7 : strncasecmp(text, "https://", 8) == 0 ? 8 : 0);
}

char *registry_host(const char *text)
{
    bool plain;
    if (!text || strlen(text) > TEXT_MOST)
        return NULL;
    const char *begin = after_scheme(text, &plain);
    AUTO_FREE char *host = mem_text_n(begin, strcspn(begin, "/?#"));
    char *user = strrchr(host, '@');
    if (user)
        memmove(host, user + 1, strlen(user));
    lower(host);
    const char *usual = plain ? ":80" : ":443";
    if (!host_ok(host))
        return NULL;
    if (text_ends(host, usual))
        host[strlen(host) - strlen(usual)] = 0;
    return is_hub(host) ? mem_text("docker.io") : TAKE(host);
}

bool registry_host_same(const char *a, const char *b)
{
    AUTO_FREE char *left = registry_host(a);
    AUTO_FREE char *right = registry_host(b);
    return left && right && strcmp(left, right) == 0;
}

static bool bad_repository(const char *text, struct err *e)
{
    if (!*text)
        return err_set(e, ERR_INVALID, "no repository name");
    if (strlen(text) > REPOSITORY_MOST)
        return err_set(e, ERR_INVALID, "repository name of %zu characters; %d are allowed", strlen(text), REPOSITORY_MOST);
    for (const char *p = text; *p; p++)
        if (isupper((unsigned char)*p))
            return err_set(e, ERR_INVALID, "repository '%s' must be lower case", text);
    return err_set(e, ERR_INVALID,
                   "repository '%s' must be parts of a-z and 0-9, divided by '/', with single '.', '_' or '-' inside", text);
}

static bool bad_tag(const char *tag, struct err *e)
{
    if (!*tag)
        return err_set(e, ERR_INVALID, "nothing follows the ':'");
    if (strchr(tag, ' '))
        return err_set(e, ERR_INVALID, "tag '%.150s' has a space", tag);
    if (strlen(tag) > TAG_MOST)
        return err_set(e, ERR_INVALID, "tag of %zu characters; %d are allowed", strlen(tag), TAG_MOST);
    return err_set(e, ERR_INVALID, "tag '%.150s' may have only A-Z, a-z, 0-9, '_', '.' and '-', and not begin with '.' or '-'", tag);
}

/* From parts that were divided already. host is canonical; tag and digest may be NULL. */
static bool make(const char *host, const char *repository, const char *tag, const char *digest, struct image_ref *ret,
                 struct err *e)
{
    bool official = strcmp(host, "docker.io") == 0 && *repository && !strchr(repository, '/');
    AUTO_FREE char *full = mem_format("%s%s", official ? "library/" : "", repository);
    if (strcmp(host, "ghcr.io") == 0)
        lower(full); /* owners keep their capitals on GitHub, but not in its registry */
    if (!image_repository_ok(full))
        return bad_repository(repository, e);
    if (tag && !image_tag_ok(tag))
        return bad_tag(tag, e);
    if (digest && !image_digest_ok(digest))
        return err_set(e, ERR_INVALID, "digest '%.150s' is not sha256: and 64 digits of 0-9a-f", digest);
    *ret = (struct image_ref){ .host = mem_text(host), .repository = TAKE(full), .tag = mem_text(tag ? tag : ""),
                               .digest = mem_text(digest ? digest : "") };
    return true;
}

/* Ends the text at this place and returns what follows it; NULL stays NULL. */
static char *cut(char *at)
{
    if (!at)
        return NULL;
    *at = 0;
    return at + 1;
}

static bool is_host_part(const char *part)
{
    return strpbrk(part, ".:") || strcmp(part, "localhost") == 0;
}

bool image_ref_parse(const char *text, struct image_ref *ret, struct err *e)
{
    if (text_empty(text))
        return err_set(e, ERR_INVALID, "empty image name");
    if (strlen(text) > TEXT_MOST)
        return err_set(e, ERR_INVALID, "image name of more than %d characters", TEXT_MOST);
    if (strstr(text, "://"))
        return err_set(e, ERR_INVALID, "'%.150s' is a URL, not an image name", text);
    AUTO_FREE char *copy = mem_text(text);
    char *name = copy, *digest = cut(strchr(copy, '@'));
    char *last = strrchr(name, '/');
    char *tag = cut(strchr(last ? last : name, ':'));
    char *rest = strchr(name, '/');
    AUTO_FREE char *first = mem_text_n(name, rest ? (size_t)(rest - name) : 0);
    if (!rest || !is_host_part(first))
        return make("docker.io", name, tag, digest, ret, e);
    AUTO_FREE char *host = registry_host(first);
    if (!host)
        return err_set(e, ERR_INVALID, "'%.150s' is no registry host", first);
    return make(host, rest + 1, tag, digest, ret, e);
}

bool image_ref_at(const char *host, const char *repository, struct image_ref *ret, struct err *e)
{
    AUTO_FREE char *canonical = registry_host(host);
    if (!canonical)
        return err_set(e, ERR_INVALID, "'%.150s' is no registry host", host ? host : "");
    return make(canonical, repository ? repository : "", NULL, NULL, ret, e);
}

/* What Docker Hub's pages put before namespace/name; NULL stands for nothing. */
static const char *after_hub_page(const char *path)
{
    static const char *const PAGES[] = { "repository/docker/", "v2/repositories/", "r/", "u/", "v2/", "v1/" };
    for (size_t i = 0; i < ALEN(PAGES); i++)
        if (text_starts(path, PAGES[i]))
            return path + strlen(PAGES[i]);
    return path;
}

/* Docker Hub's path to "namespace/name"; "" when it names no repository. What follows the name (/tags) is left out. */
static char *hub_repository(const char *path)
{
    if (text_starts(path, "_/") && path[2])
        return mem_format("library/%.*s", (int)strcspn(path + 2, "/"), path + 2);
    const char *p = after_hub_page(path);
    size_t space = strcspn(p, "/");
    if (!p[space])
        return mem_text(p == path && space > 2 ? p : ""); /* docker.io/nginx; but a bare user page or /v2 names none */
    return mem_text_n(p, space + 1 + strcspn(p + space + 1, "/"));
}

/* rest: what follows the host; its slashes at both ends are cut off. */
static char *clean_path(const char *rest)
{
    while (*rest == '/')
        rest++;
    size_t n = strcspn(rest, "?#");
    while (n && rest[n - 1] == '/')
        n--;
    return mem_text_n(rest, n);
}

bool image_ref_from_url(const char *url, struct image_ref *ret, bool *plain, struct err *e)
{
    if (text_empty(url))
        return err_set(e, ERR_INVALID, "empty repository URL");
    if (strlen(url) > TEXT_MOST)
        return err_set(e, ERR_INVALID, "repository URL of more than %d characters", TEXT_MOST);
    bool is_plain;
    const char *begin = after_scheme(url, &is_plain);
    if (strstr(begin, "://"))
        return err_set(e, ERR_INVALID, "'%.150s' must begin with https:// or http://", url);
    size_t n = strcspn(begin, "/?#");
    AUTO_FREE char *first = mem_text_n(begin, n);
    if (strchr(first, '@'))
        return err_set(e, ERR_INVALID, "the repository URL must not hold a user; user and password have fields of their own");
    bool named = begin != url || is_host_part(first); /* else "N/R" */
    AUTO_FREE char *host = named ? registry_host(is_plain ? url : first) : mem_text("docker.io");
    if (!host)
        return err_set(e, ERR_INVALID, "'%.150s' is no registry host", first);
    AUTO_FREE char *path = clean_path(named ? begin + n : begin);
    bool hub = strcmp(host, "docker.io") == 0;
    AUTO_FREE char *repository = hub                        ? hub_repository(path)
                                 : text_starts(path, "v2/") ? mem_text(path + 3)
                                                            : mem_text(strcmp(path, "v2") == 0 ? "" : path);
    if (strchr(repository, ':') || strchr(repository, '@'))
        return err_set(e, ERR_INVALID, "the repository URL must not name a tag or digest: '%.150s'", repository);
    if (*repository && !make(host, repository, NULL, NULL, ret, e))
        return false;
    if (!*repository)
        *ret = (struct image_ref){ .host = TAKE(host), .repository = mem_text(""), .tag = mem_text(""), .digest = mem_text("") };
    *plain = is_plain;
    return true;
}

char *image_ref_text(const struct image_ref *ref)
{
    return mem_format("%s/%s%s%s%s%s", ref->host, ref->repository, *ref->tag ? ":" : "", ref->tag, *ref->digest ? "@" : "",
                      ref->digest);
}

char *image_ref_name(const struct image_ref *ref)
{
    return mem_format("%s/%s", ref->host, ref->repository);
}

const char *image_ref_short(const struct image_ref *ref)
{
    const char *last = strrchr(ref->repository, '/');
    return last ? last + 1 : ref->repository;
}

char *image_ref_namespace(const struct image_ref *ref)
{
    const char *last = strrchr(ref->repository, '/');
    return last ? mem_text_n(ref->repository, (size_t)(last - ref->repository)) : mem_text("");
}

#include "docker/target.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/pem.h"

#define UNIX "unix://"

static bool set_url(struct docker_target *t, const char *url, const char *allowed_socket, struct err *e)
{
    size_t n = strlen(url);
    while (n && url[n - 1] == '/')
        n--;
    bool local = text_starts(url, UNIX), tcp = text_starts(url, "tcp://");
    if (local && (url[strlen(UNIX)] != '/' || strlen(url + strlen(UNIX)) > 100))
        return err_field(e, "url", "'%.120s' names no socket: unix:///run/docker.sock", url);
    if (local && *t->via)
        return err_field(e, "url", "a Unix socket is of this machine, and not reached through a Cloud Proxy");
    if (local && !text_is(url + strlen(UNIX), allowed_socket))
        return err_field(e, "url", "a socket of this machine is used only when the setting docker-socket names it: its users are root here");
    if (!local && !tcp && !text_starts(url, "http://") && !text_starts(url, "https://"))
        return err_field(e, "url", "'%.120s' is no address of a Docker engine: http://host:2375, https://host:2376 or unix:///run/docker.sock", url);
    if (strpbrk(url, " \t\r\n@?#"))
        return err_field(e, "url", "an engine's address has a host and a port, and nothing else");
    t->socket_path = mem_text(local ? url + strlen(UNIX) : "");
    t->base_url = local ? mem_text("http://docker") : tcp ? mem_format("http://%.*s", (int)(n - 6), url + 6) : mem_text_n(url, n);
    t->shown = mem_text_n(url, n);
    return true;
}

static bool take_pem(const json_t *properties, const char *key, const char *mark, char **ret, struct err *e)
{
    if (!pem_take(json_text_at(properties, key, ""), key, ret, e))
        return false;
    if (!*ret)
        *ret = mem_text("");
    return !**ret || strstr(*ret, mark) || err_field(e, key, "%s holds no %s in PEM form", key, mark);
}

static bool take_trust(struct docker_target *t, const json_t *properties, struct err *e)
{
    if (!take_pem(properties, "caCertificate", "CERTIFICATE", &t->ca_pem, e) || !take_pem(properties, "certificate", "CERTIFICATE", &t->cert_pem, e) ||
        !take_pem(properties, "certKeyData", "PRIVATE KEY", &t->key_pem, e))
        return false;
    if (strstr(t->cert_pem, "PRIVATE KEY"))
        return err_field(e, "certificate", "the client's key belongs into certKeyData, where it is kept sealed");
    if (!*t->cert_pem != !*t->key_pem)
        return err_field(e, *t->cert_pem ? "certKeyData" : "certificate", "a client's certificate and its key (certKeyData) come together");
    t->fingerprint = mem_text(json_text_at(properties, "fingerprint", ""));
    t->trust = (struct http_trust){ .ca_pem = *t->ca_pem ? t->ca_pem : NULL, .fingerprint = *t->fingerprint ? t->fingerprint : NULL,
                                    .cert_pem = *t->cert_pem ? t->cert_pem : NULL, .key_pem = *t->key_pem ? t->key_pem : NULL };
    return json_take_bool(properties, "insecure", &t->insecure, e) && ((t->trust.insecure = t->insecure), true);
}

bool docker_target_from_properties(const json_t *properties, const char *allowed_socket, struct docker_target **ret, struct err *e)
{
    AUTO(docker_target) t = NEW(struct docker_target);
    const char *url = json_text_at(properties, "url", "");
    if (!*url)
        return err_field(e, "url", "a Docker engine needs its address: http://host:2375, https://host:2376 or unix:///run/docker.sock");
    t->via = mem_text(json_text_at(properties, "cloudProxyId", ""));
    t->shared_path = mem_text(json_text_at(properties, "sharedPath", ""));
    if (*t->shared_path && (*t->shared_path != '/' || strchr(t->shared_path, ':')))
        return err_field(e, "sharedPath", "sharedPath is a folder of the engine's machine, from its root: /var/cache/slipway");
    if (!set_url(t, url, allowed_socket, e) || !take_trust(t, properties, e))
        return false;
    *ret = TAKE(t);
    return true;
}

void docker_target_destroy(struct docker_target **target)
{
    struct docker_target *t = TAKE(*target);
    if (!t)
        return;
    char *texts[] = { t->base_url, t->socket_path, t->via, t->shared_path, t->shown, t->ca_pem, t->cert_pem, t->key_pem, t->fingerprint };
    for (size_t i = 0; i < ALEN(texts); i++)
        free(texts[i]);
    free(t);
}

static bool version_read(const char *text, int *major, int *minor)
{
    return sscanf(text, "%3d.%3d", major, minor) == 2 && *major >= 0 && *minor >= 0;
}

bool docker_version_choose(struct docker_target *target, const json_t *answer, struct err *e)
{
    const char *newest = json_text_at(answer, "ApiVersion", ""), *oldest = json_text_at(answer, "MinAPIVersion", DOCKER_API_LEAST);
    int major = 0, minor = 0, least_major = 1, least_minor = 41;
    if (!version_read(newest, &major, &minor))
        return err_set(e, ERR_UPSTREAM, "what answers at %s is no Docker engine", target->shown);
    version_read(DOCKER_API_LEAST, &least_major, &least_minor);
    if (major < least_major || (major == least_major && minor < least_minor))
        return err_set(e, ERR_UNSUPPORTED, "the Docker engine at %s speaks API %.10s; at least %s is needed (Docker 20.10)", target->shown, newest, DOCKER_API_LEAST);
    if (version_read(oldest, &major, &minor) && (major > least_major || (major == least_major && minor > least_minor)))
        least_major = major, least_minor = minor;
    snprintf(target->version, sizeof target->version, "%d.%d", least_major, least_minor);
    return true;
}

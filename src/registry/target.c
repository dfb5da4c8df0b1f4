/* From an endpoint's properties to whom is asked. */
#include "registry/client.h"

#include <string.h>

#include "base/fields.h"
#include "base/mem.h"
#include "base/pem.h"
#include "event/image_ref.h"

const struct registry_hub REGISTRY_HUB = {
    .hub_url = "https://hub.docker.com",
    .registry_url = "https://registry-1.docker.io",
    .auth_url = "https://auth.docker.io",
};

static const struct server_type {
    const char *name; /* as properties say it, in any case */
    enum registry_api api;
} SERVER_TYPES[] = {
    { "dockerhub", REGISTRY_API_DOCKERHUB },
    { "distribution", REGISTRY_API_DISTRIBUTION },
};

static const struct server_type *server_type(const char *name)
{
    for (size_t i = 0; i < ALEN(SERVER_TYPES); i++)
        if (text_is_any_case(SERVER_TYPES[i].name, name))
            return &SERVER_TYPES[i];
    return NULL;
}

static bool refuse_server_type(const char *name, struct err *e)
{
    AUTO_TEXT known = { 0 };
    for (size_t i = 0; i < ALEN(SERVER_TYPES); i++)
        text_addf(&known, "%s%s", i ? ", " : "", SERVER_TYPES[i].name);
    return err_field(e, "properties.serverType", "unknown server type '%.60s'; known are %s", name, text_of(&known));
}

static char *without_slash(const char *url)
{
    size_t n = strlen(url);
    while (n && url[n - 1] == '/')
        n--;
    return mem_text_n(url, n);
}

/* People paste "https://index.docker.io/v1/", docker's own name for Docker Hub, and ".../v2/": both name no repository. */
static char *without_version(const char *url)
{
    char *out = without_slash(url);
    size_t n = strlen(out);
    if (text_ends(out, "/v1") || text_ends(out, "/v2"))
        out[n - 3] = '\0';
    return out;
}

static bool set_host(struct registry_target *t, const char *url, struct err *e)
{
    struct image_ref ref = { 0 };
    bool plain = false;
    AUTO_FREE char *cleaned = without_version(url);
    if (!image_ref_from_url(cleaned, &ref, &plain, e)) {
        if (e)
            snprintf(e->field, sizeof e->field, "properties.repoURL");
        return false;
    }
    bool hub = text_is(ref.host, "docker.io");
    t->base_url = hub ? without_slash(t->hub->registry_url) : mem_format("%s://%s", plain ? "http" : "https", ref.host);
    t->pull_host = mem_text(hub ? "https://index.docker.io/v1/" : ref.host);
    t->host = TAKE(ref.host);
    t->repository = TAKE(ref.repository);
    image_ref_fini(&ref);
    return true;
}

static bool check_credentials(const struct registry_target *t, struct err *e)
{
    if (*t->password && !*t->username)
        return err_field(e, "properties.username", "there is a password, but no username");
    if (strchr(t->username, ':'))
        return err_field(e, "properties.username", "a username must not hold a colon");
    if (strlen(t->username) > 512 || strlen(t->password) > 8192)
        return err_field(e, "properties.password", "username or password is too long");
    return true;
}

static bool take_trust(struct registry_target *t, const json_t *properties, struct err *e)
{
    static const struct field INSECURE = { "insecure", FIELD_BOOL, offsetof(struct registry_target, insecure), OPTIONAL };
    if (!fields_read(properties, &INSECURE, 1, t, e))
        return err_field(e, "properties.insecure", "insecure is neither true nor false");
    if (!pem_take(json_text_at(properties, "caCertificate", ""), "caCertificate", &t->ca_pem, e))
        return err_field(e, "properties.caCertificate", "caCertificate is neither PEM nor base64 of PEM");
    if (!t->ca_pem)
        t->ca_pem = mem_text("");
    return true;
}

/* The registry keeps its name; asked, and let in, is by the Cloud Proxy. */
static bool use_proxy_credential(struct registry_target *t, const char *name, bool at_hub, struct err *e)
{
    if (text_empty(name))
        return true;
    if (at_hub)
        return err_field(e, "proxyCredential", "credentials of a Cloud Proxy are for registries behind it, not for Docker Hub");
    if (*t->username || *t->password)
        return err_field(e, "proxyCredential", "either credentials of the Cloud Proxy, or a username and password here");
    free(TAKE(t->base_url));
    return http_via_credential(name, t->via, &t->base_url, e);
}

bool registry_target_from_properties(const json_t *properties, const struct registry_hub *hub, struct registry_target **ret,
                                     struct err *e)
{
    const char *type_name = json_text_at(properties, "serverType", ""), *url = json_text_at(properties, "repoURL", "");
    const struct server_type *type = server_type(*type_name ? type_name : "dockerhub");
    if (!type)
        return refuse_server_type(type_name, e);
    if (!*url && type->api == REGISTRY_API_DOCKERHUB)
        url = "https://hub.docker.com";
    if (!*url)
        return err_field(e, "properties.repoURL", "a registry needs its URL, such as https://registry.example.com/acme/web");

    AUTO(registry_target) t = NEW(struct registry_target);
    t->hub = hub ? hub : &REGISTRY_HUB;
    t->via = mem_text(json_text_at(properties, "cloudProxyId", ""));
    t->username = mem_text(json_text_at(properties, "username", ""));
    t->password = mem_text(json_text_at(properties, "password", ""));
    if (!*t->password) {
        free(t->password);
        t->password = mem_text(json_text_at(properties, "token", ""));
    }
    if (!set_host(t, url, e) || !check_credentials(t, e) || !take_trust(t, properties, e))
        return false;
    bool at_hub = text_is(t->host, "docker.io");
    if (!use_proxy_credential(t, json_text_at(properties, "proxyCredential", ""), at_hub, e))
        return false;
    if (type->api == REGISTRY_API_DOCKERHUB && !at_hub)
        return err_field(e, "properties.repoURL", "server type dockerhub, but the URL leads to %s: its server type is distribution",
                         t->host);
    t->api = at_hub ? REGISTRY_API_DOCKERHUB : REGISTRY_API_DISTRIBUTION;
    t->fingerprint = mem_text(at_hub ? "" : json_text_at(properties, "fingerprint", ""));
    t->place = *t->via ? mem_format("%s via %s", t->host, t->via) : mem_text(t->host);
    *ret = TAKE(t);
    return true;
}

void registry_target_destroy(struct registry_target **target)
{
    struct registry_target *t = TAKE(*target);
    if (!t)
        return;
    free(t->base_url);
    free(t->host);
    free(t->repository);
    free(t->pull_host);
    free(t->username);
    if (t->password)
        explicit_bzero(t->password, strlen(t->password));
    free(t->password);
    free(t->fingerprint);
    free(t->ca_pem);
    free(t->via);
    free(t->place);
    free(t);
}

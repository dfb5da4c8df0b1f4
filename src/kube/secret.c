#include "kube/secret.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define HUB "https://index.docker.io/v1/"

static const char *registry_key(const char *registry)
{
    static const char *const HUB_NAMES[] = { "", "docker.io", "index.docker.io", "registry-1.docker.io", "hub.docker.com",
                                             "registry.hub.docker.com" };
    for (size_t i = 0; i < ALEN(HUB_NAMES); i++)
        if (text_is_any_case(registry, HUB_NAMES[i]))
            return HUB;
    return registry;
}

static char *encoded(const json_t *config)
{
    AUTO_FREE char *text = json_write(config);
    char *base64 = text_base64(text, strlen(text));
    explicit_bzero(text, strlen(text));
    return base64;
}

json_t *kube_pull_secret(const char *name, const char *namespace_, const char *registry, const char *user, const char *password)
{
    AUTO_FREE char *pair = mem_format("%s:%s", user, password), *auth = text_base64(pair, strlen(pair));
    AUTO_JSON *config = json_pack("{s:{s:{s:s, s:s, s:s}}}", "auths", registry_key(registry), "username", user, "password",
                                  password, "auth", auth);
    AUTO_FREE char *data = encoded(config);
    explicit_bzero(pair, strlen(pair));
    json_t *secret = json_pack("{s:s, s:s, s:{s:s}, s:s, s:{s:s}}", "apiVersion", "v1", "kind", "Secret", "metadata", "name", name,
                               "type", "kubernetes.io/dockerconfigjson", "data", ".dockerconfigjson", data);
    if (!text_empty(namespace_))
        json_set_text(json_object_get(secret, "metadata"), "namespace", namespace_);
    return secret;
}

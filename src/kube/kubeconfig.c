#include "kube/kubeconfig.h"

#include <string.h>

#include "base/mem.h"
#include "base/pem.h"
#include "base/text.h"
#include "base/yaml.h"
#include "kube/config.h"

/* What would be looked up on, or run on, the machine of whoever wrote the file. data: what may stand instead. */
static const struct {
    const char *part, *key, *data, *why;
} REFUSED[] = {
    { "user", "exec", NULL, "runs a program of yours to log in; use a ServiceAccount's token instead" },
    { "user", "auth-provider", NULL, "needs a plugin to log in; use a ServiceAccount's token instead" },
    { "user", "tokenFile", "token", "names a file of your machine; put its content into token" },
    { "user", "client-certificate", "client-certificate-data", "names a file of your machine; use kubectl config view --flatten" },
    { "user", "client-key", "client-key-data", "names a file of your machine; use kubectl config view --flatten" },
    { "user", "as", NULL, "asks to act as somebody else, which Slipway does not do" },
    { "cluster", "certificate-authority", "certificate-authority-data", "names a file of your machine; use kubectl config view --flatten" },
    { "cluster", "tls-server-name", NULL, "is not supported; use a server name that the certificate holds" },
};

static bool refuse(const char *part, const json_t *object, struct err *e)
{
    for (size_t i = 0; i < ALEN(REFUSED); i++) {
        if (!text_is(REFUSED[i].part, part) || !json_object_get(object, REFUSED[i].key))
            continue;
        if (REFUSED[i].data && json_object_get(object, REFUSED[i].data))
            continue;
        return err_field(e, "kubeconfig", "the kubeconfig's %s.%s %s", part, REFUSED[i].key, REFUSED[i].why);
    }
    return true;
}

/* The entry of a named list: clusters: [{name, cluster: {...}}]. NULL with e set when it is not there. */
static const json_t *named(const json_t *config, const char *list, const char *part, const char *name, struct err *e)
{
    const json_t *items = json_object_get(config, list);
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        if (!text_is(json_text_at(item, "name", NULL), name))
            continue;
        const json_t *found = json_object_get(item, part);
        if (!json_is_object(found))
            err_field(e, "kubeconfig", "the kubeconfig's entry '%.100s' in %s has no %s", name, list, part);
        return json_is_object(found) ? found : NULL;
    }
    err_field(e, "kubeconfig", "the kubeconfig has no %s '%.100s'", part, name);
    return NULL;
}

static bool take_cluster(const json_t *cluster, struct kube_target *t, struct err *e)
{
    if (!refuse("cluster", cluster, e) || !kube_server_take(json_text_at(cluster, "server", NULL), "server", &t->server, e))
        return false;
    t->insecure = json_bool_at(cluster, "insecure-skip-tls-verify", false);
    const char *proxy = json_text_at(cluster, "proxy-url", NULL);
    if (!text_empty(proxy))
        t->proxy = mem_text(proxy);
    return pem_take(json_text_at(cluster, "certificate-authority-data", NULL), "certificate-authority-data", &t->ca_pem, e);
}

static bool take_user(const json_t *user, struct kube_target *t, struct err *e)
{
    if (!refuse("user", user, e))
        return false;
    const char *token = json_text_at(user, "token", NULL), *name = json_text_at(user, "username", NULL);
    if (!text_empty(token)) {
        t->auth = KUBE_AUTH_TOKEN;
        t->token = mem_text(token);
        return kube_header_check(token, "token", e);
    }
    if (!text_empty(name)) {
        t->auth = KUBE_AUTH_BASIC;
        t->username = mem_text(name);
        t->password = mem_text(json_text_at(user, "password", ""));
        return true;
    }
    if (!pem_take(json_text_at(user, "client-certificate-data", NULL), "client-certificate-data", &t->cert_pem, e) ||
        !pem_take(json_text_at(user, "client-key-data", NULL), "client-key-data", &t->key_pem, e))
        return false;
    if (!t->cert_pem != !t->key_pem)
        return err_field(e, "kubeconfig", "the kubeconfig's user has a client certificate without its key, or a key alone");
    t->auth = t->cert_pem ? KUBE_AUTH_CERTIFICATE : KUBE_AUTH_NONE;
    return true;
}

static bool from_config(const json_t *config, const char *context, struct kube_target *t, struct err *e)
{
    const char *name = text_empty(context) ? json_text_at(config, "current-context", "") : context;
    if (text_empty(name))
        return err_field(e, "context", "the kubeconfig has no current-context, and no context is chosen");
    const json_t *chosen = named(config, "contexts", "context", name, e);
    const json_t *cluster = chosen ? named(config, "clusters", "cluster", json_text_at(chosen, "cluster", ""), e) : NULL;
    if (!cluster || !take_cluster(cluster, t, e))
        return false;
    const char *user = json_text_at(chosen, "user", "");
    const json_t *who = text_empty(user) ? NULL : named(config, "users", "user", user, e);
    if (!text_empty(user) && (!who || !take_user(who, t, e)))
        return false;
    const char *space = json_text_at(chosen, "namespace", "");
    t->default_namespace = mem_text(text_empty(space) ? "default" : space);
    return kube_namespace_check(t->default_namespace, "namespace", e);
}

bool kube_target_from_kubeconfig(const char *bytes, size_t n, const char *context, struct kube_target **ret, struct err *e)
{
    AUTO(yaml) yaml = NULL;
    AUTO(kube_target) t = NEW(struct kube_target);
    if (!yaml_read(bytes, n, &yaml, e)) {
        snprintf(e->field, sizeof e->field, "kubeconfig");
        return err_wrap(e, "the kubeconfig is no YAML");
    }
    const json_t *config = yaml_count(yaml) ? yaml_document(yaml, 0) : NULL;
    if (!json_is_object(config))
        return err_field(e, "kubeconfig", "the kubeconfig is empty");
    if (!from_config(config, context, t, e))
        return false;
    *ret = TAKE(t);
    return true;
}

#include "kube/config.h"

#include <ctype.h>
#include <string.h>

#include "base/fields.h"
#include "base/mem.h"
#include "base/pem.h"
#include "base/text.h"
#include "http/client.h"
#include "kube/kubeconfig.h"

static void free_secret(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

void kube_target_destroy(struct kube_target **target)
{
    struct kube_target *t = *target;
    if (!t)
        return;
    free(t->server);
    free(t->ca_pem);
    free(t->fingerprint);
    free_secret(t->token);
    free(t->cert_pem);
    free_secret(t->key_pem);
    free(t->username);
    free_secret(t->password);
    free_secret(t->proxy);
    free(t->via);
    free(t->default_namespace);
    free(t);
    *target = NULL;
}

static bool url_characters(const char *url)
{
    for (; *url; url++)
        if (!isgraph((unsigned char)*url) || strchr("@?#\"<>\\^`{|}", *url))
            return false;
    return true;
}

bool kube_server_take(const char *url, const char *field, char **ret, struct err *e)
{
    if (text_empty(url))
        return err_field(e, field, "%s is missing: where is the cluster's API?", field);
    size_t scheme = text_starts(url, "https://") ? 8 : text_starts(url, "http://") ? 7 : 0;
    if (!scheme || !url[scheme] || url[scheme] == '/' || !url_characters(url))
        return err_field(e, field, "%s is no URL such as https://10.0.0.1:6443", field);
    size_t n = strlen(url);
    while (url[n - 1] == '/')
        n--;
    *ret = mem_text_n(url, n);
    return true;
}

static bool fingerprint_take(const char *text, char **ret, struct err *e)
{
    if (text_empty(text))
        return true;
    AUTO_TEXT hex = { 0 };
    for (const char *p = text; *p; p++)
        if (isxdigit((unsigned char)*p))
            text_add_char(&hex, (char)tolower((unsigned char)*p));
        else if (*p != ':' && *p != ' ')
            return err_field(e, "fingerprint", "fingerprint holds a character that is no hex digit");
    if (hex.length != 64)
        return err_field(e, "fingerprint", "fingerprint has %zu hex digits; a SHA-256 has 64", hex.length);
    *ret = text_take(&hex);
    return true;
}

/* A header's value, or part of one: no line break may hide in it. */
bool kube_header_check(const char *text, const char *field, struct err *e)
{
    for (const char *p = text; *p; p++)
        if (iscntrl((unsigned char)*p))
            return err_field(e, field, "%s holds a line break or another control character", field);
    return true;
}

/* ---- an endpoint's properties */

struct properties {
    char *url, *auth_type, *token, *ca, *cert, *key, *username, *password, *fingerprint, *kubeconfig, *context, *namespace_, *via, *credential;
    bool insecure;
};

#define PROPERTY(path, type, member) { path, type, offsetof(struct properties, member), OPTIONAL }
static const struct field PROPERTIES[] = {
    PROPERTY("kubernetesURL", FIELD_TEXT, url),
    PROPERTY("authType", FIELD_TEXT, auth_type),
    PROPERTY("token", FIELD_TEXT, token),
    PROPERTY("certAuthorityData", FIELD_TEXT, ca),
    PROPERTY("certData", FIELD_TEXT, cert),
    PROPERTY("certKeyData", FIELD_TEXT, key),
    PROPERTY("username", FIELD_TEXT, username),
    PROPERTY("password", FIELD_TEXT, password),
    PROPERTY("fingerprint", FIELD_TEXT, fingerprint),
    PROPERTY("kubeconfig", FIELD_TEXT, kubeconfig),
    PROPERTY("context", FIELD_TEXT, context),
    PROPERTY("namespace", FIELD_TEXT, namespace_),
    PROPERTY("insecure", FIELD_BOOL, insecure),
    PROPERTY("cloudProxyId", FIELD_TEXT, via),
    PROPERTY("proxyCredential", FIELD_TEXT, credential),
};

static bool need(const char *value, const char *field, struct err *e)
{
    return !text_empty(value) || err_field(e, field, "%s is missing", field);
}

static bool take_nothing(const struct properties *p, struct kube_target *t, struct err *e)
{
    (void)p, (void)t, (void)e;
    return true;
}

static bool take_token(const struct properties *p, struct kube_target *t, struct err *e)
{
    if (!need(p->token, "token", e))
        return false;
    size_t n = strlen(p->token);
    while (n && isspace((unsigned char)p->token[n - 1])) /* pasted with its line's end */
        n--;
    t->token = mem_text_n(p->token, n);
    return need(t->token, "token", e) && kube_header_check(t->token, "token", e);
}

static bool take_certificate(const struct properties *p, struct kube_target *t, struct err *e)
{
    return need(p->cert, "certData", e) && need(p->key, "certKeyData", e) &&
           pem_take(p->cert, "certData", &t->cert_pem, e) && pem_take(p->key, "certKeyData", &t->key_pem, e);
}

static bool take_basic(const struct properties *p, struct kube_target *t, struct err *e)
{
    if (!need(p->username, "username", e))
        return false;
    t->username = mem_text(p->username);
    t->password = mem_text(p->password ? p->password : "");
    return strchr(p->username, ':') ? err_field(e, "username", "username holds a colon") : true;
}

static const struct {
    const char *name;
    enum kube_auth auth;
    bool (*take)(const struct properties *p, struct kube_target *t, struct err *e);
} AUTHS[] = {
    { "token", KUBE_AUTH_TOKEN, take_token },
    { "certificate", KUBE_AUTH_CERTIFICATE, take_certificate },
    { "basic", KUBE_AUTH_BASIC, take_basic },
    { "none", KUBE_AUTH_NONE, take_nothing },
    { "incluster", KUBE_AUTH_IN_CLUSTER, take_nothing },
};

static const char *auth_guessed(const struct properties *p)
{
    return !text_empty(p->kubeconfig) ? "kubeconfig"
           : !text_empty(p->token)    ? "token"
           : !text_empty(p->cert)     ? "certificate"
           : !text_empty(p->username) ? "basic"
                                      : "none";
}

static bool take_plain(const struct properties *p, const char *auth, bool allow_in_cluster, struct kube_target *t, struct err *e)
{
    size_t i = 0;
    while (i < ALEN(AUTHS) && !text_is_any_case(AUTHS[i].name, auth))
        i++;
    if (i == ALEN(AUTHS))
        return err_field(e, "authType", "authType '%.40s' is unknown: token, certificate, basic, none, kubeconfig or incluster", auth);
    t->auth = AUTHS[i].auth;
    if (t->auth == KUBE_AUTH_IN_CLUSTER)
        return allow_in_cluster || err_field(e, "authType", "authType incluster is switched off on this server; the setting allow-in-cluster allows it");
    t->insecure = p->insecure;
    return kube_server_take(p->url, "kubernetesURL", &t->server, e) && pem_take(p->ca, "certAuthorityData", &t->ca_pem, e) &&
           fingerprint_take(p->fingerprint, &t->fingerprint, e) && AUTHS[i].take(p, t, e);
}

static bool take_any(const struct properties *p, bool allow_in_cluster, struct kube_target **t, struct err *e)
{
    const char *auth = text_empty(p->auth_type) ? auth_guessed(p) : p->auth_type;
    if (!text_empty(p->credential)) { /* the Cloud Proxy knows the cluster, and lets us in */
        *t = NEW(struct kube_target);
        return http_via_credential(p->credential, p->via, &(*t)->server, e);
    }
    if (text_is_any_case(auth, "kubeconfig")) {
        if (!need(p->kubeconfig, "kubeconfig", e))
            return false;
        return kube_target_from_kubeconfig(p->kubeconfig, strlen(p->kubeconfig), p->context, t, e);
    }
    *t = NEW(struct kube_target);
    return take_plain(p, auth, allow_in_cluster, *t, e);
}

bool kube_target_from_properties(const json_t *properties, bool allow_in_cluster, struct kube_target **ret, struct err *e)
{
    struct properties p = { 0 };
    AUTO(kube_target) t = NULL;
    bool ok = fields_read(properties, PROPERTIES, ALEN(PROPERTIES), &p, e) && take_any(&p, allow_in_cluster, &t, e);
    if (ok && (!text_empty(p.namespace_) || !t->default_namespace)) {
        free(t->default_namespace);
        t->default_namespace = mem_text(text_empty(p.namespace_) ? "default" : p.namespace_);
    }
    ok = ok && kube_namespace_check(t->default_namespace, "namespace", e);
    if (ok && !text_empty(p.via)) {
        t->via = mem_text(p.via);
        ok = t->auth != KUBE_AUTH_IN_CLUSTER || err_field(e, "authType", "authType incluster is the cluster of this server itself: no Cloud Proxy leads there");
        ok = ok && (text_empty(t->proxy) || err_field(e, "kubeconfig", "the kubeconfig has a proxy-url: through that and a Cloud Proxy at once is not supported"));
    }
    free_secret(TAKE(p.token));
    free_secret(TAKE(p.key));
    free_secret(TAKE(p.password));
    free_secret(TAKE(p.kubeconfig));
    fields_release(PROPERTIES, ALEN(PROPERTIES), &p);
    if (ok)
        *ret = TAKE(t);
    return ok;
}

bool kube_namespace_check(const char *name, const char *field, struct err *e)
{
    size_t n = strlen(name);
    bool ok = n >= 1 && n <= 63 && name[0] != '-' && name[n - 1] != '-';
    for (size_t i = 0; ok && i < n; i++)
        ok = islower((unsigned char)name[i]) || isdigit((unsigned char)name[i]) || name[i] == '-';
    return ok || err_field(e, field, "'%.70s' is no name of a namespace: small letters, digits and '-', 63 at most", name);
}

static void add_part(struct text *t, const char *part)
{
    text_addf(t, "%zu:%s;", part ? strlen(part) : 0, part ? part : "-");
}

char *kube_target_digest(const struct kube_target *t)
{
    struct text all = { 0 };
    const char *const parts[] = { t->server, t->ca_pem, t->fingerprint, t->token, t->cert_pem, t->key_pem,
                                  t->username, t->password, t->proxy, t->via, t->default_namespace };
    for (size_t i = 0; i < ALEN(parts); i++)
        add_part(&all, parts[i]);
    text_addf(&all, "%d%d", t->auth, t->insecure);
    char *digest = text_sha256(all.at, all.length);
    free_secret(text_take(&all));
    return digest;
}

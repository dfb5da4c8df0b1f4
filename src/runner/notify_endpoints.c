#include "runner/notify_endpoints.h"

#include <string.h>

#include "base/mem.h"

/* ---- mail */

static bool take_security(struct mail_server *s, const json_t *properties, struct err *e)
{
    static const struct { const char *name; enum mail_security security; int port; } METHODS[] = {
        { "TLS", MAIL_STARTTLS, 587 }, { "SSL", MAIL_TLS, 465 }, { "NONE", MAIL_PLAIN, 25 } };
    const char *said = json_text_at(properties, "encryptionMethod", "");
    size_t i = 0;
    while (*said && i < ALEN(METHODS) && !text_is_any_case(METHODS[i].name, said))
        i++;
    if (i == ALEN(METHODS))
        return err_field(e, "encryptionMethod", "encryptionMethod is TLS (STARTTLS), SSL or NONE, not '%.40s'", said);
    int64_t port = json_int_at(properties, "outboundPort", -1);
    const json_t *given = json_object_get(properties, "outboundPort");
    bool none = !given || json_is_null(given) || text_is(json_string_value(given), "");
    if (!none && (port < 1 || port > 65535))
        return err_field(e, "outboundPort", "outboundPort is a number from 1 to 65535");
    s->security = METHODS[i].security;
    s->port = none ? METHODS[i].port : (int)port;
    return true;
}

static bool host_ok(const char *host, struct err *e)
{
    if (!*host)
        return err_field(e, "outboundHost", "a mail server needs its address: smtp.example.com");
    return (strlen(host) <= 255 && !strpbrk(host, " \t\r\n/@?#%\"<>\\")) ||
           err_field(e, "outboundHost", "'%.100s' is no name of a host: write smtp.example.com, and the port in outboundPort", host);
}

bool mail_server_from_properties(const json_t *properties, struct mail_server **ret, struct err *e)
{
    AUTO(mail_server) s = NEW(struct mail_server);
    const char *protocol = json_text_at(properties, "outboundProtocol", "");
    s->host = mem_text(json_text_at(properties, "outboundHost", ""));
    s->from = mem_text(json_text_at(properties, "senderAddress", ""));
    s->user = mem_text(json_text_at(properties, "outboundUsername", ""));
    s->password = mem_text(json_text_at(properties, "outboundPassword", ""));
    s->via = mem_text(json_text_at(properties, "cloudProxyId", ""));
    if (*protocol && !text_is_any_case(protocol, "smtp"))
        return err_field(e, "outboundProtocol", "mails are sent by smtp; '%.40s' is for reading them", protocol);
    if (!host_ok(s->host, e))
        return false;
    if (!mail_address_ok(s->from))
        return err_field(e, "senderAddress", *s->from ? "'%.100s' is no e-mail address" : "a mail needs its sender: senderAddress%.0s", s->from);
    if (*s->password && !*s->user)
        return err_field(e, "outboundUsername", "a password belongs to a name: set outboundUsername");
    if (!take_security(s, properties, e) || !http_trust_properties_read(&s->trust, properties, e))
        return false;
    *ret = TAKE(s);
    return true;
}

static void forget(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

void mail_server_destroy(struct mail_server **server)
{
    struct mail_server *s = TAKE(*server);
    if (!s)
        return;
    char *texts[] = { s->host, s->from, s->user, s->via };
    for (size_t i = 0; i < ALEN(texts); i++)
        free(texts[i]);
    http_trust_properties_fini(&s->trust);
    forget(s->password);
    free(s);
}

void mail_server_use(const struct mail_server *s, struct mail_send *ret)
{
    ret->host = s->host;
    ret->port = s->port;
    ret->security = s->security;
    ret->user = s->user;
    ret->password = s->password;
    ret->via = s->via;
    ret->from = s->from;
    ret->trust = &s->trust.trust;
}

/* ---- Jira */

static bool take_url(struct jira_server *s, const json_t *properties, struct err *e)
{
    const char *url = json_text_at(properties, "url", "");
    size_t n = strlen(url);
    while (n && url[n - 1] == '/')
        n--;
    if (!text_starts(url, "https://") && !text_starts(url, "http://"))
        return err_field(e, "url", *url ? "'%.100s' is no address of Jira: https://jira.example.com" : "Jira needs its address: https://jira.example.com%.0s", url);
    if (strpbrk(url, " \t\r\n@?#"))
        return err_field(e, "url", "Jira's address has a host, perhaps a port and a path, and nothing else");
    s->url = mem_text_n(url, n);
    s->cloud = strstr(s->url, ".atlassian.net") != NULL;
    return true;
}

bool jira_server_from_properties(const json_t *properties, struct jira_server **ret, struct err *e)
{
    AUTO(jira_server) s = NEW(struct jira_server);
    const char *user = json_text_at(properties, "username", ""), *password = json_text_at(properties, "password", "");
    AUTO_FREE char *both = mem_format("%s:%s", user, password), *basic = text_base64(both, strlen(both));
    s->authorization = *user ? mem_format("Basic %s", basic) : *password ? mem_format("Bearer %s", password) : mem_text("");
    explicit_bzero(both, strlen(both));
    explicit_bzero(basic, strlen(basic));
    s->via = mem_text(json_text_at(properties, "cloudProxyId", ""));
    if (strpbrk(password, "\r\n") || strchr(user, ':'))
        return err_field(e, strchr(user, ':') ? "username" : "password", "it holds a character that no login may have");
    if (!take_url(s, properties, e) || !http_trust_properties_read(&s->trust, properties, e))
        return false;
    *ret = TAKE(s);
    return true;
}

void jira_server_destroy(struct jira_server **server)
{
    struct jira_server *s = TAKE(*server);
    if (!s)
        return;
    char *texts[] = { s->url, s->via };
    for (size_t i = 0; i < ALEN(texts); i++)
        free(texts[i]);
    http_trust_properties_fini(&s->trust);
    forget(s->authorization);
    free(s);
}

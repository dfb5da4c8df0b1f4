/* runner/notify_endpoints.h - endpoints that notifications go through: mail servers (email) and Jira (jira), made from their opened properties. */
#pragma once

#include "base/json.h"
#include "http/mail.h"
#include "http/trust_properties.h"

struct mail_server { /* texts are its own, never NULL */
    char *host, *from, *user, *password, *via;
    int port;
    enum mail_security security;
    struct http_trust_properties trust;
};
/* properties: senderAddress, encryptionMethod (TLS: STARTTLS is required; SSL: from the first byte; NONE), outboundHost, outboundPort, outboundProtocol
 * (smtp), outboundUsername, outboundPassword; fingerprint, caCertificate +, insecure +. ERR_INVALID with the property's name. */
bool mail_server_from_properties(const json_t *properties, struct mail_server **ret, struct err *e);
void mail_server_destroy(struct mail_server **server);
/* Of a mail to send, what the server says; the rest stays. Borrows from it. */
void mail_server_use(const struct mail_server *server, struct mail_send *ret);

struct jira_server { /* texts are its own, never NULL */
    char *url;           /* "https://jira.example.com/base", no slash at its end */
    char *authorization; /* the header's value; "": none */
    char *via;
    bool cloud;          /* Atlassian's: users have account ids there, not names */
    struct http_trust_properties trust;
};
/* properties: url, username, password (or an API token); without username the password is a personal access token. fingerprint, caCertificate +,
 * insecure +. ERR_INVALID with the property's name. */
bool jira_server_from_properties(const json_t *properties, struct jira_server **ret, struct err *e);
void jira_server_destroy(struct jira_server **server);

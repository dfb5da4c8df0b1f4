#include <string.h>

#include "base/test.h"
#include "base/yaml.h"
#include "kube/config.h"

#define CERT "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
#define KEY "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n"
#define CERT_64 "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUIKLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo="
#define KEY_64 "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1JSUIKLS0tLS1FTkQgUFJJVkFURSBLRVktLS0tLQo="

static bool from_yaml(const char *text, struct kube_target **ret, struct err *e)
{
    AUTO(yaml) yaml = NULL;
    CHECK_OK(yaml_read(text, strlen(text), &yaml, e), *e);
    return kube_target_from_properties(yaml_document(yaml, 0), false, ret, e);
}

TEST(kube_target, from_a_token)
{
    AUTO(kube_target) t = NULL;
    struct err e = { 0 };
    CHECK_OK(from_yaml("kubernetesURL: https://10.0.0.1:6443/\nauthType: token\ntoken: \"abc\\n\"\nfingerprint: "
                       "AA:bb:aa:bb:aa:bb:aa:bb:aa:bb:aa:bb:aa:bb:aa:bb:aa:bb:aa:bb:aa:bb:aa:bb:aa:bb:aa:bb:aa:bb:aa:bb\n",
                       &t, &e), e);
    CHECK_TEXT(t->server, "https://10.0.0.1:6443");
    CHECK_INT(t->auth, KUBE_AUTH_TOKEN);
    CHECK_TEXT(t->token, "abc");
    CHECK_TEXT(t->default_namespace, "default");
    CHECK_INT(strlen(t->fingerprint), 64);
    CHECK(t->ca_pem == NULL && !t->insecure);
}

TEST(kube_target, from_a_certificate_as_pem_and_as_base64)
{
    static const char *const WAYS[] = {
        "kubernetesURL: https://k\nauthType: certificate\ncertData: " CERT_64 "\ncertKeyData: " KEY_64 "\ncertAuthorityData: " CERT_64,
        "{kubernetesURL: 'https://k', certData: \"-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----\\n\", certKeyData: "
        "\"-----BEGIN PRIVATE KEY-----\\nMIIB\\n-----END PRIVATE KEY-----\\n\", certAuthorityData: " CERT_64 "}",
    };
    for (size_t i = 0; i < ALEN(WAYS); i++) {
        AUTO(kube_target) t = NULL;
        struct err e = { 0 };
        CHECK_OK(from_yaml(WAYS[i], &t, &e), e);
        CHECK_INT(t->auth, KUBE_AUTH_CERTIFICATE);
        CHECK_TEXT(t->cert_pem, CERT);
        CHECK_TEXT(t->key_pem, KEY);
        CHECK_TEXT(t->ca_pem, CERT);
    }
}

TEST(kube_target, says_which_property_is_wrong)
{
    static const struct { const char *yaml, *field, *text; } CASES[] = {
        { "{authType: token, token: x}", "kubernetesURL", "kubernetesURL is missing: where is the cluster's API?" },
        { "{kubernetesURL: 'ftp://x'}", "kubernetesURL", "kubernetesURL is no URL such as https://10.0.0.1:6443" },
        { "{kubernetesURL: 'https://u:p@x'}", "kubernetesURL", "kubernetesURL is no URL such as https://10.0.0.1:6443" },
        { "{kubernetesURL: 'https://x', authType: token}", "token", "token is missing" },
        { "{kubernetesURL: 'https://x', token: \"a\\nX-Evil: 1\"}", "token", "token holds a line break or another control character" },
        { "{kubernetesURL: 'https://x', authType: certificate, certData: x}", "certKeyData", "certKeyData is missing" },
        { "{kubernetesURL: 'https://x', authType: certificate, certData: x, certKeyData: y}", "certData",
          "certData is neither PEM nor base64 of PEM" },
        { "{kubernetesURL: 'https://x', authType: basic}", "username", "username is missing" },
        { "{kubernetesURL: 'https://x', authType: magic}", "authType",
          "authType 'magic' is unknown: token, certificate, basic, none, kubeconfig or incluster" },
        { "{authType: incluster}", "authType", "authType incluster is switched off on this server; the setting allow-in-cluster allows it" },
        { "{kubernetesURL: 'https://x', fingerprint: abc}", "fingerprint", "fingerprint has 3 hex digits; a SHA-256 has 64" },
        { "{kubernetesURL: 'https://x', namespace: Bad_Name}", "namespace",
          "'Bad_Name' is no name of a namespace: small letters, digits and '-', 63 at most" },
        { "{authType: kubeconfig}", "kubeconfig", "kubeconfig is missing" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO(kube_target) t = NULL;
        struct err e = { 0 };
        CHECK(!from_yaml(CASES[i].yaml, &t, &e));
        CHECK_TEXT(e.text, CASES[i].text);
        CHECK_TEXT(e.field, CASES[i].field);
        CHECK(t == NULL);
    }
}

#define CONFIG(user)                                                                                      \
    "apiVersion: v1\nkind: Config\nclusters:\n- {name: c, cluster: {server: 'https://k:6443', "          \
    "certificate-authority-data: " CERT_64 "}}\nusers:\n- name: u\n  user: " user "\ncontexts:\n"         \
    "- {name: one, context: {cluster: c, user: u}}\n- {name: two, context: {cluster: c, user: u, "        \
    "namespace: shop}}\n- {name: lost, context: {cluster: gone, user: u}}\ncurrent-context: one\n"

TEST(kube_target, from_a_kubeconfig)
{
    static const char TEXT[] = CONFIG("{client-certificate-data: " CERT_64 ", client-key-data: " KEY_64 "}");
    AUTO(kube_target) one = NULL, *two = NULL;
    struct err e = { 0 };
    CHECK_OK(kube_target_from_kubeconfig(TEXT, strlen(TEXT), NULL, &one, &e), e);
    CHECK_TEXT(one->server, "https://k:6443");
    CHECK_INT(one->auth, KUBE_AUTH_CERTIFICATE);
    CHECK_TEXT(one->ca_pem, CERT);
    CHECK_TEXT(one->default_namespace, "default");
    CHECK_OK(kube_target_from_kubeconfig(TEXT, strlen(TEXT), "two", &two, &e), e);
    CHECK_TEXT(two->default_namespace, "shop");
    AUTO_FREE char *digest_one = kube_target_digest(one), *digest_two = kube_target_digest(two), *again = kube_target_digest(one);
    CHECK(!text_is(digest_one, digest_two));
    CHECK_TEXT(digest_one, again);
    kube_target_destroy(&two);
}

TEST(kube_target, refuses_what_lives_on_the_users_machine)
{
    static const struct { const char *yaml, *context, *text; } CASES[] = {
        { CONFIG("{exec: {command: aws}}"), "", "the kubeconfig's user.exec runs a program of yours to log in; use a ServiceAccount's token instead" },
        { CONFIG("{auth-provider: {name: gcp}}"), "", "the kubeconfig's user.auth-provider needs a plugin to log in; use a ServiceAccount's token instead" },
        { CONFIG("{client-certificate: /home/a.crt}"), "", "the kubeconfig's user.client-certificate names a file of your machine; use kubectl config view --flatten" },
        { CONFIG("{tokenFile: /x}"), "", "the kubeconfig's user.tokenFile names a file of your machine; put its content into token" },
        { CONFIG("{client-certificate-data: " CERT_64 "}"), "", "the kubeconfig's user has a client certificate without its key, or a key alone" },
        { CONFIG("{token: x}"), "three", "the kubeconfig has no context 'three'" },
        { CONFIG("{token: x}"), "lost", "the kubeconfig has no cluster 'gone'" },
        { "a: 1", "", "the kubeconfig has no current-context, and no context is chosen" },
        { "current-context: c\ncontexts: [{name: c, Context: {}}]", "", "the kubeconfig's entry 'c' in contexts has no context" },
        { "", "", "the kubeconfig is empty" },
        { "- 1", "", "the kubeconfig is empty" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO(kube_target) t = NULL;
        struct err e = { 0 };
        CHECK(!kube_target_from_kubeconfig(CASES[i].yaml, strlen(CASES[i].yaml), CASES[i].context, &t, &e));
        CHECK_TEXT(e.text, CASES[i].text);
    }
}

TEST(kube_target, data_stands_in_for_files)
{
    static const char TEXT[] = CONFIG("{tokenFile: /x, token: abc}");
    AUTO(kube_target) t = NULL;
    struct err e = { 0 };
    CHECK_OK(kube_target_from_kubeconfig(TEXT, strlen(TEXT), NULL, &t, &e), e);
    CHECK_TEXT(t->token, "abc");
}

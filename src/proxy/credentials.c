/* Reading the file. What is done with it: gateway.c. */
#include "proxy/credentials.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/yaml.h"
#include "proxy/gateway.h"

enum { FILE_MOST = 1 << 20, NAMES_MOST = 64 };

static bool name_good(const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; i < n; i++)
        if (!islower((unsigned char)name[i]) && !isdigit((unsigned char)name[i]) && name[i] != '-')
            return false;
    return n >= 1 && n <= 63 && name[0] != '-' && name[n - 1] != '-';
}

/* A value that stands in the file, or in one that it names; the caller's, "" when neither. A last line's end is not part of it. */
static bool value_of(const json_t *x, const char *key, char **ret, struct err *e)
{
    AUTO_FREE char *file_key = mem_format("%sFile", key);
    const char *file = json_text_at(x, file_key, "");
    *ret = NULL;
    if (!*file) {
        *ret = mem_text(json_text_at(x, key, ""));
        return true;
    }
    if (!file_read(file, FILE_MOST, ret, e))
        return err_wrap(e, "%s", file_key);
    size_t n = strlen(*ret);
    while (n && isspace((unsigned char)(*ret)[n - 1]))
        (*ret)[--n] = 0;
    return true;
}

static bool take_cluster(const json_t *x, struct credential *c, struct err *e)
{
    AUTO_FREE char *text = NULL;
    if (!value_of(x, "kubeconfig", &text, e))
        return false;
    if (!*text)
        return true;
    bool ok = kube_target_from_kubeconfig(text, strlen(text), json_text_at(x, "context", ""), &c->cluster, e);
    explicit_bzero(text, strlen(text));
    return ok;
}

static bool take_registry(const json_t *x, struct credential *c, struct err *e)
{
    AUTO_FREE char *password = NULL, *ca = NULL;
    bool insecure = false;
    if (!value_of(x, "password", &password, e) || !value_of(x, "ca", &ca, e) || !json_take_bool(x, "insecure", &insecure, e))
        return false;
    AUTO_JSON *properties = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "serverType", "distribution", "repoURL", json_text_at(x, "url", ""), "username",
                                      json_text_at(x, "username", ""), "password", password, "caCertificate", ca, "fingerprint",
                                      json_text_at(x, "fingerprint", ""), "insecure", insecure);
    explicit_bzero(password, strlen(password));
    return registry_target_from_properties(properties, NULL, &c->registry, e);
}

static bool take_one(const json_t *x, struct credential *c, struct err *e)
{
    const char *name = json_text_at(x, "name", "");
    if (!name_good(name))
        return err_field(e, "name", "'%.80s' is no name: small letters, digits and '-', 63 at most", name);
    c->name = mem_text(name);
    return (take_cluster(x, c, e) && (c->cluster || take_registry(x, c, e))) || err_wrap(e, "credentials '%s'", name);
}

static bool take_all(const json_t *list, struct credential **ret, size_t *ret_count, struct err *e)
{
    size_t i;
    json_t *x;
    if (!json_is_array(list) || json_array_size(list) > NAMES_MOST)
        return err_field(e, "credentials", "credentials must be a list of at most %d", NAMES_MOST);
    *ret = mem_alloc((json_array_size(list) + 1) * sizeof **ret);
    json_array_foreach((json_t *)list, i, x) {
        *ret_count = i + 1;
        if (!take_one(x, &(*ret)[i], e))
            return false;
        for (size_t k = 0; k < i; k++)
            if (text_is((*ret)[k].name, (*ret)[i].name))
                return err_field(e, "name", "credentials '%s' stand there twice", (*ret)[i].name);
    }
    return true;
}

bool credentials_read(const char *file, struct credential **ret, size_t *ret_count, struct err *e)
{
    AUTO_FREE char *text = NULL;
    AUTO(yaml) yaml = NULL;
    if (!file_read(file, FILE_MOST, &text, e))
        return false;
    bool ok = yaml_read(text, strlen(text), &yaml, e) && (yaml_count(yaml) == 1 || err_set(e, ERR_INVALID, "one YAML document is expected"));
    explicit_bzero(text, strlen(text));
    return (ok && take_all(json_object_get(yaml_document(yaml, 0), "credentials"), ret, ret_count, e)) || err_wrap(e, "%s", file);
}

void credential_list_free(struct credential *list, size_t count)
{
    for (size_t i = 0; list && i < count; i++) {
        free(list[i].name);
        kube_target_destroy(&list[i].cluster);
        registry_target_destroy(&list[i].registry);
    }
    free(list);
}

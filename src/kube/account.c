#include "kube/account.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define FILE_LIMIT 65536

static bool read_file(const char *folder, const char *name, char **ret, struct err *e)
{
    AUTO_FREE char *path = mem_format("%s/%s", folder, name);
    FILE *file = fopen(path, "re");
    if (!file)
        return err_set(e, ERR_INVALID, "the ServiceAccount's %s cannot be read: %s", name, strerror(errno));
    AUTO_FREE char *bytes = mem_alloc(FILE_LIMIT + 1);
    size_t n = fread(bytes, 1, FILE_LIMIT, file);
    fclose(file);
    while (n && (bytes[n - 1] == '\n' || bytes[n - 1] == '\r'))
        n--;
    if (!n)
        return err_set(e, ERR_INVALID, "the ServiceAccount's %s is empty", name);
    free(*ret);
    *ret = mem_text_n(bytes, n);
    explicit_bzero(bytes, n);
    return true;
}

bool kube_account_token(const char *folder, char **ret, struct err *e)
{
    return read_file(folder, "token", ret, e);
}

bool kube_account_fill(struct kube_target *t, const char *folder, const char *host, const char *port, struct err *e)
{
    if (text_empty(host))
        return err_field(e, "authType", "authType incluster: this server does not run in a cluster");
    bool six = strchr(host, ':') != NULL;
    if (!read_file(folder, "ca.crt", &t->ca_pem, e) || !read_file(folder, "token", &t->token, e))
        return false;
    free(t->server);
    t->server = mem_format("https://%s%s%s:%s", six ? "[" : "", host, six ? "]" : "", text_empty(port) ? "443" : port);
    struct err ignored = { 0 };
    if (text_empty(t->default_namespace) || text_is(t->default_namespace, "default"))
        read_file(folder, "namespace", &t->default_namespace, &ignored);
    return true;
}

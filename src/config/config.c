#include "config/config.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/yaml.h"
#include "config/settings.h"

enum { FILE_MOST = 1 << 20 };

struct value {
    char *text;
    char *origin;
};

struct config {
    struct value *values; /* one for each of SETTINGS */
};

void config_destroy(struct config **c)
{
    struct config *old = TAKE(*c);
    if (!old)
        return;
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        free(old->values[i].text);
        free(old->values[i].origin);
    }
    free(old->values);
    free(old);
}

/* Checks and keeps one value. origin is where it came from, for people. */
static bool set(struct config *c, size_t i, const char *text, const char *origin, struct err *e)
{
    const struct setting *s = &SETTINGS[i];
    struct value *v = &c->values[i];
    struct err why = { 0 };
    if (!setting_check(s, text, &why))
        return err_field(e, s->name, "setting %s (%s): %s", s->name, origin, why.text);
    char *copy = mem_text(text);
    size_t n = strlen(copy);
    while (s->type == SETTING_URL && n && copy[n - 1] == '/')
        copy[--n] = 0;
    free(v->text);
    free(v->origin);
    v->text = copy;
    v->origin = mem_text(origin);
    return true;
}

static void set_defaults(struct config *c)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        struct err e = { 0 };
        bool ok = set(c, i, SETTINGS[i].otherwise, "default", &e);
        assert(ok);
        (void)ok;
    }
}

static bool set_environment(struct config *c, const char *const *environment, struct err *e)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        AUTO_FREE char *name = setting_environment(&SETTINGS[i]);
        size_t n = strlen(name);
        for (const char *const *p = environment; p && *p; p++) {
            bool ours = strncmp(*p, name, n) == 0 && (*p)[n] == '=' && (*p)[n + 1]; /* an empty one is not set */
            AUTO_FREE char *origin = ours ? mem_format("environment %s", name) : NULL;
            if (ours && !set(c, i, *p + n + 1, origin, e))
                return false;
        }
    }
    return true;
}

/* One flag at arguments[0]; *ret_used is 1 or 2. */
static bool set_flag(struct config *c, int count, const char *const *arguments, int *ret_used, struct err *e)
{
    const char *flag = arguments[0];
    if (!text_starts(flag, "--") || !flag[2])
        return err_set(e, ERR_INVALID, "'%.100s' is no flag; flags begin with --", flag);
    size_t n = strcspn(flag + 2, "=");
    AUTO_FREE char *name = mem_text_n(flag + 2, n);
    const char *value = flag[2 + n] ? flag + 3 + n : NULL;
    size_t i = setting_find(name);
    if (i == SETTING_COUNT)
        return err_set(e, ERR_INVALID, "there is no setting --%.100s", name);
    if (SETTINGS[i].type == SETTING_SECRET)
        return err_field(e, name, "--%s: a secret must not stand on the command line, where others can read it", name);
    *ret_used = 1;
    if (!value && SETTINGS[i].type == SETTING_BOOL) {
        value = "true";
    } else if (!value) {
        value = count > 1 ? arguments[1] : NULL;
        *ret_used = 2;
    }
    if (!value)
        return err_field(e, name, "--%s needs a value", name);
    AUTO_FREE char *origin = mem_format("command line --%s", name);
    return set(c, i, value, origin, e);
}

static bool set_flags(struct config *c, int count, const char *const *arguments, struct err *e)
{
    int used = 1;
    for (int i = 0; i < count; i += used)
        if (!set_flag(c, count - i, arguments + i, &used, e))
            return false;
    return true;
}

static bool read_file(const char *path, char **ret, size_t *ret_size, struct err *e)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return err_set(e, ERR_INVALID, "configuration file %.200s: %s", path, strerror(errno));
    AUTO_FREE char *bytes = mem_alloc(FILE_MOST + 1);
    size_t n = fread(bytes, 1, FILE_MOST + 1, file);
    bool failed = ferror(file);
    fclose(file);
    if (failed || n > FILE_MOST)
        return err_set(e, ERR_INVALID, "configuration file %.200s: %s", path, failed ? "cannot be read" : "more than 1 MiB");
    *ret = TAKE(bytes);
    *ret_size = n;
    return true;
}

/* A YAML value as a setting's text; the caller's. NULL when it is none. */
static char *text_of_value(const struct setting *s, const json_t *value)
{
    if (json_is_object(value) || (json_is_array(value) && s->type != SETTING_NETWORKS))
        return NULL;
    if (!json_is_array(value))
        return json_as_text(value);
    AUTO_TEXT text = { 0 };
    for (size_t i = 0; i < json_array_size(value); i++) {
        AUTO_FREE char *item = json_as_text(json_array_get(value, i));
        text_addf(&text, "%s%s", i ? "," : "", item);
    }
    return text_take(&text);
}

static bool set_file_value(struct config *c, const char *path, int line, const char *name, const json_t *value, struct err *e)
{
    size_t i = setting_find(name);
    if (i == SETTING_COUNT)
        return err_set(e, ERR_INVALID, "%.200s line %d: there is no setting %.100s", path, line, name);
    AUTO_FREE char *text = text_of_value(&SETTINGS[i], value);
    if (!text || strcmp(name, "config") == 0)
        return err_field(e, name, "%.200s line %d: %s %s", path, line, name, text ? "cannot be set here" : "must be a single value");
    if (json_is_null(value))
        return true;
    AUTO_FREE char *origin = mem_format("file %s line %d", path, line);
    return set(c, i, text, origin, e);
}

static bool set_file(struct config *c, const char *path, struct err *e)
{
    AUTO_FREE char *bytes = NULL;
    size_t n = 0;
    AUTO(yaml) yaml = NULL;
    if (!read_file(path, &bytes, &n, e))
        return false;
    if (!yaml_read(bytes, n, &yaml, e))
        return err_wrap(e, "configuration file %.200s", path);
    json_t *root = yaml_document(yaml, 0);
    if (root && !json_is_object(root) && !json_is_null(root))
        return err_set(e, ERR_INVALID, "configuration file %.200s: lines 'name: value' are expected", path);
    const char *name;
    json_t *value;
    json_object_foreach(root, name, value) {
        char pointer[128] = "";
        int line, column;
        json_pointer_add(pointer, sizeof pointer, name);
        yaml_where(yaml, 0, pointer, &line, &column);
        if (!set_file_value(c, path, line, name, value, e))
            return false;
    }
    return true;
}

/* What no single setting can know. */
static bool check_together(const struct config *c, struct err *e)
{
    if (!*config_text(c, "tls-cert") != !*config_text(c, "tls-key"))
        return err_field(e, *config_text(c, "tls-cert") ? "tls-key" : "tls-cert", "tls-cert and tls-key are needed together");
    if (*config_text(c, "master-key") && *config_text(c, "master-key-file"))
        return err_field(e, "master-key", "master-key and master-key-file exclude each other");
    return true;
}

bool config_read(int count, const char *const *arguments, const char *const *environment, struct config **ret, struct err *e)
{
    AUTO(config) c = NEW(struct config);
    c->values = mem_alloc(SETTING_COUNT * sizeof *c->values);
    set_defaults(c);
    /* twice: the file is named by the later sources, and is set before them */
    if (!set_environment(c, environment, e) || !set_flags(c, count, arguments, e))
        return false;
    AUTO_FREE char *path = mem_text(config_text(c, "config"));
    if (*path && (!set_file(c, path, e) || !set_environment(c, environment, e) || !set_flags(c, count, arguments, e)))
        return false;
    if (!check_together(c, e))
        return false;
    *ret = TAKE(c);
    return true;
}

static const struct value *value_of(const struct config *c, const char *name)
{
    size_t i = setting_find(name);
    assert(i < SETTING_COUNT);
    return &c->values[i];
}

const char *config_text(const struct config *c, const char *name)
{
    return value_of(c, name)->text;
}

int64_t config_int(const struct config *c, const char *name)
{
    int64_t number = 0;
    bool ok = text_to_int(value_of(c, name)->text, &number);
    assert(ok);
    (void)ok;
    return number;
}

bool config_bool(const struct config *c, const char *name)
{
    return strcmp(value_of(c, name)->text, "true") == 0;
}

const char *config_origin(const struct config *c, const char *name)
{
    return value_of(c, name)->origin;
}

bool config_listen(const char *listen, char address[64], int *port, struct err *e)
{
    const char *colon = strrchr(listen, ':');
    int64_t number;
    if (!colon || !text_to_int(colon + 1, &number) || number < 0 || number > 65535)
        return err_set(e, ERR_INVALID, "'%.100s' is not ADDRESS:PORT", listen);
    bool brackets = *listen == '[' && colon[-1] == ']';
    AUTO_FREE char *host = mem_text_n(listen + brackets, (size_t)(colon - listen) - 2 * brackets);
    const char *allowed = brackets ? "0123456789abcdefABCDEF:.%" : "0123456789.abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-";
    if (!brackets && strchr(host, ':'))
        return err_set(e, ERR_INVALID, "'%.100s': an IPv6 address stands in brackets, [::]:8080", listen);
    if (strlen(host) >= 64 || host[strspn(host, allowed)] || (brackets && !strchr(host, ':')))
        return err_set(e, ERR_INVALID, "'%.100s' is not ADDRESS:PORT", listen);
    snprintf(address, 64, "%s", *host ? host : "0.0.0.0");
    *port = (int)number;
    return true;
}

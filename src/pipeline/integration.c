#include "pipeline/integration.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "base/yaml.h"

enum { PROPERTIES_MOST = 100 };

static bool name_fits(const char *name)
{
    if (!isalpha((unsigned char)*name) && *name != '_')
        return false;
    while (isalnum((unsigned char)*name) || (*name && strchr("_-.", *name)))
        name++;
    return !*name;
}

static bool properties_ok(const json_t *document, const char *key, struct err *e)
{
    const json_t *list = json_object_get(document, key);
    size_t i;
    json_t *one;
    if (list && !json_is_null(list) && !json_is_array(list))
        return err_field(e, key, "%s must be a list", key);
    if (json_array_size(list) > PROPERTIES_MOST)
        return err_field(e, key, "more than %d %s", PROPERTIES_MOST, key);
    json_array_foreach(list, i, one)
        if (!name_fits(json_text_at(one, "name", "")))
            return err_field(e, key, "%s %zu needs a name of letters, digits, '_', '-' and '.'", key, i + 1);
    return true;
}

bool integration_read(const char *text, json_t **ret, struct err *e)
{
    static const char *const RUNTIMES[] = { "shell", "python3", "python2", "nodejs" };
    AUTO(yaml) yaml = NULL;
    if (text_empty(text) || strlen(text) > INTEGRATION_MOST)
        return err_field(e, "yaml", "yaml says what the integration runs: runtime and code, at most %d KiB", INTEGRATION_MOST >> 10);
    if (!yaml_read(text, strlen(text), &yaml, e))
        return err_wrap(e, "yaml");
    json_t *document = yaml_count(yaml) ? yaml_document(yaml, 0) : NULL;
    const char *runtime = json_text_at(document, "runtime", "");
    size_t i = 0;
    while (i < ALEN(RUNTIMES) && !text_is(RUNTIMES[i], runtime))
        i++;
    if (i == ALEN(RUNTIMES))
        return err_field(e, "runtime", "runtime '%.30s' is none of shell, python3, nodejs (python2)", runtime);
    if (!*json_text_at(document, "code", ""))
        return err_field(e, "code", "the integration has no code");
    if (!properties_ok(document, "inputProperties", e) || !properties_ok(document, "outputProperties", e))
        return false;
    *ret = json_incref(document);
    return true;
}

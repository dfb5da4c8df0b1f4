#include "pipeline/testing.h"

#include <string.h>

#include "base/yaml.h"

json_t *read_yaml(const char *text)
{
    AUTO(yaml) yaml = NULL;
    struct err e = { 0 };
    CHECK_OK(yaml_read(text, strlen(text), &yaml, &e), e);
    return json_incref(yaml_document(yaml, 0));
}

struct pipeline *make_pipeline(const char *yaml)
{
    AUTO_PROBLEMS found = { 0 };
    AUTO_JSON *definition = read_yaml(yaml);
    struct pipeline *p = NULL;
    struct err e = { 0 };
    pipeline_create(definition, &p, &found);
    CHECK_OK(problems_ok(&found, &e), e);
    return p;
}

static enum scope_answer find(struct scope *scope, const char *reference, size_t n, struct value *ret, struct err *e)
{
    const struct table_scope *t = OWNER(scope, const struct table_scope, scope);
    for (size_t i = 0; i < t->count; i++) {
        const struct row *r = &t->rows[i];
        if (strlen(r->name) != n || memcmp(r->name, reference, n))
            continue;
        *ret = (struct value){ .outside = r->outside, .secret = r->secret, .authored = r->authored };
        CHECK_OK(json_read(r->json, strlen(r->json), &ret->json, e), *e);
        return SCOPE_FOUND;
    }
    if (n >= 4 && !memcmp(reference, "fail", 4)) {
        err_set(e, ERR_INVALID, "no '%.*s'", (int)n, reference);
        return SCOPE_FAILED;
    }
    return SCOPE_UNKNOWN;
}

struct table_scope make_scope(const struct row *rows, size_t count)
{
    return (struct table_scope){ { find }, rows, count };
}

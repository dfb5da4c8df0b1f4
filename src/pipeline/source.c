#include "pipeline/source.h"

#include <string.h>

#include "base/text.h"

struct source {
    struct yaml *yaml;
    size_t *documents; /* in yaml: those that are not empty */
    size_t count;
};

void source_destroy(struct source **source)
{
    struct source *s = TAKE(*source);
    if (!s)
        return;
    yaml_destroy(&s->yaml);
    free(s->documents);
    free(s);
}

static bool check_kind(const struct source *s, size_t document, struct err *e)
{
    const json_t *json = yaml_document(s->yaml, document);
    int line = 1, column = 1;
    yaml_where(s->yaml, document, "/kind", &line, &column);
    if (!json_is_object(json))
        return err_set(e, ERR_INVALID, "line %d, column %d: a document must be an object with its kind", line, column);
    if (!*json_text_at(json, "kind", ""))
        return err_set(e, ERR_INVALID, "line %d, column %d: a document has no kind (PIPELINE, ENDPOINT, VARIABLE ...)", line, column);
    return true;
}

bool source_read(const char *bytes, size_t n, struct source **ret, struct err *e)
{
    AUTO(source) s = NEW(struct source);
    if (!yaml_read(bytes, n, &s->yaml, e))
        return false;
    s->documents = mem_alloc((yaml_count(s->yaml) + 1) * sizeof *s->documents);
    for (size_t i = 0; i < yaml_count(s->yaml); i++) {
        if (json_is_null(yaml_document(s->yaml, i)))
            continue;
        if (!check_kind(s, i, e))
            return false;
        s->documents[s->count++] = i;
    }
    *ret = TAKE(s);
    return true;
}

size_t source_count(const struct source *source)
{
    return source->count;
}

const char *source_kind(const struct source *source, size_t i)
{
    return json_text_at(source_document(source, i), "kind", "");
}

json_t *source_document(const struct source *source, size_t i)
{
    return yaml_document(source->yaml, source->documents[i]);
}

void source_locate(const struct source *source, size_t i, struct problems *found)
{
    for (size_t p = 0; p < found->count; p++)
        if (!found->at[p].line)
            yaml_where(source->yaml, source->documents[i], found->at[p].pointer, &found->at[p].line, &found->at[p].column);
}

bool source_pipeline(const struct source *source, size_t i, const struct pipeline_checks *checks, struct pipeline **ret,
                     struct problems *found)
{
    bool ok = pipeline_create(source_document(source, i), ret, found);
    if (ok)
        pipeline_check(*ret, checks, found);
    source_locate(source, i, found);
    return ok;
}

/* ---- writing: Code Stream's order of keys, so that two exports can be compared line by line */

static const char *const PIPELINE_KEYS[] = {
    "project", "kind",       "name",   "icon",    "enabled",   "description", "tags",   "concurrency", "concurrencyPolicy", "onFailedVerification", "windows", "options",   "input",
    "_inputMeta", "output", "starred", "workspace", "stageOrder",  "stages", "notifications", "rollbacks", NULL,
};
static const char *const ENDPOINT_KEYS[] = { "project", "kind", "name", "description", "type", "isRestricted", "properties", NULL };
static const char *const VARIABLE_KEYS[] = { "project", "kind", "name", "description", "type", "value", NULL };
static const char *const OTHER_KEYS[] = { "project", "kind", "name", "description", NULL };
static const char *const STAGE_KEYS[] = { "taskOrder", "tasks", NULL };
static const char *const TASK_KEYS[] = { "type", "ignoreFailure", "preCondition", "endpoints", "input", NULL };

static const struct kind {
    const char *name;
    const char *const *keys;
} KINDS[] = {
    { "PIPELINE", PIPELINE_KEYS },
    { "ENDPOINT", ENDPOINT_KEYS },
    { "VARIABLE", VARIABLE_KEYS },
};

/* The server's own, which another server makes anew. */
static const char *const SERVER_KEYS[] = {
    "id", "_link", "_projectId", "_createTimeInMicros", "_updateTimeInMicros", "_createdBy", "_updatedBy", "createdAt",
    "createdBy", "updatedAt", "updatedBy", "version", "_warnings", "state", NULL,
};

static bool listed(const char *const *list, const char *key)
{
    for (; *list; list++)
        if (text_is(*list, key))
            return true;
    return false;
}

/* The keys of a list first, then the rest as they stood; a new reference, its members shared. */
static json_t *ordered(const json_t *object, const char *const *keys, bool top)
{
    json_t *out = json_object();
    const char *key;
    json_t *value;
    for (const char *const *k = keys; *k; k++)
        if ((value = json_object_get(object, *k)))
            json_object_set(out, *k, value);
    json_object_foreach((json_t *)object, key, value)
        if (!listed(keys, key) && !(top && listed(SERVER_KEYS, key)))
            json_object_set(out, key, value);
    return out;
}

static json_t *ordered_members(const json_t *objects, const char *const *keys, const char *inner, const char *const *inner_keys)
{
    json_t *out = json_object();
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)objects, key, value) {
        AUTO_JSON *member = json_is_object(value) ? ordered(value, keys, false) : json_incref(value);
        const json_t *below = inner ? json_object_get(member, inner) : NULL;
        if (json_is_object(below))
            json_object_set_new(member, inner, ordered_members(below, inner_keys, NULL, NULL));
        json_object_set(out, key, member);
    }
    return out;
}

bool source_server_key(const char *key)
{
    return listed(SERVER_KEYS, key);
}

static const char *const *keys_of(const char *kind)
{
    for (size_t i = 0; i < ALEN(KINDS); i++)
        if (text_is(KINDS[i].name, kind))
            return KINDS[i].keys;
    return OTHER_KEYS;
}

char *source_write(const char *kind, const json_t *definition)
{
    AUTO_JSON *whole = json_copy((json_t *)definition);
    json_set_text(whole, "kind", kind);
    const char *state = json_text_at(definition, "state", NULL);
    if (state && !json_object_get(definition, "enabled"))
        json_object_set_new(whole, "enabled", json_boolean(!text_is(state, "DISABLED")));
    AUTO_JSON *out = ordered(whole, keys_of(kind), true);
    const json_t *stages = json_object_get(out, "stages");
    if (text_is(kind, "PIPELINE") && json_is_object(stages))
        json_object_set_new(out, "stages", ordered_members(stages, STAGE_KEYS, "tasks", TASK_KEYS));
    return yaml_write(out);
}

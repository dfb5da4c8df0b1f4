#include "base/fields.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

static const char *const EXPECTED[] = {
    [FIELD_TEXT] = "text", [FIELD_INT] = "a whole number", [FIELD_BOOL] = "true or false",
    [FIELD_OBJECT] = "an object", [FIELD_ARRAY] = "a list", [FIELD_ANY] = "a value", [FIELD_IGNORED] = "a value",
};

static bool read_tree(const json_t *value, enum field_type type, void *at)
{
    if ((type == FIELD_OBJECT && !json_is_object(value)) || (type == FIELD_ARRAY && !json_is_array(value)))
        return false;
    json_t **tree = at;
    json_decref(*tree);
    *tree = json_incref((json_t *)value);
    return true;
}

static bool read_text(const json_t *value, void *at)
{
    if (json_is_object(value) || json_is_array(value))
        return false;
    char **text = at;
    free(*text);
    *text = json_as_text(value);
    return true;
}

static bool read_bool(const json_t *value, void *at)
{
    bool yes = json_bool_at(value, "", false);
    if (!yes && json_bool_at(value, "", true))
        return false; /* neither reading holds: no boolean */
    *(bool *)at = yes;
    return true;
}

static bool read_int(const json_t *value, void *at)
{
    int64_t number = json_int_at(value, "", INT64_MIN);
    if (number == INT64_MIN || (json_is_real(value) && (double)number != json_real_value(value)))
        return false;
    *(int64_t *)at = number;
    return true;
}

static bool read_one(const json_t *value, const struct field *f, void *out)
{
    void *at = (char *)out + f->at;
    switch (f->type) {
    case FIELD_TEXT:
        return read_text(value, at);
    case FIELD_INT:
        return read_int(value, at);
    case FIELD_BOOL:
        return read_bool(value, at);
    case FIELD_IGNORED:
        return true;
    default:
        return read_tree(value, f->type, at);
    }
}

bool fields_read(const json_t *json, const struct field *fields, size_t count, void *out, struct err *e)
{
    for (const struct field *f = fields; f < fields + count; f++) {
        const json_t *value = json_at(json, f->path);
        bool missing = !value || json_is_null(value);
        if (missing && f->need == REQUIRED)
            return err_field(e, f->path, "%s is missing", f->path);
        if (!missing && !read_one(value, f, out))
            return err_field(e, f->path, "%s must be %s", f->path, EXPECTED[f->type]);
    }
    return true;
}

void fields_release(const struct field *fields, size_t count, void *out)
{
    for (const struct field *f = fields; f < fields + count; f++) {
        void *at = (char *)out + f->at;
        if (f->type == FIELD_TEXT) {
            free(*(char **)at);
            *(char **)at = NULL;
        } else if (f->type == FIELD_OBJECT || f->type == FIELD_ARRAY || f->type == FIELD_ANY) {
            json_decref(*(json_t **)at);
            *(json_t **)at = NULL;
        }
    }
}

const char *fields_unknown(const json_t *json, const struct field *fields, size_t count)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)json, key, value) {
        size_t i = 0, n = strlen(key);
        while (i < count && (strncmp(fields[i].path, key, n) != 0 || !strchr(".[", fields[i].path[n])))
            i++; /* strchr finds the NUL too: the whole path */
        if (i == count)
            return key;
    }
    return NULL;
}

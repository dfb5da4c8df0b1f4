/* What a task type lets its tasks say: fields of "input", roles of "endpoints", and what else there is when one is unknown. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "pipeline/check_inside.h"
#include "pipeline/condition.h"

static const char *const FIELD_WORDS[] = {
    [FIELD_TEXT] = "a text",     [FIELD_INT] = "a whole number", [FIELD_BOOL] = "true or false",
    [FIELD_OBJECT] = "an object", [FIELD_ARRAY] = "a list",      [FIELD_ANY] = "any value",
    [FIELD_IGNORED] = "ignored",
};

static bool fits(const json_t *value, enum field_type type)
{
    const char *text = json_string_value(value);
    int64_t number;
    if (text && (!*text || strstr(text, "${")))
        return true; /* known only in a run */
    switch (type) {
    case FIELD_TEXT:
        return text || json_is_number(value) || json_is_boolean(value);
    case FIELD_INT:
        return json_is_integer(value) || (text && text_to_int(text, &number));
    case FIELD_BOOL:
        return json_is_boolean(value) || text_is(text, "true") || text_is(text, "false");
    case FIELD_OBJECT:
        return json_is_object(value);
    case FIELD_ARRAY:
        return json_is_array(value);
    case FIELD_ANY:
    case FIELD_IGNORED:
        break;
    }
    return true;
}

static void check_field(struct checker *c, const struct field *field)
{
    const json_t *value = json_at(c->task->input, field->path);
    if (check_nothing(value)) {
        if (field->need == REQUIRED)
            UNFIT(c, "'%s' is missing", field->path);
        return;
    }
    size_t here = strlen(c->pointer), n = strcspn(field->path, ".[");
    AUTO_FREE char *first = mem_text_n(field->path, n);
    check_enter(c, first);
    if (!fits(value, field->type))
        UNFIT(c, "'%s' must be %s", field->path, FIELD_WORDS[field->type]);
    check_leave(c, here);
}

/* The first steps of the fields' paths: what an input may be called. */
enum { NAMES_MOST = 64 };
struct names {
    char text[NAMES_MOST][48];
    const char *at[NAMES_MOST + 1]; /* NULL at the end */
    size_t count;
};

static void add_name(struct names *n, const char *text, size_t length)
{
    if (n->count == NAMES_MOST || length >= sizeof n->text[0])
        return;
    snprintf(n->text[n->count], sizeof n->text[0], "%.*s", (int)length, text);
    for (size_t i = 0; i < n->count; i++)
        if (text_is(n->text[i], n->text[n->count]))
            return;
    n->at[n->count] = n->text[n->count];
    n->at[++n->count] = NULL;
}

/* "; did you mean yaml?", or all that there are. */
static void not_among(struct checker *c, const struct names *n, const char *key, const char *none, const char *format, ...) __attribute__((format(printf, 5, 6)));
static void not_among(struct checker *c, const struct names *n, const char *key, const char *none, const char *format, ...)
{
    char begin[300];
    const char *nearest = problem_nearest(key, n->at);
    AUTO_TEXT all = { 0 };
    va_list args;
    va_start(args, format);
    vsnprintf(begin, sizeof begin, format, args);
    va_end(args);
    for (size_t i = 0; i < n->count; i++)
        text_addf(&all, "%s%s", all.length ? ", " : "", n->at[i]);
    if (nearest)
        UNFIT(c, "%s: did you mean %s?", begin, nearest);
    else
        UNFIT(c, "%s: %s%s", begin, n->count ? "expected is one of " : none, text_of(&all));
}

static void check_input(struct checker *c, const struct pipeline_type *type)
{
    size_t here = check_enter(c, "input");
    const char *key;
    json_t *value;
    struct names names = { .count = 0 };
    for (size_t i = 0; i < type->field_count; i++) {
        check_field(c, &type->fields[i]);
        add_name(&names, type->fields[i].path, strcspn(type->fields[i].path, ".["));
    }
    json_object_foreach((json_t *)c->task->input, key, value) {
        if (check_listed(names.at, key))
            continue;
        size_t inner = check_enter(c, key);
        not_among(c, &names, key, "it takes none", "a %s task knows no input '%s'", type->name, key);
        check_leave(c, inner);
    }
    check_leave(c, here);
}

/* "name!" in the table is one that must be there. */
static bool endpoint_is(const char *row, const char *key)
{
    size_t n = strlen(key);
    return !strncmp(row, key, n) && (!row[n] || text_is(row + n, "!"));
}

static void check_endpoints(struct checker *c, const struct pipeline_type *type)
{
    size_t here = check_enter(c, "endpoints");
    const char *key;
    json_t *value;
    struct names names = { .count = 0 };
    for (const char *const *row = type->endpoints; row && *row; row++) {
        add_name(&names, *row, strcspn(*row, "!"));
        AUTO_FREE char *name = mem_text_n(*row, strcspn(*row, "!"));
        if (text_ends(*row, "!") && check_nothing(json_object_get(c->task->endpoints, name)))
            UNFIT(c, "endpoint '%s' is missing", name);
    }
    json_object_foreach((json_t *)c->task->endpoints, key, value) {
        const char *const *row = type->endpoints;
        while (row && *row && !endpoint_is(*row, key))
            row++;
        size_t inner = check_enter(c, key);
        if (!row || !*row)
            not_among(c, &names, key, "it takes none", "a %s task has no endpoint '%s'", type->name, key);
        else if (!json_is_string(value) && !json_is_null(value))
            UNFIT(c, "endpoint '%s' must be the name of an endpoint", key);
        check_leave(c, inner);
    }
    check_leave(c, here);
}

/* Code Stream's types that reach into products of others; NULL: it is none of them. */
static const char *instead_of(const char *type)
{
    static const struct { const char *type, *instead; } FOREIGN[] = {
        { "Blueprint", "let a REST task ask the blueprint service's API, and a POLL task wait for the deployment; or use a K8S task" },
        { "vRO", "let a REST task start the workflow by the orchestrator's API, and a POLL task wait for its end" },
        { "Bamboo", "let a REST task start the plan by Bamboo's API, and a POLL task wait for its result" },
        { "TFS", "let a REST task start the build by the server's API, and a POLL task wait for its result" },
    };
    for (size_t i = 0; i < ALEN(FOREIGN); i++)
        if (text_is(FOREIGN[i].type, type))
            return FOREIGN[i].instead;
    return NULL;
}

static void unknown_type(struct checker *c)
{
    struct names names = { .count = 0 };
    for (size_t i = 0; i < c->checks->type_count; i++)
        add_name(&names, c->checks->types[i].name, strlen(c->checks->types[i].name));
    not_among(c, &names, c->task->type, "there are none", "task type '%s' is not known here", c->task->type);
}

void check_type(struct checker *c)
{
    const struct pipeline_type *type = pipeline_type_find(c->checks->types, c->checks->type_count, c->task->type);
    if (type) {
        check_input(c, type);
        check_endpoints(c, type);
        check_input_condition(c, type->condition, 0);
        for (const char *const *path = type->bare_conditions; path && *path; path++)
            check_input_condition(c, *path, CONDITION_BARE);
        return;
    }
    size_t here = check_enter(c, "type");
    const char *instead = instead_of(c->task->type);
    if (instead)
        UNFIT(c, "this server keeps '%s' tasks, and cannot run them: %s", c->task->type, instead);
    else if (*c->task->type)
        unknown_type(c);
    else
        UNFIT(c, "task '%s' has no type", c->task->name);
    check_leave(c, here);
}

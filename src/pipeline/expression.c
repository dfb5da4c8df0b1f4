#include "pipeline/expression.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define RESOLVED_SIZE (8 << 20) /* of all texts and values that are put together */
#define RESOLVED_WARNINGS 100

const char *const REFERENCE_DEFAULTS[] = {
    "name",    "requestBy", "executionId", "executionIndex", "executionUrl", "status",   "statusMessage", "comments",
    "project", "duration",  "startTime",   "endTime",        "executedOn",   "stageName", "taskName",
    /* in notifications */
    "notificationEvent", "userOpUrl", "userOpIndex", "userOpSummary", "userOpDescription", "userOpExpires", NULL,
};

/* ---- finding them */

/* "$${NAME}" is the parameter NAME of a file from source control; "$${input.x}" is a dollar and a value. */
static bool escaped(const char *text, size_t open, size_t close)
{
    return open > 0 && text[open - 1] == '$' && !memchr(text + open, '.', close - open);
}

/* The "}" that ends the reference opened at open; 0 when it is none. */
static size_t reference_end(const char *text, size_t n, size_t open)
{
    size_t most = open + 2 + REFERENCE_LENGTH;
    for (size_t i = open + 2; i < n && i <= most; i++) {
        if (text[i] == '}')
            return i > open + 2 && !escaped(text, open, i) ? i : 0;
        if (text[i] == '\n' || (text[i] == '$' && i + 1 < n && text[i + 1] == '{'))
            return 0;
    }
    return 0;
}

bool segment_next(const char *text, size_t n, size_t *at, struct segment *ret)
{
    size_t from = *at, open = from, end = 0;
    if (from >= n)
        return false;
    for (; open < n; open++) {
        const char *dollar = memchr(text + open, '$', n - open);
        open = dollar ? (size_t)(dollar - text) : n;
        if (open + 1 < n && text[open + 1] == '{' && (end = reference_end(text, n, open)))
            break;
    }
    if (open > n)
        open = n;
    *ret = open > from ? (struct segment){ false, from, open - from } : (struct segment){ true, open, end + 1 - open };
    *at = ret->at + ret->length;
    return true;
}

/* ---- what they name */

bool reference_is_default(const char *name, size_t n)
{
    for (size_t i = 0; REFERENCE_DEFAULTS[i]; i++)
        if (strlen(REFERENCE_DEFAULTS[i]) == n && !memcmp(REFERENCE_DEFAULTS[i], name, n))
            return true;
    return false;
}

static const struct scope_word {
    const char *word;
    enum reference_kind kind;
} SCOPES[] = {
    { "input.", REFERENCE_INPUT },
    { "var.", REFERENCE_VARIABLE },
    { "output.", REFERENCE_OUTPUT },
};

static const struct part_word {
    const char *word;
    enum reference_kind task, stage;
    bool path; /* something may follow */
} PARTS[] = {
    { "output", REFERENCE_TASK_OUTPUT, REFERENCE_UNKNOWN, true },
    { "input", REFERENCE_TASK_INPUT, REFERENCE_UNKNOWN, true },
    { "status", REFERENCE_TASK_STATUS, REFERENCE_STAGE_STATUS, false },
    { "statusMessage", REFERENCE_TASK_MESSAGE, REFERENCE_STAGE_MESSAGE, false },
};

/* The row that text begins with, as a whole word; *ret_rest is what follows it. */
static const struct part_word *part_find(const char *text, size_t n, const char **ret_rest)
{
    for (size_t i = 0; i < ALEN(PARTS); i++) {
        size_t length = strlen(PARTS[i].word);
        if (length > n || memcmp(text, PARTS[i].word, length))
            continue;
        bool whole = length == n, more = PARTS[i].path && !whole && strchr(".[", text[length]);
        if (!whole && !more)
            continue;
        *ret_rest = text + length + (more && text[length] == '.');
        return &PARTS[i];
    }
    return NULL;
}

/* How much of text is "name."; 0 when it begins otherwise. */
static size_t prefix(const char *text, size_t n, const char *name)
{
    size_t length = strlen(name);
    return length < n && !memcmp(text, name, length) && text[length] == '.' ? length + 1 : 0;
}

struct search { /* the longest names that fit so far */
    const char *text;
    size_t n;
    size_t stage_length, task_length; /* of the best; 0: none */
    size_t near;                      /* a stage fitted, its index + 1 */
    struct reference *ret;
};

static void take(struct search *s, enum reference_kind kind, size_t stage, size_t task, const char *rest)
{
    s->ret->kind = kind;
    s->ret->stage = stage;
    s->ret->task = task;
    s->ret->rest = rest;
    s->ret->rest_length = s->n - (size_t)(rest - s->text);
}

static void search_task(struct search *s, const struct pipeline_task *t, size_t from)
{
    size_t length = prefix(s->text + from, s->n - from, t->name);
    const char *rest = NULL;
    const struct part_word *part = length ? part_find(s->text + from + length, s->n - from - length, &rest) : NULL;
    if (!part || from < s->stage_length || (from == s->stage_length && length < s->task_length))
        return;
    s->stage_length = from;
    s->task_length = length;
    take(s, part->task, t->stage, t->index, rest);
}

static void search_stage(struct search *s, const struct pipeline *p, size_t index)
{
    const struct pipeline_stage *stage = &p->stages[index];
    size_t from = prefix(s->text, s->n, stage->name);
    if (!from)
        return;
    s->near = index + 1;
    for (size_t i = 0; i < stage->task_count; i++)
        search_task(s, &p->tasks[stage->first_task + i], from);
    const char *rest = NULL;
    const struct part_word *part = part_find(s->text + from, s->n - from, &rest);
    if (part && part->stage != REFERENCE_UNKNOWN && from > s->stage_length) {
        s->stage_length = from;
        take(s, part->stage, index, SIZE_MAX, rest);
    }
}

static void explain(const struct search *s, const struct pipeline *p)
{
    const struct pipeline_stage *stage = &p->stages[s->near - 1];
    size_t from = strlen(stage->name) + 1;
    for (size_t i = 0; i < stage->task_count; i++) {
        const struct pipeline_task *t = &p->tasks[stage->first_task + i];
        size_t length = prefix(s->text + from, s->n - from, t->name);
        if (!length)
            continue;
        snprintf(s->ret->problem, sizeof s->ret->problem, "of a task one may ask output, input, status or statusMessage, not '%.*s'",
                 (int)(s->n - from - length), s->text + from + length);
        return;
    }
    snprintf(s->ret->problem, sizeof s->ret->problem, "stage '%s' has no task that '%.*s' begins with", stage->name,
             (int)(s->n - from), s->text + from);
}

void reference_parse(const char *text, size_t n, const struct pipeline *pipeline, struct reference *ret)
{
    *ret = (struct reference){ .kind = REFERENCE_UNKNOWN, .rest = text, .rest_length = n };
    for (size_t i = 0; i < ALEN(SCOPES); i++) {
        size_t length = strlen(SCOPES[i].word);
        if (n > length && !memcmp(text, SCOPES[i].word, length)) {
            *ret = (struct reference){ .kind = SCOPES[i].kind, .rest = text + length, .rest_length = n - length };
            return;
        }
    }
    struct search s = { .text = text, .n = n, .ret = ret };
    for (size_t i = 0; pipeline && i < pipeline->stage_count; i++)
        search_stage(&s, pipeline, i);
    if (ret->kind != REFERENCE_UNKNOWN)
        return;
    if (s.near)
        explain(&s, pipeline);
    else if (reference_is_default(text, n))
        ret->kind = REFERENCE_DEFAULT;
}

/* ---- walking into values */

static size_t index_step(const json_t **at, const char *path, size_t n)
{
    size_t i = 1, index = 0;
    while (i < n && i < 10 && isdigit((unsigned char)path[i]))
        index = index * 10 + (size_t)(path[i++] - '0');
    if (i == 1 || i >= n || path[i] != ']')
        return 0;
    *at = json_array_get(*at, index);
    return i + 1;
}

/* Of the keys that fit, the longest: names of objects and annotations hold dots. */
static size_t key_step(const json_t **at, const char *path, size_t n)
{
    size_t best = 0;
    const json_t *found = NULL;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)*at, key, value) {
        size_t length = strlen(key);
        if (length <= best || length > n || memcmp(key, path, length))
            continue;
        if (length == n || path[length] == '.' || path[length] == '[') {
            best = length;
            found = value;
        }
    }
    *at = found;
    return best;
}

json_t *reference_walk(const json_t *json, const char *path, size_t n)
{
    const json_t *at = json;
    for (size_t i = 0; at && i < n;) {
        size_t step = path[i] == '[' ? index_step(&at, path + i, n - i) : key_step(&at, path + i, n - i);
        if (!step)
            return NULL;
        i += step;
        if (i < n && path[i] == '.')
            i++;
    }
    return (json_t *)at;
}

/* What is there instead, in a few words. */
static void add_there(struct text *out, const json_t *at)
{
    enum { KEYS = 12 };
    size_t count = 0;
    const char *key;
    json_t *value;
    if (json_is_array(at) && json_array_size(at))
        text_addf(out, "is a list of %zu", json_array_size(at));
    else if (json_is_array(at))
        text_add(out, "is an empty list");
    else if (json_is_object(at) && json_object_size(at))
        text_add(out, "has ");
    else
        text_add(out, json_is_object(at) ? "is empty" : json_is_string(at) ? "is a text" : json_is_null(at) ? "is null" : json_is_number(at) ? "is a number" : "is true or false");
    json_object_foreach((json_t *)at, key, value)
        if (count++ < KEYS)
            text_addf(out, "%s%.60s", count > 1 ? ", " : "", key);
    if (count > KEYS)
        text_addf(out, " and %zu more", count - KEYS);
}

char *reference_missing(const json_t *json, const char *path, size_t n)
{
    struct text out = { 0 };
    const json_t *at = json, *last = json;
    size_t i = 0, end = 0;
    while (at && i < n) {
        size_t step = path[i] == '[' ? index_step(&at, path + i, n - i) : key_step(&at, path + i, n - i);
        if (!step || !at)
            break;
        last = at;
        end = i += step;
        if (i < n && path[i] == '.')
            i++;
    }
    if (end)
        text_addf(&out, "'%.*s' ", (int)end, path);
    else
        text_add(&out, "it ");
    add_there(&out, last);
    return text_take(&out);
}

/* ---- results */

void value_fini(struct value *value)
{
    json_decref(value->json);
    *value = (struct value){ 0 };
}

bool value_fits(const json_t *json, int depth, size_t *size, size_t most, struct err *e)
{
    const char *key;
    json_t *member;
    size_t i;
    *size += 1 + json_string_length(json);
    if (*size > most)
        return err_set(e, ERR_TOO_LARGE, "resolved values are larger than %zu MiB", most >> 20);
    if (depth >= JSON_DEPTH && (json_is_object(json) || json_is_array(json)))
        return err_set(e, ERR_INVALID, "nested deeper than %d levels", JSON_DEPTH);
    json_array_foreach(json, i, member)
        if (!value_fits(member, depth + 1, size, most, e))
            return false;
    json_object_foreach((json_t *)json, key, member) {
        *size += strlen(key);
        if (!value_fits(member, depth + 1, size, most, e))
            return false;
    }
    return true;
}

void resolution_fini(struct resolution *r)
{
    json_decref(r->warnings);
    json_decref(r->secrets);
    *r = (struct resolution){ 0 };
}

void resolution_warn(struct resolution *r, const char *format, ...)
{
    if (!r || json_array_size(r->warnings) >= RESOLVED_WARNINGS)
        return;
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    text_mend(text); /* cut within a character */
    if (!r->warnings)
        r->warnings = json_array();
    for (size_t i = 0; i < json_array_size(r->warnings); i++)
        if (text_is(json_string_value(json_array_get(r->warnings, i)), text))
            return;
    json_array_append_new(r->warnings, json_string(text));
}

static void add_secret(struct resolution *r, const char *text)
{
    if (!r->secrets)
        r->secrets = json_array();
    for (size_t i = 0; i < json_array_size(r->secrets); i++)
        if (text_is(json_string_value(json_array_get(r->secrets, i)), text))
            return;
    json_array_append_new(r->secrets, json_string(text));
}

void resolution_secret(struct resolution *r, const json_t *value)
{
    const char *key;
    json_t *member;
    size_t i;
    if (!r)
        return;
    if (json_is_object(value)) {
        json_object_foreach((json_t *)value, key, member)
            resolution_secret(r, member);
    } else if (json_is_array(value)) {
        json_array_foreach(value, i, member)
            resolution_secret(r, member);
    } else if (json_is_string(value) || json_is_number(value)) {
        AUTO_FREE char *text = json_as_text(value);
        if (*text)
            add_secret(r, text);
    }
}

/* ---- resolving */

struct resolver {
    struct scope *scope;
    struct resolution *more;
    struct err *e;
    struct resolution own; /* where the caller wants none */
    char pointer[sizeof((struct err *)0)->field];
};

static void resolver_init(struct resolver *r, struct scope *scope, struct resolution *more, struct err *e)
{
    *r = (struct resolver){ .scope = scope, .e = e };
    r->more = more ? more : &r->own;
}

static bool resolver_end(struct resolver *r, bool ok)
{
    resolution_fini(&r->own);
    return ok;
}

static enum scope_answer find(struct resolver *r, const char *text, const struct segment *piece, struct value *ret)
{
    const char *name = text + piece->at + 2;
    size_t n = piece->length - 3;
    enum scope_answer answer = r->scope->find(r->scope, name, n, ret, r->e);
    if (answer == SCOPE_UNKNOWN)
        resolution_warn(r->more, "${%.*s} names nothing known here and stays as it is", (int)n, name);
    r->more->outside |= answer == SCOPE_FOUND && ret->outside;
    if (answer == SCOPE_FOUND && ret->secret)
        resolution_secret(r->more, ret->json);
    return answer;
}

static bool add(struct resolver *r, struct text *out, const char *bytes, size_t n)
{
    r->more->size += n;
    if (r->more->size > RESOLVED_SIZE)
        return err_set(r->e, ERR_TOO_LARGE, "resolved texts are larger than %d MiB", RESOLVED_SIZE >> 20);
    text_add_n(out, bytes, n);
    return true;
}

static bool add_piece(struct resolver *r, struct text *out, const char *text, const struct segment *piece)
{
    struct value value = { 0 };
    enum scope_answer answer = piece->reference ? find(r, text, piece, &value) : SCOPE_UNKNOWN;
    if (answer == SCOPE_FAILED)
        return false;
    if (answer == SCOPE_UNKNOWN)
        return add(r, out, text + piece->at, piece->length);
    AUTO_FREE char *shown = json_as_text(value.json);
    value_fini(&value);
    return add(r, out, shown, strlen(shown));
}

static bool resolve_text(struct resolver *r, const char *text, size_t n, char **ret)
{
    AUTO_TEXT out = { 0 };
    struct segment piece;
    size_t references = 0;
    for (size_t at = 0; segment_next(text, n, &at, &piece);) {
        if (piece.reference && ++references > EXPRESSION_REFERENCES)
            return err_set(r->e, ERR_INVALID, "more than %d references in one text", EXPRESSION_REFERENCES);
        if (!add_piece(r, &out, text, &piece))
            return false;
    }
    *ret = text_take(&out);
    return true;
}

/* From outside comes text, whatever type the sender wrote. */
static json_t *whole_value(struct value *value)
{
    if (!value->outside || json_is_string(value->json))
        return json_incref(value->json);
    AUTO_FREE char *text = json_as_text(value->json);
    return json_string(text);
}

static bool resolve_value(struct resolver *r, const char *text, size_t n, int depth, json_t **ret)
{
    struct segment piece = { 0 };
    size_t at = 0;
    if (segment_next(text, n, &at, &piece) && piece.reference && at == n) {
        struct value value = { 0 };
        enum scope_answer answer = find(r, text, &piece, &value);
        bool ok = answer != SCOPE_FAILED && value_fits(value.json, depth, &r->more->size, RESOLVED_SIZE, r->e);
        if (ok)
            *ret = answer == SCOPE_FOUND ? whole_value(&value) : json_stringn(text, n);
        value_fini(&value);
        return ok;
    }
    AUTO_FREE char *out = NULL;
    if (!resolve_text(r, text, n, &out))
        return false;
    *ret = json_string(out);
    return true;
}

bool expression_resolve(const char *text, size_t n, struct scope *scope, json_t **ret, struct resolution *more, struct err *e)
{
    struct resolver r;
    resolver_init(&r, scope, more, e);
    return resolver_end(&r, resolve_value(&r, text, n, 0, ret));
}

bool expression_text(const char *text, size_t n, struct scope *scope, char **ret, struct resolution *more, struct err *e)
{
    struct resolver r;
    resolver_init(&r, scope, more, e);
    return resolver_end(&r, resolve_text(&r, text, n, ret));
}

static bool resolve_any(struct resolver *r, const json_t *tree, const char *const *raw, int depth, json_t **ret);

static bool is_raw(const char *const *raw, const char *key)
{
    for (; raw && *raw; raw++)
        if (text_is(*raw, key))
            return true;
    return false;
}

static bool resolve_member(struct resolver *r, json_t *object, const char *key, const json_t *value, const char *const *raw, int depth)
{
    AUTO_FREE char *name = NULL;
    AUTO_JSON *resolved = NULL;
    if (!resolve_text(r, key, strlen(key), &name))
        return false;
    if (json_object_get(object, name))
        return err_set(r->e, ERR_INVALID, "two keys come out as '%.100s'", name);
    if (is_raw(raw, key))
        resolved = json_incref((json_t *)value);
    else if (!resolve_any(r, value, NULL, depth, &resolved))
        return false;
    json_object_set(object, name, resolved);
    return true;
}

static bool resolve_object(struct resolver *r, const json_t *tree, const char *const *raw, int depth, json_t **ret)
{
    AUTO_JSON *object = json_object();
    const char *key;
    json_t *value;
    size_t here = strlen(r->pointer);
    json_object_foreach((json_t *)tree, key, value) {
        json_pointer_add(r->pointer, sizeof r->pointer, key);
        if (!resolve_member(r, object, key, value, raw, depth))
            return false;
        r->pointer[here] = 0;
    }
    *ret = TAKE(object);
    return true;
}

static bool resolve_array(struct resolver *r, const json_t *tree, int depth, json_t **ret)
{
    AUTO_JSON *array = json_array();
    size_t i, here = strlen(r->pointer);
    json_t *value;
    json_array_foreach(tree, i, value) {
        json_t *resolved = NULL;
        char index[24];
        snprintf(index, sizeof index, "%zu", i);
        json_pointer_add(r->pointer, sizeof r->pointer, index);
        if (!resolve_any(r, value, NULL, depth, &resolved))
            return false;
        json_array_append_new(array, resolved);
        r->pointer[here] = 0;
    }
    *ret = TAKE(array);
    return true;
}

static bool resolve_any(struct resolver *r, const json_t *tree, const char *const *raw, int depth, json_t **ret)
{
    if (depth > JSON_DEPTH)
        return err_set(r->e, ERR_INVALID, "nested deeper than %d levels", JSON_DEPTH);
    if (json_is_object(tree))
        return resolve_object(r, tree, raw, depth + 1, ret);
    if (json_is_array(tree))
        return resolve_array(r, tree, depth + 1, ret);
    if (json_is_string(tree))
        return resolve_value(r, json_string_value(tree), json_string_length(tree), depth, ret);
    *ret = json_incref((json_t *)tree);
    return true;
}

bool expression_resolve_tree(const json_t *tree, const char *const *raw, struct scope *scope, json_t **ret,
                             struct resolution *more, struct err *e)
{
    struct resolver r;
    resolver_init(&r, scope, more, e);
    if (resolver_end(&r, resolve_any(&r, tree, raw, 0, ret)))
        return true;
    if (e) {
        snprintf(e->field, sizeof e->field, "%s", r.pointer);
        text_mend(e->field);
    }
    return false;
}

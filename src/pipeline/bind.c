#include "pipeline/bind.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/yaml.h"

/* A placeholder is as long as its reference: a mark of three different capitals that stands nowhere in the source, its number in four
 * digits of base 32, and lower-case filling. As capitals occur in the mark only and it has no letter twice, no neighbour can make
 * a second mark. The shortest reference that is known has seven characters. */
enum { MARK = 3, DIGITS = 4, TOKEN_LEAST = MARK + DIGITS };
enum { BOUND_SIZE = 8 << 20 }; /* of all texts that are put in, aliases repeated */

struct hole { /* one reference of the source */
    size_t at, length;
    struct value value;
    bool failed;
    struct err why; /* why it has no value: told when it is needed; one in a comment is not */
};

struct binder {
    const char *source;
    size_t n;
    struct scope *scope;
    struct resolution *more;
    struct err *e;
    struct hole *holes;
    size_t count, room;
    char *marked; /* the source with placeholders */
    char mark[MARK + 1];
    struct yaml *yaml;
    size_t document, produced;
    char pointer[4096];
};

static void binder_fini(struct binder *b)
{
    for (size_t i = 0; i < b->count; i++)
        value_fini(&b->holes[i].value);
    free(b->holes);
    free(b->marked);
    yaml_destroy(&b->yaml);
}

/* ---- errors say where in the source */

static bool wrong(struct binder *b, size_t at, const struct err *why)
{
    size_t line = 1, column = 1;
    for (size_t i = 0; i < at; i++) {
        bool end = b->source[i] == '\n';
        line += end;
        column = end ? 1 : column + (((unsigned char)b->source[i] & 0xC0) != 0x80);
    }
    return err_set(b->e, why->kind, "line %zu, column %zu: %s", line, column, why->text);
}

/* ---- placeholders */

static struct hole *hole_room(struct binder *b)
{
    if (b->count == b->room) {
        b->room = b->room ? b->room * 2 : 8;
        b->holes = mem_resize(b->holes, b->room * sizeof *b->holes);
    }
    return &b->holes[b->count];
}

static bool find_holes(struct binder *b)
{
    struct segment piece;
    for (size_t at = 0; segment_next(b->source, b->n, &at, &piece);) {
        if (!piece.reference)
            continue;
        if (b->count == EXPRESSION_REFERENCES)
            return err_set(b->e, ERR_INVALID, "more than %d references", EXPRESSION_REFERENCES);
        struct hole *h = hole_room(b);
        *h = (struct hole){ .at = piece.at, .length = piece.length };
        const char *name = b->source + piece.at + 2;
        size_t n = piece.length - 3;
        enum scope_answer answer = b->scope->find(b->scope, name, n, &h->value, &h->why);
        h->failed = answer == SCOPE_FAILED;
        if (answer != SCOPE_UNKNOWN && piece.length >= TOKEN_LEAST) {
            b->count++;
            continue;
        }
        value_fini(&h->value);
        resolution_warn(b->more, "${%.*s} names nothing known here and stays as it is", (int)n, name);
    }
    return true;
}

/* Three different capitals that the source does not hold in this order. The first is none that may follow a backslash in quotes. */
static bool choose_mark(struct binder *b)
{
    static const char FIRST[] = "QZXKJVWYHG", OTHER[] = "BCDFMRST";
    for (size_t i = 0; i < strlen(FIRST) * strlen(OTHER); i++) {
        size_t second = i / strlen(FIRST);
        char mark[MARK + 1] = { FIRST[i % strlen(FIRST)], OTHER[second], OTHER[(second + 3) % strlen(OTHER)], 0 };
        if (memmem(b->source, b->n, mark, MARK))
            continue;
        memcpy(b->mark, mark, sizeof mark);
        return true;
    }
    return err_set(b->e, ERR_INVALID, "the source holds every mark that could stand for a reference");
}

static const char DIGIT[] = "0123456789abcdefghijklmnopqrstuv";

static void put_marks(struct binder *b)
{
    b->marked = mem_text_n(b->source, b->n);
    for (size_t i = 0; i < b->count; i++) {
        char *at = b->marked + b->holes[i].at;
        memset(at, 'x', b->holes[i].length);
        memcpy(at, b->mark, MARK);
        for (int d = 0; d < DIGITS; d++)
            at[MARK + d] = DIGIT[i >> (5 * (DIGITS - 1 - d)) & 31];
    }
}

/* The next placeholder in text; NULL when there is none. */
static const char *next_mark(const struct binder *b, const char *text, struct hole **ret)
{
    const char *at = b->count ? strstr(text, b->mark) : NULL;
    size_t i = 0;
    for (int d = 0; at && d < DIGITS; d++) {
        const char *digit = at[MARK + d] ? strchr(DIGIT, at[MARK + d]) : NULL;
        at = digit ? at : NULL; /* cut off, in a message */
        i = digit ? i << 5 | (size_t)(digit - DIGIT) : i;
    }
    if (!at || i >= b->count)
        return NULL;
    *ret = &b->holes[i];
    return at;
}

/* The references in a message of the YAML reader, instead of their placeholders. */
static void unmark(const struct binder *b, char *text)
{
    struct hole *h = NULL;
    for (char *at = text; (at = (char *)next_mark(b, at, &h)) && strlen(at) >= h->length; at += h->length)
        memcpy(at, b->source + h->at, h->length);
}

/* ---- values into the tree */

static bool usable(struct binder *b, const struct hole *h)
{
    if (h->failed)
        return wrong(b, h->at, &h->why);
    if (h->value.secret)
        resolution_secret(b->more, h->value.json);
    return true;
}

static bool produce(struct binder *b, struct text *out, const char *bytes, size_t n)
{
    b->produced += n;
    if (b->produced > BOUND_SIZE)
        return err_set(b->e, ERR_TOO_LARGE, "the bound texts are larger than %d MiB", BOUND_SIZE >> 20);
    text_add_n(out, bytes, n);
    return true;
}

/* Text with its placeholders replaced. */
static bool fill(struct binder *b, const char *text, char **ret)
{
    AUTO_TEXT out = { 0 };
    struct hole *h = NULL;
    const char *from = text;
    for (const char *at; (at = next_mark(b, from, &h)); from = at + h->length) {
        if (!usable(b, h))
            return false;
        AUTO_FREE char *shown = json_as_text(h->value.json);
        if (!produce(b, &out, from, (size_t)(at - from)) || !produce(b, &out, shown, strlen(shown)))
            return false;
    }
    if (!produce(b, &out, from, strlen(from)))
        return false;
    *ret = text_take(&out);
    return true;
}

/* A value that is a whole plain scalar. From outside: a string, whatever it looks like. */
static json_t *plain_value(const struct hole *h)
{
    const json_t *json = h->value.json;
    AUTO_FREE char *text = json_as_text(json);
    if (h->value.outside)
        return json_string(text);
    if (json_is_string(json))
        return yaml_plain(text, strlen(text));
    return json_incref((json_t *)json);
}

static bool bind_text(struct binder *b, const char *text, json_t **ret)
{
    struct hole *h = NULL;
    const char *at = next_mark(b, text, &h);
    bool whole = at == text && strlen(text) == h->length;
    if (whole && yaml_style(b->yaml, b->document, b->pointer) == YAML_PLAIN) {
        if (!usable(b, h) || !value_fits(h->value.json, 0, &b->produced, BOUND_SIZE, b->e))
            return false;
        *ret = plain_value(h);
        return true;
    }
    AUTO_FREE char *filled = NULL;
    if (!fill(b, text, &filled))
        return false;
    *ret = json_string(filled);
    return true;
}

static bool bind_any(struct binder *b, const json_t *tree, json_t **ret);

static bool bind_member(struct binder *b, json_t *object, const char *key, const json_t *value)
{
    AUTO_FREE char *name = NULL;
    json_t *bound = NULL;
    struct hole *h = NULL;
    if (!fill(b, key, &name))
        return false;
    if (json_object_get(object, name)) {
        struct err why = { .kind = ERR_INVALID };
        snprintf(why.text, sizeof why.text, "key '%.100s' comes twice once its references are bound", name);
        return next_mark(b, key, &h) ? wrong(b, h->at, &why) : err_set(b->e, ERR_INVALID, "%s", why.text);
    }
    if (!bind_any(b, value, &bound))
        return false;
    json_object_set_new(object, name, bound);
    return true;
}

static bool bind_object(struct binder *b, const json_t *tree, json_t **ret)
{
    AUTO_JSON *object = json_object();
    const char *key;
    json_t *value;
    size_t here = strlen(b->pointer);
    json_object_foreach((json_t *)tree, key, value) {
        json_pointer_add(b->pointer, sizeof b->pointer, key);
        if (!bind_member(b, object, key, value))
            return false;
        b->pointer[here] = 0;
    }
    *ret = TAKE(object);
    return true;
}

static bool bind_array(struct binder *b, const json_t *tree, json_t **ret)
{
    AUTO_JSON *array = json_array();
    size_t i, here = strlen(b->pointer);
    json_t *value;
    json_array_foreach(tree, i, value) {
        json_t *bound = NULL;
        char index[24];
        snprintf(index, sizeof index, "%zu", i);
        json_pointer_add(b->pointer, sizeof b->pointer, index);
        if (!bind_any(b, value, &bound))
            return false;
        json_array_append_new(array, bound);
        b->pointer[here] = 0;
    }
    *ret = TAKE(array);
    return true;
}

static bool bind_any(struct binder *b, const json_t *tree, json_t **ret)
{
    if (json_is_object(tree))
        return bind_object(b, tree, ret);
    if (json_is_array(tree))
        return bind_array(b, tree, ret);
    if (json_is_string(tree))
        return bind_text(b, json_string_value(tree), ret);
    *ret = json_incref((json_t *)tree);
    return true;
}

/* ---- documents */

static bool bind_documents(struct binder *b, json_t **ret)
{
    AUTO_JSON *documents = json_array();
    if (!choose_mark(b))
        return false;
    put_marks(b);
    if (!yaml_read(b->marked, b->n, &b->yaml, b->e)) {
        if (b->e)
            unmark(b, b->e->text);
        return false;
    }
    for (b->document = 0; b->document < yaml_count(b->yaml); b->document++) {
        json_t *bound = NULL;
        b->pointer[0] = 0;
        if (!bind_any(b, yaml_document(b->yaml, b->document), &bound))
            return false;
        if (json_is_null(bound))
            json_decref(bound);
        else
            json_array_append_new(documents, bound);
    }
    *ret = TAKE(documents);
    return true;
}

/* The source is one reference and nothing else: a person's variable or input may be documents. It is not searched for references. */
static bool whole_source(struct binder *b, json_t **ret)
{
    const struct hole *h = &b->holes[0];
    if (!usable(b, h))
        return false;
    if (!h->value.authored || h->value.outside) {
        struct err why = { .kind = ERR_INVALID, .text = "only a variable, or an input that a person wrote, may be a whole document" };
        return wrong(b, h->at, &why);
    }
    AUTO_JSON *documents = json_array();
    if (json_is_string(h->value.json) && strstr(json_string_value(h->value.json), "${"))
        resolution_warn(b->more, "the documents in %.*s are taken as they are; the references in them are not bound", (int)h->length,
                        b->source + h->at);
    if (!json_is_string(h->value.json)) {
        json_array_append(documents, h->value.json);
        *ret = TAKE(documents);
        return true;
    }
    const char *text = json_string_value(h->value.json);
    if (!yaml_read(text, strlen(text), &b->yaml, b->e))
        return err_wrap(b->e, "in the value of %.*s", (int)h->length, b->source + h->at);
    for (size_t i = 0; i < yaml_count(b->yaml); i++)
        if (!json_is_null(yaml_document(b->yaml, i)))
            json_array_append(documents, yaml_document(b->yaml, i));
    *ret = TAKE(documents);
    return true;
}

static bool is_one_reference(const struct binder *b)
{
    static const char SPACE[] = " \t\r\n";
    size_t from = 0, to = b->n;
    while (from < to && strchr(SPACE, b->source[from]))
        from++;
    while (to > from && strchr(SPACE, b->source[to - 1]))
        to--;
    return b->count == 1 && b->holes[0].at == from && b->holes[0].length == to - from;
}

bool bind_yaml(const char *source, size_t n, struct scope *scope, json_t **ret, struct resolution *more, struct err *e)
{
    if (n > BIND_SIZE)
        return err_set(e, ERR_TOO_LARGE, "YAML of %zu bytes; at most %d are allowed", n, BIND_SIZE);
    if (!text_utf8(source, n))
        return err_set(e, ERR_INVALID, "the YAML is no UTF-8 text");
    struct binder b = { .source = source, .n = n, .scope = scope, .more = more, .e = e };
    bool ok = find_holes(&b) && (is_one_reference(&b) ? whole_source(&b, ret) : bind_documents(&b, ret));
    binder_fini(&b);
    return ok;
}

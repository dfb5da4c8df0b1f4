/* libyaml's events into a tree of values, and a tree of marks beside it that says where each of them stood. */
#include "base/yaml.h"

#include <string.h>
#include <yaml.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"

enum { YAML_BYTES = 1 << 20, YAML_NODES = 100000 };

/* Where one value stood. Belongs to the struct yaml. */
struct mark {
    int line, column;
    enum yaml_style style;
    bool alias;          /* keys and items are the anchor's mark's */
    struct map *keys;    /* of an object: key to mark; NULL while it has none */
    struct mark **items; /* of a list */
    size_t count;
    size_t size; /* values in it and itself, aliases expanded */
    int height;  /* levels below it */
};

struct yaml {
    json_t **documents; /* and their marks */
    struct mark **roots;
    size_t count;
    struct mark **marks; /* all of them, to be freed */
    size_t mark_count, mark_room;
};

struct anchor {
    json_t *json;
    struct mark *mark;
};

struct reader {
    yaml_parser_t parser;
    struct yaml *yaml;
    struct map *anchors; /* name to struct anchor; of this document */
    size_t nodes;
    const char *bytes;
    struct err *e;
};

static void mark_free(struct mark *m)
{
    if (!m->alias) {
        map_destroy(&m->keys);
        free(m->items);
    }
    free(m);
}

void yaml_destroy(struct yaml **yaml)
{
    struct yaml *y = TAKE(*yaml);
    if (!y)
        return;
    for (size_t i = 0; i < y->count; i++)
        json_decref(y->documents[i]);
    for (size_t i = 0; i < y->mark_count; i++)
        mark_free(y->marks[i]);
    free(y->documents);
    free(y->roots);
    free(y->marks);
    free(y);
}

static struct mark *mark_add(struct yaml *y, struct mark mark)
{
    if (y->mark_count == y->mark_room) {
        y->mark_room = y->mark_room ? y->mark_room * 2 : 64;
        y->marks = mem_resize(y->marks, y->mark_room * sizeof(struct mark *));
    }
    return y->marks[y->mark_count++] = mem_copy(&mark, sizeof mark);
}

static struct mark *mark_at(struct reader *r, const yaml_event_t *event)
{
    return mark_add(r->yaml, (struct mark){ .line = (int)event->start_mark.line + 1,
                                            .column = (int)event->start_mark.column + 1,
                                            .size = 1 });
}

static void mark_add_item(struct mark *list, struct mark *item)
{
    if ((list->count & (list->count - 1)) == 0) /* a power of two: room is used up */
        list->items = mem_resize(list->items, (list->count ? list->count * 2 : 1) * sizeof(struct mark *));
    list->items[list->count++] = item;
}

static void mark_add_key(struct mark *object, const char *key, struct mark *value)
{
    if (!object->keys)
        object->keys = map_create();
    map_put(object->keys, key, value);
}

static void mark_contains(struct mark *m, const struct mark *child)
{
    m->size += child->size;
    if (child->height + 1 > m->height)
        m->height = child->height + 1;
}

#define fail_at(r, mark, ...) fail_line((r), (mark)->line, (mark)->column, __VA_ARGS__)

static void *__attribute__((format(printf, 4, 5))) fail_line(struct reader *r, int line, int column, const char *format, ...)
{
    char what[400];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    err_set(r->e, ERR_INVALID, "line %d, column %d: %s", line, column, what);
    return NULL;
}

/* What libyaml found wrong. Errors of its byte reader come with an offset instead of a line. */
static void fail_parser(struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    const char *problem = p->problem ? p->problem : "not YAML";
    if (p->error != YAML_READER_ERROR) {
        int line = (int)p->problem_mark.line + 1, column = (int)p->problem_mark.column + 1;
        fail_line(r, line, column, "%s%s%s", problem, p->context ? " " : "", p->context ? p->context : "");
        return;
    }
    int line = 1, column = 1;
    for (size_t i = 0; i < p->problem_offset; i++) {
        column = r->bytes[i] == '\n' ? 1 : column + 1;
        line += r->bytes[i] == '\n';
    }
    fail_line(r, line, column, "%s", problem);
}

static bool next_event(struct reader *r, yaml_event_t *event)
{
    if (yaml_parser_parse(&r->parser, event))
        return true;
    fail_parser(r);
    return false;
}

static bool count_nodes(struct reader *r, const struct mark *m, size_t more)
{
    r->nodes += more;
    if (r->nodes <= YAML_NODES)
        return true;
    fail_at(r, m, "more than %d values, those that aliases repeat included", YAML_NODES);
    return false;
}

static bool depth_ok(struct reader *r, const struct mark *m, int depth)
{
    if (depth <= JSON_DEPTH)
        return true;
    fail_at(r, m, "nested deeper than %d levels", JSON_DEPTH);
    return false;
}

static void anchor_free(struct anchor *a)
{
    if (!a)
        return;
    json_decref(a->json);
    free(a);
}

static void anchors_clear(struct reader *r)
{
    size_t at = 0;
    const char *name;
    void *anchor;
    while (map_each(r->anchors, &at, &name, &anchor))
        anchor_free(anchor);
    map_destroy(&r->anchors);
}

static void anchor_set(struct reader *r, const yaml_char_t *name, json_t *json, struct mark *m)
{
    if (!name || !json)
        return;
    struct anchor *a = NEW(struct anchor);
    *a = (struct anchor){ json_incref(json), m };
    anchor_free(map_put(r->anchors, (const char *)name, a));
}

/* A copy, so that what is changed at one place stays as it was at the other. */
static json_t *read_alias(struct reader *r, const yaml_event_t *event, int depth, struct mark **ret)
{
    struct mark *m = mark_at(r, event);
    const char *name = (const char *)event->data.alias.anchor;
    const struct anchor *a = map_get(r->anchors, name);
    if (!a)
        return fail_at(r, m, "alias *%s: there is no such anchor before it", name);
    int line = m->line, column = m->column;
    *m = *a->mark;
    m->line = line;
    m->column = column;
    m->alias = true;
    if (!count_nodes(r, m, m->size) || !depth_ok(r, m, depth + m->height))
        return NULL;
    *ret = m;
    return json_deep_copy(a->json);
}

static enum yaml_style style_of(yaml_scalar_style_t style)
{
    return style == YAML_PLAIN_SCALAR_STYLE                                            ? YAML_PLAIN
           : style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE ? YAML_BLOCK
                                                                                       : YAML_QUOTED;
}

enum tag_meaning { TAG_NONE, TAG_TEXT, TAG_RESOLVE, TAG_UNKNOWN };

static enum tag_meaning tag_of(const yaml_char_t *tag)
{
    static const struct {
        const char *name;
        enum tag_meaning meaning;
    } TAGS[] = {
        { "!", TAG_TEXT },
        { YAML_STR_TAG, TAG_TEXT },
        { YAML_TIMESTAMP_TAG, TAG_TEXT },
        { "tag:yaml.org,2002:binary", TAG_TEXT }, /* stays base64 */
        { YAML_INT_TAG, TAG_RESOLVE },
        { YAML_FLOAT_TAG, TAG_RESOLVE },
        { YAML_BOOL_TAG, TAG_RESOLVE },
        { YAML_NULL_TAG, TAG_RESOLVE },
        { YAML_MAP_TAG, TAG_NONE },
        { YAML_SEQ_TAG, TAG_NONE },
    };
    if (!tag)
        return TAG_NONE;
    for (size_t i = 0; i < ALEN(TAGS); i++)
        if (strcmp(TAGS[i].name, (const char *)tag) == 0)
            return TAGS[i].meaning;
    return TAG_UNKNOWN;
}

static bool tag_ok(struct reader *r, const struct mark *m, const yaml_char_t *tag)
{
    if (tag_of(tag) != TAG_UNKNOWN)
        return true;
    fail_at(r, m, "tag %.100s is not supported", (const char *)tag);
    return false;
}

static json_t *read_scalar(struct reader *r, const yaml_event_t *event, struct mark **ret)
{
    struct mark *m = mark_at(r, event);
    const char *value = (const char *)event->data.scalar.value;
    size_t n = event->data.scalar.length;
    m->style = style_of(event->data.scalar.style);
    if (!count_nodes(r, m, 1) || !tag_ok(r, m, event->data.scalar.tag))
        return NULL;
    if (memchr(value, 0, n))
        return fail_at(r, m, "a NUL character in text");
    enum tag_meaning tag = tag_of(event->data.scalar.tag);
    bool resolve = tag == TAG_RESOLVE || (tag == TAG_NONE && m->style == YAML_PLAIN);
    json_t *json = resolve ? yaml_plain(value, n) : json_stringn(value, n);
    if (!json)
        return fail_at(r, m, "text that is not UTF-8");
    *ret = m;
    return json;
}

static json_t *read_value(struct reader *r, const yaml_event_t *event, int depth, struct mark **ret);

static json_t *read_list(struct reader *r, const yaml_event_t *event, int depth, struct mark **ret)
{
    struct mark *m = mark_at(r, event);
    AUTO_JSON *list = json_array();
    if (!count_nodes(r, m, 1) || !depth_ok(r, m, depth + 1) || !tag_ok(r, m, event->data.sequence_start.tag))
        return NULL;
    for (;;) {
        yaml_event_t item;
        struct mark *child = NULL;
        if (!next_event(r, &item))
            return NULL;
        bool end = item.type == YAML_SEQUENCE_END_EVENT;
        json_t *json = end ? NULL : read_value(r, &item, depth + 1, &child);
        yaml_event_delete(&item);
        if (end)
            break;
        if (!json)
            return NULL;
        json_array_append_new(list, json);
        mark_add_item(m, child);
        mark_contains(m, child);
    }
    *ret = m;
    return TAKE(list);
}

/* A key's text, the caller's; NULL after a failure. */
static char *read_key(struct reader *r, const yaml_event_t *event, struct mark **ret, bool *merge)
{
    struct mark *m = NULL;
    AUTO_JSON *json = NULL;
    if (event->type == YAML_ALIAS_EVENT) {
        json = read_alias(r, event, 0, &m);
    } else if (event->type == YAML_SCALAR_EVENT) {
        json = read_scalar(r, event, &m);
        anchor_set(r, event->data.scalar.anchor, json, m);
    }
    if ((event->type == YAML_ALIAS_EVENT || event->type == YAML_SCALAR_EVENT) && !json)
        return NULL;
    if (!json || json_is_object(json) || json_is_array(json))
        return fail_line(r, (int)event->start_mark.line + 1, (int)event->start_mark.column + 1, "a key must be text");
    *ret = m;
    bool scalar = event->type == YAML_SCALAR_EVENT;
    *merge = scalar && m->style == YAML_PLAIN && text_is((const char *)event->data.scalar.value, "<<");
    return scalar ? mem_text((const char *)event->data.scalar.value) : json_as_text(json);
}

/* Keys of from that to has not; its values move as they are: they were counted when they were read. */
static bool merge_one(struct reader *r, json_t *to, struct mark *m, json_t *from, struct mark *from_mark)
{
    const char *key;
    json_t *value;
    if (!json_is_object(from)) {
        fail_at(r, from_mark, "<< must be a mapping or a list of mappings");
        return false;
    }
    json_object_foreach(from, key, value) {
        if (json_object_get(to, key))
            continue;
        struct mark *child = map_get(from_mark->keys, key);
        json_object_set(to, key, value);
        mark_add_key(m, key, child);
        mark_contains(m, child);
    }
    return true;
}

/* What << brought: earlier mappings win over later ones, and the keys written beside it over all. */
static bool merge_all(struct reader *r, json_t *to, struct mark *m, json_t *from, struct mark *from_mark)
{
    if (!json_is_array(from))
        return merge_one(r, to, m, from, from_mark);
    for (size_t i = 0; i < json_array_size(from); i++)
        if (!merge_one(r, to, m, json_array_get(from, i), from_mark->items[i]))
            return false;
    return true;
}

struct merge {
    json_t *json;
    struct mark *mark;
};

/* One key and its value. */
static bool read_pair(struct reader *r, const yaml_event_t *event, int depth, json_t *object, struct mark *m, struct merge *merge)
{
    struct mark *key_mark = NULL, *value_mark = NULL;
    bool merges = false;
    AUTO_FREE char *key = read_key(r, event, &key_mark, &merges);
    if (!key)
        return false;
    if (merges ? merge->json != NULL : json_object_get(object, key) != NULL) {
        fail_at(r, key_mark, "key '%.100s' is there twice", key);
        return false;
    }
    yaml_event_t value;
    if (!next_event(r, &value))
        return false;
    json_t *json = read_value(r, &value, depth + 1, &value_mark);
    yaml_event_delete(&value);
    if (!json)
        return false;
    if (merges) {
        *merge = (struct merge){ json, value_mark };
        return true;
    }
    if (json_object_set_new(object, key, json)) {
        fail_at(r, key_mark, "a key that is not UTF-8");
        return false;
    }
    mark_add_key(m, key, value_mark);
    mark_contains(m, value_mark);
    return true;
}

static bool read_pairs(struct reader *r, int depth, json_t *object, struct mark *m, struct merge *merge)
{
    for (;;) {
        yaml_event_t key;
        if (!next_event(r, &key))
            return false;
        bool end = key.type == YAML_MAPPING_END_EVENT;
        bool ok = end || read_pair(r, &key, depth, object, m, merge);
        yaml_event_delete(&key);
        if (end || !ok)
            return ok;
    }
}

static json_t *read_object(struct reader *r, const yaml_event_t *event, int depth, struct mark **ret)
{
    struct mark *m = mark_at(r, event);
    AUTO_JSON *object = json_object();
    struct merge merge = { 0 };
    if (!count_nodes(r, m, 1) || !depth_ok(r, m, depth + 1) || !tag_ok(r, m, event->data.mapping_start.tag))
        return NULL;
    bool ok = read_pairs(r, depth, object, m, &merge);
    if (ok && merge.json)
        ok = merge_all(r, object, m, merge.json, merge.mark);
    json_decref(merge.json);
    if (!ok)
        return NULL;
    *ret = m;
    return TAKE(object);
}

/* The value that begins with event, a new reference; NULL after a failure. depth: the lists and objects around it. */
static json_t *read_value(struct reader *r, const yaml_event_t *event, int depth, struct mark **ret)
{
    json_t *json = NULL;
    const yaml_char_t *anchor = NULL;
    if (event->type == YAML_ALIAS_EVENT) {
        json = read_alias(r, event, depth, ret);
    } else if (event->type == YAML_SCALAR_EVENT) {
        json = read_scalar(r, event, ret);
        anchor = event->data.scalar.anchor;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        json = read_list(r, event, depth, ret);
        anchor = event->data.sequence_start.anchor;
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        json = read_object(r, event, depth, ret);
        anchor = event->data.mapping_start.anchor;
    }
    anchor_set(r, anchor, json, json ? *ret : NULL);
    return json;
}

static void add_document(struct yaml *y, json_t *json, struct mark *root)
{
    y->documents = mem_resize(y->documents, (y->count + 1) * sizeof *y->documents);
    y->roots = mem_resize(y->roots, (y->count + 1) * sizeof *y->roots);
    y->documents[y->count] = json;
    y->roots[y->count++] = root;
}

static bool read_event(struct reader *r, const yaml_event_t *event)
{
    if (event->type == YAML_DOCUMENT_START_EVENT) {
        anchors_clear(r);
        r->anchors = map_create();
    }
    if (event->type == YAML_STREAM_START_EVENT || event->type == YAML_DOCUMENT_START_EVENT ||
        event->type == YAML_DOCUMENT_END_EVENT)
        return true;
    struct mark *root = NULL;
    json_t *json = read_value(r, event, 0, &root);
    if (json)
        add_document(r->yaml, json, root);
    return json != NULL;
}

static bool read_stream(struct reader *r)
{
    for (;;) {
        yaml_event_t event;
        if (!next_event(r, &event))
            return false;
        bool end = event.type == YAML_STREAM_END_EVENT;
        bool ok = end || read_event(r, &event);
        yaml_event_delete(&event);
        if (end || !ok)
            return ok;
    }
}

bool yaml_read(const char *bytes, size_t n, struct yaml **ret, struct err *e)
{
    if (n > YAML_BYTES)
        return err_set(e, ERR_TOO_LARGE, "YAML of more than %d bytes", YAML_BYTES);
    AUTO(yaml) yaml = NEW(struct yaml);
    struct err unread = { 0 };
    struct reader r = { .yaml = yaml, .bytes = bytes, .e = e ? e : &unread, .anchors = map_create() };
    if (!yaml_parser_initialize(&r.parser))
        abort(); /* out of memory, as in base/mem.c */
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)(bytes ? bytes : ""), n);
    bool ok = read_stream(&r);
    yaml_parser_delete(&r.parser);
    anchors_clear(&r);
    if (ok)
        *ret = TAKE(yaml);
    return ok;
}

size_t yaml_count(const struct yaml *yaml)
{
    return yaml->count;
}

json_t *yaml_document(const struct yaml *yaml, size_t i)
{
    return i < yaml->count ? yaml->documents[i] : NULL;
}

/* The mark at pointer, or of its nearest parent: *whole says which. */
static const struct mark *find_mark(const struct yaml *yaml, size_t i, const char *pointer, bool *whole)
{
    const struct mark *m = i < yaml->count ? yaml->roots[i] : NULL;
    AUTO_TEXT key = { 0 };
    while (m && json_pointer_step(&pointer, &key)) {
        int64_t index;
        const struct mark *child = m->keys ? map_get(m->keys, text_of(&key)) : NULL;
        if (m->items && text_to_int(text_of(&key), &index) && index >= 0 && (size_t)index < m->count)
            child = m->items[index];
        if (!child) {
            *whole = false;
            return m;
        }
        m = child;
    }
    *whole = m != NULL;
    return m;
}

void yaml_where(const struct yaml *yaml, size_t i, const char *pointer, int *line, int *column)
{
    bool whole;
    const struct mark *m = find_mark(yaml, i, pointer, &whole);
    *line = m ? m->line : 1;
    *column = m ? m->column : 1;
}

enum yaml_style yaml_style(const struct yaml *yaml, size_t i, const char *pointer)
{
    bool whole;
    const struct mark *m = find_mark(yaml, i, pointer, &whole);
    return whole ? m->style : YAML_NONE;
}

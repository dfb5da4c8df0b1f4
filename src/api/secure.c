/* POST pipelines/ID/secrets, endpoints/ID/secrets, variables/ID/secrets: a secret that stands there as it is becomes a SECRET variable, and
 * ${var.NAME} stands in its place: both or neither, and nobody has to type it. */
#include <string.h>

#include "api/resources.h"
#include "api/saving.h"
#include "base/mem.h"
#include "pipeline/literals.h"
#include "secrets/seal.h"

struct securing {
    struct call *c;
    int64_t project_id;
    const char *project, *name; /* of what is secured */
    const char *pointer;  /* NULL: all that are found */
    const char *variable; /* NULL: names are made */
    json_t *out;          /* the document, changed */
    json_t *made;         /* [{variable, pointer}] */
    struct err e;         /* kind ERR_NONE: none yet */
};

/* ---- variables */

static bool value_of(struct securing *s, int64_t id, char **ret, struct err *e)
{
    struct variable_row row = { 0 };
    if (!variable_get(s->c->tx, id, &row, e))
        return false;
    AUTO_FREE char *identity = seal_of_variable(row.object.uuid);
    bool hidden = !text_is(row.type, "REGULAR") || err_field(e, "variable", "variable '%s' is REGULAR, for all to read: name another", row.object.name);
    bool ok = hidden && (!text_is(row.type, "RESTRICTED") || call_may(s->c, s->project_id, MAY_RESTRICTED, e)) &&
              seal_open(s->c->api->config.seal, identity, row.value, ret, NULL, e);
    variable_row_fini(&row);
    return ok;
}

/* The variable holds value from here on: a new one, or one that has it already. */
static bool hold(struct securing *s, const char *variable, const char *value, struct err *e)
{
    AUTO_FREE char *present = NULL;
    int64_t id = 0;
    if (!variable_find_named(s->c->tx, s->project, variable, &id, e) || (id && !value_of(s, id, &present, e)))
        return false;
    if (id && !text_is(present, value)) {
        err_field(e, "variable", "there is a variable '%s' that holds something else: name another (--variable NAME)", variable);
        e->kind = ERR_CONFLICT;
        return false;
    }
    AUTO_JSON *spec = json_pack("{s:s, s:s, s:s}", "name", variable, "type", "SECRET", "value", value);
    return id || variable_save(s->c, s->project_id, 0, spec, &id, e);
}

/* ---- texts */

static void put_at(json_t *tree, const char *pointer, const char *text)
{
    AUTO_TEXT key = { 0 };
    const char *rest = pointer;
    json_t *parent = tree;
    int64_t index = 0;
    while (parent && json_pointer_step(&rest, &key) && *rest)
        parent = json_is_array(parent) ? json_array_get(parent, text_to_int(text_of(&key), &index) ? (size_t)index : 0) : json_object_get(parent, text_of(&key));
    if (json_is_array(parent))
        json_array_set_new(parent, text_to_int(text_of(&key), &index) ? (size_t)index : 0, json_string(text));
    else if (json_is_object(parent))
        json_set_text(parent, text_of(&key), text);
}

static void secure_text(void *context, const char *pointer, const char *text, const struct literal *found, size_t count)
{
    struct securing *s = context;
    AUTO_FREE char *suggested = literal_variable(s->name, pointer);
    AUTO_TEXT out = { 0 };
    size_t at = 0;
    const json_t *there = json_at_pointer(s->out, pointer); /* of a pointer that was cut, something else or nothing */
    AUTO_FREE char *stands = there ? json_as_text(there) : NULL;
    if (s->e.kind || !text_is(stands, text) || (s->pointer && !text_is(s->pointer, pointer)))
        return;
    for (size_t i = 0; i < count; i++) {
        const char *base = s->variable ? s->variable : suggested;
        AUTO_FREE char *value = mem_text_n(text + found[i].at, found[i].length);
        AUTO_FREE char *variable = i ? mem_format("%s-%zu", base, i + 1) : mem_text(base);
        if (!hold(s, variable, value, &s->e))
            return;
        text_add_n(&out, text + at, found[i].at - at);
        text_addf(&out, "${var.%s}", variable);
        at = found[i].at + found[i].length;
        json_array_append_new(s->made, json_pack("{s:s, s:s}", "variable", variable, "pointer", pointer));
    }
    text_add(&out, text + at);
    put_at(s->out, pointer, text_of(&out));
}

/* Every text in which the detector sees nothing may be named too: who asks knows better. */
static void secure_whole(struct securing *s, const json_t *document)
{
    const json_t *value = s->pointer ? json_at_pointer(document, s->pointer) : NULL;
    const char *text = json_string_value(value);
    if (s->e.kind || json_array_size(s->made) || !s->pointer)
        return;
    if (text_empty(text) || strstr(text, "${") || literal_is_mask(text))
        err_field(&s->e, "pointer", "there is no text at %s that could become a secret", s->pointer);
    else
        secure_text(s, s->pointer, text, &(struct literal){ 0, strlen(text), "a secret" }, 1);
}

static bool secure(struct securing *s, const json_t *document, struct err *e)
{
    s->made = json_array();
    s->out = json_deep_copy(document);
    literals_each(document, secure_text, s);
    secure_whole(s, document);
    if (!s->e.kind && !json_array_size(s->made))
        err_set(&s->e, ERR_INVALID, "no secret stands there as it is: there is nothing to do");
    return !s->e.kind || (*e = s->e, false);
}

/* ---- the input of a pipeline: a default is not looked into, so what names the input names the variable */

static json_t *renamed(const json_t *tree, const char *from, const char *to)
{
    const char *key;
    json_t *value;
    size_t i;
    json_t *out = json_is_object(tree) ? json_object() : json_is_array(tree) ? json_array() : NULL;
    if (json_is_string(tree)) {
        AUTO_TEXT text = { 0 };
        const char *at = json_string_value(tree);
        for (const char *next; (next = strstr(at, from)); at = next + strlen(from)) {
            text_add_n(&text, at, (size_t)(next - at));
            text_add(&text, to);
        }
        text_add(&text, at);
        return json_string(text_of(&text));
    }
    json_array_foreach((json_t *)tree, i, value)
        json_array_append_new(out, renamed(value, from, to));
    json_object_foreach((json_t *)tree, key, value)
        json_object_set_new(out, key, renamed(value, from, to));
    return out ? out : json_incref((json_t *)tree);
}

static void move_inputs(struct securing *s)
{
    size_t i;
    json_t *one;
    json_array_foreach(s->made, i, one) {
        AUTO_TEXT name = { 0 };
        const char *rest = json_text_at(one, "pointer", "");
        if (!text_starts(rest, "/input/") || strchr(rest + 7, '/') || !json_pointer_step(&rest, &name) || !json_pointer_step(&rest, &name))
            continue;
        json_t *inputs = json_object_get(s->out, "input");
        AUTO_FREE char *from = mem_format("${input.%s}", text_of(&name)), *to = mem_text(json_string_value(json_object_get(inputs, text_of(&name))));
        json_object_del(inputs, text_of(&name));
        json_object_del(json_object_get(s->out, "_inputMeta"), text_of(&name));
        json_t *moved = renamed(s->out, from, to);
        json_decref(s->out);
        s->out = moved;
    }
}

/* ---- routes */

static const char *asked(struct call *c, const char *key)
{
    const char *text = call_text(c, key, NULL);
    return text_empty(text) ? NULL : text;
}

static bool find(struct call *c, const struct finder *finder, bool (*load)(struct call *c, int64_t id, json_t **ret, struct err *e), int64_t *ret_id, json_t **ret,
                 struct securing *s, struct err *e)
{
    int64_t project = 0;
    if (!call_find(c, finder, ret_id, e) || !load(c, *ret_id, ret, e))
        return false;
    if (!project_find(c->tx, json_text_at(*ret, "project", ""), &project, e) || !call_in(c, project, e))
        return false;
    *s = (struct securing){ .c = c, .project_id = project, .project = json_text_at(*ret, "project", ""), .name = json_text_at(*ret, "name", ""),
                            .pointer = asked(c, "pointer"), .variable = asked(c, "variable") };
    return true;
}

static bool done(struct securing *s, const char *action, json_t *answer, struct err *e)
{
    AUTO_TEXT detail = { 0 };
    size_t i;
    json_t *one;
    json_array_foreach(s->made, i, one)
        text_addf(&detail, "%s%s in %s", i ? ", " : "", json_text_at(one, "pointer", ""), json_text_at(one, "variable", ""));
    json_object_set(answer, "secured", s->made);
    return call_audit(s->c, s->project_id, action, s->name, text_of(&detail), e) && call_answer(s->c, 200, json_incref(answer));
}

static void securing_fini(struct securing *s)
{
    json_decref(s->out);
    json_decref(s->made);
}

bool pipeline_secure(struct call *c, struct err *e)
{
    static const struct finder PIPELINE = { "pipeline", pipeline_find, pipeline_find_named };
    AUTO_PROBLEMS found = { 0 };
    AUTO_JSON *document = NULL;
    AUTO_JSON *after = NULL;
    struct securing s = { 0 };
    int64_t id = 0;
    bool ok = find(c, &PIPELINE, pipeline_written, &id, &document, &s, e) && secure(&s, document, e);
    if (ok)
        move_inputs(&s);
    ok = ok && pipeline_save(c, s.project_id, id, s.out, &found, &id, e) && pipeline_load(c, id, &after, e);
    if (ok && found.count)
        json_object_set_new(after, "_warnings", problems_json(&found));
    ok = ok && done(&s, "pipeline.secure", after, e);
    securing_fini(&s);
    return ok;
}

static bool load_opened(struct call *c, int64_t id, json_t **ret, struct err *e)
{
    struct endpoint_row row = { 0 };
    if (!endpoint_load(c, id, ret, e) || !endpoint_get(c->tx, id, &row, e))
        return false;
    json_t *opened = properties_open(c->api->config.seal, row.object.uuid, row.properties, e);
    bool ok = opened && (!row.restricted || call_may(c, row.object.project_id, MAY_RESTRICTED, e));
    json_object_set_new(*ret, "properties", opened ? opened : json_null());
    endpoint_row_fini(&row);
    return ok;
}

/* Only a property that is nothing but a reference is looked up when the endpoint is used. */
static void whole_properties(struct securing *s)
{
    size_t i;
    json_t *one;
    json_array_foreach(s->made, i, one) {
        const char *rest = json_text_at(one, "pointer", ""), *variable = json_text_at(one, "variable", "");
        AUTO_FREE char *reference = mem_format("${var.%s}", variable);
        if (s->e.kind || text_is(json_string_value(json_at_pointer(s->out, rest)), reference))
            continue;
        err_field(&s->e, "pointer", "%s holds a secret among other text, and an endpoint's property is a variable as a whole or not at all: give a variable the "
                  "whole value (slipway variable set NAME --type SECRET) and write ${var.NAME} there", rest);
    }
}

bool endpoint_secure(struct call *c, struct err *e)
{
    static const struct finder ENDPOINT = { "endpoint", endpoint_find, endpoint_find_named };
    AUTO_JSON *document = NULL;
    AUTO_JSON *after = NULL;
    struct securing s = { 0 };
    int64_t id = 0;
    bool ok = find(c, &ENDPOINT, load_opened, &id, &document, &s, e) && secure(&s, document, e);
    if (ok)
        whole_properties(&s);
    ok = ok && (!s.e.kind || (*e = s.e, false)) && endpoint_save(c, s.project_id, id, s.out, &id, e) && endpoint_load(c, id, &after, e) &&
         done(&s, "endpoint.secure", after, e);
    securing_fini(&s);
    return ok;
}

/* REGULAR becomes SECRET, the value stays. */
bool variable_secure(struct call *c, struct err *e)
{
    static const struct finder VARIABLE = { "variable", variable_find, variable_find_named };
    AUTO_JSON *document = NULL;
    AUTO_JSON *after = NULL;
    struct securing s = { 0 };
    int64_t id = 0;
    if (!find(c, &VARIABLE, variable_load, &id, &document, &s, e))
        return false;
    if (!text_is(json_text_at(document, "type", ""), "REGULAR"))
        return err_set(e, ERR_CONFLICT, "variable '%s' is %s already", s.name, json_text_at(document, "type", ""));
    json_set_text(document, "type", "SECRET");
    s.made = json_pack("[{s:s, s:s}]", "variable", s.name, "pointer", "/value");
    bool ok = variable_save(c, s.project_id, id, document, &id, e) && variable_load(c, id, &after, e) && done(&s, "variable.secure", after, e);
    securing_fini(&s);
    return ok;
}

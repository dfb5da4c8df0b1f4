#include "api/documents.h"

#include <string.h>

#include "api/saving.h"
#include "base/diff.h"
#include "base/mem.h"
#include "pipeline/literals.h"
#include "pipeline/source.h"

void documents_fini(struct documents *d)
{
    json_decref(d->rows);
    d->rows = NULL;
}

/* ---- masks: what a file does not say because it is secret */

static bool keeps(const json_t *value)
{
    const char *text = json_string_value(value);
    return json_is_null(value) || (text && (!*text || literal_is_mask(text)));
}

/* A secret property that says nothing is what is stored; without that, as the file has it. */
static void unmask_properties(json_t *spec, const json_t *whole)
{
    json_t *properties = json_object_get(spec, "properties"), *value;
    const char *key;
    void *next;
    json_object_foreach_safe(properties, next, key, value) {
        json_t *stored = json_object_get(json_object_get(whole, "properties"), key);
        if (property_secret(key) && keeps(value) && stored)
            json_object_set(properties, key, stored);
    }
}

static bool unmask_variable(json_t *spec, const json_t *whole, struct err *e)
{
    const char *name = json_text_at(spec, "name", ""), *type = json_text_at(spec, "type", json_text_at(whole, "type", "")), *project = json_text_at(spec, "project", "default");
    json_t *value = json_object_get(spec, "value");
    if (text_is(type, "REGULAR") || (value && !keeps(value)))
        return true;
    json_object_del(spec, "value");
    return whole || err_field(e, "value", "variable '%s' has no value here, and no file holds one: give it, then do this again: slipway variable set '%s' --type %s --project '%s'",
                              name, name, *type ? type : "SECRET", project);
}

/* The keys of a custom integration as the text that is kept of them. */
static void one_text(json_t *spec)
{
    static const char *const KEYS[] = { "runtime", "code", "inputProperties", "outputProperties" };
    AUTO_FREE char *yaml = integration_yaml(spec, NULL);
    if (!yaml)
        return;
    json_set_text(spec, "yaml", yaml);
    for (size_t i = 0; i < ALEN(KEYS); i++)
        json_object_del(spec, KEYS[i]);
}

/* The document with what its masks stand for; a new reference, or NULL with e. */
static json_t *unmasked(const struct kind *kind, const json_t *document, const json_t *whole, struct err *e)
{
    AUTO_JSON *spec = literals_unmasked(document, whole, NULL, NULL);
    if (text_is(kind->name, "VARIABLE") && !unmask_variable(spec, whole, e))
        return NULL;
    if (text_is(kind->name, "ENDPOINT"))
        unmask_properties(spec, whole);
    if (text_is(kind->name, "CUSTOM_INTEGRATION"))
        one_text(spec);
    if (text_is(kind->name, "DOCKER_WEBHOOK") && whole && keeps(json_object_get(spec, "refreshToken")))
        json_object_del(spec, "refreshToken");
    if (text_is(kind->name, "DOCKER_WEBHOOK") && keeps(json_object_get(spec, "secretToken")))
        json_object_del(spec, "secretToken");
    return json_incref(spec);
}

/* ---- does it change anything? */

static bool same_value(const json_t *a, const json_t *b)
{
    if (json_equal(a, b) || (!b && (json_is_null(a) || (json_is_object(a) && !json_object_size(a)))))
        return true;
    if (!a || !b || json_is_object(a) || json_is_array(a) || json_is_object(b) || json_is_array(b))
        return false;
    AUTO_FREE char *left = json_as_text(a), *right = json_as_text(b);
    return text_is(left, right);
}

/* What a value that the API shows otherwise is compared with. */
static bool same_key(const struct kind *kind, const char *key, const json_t *value, const json_t *whole)
{
    static const char *const PASSED[] = { "kind", "project", "repoName", "serverType", "externalListenerLink", "status", "changeLog", "latest", "sourceVersion" };
    for (size_t i = 0; i < ALEN(PASSED); i++)
        if (text_is(key, PASSED[i]) && kind->keys)
            return true;
    if (text_is(key, "kind") || text_is(key, "state"))
        return text_is(key, "kind") || same_value(value, json_object_get(whole, key));
    if (text_is(key, "refreshToken") && json_object_get(whole, "_tokenHash") && json_is_string(value)) {
        AUTO_FREE char *hash = auth_token_hash(json_string_value(value));
        return text_is(hash, json_text_at(whole, "_tokenHash", ""));
    }
    return same_value(value, json_object_get(whole, key));
}

static bool same_properties(const json_t *wanted, const json_t *there)
{
    const char *key;
    json_t *value;
    if (json_object_size(wanted) != json_object_size(there))
        return false;
    json_object_foreach((json_t *)wanted, key, value)
        if (!json_object_get(there, key) || !same_value(value, json_object_get(there, key)))
            return false;
    return true;
}

static bool among(const char *const *keys, const char *key)
{
    while (*keys && !text_is(*keys, key))
        keys++;
    return *keys;
}

/* A definition has no more keys than the document says; what stands beside it stays when it is not said. */
static bool covers(const json_t *spec, const json_t *whole)
{
    static const char *const BESIDE[] = { "kind", "project", "description", "global", "enabled", "concurrency", NULL };
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)whole, key, value)
        if (!json_object_get(spec, key) && !among(BESIDE, key) && !source_server_key(key))
            return false;
    return true;
}

static bool unchanged(const struct kind *kind, const json_t *spec, const json_t *whole)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)spec, key, value) {
        bool properties = text_is(key, "properties") && text_is(kind->name, "ENDPOINT"), kept = !kind->keys || among(kind->keys, key);
        if (kept && (properties ? !same_properties(value, json_object_get(whole, key)) : !same_key(kind, key, value, whole)))
            return false;
    }
    return kind->keys || covers(spec, whole);
}

/* Comparing with a restricted secret would let anybody guess it: it is saved, which asks for the right. */
static bool may_compare(struct call *c, int64_t project_id, const json_t *document, const json_t *whole)
{
    bool restricted = json_bool_at(whole, "isRestricted", false) || text_is(json_text_at(whole, "type", ""), "RESTRICTED"), gives = false;
    json_t *value = json_object_get(document, "value");
    const char *key;
    if (!restricted || call_may(c, project_id, MAY_RESTRICTED, NULL))
        return true;
    gives = value && !keeps(value);
    json_object_foreach(json_object_get(document, "properties"), key, value)
        gives = gives || (property_secret(key) && !keeps(value));
    return !gives;
}

/* ---- warnings */

static void check_keys(const struct kind *kind, const json_t *document, struct problems *found)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)document, key, value) {
        char pointer[300] = "";
        bool known = !kind->keys || among(kind->keys, key);
        json_pointer_add(pointer, sizeof pointer, key);
        if (!known && *key != '_')
            problem_unknown(found, PROBLEM_WARNING, pointer, kind->what, key, kind->keys, "is not kept");
    }
}

/* A REGULAR variable whose name or form says that it is a secret. */
static void check_variable(const json_t *document, struct problems *found)
{
    struct literal literals[LITERALS];
    const char *name = json_text_at(document, "name", ""), *value = json_text_at(document, "value", "");
    if (!text_is(json_text_at(document, "type", ""), "REGULAR") || !literals_in(name, value, literals))
        return;
    problem_add(found, PROBLEM_WARNING, "/value", "%s stands in a REGULAR variable, for all who may read it; SECRET hides it: slipway secure variable '%s'", literals[0].what, name);
    problem_secret(found, name);
}

/* Pipelines say it of themselves when they are checked. */
static void check_document(const struct kind *kind, const json_t *document, struct problems *found)
{
    check_keys(kind, document, found);
    if (text_is(kind->name, "VARIABLE"))
        check_variable(document, found);
    else if (!text_is(kind->name, "PIPELINE") && !text_is(kind->name, "PROJECT"))
        literals_check(kind->what, document, found);
}

/* ---- one */

struct one { /* document under way */
    struct documents *d;
    size_t index;
    const struct kind *kind;
    const json_t *document;
    json_t *row;
    int64_t project, id;
    struct problems found;
};

/* All but who saved it when: a pipeline that cannot be enabled yet is saved again and again, and stays as it is. */
static bool stayed(const struct document *before, const struct document *after)
{
    static const char *const SAVED[] = { "version", "updatedAt", "updatedBy", "_updateTimeInMicros", "_updatedBy" };
    AUTO_JSON *was = json_copy(before->whole), *is = json_copy(after->whole);
    for (size_t i = 0; i < ALEN(SAVED); i++) {
        json_object_del(was, SAVED[i]);
        json_object_del(is, SAVED[i]);
    }
    return was && json_equal(was, is);
}

static void put_diff(const struct one *o, const struct document *before, const struct document *after)
{
    if (!o->d->apply || stayed(before, after))
        return;
    AUTO_FREE char *was = before->shown ? source_write(o->kind->name, before->shown) : mem_text("");
    AUTO_FREE char *is = after->shown ? source_write(o->kind->name, after->shown) : mem_text("");
    AUTO_FREE char *diff = diff_unified(was, is);
    json_set_text(o->row, "diff", *diff ? diff : "(what changes is secret)\n");
}

static bool find_one(struct one *o, struct err *e)
{
    struct call *c = o->d->c;
    const char *name = json_text_at(o->document, "name", ""), *project = json_text_at(o->row, "project", "");
    bool of_project = !text_is(o->kind->name, "PROJECT");
    if (text_empty(name))
        return err_field(e, "name", "a %s needs a name", o->kind->what);
    if (of_project && !call_project(c, project, &o->project, e))
        return false;
    if (!o->kind->find(c->tx, project, name, &o->id, e))
        return false;
    c->in_project = true; /* or it asks for the rights itself */
    return !o->id || !o->d->create || object_taken(o->kind->what, name, project, e);
}

static bool save_one(struct one *o, const struct document *before, struct document *after, struct err *e)
{
    struct call *c = o->d->c;
    AUTO_JSON *spec = unmasked(o->kind, o->document, before->whole, e);
    int64_t id = o->id;
    if (!spec)
        return false;
    if (!text_is(o->kind->name, "PROJECT"))
        json_object_set(spec, "project", json_object_get(o->row, "project"));
    if (o->id && o->d->apply && may_compare(c, o->project, o->document, before->whole) && unchanged(o->kind, spec, before->whole)) {
        json_set_text(o->row, "status", "UNCHANGED");
        return true;
    }
    check_document(o->kind, o->document, &o->found);
    AUTO_PROBLEMS own = { 0 };
    bool ok = o->kind->save(c, o->project, o->id, spec, &own, &id, e);
    problems_take(&o->found, &own);
    if (!ok || !o->kind->load(c, id, after, e))
        return false;
    put_diff(o, before, after);
    json_set_text(o->row, "status", !o->id ? "CREATED" : o->d->apply && stayed(before, after) ? "UNCHANGED" : "UPDATED");
    return true;
}

/* What failed as one more problem, at its place: e's field is a pointer, or the name of a key. */
static void add_failure(struct one *o, const struct err *e)
{
    char pointer[300] = "", property[300] = "/properties";
    if (o->found.errors)
        return;
    if (*e->field == '/')
        snprintf(pointer, sizeof pointer, "%s", e->field);
    else if (*e->field)
        json_pointer_add(pointer, sizeof pointer, e->field);
    json_pointer_add(property, sizeof property, e->field);
    bool there = json_at_pointer(o->document, pointer) != NULL;
    problem_add(&o->found, PROBLEM_ERROR, !there && json_at_pointer(o->document, property) ? property : pointer, "%s", e->text);
}

static void say_one(struct one *o)
{
    AUTO_TEXT message = { 0 };
    if (o->d->locate)
        o->d->locate(o->d->context, o->index, &o->found);
    for (size_t i = 0; i < o->found.count; i++) {
        const struct problem *p = &o->found.at[i];
        text_addf(&message, "%s%s", message.length ? "; " : "", p->level == PROBLEM_ERROR ? "error" : "warning");
        if (p->line)
            text_addf(&message, ", line %d, column %d", p->line, p->column);
        text_addf(&message, ": %s", p->text);
    }
    json_set_text(o->row, "statusMessage", text_of(&message));
    json_object_set_new(o->row, "warnings", problems_json(&o->found));
}

/* False: the database failed, so that nothing more can be judged. */
static bool judge(struct documents *d, const json_t *document, size_t index, const struct kind *kind, struct err *e)
{
    struct one o = { .d = d, .index = index, .kind = kind, .document = document, .row = json_object() };
    struct document before = { 0 }, after = { 0 };
    struct err why = { 0 };
    json_array_append_new(d->rows, o.row);
    json_object_set_new(o.row, "document", json_integer((json_int_t)index));
    json_set_text(o.row, "kind", kind->name);
    if (!text_is(kind->name, "PROJECT"))
        json_set_text(o.row, "project", json_text_at(document, "project", d->project));
    json_set_text(o.row, "name", json_text_at(document, "name", ""));
    bool ok = find_one(&o, &why) && (!o.id || kind->load(d->c, o.id, &before, &why)) && save_one(&o, &before, &after, &why);
    if (!ok) {
        json_set_text(o.row, "status", "FAILED");
        add_failure(&o, &why);
        if (!d->failed++)
            d->first = why;
    }
    json_decref(TAKE(d->c->details)); /* the problems, which the row has */
    say_one(&o);
    document_fini(&before);
    document_fini(&after);
    problems_fini(&o.found);
    return ok || why.kind == ERR_INVALID || why.kind == ERR_NOT_FOUND || why.kind == ERR_FORBIDDEN || why.kind == ERR_CONFLICT || why.kind == ERR_TOO_LARGE ||
           (*e = why, false);
}

/* ---- all */

/* Whose file, and where in it, is known to who asks. */
static void note_document(const struct documents *d, size_t i)
{
    if (!d->c->details)
        d->c->details = json_object();
    json_object_set_new(d->c->details, "document", json_integer((json_int_t)i));
}

static bool kinds_ok(const struct documents *d, const json_t *list, struct err *e)
{
    size_t i;
    json_t *document;
    json_array_foreach((json_t *)list, i, document) {
        const char *kind = json_text_at(document, "kind", "");
        if (document_kind(kind))
            continue;
        AUTO_FREE char *kinds = document_kinds_text();
        note_document(d, i);
        return err_set(e, ERR_INVALID, "document %zu is of kind %.60s: what can be imported here is %s", i + 1, *kind ? kind : "(none)", kinds);
    }
    return true;
}

/* The same thing twice would be made and then changed. */
static bool once_each(const struct documents *d, const json_t *list, struct err *e)
{
    AUTO_JSON *seen = json_object();
    size_t i;
    json_t *document;
    json_array_foreach((json_t *)list, i, document) {
        const struct kind *kind = document_kind(json_text_at(document, "kind", ""));
        const char *name = json_text_at(document, "name", ""), *project = json_text_at(document, "project", d->project);
        AUTO_FREE char *key = mem_format("%s %s/%s", kind->name, text_is(kind->name, "PROJECT") ? "" : project, name);
        json_t *before = json_object_get(seen, key);
        if (before && *name)
            return note_document(d, i), err_set(e, ERR_INVALID, "documents %lld and %zu are both %s '%s'", (long long)json_integer_value(before) + 1, i + 1, kind->what, name);
        json_object_set_new(seen, key, json_integer((json_int_t)i));
    }
    return true;
}

static bool told(struct documents *d, size_t count, struct err *e)
{
    if (!d->failed)
        return true;
    const char *what = "", *name = "";
    AUTO_FREE char *message = NULL;
    size_t i;
    json_t *row;
    json_array_foreach(d->rows, i, row) {
        if (message || !text_is(json_text_at(row, "status", ""), "FAILED"))
            continue;
        what = document_kind(json_text_at(row, "kind", ""))->what;
        name = json_text_at(row, "name", "");
        message = mem_text(json_text_at(row, "statusMessage", ""));
    }
    if (!d->c->details)
        d->c->details = json_object();
    json_object_set(d->c->details, "documents", d->rows);
    *e = d->first;
    e->field[0] = 0;
    return err_set(e, d->first.kind, "%zu of %zu documents cannot be saved, so none was: %s '%.100s': %.300s", d->failed, count, what, name, message ? message : d->first.text);
}

bool documents_save(struct documents *d, const json_t *list, struct err *e)
{
    size_t i, count = json_array_size(list);
    json_t *document;
    d->rows = json_array();
    if (!count || count > DOCUMENTS_MOST)
        return err_set(e, ERR_INVALID, "the file holds %zu documents: 1 to %d can be imported", count, DOCUMENTS_MOST);
    if (!kinds_ok(d, list, e) || !once_each(d, list, e))
        return false;
    for (const struct kind *k = DOCUMENT_KINDS; k->name; k++)
        json_array_foreach((json_t *)list, i, document)
            if (document_kind(json_text_at(document, "kind", "")) == k && !judge(d, document, i, k, e))
                return false;
    return told(d, count, e);
}

/* Where secrets stand in a tree, and what stands for them in exports. What a text holds is found by literal_shapes.c. */
#include "pipeline/literals.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* ---- walking */

struct walk {
    literals_found *each;
    void *context;
    char pointer[1024];
};

/* Made by the server, or read by people only: no secret is looked for where none can be. */
static bool passed_over(const char *key)
{
    static const char *const KEYS[] = { "fingerprint", "_link", "id", "stageOrder", "taskOrder", "_warnings" };
    for (size_t i = 0; i < ALEN(KEYS); i++)
        if (text_is(KEYS[i], key))
            return true;
    return false;
}

/* A number under the key of a password counts as its text; NULL: nothing is looked for in it. The caller's. */
static char *looked_at(const char *key, const json_t *value)
{
    bool number = json_is_integer(value) && strcasestr(key, "passw") && literal_key(key);
    return json_is_string(value) || number ? json_as_text(value) : NULL;
}

static void walk_text(struct walk *w, const char *key, const char *text)
{
    struct literal found[LITERALS];
    size_t count = literals_in(key, text, found);
    if (count)
        w->each(w->context, w->pointer, text, found, count);
}

static void walk(struct walk *w, const char *key, const json_t *tree)
{
    size_t here = strlen(w->pointer), i;
    const char *name;
    json_t *value;
    char index[24];
    AUTO_FREE char *text = looked_at(key, tree);
    if (text)
        walk_text(w, key, text);
    json_array_foreach((json_t *)tree, i, value) {
        snprintf(index, sizeof index, "%zu", i);
        json_pointer_add(w->pointer, sizeof w->pointer, index);
        walk(w, "", value);
        w->pointer[here] = 0;
    }
    json_object_foreach((json_t *)tree, name, value) {
        json_pointer_add(w->pointer, sizeof w->pointer, name);
        if (!passed_over(name))
            walk(w, name, value);
        w->pointer[here] = 0;
    }
}

void literals_each(const json_t *tree, literals_found *each, void *context)
{
    struct walk w = { .each = each, .context = context };
    walk(&w, "", tree);
}

/* ---- masks */

static json_t *mask_text_of(const char *text, const struct literal *found, size_t count)
{
    AUTO_TEXT out = { 0 };
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        text_add_n(&out, text + at, found[i].at - at);
        text_add(&out, LITERAL_MASK);
        at = found[i].at + found[i].length;
    }
    text_add(&out, text + at);
    return json_string(text_of(&out));
}

static json_t *masked(const char *key, const json_t *tree)
{
    struct literal found[LITERALS];
    const char *name;
    json_t *value, *out = json_is_object(tree) ? json_object() : json_is_array(tree) ? json_array() : NULL;
    size_t i;
    AUTO_FREE char *text = looked_at(key, tree);
    size_t count = text ? literals_in(key, text, found) : 0;
    json_array_foreach((json_t *)tree, i, value)
        json_array_append_new(out, masked("", value));
    json_object_foreach((json_t *)tree, name, value)
        json_object_set_new(out, name, passed_over(name) ? json_incref(value) : masked(name, value));
    return out ? out : count ? mask_text_of(text, found, count) : json_incref((json_t *)tree);
}

json_t *literals_masked(const json_t *tree)
{
    return masked("", tree);
}

/* The next mask in text: exactly eight stars in a row. NULL when there is none. */
static const char *next_mask(const char *text)
{
    for (; *text; text += strspn(text, "*") ? strspn(text, "*") : 1)
        if (strspn(text, "*") == sizeof LITERAL_MASK - 1)
            return text;
    return NULL;
}

static size_t masks_in(const char *text)
{
    size_t count = 0;
    for (const char *m = text; (m = next_mask(m)); m += sizeof LITERAL_MASK - 1)
        count++;
    return count;
}

/* Masks of text, in their order, replaced by what was found in the stored one. */
static json_t *fill_in(const char *text, const char *stored, const struct literal *found)
{
    AUTO_TEXT out = { 0 };
    for (const char *m; (m = next_mask(text)); found++) {
        text_add_n(&out, text, (size_t)(m - text));
        text_add_n(&out, stored + found->at, found->length);
        text = m + sizeof LITERAL_MASK - 1;
    }
    text_add(&out, text);
    return json_string(text_of(&out));
}

struct unmasking {
    void (*lost)(void *context, const char *pointer);
    void *context;
    char pointer[1024]; /* cut where it is longer: it only tells */
};

/* Does a mask of text stand where a secret was? A row of stars in a script may be an ornament. */
static bool is_secret_mask(const char *key, const char *text)
{
    struct literal found[LITERALS];
    AUTO_TEXT probe = { 0 };
    if (literal_key(key))
        return literal_is_mask(text) || masks_in(text);
    for (const char *m; (m = next_mask(text)); text = m + sizeof LITERAL_MASK - 1) {
        text_add_n(&probe, text, (size_t)(m - text));
        text_add(&probe, "x9Kq7Zs4");
    }
    return probe.length && (text_add(&probe, text), literals_in(key, text_of(&probe), found) > 0);
}

static json_t *unmask_text(struct unmasking *u, const char *key, const json_t *fresh, const json_t *kept)
{
    struct literal found[LITERALS];
    const char *text = json_string_value(fresh);
    bool whole = literal_is_mask(text) && (literal_key(key) || masks_in(text));
    AUTO_FREE char *stored = json_is_string(kept) || json_is_integer(kept) ? json_as_text(kept) : mem_text("");
    size_t masks = masks_in(text), count = literals_in(key, stored, found);
    AUTO_JSON *exported = count ? mask_text_of(stored, found, count) : NULL;
    bool as_exported = text_is(json_string_value(exported), text); /* stars of the text's own may stand beside a mask */
    if ((!whole && !masks && !as_exported) || text_is(stored, text))
        return json_incref((json_t *)fresh);
    if ((whole && *stored) || as_exported)
        return json_incref((json_t *)kept);
    if (masks && count == masks)
        return fill_in(text, stored, found);
    if (u->lost && is_secret_mask(key, text))
        u->lost(u->context, u->pointer);
    return json_incref((json_t *)fresh);
}

/* stored: what stands at the same place; NULL: nothing does. */
static json_t *unmask(struct unmasking *u, const char *key, const json_t *tree, const json_t *stored)
{
    size_t here = strlen(u->pointer), i;
    const char *name;
    json_t *value, *out = json_is_object(tree) ? json_object() : json_is_array(tree) ? json_array() : NULL;
    char index[24];
    if (!out)
        return json_is_string(tree) ? unmask_text(u, key, tree, stored) : json_incref((json_t *)tree);
    json_array_foreach((json_t *)tree, i, value) {
        snprintf(index, sizeof index, "%zu", i);
        json_pointer_add(u->pointer, sizeof u->pointer, index);
        json_array_append_new(out, unmask(u, "", value, json_array_get(stored, i)));
        u->pointer[here] = 0;
    }
    json_object_foreach((json_t *)tree, name, value) {
        json_pointer_add(u->pointer, sizeof u->pointer, name);
        json_object_set_new(out, name, unmask(u, name, value, json_object_get(stored, name)));
        u->pointer[here] = 0;
    }
    return out;
}

json_t *literals_unmasked(const json_t *fresh, const json_t *stored, void (*lost)(void *context, const char *pointer), void *context)
{
    struct unmasking u = { .lost = lost, .context = context };
    return unmask(&u, "", fresh, stored);
}

/* ---- what is said about them */

/* The last step of a pointer, and of a task's the step before "input" too. */
char *literal_variable(const char *name, const char *pointer)
{
    AUTO_TEXT out = { 0 };
    AUTO_TEXT key = { 0 };
    AUTO_TEXT last = { 0 };
    bool task = false;
    text_add(&out, name);
    for (const char *rest = pointer; json_pointer_step(&rest, &key);) {
        if (task)
            text_addf(&out, "-%s", text_of(&key));
        task = text_is(text_of(&key), "tasks");
        text_fini(&last);
        text_add(&last, text_of(&key));
    }
    text_addf(&out, "-%s", text_of(&last));
    char *made = text_take(&out);
    size_t n = 0;
    for (const char *c = made; *c && n < 120; c++) {
        bool good = isalnum((unsigned char)*c) || *c == '_' || *c == '.';
        if (good || (n && made[n - 1] != '-'))
            made[n++] = good ? *c : '-';
    }
    while (n && made[n - 1] == '-')
        n--;
    made[n] = 0;
    return made;
}

struct saying {
    const char *kind, *name, *project;
    struct problems *found;
    json_t *named; /* value to the variable that was proposed for it */
};

static void add_word(struct text *out, const char *word)
{
    bool plain = *word;
    for (const char *c = word; *c; c++)
        plain = plain && (isalnum((unsigned char)*c) || strchr("_-./", *c));
    if (!plain)
        text_add_char(out, '\'');
    for (const char *c = word; *c; c++)
        text_add(out, *c == '\'' ? "'\\''" : (char[]){ *c, 0 });
    if (!plain)
        text_add_char(out, '\'');
}

static char *advice(const struct saying *s, const char *pointer, const char *variable)
{
    AUTO_TEXT out = { 0 };
    if (text_is(s->kind, "custom integration"))
        return mem_text("let an input property bring it");
    if (!text_is(s->kind, "pipeline") && !text_is(s->kind, "endpoint"))
        return mem_text("write ${var.NAME}, and give that variable its value: slipway variable set NAME --type SECRET");
    text_addf(&out, "a SECRET variable hides it: slipway secure %s ", s->kind);
    add_word(&out, s->name);
    text_add_char(&out, ' ');
    add_word(&out, pointer);
    text_add(&out, " --variable ");
    add_word(&out, variable);
    if (*s->project && !text_is(s->project, "default")) {
        text_add(&out, " --project ");
        add_word(&out, s->project);
    }
    return text_take(&out);
}

/* One variable for one value, wherever it stands. */
static void say(void *context, const char *pointer, const char *text, const struct literal *found, size_t count)
{
    struct saying *s = context;
    AUTO_FREE char *value = mem_text_n(text + found->at, found->length);
    json_t *named = json_object_get(s->named, value);
    AUTO_FREE char *fresh = named ? NULL : literal_variable(s->name, pointer);
    const char *variable = named ? json_string_value(named) : fresh;
    if (!named)
        json_set_text(s->named, value, fresh);
    AUTO_FREE char *how = advice(s, pointer, variable);
    char more[40] = "";
    if (count > 1)
        snprintf(more, sizeof more, " (and %zu more)", count - 1);
    problem_add(s->found, PROBLEM_WARNING, pointer, "%s%s stands here as it is; %s", found->what, more, how);
    problem_secret(s->found, variable);
}

void literals_check(const char *kind, const json_t *definition, struct problems *found)
{
    struct saying s = { kind, json_text_at(definition, "name", ""), json_text_at(definition, "project", ""), found, json_object() };
    literals_each(definition, say, &s);
    json_decref(s.named);
}

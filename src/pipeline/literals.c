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
    if (json_is_string(tree))
        walk_text(w, key, json_string_value(tree));
    if (json_is_integer(tree) && literal_key(key) && strcasestr(key, "passw")) {
        AUTO_FREE char *text = json_as_text(tree);
        walk_text(w, key, text);
    }
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

/* Replaces what stands at pointer in tree; takes value. */
static void put_at(json_t *tree, const char *pointer, json_t *value)
{
    AUTO_TEXT key = { 0 };
    const char *rest = pointer;
    json_t *parent = tree;
    while (json_pointer_step(&rest, &key) && *rest)
        parent = json_is_array(parent) ? json_array_get(parent, (size_t)atol(text_of(&key))) : json_object_get(parent, text_of(&key));
    if (json_is_array(parent))
        json_array_set_new(parent, (size_t)atol(text_of(&key)), value);
    else if (json_object_set_new(parent, text_of(&key), value) != 0)
        json_decref(value);
}

static void mask_one(void *context, const char *pointer, const char *text, const struct literal *found, size_t count)
{
    if (*pointer)
        put_at(context, pointer, mask_text_of(text, found, count));
}

json_t *literals_masked(const json_t *tree)
{
    json_t *masked = json_deep_copy(tree);
    literals_each(tree, mask_one, masked);
    return masked;
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
    json_t *out;
    const json_t *stored;
    void (*lost)(void *context, const char *pointer);
    void *context;
    char pointer[1024];
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

static void unmask_text(struct unmasking *u, const char *key, const char *text)
{
    struct literal found[LITERALS];
    bool whole = literal_is_mask(text) && (literal_key(key) || masks_in(text));
    json_t *kept = json_at_pointer(u->stored, u->pointer);
    AUTO_FREE char *stored = json_is_string(kept) || json_is_integer(kept) ? json_as_text(kept) : mem_text("");
    size_t masks = masks_in(text), count = literals_in(key, stored, found);
    if ((!whole && !masks) || text_is(stored, text))
        return;
    if (whole && *stored)
        put_at(u->out, u->pointer, json_incref(kept));
    else if (masks && count == masks)
        put_at(u->out, u->pointer, fill_in(text, stored, found));
    else if (u->lost && is_secret_mask(key, text))
        u->lost(u->context, u->pointer);
}

static void unmask(struct unmasking *u, const char *key, const json_t *tree)
{
    size_t here = strlen(u->pointer), i;
    const char *name;
    json_t *value;
    char index[24];
    if (json_is_string(tree) && *u->pointer)
        unmask_text(u, key, json_string_value(tree));
    json_array_foreach((json_t *)tree, i, value) {
        snprintf(index, sizeof index, "%zu", i);
        json_pointer_add(u->pointer, sizeof u->pointer, index);
        unmask(u, "", value);
        u->pointer[here] = 0;
    }
    json_object_foreach((json_t *)tree, name, value) {
        json_pointer_add(u->pointer, sizeof u->pointer, name);
        unmask(u, name, value);
        u->pointer[here] = 0;
    }
}

json_t *literals_unmasked(const json_t *fresh, const json_t *stored, void (*lost)(void *context, const char *pointer), void *context)
{
    struct unmasking u = { .out = json_deep_copy(fresh), .stored = stored, .lost = lost, .context = context };
    unmask(&u, "", fresh);
    return u.out;
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

/* Entries of "notifications": compiled, and rendered when their moment comes. */
#include "pipeline/notification.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "pipeline/scope.h"

static const char *const KINDS[] = { "email", "jira", "webhook" };
static const char *const EVENTS[] = { "SUCCESS", "FAILURE", "WAITING", "CANCELED", "STARTED" };

const char *notify_kind_name(enum notify_kind kind)
{
    return KINDS[kind];
}

const char *notify_event_name(enum notify_event event)
{
    return EVENTS[event];
}

bool notify_event_parse(const char *name, enum notify_event *ret)
{
    for (size_t i = 0; i < ALEN(EVENTS); i++) {
        if (text_is_any_case(EVENTS[i], name)) {
            *ret = (enum notify_event)i;
            return true;
        }
    }
    return false;
}

/* ---- compiling */

static size_t stage_named(const struct pipeline *p, const char *name)
{
    for (size_t i = 0; i < p->stage_count; i++)
        if (text_is(p->stages[i].name, name))
            return i;
    return NOTIFY_NONE;
}

static void compile(struct pipeline *p, enum notify_kind kind, const json_t *spec, size_t index)
{
    const char *stage = json_text_at(spec, "stage", ""), *task = json_text_at(spec, "task", "");
    struct pipeline_notification n = { .kind = kind, .spec = spec, .index = index, .stage = NOTIFY_NONE, .task = NOTIFY_NONE };
    const struct pipeline_task *t = *task ? pipeline_find_task(p, stage, task) : NULL;
    if (!notify_event_parse(json_text_at(spec, "event", ""), &n.event) || (*task && !t))
        return;
    n.stage = *stage ? stage_named(p, stage) : NOTIFY_NONE;
    n.task = t ? t->index : NOTIFY_NONE;
    if ((*stage && n.stage == NOTIFY_NONE) || p->notification_count == PIPELINE_NOTIFICATIONS)
        return;
    p->notifications = mem_resize(p->notifications, (p->notification_count + 1) * sizeof *p->notifications);
    p->notifications[p->notification_count++] = n;
}

void notifications_compile(struct pipeline *p)
{
    const json_t *all = json_object_get(p->definition, "notifications");
    for (size_t kind = 0; kind < ALEN(KINDS); kind++) {
        const json_t *list = json_object_get(all, KINDS[kind]);
        for (size_t i = 0; i < json_array_size(list); i++)
            compile(p, (enum notify_kind)kind, json_array_get(list, i), i);
    }
}

bool notify_address_ok(const char *address)
{
    const char *at = strchr(address, '@');
    size_t n = strlen(address);
    for (const char *c = address; *c; c++)
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7F || strchr("<>,;:\"\\()[]", *c))
            return false;
    return at && at != address && at[1] && !strchr(at + 1, '@') && n <= 254;
}

/* ---- what its references see: the execution's scope, and a few words more */

struct letter {
    struct scope scope;
    struct execution_scope inner;
    const struct notice *notice;
    bool hide;    /* for people: secret values are masked */
    bool strict;  /* what has no value is an error; else it is "", and noted */
    json_t *notes;
    json_t *refused; /* the first reason why it cannot be sent; NULL: none */
};

static const json_t *question(const struct notice *n)
{
    const json_t *detail = n->task == RUN_NO_TASK ? NULL : n->execution->tasks[n->task].detail;
    return text_is(json_text_at(detail, "kind", ""), "approval") ? detail : NULL;
}

/* NULL: none of ours. The caller's. */
static char *own_word(const struct notice *n, const char *name)
{
    const struct pipeline *p = n->execution->pipeline;
    const json_t *asked = question(n), *input = asked ? n->execution->tasks[n->task].input : NULL;
    const char *link = json_text_at(asked, "userOperation", ""), *id = strrchr(link, '/');
    if (text_is(name, "notificationEvent"))
        return mem_text(notify_event_name(n->entry->event));
    if (text_is(name, "stageName") && n->task == RUN_NO_TASK)
        return mem_text(n->entry->stage == NOTIFY_NONE ? "" : p->stages[n->entry->stage].name);
    if (text_is(name, "userOpUrl"))
        return id ? mem_format("%s/user-operations?id=%s", n->page, id + 1) : mem_text("");
    if (text_is(name, "userOpIndex"))
        return mem_text(json_text_at(asked, "index", ""));
    if (text_is(name, "userOpExpires"))
        return mem_text(json_text_at(asked, "expires", ""));
    if (text_is(name, "userOpSummary"))
        return mem_text(json_text_at(input, "summary", ""));
    if (text_is(name, "userOpDescription"))
        return mem_text(json_text_at(input, "description", ""));
    return NULL;
}

static enum scope_answer find(struct scope *scope, const char *reference, size_t n, struct value *ret, struct err *e)
{
    struct letter *l = OWNER(scope, struct letter, scope);
    AUTO_FREE char *name = mem_text_n(reference, n), *own = own_word(l->notice, name);
    if (own) {
        *ret = (struct value){ .json = json_text(own) };
        return SCOPE_FOUND;
    }
    enum scope_answer answer = l->inner.scope.find(&l->inner.scope, reference, n, ret, e);
    if (answer == SCOPE_FAILED && !l->strict) {
        json_array_append_new(l->notes, json_text(e->text));
        *e = (struct err){ 0 };
        *ret = (struct value){ .json = json_string("") };
        return SCOPE_FOUND;
    }
    if (answer == SCOPE_FOUND && ret->secret && l->hide) {
        json_decref(ret->json);
        ret->json = json_string("*****");
        ret->secret = false;
    }
    return answer;
}

static void refuse(struct letter *l, const char *field, const char *why)
{
    AUTO_FREE char *said = mem_format("%s: %s", field, why);
    if (!l->refused)
        l->refused = json_text(said);
}

/* A text with its values; the caller's. */
static char *words(struct letter *l, const char *field, const char *text)
{
    struct err e = { 0 };
    char *out = NULL;
    if (!expression_text(text, strlen(text), &l->scope, &out, NULL, &e)) {
        refuse(l, field, e.text);
        return mem_text("");
    }
    if (strlen(out) > NOTIFY_TEXT_MOST)
        refuse(l, field, "it is larger than 256 KiB");
    return out;
}

static char *field(struct letter *l, const char *key)
{
    AUTO_FREE char *text = json_as_text(json_object_get(l->notice->entry->spec, key));
    return words(l, key, text ? text : "");
}

static void set_field(struct letter *l, json_t *out, const char *key)
{
    AUTO_FREE char *text = field(l, key);
    json_set_text(out, key, text);
}

static void set_strict(struct letter *l, json_t *out, const char *key)
{
    l->strict = true;
    set_field(l, out, key);
    l->strict = false;
    if (!*json_text_at(out, key, ""))
        refuse(l, key, "it is empty");
}

/* ---- mails and tickets */

/* A header holds one line. */
static char *one_line(char *text)
{
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7F)
            *c = ' ';
    return text;
}

static void set_or(json_t *out, const char *key, char *own, const char *otherwise)
{
    json_set_text(out, key, *own ? own : otherwise);
    free(own);
}

static void add_addresses(struct letter *l, json_t *to, const char *text)
{
    AUTO_FREE char *all = words(l, "to", text);
    char *rest = NULL;
    for (char *one = strtok_r(all, ",; \t\r\n", &rest); one; one = strtok_r(NULL, ",; \t\r\n", &rest)) {
        if (notify_address_ok(one))
            json_array_append_new(to, json_text(one));
        else
            refuse(l, "to", "it holds what is no e-mail address");
    }
}

static void render_email(struct letter *l, const struct card *card, json_t *out)
{
    const json_t *list = json_object_get(l->notice->entry->spec, "to");
    json_t *to = json_array();
    AUTO_FREE char *body = card_text(card);
    set_strict(l, out, "endpoint");
    l->strict = true;
    for (size_t i = 0; i < json_array_size(list); i++)
        add_addresses(l, to, json_is_string(json_array_get(list, i)) ? json_string_value(json_array_get(list, i)) : "");
    if (json_is_string(list))
        add_addresses(l, to, json_string_value(list));
    l->strict = false;
    json_object_set_new(out, "to", to);
    if (!json_array_size(to))
        refuse(l, "to", "it names nobody");
    set_or(out, "subject", one_line(field(l, "subject")), card->title);
    set_or(out, "body", field(l, "body"), body);
}

static void render_jira(struct letter *l, const struct card *card, json_t *out)
{
    AUTO_FREE char *body = card_text(card);
    set_strict(l, out, "endpoint");
    set_strict(l, out, "project");
    set_strict(l, out, "issuetype");
    set_field(l, out, "assignee");
    set_or(out, "summary", one_line(field(l, "summary")), card->title);
    set_or(out, "description", field(l, "description"), body);
    json_set_text(out, "subject", json_text_at(out, "summary", ""));
}

/* ---- webhooks */

static void add_piece(json_t *pieces, struct letter *l, const char *key, const char *text, size_t n)
{
    AUTO_FREE char *plain = mem_text_n(text, n), *value = words(l, key, plain);
    json_array_append_new(pieces, json_text(value));
}

/* Variables by name, all else as text: what a value holds is never read again. */
static json_t *pieces_of(struct letter *l, const char *key, const char *text)
{
    json_t *pieces = json_array();
    struct segment piece;
    struct reference r;
    l->strict = true;
    for (size_t at = 0, n = strlen(text); segment_next(text, n, &at, &piece);) {
        bool variable = false;
        if (piece.reference) {
            reference_parse(text + piece.at + 2, piece.length - 3, l->notice->execution->pipeline, &r);
            variable = r.kind == REFERENCE_VARIABLE;
        }
        if (variable)
            json_array_append_new(pieces, json_pack("{s:s%}", "variable", r.rest, r.rest_length));
        else
            add_piece(pieces, l, key, text + piece.at, piece.length);
    }
    l->strict = false;
    return pieces;
}

static json_t *headers_of(struct letter *l)
{
    json_t *headers = json_array(), *value;
    const char *name;
    json_object_foreach(json_object_get(l->notice->entry->spec, "headers"), name, value) {
        AUTO_FREE char *text = json_as_text(value);
        json_array_append_new(headers, json_pack("[s, o]", name, pieces_of(l, "headers", text)));
    }
    return headers;
}

static char *payload_of(struct letter *l, const struct card *card)
{
    const json_t *given = json_object_get(l->notice->entry->spec, "payload");
    const char *type = json_text_at(l->notice->entry->spec, "type", "");
    struct err e = { 0 };
    char *out = NULL;
    AUTO_FREE char *text = json_is_object(given) || json_is_array(given) ? json_write(given) : json_as_text(given);
    if (!text_empty(text)) {
        if (!notification_payload(text, &l->scope, &out, &e))
            out = words(l, "payload", text);
        if (strlen(out) > NOTIFY_TEXT_MOST)
            refuse(l, "payload", "it is larger than 256 KiB");
        return out;
    }
    return text_is_any_case(type, "slack") ? card_slack(card) : text_is_any_case(type, "teams") ? card_teams(card) : card_json(card, l->notice);
}

static void render_webhook(struct letter *l, const struct card *card, json_t *out)
{
    const json_t *spec = l->notice->entry->spec;
    AUTO_FREE char *payload = payload_of(l, card), *method = mem_text(json_text_at(spec, "action", "post"));
    for (char *c = method; *c; c++)
        *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c;
    json_set_text(out, "type", json_text_at(spec, "type", ""));
    json_set_text(out, "method", *method ? method : "POST");
    json_object_set_new(out, "url", pieces_of(l, "url", json_text_at(spec, "url", "")));
    json_object_set_new(out, "headers", headers_of(l));
    json_set_text(out, "payload", payload);
    json_set_text(out, "via", json_text_at(spec, "cloudProxyId", ""));
    json_set_text(out, "subject", card->title);
}

json_t *notification_render(const struct notice *n)
{
    static void (*const RENDER[])(struct letter *l, const struct card *card, json_t *out) = { render_email, render_jira, render_webhook };
    struct letter l = { .scope = { find }, .notice = n, .hide = n->entry->kind != NOTIFY_WEBHOOK, .notes = json_array() };
    struct card card = { 0 };
    json_t *out = json_object();
    execution_scope_init(&l.inner, n->execution, n->facts, n->task);
    card_make(n, &card);
    RENDER[n->entry->kind](&l, &card, out);
    card_fini(&card);
    json_object_set_new(out, "notes", l.notes);
    if (l.refused)
        json_object_set_new(out, "refused", l.refused);
    return out;
}

bool notification_pieces(const json_t *pieces, enum scope_answer (*variable)(void *owner, const char *name, struct value *ret, struct err *e),
                         void *owner, char **ret, struct err *e)
{
    AUTO_TEXT out = { 0 };
    for (size_t i = 0; i < json_array_size(pieces); i++) {
        const json_t *piece = json_array_get(pieces, i);
        const char *name = json_text_at(piece, "variable", NULL);
        struct value value = { 0 };
        if (!name) {
            text_add(&out, json_is_string(piece) ? json_string_value(piece) : "");
            continue;
        }
        enum scope_answer answer = variable(owner, name, &value, e);
        if (answer == SCOPE_UNKNOWN)
            return err_set(e, ERR_INVALID, "the project has no variable '%.100s'", name);
        if (answer == SCOPE_FAILED)
            return false;
        AUTO_FREE char *text = json_as_text(value.json);
        text_add(&out, text);
        value_fini(&value);
    }
    *ret = text_take(&out);
    return true;
}

/* ---- payloads */

#define BARE "\x01" /* before the reference in a string that stands for a bare one */

/* The text with each reference that stands outside of a string made one: "\u0001${...}". */
static char *with_strings(const char *text)
{
    struct text out = { 0 };
    bool in_string = false;
    struct segment piece;
    for (size_t at = 0, n = strlen(text); segment_next(text, n, &at, &piece);) {
        const char *from = text + piece.at;
        if (piece.reference && !in_string) {
            AUTO_FREE char *name = mem_text_n(from, piece.length);
            AUTO_JSON *json = json_text(name);
            AUTO_FREE char *quoted = json_dumps(json, JSON_ENCODE_ANY);
            text_addf(&out, "\"\\u0001%s", quoted + 1);
            continue;
        }
        for (size_t i = 0; !piece.reference && i < piece.length; i++) {
            if (from[i] == '\\' && in_string)
                i++;
            else if (from[i] == '"')
                in_string = !in_string;
        }
        text_add_n(&out, from, piece.length);
    }
    return text_take(&out);
}

static bool bind(json_t *tree, struct scope *scope, json_t **ret, struct err *e);

static bool bind_string(const char *text, struct scope *scope, json_t **ret, struct err *e)
{
    AUTO_FREE char *out = NULL;
    if (*text == *BARE)
        return expression_resolve(text + 1, strlen(text + 1), scope, ret, NULL, e);
    if (!expression_text(text, strlen(text), scope, &out, NULL, e))
        return false;
    *ret = json_text(out);
    return true;
}

static bool bind_members(json_t *tree, json_t *out, struct scope *scope, struct err *e)
{
    const char *key;
    json_t *value;
    size_t i;
    json_object_foreach(tree, key, value) {
        json_t *bound = NULL;
        if (!bind(value, scope, &bound, e))
            return false;
        json_object_set_new(out, key, bound);
    }
    json_array_foreach(tree, i, value) {
        json_t *bound = NULL;
        if (!bind(value, scope, &bound, e))
            return false;
        json_array_append_new(out, bound);
    }
    return true;
}

static bool bind(json_t *tree, struct scope *scope, json_t **ret, struct err *e)
{
    if (json_is_string(tree))
        return bind_string(json_string_value(tree), scope, ret, e);
    if (!json_is_object(tree) && !json_is_array(tree)) {
        *ret = json_incref(tree);
        return true;
    }
    AUTO_JSON *out = json_is_object(tree) ? json_object() : json_array();
    if (!bind_members(tree, out, scope, e))
        return false;
    *ret = TAKE(out);
    return true;
}

bool notification_payload(const char *text, struct scope *scope, char **ret, struct err *e)
{
    AUTO_FREE char *strings = with_strings(text);
    AUTO_JSON *tree = NULL, *bound = NULL;
    if (!json_read(strings, strlen(strings), &tree, e))
        return false;
    if (!json_is_object(tree) && !json_is_array(tree))
        return err_set(e, ERR_INVALID, "it is neither an object nor a list");
    if (!bind(tree, scope, &bound, e))
        return false;
    *ret = json_write(bound);
    return true;
}

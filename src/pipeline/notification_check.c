/* What is wrong with "notifications", each field with its pointer. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "pipeline/check_inside.h"
#include "pipeline/notification.h"

#define TO_MOST 100
#define HEADERS_MOST 50

struct entry_field {
    const char *name;
    json_type type;  /* JSON_STRING: a number will do; JSON_NULL: the field is looked at by itself */
    bool needed;
};

static const struct entry_field EMAIL[] = {
    { "endpoint", JSON_STRING, true }, { "to", JSON_ARRAY, true }, { "subject", JSON_STRING, false }, { "body", JSON_STRING, false }, { NULL, 0, false },
};
static const struct entry_field JIRA[] = {
    { "endpoint", JSON_STRING, true }, { "project", JSON_STRING, true }, { "issuetype", JSON_STRING, true }, { "assignee", JSON_STRING, false },
    { "summary", JSON_STRING, false }, { "description", JSON_STRING, false }, { "action", JSON_STRING, false }, { NULL, 0, false },
};
static const struct entry_field WEBHOOK[] = {
    { "url", JSON_STRING, true }, { "action", JSON_STRING, false }, { "type", JSON_STRING, false }, { "headers", JSON_OBJECT, false },
    { "payload", JSON_NULL, false }, { "cloudProxyId", JSON_STRING, false }, { "endpoint", JSON_STRING, false }, { NULL, 0, false },
};
static const struct entry_field COMMON[] = { { "event", JSON_STRING, true }, { "stage", JSON_STRING, false }, { "task", JSON_STRING, false }, { NULL, 0, false } };
static const struct entry_field *const FIELDS[] = { EMAIL, JIRA, WEBHOOK };

static const struct entry_field *known(const struct entry_field *fields, const char *key)
{
    for (; fields->name; fields++)
        if (text_is(fields->name, key))
            return fields;
    return NULL;
}

static bool fits(const json_t *value, json_type type)
{
    return type == JSON_NULL || json_typeof(value) == type || (type == JSON_STRING && (json_is_number(value) || json_is_boolean(value)));
}

static bool nothing(const json_t *value)
{
    return !value || json_is_null(value) || (json_is_string(value) && !json_string_length(value)) || (json_is_array(value) && !json_array_size(value));
}

static void check_fields(struct checker *c, const json_t *entry, const struct entry_field *fields)
{
    static const char *const WORDS[] = { [JSON_OBJECT] = "an object", [JSON_ARRAY] = "a list", [JSON_STRING] = "a text" };
    for (; fields->name; fields++) {
        const json_t *value = json_object_get(entry, fields->name);
        size_t here = check_enter(c, fields->name);
        if (nothing(value) && fields->needed)
            UNFIT(c, "'%s' is missing", fields->name);
        else if (!nothing(value) && !fits(value, fields->type))
            UNFIT(c, "'%s' must be %s", fields->name, WORDS[fields->type]);
        check_leave(c, here);
    }
}

static void check_unknown(struct checker *c, const json_t *entry, enum notify_kind kind)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)entry, key, value) {
        size_t here = check_enter(c, key);
        if (!known(COMMON, key) && !known(FIELDS[kind], key))
            UNFIT(c, "a notification by %s knows no '%s'", notify_kind_name(kind), key);
        check_leave(c, here);
    }
}

/* One of a few words; a reference is refused too, as it would be known too late. */
static void check_choice(struct checker *c, const json_t *entry, const char *key, const char *const *choices, const char *said)
{
    const char *text = json_text_at(entry, key, "");
    size_t here = check_enter(c, key);
    while (*choices && !text_is_any_case(*choices, text))
        choices++;
    if (*text && !*choices)
        UNFIT(c, "'%s' is %s, not '%.100s'", key, said, text);
    check_leave(c, here);
}

static void check_place(struct checker *c, const json_t *entry)
{
    const char *stage = json_text_at(entry, "stage", ""), *task = json_text_at(entry, "task", "");
    bool found = !*stage;
    for (size_t i = 0; i < c->p->stage_count; i++)
        found = found || text_is(c->p->stages[i].name, stage);
    size_t here = check_enter(c, "stage");
    if (!found)
        UNFIT(c, "there is no stage '%.100s'", stage);
    if (*task && !*stage)
        UNFIT(c, "a notification of a task needs its stage too");
    check_leave(c, here);
    here = check_enter(c, "task");
    if (*task && *stage && found && !pipeline_find_task(c->p, stage, task))
        UNFIT(c, "stage '%.100s' has no task '%.100s'", stage, task);
    check_leave(c, here);
}

/* ---- by kind */

static void check_address(struct checker *c, const json_t *one, size_t i)
{
    char index[24];
    snprintf(index, sizeof index, "%zu", i);
    size_t here = check_enter(c, index);
    const char *text = json_is_string(one) ? json_string_value(one) : "";
    if (!strstr(text, "${") && !notify_address_ok(text))
        UNFIT(c, "'%.100s' is no e-mail address", text);
    check_leave(c, here);
}

static void check_email(struct checker *c, const json_t *entry)
{
    const json_t *to = json_object_get(entry, "to");
    size_t here = check_enter(c, "to");
    for (size_t i = 0; i < json_array_size(to); i++)
        check_address(c, json_array_get(to, i), i);
    if (json_array_size(to) > TO_MOST)
        UNFIT(c, "%zu addresses; at most %d are allowed", json_array_size(to), TO_MOST);
    check_leave(c, here);
}

static void check_jira(struct checker *c, const json_t *entry)
{
    static const char *const CREATE[] = { "create", NULL };
    enum notify_event event;
    check_choice(c, entry, "action", CREATE, "create");
    size_t here = check_enter(c, "event");
    if (notify_event_parse(json_text_at(entry, "event", ""), &event) && event != NOTIFY_FAILURE && event != NOTIFY_CANCELED)
        UNFIT(c, "a ticket is made when something did not work: choose FAILURE or CANCELED");
    check_leave(c, here);
}

static bool token(const char *name)
{
    for (const char *c = name; *c; c++)
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7F || strchr("()<>@,;:\\\"/[]?={}", *c))
            return false;
    return *name;
}

static void check_headers(struct checker *c, const json_t *headers)
{
    const char *name;
    json_t *value;
    if (json_object_size(headers) > HEADERS_MOST)
        UNFIT(c, "%zu headers; at most %d are allowed", json_object_size(headers), HEADERS_MOST);
    json_object_foreach((json_t *)headers, name, value) {
        size_t here = check_enter(c, name);
        if (!token(name))
            UNFIT(c, "'%.100s' is no name of an HTTP header", name);
        else if (!fits(value, JSON_STRING))
            UNFIT(c, "the value of a header must be a text");
        else if (json_is_string(value) && strpbrk(json_string_value(value), "\r\n"))
            UNFIT(c, "the value of a header is one line");
        check_leave(c, here);
    }
}

static void check_webhook(struct checker *c, const json_t *entry)
{
    static const char *const ACTIONS[] = { "post", "put", "patch", NULL }, *const TYPES[] = { "slack", "teams", NULL };
    const char *url = json_text_at(entry, "url", "");
    check_choice(c, entry, "action", ACTIONS, "post, put or patch");
    check_choice(c, entry, "type", TYPES, "slack or teams, or is left out");
    size_t here = check_enter(c, "url");
    if (*url && !text_starts(url, "${") && !text_starts(url, "https://") && !text_starts(url, "http://"))
        UNFIT(c, "a URL begins with https:// or http://, or with a variable");
    check_leave(c, here);
    here = check_enter(c, "headers");
    check_headers(c, json_object_get(entry, "headers"));
    check_leave(c, here);
}

/* ---- all of it */

static void check_entry(struct checker *c, const json_t *entry, enum notify_kind kind)
{
    static const char *const EVENTS[] = { "SUCCESS", "FAILURE", "WAITING", "CANCELED", "STARTED", NULL };
    static void (*const CHECKS[])(struct checker *c, const json_t *entry) = { check_email, check_jira, check_webhook };
    if (!json_is_object(entry)) {
        UNFIT(c, "a notification must be an object");
        return;
    }
    check_unknown(c, entry, kind);
    check_fields(c, entry, COMMON);
    check_fields(c, entry, FIELDS[kind]);
    check_choice(c, entry, "event", EVENTS, "one of SUCCESS, FAILURE, WAITING, CANCELED, STARTED");
    check_place(c, entry);
    CHECKS[kind](c, entry);
    check_tree(c, entry);
}

static void check_list(struct checker *c, const json_t *list, enum notify_kind kind)
{
    size_t outer = check_enter(c, notify_kind_name(kind));
    if (list && !json_is_array(list) && !json_is_null(list))
        UNFIT(c, "'%s' must be a list", notify_kind_name(kind));
    for (size_t i = 0; i < json_array_size(list); i++) {
        char index[24];
        snprintf(index, sizeof index, "%zu", i);
        size_t here = check_enter(c, index);
        check_entry(c, json_array_get(list, i), kind);
        check_leave(c, here);
    }
    check_leave(c, outer);
}

void check_notifications(struct checker *c)
{
    static const char *const KEYS[] = { "email", "jira", "webhook", NULL };
    const json_t *all = json_object_get(c->p->definition, "notifications");
    size_t here = check_enter(c, "notifications"), count = 0;
    if (all && !json_is_object(all) && !json_is_null(all))
        UNFIT(c, "'notifications' must be an object with the lists email, jira and webhook");
    check_keys(c, all, KEYS, "list of notifications");
    for (enum notify_kind kind = NOTIFY_EMAIL; kind <= NOTIFY_WEBHOOK; kind++) {
        const json_t *list = json_object_get(all, notify_kind_name(kind));
        count += json_array_size(list);
        check_list(c, list, kind);
    }
    if (count > PIPELINE_NOTIFICATIONS)
        UNFIT(c, "%zu notifications; at most %d are allowed", count, PIPELINE_NOTIFICATIONS);
    check_leave(c, here);
}

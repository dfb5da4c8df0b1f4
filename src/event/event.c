#include "event/event.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"

/* All texts of an event, and their names when stored. */
static const struct member {
    const char *name;
    size_t at;
} MEMBERS[] = {
    { "source", offsetof(struct event, source) },
    { "action", offsetof(struct event, action) },
    { "host", offsetof(struct event, host) },
    { "repository", offsetof(struct event, repository) },
    { "tag", offsetof(struct event, tag) },
    { "digest", offsetof(struct event, digest) },
    { "actor", offsetof(struct event, actor) },
    { "pushedAt", offsetof(struct event, pushed_at) },
    { "senderId", offsetof(struct event, sender_id) },
    { "mediaType", offsetof(struct event, media_type) },
};

static char **member(const struct event *ev, size_t i)
{
    return (char **)((char *)ev + MEMBERS[i].at);
}

struct event *event_create(void)
{
    struct event *ev = NEW(struct event);
    for (size_t i = 0; i < ALEN(MEMBERS); i++)
        *member(ev, i) = mem_text("");
    return ev;
}

void event_destroy(struct event **ev)
{
    struct event *old = TAKE(*ev);
    if (!old)
        return;
    for (size_t i = 0; i < ALEN(MEMBERS); i++)
        free(*member(old, i));
    free(old);
}

void event_set(char **at, const char *text_or_null)
{
    char *text = mem_text(text_or_null ? text_or_null : "");
    free(*at);
    *at = text;
}

json_t *event_json(const struct event *ev)
{
    json_t *json = json_object();
    for (size_t i = 0; i < ALEN(MEMBERS); i++)
        json_set_text(json, MEMBERS[i].name, *member(ev, i));
    json_object_set_new(json, "pushedMicros", json_integer(ev->pushed_micros));
    return json;
}

struct event *event_from_json(const json_t *json)
{
    struct event *ev = event_create();
    for (size_t i = 0; i < ALEN(MEMBERS); i++)
        event_set(member(ev, i), json_text_at(json, MEMBERS[i].name, ""));
    ev->pushed_micros = json_int_at(json, "pushedMicros", 0);
    return ev;
}

char *event_text(const struct event *ev)
{
    return mem_format("%s%s%s%s%s", ev->repository, *ev->tag ? ":" : "", ev->tag, *ev->host ? " at " : "", ev->host);
}

int64_t event_pushed_micros(const char *pushed_at)
{
    char *end = NULL;
    double seconds = text_empty(pushed_at) ? 0 : strtod(pushed_at, &end);
    return end && !*end && seconds > 0 && seconds < 1e11 ? (int64_t)(seconds * 1e6 + 0.5) : 0;
}

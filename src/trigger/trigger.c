#include "trigger/trigger.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "event/image_ref.h"

static const char *const RULES[] = {
    [TRIGGER_FIRED] = "fired", [TRIGGER_DISABLED] = "disabled", [TRIGGER_HOST] = "host",
    [TRIGGER_IMAGE] = "image", [TRIGGER_TAG] = "tag",
};

const char *trigger_rule_name(enum trigger_rule rule)
{
    return RULES[rule];
}

/* What is judged. A rule answers whether it lets the push through, and writes why not. */
struct judging {
    const struct trigger *trigger;
    const struct event *event;
    struct patterns *patterns;
    char *why;
    size_t why_size;
};

static bool refuse(struct judging *j, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool refuse(struct judging *j, const char *format, ...)
{
    struct err e = { 0 };
    char text[sizeof e.text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (strlen(text) >= j->why_size) { /* cut between characters */
        size_t n = j->why_size - 4;
        while (n && ((unsigned char)text[n] & 0xc0) == 0x80)
            n--;
        strcpy(text + n, "...");
    }
    text_mend(text); /* a pattern may have been cut likewise */
    strcpy(j->why, text);
    return false;
}

static bool enabled(struct judging *j)
{
    return j->trigger->enabled || refuse(j, "webhook disabled");
}

static bool from_its_registry(struct judging *j)
{
    const struct trigger *t = j->trigger;
    const char *host = j->event->host;
    if (text_empty(t->host) || text_empty(host) || registry_host_same(host, t->host))
        return true;
    for (size_t i = 0; i < t->alias_count; i++)
        if (registry_host_same(host, t->aliases[i]))
            return true;
    return refuse(j, "push came from %.100s, the endpoint%s%.60s is %.100s", host, text_empty(t->endpoint) ? "" : " ",
                  t->endpoint ? t->endpoint : "", t->host);
}

/* Does text match? When it cannot be told, *told is false and the refusal is written. */
static bool matches(struct judging *j, const char *what, const char *pattern_text, const char *text, bool *told)
{
    struct err e = { 0 };
    bool gave_up = false;
    const struct pattern *pattern = patterns_get(j->patterns, pattern_text, &e);
    bool yes = pattern && pattern_matches(pattern, text, &gave_up);
    *told = pattern && !gave_up;
    if (!pattern)
        refuse(j, "%s pattern '%.100s' is not valid: %.120s", what, pattern_text, e.text);
    else if (gave_up)
        refuse(j, "%s pattern '%.100s' takes too many steps for '%.100s'", what, pattern_text, text);
    return yes;
}

/* An official image of Docker Hub is known by its short name: "nginx" is "library/nginx". */
static const char *short_name(const struct event *ev)
{
    static const char OFFICIAL[] = "library/";
    bool official = (text_empty(ev->host) || strcmp(ev->host, "docker.io") == 0) && text_starts(ev->repository, OFFICIAL);
    return official ? ev->repository + strlen(OFFICIAL) : NULL;
}

static bool image_matches(struct judging *j)
{
    const char *pattern = j->trigger->image_pattern, *image = j->event->repository, *brief = short_name(j->event);
    bool told;
    if (text_empty(pattern) || matches(j, "build-image", pattern, image, &told))
        return true;
    if (told && brief && matches(j, "build-image", pattern, brief, &told))
        return true;
    return told ? refuse(j, "image %.120s does not match build-image pattern '%.120s'", image, pattern) : false;
}

static bool tag_matches(struct judging *j)
{
    const char *pattern = j->trigger->tag_pattern, *tag = j->event->tag;
    bool told;
    if (text_empty(pattern) || matches(j, "tag", pattern, tag, &told))
        return true;
    return told ? refuse(j, "tag '%.128s' does not match tag pattern '%.120s'", tag, pattern) : false;
}

static const struct {
    enum trigger_rule rule;
    bool (*passes)(struct judging *j);
} ORDER[] = {
    { TRIGGER_DISABLED, enabled },
    { TRIGGER_HOST, from_its_registry },
    { TRIGGER_IMAGE, image_matches },
    { TRIGGER_TAG, tag_matches },
};

struct trigger_verdict trigger_judge(const struct trigger *t, const struct event *ev, struct patterns *patterns)
{
    struct trigger_verdict v = { .rule = TRIGGER_FIRED, .why = "fired" };
    struct judging j = { t, ev, patterns, v.why, sizeof v.why };
    for (size_t i = 0; i < ALEN(ORDER); i++) {
        if (!ORDER[i].passes(&j)) {
            v.rule = ORDER[i].rule;
            return v;
        }
    }
    snprintf(v.why, sizeof v.why, "fired"); /* a first try may have left its words */
    return v;
}

static bool pattern_ok(const char *field, const char *what, const char *text, struct err *e)
{
    AUTO(pattern) pattern = NULL;
    struct err why = { 0 };
    if (text_empty(text) || pattern_create(text, &pattern, &why))
        return true;
    return err_field(e, field, "%s pattern: %s", what, why.text);
}

bool trigger_patterns_ok(const char *image_pattern, const char *tag_pattern, struct err *e)
{
    return pattern_ok("imageNameRegExPattern", "build-image", image_pattern, e) && pattern_ok("tagNamePattern", "tag", tag_pattern, e);
}

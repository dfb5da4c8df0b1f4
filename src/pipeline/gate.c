#include "pipeline/gate.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"

#define TURNS_MOST 1000 /* from a window to a freeze to a window ... */

static bool among(const json_t *list, const char *text)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (text_is(json_string_value(json_array_get(list, i)), text))
            return true;
    return false;
}

bool freeze_is_for(const json_t *pipelines, const json_t *tags, const char *pipeline, const json_t *pipeline_tags)
{
    if (!json_array_size(pipelines) && !json_array_size(tags))
        return true;
    for (size_t i = 0; i < json_array_size(pipeline_tags); i++)
        if (among(tags, json_string_value(json_array_get(pipeline_tags, i))))
            return true;
    return among(pipelines, pipeline);
}

/* What keeps it closed at a time, and until when at the least. */
struct bar {
    const char *what; /* NULL: nothing does */
    const struct freeze *freeze;
    struct window_now until;
};

static struct bar bar_at(const struct gate_rules *r, int64_t at)
{
    for (size_t i = 0; i < r->freeze_count; i++) {
        const struct freeze *f = &r->freezes[i];
        if (f->begins <= at && at < f->ends)
            return (struct bar){ .what = "frozen", .freeze = f, .until = { .at = f->ends, .zone = f->zone } };
    }
    struct window_now own = r->own ? windows_at(r->own, r->pipeline, at) : (struct window_now){ .open = true };
    struct window_now of_project = r->of_project ? windows_at(r->of_project, r->pipeline, at) : (struct window_now){ .open = true };
    if (!own.open)
        return (struct bar){ .what = "outside its change window", .until = own };
    if (!of_project.open)
        return (struct bar){ .what = "outside its project's change window", .until = of_project };
    return (struct bar){ 0 };
}

static void say(const struct bar *first, const struct window_now *begins, char why[400])
{
    char at[96], end[96];
    if (first->freeze)
        snprintf(why, 400, "frozen until %s: %.150s%s%s", window_text(&first->until, end), first->freeze->name,
                 begins->at == first->until.at ? "" : "; begins ", begins->at == first->until.at ? "" : begins->at ? window_text(begins, at) : "no sooner than in a year");
    else
        snprintf(why, 400, "%s; begins %s", first->what, begins->at ? window_text(begins, at) : "no sooner than in a year");
    text_mend(why);
}

void gate_judge(const struct gate_rules *rules, int64_t now, struct gate *ret)
{
    struct bar first = bar_at(rules, now), bar = first;
    struct window_now begins = first.until;
    *ret = (struct gate){ .open = !first.what };
    for (int i = 0; bar.what; i++) {
        begins = bar.until;
        if (!begins.at || begins.at - now > WINDOWS_AHEAD * CLOCK_DAY || i == TURNS_MOST) {
            begins.at = 0;
            break;
        }
        bar = bar_at(rules, begins.at);
    }
    ret->at = begins.at;
    if (!ret->open)
        say(&first, &begins, ret->why);
}

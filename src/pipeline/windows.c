#include "pipeline/windows.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fields.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/zone.h"

#define DAY_MINUTES (24 * 60)
#define WEEK 7

struct window {
    unsigned days; /* a bit each; 1: Monday */
    int from, to;  /* minutes; to may be on the next day */
    struct zone *zone;
    json_t *pipelines; /* names; NULL: all */
};

struct windows {
    size_t count;
    struct window at[WINDOWS_MOST];
};

void windows_destroy(struct windows **windows)
{
    struct windows *w = TAKE(*windows);
    for (size_t i = 0; w && i < w->count; i++) {
        zone_destroy(&w->at[i].zone);
        json_decref(w->at[i].pipelines);
    }
    free(w);
}

/* ---- reading */

static const char *const DAYS[WEEK] = { "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday" };

/* "mon" or "monday", up to what no letter is; -1: neither. */
static int day_of(const char **text)
{
    size_t n = 0;
    while (isalpha((unsigned char)(*text)[n]))
        n++;
    for (int i = 0; i < WEEK; i++) {
        AUTO_FREE char *word = mem_text_n(*text, n);
        AUTO_FREE char *brief = mem_text_n(DAYS[i], 3);
        if (!text_is_any_case(word, DAYS[i]) && !text_is_any_case(word, brief))
            continue;
        *text += n;
        return i;
    }
    return -1;
}

static void skip(const char **text, const char *what)
{
    *text += strspn(*text, what);
}

/* "mon", "mon-fri", "fri-mon, wed" */
static bool days_of(const char *text, unsigned *ret)
{
    const char *at = text;
    for (skip(&at, " ,"); *at; skip(&at, " ,")) {
        int first = day_of(&at), last = first;
        skip(&at, " ");
        if (*at == '-') {
            at++;
            skip(&at, " ");
            last = day_of(&at);
        }
        if (first < 0 || last < 0 || !strchr(" ,", *at))
            return false;
        for (int day = first; *ret |= 1u << day, day != last; day = (day + 1) % WEEK)
            ;
    }
    return *ret != 0;
}

static bool read_days(const json_t *days, unsigned *ret, struct err *e)
{
    bool ok = true;
    if (!days || json_is_null(days)) {
        *ret = (1u << WEEK) - 1;
        return true;
    }
    if (json_is_string(days))
        ok = days_of(json_string_value(days), ret);
    for (size_t i = 0; ok && i < json_array_size(days); i++)
        ok = json_is_string(json_array_get(days, i)) && days_of(json_string_value(json_array_get(days, i)), ret);
    return (ok && *ret) || err_field(e, "days", "days are names such as mon or Monday, and ranges such as mon-fri");
}

/* "06:00", up to "24:00". */
static bool minute_of(const char *text, const char *field, int otherwise, int *ret, struct err *e)
{
    int hour = 0, minute = 0, read = 0;
    *ret = otherwise;
    if (text_empty(text))
        return true;
    bool shape = strspn(text, "0123456789:") == strlen(text) && sscanf(text, "%2d:%2d%n", &hour, &minute, &read) == 2 && !text[read];
    *ret = hour * 60 + minute;
    return (shape && minute < 60 && *ret <= DAY_MINUTES) || err_field(e, field, "'%.20s' is no time of a day such as 06:00 (in quotes)", text);
}

static bool names_ok(const json_t *names, struct err *e)
{
    for (size_t i = 0; i < json_array_size(names); i++)
        if (!json_is_string(json_array_get(names, i)))
            return err_field(e, "pipelines", "pipelines are a list of names");
    return true;
}

struct said {
    char *from, *to, *zone;
    json_t *days, *pipelines;
};
static const struct field FIELDS[] = {
    { "days", FIELD_ANY, offsetof(struct said, days), OPTIONAL },
    { "from", FIELD_TEXT, offsetof(struct said, from), OPTIONAL },
    { "to", FIELD_TEXT, offsetof(struct said, to), OPTIONAL },
    { "timeZone", FIELD_TEXT, offsetof(struct said, zone), OPTIONAL },
    { "pipelines", FIELD_ARRAY, offsetof(struct said, pipelines), OPTIONAL },
};

static bool read_said(const struct said *said, struct window *w, struct err *e)
{
    if (!read_days(said->days, &w->days, e) || !minute_of(said->from, "from", 0, &w->from, e) || !minute_of(said->to, "to", DAY_MINUTES, &w->to, e) || !names_ok(said->pipelines, e))
        return false;
    if (w->from == DAY_MINUTES)
        return err_field(e, "from", "a window cannot begin at 24:00; say 00:00 of the next day");
    if (w->to <= w->from)
        w->to += DAY_MINUTES;
    if (json_array_size(said->pipelines))
        w->pipelines = json_incref(said->pipelines);
    struct err why = { 0 };
    return zone_find(text_empty(said->zone) ? "UTC" : said->zone, &w->zone, &why) || err_field(e, "timeZone", "%s", why.text);
}

static bool read_one(const json_t *json, bool pipelines, struct window *w, struct err *e)
{
    struct said said = { 0 };
    size_t known = ALEN(FIELDS) - !pipelines;
    if (!json_is_object(json))
        return err_field(e, "", "a window is an object with days, from, to and timeZone");
    const char *unknown = fields_unknown(json, FIELDS, known);
    if (unknown)
        return err_field(e, unknown, "a window has no '%.60s'; it has days, from, to, timeZone%s", unknown, pipelines ? ", pipelines" : "");
    bool ok = fields_read(json, FIELDS, known, &said, e) && read_said(&said, w, e);
    fields_release(FIELDS, known, &said);
    return ok;
}

/* The field, below where the windows stand. */
static bool below(struct err *e, const char *at, bool list, size_t index)
{
    char field[sizeof e->field], place[24] = "";
    if (list)
        snprintf(place, sizeof place, "/%zu", index);
    snprintf(field, sizeof field, "%s%s%s%.60s", at, place, *e->field && *e->field != '/' ? "/" : "", e->field);
    memcpy(e->field, field, sizeof field);
    return false;
}

bool windows_read(const json_t *list, const char *at, bool pipelines, struct windows **ret, struct err *e)
{
    bool many = json_is_array(list);
    size_t count = many ? json_array_size(list) : list && !json_is_null(list);
    if (count > WINDOWS_MOST)
        return err_field(e, at, "%zu windows; at most %d are allowed", count, WINDOWS_MOST);
    struct windows *w = NEW(struct windows);
    for (size_t i = 0; i < count; i++) {
        w->count++;
        if (read_one(many ? json_array_get(list, i) : list, pipelines, &w->at[i], e))
            continue;
        windows_destroy(&w);
        return below(e, at, many, i);
    }
    *ret = w;
    return true;
}

/* ---- what time is it? */

static bool is_for(const struct window *w, const char *pipeline)
{
    bool found = !pipeline || !w->pipelines;
    for (size_t i = 0; !found && i < json_array_size(w->pipelines); i++)
        found = text_is(json_string_value(json_array_get(w->pipelines, i)), pipeline);
    return found;
}

/* Whether it is open, until when; else when it is next. A day on which the clock leaves out the whole of it has none. */
static struct window_now one_at(const struct window *w, int64_t now)
{
    int64_t today = zone_day(w->zone, now);
    for (int64_t day = today - 1; day <= today + 2 * WEEK; day++) {
        if (!(w->days & 1u << zone_weekday(day)))
            continue;
        int64_t from = zone_time(w->zone, day, w->from), to = zone_time(w->zone, day, w->to);
        if (to > from && to > now)
            return (struct window_now){ .open = from <= now, .at = from <= now ? to : from, .zone = zone_name(w->zone) };
    }
    return (struct window_now){ .zone = zone_name(w->zone) };
}

struct window_now windows_at(const struct windows *windows, const char *pipeline, int64_t now)
{
    struct window_now best = { 0 };
    bool any = false;
    for (size_t i = 0; i < windows->count; i++) {
        if (!is_for(&windows->at[i], pipeline))
            continue;
        struct window_now one = one_at(&windows->at[i], now);
        bool better = !any || (one.open && !best.open) || (one.open && one.at > best.at) || (!one.open && !best.open && one.at && (!best.at || one.at < best.at));
        if (better)
            best = one;
        any = true;
    }
    best.open = best.open || !any;
    return best;
}

const char *window_text(const struct window_now *now, char out[96])
{
    struct zone *zone = NULL;
    struct err gone = { 0 };
    _Static_assert(ZONE_TEXT == 96, "as the header says");
    if (zone_find(now->zone ? now->zone : "UTC", &zone, &gone))
        zone_text(zone, now->at, out);
    else
        snprintf(out, 96, "?");
    zone_destroy(&zone);
    return out;
}

#include "base/zone.h"

#include <ctype.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"

#define DAY_SECONDS (24 * 60 * 60)
#define YEAR_LEAST 1970
#define YEAR_MOST 2200

struct zone {
    GTimeZone *zone;
    char name[64];
};

/* Not what the C library would take for a zone as well, "MON3", nor a file somewhere. */
static bool named(const char *name)
{
    size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/");
    bool word = isalpha((unsigned char)*name) && !name[n] && n < sizeof((struct zone *)0)->name;
    return word && (strchr(name, '/') || strcmp(name, "UTC") == 0);
}

bool zone_find(const char *name, struct zone **ret, struct err *e)
{
    GTimeZone *found = named(name) ? g_time_zone_new_identifier(name) : NULL;
    if (!found)
        return err_set(e, ERR_INVALID, "'%.60s' is no time zone known here; name one of IANA's, such as Europe/Berlin or UTC%s", name,
                       named(name) ? " (they come with the package tzdata)" : "");
    struct zone *zone = NEW(struct zone);
    zone->zone = found;
    snprintf(zone->name, sizeof zone->name, "%s", name);
    *ret = zone;
    return true;
}

void zone_destroy(struct zone **zone)
{
    struct zone *z = TAKE(*zone);
    if (!z)
        return;
    g_time_zone_unref(z->zone);
    free(z);
}

const char *zone_name(const struct zone *zone)
{
    return zone->name;
}

/* ---- one clock and the other; seconds */

static int64_t offset_at(const struct zone *zone, int64_t utc)
{
    int interval = g_time_zone_find_interval(zone->zone, G_TIME_TYPE_UNIVERSAL, utc);
    return interval < 0 ? 0 : g_time_zone_get_offset(zone->zone, interval);
}

static int64_t floor_to(int64_t value, int64_t unit)
{
    return value / unit - (value % unit < 0);
}

int64_t zone_day(const struct zone *zone, int64_t at)
{
    int64_t utc = floor_to(at, CLOCK_SECOND);
    return floor_to(utc + offset_at(zone, utc), DAY_SECONDS);
}

int zone_weekday(int64_t day)
{
    return (int)(((day + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
}

/* The moment between the two at which the clock is changed. */
static int64_t change_between(const struct zone *zone, int64_t before, int64_t after)
{
    int64_t old = offset_at(zone, before);
    while (after - before > 1) {
        int64_t middle = before + (after - before) / 2;
        if (offset_at(zone, middle) == old)
            before = middle;
        else
            after = middle;
    }
    return after;
}

int64_t zone_time(const struct zone *zone, int64_t day, int minute)
{
    int64_t local = day * DAY_SECONDS + (int64_t)minute * 60;
    int64_t before = offset_at(zone, local - DAY_SECONDS), after = offset_at(zone, local + DAY_SECONDS);
    int64_t first = before > after ? local - before : local - after, second = before > after ? local - after : local - before;
    if (offset_at(zone, first) == local - first)
        return first * CLOCK_SECOND;
    if (offset_at(zone, second) == local - second)
        return second * CLOCK_SECOND;
    return change_between(zone, first, second) * CLOCK_SECOND; /* it jumps over that time */
}

/* ---- as text */

static const struct tm *local_of(const struct zone *zone, int64_t at, struct tm *tm)
{
    int64_t utc = floor_to(at, CLOCK_SECOND);
    time_t local = (time_t)(utc + offset_at(zone, utc));
    return gmtime_r(&local, tm);
}

const char *zone_text(const struct zone *zone, int64_t at, char out[ZONE_TEXT])
{
    struct tm tm = { 0 };
    char time[32];
    local_of(zone, at, &tm);
    strftime(time, sizeof time, "%Y-%m-%d %H:%M", &tm);
    snprintf(out, ZONE_TEXT, "%s %s", time, zone->name);
    return out;
}

bool zone_parse(const struct zone *zone, const char *text, int64_t *ret)
{
    struct tm tm = { 0 }, again;
    int read = 0, seconds = 0;
    char between = 0;
    if (sscanf(text, "%4d-%2d-%2d%c%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &between, &tm.tm_hour, &tm.tm_min, &read) != 6 ||
        (between != 'T' && between != ' ') || strspn(text, "0123456789-T :") != strlen(text))
        return false;
    if (text[read] && (sscanf(text + read, ":%2d%n", &tm.tm_sec, &seconds) != 1 || text[read + seconds]))
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    again = tm;
    time_t local = timegm(&again); /* which would make another day of the 31st of April */
    bool same = again.tm_mon == tm.tm_mon && again.tm_mday == tm.tm_mday && again.tm_hour == tm.tm_hour && again.tm_min == tm.tm_min && again.tm_sec == tm.tm_sec;
    if (!same || tm.tm_year + 1900 < YEAR_LEAST || tm.tm_year + 1900 > YEAR_MOST)
        return false;
    int64_t day = floor_to(local, DAY_SECONDS), second = local - day * DAY_SECONDS;
    *ret = zone_time(zone, day, (int)(second / 60)) + second % 60 * CLOCK_SECOND;
    return true;
}

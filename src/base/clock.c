#include "base/clock.h"

#include <ctype.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static _Atomic int64_t fixed_time; /* the one global: tests own the clock */

static int64_t read_clock(clockid_t which)
{
    int64_t fixed = atomic_load(&fixed_time);
    if (fixed)
        return fixed;
    struct timespec t;
    clock_gettime(which, &t);
    return t.tv_sec * CLOCK_SECOND + t.tv_nsec / 1000;
}

int64_t clock_now(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t clock_mono(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

void clock_set(int64_t fixed)
{
    atomic_store(&fixed_time, fixed);
}

static struct tm split(int64_t micros, int64_t *fraction)
{
    int64_t seconds = micros / CLOCK_SECOND;
    *fraction = micros % CLOCK_SECOND;
    if (*fraction < 0) {
        *fraction += CLOCK_SECOND;
        seconds--;
    }
    time_t t = (time_t)seconds;
    struct tm tm;
    gmtime_r(&t, &tm);
    return tm;
}

const char *clock_text(int64_t micros, char out[CLOCK_TEXT])
{
    int64_t fraction;
    struct tm tm = split(micros, &fraction);
    size_t n = strftime(out, CLOCK_TEXT, "%Y-%m-%d %H:%M:%S", &tm);
    snprintf(out + n, CLOCK_TEXT - n, ".%06d+00", (int)fraction);
    return out;
}

const char *clock_rfc3339(int64_t micros, char out[CLOCK_TEXT])
{
    int64_t fraction;
    struct tm tm = split(micros, &fraction);
    size_t n = strftime(out, CLOCK_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out + n, CLOCK_TEXT - n, ".%03dZ", (int)(fraction / 1000));
    return out;
}

/* ".065065": micros, and how many characters it took. */
static int64_t parse_fraction(const char *p, int *used)
{
    int64_t value = 0, unit = CLOCK_SECOND / 10;
    int i = 0;
    if (p[0] == '.' || p[0] == ',')
        for (i = 1; isdigit((unsigned char)p[i]); i++, unit /= 10)
            value += (p[i] - '0') * unit;
    *used = i;
    return value;
}

bool clock_parse(const char *text, int64_t *ret)
{
    struct tm tm = { 0 };
    int used = 0, offset_hours = 0, offset_minutes = 0, more = 0;
    char t = 0, sign = 0;
    if (!text || sscanf(text, "%4d-%2d-%2d%c%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &t, &tm.tm_hour, &tm.tm_min,
                        &tm.tm_sec, &used) != 7 || !strchr("Tt ", t))
        return false;
    int64_t fraction = parse_fraction(text + used, &more);
    const char *zone = text + used + more;
    if (strcmp(zone, "Z") != 0 && strcmp(zone, "z") != 0) {
        int n = 0;
        if (sscanf(zone, "%c%2d:%2d%n", &sign, &offset_hours, &offset_minutes, &n) != 3 || zone[n] || !strchr("+-", sign))
            return false;
    }
    if (tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60)
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    int64_t seconds = timegm(&tm);
    int64_t offset = (offset_hours * 60 + offset_minutes) * 60;
    *ret = (seconds - (sign == '-' ? -offset : offset)) * CLOCK_SECOND + fraction;
    return true;
}

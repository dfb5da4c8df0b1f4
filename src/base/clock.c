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

/* strftime writes the year 20 without its zeros. Room is for years of int, less the eleven characters that follow. */
static size_t write_date(char out[CLOCK_TEXT], const struct tm *tm, char between)
{
    int n = snprintf(out, CLOCK_TEXT - 12, "%04lld-%02u-%02u%c%02u:%02u:%02u", tm->tm_year + 1900LL, (unsigned)tm->tm_mon + 1,
                     (unsigned)tm->tm_mday, between, (unsigned)tm->tm_hour, (unsigned)tm->tm_min, (unsigned)tm->tm_sec);
    return n < CLOCK_TEXT - 12 ? (size_t)n : CLOCK_TEXT - 13;
}

const char *clock_text(int64_t micros, char out[CLOCK_TEXT])
{
    int64_t fraction;
    struct tm tm = split(micros, &fraction);
    size_t n = write_date(out, &tm, ' ');
    snprintf(out + n, CLOCK_TEXT - n, ".%06d+00", (int)fraction);
    return out;
}

const char *clock_rfc3339(int64_t micros, char out[CLOCK_TEXT])
{
    int64_t fraction;
    struct tm tm = split(micros, &fraction);
    size_t n = write_date(out, &tm, 'T');
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

/* Digits stand where shape has a 0; everything else must be as it is there. */
static bool shaped(const char *text, const char *shape)
{
    for (; *shape; text++, shape++)
        if (*shape == '0' ? !isdigit((unsigned char)*text) : *shape != *text)
            return false;
    return true;
}

static int number(const char *digits, int count)
{
    int value = 0;
    while (count--)
        value = value * 10 + (*digits++ - '0');
    return value;
}

/* "Z" or "+02:00", to the end of the text. */
static bool parse_zone(const char *zone, int64_t *ret_seconds)
{
    *ret_seconds = 0;
    if (strcmp(zone, "Z") == 0 || strcmp(zone, "z") == 0)
        return true;
    if (!(*zone == '+' || *zone == '-') || !shaped(zone + 1, "00:00") || zone[6])
        return false;
    int hours = number(zone + 1, 2), minutes = number(zone + 4, 2);
    *ret_seconds = (hours * 60 + minutes) * (*zone == '-' ? -60 : 60);
    return hours < 24 && minutes < 60;
}

bool clock_parse(const char *text, int64_t *ret)
{
    if (!text || !(shaped(text, "0000-00-00T00:00:00") || shaped(text, "0000-00-00t00:00:00") ||
                   shaped(text, "0000-00-00 00:00:00")))
        return false;
    struct tm tm = { .tm_year = number(text, 4) - 1900, .tm_mon = number(text + 5, 2) - 1, .tm_mday = number(text + 8, 2),
                     .tm_hour = number(text + 11, 2), .tm_min = number(text + 14, 2), .tm_sec = number(text + 17, 2) };
    int used;
    int64_t offset, fraction = parse_fraction(text + 19, &used);
    if (used == 1 || !parse_zone(text + 19 + used, &offset) || tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60)
        return false;
    struct tm normal = tm;
    int64_t seconds = timegm(&normal);
    if (tm.tm_sec < 60 && (normal.tm_mday != tm.tm_mday || normal.tm_mon != tm.tm_mon)) /* 30 February */
        return false;
    *ret = (seconds - offset) * CLOCK_SECOND + fraction;
    return true;
}

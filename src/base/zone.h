/* base/zone.h - the time zones that people name, "Europe/Berlin", with their summer times: by the system's tz database, read by GLib.
 *
 * Nothing here touches the process's own zone, so any thread may ask. Days are the local calendar's, counted from 1970-01-01;
 * times of a day are minutes of the clock on the wall.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct zone;

/* An IANA name with a slash in it, or UTC. On success *ret is the caller's. */
bool zone_find(const char *name, struct zone **ret, struct err *e);
void zone_destroy(struct zone **zone);

const char *zone_name(const struct zone *zone);
int64_t zone_day(const struct zone *zone, int64_t at); /* which day it is there; at in micros UTC */
int zone_weekday(int64_t day);                         /* 0: Monday */
/* When that clock shows that time of that day; minute may be 24 * 60 and more. Of a time that it shows twice, the first; of one that it leaves
 * out, the moment at which it does. */
int64_t zone_time(const struct zone *zone, int64_t day, int minute);
/* "2026-12-02T06:00" or "2026-12-02 06:00", perhaps with seconds, as that clock shows it; false: it is no such time. */
bool zone_parse(const struct zone *zone, const char *text, int64_t *ret);

#define ZONE_TEXT 96
/* "2026-12-02 06:00 Europe/Berlin" */
const char *zone_text(const struct zone *zone, int64_t at, char out[ZONE_TEXT]);

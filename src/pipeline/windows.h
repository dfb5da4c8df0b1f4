/* pipeline/windows.h - change windows: times of the week at which runs may begin. Pure: whoever asks says what time it is.
 *
 *   windows:
 *     - {days: [mon-thu, sun], from: "22:00", to: "06:00", timeZone: Europe/Berlin}
 *
 * days: names (mon, Monday) and ranges of them, a list or one text; all of them when it is not given. from and to are times of the
 * clock on the wall there; a "to" that is not after "from" is on the next day. Summer times are told by base/zone.h. Any of several
 * windows will do.
 */
#pragma once

#include "base/json.h"

#define WINDOWS_MOST 50
#define WINDOWS_AHEAD 366 /* days that are looked ahead */

struct windows;

/* list: an array as above, or one window. pipelines: a window may name those that it is for ("pipelines": [names]; a project's do). e.field is
 * a pointer below at: "/windows/0/from". On success *ret is the caller's. */
bool windows_read(const json_t *list, const char *at, bool pipelines, struct windows **ret, struct err *e);
void windows_destroy(struct windows **windows);

struct window_now {
    bool open;
    int64_t at;       /* closed: when the next begins; 0: not within a year. open: when this one ends; 0: there is none for the pipeline, so it always is */
    const char *zone; /* in which at is told; borrowed from the windows */
};
/* Of those for a pipeline; pipeline NULL: all. */
struct window_now windows_at(const struct windows *windows, const char *pipeline, int64_t now);
/* "2026-12-02 06:00 Europe/Berlin" */
const char *window_text(const struct window_now *now, char out[96]);

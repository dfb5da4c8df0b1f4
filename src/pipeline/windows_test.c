#include "pipeline/windows.h"

#include "base/clock.h"
#include "pipeline/testing.h"

#define AUTO_WINDOWS __attribute__((cleanup(windows_destroy))) struct windows *

static struct windows *read(const char *yaml)
{
    AUTO_JSON *list = read_yaml(yaml);
    struct windows *w = NULL;
    struct err e = { 0 };
    CHECK_OK(windows_read(list, "/windows", true, &w, &e), e);
    return w;
}

/* "open until 2026-...", "2026-..." when it begins, "never". */
static const char *say(const struct windows *w, const char *pipeline, const char *utc)
{
    static char text[160];
    char at[96];
    int64_t now = 0;
    CHECK(clock_parse(utc, &now));
    struct window_now is = windows_at(w, pipeline, now);
    snprintf(text, sizeof text, "%s%s", is.open ? "open until " : "", is.at ? window_text(&is, at) : "never");
    return text;
}

TEST(windows, open_when_the_wall_says_so)
{
    AUTO_WINDOWS work = read("[{days: mon-fri, from: '06:00', to: '18:00', timeZone: Europe/Berlin}]");
    AUTO_WINDOWS night = read("[{days: [fri, Saturday], from: '22:00', to: '04:00', timeZone: America/New_York}]");
    AUTO_WINDOWS two = read("[{days: 'sat-mon', from: '12:00', to: '13:00'}, {days: wed, timeZone: Asia/Kolkata}]");
    AUTO_WINDOWS always = read("[]");
    const struct { const struct windows *w; const char *utc, *want; } ROWS[] = {
        { work, "2026-12-01T22:00:00Z", "2026-12-02 06:00 Europe/Berlin" },
        { work, "2026-12-02T04:59:59Z", "2026-12-02 06:00 Europe/Berlin" },
        { work, "2026-12-02T05:00:00Z", "open until 2026-12-02 18:00 Europe/Berlin" },
        { work, "2026-12-02T17:00:00Z", "2026-12-03 06:00 Europe/Berlin" },
        { work, "2026-12-04T17:00:00Z", "2026-12-07 06:00 Europe/Berlin" }, /* the weekend between */
        { work, "2026-06-01T04:00:00Z", "open until 2026-06-01 18:00 Europe/Berlin" }, /* summer: two hours */
        { night, "2026-12-05T03:30:00Z", "open until 2026-12-05 04:00 America/New_York" }, /* Friday's, until Saturday */
        { night, "2026-12-06T03:00:00Z", "open until 2026-12-06 04:00 America/New_York" },
        { night, "2026-12-06T09:00:00Z", "2026-12-11 22:00 America/New_York" },
        { two, "2026-12-05T12:30:00Z", "open until 2026-12-05 13:00 UTC" },
        { two, "2026-12-07T13:00:00Z", "2026-12-09 00:00 Asia/Kolkata" },
        { always, "2026-12-07T13:00:00Z", "open until never" },
    };
    for (size_t i = 0; i < ALEN(ROWS); i++)
        CHECK_TEXT(say(ROWS[i].w, NULL, ROWS[i].utc), ROWS[i].want);
}

/* Berlin leaves out 02:00 to 03:00 on 2026-03-29, and has it twice on 2026-10-25. */
TEST(windows, summer_times)
{
    AUTO_WINDOWS gone = read("[{days: sun, from: '02:10', to: '02:50', timeZone: Europe/Berlin}]");
    AUTO_WINDOWS begins = read("[{days: sun, from: '02:30', to: '05:00', timeZone: Europe/Berlin}]");
    AUTO_WINDOWS over = read("[{days: sat, from: '23:00', to: '05:00', timeZone: Europe/Berlin}]");
    const struct { const struct windows *w; const char *utc, *want; } ROWS[] = {
        { gone, "2026-03-28T12:00:00Z", "2026-04-05 02:10 Europe/Berlin" }, /* that Sunday has none of it */
        { begins, "2026-03-29T00:59:59Z", "2026-03-29 03:00 Europe/Berlin" },
        { begins, "2026-03-29T01:00:00Z", "open until 2026-03-29 05:00 Europe/Berlin" },
        { begins, "2026-10-25T00:29:59Z", "2026-10-25 02:30 Europe/Berlin" }, /* the first of both */
        { begins, "2026-10-25T01:10:00Z", "open until 2026-10-25 05:00 Europe/Berlin" }, /* the second 02:10: it stays open */
        { gone, "2026-10-25T00:20:00Z", "open until 2026-10-25 02:50 Europe/Berlin" },
        { gone, "2026-10-25T01:20:00Z", "2026-11-01 02:10 Europe/Berlin" }, /* the second 02:20: once a night is enough */
        { over, "2026-10-25T03:59:59Z", "open until 2026-10-25 05:00 Europe/Berlin" }, /* seven hours long */
        { over, "2026-10-25T04:00:00Z", "2026-10-31 23:00 Europe/Berlin" },
    };
    for (size_t i = 0; i < ALEN(ROWS); i++)
        CHECK_TEXT(say(ROWS[i].w, NULL, ROWS[i].utc), ROWS[i].want);
}

TEST(windows, are_for_the_pipelines_that_they_name)
{
    AUTO_WINDOWS w = read("[{days: mon, pipelines: [prod]}, {days: tue, pipelines: [prod, stage]}]");
    CHECK_TEXT(say(w, "prod", "2026-12-07T12:00:00Z"), "open until 2026-12-08 00:00 UTC");
    CHECK_TEXT(say(w, "stage", "2026-12-07T12:00:00Z"), "2026-12-08 00:00 UTC");
    CHECK_TEXT(say(w, "other", "2026-12-07T12:00:00Z"), "open until never");
}

TEST(windows, say_what_is_wrong)
{
    static const struct { const char *yaml, *field, *text; } ROWS[] = {
        { "[{days: mon-fri, timeZone: Europe/Berlim}]", "/windows/0/timeZone", "'Europe/Berlim' is no time zone known here; name one of IANA's, such as Europe/Berlin or UTC (they come with the package tzdata)" },
        { "[{}, {from: '25:00'}]", "/windows/1/from", "'25:00' is no time of a day such as 06:00 (in quotes)" },
        { "[{from: 7}]", "/windows/0/from", "'7' is no time of a day such as 06:00 (in quotes)" },
        { "[{from: '24:00'}]", "/windows/0/from", "a window cannot begin at 24:00; say 00:00 of the next day" },
        { "[{to: '12:60'}]", "/windows/0/to", "'12:60' is no time of a day such as 06:00 (in quotes)" },
        { "[{days: someday}]", "/windows/0/days", "days are names such as mon or Monday, and ranges such as mon-fri" },
        { "[{days: []}]", "/windows/0/days", "days are names such as mon or Monday, and ranges such as mon-fri" },
        { "[{days: [mon, 3]}]", "/windows/0/days", "days are names such as mon or Monday, and ranges such as mon-fri" },
        { "[{days: 'mon-'}]", "/windows/0/days", "days are names such as mon or Monday, and ranges such as mon-fri" },
        { "[{day: mon}]", "/windows/0/day", "a window has no 'day'; it has days, from, to, timeZone, pipelines" },
        { "[mon]", "/windows/0", "a window is an object with days, from, to and timeZone" },
        { "{timeZone: x/y}", "/windows/timeZone", "'x/y' is no time zone known here; name one of IANA's, such as Europe/Berlin or UTC (they come with the package tzdata)" },
    };
    for (size_t i = 0; i < ALEN(ROWS); i++) {
        AUTO_JSON *list = read_yaml(ROWS[i].yaml);
        AUTO_WINDOWS w = NULL;
        struct err e = { 0 };
        CHECK(!windows_read(list, "/windows", true, &w, &e));
        CHECK_TEXT(e.text, ROWS[i].text);
        CHECK_TEXT(e.field, ROWS[i].field);
    }
}

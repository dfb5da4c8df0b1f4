#include "base/zone.h"

#include "base/clock.h"
#include "base/test.h"

#define AUTO_ZONE __attribute__((cleanup(zone_destroy))) struct zone *

/* Times that are there once, twice (the first counts) and not at all (the moment of the jump does); what is true was worked out by another program. */
TEST(zone, knows_when_the_wall_says_so)
{
    static const struct { const char *zone, *local, *utc; } ROWS[] = {
        { "Europe/Berlin", "2026-03-28T02:30", "2026-03-28T01:30:00Z" },
        { "Europe/Berlin", "2026-03-29T01:59", "2026-03-29T00:59:00Z" },
        { "Europe/Berlin", "2026-03-29T02:00", "2026-03-29T01:00:00Z" },
        { "Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:00:00Z" },
        { "Europe/Berlin", "2026-03-29 03:00", "2026-03-29T01:00:00Z" },
        { "Europe/Berlin", "2026-10-25T01:59", "2026-10-24T23:59:00Z" },
        { "Europe/Berlin", "2026-10-25T02:00", "2026-10-25T00:00:00Z" },
        { "Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30:00Z" },
        { "Europe/Berlin", "2026-10-25T03:00", "2026-10-25T02:00:00Z" },
        { "Europe/Berlin", "2026-12-02T06:00:07", "2026-12-02T05:00:07Z" },
        { "America/New_York", "2026-03-08T02:30", "2026-03-08T07:00:00Z" },
        { "America/New_York", "2026-11-01T01:30", "2026-11-01T05:30:00Z" },
        { "Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45:00Z" },
        { "Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30:00Z" },
        { "Asia/Kolkata", "2026-06-01T09:00", "2026-06-01T03:30:00Z" },
        { "Asia/Kathmandu", "2026-06-01T09:00", "2026-06-01T03:15:00Z" },
        { "Europe/Dublin", "2026-03-29T01:30", "2026-03-29T01:00:00Z" },
        { "Europe/Dublin", "2026-10-25T01:30", "2026-10-25T00:30:00Z" },
        { "Pacific/Apia", "2026-06-01T00:00", "2026-05-31T11:00:00Z" },
        { "Pacific/Auckland", "2026-09-27T02:30", "2026-09-26T14:00:00Z" },
        { "America/Sao_Paulo", "2018-11-04T00:00", "2018-11-04T03:00:00Z" },
        { "UTC", "2026-02-28T23:59", "2026-02-28T23:59:00Z" },
    };
    for (size_t i = 0; i < ALEN(ROWS); i++) {
        AUTO_ZONE zone = NULL;
        struct err e = { 0 };
        int64_t at = 0, want = 1;
        CHECK_OK(zone_find(ROWS[i].zone, &zone, &e), e);
        CHECK(zone_parse(zone, ROWS[i].local, &at) && clock_parse(ROWS[i].utc, &want));
        CHECK_INT(at, want);
    }
}

TEST(zone, says_what_the_wall_says)
{
    AUTO_ZONE zone = NULL;
    struct err e = { 0 };
    char text[ZONE_TEXT];
    int64_t at = 0;
    CHECK_OK(zone_find("Europe/Berlin", &zone, &e), e);
    CHECK(clock_parse("2026-12-02T05:00:00Z", &at));
    CHECK_TEXT(zone_text(zone, at, text), "2026-12-02 06:00 Europe/Berlin");
    CHECK(clock_parse("2026-06-30T22:30:00Z", &at));
    CHECK_TEXT(zone_text(zone, at, text), "2026-07-01 00:30 Europe/Berlin");
    CHECK_INT(zone_weekday(zone_day(zone, at)), 2); /* a Wednesday there, and still Tuesday in UTC */
    CHECK_INT(zone_day(zone, -1), 0);
    CHECK_INT(zone_weekday(-1), 2);
}

TEST(zone, refuses_what_is_none)
{
    static const char *const NAMES[] = { "", "Europe/Berlim", "MON3", "CET-1CEST", "/etc/localtime", "../etc/passwd", "Europe/../../../etc/passwd", "+02:00", "Europe/Berlin\n",
                                         "A/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
    static const char *const TIMES[] = { "", "2026-02-30T00:00", "2026-04-31T00:00", "2026-01-01", "2026-01-01T24:00", "2026-01-01T00:60", "2026-01-01T00:00x", "2026-01-01T00:00:00Z",
                                         "1815-01-01T00:00", "2026-01-01Z00:00", "2026-13-01T00:00" };
    AUTO_ZONE zone = NULL;
    struct err e = { 0 };
    int64_t at = 0;
    for (size_t i = 0; i < ALEN(NAMES); i++)
        CHECK(!zone_find(NAMES[i], &zone, &e) && !zone);
    CHECK(!zone_find("Europe/Berlim", &zone, &e));
    CHECK_TEXT(e.text, "'Europe/Berlim' is no time zone known here; name one of IANA's, such as Europe/Berlin or UTC (they come with the package tzdata)");
    CHECK_OK(zone_find("UTC", &zone, &e), e);
    for (size_t i = 0; i < ALEN(TIMES); i++)
        CHECK(!zone_parse(zone, TIMES[i], &at));
}

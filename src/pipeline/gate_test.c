#include "pipeline/gate.h"

#include "base/clock.h"
#include "pipeline/testing.h"

static int64_t utc(const char *text)
{
    int64_t at = 0;
    CHECK(clock_parse(text, &at));
    return at;
}

TEST(gate, opens_when_windows_and_freezes_let_it)
{
    AUTO_JSON *work = read_yaml("[{days: mon-fri, from: '06:00', to: '18:00', timeZone: Europe/Berlin}]"), *tuesday = read_yaml("[{days: tue, pipelines: [prod]}]");
    struct windows *own = NULL, *of_project = NULL;
    struct err e = { 0 };
    CHECK_OK(windows_read(work, "", false, &own, &e), e);
    CHECK_OK(windows_read(tuesday, "", true, &of_project, &e), e);
    const struct freeze freezes[] = { { "Christmas", "Europe/Berlin", utc("2026-12-18T23:00:00Z"), utc("2027-01-03T23:00:00Z") },
                                      { "for ever", "UTC", utc("2027-02-01T00:00:00Z"), utc("2031-01-01T00:00:00Z") } };
    const struct { const char *pipeline, *now; bool own, of_project; size_t freezes; const char *opens, *why; } ROWS[] = {
        { "prod", "2026-12-01T22:00:00Z", true, false, 2, "2026-12-02T05:00:00Z", "outside its change window; begins 2026-12-02 06:00 Europe/Berlin" },
        { "prod", "2026-12-02T05:00:00Z", true, false, 2, NULL, "" },
        { "prod", "2026-12-02T05:00:00Z", true, true, 2, "2026-12-08T05:00:00Z", "outside its project's change window; begins 2026-12-08 06:00 Europe/Berlin" },
        { "other", "2026-12-02T05:00:00Z", true, true, 2, NULL, "" },
        { "prod", "2026-12-20T12:00:00Z", false, false, 2, "2027-01-03T23:00:00Z", "frozen until 2027-01-04 00:00 Europe/Berlin: Christmas" },
        { "prod", "2026-12-20T12:00:00Z", true, false, 2, "2027-01-04T05:00:00Z", "frozen until 2027-01-04 00:00 Europe/Berlin: Christmas; begins 2027-01-04 06:00 Europe/Berlin" },
        { "prod", "2026-12-18T20:00:00Z", true, false, 2, "2027-01-04T05:00:00Z", "outside its change window; begins 2027-01-04 06:00 Europe/Berlin" }, /* over both */
        { "prod", "2027-02-01T00:00:00Z", false, false, 2, "1970-01-01T00:00:00Z", "frozen until 2031-01-01 00:00 UTC: for ever; begins no sooner than in a year" },
        { "prod", "2027-01-31T23:59:59Z", false, false, 2, NULL, "" },
    };
    for (size_t i = 0; i < ALEN(ROWS); i++) {
        struct gate_rules rules = { .pipeline = ROWS[i].pipeline, .own = ROWS[i].own ? own : NULL, .of_project = ROWS[i].of_project ? of_project : NULL, .freezes = freezes,
                                    .freeze_count = ROWS[i].freezes };
        struct gate gate;
        gate_judge(&rules, utc(ROWS[i].now), &gate);
        CHECK_INT(gate.open, !ROWS[i].opens);
        CHECK_TEXT(gate.why, ROWS[i].why);
        if (ROWS[i].opens)
            CHECK_INT(gate.at, utc(ROWS[i].opens));
    }
    windows_destroy(&own);
    windows_destroy(&of_project);
}

TEST(gate, whose_freeze_it_is)
{
    AUTO_JSON *none = read_yaml("[]"), *prod = read_yaml("[prod]"), *tags = read_yaml("[production, eu]"), *eu = read_yaml("[eu]");
    CHECK(freeze_is_for(none, NULL, "x", NULL));
    CHECK(freeze_is_for(prod, none, "prod", NULL) && !freeze_is_for(prod, none, "x", tags));
    CHECK(freeze_is_for(NULL, eu, "x", tags) && !freeze_is_for(none, eu, "x", none) && !freeze_is_for(none, eu, "x", prod));
    CHECK(freeze_is_for(prod, eu, "x", tags) && freeze_is_for(prod, eu, "prod", NULL));
}

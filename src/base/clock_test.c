#include "base/clock.h"

#include <string.h>

#include "base/ids.h"
#include "base/test.h"

TEST(clock, writes_dates)
{
    char out[CLOCK_TEXT];
    CHECK_TEXT(clock_text(INT64_C(1568625938065065), out), "2019-09-16 09:25:38.065065+00");
    CHECK_TEXT(clock_rfc3339(INT64_C(1568625938065065), out), "2019-09-16T09:25:38.065Z");
    CHECK_TEXT(clock_rfc3339(INT64_C(-61513171200000000), out), "0020-09-22T00:00:00.000Z");
    CHECK_TEXT(clock_text(-1, out), "1969-12-31 23:59:59.999999+00");
}

TEST(clock, reads_dates)
{
    static const struct {
        const char *text;
        int64_t want;
    } CASES[] = {
        { "2019-09-16T09:25:38.065065Z", INT64_C(1568625938065065) },
        { "2019-09-16T11:25:38.065065+02:00", INT64_C(1568625938065065) },
        { "2019-09-16T04:55:38.0650651234-04:30", INT64_C(1568625938065065) },
        { "2019-09-16 09:25:38Z", INT64_C(1568625938000000) },
        { "2020-02-29T00:00:00Z", INT64_C(1582934400000000) },
        { "1970-01-01T00:00:00z", 0 },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        int64_t have = -1;
        CHECK(clock_parse(CASES[i].text, &have));
        CHECK(have == CASES[i].want);
    }
}

TEST(clock, refuses_what_is_no_date)
{
    static const char *const BAD[] = {
        "", "2019", "2019-09-16", "2019-09-16T09:25:38", "2019-13-16T09:25:38Z", "2019-02-30T09:25:38Z",
        "2019-09-16T24:25:38Z", "2019-09-16T09:25:38Zx", "2019-09-16T09:25:38+2:00", "2019-09-16T09:25:38+25:00",
        "+019-09-16T09:25:38Z", "2019- 9-16T09:25:38Z", "2019-09-16T09:25:38.Z", "2019-09-16T09:25:38+-1:00",
    };
    int64_t have;
    for (size_t i = 0; i < ALEN(BAD); i++)
        CHECK(!clock_parse(BAD[i], &have));
    CHECK(!clock_parse(NULL, &have));
}

TEST(ids, sort_by_time)
{
    char a[ID_TEXT], b[ID_TEXT];
    id_new(a);
    for (int i = 0; i < 1000; i++) {
        id_new(b);
        CHECK(id_is(b) && strcmp(a, b) < 0);
        memcpy(a, b, sizeof a);
    }
    CHECK(b[14] == '7');
}

TEST(ids, have_a_shape)
{
    CHECK(!id_is("") && !id_is("x") && !id_is("0190163d-8694-739b-aea5-966c26f8ad9"));
    CHECK(!id_is("0190163d-8694-739b-aea5-966c26f8ad900") && id_is("0190163D-8694-739b-aea5-966c26f8ad90"));
}

TEST(ids, secrets_differ)
{
    AUTO_FREE char *a = id_secret(32);
    AUTO_FREE char *b = id_secret(32);
    CHECK(strlen(a) == 43 && strcmp(a, b) != 0);
}

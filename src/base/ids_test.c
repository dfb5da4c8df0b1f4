#include "base/ids.h"

#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/test.h"
#include "base/text.h"

TEST(ids, sort_by_time_and_within_one_instant)
{
    char before[ID_TEXT], now[ID_TEXT], later[ID_TEXT];
    clock_set(INT64_C(2000000000000000)); /* later than any that was made before */
    id_new(before);
    for (int i = 0; i < 5000; i++) { /* more than a millisecond has ticks */
        id_new(now);
        CHECK(strcmp(before, now) < 0);
        memcpy(before, now, sizeof before);
    }
    clock_set(INT64_C(2000000000000000) - CLOCK_HOUR); /* somebody sets the clock back */
    id_new(now);
    CHECK(strcmp(before, now) < 0);
    clock_set(INT64_C(2000000010000000));
    id_new(later);
    CHECK(strcmp(now, later) < 0);
    CHECK(text_starts(later, "01d1a94a-4710-7")); /* its first 48 bits are the milliseconds */
    clock_set(0);
}

TEST(ids, have_the_shape_of_version_7)
{
    char id[ID_TEXT];
    for (int i = 0; i < 100; i++) {
        id_new(id);
        CHECK(id_is(id) && id[14] == '7' && strchr("89ab", id[19]));
    }
    static const char *const WRONG[] = { "", "x", "018bcfe5-68a0-7000-8000-00000000000", "018bcfe5-68a0-7000-8000-0000000000000",
                                         "018bcfe5068a0-7000-8000-000000000000", "018bcfe5-68a0-7000-8000-00000000000g" };
    for (size_t i = 0; i < ALEN(WRONG); i++)
        CHECK(!id_is(WRONG[i]));
}

TEST(ids, secrets_are_long_and_differ)
{
    AUTO_FREE char *one = id_secret(32), *other = id_secret(32), *most = id_secret(1000);
    CHECK_INT(strlen(one), 43);
    CHECK(strcmp(one, other) != 0);
    CHECK_INT(strlen(most), 86); /* 64 bytes are the most */
    CHECK(!one[strspn(one, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")]);
}

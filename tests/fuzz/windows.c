/* Change windows as people write them, and times as a clock on a wall shows them. */
#include "base/clock.h"
#include "base/zone.h"
#include "pipeline/windows.h"

#include "fuzz.h"

static void ask(const struct windows *w, int64_t now)
{
    char text[96];
    struct window_now is = windows_at(w, "prod", now);
    FUZZ_CHECK(!is.at || is.at > now);
    FUZZ_CHECK(is.at - now < 16 * CLOCK_DAY);
    if (is.at && !is.open) /* then it is open */
        FUZZ_CHECK(windows_at(w, "prod", is.at).open);
    if (is.at)
        window_text(&is, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct windows *w = NULL;
    struct zone *zone = NULL;
    json_t *list = NULL;
    struct err e = { 0 };
    int64_t at = 0;
    AUTO_FREE char *text = fuzz_text(data, size);
    if (zone_find("Europe/Berlin", &zone, &e) && zone_parse(zone, text, &at))
        FUZZ_CHECK(at > -CLOCK_DAY);
    zone_destroy(&zone);
    if (!json_read((const char *)data, size, &list, &e))
        return 0;
    if (!windows_read(list, "/windows", size % 2, &w, &e))
        fuzz_refused(&e);
    for (int64_t i = 0; w && i < 6; i++)
        ask(w, 1774742400 * CLOCK_SECOND + i * 4 * CLOCK_HOUR + i * 30 * CLOCK_DAY);
    windows_destroy(&w);
    json_decref(list);
    return 0;
}

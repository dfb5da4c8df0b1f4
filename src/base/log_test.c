#include "base/log.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/test.h"

/* What one line of log looks like; the caller's. */
static char *logged(bool json, const char *said)
{
    int ends[2], kept = dup(STDERR_FILENO);
    char line[8192] = "";
    CHECK(kept >= 0 && pipe(ends) == 0);
    dup2(ends[1], STDERR_FILENO);
    clock_set(INT64_C(1568625938065065));
    log_setup(LOG_INFO, json);
    log_debug("base", "not shown");
    log_warn("base", "%s", said);
    log_setup(LOG_INFO, false);
    clock_set(0);
    dup2(kept, STDERR_FILENO);
    ssize_t n = read(ends[0], line, sizeof line - 1);
    close(kept);
    close(ends[0]);
    close(ends[1]);
    return mem_text_n(line, n > 0 ? (size_t)n : 0);
}

TEST(log, nobody_forges_lines)
{
    AUTO_FREE char *line = logged(false, "a\nb\x1b \xc3\xa9");
    CHECK_TEXT(line, "2019-09-16T09:25:38.065Z warn  base: a\\x0ab\\x1b \xc3\xa9\n");
}

TEST(log, is_json_whatever_is_said)
{
    char large[5000];
    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = 0;
    const char *const SAID[] = { "a \"b\" \\ \n", "\xff\xfe", "\xc3\xa9", "", large };
    for (size_t i = 0; i < ALEN(SAID); i++) {
        AUTO_FREE char *line = logged(true, SAID[i]);
        AUTO_JSON *json = NULL;
        struct err e = { 0 };
        CHECK_OK(json_read(line, strlen(line), &json, &e), e);
        CHECK_TEXT(json_text_at(json, "level", ""), "warn");
        if (i == 0)
            CHECK_TEXT(json_text_at(json, "text", ""), SAID[0]);
    }
}

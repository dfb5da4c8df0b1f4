/* base/clock.h - what time it is. Integer microseconds everywhere; UTC since 1970 for what is stored. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_MS INT64_C(1000)
#define CLOCK_SECOND INT64_C(1000000)
#define CLOCK_MINUTE (60 * CLOCK_SECOND)
#define CLOCK_HOUR (60 * CLOCK_MINUTE)
#define CLOCK_DAY (24 * CLOCK_HOUR)

int64_t clock_now(void);  /* UTC; may jump when somebody sets the clock */
int64_t clock_mono(void); /* for distances: never goes back */

/* Tests own the clock: from here on both answer this, until 0 gives the real one back. */
void clock_set(int64_t fixed);

#define CLOCK_TEXT 40
/* "2019-09-16 09:25:38.065065+00", as Code Stream writes dates. */
const char *clock_text(int64_t micros, char out[CLOCK_TEXT]);
/* "2019-09-16T09:25:38.065Z", RFC 3339. */
const char *clock_rfc3339(int64_t micros, char out[CLOCK_TEXT]);
/* RFC 3339 with any offset, fraction optional ("2019-09-16T09:25:38.065065+02:00"). */
bool clock_parse(const char *text, int64_t *ret);

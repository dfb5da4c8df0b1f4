/* One token, in words. */
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "runner/tokens.h"

void token_ends_in(int64_t micros, char out[40])
{
    static const struct { int64_t unit; const char *name; } UNITS[] = { { CLOCK_DAY, "day" }, { CLOCK_HOUR, "hour" }, { CLOCK_MINUTE, "minute" } };
    for (size_t i = 0; i < ALEN(UNITS); i++) {
        long long n = (long long)(micros / UNITS[i].unit);
        if (n < 1)
            continue;
        snprintf(out, 40, "%lld %s%s", n, UNITS[i].name, n == 1 ? "" : "s");
        return;
    }
    snprintf(out, 40, "less than a minute");
}

void token_says(const struct lent_token *token, int64_t now, char out[700])
{
    char ends[CLOCK_TEXT], in[40];
    out[0] = 0;
    if (!token) {
        snprintf(out, 700, TOKEN_INVALID);
    } else if (!token->alive) {
        snprintf(out, 700, "%s The API token '%.200s' of %.200s %s.", TOKEN_INVALID, token->name, token->owner,
                 token->expires_at && token->expires_at <= now ? "has expired" : "was revoked, or its owner is disabled");
    } else if (token->expires_at && token->expires_at - now < TOKEN_SOON) {
        token_ends_in(token->expires_at - now, in);
        snprintf(out, 700, "the API token '%.200s' of %.200s ends in %s, at %s: pushes do not run from then on", token->name, token->owner, in,
                 clock_rfc3339(token->expires_at, ends));
    }
    text_mend(out);
}

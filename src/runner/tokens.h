/* runner/tokens.h - the API tokens that webhooks lend their runs, and when they end: their owners are told before. */
#pragma once

#include "runner/runner.h"
#include "store/tokens.h"

#define TOKEN_INVALID "Invalid Oauth Refresh token. Verify webhook configuration."
#define TOKEN_SOON (14 * CLOCK_DAY) /* before its end, people are told */

/* The token that a webhook lends: by its hash, or by the variable that refresh_token names. *ret_found false: there is none. */
bool runner_token_of(struct runner *r, struct db_tx *tx, int64_t project_id, const char *refresh_token, const char *token_hash,
                     struct lent_token *ret, bool *ret_found, struct err *e);
/* What a person must know of a token now; "" when there is nothing to say. token NULL: there is none. */
void token_says(const struct lent_token *token, int64_t now, char out[700]);
void token_ends_in(int64_t micros, char out[40]); /* "6 days", "1 hour" */

/* Loop: those of webhooks that end some time, as they were found some minutes ago. ends_at may have passed. */
void runner_tokens_each(const struct runner *r, void (*each)(void *context, const char *uuid, int64_t ends_at), void *context);
void runner_wake_tokens(struct runner *r); /* looks again now */

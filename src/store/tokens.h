/* store/tokens.h - API tokens that webhooks lend: who owns them, when they end, which webhooks lend them. */
#pragma once

#include "db/db.h"

struct lent_token {
    bool alive;         /* neither revoked nor expired, and its owner not disabled */
    int64_t expires_at; /* 0: never */
    char uuid[37];
    char name[256], owner[256];
    char webhooks[400]; /* some names, "web, api", of those that hold it themselves; "" when none does */
};
/* *ret_found false: there is no such token. */
bool lent_token_get(struct db_tx *tx, const char *hash, int64_t now, struct lent_token *ret, bool *ret_found, struct err *e);
bool lent_token_by_uuid(struct db_tx *tx, const char *uuid, int64_t now, struct lent_token *ret, bool *ret_found, struct err *e);
/* Those that webhooks hold themselves, at most 1,000; borrowed while each runs. */
bool lent_tokens_each(struct db_tx *tx, int64_t now, void (*each)(void *context, const struct lent_token *token), void *context, struct err *e);
/* Projects and references (${var.NAME}) of webhooks that name a variable instead, at most 1,000. */
bool lent_references_each(struct db_tx *tx, bool (*each)(void *context, int64_t project_id, const char *reference, struct err *e), void *context,
                          struct err *e);

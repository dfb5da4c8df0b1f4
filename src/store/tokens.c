#include "store/tokens.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/rows.h"
#include "store_sql.h"

static bool read_token(struct db_tx *tx, const struct db_rows *r, int64_t now, struct lent_token *ret, struct err *e)
{
    AUTO_FREE char *names = NULL;
    *ret = (struct lent_token){ .expires_at = db_int(r, 3) };
    ret->alive = db_null(r, 4) && !db_int(r, 5) && (!ret->expires_at || ret->expires_at > now);
    snprintf(ret->uuid, sizeof ret->uuid, "%s", db_text(r, 0));
    snprintf(ret->name, sizeof ret->name, "%s", db_text(r, 1));
    snprintf(ret->owner, sizeof ret->owner, "%s", db_text(r, 2));
    AUTO(db_rows) webhooks = db_rows(tx, SQL_lent_webhooks, "t", db_text(r, 6));
    if (!rows_joined(webhooks, &names, e))
        return false;
    snprintf(ret->webhooks, sizeof ret->webhooks, "%s", names);
    text_mend(ret->webhooks);
    return true;
}

static bool get(struct db_tx *tx, const char *sql, const char *key, int64_t now, struct lent_token *ret, bool *ret_found, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, sql, "t", key);
    *ret_found = db_next(rows, e);
    return *ret_found ? read_token(tx, rows, now, ret, e) : !db_rows_failed(rows);
}

bool lent_token_get(struct db_tx *tx, const char *hash, int64_t now, struct lent_token *ret, bool *ret_found, struct err *e)
{
    return get(tx, SQL_lent_token, hash, now, ret, ret_found, e);
}

bool lent_token_by_uuid(struct db_tx *tx, const char *uuid, int64_t now, struct lent_token *ret, bool *ret_found, struct err *e)
{
    return get(tx, SQL_lent_token_by_uuid, uuid, now, ret, ret_found, e);
}

bool lent_tokens_each(struct db_tx *tx, int64_t now, void (*each)(void *context, const struct lent_token *token), void *context, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_lent_tokens, "");
    while (db_next(rows, e)) {
        struct lent_token token;
        if (!read_token(tx, rows, now, &token, e))
            return false;
        each(context, &token);
    }
    return !db_rows_failed(rows);
}

bool lent_references_each(struct db_tx *tx, bool (*each)(void *context, int64_t project_id, const char *reference, struct err *e), void *context,
                          struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_lent_references, "");
    while (db_next(rows, e))
        if (!each(context, db_int(rows, 0), db_text(rows, 1), e))
            return false;
    return !db_rows_failed(rows);
}

#include "store/held.h"

#include "base/clock.h"
#include "base/mem.h"
#include "store/rows.h"
#include "store_sql.h"

bool held_until(struct db_tx *tx, int64_t webhook_id, int64_t event_id, int64_t limit, int64_t now, int64_t *ret, struct err *e)
{
    int64_t before = 0, last = 0, slot = 0;
    int64_t id = event_id ? event_id : INT64_MAX;
    AUTO(db_rows) counted = db_rows(tx, SQL_held_before, "iii", webhook_id, id, limit);
    if (!rows_id(counted, &before, e))
        return false;
    AUTO(db_rows) newest = db_rows(tx, SQL_held_nth_before, "iii", webhook_id, id, (int64_t)0);
    if (!rows_id(newest, &last, e))
        return false;
    /* Runs that were, and those of the events before this one, are one row of times: the limit-th newest must be a window ago. */
    AUTO(db_rows) nth = before >= limit ? db_rows(tx, SQL_held_nth_before, "iii", webhook_id, id, limit - 1)
                                        : db_rows(tx, SQL_held_nth_run, "iiii", webhook_id, now - HELD_WINDOW, now, limit - before - 1);
    if (!rows_id(nth, &slot, e))
        return false;
    *ret = slot ? slot + HELD_WINDOW : before ? now : 0;
    *ret = *ret && last > *ret ? last : *ret;
    return true;
}

bool held_set(struct db_tx *tx, int64_t event_id, const char *message, int64_t until, struct err *e)
{
    return db_run(tx, e, SQL_held_set, "itii", event_id, message, until, clock_now());
}

bool held_is(struct db_tx *tx, int64_t event_id, bool *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_held_is, "i", event_id);
    *ret = db_next(rows, e);
    return !db_rows_failed(rows);
}

bool held_due(struct db_tx *tx, int64_t now, size_t limit, int64_t **ret, size_t *ret_count, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_held_due, "ii", now, (int64_t)limit);
    return rows_ids(rows, ret, ret_count, e);
}

bool held_next(struct db_tx *tx, int64_t *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_held_next, "");
    return rows_id(rows, ret, e);
}

bool held_hurry(struct db_tx *tx, int64_t webhook_id, int64_t now, struct err *e)
{
    return db_run(tx, e, webhook_id ? SQL_held_hurry : SQL_held_hurry_all, webhook_id ? "ii" : "i", now, webhook_id);
}

bool held_counts(struct db_tx *tx, int64_t webhook_id, int64_t now, int64_t *ret_runs, int64_t *ret_held, struct err *e)
{
    AUTO(db_rows) runs = db_rows(tx, SQL_held_runs, "iiii", webhook_id, now - HELD_WINDOW, now, (int64_t)HELD_COUNTED);
    AUTO(db_rows) held = db_rows(tx, SQL_held_count, "ii", webhook_id, (int64_t)HELD_COUNTED);
    return rows_id(runs, ret_runs, e) && rows_id(held, ret_held, e);
}

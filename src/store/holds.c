#include "store/holds.h"

#include "base/clock.h"
#include "base/mem.h"
#include "store/runs.h"
#include "store/rows.h"
#include "store/totals.h"
#include "store_sql.h"

void hold_fini(struct hold *h)
{
    char **texts[] = { &h->webhook, &h->when_held, &h->registry, &h->repository, &h->tag, &h->digest, &h->execution, &h->name, &h->reason, &h->outcome };
    for (size_t i = 0; i < ALEN(texts); i++)
        free(*texts[i]);
    *h = (struct hold){ 0 };
}

static bool read_hold(struct db_rows *r, struct hold *ret, bool *ret_found, struct err *e)
{
    *ret_found = db_next(r, e);
    if (!*ret_found)
        return !db_rows_failed(r);
    *ret = (struct hold){ .id = db_int(r, 0), .project_id = db_int(r, 1), .webhook_id = db_int(r, 2), .registry = rows_text(r, 3), .repository = rows_text(r, 4),
                          .tag = rows_text(r, 5), .digest = rows_text(r, 6), .push_id = db_int(r, 7), .execution = rows_text(r, 8), .name = rows_text(r, 9),
                          .index = db_int(r, 10), .reason = rows_text(r, 11), .outcome = rows_text(r, 12), .since = db_int(r, 13), .updated_at = db_int(r, 14),
                          .webhook = rows_text(r, 15), .when_held = rows_text(r, 16) };
    return true;
}

bool hold_find(struct db_tx *tx, int64_t webhook_id, const char *registry, const char *repository, struct hold *ret, bool *ret_found, struct err *e)
{
    int64_t id = 0;
    AUTO(db_rows) rows = db_rows(tx, SQL_hold_find, "itt", webhook_id, registry, repository);
    return rows_id(rows, &id, e) && hold_get(tx, id, ret, ret_found, e);
}

bool hold_get(struct db_tx *tx, int64_t id, struct hold *ret, bool *ret_found, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_hold_get, "i", id);
    return read_hold(rows, ret, ret_found, e);
}

bool holds_of(struct db_tx *tx, int64_t webhook_id, int64_t **ret, size_t *ret_count, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_holds_of, "i", webhook_id);
    return rows_ids(rows, ret, ret_count, e);
}

bool holds_open(struct db_tx *tx, int64_t *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_holds_open, "");
    return rows_id(rows, ret, e);
}

bool hold_put(struct db_tx *tx, const struct hold *h, int64_t *ret, struct err *e)
{
    int64_t now = clock_now();
    AUTO(db_rows) r = db_rows(tx, SQL_hold_put, "iittttittitti", h->project_id, h->webhook_id, h->registry, h->repository, h->tag, h->digest, h->push_id,
                              h->execution, h->name, h->index, h->reason, h->outcome, now);
    bool any = db_next(r, e);
    *ret = any ? db_int(r, 0) : 0;
    if (db_rows_failed(r))
        return false;
    return !any || change_add(tx, h->project_id, "webhooks", h->webhook_id, e);
}

bool hold_delete(struct db_tx *tx, const struct hold *h, struct err *e)
{
    return db_run(tx, e, SQL_hold_delete, "i", h->id) && change_add(tx, h->project_id, "webhooks", h->webhook_id, e);
}

static bool any_row(struct db_rows *rows, bool *ret, struct err *e)
{
    *ret = db_next(rows, e);
    return !db_rows_failed(rows);
}

bool hold_outdated(struct db_tx *tx, const struct hold *h, bool *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_hold_outdated, "iitt", h->webhook_id, h->push_id, h->registry, h->repository);
    return any_row(rows, ret, e);
}

bool hold_tried(struct db_tx *tx, const struct hold *h, bool *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_hold_tried, "iitt", h->webhook_id, h->push_id, h->registry, h->repository);
    return any_row(rows, ret, e);
}

/* ---- what waits behind it */

bool hold_event(struct db_tx *tx, int64_t hold_id, int64_t event_id, const char *message, struct err *e)
{
    return db_run(tx, e, SQL_hold_event, "itii", event_id, message, hold_id, clock_now());
}

bool hold_say(struct db_tx *tx, int64_t hold_id, int64_t project_id, const char *message, struct err *e)
{
    if (!db_run(tx, e, SQL_hold_say_events, "iti", hold_id, message, clock_now()))
        return false;
    if (db_changes(tx) && !change_add(tx, project_id, "events", hold_id, e))
        return false;
    AUTO(db_rows) rows = db_rows(tx, SQL_hold_say_queued, "iti", hold_id, message, clock_now());
    return run_say_all(tx, rows, message, NULL, e);
}

bool hold_behind(struct db_tx *tx, int64_t hold_id, int64_t *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_hold_behind, "ii", hold_id, (int64_t)HOLD_COUNTED);
    return rows_id(rows, ret, e);
}

bool hold_newest(struct db_tx *tx, const struct hold *h, int64_t *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_hold_newest, "ii", h->id, h->push_id);
    return rows_id(rows, ret, e);
}

bool hold_queued(struct db_tx *tx, const struct hold *h, int64_t hold_id, struct err *e)
{
    return db_run(tx, e, SQL_hold_queued, "iitti", hold_id, h->webhook_id, h->registry, h->repository, clock_now());
}

bool hold_let_go(struct db_tx *tx, const struct hold *h, int64_t push_id, const char *tag, const char *message, struct err *e)
{
    int64_t now = clock_now();
    if (push_id && !db_run(tx, e, SQL_hold_supersede, "iitti", h->id, push_id, tag, message, now))
        return false;
    if (!db_run(tx, e, SQL_hold_release, "ii", h->id, now) || !change_add(tx, h->project_id, "events", h->id, e))
        return false;
    AUTO(db_rows) rows = db_rows(tx, SQL_hold_release_queued, "ii", h->id, now);
    return run_say_all(tx, rows, "", NULL, e);
}

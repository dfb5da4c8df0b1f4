#include "store/notifications.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "store/rows.h"
#include "store/totals.h"
#include "store_sql.h"

void notification_row_fini(struct notification_row *row)
{
    char **texts[] = { &row->project, &row->execution, &row->name, &row->occasion, &row->kind, &row->type, &row->event, &row->stage, &row->task, &row->endpoint,
                       &row->lane, &row->target, &row->subject, &row->content, &row->status, &row->message, &row->reference };
    for (size_t i = 0; i < ALEN(texts); i++)
        free(*texts[i]);
    *row = (struct notification_row){ 0 };
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static bool changed(struct db_tx *tx, int64_t project_id, int64_t id, struct err *e)
{
    return change_add(tx, project_id, "notifications", id, e);
}

bool notification_insert(struct db_tx *tx, struct notification_row *n, bool *ret_fresh, struct err *e)
{
    n->created_at = clock_now();
    if (!db_run(tx, e, SQL_notification_insert, "tizttitittttttttttttzii", n->uuid, n->project_id, n->execution_id, or_empty(n->execution), or_empty(n->name), n->index,
                n->occasion, n->place, n->kind, or_empty(n->type), n->event, or_empty(n->stage), or_empty(n->task), or_empty(n->endpoint), n->lane, or_empty(n->target),
                or_empty(n->subject), n->content, n->status, or_empty(n->message), n->next_at, n->until, n->created_at))
        return err_wrap(e, "store what %s #%lld tells", n->name, (long long)n->index);
    *ret_fresh = db_changes(tx) > 0;
    if (!*ret_fresh)
        return true;
    n->id = db_last_id(tx);
    return changed(tx, n->project_id, n->id, e);
}

bool notification_get(struct db_tx *tx, int64_t id, struct notification_row *ret, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_notification_get, "i", id);
    if (!db_next(r, e))
        return db_rows_failed(r) ? false : err_set(e, ERR_NOT_FOUND, "no such notification");
    *ret = (struct notification_row){
        .id = db_int(r, 0), .project_id = db_int(r, 2), .project = mem_text(db_text(r, 3)), .execution_id = db_int(r, 4), .execution = mem_text(db_text(r, 5)),
        .name = mem_text(db_text(r, 6)), .index = db_int(r, 7), .occasion = mem_text(db_text(r, 8)), .place = db_int(r, 9), .kind = mem_text(db_text(r, 10)),
        .type = mem_text(db_text(r, 11)), .event = mem_text(db_text(r, 12)), .stage = mem_text(db_text(r, 13)), .task = mem_text(db_text(r, 14)),
        .endpoint = mem_text(db_text(r, 15)), .lane = mem_text(db_text(r, 16)), .target = mem_text(db_text(r, 17)), .subject = mem_text(db_text(r, 18)),
        .content = mem_text(db_text(r, 19)), .status = mem_text(db_text(r, 20)), .attempts = db_int(r, 21), .next_at = db_int(r, 22), .until = db_int(r, 23),
        .claimed = db_int(r, 24) != 0, .doubt = db_int(r, 25) != 0, .code = db_int(r, 26), .message = mem_text(db_text(r, 27)),
        .reference = mem_text(db_text(r, 28)), .created_at = db_int(r, 29), .updated_at = db_int(r, 30), .sent_at = db_int(r, 31),
    };
    snprintf(ret->uuid, sizeof ret->uuid, "%s", db_text(r, 1));
    return true;
}

bool notification_find(struct db_tx *tx, const char *uuid, int64_t *ret, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_notification_find, "t", uuid);
    return rows_id(r, ret, e);
}

bool notifications_of(struct db_tx *tx, int64_t execution_id, int64_t most, int64_t **ret, size_t *ret_count, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_notifications_of, "ii", execution_id, most);
    return rows_ids(r, ret, ret_count, e);
}

bool notifications_pending(struct db_tx *tx, int64_t *ret, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_notification_counts, "");
    return rows_id(r, ret, e);
}

/* ---- trying them */

bool notification_lanes(struct db_tx *tx, int64_t most, void (*each)(void *context, const char *lane, int64_t due), void *context, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_notification_lanes, "i", most);
    while (db_next(r, e))
        each(context, db_text(r, 0), db_int(r, 1));
    return !db_rows_failed(r);
}

bool notification_claim(struct db_tx *tx, const char *lane, int64_t until, int64_t *ret, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_notification_claim, "tii", lane, clock_now(), until);
    return rows_id(r, ret, e);
}

bool notification_end(struct db_tx *tx, const struct notification_row *row, const struct notification_end *end, struct err *e)
{
    return db_run(tx, e, SQL_notification_end, "itziitti", row->id, end->status, end->next_at, (int64_t)end->doubt, end->code, or_empty(end->message),
                  or_empty(end->reference), clock_now()) &&
           changed(tx, row->project_id, row->id, e);
}

bool notification_rest(struct db_tx *tx, const char *lane, int64_t until, struct err *e)
{
    return db_run(tx, e, SQL_notification_rest, "ti", lane, until);
}

bool notifications_recover(struct db_tx *tx, struct err *e)
{
    return db_run(tx, e, SQL_notification_recover, "i", clock_now());
}

bool approval_addresses(struct db_tx *tx, int64_t project_id, const char *names, const char *groups, void (*each)(void *context, const char *address), void *context,
                        struct err *e)
{
    AUTO(db_rows) r = project_id ? db_rows(tx, SQL_approval_addresses_of_project, "i", project_id) : db_rows(tx, SQL_approval_addresses, "tt", names, groups);
    while (db_next(r, e))
        each(context, db_text(r, 0));
    return !db_rows_failed(r);
}

/* ---- what people ask */

bool notification_again(struct db_tx *tx, const struct notification_row *row, int64_t until, struct err *e)
{
    if (!db_run(tx, e, SQL_notification_again, "iii", row->id, clock_now(), until))
        return false;
    if (!db_changes(tx))
        return err_set(e, ERR_CONFLICT, "it is being sent just now");
    return changed(tx, row->project_id, row->id, e);
}

bool notification_cancel(struct db_tx *tx, const struct notification_row *row, const char *why, struct err *e)
{
    if (!db_run(tx, e, SQL_notification_cancel, "iti", row->id, why, clock_now()))
        return false;
    if (!db_changes(tx))
        return err_set(e, ERR_CONFLICT, "it is %s; only what waits for its next try can be canceled", row->claimed ? "being sent just now" : row->status);
    return changed(tx, row->project_id, row->id, e);
}

#include "store/inbox.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/mem.h"
#include "base/text.h"
#include "store/totals.h"
#include "store/rows.h"
#include "store_sql.h"

#define SAME_PUSH (60 * CLOCK_SECOND)

/* One row with one text in it, copied to out; *out is "" when there is no row. */
static bool first_text(struct db_tx *tx, const char *sql, int64_t id, char *out, size_t size, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, sql, "i", id);
    out[0] = 0;
    if (db_next(rows, e))
        snprintf(out, size, "%s", db_text(rows, 0));
    return !db_rows_failed(rows);
}

bool inbox_store(struct db_tx *tx, const struct inbox_delivery *d, struct inbox_stored *ret, struct err *e)
{
    char uuid[ID_TEXT];
    bool to_match = text_is(d->verdict, "accepted") && !text_is(d->events, "[]");
    AUTO(db_rows) rows = db_rows(tx, SQL_inbox_store, "tiittttbtttii", id_new(uuid), d->project_id, d->listener_id, d->sender_key,
                                 d->format, d->remote, d->headers, d->body, d->body_size, d->verdict, d->problem, d->events,
                                 (int64_t)(to_match ? 0 : 1), d->received_at);
    if (!db_next(rows, e))
        return err_wrap(e, "record delivery %s", d->sender_key);
    *ret = (struct inbox_stored){ .id = db_int(rows, 0) };
    snprintf(ret->uuid, sizeof ret->uuid, "%s", db_text(rows, 1));
    ret->repeat = !text_is(ret->uuid, uuid);
    return !ret->repeat || first_text(tx, SQL_inbox_first_event, ret->id, ret->first_event, sizeof ret->first_event, e);
}

void inbox_unmatched_free(struct inbox_unmatched *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        json_decref(rows[i].events);
    free(rows);
}

bool inbox_unmatched(struct db_tx *tx, size_t limit, struct inbox_unmatched **ret, size_t *ret_count, struct err *e)
{
    struct inbox_unmatched *found = mem_alloc(limit * sizeof *found);
    size_t count = 0;
    AUTO(db_rows) rows = db_rows(tx, SQL_inbox_unmatched, "i", (int64_t)limit);
    while (db_next(rows, e)) {
        struct inbox_unmatched *u = &found[count++];
        const char *events = db_text(rows, 3);
        *u = (struct inbox_unmatched){ .id = db_int(rows, 0), .project_id = db_int(rows, 1), .listener_id = db_int(rows, 2),
                                       .endpoint_id = db_int(rows, 4), .webhook_id = db_int(rows, 5), .received_at = db_int(rows, 6) };
        struct err broken = { 0 };
        if (!json_read(events, strlen(events), &u->events, &broken))
            u->events = json_array();
    }
    if (db_rows_failed(rows)) {
        inbox_unmatched_free(found, count);
        return false;
    }
    *ret = found;
    *ret_count = count;
    return true;
}

bool inbox_remote(struct db_tx *tx, int64_t delivery_id, char **ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_delivery_remote, "i", delivery_id);
    *ret = mem_text(db_next(rows, e) ? db_text(rows, 0) : "");
    return !db_rows_failed(rows);
}

bool inbox_told(struct db_tx *tx, int64_t delivery_id, int64_t *ret_endpoint_id, int64_t *ret_webhook_id, int64_t *ret_at, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_inbox_told, "i", delivery_id);
    bool found = db_next(r, e);
    *ret_endpoint_id = found ? db_int(r, 0) : 0;
    *ret_webhook_id = found ? db_int(r, 1) : 0;
    *ret_at = found ? db_int(r, 2) : 0;
    return !db_rows_failed(r);
}

bool inbox_matched(struct db_tx *tx, int64_t delivery_id, struct err *e)
{
    return db_run(tx, e, SQL_inbox_matched, "i", delivery_id);
}

bool inbox_undecided(struct db_tx *tx, int64_t delivery_id, const char *why, struct err *e)
{
    return db_run(tx, e, SQL_inbox_undecided, "it", delivery_id, why);
}

/* ---- pushes */

void push_fini(struct push *push)
{
    free(push->registry);
    free(push->repository);
    free(push->tag);
    free(push->digest);
    free(push->actor);
    free(push->pushed_at);
    free(push->confirm);
    free(push->confirm_text);
    *push = (struct push){ 0 };
}

bool push_get(struct db_tx *tx, int64_t id, struct push *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_push_get, "i", id);
    if (!db_next(rows, e))
        return db_rows_failed(rows) ? false : err_set(e, ERR_NOT_FOUND, "push %lld is gone", (long long)id);
    *ret = (struct push){ .id = db_int(rows, 0), .project_id = db_int(rows, 2), .endpoint_id = db_int(rows, 3),
                          .registry = mem_text(db_text(rows, 4)), .repository = mem_text(db_text(rows, 5)),
                          .tag = mem_text(db_text(rows, 6)), .digest = mem_text(db_text(rows, 7)),
                          .actor = mem_text(db_text(rows, 8)), .pushed_at = mem_text(db_text(rows, 9)),
                          .confirm = mem_text(db_text(rows, 10)), .confirm_text = mem_text(db_text(rows, 11)),
                          .confirm_due = db_int(rows, 12), .first_at = db_int(rows, 13), .execution_id = db_int(rows, 14) };
    snprintf(ret->uuid, sizeof ret->uuid, "%s", db_text(rows, 1));
    return true;
}

static bool push_add(struct db_tx *tx, struct push *p, const char *mark, int64_t generation, int64_t now, struct err *e)
{
    if (!db_run(tx, e, SQL_push_insert, "tiittttittti", id_new(p->uuid), p->project_id, p->endpoint_id, p->registry, p->repository,
                p->tag, mark, generation, p->digest, p->actor, p->pushed_at, now))
        return err_wrap(e, "record the push of %s:%s", p->repository, p->tag);
    p->id = db_last_id(tx);
    p->first_at = now;
    p->confirm = mem_text("none");
    p->confirm_text = mem_text("");
    return true;
}

bool push_record(struct db_tx *tx, struct push *push, int64_t now, bool *ret_new, struct err *e)
{
    const char *mark = text_empty(push->digest) ? push->pushed_at : push->digest;
    int64_t generation = 0;
    AUTO(db_rows) rows = db_rows(tx, SQL_push_find, "iitttt", push->project_id, push->endpoint_id, push->registry, push->repository,
                                 push->tag, mark);
    if (db_next(rows, e)) {
        generation = db_int(rows, 1);
        if (now - db_int(rows, 5) < SAME_PUSH) {
            *ret_new = false;
            int64_t id = db_int(rows, 0);
            push_fini(push);
            return push_get(tx, id, push, e) && db_run(tx, e, SQL_push_seen, "ii", id, now);
        }
    }
    if (db_rows_failed(rows))
        return false;
    *ret_new = true;
    return push_add(tx, push, mark, generation + 1, now, e);
}

bool push_found(struct db_tx *tx, struct push *push, int64_t now, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_push_find, "iitttt", push->project_id, push->endpoint_id, push->registry, push->repository,
                                 push->tag, push->digest);
    int64_t generation = db_next(rows, e) ? db_int(rows, 1) : 0;
    if (db_rows_failed(rows) || !push_add(tx, push, push->digest, generation + 1, now, e))
        return false;
    free(push->confirm);
    free(push->confirm_text);
    push->confirm = mem_text("found");
    push->confirm_text = mem_format("the sweep saw %s at %s", push->digest, push->registry);
    return db_run(tx, e, SQL_push_found, "it", push->id, push->confirm_text);
}

bool push_ask(struct db_tx *tx, int64_t id, int64_t due, struct err *e)
{
    return db_run(tx, e, SQL_push_ask, "ii", id, due);
}

bool push_confirmed(struct db_tx *tx, int64_t id, const char *confirm, const char *text, const char *digest, bool *ret_first,
                    struct err *e)
{
    if (!db_run(tx, e, SQL_push_confirmed, "ittt", id, confirm, text, digest))
        return false;
    *ret_first = db_changes(tx) > 0;
    return true;
}

bool push_unconfirmed(struct db_tx *tx, void (*each)(void *context, int64_t id, int64_t due), void *context, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_push_unconfirmed, "");
    while (db_next(rows, e))
        each(context, db_int(rows, 0), db_int(rows, 1));
    return !db_rows_failed(rows);
}

/* ---- triggers */

void trigger_row_fini(struct trigger_row *row)
{
    char **texts[] = { &row->uuid, &row->project, &row->name, &row->image_pattern, &row->tag_pattern, &row->verify_push,
                       &row->refresh_token, &row->token_hash, &row->endpoint, &row->pipeline, &row->pipeline_state };
    for (size_t i = 0; i < ALEN(texts); i++)
        free(*texts[i]);
    json_decref(row->endpoint_properties);
    json_decref(row->input);
    json_decref(row->senders);
    *row = (struct trigger_row){ 0 };
}

static json_t *column_json(const struct db_rows *rows, int column)
{
    struct err broken = { 0 };
    json_t *json = NULL;
    const char *text = db_text(rows, column);
    return json_read(text, strlen(text), &json, &broken) ? json : json_object();
}

bool trigger_get(struct db_tx *tx, int64_t id, struct trigger_row *ret, bool *ret_found, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_trigger_get, "i", id);
    *ret_found = db_next(r, e);
    if (*ret_found)
        *ret = (struct trigger_row){
            .id = db_int(r, 0), .uuid = mem_text(db_text(r, 1)), .project_id = db_int(r, 2), .name = mem_text(db_text(r, 3)),
            .enabled = db_int(r, 4), .image_pattern = mem_text(db_text(r, 5)), .tag_pattern = mem_text(db_text(r, 6)),
            .verify_push = mem_text(db_text(r, 7)), .input = column_json(r, 8), .refresh_token = mem_text(db_text(r, 9)),
            .token_hash = mem_text(db_text(r, 10)), .endpoint_id = db_int(r, 11), .endpoint = mem_text(db_text(r, 12)),
            .endpoint_properties = column_json(r, 13), .pipeline_id = db_int(r, 14), .pipeline = mem_text(db_text(r, 15)),
            .pipeline_state = mem_text(db_text(r, 16)), .project = mem_text(db_text(r, 17)),
            .senders = column_json(r, 18), .disabled_at = db_int(r, 19), .enabled_at = db_int(r, 20),
            .run_limit = db_int(r, 21),
        };
    return !db_rows_failed(r);
}

bool triggers_of_endpoint(struct db_tx *tx, int64_t endpoint_id, const char *repository, int64_t **ret, size_t *ret_count,
                          int64_t *ret_all, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_webhooks_of_endpoint, "it", endpoint_id, repository);
    AUTO(db_rows) all = db_rows(tx, SQL_webhooks_count_of_endpoint, "ii", endpoint_id, (int64_t)TRIGGERS_COUNTED);
    if (!db_next(all, e))
        return false;
    *ret_all = db_int(all, 0);
    return rows_ids(rows, ret, ret_count, e);
}

/* ---- events */

bool inbox_event_add(struct db_tx *tx, struct inbox_event_new *v, int64_t *ret_id, struct err *e)
{
    if (!db_run(tx, e, SQL_inbox_event_add, "tizzztttttttttzii", id_new(v->uuid), v->project_id, v->delivery_id, v->push_id, v->webhook_id,
                v->webhook, v->pipeline, v->status, v->message, v->trace, v->registry, v->repository, v->tag, v->owner,
                v->execution_id, v->attempt, v->now))
        return err_wrap(e, "record the event of %s:%s", v->repository, v->tag);
    *ret_id = db_last_id(tx);
    return total_add(tx, "events", v->project_id, 1, e);
}

bool inbox_event_of_push(struct db_tx *tx, int64_t push_id, int64_t webhook_id, bool *ret_there, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_inbox_event_of_push, "ii", push_id, webhook_id);
    *ret_there = db_next(rows, e);
    return !db_rows_failed(rows);
}

bool inbox_event_set(struct db_tx *tx, int64_t id, const char *status, const char *message, int64_t execution_id, struct err *e)
{
    int64_t now = clock_now();
    return db_run(tx, e, SQL_inbox_event_set, "ittzi", id, status, message, execution_id, now) && db_run(tx, e, SQL_change_of_event, "ii", id, now);
}

bool inbox_event_waiting(struct db_tx *tx, int64_t push_id, struct inbox_event_waiting **ret, size_t *ret_count, struct err *e)
{
    AUTO_FREE struct inbox_event_waiting *found = NULL;
    size_t count = 0;
    AUTO(db_rows) rows = db_rows(tx, SQL_inbox_event_waiting, "i", push_id);
    while (db_next(rows, e)) {
        found = mem_resize(found, (count + 1) * sizeof *found);
        found[count++] = (struct inbox_event_waiting){ db_int(rows, 0), db_int(rows, 1), db_int(rows, 2) };
    }
    if (db_rows_failed(rows))
        return false;
    *ret = TAKE(found);
    *ret_count = count;
    return true;
}

bool inbox_event_get(struct db_tx *tx, int64_t id, struct inbox_event_row *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_inbox_event_get, "i", id);
    if (!db_next(rows, e))
        return db_rows_failed(rows) ? false : err_set(e, ERR_NOT_FOUND, "no such event");
    *ret = (struct inbox_event_row){ .id = db_int(rows, 0), .project_id = db_int(rows, 2), .push_id = db_int(rows, 3),
                               .webhook_id = db_int(rows, 4), .attempt = db_int(rows, 5), .execution_id = db_int(rows, 6), .delivery_id = db_int(rows, 8) };
    snprintf(ret->uuid, sizeof ret->uuid, "%s", db_text(rows, 1));
    snprintf(ret->status, sizeof ret->status, "%s", db_text(rows, 7));
    return true;
}

bool inbox_event_taken(struct db_tx *tx, int64_t push_id, int64_t webhook_id, bool *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_inbox_event_taken, "ii", push_id, webhook_id);
    *ret = db_next(rows, e);
    return !db_rows_failed(rows);
}

bool inbox_event_last(struct db_tx *tx, int64_t push_id, int64_t webhook_id, int64_t *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_inbox_event_last, "ii", push_id, webhook_id);
    if (!db_next(rows, e))
        return false;
    *ret = db_int(rows, 0);
    return true;
}

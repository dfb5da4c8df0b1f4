#include "store/watches.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/rows.h"
#include "store_sql.h"

void watch_row_fini(struct watch_row *row)
{
    char **texts[] = { &row->registry, &row->repository, &row->message, &row->project, &row->endpoint };
    for (size_t i = 0; i < ALEN(texts); i++)
        free(*texts[i]);
    *row = (struct watch_row){ 0 };
}

bool watch_get(struct db_tx *tx, int64_t id, struct watch_row *ret, bool *ret_found, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_watch_get, "i", id);
    *ret_found = db_next(r, e);
    if (*ret_found)
        *ret = (struct watch_row){
            .id = db_int(r, 0), .project_id = db_int(r, 1), .endpoint_id = db_int(r, 2), .checked_at = db_int(r, 3), .next_at = db_int(r, 4),
            .failures = db_int(r, 5), .requests = db_int(r, 6), .took = db_int(r, 7), .tags = db_int(r, 8), .registry = mem_text(db_text(r, 9)),
            .repository = mem_text(db_text(r, 10)), .message = mem_text(db_text(r, 11)), .project = mem_text(db_text(r, 12)),
            .endpoint = mem_text(db_text(r, 13)),
        };
    return !db_rows_failed(r);
}

/* ---- who watches */

void watching_fini(struct watching *row)
{
    free(row->patterns);
    free(row->tag_pattern);
    free(row->image_pattern);
    *row = (struct watching){ 0 };
}

void watching_free(struct watching *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        watching_fini(&rows[i]);
    free(rows);
}

static struct watching read_watching(const struct db_rows *r)
{
    return (struct watching){ .webhook_id = db_int(r, 0), .watch_id = db_int(r, 1), .since = db_int(r, 2), .baseline_at = db_int(r, 3),
                              .patterns = mem_text(db_text(r, 4)), .tag_pattern = mem_text(db_text(r, 5)),
                              .image_pattern = mem_text(db_text(r, 6)) };
}

bool watching_of(struct db_tx *tx, int64_t webhook_id, struct watching *ret, bool *ret_found, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_watching_of, "i", webhook_id);
    *ret_found = db_next(r, e);
    if (*ret_found)
        *ret = read_watching(r);
    return !db_rows_failed(r);
}

bool watchings(struct db_tx *tx, int64_t watch_id, struct watching **ret, size_t *ret_count, struct err *e)
{
    struct watching *found = NULL;
    size_t count = 0;
    AUTO(db_rows) r = db_rows(tx, SQL_watchings, "i", watch_id);
    while (db_next(r, e)) {
        found = mem_resize(found, (count + 1) * sizeof *found);
        found[count++] = read_watching(r);
    }
    if (db_rows_failed(r)) {
        watching_free(found, count);
        return false;
    }
    *ret = found;
    *ret_count = count;
    return true;
}

/* ---- joining and leaving */

static bool registry_add(struct db_tx *tx, const char *registry, int64_t requests, struct err *e)
{
    return !requests || db_run(tx, e, SQL_swept_registry_add, "ti", registry, requests);
}

/* What is known of a watch's tags holds no more. */
static bool watch_anew(struct db_tx *tx, int64_t id, const char *registry, int64_t now, struct err *e)
{
    return db_run(tx, e, SQL_watch_move, "it", id, registry) && db_run(tx, e, SQL_watched_tags_forget, "i", id) &&
           db_run(tx, e, SQL_watchings_anew, "ii", id, now);
}

static bool watch_make(struct db_tx *tx, const struct watch_wish *wish, int64_t now, int64_t *ret, struct err *e)
{
    AUTO_FREE char *registry = NULL;
    int64_t requests = 0;
    AUTO(db_rows) r = db_rows(tx, SQL_watch_make, "iitti", wish->project_id, wish->endpoint_id, wish->registry, wish->repository, now);
    if (!db_next(r, e))
        return err_wrap(e, "watch %s", wish->repository);
    *ret = db_int(r, 0);
    registry = mem_text(db_text(r, 1));
    requests = db_int(r, 2);
    db_rows_destroy(&r);
    if (text_is(registry, wish->registry))
        return true;
    return registry_add(tx, registry, -requests, e) && watch_anew(tx, *ret, wish->registry, now, e);
}

/* Is it where it is wanted? */
static bool watches_already(struct db_tx *tx, const struct watch_wish *wish, const struct watching *has, bool *ret, struct err *e)
{
    struct watch_row row = { 0 };
    bool found = false;
    if (!watch_get(tx, has->watch_id, &row, &found, e))
        return false;
    *ret = found && row.endpoint_id == wish->endpoint_id && text_is(row.registry, wish->registry) &&
           text_is(row.repository, wish->repository) && text_is(has->patterns, wish->patterns);
    watch_row_fini(&row);
    return true;
}

static bool watch_gone(struct db_tx *tx, int64_t id, struct err *e)
{
    struct watch_row row = { 0 };
    bool found = false;
    if (!watch_get(tx, id, &row, &found, e))
        return false;
    bool ok = !found || db_run(tx, e, SQL_watch_delete_idle, "i", id);
    ok = ok && (!found || !db_changes(tx) || registry_add(tx, row.registry, -row.requests, e));
    watch_row_fini(&row);
    return ok;
}

bool watch_join(struct db_tx *tx, const struct watch_wish *wish, int64_t now, struct err *e)
{
    struct watching has = { 0 };
    bool found = false, same = false;
    int64_t id = 0;
    if (!watching_of(tx, wish->webhook_id, &has, &found, e))
        return false;
    bool ok = !found || watches_already(tx, wish, &has, &same, e);
    int64_t before = has.watch_id;
    watching_fini(&has);
    if (!ok || same)
        return ok;
    if (!watch_make(tx, wish, now, &id, e) || !db_run(tx, e, SQL_watching_add, "iiti", wish->webhook_id, id, wish->patterns, now))
        return false;
    return !found || before == id || watch_gone(tx, before, e);
}

bool watch_leave(struct db_tx *tx, int64_t webhook_id, struct err *e)
{
    struct watching has = { 0 };
    bool found = false;
    if (!watching_of(tx, webhook_id, &has, &found, e))
        return false;
    int64_t id = has.watch_id;
    watching_fini(&has);
    return !found || (db_run(tx, e, SQL_watching_delete, "i", webhook_id) && watch_gone(tx, id, e));
}

bool watches_hurry(struct db_tx *tx, int64_t endpoint_id, int64_t now, struct err *e)
{
    return db_run(tx, e, SQL_watches_hurry, "ii", endpoint_id, now);
}

bool watches_wanted(struct db_tx *tx, int64_t after, int64_t limit, int64_t **ret, size_t *ret_count, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_watches_wanted, "ii", after, limit);
    return rows_ids(r, ret, ret_count, e);
}

/* ---- tags */

bool watched_tags(struct db_tx *tx, int64_t watch_id, void (*each)(void *context, const char *tag, const char *digest), void *context,
                  struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_watched_tags, "i", watch_id);
    while (db_next(r, e))
        each(context, db_text(r, 0), db_text(r, 1));
    return !db_rows_failed(r);
}

bool watched_tag(struct db_tx *tx, int64_t watch_id, const char *tag, char **ret_digest, int64_t *ret_seen_at, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_watched_tag, "it", watch_id, tag);
    bool found = db_next(r, e);
    *ret_digest = found ? mem_text(db_text(r, 0)) : NULL;
    *ret_seen_at = found ? db_int(r, 1) : 0;
    return !db_rows_failed(r);
}

bool watched_tag_put(struct db_tx *tx, int64_t watch_id, const char *tag, const char *digest, int64_t now, struct err *e)
{
    return db_run(tx, e, SQL_watched_tag_put, "itti", watch_id, tag, digest, now);
}

bool watched_tag_delete(struct db_tx *tx, int64_t watch_id, const char *tag, struct err *e)
{
    return db_run(tx, e, SQL_watched_tag_delete, "it", watch_id, tag);
}

/* ---- looks */

static bool due_of(struct db_tx *tx, const char *registry, int64_t of_each, size_t limit, struct watch_due *ret, size_t *ret_count,
                   struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_watches_due, "ti", registry, of_each);
    while (*ret_count < limit && db_next(r, e)) {
        struct watch_due *due = &ret[(*ret_count)++];
        *due = (struct watch_due){ .id = db_int(r, 0), .at = db_int(r, 1) };
        snprintf(due->registry, sizeof due->registry, "%s", registry);
    }
    return !db_rows_failed(r);
}

bool watches_due(struct db_tx *tx, const char *after, int64_t of_each, size_t limit, struct watch_due *ret, size_t *ret_count, struct err *e)
{
    AUTO_FREE char *registry = mem_text(after);
    *ret_count = 0;
    for (bool more = true; more && *ret_count < limit;) {
        AUTO(db_rows) next = db_rows(tx, SQL_watch_registry_next, "t", registry);
        more = db_next(next, e);
        if (db_rows_failed(next))
            return false;
        free(registry);
        registry = mem_text(more ? db_text(next, 0) : "");
        if (more && !due_of(tx, registry, of_each, limit, ret, ret_count, e))
            return false;
    }
    return true;
}

bool watch_done(struct db_tx *tx, const struct watch_row *row, const struct watch_look *look, struct err *e)
{
    struct watch_row now = { 0 };
    bool found = false;
    if (!watch_get(tx, row->id, &now, &found, e))
        return false;
    bool same = found && text_is(now.registry, row->registry); /* else it was moved meanwhile, and is due again */
    bool ok = !same || (registry_add(tx, row->registry, look->requests - now.requests, e) &&
                        db_run(tx, e, SQL_watch_done, "iiiiii", row->id, look->began, look->next_at, look->requests, look->took, look->tags) &&
                        db_run(tx, e, SQL_watch_baseline, "ii", row->id, look->began));
    watch_row_fini(&now);
    return ok;
}

bool watch_failed(struct db_tx *tx, int64_t id, const char *message, int64_t next_at, struct err *e)
{
    return db_run(tx, e, SQL_watch_failed, "iti", id, message, next_at);
}

bool swept_registry(struct db_tx *tx, const char *registry, int64_t *ret_requests, char **ret_message, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_swept_registry, "t", registry);
    bool found = db_next(r, e);
    *ret_requests = found ? db_int(r, 0) : 0;
    *ret_message = mem_text(found ? db_text(r, 1) : "");
    return !db_rows_failed(r);
}

bool swept_registry_tell(struct db_tx *tx, const char *registry, const char *message, int64_t now, struct err *e)
{
    return db_run(tx, e, SQL_swept_registry_tell, "tti", registry, message, now);
}

/* ---- the same push */

bool push_told(struct db_tx *tx, int64_t endpoint_id, const char *repository, const char *tag, const char *digest, int64_t webhook_id,
               int64_t since, bool *ret, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_push_told, "itttii", endpoint_id, repository, tag, digest, webhook_id, since);
    *ret = db_next(r, e);
    return !db_rows_failed(r);
}

bool push_swept(struct db_tx *tx, int64_t endpoint_id, const char *repository, const char *tag, const char *digest, int64_t webhook_id,
                int64_t *ret_first_at, int64_t *ret_index, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_push_swept, "ittti", endpoint_id, repository, tag, digest, webhook_id);
    bool found = db_next(r, e);
    *ret_first_at = found ? db_int(r, 0) : 0;
    *ret_index = found ? db_int(r, 1) : 0;
    return !db_rows_failed(r);
}

#include "store/ancestry.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/rows.h"
#include "store_sql.h"

/* Of a run that still works, or ended not long ago. */
static bool may_tell(struct db_tx *tx, const struct run_push *p, int64_t *ret_began, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_run_push_execution, "i", p->execution_id);
    if (!db_next(r, e))
        return db_rows_failed(r) ? false : err_set(e, ERR_NOT_FOUND, "no such execution");
    *ret_began = db_int(r, 0);
    if (db_int(r, 1) && db_int(r, 1) < p->created_at - ANCESTRY_TIME)
        return err_set(e, ERR_CONFLICT, "the execution ended more than an hour ago: what it pushed had to be told before");
    return db_int(r, 2) < RUN_PUSHES_MOST || err_set(e, ERR_CONFLICT, "an execution tells of at most %d pushes", RUN_PUSHES_MOST);
}

bool run_push_add(struct db_tx *tx, struct run_push *p, bool *ret_new, int64_t *ret_marked, struct err *e)
{
    int64_t began = 0;
    if (!db_run(tx, e, SQL_run_push_again, "itttti", p->execution_id, p->registry, p->repository, p->tag, p->digest, p->created_at))
        return false;
    *ret_new = !db_changes(tx);
    if (!may_tell(tx, p, &began, e))
        return false;
    if (*ret_new && !db_run(tx, e, SQL_run_push_insert, "iitttti", p->project_id, p->execution_id, p->registry, p->repository, p->tag, p->digest,
                            p->created_at))
        return false;
    if (!db_run(tx, e, SQL_run_push_mark, "iittttii", p->execution_id, p->project_id, p->registry, p->repository, p->tag, p->digest, began,
                p->created_at - ANCESTRY_TIME))
        return false;
    *ret_marked = db_changes(tx);
    return true;
}

bool run_pushes_each(struct db_tx *tx, int64_t execution_id, void (*each)(void *context, const struct run_push *push), void *context, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_run_pushes, "i", execution_id);
    while (db_next(r, e))
        each(context, &(struct run_push){ .execution_id = execution_id, .registry = db_text(r, 0), .repository = db_text(r, 1), .tag = db_text(r, 2),
                                          .digest = db_text(r, 3), .created_at = db_int(r, 4) });
    return !db_rows_failed(r);
}

bool run_push_newer(struct db_tx *tx, const struct run_push *p, char ret[300], struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_run_push_newer, "ittt", p->execution_id, p->registry, p->repository, p->tag);
    *ret = '\0';
    if (db_next(r, e))
        snprintf(ret, 300, "%.250s#%lld", db_text(r, 0), (long long)db_int(r, 1));
    return !db_rows_failed(r);
}

bool run_push_started_each(struct db_tx *tx, int64_t execution_id, void (*each)(void *context, const struct run_push_started *started), void *context, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_run_push_started, "i", execution_id);
    while (db_next(r, e))
        each(context, &(struct run_push_started){ .registry = db_text(r, 0), .repository = db_text(r, 1), .tag = db_text(r, 2), .uuid = db_text(r, 3), .name = db_text(r, 4),
                                                  .index = db_int(r, 5), .status = db_text(r, 6) });
    return !db_rows_failed(r);
}

bool run_push_find(struct db_tx *tx, const struct run_push *seen, int64_t *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_run_push_find, "ittttii", seen->project_id, seen->registry, seen->repository, seen->tag, seen->digest,
                                 seen->created_at - ANCESTRY_TIME, seen->created_at + ANCESTRY_TIME);
    return rows_id(rows, ret, e);
}

bool run_push_fits(struct db_tx *tx, int64_t execution_id, const struct run_push *seen, bool *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_run_push_fits, "itttt", execution_id, seen->registry, seen->repository, seen->tag, seen->digest);
    *ret = db_next(rows, e);
    return !db_rows_failed(rows);
}

bool push_made_by(struct db_tx *tx, int64_t push_id, int64_t execution_id, struct err *e)
{
    return db_run(tx, e, SQL_push_made_by, "iz", push_id, execution_id);
}

bool ancestor_get(struct db_tx *tx, int64_t execution_id, struct ancestor *ret, bool *ret_found, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_ancestor, "i", execution_id);
    *ret = (struct ancestor){ 0 };
    *ret_found = db_next(r, e);
    if (!*ret_found)
        return !db_rows_failed(r);
    *ret = (struct ancestor){ .pipeline_id = db_int(r, 0), .webhook_id = db_int(r, 1), .index = db_int(r, 3), .before = db_int(r, 6) };
    snprintf(ret->name, sizeof ret->name, "%s", db_text(r, 2));
    if (!db_null(r, 4))
        snprintf(ret->image, sizeof ret->image, "%s:%s", db_text(r, 4), db_text(r, 5));
    return true;
}

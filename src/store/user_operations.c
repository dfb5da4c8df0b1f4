#include "store/user_operations.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/mem.h"
#include "base/text.h"
#include "store/totals.h"
#include "store_sql.h"

void user_op_fini(struct user_op *op)
{
    char **texts[] = { &op->project, &op->execution, &op->pipeline, &op->name, &op->task, &op->index, &op->summary, &op->description, &op->status,
                       &op->requested_by, &op->responded_by, &op->email, &op->roles, &op->response };
    for (size_t i = 0; i < ALEN(texts); i++)
        free(*texts[i]);
    json_decref(op->approvers);
    json_decref(op->groups);
    json_decref(op->bound);
    *op = (struct user_op){ 0 };
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static char *written(const json_t *json, const char *otherwise)
{
    return json ? json_write(json) : mem_text(otherwise);
}

bool user_op_insert(struct db_tx *tx, struct user_op *op, struct err *e)
{
    AUTO_FREE char *approvers = written(op->approvers, "[]"), *groups = written(op->groups, "[]"), *bound = written(op->bound, "{}");
    id_new(op->uuid);
    free(op->index);
    op->index = mem_text_n(op->uuid + strlen(op->uuid) - 6, 6); /* the random end of a UUIDv7 */
    op->created_at = clock_now();
    if (!db_run(tx, e, SQL_user_op_insert, "tiiiiztttttttttii", op->uuid, op->project_id, op->execution_id, op->slot, op->attempt, op->pipeline_id, op->name,
                op->task, op->index, or_empty(op->summary), or_empty(op->description), approvers, groups, bound, or_empty(op->requested_by), op->expires_at,
                op->created_at))
        return err_wrap(e, "store what %s asks", op->task);
    op->id = db_last_id(tx);
    return change_add(tx, op->project_id, "user-operations", op->id, e);
}

static bool find(struct db_rows *r, int64_t *ret, struct err *e)
{
    *ret = db_next(r, e) ? db_int(r, 0) : 0;
    return !db_rows_failed(r);
}

bool user_op_of_task(struct db_tx *tx, int64_t execution_id, int64_t slot, int64_t attempt, int64_t *ret, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_user_op_of_task, "iii", execution_id, slot, attempt);
    return find(r, ret, e);
}

bool user_op_find(struct db_tx *tx, const char *uuid, int64_t *ret, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_user_op_find, "t", uuid);
    return find(r, ret, e);
}

static json_t *column_tree(const struct db_rows *r, int column)
{
    json_t *json = NULL;
    const char *text = db_text(r, column);
    return json_read(text, strlen(text), &json, NULL) ? json : json_array();
}

bool user_op_get(struct db_tx *tx, int64_t id, struct user_op *ret, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_user_op_get, "i", id);
    if (!db_next(r, e))
        return db_rows_failed(r) ? false : err_set(e, ERR_NOT_FOUND, "no such user operation");
    *ret = (struct user_op){
        .id = db_int(r, 0), .project_id = db_int(r, 2), .project = mem_text(db_text(r, 3)), .execution_id = db_int(r, 4), .execution = mem_text(db_text(r, 5)),
        .execution_index = db_int(r, 6), .pipeline = mem_text(db_text(r, 7)), .name = mem_text(db_text(r, 8)), .task = mem_text(db_text(r, 9)),
        .index = mem_text(db_text(r, 10)), .summary = mem_text(db_text(r, 11)), .description = mem_text(db_text(r, 12)), .approvers = column_tree(r, 13),
        .groups = column_tree(r, 14), .bound = column_tree(r, 15), .status = mem_text(db_text(r, 16)), .requested_by = mem_text(db_text(r, 17)),
        .responded_by = mem_text(db_text(r, 18)), .email = mem_text(db_text(r, 19)), .roles = mem_text(db_text(r, 20)), .response = mem_text(db_text(r, 21)),
        .expires_at = db_int(r, 22), .responded_at = db_int(r, 23), .created_at = db_int(r, 24), .updated_at = db_int(r, 25), .pipeline_id = db_int(r, 26),
    };
    snprintf(ret->uuid, sizeof ret->uuid, "%s", db_text(r, 1));
    return true;
}

bool user_op_end(struct db_tx *tx, const struct user_op *op, const struct user_op_end *end, bool *ret_first, struct err *e)
{
    if (!db_run(tx, e, SQL_user_op_end, "ittttti", op->id, end->status, or_empty(end->by), or_empty(end->email), or_empty(end->roles),
                or_empty(end->response), clock_now()))
        return false;
    *ret_first = db_changes(tx) > 0;
    return !*ret_first || change_add(tx, op->project_id, "user-operations", op->id, e);
}

bool user_op_delete(struct db_tx *tx, const struct user_op *op, struct err *e)
{
    if (!db_run(tx, e, SQL_user_op_delete, "i", op->id))
        return false;
    if (!db_changes(tx))
        return err_set(e, ERR_CONFLICT, "it is still asked, or its execution goes on; answer it, wait for the end, or cancel the execution");
    return change_add(tx, op->project_id, "user-operations", op->id, e);
}

bool user_ops_pending(struct db_tx *tx, const struct user_op *op, void (*each)(void *context, int64_t id), void *context, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_user_ops_pending, "iti", op->pipeline_id, op->task, op->id);
    while (db_next(r, e))
        each(context, db_int(r, 0));
    return !db_rows_failed(r);
}

bool user_ops_approved(struct db_tx *tx, int64_t execution_id, json_t **ret, struct err *e)
{
    AUTO_JSON *all = json_array();
    AUTO(db_rows) r = db_rows(tx, SQL_user_ops_approved, "i", execution_id);
    while (db_next(r, e))
        json_array_append_new(all, json_pack("{s:s, s:s, s:o}", "index", db_text(r, 0), "by", db_text(r, 1), "bound", column_tree(r, 2)));
    if (!db_rows_failed(r))
        *ret = TAKE(all);
    return !db_rows_failed(r);
}

bool user_groups(struct db_tx *tx, int64_t user_id, json_t **ret, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_user_groups, "i", user_id);
    bool found = db_next(r, e);
    if (db_rows_failed(r))
        return false;
    *ret = found ? column_tree(r, 0) : json_array();
    return true;
}

/* store/user_operations.h - what runs ask of people, and what those said. */
#pragma once

#include "base/json.h"
#include "db/db.h"

struct user_op { /* texts and trees are its own */
    int64_t id, project_id, execution_id, slot, attempt, pipeline_id, execution_index; /* slot, attempt: for inserting only */
    int64_t expires_at, responded_at, created_at, updated_at;
    char uuid[37];
    char *project, *execution, *pipeline; /* execution, pipeline: uuids; pipeline "" when it is gone */
    char *name, *task, *index;            /* the pipeline's name; "Stage.Task"; six hexadecimal digits */
    char *summary, *description, *status, *requested_by, *responded_by, *email, *roles, *response;
    json_t *approvers, *groups;           /* arrays of texts */
    json_t *bound;                        /* object: what is approved */
};
void user_op_fini(struct user_op *op);

/* Fills id, uuid and index. */
bool user_op_insert(struct db_tx *tx, struct user_op *op, struct err *e);
bool user_op_of_task(struct db_tx *tx, int64_t execution_id, int64_t slot, int64_t attempt, int64_t *ret, struct err *e); /* 0: not asked yet */
bool user_op_find(struct db_tx *tx, const char *uuid, int64_t *ret, struct err *e);                                       /* 0: none */
bool user_op_get(struct db_tx *tx, int64_t id, struct user_op *ret, struct err *e);                                       /* ERR_NOT_FOUND */

struct user_op_end { /* borrowed */
    const char *status; /* APPROVED | REJECTED | CANCELED | EXPIRED */
    const char *by, *email, *roles, *response; /* NULL counts as "" */
};
/* *ret_first false: it had ended before, and nothing changed. */
bool user_op_end(struct db_tx *tx, const struct user_op *op, const struct user_op_end *end, bool *ret_first, struct err *e);
bool user_op_delete(struct db_tx *tx, const struct user_op *op, struct err *e); /* ERR_CONFLICT while it is ACTIVE, or its execution goes on */
/* The others that the same task of the same pipeline still asks. */
bool user_ops_pending(struct db_tx *tx, const struct user_op *op, void (*each)(void *context, int64_t id), void *context, struct err *e);
/* [{"index", "by", "bound"}] of those that people approved in an execution; the caller's. */
bool user_ops_approved(struct db_tx *tx, int64_t execution_id, json_t **ret, struct err *e);
/* Array of texts; the caller's. */
bool user_groups(struct db_tx *tx, int64_t user_id, json_t **ret, struct err *e);

/* store/windows.h - when runs may begin, as it is stored; and the executions that wait for that. What it means is pipeline/gate.h's matter. */
#pragma once

#include "db/db.h"
#include "pipeline/gate.h"

/* Whether runs of a pipeline may begin now. What cannot be judged (a time zone that is not known here any more) is closed, for an hour. A
 * pipeline that is gone is open. */
bool windows_gate(struct db_tx *tx, int64_t pipeline_id, int64_t now, struct gate *ret, struct err *e);

/* Its queued executions wait for it, and say why; or (gate->open) do no longer. What was let go already is left alone. */
bool windows_hold(struct db_tx *tx, int64_t pipeline_id, const struct gate *gate, int64_t until, struct err *e);
/* Also of one that runs, for what of it waits. ERR_CONFLICT: it does not wait for a window, or is over. */
bool windows_free(struct db_tx *tx, int64_t execution_id, struct err *e);
bool windows_is_free(struct db_tx *tx, int64_t execution_id, bool *ret, struct err *e);
/* Pipelines whose queued executions are due (*ret is the caller's), and when the next are; 0: none wait. */
bool windows_due(struct db_tx *tx, int64_t now, int64_t **ret, size_t *ret_count, struct err *e);
bool windows_next(struct db_tx *tx, int64_t *ret, struct err *e);

/* A project's own: an array as pipeline/windows.h has it; a new reference. */
bool project_windows(struct db_tx *tx, int64_t project_id, json_t **ret, struct err *e);
bool project_windows_put(struct db_tx *tx, int64_t project_id, const json_t *windows, const char *by, struct err *e);

/* store/artifacts.h - files that tasks kept with their runs. */
#pragma once

#include "base/json.h"
#include "db/db.h"

struct artifact {
    int64_t id, size; /* bytes */
    char path[300];   /* in the container; cut where it is longer */
    bool folder;      /* it is a tar archive of one */
};
/* *ret_found false: the run has none such. Only whole ones are there. */
bool artifact_find(struct db_tx *tx, int64_t execution_id, const char *stage, const char *task, int64_t number, struct artifact *ret, bool *ret_found, struct err *e);
/* [{"stage", "task", "number", "path", "folder", "size"}]; a new reference. */
bool artifacts_of(struct db_tx *tx, int64_t execution_id, json_t **ret, struct err *e);
/* The bytes behind *after (a cursor; 0: from the beginning), which moves; at most 1 MiB. "" at the end. */
bool artifact_read(struct db_tx *tx, int64_t id, int64_t *after, struct text *ret, struct err *e);

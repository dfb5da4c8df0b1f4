/* store/totals.h - counts kept up to date in the transaction that changes them, so that lists need not count; and the
 * change sequence. */
#pragma once

#include "db/db.h"

bool total_add(struct db_tx *tx, const char *kind, int64_t project_id, int64_t change, struct err *e);
bool change_add(struct db_tx *tx, int64_t project_id, const char *kind, int64_t object_id, struct err *e);

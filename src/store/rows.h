/* store/rows.h - small helps for those who read rows; of this room only. */
#pragma once

#include "base/json.h"
#include "db/db.h"

/* The first column of the first row; 0 when there is none. */
bool rows_id(struct db_rows *rows, int64_t *ret, struct err *e);
/* The first column of all rows, the caller's to free; NULL when there is none. */
bool rows_ids(struct db_rows *rows, int64_t **ret, size_t *ret_count, struct err *e);
json_t *rows_json(const struct db_rows *rows, int column); /* an empty object when it is no JSON; a new reference */
char *rows_text(const struct db_rows *rows, int column);   /* a copy; NULL for SQL's NULL */
/* First columns joined by ", "; the caller's. */
bool rows_joined(struct db_rows *rows, char **ret, struct err *e);

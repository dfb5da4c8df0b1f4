#include "store/totals.h"

#include "base/clock.h"
#include "store_sql.h"

bool total_add(struct db_tx *tx, const char *kind, int64_t project_id, int64_t change, struct err *e)
{
    return db_run(tx, e, SQL_total_add, "tii", kind, project_id, change);
}

bool change_add(struct db_tx *tx, int64_t project_id, const char *kind, int64_t object_id, struct err *e)
{
    return db_run(tx, e, SQL_change_add, "itii", project_id, kind, object_id, clock_now());
}

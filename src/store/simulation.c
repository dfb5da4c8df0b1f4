#include "store/simulation.h"

#include "base/mem.h"
#include "store_sql.h"

bool simulation_listener(struct db_tx *tx, int64_t delivery_id, int64_t *ret_endpoint_id, int64_t *ret_webhook_id, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_simulation_listener, "i", delivery_id);
    *ret_endpoint_id = *ret_webhook_id = 0;
    if (db_next(r, e)) {
        *ret_endpoint_id = db_int(r, 0);
        *ret_webhook_id = db_int(r, 1);
    }
    return !db_rows_failed(r);
}

/* store/simulation.h - what only a simulation asks. */
#pragma once

#include "db/db.h"

/* Whose URL a delivery came to; one of them is 0. Both are when it is gone. */
bool simulation_listener(struct db_tx *tx, int64_t delivery_id, int64_t *ret_endpoint_id, int64_t *ret_webhook_id, struct err *e);

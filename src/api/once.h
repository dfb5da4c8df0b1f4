/* api/once.h - a request that is repeated with the same Idempotency-Key has happened once: the repeat gets the first answer. */
#pragma once

#include "api/call.h"

/* In a WRITE handler: make answers, and its answer is kept for a day. Without a key make simply runs, unless the key must be there. The
 * same key for another request (path, query or body) is ERR_CONFLICT. A failure is not kept. */
bool call_once(struct call *c, bool must, bool (*make)(struct call *c, void *context, struct err *e), void *context, struct err *e);

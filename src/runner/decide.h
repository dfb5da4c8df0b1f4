/* runner/decide.h - from a push to executions, with reasons. All of it runs inside a write. Not for other rooms. */
#pragma once

#include "runner/inside.h"

struct event;

/* A pushed image reaches the triggers of a listener: of one webhook, or (webhook_id 0) of an endpoint. */
bool decide_push(struct runner *r, struct db_tx *tx, int64_t delivery_id, int64_t project_id, int64_t endpoint_id, int64_t webhook_id,
                 const struct event *event, struct wakes *wakes, struct err *e);

/* The registry answered about a push, or nobody did in time: its waiting events start or end. silence (NULL: what it
 * said is stored): why there is no answer yet; only those that do not insist on one go on. */
bool decide_confirmed(struct runner *r, struct db_tx *tx, int64_t push_id, const char *silence, struct wakes *wakes, struct err *e);

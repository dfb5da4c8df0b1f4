/* runner/notify.h - what executions tell reaches people and other systems: mails, webhooks, tickets. Loop.
 *
 * A step that has something to tell stores it as rows of the outbox (store/notifications.h) in its own transaction. What is due is tried here, a few
 * at once for each receiver, again with growing pauses until it arrives, is refused for good, or its time is over. No run waits for it.
 * A try may be repeated after a crash; its key is the same each time.
 */
#pragma once

#include "runner/runner.h"

#define NOTIFY_TRIED CLOCK_DAY /* so long is it tried, unless config says otherwise */

void runner_wake_notifications(struct runner *r); /* rows became due: after the commit */
/* For how long what begins now is tried: micros UTC. */
int64_t runner_notify_until(const struct runner *r);

/* runner/asks.h - user operations that runs of this process wait for; loop. Not for other rooms. */
#pragma once

#include "runner/inside.h"
#include "store/user_operations.h"

struct ask;
/* Stores op (taken over; emptied) unless this attempt of its task asked before, and waits for its end. begun: it is asked, and as it stands;
 * ended: once, later (*ask is gone then): op NULL: it could not be asked, and e says why. replaces: older ones of the same task are canceled. mail: the
 * endpoint by which those who may answer are told ("": none is named); NULL: they are not. */
struct ask *ask_start(struct runner *r, struct user_op *op, bool replaces, const char *mail, void (*begun)(void *context, const struct user_op *op),
                      void (*ended)(void *context, const struct user_op *op, const struct err *e), void *context);
void ask_cancel(struct ask *ask, const char *reason); /* ended still runs, perhaps with an answer that came first */
void ask_drop(struct ask *ask);                       /* nobody waits any more; it stays asked */

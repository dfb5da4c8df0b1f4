/* runner/ancestry.h - no loops: a push that a run made starts no pipeline and no webhook that stands among that run's own ancestors.
 *
 * run -> the push that started it -> the run that made that push -> ... through any number of triggers, and at most ANCESTORS_MOST
 * runs back. Inside a write.
 */
#pragma once

#include "runner/decide_work.h"

enum { ANCESTORS_MOST = 32 };

/* Finds out which run made d->push, as far as it is known now, and stores it. */
bool ancestry_mark(struct decision *d, struct err *e);
/* Whether this push would go round in circles; why names the chain. */
bool ancestry_loops(struct decision *d, const struct trigger_row *t, bool *ret, char why[700], struct err *e);

/* proxy/journal.h - webhooks that came to a Cloud Proxy, on its disk until the server has them.
 *
 * SQLite in one folder: a webhook is on the disk before it is answered, and
 * numbered in the order in which they came. Loop only; what is done is told
 * later, on the loop. Cost: O(log n) each.
 */
#pragma once

#include "base/ids.h"
#include "base/json.h"
#include "loop/loop.h"

struct journal;

bool journal_open(struct loop *loop, const char *folder, struct journal **ret, struct err *e); /* the folder is made */
void journal_close(struct journal **journal);
const char *journal_id(const struct journal *j); /* a new journal has another */

struct journal_entry {
    int64_t number, at;  /* filled by journal_next; at: clock_now when it came */
    const char *path, *query, *remote, *headers; /* headers: JSON, [[name, value], ...] */
    const void *body;
    size_t body_size;
};

/* What e points to is copied. done: e NULL: on the disk. */
void journal_add(struct journal *j, const struct journal_entry *entry, void (*done)(void *context, const struct err *e), void *context);
/* The first behind a number; NULL: there is none (e NULL) or it could not be read. waiting: how many are there, this one too. */
void journal_next(struct journal *j, int64_t behind, void (*done)(void *context, const struct journal_entry *entry, int64_t waiting, const struct err *e),
                  void *context);
void journal_forget(struct journal *j, int64_t number); /* and all before it */

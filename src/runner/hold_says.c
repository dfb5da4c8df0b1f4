/* A hold in words, and its end by a person's hand. */
#include <stdio.h>

#include "base/mem.h"
#include "base/text.h"
#include "runner/holds.h"

void hold_says(const struct hold *h, bool event, char out[HOLD_TEXT])
{
    bool stops = text_ends(h->reason, "."), over = *h->outcome;
    snprintf(out, HOLD_TEXT, "%s%.60s#%lld failed with %.120s:%.60s: %.240s%s %.240s%s It goes on when a newer image passes%s, or by slipway release webhook %.60s",
             event ? "held: " : "", h->name, (long long)h->index, h->repository, h->tag, h->reason, stops ? "" : ".",
             over ? h->outcome : "What it did is being undone", over && text_ends(h->outcome, ".") ? "" : ".",
             event ? " (slipway release EVENT lets this one try)" : "", h->webhook);
    text_mend(out);
}

bool holds_release(struct db_tx *tx, int64_t webhook_id, struct err *e)
{
    AUTO_FREE int64_t *ids = NULL;
    size_t count = 0;
    bool ok = holds_of(tx, webhook_id, &ids, &count, e);
    for (size_t i = 0; ok && i < count; i++) {
        struct hold h = { 0 };
        bool found = false;
        ok = hold_get(tx, ids[i], &h, &found, e) && (!found || (hold_let_go(tx, &h, 0, "", "", e) && hold_delete(tx, &h, e)));
        hold_fini(&h);
    }
    return ok && (count || err_set(e, ERR_CONFLICT, "the webhook holds nothing"));
}

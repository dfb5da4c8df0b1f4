#include "runner/ancestry.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "store/ancestry.h"

#define LINKS_SHOWN 6 /* of a long chain */

static bool mark(struct decision *d, int64_t execution_id, struct err *e)
{
    d->push.execution_id = execution_id;
    return push_made_by(d->tx, d->push.id, execution_id, e);
}

bool ancestry_mark(struct decision *d, struct err *e)
{
    struct run_push seen = { .project_id = d->push.project_id, .registry = d->push.registry, .repository = d->push.repository, .tag = d->push.tag,
                             .digest = d->push.digest, .created_at = d->push.first_at };
    int64_t found = 0;
    bool fits = true;
    if (d->push.execution_id && (!run_push_fits(d->tx, d->push.execution_id, &seen, &fits, e) || fits))
        return fits;
    return run_push_find(d->tx, &seen, &found, e) && (found == d->push.execution_id || mark(d, found, e));
}

static void tell_link(struct text *out, const struct ancestor *at, const char *pushed, bool first)
{
    text_addf(out, first ? "%.60s#%lld pushed %.120s" : ", which started %.60s#%lld, which pushed %.120s", at->name, (long long)at->index, pushed);
}

/* chain[0] made the push, chain[count - 1] is the one that comes again. */
static void tell_chain(const struct decision *d, const struct ancestor *chain, size_t count, const char *pipeline, char why[700])
{
    AUTO_TEXT out = { 0 };
    AUTO_FREE char *image = mem_format("%s:%s", d->push.repository, d->push.tag);
    for (size_t i = count; i-- > 0;) {
        if (count > LINKS_SHOWN && i > 1 && i < count - 2) {
            text_add(&out, i == 2 ? ", and so on" : "");
            continue;
        }
        tell_link(&out, &chain[i], i ? chain[i - 1].image : image, i == count - 1);
    }
    snprintf(why, 700, "a loop is stopped here: %s, which would start %.60s again", text_of(&out), pipeline);
    text_mend(why);
}

bool ancestry_loops(struct decision *d, const struct trigger_row *t, bool *ret, char why[700], struct err *e)
{
    struct ancestor chain[ANCESTORS_MOST];
    int64_t at = d->push.execution_id;
    *ret = false;
    for (size_t i = 0; at; i++) {
        bool found = false;
        if (i == ANCESTORS_MOST) {
            snprintf(why, 700, "a loop is stopped here: each of %d runs was started by the push of the one before", ANCESTORS_MOST);
            return *ret = true;
        }
        if (!ancestor_get(d->tx, at, &chain[i], &found, e))
            return false;
        if (found && (chain[i].pipeline_id == t->pipeline_id || chain[i].webhook_id == t->id)) {
            tell_chain(d, chain, i + 1, t->pipeline, why);
            return *ret = true;
        }
        at = chain[i].before;
    }
    return true;
}

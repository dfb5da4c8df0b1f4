/* POST apply: {"documents": [...], "project", "dryRun", "prune", "expect"}: all become as they are described, or none does. The answer tells of
 * each what came of it and what changes; a dry run does it all and keeps nothing of it. */
#include "api/documents.h"
#include "api/resources.h"
#include "base/mem.h"

static size_t count_of(const json_t *rows, const char *status)
{
    size_t i, count = 0;
    json_t *row;
    json_array_foreach((json_t *)rows, i, row)
        count += text_is(json_text_at(row, "status", ""), status);
    return count;
}

static bool prune(struct documents *d, const json_t *list, bool dry, struct err *e)
{
    if (!documents_prune(d, list, e))
        return false;
    size_t gone = count_of(d->rows, "DELETED");
    int64_t expected = json_int_at(d->c->body, "expect", (int64_t)gone);
    return dry || expected == (int64_t)gone ||
           err_set(e, ERR_CONFLICT, "%zu things would be deleted now, and not %lld as when you looked: nothing was changed; look again", gone, (long long)expected);
}

static json_t *answer(const struct documents *d, bool dry)
{
    static const char *const STATUSES[] = { "CREATED", "UPDATED", "UNCHANGED", "DELETED", "KEPT" }, *const KEYS[] = { "created", "updated", "unchanged", "deleted", "kept" };
    json_t *json = json_pack("{s:b, s:O}", "dryRun", dry, "documents", d->rows);
    for (size_t i = 0; i < ALEN(STATUSES); i++)
        json_object_set_new(json, KEYS[i], json_integer((json_int_t)count_of(d->rows, STATUSES[i])));
    return json;
}

bool apply_post(struct call *c, struct err *e)
{
    bool dry = false, pruned = false;
    const json_t *list = json_object_get(c->body, "documents");
    struct documents d = { .c = c, .project = call_text(c, "project", "default"), .apply = true };
    if (!json_is_array(list))
        return err_field(e, "documents", "documents must be a list of objects");
    bool ok = json_take_bool(c->body, "dryRun", &dry, e) && json_take_bool(c->body, "prune", &pruned, e) && documents_save(&d, list, e) &&
              (!pruned || prune(&d, list, dry, e)) && call_answer(c, 200, answer(&d, dry));
    c->rehearsal = dry;
    documents_fini(&d);
    return ok;
}

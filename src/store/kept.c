#include "store/kept.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "store/objects.h"
#include "store_sql.h"

bool kept_put(struct db_tx *tx, const struct kept_object *o, struct err *e)
{
    return db_run(tx, e, SQL_kept_put, "tiiitiittttttiti", o->uuid, o->project_id, o->pipeline_id, o->endpoint_id, o->cluster, o->execution_id, o->task,
                  o->namespace_, o->kind, o->name, o->run, o->run_name, o->images, (int64_t)o->forced, o->content, clock_now());
}

bool kept_clear(struct db_tx *tx, int64_t execution_id, int64_t task, struct err *e)
{
    return db_run(tx, e, SQL_kept_clear, "ii", execution_id, task);
}

static bool left(struct db_tx *tx, int64_t execution_id, int64_t task, const json_t *object, struct err *e)
{
    return db_run(tx, e, SQL_kept_leave, "iittt", execution_id, task, json_text_at(object, "namespace", ""), json_text_at(object, "kind", ""),
                  json_text_at(object, "name", ""));
}

static bool gone(struct db_tx *tx, int64_t endpoint_id, const json_t *object, struct err *e)
{
    const char *kind = json_text_at(object, "kind", ""), *name = json_text_at(object, "name", "");
    int64_t at = json_int_at(object, "at", 0);
    return (!text_is(kind, "Namespace") || db_run(tx, e, SQL_kept_gone_namespace, "iti", endpoint_id, name, at)) &&
           db_run(tx, e, SQL_kept_gone, "ittti", endpoint_id, json_text_at(object, "namespace", ""), kind, name, at);
}

bool kept_result(struct db_tx *tx, int64_t execution_id, int64_t task, const json_t *places, struct err *e)
{
    const json_t *superseded = json_object_get(places, "superseded"), *objects = json_object_get(places, "objects");
    int64_t endpoint = 0;
    bool ok = endpoint_find(tx, json_text_at(places, "endpoint", ""), &endpoint, e);
    for (size_t i = 0; ok && i < json_array_size(superseded); i++)
        ok = left(tx, execution_id, task, json_array_get(superseded, i), e);
    for (size_t i = 0; ok && i < json_array_size(objects); i++)
        if (json_bool_at(json_array_get(objects, i), "gone", false))
            ok = gone(tx, endpoint, json_array_get(objects, i), e);
    return ok;
}

bool kept_passed(struct db_tx *tx, int64_t execution_id, struct err *e)
{
    return db_run(tx, e, SQL_kept_pass_failed, "i", execution_id) && db_run(tx, e, SQL_kept_pass_outdated, "i", execution_id) &&
           db_run(tx, e, SQL_kept_pass_replace, "i", execution_id) && db_run(tx, e, SQL_kept_pass, "i", execution_id);
}

bool kept_dropped(struct db_tx *tx, int64_t execution_id, struct err *e)
{
    return db_run(tx, e, SQL_kept_drop, "i", execution_id);
}

bool kept_moved(struct db_tx *tx, int64_t from_id, int64_t to_id, struct err *e)
{
    return db_run(tx, e, SQL_kept_move, "ii", from_id, to_id);
}

static json_t *read_one(const struct db_rows *r)
{
    json_t *one = json_pack("{s:s, s:s, s:s, s:s}", "namespace", db_text(r, 0), "kind", db_text(r, 1), "name", db_text(r, 2), "putBy", db_text(r, 3));
    if (db_null(r, 4))
        return one;
    static const char *const KEYS[] = { "uuid", "content", "run", "of", "images", "cluster" };
    for (size_t i = 0; i < ALEN(KEYS); i++)
        json_set_text(one, KEYS[i], db_text(r, 4 + (int)i));
    json_object_set_new(one, "force", json_boolean(db_int(r, 10)));
    return one;
}

bool kept_restore(struct db_tx *tx, int64_t execution_id, int64_t task, json_t **ret, struct err *e)
{
    AUTO_JSON *all = json_array();
    AUTO(db_rows) r = db_rows(tx, SQL_kept_restore, "ii", execution_id, task);
    while (db_next(r, e))
        json_array_append_new(all, read_one(r));
    if (db_rows_failed(r))
        return false;
    *ret = json_incref(all);
    return true;
}

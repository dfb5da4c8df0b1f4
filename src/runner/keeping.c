#include "runner/keeping.h"

#include <string.h>

#include "base/ids.h"
#include "base/mem.h"
#include "store/kept.h"
#include "store/objects.h"

static bool store_one(struct runner *r, struct db_tx *tx, struct kept_object *kept, const json_t *one, struct err *e)
{
    char uuid[ID_TEXT];
    AUTO_FREE char *identity = seal_of_kept(id_new(uuid)), *plain = json_write(json_object_get(one, "object"));
    AUTO_FREE char *sealed = seal_close(r->config.seal, identity, plain, strlen(plain));
    kept->uuid = uuid;
    kept->content = sealed;
    kept->namespace_ = json_text_at(one, "namespace", "");
    kept->kind = json_text_at(one, "kind", "");
    kept->name = json_text_at(one, "name", "");
    kept->images = json_text_at(one, "images", "");
    return kept_put(tx, kept, e);
}

bool keeping_store(struct runner *r, struct db_tx *tx, const struct run_row *row, size_t task, const json_t *puts, struct err *e)
{
    AUTO_FREE char *name = mem_format("%s#%lld", row->name, (long long)row->index);
    struct kept_object kept = { .project_id = row->project_id, .pipeline_id = row->pipeline_id, .execution_id = row->id, .task = (int64_t)task, .run = row->uuid,
                                .run_name = name, .cluster = json_text_at(puts, "cluster", ""), .forced = json_bool_at(puts, "force", false) };
    const json_t *objects = json_object_get(puts, "objects");
    int64_t pipeline = 0;
    if (!pipeline_find(tx, row->pipeline_uuid, &pipeline, e) || !endpoint_find(tx, json_text_at(puts, "endpoint", ""), &kept.endpoint_id, e))
        return false;
    if (!pipeline || !kept.endpoint_id) /* deleted meanwhile */
        return true;
    bool ok = kept_clear(tx, row->id, (int64_t)task, e);
    for (size_t i = 0; ok && i < json_array_size(objects); i++)
        ok = store_one(r, tx, &kept, json_array_get(objects, i), e);
    return ok || err_wrap(e, "keep what is put on the cluster");
}

bool keeping_step(struct db_tx *tx, const struct run_row *row, const struct execution *after, struct err *e)
{
    if (!(after->pipeline->on_failed & PIPELINE_RESTORES))
        return true;
    if (after->status == RUN_COMPLETED)
        return kept_passed(tx, row->id, e);
    if (after->status == RUN_ROLLBACK_COMPLETED || after->status == RUN_ROLLBACK_FAILED)
        return kept_dropped(tx, row->id, e);
    return true; /* another may go on from one that failed otherwise */
}

static bool open_one(const struct seal *seal, json_t *one, struct err *e)
{
    const char *sealed = json_text_at(one, "content", NULL);
    if (!sealed)
        return true;
    json_t *object = NULL;
    AUTO_FREE char *identity = seal_of_kept(json_text_at(one, "uuid", "")), *plain = NULL;
    if (!seal_open(seal, identity, sealed, &plain, NULL, e) || !json_read(plain, strlen(plain), &object, e))
        return err_wrap(e, "%s %s, as it was verified last", json_text_at(one, "kind", ""), json_text_at(one, "name", ""));
    json_object_set_new(one, "object", object);
    json_object_del(one, "content");
    return true;
}

bool keeping_open(const struct seal *seal, struct db_tx *tx, int64_t execution_id, size_t task, json_t **ret, struct err *e)
{
    AUTO_JSON *all = NULL;
    if (!kept_restore(tx, execution_id, (int64_t)task, &all, e))
        return false;
    for (size_t i = 0; i < json_array_size(all); i++)
        if (!open_one(seal, json_array_get(all, i), e))
            return false;
    *ret = json_incref(all);
    return true;
}

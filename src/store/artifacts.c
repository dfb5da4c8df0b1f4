#include "store/artifacts.h"

#include <stdio.h>
#include <zlib.h>

#include "base/mem.h"
#include "store_sql.h"

bool artifact_find(struct db_tx *tx, int64_t execution_id, const char *stage, const char *task, int64_t number, struct artifact *ret, bool *ret_found, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_artifact_find, "itti", execution_id, stage, task, number);
    *ret_found = db_next(r, e);
    if (!*ret_found)
        return !db_rows_failed(r);
    *ret = (struct artifact){ .id = db_int(r, 0), .folder = db_int(r, 2), .size = db_int(r, 3) };
    snprintf(ret->path, sizeof ret->path, "%s", db_text(r, 1));
    return true;
}

bool artifacts_of(struct db_tx *tx, int64_t execution_id, json_t **ret, struct err *e)
{
    AUTO_JSON *list = json_array();
    AUTO(db_rows) r = db_rows(tx, SQL_artifacts_of, "i", execution_id);
    while (db_next(r, e)) {
        json_t *one = json_object();
        json_set_text(one, "stage", db_text(r, 1));
        json_set_text(one, "task", db_text(r, 2));
        json_object_set_new(one, "number", json_integer(db_int(r, 3)));
        json_set_text(one, "path", db_text(r, 4));
        json_object_set_new(one, "folder", json_boolean(db_int(r, 5)));
        json_object_set_new(one, "size", json_integer(db_int(r, 6)));
        json_array_append_new(list, one);
    }
    if (db_rows_failed(r))
        return false;
    *ret = json_incref(list);
    return true;
}

bool artifact_read(struct db_tx *tx, int64_t id, int64_t *after, struct text *ret, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_artifact_read, "ii", id, *after);
    while (db_next(r, e)) {
        size_t packed = 0;
        const void *chunk = db_blob(r, 2, &packed);
        uLongf size = (uLongf)db_int(r, 1);
        AUTO_FREE unsigned char *plain = mem_alloc(size + 1);
        *after = db_int(r, 0);
        if (uncompress(plain, &size, chunk, packed) != Z_OK)
            return err_set(e, ERR_INTERNAL, "a piece of a file is damaged");
        text_add_n(ret, plain, size);
    }
    return !db_rows_failed(r);
}

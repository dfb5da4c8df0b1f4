#include "store/rows.h"

#include <string.h>

#include "base/mem.h"

bool rows_id(struct db_rows *rows, int64_t *ret, struct err *e)
{
    *ret = db_next(rows, e) ? db_int(rows, 0) : 0;
    return !db_rows_failed(rows);
}

bool rows_ids(struct db_rows *rows, int64_t **ret, size_t *ret_count, struct err *e)
{
    AUTO_FREE int64_t *ids = NULL;
    size_t count = 0;
    while (db_next(rows, e)) {
        if ((count & (count - 1)) == 0) /* 0, 1, 2, 4, ...: it is full */
            ids = mem_resize(ids, (count ? count * 2 : 1) * sizeof *ids);
        ids[count++] = db_int(rows, 0);
    }
    if (db_rows_failed(rows))
        return false;
    *ret = TAKE(ids);
    *ret_count = count;
    return true;
}

json_t *rows_json(const struct db_rows *rows, int column)
{
    struct err broken = { 0 };
    json_t *json = NULL;
    const char *text = db_text(rows, column);
    return json_read(text, strlen(text), &json, &broken) ? json : json_object();
}

char *rows_text(const struct db_rows *rows, int column)
{
    return db_null(rows, column) ? NULL : mem_text(db_text(rows, column));
}

bool rows_joined(struct db_rows *rows, char **ret, struct err *e)
{
    AUTO_TEXT joined = { 0 };
    while (db_next(rows, e)) {
        if (joined.length)
            text_add(&joined, ", ");
        text_add(&joined, db_text(rows, 0));
    }
    if (db_rows_failed(rows))
        return false;
    *ret = text_take(&joined);
    return true;
}

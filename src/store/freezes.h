/* store/freezes.h - times in which no run of a project, or of some of its pipelines, may begin. As store/objects.h. */
#pragma once

#include "store/objects.h"

struct freeze_row {
    struct object object;
    int64_t begins_at, ends_at;
    char *time_zone;
    json_t *pipelines, *tags; /* arrays of texts */
};
void freeze_row_fini(struct freeze_row *row);
bool freeze_find(struct db_tx *tx, const char *uuid, int64_t *ret, struct err *e);
bool freeze_find_named(struct db_tx *tx, const char *project, const char *name, int64_t *ret, struct err *e);
bool freeze_get(struct db_tx *tx, int64_t id, struct freeze_row *ret, struct err *e);
bool freeze_insert(struct db_tx *tx, struct freeze_row *row, struct err *e); /* fills object.id and uuid */
bool freeze_update(struct db_tx *tx, const struct freeze_row *row, struct err *e);
bool freeze_delete(struct db_tx *tx, const struct freeze_row *row, struct err *e);

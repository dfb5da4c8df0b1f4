/* store/integrations.h - custom integrations: task types that people write. A draft, and versions made of it, which never change. */
#pragma once

#include "store/objects.h"

struct integration_row { /* texts are its own */
    struct object object;
    int64_t parent_id;  /* of a version: its draft; 0: it is one */
    char parent[37];    /* its uuid; "" */
    char *release;      /* "v1"; "": the draft */
    char *status;       /* "NONE", "RELEASED", "DEPRECATED" */
    bool latest;
    char *change_log, *yaml;
    char *newest;       /* the version that is marked as the latest; "": none */
};
void integration_row_fini(struct integration_row *row);
bool integration_find(struct db_tx *tx, const char *uuid, int64_t *ret, struct err *e); /* drafts */
bool integration_find_named(struct db_tx *tx, const char *project, const char *name, int64_t *ret, struct err *e);
bool integration_find_release(struct db_tx *tx, int64_t draft_id, const char *release, int64_t *ret, struct err *e); /* 0: there is none */
bool integration_get(struct db_tx *tx, int64_t id, struct integration_row *ret, struct err *e); /* ERR_NOT_FOUND */
bool integration_insert(struct db_tx *tx, struct integration_row *row, struct err *e); /* object.uuid is given */
bool integration_update(struct db_tx *tx, const struct integration_row *row, struct err *e); /* a draft's name, description, yaml */
bool integration_mark(struct db_tx *tx, const struct integration_row *row, struct err *e); /* a version's status and latest */
bool integration_delete(struct db_tx *tx, const struct integration_row *row, struct err *e);

struct integration_run { char *release, *status, *yaml; }; /* its own */
void integration_run_fini(struct integration_run *run);
/* What a task of this name and version ("": the latest, else the draft) runs. ERR_NOT_FOUND: there is none. */
bool integration_to_run(struct db_tx *tx, int64_t project_id, const char *name, const char *release, struct integration_run *ret, struct err *e);

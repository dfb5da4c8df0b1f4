/* store/activity.h - what the API asks about executions, registry events and deliveries beyond what the runner needs. */
#pragma once

#include "base/json.h"
#include "db/db.h"

/* By uuid; *ret is 0 when there is none. */
bool execution_find(struct db_tx *tx, const char *uuid, int64_t *ret, int64_t *ret_project, struct err *e);
bool execution_find_index(struct db_tx *tx, int64_t pipeline_id, int64_t index, int64_t *ret, int64_t *ret_project, struct err *e);
/* Whether it is a run of a global pipeline by this user. */
bool execution_shared(struct db_tx *tx, int64_t id, int64_t user_id, bool *ret, struct err *e);
/* ERR_CONFLICT while it is live. Its events stay, without it. */
bool execution_delete(struct db_tx *tx, int64_t id, int64_t project_id, struct err *e);
/* When its row last changed, and whether it may change again. */
bool execution_brief(struct db_tx *tx, int64_t id, int64_t *ret_at, bool *ret_live, struct err *e);

struct event_view { /* texts are its own; NULL where there is none */
    int64_t id, project_id, attempt, created_at, updated_at, execution_index;
    int64_t held_until; /* 0: it is not held by a limit */
    int64_t hold_id;    /* behind which hold it waits; 0: none */
    char *uuid, *project, *webhook, *pipeline, *status, *message, *registry, *repository, *tag, *owner;
    char *execution, *execution_status, *digest, *pushed_at, *push, *delivery, *confirm, *confirm_text, *found_by;
    char *pushed_by, *pushed_by_name; /* the run that made the push, and its pipeline; NULL: none is known to have */
    int64_t pushed_by_index;
    json_t *trace;
};
void event_view_fini(struct event_view *view);
bool event_find(struct db_tx *tx, const char *uuid, int64_t *ret, int64_t *ret_project, struct err *e);
bool event_view_get(struct db_tx *tx, int64_t id, struct event_view *ret, struct err *e); /* ERR_NOT_FOUND */
bool event_delete(struct db_tx *tx, int64_t id, int64_t project_id, struct err *e);

struct delivery_view {
    int64_t id, project_id, repeats, received_at;
    bool matched;
    char *uuid, *project, *listener, *format, *remote, *verdict, *problem;
    char *headers, *body; /* NULL: not kept, or gone */
    size_t body_size;
    json_t *events;
};
void delivery_view_fini(struct delivery_view *view);
bool delivery_find(struct db_tx *tx, const char *uuid, int64_t *ret, int64_t *ret_project, struct err *e);
bool delivery_view_get(struct db_tx *tx, int64_t id, struct delivery_view *ret, struct err *e);

bool change_last(struct db_tx *tx, int64_t *ret, struct err *e);
bool delivery_newest(struct db_tx *tx, int64_t *ret, struct err *e); /* its number, 0: none yet */
/* The kinds of what changed after *last, which becomes the last of these changes (20,000 at most are read). kind: the table's name;
 * project_id 0: of none. */
bool changes_since(struct db_tx *tx, int64_t *last, void (*add)(void *context, int64_t project_id, const char *kind), void *context,
                   struct err *e);
/* Of one project, or of all when project_id is 0. */
bool total_find(struct db_tx *tx, const char *kind, int64_t project_id, int64_t *ret, struct err *e);

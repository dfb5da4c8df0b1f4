/* store/watches.h - what the sweep looks at: repositories, their tags as the registry last showed them, and who watches.
 *
 * A watch is a repository of an endpoint; webhooks join it and leave it. Texts
 * in the structs that are read belong to the struct: x_fini frees them.
 */
#pragma once

#include "db/db.h"

struct watch_row {
    int64_t id, project_id, endpoint_id, checked_at, next_at, failures, requests, took, tags; /* checked_at 0: never */
    char *registry, *repository, *message, *project, *endpoint;
};
void watch_row_fini(struct watch_row *row);
bool watch_get(struct db_tx *tx, int64_t id, struct watch_row *ret, bool *ret_found, struct err *e);

/* ---- who watches */

struct watching {
    int64_t webhook_id, watch_id, since, baseline_at; /* baseline_at 0: what is found starts nothing yet */
    char *patterns;    /* with which it joined */
    char *tag_pattern, *image_pattern; /* of the webhook now */
};
void watching_free(struct watching *rows, size_t count);
bool watching_of(struct db_tx *tx, int64_t webhook_id, struct watching *ret, bool *ret_found, struct err *e); /* its texts: watching_fini */
void watching_fini(struct watching *row);
bool watchings(struct db_tx *tx, int64_t watch_id, struct watching **ret, size_t *ret_count, struct err *e);

struct watch_wish {
    int64_t webhook_id, project_id, endpoint_id;
    const char *registry, *repository, *patterns;
};
/* Joins, or stays where it is when nothing differs; a webhook that joins takes a baseline, and the next look is due now. */
bool watch_join(struct db_tx *tx, const struct watch_wish *wish, int64_t now, struct err *e);
bool watch_leave(struct db_tx *tx, int64_t webhook_id, struct err *e); /* a watch that nobody watches any more goes */
/* All watches of an endpoint are looked at now: its address or credentials changed. */
bool watches_hurry(struct db_tx *tx, int64_t endpoint_id, int64_t now, struct err *e);
/* Enabled webhooks whose sweep is on and that watch nothing, behind this id; *ret is the caller's to free. */
bool watches_wanted(struct db_tx *tx, int64_t after, int64_t limit, int64_t **ret, size_t *ret_count, struct err *e);

/* ---- tags */

bool watched_tags(struct db_tx *tx, int64_t watch_id, void (*each)(void *context, const char *tag, const char *digest), void *context,
                  struct err *e);
/* *ret_digest NULL: the tag is not known; the caller's. */
bool watched_tag(struct db_tx *tx, int64_t watch_id, const char *tag, char **ret_digest, int64_t *ret_seen_at, struct err *e);
bool watched_tag_put(struct db_tx *tx, int64_t watch_id, const char *tag, const char *digest, int64_t now, struct err *e);
bool watched_tag_delete(struct db_tx *tx, int64_t watch_id, const char *tag, struct err *e);

/* ---- looks */

struct watch_due {
    int64_t id, at;
    char registry[256];
};
/* The first ones of each registry behind this name, by time; at most of_each of one and limit in all. */
bool watches_due(struct db_tx *tx, const char *after, int64_t of_each, size_t limit, struct watch_due *ret, size_t *ret_count, struct err *e);

struct watch_look {
    int64_t began, next_at, requests, took, tags;
};
/* A complete look: those who watch since before it began have their baseline now. */
bool watch_done(struct db_tx *tx, const struct watch_row *row, const struct watch_look *look, struct err *e);
bool watch_failed(struct db_tx *tx, int64_t id, const char *message, int64_t next_at, struct err *e);

/* What the sweep asks of a registry in one look at each of its watches, and why it is not asked now ("": it is). */
bool swept_registry(struct db_tx *tx, const char *registry, int64_t *ret_requests, char **ret_message, struct err *e);
bool swept_registry_tell(struct db_tx *tx, const char *registry, const char *message, int64_t now, struct err *e);

/* ---- the same push, told by a delivery and found by the sweep */

/* A delivery since then that this webhook took: of this digest, or of a digest that nobody knows. */
bool push_told(struct db_tx *tx, int64_t endpoint_id, const char *repository, const char *tag, const char *digest, int64_t webhook_id,
               int64_t since, bool *ret, struct err *e);
/* The last push of this tag that the sweep found for this webhook, of this digest ("": of any).
 * *ret_first_at 0: there is none; *ret_index: its execution's number, 0 when it has none. */
bool push_swept(struct db_tx *tx, int64_t endpoint_id, const char *repository, const char *tag, const char *digest, int64_t webhook_id,
                int64_t *ret_first_at, int64_t *ret_index, struct err *e);

/* api/kinds.h - what documents can describe, by kind: found, saved, read and deleted in one way each. One row a kind, in the order in
 * which they are made; deleted are the last first. */
#pragma once

#include "api/call.h"
#include "pipeline/model.h"
#include "store/lists.h"

struct document { /* one thing as it stands */
    json_t *shown; /* as an export writes it: no secret in it */
    json_t *whole; /* with what is secret, to compare by; never leaves the server */
};
void document_fini(struct document *d);

struct kind {
    const char *name;   /* "PIPELINE" */
    const char *what;   /* "pipeline" */
    const char *plural; /* "pipelines": in ?pipelines=A,B of exports; NULL: not exported */
    const struct list_source *list; /* NULL: never pruned */
    const char *const *keys;  /* that a document may have; NULL: they are checked when it is saved */
    bool (*find)(struct db_tx *tx, const char *project, const char *name, int64_t *ret, struct err *e);
    bool (*save)(struct call *c, int64_t project_id, int64_t id, const json_t *spec, struct problems *found, int64_t *ret, struct err *e);
    bool (*load)(struct call *c, int64_t id, struct document *ret, struct err *e);
    bool (*drop)(struct call *c, int64_t id, struct err *e);
};
extern const struct kind DOCUMENT_KINDS[]; /* ends with a NULL name */
const struct kind *document_kind(const char *name); /* any case, "docker-webhook" too; NULL */
char *document_kinds_text(void); /* "PROJECT, VARIABLE, ...": the caller's */
/* Their ids, by name; at most LIST_PAGE_MOST. */
bool documents_of_project(struct call *c, const struct kind *kind, int64_t project_id, struct list_page *ret, struct err *e);
/* Those that use it, as "pipeline 'a', endpoint 'b'", but for pipelines in going (an object by name; may be NULL); "" when none does. The
 * caller's. For what no table keeps: names in texts. */
bool document_users(struct call *c, const struct kind *kind, int64_t project_id, const char *name, const json_t *going, char **ret, struct err *e);

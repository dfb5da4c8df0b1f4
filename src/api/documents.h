/* api/documents.h - documents of any kind and in any order, saved all or none: for imports and slipway apply. In WRITE handlers.
 *
 * Each is judged, also after one that is wrong, so that all faults are told at once. A mask, and an empty secret, stands for what is stored.
 */
#pragma once

#include "api/kinds.h"

enum { DOCUMENTS_MOST = 500 };

struct documents {
    struct call *c;
    const char *project; /* of documents that name none */
    bool create;  /* what is there already is refused */
    bool apply;   /* what would stay as it is is not saved, and differences are told */
    /* Gives found in document i their lines, and its errors; NULL: pointers are all that is known. */
    void (*locate)(void *context, size_t i, struct problems *found);
    void *context;
    json_t *rows; /* [{document, kind, project, name, status: CREATED|UPDATED|UNCHANGED|FAILED|DELETED|KEPT, statusMessage, warnings, diff?}] */
    size_t failed;
    struct err first; /* of the failed */
};
void documents_fini(struct documents *d);
/* list: an array of objects with "kind". False when one is wrong, or something else fails: then nothing must be committed; c->details
 * has the rows as "documents". */
bool documents_save(struct documents *d, const json_t *list, struct err *e);
/* Deletes what the projects that list names hold of the kinds that it holds, and that it does not name; rows tell it. What is in use is KEPT. */
bool documents_prune(struct documents *d, const json_t *list, struct err *e);

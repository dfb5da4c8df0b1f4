/* registry/blob.h - one blob of an image, brought from one repository into another. Not for other rooms.
 *
 * There already: nothing is done. In another repository of the same registry:
 * mounted, without a byte. Else uploaded; what breaks is gone on with where the
 * target says that it stands, or begun again.
 */
#pragma once

#include "registry/flow.h"
#include "registry/talk.h"

enum blob_how { BLOB_PRESENT, BLOB_MOUNTED, BLOB_COPIED };

struct registry_blob { /* embed; zeroed before first use */
    const struct registry_ends *ends;
    const char *digest; /* lives until done */
    int64_t size;
    bool mount;         /* both repositories are of one registry */
    int64_t patience_micros; /* after the first failure, doubled each time; 0: 1 s */
    void (*moved)(struct registry_blob *b); /* bytes went out: see position */
    void (*said)(struct registry_blob *b, const char *text); /* something for the log */
    void (*done)(struct registry_blob *b, const struct err *e); /* once, later, on the loop */
    /* ---- valid in moved and done */
    enum blob_how how;
    int64_t position;   /* how much of it is at the target */
    int64_t sent;       /* bytes that were sent for it, also those that were lost */
    int64_t patience;   /* of a failure: the registry asked for so much */
    /* ---- private */
    struct registry_talk talk;
    struct registry_flow flow;
    struct timer timer;
    char *path;         /* of the upload */
    int64_t confirmed;  /* the furthest that the target said it stands at */
    int failures, restarts;
    bool mounting, flowing;
    struct err why;
};
void blob_start(struct registry_blob *b);
void blob_cancel(struct registry_blob *b); /* done still runs, once, later. Welcome when not started or done */

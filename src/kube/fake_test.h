/* kube/fake_test.h - an API server that misbehaves on demand, for faults that a real one cannot be told to have. It runs
 * on the test's own loop. What a real one does is tested against a real one (tests/lab).
 */
#pragma once

#include "base/text.h"
#include "loop/loop.h"

enum fake_mode {
    FAKE_ANSWER, /* body as it is */
    FAKE_HANG,   /* never answers */
    FAKE_CUT,    /* half of it, then the connection ends */
    FAKE_STREAM, /* body, then the connection stays open */
};

struct fake_reply {
    const char *request; /* "GET /api/v1/x": the request line begins with it */
    int status;
    const char *body;
    enum fake_mode mode;
    const char *header;  /* "Retry-After: 7"; NULL */
    int times;           /* after so many it is used up; 0: never */
    int used;            /* private from here on */
};

struct fake;
struct fake *fake_create(struct loop *loop, struct fake_reply *replies); /* ends with a NULL request; used in order */
void fake_destroy(struct fake **fake);
const char *fake_url(const struct fake *fake);
const char *fake_seen(const struct fake *fake); /* request lines so far, one a line */
int fake_count(const struct fake *fake, const char *part); /* of request lines that hold part */

/* registry/talk.h - one question, asked again while the registry asks for patience, or does not answer. Not for other rooms.
 *
 * For questions that may be asked twice. What comes back is an answer that means
 * something: 429 and 5xx do not, and are errors when they last.
 */
#pragma once

#include "registry/ask.h"

struct registry_talk { /* embed; zeroed before first use */
    /* path and scope are taken over by talk_start, and freed after done; the rest as registry_ask has it. deadline is not used */
    struct registry_ask ask;
    struct loop *loop;
    struct http_client *client;
    int64_t timeout_micros;  /* of each try; 0: 30 s */
    void (*waits)(struct registry_talk *t, const char *why); /* it is asked again, a little later. May be NULL */
    /* Once, later, on the loop. NULL: see ask.call. Else nobody answered, or wanted to; patience: so much was asked for. */
    void (*done)(struct registry_talk *t, const struct err *e);
    int64_t patience;
    /* ---- private */
    struct timer timer;
    int tries;
    bool canceled, under_way;
    struct err failed;
};
void talk_start(struct registry_talk *t, char *path, char *scope);
void talk_cancel(struct registry_talk *t); /* done still runs, once, later. Welcome when not started or done */

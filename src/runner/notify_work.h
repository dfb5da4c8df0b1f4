/* runner/notify_work.h - what the files of notifications share, and the runner's own calls of them. Not for other rooms. */
#pragma once

#include "http/mail.h"
#include "runner/inside.h"
#include "runner/notify.h"
#include "secrets/mask.h"
#include "store/notifications.h"

/* ---- notify_make.c: from a step to rows */

struct notices { /* { 0 } is none */
    struct notification_row *at;
    size_t count;
};
/* Those among the step's effects, from the given one on. execution: as the step left it. */
void notices_add(struct notices *list, const struct live *live, const struct execution *execution, struct live_facts *facts, const struct knowledge *k,
                 const struct run_effects *effects, size_t from);
bool notices_store(struct db_tx *tx, struct notices *list, struct err *e);
void notices_fini(struct notices *list);
char *notify_host(const char *url); /* "https://host:8443", without user, path and query: what people may see of it; the caller's */

/* ---- notify_approval.c: with a question that is new, a mail to those who may answer; endpoint "": none is named, which its row says */
struct user_op;
bool notify_ask_store(struct runner *r, struct db_tx *tx, const struct user_op *op, const char *endpoint, struct err *e);

/* ---- notify.c: trying them */

struct notify_state { /* in struct runner; loop only */
    struct runner *runner;
    struct link works; /* struct notify_work */
    int open;
    struct timer due;
    bool looking, look_again;
    int64_t sent, failed; /* since the start, for metrics */
};
struct notify_state *notify_create(struct runner *r);
void notify_destroy(struct notify_state **state);
void notify_start(struct runner *r); /* what a crash left */
void notify_drain(struct runner *r);

struct notify_outcome { /* of a try; borrowed */
    bool sent, canceled; /* else e says why not */
    bool never;          /* no other try helps */
    bool doubt;          /* it may have arrived all the same */
    int code;            /* what the receiver answered; 0: nothing */
    int64_t patience;    /* it asked for so much */
    const char *message, *reference;
};

struct notify_work { /* one try */
    struct link link;
    struct runner *runner;
    struct db_job job;
    char *lane;
    int64_t id; /* 0: nothing of the lane was due */
    struct notification_row row;
    json_t *content;            /* what is sent, opened */
    struct knowledge knowledge; /* variables, and the endpoint that the row names */
    struct mask *mask;          /* of all that must not show in sentences */
    struct err problem;         /* it could not even begin */
    void (*cancel)(struct notify_work *w); /* ends what is under way soon; NULL: nothing is */
    struct http_call call;
    void *context;              /* the sender's own, */
    void (*context_free)(void *context);
    struct notify_outcome outcome;
    char *said, *reference;
};

/* Ends a try: what came of it is stored. On a drain it is forgotten, and the next start finds it doubtful. */
void notify_end(struct notify_work *w, const struct notify_outcome *outcome, const struct err *e);

/* The senders. False: it could not begin, and e says why. True: notify_end follows. */
bool notify_webhook(struct notify_work *w, struct err *e);
bool notify_mail(struct notify_work *w, struct err *e);
bool notify_jira(struct notify_work *w, struct err *e);
bool notify_approval(struct notify_work *w, struct err *e);
/* Within its claim: the Cloud Proxy that it goes through. */
bool notify_via_read(struct notify_work *w, struct db_tx *tx, struct err *e);
/* Within its claim: reads the question, and to whom it goes. */
bool notify_approval_read(struct notify_work *w, struct db_tx *tx, struct err *e);
/* to: array of addresses; borrowed until the try ends. */
bool notify_mail_send(struct notify_work *w, const json_t *to, const char *subject, const char *body, struct err *e);

/* ---- for senders that speak HTTP */

/* Starts w->call, whose url, headers and body are set; done ends with notify_end. what comes back is limited. */
bool notify_call(struct notify_work *w, void (*done)(struct http_call *call, const struct err *e), struct err *e);
/* What an answer, or the lack of one, means for the next try. */
struct notify_outcome notify_judge(const struct http_call *call, const struct err *e);
/* The endpoint that the row names, its properties; NULL: e says what is wrong. Borrowed. */
const json_t *notify_endpoint(const struct notify_work *w, const char *type, struct err *e);

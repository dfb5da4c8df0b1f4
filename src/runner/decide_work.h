/* runner/decide_work.h - what the files of a decision share: decide.c (a delivery), decide_sweep.c (what the sweep found),
 * decide_again.c (a person asks). Not for others. */
#pragma once

#include "runner/decide.h"
#include "store/inbox.h"

/* One decision under way. */
struct decision {
    struct runner *runner;
    struct db_tx *tx;
    struct wakes *wakes;
    int64_t project_id, delivery_id;
    int64_t received_at;  /* of the delivery; 0: the sweep found it, or a person asks */
    const char *note;     /* of what starts; NULL: none */
    const struct event *event; /* NULL after the registry answered, and when a person asks */
    struct push push;
    bool new_push;
    json_t *trace; /* array: every trigger considered, and why or why not */
};

struct start {
    const struct trigger_row *trigger;
    int64_t event_id, attempt;
    const char *event_uuid, *note; /* note: of the event until it runs, and of the execution */
    const struct run_asker *asked_by; /* a person who asked; NULL: the push did */
    bool released;                    /* a person lets it go, whatever its webhook's limit says */
    struct run_made made;
};

bool decide_start(struct decision *d, struct start *s, struct err *e); /* an execution for an event; refused: the event says why */
/* The next attempt of an event's push by its webhook (old->webhook_id), for a person; message: of the event and of the execution. ERR_CONFLICT:
 * it could not begin. */
bool decide_again(struct decision *d, const struct inbox_event_row *old, const struct run_asker *by, const char *message, struct run_made *ret,
                  struct err *e);
bool decide_fire(struct decision *d, const struct trigger_row *t, struct err *e); /* after push_record or push_found, once per push and trigger */
/* Whether the trigger takes what d->event says; the trace says why or why not. */
bool decide_takes(struct decision *d, const struct trigger_row *t);
struct event *decide_event_of(const struct push *push); /* the caller's */
void decide_fill(struct decision *d, int64_t endpoint_id); /* d->push from d->event */
void decision_fini(struct decision *d);

/* limits.c: an event of a webhook that started as many runs as it may is held. */
bool limits_hold(struct decision *d, const struct trigger_row *t, int64_t event_id, bool *ret_held, struct err *e);

/* Whether the sweep found this push for the trigger already, before its delivery came; why says so. */
bool decide_swept(struct decision *d, const struct trigger_row *t, bool *ret, char why[700], struct err *e);

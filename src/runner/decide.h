/* runner/decide.h - from a push to executions, with reasons. All of it runs inside a write. Not for other rooms. */
#pragma once

#include "runner/inside.h"
#include "trigger/trigger.h"

struct event;
struct inbox_unmatched;
struct push;
struct trigger_row;
struct watch_row;

/* A delivery's push reaches the triggers of its listener: of one webhook, or of an endpoint. */
bool decide_push(struct runner *r, struct db_tx *tx, const struct inbox_unmatched *from, const struct event *event, struct wakes *wakes,
                 struct err *e);

/* The registry shows another digest of a tag than before. It is a push for each of these webhooks that takes it and was not told of
 * it since then. *ret_push: it was one for some. */
struct watch_find {
    const char *tag, *digest;
    const int64_t *webhooks;
    size_t webhook_count;
    int64_t since; /* when the registry last showed what it showed before */
};
bool decide_found(struct runner *r, struct db_tx *tx, const struct watch_row *watch, const struct watch_find *found, struct wakes *wakes,
                  bool *ret_push, struct err *e);

/* The same of a delivery that nobody can decide: the event says why, and can be run again by a person. */
bool decide_undecided(struct runner *r, struct db_tx *tx, const struct inbox_unmatched *from, const struct event *event, const char *why,
                      struct err *e);

/* The registry answered about a push, or nobody did in time: its waiting events start or end. silence (NULL: what it
 * said is stored): why there is no answer yet; only those that do not insist on one go on. */
bool decide_confirmed(struct runner *r, struct db_tx *tx, int64_t push_id, const char *silence, struct wakes *wakes, struct err *e);

/* ---- the questions a decision asks, which a simulation asks too */

/* Whether a trigger takes a push, by its rules alone. *ret_host: its endpoint's registry, the caller's; NULL when it is not known. */
struct trigger_verdict decide_judge(const struct trigger_row *t, const struct event *event, struct patterns *patterns, char **ret_host);
/* The hash of a webhook's API token: kept, or of the variable that refresh_token names. The caller's. */
bool decide_token_hash(struct runner *r, struct db_tx *tx, int64_t project_id, const char *refresh_token, const char *token_hash, char **ret,
                       struct err *e);
/* The token's owner, who must be allowed to run pipelines in the project now. ret->user_id stays 0: no; name then says why. */
bool decide_owner(struct runner *r, struct db_tx *tx, const struct trigger_row *t, struct run_asker *ret, char name[256], struct err *e);
/* The webhook's inputs, and over them what the push says. A new reference. */
json_t *decide_input(const struct trigger_row *t, const struct push *push, const char *event_uuid);
/* What the registry said allows a run? Otherwise why says not. note is for a run that goes on without its word. */
bool decide_go(const struct push *p, const char *verify, char why[700], const char **ret_note);

/* event/event.h - what happened at a registry, to which image, told by whom.
 *
 * hooks/ makes events of a sender's bytes; a sweep makes them of what it found.
 * An event is a claim: whoever acts on it asks the registry first.
 */
#pragma once

#include <stdint.h>

#include "base/json.h"

/* Every text is owned by the event, is never NULL after event_create, and "" when the sender did not say. */
struct event {
    char *source;     /* who told: "dockerhub", "distribution", "sweep" ... */
    char *action;     /* "push" */
    char *host;       /* the registry, as registry_host spells it; "" when the sender names none */
    char *repository; /* "namespace/name", without host */
    char *tag;
    char *digest;     /* "sha256:..."; "" also when what was sent is no digest */
    char *actor;      /* who pushed */
    char *pushed_at;  /* the sender's time as plain decimal seconds or its own text; part of the delivery's identity */
    int64_t pushed_micros; /* the same in microseconds UTC; 0 when unknown */
    char *sender_id;  /* the sender's own id of this event */
    char *media_type; /* of the manifest */
};

struct event *event_create(void); /* all texts "" */
void event_destroy(struct event **ev);
void event_set(char **member, const char *text_or_null); /* replaces one of its texts */

json_t *event_json(const struct event *ev);      /* a new reference; stored with the delivery */
struct event *event_from_json(const json_t *json); /* missing texts are "" */

/* pushed_at as microseconds UTC; 0 when it tells no time. */
int64_t event_pushed_micros(const char *pushed_at);

/* "acme/web:1.4 at docker.io": for people. The caller's. */
char *event_text(const struct event *ev);

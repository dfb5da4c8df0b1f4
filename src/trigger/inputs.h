/* trigger/inputs.h - what a run begins with: injected values over the webhook's, those over the pipeline's defaults. */
#pragma once

#include "event/event.h"

/* Names injected by a push. Values are always text. */
extern const char *const TRIGGER_INPUTS[]; /* NULL at the end: "DOCKER_EVENT_OWNER_NAME", "DOCKER_IMAGE", ... */

/* What the engine knows beside the event. */
struct trigger_facts {
    const char *event_id; /* DOCKER_EVENT_ID; the registry event's id */
    const char *digest;   /* as the registry confirmed it; NULL or "": the event's own, which may be none */
};

/* All TRIGGER_INPUTS of this push, as an object of texts. DOCKER_IMAGE_REF is "host/repository@digest", or
 * "host/repository:tag" while no digest is known. A new reference. */
json_t *trigger_injected(const struct event *ev, const struct trigger_facts *facts);

/* The run's inputs: every name that the pipeline declares (defaults: object, name to default), valued from injected, else
 * given (the webhook's), else the default. Injected names that the pipeline does not declare are left out; names given
 * that it does not declare are kept. meta: the pipeline's _inputMeta (name to {mandatory}), may be NULL. A mandatory input
 * that is missing or "" is ERR_INVALID, field its name; all of them are named in the text. */
bool trigger_inputs(const json_t *defaults, const json_t *meta, const json_t *given, const json_t *injected, json_t **ret, struct err *e);

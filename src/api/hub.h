/* api/hub.h - what answers about webhooks say of Docker Hub, and waiting for it. For webhooks.c and hub.c. */
#pragma once

#include "api/call.h"
#include "store/webhooks.h"

/* {"state", "message", "name", "slug"}: with c->tx. A new reference, or NULL with e. */
json_t *hub_json(struct call *c, int64_t webhook_id, struct err *e);
/* Sentences about what was saved that a person should read now. A new reference. */
json_t *hub_warnings(const struct call *c, const struct webhook_row *row);
/* {"at", "verdict", "recognised", "problem"} as firstDelivery and lastDelivery of json; null where nothing came. */
bool hub_add_last_heard(struct call *c, const struct webhook_row *row, json_t *json, struct err *e); /* lastDelivery alone, as lists show it */
bool hub_add_heard(struct call *c, const struct webhook_row *row, json_t *json, struct err *e);

/* standing.c: json, to which is added how the webhook stands: its limit, its API token, warnings. NULL with e, and then json is freed. */
json_t *webhook_standing(struct call *c, const struct webhook_row *row, json_t *json, struct err *e);
/* A hold and what waits behind it (store/holds.h), null when it is gone; a new reference. */
json_t *hold_json(struct call *c, int64_t id, struct err *e);

/* As a call_after: what is due at Docker Hub is looked for. */
void hub_wake(struct api *api, int64_t unused);

/* Ends a WRITE handler: when Docker Hub was tried (or after some seconds) answer runs on a reader. hub_id 0, or nothing to be
 * done there: without waiting. webhook_id is what answer finds by hub_webhook. */
bool hub_then(struct call *c, int64_t webhook_id, int64_t hub_id, bool (*answer)(struct call *c, struct err *e), struct err *e);
int64_t hub_webhook(const struct call *c);
/* The same for a webhook that is deleted: gone (taken) is answered, with what Docker Hub said. */
bool hub_then_gone(struct call *c, json_t *gone, int64_t hub_id, struct err *e);

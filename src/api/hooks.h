/* api/hooks.h - the URLs that registries post to. Loop only.
 *
 *   POST P/registry-webhook-listeners/{listener}?secureToken=T
 *   POST P/registry-webhooks/{webhook}?secureToken=T
 *   POST /pipelines/api/docker-hub-webhooks?secureToken=T
 *
 * The token may also come as "Authorization: Bearer T", or as the header's whole
 * value. Listeners are read once and remembered; hooks_forget after every change
 * of one. What arrives is committed before it is answered.
 */
#pragma once

#include "http/server.h"

struct api;
struct hooks;

struct hooks *hooks_create(struct api *api);
void hooks_destroy(struct hooks **hooks);
/* False: the request is none of ours. */
bool hooks_take(struct hooks *hooks, struct http_request *r);
/* What came to a Cloud Proxy, as if it had come here: agents_kept when it is stored, once, or was nothing to store. */
struct agent_delivery;
void hooks_relay(struct hooks *hooks, struct agent_delivery *d);
/* As a call_after. */
void hooks_forget(struct api *api, int64_t unused);

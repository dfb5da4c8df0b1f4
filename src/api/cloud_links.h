/* api/cloud_links.h - links to Cloud Proxies: how they enrol and come, and what is kept of them. Loop only, but for proxy_resolve. */
#pragma once

#include "api/call.h"

struct agents;
struct cloud_links;

struct cloud_links *cloud_links_create(struct api *api);
void cloud_links_destroy(struct cloud_links **links);
struct agents *cloud_links_agents(const struct cloud_links *links);

/* cloudProxyId as people give it: "" or "default", an id, a name. *ret is "" or the id, the caller's. project_id: whose endpoint
 * wants it; -1: of any. ERR_INVALID with the field when it may not be used. READ and WRITE. */
bool proxy_resolve(struct call *c, const char *given, int64_t project_id, char **ret, struct err *e);

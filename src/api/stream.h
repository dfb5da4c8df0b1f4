/* api/stream.h - live, as server-sent events: an execution until it is over, or which kinds of things changed. Loop only.
 *
 * GET P/changes says "hello" first, and then names tables of what changed in projects that the reader may see, at most every
 * 200 ms; who missed something asks for all again. */
#pragma once

#include "api/call.h"

struct streams;
struct streams *streams_create(struct api *api);
void streams_destroy(struct streams **s);

/* LOOP part of GET P/executions/{id}/events. Ends c when it returns true. */
bool stream_execution(struct call *c, int64_t execution_id, int64_t project_id, struct err *e);
/* LOOP part of GET P/changes. */
bool stream_changes(struct call *c, struct err *e);
/* By the path's first parameter, with the rights that the route asks for. */
bool execution_of_call(struct call *c, int64_t *ret, int64_t *ret_project, struct err *e);
/* READ: the execution's document as the API shows it to who, by integer id. Of executions.c. */
bool execution_document(struct api *api, struct db_tx *tx, const struct who *who, int64_t id, bool with_stages, json_t **ret, struct err *e);

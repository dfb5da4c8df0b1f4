/* api/answer.h - how an answer leaves: security headers, error bodies, the access log. */
#pragma once

#include "http/server.h"
#include "base/json.h"

/* Sends and ends r. */
void answer_guards(struct http_request *r); /* the headers that every answer has */
void answer_send(struct http_request *r, int status, const char *type, const char *body, size_t size);
/* Code Stream's error object; details (may be NULL) are added to it. The caller's. */
json_t *answer_error(const struct err *e, const char *path, const char *request_id, const json_t *details);
void answer_log(const struct http_request *r, int status, const char *who, const char *request_id);

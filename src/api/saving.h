/* api/saving.h - the one way each kind of thing is saved, for its own resource and for imports. In WRITE handlers.
 *
 * id 0 makes a new one in the project; else that one is replaced, and what spec does not name stays where that is safe.
 */
#pragma once

#include "api/call.h"
#include "pipeline/model.h"

#define API_MASK "*****" /* in answers; what comes back may be any mask (literal_is_mask) */

bool endpoint_save(struct call *c, int64_t project_id, int64_t id, const json_t *spec, int64_t *ret, struct err *e);
bool variable_save(struct call *c, int64_t project_id, int64_t id, const json_t *spec, int64_t *ret, struct err *e);
/* found collects warnings, and with a failure the errors. */
bool pipeline_save(struct call *c, int64_t project_id, int64_t id, const json_t *spec, struct problems *found, int64_t *ret, struct err *e);

bool freeze_save(struct call *c, int64_t project_id, int64_t id, const json_t *spec, int64_t *ret, struct err *e);
bool freeze_load(struct call *c, int64_t id, json_t **ret, struct err *e);
bool integration_save(struct call *c, int64_t project_id, int64_t id, const json_t *spec, int64_t *ret, struct err *e);
char *integration_yaml(const json_t *spec, const char *present); /* its definition as a text; the caller's */
bool integration_load(struct call *c, int64_t id, json_t **ret, struct err *e);
/* The same of an import: one that cannot be enabled is saved disabled, and found says why. */
bool pipeline_import(struct call *c, int64_t project_id, int64_t id, const json_t *spec, struct problems *found, int64_t *ret, struct err *e);

bool project_save(struct call *c, int64_t id, const json_t *spec, int64_t *ret, struct err *e);
/* Docker Hub is told after the commit; nobody waits for it. */
bool webhook_save(struct call *c, int64_t project_id, int64_t id, const json_t *spec, int64_t *ret, struct err *e);

/* Deleted, with the rights of who asks; ERR_CONFLICT while it is used, and then nothing was changed. */
bool endpoint_drop(struct call *c, int64_t id, struct err *e);
bool variable_drop(struct call *c, int64_t id, struct err *e);
bool pipeline_drop(struct call *c, int64_t id, struct err *e);
bool integration_drop(struct call *c, int64_t id, struct err *e); /* with its versions */
bool webhook_drop(struct call *c, int64_t id, struct err *e);
bool freeze_drop(struct call *c, int64_t id, struct err *e);

bool endpoint_load(struct call *c, int64_t id, json_t **ret, struct err *e);
bool variable_load(struct call *c, int64_t id, json_t **ret, struct err *e);
bool pipeline_load(struct call *c, int64_t id, json_t **ret, struct err *e);
/* As it was written: without what the server says of it by itself. */
bool pipeline_written(struct call *c, int64_t id, json_t **ret, struct err *e);

/* The name that spec gives, else the present one. */
const char *spec_name(const json_t *spec, const char *present);
/* A name of the object in spec, its description, who saves it. */
void object_take(struct call *c, struct object *object, const json_t *spec);

/* ---- endpoints' types */

bool endpoint_type_ok(const char *name, struct err *e);
bool property_secret(const char *name);
/* Secret texts replaced by the mask; a new reference. */
json_t *properties_masked(const json_t *properties);
/* Sealed ones opened; a new reference, or NULL with e. */
/* How an endpoint is reached, where those look that make targets of its properties. proxy "" or NULL: from here. */
void properties_reach(json_t *opened, const char *proxy);
json_t *properties_open(const struct seal *seal, const char *uuid, const json_t *properties, struct err *e);
/* fresh, with masks replaced by what is stored, and secrets sealed; a new reference, or NULL with e. */
json_t *properties_seal(const struct seal *seal, const char *uuid, const json_t *fresh, const json_t *stored, struct err *e);
/* ${var.NAME} in texts replaced by the project's variables; a new reference, or NULL with e. In a handler with a tx. */
json_t *properties_resolve(struct call *c, const char *project, const json_t *properties, struct err *e);

/* A listener with a random secret (or this one); what its URL is. */
bool listener_make(struct call *c, int64_t project_id, int64_t endpoint_id, const char *token, int64_t *ret, struct err *e);
bool listener_change(struct call *c, int64_t id, const char *uuid, const char *token, int64_t old_until, struct err *e);
/* "https://slipway/codestream/api/registry-webhook-listeners/UUID?secureToken=T"; the caller's. */
bool listener_url(const struct api *api, const char *uuid, const char *token_sealed, char **ret_url, char **ret_token, struct err *e);

/* An endpoint's opened properties must not hold what only administrators may use: restricted variables, the server's own account. */
bool endpoint_rights_ok(struct call *c, int64_t project_id, const json_t *properties, struct err *e);

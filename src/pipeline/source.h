/* pipeline/source.h - pipelines and other objects as YAML files, and back.
 *
 * A file is what Code Stream exports: documents that each say their "kind"
 * (PIPELINE, ENDPOINT, VARIABLE, ...). This reads the file and knows where each
 * problem stands; what an ENDPOINT or VARIABLE means is for those who keep them.
 */
#pragma once

#include "base/yaml.h"
#include "pipeline/model.h"

struct source; /* one file */

/* False (ERR_INVALID with line and column) when it is no YAML, or holds a document that is no object or has no kind.
 * On success *ret is the caller's to destroy. */
bool source_read(const char *bytes, size_t n, struct source **ret, struct err *e);
void source_destroy(struct source **source);

size_t source_count(const struct source *source);
const char *source_kind(const struct source *source, size_t i);    /* "PIPELINE", as written; borrowed */
json_t *source_document(const struct source *source, size_t i);    /* borrowed */

/* Gives the problems found in document i (by JSON Pointer) their line and column. */
void source_locate(const struct source *source, size_t i, struct problems *found);
/* As pipeline_create and pipeline_check together, with lines and columns. *ret may be set beside errors of the check. */
bool source_pipeline(const struct source *source, size_t i, const struct pipeline_checks *checks, struct pipeline **ret,
                     struct problems *found);

/* One document of this kind, in Code Stream's order of keys; others follow as they stood. Keys that the server makes (id, links,
 * times, who, version) are left out. A definition of kind PIPELINE, ENDPOINT, VARIABLE. The caller's. */
bool source_server_key(const char *key); /* is it one of those? */
char *source_write(const char *kind, const json_t *definition);

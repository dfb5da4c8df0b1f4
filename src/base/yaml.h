/* base/yaml.h - YAML 1.1 text as libyaml reads it, in the tree of base/json.h, and back.
 *
 * Plain scalars resolve as Kubernetes' and Code Stream's readers do: null, ~,
 * true, false (also yes/no/on/off, any of YAML 1.1's spellings), integers
 * (decimal, 0x, 0o and leading-zero octal), floats; everything else, and all
 * that is quoted or a block scalar, is text. Keys are text always.
 *
 * Limits: 1 MiB, 64 levels, 100,000 nodes, aliases expanded count as nodes
 * (so an alias bomb is refused); anchors and merge keys (<<) work.
 */
#pragma once

#include "base/json.h"

struct yaml; /* one text: its documents, and where each value stood */

/* On success *ret is the caller's to destroy. Duplicate keys, more than one value for limits: ERR_INVALID with
 * "line L, column C: ...". A text with no document has none; that is no failure. */
bool yaml_read(const char *bytes, size_t n, struct yaml **ret, struct err *e);
void yaml_destroy(struct yaml **yaml);

size_t yaml_count(const struct yaml *yaml);                  /* documents */
json_t *yaml_document(const struct yaml *yaml, size_t i);    /* borrowed; JSON null for an empty document */

/* Where the value at this JSON Pointer of document i stands; of a missing one, its nearest parent. From 1. */
void yaml_where(const struct yaml *yaml, size_t i, const char *pointer, int *line, int *column);

/* How a scalar was written; YAML_NONE for objects, arrays, and pointers that lead nowhere. */
enum yaml_style { YAML_NONE, YAML_PLAIN, YAML_QUOTED, YAML_BLOCK };
enum yaml_style yaml_style(const struct yaml *yaml, size_t i, const char *pointer);

/* One plain scalar's meaning: what "5", "true" or "x" would be in a document. The caller's. */
json_t *yaml_plain(const char *scalar, size_t n);

/* One document, beginning with "---\n". Text that would read back as something else is quoted; text of several
 * lines is a literal block. Keys keep their order. The caller's. */
char *yaml_write(const json_t *json);

/* pipeline/bind.h - values put into YAML so that they can never become more than they are.
 *
 * References in the source are replaced by placeholders of equal length, the
 * text is parsed once (so positions survive, and no value can break the
 * syntax), then the values are put into the tree:
 *  - from outside (a push's tag, ...): always a string, never structure or documents; 1.10 stays "1.10", no stays "no";
 *  - any other that is a whole plain scalar: what its text would be in Kubernetes' YAML (5, true); a number, boolean, object or array
 *    keeps its type;
 *  - inside quotes, block scalars or other text: a string. Mapping keys bind too;
 *  - a source that is nothing but one reference to a variable, or to an input that a person wrote, may be whole documents.
 * "${" without a known scope stays as it is, with a warning. "$$NAME" is left alone.
 */
#pragma once

#include "pipeline/expression.h"

#define BIND_SIZE (1 << 20)

/* On success *ret is an array of documents (empty ones left out), the caller's. Warnings and secrets go to more. A failure in
 * syntax or a reference names line and column of the source. */
bool bind_yaml(const char *source, size_t n, struct scope *scope, json_t **ret, struct resolution *more, struct err *e);

/* A file from source control. Its parameters, "$$NAME" and "$${NAME}", are bound by the same rules; parameters is asked for NAME alone; one
 * that it does not know is an error.
 * "${...}" is the file's own and stays as it is: whoever writes files decides nothing about what a pipeline reads. */
bool bind_file(const char *source, size_t n, struct scope *parameters, json_t **ret, struct resolution *more, struct err *e);

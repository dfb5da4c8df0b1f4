/* cli/set.h - YAML files as one set of documents: where each of them came from. */
#pragma once

#include "base/json.h"

struct set;

/* Every path is a file, a folder (its .yaml, .yml and .json files, by name; with recursive those of its folders too) or "-". False
 * (ERR_NOT_FOUND, ERR_INVALID with "FILE: line ...") when one cannot be read whole: a part of a set is none. */
bool set_read(const char *const *paths, int count, bool recursive, struct set **ret, struct err *e);
void set_destroy(struct set **set);

size_t set_count(const struct set *set);
json_t *set_documents(const struct set *set); /* an array, in their order; a new reference */
/* "FILE:LINE:COLUMN" of what a JSON Pointer names in document i; the caller's. */
char *set_where(const struct set *set, size_t i, const char *pointer);
/* Was it read from another file (passwordFile ...), so that it does not stand in the YAML? */
bool set_from_file(const struct set *set, size_t i, const char *pointer);

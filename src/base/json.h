/* base/json.h - trees of values, read from and written as JSON.
 *
 * The tree is jansson's json_t (counted references: json_decref, or AUTO_JSON).
 * What comes from outside is read by json_read alone, which knows the limits.
 * YAML is read into the same tree by base/yaml.h.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"

#define JSON_DEPTH 64 /* deeper than this is refused */

void json_release_auto(json_t **json);
#define AUTO_JSON __attribute__((cleanup(json_release_auto))) json_t

/* Any JSON value; duplicate keys and NUL characters are refused. ERR_INVALID names line and column. */
bool json_read(const char *bytes, size_t n, json_t **ret, struct err *e);

/* As json_read, but an unknown escape such as \[ stands for its character, as Docker Hub's documented example needs
 * it. note (512 bytes at least) says what was mended and where; "" when nothing was. */
bool json_read_lenient(const char *bytes, size_t n, json_t **ret, char *note, size_t note_size, struct err *e);

char *json_write(const json_t *json);        /* compact; the caller's. Here and below 1.1 stays 1.1, in as few digits as it needs */
char *json_write_pretty(const json_t *json); /* two spaces, keys in their order */

/* By path: names and [n], divided by dots: "a.b[0].c". NULL when something on the way is missing. Borrowed. */
json_t *json_at(const json_t *json, const char *path);
/* By JSON Pointer (RFC 6901). */
json_t *json_at_pointer(const json_t *json, const char *pointer);
/* Takes the first key off a pointer, unescaped; false at its end. */
bool json_pointer_step(const char **pointer, struct text *key);
void json_pointer_add(char *pointer, size_t size, const char *key); /* appends "/key", escaped, cut to fit */

/* Borrowed text at path; otherwise when it is missing or no text. */
const char *json_text_at(const json_t *json, const char *path, const char *otherwise);
int64_t json_int_at(const json_t *json, const char *path, int64_t otherwise); /* a number, or text that is an integer */
bool json_bool_at(const json_t *json, const char *path, bool otherwise);      /* true, or "true", likewise false */

/* Of an object: a missing or null one leaves *ret as it was; one that is neither true nor false, also as text, is ERR_INVALID, field
 * key. For what somebody asks for: a typing error must not stand for the default. */
bool json_take_bool(const json_t *object, const char *key, bool *ret, struct err *e);

/* A scalar as the text it would be shown as: text itself, 1.5, true, "" for null; objects and arrays as JSON. The caller's. */
char *json_as_text(const json_t *json);
/* A number as plain decimal text, never with an exponent: 1.417566161e+09 is "1417566161". The caller's. */
char *json_decimal(const json_t *number);

json_t *json_text(const char *text_or_null); /* never NULL: what is no UTF-8 in it is mended (text_mend), NULL is "" */
void json_set_text(json_t *object, const char *key, const char *text_or_null); /* likewise */

/* pipeline/condition.h - conditions such as ${input.Approve} == "No" && ${A.B.output.responseCode} < 300
 *
 *   ||   &&   !   == !=   < <= > >=   in   + -   * / %   ( )   "text" 'text'   12.5   true false null   ${reference}
 *
 * in ascending order of binding; a comparison is not chained. A reference may
 * stand in quotes, alone or among text: it is then a text. Two texts are equal
 * letter by letter (the tags 1.1 and 1.10 differ); where one side is a number,
 * or with < > <= >=, texts that read as numbers count as numbers. The texts
 * "true", "false" and "null" equal true, false and null. "in": a text in a text,
 * a value in a list, a key in an object. "+" joins where a side is no number.
 */
#pragma once

#include "pipeline/expression.h"

#define CONDITION_LENGTH 8192
#define CONDITION_DEPTH 64
#define CONDITION_NODES 1000

enum { CONDITION_BARE = 1 }; /* names without ${ } are references too (POLL's exit criteria: status == 'DONE') */

struct condition;

/* False: e.text ends in "at character N" (from 1). On success *ret is the caller's to destroy. */
bool condition_parse(const char *text, size_t n, unsigned flags, struct condition **ret, struct err *e);
void condition_destroy(struct condition **condition);

/* A condition must come out as true or false (also as text); anything else is an error that shows it. Both sides of && and || are
 * evaluated only as far as needed. A reference that no scope knows is an error. */
bool condition_evaluate(const struct condition *condition, struct scope *scope, bool *ret, struct resolution *more,
                        struct err *e);

/* Each reference in it, bare ones too: for checks before any run. Offset counts from the text's begin. */
void condition_each(const struct condition *condition, void (*each)(void *owner, const char *reference, size_t n, size_t offset),
                    void *owner);

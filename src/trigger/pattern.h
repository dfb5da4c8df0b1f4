/* trigger/pattern.h - regular expressions that people type: PCRE2 with a limit on the work of one match. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum { PATTERN_BYTES = 1024 }; /* longer ones are refused */

struct pattern;

/* ERR_INVALID: "character 3: missing terminating ] for character class". */
bool pattern_create(const char *text, struct pattern **ret, struct err *e);
void pattern_destroy(struct pattern **p);
/* Whole subject matches? *gave_up (may be NULL): the match limit was reached, and the answer is no. */
bool pattern_matches(const struct pattern *p, const char *subject, bool *gave_up);

/* True when text matches one literal and nothing else ("acme/web", "^acme/web\.x$", "\Qacme/web\E"): *ret is that literal,
 * the caller's. An unescaped dot is an expression, so "acme/web.x" is none. An empty pattern is none. */
bool trigger_pattern_literal(const char *text, char **ret);

/* Compiled patterns by their text; at most 4096, all forgotten when full. One thread. */
struct patterns;
struct patterns *patterns_create(void);
void patterns_destroy(struct patterns **p);
/* Borrowed until the next call; NULL when it does not compile (e says why). */
const struct pattern *patterns_get(struct patterns *p, const char *text, struct err *e);

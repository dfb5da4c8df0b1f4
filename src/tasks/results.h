/* tasks/results.h - reports of tests and checkers, counted: JUnit, JaCoCo, Cobertura, Checkstyle, FindBugs.
 *
 * What a report is shows its first element. XML is read as it comes, by expat, with limits of size and depth; a document that declares
 * entities is refused, and nothing outside it is ever fetched.
 */
#pragma once

#include "base/json.h"

struct results; /* of one task, over all its reports */
struct report;  /* one document */

enum { REPORT_MOST = 32 << 20 }; /* bytes of one document */

struct results *results_create(void);
void results_destroy(struct results **r);

/* kind: "JUnit" and so on, in any case, or "" for whichever it is. ERR_INVALID: there is no such kind. */
bool report_begin(struct results *r, const char *kind, struct report **ret, struct err *e);
bool report_feed(struct report *p, const char *bytes, size_t size, struct err *e);
/* Ends and frees it; only one that was whole is counted. */
bool report_end(struct report **p, struct err *e);
void report_destroy(struct report **p); /* leaves it out */

/* {"tests": {total, passed, failed, skipped}, "coverage": {lines, covered, percent}, "checkstyle": {files, errors, warnings, infos},
 * "findbugs": {bugs, high, medium, low}}: what there were reports of. A new reference. */
json_t *results_json(const struct results *r);
bool results_any(const struct results *r);

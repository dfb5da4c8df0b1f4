#include "tasks/results.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { DEPTH_MOST = 100 };

enum count { TESTS, FAILED, SKIPPED, LINES, COVERED, FILES, ERRORS, WARNINGS, INFOS, BUGS, HIGH, MEDIUM, LOW, COUNTS };

struct results {
    int64_t counts[COUNTS];
    bool seen[5]; /* by kind */
};

struct report {
    struct results *results;
    XML_Parser parser;
    const struct kind *kind, *wanted; /* wanted NULL: whichever it is */
    int64_t counts[COUNTS];
    size_t size;
    int depth;
    bool case_failed, case_skipped;
    struct err why;
};

/* ---- what elements mean */

static const char *attribute(const char **attributes, const char *name)
{
    for (; *attributes; attributes += 2)
        if (text_is(attributes[0], name))
            return attributes[1];
    return "";
}

static int64_t number(const char **attributes, const char *name)
{
    int64_t n = 0;
    return text_to_int(attribute(attributes, name), &n) && n > 0 && n < INT64_C(1) << 40 ? n : 0;
}

static void junit(struct report *p, const char *element, const char **attributes)
{
    (void)attributes;
    if (text_is(element, "testcase")) {
        p->counts[TESTS]++;
        p->case_failed = p->case_skipped = false;
    }
    p->case_failed |= text_is(element, "failure") || text_is(element, "error");
    p->case_skipped |= text_is(element, "skipped");
}

/* The counters of the whole report stand in its root; those deeper are parts of them. */
static void jacoco(struct report *p, const char *element, const char **attributes)
{
    if (p->depth != 2 || !text_is(element, "counter") || !text_is(attribute(attributes, "type"), "LINE"))
        return;
    p->counts[COVERED] += number(attributes, "covered");
    p->counts[LINES] += number(attributes, "covered") + number(attributes, "missed");
}

static void cobertura(struct report *p, const char *element, const char **attributes)
{
    if (p->depth != 1 || !text_is(element, "coverage"))
        return;
    p->counts[COVERED] += number(attributes, "lines-covered");
    p->counts[LINES] += number(attributes, "lines-valid");
}

static void checkstyle(struct report *p, const char *element, const char **attributes)
{
    const char *severity = attribute(attributes, "severity");
    p->counts[FILES] += text_is(element, "file");
    if (text_is(element, "error"))
        p->counts[text_is(severity, "warning") ? WARNINGS : text_is(severity, "info") || text_is(severity, "ignore") ? INFOS : ERRORS]++;
}

static void findbugs(struct report *p, const char *element, const char **attributes)
{
    int64_t priority = number(attributes, "priority");
    if (!text_is(element, "BugInstance"))
        return;
    p->counts[BUGS]++;
    p->counts[priority == 1 ? HIGH : priority == 2 ? MEDIUM : LOW]++;
}

static const struct kind {
    const char *name, *root, *other_root;
    void (*element)(struct report *p, const char *element, const char **attributes);
} KINDS[] = {
    { "JUnit", "testsuites", "testsuite", junit },
    { "JaCoCo", "report", "report", jacoco },
    { "Cobertura", "coverage", "coverage", cobertura },
    { "Checkstyle", "checkstyle", "checkstyle", checkstyle },
    { "FindBugs", "BugCollection", "BugCollection", findbugs },
};
_Static_assert(ALEN(KINDS) == sizeof((struct results *)0)->seen, "one mark a kind");

/* ---- reading */

static void stop(struct report *p)
{
    XML_StopParser(p->parser, XML_FALSE);
}

static bool recognise(struct report *p, const char *root)
{
    for (size_t i = 0; i < ALEN(KINDS); i++)
        if (text_is(KINDS[i].root, root) || text_is(KINDS[i].other_root, root))
            p->kind = &KINDS[i];
    if (!p->kind)
        return err_set(&p->why, ERR_INVALID, "its root '%.40s' is that of no report known here: JUnit, JaCoCo, Cobertura, Checkstyle, FindBugs", root);
    return !p->wanted || p->wanted == p->kind || err_set(&p->why, ERR_INVALID, "it is a report of %s, not of %s", p->kind->name, p->wanted->name);
}

static void XMLCALL opened(void *context, const char *element, const char **attributes)
{
    struct report *p = context;
    if (++p->depth > DEPTH_MOST)
        err_set(&p->why, ERR_TOO_LARGE, "it is nested deeper than %d", DEPTH_MOST);
    if (p->why.kind || (p->depth == 1 && !recognise(p, element)))
        stop(p);
    else
        p->kind->element(p, element, attributes);
}

static void XMLCALL closed(void *context, const char *element)
{
    struct report *p = context;
    p->depth--;
    if (p->why.kind) /* the end of an empty element is told even where its beginning stopped the parser */
        return;
    if (p->kind->element != junit || !text_is(element, "testcase"))
        return;
    p->counts[FAILED] += p->case_failed;
    p->counts[SKIPPED] += p->case_skipped && !p->case_failed;
}

/* Entities can grow without end, and may lead out of the document. A report needs none. */
static void XMLCALL declared(void *context, const XML_Char *name, int is_parameter, const XML_Char *value, int length, const XML_Char *base, const XML_Char *system, const XML_Char *public,
                             const XML_Char *notation)
{
    struct report *p = context;
    (void)is_parameter, (void)value, (void)length, (void)base, (void)system, (void)public, (void)notation;
    err_set(&p->why, ERR_INVALID, "it declares an entity (%.40s), which is not read", name);
    stop(p);
}

bool report_begin(struct results *r, const char *kind, struct report **ret, struct err *e)
{
    const struct kind *wanted = NULL;
    for (size_t i = 0; i < ALEN(KINDS); i++)
        if (text_is_any_case(KINDS[i].name, kind))
            wanted = &KINDS[i];
    if (*kind && !wanted)
        return err_field(e, "process", "'%.40s' is no kind of report: JUnit, JaCoCo, Cobertura, Checkstyle, FindBugs", kind);
    struct report *p = NEW(struct report);
    *p = (struct report){ .results = r, .wanted = wanted, .parser = XML_ParserCreate(NULL) };
    XML_SetUserData(p->parser, p);
    XML_SetElementHandler(p->parser, opened, closed);
    XML_SetEntityDeclHandler(p->parser, declared);
    *ret = p;
    return true;
}

static bool parse(struct report *p, const char *bytes, size_t size, bool last, struct err *e)
{
    if (p->why.kind) { /* it was stopped: nothing behind that is read */
        *e = p->why;
        return false;
    }
    if (XML_Parse(p->parser, bytes, (int)size, last) == XML_STATUS_OK)
        return true;
    if (p->why.kind) {
        *e = p->why;
        return false;
    }
    return err_set(e, ERR_INVALID, "it is no XML: %s in line %lu", XML_ErrorString(XML_GetErrorCode(p->parser)), (unsigned long)XML_GetCurrentLineNumber(p->parser));
}

bool report_feed(struct report *p, const char *bytes, size_t size, struct err *e)
{
    p->size += size;
    if (p->size > REPORT_MOST)
        return err_set(e, ERR_TOO_LARGE, "it is larger than %d MiB", REPORT_MOST >> 20);
    return parse(p, bytes, size, false, e);
}

bool report_end(struct report **report, struct err *e)
{
    struct report *p = *report;
    bool ok = parse(p, "", 0, true, e);
    for (size_t i = 0; ok && i < COUNTS; i++)
        p->results->counts[i] += p->counts[i];
    if (ok)
        p->results->seen[p->kind - KINDS] = true;
    report_destroy(report);
    return ok;
}

void report_destroy(struct report **report)
{
    struct report *p = TAKE(*report);
    if (!p)
        return;
    XML_ParserFree(p->parser);
    free(p);
}

/* ---- the sums */

struct results *results_create(void)
{
    return NEW(struct results);
}

void results_destroy(struct results **r)
{
    free(TAKE(*r));
}

bool results_any(const struct results *r)
{
    for (size_t i = 0; i < ALEN(r->seen); i++)
        if (r->seen[i])
            return true;
    return false;
}

json_t *results_json(const struct results *r)
{
    const int64_t *n = r->counts;
    json_t *json = json_object();
    if (r->seen[0])
        json_object_set_new(json, "tests", json_pack("{s:I, s:I, s:I, s:I}", "total", (json_int_t)n[TESTS], "passed", (json_int_t)(n[TESTS] - n[FAILED] - n[SKIPPED]), "failed",
                                                     (json_int_t)n[FAILED], "skipped", (json_int_t)n[SKIPPED]));
    if (r->seen[1] || r->seen[2])
        json_object_set_new(json, "coverage", json_pack("{s:I, s:I, s:f}", "lines", (json_int_t)n[LINES], "covered", (json_int_t)n[COVERED], "percent",
                                                        n[LINES] ? (double)(n[COVERED] * 1000 / n[LINES]) / 10 : 0.0));
    if (r->seen[3])
        json_object_set_new(json, "checkstyle", json_pack("{s:I, s:I, s:I, s:I}", "files", (json_int_t)n[FILES], "errors", (json_int_t)n[ERRORS], "warnings", (json_int_t)n[WARNINGS],
                                                          "infos", (json_int_t)n[INFOS]));
    if (r->seen[4])
        json_object_set_new(json, "findbugs", json_pack("{s:I, s:I, s:I, s:I}", "bugs", (json_int_t)n[BUGS], "high", (json_int_t)n[HIGH], "medium", (json_int_t)n[MEDIUM], "low",
                                                        (json_int_t)n[LOW]));
    return json;
}

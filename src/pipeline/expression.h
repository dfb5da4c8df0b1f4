/* pipeline/expression.h - references such as ${input.DOCKER_TAG} inside texts.
 *
 *   ${input.NAME}  ${var.NAME}  ${output.NAME}   NAME as it was declared: may hold spaces, dashes, dots
 *   ${Stage.Task.output.a.b[0].c}   also .input.PATH, .status, .statusMessage; the longest known names win
 *   ${Stage.status}  ${Stage.statusMessage}
 *   ${name} ${requestBy} ${executionId} ... the defaults, see REFERENCE_DEFAULTS
 *
 * "${" that leads to no known scope (a shell's ${HOME}) is no reference: it
 * stays as it is, and is reported as a warning.
 */
#pragma once

#include "base/json.h"
#include "pipeline/model.h"

#define REFERENCE_LENGTH 1024   /* between the braces */
#define EXPRESSION_REFERENCES 1000 /* in one text */

/* ---- finding them */

struct segment { /* a piece of a text: plain, or "${...}" with its braces */
    bool reference;
    size_t at, length;
};

/* The next piece at *at, which moves behind it; false at the end. "${" without its "}" is plain text.
 * for (size_t at = 0; segment_next(text, n, &at, &piece);) */
bool segment_next(const char *text, size_t n, size_t *at, struct segment *ret);

/* ---- what they name */

enum reference_kind {
    REFERENCE_UNKNOWN, /* no scope of ours */
    REFERENCE_INPUT,   /* name */
    REFERENCE_VARIABLE,
    REFERENCE_OUTPUT,  /* of the pipeline, in notifications */
    REFERENCE_TASK_INPUT,  /* task, path */
    REFERENCE_TASK_OUTPUT,
    REFERENCE_TASK_STATUS,
    REFERENCE_TASK_MESSAGE,
    REFERENCE_STAGE_STATUS,
    REFERENCE_STAGE_MESSAGE,
    REFERENCE_DEFAULT, /* name */
};

struct reference {
    enum reference_kind kind;
    size_t stage, task; /* of the pipeline, where the kind names one */
    /* Borrowed from the text. The name of an input, variable, output or default (inputs: perhaps with a path behind it),
     * or the path into a task's input or output; "" of length 0 for the whole. */
    const char *rest;
    size_t rest_length;
    /* When kind is UNKNOWN although the text begins with the name of a stage: what is missing. Otherwise "". */
    char problem[256];
};

/* text: what stands between the braces. pipeline may be NULL: then no stage or task is known. */
void reference_parse(const char *text, size_t n, const struct pipeline *pipeline, struct reference *ret);
bool reference_is_default(const char *name, size_t n);
extern const char *const REFERENCE_DEFAULTS[]; /* NULL at the end */

/* By path in a tree; unlike json_at, of keys that hold dots the longest that fits is taken. Borrowed; NULL when missing. */
json_t *reference_walk(const json_t *json, const char *path, size_t n);

/* Why reference_walk found nothing: "'data.result' is an empty list", "'data' has resultType, result". Names keys, no values. The caller's. */
char *reference_missing(const json_t *json, const char *path, size_t n);

/* ---- what they stand for */

struct value {
    json_t *json;  /* a new reference */
    bool outside;  /* came from a push or another event: never more than a string */
    bool secret;   /* to be masked wherever it shows */
    bool authored; /* a variable, or an input that a person wrote: may be a whole YAML document */
};
void value_fini(struct value *value);
/* Adds the bytes of json, which is going to stand within depth lists and objects, to *size. False when it is more than most in
 * sum, or nested too deep to be read back: one large value may be asked for at many places. */
bool value_fits(const json_t *json, int depth, size_t *size, size_t most, struct err *e);

enum scope_answer { SCOPE_FOUND, SCOPE_UNKNOWN, SCOPE_FAILED };

/* Who knows the values. Embed it; pipeline/scope.h has the one of an execution. */
struct scope {
    /* reference: what stands between the braces. FOUND: *ret is the caller's (value_fini). UNKNOWN: no reference of ours.
     * FAILED: e says why there is no value ("no variable 'x' in this project", "task A.B has no output 'c'"). */
    enum scope_answer (*find)(struct scope *scope, const char *reference, size_t n, struct value *ret, struct err *e);
};

/* ---- resolving */

struct resolution { /* what came of it beside the value; { 0 } is empty */
    json_t *warnings; /* array of texts, or NULL */
    json_t *secrets;  /* array of the secret texts that were used, for masking; or NULL */
    bool outside;     /* a value of it came from outside */
    size_t size;      /* bytes that were put together so far; the limit is for all calls that share it */
};
void resolution_fini(struct resolution *r);
#define AUTO_RESOLUTION __attribute__((cleanup(resolution_fini))) struct resolution

/* A text that is nothing but one reference becomes its value, with its type; any other a text. *ret is the caller's. */
bool expression_resolve(const char *text, size_t n, struct scope *scope, json_t **ret, struct resolution *more, struct err *e);
/* Always a text. The caller's. */
bool expression_text(const char *text, size_t n, struct scope *scope, char **ret, struct resolution *more, struct err *e);
/* Every text in a tree, keys too; e.field is the JSON Pointer of what failed. raw (NULL at the end; may be NULL): keys of the top
 * object that are left as they stand, such as K8S's "yaml", which is bound by pipeline/bind.h. */
bool expression_resolve_tree(const json_t *tree, const char *const *raw, struct scope *scope, json_t **ret,
                             struct resolution *more, struct err *e);

/* For those who resolve by themselves. */
void resolution_warn(struct resolution *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
void resolution_secret(struct resolution *r, const json_t *value); /* every text in it */

/* pipeline/model.h - what should happen: stages, groups of tasks that run together, and what each task is told.
 *
 * The definition (a JSON tree as the API's body or the YAML document gives it)
 * is the source of truth and is never changed: unknown keys, and the order of
 * keys, survive. struct pipeline is the compiled view of it: order texts such
 * as "A,B" turned into groups, names into indexes, conditions parsed. It is
 * immutable and shared: thousands of executions hold the same one
 * (pipeline_ref, pipeline_unref). Every const pointer in it is borrowed from
 * the definition and lives as long as the pipeline.
 */
#pragma once

#include "base/fields.h"
#include "base/json.h"
#include "base/mem.h"

#define PIPELINE_STAGES 50
#define PIPELINE_TASKS 200 /* in all stages together */
#define PIPELINE_PARALLEL 24
#define PIPELINE_ROLLBACKS 50
#define PIPELINE_RETRIES 20
#define PIPELINE_NOTIFICATIONS 100
#define PIPELINE_CONCURRENCY 50
#define PIPELINE_DEFAULT_CONCURRENCY 10
#define PIPELINE_TAGS 20
#define PIPELINE_PROBLEMS 200 /* after so many the rest is only counted */

struct condition;
struct pipeline;

/* ---- what is wrong with a definition */

enum problem_level { PROBLEM_WARNING, PROBLEM_ERROR };

struct problem {
    enum problem_level level;
    char *pointer; /* JSON Pointer into the definition; "" is the whole */
    char *text;    /* one sentence without a full stop */
    int line, column; /* from 1 where the source was text (pipeline/source.h); else 0 */
    char *variable;   /* of a secret that stands there as it is: the SECRET variable that could hold it (pipeline/literals.h); else NULL */
};

struct problems { /* { 0 } is an empty list */
    struct problem *at;
    size_t count, room;
    size_t errors; /* how many are errors, the uncounted ones too */
};

void problems_fini(struct problems *found);
#define AUTO_PROBLEMS __attribute__((cleanup(problems_fini))) struct problems
void problem_add(struct problems *found, enum problem_level level, const char *pointer, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Moves all of from behind those of to. */
void problems_take(struct problems *to, struct problems *from);
/* "unknown key 'preConditon' of a task: did you mean preCondition?", or what there is; known ends with NULL. so: what becomes of it, "" or
 * "is not kept". */
void problem_unknown(struct problems *found, enum problem_level level, const char *pointer, const char *what, const char *key, const char *const *known,
                     const char *so);
const char *problem_nearest(const char *key, const char *const *known); /* NULL: none is near */
void problem_secret(struct problems *found, const char *variable); /* of the one added last */
/* False when there is an error; then e (kind ERR_INVALID, field its pointer) tells the first one, and how many follow. */
bool problems_ok(const struct problems *found, struct err *e);
json_t *problems_json(const struct problems *found); /* [{level, pointer, message, line?, column?, variable?}]; the caller's */

/* ---- what a task type lets its YAML say; the table stands in tasks/, above this room */

struct pipeline_type {
    const char *name;              /* as written in YAML: "K8S" */
    const struct field *fields;    /* of "input" */
    size_t field_count;
    const char *const *endpoints;  /* keys of "endpoints", NULL at the end; "name!" for one that must be there */
    bool workspace;                /* its tasks run in the pipeline's workspace */
    const char *condition;         /* the key of "input" that is a condition; NULL: none is */
    const char *const *bare_conditions; /* paths in "input" of conditions that name fields of an answer without ${ }; NULL: none */
};

/* ---- the compiled view */

struct pipeline_task {
    const char *name, *type;
    size_t index;          /* in pipeline.tasks, which is the order they run in */
    size_t stage, group;   /* in pipeline.stages, pipeline.groups */
    const json_t *spec;    /* the task's whole object */
    const json_t *endpoints, *input; /* objects; NULL when not given */
    const char *condition_text;      /* "" when there is none */
    const struct condition *condition; /* NULL: always. Also NULL when the text cannot be parsed: see condition_text */
    bool ignore_failure;
    int64_t timeout; /* micros; 0: none. From "timeout" (minutes) beside "type", not the one in "input" */
    int retries;     /* how often it is tried again after it failed */
    int64_t retry_delay; /* micros before the first of them */
    double retry_factor; /* of each delay to the one before */
    size_t undoes;   /* of a rollback or a restore: the task that it is for; PIPELINE_WHOLE_STAGE */
    bool restores;   /* it puts back what was verified last, where that task put something else */
};
#define PIPELINE_WHOLE_STAGE SIZE_MAX

struct pipeline_group { /* tasks first .. first + count - 1 run together */
    size_t first, count, stage;
};

struct pipeline_stage {
    const char *name;
    const json_t *spec;
    size_t first_group, group_count, first_task, task_count;
};

enum notify_kind { NOTIFY_EMAIL, NOTIFY_JIRA, NOTIFY_WEBHOOK };
enum notify_event { NOTIFY_SUCCESS, NOTIFY_FAILURE, NOTIFY_WAITING, NOTIFY_CANCELED, NOTIFY_STARTED };

struct pipeline_notification { /* who is told of what: pipeline/notification.h */
    enum notify_kind kind;
    enum notify_event event;
    const json_t *spec;  /* its object */
    size_t index;        /* in its list, "/notifications/webhook/INDEX" */
    size_t stage, task;  /* of which; SIZE_MAX: of none, so it is the stage's, or the whole pipeline's */
};

enum pipeline_policy { /* "concurrencyPolicy": what becomes of an execution when all places are taken */
    PIPELINE_QUEUE,  /* it waits, the oldest goes first */
    PIPELINE_NEWEST, /* it waits, and those that wait already end canceled */
    PIPELINE_REFUSE, /* it does not begin */
};

#define PIPELINE_RESTORES 1 /* "onFailedVerification": what was verified last is put back */
#define PIPELINE_HOLDS 2    /* its trigger holds newer pushes until people, or a newer image that passes, release them */

enum pipeline_state { PIPELINE_DISABLED, PIPELINE_ENABLED, PIPELINE_RELEASED };

struct pipeline {
    json_t *definition;
    json_t *texts; /* private: numbers and booleans that stood where a text was meant */
    const char *name, *project, *description, *icon; /* "" when not given */
    enum pipeline_state state; /* "state", or else "enabled" */
    bool state_given;          /* the definition said either */
    int concurrency;
    enum pipeline_policy policy;
    int on_failed;             /* PIPELINE_RESTORES | PIPELINE_HOLDS: after a run that failed behind a deployment */
    const json_t *inputs, *input_meta, *outputs; /* objects; NULL when not given */
    const json_t *tags, *options;                /* arrays; NULL when not given */
    struct pipeline_stage *stages;
    struct pipeline_group *groups;
    struct pipeline_task *tasks;
    size_t stage_count, group_count, task_count;
    /* In no group, and behind the tasks: tasks[task_count .. run_count - 1]. First rollbacks, as tasks of type Pipeline; then restores, one
     * for each K8S task that may put something on a cluster, the last one first. */
    size_t run_count;
    /* Those that can be told: an entry with an unknown event, stage or task is left out, and pipeline_check says so. */
    struct pipeline_notification *notifications;
    size_t notification_count;
    size_t references; /* how many hold it */
};

/* Compiles definition (its reference is shared; do not change it afterwards). False when it has errors; found,
 * which may be NULL, then says which. Otherwise *ret is the caller's (pipeline_destroy), and found may hold
 * warnings. Unknown types and keys, references and conditions are for pipeline_check. */
bool pipeline_create(json_t *definition, struct pipeline **ret, struct problems *found);
struct pipeline *pipeline_ref(struct pipeline *pipeline);
void pipeline_unref(struct pipeline *pipeline); /* NULL is welcome */
void pipeline_destroy(struct pipeline **pipeline); /* pipeline_unref, and NULL */

/* Everything that can be known before a run: types, fields, endpoints' keys, references and what they may see, conditions.
 * At import, unknown keys and types are warnings; with enabling they are errors, as is a pipeline without a stage. */
struct pipeline_checks {
    const struct pipeline_type *types;
    size_t type_count;
    bool enabling;
};
void pipeline_check(const struct pipeline *pipeline, const struct pipeline_checks *checks, struct problems *found);

const struct pipeline_type *pipeline_type_find(const struct pipeline_type *types, size_t count, const char *name);
const char *pipeline_state_name(enum pipeline_state state); /* "ENABLED" */
bool pipeline_state_parse(const char *name, enum pipeline_state *ret);

/* The input of a run: the pipeline's defaults, and over them what is given (an object, or NULL; a null
 * in it is not given). Names that the pipeline
 * does not declare are left out. False (ERR_INVALID, field: its name) when a mandatory input is empty. *ret is the caller's. */
bool pipeline_inputs(const struct pipeline *pipeline, const json_t *given, json_t **ret, struct err *e);
bool pipeline_declares(const struct pipeline *pipeline, const char *input);

/* Of pipelines and executions alike: at most PIPELINE_TAGS, each 1 to 50 of [a-zA-Z0-9], with . - _ between. ERR_INVALID says which not. */
bool pipeline_tags_ok(const json_t *tags, struct err *e);

/* Where its CI tasks run, as it stands there ("workspace", or "ciWorkspace" of older exports); NULL: it says nothing of one. Borrowed. */
const json_t *pipeline_workspace(const struct pipeline *pipeline);

/* NULL when there is none. The task's index is its place in executions too. */
const struct pipeline_task *pipeline_find_task(const struct pipeline *pipeline, const char *stage, const char *task);
/* "Stage.Task", "rollback of Stage.Task", "restore of Stage.Task"; the caller's. */
char *pipeline_task_path(const struct pipeline *pipeline, size_t task);

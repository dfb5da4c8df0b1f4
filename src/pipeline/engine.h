/* pipeline/engine.h - one execution of a pipeline, and how it moves.
 *
 * step reads no clock, socket or database: it changes the execution in hand and
 * says what must happen next (effects). The runner makes a copy, steps the copy,
 * stores it, publishes it, and only then performs the effects; each may be
 * performed again after a crash. The moves are a table (moves.c), from which
 * docs/states.md is printed.
 *
 * Owned by the loop thread. A copy is cheap: the pipeline is shared by count, and
 * inputs, outputs and messages are JSON values shared by count and never changed.
 */
#pragma once

#include "pipeline/expression.h"
#include "pipeline/model.h"

#define EXECUTION_STATE_VERSION 1
#define RUN_NO_TASK SIZE_MAX

#define RUN_STATUSES(X) \
    X(NOT_STARTED)      \
    X(STARTED)          \
    X(RUNNING)          \
    X(CANCELING)        \
    X(WAITING)          \
    X(RESUMING)         \
    X(PAUSING)          \
    X(PAUSED)           \
    X(CANCELED)         \
    X(COMPLETED)        \
    X(FAILED)           \
    X(SKIPPED)          \
    X(QUEUED)           \
    X(FAILED_CONTINUE)  \
    X(ROLLING_BACK)     \
    X(ROLLBACK_FAILED)  \
    X(PREPARING_WORKSPACE) \
    X(ROLLBACK_COMPLETED)

enum run_status { /* Code Stream's, for executions, stages and tasks */
#define X(name) RUN_##name,
    RUN_STATUSES(X)
#undef X
        RUN_STATUS_COUNT
};
const char *run_status_name(enum run_status status); /* "RUNNING" */
bool run_status_parse(const char *name, enum run_status *ret);
bool run_status_final(enum run_status status);       /* nothing comes after it */

enum run_waits { /* a RUNNING task does nothing by itself, and the execution's time stands still */
    RUN_WAITS_NO,
    RUN_WAITS_PERSON, /* for an answer: to the world, task, stage and execution are WAITING */
    RUN_WAITS_TIME,   /* for a time */
    RUN_WAITS_WINDOW, /* for a change window, before it acts: its own timeout stands still too */
};

enum run_puts { /* whether a task put something on a cluster */
    RUN_PUTS_NOTHING,
    RUN_PUTS_PERHAPS, /* it is about to */
    RUN_PUTS_SURE,    /* it did, or the process ended while it was about to */
};

/* ---- the state. Read it freely; only this room writes it. Texts are JSON strings, or NULL: run_text */

struct task_run {
    enum run_status status;
    int attempt;        /* from 1 once it ran */
    int failures;       /* how many of its attempts failed, and were retried because the task says so */
    bool warning;       /* completed, and its message is a warning */
    bool timed_out;     /* CANCELING because its time is over */
    bool dirty;         /* its row must be written; cleared by execution_clean */
    unsigned char waits; /* enum run_waits; only while RUNNING */
    unsigned char puts;  /* enum run_puts; of all attempts together */
    int64_t started_at, ended_at; /* micros; 0: not yet. Of all attempts together */
    int64_t retry_at;   /* WAITING: when to try again */
    int64_t timeout_at; /* 0: no limit */
    json_t *message;    /* what happened in the end, or why it waits */
    json_t *progress;   /* "2 of 3 updated" */
    json_t *detail;     /* progress for programs; of "kind" "approval" when people are asked, "userOperation" tells which question */
    json_t *input;      /* as resolved, secrets masked */
    json_t *resolved;   /* what the effect resolved to, before it acted */
    json_t *output;
    json_t *approved;   /* the administrator who let it use what is restricted */
};

struct execution {
    struct pipeline *pipeline; /* pinned: a reference */
    enum run_status status;
    size_t group;       /* in pipeline.groups: the one that runs now, or runs next */
    bool expired;       /* CANCELING because the whole took too long */
    bool restricted;    /* PAUSED until an administrator resumes it; message names what is restricted */
    bool dirty;
    int64_t requested_at, started_at, ended_at, expires_at;
    int64_t timer_at;   /* the last SET_TIMER; 0: none */
    int64_t idle_at;    /* since when all that is under way waits, which does not count; 0: something works */
    int64_t occasions;  /* how often it had something to tell: each has its number */
    json_t *message;    /* statusMessage */
    json_t *canceled;   /* {"by", "reason"} once somebody asked */
    json_t *input;      /* object; secret ones are masked here */
    json_t *secrets;    /* object: the values of those; NULL: there are none, or they were not opened */
    json_t *outside;    /* array: names of inputs whose values came from outside */
    json_t *output;     /* object once it completed */
    struct task_run *tasks; /* pipeline->run_count of them */
};
const char *run_text(const json_t *text); /* "" for NULL; borrowed */

/* QUEUED. input and outside (may be NULL) are shared, not taken. */
struct execution *execution_create(struct pipeline *pipeline, json_t *input, json_t *outside, int64_t now);
void execution_give_secrets(struct execution *execution, json_t *secrets); /* shared, not taken */
/* A QUEUED execution goes on from where another of the same pipeline stopped: what was done there counts as done here, with its outputs; the
 * group of tasks that ended it begins with those that were not done. ERR_CONFLICT when that one is not over, completed, or was rolled back. */
bool execution_go_on(struct execution *execution, const struct execution *from, struct err *e);
struct execution *execution_dup(const struct execution *execution);
void execution_destroy(struct execution **execution);
void execution_clean(struct execution *execution); /* everything dirty was stored */
bool execution_live(const struct execution *execution); /* not final */
size_t execution_stage(const struct execution *execution); /* the current one; stage_count when all are over */

/* As the world sees it: WAITING is what waits for a person. A task whose next try waits is RUNNING. */
enum run_status execution_shown(const struct execution *execution);
enum run_status task_run_shown(const struct task_run *run);
/* ---- what "verified" means: a deployment counts when the whole run behind it completed (docs/rollback.md) */

bool execution_put(const struct execution *execution); /* one of its tasks put something on a cluster, or perhaps did */
/* It failed, or is being rolled back, behind a deployment. Not when somebody canceled it before it failed. */
bool execution_unverified(const struct execution *execution);
/* What its restores said, as a sentence: "Restored acme/web:1.0 of deploy #12"; the caller's, "" when none ended. */
char *execution_restored(const struct execution *execution);

/* What it waits for as a whole, as the task of another execution that it is a part of does. */
enum run_waits execution_waits(const struct execution *execution);
/* Of a stage, worked out from its tasks, likewise. Any ret may be NULL. */
enum run_status execution_stage_status(const struct execution *execution, size_t stage, int64_t *ret_started, int64_t *ret_ended);

/* ---- what the runner knows about it beside the state; borrowed */

struct run_facts {
    const char *id;           /* uuid */
    const char *project, *project_id;
    const char *pipeline_id;  /* uuid; "" when it was deleted */
    int64_t index;
    const char *url;          /* of the execution's page: ${executionUrl} */
    const char *requested_by, *triggered_by, *source, *comments;
    const json_t *tags;       /* array or NULL */
    int64_t created_at, updated_at;
    bool nested, rollback, global;
    const char *parent;       /* uuid of the execution that it is a part of; NULL or "": none */
    const char *rerun;        /* uuid of the execution that it repeats; NULL or "": none */
    int64_t rerun_index;
    int64_t window_at;        /* when its change window opens, as far as is known; 0: it does not wait for one */
    int64_t now;              /* for ${duration}; ${executedOn} is started_at */
    /* A variable of the execution's project. UNKNOWN when there is none by that name (it is told as an error). May be NULL. */
    enum scope_answer (*variable)(void *owner, const char *name, struct value *ret, struct err *e);
    /* What restricted things the task would use without the right to: "restricted endpoint 'prod'", the caller's; NULL: none, or
     * whoever runs it is an administrator. Asked before its group begins, unless it was approved. May be NULL. */
    char *(*restricted)(const struct run_facts *facts, const struct execution *execution, size_t task);
    void *owner;
};

/* ---- events and effects */

struct run_limits { /* 0: the default */
    int attempts;            /* of one task, retries included: 10 */
    int64_t retry_time;      /* from a task's first start to its last retry: 30 minutes */
    int64_t retry_least, retry_most; /* backoff: 1 s, doubled, up to 1 minute; a delay that the task asks for is capped at 10 min */
    int64_t execution_time;  /* of a whole execution, without its queueing and what it waits for people and times: 7 days */
};

enum run_event_kind {
    ENGINE_START,         /* a concurrency slot is free */
    ENGINE_TASK_RESOLVED, /* json: input (masked); resolved: what the effect will act on. Stored before it acts */
    ENGINE_TASK_PROGRESS, /* text, json */
    ENGINE_TASK_WAITS,    /* waits; with PERSON, what is told of it is rendered: so its detail comes before */
    ENGINE_TASK_DONE,     /* result, json: output (or NULL), text: message, warning, delay */
    ENGINE_TIMER,
    ENGINE_CANCEL,        /* text: by whom; reason */
    ENGINE_PAUSE,         /* text: by whom */
    ENGINE_RESUME,        /* text: by whom; administrator */
    ENGINE_RECOVER,       /* after a restart: asks again for what was under way */
};

enum task_result { TASK_COMPLETED, TASK_FAILED, TASK_RETRY, TASK_CANCELED };

struct run_event { /* all borrowed; json values are shared */
    enum run_event_kind kind;
    int64_t now;
    size_t task;       /* TASK_*: its index */
    int attempt;       /* TASK_*: of which attempt; one that is not the current is ignored. 0: whichever */
    enum task_result result;
    bool warning;
    enum run_waits waits; /* TASK_WAITS */
    bool unsure;       /* FAILED, and nobody knows what was carried out: never tried again by itself */
    bool untouched;    /* TASK_DONE: it put nothing on a cluster, though it resolved to do so */
    int64_t delay;     /* RETRY: at least so long; 0: backoff */
    const char *text, *reason;
    bool administrator; /* RESUME: whoever asks may approve what is restricted, and thereby does */
    json_t *json, *resolved;
    const struct run_facts *facts;   /* conditions and outputs are resolved with them; needed for START, TASK_DONE, TIMER, RESUME, RECOVER */
    const struct run_limits *limits; /* NULL: the defaults */
};

enum run_effect_kind {
    EFFECT_RUN_TASK,        /* task, attempt; resume: it may have begun before a crash */
    EFFECT_CANCEL_TASK, /* task; it answers with TASK_DONE (canceled). resume: after a crash, nothing of it runs here */
    EFFECT_SET_TIMER,   /* at: deliver TIMER then, instead of any earlier one; 0: none is needed */
    EFFECT_FINISHED,    /* the execution is over: free its slot, tell those who wait */
    EFFECT_NOTIFY,      /* notification, task (or RUN_NO_TASK), occasion: stored with the step, so that it is told once */
};

struct run_effect {
    enum run_effect_kind kind;
    size_t task;
    int attempt;
    bool resume;
    int64_t at;
    size_t notification; /* in pipeline.notifications */
    int64_t occasion;    /* from 1; the same for all that one happening causes */
};

struct run_effects { /* { 0 } is empty */
    struct run_effect *at;
    size_t count, room;
};
void run_effects_fini(struct run_effects *effects);
#define AUTO_EFFECTS __attribute__((cleanup(run_effects_fini))) struct run_effects

/* False: the event has no meaning in this state (late, repeated, refused); nothing changed, and why (may be NULL) says so in a
 * sentence for a person: "the execution is finished". Effects are appended. */
bool execution_step(struct execution *execution, const struct run_event *event, struct run_effects *effects, struct err *why);

/* The moves as docs/states.md shows them. The caller's. */
char *moves_print(void);

/* ---- to and from rows (the tables executions and tasks) */

struct execution_row {
    enum run_status status;
    const char *status_message; /* borrowed from the execution */
    char *state;                /* JSON without tasks; the caller's, see execution_row_fini */
    int state_version;
    bool live;
    char *output;               /* JSON object */
    int64_t requested_at, started_at, ended_at; /* 0: not yet */
};
struct task_row {
    size_t index;
    enum run_status status;
    char *state;                      /* JSON: attempt, times, message, progress */
    char *input, *output, *resolved;  /* JSON, or NULL */
};
void execution_write(const struct execution *execution, struct execution_row *ret);
void task_write(const struct execution *execution, size_t task, struct task_row *ret);
void execution_row_fini(struct execution_row *row);
void task_row_fini(struct task_row *row);

/* Reads back what was written. input, outside as given to execution_create. A task without a row has not started. False: a state_version
 * newer than ours, or rows that do not fit the pipeline. */
bool execution_read(struct pipeline *pipeline, const struct execution_row *row, json_t *input, json_t *outside,
                    const struct task_row *tasks, size_t count, struct execution **ret, struct err *e);

/* ---- for the API */

/* Code Stream's Execution. with_stages: else "stages" is {} as in its lists. The caller's. */
json_t *execution_to_api(const struct execution *execution, const struct run_facts *facts, bool with_stages);

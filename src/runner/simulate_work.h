/* runner/simulate_work.h - what simulate.c and simulate_tasks.c share. Not for others. */
#pragma once

#include "pipeline/scope.h"
#include "runner/inside.h"
#include "runner/simulate.h"
#include "secrets/mask.h"
#include "store/inbox.h"

/* One run that would come to be. */
struct would_run {
    struct simulation *simulation;
    json_t *row;                 /* of the answer; borrowed */
    struct trigger_row trigger;
    struct push push;
    struct run_pipeline pipeline_row;
    struct pipeline *pipeline;
    struct registry_target *target; /* NULL: the registry is not asked, or cannot be */
    struct knowledge knowledge;
    struct execution *execution;
    struct run_facts facts;
    struct task_push task_push;
    char url[512], owner[256], event_id[37], pipeline_uuid[37], project_uuid[37];
    int64_t index;
    size_t task;
};

/* Values that only earlier tasks of a run could have. */
struct guess {
    struct scope scope;
    struct execution_scope known;
    json_t *unknown; /* {"${Build.Image.output.tag}": true} */
};

struct simulation {
    struct runner *runner;
    bool diff, administrator, over, registry;
    json_t *triggers, *notes; /* arrays of the answer */
    struct would_run *runs;
    size_t count, at;
    size_t tasks, bytes;      /* shown so far */
    struct mask *mask;
    struct timer deadline, step;
    struct registry_head head;
    /* the task being previewed */
    struct task_job job;
    struct task_preview preview;
    struct guess guess;
    json_t *endpoints, *task_row; /* task_row: borrowed */
    bool previewing;
    void (*then)(struct simulation *s);
    void (*done)(void *context);
    void *context;
};

void simulation_run_refused(struct would_run *run, const char *rule, const char *why); /* it would not run after all */
/* simulate_tasks.c: the tasks of runs[at], then done. */
void simulation_tasks(struct simulation *s, void (*then)(struct simulation *s));

/* tasks/harness_test.h - a task run without a runner: what a type calls is noted, and its end ends the loop. */
#pragma once

#include "base/text.h"
#include "kube/kube.h"
#include "tasks/task.h"

struct harness {
    struct task_services services;
    struct task_job job;
    struct scope scope;
    json_t *values;  /* "input.X" -> {"value", "outside", "authored"}: what ${input.X} is */
    json_t *input, *endpoints, *resolved, *shown;
    struct err e;    /* of a start that failed */
    struct timer then_timer, cancel_timer, keep_timer;
    struct task_keep *keep; /* the last */
    void (*then)(struct task_job *job);
    /* the outcome */
    enum task_result result;
    enum run_waits waits; /* as it said last */
    bool warning, untouched;
    json_t *puts, *places; /* what it said it is about to put, and where it did */
    struct text message, progress, log;
    json_t *output, *detail;
    /* the one host key that is pinned */
    struct task_hosts hosts;
    char host_type[48], host_fingerprint[64];
};

void harness_open(struct harness *h);
void harness_close(struct harness *h);
/* endpoint and input are JSON-like YAML. True: it started; then h holds the outcome. cancel_after in micros, 0: not. */
bool harness_run(struct harness *h, const char *input, int64_t cancel_after);
void harness_value(struct harness *h, const char *reference, const char *value, bool outside);

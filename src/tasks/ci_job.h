/* tasks/ci_job.h - a CI task as objects of a cluster. Pure.
 *
 * The Job's pod has two containers of the workspace's image: steps, an init container, runs the steps and always ends well, so that files runs
 * behind it, which puts what they left on its log (ci_files.h). What both read is a Secret that the Job owns and that is made after it: a pod
 * without it does not begin, so it is the sign to start, and goes with the Job.
 */
#pragma once

#include "tasks/ci_script.h"
#include "tasks/workspace.h"

#define CI_JOB_LABEL "slipway.io/execution" /* its value: the execution's uuid */
#define CI_STEPS "steps"                    /* names of its containers */
#define CI_FILES "files"
#define CI_LOG_BEGINS "slipway: the steps begin\n" /* the first line of every log of steps: where it is missing, the node cut it off */

/* claim: what is mounted at the workspace's path; "": a folder of the pod's own. New references. */
json_t *ci_job(const struct workspace *w, const struct task_job *job, const char *shell, const char *claim);
/* job: as the cluster answered. files: {name: text}, the script's and "files". ERR_TOO_LARGE: more than a Secret holds. */
bool ci_job_secret(const struct workspace *w, const struct task_job *job, const json_t *made, const json_t *files, json_t **ret, struct err *e);
json_t *ci_job_pull_secret(const struct workspace *w, const struct task_job *job, const json_t *made); /* NULL: none is needed */
json_t *ci_job_claim(const struct workspace *w, const struct task_job *job);      /* of the run, for all its tasks */

/* What a container of the pod does, by the pod's status. */
struct ci_container {
    bool began, ended;   /* it runs or ran; it ran */
    int exit_code;       /* of the steps themselves; -1: not known */
    bool whole;          /* the steps ended by themselves, so what they left can be read */
    bool out_of_memory;
    char reason[100];    /* "OOMKilled", "StartError"; "" */
    char message[300];
};
void ci_container_read(const json_t *pod, const char *name, struct ci_container *ret);
bool ci_pod_runs(const json_t *pod); /* a container of it does, or may still begin */

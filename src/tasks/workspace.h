/* tasks/workspace.h - where a pipeline's CI tasks run, as its definition says: which engine or cluster, image, folder, limits.
 *
 * What one run keeps between its tasks is a volume, mounted at path; what a pipeline keeps between its runs (cache) one for each folder.
 * Names are made from the run's and the task's, so that everything is found again by them; labels say whose it is.
 */
#pragma once

#include "docker/target.h"
#include "kube/config.h"
#include "tasks/task.h"

/* Bytes of a container's log, of which the engine may have turned it over: the shortest lines take 80 times their length there, of 128 MiB. */
#define WORKSPACE_LOG_TURNS (1 << 20)
#define WORKSPACE_LABEL "io.slipway.execution" /* its value: the execution's uuid */

struct workspace {
    bool kube;              /* type K8S: a Job of the cluster, else a container of the engine */
    struct docker_target *engine;
    struct kube_target *cluster;
    char *namespace_;       /* of the cluster; "": the endpoint's own */
    char *claim;            /* the PersistentVolumeClaim that is mounted at path; "": none is named */
    char *storage;          /* how large one is that is made for a run: "1Gi" */
    json_t *pull_secret;    /* kube/secret.h, with a name and namespace to be given; NULL: none */
    char *image, *tag;      /* "docker.io/library/busybox" and "1.36"; tag of an image by digest: "sha256:..." */
    bool moving;            /* the tag is "latest": what it names is asked for anew */
    char *registry_auth;    /* docker/call.h; NULL: none */
    char *path;             /* "/build" */
    json_t *environment;    /* {NAME: text} */
    json_t *cache;          /* array of paths */
    double cpu;             /* cores; 0: no limit */
    int64_t memory;         /* bytes; 0: no limit */
    char *container, *volume; /* their names; of a Job it is shorter, for pods' labels hold it */
};

/* ERR_INVALID: what of the workspace is wrong. What was read before a failure stays in ret: workspace_fini in either case. */
bool workspace_read(const struct task_job *job, struct workspace *ret, struct err *e);
void workspace_fini(struct workspace *w);
/* The namespace alone, the caller's: "" where there is none, on Docker too. */
bool workspace_namespace(const struct task_job *job, char **ret, struct err *e);

/* The bodies of /containers/create and /volumes/create; a new reference. */
json_t *workspace_container(const struct workspace *w, const struct task_job *job, const char *shell);
json_t *workspace_volume(const struct workspace *w, const struct task_job *job);
char *workspace_cache(const struct task_job *job, const char *path); /* of the folder's volume, for all runs of the pipeline; the caller's */
char *workspace_image(const struct workspace *w); /* "docker.io/library/busybox:1.36"; the caller's */

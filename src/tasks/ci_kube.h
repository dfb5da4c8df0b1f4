/* tasks/ci_kube.h - what ci_kube.c (the Job's life) and ci_pod.c (its pod: waiting, log, files) share. Not for others.
 *
 * Several things may be under way at once (a log, an explanation). Whatever ends a part of the work goes through ci_quit: it stops all of them,
 * and what comes next runs once nothing is under way.
 */
#pragma once

#include "kube/explain.h"
#include "kube/object.h"
#include "kube/watch.h"
#include "tasks/ci_files.h"
#include "tasks/ci_inside.h"
#include "tasks/ci_job.h"

struct ci_kube {
    struct ci *ci;
    struct kube *kube;
    char *namespace_;
    char *claim;               /* what is mounted at the workspace's path; "": a folder of the pod's own. NULL: not decided */
    json_t *made;              /* the Job, as the cluster answered; NULL: not known */
    bool armed;                /* its Secrets are there */
    struct kube_call call;     /* the one under way; ci->next of it */
    struct kube_op op;         /* that deletes the Job */
    void (*removed)(struct ci *ci, const struct err *e);
    struct kube_explain explain;
    bool removing, explaining;
    void (*then)(struct ci *ci); /* once nothing is under way; NULL: it goes on */
    struct timer turn, soon, look; /* turn: then, or the next piece of an archive; soon: what is next; look: when to see why it takes so long */
    struct kube_subscription own, pods, gone;
    char *pod, *pod_uid;       /* the first that there was; NULL: none yet */
    struct ci_container steps, files;
    bool over;                 /* the Job is complete, or failed */
    bool reading, last;        /* a log is read; of a container that had ended before: then it is whole */
    bool followed;             /* it came to its end without a fault, though its container may have gone on */
    bool head_seen, steps_done;
    struct text head;          /* of the log, until its first line is whole */
    char *hint;                /* why it waits, as it was told last */
    int64_t stuck_since;       /* clock_mono(); 0: it is not */
    struct err why;            /* it ends, or waits, for this */
    /* ---- what the steps leave */
    json_t *paths;
    struct ci_files *left;
    struct err left_err;       /* why what did not come did not */
    const struct ci_file *file; /* the one that is read */
    int64_t offset;
};

void ci_quit(struct ci *ci, void (*then)(struct ci *ci));
void ci_settle(struct ci_kube *k);               /* something ended; while k->then is set that is all */
void ci_give_up(struct ci *ci, const struct err *e); /* the Job is deleted, so that it does not go on; then the task fails */
void ci_kube_lost(struct ci *ci, const struct err *e);
/* One request; next gets its end, unless the work is quit, or the cluster did not answer, which are dealt with. */
void ci_kube_ask(struct ci *ci, const char *method, const char *path, const json_t *body, void (*next)(struct ci *ci, const struct err *e));
void ci_kube_read(struct ci *ci, const char *path, int64_t silence, bool (*piece)(struct ci *ci, const char *bytes, size_t size), void (*next)(struct ci *ci, const struct err *e));
/* ---- ci_pod.c */
void ci_pod_watch(struct ci *ci);                /* the Job and its Secrets are there: up to the end */
void ci_pod_archive(struct ci *ci, const char *path, bool (*piece)(struct ci *ci, const char *bytes, size_t size), void (*next)(struct ci *ci, const struct err *e));

/* tasks/ci_inside.h - what the files of CI tasks share: ci.c (all that is the same everywhere), ci_docker.c and ci_kube.c (where they run),
 * ci_collect.c (what they leave behind). Not for others. */
#pragma once

#include "docker/call.h"
#include "docker/frames.h"
#include "docker/tar.h"
#include "tasks/ci_script.h"
#include "tasks/followed.h"
#include "tasks/results.h"
#include "tasks/workspace.h"

struct ci;
struct ci_kube; /* ci_kube.c */

/* Where it runs. */
struct ci_place {
    const char *makes, *shared; /* "container", "engine": words */
    void (*reach)(struct ci *ci); /* begins; or begins anew, which finds what there is already */
    /* A tar archive of a file or folder (of those ci_paths names): each piece, and next with what is wrong (ERR_NOT_FOUND: it is not there). */
    void (*archive)(struct ci *ci, const char *path, bool (*piece)(struct ci *ci, const char *bytes, size_t size), void (*next)(struct ci *ci, const struct err *e));
    bool (*interrupt)(struct ci *ci); /* true: something is under way, and its end will call ci_stop */
    void (*stop)(struct ci *ci);      /* canceled: what runs is ended, then the task */
    void (*free)(struct ci *ci);      /* its own, nothing being under way; NULL: there is nothing */
};
extern const struct ci_place CI_DOCKER, CI_KUBE;

struct ci {
    struct task_job *job;
    const struct ci_place *place;
    struct ci_kube *kube;
    json_t *input;             /* resolved */
    json_t *wanted;            /* array of names: what of it is exported */
    bool custom;               /* a custom integration's: its exports are properties, and JSON where json says so */
    bool json;
    struct workspace space;
    struct ci_script script;
    struct docker_call call;   /* the one under way */
    void (*next)(struct ci *ci, const struct err *e); /* of it, or of the archive that is read */
    bool (*piece)(struct ci *ci, const char *bytes, size_t size);
    struct timer timer;        /* until the engine is asked again */
    int64_t lost_since;        /* clock_mono() since when it does not answer; 0: it does */
    int64_t followed_at;       /* clock_mono() since when its log is followed; 0: it is not */
    int tries;
    bool began;                /* it was stored that the container starts: it is not made a second time */
    bool canceled, pulled;
    struct docker_frames frames;
    struct followed log;       /* of the steps */
    struct err said;           /* by a pull, or a reader of pieces */
    struct text line;          /* of a pull's progress, as far as it came */
    int exit_code;
    bool out_of_memory;
    char message[700];         /* why it failed; "" */
    /* ---- what is collected */
    json_t *exports, *artifacts;
    struct results *results;
    struct tar_reader tar;
    struct text value;         /* of the export that is read */
    char name[120];            /* its name */
    size_t at;                 /* in artifacts, then in process */
    char *path;                /* of the one */
    int fd;                    /* of the artifact's file; -1: none */
    int64_t kept;              /* bytes of artifacts so far */
    bool folder, file;
    struct task_keep keep;
    bool keeping;
    struct report *report;
};

void ci_say(struct ci *ci, const char *format, ...) __attribute__((format(printf, 2, 3))); /* a line of our own in the log */
void ci_lost(struct ci *ci, const struct err *e); /* it does not answer: reach after a while, or the task fails */
void ci_logged(void *ci, int stream, const char *bytes, size_t size); /* of the steps' log, from ci->log.skip on new */
void ci_judge(struct ci *ci);               /* exit_code and out_of_memory are known: the message */
void ci_collect(struct ci *ci);             /* the steps ended: what they leave behind, then ci_over */
json_t *ci_paths(const struct ci *ci);      /* all that ci_collect will ask for, what is small first: an array of paths; a new reference */
void ci_over(struct ci *ci);
void ci_fail(struct ci *ci, const struct err *e);
void ci_end(struct ci *ci, enum task_result result, const char *message, json_t *output); /* output is taken */
void ci_stop(struct ci *ci);                /* it was canceled */
void ci_abandon(struct task_job *job);      /* for task_resolved */
void ci_begin(struct ci *ci);               /* its input, workspace, script and what it exports are known */
struct ci *ci_create(struct task_job *job);
void ci_free(struct ci *ci);
void ci_cancel(struct task_job *job);

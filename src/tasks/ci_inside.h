/* tasks/ci_inside.h - what ci.c (the container's life) and ci_collect.c (what it leaves behind) share. Not for others. */
#pragma once

#include "docker/call.h"
#include "docker/frames.h"
#include "docker/tar.h"
#include "tasks/ci_script.h"
#include "tasks/results.h"
#include "tasks/workspace.h"

enum { CI_TAIL = 2048 };

struct ci {
    struct task_job *job;
    json_t *input;             /* resolved */
    json_t *wanted;            /* array of names: what of it is exported */
    bool custom;               /* a custom integration's: its exports are properties, and JSON where json says so */
    bool json;
    struct workspace space;
    struct ci_script script;
    struct docker_call call;   /* the one under way */
    void (*next)(struct ci *ci, const struct err *e); /* of it */
    struct timer timer;        /* until the engine is asked again */
    int64_t lost_since;        /* clock_mono() since when it does not answer; 0: it does */
    int64_t followed_at;       /* clock_mono() since when its log is followed; 0: it is not */
    int tries;
    bool began;                /* it was stored that the container starts: it is not made a second time */
    bool canceled, pulled;
    struct docker_frames frames;
    int64_t seen, skip;        /* bytes of the log: given to task_log_stream, or read over; still to be read over */
    char tail[CI_TAIL];        /* the last bytes of it, in turn */
    size_t tail_size;
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

/* Asks the engine; next gets its answer in ci->call, unless the task was canceled or the engine is lost, which are dealt with. */
void ci_ask(struct ci *ci, const char *method, const char *path, const json_t *body, void (*next)(struct ci *ci, const struct err *e));
/* The same, of an answer that is read in pieces; silence of a log is no end. */
void ci_read(struct ci *ci, const char *method, const char *path, bool (*piece)(struct docker_call *c, const char *bytes, size_t size),
             void (*next)(struct ci *ci, const struct err *e));
void ci_say(struct ci *ci, const char *format, ...) __attribute__((format(printf, 2, 3))); /* a line of our own in the log */
void ci_stop(struct ci *ci);                /* it was canceled: the container too */
void ci_collect(struct ci *ci);             /* the container ended: what it leaves behind, then ci_over */
void ci_over(struct ci *ci);
void ci_begin(struct ci *ci);               /* its input, workspace, script and what it exports are known */
struct ci *ci_create(struct task_job *job);
void ci_free(struct ci *ci);
void ci_cancel(struct task_job *job);

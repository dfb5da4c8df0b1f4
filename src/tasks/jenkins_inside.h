/* tasks/jenkins_inside.h - what jenkins.c (a build is asked for, and found), jenkins_find.c (which is ours, when nobody told), jenkins_watch.c (its log and
 * its end) and jenkins_stop.c (its end from outside) share. Not for others. */
#pragma once

#include "jenkins/call.h"
#include "tasks/followed.h"

#define JENKINS_MARK "SLIPWAY_RUN" /* a parameter that a job may have: by its value a build is known to be ours */
enum { JENKINS_BUILDS = 100 /* that are looked through */ };

struct jenkins_task {
    struct task_job *job;
    json_t *input;            /* resolved */
    json_t *parameters;       /* object, borrowed from input; NULL: none */
    bool unstable_passes;
    struct jenkins_target *target;
    struct jenkins session;
    struct jenkins_call call; /* the one under way */
    void (*next)(struct jenkins_task *t, const struct err *e); /* of it */
    struct timer timer;
    void (*later)(struct jenkins_task *t); /* of it */
    int64_t lost;             /* how often in a row Jenkins did not answer */
    char *name, *path;        /* "team/web", "/job/team/job/web" */
    char mark[200];
    /* ---- of the job */
    bool known, parameterised, marked; /* known: it was looked at; marked: it has JENKINS_MARK */
    /* ---- of the build; what is stored, too */
    bool began;               /* it was stored that it is asked for */
    int64_t next_build;       /* the number that the next build of the job was to have before it was asked for; 0: not known */
    int64_t item, build;      /* its place in the queue, its number; 0: not known */
    /* ---- its log */
    struct followed log;
    int64_t raw;              /* where Jenkins goes on */
    bool more, last;          /* there is more of it; the build is over, and this is the last look */
    json_t *build_json;       /* of the last look; NULL */
    bool canceled, posting, stopping;
    int posts, last_looks;
    int64_t stop_until;       /* clock_mono */
};

void jenkins_say(struct jenkins_task *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Asks; next gets the answer in t->call, unless the task was canceled or Jenkins does not answer, which are dealt with. */
void jenkins_ask(struct jenkins_task *t, const char *path, void (*next)(struct jenkins_task *t, const struct err *e));
void jenkins_ask_build(struct jenkins_task *t, const char *what, void (*next)(struct jenkins_task *t, const struct err *e)); /* behind the build's address */
/* The same of a call that is prepared in t->call. */
void jenkins_send(struct jenkins_task *t, const char *path, void (*next)(struct jenkins_task *t, const struct err *e));
void jenkins_later(struct jenkins_task *t, int64_t micros, void (*later)(struct jenkins_task *t));
void jenkins_fail(struct jenkins_task *t, const struct err *e, bool unsure);

/* ---- jenkins_find.c */
/* It was asked for, and no answer came: is it in the queue, or a build? Ends in jenkins_found, jenkins_post (it certainly was not begun, or the
 * task says that it may be done twice) or jenkins_fail. Of a canceled task: in jenkins_found or jenkins_nothing. */
void jenkins_find(struct jenkins_task *t);
/* Its place in the queue is forgotten: which build had it? */
void jenkins_find_build(struct jenkins_task *t);

/* ---- jenkins.c */
void jenkins_found(struct jenkins_task *t); /* item or build is known: stored, then gone on with */
void jenkins_post(struct jenkins_task *t);
void jenkins_nothing(struct jenkins_task *t, const char *message); /* a cancel finds nothing to stop */
void jenkins_reach(struct jenkins_task *t); /* goes on with what is known: the build, its place in the queue, or only the job */
void jenkins_end(struct jenkins_task *t, struct task_outcome outcome);

/* ---- jenkins_watch.c */
void jenkins_follow(struct jenkins_task *t); /* the build is known */

/* ---- jenkins_stop.c */
void jenkins_stop(struct jenkins_task *t);  /* nothing is under way */
void jenkins_cancel(struct task_job *job); /* struct task_type */
void jenkins_leave(struct task_job *job);

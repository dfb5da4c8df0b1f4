/* runner/doctor_work.h - what doctor.c and doctor_checks.c share. Not for others. */
#pragma once

#include "kube/kube.h"
#include "runner/doctor.h"
#include "runner/inside.h"
#include "runner/validate.h"
#include "runner/holds.h"
#include "secrets/mask.h"
#include "store/hub_hooks.h"
#include "store/inbox.h"
#include "store/webhooks.h"
#include "store/windows.h"

enum { DOCTOR_CLUSTERS = 5 };

struct doctor_cluster {
    json_t *endpoint;   /* {"name", "type", "properties"}; borrowed from the knowledge */
    char *namespace_;   /* "": the endpoint's */
    char *task;
};

struct doctor {
    struct runner *runner;
    /* ---- read at once */
    struct webhook_row webhook;
    struct trigger_row trigger;
    struct run_pipeline pipeline_row;
    struct pipeline *pipeline; /* NULL: wrong says why */
    struct err wrong;
    struct knowledge knowledge;
    struct run_asker by;
    char owner[256], token[128];
    int64_t token_ends;        /* 0: never */
    struct hub_hook_row hook;
    bool hook_found;
    struct listener_heard first, last;
    json_t *sweep;             /* runner_sweep_status */
    int64_t runs, held;        /* of the last ten minutes; events that the limit or a hold keeps back; counted to HELD_COUNTED */
    char hold[HOLD_TEXT];      /* its oldest hold, in words; "": it has none */
    struct gate gate;          /* of its pipeline */
    struct doctor_cluster clusters[DOCTOR_CLUSTERS];
    size_t cluster_count;
    /* ---- at work */
    json_t *rows;
    size_t at, cluster;
    struct mask *mask;
    struct timer timer;
    struct http_call http;
    struct endpoint_validate validate;
    struct kube *kube;
    struct kube_call call;
    json_t *review;
    void (*done)(void *context);
    void *context;
};

/* A row of the answer, and on to the next check. status: "ok", "warning", "failed", "skipped"; todo "": nothing. */
void doctor_say(struct doctor *d, const char *status, const char *todo, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* A row, and the check goes on. */
void doctor_note(struct doctor *d, const char *status, const char *todo, const char *format, ...) __attribute__((format(printf, 4, 5)));
void doctor_next(struct doctor *d);

struct doctor_check {
    const char *name;
    void (*run)(struct doctor *d); /* ends, now or later, with doctor_say or doctor_next */
};
extern const struct doctor_check DOCTOR_CHECKS[]; /* ends without a name */

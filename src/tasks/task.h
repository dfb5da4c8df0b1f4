/* tasks/task.h - one kind of work per file, and the table of them.
 *
 * A task type is a row in tasks/table.c and a file. The runner gives it a struct
 * task_job; the type starts its work on the loop and ends it with task_done,
 * exactly once. Everything it does must survive a kill at any instruction:
 * what an effect resolved to is stored by task_resolved before it acts, and
 * started again after a crash with that same text in job->resolved.
 */
#pragma once

#include "base/json.h"
#include "http/client.h"
#include "loop/loop.h"
#include "pipeline/engine.h"

struct kube_clusters; /* kube/kube.h: connections to clusters, by target */
struct registry_hub;
struct remote_pool;   /* ssh/ssh.h: sessions with hosts */

/* The key by which a host is known to a project since a task first reached it (store/ssh_hosts.h). */
struct task_host_ask {
    const char *project, *host, *via; /* via: of the Cloud Proxy that leads there; "": none. Borrowed until done */
    int64_t port;
    bool store; /* type and fingerprint, unless there is a key already */
    /* in done: what is stored; "": nothing */
    char type[48], fingerprint[64], id[37];
    int64_t first_seen;
    void (*done)(struct task_host_ask *ask, const struct err *e); /* once, later, on the loop; of a store: after its commit */
};
struct task_hosts {
    void (*ask)(void *context, struct task_host_ask *ask);
    void *context;
};

/* What every task may use; owned by the runner. */
struct task_services {
    struct loop *loop;
    struct http_client *http;
    struct kube_clusters *clusters;
    bool allow_in_cluster; /* kube/config.h */
    const char *docker_socket; /* docker/target.h */
    const struct registry_hub *registries; /* registry/client.h: what registries let us in with, and ask of us */
    struct remote_pool *remote;
    const struct task_hosts *hosts;
    int64_t log_most;      /* bytes of one task's log that are kept; then a line says so */
};

/* The push that started the run; NULL fields "" when not known. */
struct task_push {
    const char *webhook;   /* its uuid */
    int64_t sequence;      /* larger is newer, within one webhook */
    const char *registry;  /* canonical host, "docker.io" */
    const char *repository; /* "acme/web" */
    const char *tag;
    const char *digest;    /* "sha256:...", "" when not known */
    bool asked;            /* a person asked for this run: older may go over newer */
};

/* Roles of what a pipeline's workspace names, among a task's endpoints. */
#define TASK_WORKSPACE "workspace.endpoint"
#define TASK_WORKSPACE_REGISTRY "workspace.registry"

enum task_crash {
    TASK_REPEATABLE, /* may simply be done again: server-side apply */
    TASK_FINDABLE,   /* what it made can be found again by our run's id */
    TASK_ASK,        /* never repeated by itself */
};

struct task_outcome {
    enum task_result result; /* pipeline/engine.h: TASK_COMPLETED, TASK_FAILED, TASK_RETRY, TASK_CANCELED */
    const char *message; /* one sentence; "" when there is nothing to say */
    bool warning;        /* completed, and the message is a warning */
    bool unsure;         /* failed, and nobody knows what was carried out: never tried again by itself, whatever the task's retries say */
    json_t *output;      /* borrowed; an object; NULL: {} */
    int64_t retry_micros; /* TASK_RETRY: not before; 0: as the runner thinks */
    bool untouched;      /* it resolved to put something on a cluster ("puts"), and the cluster took nothing of it */
    json_t *places;      /* borrowed; what it put on a cluster or took away, however it ended, as store/deployments.h has it; NULL: nothing */
    /* Once, on the loop: the end is committed, and what it was kept for elsewhere may go; or (false) nobody knows, or the process stops. May be NULL. */
    void (*stored)(void *context, bool yes);
    void *context;
};

struct task_job {
    const struct task_type *type;
    const struct task_services *services;
    /* which: borrowed, valid until task_done returned */
    const char *project, *pipeline, *stage, *task;
    const char *execution; /* uuid: the run's id on everything it makes */
    int64_t execution_index;
    int attempt;           /* 1, 2, ... */
    int64_t deadline;      /* clock_now() at which the runner ends it; 0: none */
    const json_t *input;   /* as the pipeline says: not resolved, except where resolve_input says so */
    const json_t *endpoints; /* by role ("kubernetesServer"): {"id","name","type","properties"}, secrets opened */
    const json_t *workspace; /* of types that run in one: the pipeline's, as it stands there; NULL: it has none. Its endpoints are in the roles below */
    const json_t *integration; /* of types with one: what input.name and input.version name, as pipeline/integration.h reads it */
    int64_t log_position;  /* how far task_log_stream of this attempt is stored */
    bool stopping;         /* cancel: not the run ends but the server. What can be found again goes on without it */
    const char *on_crash;  /* the task's own: "retry": what may have been carried out is done again; "" or "fail": it is not */
    bool keeps;          /* what it puts on a cluster may have to be put back: it says so by task_puts */
    const json_t *restore; /* it does not do what its input says, but puts this back, as runner/keeping.h has it; NULL: it is no restore */
    struct scope *scope; /* what ${...} means here */
    const struct task_push *push; /* NULL: not started by a push */
    const json_t *resolved; /* what the last start resolved to, of this attempt or of one before; NULL on the first */
    void *context;         /* the type's own, from start to task_done */
    struct task_job_private *private;
};

/* What a task would send, and what that would change, without doing it. Embed; zeroed before first use. */
struct task_preview {
    struct task_job *job;   /* as for start; lives until done */
    bool diff;              /* the cluster is asked too, by a dry run */
    int64_t timeout_micros; /* of each request */
    void (*done)(struct task_preview *p); /* once, later, on the loop */
    /* ---- valid in done */
    json_t *answer;         /* {"action", "cluster", "yaml", "notes": [], "objects": [{"object", "would", "diff"}]}; freed after done */
    bool canceled;          /* private from here on */
    void *private;
};

struct task_type {
    const char *name;          /* as written in pipeline YAML: "K8S" */
    const struct field *fields; /* what its input may say, checked before any run */
    size_t field_count;
    const char *const *endpoints; /* roles it knows, NULL-terminated */
    enum task_crash crash;
    bool integration;          /* its input names a custom integration */
    bool workspace;            /* runs in the pipeline's workspace: what it leaves on that engine is removed when the run is over */
    const char *condition;     /* the field of its input that is a condition (pipeline/condition.h); NULL: none is */
    const char *const *bare_conditions; /* fields that are conditions over an answer, by bare names; NULL-terminated; NULL: none */
    /* false: could not even start; task_done must not be called then. */
    bool (*start)(struct task_job *run, struct err *e);
    /* Stop, say what is left, and end by task_done(TASK_CANCELED). The runner may call it once. */
    void (*cancel)(struct task_job *run);
    /* Of work that goes on without us: the process stops; end by task_done at once, and leave the work alone: the next start finds it. Such a type
     * is also started to be canceled at once, when a crash came between. NULL: cancel does. */
    void (*leave)(struct task_job *run);
    /* What it would act on: {"action", "cluster", "hash", "yaml", "objects": [], "byTag": []}, the caller's; {"notCovered": why}: only
     * its run can tell; untouched: it changes nothing. hash: of
     * everything that decides what it does, secrets too, so it is not shown; byTag: images that are not named by digest. false: e says why a
     * run would fail. Asks nobody. NULL: this type cannot tell. */
    bool (*bind)(struct task_job *job, json_t **ret, struct err *e);
    /* false: done never runs, and e says why a run would fail. NULL: this type cannot be previewed. */
    bool (*preview)(struct task_preview *preview, struct err *e);
    void (*preview_cancel)(struct task_preview *preview); /* done still runs, once, later */
};

const struct task_type *task_type_find(const char *name); /* NULL: unknown */
extern const struct task_type *const TASK_TYPES[];        /* NULL-terminated */
extern const struct task_type TASK_K8S, TASK_CONDITION, TASK_REST, TASK_POLL, TASK_WAIT, TASK_PIPELINE, TASK_USER_OPERATION, TASK_CI, TASK_CUSTOM, TASK_SSH, TASK_POWERSHELL, TASK_IMAGE, TASK_JENKINS;

/* ---- what a type calls; all on the loop */

/* What it is about to put on a cluster, whole, with all secrets; taken over, and stored sealed with what it resolved to (which says "puts": true), so that a
 * later run that fails can put it back: {"endpoint": uuid, "cluster", "force", "objects": [{"namespace", "kind", "name", "images", "object"}]}. */
void task_puts(struct task_job *job, json_t *puts);
/* (May be called again, with what was found out since.) Stores what the effect is about to act on (resolved: revision, targets, attempt; no secrets) and the input as it was
 * resolved, for people to see (shown: secrets are masked by the runner), then runs then, after the commit. Both are
 * borrowed. (NULL for both: nothing waits for it, and a cancel reaches the type meanwhile.) When the run ends meanwhile (canceled, the process stops) then never runs: abandon does, and must free the
 * type's context; task_done must not be called. */
void task_resolved(struct task_job *job, json_t *shown, json_t *resolved, void (*then)(struct task_job *job),
                   void (*abandon)(struct task_job *job));
/* What stands beside that line for a page to draw, instead of what was there; taken over. Stored with the line, and with the task's end. */
void task_detail(struct task_job *run, json_t *detail);
/* Live progress: one line for people, stored with the task (at most a few a second are), the latest wins. */
void task_progress(struct task_job *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Whether it now does nothing but wait: for people, who see it as WAITING, or for a time. The run's time stands still meanwhile. It holds over a
 * restart until the task says otherwise. */
void task_waits(struct task_job *run, enum run_waits waits);
/* Appends to the task's log; masked and stored in chunks. */
void task_log(struct task_job *run, const char *bytes, size_t size);
/* The same, of a stream that can be read again (a container's log): how far of it is stored, in bytes from its beginning, stands in
 * job->log_position when the attempt is started again. */
void task_log_stream(struct task_job *run, const char *bytes, size_t size);

/* A file that is kept with the run, compressed, in place of what it had under this number. Embed; zeroed before first use. */
struct task_keep {
    int number;          /* 0, 1, ... of this task */
    const char *path;    /* for people; lives until done */
    bool folder;         /* it is an archive (tar) of one */
    int fd;              /* read from its beginning; stays the caller's */
    void (*done)(struct task_keep *keep, const struct err *e); /* once, later, on the loop */
    void *private;
};
void task_keep(struct task_job *run, struct task_keep *keep); /* the task must not end before done ran */
/* Says that the task is about to push this image ("ghcr.io/acme/web:1.4@sha256:...", digest where it is known): what the push starts is known to
 * come from this run, so that it cannot go round in circles; saying it again changes nothing. then runs once, later, on the loop, when that is
 * stored; the task must not end before. newest: a run that a newer push of the same webhook started ("promote#7") put its image under this tag,
 * so the older one is not to be put over it, and nothing was stored; "": it may be pushed. (A run that a person asked for may do so anyway.) */
void task_pushed(struct task_job *run, const char *image, void (*then)(struct task_job *run, const char *newest));
/* ---- another pipeline as a part of this run */
struct task_part { /* borrowed, valid in ended */
    const char *pipeline, *execution; /* names; execution: its uuid */
    int64_t index;
    enum run_status status;
    const char *message;
    const json_t *input, *output;     /* objects; secrets masked */
};
/* Runs a pipeline of the project, or one that all share, by its name, with inputs (object) as the pipeline says: not resolved. The same
 * attempt finds the execution that it began before. ended runs once, later, on the loop: part NULL when it could not begin, and e says why.
 * False: an input has no value, and ended never runs. */
bool task_part_start(struct task_job *job, const char *pipeline, const json_t *inputs,
                     void (*ended)(struct task_job *job, const struct task_part *part, const struct err *e), struct err *e);
/* Asks it to stop; ended still runs. While the process stops, it is left alone instead: the next start finds it. */
void task_part_cancel(struct task_job *job);

/* ---- a question to people */
struct task_ask { /* borrowed, while it is asked */
    const char *summary, *description;
    const json_t *approvers, *groups; /* arrays of texts: who may answer; both empty: whoever may run the pipeline */
    int64_t expires_at;               /* clock_now */
    bool replaces;                    /* older ones of the same task are canceled */
    bool email;                       /* those who may answer are told by mail, through the endpoint in role emailServer */
};
struct task_answer { /* borrowed, valid in ended */
    const char *status; /* APPROVED | REJECTED | CANCELED | EXPIRED */
    const char *index, *by, *email, *roles, *comments;
    int64_t at;
};
/* The same attempt asks once, whatever happens to this process. ended runs once, later, on the loop: answer NULL when it could not be asked. */
void task_ask_start(struct task_job *job, const struct task_ask *ask,
                    void (*ended)(struct task_job *job, const struct task_answer *answer, const struct err *e));
void task_ask_cancel(struct task_job *job); /* likewise */

/* The end; job is invalid afterwards. */
void task_done(struct task_job *run, const struct task_outcome *outcome);

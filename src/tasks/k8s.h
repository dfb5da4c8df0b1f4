/* tasks/k8s.h - one Kubernetes task at work, as its files share it. Inside the room only.
 *
 * First everything is rendered and checked (k8s.c), then each object is dealt with in order (k8s_steps.c), then all of
 * them are waited for together (k8s_wait.c). Whatever ends it goes through k8s_end.
 */
#pragma once

#include "base/clock.h"
#include "base/text.h"
#include "git/fetch.h"
#include "kube/object.h"
#include "kube/output.h"
#include "kube/rollback.h"
#include "kube/rollout.h"
#include "tasks/k8s_render.h"

enum k8s_state { K8S_TODO, K8S_DONE, K8S_UNCHANGED, K8S_SUPERSEDED, K8S_FAILED };

struct k8s_item {
    struct k8s *k8s;
    json_t *object;            /* what is sent; borrowed from k8s->objects */
    json_t *before, *answer;   /* on the cluster: before and after; NULL */
    char *put_away, *place_away; /* answer and place as text, while it is waited for: a tree takes many times that; NULL */
    json_t *place;             /* what we put there, as store/deployments.h has it; NULL: nothing that runs */
    enum k8s_state state;
    bool secret;               /* a pull secret that we added: applied whatever the action is */
    bool put;                  /* the cluster took it, or (perhaps) may have */
    const json_t *verified;    /* of a restore: what it puts back, as job->restore has it */
    struct kube_rollout rollout;
    bool waiting, perhaps;     /* perhaps: canceled while the change was under way */
    int tries;
};

struct k8s_input { /* texts, because each may have been a reference; "" or NULL: not given */
    char *action, *timeout, *continue_on_conflict, *file_path, *file_path_old, *yaml, *namespace_, *label, *revision, *resource_type,
        *resource_name, *force, *fail_fast, *pin, *pull_secret, *commit;
    json_t *constants, *parameters;
};

struct k8s {
    struct task_job *job;
    struct text *notes;        /* of a preview, whose log this is; NULL: the task's log */
    const struct k8s_action *action;
    struct k8s_input input;
    struct k8s_facts facts;
    bool force, fail_slow, continue_on_conflict;
    json_t *said; /* the task's input, resolved */
    json_t *objects, *pull_secrets, *shown, *resolved; /* pull_secrets: those of objects that we added; NULL */
    struct k8s_item *items;
    size_t count, at;          /* at: the one being dealt with */
    struct git_target *repository; /* of a task whose YAML stands in a file; NULL: it stands in the task */
    struct git_fetch fetch;
    bool fetching;
    void (*fetched)(struct k8s *k, const struct err *e);
    struct kube *kube;
    struct kube_op op;
    struct kube_rollback rollback;
    struct timer again;        /* a step to be tried once more */
    int64_t deadline;          /* clock_mono */
    int rollouts;              /* still waited for */
    bool busy;                 /* op or rollback is in flight */
    bool canceled, retry, definitions; /* retry: end, to be tried later; definitions: a CustomResourceDefinition was applied */
    int64_t retry_micros;
    struct text warnings;      /* why it is not simply done */
    struct text cluster_warnings; /* what the cluster said along with its answers */
    struct err failed;         /* the first failure */
    int failures;
    json_t *output, *explanations;
    json_t *restored;          /* the output of a restore; NULL until it ends well */
    json_t *pods;              /* of its rollouts, in brief; NULL: none seen yet */
};

struct k8s_action {
    const char *name;
    const char *done;          /* "applied" */
    bool yaml, stamps, waits, needs_name;
    void (*step)(struct k8s *k, struct k8s_item *item);
};
extern const struct k8s_action K8S_RESTORE; /* what no pipeline can say */
extern const struct k8s_action K8S_ACTIONS[];
extern const size_t K8S_ACTION_COUNT;

void k8s_next(struct k8s *k);                       /* the item at k->at is dealt with: on to the next */
void k8s_step(struct k8s *k);                       /* deals with the item at k->at */
void k8s_take_warnings(struct k8s *k, const struct kube_op *op); /* those of the cluster: each once, though a look and an apply both get it */
void k8s_wait_all(struct k8s *k);
void k8s_wait_one(struct k8s_item *item);           /* then k8s_next: what follows needs it */
void k8s_fail(struct k8s *k, struct k8s_item *item, const struct err *e);
/* ---- k8s_places.c: what runs where, told with the task's end */
void k8s_put(struct k8s_item *item, const json_t *answer, bool changed); /* the cluster answered so: its rollout is still to come */
void k8s_stands(struct k8s_item *item, const struct err *e);             /* what came of it; NULL: it rolled out */
void k8s_gone(struct k8s_item *item, const json_t *old);                 /* NULL: it was not there */
json_t *k8s_identity(const struct k8s *k, const json_t *object);           /* {"namespace", "kind", "name"}; a new reference */
json_t *k8s_places(const struct k8s *k);                                 /* a new reference; NULL: nothing */

/* ---- k8s_keep.c: what is put there is kept, and put back */
void k8s_keep(struct k8s *k);                        /* tells the runner what is about to be put there, if it wants to know */
bool k8s_prepare_restore(struct k8s *k, struct err *e); /* in place of k8s_read and k8s_render */
void k8s_step_restore(struct k8s *k, struct k8s_item *item);
void k8s_words_restored(struct k8s *k, struct text *message, bool *warning); /* and the output */
void k8s_ask(struct k8s *k, enum kube_verb verb, void (*done)(struct kube_op *op, const struct err *e)); /* k8s_steps.c: about the item at k->at */
struct k8s_item *k8s_answered(struct kube_op *op, const struct err *e); /* NULL: all is arranged */
void k8s_applied(struct kube_op *op, const struct err *e);
bool k8s_hold_cluster(struct k8s *k, struct err *e);
void k8s_take_facts(struct k8s *k);

void k8s_say(struct k8s *k, const char *format, ...) __attribute__((format(printf, 2, 3))); /* a line of the task's log */
/* Reads what the task says; then renders and checks: objects, items, shown. For a start and for a preview; k is the caller's
 * (k8s_free) either way. What stands in a file is fetched in between. */
struct k8s *k8s_create(struct task_job *job);
bool k8s_read(struct k8s *k, struct err *e);
bool k8s_render(struct k8s *k, struct err *e);
void k8s_free(struct k8s *k);
/* ---- k8s_file.c: YAML from source control */
bool k8s_from_file(const struct k8s *k);
bool k8s_file_ok(const struct k8s *k, struct err *e);
bool k8s_file_start(struct k8s *k, void (*done)(struct k8s *k, const struct err *e), struct err *e); /* done once, later: then it is bound */
bool k8s_file_bind(struct k8s *k, json_t **ret, struct resolution *more, struct err *e);
void k8s_file_note(const struct k8s *k, json_t *resolved); /* which commit */
bool k8s_bind(struct task_job *job, json_t **ret, struct err *e); /* k8s_bind.c */
bool k8s_preview(struct task_preview *p, struct err *e); /* k8s_preview.c */
void k8s_preview_cancel(struct task_preview *p);
void k8s_end(struct k8s *k);                        /* when nothing is in flight any more */

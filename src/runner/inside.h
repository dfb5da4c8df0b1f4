/* runner/inside.h - what the files of this room share. Not for others. */
#pragma once

#include "base/list.h"
#include "base/map.h"
#include "pipeline/engine.h"
#include "registry/client.h"
#include "runner/runner.h"
#include "store/runs.h"
#include "tasks/task.h"
#include "trigger/pattern.h"

/* ---- ids that a job collects in the writer's thread, for the loop to act on after the commit */
struct id_list {
    int64_t *at;
    size_t count;
};
void id_list_add(struct id_list *list, int64_t id);
void id_list_fini(struct id_list *list);
void id_list_collect(void *list, int64_t id); /* the same, as a callback */

struct runner {
    struct runner_config config;
    struct task_services services;
    struct task_hosts hosts;
    struct registry_hub hub;
    struct registry_tokens *registry_tokens;
    struct registry_budget *registry_budget; /* a place in the queue of each registry that asked for patience */
    struct map *live;          /* uuid and id, as text, to struct live */
    struct map *pipelines;     /* definition id, as text, to the compiled pipeline that live executions share */
    struct patterns *patterns; /* the writer's thread only */
    struct runner_stats stats;
    bool matching, match_again; /* a match job is in the writer's queue; another is wanted after it */
    struct timer match_retry;
    struct link confirms;      /* struct confirm, in flight */
    struct map *parts;         /* execution id, as text, to the struct part that waits for it */
    struct map *asks;          /* id of a user operation, as text, to the struct ask that waits for it */
    struct id_list stuck;      /* executions that could not begin or go on; tried again at stuck_retry */
    struct timer stuck_retry;
    struct hub_state *hub_hooks; /* hub_work.h */
    struct limits *limits;     /* limits.h */
    struct token_watch *tokens; /* tokens_work.h */
    struct sweep *sweep;         /* sweep_work.h */
    struct workspaces *workspaces; /* workspaces.h */
    struct notify_state *notify; /* notify_work.h */
    struct windows_clock *windows; /* windows.h */
    struct link holds;             /* struct window_hold */
    int in_flight;             /* database jobs and effects of ours that are not done */
    bool draining;
    void (*drained)(void *context);
    void *drained_context;
    struct post drain_check;
};

void runner_began(struct runner *r); /* one more in flight */
void runner_ended(struct runner *r); /* one less; the last one ends a drain */

/* What one write found to do once it is committed. */
struct wakes {
    struct id_list started;  /* executions that got a place */
    struct id_list confirms; /* pushes the registry is to be asked about */
    int64_t held;            /* an event is held until then, the first of them; 0: none */
    int64_t window;          /* an execution waits for its change window until then, likewise */
};
void wakes_fini(struct wakes *w);
void wakes_act(struct runner *r, struct wakes *w); /* loop */

/* ---- confirm.c: asking the registry, once per push */
void confirm_start(struct runner *r, int64_t push_id);
void confirm_drain(struct runner *r);

/* ---- stuck.c: an execution that cannot begin or go on; loop */
void stuck_add(struct runner *r, int64_t execution_id, const char *why);
void stuck_drain(struct runner *r);

/* ---- live.c: one execution that runs here; loop */
struct live;
void live_adopt(struct runner *r, int64_t execution_id); /* reads it and lets it begin or go on */
struct live *live_find(struct runner *r, int64_t execution_id);
/* Steps by one event (its texts and JSON are copied), and stores. done, which may be NULL, runs after the commit: e is NULL, or
 * says why the event was refused, or that the execution ended before. */
void live_feed(struct live *live, const struct run_event *event, void (*done)(void *context, const struct err *e), void *context);
/* The same, of a task's end: what it put on a cluster (places, as store/deployments.h has it; shared; NULL: nothing) is stored with it. */
void live_result(struct live *live, const struct run_event *event, json_t *places, void (*done)(void *context, const struct err *e), void *context);
/* The same, of what a task resolved to: what it is about to put on a cluster (as keeping.h has it; shared; NULL: nobody wants to know) is kept with it. */
void live_resolved(struct live *live, const struct run_event *event, json_t *puts, void (*done)(void *context, const struct err *e), void *context);
/* An event that a person caused; also of an execution that still waits for its place. done always runs. */
void live_act(struct runner *r, int64_t execution_id, const struct run_event *event, void (*done)(void *context, const struct err *e),
              void *context);
void live_drain(struct runner *r);
void live_destroy_all(struct runner *r);

/* ---- hosts.c: the keys of hosts, for tasks; loop. As struct task_hosts.ask; context is the runner */
void hosts_ask(void *context, struct task_host_ask *ask);

/* ---- effect.c: one task at work; loop */
struct effect;
struct live_view { /* what an effect sees of its execution */
    struct runner *runner;
    const struct run_row *row;
    const struct execution *now;
};
struct live_view live_view(const struct live *live);
void effect_start(struct live *live, size_t task, int attempt); /* also after a crash: what it resolved to then is in the execution */
void effect_cancel(struct live *live, size_t task);
struct link *live_effects(struct live *live); /* struct effect, by their link */
void live_effect_ended(struct live *live);    /* one left the list */
void effects_drain(struct live *live);
void artifact_keep(struct live *live, size_t task, struct task_keep *keep); /* artifact.c: a file that a task keeps; done runs once, later */

/* Endpoints that a task uses, by role: its own, and of a type that runs in one those of the pipeline's workspace. A new reference. */
json_t *task_roles(const struct pipeline *pipeline, size_t task);

/* ---- parts.c: executions that are parts of others, and that somebody here waits for; loop */
struct part;
struct part_wish { /* borrowed */
    struct run_parent of;
    int64_t project_id, user_id, token_id;
    const char *pipeline;  /* its name */
    const json_t *input, *outside, *secrets; /* as in struct run_request */
    const char *comments, *executed_by, *triggered_by, *source;
};
struct part_end { /* borrowed, valid in done */
    const struct run_row *row; /* how it ended; NULL: see e */
    const struct err *e;       /* it could not begin, or not be read */
};
/* Begins it, or finds the one that the same wish began before, and waits. begun (once, when its execution is there), waits (what it waits for,
 * as that changes) and done (once, later, on the loop; *part is gone then) may be asked not to run by part_drop. */
struct part *part_start(struct runner *r, const struct part_wish *wish, void (*begun)(void *context, const char *name, const struct run_made *made),
                        void (*waits)(void *context, enum run_waits waits), void (*done)(void *context, const struct part_end *end), void *context);
void part_cancel(struct part *part, const char *by, const char *reason); /* done still runs, when it has ended */
void part_drop(struct part *part);                                       /* nobody waits any more; it goes on */
void parts_ended(struct runner *r, int64_t execution_id);
void parts_moved(struct runner *r, int64_t execution_id, enum run_waits waits); /* an execution is read, or took a step */

/* ---- knowledge.c: what an execution's references see beside its own state */
struct knowledge { /* variables and endpoints of a project, opened */
    json_t *variables; /* {name: {"value", "secret"}} */
    json_t *endpoints; /* {name: {"id", "name", "type", "properties"}} */
    json_t *secrets;   /* array of the texts that must not show */
    json_t *restricted;  /* {"endpoint NAME": true, "variable NAME": true}: what only administrators may use */
    bool administrator;  /* the execution has an administrator's rights */
};
void knowledge_fini(struct knowledge *k);
/* All variables of the project, and the endpoints named (array; NULL: none). Sealed values are opened. */
bool knowledge_read(struct db_tx *tx, const struct seal *seal, int64_t project_id, const json_t *endpoint_names, struct knowledge *ret,
                    struct err *e);
/* Of the endpoints that a task names by role, those that the project has are added to ret ({role: endpoint}). */
bool endpoints_by_role(const struct knowledge *k, const json_t *roles, struct scope *scope, json_t *ret, struct err *e);
/* Opens the sealed properties in place; secrets (may be NULL) collects what was sealed. */
bool endpoint_open(const struct seal *seal, const char *uuid, json_t *properties, json_t *secrets, struct err *e);
/* restricted.c: the last two of knowledge, with the rights that the execution has now; and run_facts.restricted, whose owner is
 * the knowledge. */
bool restricted_read(struct db_tx *tx, const struct run_row *row, struct knowledge *k, struct err *e);
bool restricted_endpoint(const struct knowledge *k, const char *name); /* and the knowledge has no administrator's rights */
/* The same of any tree with references, and an endpoint that it names ("": none); the caller's; NULL: nothing, or an administrator runs it. */
char *restricted_in(const struct knowledge *k, const struct pipeline *pipeline, const json_t *tree, const char *endpoint);
char *restricted_uses(const struct run_facts *facts, const struct execution *execution, size_t task);
struct live_facts {
    struct run_facts facts; /* borrows from the execution, the knowledge and url: not to be copied */
    char url[512];
};
void live_facts(const struct live *live, struct knowledge *k, struct live_facts *ret);
enum scope_answer knowledge_variable(void *knowledge, const char *name, struct value *ret, struct err *e);

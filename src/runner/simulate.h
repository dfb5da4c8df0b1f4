/* runner/simulate.h - what a push would do, asked of the same code that decides a real one. Nothing is stored, started or changed:
 * registries are asked by HEAD, clusters by dry runs.
 */
#pragma once

#include "base/json.h"
#include "db/db.h"

struct runner;

enum { SIMULATION_PUSHES = 10, SIMULATION_TRIGGERS = 200, SIMULATION_RUNS = 10, SIMULATION_TASKS = 50 }; /* more are left out, and it says so */

struct simulation_request {
    int64_t project_id, webhook_id, endpoint_id; /* the last two 0: all webhooks of the project */
    const json_t *events;  /* array of event/event.h's documents */
    const char *event_id;  /* DOCKER_EVENT_ID; NULL: one that stands for none */
    bool diff;             /* clusters are asked too */
    bool administrator;    /* who asks may use what is restricted */
};

struct simulation;
/* In a read: everything that the database knows. *ret is the caller's. */
bool simulation_read(struct runner *r, struct db_tx *tx, const struct simulation_request *request, struct simulation **ret, struct err *e);
/* Loop. done runs once, later; at the latest after 30 s or so. */
void simulation_start(struct simulation *s, void (*done)(void *context), void *context);
/* {"fires", "triggers": [{"webhook", "pipeline", "push", "rule", "why", "fires", "runAs", "inputs", "tasks"}], "notes"}; secrets are masked. A
 * new reference; in done. */
json_t *simulation_answer(const struct simulation *s);
void simulation_destroy(struct simulation **s); /* not between start and done */

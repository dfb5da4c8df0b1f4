/* runner/hub_work.h - what hub.c and hub_wish.c share, and the runner's own calls of them. Not for other rooms. */
#pragma once

#include "runner/hub.h"
#include "runner/inside.h"
#include "store/hub_hooks.h"

struct webhook_row;

struct hub_state { /* in struct runner; loop only */
    struct link works, waits; /* struct hub_work and hub_wait, by their link */
    int open;                 /* works */
    struct timer due;
    struct runner *runner;
    bool looking, look_again;
    int64_t quiet_until;      /* clock_mono: Docker Hub asked for patience */
};
struct hub_state *hub_create(struct runner *r);
void hub_destroy(struct hub_state **hub);
void hub_start(struct runner *r); /* what a crash left, and what the settings changed */
void hub_drain(struct runner *r);

/* The endpoint with its credentials. */
bool hub_target_read(struct runner *r, struct db_tx *tx, int64_t endpoint_id, struct registry_target **ret, struct err *e);
bool hub_url_of(struct runner *r, const struct webhook_row *webhook, char **ret, struct err *e); /* with its secret; the caller's */

/* runner/sweep_work.h - what sweep.c (when to look), sweep_look.c (one look) and sweep_wish.c (what for) share. Not for others. */
#pragma once

#include "registry/tags.h"
#include "runner/inside.h"
#include "runner/sweep.h"
#include "store/watches.h"
#include "trigger/pattern.h"

/* One registry: the rate of its requests, and whether it answers. */
struct lane {
    char *registry;
    int64_t next;         /* clock_mono: the first free place for a request */
    int64_t closed_until; /* clock_mono: it is down, or asked for patience; 0: open */
    int64_t backoff;
    int at_work;          /* looks */
};

struct sweep { /* in struct runner; loop only */
    struct runner *runner;
    struct map *lanes;    /* registry to struct lane */
    struct link looks;    /* struct look, by their link */
    struct timer due;
    bool looking, look_again;
    char *after;          /* the registry behind which the next question for what is due goes on; NULL: from the beginning */
    int64_t soonest;      /* microseconds until the first of those asked for so far is due */
    struct sweep_stats stats;
};
struct sweep *sweep_create(struct runner *r);
void sweep_destroy(struct sweep **s);
void sweep_start(struct runner *r); /* webhooks older than this file, and those that a setting kept out, join */
void sweep_drain(struct runner *r);

void look_start(struct sweep *s, struct lane *lane, int64_t watch_id);
bool look_under_way(const struct sweep *s, int64_t watch_id);
void look_cancel_all(struct sweep *s);

/* A look ended; the lane closes or opens by it. failed: no answer, or one that asks for patience. */
void lane_failed(struct sweep *s, struct lane *lane, const char *why, int64_t patience);
void lane_worked(struct sweep *s, struct lane *lane);
int64_t sweep_spacing(int64_t per_minute); /* microseconds between two requests: no minute, wherever it begins, has more */
int64_t lane_place(struct sweep *s, struct lane *lane); /* microseconds until the next request may go out; takes the place */

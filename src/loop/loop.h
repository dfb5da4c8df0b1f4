/* loop/loop.h - waiting for things: one thread, timers, signals, and a pool of workers for what would block it.
 *
 * Everything but loop_post runs on the loop's thread. State of the rooms above
 * db/ belongs to that thread, which is why they have no locks.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/list.h"

struct loop;
struct event_base; /* libevent's, for the rooms that plug sockets in: http/ */

bool loop_create(struct loop **ret, struct err *e);
void loop_destroy(struct loop **loop); /* after loop_run returned; waits for the workers */
void loop_run(struct loop *loop);      /* until loop_stop */
void loop_stop(struct loop *loop);
void loop_wait(struct loop *loop);     /* one turn: waits until something happened; for start-up and tools, not inside loop_run */
void loop_flush(struct loop *loop);    /* runs what was posted, without waiting */
struct event_base *loop_base(struct loop *loop);

/* A timer, embedded in the caller's struct. Zeroed is unset. */
struct timer {
    void (*fire)(struct timer *t);
    struct loop *loop; /* private from here on */
    void *event;
};
void timer_set(struct timer *t, struct loop *loop, int64_t micros, void (*fire)(struct timer *t)); /* replaces what was set */
void timer_clear(struct timer *t);                                                                 /* welcome when unset */
bool timer_is_set(const struct timer *t);

/* Runs on the loop as soon as it can. From any thread. m stays the caller's, and must live until run was called. */
struct post {
    void (*run)(struct post *p);
    struct link link; /* private */
};
void loop_post(struct loop *loop, struct post *p);

/* Work that blocks or is heavy: work runs on a worker, then done on the loop, exactly once. */
struct job {
    void (*work)(struct job *j);
    void (*done)(struct job *j);
    struct post post; /* private from here on */
    struct link link;
};
void loop_work(struct loop *loop, struct job *j);

/* on runs on the loop each time the process gets the signal. One handler per signal. */
bool loop_signal(struct loop *loop, int signal, void (*on)(void *context, int signal), void *context, struct err *e);

/* Executions that can neither begin nor go on now, because a secret does not open, say: people are told, and it is tried again. */
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "runner/inside.h"

#define RETRY (10 * CLOCK_SECOND)

struct stuck_job {
    struct db_job job;
    struct runner *runner;
    int64_t id;
    char *message;
};

static bool tell_work(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct stuck_job *s = OWNER(job, struct stuck_job, job);
    return run_say(tx, s->id, s->message, e);
}

static void tell_done(struct db_job *job, const struct err *e)
{
    struct stuck_job *s = OWNER(job, struct stuck_job, job);
    struct runner *r = s->runner;
    if (e)
        log_error("runner", "what holds execution %lld up could not be stored: %s", (long long)s->id, e->text);
    else if (r->config.changed)
        r->config.changed(r->config.context, s->id);
    free(s->message);
    free(s);
    runner_ended(r);
}

static void try_again(struct timer *t)
{
    struct runner *r = OWNER(t, struct runner, stuck_retry);
    struct id_list ids = r->stuck;
    r->stuck = (struct id_list){ 0 };
    for (size_t i = 0; i < ids.count; i++)
        live_adopt(r, ids.at[i]);
    id_list_fini(&ids);
}

void stuck_add(struct runner *r, int64_t execution_id, const char *why)
{
    log_error("runner", "execution %lld cannot go on, trying again: %s", (long long)execution_id, why);
    struct stuck_job *s = NEW(struct stuck_job);
    *s = (struct stuck_job){ .job = { .work = tell_work, .done = tell_done }, .runner = r, .id = execution_id,
                             .message = mem_format("waits, because %s; it is tried again", why) };
    id_list_add(&r->stuck, execution_id);
    if (!timer_is_set(&r->stuck_retry))
        timer_set(&r->stuck_retry, r->config.loop, RETRY, try_again);
    runner_began(r);
    db_write(r->config.db, &s->job);
}

void stuck_drain(struct runner *r)
{
    timer_clear(&r->stuck_retry);
    id_list_fini(&r->stuck);
}

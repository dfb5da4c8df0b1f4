/* Executions that are parts of others: begun once however often they are asked for, and waited for. Their own life is live.c's. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "runner/inside.h"

#define PARTS_DEPTH 10 /* parts of parts of ... */

struct part {
    struct db_job job;
    struct timer again;
    bool waits; /* in runner.parts, by made.id */
    struct runner *runner;
    struct run_parent of;
    int64_t project_id, user_id, token_id, pipeline_id;
    char *pipeline, *comments, *executed_by, *triggered_by, *source;
    json_t *input, *outside, *secrets;
    struct run_made made;
    struct run_row row;
    bool fresh, over; /* begun by this very call; ended already */
    bool busy;        /* a job is in the database's hands */
    bool dropped;
    char *cancel_by, *cancel_reason; /* asked for before it was there */
    void (*begun)(void *context, const char *name, const struct run_made *made);
    void (*told)(void *context, enum run_waits waits);
    void (*done)(void *context, const struct part_end *end);
    void *context;
};

static void key_of(int64_t id, char out[24])
{
    snprintf(out, 24, "%lld", (long long)id);
}

static void forget(struct part *p)
{
    char key[24];
    key_of(p->made.id, key);
    if (p->waits)
        map_remove(p->runner->parts, key);
    p->waits = false;
}

static void part_free(struct part *p)
{
    char *texts[] = { p->pipeline, p->comments, p->executed_by, p->triggered_by, p->source, p->cancel_by, p->cancel_reason };
    for (size_t i = 0; i < ALEN(texts); i++)
        free(texts[i]);
    json_decref(p->input);
    json_decref(p->outside);
    json_decref(p->secrets);
    run_row_fini(&p->row);
    timer_clear(&p->again);
    forget(p);
    free(p);
}

static void end(struct part *p, const struct err *e)
{
    struct part_end end = { .row = e ? NULL : &p->row, .e = e };
    if (!p->dropped)
        p->done(p->context, &end);
    part_free(p);
}

/* ---- its end */

static void read_end(struct part *p);

static void read_again(struct timer *t)
{
    read_end(OWNER(t, struct part, again));
}

static bool read_work(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct part *p = OWNER(job, struct part, job);
    return run_get(tx, p->made.id, &p->row, e);
}

static void read_done(struct db_job *job, const struct err *e)
{
    struct part *p = OWNER(job, struct part, job);
    struct runner *r = p->runner;
    p->busy = false;
    if (e && e->kind != ERR_NOT_FOUND && !r->draining && !p->dropped) { /* it has ended, and must not run once more */
        log_warn("runner", "how execution %s ended cannot be read, trying again: %s", p->made.uuid, e->text);
        timer_set(&p->again, r->config.loop, CLOCK_SECOND, read_again);
    } else {
        end(p, e);
    }
    runner_ended(r);
}

static void read_end(struct part *p)
{
    forget(p);
    p->busy = true;
    p->job = (struct db_job){ .work = read_work, .done = read_done };
    runner_began(p->runner);
    db_read(p->runner->config.db, &p->job);
}

void parts_ended(struct runner *r, int64_t execution_id)
{
    char key[24];
    key_of(execution_id, key);
    struct part *p = map_get(r->parts, key);
    if (p)
        read_end(p);
}

void parts_moved(struct runner *r, int64_t execution_id, enum run_waits waits)
{
    char key[24];
    key_of(execution_id, key);
    struct part *p = map_get(r->parts, key);
    if (p)
        p->told(p->context, waits);
}

/* ---- its beginning: found or made in one write */

static bool check_circle(struct db_tx *tx, const struct part *p, struct err *e)
{
    int64_t id = p->of.id, parent = 0, pipeline = 0;
    for (int depth = 0; id; depth++, id = parent) {
        AUTO_FREE char *name = NULL;
        if (!run_parent_get(tx, id, &parent, &pipeline, &name, e))
            return false;
        if (pipeline == p->pipeline_id)
            return err_set(e, ERR_INVALID, "pipeline '%s' would become a part of itself", p->pipeline);
        if (depth >= PARTS_DEPTH)
            return err_set(e, ERR_INVALID, "pipelines are parts of parts more than %d deep", PARTS_DEPTH);
    }
    return true;
}

static bool make(struct part *p, struct db_tx *tx, struct err *e)
{
    struct run_request request = { .pipeline_id = p->pipeline_id, .input = p->input, .outside = p->outside, .secrets = p->secrets, .comments = p->comments,
                                   .executed_by = p->executed_by, .triggered_by = p->triggered_by, .source = p->source, .user_id = p->user_id,
                                   .token_id = p->token_id, .parent = &p->of };
    p->fresh = true;
    return check_circle(tx, p, e) && runner_insert(p->runner, tx, &request, &p->made, e);
}

static bool begin_work(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct part *p = OWNER(job, struct part, job);
    if (!run_part_find(tx, &p->of, &p->made.id, e))
        return false;
    if (!p->made.id)
        return run_pipeline_named(tx, p->project_id, p->pipeline, &p->pipeline_id, e) && make(p, tx, e);
    if (!run_get(tx, p->made.id, &p->row, e))
        return false;
    p->over = !p->row.live;
    p->made.index = p->row.index;
    memcpy(p->made.uuid, p->row.uuid, sizeof p->made.uuid);
    if (!p->over)
        run_row_fini(&p->row);
    return true;
}

/* It has no place yet; or it went on before it was waited for. One that is still read back tells itself. */
static void tell_waits(struct part *p)
{
    struct live *live = live_find(p->runner, p->made.id);
    if (p->fresh || live)
        p->told(p->context, live ? execution_waits(live_view(live).now) : RUN_WAITS_TIME);
}

static void begin_done(struct db_job *job, const struct err *e)
{
    struct part *p = OWNER(job, struct part, job);
    struct runner *r = p->runner;
    p->busy = false;
    if (!e && p->fresh)
        runner_wake_pipeline(r, p->pipeline_id);
    if (!e && !p->dropped && p->begun)
        p->begun(p->context, p->pipeline, &p->made);
    if (e || p->over || p->dropped) {
        end(p, e);
    } else {
        char key[24];
        key_of(p->made.id, key);
        p->waits = true;
        map_put(r->parts, key, p);
        tell_waits(p);
        if (p->cancel_by)
            part_cancel(p, p->cancel_by, p->cancel_reason);
    }
    runner_ended(r);
}

struct part *part_start(struct runner *r, const struct part_wish *wish, void (*begun)(void *context, const char *name, const struct run_made *made),
                        void (*waits)(void *context, enum run_waits waits), void (*done)(void *context, const struct part_end *end), void *context)
{
    struct part *p = NEW(struct part);
    *p = (struct part){ .job = { .work = begin_work, .done = begin_done }, .runner = r, .of = wish->of, .project_id = wish->project_id,
                        .user_id = wish->user_id, .token_id = wish->token_id, .pipeline = mem_text(wish->pipeline), .comments = mem_text(wish->comments),
                        .executed_by = mem_text(wish->executed_by), .triggered_by = mem_text(wish->triggered_by), .source = mem_text(wish->source),
                        .input = json_incref((json_t *)wish->input), .outside = json_incref((json_t *)wish->outside),
                        .secrets = json_incref((json_t *)wish->secrets), .begun = begun, .told = waits, .done = done, .context = context, .busy = true };
    runner_began(r);
    db_write(r->config.db, &p->job);
    return p;
}

/* ---- from outside */

static void cancel_told(void *context, const struct err *e)
{
    (void)context;
    if (e && e->kind != ERR_CONFLICT && e->kind != ERR_NOT_FOUND) /* those: it has ended, and its end comes */
        log_warn("runner", "a part of an execution could not be canceled: %s", e->text);
}

void part_cancel(struct part *p, const char *by, const char *reason)
{
    if (!p->cancel_by) {
        p->cancel_by = mem_text(by);
        p->cancel_reason = mem_text(reason);
    }
    if (p->busy)
        return;
    struct run_actor actor = { .name = p->cancel_by };
    runner_act(p->runner, p->made.id, RUN_CANCEL, &actor, p->cancel_reason, cancel_told, NULL);
}

void part_drop(struct part *p)
{
    p->dropped = true;
    if (!p->busy)
        part_free(p);
}

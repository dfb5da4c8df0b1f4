/* What runs ask of people: stored once however often it is asked, and waited for. Who may answer is the API's matter. */
#include "runner/asks.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "runner/notify_work.h"
#include "store/people.h"

enum step { ASK_BEGIN, ASK_WAIT, ASK_END, ASK_READ };

struct ask {
    struct db_job job;
    struct timer timer;      /* it expires; or its end is read again */
    struct runner *runner;
    struct user_op op;
    enum step step;
    bool fresh, dropped, replaces;
    const char *end;         /* ASK_END: EXPIRED or CANCELED */
    char *reason;
    char *mail;              /* NULL: nobody is told by mail */
    struct id_list replaced; /* older ones of the same task, that it ended */
    void (*begun)(void *context, const struct user_op *op);
    void (*done)(void *context, const struct user_op *op, const struct err *e);
    void *context;
};

static void key_of(int64_t id, char out[24])
{
    snprintf(out, 24, "%lld", (long long)id);
}

static void ask_free(struct ask *a)
{
    char key[24];
    key_of(a->op.id, key);
    if (map_get(a->runner->asks, key) == a)
        map_remove(a->runner->asks, key);
    timer_clear(&a->timer);
    user_op_fini(&a->op);
    id_list_fini(&a->replaced);
    free(a->reason);
    free(a->mail);
    free(a);
}

static void finish(struct ask *a, const struct err *e)
{
    if (!a->dropped)
        a->done(a->context, e ? NULL : &a->op, e);
    ask_free(a);
}

/* ---- steps, each one job */

static void go(struct ask *a, enum step step);

static void collect(void *context, int64_t id)
{
    id_list_add(context, id);
}

static bool end_others(struct ask *a, struct db_tx *tx, struct err *e)
{
    AUTO_FREE char *why = mem_format("canceled: %s #%lld asks again", a->op.name, (long long)a->op.execution_index);
    bool ok = !a->replaces || user_ops_pending(tx, &a->op, collect, &a->replaced, e);
    for (size_t i = 0; ok && i < a->replaced.count; i++) {
        struct user_op other = { 0 };
        bool first;
        ok = user_op_get(tx, a->replaced.at[i], &other, e) && user_op_end(tx, &other, &(struct user_op_end){ .status = "CANCELED", .response = why }, &first, e);
        user_op_fini(&other);
    }
    return ok;
}

static bool reload(struct ask *a, struct db_tx *tx, struct err *e)
{
    struct user_op now = { 0 };
    if (!user_op_get(tx, a->op.id, &now, e))
        return false;
    user_op_fini(&a->op);
    a->op = now;
    return true;
}

static bool begin(struct ask *a, struct db_tx *tx, struct err *e)
{
    int64_t id = 0;
    if (!user_op_of_task(tx, a->op.execution_id, a->op.slot, a->op.attempt, &id, e))
        return false;
    a->fresh = !id;
    if (id)
        a->op.id = id;
    else if (!user_op_insert(tx, &a->op, e) || !end_others(a, tx, e))
        return false;
    return reload(a, tx, e) && (!a->fresh || !a->mail || notify_ask_store(a->runner, tx, &a->op, a->mail, e));
}

static bool work(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct ask *a = OWNER(job, struct ask, job);
    bool first;
    switch (a->step) {
    case ASK_BEGIN:
        return begin(a, tx, e);
    case ASK_END:
        if (!user_op_end(tx, &a->op, &(struct user_op_end){ .status = a->end, .response = a->reason }, &first, e))
            return false;
        break;
    case ASK_READ:
    case ASK_WAIT:
        break;
    }
    return reload(a, tx, e);
}

static void expire(struct timer *t)
{
    struct ask *a = OWNER(t, struct ask, timer);
    int64_t left = a->op.expires_at - clock_now();
    if (left > 0) { /* the clock may have been set */
        timer_set(t, a->runner->config.loop, left < CLOCK_HOUR ? left : CLOCK_HOUR, expire);
        return;
    }
    a->end = "EXPIRED";
    go(a, ASK_END);
}

static void try_again(struct timer *t)
{
    struct ask *a = OWNER(t, struct ask, timer);
    go(a, a->end ? ASK_END : ASK_READ);
}

static void wait(struct ask *a)
{
    char key[24];
    key_of(a->op.id, key);
    a->step = ASK_WAIT;
    map_put(a->runner->asks, key, a);
    expire(&a->timer);
}

static void done(struct db_job *job, const struct err *e)
{
    struct ask *a = OWNER(job, struct ask, job);
    struct runner *r = a->runner;
    bool begins = a->step == ASK_BEGIN, over = !e && !text_is(a->op.status, "ACTIVE");
    for (size_t i = 0; !e && begins && i < a->replaced.count; i++)
        runner_answered(r, a->replaced.at[i]);
    if (!e && begins && a->fresh && a->mail)
        runner_wake_notifications(r);
    if (!e && begins && !a->dropped && a->begun)
        a->begun(a->context, &a->op);
    a->step = ASK_WAIT;
    if (a->dropped || over || (e && (begins || e->kind == ERR_NOT_FOUND))) {
        finish(a, e);
    } else if (e) {
        log_warn("runner", "user operation %s: %s; trying again", a->op.uuid, e->text);
        timer_set(&a->timer, r->config.loop, CLOCK_SECOND, try_again);
    } else if (a->end) { /* asked to end while it began */
        go(a, ASK_END);
    } else {
        wait(a);
    }
    runner_ended(r);
}

static void go(struct ask *a, enum step step)
{
    timer_clear(&a->timer);
    a->step = step;
    a->job = (struct db_job){ .work = work, .done = done };
    runner_began(a->runner);
    if (step == ASK_READ)
        db_read(a->runner->config.db, &a->job);
    else
        db_write(a->runner->config.db, &a->job);
}

/* ---- from outside */

struct ask *ask_start(struct runner *r, struct user_op *op, bool replaces, const char *mail, void (*begun)(void *context, const struct user_op *op),
                      void (*ended)(void *context, const struct user_op *op, const struct err *e), void *context)
{
    struct ask *a = NEW(struct ask);
    *a = (struct ask){ .runner = r, .op = *op, .replaces = replaces, .mail = mail ? mem_text(mail) : NULL, .begun = begun, .done = ended, .context = context };
    *op = (struct user_op){ 0 };
    go(a, ASK_BEGIN);
    return a;
}

void ask_cancel(struct ask *a, const char *reason)
{
    free(a->reason);
    a->reason = mem_text(reason);
    a->end = "CANCELED";
    if (a->step == ASK_WAIT)
        go(a, ASK_END);
}

void ask_drop(struct ask *a)
{
    a->dropped = true;
    if (a->step == ASK_WAIT)
        ask_free(a);
}

void runner_answered(struct runner *r, int64_t id)
{
    char key[24];
    key_of(id, key);
    struct ask *a = map_get(r->asks, key);
    if (a && a->step == ASK_WAIT)
        go(a, ASK_READ);
}

/* Asking the registry about a push, once: the durable state is the push's row, this is the asking. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "runner/decide.h"
#include "store/inbox.h"
#include "store_sql.h"

#define SOFT_TIME (2 * CLOCK_SECOND) /* after so long a trigger that only prefers an answer goes on without */
#define HEAD_TIME (10 * CLOCK_SECOND)
#define FIRST_RETRY (500 * CLOCK_MS)
#define MOST_RETRY (30 * CLOCK_SECOND)
#define SETTLE_FIRST (100 * CLOCK_MS)
enum { SETTLE_TRIES = 4 }; /* 1.5 s in all */

struct confirm {
    struct link link;
    struct runner *runner;
    int64_t push_id, began, delay;
    struct push push;
    struct registry_target *target;
    struct registry_head head;
    struct timer timer;
    struct db_job job;
    bool heading, soft_told, last;
    int unsettled;       /* answers that were not taken as the registry's last word */
    const char *outcome; /* to be stored: found, missing, unreachable */
    char text[512], digest[140];
    struct wakes wakes;
};

static void confirm_free(struct confirm *c)
{
    struct runner *r = c->runner;
    timer_clear(&c->timer);
    push_fini(&c->push);
    registry_target_destroy(&c->target);
    wakes_fini(&c->wakes);
    list_remove(&c->link);
    r->stats.confirms_open--;
    free(c);
    runner_ended(r);
}

/* ---- what came of it is stored, and the waiting events are decided, in one write */

static void ask(struct confirm *c);

static void ask_again(struct timer *t)
{
    ask(OWNER(t, struct confirm, timer));
}

static bool store_work(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct confirm *c = OWNER(job, struct confirm, job);
    bool first = true;
    if (c->last && !push_confirmed(tx, c->push_id, c->outcome, c->text, c->digest, &first, e))
        return false;
    return decide_confirmed(c->runner, tx, c->push_id, c->last ? NULL : c->text, &c->wakes, e);
}

static void store_done(struct db_job *job, const struct err *e)
{
    struct confirm *c = OWNER(job, struct confirm, job);
    if (!e)
        wakes_act(c->runner, &c->wakes);
    wakes_fini(&c->wakes);
    if (c->runner->draining || (!e && c->last)) {
        confirm_free(c);
        return;
    }
    if (e)
        log_error("runner", "what %s said about %s:%s could not be stored, trying again: %s", c->push.registry, c->push.repository,
                  c->push.tag, e->text);
    else
        c->soft_told = true;
    timer_set(&c->timer, c->runner->config.loop, c->delay, ask_again);
}

static void store(struct confirm *c, const char *outcome, bool last)
{
    c->outcome = outcome;
    c->last = last;
    c->job = (struct db_job){ .work = store_work, .done = store_done };
    db_write(c->runner->config.db, &c->job);
}

/* Nobody answered: those who only prefer an answer go on after 2 s, those who insist wait until it is due. */
static void no_answer(struct confirm *c)
{
    int64_t now = clock_now();
    if (now >= c->push.confirm_due)
        store(c, "unreachable", true);
    else if (!c->soft_told && now - c->began >= SOFT_TIME)
        store(c, "unreachable", false);
    else
        timer_set(&c->timer, c->runner->config.loop, c->delay, ask_again);
}

/* No longer than until those who only prefer an answer go on. */
static int64_t patience(const struct confirm *c, int64_t time)
{
    int64_t soft = c->began + SOFT_TIME - clock_now();
    return !c->soft_told && soft > 0 && soft < time ? soft : time;
}

static void wait_longer(struct confirm *c)
{
    c->delay = c->delay * 2 < MOST_RETRY ? c->delay * 2 : MOST_RETRY;
    if (c->head.retry_after_micros > c->delay)
        c->delay = c->head.retry_after_micros;
    int64_t due = c->push.confirm_due - clock_now();
    c->delay = patience(c, c->delay);
    if (due > 0 && due < c->delay)
        c->delay = due;
}

/* Distribution tells of a push a moment before its tag is set: that there is no such tag yet, or that it still names what it did before, is not
 * its last word at once. */
static bool settles(struct confirm *c)
{
    bool other = c->head.outcome == REGISTRY_FOUND && !text_empty(c->push.digest) && !text_is(c->push.digest, c->head.digest);
    int64_t wait = SETTLE_FIRST << c->unsettled;
    if ((!other && c->head.outcome != REGISTRY_MISSING) || c->unsettled == SETTLE_TRIES || wait >= c->push.confirm_due - clock_now())
        return false;
    c->unsettled++;
    timer_set(&c->timer, c->runner->config.loop, wait, ask_again);
    return true;
}

static void answered(struct registry_head *head, const struct err *e)
{
    struct confirm *c = OWNER(head, struct confirm, head);
    c->heading = false;
    if (e || c->runner->draining) {
        confirm_free(c);
        return;
    }
    memcpy(c->text, head->text, sizeof c->text);
    memcpy(c->digest, head->digest, sizeof c->digest);
    if (settles(c))
        return;
    if (head->outcome == REGISTRY_FOUND) {
        store(c, "found", true);
    } else if (head->outcome == REGISTRY_MISSING) {
        store(c, "missing", true);
    } else {
        wait_longer(c);
        no_answer(c);
    }
}

static void ask(struct confirm *c)
{
    struct err e = { 0 };
    int64_t left = c->push.confirm_due - clock_now();
    if (c->runner->draining) {
        confirm_free(c);
        return;
    }
    if (c->last) { /* the answer is known; only its storing failed */
        store(c, c->outcome, true);
        return;
    }
    if (!c->target) { /* its endpoint is gone or cannot be read; time will not help */
        store(c, "unreachable", true);
        return;
    }
    if (left <= 0) {
        if (!*c->text)
            snprintf(c->text, sizeof c->text, "there was no time left to ask it");
        no_answer(c);
        return;
    }
    c->head = (struct registry_head){ .target = c->target, .repository = c->push.repository, .tag = c->push.tag, .done = answered,
                                      .timeout_micros = patience(c, left < HEAD_TIME ? left : HEAD_TIME) };
    c->heading = registry_head_start(&c->head, c->runner->config.http, &e);
    if (c->heading)
        return;
    memcpy(c->text, e.text, sizeof c->text);
    store(c, e.kind == ERR_INVALID ? "missing" : "unreachable", true);
}

/* ---- the beginning */

static bool read_endpoint(struct confirm *c, struct db_tx *tx, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_endpoint_properties, "i", c->push.endpoint_id);
    struct knowledge k = { 0 };
    if (!db_next(r, e))
        return db_rows_failed(r) ? false : err_set(e, ERR_NOT_FOUND, "the push's endpoint is gone");
    AUTO_JSON *names = json_pack("[s]", db_text(r, 1));
    if (!knowledge_read(tx, c->runner->config.seal, c->push.project_id, names, &k, e))
        return false;
    bool ok = registry_target_from_properties(json_object_get(json_object_get(k.endpoints, db_text(r, 1)), "properties"), &c->runner->hub,
                                              &c->target, e);
    knowledge_fini(&k);
    return ok;
}

static bool load_work(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct confirm *c = OWNER(job, struct confirm, job);
    struct err why = { 0 };
    if (!push_get(tx, c->push_id, &c->push, e))
        return false;
    if (!read_endpoint(c, tx, &why))
        memcpy(c->text, why.text, sizeof c->text); /* the events say so, when it is due */
    return true;
}

static void load_done(struct db_job *job, const struct err *e)
{
    struct confirm *c = OWNER(job, struct confirm, job);
    if (e)
        log_error("runner", "push %lld could not be read: %s", (long long)c->push_id, e->text);
    if (e || !text_is(c->push.confirm, "asked"))
        confirm_free(c);
    else
        ask(c);
}

static bool asking(struct runner *r, int64_t push_id)
{
    LIST_EACH(&r->confirms, l)
        if (OWNER(l, struct confirm, link)->push_id == push_id)
            return true;
    return false;
}

void confirm_start(struct runner *r, int64_t push_id)
{
    if (r->draining || asking(r, push_id))
        return;
    struct confirm *c = NEW(struct confirm);
    *c = (struct confirm){ .runner = r, .push_id = push_id, .began = clock_now(), .delay = FIRST_RETRY,
                           .job = { .work = load_work, .done = load_done } };
    list_append(&r->confirms, &c->link);
    r->stats.confirms_open++;
    runner_began(r);
    db_read(r->config.db, &c->job);
}

void confirm_drain(struct runner *r)
{
    LIST_EACH(&r->confirms, l) {
        struct confirm *c = OWNER(l, struct confirm, link);
        if (c->heading)
            registry_head_cancel(&c->head);
        else if (timer_is_set(&c->timer))
            confirm_free(c);
    }
}

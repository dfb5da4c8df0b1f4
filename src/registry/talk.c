#include "registry/talk.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "registry/challenge.h"

#define TIMEOUT (30 * CLOCK_SECOND)
#define PATIENCE_MOST (2 * CLOCK_MINUTE) /* a registry that wants more is one for a later try of the task */
enum { TRIES = 4 };

static void finish(struct registry_talk *t, const struct err *e)
{
    struct err copy = e ? *e : (struct err){ 0 };
    char *path = (char *)t->ask.path, *scope = (char *)t->ask.scope;
    t->under_way = false;
    t->done(t, e ? &copy : NULL); /* may free t, or begin another talk with it */
    free(path);
    free(scope);
}

static void ended(struct timer *timer)
{
    struct registry_talk *t = OWNER(timer, struct registry_talk, timer);
    finish(t, &t->failed);
}

static void end_later(struct registry_talk *t)
{
    timer_set(&t->timer, t->loop, 0, ended);
}

static void try_now(struct timer *timer);

/* A failure that may pass: again, after a second, two, four, or as long as the registry asks for. */
static void again(struct registry_talk *t, int64_t retry_after)
{
    int64_t wait = retry_after ? retry_after : CLOCK_SECOND << (t->tries - 1);
    t->patience = retry_after;
    if (t->tries >= TRIES || wait > PATIENCE_MOST || t->canceled) {
        finish(t, &t->failed);
        return;
    }
    if (t->waits)
        t->waits(t, t->failed.text);
    timer_set(&t->timer, t->loop, wait, try_now);
}

static bool means_nothing(int status)
{
    return status == 429 || status == 500 || (status >= 502 && status <= 504);
}

static void answered(struct registry_ask *a, const struct err *e)
{
    struct registry_talk *t = OWNER(a, struct registry_talk, ask);
    int64_t retry_after = answer_retry_after(&a->call.answer_headers, clock_now());
    if (a->call.status)
        registry_budget_learn(a->target->hub->budget, a->target->place, a->call.status, retry_after, -1);
    if (t->canceled) {
        err_set(&t->failed, ERR_CANCELED, "canceled");
        finish(t, &t->failed);
    } else if (e) {
        t->failed = *e;
        err_retry(e->kind) ? again(t, 0) : finish(t, e);
    } else if (means_nothing(a->call.status)) {
        registry_answer_refused(a->target, &a->call, NULL, &t->failed);
        again(t, retry_after);
    } else {
        finish(t, NULL);
    }
}

static void try_now(struct timer *timer)
{
    struct registry_talk *t = OWNER(timer, struct registry_talk, timer);
    int64_t wait = registry_budget_take(t->ask.target->hub->budget, t->ask.target->place, PATIENCE_MOST);
    if (wait > PATIENCE_MOST) {
        err_set(&t->failed, ERR_LIMITED, "%s asked for patience, for %lld s more", t->ask.target->host, (long long)(wait / CLOCK_SECOND) + 1);
        t->patience = wait;
        end_later(t);
        return;
    }
    if (wait && !t->tries) { /* the place is taken; else the wait was this one */
        t->tries = 1;
        timer_set(timer, t->loop, wait, try_now);
        return;
    }
    t->tries++;
    t->ask.deadline = clock_mono() + (t->timeout_micros ? t->timeout_micros : TIMEOUT);
    if (!registry_ask_start(&t->ask, t->client, &t->failed))
        end_later(t);
}

void talk_start(struct registry_talk *t, char *path, char *scope)
{
    t->ask.path = path;
    t->ask.scope = scope;
    t->ask.tokens = t->ask.target->hub->tokens;
    t->ask.done = answered;
    t->tries = 0;
    t->patience = 0;
    t->canceled = false;
    t->under_way = true;
    timer_set(&t->timer, t->loop, 0, try_now);
}

void talk_cancel(struct registry_talk *t)
{
    if (!t->under_way || t->canceled)
        return;
    t->canceled = true;
    err_set(&t->failed, ERR_CANCELED, "canceled");
    if (timer_is_set(&t->timer))
        end_later(t);
    else
        registry_ask_cancel(&t->ask);
}

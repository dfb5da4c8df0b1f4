/* Looks every few minutes when the tokens end that webhooks lend; says so once a day in the log. */
#include "runner/tokens.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "runner/decide.h"
#include "runner/tokens_work.h"

#define LOOK_EVERY (5 * CLOCK_MINUTE)
#define TELL_EVERY CLOCK_DAY

bool runner_token_of(struct runner *r, struct db_tx *tx, int64_t project_id, const char *refresh_token, const char *token_hash,
                     struct lent_token *ret, bool *ret_found, struct err *e)
{
    AUTO_FREE char *hash = NULL;
    *ret_found = false;
    return decide_token_hash(r, tx, project_id, refresh_token, token_hash, &hash, e) && lent_token_get(tx, hash, clock_now(), ret, ret_found, e);
}

/* ---- all of them */

struct tokens_look {
    struct db_job job;
    struct runner *runner;
    struct lent_token *at;
    size_t count;
    struct db_tx *tx; /* while it works */
};

static void add(void *context, const struct lent_token *token)
{
    struct tokens_look *look = context;
    for (size_t i = 0; i < look->count; i++)
        if (text_is(look->at[i].uuid, token->uuid))
            return;
    if ((token->alive && !token->expires_at) || look->count == TOKENS_WATCHED)
        return;
    look->at = mem_resize(look->at, (look->count + 1) * sizeof *look->at);
    look->at[look->count++] = *token;
}

static bool add_reference(void *context, int64_t project_id, const char *reference, struct err *e)
{
    struct tokens_look *look = context;
    struct lent_token token = { 0 };
    struct err unread = { 0 }; /* of this variable: a push says so, and those who look at the webhook see it */
    bool found = false;
    (void)e;
    if (runner_token_of(look->runner, look->tx, project_id, reference, "", &token, &found, &unread) && found)
        add(look, &token);
    return true;
}

static bool look_work(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct tokens_look *look = OWNER(job, struct tokens_look, job);
    look->tx = tx;
    return lent_tokens_each(tx, clock_now(), add, look, e) && lent_references_each(tx, add_reference, look, e);
}

static void tell(const struct token_watch *w, int64_t now)
{
    char says[700];
    for (size_t i = 0; i < w->count; i++) {
        token_says(&w->at[i], now, says);
        if (*says)
            log_warn("tokens", "%s%s%s", says, *w->at[i].webhooks ? "; webhooks that lend it: " : "", w->at[i].webhooks);
    }
}

static void look_due(struct timer *t)
{
    runner_wake_tokens(OWNER(t, struct token_watch, timer)->runner);
}

static void look_done(struct db_job *job, const struct err *e)
{
    struct tokens_look *look = OWNER(job, struct tokens_look, job);
    struct runner *r = look->runner;
    struct token_watch *w = r->tokens;
    int64_t now = clock_mono();
    w->busy = false;
    if (e) {
        log_warn("tokens", "the tokens of webhooks could not be read: %s", e->text);
    } else {
        free(w->at);
        w->at = TAKE(look->at);
        w->count = look->count;
        if (!w->told_at || now - w->told_at >= TELL_EVERY) {
            tell(w, clock_now());
            w->told_at = now;
        }
    }
    free(look->at);
    free(look);
    if (!r->draining)
        timer_set(&w->timer, r->config.loop, LOOK_EVERY, look_due);
    runner_ended(r);
}

void runner_wake_tokens(struct runner *r)
{
    struct token_watch *w = r->tokens;
    if (w->busy || r->draining)
        return;
    struct tokens_look *look = NEW(struct tokens_look);
    *look = (struct tokens_look){ .job = { .work = look_work, .done = look_done }, .runner = r };
    w->busy = true;
    runner_began(r);
    db_read(r->config.db, &look->job);
}

void runner_tokens_each(const struct runner *r, void (*each)(void *context, const char *uuid, int64_t ends_at), void *context)
{
    const struct token_watch *w = r->tokens;
    for (size_t i = 0; i < w->count; i++)
        each(context, w->at[i].uuid, w->at[i].alive || (w->at[i].expires_at && w->at[i].expires_at < clock_now()) ? w->at[i].expires_at : clock_now());
}

struct token_watch *tokens_create(struct runner *r)
{
    struct token_watch *w = NEW(struct token_watch);
    w->runner = r;
    return w;
}

void tokens_drain(struct runner *r)
{
    timer_clear(&r->tokens->timer);
}

void tokens_destroy(struct token_watch **watch)
{
    struct token_watch *w = TAKE(*watch);
    if (!w)
        return;
    timer_clear(&w->timer);
    free(w->at);
    free(w);
}

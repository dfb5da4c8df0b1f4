/* From rows to Docker Hub: what is due is tried, and what came of it is stored. Loop, but for the jobs. */
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "registry/hub_hooks.h"
#include "runner/hub_work.h"
#include "store/webhooks.h"

#define WORKS_MOST 4                 /* at once */
#define LOOK_MOST 64                 /* rows that one look reads */
#define FIRST_RETRY (5 * CLOCK_SECOND)
#define REFUSED_RETRY CLOCK_MINUTE   /* of credentials that do not get there: more would lock the account */
#define MOST_RETRY CLOCK_HOUR
#define WAIT_MOST (2 * CLOCK_HOUR)   /* no try is put off for longer: then somebody set the clock back */
#define DATABASE_RETRY CLOCK_SECOND
#define QUIET (30 * CLOCK_SECOND)    /* a 429 that names no time */
#define START_GROUP 100              /* webhooks that one write looks at */

/* One row at work. */
struct hub_work {
    struct link link;
    struct runner *runner;
    int64_t id;
    struct hub_hook_row row;
    struct registry_target *target;
    char *url;             /* NULL: it is to be gone */
    struct hub_hook op;
    struct db_job job;
    struct err problem;    /* kind ERR_NONE: it is as wanted */
    bool skip;             /* nothing is due any more */
    bool asking, current;
};

struct hub_wait {
    struct link link;
    struct runner *runner;
    int64_t id;
    struct timer timer;
    void (*done)(void *context);
    void *context;
};

struct hub_state *hub_create(struct runner *r)
{
    struct hub_state *h = NEW(struct hub_state);
    h->runner = r;
    list_init(&h->works);
    list_init(&h->waits);
    return h;
}

void hub_destroy(struct hub_state **hub)
{
    if (*hub)
        timer_clear(&(*hub)->due);
    free(TAKE(*hub));
}

/* ---- those who wait */

static void wait_end(struct hub_wait *w)
{
    void (*done)(void *context) = w->done;
    void *context = w->context;
    timer_clear(&w->timer);
    list_remove(&w->link);
    free(w);
    done(context);
}

static void wait_over(struct timer *t)
{
    wait_end(OWNER(t, struct hub_wait, timer));
}

static void waits_end(struct hub_state *h, int64_t id)
{
    LIST_EACH(&h->waits, l)
        if (!id || OWNER(l, struct hub_wait, link)->id == id)
            wait_end(OWNER(l, struct hub_wait, link));
}

void runner_hub_wait(struct runner *r, int64_t id, int64_t micros, void (*done)(void *context), void *context)
{
    struct hub_wait *w = NEW(struct hub_wait);
    *w = (struct hub_wait){ .runner = r, .id = id, .done = done, .context = context };
    list_append(&r->hub_hooks->waits, &w->link);
    timer_set(&w->timer, r->config.loop, r->draining ? 0 : micros, wait_over);
    runner_hub_wake(r);
}

/* ---- the end of a work */

static void work_free(struct hub_work *w)
{
    struct runner *r = w->runner;
    if (w->url)
        explicit_bzero(w->url, strlen(w->url));
    free(w->url);
    registry_target_destroy(&w->target);
    hub_hook_row_fini(&w->row);
    list_remove(&w->link);
    r->hub_hooks->open--;
    free(w);
    runner_ended(r);
}

/* Twice as long after each failure, and not all at the same moment. */
static int64_t next_try(const struct hub_work *w)
{
    bool refused = w->problem.kind == ERR_UNAUTHORIZED || w->problem.kind == ERR_FORBIDDEN || w->problem.kind == ERR_INVALID;
    int64_t delay = refused ? REFUSED_RETRY : FIRST_RETRY;
    uint32_t chance = 0;
    for (int64_t i = 0; i < w->row.attempts && delay < MOST_RETRY; i++)
        delay *= 2;
    delay = delay > MOST_RETRY ? MOST_RETRY : delay;
    if (getrandom(&chance, sizeof chance, GRND_NONBLOCK) != sizeof chance)
        chance = 0;
    delay += delay / 4 * (int64_t)(chance % 1024) / 1024;
    return clock_now() + (w->op.retry_after_micros > delay ? w->op.retry_after_micros : delay);
}

static bool store_work(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct hub_work *w = OWNER(job, struct hub_work, job);
    bool gone = text_is(w->row.wanted, "gone");
    w->current = true;
    if (w->problem.kind)
        return hub_hook_failed(tx, w->id, w->row.version, w->problem.text, next_try(w), &w->current, e);
    if (gone)
        return hub_hook_delete(tx, w->id, e); /* nothing else can be wanted of it any more */
    AUTO_FREE char *hash = text_sha256(w->url, strlen(w->url));
    return hub_hook_slug(tx, w->id, w->op.new_slug, e) &&
           hub_hook_done(tx, w->id, w->row.version, hash, "registered at Docker Hub", &w->current, e);
}

static void look_later(struct runner *r, int64_t micros);

static void store_done(struct db_job *job, const struct err *e)
{
    struct hub_work *w = OWNER(job, struct hub_work, job);
    struct runner *r = w->runner;
    int64_t id = w->id;
    bool told = !e && w->current;
    if (e)
        log_error("hub", "what came of webhook %s at Docker Hub could not be stored, trying again: %s", w->row.name, e->text);
    else if (w->problem.kind)
        log_warn("hub", "webhook %s of %s: %s", w->row.name, w->row.repository, w->problem.text);
    else
        log_info("hub", "webhook %s of %s %s", w->row.name, w->row.repository,
                 text_is(w->row.wanted, "gone") ? "is gone at Docker Hub" : "stands at Docker Hub");
    work_free(w);
    if (told)
        waits_end(r->hub_hooks, id);
    if (e)
        look_later(r, DATABASE_RETRY);
    else
        runner_hub_wake(r);
}

static void store(struct hub_work *w)
{
    w->job = (struct db_job){ .work = store_work, .done = store_done };
    db_write(w->runner->config.db, &w->job);
}

static void asked(struct hub_hook *op, const struct err *e)
{
    struct hub_work *w = OWNER(op, struct hub_work, op);
    struct hub_state *h = w->runner->hub_hooks;
    w->asking = false;
    if (w->runner->draining) { /* the next start looks what came of it */
        work_free(w);
        return;
    }
    if (e) {
        w->problem = *e;
        if (e->kind == ERR_LIMITED)
            h->quiet_until = clock_mono() + (op->retry_after_micros ? op->retry_after_micros : QUIET);
    }
    store(w);
}

/* ---- the beginning of a work */

static bool read_url(struct hub_work *w, struct db_tx *tx, struct err *e)
{
    struct webhook_row webhook = { 0 };
    if (text_is(w->row.wanted, "gone"))
        return true;
    bool ok = webhook_get(tx, w->row.webhook_id, &webhook, e) && hub_url_of(w->runner, &webhook, &w->url, e);
    webhook_row_fini(&webhook);
    return ok;
}

static bool load_work(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct hub_work *w = OWNER(job, struct hub_work, job);
    bool found = false;
    if (!hub_hook_get(tx, w->id, &w->row, &found, e))
        return false;
    w->skip = !found || !w->row.next_at;
    if (!w->skip && read_url(w, tx, &w->problem))
        hub_target_read(w->runner, tx, w->row.endpoint_id, &w->target, &w->problem);
    return true;
}

static void load_done(struct db_job *job, const struct err *e)
{
    struct hub_work *w = OWNER(job, struct hub_work, job);
    struct runner *r = w->runner;
    if (e)
        log_error("hub", "a webhook at Docker Hub could not be read, trying again: %s", e->text);
    if (e || w->skip || r->draining) {
        work_free(w);
        if (e)
            look_later(r, DATABASE_RETRY);
        return;
    }
    w->op = (struct hub_hook){ .target = w->target, .repository = w->row.repository, .name = w->row.name, .slug = w->row.slug,
                               .url = w->url, .wish = w->url ? HUB_HOOK_THERE : HUB_HOOK_GONE, .done = asked };
    if (!w->problem.kind)
        w->asking = hub_hook_start(&w->op, r->config.http, &w->problem);
    if (!w->asking)
        store(w);
}

static void work_start(struct runner *r, int64_t id)
{
    struct hub_work *w = NEW(struct hub_work);
    *w = (struct hub_work){ .runner = r, .id = id, .job = { .work = load_work, .done = load_done } };
    list_append(&r->hub_hooks->works, &w->link);
    r->hub_hooks->open++;
    runner_began(r);
    db_read(r->config.db, &w->job);
}

static bool at_work(const struct hub_state *h, int64_t id)
{
    LIST_EACH(&((struct hub_state *)h)->works, l)
        if (OWNER(l, struct hub_work, link)->id == id)
            return true;
    return false;
}

/* ---- looking for what is due */

struct hub_look {
    struct db_job job;
    struct runner *runner;
    struct hub_hook_due due[LOOK_MOST];
    size_t count;
};

static void look_due(struct timer *t)
{
    struct hub_state *h = OWNER(t, struct hub_state, due);
    runner_hub_wake(h->runner);
}

static void look_later(struct runner *r, int64_t micros)
{
    if (!r->draining)
        timer_set(&r->hub_hooks->due, r->config.loop, micros < CLOCK_MS ? CLOCK_MS : micros, look_due);
}

static bool look_work(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct hub_look *look = OWNER(job, struct hub_look, job);
    return hub_hooks_due(tx, LOOK_MOST, look->due, &look->count, e);
}

/* Starts what is due and has room; a timer for the first that is not due yet. What has no room is found when a work ends. */
static void start_due(struct runner *r, const struct hub_look *look)
{
    struct hub_state *h = r->hub_hooks;
    int64_t now = clock_now(), quiet = h->quiet_until - clock_mono();
    for (size_t i = 0; i < look->count && h->open < WORKS_MOST; i++) {
        int64_t wait = look->due[i].at - now;
        if (at_work(h, look->due[i].id))
            continue;
        if (wait > WAIT_MOST)
            wait = 0;
        if (quiet > wait)
            wait = quiet;
        if (wait > 0) {
            look_later(r, wait < CLOCK_MINUTE ? wait : CLOCK_MINUTE); /* a clock that jumps is noticed */
            return;
        }
        work_start(r, look->due[i].id);
    }
}

static void look_done(struct db_job *job, const struct err *e)
{
    struct hub_look *look = OWNER(job, struct hub_look, job);
    struct runner *r = look->runner;
    struct hub_state *h = r->hub_hooks;
    bool again = h->look_again;
    h->looking = h->look_again = false;
    if (e) {
        log_error("hub", "what is due at Docker Hub could not be read, trying again: %s", e->text);
        look_later(r, DATABASE_RETRY);
    } else if (!r->draining) {
        start_due(r, look);
    }
    free(look);
    if (again)
        runner_hub_wake(r);
    runner_ended(r);
}

void runner_hub_wake(struct runner *r)
{
    struct hub_state *h = r->hub_hooks;
    h->look_again = h->looking;
    if (h->looking || r->draining)
        return;
    struct hub_look *look = NEW(struct hub_look);
    *look = (struct hub_look){ .runner = r, .job = { .work = look_work, .done = look_done } };
    h->looking = true;
    runner_began(r);
    db_read(r->config.db, &look->job);
}

/* ---- at start: external-url may be another, and webhooks may be older than this file */

struct hub_begin {
    struct db_job job;
    struct runner *runner;
    int64_t *ids;
    size_t count, at;
};

static void begin_next(struct hub_begin *b);

static bool begin_read(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct hub_begin *b = OWNER(job, struct hub_begin, job);
    return hub_webhooks(tx, 0, &b->ids, &b->count, e);
}

static bool begin_write(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct hub_begin *b = OWNER(job, struct hub_begin, job);
    int64_t row = 0;
    for (size_t i = b->at; i < b->count && i < b->at + START_GROUP; i++) {
        struct err one = { 0 };
        if (!runner_hub_want(b->runner, tx, b->ids[i], HUB_IF_CHANGED, &row, &one) && one.kind != ERR_NOT_FOUND)
            log_error("hub", "what a webhook wants of Docker Hub is not known: %s", one.text);
    }
    (void)e;
    return true;
}

static void begin_done(struct db_job *job, const struct err *e)
{
    struct hub_begin *b = OWNER(job, struct hub_begin, job);
    if (e)
        log_error("hub", "the webhooks at Docker Hub could not be looked through: %s", e->text);
    b->at += job->work == begin_write ? START_GROUP : 0;
    if (!e && b->at < b->count && !b->runner->draining) {
        begin_next(b);
        return;
    }
    runner_hub_wake(b->runner);
    runner_ended(b->runner);
    free(b->ids);
    free(b);
}

static void begin_next(struct hub_begin *b)
{
    b->job = (struct db_job){ .work = begin_write, .done = begin_done };
    db_write(b->runner->config.db, &b->job);
}

void hub_start(struct runner *r)
{
    struct hub_begin *b = NEW(struct hub_begin);
    *b = (struct hub_begin){ .runner = r, .job = { .work = begin_read, .done = begin_done } };
    runner_began(r);
    db_read(r->config.db, &b->job);
}

void hub_drain(struct runner *r)
{
    timer_clear(&r->hub_hooks->due);
    waits_end(r->hub_hooks, 0);
    LIST_EACH(&r->hub_hooks->works, l)
        if (OWNER(l, struct hub_work, link)->asking)
            hub_hook_cancel(&OWNER(l, struct hub_work, link)->op);
}

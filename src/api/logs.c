#include "api/logs.h"

#include "api/resources.h"
#include "api/stream.h"
#include "base/clock.h"
#include "base/mem.h"
#include "store/activity.h"
#include "store/runs.h"

#define TOGETHER (20 * CLOCK_MS) /* what comes in so short a time is read at once: a flood must not be asked about line by line */
enum { WAIT_MOST = 25, WAITS = 500 /* at once; who comes then is answered at once */ };

struct log_waits {
    struct api *api;
    struct link all; /* of struct wait; each wake looks at all of them: as many as there are readers */
    size_t count;
    bool ended;
};

/* A reader at the end of a log. It waits between two looks, and what happens during a look counts for the next. */
struct wait {
    struct link link;
    struct log_waits *waits; /* NULL: it never waited yet */
    struct call *call;
    struct timer timer;
    int64_t execution_id;
    int64_t until;           /* clock_mono */
    bool looks, due, over;   /* a look is under way; something happened; the next look is the last */
};

struct log_waits *log_waits_create(struct api *api)
{
    struct log_waits *w = NEW(struct log_waits);
    w->api = api;
    list_init(&w->all);
    return w;
}

void log_waits_destroy(struct log_waits **w)
{
    free(*w);
    *w = NULL;
}

static void wait_free(void *context)
{
    struct wait *w = context;
    timer_clear(&w->timer);
    if (w->waits) {
        list_remove(&w->link);
        w->waits->count--;
    }
    free(w);
}

static void look(struct wait *w)
{
    timer_clear(&w->timer);
    w->looks = true;
    w->due = false;
    call_go(w->call, CALL_READ, execution_logs);
}

static void fire(struct timer *t)
{
    struct wait *w = OWNER(t, struct wait, timer);
    w->over = w->over || clock_mono() >= w->until;
    look(w);
}

/* Until something happens, or its time is over. */
static void rest(struct wait *w)
{
    int64_t left = w->until - clock_mono();
    left = left > 0 && !w->over ? left : 0;
    w->looks = false;
    timer_set(&w->timer, w->waits->api->config.loop, w->due && left > TOGETHER ? TOGETHER : left, fire);
}

static void happened(struct wait *w)
{
    bool first = !w->due;
    w->due = true;
    if (!w->looks && (first || w->over))
        rest(w);
}

void log_waits_wake(struct log_waits *waits, int64_t execution_id)
{
    waits->ended = waits->ended || !execution_id;
    LIST_EACH(&waits->all, link) {
        struct wait *w = OWNER(link, struct wait, link);
        w->over = w->over || waits->ended;
        if (waits->ended || w->execution_id == execution_id)
            happened(w);
    }
}

/* From here on nothing is missed, so that one more look comes first. */
static void begin(struct wait *w)
{
    struct log_waits *all = w->call->api->log_waits;
    w->over = all->ended || all->count >= WAITS;
    w->waits = all;
    all->count++;
    list_append(&all->all, &w->link);
    look(w);
}

static bool wait_on(struct call *c, struct err *e)
{
    struct wait *w = c->context;
    (void)e;
    if (w->waits)
        rest(w);
    else
        begin(w);
    return true;
}

/* What it waits for may still come; *ret: it is to wait (again). */
static bool may_wait(struct call *c, int64_t execution_id, bool *ret, struct err *e)
{
    AUTO_FREE char *text = call_query(c, "wait");
    int64_t seconds = 0, at = 0;
    struct wait *w = c->context;
    *ret = false;
    if (text && (!text_to_int(text, &seconds) || seconds < 0 || seconds > WAIT_MOST))
        return err_field(e, "wait", "wait is a number of seconds, 0 to %d", WAIT_MOST);
    if (!seconds || (w && w->over))
        return true;
    if (!execution_brief(c->tx, execution_id, &at, ret, e))
        return false;
    if (!w && *ret) {
        w = NEW(struct wait);
        *w = (struct wait){ .call = c, .execution_id = execution_id, .until = clock_mono() + seconds * CLOCK_SECOND };
        c->context = w;
        c->context_free = wait_free;
    }
    return true;
}

bool execution_logs(struct call *c, struct err *e)
{
    int64_t id = 0, project = 0, task = -1, after = 0;
    bool waits = false;
    AUTO_FREE char *which = call_query(c, "task");
    AUTO_FREE char *from = call_query(c, "after");
    AUTO_TEXT logs = { 0 };
    if ((which && !text_to_int(which, &task)) || (from && !text_to_int(from, &after)))
        return err_field(e, "task", "task and after are numbers");
    /* Whether it is over first: what it says last is written before. */
    if (!execution_of_call(c, &id, &project, e) || !may_wait(c, id, &waits, e) || !log_read(c->tx, id, task, &after, &logs, e))
        return false;
    if (waits && !logs.length) {
        c->next = (struct stage){ CALL_LOOP, wait_on };
        return true;
    }
    for (size_t i = 0; i < logs.length; i++) /* programs write what they like: it is mended */
        logs.at[i] = logs.at[i] ? logs.at[i] : '?';
    return call_answer(c, 200, json_pack("{s:o, s:I}", "logs", json_text(text_of(&logs)), "next", (json_int_t)after));
}

/* A task is ended from outside: what it asked for is taken out of Jenkins' queue, or stopped where it runs. */
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "tasks/jenkins_inside.h"

#define STOP_TIME (20 * CLOCK_SECOND) /* a build that is asked to stop is watched for so long */

static void look_stopped(struct jenkins_task *t);

static void stopped_came(struct jenkins_task *t, const struct err *e)
{
    char message[300];
    bool over = !e && !json_bool_at(t->call.answer, "building", true);
    if (!over && !(e && t->call.status != 404) && clock_mono() < t->stop_until) {
        jenkins_later(t, CLOCK_SECOND / 2, look_stopped);
        return;
    }
    snprintf(message, sizeof message, over ? "canceled; build #%lld was stopped" : "canceled; build #%lld was asked to stop, and has not ended yet", (long long)t->build);
    jenkins_nothing(t, message);
}

static void look_stopped(struct jenkins_task *t)
{
    jenkins_ask_build(t, "api/json?tree=building", stopped_came);
}

static void stop_sent(struct jenkins_task *t, const struct err *e)
{
    if (e) {
        jenkins_fail(t, e, true);
        return;
    }
    t->stop_until = clock_mono() + STOP_TIME;
    look_stopped(t);
}

static void stop_build(struct jenkins_task *t)
{
    AUTO_FREE char *path = mem_format("%s/%lld/stop", t->path, (long long)t->build);
    t->call = (struct jenkins_call){ .method = "POST" };
    jenkins_send(t, path, stop_sent);
}

/* It may have left the queue just before. */
static void item_looked(struct jenkins_task *t, const struct err *e)
{
    t->build = e ? 0 : json_int_at(t->call.answer, "executable.number", 0);
    if (t->build)
        stop_build(t);
    else if (e && t->call.status != 404)
        jenkins_fail(t, e, true);
    else if (e)
        jenkins_find_build(t);
    else
        jenkins_nothing(t, "canceled; it was taken out of Jenkins' queue");
}

/* 404: of older ones also when it worked. What the queue says then counts. */
static void item_canceled(struct jenkins_task *t, const struct err *e)
{
    AUTO_FREE char *path = mem_format("/queue/item/%lld/api/json", (long long)t->item);
    if (e && t->call.status != 404)
        jenkins_fail(t, e, true);
    else
        jenkins_ask(t, path, item_looked);
}

void jenkins_stop(struct jenkins_task *t)
{
    AUTO_FREE char *path = mem_format("/queue/cancelItem?id=%lld", (long long)t->item);
    bool first = !t->stopping;
    t->stopping = true;
    if (t->job->stopping) { /* the server ends, not the run: the next start goes on */
        jenkins_nothing(t, "");
    } else if (t->build) {
        stop_build(t);
    } else if (t->item) {
        t->call = (struct jenkins_call){ .method = "POST" };
        jenkins_send(t, path, item_canceled);
    } else if (t->began && first) {
        jenkins_reach(t); /* which looks for it */
    } else {
        jenkins_nothing(t, "canceled before Jenkins was asked to build anything");
    }
}

/* A request to build is waited for: its answer tells what to stop. */
void jenkins_cancel(struct task_job *job)
{
    struct jenkins_task *t = job->context;
    t->canceled = true;
    if (t->posting)
        return;
    if (t->call.in_flight) {
        jenkins_call_cancel(&t->call);
        return;
    }
    timer_clear(&t->timer);
    jenkins_stop(t);
}

static void left(struct jenkins_call *call, const struct err *e)
{
    (void)e;
    jenkins_nothing(OWNER(call, struct jenkins_task, call), "");
}

void jenkins_leave(struct task_job *job)
{
    struct jenkins_task *t = job->context;
    t->canceled = true;
    if (t->call.in_flight) {
        t->call.done = left;
        jenkins_call_cancel(&t->call);
    } else {
        jenkins_nothing(t, "");
    }
}

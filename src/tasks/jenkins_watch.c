/* A build is watched: its log comes piece by piece, and its result is the task's. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "tasks/jenkins_inside.h"

#define LAST_LOOKS 30 /* a log that goes on after its build is over */
#define BUILD "tree=building,result,duration,estimatedDuration,timestamp"

static void look_log(struct jenkins_task *t);

static bool logged(struct jenkins_call *call, const char *bytes, size_t size)
{
    struct jenkins_task *t = OWNER(call, struct jenkins_task, call);
    followed_take(&t->log, t->job, bytes, size);
    return true;
}

static void judge(struct jenkins_task *t)
{
    const char *result = json_text_at(t->build_json, "result", "");
    bool good = text_is(result, "SUCCESS"), unstable = text_is(result, "UNSTABLE") && t->unstable_passes;
    char lines[260];
    followed_last(&t->log, lines, sizeof lines);
    AUTO_FREE char *message = good ? mem_text("")
                              : text_is(result, "ABORTED") ? mem_format("build #%lld of %.150s was aborted in Jenkins", (long long)t->build, t->name)
                              : unstable ? mem_format("build #%lld of %.150s is unstable", (long long)t->build, t->name)
                                         : mem_format("build #%lld of %.150s ended as %.40s%s%s", (long long)t->build, t->name, *result ? result : "nobody knows what", *lines ? ": " : "", lines);
    jenkins_end(t, (struct task_outcome){ .result = good || unstable ? TASK_COMPLETED : TASK_FAILED, .message = message, .warning = unstable });
}

static void tell_progress(struct jenkins_task *t)
{
    int64_t about = json_int_at(t->build_json, "estimatedDuration", -1) / 1000, ran = (clock_now() - json_int_at(t->build_json, "timestamp", 0) * CLOCK_MS) / CLOCK_SECOND;
    if (about > 0 && ran >= 0 && ran < about)
        task_progress(t->job, "build #%lld runs, about %lld s more", (long long)t->build, (long long)(about - ran));
    else
        task_progress(t->job, "build #%lld runs", (long long)t->build);
}

static void build_came(struct jenkins_task *t, const struct err *e)
{
    struct err gone = { 0 };
    if (e && t->call.status == 404) {
        err_set(&gone, ERR_NOT_FOUND, "build #%lld of %.150s is not there any more; how it ended is not known", (long long)t->build, t->name);
        jenkins_fail(t, &gone, true);
        return;
    }
    if (e) {
        jenkins_fail(t, e, true);
        return;
    }
    json_decref(t->build_json);
    t->build_json = json_incref(t->call.answer);
    if (!json_bool_at(t->build_json, "building", true) && *json_text_at(t->build_json, "result", "")) {
        t->last = true;
        look_log(t);
    } else {
        tell_progress(t);
        jenkins_later(t, t->target->poll_micros, look_log);
    }
}

static void log_over(struct jenkins_task *t)
{
    if (t->last && (!t->more || t->last_looks++ == LAST_LOOKS))
        judge(t);
    else if (t->last)
        jenkins_later(t, CLOCK_SECOND, look_log);
    else
        jenkins_ask_build(t, "api/json?" BUILD, build_came);
}

/* Where a proxy took the header away, it is read from its beginning each time, reading over what is known. */
static void log_came(struct jenkins_task *t, const struct err *e)
{
    int64_t raw = 0;
    if (e && t->call.status != 404) {
        jenkins_fail(t, e, true);
        return;
    }
    t->raw = text_to_int(t->call.text_size, &raw) && raw > 0 ? raw : 0;
    t->more = !e && text_is_any_case(t->call.more_data, "true");
    if (!t->raw)
        t->log.skip = t->log.seen, t->more = false;
    log_over(t);
}

static void look_log(struct jenkins_task *t)
{
    if (t->log.seen >= t->job->services->log_most) { /* no more is kept */
        t->more = false;
        log_over(t);
        return;
    }
    AUTO_FREE char *path = mem_format("%s/%lld/logText/progressiveText?start=%lld", t->path, (long long)t->build, (long long)t->raw);
    t->call = (struct jenkins_call){ .method = "GET", .on_data = logged };
    jenkins_send(t, path, log_came);
}

/* From the log's beginning, reading over what is stored: Jenkins' positions count what it does not show. */
void jenkins_follow(struct jenkins_task *t)
{
    t->raw = 0;
    t->log.skip = t->log.seen;
    task_progress(t->job, "build #%lld runs", (long long)t->build);
    look_log(t);
}

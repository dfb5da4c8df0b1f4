/* Which build is ours? A POST has no key that Jenkins knows, so an answer that was lost leaves a question. A job that has the parameter SLIPWAY_RUN
 * answers it for sure; of another it is certain only that nothing was begun, where nothing new is there. */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "tasks/jenkins_inside.h"

#define POSTS 3 /* that began nothing */
/* builds[number,queueId,actions[parameters[name,value]]]{0,100}, and the same of the queue's items */
#define PARAMETERS "actions%5Bparameters%5Bname,value%5D%5D"
#define BUILDS "tree=nextBuildNumber,inQueue,builds%5Bnumber,queueId," PARAMETERS "%5D%7B0,100%7D"
#define ITEMS "/queue/api/json?tree=items%5Bid," PARAMETERS "%5D"

/* Does a build, or an item of the queue, bear our mark? */
static bool is_ours(const struct jenkins_task *t, const json_t *one)
{
    const json_t *actions = json_object_get(one, "actions");
    for (size_t i = 0; i < json_array_size(actions); i++) {
        const json_t *parameters = json_object_get(json_array_get(actions, i), "parameters");
        for (size_t p = 0; p < json_array_size(parameters); p++)
            if (text_is(json_text_at(json_array_get(parameters, p), "name", ""), JENKINS_MARK) && text_is(json_text_at(json_array_get(parameters, p), "value", ""), t->mark))
                return true;
    }
    return false;
}

/* All builds since are still there, and so none of them can have been ours. */
static bool complete(const struct jenkins_task *t, const json_t *job)
{
    const json_t *builds = json_object_get(job, "builds");
    int64_t next = json_int_at(job, "nextBuildNumber", 0), found = 0;
    for (size_t i = 0; i < json_array_size(builds); i++)
        found += json_int_at(json_array_get(builds, i), "number", 0) >= t->next_build;
    return t->next_build > 0 && next >= t->next_build && found == next - t->next_build;
}

static void not_begun(struct jenkins_task *t)
{
    if (t->canceled) {
        jenkins_nothing(t, "canceled; Jenkins had not begun anything");
        return;
    }
    if (t->posts >= POSTS) {
        struct err e = { 0 };
        err_set(&e, ERR_UPSTREAM, "Jenkins was asked %d times to build %.150s, and did not begin it", POSTS, t->name);
        jenkins_fail(t, &e, false);
        return;
    }
    jenkins_say(t, "Jenkins did not begin it; it is asked for again");
    jenkins_post(t);
}

static void nobody_knows(struct jenkins_task *t, const json_t *job)
{
    int64_t next = json_int_at(job, "nextBuildNumber", 0);
    struct err e = { 0 };
    AUTO_FREE char *which = t->next_build && next > t->next_build + 1 ? mem_format("one of builds #%lld to #%lld", (long long)t->next_build, (long long)next - 1)
                            : t->next_build && next > t->next_build  ? mem_format("build #%lld", (long long)t->next_build)
                                                                     : mem_text("what waits in its queue");
    if (t->canceled) {
        AUTO_FREE char *message = mem_format("canceled; %s of %.150s may be this task's, and was not stopped", which, t->name);
        jenkins_nothing(t, message);
        return;
    }
    if (text_is(t->job->on_crash, "retry")) {
        jenkins_say(t, "%s may be this task's; it is asked for again, as onCrash says", which);
        jenkins_post(t);
        return;
    }
    err_set(&e, ERR_UNAVAILABLE, "%.150s was asked for, and no answer came: %.60s may be it, and it was not asked for again. Run the task again when it is not; give the job a text parameter " JENKINS_MARK
            ", by which builds are found, or the task onCrash: retry", t->name, which);
    jenkins_fail(t, &e, true);
}

static void builds_came(struct jenkins_task *t, const struct err *e)
{
    const json_t *job = t->call.answer, *builds = json_object_get(job, "builds");
    if (e) {
        jenkins_fail(t, e, true);
        return;
    }
    for (size_t i = 0; t->marked && i < json_array_size(builds) && !t->build; i++)
        if (is_ours(t, json_array_get(builds, i)))
            t->build = json_int_at(json_array_get(builds, i), "number", 0);
    bool same = t->next_build && json_int_at(job, "nextBuildNumber", 0) == t->next_build && !json_bool_at(job, "inQueue", true);
    if (t->build)
        jenkins_found(t);
    else if (same || (t->marked && complete(t, job)))
        not_begun(t);
    else
        nobody_knows(t, job);
}

/* The queue first: what leaves it meanwhile is a build then. */
static void items_came(struct jenkins_task *t, const struct err *e)
{
    const json_t *items = json_object_get(t->call.answer, "items");
    AUTO_FREE char *path = mem_format("%s/api/json?%s", t->path, BUILDS);
    for (size_t i = 0; !e && t->marked && i < json_array_size(items); i++)
        if (is_ours(t, json_array_get(items, i)))
            t->item = json_int_at(json_array_get(items, i), "id", 0);
    if (e)
        jenkins_fail(t, e, true);
    else if (t->item)
        jenkins_found(t);
    else
        jenkins_ask(t, path, builds_came);
}

void jenkins_find(struct jenkins_task *t)
{
    task_progress(t->job, "looking in Jenkins for what was asked for");
    jenkins_ask(t, ITEMS, items_came);
}

/* ---- by its place in the queue */

static void by_item(struct jenkins_task *t, const struct err *e)
{
    const json_t *builds = json_object_get(t->call.answer, "builds");
    struct err gone = { 0 };
    if (e) {
        jenkins_fail(t, e, true);
        return;
    }
    for (size_t i = 0; i < json_array_size(builds) && !t->build; i++)
        if (json_int_at(json_array_get(builds, i), "queueId", 0) == t->item)
            t->build = json_int_at(json_array_get(builds, i), "number", 0);
    if (t->build) {
        jenkins_found(t);
    } else if (t->canceled) {
        jenkins_nothing(t, "canceled; it was in Jenkins' queue no more, and no build of it is there");
    } else {
        err_set(&gone, ERR_NOT_FOUND, "place %lld in Jenkins' queue is gone, and none of the last %d builds of %.150s had it: what became of it is not known", (long long)t->item,
                JENKINS_BUILDS, t->name);
        jenkins_fail(t, &gone, true);
    }
}

void jenkins_find_build(struct jenkins_task *t)
{
    AUTO_FREE char *path = mem_format("%s/api/json?%s", t->path, BUILDS);
    jenkins_ask(t, path, by_item);
}

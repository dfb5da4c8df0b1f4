/* Jenkins: a job is built, its log followed, its result is the task's. Findable: its place in Jenkins' queue, then its number, are stored as soon as
 * Jenkins told them; that it is asked for is stored before. What a lost answer leaves open is jenkins_find.c's. */
#include "tasks/jenkins_inside.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fields.h"
#include "base/mem.h"

#define JOB "tree=buildable,nextBuildNumber,property%5BparameterDefinitions%5Bname%5D%5D"

struct jenkins_input { /* checked before any run */
    char *job, *folder, *unstable;
    json_t *parameters;
};
static const struct field FIELDS[] = {
    { "job", FIELD_TEXT, offsetof(struct jenkins_input, job), REQUIRED },
    { "jobFolder", FIELD_TEXT, offsetof(struct jenkins_input, folder), OPTIONAL },
    { "parameters", FIELD_OBJECT, offsetof(struct jenkins_input, parameters), OPTIONAL },
    { "onUnstable", FIELD_TEXT, offsetof(struct jenkins_input, unstable), OPTIONAL }, /* ours */
};

static void jenkins_free(struct jenkins_task *t)
{
    timer_clear(&t->timer);
    jenkins_fini(&t->session);
    jenkins_target_destroy(&t->target);
    json_decref(t->input);
    json_decref(t->build_json);
    free(t->name);
    free(t->path);
    free(t);
}

void jenkins_say(struct jenkins_task *t, const char *format, ...)
{
    char line[700];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line - 1, format, args);
    va_end(args);
    strcat(line, "\n");
    text_mend(line);
    task_log(t->job, line, strlen(line));
}

/* ---- the end */

static void put_number(json_t *output, const char *key, const json_t *build, const char *path)
{
    if (json_is_integer(json_object_get(build, path)))
        json_object_set(output, key, json_object_get(build, path));
}

/* jobUrl is made from the endpoint's address: what Jenkins says of itself is a setting, and often wrong. */
static json_t *output_of(const struct jenkins_task *t, const char *status)
{
    AUTO_FREE char *url = t->build ? mem_format("%s%s/%lld/", t->target->url, t->path, (long long)t->build) : mem_format("%s%s/", t->target->url, t->path);
    json_t *output = json_pack("{s:s, s:s, s:s, s:s}", "status", status, "job", t->name, "jobName", t->name, "jobUrl", url);
    if (t->item)
        json_object_set_new(output, "queueId", json_integer((json_int_t)t->item));
    if (t->build)
        json_object_set_new(output, "jobId", json_integer((json_int_t)t->build));
    if (json_is_string(json_object_get(t->build_json, "result")))
        json_set_text(output, "jobStatus", json_text_at(t->build_json, "result", ""));
    put_number(output, "duration", t->build_json, "duration");
    put_number(output, "estimatedDuration", t->build_json, "estimatedDuration");
    return output;
}

void jenkins_end(struct jenkins_task *t, struct task_outcome outcome)
{
    struct task_job *job = t->job;
    AUTO_FREE char *kept = mem_text(outcome.message ? outcome.message : "");
    AUTO_JSON *output = output_of(t, outcome.result == TASK_COMPLETED ? "COMPLETED" : outcome.result == TASK_CANCELED ? "CANCELED" : "FAILED");
    outcome.message = kept;
    outcome.output = output;
    jenkins_free(t);
    task_done(job, &outcome);
}

void jenkins_fail(struct jenkins_task *t, const struct err *e, bool unsure)
{
    if (t->canceled) {
        AUTO_FREE char *message = mem_format("canceled; whether %.150s was stopped is not known: %.300s", t->name, e->text);
        jenkins_nothing(t, t->began ? message : "canceled; nothing was begun");
        return;
    }
    jenkins_end(t, (struct task_outcome){ .result = TASK_FAILED, .message = e->text, .unsure = unsure });
}

void jenkins_nothing(struct jenkins_task *t, const char *message)
{
    jenkins_end(t, (struct task_outcome){ .result = TASK_CANCELED, .message = message });
}

/* ---- asking */

static void fire(struct timer *timer)
{
    struct jenkins_task *t = OWNER(timer, struct jenkins_task, timer);
    t->later(t);
}

void jenkins_later(struct jenkins_task *t, int64_t micros, void (*later)(struct jenkins_task *t))
{
    t->later = later;
    timer_set(&t->timer, t->job->services->loop, micros, fire);
}

/* Not reached, not in time, or starting up; but a certificate that is not believed stays so. */
static bool is_lost(const struct jenkins_call *call, const struct err *e)
{
    return call->status >= 500 || call->status == 429 || (!call->status && (e->kind == ERR_UNAVAILABLE || e->kind == ERR_TIMEOUT));
}

/* Everything begins anew, which finds what there is. */
static void lost(struct jenkins_task *t, const struct err *e)
{
    struct err why = *e;
    if (t->stopping || t->lost++ >= t->target->tries) {
        if (!t->stopping && t->target->tries)
            err_wrap(&why, "%lld times in a row%s", (long long)t->lost, t->build ? "; the build may still run there" : "");
        jenkins_fail(t, &why, t->began);
        return;
    }
    jenkins_say(t, "%.500s; trying again in %lld s", e->text, (long long)(t->target->wait_micros / CLOCK_SECOND));
    task_progress(t->job, "%.300s; trying again", e->text);
    jenkins_later(t, t->target->wait_micros, jenkins_reach);
}

static void answered(struct jenkins_call *call, const struct err *e)
{
    struct jenkins_task *t = OWNER(call, struct jenkins_task, call);
    t->posting = false;
    if (t->canceled && !t->stopping && t->next)
        jenkins_stop(t);
    else if (e && is_lost(call, e))
        lost(t, e);
    else {
        t->lost = e ? t->lost : 0;
        t->next(t, e);
    }
}

void jenkins_send(struct jenkins_task *t, const char *path, void (*next)(struct jenkins_task *t, const struct err *e))
{
    struct err e = { 0 };
    t->next = next;
    t->call.path = path;
    t->call.done = answered;
    if (!jenkins_call_start(&t->call, &t->session, &e))
        jenkins_fail(t, &e, t->began);
}

void jenkins_ask(struct jenkins_task *t, const char *path, void (*next)(struct jenkins_task *t, const struct err *e))
{
    t->call = (struct jenkins_call){ .method = "GET" };
    jenkins_send(t, path, next);
}

void jenkins_ask_build(struct jenkins_task *t, const char *what, void (*next)(struct jenkins_task *t, const struct err *e))
{
    AUTO_FREE char *path = mem_format("%s/%lld/%s", t->path, (long long)t->build, what);
    jenkins_ask(t, path, next);
}

/* ---- the queue */

static void look_queue(struct jenkins_task *t);

static void queue_came(struct jenkins_task *t, const struct err *e)
{
    const json_t *item = t->call.answer;
    struct err out = { 0 };
    t->build = e ? 0 : json_int_at(item, "executable.number", 0);
    if (e && t->call.status == 404) {
        jenkins_find_build(t);
    } else if (e) {
        jenkins_fail(t, e, true);
    } else if (t->build) {
        jenkins_found(t);
    } else if (json_bool_at(item, "cancelled", false)) {
        err_set(&out, ERR_CANCELED, "%.150s was taken out of Jenkins' queue before it began", t->name);
        jenkins_fail(t, &out, false);
    } else {
        AUTO_FREE char *why = mem_text(json_text_at(item, "why", ""));
        text_mend(why);
        task_progress(t->job, "in Jenkins' queue%s%.300s", *why ? ": " : "", why);
        jenkins_later(t, t->target->poll_micros, look_queue);
    }
}

static void look_queue(struct jenkins_task *t)
{
    AUTO_FREE char *path = mem_format("/queue/item/%lld/api/json", (long long)t->item);
    jenkins_ask(t, path, queue_came);
}

/* ---- storing what is known */

static void abandon(struct task_job *job)
{
    jenkins_free(job->context);
}

/* then NULL: nothing waits for it. What is lost of that by a crash is found again. */
static void store(struct jenkins_task *t, void (*then)(struct task_job *job))
{
    AUTO_JSON *resolved = json_pack("{s:s, s:s, s:i, s:b, s:I, s:I, s:I}", "server", t->target->url, "job", t->path, "attempt", t->job->attempt, "began", 1, "nextBuild",
                                    (json_int_t)t->next_build, "item", (json_int_t)t->item, "build", (json_int_t)t->build);
    task_resolved(t->job, t->input, resolved, then, then ? abandon : NULL);
}

static void go_on(struct jenkins_task *t)
{
    if (t->build)
        jenkins_follow(t);
    else
        look_queue(t);
}

void jenkins_found(struct jenkins_task *t)
{
    if (t->canceled) {
        jenkins_stop(t);
        return;
    }
    if (t->build)
        jenkins_say(t, "build #%lld of %s: %s%s/%lld/", (long long)t->build, t->name, t->target->url, t->path, (long long)t->build);
    store(t, NULL);
    go_on(t);
}

/* ---- it is asked for */

static void posted(struct jenkins_task *t, const struct err *e);

/* Whatever was lost on the way: only looking tells. A moment later, when what Jenkins still had in hand is done. */
static void unanswered(struct jenkins_task *t, const struct err *e)
{
    jenkins_say(t, "no answer to the request to build %s: %.400s", t->name, e->text);
    jenkins_later(t, 2 * CLOCK_SECOND, jenkins_find);
}

static void post_answered(struct jenkins_call *call, const struct err *e)
{
    struct jenkins_task *t = OWNER(call, struct jenkins_task, call);
    t->posting = false;
    posted(t, e);
}

static void posted(struct jenkins_task *t, const struct err *e)
{
    struct err none = { 0 };
    bool refused = t->call.status >= 400 && t->call.status < 500;
    t->item = e ? 0 : jenkins_queue_item(t->call.location);
    if (t->item)
        jenkins_found(t);
    else if (e && (refused || !t->call.sent))
        jenkins_fail(t, e, false);
    else {
        if (!e)
            err_set(&none, ERR_UPSTREAM, "Jenkins answered %d, and named no place in its queue", t->call.status);
        unanswered(t, e ? e : &none);
    }
}

static void post_now(struct task_job *job)
{
    struct jenkins_task *t = job->context;
    AUTO_JSON *form = t->parameters ? json_deep_copy(t->parameters) : json_object();
    AUTO_FREE char *path = mem_format("%s/%s", t->path, t->parameterised ? "buildWithParameters" : "build");
    struct err e = { 0 };
    if (t->marked)
        json_set_text(form, JENKINS_MARK, t->mark);
    t->began = t->posting = true;
    t->posts++;
    task_progress(job, "asks Jenkins to build %s", t->name);
    t->next = NULL;
    t->call = (struct jenkins_call){ .method = "POST", .path = path, .form = form, .done = post_answered };
    if (!jenkins_call_start(&t->call, &t->session, &e))
        jenkins_fail(t, &e, false);
}

void jenkins_post(struct jenkins_task *t)
{
    store(t, post_now);
}

/* ---- the job */

static void warn_of_parameters(struct jenkins_task *t, const json_t *names)
{
    const char *name;
    json_t *value;
    json_object_foreach(t->parameters, name, value)
        if (!json_object_get(names, name))
            jenkins_say(t, "warning: %s has no parameter %.100s, and Jenkins leaves it out", t->name, name);
}

static void take_job(struct jenkins_task *t, const json_t *job)
{
    AUTO_JSON *names = json_object();
    const json_t *properties = json_object_get(job, "property");
    for (size_t i = 0; i < json_array_size(properties); i++) {
        const json_t *all = json_object_get(json_array_get(properties, i), "parameterDefinitions");
        for (size_t n = 0; n < json_array_size(all); n++)
            json_object_set_new(names, json_text_at(json_array_get(all, n), "name", ""), json_true());
    }
    t->parameterised = json_object_size(names) > 0;
    t->marked = json_object_get(names, JENKINS_MARK) != NULL;
    if (!t->known && !t->began)
        warn_of_parameters(t, names);
    t->known = true;
}

static void job_came(struct jenkins_task *t, const struct err *e)
{
    struct err why = e ? *e : (struct err){ 0 };
    const json_t *buildable = json_object_get(t->call.answer, "buildable");
    if (e && t->call.status == 404)
        err_set(&why, ERR_NOT_FOUND, "Jenkins has no job %.200s%s", t->name, *t->target->user ? ", or its user may not see it" : ", or nobody sees it without a login");
    else if (!e && !json_object_get(t->call.answer, "nextBuildNumber"))
        err_set(&why, ERR_INVALID, "%.200s in Jenkins is a folder, or something else that cannot be built", t->name);
    else if (!e && json_is_false(buildable) && !t->began)
        err_set(&why, ERR_CONFLICT, "%.200s is disabled in Jenkins", t->name);
    if (why.kind) {
        jenkins_fail(t, &why, t->began);
        return;
    }
    take_job(t, t->call.answer);
    if (t->began) {
        jenkins_find(t);
        return;
    }
    t->next_build = json_int_at(t->call.answer, "nextBuildNumber", 0);
    store(t, post_now);
}

void jenkins_reach(struct jenkins_task *t)
{
    AUTO_FREE char *path = mem_format("%s/api/json?%s", t->path, JOB);
    if (t->build || t->item)
        go_on(t);
    else
        jenkins_ask(t, path, job_came);
}

/* ---- the type */

static bool take_place(struct jenkins_task *t, const struct jenkins_input *in, struct err *e)
{
    AUTO_TEXT path = { 0 }, name = { 0 };
    size_t folder = 0;
    text_add(&path, t->target->folder);
    if (!jenkins_job_path(in->folder ? in->folder : "", "jobFolder", &path, e))
        return false;
    folder = path.length;
    if (!jenkins_job_path(in->job, "job", &path, e))
        return false;
    if (path.length == folder)
        return err_field(e, "job", "job names none");
    t->path = text_take(&path);
    for (const char *at = t->path; (at = strstr(at, "/job/"));) { /* as people read it */
        at += strlen("/job/");
        AUTO_FREE char *step = text_url_decode(at, strcspn(at, "/"), false);
        text_addf(&name, "%s%s", name.length ? "/" : "", step ? step : "?");
    }
    t->name = text_take(&name);
    return true;
}

static bool take_unstable(struct jenkins_task *t, const char *said, struct err *e)
{
    t->unstable_passes = !text_empty(said) && text_is_any_case(said, "warn");
    return t->unstable_passes || text_empty(said) || text_is_any_case(said, "fail") || err_field(e, "onUnstable", "onUnstable is '%.40s', not fail or warn", said);
}

static bool take_target(struct jenkins_task *t, struct err *e)
{
    const json_t *endpoint = json_object_get(t->job->endpoints, "jenkinsServer");
    const char *name = json_text_at(endpoint, "name", ""), *type = json_text_at(endpoint, "type", "");
    if (!endpoint)
        return err_field(e, "jenkinsServer", "the task names no Jenkins (endpoints.jenkinsServer)");
    if (!text_is(type, "jenkins"))
        return err_field(e, "jenkinsServer", "endpoint '%s' is of type %s, not jenkins", name, type);
    return jenkins_target_from_properties(json_object_get(endpoint, "properties"), &t->target, e) || err_wrap(e, "endpoint %s", name);
}

/* What an earlier start of this attempt stored, of the same job. */
static void take_stored(struct jenkins_task *t)
{
    const json_t *r = t->job->resolved;
    if (json_int_at(r, "attempt", 0) != t->job->attempt || !text_is(json_text_at(r, "server", ""), t->target->url) || !text_is(json_text_at(r, "job", ""), t->path))
        return;
    t->began = json_bool_at(r, "began", false);
    t->next_build = json_int_at(r, "nextBuild", 0);
    t->item = json_int_at(r, "item", 0);
    t->build = json_int_at(r, "build", 0);
}

static bool read_input(struct jenkins_task *t, struct err *e)
{
    struct jenkins_input in = { 0 };
    bool ok = expression_resolve_tree(t->job->input, NULL, t->job->scope, &t->input, NULL, e) && fields_read(t->input, FIELDS, ALEN(FIELDS), &in, e) && take_target(t, e) &&
              take_place(t, &in, e) && take_unstable(t, in.unstable, e);
    t->parameters = json_object_get(t->input, "parameters");
    t->parameters = json_is_object(t->parameters) ? t->parameters : NULL;
    fields_release(FIELDS, ALEN(FIELDS), &in);
    return ok;
}

static bool jenkins_start(struct task_job *job, struct err *e)
{
    struct jenkins_task *t = NEW(struct jenkins_task);
    t->job = job;
    t->log.seen = job->log_position;
    if (!read_input(t, e)) {
        jenkins_free(t);
        return false;
    }
    job->context = t;
    t->session = (struct jenkins){ .target = t->target, .http = job->services->http };
    snprintf(t->mark, sizeof t->mark, "%.40s/%.60s.%.60s/%d", job->execution, job->stage, job->task, job->attempt);
    take_stored(t);
    task_progress(job, "asking Jenkins for %s", t->name);
    /* Of what was asked for a moment ago, and killed: Jenkins may still have it in hand. */
    jenkins_later(t, t->began && !t->item && !t->build ? 2 * CLOCK_SECOND : 0, jenkins_reach);
    return true;
}

static const char *const ENDPOINTS[] = { "jenkinsServer!", NULL };

const struct task_type TASK_JENKINS = {
    .name = "Jenkins", .fields = FIELDS, .field_count = ALEN(FIELDS), .endpoints = ENDPOINTS, .crash = TASK_FINDABLE, .start = jenkins_start, .cancel = jenkins_cancel, .leave = jenkins_leave,
};

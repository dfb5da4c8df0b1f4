/* CI: steps as one script in a container of the pipeline's workspace, on a Docker engine (ci_docker.c) or a cluster (ci_kube.c). Findable: the
 * name of what is made there is made from the run's, task's and attempt's, so that after a crash it is found, and its log read on from where the
 * stored one ends. That it starts is stored before it does: from then on it is never made a second time. It is removed when the run is over. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fields.h"
#include "base/mem.h"
#include "tasks/ci_inside.h"

#define PATIENCE_BEFORE (2 * CLOCK_MINUTE) /* with an engine that does not answer, and was told nothing yet */
#define PATIENCE (10 * CLOCK_MINUTE)  /* while the steps may run there */
#define GOOD (5 * CLOCK_SECOND)       /* a log that was followed for so long: the engine was well until then */
#define AGAIN_MOST (15 * CLOCK_SECOND)

struct ci_input { /* checked before any run */
    json_t *steps, *exports, *artifacts, *process;
};
static const struct field FIELDS[] = {
    { "steps", FIELD_ARRAY, offsetof(struct ci_input, steps), REQUIRED },
    { "export", FIELD_ARRAY, offsetof(struct ci_input, exports), OPTIONAL },
    { "artifacts", FIELD_ARRAY, offsetof(struct ci_input, artifacts), OPTIONAL },
    { "process", FIELD_ARRAY, offsetof(struct ci_input, process), OPTIONAL },
};

void ci_free(struct ci *ci)
{
    if (ci->fd >= 0)
        close(ci->fd);
    timer_clear(&ci->timer);
    if (ci->place && ci->place->free)
        ci->place->free(ci);
    workspace_fini(&ci->space);
    ci_script_fini(&ci->script);
    text_fini(&ci->line);
    text_fini(&ci->value);
    tar_reader_fini(&ci->tar);
    report_destroy(&ci->report);
    results_destroy(&ci->results);
    json_decref(ci->input);
    json_decref(ci->wanted);
    json_decref(ci->exports);
    json_decref(ci->artifacts);
    free(ci->path);
    free(ci);
}

void ci_end(struct ci *ci, enum task_result result, const char *message, json_t *output)
{
    struct task_job *job = ci->job;
    AUTO_FREE char *kept = mem_text(message);
    struct task_outcome outcome = { .result = result, .message = kept, .output = output };
    ci_free(ci);
    task_done(job, &outcome);
    json_decref(output);
}

void ci_fail(struct ci *ci, const struct err *e)
{
    ci_end(ci, TASK_FAILED, e->text, json_pack("{s:s}", "status", "FAILED"));
}

void ci_over(struct ci *ci)
{
    bool good = !ci->message[0];
    AUTO_FREE char *message = mem_text(ci->message);
    json_t *output = json_pack("{s:s, s:i, s:O}", "status", good ? "COMPLETED" : "FAILED", "exitCode", ci->exit_code, ci->custom ? "properties" : "exports", ci->exports);
    if (!ci->custom)
        json_object_set(output, "artifacts", ci->artifacts);
    AUTO_JSON *results = results_json(ci->results);
    json_object_update(output, results);
    ci_end(ci, good ? TASK_COMPLETED : TASK_FAILED, message, output);
}

void ci_say(struct ci *ci, const char *format, ...)
{
    char line[600];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line - 1, format, args);
    va_end(args);
    strcat(line, "\n");
    task_log(ci->job, line, strlen(line));
}

/* ---- where it runs does not answer */

static void retry(struct timer *t)
{
    struct ci *ci = OWNER(t, struct ci, timer);
    ci->place->reach(ci);
}

/* It does not answer: everything begins anew, which finds what there is already. */
void ci_lost(struct ci *ci, const struct err *e)
{
    int64_t now = clock_mono(), patience = ci->began ? PATIENCE : PATIENCE_BEFORE;
    if (ci->followed_at && now - ci->followed_at > GOOD)
        ci->lost_since = ci->tries = 0;
    ci->followed_at = 0;
    ci->lost_since = ci->lost_since ? ci->lost_since : now;
    int64_t wait = CLOCK_SECOND << (ci->tries < 4 ? ci->tries : 4);
    if (now - ci->lost_since > patience) {
        struct err gave_up = { 0 };
        err_set(&gave_up, ERR_UNAVAILABLE, "%.350s; gave up after %d minutes%s", e->text, (int)(patience / CLOCK_MINUTE), ci->began ? ": the steps may still run there" : "");
        ci_fail(ci, &gave_up);
        return;
    }
    if (!ci->tries++)
        ci_say(ci, "%.500s; trying again", e->text);
    task_progress(ci->job, "%.300s; trying again", e->text);
    timer_set(&ci->timer, ci->job->services->loop, wait < AGAIN_MOST ? wait : AGAIN_MOST, retry);
}

/* ---- the log, and the end */

void ci_logged(void *context, int stream, const char *bytes, size_t size)
{
    struct ci *ci = context;
    (void)stream;
    followed_take(&ci->log, ci->job, bytes, size);
}

void ci_judge(struct ci *ci)
{
    char lines[301];
    followed_last(&ci->log, lines, sizeof lines);
    ci->message[0] = 0;
    if (ci->out_of_memory)
        snprintf(ci->message, sizeof ci->message, "the steps were ended for want of memory: limits.memory of the workspace is %lld MB", (long long)(ci->space.memory >> 20));
    else if (ci->exit_code == 125 && !*lines)
        snprintf(ci->message, sizeof ci->message, "the container's shell could not enter the workspace %s", ci->space.path);
    else if (ci->exit_code)
        snprintf(ci->message, sizeof ci->message, "the steps ended with exit code %d%s%s", ci->exit_code, *lines ? ": " : " and said nothing", lines);
}

static void begin(struct task_job *job)
{
    struct ci *ci = job->context;
    ci->place->reach(ci);
}

void ci_abandon(struct task_job *job)
{
    ci_free(job->context);
}

/* What came from outside is text of a push, and steps are a program: what means something to a shell must not get into it. */
struct tame_scope {
    struct scope scope;
    struct scope *inner;
};

static bool harmless(const json_t *value)
{
    AUTO_FREE char *text = json_as_text(value);
    return !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/:@+=,%-")] && *text != '-';
}

static enum scope_answer tame_find(struct scope *scope, const char *reference, size_t n, struct value *ret, struct err *e)
{
    struct scope *inner = OWNER(scope, struct tame_scope, scope)->inner;
    enum scope_answer answer = inner->find(inner, reference, n, ret, e);
    if (answer != SCOPE_FOUND || !ret->outside || harmless(ret->json))
        return answer;
    value_fini(ret);
    err_set(e, ERR_INVALID, "${%.*s} came from outside, and holds what means something to a shell: give it to the steps in environmentVariables of the workspace", (int)n, reference);
    return SCOPE_FAILED;
}

struct ci *ci_create(struct task_job *job)
{
    struct ci *ci = NEW(struct ci);
    *ci = (struct ci){ .job = job, .fd = -1, .log = { .seen = job->log_position }, .began = json_bool_at(job->resolved, "began", false), .results = results_create(),
                       .exports = json_object(), .artifacts = json_array() };
    return ci;
}

void ci_begin(struct ci *ci)
{
    struct task_job *job = ci->job;
    job->context = ci;
    ci->place = ci->space.kube ? &CI_KUBE : &CI_DOCKER;
    if (job->resolved) {
        ci->place->reach(ci);
        return;
    }
    AUTO_JSON *resolved = json_pack("{s:s}", ci->place->makes, ci->space.container);
    task_resolved(job, ci->input, resolved, begin, ci_abandon);
}

static bool ci_start(struct task_job *job, struct err *e)
{
    struct ci *ci = ci_create(job);
    struct tame_scope tame = { .scope.find = tame_find, .inner = job->scope };
    if (expression_resolve_tree(job->input, NULL, &tame.scope, &ci->input, NULL, e) && workspace_read(job, &ci->space, e)) {
        ci->wanted = json_incref(json_object_get(ci->input, "export"));
        if (ci_script_make(json_object_get(ci->input, "steps"), ci->wanted, ci->space.path, &ci->script, e)) {
            ci_begin(ci);
            return true;
        }
    }
    ci_free(ci);
    return false;
}

/* ---- the end from outside */

/* When the server stops it goes on: the next start finds it. */
void ci_stop(struct ci *ci)
{
    if (ci->job->stopping)
        ci_end(ci, TASK_CANCELED, "", NULL);
    else
        ci->place->stop(ci);
}

void ci_cancel(struct task_job *job)
{
    struct ci *ci = job->context;
    ci->canceled = true;
    if (!ci->place->interrupt(ci) && !ci->keeping) { /* else the end of the store sees it */
        timer_clear(&ci->timer);
        ci_stop(ci);
    }
}

static const char *const NO_ENDPOINTS[] = { NULL };

const struct task_type TASK_CI = {
    .name = "CI", .fields = FIELDS, .field_count = ALEN(FIELDS), .endpoints = NO_ENDPOINTS, .crash = TASK_FINDABLE, .workspace = true, .start = ci_start, .cancel = ci_cancel,
};

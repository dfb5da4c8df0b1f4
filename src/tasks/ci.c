/* CI: steps as one script in a container of the pipeline's workspace. Findable: the container's name is made from the run's, task's and
 * attempt's, so that after a crash it is found, and its log read on from where the stored one ends. That it starts is stored before it does:
 * from then on it is never made a second time. It is removed, with the run's volume, when the run is over. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fields.h"
#include "base/mem.h"
#include "tasks/ci_inside.h"

#define SILENCE (30 * CLOCK_DAY)      /* of a log: a step may say nothing for as long as it takes */
#define STALLED (5 * CLOCK_MINUTE)    /* of a pull, or an archive */
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

static void end(struct ci *ci, enum task_result result, const char *message, json_t *output)
{
    struct task_job *job = ci->job;
    AUTO_FREE char *kept = mem_text(message);
    struct task_outcome outcome = { .result = result, .message = kept, .output = output };
    ci_free(ci);
    task_done(job, &outcome);
    json_decref(output);
}

static void fail(struct ci *ci, const struct err *e)
{
    end(ci, TASK_FAILED, e->text, json_pack("{s:s}", "status", "FAILED"));
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
    end(ci, good ? TASK_COMPLETED : TASK_FAILED, message, output);
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

/* ---- asking the engine */

static void reach(struct ci *ci);

static void retry(struct timer *t)
{
    reach(OWNER(t, struct ci, timer));
}

/* It does not answer: everything begins anew, which finds what there is already. */
static void lost(struct ci *ci, const struct err *e)
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
        fail(ci, &gave_up);
        return;
    }
    if (!ci->tries++)
        ci_say(ci, "%.500s; trying again", e->text);
    task_progress(ci->job, "%.300s; trying again", e->text);
    timer_set(&ci->timer, ci->job->services->loop, wait < AGAIN_MOST ? wait : AGAIN_MOST, retry);
}

/* Not reached, or not in time; but a certificate that is not believed stays so. */
static bool is_lost(const struct docker_call *call, const struct err *e)
{
    return call->status >= 502 || (!call->status && (e->kind == ERR_UNAVAILABLE || e->kind == ERR_TIMEOUT));
}

static void answered(struct docker_call *call, const struct err *e)
{
    struct ci *ci = OWNER(call, struct ci, call);
    if (ci->canceled)
        ci_stop(ci);
    else if (e && !ci->said.kind && is_lost(call, e))
        lost(ci, e);
    else
        ci->next(ci, e);
}

static void start_call(struct ci *ci, const char *path, void (*next)(struct ci *ci, const struct err *e))
{
    struct err e = { 0 };
    ci->next = next;
    ci->said = (struct err){ 0 };
    ci->call.path = path;
    ci->call.done = answered;
    if (!docker_call_start(&ci->call, ci->space.engine, ci->job->services->http, &e))
        fail(ci, &e);
}

void ci_ask(struct ci *ci, const char *method, const char *path, const json_t *body, void (*next)(struct ci *ci, const struct err *e))
{
    ci->call = (struct docker_call){ .method = method, .body = body };
    start_call(ci, path, next);
}

void ci_read(struct ci *ci, const char *method, const char *path, bool (*piece)(struct docker_call *c, const char *bytes, size_t size),
             void (*next)(struct ci *ci, const struct err *e))
{
    bool pulls = text_starts(path, "/images/"), waits = strstr(path, "/logs?") || text_ends(path, "/wait");
    ci->call = (struct docker_call){ .method = method, .on_data = piece, .timeout_micros = waits ? SILENCE : STALLED, .registry_auth = pulls ? ci->space.registry_auth : NULL };
    start_call(ci, path, next);
}

static void ask_container(struct ci *ci, const char *method, const char *what, void (*next)(struct ci *ci, const struct err *e))
{
    AUTO_FREE char *path = mem_format("/containers/%s%s", ci->space.container, what);
    ci_ask(ci, method, path, NULL, next);
}

/* ---- the log, and the end */

static void remember_tail(struct ci *ci, const char *bytes, size_t size)
{
    if (size > CI_TAIL) {
        bytes += size - CI_TAIL;
        size = CI_TAIL;
    }
    size_t keep = ci->tail_size + size > CI_TAIL ? CI_TAIL - size : ci->tail_size;
    memmove(ci->tail, ci->tail + ci->tail_size - keep, keep);
    memcpy(ci->tail + keep, bytes, size);
    ci->tail_size = keep + size;
}

static void logged(void *context, int stream, const char *bytes, size_t size)
{
    struct ci *ci = context;
    (void)stream;
    remember_tail(ci, bytes, size);
    size_t over = ci->skip < (int64_t)size ? (size_t)ci->skip : size;
    ci->skip -= (int64_t)over;
    if (size == over)
        return;
    ci->seen += (int64_t)(size - over);
    task_log_stream(ci->job, bytes + over, size - over);
}

static bool log_piece(struct docker_call *call, const char *bytes, size_t size)
{
    struct ci *ci = OWNER(call, struct ci, call);
    return docker_frames_feed(&ci->frames, bytes, size, logged, ci, &ci->said);
}

/* The last lines, for the message: what a person wants to see first. */
static void last_lines(const struct ci *ci, char *out, size_t room)
{
    const char *from = ci->tail, *at = ci->tail + ci->tail_size;
    size_t most = room - 1 < 300 ? room - 1 : 300;
    while (at > from && (at[-1] == '\n' || at[-1] == '\r'))
        at--;
    const char *begin = (size_t)(at - from) > most ? at - most : from, *line = memchr(begin, '\n', (size_t)(at - begin));
    if (begin > from && line && line + 1 < at)
        begin = line + 1;
    snprintf(out, room, "%.*s", (int)(at - begin), begin);
    text_mend(out);
}

static void judge(struct ci *ci)
{
    char lines[320];
    last_lines(ci, lines, sizeof lines);
    ci->message[0] = 0;
    if (ci->out_of_memory)
        snprintf(ci->message, sizeof ci->message, "the steps were ended for want of memory: limits.memory of the workspace is %lld MB", (long long)(ci->space.memory >> 20));
    else if (ci->exit_code == 125 && !*lines)
        snprintf(ci->message, sizeof ci->message, "the container's shell could not enter the workspace %s", ci->space.path);
    else if (ci->exit_code)
        snprintf(ci->message, sizeof ci->message, "the steps ended with exit code %d%s%s", ci->exit_code, *lines ? ": " : " and said nothing", lines);
}

static void ended(struct ci *ci, const struct err *e)
{
    const json_t *state = json_object_get(ci->call.answer, "State");
    if (e) {
        fail(ci, e);
        return;
    }
    ci->exit_code = (int)json_int_at(state, "ExitCode", -1);
    ci->out_of_memory = json_bool_at(state, "OOMKilled", false);
    judge(ci);
    ci_collect(ci);
}

/* The container's log from its beginning, reading over what is stored. */
static void read_log(struct ci *ci, const char *how, void (*done)(struct ci *ci, const struct err *e))
{
    AUTO_FREE char *path = mem_format("/containers/%s/logs?stdout=1&stderr=1%s", ci->space.container, how);
    ci->frames = (struct docker_frames){ 0 };
    ci->skip = ci->seen < ci->job->services->log_most ? ci->seen : 0;
    ci_read(ci, "GET", path, log_piece, done);
}

static void rest_came(struct ci *ci, const struct err *e)
{
    if (ci->said.kind)
        fail(ci, &ci->said);
    else if (e)
        fail(ci, e);
    else
        ask_container(ci, "GET", "/json", ended);
}

/* Engines up to 20.10 tell a follower nothing more once they have turned a log over: of a long one, what they did not tell is read now. */
static void waited(struct ci *ci, const struct err *e)
{
    if (e)
        fail(ci, e);
    else if (ci->seen >= WORKSPACE_LOG_TURNS && ci->seen < ci->job->services->log_most)
        read_log(ci, "", rest_came);
    else
        ask_container(ci, "GET", "/json", ended);
}

static bool ignore(struct docker_call *call, const char *bytes, size_t size)
{
    (void)call, (void)bytes, (void)size;
    return true;
}

static void log_ended(struct ci *ci, const struct err *e)
{
    AUTO_FREE char *path = mem_format("/containers/%s/wait", ci->space.container);
    if (ci->said.kind)
        fail(ci, &ci->said);
    else if (e)
        fail(ci, e);
    else
        ci_read(ci, "POST", path, ignore, waited);
}

/* Of one longer than is kept, only the end is of use. */
static void follow(struct ci *ci)
{
    bool whole = ci->seen < ci->job->services->log_most;
    ci->followed_at = clock_mono();
    task_progress(ci->job, "the steps run");
    read_log(ci, whole ? "&follow=1" : "&follow=1&tail=100", log_ended);
}

/* ---- the container begins */

static void started(struct ci *ci, const struct err *e)
{
    if (e)
        fail(ci, e);
    else
        follow(ci);
}

static void start_now(struct task_job *job)
{
    struct ci *ci = job->context;
    ci->began = true;
    ask_container(ci, "POST", "/start", started);
}

static void abandon(struct task_job *job)
{
    ci_free(job->context);
}

static void unpacked(struct ci *ci, const struct err *e)
{
    if (e) {
        fail(ci, e);
        return;
    }
    AUTO_JSON *resolved = json_pack("{s:s, s:b}", "container", ci->space.container, "began", 1);
    task_resolved(ci->job, ci->input, resolved, start_now, abandon);
}

static void unpack(struct ci *ci)
{
    AUTO_FREE char *path = mem_format("/containers/%s/archive?path=/", ci->space.container);
    ci->call = (struct docker_call){ .method = "PUT", .tar = text_of(&ci->script.tar), .tar_size = ci->script.tar.length };
    start_call(ci, path, unpacked);
}

static void created(struct ci *ci, const struct err *e)
{
    if (e && ci->call.status != 409) /* 409: an earlier try made it, and its answer was lost */
        fail(ci, e);
    else
        unpack(ci);
}

static void create(struct ci *ci)
{
    AUTO_FREE char *path = mem_format("/containers/create?name=%s", ci->space.container);
    AUTO_JSON *body = workspace_container(&ci->space, ci->job, ci->script.shell);
    ci_ask(ci, "POST", path, body, created);
}

/* ---- the image */

/* A line of JSON for each thing that happens; most lines only count bytes. */
static void pull_line(struct ci *ci, const char *text, size_t size)
{
    AUTO_JSON *line = NULL;
    if (!json_read(text, size, &line, NULL))
        return;
    const char *error = json_text_at(line, "error", ""), *status = json_text_at(line, "status", ""), *layer = json_text_at(line, "id", "");
    if (*error)
        err_set(&ci->said, ERR_UPSTREAM, "%.400s", error);
    else if (*status && !json_object_get(line, "progressDetail"))
        ci_say(ci, "%.300s%s%.60s", status, *layer ? " " : "", layer);
    else if (*status)
        task_progress(ci->job, "%.100s %.60s %.100s", status, layer, json_text_at(line, "progress", ""));
}

static bool pull_piece(struct docker_call *call, const char *bytes, size_t size)
{
    struct ci *ci = OWNER(call, struct ci, call);
    for (const char *line_end; (line_end = memchr(bytes, '\n', size)); size -= (size_t)(line_end + 1 - bytes), bytes = line_end + 1) {
        text_add_n(&ci->line, bytes, (size_t)(line_end - bytes));
        pull_line(ci, text_of(&ci->line), ci->line.length);
        ci->line.length = 0;
    }
    if (ci->line.length + size < 64 << 10)
        text_add_n(&ci->line, bytes, size);
    return true;
}

static void pulled(struct ci *ci, const struct err *e)
{
    AUTO_FREE char *image = workspace_image(&ci->space);
    const struct err *why = e ? e : ci->said.kind ? &ci->said : NULL;
    struct err told = { 0 };
    if (why && ci->pulled) { /* it is here from before, and may be newer there */
        ci_say(ci, "%s could not be pulled (%.400s); what the engine has of it is used", image, why->text);
        why = NULL;
    }
    if (why) {
        err_set(&told, ERR_INVALID, "image %.200s could not be pulled: %.250s", image, why->text);
        fail(ci, &told);
        return;
    }
    create(ci);
}

static void pull(struct ci *ci)
{
    AUTO_TEXT path = { 0 };
    AUTO_FREE char *image = workspace_image(&ci->space);
    text_add(&path, "/images/create?fromImage=");
    text_add_url(&path, ci->space.image);
    text_add(&path, "&tag=");
    text_add_url(&path, ci->space.tag);
    ci_say(ci, "pulling %s", image);
    task_progress(ci->job, "pulling %s", image);
    ci->line.length = 0;
    ci_read(ci, "POST", text_of(&path), pull_piece, pulled);
}

static void image_found(struct ci *ci, const struct err *e)
{
    ci->pulled = !e;
    if (e && ci->call.status != 404)
        fail(ci, e);
    else if (e || ci->space.moving)
        pull(ci);
    else
        create(ci);
}

static void volume_made(struct ci *ci, const struct err *e)
{
    AUTO_FREE char *image = workspace_image(&ci->space), *path = mem_format("/images/%s/json", image);
    if (e)
        fail(ci, e);
    else
        ci_ask(ci, "GET", path, NULL, image_found);
}

/* ---- what is there already */

static void inspected(struct ci *ci, const struct err *e)
{
    const char *status = json_text_at(ci->call.answer, "State.Status", "");
    struct err gone = { 0 };
    if (e && ci->call.status == 404 && ci->began && !text_is(ci->job->on_crash, "retry")) {
        err_set(&gone, ERR_NOT_FOUND, "container %s is gone from the engine: its steps may have run. Run the task again, or give it onCrash: retry", ci->space.container);
        fail(ci, &gone);
    } else if (e && ci->call.status == 404) {
        AUTO_JSON *body = workspace_volume(&ci->space, ci->job);
        ci_ask(ci, "POST", "/volumes/create", body, volume_made);
    } else if (e) {
        fail(ci, e);
    } else if (text_is(status, "created")) {
        unpack(ci);
    } else {
        ci->began = true;
        follow(ci);
    }
}

static void versioned(struct ci *ci, const struct err *e)
{
    struct err old = { 0 };
    if (e || !docker_version_choose(ci->space.engine, ci->call.answer, &old))
        fail(ci, e ? e : &old);
    else
        ask_container(ci, "GET", "/json", inspected);
}

static void reach(struct ci *ci)
{
    if (!ci->lost_since)
        task_progress(ci->job, "asking the engine %s", ci->space.engine->shown);
    ci_ask(ci, "GET", "/version", NULL, versioned);
}

static void begin(struct task_job *job)
{
    reach(job->context);
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
    *ci = (struct ci){ .job = job, .fd = -1, .seen = job->log_position, .began = json_bool_at(job->resolved, "began", false), .results = results_create(),
                       .exports = json_object(), .artifacts = json_array() };
    return ci;
}

void ci_begin(struct ci *ci)
{
    struct task_job *job = ci->job;
    job->context = ci;
    if (job->resolved) {
        reach(ci);
        return;
    }
    AUTO_JSON *resolved = json_pack("{s:s}", "container", ci->space.container);
    task_resolved(job, ci->input, resolved, begin, abandon);
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

static void stopped(struct docker_call *call, const struct err *e)
{
    struct ci *ci = OWNER(call, struct ci, call);
    bool gone = !e || call->status == 404 || call->status == 409; /* 409: it does not run */
    AUTO_FREE char *message = gone ? mem_text(call->status == 404 ? "canceled before its container was made" : "canceled; its container was stopped") : mem_format("canceled; whether its container %s stopped is not known: %.300s", ci->space.container, e->text);
    end(ci, TASK_CANCELED, message, NULL);
}

/* The whole container, at once. When the server stops it goes on: the next start finds it. */
void ci_stop(struct ci *ci)
{
    AUTO_FREE char *path = mem_format("/containers/%s/kill", ci->space.container);
    struct err e = { 0 };
    if (ci->job->stopping || !*ci->space.engine->version) {
        end(ci, TASK_CANCELED, ci->job->stopping ? "" : "canceled before its container was made", NULL);
        return;
    }
    ci->call = (struct docker_call){ .method = "POST", .path = path, .timeout_micros = 10 * CLOCK_SECOND, .done = stopped };
    if (!docker_call_start(&ci->call, ci->space.engine, ci->job->services->http, &e))
        end(ci, TASK_CANCELED, e.text, NULL);
}

void ci_cancel(struct task_job *job)
{
    struct ci *ci = job->context;
    ci->canceled = true;
    if (ci->call.in_flight) {
        docker_call_cancel(&ci->call);
    } else if (!ci->keeping) { /* else the end of the store sees it */
        timer_clear(&ci->timer);
        ci_stop(ci);
    }
}

static const char *const NO_ENDPOINTS[] = { NULL };

const struct task_type TASK_CI = {
    .name = "CI", .fields = FIELDS, .field_count = ALEN(FIELDS), .endpoints = NO_ENDPOINTS, .crash = TASK_FINDABLE, .workspace = true, .start = ci_start, .cancel = ci_cancel,
};

/* CI on a Docker engine: the container's life. Its log is read from its beginning, over what is stored; what it leaves behind are archives that
 * the engine gives. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "tasks/ci_inside.h"

#define SILENCE (30 * CLOCK_DAY)      /* of a log: a step may say nothing for as long as it takes */
#define STALLED (5 * CLOCK_MINUTE)    /* of a pull, or an archive */

/* ---- asking the engine */

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
        ci_lost(ci, e);
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
        ci_fail(ci, &e);
}

static void ask(struct ci *ci, const char *method, const char *path, const json_t *body, void (*next)(struct ci *ci, const struct err *e))
{
    ci->call = (struct docker_call){ .method = method, .body = body };
    start_call(ci, path, next);
}

static bool taken(struct docker_call *call, const char *bytes, size_t size)
{
    struct ci *ci = OWNER(call, struct ci, call);
    return ci->piece(ci, bytes, size);
}

/* The same, of an answer that is read in pieces; silence of a log is no end. */
static void read_pieces(struct ci *ci, const char *method, const char *path, bool (*piece)(struct ci *ci, const char *bytes, size_t size),
                        void (*next)(struct ci *ci, const struct err *e))
{
    bool pulls = text_starts(path, "/images/"), waits = strstr(path, "/logs?") || text_ends(path, "/wait");
    ci->piece = piece;
    ci->call = (struct docker_call){ .method = method, .on_data = taken, .timeout_micros = waits ? SILENCE : STALLED, .registry_auth = pulls ? ci->space.registry_auth : NULL };
    start_call(ci, path, next);
}

static void archive(struct ci *ci, const char *path, bool (*piece)(struct ci *ci, const char *bytes, size_t size), void (*next)(struct ci *ci, const struct err *e))
{
    AUTO_TEXT url = { 0 };
    text_addf(&url, "/containers/%s/archive?path=", ci->space.container);
    text_add_url(&url, path);
    read_pieces(ci, "GET", text_of(&url), piece, next);
}

static void ask_container(struct ci *ci, const char *method, const char *what, void (*next)(struct ci *ci, const struct err *e))
{
    AUTO_FREE char *path = mem_format("/containers/%s%s", ci->space.container, what);
    ask(ci, method, path, NULL, next);
}

static bool log_piece(struct ci *ci, const char *bytes, size_t size)
{
    return docker_frames_feed(&ci->frames, bytes, size, ci_logged, ci, &ci->said);
}

static void ended(struct ci *ci, const struct err *e)
{
    const json_t *state = json_object_get(ci->call.answer, "State");
    if (e) {
        ci_fail(ci, e);
        return;
    }
    ci->exit_code = (int)json_int_at(state, "ExitCode", -1);
    ci->out_of_memory = json_bool_at(state, "OOMKilled", false);
    ci_judge(ci);
    ci_collect(ci);
}

/* The container's log from its beginning, reading over what is stored. */
static void read_log(struct ci *ci, const char *how, void (*done)(struct ci *ci, const struct err *e))
{
    AUTO_FREE char *path = mem_format("/containers/%s/logs?stdout=1&stderr=1%s", ci->space.container, how);
    ci->frames = (struct docker_frames){ 0 };
    ci->log.skip = ci->log.seen < ci->job->services->log_most ? ci->log.seen : 0;
    read_pieces(ci, "GET", path, log_piece, done);
}

static void rest_came(struct ci *ci, const struct err *e)
{
    if (ci->said.kind)
        ci_fail(ci, &ci->said);
    else if (e)
        ci_fail(ci, e);
    else
        ask_container(ci, "GET", "/json", ended);
}

/* Engines up to 20.10 tell a follower nothing more once they have turned a log over: of a long one, what they did not tell is read now. */
static void waited(struct ci *ci, const struct err *e)
{
    if (e)
        ci_fail(ci, e);
    else if (ci->log.seen >= WORKSPACE_LOG_TURNS && ci->log.seen < ci->job->services->log_most)
        read_log(ci, "", rest_came);
    else
        ask_container(ci, "GET", "/json", ended);
}

static bool ignore(struct ci *ci, const char *bytes, size_t size)
{
    (void)ci, (void)bytes, (void)size;
    return true;
}

static void log_ended(struct ci *ci, const struct err *e)
{
    AUTO_FREE char *path = mem_format("/containers/%s/wait", ci->space.container);
    if (ci->said.kind)
        ci_fail(ci, &ci->said);
    else if (e)
        ci_fail(ci, e);
    else
        read_pieces(ci, "POST", path, ignore, waited);
}

/* Of one longer than is kept, only the end is of use. */
static void follow(struct ci *ci)
{
    bool whole = ci->log.seen < ci->job->services->log_most;
    ci->followed_at = clock_mono();
    task_progress(ci->job, "the steps run");
    read_log(ci, whole ? "&follow=1" : "&follow=1&tail=100", log_ended);
}

/* ---- the container begins */

static void started(struct ci *ci, const struct err *e)
{
    if (e)
        ci_fail(ci, e);
    else
        follow(ci);
}

static void start_now(struct task_job *job)
{
    struct ci *ci = job->context;
    ci->began = true;
    ask_container(ci, "POST", "/start", started);
}

static void unpacked(struct ci *ci, const struct err *e)
{
    if (e && e->kind == ERR_NOT_FOUND) { /* its name is taken by a request of ours that was cut off, and which the engine takes back */
        ci_lost(ci, e);
        return;
    }
    if (e) {
        ci_fail(ci, e);
        return;
    }
    AUTO_JSON *resolved = json_pack("{s:s, s:b}", "container", ci->space.container, "began", 1);
    task_resolved(ci->job, ci->input, resolved, start_now, ci_abandon);
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
        ci_fail(ci, e);
    else
        unpack(ci);
}

static void create(struct ci *ci)
{
    AUTO_FREE char *path = mem_format("/containers/create?name=%s", ci->space.container);
    AUTO_JSON *body = workspace_container(&ci->space, ci->job, ci->script.shell);
    ask(ci, "POST", path, body, created);
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

static bool pull_piece(struct ci *ci, const char *bytes, size_t size)
{
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
        ci_fail(ci, &told);
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
    read_pieces(ci, "POST", text_of(&path), pull_piece, pulled);
}

static void image_found(struct ci *ci, const struct err *e)
{
    ci->pulled = !e;
    if (e && ci->call.status != 404)
        ci_fail(ci, e);
    else if (e || ci->space.moving)
        pull(ci);
    else
        create(ci);
}

static void volume_made(struct ci *ci, const struct err *e)
{
    AUTO_FREE char *image = workspace_image(&ci->space), *path = mem_format("/images/%s/json", image);
    if (e)
        ci_fail(ci, e);
    else
        ask(ci, "GET", path, NULL, image_found);
}

/* ---- what is there already */

static void inspected(struct ci *ci, const struct err *e)
{
    const char *status = json_text_at(ci->call.answer, "State.Status", "");
    struct err gone = { 0 };
    if (e && ci->call.status == 404 && ci->began && !text_is(ci->job->on_crash, "retry")) {
        err_set(&gone, ERR_NOT_FOUND, "container %s is gone from the engine: its steps may have run. Run the task again, or give it onCrash: retry", ci->space.container);
        ci_fail(ci, &gone);
    } else if (e && ci->call.status == 404) {
        AUTO_JSON *body = workspace_volume(&ci->space, ci->job);
        ask(ci, "POST", "/volumes/create", body, volume_made);
    } else if (e) {
        ci_fail(ci, e);
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
        ci_fail(ci, e ? e : &old);
    else
        ask_container(ci, "GET", "/json", inspected);
}

static void reach(struct ci *ci)
{
    if (!ci->lost_since)
        task_progress(ci->job, "asking the engine %s", ci->space.engine->shown);
    ask(ci, "GET", "/version", NULL, versioned);
}

/* ---- the end from outside */

static void stopped(struct docker_call *call, const struct err *e)
{
    struct ci *ci = OWNER(call, struct ci, call);
    bool gone = !e || call->status == 404 || call->status == 409; /* 409: it does not run */
    AUTO_FREE char *message = gone ? mem_text(call->status == 404 ? "canceled before its container was made" : "canceled; its container was stopped") : mem_format("canceled; whether its container %s stopped is not known: %.300s", ci->space.container, e->text);
    ci_end(ci, TASK_CANCELED, message, NULL);
}

/* The whole container, at once. */
static void stop(struct ci *ci)
{
    AUTO_FREE char *path = mem_format("/containers/%s/kill", ci->space.container);
    struct err e = { 0 };
    if (!*ci->space.engine->version) {
        ci_end(ci, TASK_CANCELED, "canceled before its container was made", NULL);
        return;
    }
    ci->call = (struct docker_call){ .method = "POST", .path = path, .timeout_micros = 10 * CLOCK_SECOND, .done = stopped };
    if (!docker_call_start(&ci->call, ci->space.engine, ci->job->services->http, &e))
        ci_end(ci, TASK_CANCELED, e.text, NULL);
}

static bool interrupt(struct ci *ci)
{
    docker_call_cancel(&ci->call);
    return ci->call.in_flight;
}

const struct ci_place CI_DOCKER = { .makes = "container", .shared = "engine", .reach = reach, .archive = archive, .interrupt = interrupt, .stop = stop };

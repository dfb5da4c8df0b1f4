/* An SSH task, step by step: connect, trust, log in, launch, follow, finish; and all of it again when the connection breaks. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "tasks/script.h"

#define CONNECT_MICROS (30 * CLOCK_SECOND)
#define LOGIN_MICROS (60 * CLOCK_SECOND)   /* hosts wait before they refuse */
#define PROGRAM_MICROS (120 * CLOCK_SECOND)
#define CANCEL_MICROS (25 * CLOCK_SECOND)
#define STEADY_MICROS (60 * CLOCK_SECOND)  /* a connection that stood so long may break anew */
#define NOISE_MOST (64 << 10)              /* what a login shell says before our marker */
#define ANSWER_MOST (8 << 20)
static const int AGAIN_SECONDS[] = { 1, 2, 4, 8, 15, 30, 60, 60, 60, 60 };

static void launch(struct task_job *job);
static void follow(struct script_task *t);
static void stop(struct script_task *t);
static void finish(struct script_task *t);

/* So much of its log is fetched: one byte more than is kept, so that the runner says that there is more. */
static int64_t most_of(const struct script_task *t)
{
    return t->job->services->log_most + 1;
}

/* ---- when something breaks */

static void again(struct timer *timer)
{
    script_begin(OWNER(timer, struct script_task, timer));
}

static void reconnect(struct script_task *t, const struct err *e)
{
    if (t->followed && clock_mono() - t->followed > STEADY_MICROS)
        t->tries = 0;
    t->followed = 0;
    if (t->tries == (int)ALEN(AGAIN_SECONDS)) {
        script_fail(t, TASK_FAILED, "%s; gave up after %d more tries. The script may still run on %s, in %s", e->text, t->tries, t->input.host, t->path ? t->path : t->folder);
        return;
    }
    int seconds = AGAIN_SECONDS[t->tries++];
    task_progress(t->job, "%s; the script goes on there. Trying again in %d s (%d of %zu)", e->text, seconds, t->tries, ALEN(AGAIN_SECONDS));
    t->phase = SSH_WAITS;
    timer_set(&t->timer, t->job->services->loop, seconds * CLOCK_SECOND, again);
}

/* Before the launch nothing happened, and the runner may try again. After it the script may run, and is looked for. */
static void broken(struct script_task *t, const struct err *e)
{
    struct err why = *e;
    remote_session_close(&t->session);
    if (t->canceled)
        script_fail(t, TASK_CANCELED, "canceled, but %s could not be told: %s. The script may still run there, in %s", t->input.host, why.text, t->path ? t->path : t->folder);
    else if (!t->begun)
        script_fail(t, err_retry(why.kind) ? TASK_RETRY : TASK_FAILED, "%s", why.text);
    else if (err_retry(why.kind))
        reconnect(t, &why);
    else
        script_fail(t, TASK_FAILED, "%s. The script may still run on %s, in %s", why.text, t->input.host, t->path ? t->path : t->folder);
}

/* ---- programs */

static void take(struct script_task *t, const char *bytes, size_t size)
{
    if (t->phase != SSH_FOLLOWS) {
        if (t->answer.length + size <= ANSWER_MOST)
            text_add_n(&t->answer, bytes, size);
        return;
    }
    bool enough = t->from > most_of(t);
    task_log_stream(t->job, bytes, size);
    t->from += (int64_t)size;
    if (!enough && t->from > most_of(t))
        remote_interrupt(t->session); /* its end is waited for without its log */
}

static void took(void *context, const char *bytes, size_t size)
{
    struct script_task *t = context;
    size_t n = strlen(t->marker);
    if (t->marked) {
        take(t, bytes, size);
        return;
    }
    text_add_n(&t->answer, bytes, size);
    char *at = memmem(t->answer.at, t->answer.length, t->marker, n);
    if (at && at[n] == '\n') { /* there is a NUL behind the last byte */
        struct text said = t->answer;
        t->answer = (struct text){ 0 };
        t->marked = true;
        take(t, at + n + 1, said.length - (size_t)(at + n + 1 - said.at));
        text_fini(&said);
    } else if (t->answer.length > NOISE_MOST && !at) {
        memmove(t->answer.at, t->answer.at + t->answer.length - n, n + 1);
        t->answer.length = n;
    }
}

static void run(struct script_task *t, enum script_phase phase, char *program, int64_t timeout, remote_done *done)
{
    struct remote_program p = { .text = program, .timeout_micros = timeout, .took = took };
    t->phase = phase;
    t->marked = false;
    text_fini(&t->answer);
    remote_run(t->session, &p, done, t);
    free(program);
}

/* e is NULL; whether our program ran. */
static bool ran(struct script_task *t)
{
    char complaint[300];
    if (t->marked)
        return true;
    snprintf(complaint, sizeof complaint, "%s", remote_session_complaint(t->session));
    text_mend(complaint);
    complaint[strcspn(complaint, "\r\n")] = 0;
    script_fail(t, TASK_FAILED, "%s runs no /bin/sh for user %s (exit status %d)%s%s", t->input.host, t->input.username, remote_session_exit(t->session), *complaint ? ": " : "", complaint);
    return false;
}

/* ---- the end of the script */

static void finished(void *context, const struct err *e)
{
    struct script_task *t = context;
    if (e) {
        broken(t, e);
        return;
    }
    if (!ran(t))
        return;
    if (script_part(t))
        finish(t);
    else
        script_end(t);
}

/* What is left of the log comes with the end, SSH_PART_MOST at a time. */
static void finish(struct script_task *t)
{
    int64_t most = t->from > most_of(t) ? 0 : most_of(t) + 1 - t->from;
    most = most < SSH_PART_MOST ? most : SSH_PART_MOST;
    run(t, SSH_FINISHES, script_program_finish(t->path, t->marker, t->from, most), PROGRAM_MICROS, finished);
}

static void has_stopped(void *context, const struct err *e)
{
    static const char *const HOW[] = { "over", "ended", "killed" };
    struct script_task *t = context;
    if (e) {
        broken(t, e);
        return;
    }
    if (!ran(t))
        return;
    for (size_t i = 0; i < ALEN(HOW); i++)
        if (text_starts(text_of(&t->answer), HOW[i]))
            t->how = HOW[i];
    t->stopped = true;
    finish(t);
}

static void stop(struct script_task *t)
{
    task_progress(t->job, "ends the script on %s", t->input.host);
    run(t, SSH_STOPS, script_program_stop(t->path, t->marker), PROGRAM_MICROS, has_stopped);
}

/* ---- while it runs */

static void has_followed(void *context, const struct err *e)
{
    struct script_task *t = context;
    bool interrupted = e && e->kind == ERR_CANCELED;
    if (t->canceled && (!e || interrupted))
        stop(t);
    else if (interrupted)
        follow(t);
    else if (e)
        broken(t, e);
    else if (ran(t))
        finish(t);
}

static void follow(struct script_task *t)
{
    task_progress(t->job, "runs on %s", t->input.host);
    t->followed = clock_mono();
    run(t, SSH_FOLLOWS, script_program_follow(t->path, t->marker, t->from, t->from <= most_of(t)), 0, has_followed);
}

/* ---- the launch */

static void go_on(struct script_task *t)
{
    if (t->canceled)
        stop(t);
    else
        follow(t);
}

static void is_gone(struct script_task *t)
{
    if (t->canceled) {
        script_fail(t, TASK_CANCELED, "canceled; the script is not on %s (any more): it never began, or its folder was removed", t->input.host);
    } else if (text_is(t->job->on_crash, "retry")) {
        t->find = false;
        launch(t->job);
    } else {
        script_fail(t, TASK_FAILED, "this server stopped when the script was started on %s, and its folder %s is not there: it never began, or it ran and the folder was removed. It was not "
                                 "started again: run the task again when it did not run, or give it onCrash: retry", t->input.host, t->folder);
    }
}

static void launched(void *context, const struct err *e)
{
    struct script_task *t = context;
    if (e) {
        broken(t, e);
        return;
    }
    if (!ran(t))
        return;
    AUTO_FREE char *line = mem_text_n(text_of(&t->answer), strcspn(text_of(&t->answer), "\n"));
    const char *more = line + strcspn(line, " ");
    more += *more == ' ';
    text_mend(line);
    if (text_starts(line, "gone")) {
        is_gone(t);
    } else if (text_starts(line, "started ") || text_starts(line, "there ")) {
        if (t->find && !t->path)
            t->from = t->job->log_position; /* so much of its log is stored */
        free(t->path);
        t->path = mem_text(more);
        go_on(t);
    } else if (text_starts(line, "silent ")) {
        script_fail(t, t->canceled ? TASK_CANCELED : TASK_FAILED, "the script was about to start on %s, and nobody knows whether it did; what there is stands in %s", t->input.host, more);
    } else {
        script_fail(t, TASK_FAILED, "the script could not be put on %s: %s", t->input.host, text_starts(line, "failed ") ? more : line);
    }
}

static void launch(struct task_job *job)
{
    struct script_task *t = job->context;
    struct script_spec script = { .text = t->input.script, .working_directory = t->input.working_directory, .arguments = t->input.arguments, .environment = t->input.environment,
                                 .go_on = text_is(t->input.go_on, "true"), .powershell = job->type == &TASK_POWERSHELL };
    enum script_launch how = t->canceled ? SSH_LAUNCH_NEVER : t->find ? SSH_LAUNCH_FOUND : SSH_LAUNCH;
    t->begun = true;
    run(t, SSH_LAUNCHES, script_program_launch(&script, t->folder, t->marker, how), PROGRAM_MICROS, launched);
}

static void abandon(struct task_job *job)
{
    script_free(job->context);
}

/* Before the script may begin, where it will be found is stored. */
static void logged_in(void *context, const struct err *e)
{
    struct script_task *t = context;
    if (e) {
        broken(t, e);
    } else if (t->path) {
        go_on(t);
    } else if (t->begun) {
        launch(t->job);
    } else {
        AUTO_JSON *resolved = json_pack("{s:i, s:s, s:s, s:I, s:s}", "attempt", t->job->attempt, "folder", t->folder, "host", t->input.name, "port", (json_int_t)t->input.port,
                                        "user", t->input.username);
        task_resolved(t->job, t->input.shown, resolved, launch, abandon);
    }
}

/* ---- the connection */

static void trusted(struct script_task *t, const struct err *e)
{
    struct remote_identity identity = { .password = t->input.password, .key = t->input.key, .passphrase = t->input.passphrase };
    if (e)
        broken(t, e);
    else
        remote_login(t->session, &identity, LOGIN_MICROS, logged_in, t);
}

static void connected(void *context, const struct err *e)
{
    struct script_task *t = context;
    if (e)
        broken(t, e);
    else
        script_pin_check(t, trusted);
}

static void known(struct script_task *t, const char *type, const struct err *e)
{
    struct remote_host host = { .name = t->input.name, .port = (int)t->input.port, .user = t->input.username, .via = t->input.via, .prefer = type };
    if (e) {
        broken(t, e);
        return;
    }
    t->session = remote_session_create(t->job->services->remote);
    size_t ahead = remote_connect(t->session, &host, CONNECT_MICROS, connected, t);
    if (ahead)
        task_progress(t->job, "waits for a place among the SSH sessions: number %zu in the queue", ahead);
    else
        task_progress(t->job, "connects to %s", t->input.host);
}

void script_begin(struct script_task *t)
{
    t->phase = SSH_CONNECTS;
    if (!script_pin_find(t, known))
        known(t, "", NULL);
}

/* ---- the end from outside */

static void cancel_late(struct timer *timer)
{
    static const struct err LATE = { .kind = ERR_TIMEOUT, .text = "it did not answer in time" };
    broken(OWNER(timer, struct script_task, cancel_timer), &LATE);
}

void script_cancel(struct script_task *t)
{
    if (!t->begun) {
        script_fail(t, TASK_CANCELED, "canceled before the script began; nothing was run on %s", t->input.host);
        return;
    }
    t->canceled = true;
    timer_set(&t->cancel_timer, t->job->services->loop, CANCEL_MICROS, cancel_late);
    if (t->phase == SSH_FOLLOWS)
        remote_interrupt(t->session);
    else if (t->phase == SSH_WAITS)
        timer_set(&t->timer, t->job->services->loop, 0, again);
}

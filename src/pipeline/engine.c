/* One event in, the next state and its effects out. Every change of status goes through the tables in moves.c. */
#include "pipeline/engine.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "pipeline/condition.h"
#include "pipeline/moves.h"
#include "pipeline/notification.h"
#include "pipeline/scope.h"

#define TEXT_MOST 4000                 /* bytes of a message */
#define DELAY_MOST (10 * CLOCK_MINUTE) /* of a delay that a task asks for */
#define RETRY_MOST ((double)CLOCK_HOUR) /* of a delay between the retries that a pipeline says */

static const struct run_limits DEFAULTS = {
    .attempts = 10,
    .retry_time = 30 * CLOCK_MINUTE,
    .retry_least = CLOCK_SECOND,
    .retry_most = CLOCK_MINUTE,
    .execution_time = 7 * CLOCK_DAY,
};

struct step {
    struct execution *x;
    const struct run_event *event;
    struct run_effects *effects;
    struct run_limits limits;
};

/* ---- small tools */

static struct run_limits limits_of(const struct run_event *event)
{
    struct run_limits l = event->limits ? *event->limits : DEFAULTS;
    l.attempts = l.attempts ? l.attempts : DEFAULTS.attempts;
    l.retry_time = l.retry_time ? l.retry_time : DEFAULTS.retry_time;
    l.retry_least = l.retry_least ? l.retry_least : DEFAULTS.retry_least;
    l.retry_most = l.retry_most ? l.retry_most : DEFAULTS.retry_most;
    l.execution_time = l.execution_time ? l.execution_time : DEFAULTS.execution_time;
    return l;
}

void run_effects_fini(struct run_effects *effects)
{
    free(effects->at);
    *effects = (struct run_effects){ 0 };
}

static void effect(struct step *s, struct run_effect e)
{
    struct run_effects *list = s->effects;
    if (list->count == list->room) {
        list->room = list->room ? list->room * 2 : 4;
        list->at = mem_resize(list->at, list->room * sizeof *list->at);
    }
    list->at[list->count++] = e;
}

static void set_json(json_t **member, json_t *value)
{
    json_decref(*member);
    *member = value;
}

/* Texts of tasks come from clusters: too long ones are cut, and what is no UTF-8 is replaced as a whole rather than lost. */
static void set_text(json_t **member, const char *text)
{
    size_t n = text ? strlen(text) : 0, keep = n < TEXT_MOST ? n : TEXT_MOST;
    while (keep < n && keep && ((unsigned char)text[keep] & 0xC0) == 0x80)
        keep--;
    AUTO_FREE char *cut = keep < n ? mem_format("%.*s ...", (int)keep, text) : NULL;
    json_t *json = n ? json_string(cut ? cut : text) : NULL;
    set_json(member, json || !n ? json : json_string("(a message that is no UTF-8)"));
}

__attribute__((format(printf, 2, 3))) static void set_format(json_t **member, const char *format, ...)
{
    va_list args;
    char *text = NULL;
    va_start(args, format);
    int n = vasprintf(&text, format, args);
    va_end(args);
    set_text(member, n < 0 ? "" : text);
    free(text);
}

static bool active(const struct task_run *run)
{
    return run->status == RUN_RUNNING || run->status == RUN_WAITING || run->status == RUN_CANCELING;
}

static void span(int64_t micros, char out[32])
{
    bool minutes = micros >= CLOCK_MINUTE;
    int64_t n = micros / (minutes ? CLOCK_MINUTE : CLOCK_SECOND);
    snprintf(out, 32, "%lld %s%s", (long long)n, minutes ? "minute" : "second", n == 1 ? "" : "s");
}

/* ---- telling people. What is told is worked out by the runner, after the step: texts of statuses follow their moves */

static void tell(struct step *s, enum notify_event event, size_t stage, size_t of_task, size_t task)
{
    const struct pipeline *p = s->x->pipeline;
    bool first = true;
    for (size_t i = 0; i < p->notification_count; i++) {
        const struct pipeline_notification *n = &p->notifications[i];
        if (n->event != event || n->stage != stage || n->task != of_task)
            continue;
        s->x->occasions += first;
        s->x->dirty = true;
        first = false;
        effect(s, (struct run_effect){ .kind = EFFECT_NOTIFY, .task = task, .notification = i, .occasion = s->x->occasions });
    }
}

static void tell_task(struct step *s, size_t task, enum notify_event event)
{
    if (task < s->x->pipeline->task_count)
        tell(s, event, s->x->pipeline->tasks[task].stage, task, task);
}

static void tell_all(struct step *s, enum notify_event event, size_t task)
{
    tell(s, event, NOTIFY_NONE, NOTIFY_NONE, task);
}

/* A task asks people: it, its stage and the whole wait. */
static void tell_question(struct step *s, size_t task)
{
    tell_task(s, task, NOTIFY_WAITING);
    tell(s, NOTIFY_WAITING, s->x->pipeline->tasks[task].stage, NOTIFY_NONE, task);
    tell_all(s, NOTIFY_WAITING, task);
}

/* What a status means to those who are told; false: nothing. */
static bool telling(enum run_status status, enum notify_event *ret)
{
    switch (status) {
    case RUN_COMPLETED:
        *ret = NOTIFY_SUCCESS;
        return true;
    case RUN_FAILED:
    case RUN_FAILED_CONTINUE:
    case RUN_ROLLBACK_COMPLETED: /* told when the rollback is over: what failed, and how it was undone */
    case RUN_ROLLBACK_FAILED:
        *ret = NOTIFY_FAILURE;
        return true;
    case RUN_CANCELED:
        *ret = NOTIFY_CANCELED;
        return true;
    default:
        return false;
    }
}

/* Stages have no moves of their own: those that somebody wants to hear of are compared with how they stood before the step. */
struct stages_before {
    enum run_status at[PIPELINE_STAGES];
    bool any;
};

static void look_at_stages(const struct execution *x, struct stages_before *ret)
{
    ret->any = false;
    for (size_t i = 0; i < x->pipeline->notification_count; i++)
        ret->any = ret->any || (x->pipeline->notifications[i].stage != NOTIFY_NONE && x->pipeline->notifications[i].task == NOTIFY_NONE);
    for (size_t i = 0; ret->any && i < x->pipeline->stage_count; i++)
        ret->at[i] = execution_stage_status(x, i, NULL, NULL);
}

static void tell_stages(struct step *s, const struct stages_before *before)
{
    enum notify_event event;
    for (size_t i = 0; before->any && i < s->x->pipeline->stage_count; i++) {
        enum run_status now = execution_stage_status(s->x, i, NULL, NULL);
        if (now == before->at[i])
            continue;
        if (before->at[i] == RUN_NOT_STARTED && now != RUN_SKIPPED)
            tell(s, NOTIFY_STARTED, i, NOTIFY_NONE, RUN_NO_TASK);
        if (telling(now, &event))
            tell(s, event, i, NOTIFY_NONE, RUN_NO_TASK);
    }
}

/* ---- moves */

static void ask(struct step *s, enum ask what, size_t task)
{
    int attempt = task == RUN_NO_TASK ? 0 : s->x->tasks[task].attempt;
    struct run_effect e = { .task = task, .attempt = attempt, .resume = what == ASK_RESUME || what == ASK_CANCEL_AGAIN };
    switch (what) {
    case ASK_RUN:
    case ASK_RESUME:
        e.kind = EFFECT_RUN_TASK;
        break;
    case ASK_CANCEL:
    case ASK_CANCEL_AGAIN:
        e.kind = EFFECT_CANCEL_TASK;
        break;
    case ASK_FINISHED:
        e.kind = EFFECT_FINISHED;
        break;
    case ASK_NOTHING:
    case ASK_COUNT:
        return;
    }
    effect(s, e);
}

static void begin_attempt(struct step *s, struct task_run *run, size_t task)
{
    int64_t timeout = s->x->pipeline->tasks[task].timeout;
    run->attempt++;
    run->retry_at = 0;
    set_json(&run->message, NULL);
    set_json(&run->progress, NULL);
    set_json(&run->detail, NULL);
    if (run->started_at)
        return;
    run->started_at = s->event->now;
    run->timeout_at = timeout ? s->event->now + timeout : 0;
}

static void end_task(struct step *s, struct task_run *run)
{
    run->ended_at = s->event->now;
    run->started_at = run->started_at ? run->started_at : s->event->now;
    run->retry_at = run->timeout_at = 0;
}

/* False: no such move. */
static bool move_task(struct step *s, size_t task, enum trigger on)
{
    struct task_run *run = &s->x->tasks[task];
    const struct move *move = task_move(run->status, on);
    if (!move)
        return false;
    if (move->from != move->to) {
        run->status = move->to;
        run->waits = RUN_WAITS_NO;
        run->dirty = s->x->dirty = true;
        if (move->to == RUN_RUNNING)
            begin_attempt(s, run, task);
        else if (run_status_final(move->to))
            end_task(s, run);
        enum notify_event event = NOTIFY_STARTED;
        if (telling(move->to, &event) || (move->to == RUN_RUNNING && run->attempt == 1))
            tell_task(s, task, event);
    }
    ask(s, move->ask, task);
    return true;
}

static void tell_pause(struct step *s)
{
    size_t stage = execution_stage(s->x);
    if (stage < s->x->pipeline->stage_count)
        tell(s, NOTIFY_WAITING, stage, NOTIFY_NONE, RUN_NO_TASK);
    tell_all(s, NOTIFY_WAITING, RUN_NO_TASK);
}

static bool move_execution(struct step *s, enum trigger on)
{
    struct execution *x = s->x;
    const struct move *move = execution_move(x->status, on);
    if (!move)
        return false;
    x->status = move->to;
    x->dirty = true;
    x->restricted = on == EXECUTION_RESTRICT_ON;
    if (run_status_final(move->to))
        x->ended_at = s->event->now;
    ask(s, move->ask, RUN_NO_TASK);
    enum notify_event event = NOTIFY_STARTED;
    if (telling(move->to, &event) || move->from == RUN_QUEUED)
        tell_all(s, event, RUN_NO_TASK);
    if (move->to == RUN_PAUSED)
        tell_pause(s);
    return true;
}

static bool fail_task(struct step *s, size_t task)
{
    bool ignored = s->x->pipeline->tasks[task].ignore_failure;
    return move_task(s, task, ignored ? TASK_FAIL_IGNORED_ON : TASK_FAIL_ON);
}

/* ---- a group begins */

static bool condition_holds(struct step *s, const struct pipeline_task *t, bool *ret, struct err *e)
{
    struct execution_scope scope;
    execution_scope_init(&scope, s->x, s->event->facts, t->index);
    if (t->condition)
        return condition_evaluate(t->condition, &scope.scope, ret, NULL, e);
    struct condition *never = NULL;
    *ret = true;
    bool ok = !*t->condition_text || condition_parse(t->condition_text, strlen(t->condition_text), 0, &never, e);
    condition_destroy(&never);
    return ok;
}

static void begin_task(struct step *s, size_t task)
{
    const struct pipeline_task *t = &s->x->pipeline->tasks[task];
    struct task_run *run = &s->x->tasks[task];
    struct err e = { 0 };
    bool holds = false;
    if (!condition_holds(s, t, &holds, &e)) {
        fail_task(s, task);
        set_format(&run->message, "the condition cannot be evaluated: %s", e.text);
    } else if (!holds) {
        move_task(s, task, TASK_SKIP_ON);
        set_format(&run->message, "the condition is false: %s", t->condition_text);
    } else {
        move_task(s, task, TASK_BEGIN_ON);
    }
}

static void say_stage(struct step *s)
{
    size_t stage = execution_stage(s->x);
    if (stage < s->x->pipeline->stage_count)
        set_format(&s->x->message, "Executing %s", s->x->pipeline->stages[stage].name);
}

/* ---- the end */

/* Each output by itself: one that has no value (its task was skipped) is "", and does not spoil the others. */
static void resolve_outputs(struct step *s)
{
    struct execution_scope scope;
    const char *name;
    json_t *value, *outputs = json_object();
    size_t size = 0; /* all outputs together are limited */
    execution_scope_init(&scope, s->x, s->event->facts, RUN_NO_TASK);
    json_object_foreach((json_t *)s->x->pipeline->outputs, name, value) {
        AUTO_RESOLUTION more = { .size = size };
        AUTO_JSON *resolved = NULL;
        if (!expression_resolve_tree(value, NULL, &scope.scope, &resolved, &more, NULL))
            resolved = json_string("");
        size = more.size;
        if (json_array_size(more.secrets)) {
            json_decref(resolved);
            resolved = json_string("********");
        }
        json_object_set(outputs, name, resolved);
    }
    set_json(&s->x->output, outputs);
}

/* The task of the current group that came to this status first. */
static size_t first_with(const struct execution *x, enum run_status status)
{
    const struct pipeline_group *g = &x->pipeline->groups[x->group];
    size_t found = RUN_NO_TASK;
    for (size_t i = g->first; x->group < x->pipeline->group_count && i < g->first + g->count; i++)
        if (x->tasks[i].status == status && (found == RUN_NO_TASK || x->tasks[i].ended_at < x->tasks[found].ended_at))
            found = i;
    return found;
}

static void say_task(struct execution *x, size_t task)
{
    AUTO_FREE char *path = pipeline_task_path(x->pipeline, task);
    set_format(&x->message, "%s: %s", path, run_text(x->tasks[task].message));
}

/* ---- rollbacks and restores: what undoes */

/* Of a failed task of the group that ended it, or of that group's stage; a restore wherever its task put something. */
static bool wanted(const struct execution *x, const struct pipeline_task *rollback)
{
    const struct pipeline_group *g = &x->pipeline->groups[x->group];
    if (rollback->restores)
        return x->tasks[rollback->undoes].puts != RUN_PUTS_NOTHING;
    if (rollback->undoes == PIPELINE_WHOLE_STAGE)
        return rollback->stage == g->stage;
    return rollback->undoes >= g->first && rollback->undoes < g->first + g->count && x->tasks[rollback->undoes].status == RUN_FAILED;
}

enum undo { UNDO_TASK, UNDO_STAGE, UNDO_RESTORE, UNDO_COUNT }; /* in their order */

static enum undo undo_of(const struct pipeline_task *t)
{
    return t->restores ? UNDO_RESTORE : t->undoes == PIPELINE_WHOLE_STAGE ? UNDO_STAGE : UNDO_TASK;
}

/* The first that is not over, of that kind or a later one. RUN_NO_TASK: none. */
static size_t next_undo(const struct execution *x, enum undo from)
{
    const struct pipeline *p = x->pipeline;
    for (int kind = from; x->group < p->group_count && kind < UNDO_COUNT; kind++)
        for (size_t i = p->task_count; i < p->run_count; i++)
            if ((int)undo_of(&p->tasks[i]) == kind && !run_status_final(x->tasks[i].status) && wanted(x, &p->tasks[i]))
                return i;
    return RUN_NO_TASK;
}

/* The first that did not work; RUN_NO_TASK: all did. */
static size_t bad_undo(const struct execution *x)
{
    size_t bad = RUN_NO_TASK;
    for (size_t i = x->pipeline->task_count; i < x->pipeline->run_count; i++)
        if (wanted(x, &x->pipeline->tasks[i]) && x->tasks[i].status != RUN_COMPLETED && (bad == RUN_NO_TASK || x->tasks[bad].status == RUN_SKIPPED))
            bad = i;
    return bad;
}

/* Whether a rollback ran; and whether there were restores only, and each found nothing to put back. */
static bool rolled_back(const struct execution *x, bool *ret_nothing)
{
    bool rolled = false, restored = false;
    for (size_t i = x->pipeline->task_count; i < x->pipeline->run_count; i++) {
        const struct pipeline_task *t = &x->pipeline->tasks[i];
        rolled = rolled || (!t->restores && wanted(x, t));
        restored = restored || (t->restores && json_int_at(x->tasks[i].output, "restored", 0) > 0);
    }
    *ret_nothing = !rolled && !restored;
    return rolled;
}

/* What failed, and then how it was undone: the first rollback that did not work is told. */
static void end_rollbacks(struct step *s)
{
    struct execution *x = s->x;
    AUTO_FREE char *failed = mem_text(run_text(x->message)), *restored = execution_restored(x);
    size_t bad = bad_undo(x);
    bool nothing = false, rolled = rolled_back(x, &nothing);
    const char *stop = text_ends(failed, ".") ? "" : ".";
    if (bad != RUN_NO_TASK) {
        AUTO_FREE char *path = pipeline_task_path(x->pipeline, bad);
        set_format(&x->message, "%s%s The %s failed: %s", failed, stop, path, run_text(x->tasks[bad].message));
        move_execution(s, EXECUTION_ROLLBACK_FAIL_ON);
        return;
    }
    set_format(&x->message, "%s%s %s%s%s", failed, stop, rolled ? "Rolled back." : "", rolled && *restored ? " " : "", restored);
    move_execution(s, nothing ? EXECUTION_FAIL_ON : EXECUTION_ROLLED_BACK_ON);
}

static void begin_rollback(struct step *s, size_t task)
{
    const struct run_facts *f = s->event->facts;
    bool restores = s->x->pipeline->tasks[task].restores; /* where it may act, its task was let in before; and it has a time of its own */
    AUTO_FREE char *uses = f && f->restricted && !restores ? f->restricted(f, s->x, task) : NULL;
    struct task_run *run = &s->x->tasks[task];
    if (s->x->canceled || (s->x->expired && !restores)) {
        move_task(s, task, TASK_SKIP_ON);
        set_text(&run->message, s->x->expired ? "the execution took too long" : "the execution was canceled");
    } else if (uses) {
        move_task(s, task, TASK_FAIL_ON);
        set_format(&run->message, "it uses %s, which needs an administrator", uses);
    } else {
        move_task(s, task, TASK_BEGIN_ON);
    }
}

/* False: one runs. */
static bool advance_rollbacks(struct step *s)
{
    size_t next = next_undo(s->x, UNDO_TASK);
    if (next == RUN_NO_TASK)
        end_rollbacks(s);
    else if (s->x->tasks[next].status != RUN_NOT_STARTED)
        return false;
    else
        begin_rollback(s, next);
    return true;
}

/* ---- the end, continued */

static void complete(struct step *s)
{
    resolve_outputs(s);
    set_text(&s->x->message, "Execution Completed.");
    move_execution(s, EXECUTION_COMPLETE_ON);
}

static void fail(struct step *s)
{
    size_t task = first_with(s->x, RUN_FAILED);
    if (s->x->expired)
        set_text(&s->x->message, "Execution took too long and was stopped.");
    else if (task != RUN_NO_TASK)
        say_task(s->x, task);
    if (next_undo(s->x, s->x->expired ? UNDO_RESTORE : UNDO_TASK) == RUN_NO_TASK || !move_execution(s, EXECUTION_ROLL_BACK_ON))
        move_execution(s, EXECUTION_FAIL_ON);
}

static void stop(struct step *s)
{
    size_t task = first_with(s->x, RUN_CANCELED);
    if (task != RUN_NO_TASK)
        say_task(s->x, task);
    else
        set_format(&s->x->message, "Execution canceled by %s.", json_text_at(s->x->canceled, "by", "somebody"));
    move_execution(s, EXECUTION_STOP_ON);
}

/* ---- going on until something runs, or nothing is left */

static bool group_active(const struct execution *x)
{
    const struct pipeline_group *g = &x->pipeline->groups[x->group];
    for (size_t i = g->first; i < g->first + g->count; i++)
        if (active(&x->tasks[i]))
            return true;
    return false;
}

/* What its tasks would use without the right to is told, and the group waits for an administrator as a whole. */
static bool hold_group(struct step *s, const struct pipeline_group *g)
{
    const struct run_facts *f = s->event->facts;
    AUTO_TEXT uses = { 0 };
    for (size_t i = g->first; f && f->restricted && i < g->first + g->count; i++) {
        bool asks = s->x->tasks[i].status == RUN_NOT_STARTED && !s->x->tasks[i].approved;
        AUTO_FREE char *what = asks ? f->restricted(f, s->x, i) : NULL;
        AUTO_FREE char *path = pipeline_task_path(s->x->pipeline, i);
        if (what)
            text_addf(&uses, "%s%s uses %s", uses.length ? "; " : "", path, what);
    }
    if (!uses.length || !move_execution(s, EXECUTION_RESTRICT_ON))
        return false;
    for (size_t i = g->first; i < g->first + g->count; i++)
        if (s->x->tasks[i].status == RUN_NOT_STARTED && !s->x->tasks[i].approved)
            tell_task(s, i, NOTIFY_WAITING);
    set_format(&s->x->message, "%s. An administrator of project %s may resume it.", text_of(&uses), f->project);
    return true;
}

/* All of a group begin in one step; in an execution that goes on from another, some of them are done. */
static bool group_waits(const struct execution *x, const struct pipeline_group *g)
{
    for (size_t i = g->first; i < g->first + g->count; i++)
        if (x->tasks[i].status == RUN_NOT_STARTED)
            return true;
    return false;
}

/* False: nothing more happens by itself. */
static bool advance_group(struct step *s)
{
    struct execution *x = s->x;
    const struct pipeline_group *g = &x->pipeline->groups[x->group];
    if (group_waits(x, g)) {
        if (x->status == RUN_PAUSING)
            move_execution(s, EXECUTION_IDLE_ON);
        if (x->status != RUN_RUNNING || hold_group(s, g))
            return false;
        for (size_t i = g->first; i < g->first + g->count; i++)
            if (x->tasks[i].status == RUN_NOT_STARTED)
                begin_task(s, i);
        return true;
    }
    if (group_active(x))
        return false;
    if (first_with(x, RUN_FAILED) != RUN_NO_TASK) {
        fail(s);
    } else if (first_with(x, RUN_CANCELED) != RUN_NO_TASK) {
        stop(s);
    } else {
        x->group++;
        if (x->group < x->pipeline->group_count && move_execution(s, EXECUTION_NEXT_ON))
            say_stage(s);
    }
    return true;
}

static void advance(struct step *s)
{
    struct execution *x = s->x;
    while (x->status == RUN_RUNNING || x->status == RUN_PAUSING || x->status == RUN_CANCELING || x->status == RUN_ROLLING_BACK) {
        if (x->status == RUN_ROLLING_BACK) {
            if (!advance_rollbacks(s))
                return;
            continue;
        }
        bool more = x->group < x->pipeline->group_count;
        if (x->status == RUN_CANCELING) {
            if (more && group_active(x))
                return;
            if (x->expired)
                fail(s);
            else
                stop(s);
        } else if (!more) {
            complete(s);
        } else if (!advance_group(s)) {
            return;
        }
    }
}

/* Nothing works, and something will. */
static bool idle(const struct execution *x)
{
    bool waits = false;
    for (size_t i = 0; i < x->pipeline->run_count; i++) {
        if (active(&x->tasks[i]) && !x->tasks[i].waits)
            return false;
        waits = waits || active(&x->tasks[i]);
    }
    return waits;
}

static void count_idle(struct step *s)
{
    struct execution *x = s->x;
    bool is = idle(x);
    if (is == (x->idle_at != 0))
        return;
    if (!is && s->event->now > x->idle_at)
        x->expires_at += s->event->now - x->idle_at;
    x->idle_at = is ? s->event->now : 0;
    x->dirty = true;
}

static void sooner(int64_t *at, int64_t candidate)
{
    if (candidate && (!*at || candidate < *at))
        *at = candidate;
}

static void set_timer(struct step *s)
{
    struct execution *x = s->x;
    int64_t next = 0;
    bool runs = x->status == RUN_RUNNING || x->status == RUN_PAUSING || (x->status == RUN_ROLLING_BACK && !x->expired);
    if (runs && !x->idle_at)
        next = x->expires_at;
    for (size_t i = 0; execution_live(x) && i < x->pipeline->run_count; i++) {
        if (x->tasks[i].status == RUN_WAITING)
            sooner(&next, x->tasks[i].retry_at);
        if ((x->tasks[i].status == RUN_WAITING || x->tasks[i].status == RUN_RUNNING) && x->tasks[i].waits != RUN_WAITS_WINDOW)
            sooner(&next, x->tasks[i].timeout_at);
    }
    bool again = next && (s->event->kind == ENGINE_TIMER || s->event->kind == ENGINE_RECOVER);
    if (next == x->timer_at && !again)
        return;
    x->dirty = x->dirty || next != x->timer_at;
    x->timer_at = next;
    effect(s, (struct run_effect){ .kind = EFFECT_SET_TIMER, .task = RUN_NO_TASK, .at = next });
}

/* ---- events */

static bool refused(const struct step *s, const char *what, struct err *why)
{
    return err_set(why, ERR_CONFLICT, "the execution is %s and cannot be %s", run_status_name(s->x->status), what);
}

static bool on_start(struct step *s, struct err *why)
{
    if (!move_execution(s, EXECUTION_START_ON))
        return refused(s, "started", why);
    s->x->started_at = s->event->now;
    s->x->expires_at = s->event->now + s->limits.execution_time;
    say_stage(s);
    return true;
}

/* Is the event about an attempt that is under way? */
static bool current(const struct step *s, struct err *why)
{
    const struct run_event *event = s->event;
    if (event->task >= s->x->pipeline->run_count)
        return err_set(why, ERR_NOT_FOUND, "the execution has no task %zu", event->task);
    const struct task_run *run = &s->x->tasks[event->task];
    if (run->status != RUN_RUNNING && run->status != RUN_CANCELING)
        return err_set(why, ERR_CONFLICT, "the task is %s", run_status_name(run->status));
    if (event->attempt && event->attempt != run->attempt)
        return err_set(why, ERR_CONFLICT, "attempt %d is over; it is attempt %d now", event->attempt, run->attempt);
    return true;
}

static bool on_resolved(struct step *s, struct err *why)
{
    if (!current(s, why))
        return false;
    struct task_run *run = &s->x->tasks[s->event->task];
    if (!move_task(s, s->event->task, TASK_RESOLVE_ON))
        return err_set(why, ERR_CONFLICT, "the task is %s", run_status_name(run->status));
    if (s->event->json)
        set_json(&run->input, json_incref(s->event->json));
    if (s->event->resolved)
        set_json(&run->resolved, json_incref(s->event->resolved));
    if (json_bool_at(run->resolved, "puts", false) && run->puts == RUN_PUTS_NOTHING)
        run->puts = RUN_PUTS_PERHAPS;
    run->dirty = true;
    return true;
}

static bool on_progress(struct step *s, struct err *why)
{
    if (!current(s, why))
        return false;
    struct task_run *run = &s->x->tasks[s->event->task];
    move_task(s, s->event->task, TASK_PROGRESS_ON);
    set_text(&run->progress, s->event->text);
    if (s->event->json)
        set_json(&run->detail, json_incref(s->event->json));
    run->dirty = true;
    return true;
}

static bool on_waits(struct step *s, struct err *why)
{
    if (!current(s, why))
        return false;
    struct task_run *run = &s->x->tasks[s->event->task];
    if (!move_task(s, s->event->task, TASK_WAIT_ON))
        return err_set(why, ERR_CONFLICT, "the task is %s", run_status_name(run->status));
    if (s->event->waits == RUN_WAITS_PERSON && run->waits != RUN_WAITS_PERSON)
        tell_question(s, s->event->task);
    if (run->waits == RUN_WAITS_WINDOW && s->event->waits != RUN_WAITS_WINDOW && run->timeout_at)
        run->timeout_at = s->event->now + s->x->pipeline->tasks[s->event->task].timeout;
    run->waits = (unsigned char)s->event->waits;
    run->dirty = s->x->dirty = true;
    return true;
}

/* When a task may be tried again; 0: never, and *say tells why. */
static int64_t next_try(const struct step *s, const struct task_run *run, char say[96])
{
    const struct run_limits *l = &s->limits;
    int64_t backoff = l->retry_least;
    for (int i = 1; i < run->attempt && backoff < l->retry_most; i++)
        backoff *= 2;
    backoff = backoff < l->retry_most ? backoff : l->retry_most;
    int64_t wanted = s->event->delay < DELAY_MOST ? s->event->delay : DELAY_MOST;
    int64_t at = s->event->now + (wanted > backoff ? wanted : backoff);
    char time[32];
    span(s->event->now - run->started_at, time);
    snprintf(say, 96, "gave up after %d attempt%s in %s", run->attempt, run->attempt == 1 ? "" : "s", time);
    return run->attempt >= l->attempts || at - run->started_at > l->retry_time ? 0 : at;
}

static void retry_task(struct step *s, struct task_run *run)
{
    char say[96];
    int64_t at = next_try(s, run, say);
    if (at && move_task(s, s->event->task, TASK_RETRY_ON)) {
        run->retry_at = at;
        set_text(&run->message, s->event->text);
    } else {
        fail_task(s, s->event->task);
        set_format(&run->message, "%s (%s)", s->event->text ? s->event->text : "failed", say);
    }
}

/* It failed, and says itself that it may be tried again. */
static bool retry_failed(struct step *s, struct task_run *run)
{
    const struct pipeline_task *t = &s->x->pipeline->tasks[s->event->task];
    double delay = (double)t->retry_delay;
    for (int i = 0; i < run->failures && delay < RETRY_MOST; i++)
        delay *= t->retry_factor;
    if (s->event->unsure || run->failures >= t->retries || !move_task(s, s->event->task, TASK_RETRY_ON))
        return false;
    run->failures++;
    run->retry_at = s->event->now + (int64_t)(delay < RETRY_MOST ? delay : RETRY_MOST);
    set_format(&run->message, "%s (retry %d of %d)", text_empty(s->event->text) ? "failed without a reason" : s->event->text, run->failures, t->retries);
    return true;
}

static void stop_task(struct step *s, struct task_run *run)
{
    const char *text = s->event->text ? s->event->text : "";
    if (run->timed_out) {
        char time[32];
        span(s->x->pipeline->tasks[s->event->task].timeout, time);
        fail_task(s, s->event->task);
        set_format(&run->message, "timed out after %s%s%s", time, *text ? "; " : "", text);
        return;
    }
    bool asked = run->status == RUN_CANCELING;
    move_task(s, s->event->task, TASK_STOP_ON);
    if (asked && s->x->canceled)
        set_format(&run->message, "Execution canceled by %s.%s%s", json_text_at(s->x->canceled, "by", "somebody"),
                   *text ? " " : "", text);
    else
        set_text(&run->message, *text ? text : asked ? "stopped: the execution took too long" : "canceled");
}

static bool on_done(struct step *s, struct err *why)
{
    if (!current(s, why))
        return false;
    const struct run_event *event = s->event;
    struct task_run *run = &s->x->tasks[event->task];
    bool canceling = run->status == RUN_CANCELING;
    if (event->json)
        set_json(&run->output, json_incref(event->json));
    if (run->puts == RUN_PUTS_PERHAPS)
        run->puts = event->untouched ? RUN_PUTS_NOTHING : RUN_PUTS_SURE;
    if (event->result == TASK_CANCELED || (event->result == TASK_RETRY && canceling)) {
        stop_task(s, run);
    } else if (event->result == TASK_RETRY) {
        retry_task(s, run);
    } else if (event->result == TASK_FAILED && retry_failed(s, run)) {
        return true;
    } else if (event->result == TASK_FAILED) {
        fail_task(s, event->task);
        set_text(&run->message, text_empty(event->text) ? "failed without a reason" : event->text);
    } else {
        move_task(s, event->task, TASK_COMPLETE_ON);
        set_text(&run->message, event->text);
        run->warning = event->warning;
    }
    return true;
}

static void cancel_tasks(struct step *s)
{
    for (size_t i = 0; i < s->x->pipeline->run_count; i++) {
        struct task_run *run = &s->x->tasks[i];
        bool waited = run->status == RUN_WAITING;
        if (active(run) && move_task(s, i, TASK_CANCEL_ON) && waited && s->x->canceled)
            set_format(&run->message, "Execution canceled by %s.", json_text_at(s->x->canceled, "by", "somebody"));
    }
}

static void time_task(struct step *s, size_t task)
{
    struct task_run *run = &s->x->tasks[task];
    bool over = run->timeout_at && run->timeout_at <= s->event->now && run->waits != RUN_WAITS_WINDOW;
    if (over && run->status == RUN_RUNNING && move_task(s, task, TASK_TIMEOUT_ON)) {
        run->timed_out = true;
    } else if (over && run->status == RUN_WAITING) {
        char time[32];
        AUTO_FREE char *last = mem_text(run_text(run->message));
        span(s->x->pipeline->tasks[task].timeout, time);
        fail_task(s, task);
        set_format(&run->message, "timed out after %s; the last try: %s", time, last);
    } else if (run->status == RUN_WAITING && run->retry_at <= s->event->now) {
        move_task(s, task, TASK_DUE_ON);
    }
}

static bool on_timer(struct step *s, __attribute__((unused)) struct err *why)
{
    struct execution *x = s->x;
    bool runs = x->status == RUN_RUNNING || x->status == RUN_PAUSING || (x->status == RUN_ROLLING_BACK && !x->expired);
    if (runs && !x->idle_at && x->expires_at <= s->event->now && move_execution(s, EXECUTION_EXPIRE_ON)) {
        x->expired = true;
        cancel_tasks(s);
        return true;
    }
    for (size_t i = 0; i < x->pipeline->run_count; i++)
        time_task(s, i);
    return true;
}

static bool on_cancel(struct step *s, struct err *why)
{
    const char *by = text_empty(s->event->text) ? "somebody" : s->event->text;
    if (!move_execution(s, EXECUTION_CANCEL_ON))
        return refused(s, "canceled", why);
    json_t *canceled = json_object();
    json_set_text(canceled, "by", by);
    json_set_text(canceled, "reason", s->event->reason);
    set_json(&s->x->canceled, canceled);
    if (s->x->status != RUN_ROLLING_BACK) /* what failed is still the matter */
        set_format(&s->x->message, "Execution canceled by %s.", by);
    cancel_tasks(s);
    return true;
}

static bool on_pause(struct step *s, struct err *why)
{
    if (!move_execution(s, EXECUTION_PAUSE_ON))
        return refused(s, "paused", why);
    set_format(&s->x->message, "Execution paused by %s.", text_empty(s->event->text) ? "somebody" : s->event->text);
    return true;
}

/* For the tasks that wait now, and no later ones. */
static void approve_group(struct step *s)
{
    const struct pipeline_group *g = &s->x->pipeline->groups[s->x->group];
    for (size_t i = g->first; i < g->first + g->count; i++) {
        set_text(&s->x->tasks[i].approved, text_empty(s->event->text) ? "an administrator" : s->event->text);
        s->x->tasks[i].dirty = true;
    }
}

static bool on_resume(struct step *s, struct err *why)
{
    bool rested = s->x->status == RUN_PAUSED, restricted = s->x->restricted;
    if (restricted && !s->event->administrator)
        return err_set(why, ERR_FORBIDDEN, "this needs an administrator: %s", run_text(s->x->message));
    if (!move_execution(s, EXECUTION_RESUME_ON))
        return refused(s, "resumed", why);
    if (restricted)
        approve_group(s);
    if (rested) /* a pause does not count */
        s->x->expires_at = s->event->now + s->limits.execution_time;
    say_stage(s);
    return true;
}

static bool on_recover(struct step *s, __attribute__((unused)) struct err *why)
{
    for (size_t i = 0; i < s->x->pipeline->run_count; i++) {
        struct task_run *run = &s->x->tasks[i];
        if (move_task(s, i, TASK_RECOVER_ON) && run->puts == RUN_PUTS_PERHAPS) { /* whatever the cluster says from now on: nobody knows */
            run->puts = RUN_PUTS_SURE;
            run->dirty = s->x->dirty = true;
        }
    }
    return true;
}

static bool (*const HANDLERS[])(struct step *s, struct err *why) = {
    [ENGINE_START] = on_start,         [ENGINE_TASK_RESOLVED] = on_resolved, [ENGINE_TASK_PROGRESS] = on_progress,
    [ENGINE_TASK_DONE] = on_done,      [ENGINE_TIMER] = on_timer,            [ENGINE_CANCEL] = on_cancel,
    [ENGINE_PAUSE] = on_pause,         [ENGINE_RESUME] = on_resume,          [ENGINE_RECOVER] = on_recover,     [ENGINE_TASK_WAITS] = on_waits,
};

bool execution_step(struct execution *execution, const struct run_event *event, struct run_effects *effects, struct err *why)
{
    if (!execution_live(execution))
        return err_set(why, ERR_CONFLICT, "the execution is finished: %s", run_status_name(execution->status));
    struct step s = { execution, event, effects, limits_of(event) };
    struct stages_before before;
    look_at_stages(execution, &before);
    if (!HANDLERS[event->kind](&s, why))
        return false;
    advance(&s);
    count_idle(&s);
    tell_stages(&s, &before);
    set_timer(&s);
    return true;
}

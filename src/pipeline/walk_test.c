/* Random walks: whatever comes in whatever order, an execution keeps its promises. Seeded, so a failure can be repeated. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "pipeline/moves.h"
#include "pipeline/testing.h"

static const char *const PIPELINES[] = {
    "name: P\ninput: {x: '1'}\noutput: {o: '${S.A.output.v}'}\nstageOrder: [S, T]\nstages:\n"
    "  S: {taskOrder: ['A,B,C', D], tasks: {A: {type: CI}, B: {type: CI, ignoreFailure: true}, C: {type: CI, timeout: 1}, D: {type: CI}}}\n"
    "  T: {taskOrder: [E, 'F,G'], tasks: {E: {type: CI, preCondition: '${S.A.status} == \"COMPLETED\" && ${S.A.output.v} > 4'},"
    " F: {type: CI, preCondition: 'true == false'}, G: {type: CI, timeout: 2, ignoreFailure: true}}}\n",
    "name: P\nstageOrder: [S]\nstages: {S: {taskOrder: [A], tasks: {A: {type: CI}}}}\n",
    "name: P\nrollbacks: [{stage: S, name: R}, {stage: S, task: A, name: R}, {stage: T, name: R}]\nstageOrder: [S, T]\nstages:\n"
    "  S: {taskOrder: ['A,B'], tasks: {A: {type: CI, retries: 2}, B: {type: CI}}}\n"
    "  T: {taskOrder: [C], tasks: {C: {type: CI, retries: {count: 1, delay: 0}}}}\n",
    "name: P\nonFailedVerification: restoreAndHold\nrollbacks: [{stage: S, task: A, name: R}]\nstageOrder: [S]\nstages:\n"
    "  S: {taskOrder: [P, 'A,B', C], tasks: {P: {type: K8S, input: {action: APPLY}}, A: {type: CI},"
    " B: {type: K8S, timeout: 1, input: {action: '${input.x}'}}, C: {type: CI}}}\n",
    "name: P\nstageOrder: [S, T]\nstages: {S: {taskOrder: []}, T: {taskOrder: ['A,B'], tasks: {A: {type: CI}, B: {type: CI, timeout: 1}}}}\n",
};

struct walk {
    struct execution *x;
    json_t *output, *puts;
    unsigned seed;
    int64_t now;
};

static unsigned dice(struct walk *w, unsigned sides)
{
    return (unsigned)rand_r(&w->seed) / 7 % sides;
}

/* Of some tasks of each pipeline. */
static char *restricted(__attribute__((unused)) const struct run_facts *facts, __attribute__((unused)) const struct execution *execution,
                        size_t task)
{
    return task % 4 == 3 ? mem_text("restricted endpoint 'prod'") : NULL;
}

static const struct run_facts FACTS = { .id = "u", .project = "Dev", .restricted = restricted };

static struct run_event any_event(struct walk *w)
{
    static const enum run_event_kind OFTEN[] = {
        ENGINE_START,  ENGINE_TASK_DONE, ENGINE_TASK_DONE, ENGINE_TASK_DONE,     ENGINE_TASK_DONE,     ENGINE_TIMER,
        ENGINE_TIMER,  ENGINE_RECOVER,   ENGINE_PAUSE,     ENGINE_RESUME,        ENGINE_RESUME,        ENGINE_TASK_PROGRESS,
        ENGINE_TASK_WAITS, ENGINE_START,     ENGINE_TIMER,     ENGINE_TASK_RESOLVED, ENGINE_TASK_RESOLVED, ENGINE_CANCEL,
    };
    struct run_event event = { .kind = OFTEN[dice(w, dice(w, 12) ? ALEN(OFTEN) - 1 : ALEN(OFTEN))], .text = "because", .facts = &FACTS };
    event.administrator = !dice(w, 3);
    event.waits = (enum run_waits)dice(w, 4);
    w->now += dice(w, 20) ? dice(w, 3) * CLOCK_SECOND : CLOCK_MINUTE;
    event.now = w->now;
    event.task = dice(w, (unsigned)w->x->pipeline->run_count + 1);
    event.attempt = dice(w, 4) ? 0 : (int)dice(w, 3);
    event.result = (enum task_result)(dice(w, 8) ? TASK_COMPLETED : dice(w, 4));
    event.json = dice(w, 4) ? w->output : NULL;
    event.resolved = dice(w, 2) ? w->puts : NULL;
    event.untouched = !dice(w, 3);
    return event;
}

static char *whole(const struct execution *x)
{
    struct execution_row row;
    struct text out = { 0 };
    execution_write(x, &row);
    text_addf(&out, "%s|%s|%s|%d|%s|%lld|%lld\n", run_status_name(row.status), row.status_message, row.state, row.live, row.output,
              (long long)row.started_at, (long long)row.ended_at);
    execution_row_fini(&row);
    for (size_t i = 0; i < x->pipeline->run_count; i++) {
        struct task_row task;
        task_write(x, i, &task);
        text_addf(&out, "%s|%s|%s|%s|%s\n", run_status_name(task.status), task.state, task.input ? task.input : "",
                  task.output ? task.output : "", task.resolved ? task.resolved : "");
        task_row_fini(&task);
    }
    return text_take(&out);
}

static struct execution *reload(const struct execution *x)
{
    struct execution_row row;
    struct task_row tasks[16];
    struct execution *again = NULL;
    struct err e = { 0 };
    execution_write(x, &row);
    for (size_t i = 0; i < x->pipeline->run_count; i++)
        task_write(x, i, &tasks[i]);
    CHECK_OK(execution_read(x->pipeline, &row, x->input, x->outside, tasks, x->pipeline->run_count, &again, &e), e);
    execution_row_fini(&row);
    for (size_t i = 0; i < x->pipeline->run_count; i++)
        task_row_fini(&tasks[i]);
    return again;
}

static void check_move(const struct move *moves, size_t count, enum run_status from, enum run_status to)
{
    bool known = from == to;
    for (size_t i = 0; i < count; i++)
        known = known || (moves[i].from == from && moves[i].to == to);
    CHECK(known);
}

/* What held before and after one event. */
static void check_step(const struct execution *before, const struct execution *after, const struct run_effects *effects)
{
    size_t finished = 0;
    for (size_t i = 0; i < effects->count; i++) {
        const struct run_effect *e = &effects->at[i];
        finished += e->kind == EFFECT_FINISHED;
        if (e->kind == EFFECT_RUN_TASK)
            CHECK(after->tasks[e->task].status == RUN_RUNNING && after->tasks[e->task].attempt == e->attempt);
        if (e->kind == EFFECT_CANCEL_TASK)
            CHECK(after->tasks[e->task].status == RUN_CANCELING);
    }
    CHECK_INT(finished, execution_live(before) && !execution_live(after));
    bool active = false, works = false;
    for (size_t i = 0; i < after->pipeline->run_count; i++) {
        const struct task_run *was = &before->tasks[i], *is = &after->tasks[i];
        if (run_status_final(was->status))
            CHECK(was->status == is->status);
        if (was->status != is->status && was->status != RUN_NOT_STARTED)
            check_move(TASK_MOVES, TASK_MOVE_COUNT, was->status, is->status);
        CHECK(was->status == is->status || is->dirty);
        active = active || is->status == RUN_RUNNING || is->status == RUN_WAITING || is->status == RUN_CANCELING;
        CHECK((is->status == RUN_WAITING) == (is->retry_at != 0));
        CHECK(!is->waits || is->status == RUN_RUNNING);
        works = works || ((is->status == RUN_RUNNING || is->status == RUN_WAITING || is->status == RUN_CANCELING) && !is->waits);
        CHECK(run_status_final(is->status) == (is->ended_at != 0));
    }
    CHECK(!after->restricted || after->status == RUN_PAUSED);
    CHECK(active == (after->status == RUN_RUNNING || after->status == RUN_PAUSING || after->status == RUN_CANCELING || after->status == RUN_ROLLING_BACK));
    CHECK((after->idle_at != 0) == (active && !works) && after->expires_at >= before->expires_at);
    CHECK(before->status == after->status || after->dirty);
}

static bool one_step(struct walk *w)
{
    AUTO_EFFECTS effects = { 0 }, again = { 0 };
    struct run_event event = any_event(w);
    struct execution *next = execution_dup(w->x), *reloaded = reload(w->x);
    AUTO_FREE char *before = whole(w->x);
    execution_clean(next);
    bool moved = execution_step(next, &event, &effects, NULL);
    AUTO_FREE char *untouched = whole(w->x), *after = whole(next);
    CHECK_TEXT(untouched, before); /* the copy shares nothing that changes */
    CHECK(moved || text_is(before, after));
    CHECK(moved == execution_step(reloaded, &event, &again, NULL));
    AUTO_FREE char *twin = whole(reloaded);
    CHECK_TEXT(twin, after);
    CHECK_INT(effects.count, again.count);
    CHECK(!effects.count || !memcmp(effects.at, again.at, effects.count * sizeof *effects.at));
    CHECK(execution_live(w->x) || !moved);
    check_step(w->x, next, &effects);
    execution_destroy(&w->x);
    execution_destroy(&reloaded);
    w->x = next;
    return execution_live(w->x);
}

static void one_walk(struct pipeline *p, unsigned seed)
{
    AUTO_JSON *output = read_yaml("{v: 5, restored: 1}"), *puts = read_yaml("{puts: true}");
    struct walk w = { .x = execution_create(p, NULL, NULL, 0), .output = output, .puts = puts, .seed = seed, .now = CLOCK_SECOND };
    for (int i = 0; i < 250 && one_step(&w); i++)
        ;
    for (int i = 0; !execution_live(w.x) && i < 5; i++)
        one_step(&w);
    execution_destroy(&w.x);
}

TEST(walk, keeps_every_promise)
{
    for (size_t i = 0; i < ALEN(PIPELINES); i++) {
        AUTO(pipeline) p = make_pipeline(PIPELINES[i]);
        for (unsigned seed = 1; seed <= 60; seed++)
            one_walk(p, seed);
    }
}

TEST(walk, is_small_in_memory)
{
    CHECK(sizeof(struct execution) <= 256);
    CHECK(sizeof(struct task_run) <= 128);
}

#include "pipeline/engine.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "pipeline/moves.h"
#include "pipeline/testing.h"

static const char *const PIPELINE =
    "name: CD\nproject: Dev\ninput: {go: 'yes', DOCKER_TAG: ''}\noutput: {ip: '${Deploy.Apply.output.ip}', none: '${Build.B.output.x}'}\n"
    "stageOrder: [Build, Deploy]\nstages:\n"
    "  Build: {taskOrder: ['A,B'], tasks: {A: {type: CI}, B: {type: CI, ignoreFailure: true}}}\n"
    "  Deploy:\n    taskOrder: [Check, Apply]\n    tasks:\n"
    "      Check: {type: CI, preCondition: '${input.go} == \"yes\"'}\n"
    "      Apply: {type: K8S, timeout: 5, preCondition: '${Build.A.output.n} > 2'}\n";

enum { A, B, CHECK_TASK, APPLY };

struct story {
    struct execution *x;
    struct pipeline *p;
    int64_t now;
    struct text seen; /* effects, in words */
};

static struct story begin(const char *yaml)
{
    struct story s = { .now = 1000 * CLOCK_SECOND, .p = make_pipeline(yaml) };
    AUTO_JSON *input = NULL;
    struct err e = { 0 };
    CHECK_OK(pipeline_inputs(s.p, NULL, &input, &e), e);
    s.x = execution_create(s.p, input, NULL, s.now);
    return s;
}

static void end(struct story *s)
{
    execution_destroy(&s->x);
    pipeline_destroy(&s->p);
    text_fini(&s->seen);
}
#define AUTO_STORY __attribute__((cleanup(end))) struct story

static void say(struct text *out, const struct story *s, const struct run_effect *e)
{
    static const char *const WORDS[] = { "run", "cancel", "timer", "finished", "tell" };
    text_addf(out, "%s%s", out->length ? ", " : "", WORDS[e->kind]);
    if (e->kind == EFFECT_SET_TIMER)
        text_addf(out, " %lld", e->at ? (long long)((e->at - s->now) / CLOCK_SECOND) : 0LL);
    if (e->kind == EFFECT_NOTIFY)
        text_addf(out, " %lld/%zu%s%s", (long long)e->occasion, e->notification, e->task == RUN_NO_TASK ? "" : " of ", e->task == RUN_NO_TASK ? "" : s->p->tasks[e->task].name);
    if (e->kind == EFFECT_RUN_TASK || e->kind == EFFECT_CANCEL_TASK)
        text_addf(out, " %s%s%s", s->p->tasks[e->task].name, e->attempt > 1 ? "*" : "", e->resume ? " again" : "");
}

/* The effects of one event, or why it was ignored. Timers in seconds from now. */
static const char *step(struct story *s, struct run_event event)
{
    AUTO_EFFECTS effects = { 0 };
    struct err why = { 0 };
    event.now = s->now;
    bool moved = execution_step(s->x, &event, &effects, &why);
    text_fini(&s->seen);
    for (size_t i = 0; i < effects.count; i++)
        say(&s->seen, s, &effects.at[i]);
    return moved ? text_of(&s->seen) : (text_add(&s->seen, why.text), text_of(&s->seen));
}

#define EVENT(...) ((struct run_event){ __VA_ARGS__ })
#define START EVENT(.kind = ENGINE_START)
#define DONE(which, outcome, ...) EVENT(.kind = ENGINE_TASK_DONE, .task = (which), .result = (outcome), ##__VA_ARGS__)

/* "RUNNING Executing Build | A RUNNING, B RUNNING, ..." */
static const char *standing(struct story *s)
{
    text_fini(&s->seen);
    text_addf(&s->seen, "%s %s |", run_status_name(s->x->status), run_text(s->x->message));
    for (size_t i = 0; i < s->p->task_count; i++)
        if (s->x->tasks[i].status != RUN_NOT_STARTED)
            text_addf(&s->seen, " %s=%s", s->p->tasks[i].name, run_status_name(s->x->tasks[i].status));
    return text_of(&s->seen);
}

TEST(engine, runs_to_the_end)
{
    AUTO_STORY s = begin(PIPELINE);
    AUTO_JSON *three = read_yaml("{n: 3}"), *ip = read_yaml("{ip: 10.0.0.1}");
    CHECK_TEXT(standing(&s), "QUEUED  |");
    CHECK_TEXT(step(&s, START), "run A, run B, timer 604800");
    CHECK_TEXT(standing(&s), "RUNNING Executing Build | A=RUNNING B=RUNNING");
    CHECK_TEXT(step(&s, DONE(A, TASK_COMPLETED, .json = three)), "");
    CHECK_TEXT(step(&s, DONE(B, TASK_FAILED, .text = "no disk")), "run Check");
    CHECK_TEXT(standing(&s), "RUNNING Executing Deploy | A=COMPLETED B=FAILED_CONTINUE Check=RUNNING");
    CHECK_TEXT(step(&s, DONE(CHECK_TASK, TASK_COMPLETED)), "run Apply, timer 300");
    CHECK_TEXT(step(&s, EVENT(.kind = ENGINE_TASK_PROGRESS, .task = APPLY, .text = "1 of 2 updated")), "");
    CHECK_TEXT(run_text(s.x->tasks[APPLY].progress), "1 of 2 updated");
    CHECK_TEXT(step(&s, DONE(APPLY, TASK_COMPLETED, .json = ip, .text = "cluster unchanged", .warning = true)), "finished, timer 0");
    CHECK_TEXT(standing(&s), "COMPLETED Execution Completed. | A=COMPLETED B=FAILED_CONTINUE Check=COMPLETED Apply=COMPLETED");
    CHECK(s.x->tasks[APPLY].warning);
    AUTO_FREE char *output = json_write(s.x->output);
    CHECK_TEXT(output, "{\"ip\":\"10.0.0.1\",\"none\":\"\"}");
    CHECK_TEXT(step(&s, START), "the execution is finished: COMPLETED");
}

/* What was done stays done; of the group that failed only the rest runs. */
TEST(engine, goes_on_from_where_another_stopped)
{
    AUTO_STORY s = begin("name: p\nproject: q\noutput: {n: '${B.Two.output.n}'}\nstageOrder: [B, C]\nstages:\n"
                         "  B: {taskOrder: ['One,Two'], tasks: {One: {type: CI}, Two: {type: CI}}}\n"
                         "  C: {taskOrder: [Three], tasks: {Three: {type: CI, preCondition: '${B.Two.output.n} == 3'}}}\n");
    AUTO_JSON *three = read_yaml("{n: 3}");
    struct err e = { 0 };
    step(&s, START);
    step(&s, DONE(0, TASK_FAILED, .text = "no disk"));
    CHECK_TEXT(step(&s, DONE(1, TASK_COMPLETED, .json = three)), "finished, timer 0");
    struct execution *again = execution_create(s.p, s.x->input, NULL, s.now);
    CHECK_OK(execution_go_on(again, s.x, &e), e);
    struct execution *first = s.x;
    s.x = again;
    CHECK_TEXT(standing(&s), "QUEUED  | Two=COMPLETED");
    CHECK_TEXT(step(&s, START), "run One, timer 604800");
    CHECK_TEXT(step(&s, DONE(0, TASK_COMPLETED)), "run Three");
    CHECK_TEXT(step(&s, DONE(2, TASK_COMPLETED)), "finished, timer 0");
    AUTO_FREE char *output = json_write(s.x->output);
    CHECK_TEXT(output, "{\"n\":3}");
    struct execution *third = execution_create(s.p, s.x->input, NULL, s.now);
    CHECK(!execution_go_on(third, s.x, &e));
    CHECK_TEXT(e.text, "nothing of it failed: run it again from its start");
    CHECK(!execution_go_on(third, third, &e));
    CHECK_TEXT(e.text, "the execution is QUEUED; cancel it first, or wait for its end");
    execution_destroy(&third);
    execution_destroy(&first);
}

TEST(engine, skips_and_refuses_by_condition)
{
    AUTO_STORY s = begin(PIPELINE);
    AUTO_JSON *one = read_yaml("{n: 1}");
    step(&s, START);
    step(&s, DONE(A, TASK_COMPLETED, .json = one));
    step(&s, DONE(B, TASK_COMPLETED));
    CHECK_TEXT(step(&s, DONE(CHECK_TASK, TASK_COMPLETED)), "finished, timer 0");
    CHECK_TEXT(standing(&s), "COMPLETED Execution Completed. | A=COMPLETED B=COMPLETED Check=COMPLETED Apply=SKIPPED");
    CHECK_TEXT(run_text(s.x->tasks[APPLY].message), "the condition is false: ${Build.A.output.n} > 2");

    AUTO_STORY t = begin(PIPELINE);
    step(&t, START);
    step(&t, DONE(A, TASK_COMPLETED));
    step(&t, DONE(B, TASK_COMPLETED));
    step(&t, DONE(CHECK_TASK, TASK_COMPLETED));
    CHECK_TEXT(standing(&t),
               "FAILED Deploy.Apply: the condition cannot be evaluated: task 'Build.A' has no output: its status is COMPLETED |"
               " A=COMPLETED B=COMPLETED Check=COMPLETED Apply=FAILED");
}

TEST(engine, fails_after_the_others_of_the_group_ended)
{
    AUTO_STORY s = begin(PIPELINE);
    step(&s, START);
    CHECK_TEXT(step(&s, DONE(A, TASK_FAILED, .text = "image not found")), "");
    CHECK_TEXT(standing(&s), "RUNNING Executing Build | A=FAILED B=RUNNING");
    CHECK_INT(execution_stage_status(s.x, 0, NULL, NULL), RUN_RUNNING);
    CHECK_TEXT(step(&s, DONE(B, TASK_COMPLETED)), "finished, timer 0");
    CHECK_TEXT(standing(&s), "FAILED Build.A: image not found | A=FAILED B=COMPLETED");
    CHECK_INT(execution_stage_status(s.x, 0, NULL, NULL), RUN_FAILED);
    CHECK_INT(execution_stage_status(s.x, 1, NULL, NULL), RUN_NOT_STARTED);
}

TEST(engine, tries_again_with_growing_delays_up_to_a_limit)
{
    AUTO_STORY s = begin("name: P\nstageOrder: [S]\nstages: {S: {taskOrder: [T], tasks: {T: {type: CI}}}}");
    struct run_limits limits = { .attempts = 3 };
    CHECK_TEXT(step(&s, START), "run T, timer 604800");
    CHECK_TEXT(step(&s, DONE(0, TASK_RETRY, .text = "cluster not reachable", .limits = &limits)), "timer 1");
    CHECK_TEXT(standing(&s), "RUNNING Executing S | T=WAITING");
    CHECK_TEXT(step(&s, DONE(0, TASK_COMPLETED)), "the task is WAITING");
    CHECK_TEXT(step(&s, EVENT(.kind = ENGINE_TIMER)), "timer 1"); /* too early: set again */
    s.now += CLOCK_SECOND;
    CHECK_TEXT(step(&s, EVENT(.kind = ENGINE_TIMER)), "run T*, timer 604799");
    CHECK_TEXT(step(&s, DONE(0, TASK_FAILED, .attempt = 1)), "attempt 1 is over; it is attempt 2 now");
    CHECK_TEXT(step(&s, DONE(0, TASK_RETRY, .text = "429", .delay = 30 * CLOCK_SECOND, .limits = &limits)), "timer 30");
    s.now += 30 * CLOCK_SECOND;
    CHECK_TEXT(step(&s, EVENT(.kind = ENGINE_TIMER)), "run T*, timer 604769");
    CHECK_TEXT(step(&s, DONE(0, TASK_RETRY, .text = "still down", .limits = &limits)), "finished, timer 0");
    CHECK_TEXT(standing(&s), "FAILED S.T: still down (gave up after 3 attempts in 31 seconds) | T=FAILED");
}

TEST(engine, limits_the_time_of_tries)
{
    AUTO_STORY s = begin("name: P\nstageOrder: [S]\nstages: {S: {taskOrder: [T], tasks: {T: {type: CI}}}}");
    step(&s, START);
    s.now += 31 * CLOCK_MINUTE;
    step(&s, DONE(0, TASK_RETRY, .text = "down"));
    CHECK_TEXT(standing(&s), "FAILED S.T: down (gave up after 1 attempt in 31 minutes) | T=FAILED");
}

TEST(engine, tries_again_what_failed_as_often_as_its_task_says)
{
    AUTO_STORY s = begin("name: P\nstageOrder: [S]\nstages: {S: {taskOrder: [T], tasks: {T: {type: CI, retries: {count: 2, delay: 5, factor: 3}}}}}");
    step(&s, START);
    CHECK_TEXT(step(&s, DONE(0, TASK_FAILED, .text = "exit 1")), "timer 5");
    CHECK_TEXT(run_text(s.x->tasks[0].message), "exit 1 (retry 1 of 2)");
    s.now += 5 * CLOCK_SECOND;
    CHECK_TEXT(step(&s, EVENT(.kind = ENGINE_TIMER)), "run T*, timer 604795");
    CHECK_TEXT(step(&s, DONE(0, TASK_FAILED, .text = "exit 1")), "timer 15");
    s.now += 15 * CLOCK_SECOND;
    step(&s, EVENT(.kind = ENGINE_TIMER));
    CHECK_TEXT(step(&s, DONE(0, TASK_FAILED, .text = "exit 2")), "finished, timer 0");
    CHECK_TEXT(standing(&s), "FAILED S.T: exit 2 | T=FAILED");

    AUTO_STORY unsure = begin("name: P\nstageOrder: [S]\nstages: {S: {taskOrder: [T], tasks: {T: {type: CI, retries: 2}}}}");
    step(&unsure, START);
    CHECK_TEXT(step(&unsure, DONE(0, TASK_FAILED, .text = "it may have come", .unsure = true)), "finished, timer 0");
}

static const char *const WITH_ROLLBACKS =
    "name: P\nrollbacks: [{stage: S, name: Stage back}, {stage: S, task: A, name: A back}, {stage: S, task: B, name: B back}]\nstageOrder: [S]\nstages:\n"
    "  S: {taskOrder: ['A,B'], tasks: {A: {type: CI}, B: {type: CI}}}\n";

TEST(engine, rolls_back_what_failed_and_then_its_stage)
{
    AUTO_STORY s = begin(WITH_ROLLBACKS);
    step(&s, START);
    step(&s, DONE(A, TASK_FAILED, .text = "no disk"));
    CHECK_TEXT(step(&s, DONE(B, TASK_COMPLETED)), "run A back");
    CHECK_TEXT(standing(&s), "ROLLING_BACK S.A: no disk | A=FAILED B=COMPLETED");
    CHECK_TEXT(step(&s, EVENT(.kind = ENGINE_RECOVER)), "run A back again, timer 604800");
    CHECK_TEXT(step(&s, DONE(3, TASK_COMPLETED)), "run Stage back");
    CHECK_TEXT(step(&s, DONE(2, TASK_COMPLETED)), "finished, timer 0");
    CHECK_TEXT(standing(&s), "ROLLBACK_COMPLETED S.A: no disk. Rolled back. | A=FAILED B=COMPLETED");

    AUTO_STORY t = begin(WITH_ROLLBACKS);
    step(&t, START);
    step(&t, DONE(A, TASK_COMPLETED));
    CHECK_TEXT(step(&t, DONE(B, TASK_FAILED, .text = "no disk")), "run B back");
    CHECK_TEXT(step(&t, DONE(4, TASK_FAILED, .text = "B back #1: no cluster")), "run Stage back");
    CHECK_TEXT(step(&t, DONE(2, TASK_COMPLETED)), "finished, timer 0");
    CHECK_TEXT(standing(&t), "ROLLBACK_FAILED S.B: no disk. The rollback of S.B failed: B back #1: no cluster | A=COMPLETED B=FAILED");
}

TEST(engine, cancels_rollbacks)
{
    AUTO_STORY s = begin(WITH_ROLLBACKS);
    step(&s, START);
    step(&s, DONE(A, TASK_FAILED, .text = "no disk"));
    step(&s, DONE(B, TASK_COMPLETED));
    CHECK_TEXT(step(&s, EVENT(.kind = ENGINE_CANCEL, .text = "ann")), "cancel A back");
    CHECK_TEXT(step(&s, DONE(3, TASK_CANCELED)), "finished, timer 0");
    CHECK_TEXT(standing(&s), "ROLLBACK_FAILED S.A: no disk. The rollback of S.A failed: Execution canceled by ann. | A=FAILED B=COMPLETED");
    CHECK_INT(s.x->tasks[2].status, RUN_SKIPPED);
}

TEST(engine, cancels)
{
    AUTO_STORY s = begin(PIPELINE);
    step(&s, START);
    step(&s, DONE(B, TASK_RETRY, .text = "later"));
    struct run_event cancel = EVENT(.kind = ENGINE_CANCEL, .text = "ann", .reason = "wrong tag");
    CHECK_TEXT(step(&s, cancel), "cancel A, timer 0");
    CHECK_TEXT(standing(&s), "CANCELING Execution canceled by ann. | A=CANCELING B=CANCELED");
    CHECK_TEXT(step(&s, cancel), "the execution is CANCELING and cannot be canceled");
    CHECK_TEXT(step(&s, EVENT(.kind = ENGINE_TASK_RESOLVED, .task = A)), "the task is CANCELING");
    s.now++;
    CHECK_TEXT(step(&s, DONE(A, TASK_CANCELED, .text = "deployment web goes on by itself")), "finished");
    CHECK_TEXT(standing(&s), "CANCELED Build.B: Execution canceled by ann. | A=CANCELED B=CANCELED");
    CHECK_TEXT(run_text(s.x->tasks[A].message), "Execution canceled by ann. deployment web goes on by itself");
    CHECK_TEXT(json_text_at(s.x->canceled, "reason", ""), "wrong tag");

    AUTO_STORY queued = begin(PIPELINE);
    CHECK_TEXT(step(&queued, cancel), "finished");
    CHECK_TEXT(standing(&queued), "CANCELED Execution canceled by ann. |");

    AUTO_STORY late = begin("name: P\nstageOrder: [S]\nstages: {S: {taskOrder: [T], tasks: {T: {type: CI}}}}");
    step(&late, START);
    step(&late, cancel);
    CHECK_TEXT(step(&late, DONE(0, TASK_COMPLETED)), "finished");
    CHECK_TEXT(standing(&late), "CANCELED Execution canceled by ann. | T=COMPLETED");
}

TEST(engine, lets_a_task_end_itself)
{
    AUTO_STORY s = begin("name: P\nstageOrder: [S]\nstages: {S: {taskOrder: [T, U], tasks: {T: {type: CI}, U: {type: CI}}}}");
    step(&s, START);
    CHECK_TEXT(step(&s, DONE(0, TASK_CANCELED, .text = "superseded by #7")), "finished, timer 0");
    CHECK_TEXT(standing(&s), "CANCELED S.T: superseded by #7 | T=CANCELED");
}

TEST(engine, pauses_between_groups)
{
    AUTO_STORY s = begin(PIPELINE);
    step(&s, START);
    CHECK_TEXT(step(&s, EVENT(.kind = ENGINE_RESUME)), "the execution is RUNNING and cannot be resumed");
    CHECK_TEXT(step(&s, EVENT(.kind = ENGINE_PAUSE, .text = "bob")), "");
    CHECK_TEXT(standing(&s), "PAUSING Execution paused by bob. | A=RUNNING B=RUNNING");
    step(&s, DONE(A, TASK_COMPLETED));
    CHECK_TEXT(step(&s, DONE(B, TASK_COMPLETED)), "timer 0");
    CHECK_TEXT(standing(&s), "PAUSED Execution paused by bob. | A=COMPLETED B=COMPLETED");
    CHECK_TEXT(step(&s, EVENT(.kind = ENGINE_TIMER)), "");
    CHECK_TEXT(step(&s, EVENT(.kind = ENGINE_RESUME)), "run Check, timer 604800");
    CHECK_TEXT(standing(&s), "RUNNING Executing Deploy | A=COMPLETED B=COMPLETED Check=RUNNING");
}

static char *restricted(__attribute__((unused)) const struct run_facts *facts, __attribute__((unused)) const struct execution *execution,
                        size_t task)
{
    return task == CHECK_TASK || task == APPLY ? mem_text("restricted endpoint 'prod'") : NULL;
}

#define WAITS "Deploy.Check uses restricted endpoint 'prod'. An administrator of project Dev may resume it."

TEST(engine, waits_for_an_administrator)
{
    static const struct run_facts STRICT = { .id = "u", .project = "Dev", .restricted = restricted };
    static const char APPLY_WAITS[] = "PAUSED Deploy.Apply uses restricted endpoint 'prod'. An administrator of project Dev may resume it. |"
                                      " A=COMPLETED B=COMPLETED Check=COMPLETED";
    AUTO_STORY s = begin(PIPELINE);
    AUTO_JSON *output = read_yaml("{n: 3}");
    CHECK_TEXT(step(&s, EVENT(.kind = ENGINE_START, .facts = &STRICT)), "run A, run B, timer 604800");
    step(&s, DONE(A, TASK_COMPLETED, .facts = &STRICT, .json = output));
    CHECK_TEXT(step(&s, DONE(B, TASK_COMPLETED, .facts = &STRICT)), "timer 0");
    CHECK_TEXT(standing(&s), "PAUSED " WAITS " | A=COMPLETED B=COMPLETED");
    CHECK_TEXT(step(&s, EVENT(.kind = ENGINE_RECOVER, .facts = &STRICT)), "");
    CHECK_TEXT(step(&s, EVENT(.kind = ENGINE_RESUME, .text = "bob", .facts = &STRICT)), "this needs an administrator: " WAITS);
    CHECK_TEXT(step(&s, EVENT(.kind = ENGINE_RESUME, .text = "eve", .administrator = true, .facts = &STRICT)), "run Check, timer 604800");
    CHECK_TEXT(run_text(s.x->tasks[CHECK_TASK].approved), "eve");
    CHECK_TEXT(step(&s, DONE(CHECK_TASK, TASK_RETRY, .facts = &STRICT)), "timer 1"); /* approved with all its tries */
    s.now += CLOCK_SECOND;
    CHECK_TEXT(step(&s, EVENT(.kind = ENGINE_TIMER, .facts = &STRICT)), "run Check*, timer 604799");
    step(&s, DONE(CHECK_TASK, TASK_COMPLETED, .facts = &STRICT)); /* the next one asks again */
    CHECK_TEXT(standing(&s), APPLY_WAITS);
    CHECK_TEXT(step(&s, EVENT(.kind = ENGINE_CANCEL, .text = "bob", .facts = &STRICT)), "finished");
    CHECK(!s.x->restricted);
}

TEST(engine, stops_what_takes_too_long)
{
    AUTO_STORY s = begin("name: P\nstageOrder: [S]\nstages: {S: {taskOrder: [T], tasks: {T: {type: CI, timeout: 1}}}}");
    CHECK_TEXT(step(&s, START), "run T, timer 60");
    s.now += 61 * CLOCK_SECOND;
    CHECK_TEXT(step(&s, EVENT(.kind = ENGINE_TIMER)), "cancel T, timer 604739");
    CHECK_TEXT(step(&s, DONE(0, TASK_CANCELED, .text = "1 of 2 pods run")), "finished, timer 0");
    CHECK_TEXT(standing(&s), "FAILED S.T: timed out after 1 minute; 1 of 2 pods run | T=FAILED");

    AUTO_STORY whole = begin(PIPELINE);
    struct run_limits limits = { .execution_time = CLOCK_HOUR };
    step(&whole, EVENT(.kind = ENGINE_START, .limits = &limits));
    whole.now += CLOCK_HOUR;
    CHECK_TEXT(step(&whole, EVENT(.kind = ENGINE_TIMER)), "cancel A, cancel B, timer 0");
    step(&whole, DONE(A, TASK_CANCELED));
    CHECK_TEXT(step(&whole, DONE(B, TASK_CANCELED)), "finished");
    CHECK_TEXT(standing(&whole), "FAILED Execution took too long and was stopped. | A=CANCELED B=CANCELED");
}

TEST(engine, recovers)
{
    AUTO_STORY s = begin(PIPELINE);
    CHECK_TEXT(step(&s, EVENT(.kind = ENGINE_RECOVER)), "");
    step(&s, START);
    CHECK_TEXT(step(&s, EVENT(.kind = ENGINE_RECOVER)), "run A again, run B again, timer 604800");
    step(&s, DONE(B, TASK_RETRY));
    CHECK_TEXT(step(&s, EVENT(.kind = ENGINE_RECOVER)), "run A again, timer 1");
    step(&s, EVENT(.kind = ENGINE_CANCEL, .text = "ann"));
    CHECK_TEXT(step(&s, EVENT(.kind = ENGINE_RECOVER)), "cancel A again");
}

TEST(engine, completes_without_a_task)
{
    AUTO_STORY s = begin("name: P\nstageOrder: [S]\nstages: {S: {}}");
    CHECK_TEXT(step(&s, START), "finished");
    CHECK_TEXT(standing(&s), "COMPLETED Execution Completed. |");
    CHECK_INT(execution_stage_status(s.x, 0, NULL, NULL), RUN_COMPLETED);
}

TEST(engine, refuses_nonsense)
{
    AUTO_STORY s = begin(PIPELINE);
    CHECK_TEXT(step(&s, DONE(A, TASK_COMPLETED)), "the task is NOT_STARTED");
    CHECK_TEXT(step(&s, DONE(99, TASK_COMPLETED)), "the execution has no task 99");
    CHECK_TEXT(step(&s, EVENT(.kind = ENGINE_TASK_RESOLVED, .task = SIZE_MAX)), "the execution has no task 18446744073709551615");
    CHECK_TEXT(step(&s, EVENT(.kind = ENGINE_PAUSE)), "the execution is QUEUED and cannot be paused");
    step(&s, START);
    CHECK_TEXT(step(&s, START), "the execution is RUNNING and cannot be started");
    CHECK_TEXT(step(&s, DONE(A, TASK_FAILED, .text = "\xff")), "");
    CHECK_TEXT(run_text(s.x->tasks[A].message), "(a message that is no UTF-8)");
    AUTO_TEXT longer = { 0 };
    for (int i = 0; i < 5000; i++)
        text_add(&longer, i % 7 ? "x" : "\xc3\xa4");
    step(&s, DONE(B, TASK_FAILED, .text = text_of(&longer)));
    CHECK(strlen(run_text(s.x->tasks[B].message)) <= 4004);
}

/* ---- scope */

static enum scope_answer variable(__attribute__((unused)) void *owner, const char *name, struct value *ret,
                                  __attribute__((unused)) struct err *e)
{
    if (!text_is(name, "my pass"))
        return SCOPE_UNKNOWN;
    *ret = (struct value){ .json = json_string("hunter2"), .secret = true, .authored = true };
    return SCOPE_FOUND;
}

static const struct run_facts FACTS = {
    .id = "0190-x", .project = "Dev", .project_id = "p1", .pipeline_id = "pl1", .index = 3, .url = "http://s/x", .requested_by = "ann",
    .comments = "c", .created_at = CLOCK_SECOND, .updated_at = CLOCK_SECOND, .now = 1090 * CLOCK_SECOND, .variable = variable,
};

TEST(scope, knows_the_values_of_an_execution)
{
    static const struct {
        const char *text, *want;
    } CASES[] = {
        { "${input.go}", "yes" },
        { "${input.none}", "the pipeline has no input 'none'" },
        { "${var.my pass}", "hunter2" },
        { "${var.other}", "the project has no variable 'other'" },
        { "${Build.A.output.n}", "3" },
        { "${Build.A.output.m}", "task 'Build.A' has no output 'm': it has n" },
        { "${Build.B.output.x}", "task 'Build.B' has no output: its status is RUNNING" },
        { "${Build.A.input.x}", "7" },
        { "${Build.A.status} ${Build.B.status} ${Build.status} ${Deploy.status}", "COMPLETED RUNNING RUNNING NOT_STARTED" },
        { "${Build.C.status}", "${Build.C.status}: stage 'Build' has no task that 'C.status' begins with" },
        { "${name} ${project} #${executionIndex} ${executionId} ${requestBy} ${comments} ${executionUrl}", "CD Dev #3 0190-x ann c http://s/x" },
        { "${status} ${statusMessage} ${duration} ${stageName}/${taskName}", "RUNNING Executing Build 90 Build/B" },
        { "${startTime}|${endTime}", "1970-01-01 00:16:40.000000+00|" },
        { "${output.ip}", "the execution has no output 'ip'" },
        { "${HOME}", "${HOME}" },
    };
    AUTO_STORY s = begin(PIPELINE);
    AUTO_JSON *three = read_yaml("{n: 3}"), *seven = read_yaml("{x: 7}");
    step(&s, START);
    step(&s, EVENT(.kind = ENGINE_TASK_RESOLVED, .task = A, .json = seven));
    step(&s, DONE(A, TASK_COMPLETED, .json = three));
    struct execution_scope scope;
    execution_scope_init(&scope, s.x, &FACTS, B);
    for (size_t i = 0; i < ALEN(CASES); i++) {
        struct err e = { 0 };
        AUTO_FREE char *have = NULL;
        if (!expression_text(CASES[i].text, strlen(CASES[i].text), &scope.scope, &have, NULL, &e))
            have = mem_text(e.text);
        CHECK_TEXT(have, CASES[i].want);
    }
}

TEST(scope, tells_outside_from_written)
{
    AUTO_STORY s = begin(PIPELINE);
    struct execution_scope scope;
    execution_scope_init(&scope, s.x, NULL, RUN_NO_TASK);
    struct value tag = { 0 }, go = { 0 };
    struct err e = { 0 };
    CHECK(scope.scope.find(&scope.scope, "input.DOCKER_TAG", 16, &tag, &e) == SCOPE_FOUND);
    CHECK(tag.outside && !tag.authored);
    CHECK(scope.scope.find(&scope.scope, "input.go", 8, &go, &e) == SCOPE_FOUND);
    CHECK(!go.outside && go.authored);
    value_fini(&tag);
    value_fini(&go);
    AUTO_JSON *outside = read_yaml("[go]");
    AUTO(execution) x = execution_create(s.p, s.x->input, outside, 0);
    execution_scope_init(&scope, x, NULL, RUN_NO_TASK);
    CHECK(scope.scope.find(&scope.scope, "input.go", 8, &go, &e) == SCOPE_FOUND);
    CHECK(go.outside);
    value_fini(&go);
}

/* ---- the table, rows and the API */

TEST(moves, are_of_one_meaning_each)
{
    for (size_t i = 0; i < TASK_MOVE_COUNT; i++) {
        CHECK(task_move(TASK_MOVES[i].from, TASK_MOVES[i].on) == &TASK_MOVES[i]);
        CHECK(!run_status_final(TASK_MOVES[i].from));
    }
    for (size_t i = 0; i < EXECUTION_MOVE_COUNT; i++) {
        const struct move *m = &EXECUTION_MOVES[i];
        CHECK(execution_move(m->from, m->on) == m);
        CHECK(!run_status_final(m->from));
        CHECK(run_status_final(m->to) == (m->ask == ASK_FINISHED));
    }
}

TEST(rows, refuse_what_does_not_fit)
{
    AUTO(pipeline) p = make_pipeline(PIPELINE);
    struct execution_row newer = { .state = (char *)"{}", .state_version = EXECUTION_STATE_VERSION + 1 };
    struct execution_row beyond = { .state = (char *)"{\"group\": 9}", .state_version = 1 }, good = { .state = (char *)"{}", .state_version = 1 };
    struct task_row tenth = { .index = 10, .state = (char *)"{}" }, broken = { .state = (char *)"{" };
    struct execution *never = NULL;
    struct err e = { 0 };
    CHECK(!execution_read(p, &newer, NULL, NULL, NULL, 0, &never, &e));
    CHECK_TEXT(e.text, "its state has version 2; this server knows up to 1");
    CHECK(!execution_read(p, &beyond, NULL, NULL, NULL, 0, &never, &e));
    CHECK_HAS(e.text, "it stands at group 9; the pipeline has 3");
    CHECK(!execution_read(p, &good, NULL, NULL, &tenth, 1, &never, &e));
    CHECK_HAS(e.text, "row of task 10; the pipeline has 4 tasks");
    CHECK(!execution_read(p, &good, NULL, NULL, &broken, 1, &never, &e));
    CHECK_HAS(e.text, "task 0");
}

TEST(api, shows_code_streams_execution)
{
    AUTO_STORY s = begin(PIPELINE);
    step(&s, START);
    step(&s, DONE(A, TASK_FAILED, .text = "boom"));
    AUTO_JSON *api = execution_to_api(s.x, &FACTS, true), *brief = execution_to_api(s.x, &FACTS, false);
    static const struct {
        const char *path, *want;
    } TEXTS[] = {
        { "name", "CD" },
        { "_link", "/codestream/api/executions/0190-x" },
        { "_pipelineLink", "/codestream/api/pipelines/pl1" },
        { "status", "RUNNING" },
        { "statusMessage", "Executing Build" },
        { "_executedBy", "ann" },
        { "createdAt", "1970-01-01 00:00:01.000000+00" },
        { "stages.Build.id", "0190-x~0" },
        { "stages.Build.status", "RUNNING" },
        { "stages.Build.statusMessage", "Executing Build" },
        { "stages.Build.taskOrder[0]", "A,B" },
        { "stages.Build.tasks.A.id", "0190-x~0.0" },
        { "stages.Build.tasks.A.status", "FAILED" },
        { "stages.Build.tasks.A.failureMessage", "boom" },
        { "stages.Build.tasks.B.status", "RUNNING" },
        { "stages.Deploy.tasks.Apply.id", "0190-x~1.1" },
        { "stages.Deploy.tasks.Apply.preCondition", "${Build.A.output.n} > 2" },
        { "stages.Deploy.status", "NOT_STARTED" },
    };
    for (size_t i = 0; i < ALEN(TEXTS); i++)
        CHECK_TEXT(json_text_at(api, TEXTS[i].path, NULL), TEXTS[i].want);
    CHECK_INT(json_int_at(api, "_durationInMicros", 0), 90 * CLOCK_SECOND);
    CHECK_INT(json_int_at(api, "index", 0), 3);
    CHECK_INT(json_object_size(json_object_get(brief, "stages")), 0);
}

#define STILL(which, what) EVENT(.kind = ENGINE_TASK_WAITS, .task = (which), .waits = RUN_WAITS_##what)

/* What is written, read back. */
static void restart(struct story *s)
{
    struct execution_row row;
    struct task_row tasks[8];
    struct execution *again = NULL;
    struct err e = { 0 };
    execution_write(s->x, &row);
    for (size_t i = 0; i < s->p->run_count; i++)
        task_write(s->x, i, &tasks[i]);
    CHECK_OK(execution_read(s->p, &row, s->x->input, NULL, tasks, s->p->run_count, &again, &e), e);
    execution_row_fini(&row);
    for (size_t i = 0; i < s->p->run_count; i++)
        task_row_fini(&tasks[i]);
    execution_destroy(&s->x);
    s->x = again;
}

static const char *shown(const struct story *s)
{
    static char text[64];
    snprintf(text, sizeof text, "%s %s %s", run_status_name(execution_shown(s->x)), run_status_name(execution_stage_status(s->x, 0, NULL, NULL)),
             run_status_name(task_run_shown(&s->x->tasks[0])));
    return text;
}

/* To the world, execution, stage and task wait for a person; and that takes nothing of the time that the run may take. */
TEST(engine, waits_for_people_without_losing_time)
{
    AUTO_STORY s = begin("name: p\nproject: q\nstageOrder: [S]\nstages: {S: {taskOrder: ['Ask,Work'], tasks: {Ask: {type: UserOperation}, Work: {type: CI}}}}\n");
    CHECK_TEXT(step(&s, START), "run Ask, run Work, timer 604800");
    CHECK_TEXT(step(&s, STILL(0, PERSON)), "");
    CHECK_TEXT(shown(&s), "WAITING WAITING WAITING");
    s.now += CLOCK_DAY; /* something works beside it: that counts */
    CHECK_TEXT(step(&s, DONE(1, TASK_COMPLETED)), "timer 0");
    s.now += 20 * CLOCK_DAY;
    restart(&s);
    CHECK_TEXT(shown(&s), "WAITING WAITING WAITING");
    CHECK_TEXT(step(&s, EVENT(.kind = ENGINE_RECOVER)), "run Ask again");
    CHECK_TEXT(step(&s, EVENT(.kind = ENGINE_TIMER)), "");
    CHECK_TEXT(step(&s, EVENT(.kind = ENGINE_PAUSE)), "");
    CHECK_TEXT(shown(&s), "PAUSING WAITING WAITING");
    CHECK_TEXT(step(&s, EVENT(.kind = ENGINE_RESUME)), "");
    CHECK_TEXT(step(&s, STILL(0, NO)), "timer 518400");
    CHECK_TEXT(shown(&s), "RUNNING RUNNING RUNNING");
    CHECK_INT(execution_waits(s.x), RUN_WAITS_NO);
    CHECK_TEXT(step(&s, STILL(0, TIME)), "timer 0");
    CHECK_TEXT(shown(&s), "RUNNING RUNNING RUNNING");
    CHECK_INT(execution_waits(s.x), RUN_WAITS_TIME);
    CHECK_TEXT(step(&s, EVENT(.kind = ENGINE_CANCEL, .text = "anna")), "cancel Ask");
    CHECK_TEXT(step(&s, STILL(0, PERSON)), "the task is CANCELING");
    CHECK_TEXT(shown(&s), "CANCELING CANCELING CANCELING");
}

TEST(engine, a_task_whose_next_try_waits_runs_to_the_world)
{
    AUTO_STORY s = begin("name: p\nproject: q\nstageOrder: [S]\nstages: {S: {taskOrder: [A], tasks: {A: {type: CI}}}}\n");
    step(&s, START);
    step(&s, DONE(0, TASK_RETRY, .text = "no cluster"));
    CHECK_INT(s.x->tasks[0].status, RUN_WAITING);
    CHECK_TEXT(shown(&s), "RUNNING RUNNING RUNNING");
}

/* What people said to the other execution counts there only. */
TEST(engine, going_on_asks_again)
{
    AUTO_STORY s = begin("name: p\nproject: q\nstageOrder: [S]\nstages: {S: {taskOrder: [First, Ask, Put, Check], tasks: {First: {type: CI}, Ask: {type: UserOperation}, Put: {type: K8S}, Check: {type: CI}}}}\n");
    struct err e = { 0 };
    step(&s, START);
    for (size_t i = 0; i < 3; i++)
        step(&s, DONE(i, TASK_COMPLETED));
    CHECK_TEXT(step(&s, DONE(3, TASK_FAILED, .text = "no")), "finished, timer 0");
    struct execution *first = s.x;
    s.x = execution_create(s.p, first->input, NULL, s.now);
    CHECK_OK(execution_go_on(s.x, first, &e), e);
    CHECK_TEXT(standing(&s), "QUEUED  | First=COMPLETED Put=COMPLETED");
    CHECK_TEXT(step(&s, START), "run Ask, timer 604800");
    CHECK_TEXT(step(&s, DONE(1, TASK_COMPLETED)), "run Check");
    execution_destroy(&first);
}

/* Its own time begins when it may act. */
TEST(engine, a_task_outside_its_window_does_not_time_out)
{
    AUTO_STORY s = begin("name: p\nproject: q\nstageOrder: [S]\nstages: {S: {taskOrder: [Put], tasks: {Put: {type: K8S, timeout: 5}}}}\n");
    CHECK_TEXT(step(&s, START), "run Put, timer 300");
    CHECK_TEXT(step(&s, STILL(0, WINDOW)), "timer 0");
    s.now += CLOCK_DAY;
    CHECK_TEXT(step(&s, EVENT(.kind = ENGINE_TIMER)), "");
    CHECK_TEXT(shown(&s), "RUNNING RUNNING RUNNING");
    CHECK_TEXT(step(&s, STILL(0, NO)), "timer 300");
    s.now += 5 * CLOCK_MINUTE;
    CHECK_TEXT(step(&s, EVENT(.kind = ENGINE_TIMER)), "cancel Put, timer 604500");
}

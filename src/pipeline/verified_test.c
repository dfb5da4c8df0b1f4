/* What a failed verification does to an execution: restores, their order, and what is told. */
#include <string.h>

#include "base/clock.h"
#include "pipeline/testing.h"

static const char *const PIPELINE =
    "name: P\nonFailedVerification: restoreAndHold\nrollbacks: [{stage: S, task: Check, name: Back}]\nstageOrder: [S]\nstages:\n"
    "  S: {taskOrder: [Map, Web, Look, Check], tasks: {Map: {type: K8S, input: {action: apply}}, Web: {type: K8S, input: {action: '${input.how}'}},"
    " Look: {type: K8S, input: {action: GET}}, Check: {type: REST}}}\n";

enum { MAP, WEB, LOOK, CHECK_TASK, BACK, RESTORE_WEB, RESTORE_MAP };

struct story {
    struct pipeline *p;
    struct execution *x;
    int64_t now;
};

static struct story begin(const char *yaml)
{
    struct story s = { .p = make_pipeline(yaml), .now = CLOCK_HOUR };
    s.x = execution_create(s.p, NULL, NULL, s.now);
    return s;
}

static void end(struct story *s)
{
    execution_destroy(&s->x);
    pipeline_destroy(&s->p);
}
#define AUTO_STORY __attribute__((cleanup(end))) struct story

static void step(struct story *s, struct run_event event)
{
    AUTO_EFFECTS effects = { 0 };
    struct err why = { 0 };
    event.now = s->now;
    CHECK_OK(execution_step(s->x, &event, &effects, &why), why);
}

#define STEP(s, ...) step(s, (struct run_event){ __VA_ARGS__ })
#define DONE(s, which, outcome, ...) STEP(s, .kind = ENGINE_TASK_DONE, .task = (which), .result = (outcome), ##__VA_ARGS__)

/* The task resolves to put something, and ends. */
static void put(struct story *s, size_t task, enum task_result result, bool untouched)
{
    AUTO_JSON *puts = read_yaml("{puts: true}");
    STEP(s, .kind = ENGINE_TASK_RESOLVED, .task = task, .resolved = puts);
    DONE(s, task, result, .text = result == TASK_FAILED ? "no pod is ready" : "1 applied", .untouched = untouched);
}

static void restored(struct story *s, size_t task, int count, const char *says)
{
    AUTO_JSON *output = json_pack("{s:i}", "restored", count);
    CHECK_INT(s->x->tasks[task].status, RUN_RUNNING);
    DONE(s, task, TASK_COMPLETED, .text = says, .json = output);
}

static void expect(const struct story *s, enum run_status status, const char *message, bool unverified)
{
    CHECK_TEXT(run_status_name(s->x->status), run_status_name(status));
    CHECK_TEXT(run_text(s->x->message), message);
    CHECK_INT(execution_unverified(s->x), unverified);
}

TEST(verified, has_a_restore_for_each_task_that_may_put_something)
{
    static const char *const NAMES[] = { "rollback of S.Check", "restore of S.Web", "restore of S.Map" };
    AUTO_STORY s = begin(PIPELINE);
    CHECK_INT(s.p->run_count, 7);
    CHECK_INT(s.p->on_failed, PIPELINE_RESTORES | PIPELINE_HOLDS);
    for (size_t i = 0; i < ALEN(NAMES); i++) {
        AUTO_FREE char *path = pipeline_task_path(s.p, BACK + i);
        CHECK_TEXT(path, NAMES[i]);
    }
}

TEST(verified, puts_back_after_the_rollbacks_what_was_put_last_first)
{
    AUTO_STORY s = begin(PIPELINE);
    STEP(&s, .kind = ENGINE_START);
    put(&s, MAP, TASK_COMPLETED, false);
    put(&s, WEB, TASK_COMPLETED, false);
    DONE(&s, LOOK, TASK_COMPLETED);
    DONE(&s, CHECK_TASK, TASK_FAILED, .text = "500 instead of 200");
    expect(&s, RUN_ROLLING_BACK, "S.Check: 500 instead of 200", true);
    DONE(&s, BACK, TASK_COMPLETED);
    restored(&s, RESTORE_WEB, 1, "restored acme/web:1 of P#3");
    restored(&s, RESTORE_MAP, 0, "");
    expect(&s, RUN_ROLLBACK_COMPLETED, "S.Check: 500 instead of 200. Rolled back. Restored acme/web:1 of P#3", true);
}

TEST(verified, is_about_what_a_run_put_and_nothing_else)
{
    AUTO_STORY s = begin(PIPELINE);
    STEP(&s, .kind = ENGINE_START);
    put(&s, MAP, TASK_COMPLETED, false);
    put(&s, WEB, TASK_FAILED, true); /* the cluster refused all of it */
    restored(&s, RESTORE_MAP, 1, "restored ConfigMap x of P#3");
    expect(&s, RUN_ROLLBACK_COMPLETED, "S.Web: no pod is ready. Restored ConfigMap x of P#3", true);

    AUTO_STORY t = begin(PIPELINE);
    STEP(&t, .kind = ENGINE_START);
    put(&t, MAP, TASK_FAILED, true);
    expect(&t, RUN_FAILED, "S.Map: no pod is ready", false);
}

TEST(verified, remembers_what_an_earlier_attempt_put)
{
    AUTO_STORY s = begin(PIPELINE);
    STEP(&s, .kind = ENGINE_START);
    put(&s, MAP, TASK_RETRY, false);
    s.now += CLOCK_MINUTE;
    STEP(&s, .kind = ENGINE_TIMER);
    put(&s, MAP, TASK_FAILED, true);
    expect(&s, RUN_ROLLING_BACK, "S.Map: no pod is ready", true);
    CHECK_INT(s.x->tasks[RESTORE_MAP].status, RUN_RUNNING);
}

TEST(verified, counts_what_nobody_knows_of)
{
    AUTO_STORY s = begin(PIPELINE);
    AUTO_JSON *puts = read_yaml("{puts: true}");
    STEP(&s, .kind = ENGINE_START);
    STEP(&s, .kind = ENGINE_TASK_RESOLVED, .task = MAP, .resolved = puts);
    STEP(&s, .kind = ENGINE_RECOVER); /* the process ended while it was at it */
    put(&s, MAP, TASK_FAILED, true);
    expect(&s, RUN_ROLLING_BACK, "S.Map: no pod is ready", true);
}

TEST(verified, fails_as_ever_when_there_was_nothing_to_put_back)
{
    AUTO_STORY s = begin(PIPELINE);
    STEP(&s, .kind = ENGINE_START);
    put(&s, MAP, TASK_FAILED, false);
    restored(&s, RESTORE_MAP, 0, "nothing was put back: nothing has been verified there yet");
    expect(&s, RUN_FAILED, "S.Map: no pod is ready. Nothing was put back: nothing has been verified there yet", true);
}

TEST(verified, says_what_could_not_be_put_back)
{
    AUTO_STORY s = begin(PIPELINE);
    STEP(&s, .kind = ENGINE_START);
    put(&s, MAP, TASK_COMPLETED, false);
    put(&s, WEB, TASK_FAILED, false);
    DONE(&s, RESTORE_WEB, TASK_FAILED, .text = "the cluster refused it");
    restored(&s, RESTORE_MAP, 1, "restored ConfigMap x of P#3");
    expect(&s, RUN_ROLLBACK_FAILED, "S.Web: no pod is ready. The restore of S.Web failed: the cluster refused it", true);
}

TEST(verified, leaves_everything_as_it_is_when_somebody_cancels)
{
    AUTO_STORY s = begin(PIPELINE);
    STEP(&s, .kind = ENGINE_START);
    put(&s, MAP, TASK_COMPLETED, false);
    STEP(&s, .kind = ENGINE_CANCEL, .text = "ann");
    DONE(&s, WEB, TASK_CANCELED);
    expect(&s, RUN_CANCELED, "S.Web: Execution canceled by ann.", false);

    AUTO_STORY t = begin(PIPELINE); /* while it is put back: that stops, and people must look */
    STEP(&t, .kind = ENGINE_START);
    put(&t, MAP, TASK_COMPLETED, false);
    put(&t, WEB, TASK_FAILED, false);
    STEP(&t, .kind = ENGINE_CANCEL, .text = "ann");
    DONE(&t, RESTORE_WEB, TASK_CANCELED);
    CHECK_INT(t.x->tasks[RESTORE_MAP].status, RUN_SKIPPED);
    expect(&t, RUN_ROLLBACK_FAILED, "S.Web: no pod is ready. The restore of S.Web failed: Execution canceled by ann.", true);
}

TEST(verified, puts_back_what_took_too_long)
{
    AUTO_STORY s = begin("name: P\nonFailedVerification: restore\nstageOrder: [S]\nstages:\n"
                         "  S: {taskOrder: [Map, Wait], tasks: {Map: {type: K8S, input: {action: APPLY}}, Wait: {type: REST}}}\n");
    STEP(&s, .kind = ENGINE_START);
    put(&s, 0, TASK_COMPLETED, false);
    s.now += 8 * CLOCK_DAY;
    STEP(&s, .kind = ENGINE_TIMER);
    DONE(&s, 1, TASK_CANCELED);
    expect(&s, RUN_ROLLING_BACK, "Execution took too long and was stopped.", true);
    s.now += CLOCK_HOUR;
    STEP(&s, .kind = ENGINE_TIMER); /* it has a time of its own */
    restored(&s, 2, 1, "restored ConfigMap x of P#3");
    expect(&s, RUN_ROLLBACK_COMPLETED, "Execution took too long and was stopped. Restored ConfigMap x of P#3", true);
}

TEST(verified, survives_being_written_and_read)
{
    AUTO_STORY s = begin(PIPELINE);
    struct execution_row row;
    struct task_row task;
    struct execution *again = NULL;
    struct err e = { 0 };
    STEP(&s, .kind = ENGINE_START);
    put(&s, MAP, TASK_COMPLETED, false);
    execution_write(s.x, &row);
    task_write(s.x, MAP, &task);
    CHECK_OK(execution_read(s.p, &row, NULL, NULL, &task, 1, &again, &e), e);
    CHECK(execution_put(again));
    execution_row_fini(&row);
    task_row_fini(&task);
    execution_destroy(&again);
}

TEST(verified, says_what_the_key_may_be)
{
    AUTO_PROBLEMS found = { 0 };
    AUTO_JSON *definition = read_yaml("{name: P, onFailedVerification: undo}");
    struct pipeline *p = NULL;
    CHECK(!pipeline_create(definition, &p, &found));
    CHECK_TEXT(found.at[0].pointer, "/onFailedVerification");
    CHECK_TEXT(found.at[0].text, "onFailedVerification 'undo' is none of restore, hold, restoreAndHold");
}

#include "pipeline/moves.h"

#include "base/text.h"

const struct move TASK_MOVES[] = {
    { RUN_NOT_STARTED, TASK_BEGIN_ON, RUN_RUNNING, ASK_RUN, "its condition holds, or it has none" },
    { RUN_NOT_STARTED, TASK_SKIP_ON, RUN_SKIPPED, ASK_NOTHING, "the pipeline goes on without it" },
    { RUN_NOT_STARTED, TASK_FAIL_ON, RUN_FAILED, ASK_NOTHING, "its condition cannot be evaluated" },
    { RUN_NOT_STARTED, TASK_FAIL_IGNORED_ON, RUN_FAILED_CONTINUE, ASK_NOTHING, "its condition cannot be evaluated" },
    { RUN_RUNNING, TASK_RESOLVE_ON, RUN_RUNNING, ASK_NOTHING, "what it will act on is stored before it acts" },
    { RUN_RUNNING, TASK_PROGRESS_ON, RUN_RUNNING, ASK_NOTHING, "for people who watch" },
    { RUN_RUNNING, TASK_WAIT_ON, RUN_RUNNING, ASK_NOTHING, "shown as WAITING while it is people; the execution's time stands still" },
    { RUN_RUNNING, TASK_COMPLETE_ON, RUN_COMPLETED, ASK_NOTHING, "done" },
    { RUN_RUNNING, TASK_FAIL_ON, RUN_FAILED, ASK_NOTHING, "also when tries or time for tries are used up" },
    { RUN_RUNNING, TASK_FAIL_IGNORED_ON, RUN_FAILED_CONTINUE, ASK_NOTHING, "the pipeline goes on" },
    { RUN_RUNNING, TASK_RETRY_ON, RUN_WAITING, ASK_NOTHING, "the next try waits, longer each time" },
    { RUN_RUNNING, TASK_STOP_ON, RUN_CANCELED, ASK_NOTHING, "it ended itself, superseded for example" },
    { RUN_RUNNING, TASK_TIMEOUT_ON, RUN_CANCELING, ASK_CANCEL, "it fails once it has stopped" },
    { RUN_RUNNING, TASK_CANCEL_ON, RUN_CANCELING, ASK_CANCEL, "it is asked to stop and to say what is left" },
    { RUN_RUNNING, TASK_RECOVER_ON, RUN_RUNNING, ASK_RESUME, "whatever it began is found again" },
    { RUN_WAITING, TASK_DUE_ON, RUN_RUNNING, ASK_RUN, "the next attempt" },
    { RUN_WAITING, TASK_FAIL_ON, RUN_FAILED, ASK_NOTHING, "its time is over" },
    { RUN_WAITING, TASK_FAIL_IGNORED_ON, RUN_FAILED_CONTINUE, ASK_NOTHING, "its time is over" },
    { RUN_WAITING, TASK_CANCEL_ON, RUN_CANCELED, ASK_NOTHING, "nothing of it runs" },
    { RUN_CANCELING, TASK_PROGRESS_ON, RUN_CANCELING, ASK_NOTHING, "for people who watch" },
    { RUN_CANCELING, TASK_COMPLETE_ON, RUN_COMPLETED, ASK_NOTHING, "it had succeeded before it could stop" },
    { RUN_CANCELING, TASK_FAIL_ON, RUN_FAILED, ASK_NOTHING, "it failed before it could stop, or its time was over" },
    { RUN_CANCELING, TASK_FAIL_IGNORED_ON, RUN_FAILED_CONTINUE, ASK_NOTHING, "it failed before it could stop, or its time was over" },
    { RUN_CANCELING, TASK_STOP_ON, RUN_CANCELED, ASK_NOTHING, "stopped; its message says what is left" },
    { RUN_CANCELING, TASK_RECOVER_ON, RUN_CANCELING, ASK_CANCEL_AGAIN, "nobody knows whether it heard" },
};

const struct move EXECUTION_MOVES[] = {
    { RUN_QUEUED, EXECUTION_START_ON, RUN_RUNNING, ASK_NOTHING, "the first group of tasks begins" },
    { RUN_QUEUED, EXECUTION_CANCEL_ON, RUN_CANCELED, ASK_FINISHED, "it never ran" },
    { RUN_RUNNING, EXECUTION_NEXT_ON, RUN_RUNNING, ASK_NOTHING, "the next group of tasks begins" },
    { RUN_RUNNING, EXECUTION_COMPLETE_ON, RUN_COMPLETED, ASK_FINISHED, "its outputs are resolved" },
    { RUN_RUNNING, EXECUTION_FAIL_ON, RUN_FAILED, ASK_FINISHED, "what ran beside the failed task was waited for" },
    { RUN_RUNNING, EXECUTION_STOP_ON, RUN_CANCELED, ASK_FINISHED, "a task ended itself as canceled" },
    { RUN_RUNNING, EXECUTION_ROLL_BACK_ON, RUN_ROLLING_BACK, ASK_NOTHING, "its rollbacks run one after the other, those of tasks first; then what was verified last is put back" },
    { RUN_RUNNING, EXECUTION_CANCEL_ON, RUN_CANCELING, ASK_NOTHING, "running tasks are asked to stop" },
    { RUN_RUNNING, EXECUTION_EXPIRE_ON, RUN_CANCELING, ASK_NOTHING, "running tasks are asked to stop; then it fails" },
    { RUN_RUNNING, EXECUTION_PAUSE_ON, RUN_PAUSING, ASK_NOTHING, "running tasks go on to their end" },
    { RUN_RUNNING, EXECUTION_RESTRICT_ON, RUN_PAUSED, ASK_NOTHING, "an administrator's resume lets the group begin" },
    { RUN_PAUSING, EXECUTION_IDLE_ON, RUN_PAUSED, ASK_NOTHING, "nothing runs; the next group waits" },
    { RUN_PAUSING, EXECUTION_RESUME_ON, RUN_RUNNING, ASK_NOTHING, "as if nothing had been asked" },
    { RUN_PAUSING, EXECUTION_COMPLETE_ON, RUN_COMPLETED, ASK_FINISHED, "nothing was left to pause" },
    { RUN_PAUSING, EXECUTION_FAIL_ON, RUN_FAILED, ASK_FINISHED, "nothing is left to pause" },
    { RUN_PAUSING, EXECUTION_STOP_ON, RUN_CANCELED, ASK_FINISHED, "a task ended itself as canceled" },
    { RUN_PAUSING, EXECUTION_ROLL_BACK_ON, RUN_ROLLING_BACK, ASK_NOTHING, "nothing is left to pause" },
    { RUN_PAUSING, EXECUTION_CANCEL_ON, RUN_CANCELING, ASK_NOTHING, "running tasks are asked to stop" },
    { RUN_PAUSING, EXECUTION_EXPIRE_ON, RUN_CANCELING, ASK_NOTHING, "running tasks are asked to stop; then it fails" },
    { RUN_PAUSED, EXECUTION_RESUME_ON, RUN_RUNNING, ASK_NOTHING, "the group that waited begins" },
    { RUN_PAUSED, EXECUTION_CANCEL_ON, RUN_CANCELED, ASK_FINISHED, "nothing runs" },
    { RUN_ROLLING_BACK, EXECUTION_ROLLED_BACK_ON, RUN_ROLLBACK_COMPLETED, ASK_FINISHED, "what failed was undone" },
    { RUN_ROLLING_BACK, EXECUTION_ROLLBACK_FAIL_ON, RUN_ROLLBACK_FAILED, ASK_FINISHED, "people must look" },
    { RUN_ROLLING_BACK, EXECUTION_FAIL_ON, RUN_FAILED, ASK_FINISHED, "there was nothing to put back" },
    { RUN_ROLLING_BACK, EXECUTION_CANCEL_ON, RUN_ROLLING_BACK, ASK_NOTHING, "the rollback that runs is asked to stop, and no other begins" },
    { RUN_ROLLING_BACK, EXECUTION_EXPIRE_ON, RUN_ROLLING_BACK, ASK_NOTHING, "the same" },
    { RUN_CANCELING, EXECUTION_STOP_ON, RUN_CANCELED, ASK_FINISHED, "the last running task has stopped" },
    { RUN_CANCELING, EXECUTION_ROLL_BACK_ON, RUN_ROLLING_BACK, ASK_NOTHING, "its time was over: what was verified last is put back" },
    { RUN_CANCELING, EXECUTION_FAIL_ON, RUN_FAILED, ASK_FINISHED, "its time was over" },
};

const size_t TASK_MOVE_COUNT = ALEN(TASK_MOVES), EXECUTION_MOVE_COUNT = ALEN(EXECUTION_MOVES);

static const struct move *find(const struct move *moves, size_t count, enum run_status from, enum trigger on)
{
    for (size_t i = 0; i < count; i++)
        if (moves[i].from == from && moves[i].on == on)
            return &moves[i];
    return NULL;
}

const struct move *task_move(enum run_status from, enum trigger on)
{
    return find(TASK_MOVES, TASK_MOVE_COUNT, from, on);
}

const struct move *execution_move(enum run_status from, enum trigger on)
{
    return find(EXECUTION_MOVES, EXECUTION_MOVE_COUNT, from, on);
}

/* ---- as a document */

static const char *const TRIGGER_TEXTS[] = {
#define X(name, why) why,
    TASK_TRIGGERS(X) EXECUTION_TRIGGERS(X)
#undef X
};

static const char *const ASK_TEXTS[ASK_COUNT] = {
    [ASK_NOTHING] = "",
    [ASK_RUN] = "run the task",
    [ASK_RESUME] = "run the task again, as resumed",
    [ASK_CANCEL] = "cancel the task",
    [ASK_CANCEL_AGAIN] = "cancel the task again",
    [ASK_FINISHED] = "free its slot",
};

static void print(struct text *out, const char *title, const struct move *moves, size_t count)
{
    text_addf(out, "\n## %s\n\n| from | when | to | then | why |\n| --- | --- | --- | --- | --- |\n", title);
    for (size_t i = 0; i < count; i++)
        text_addf(out, "| %s | %s | %s | %s | %s |\n", run_status_name(moves[i].from), TRIGGER_TEXTS[moves[i].on],
                  run_status_name(moves[i].to), ASK_TEXTS[moves[i].ask], moves[i].why);
}

char *moves_print(void)
{
    struct text out = { 0 };
    text_add(&out, "# How executions and tasks move\n\n"
                   "Printed from the tables in `src/pipeline/moves.c` by `slipway states`; do not edit it. What is not in a table changes\n"
                   "nothing: a late or repeated event is ignored. A stage's status is worked out from its tasks.\n");
    print(&out, "Executions", EXECUTION_MOVES, EXECUTION_MOVE_COUNT);
    print(&out, "Tasks", TASK_MOVES, TASK_MOVE_COUNT);
    return text_take(&out);
}

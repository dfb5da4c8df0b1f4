/* pipeline/moves.h - the tables of moves, for engine.c and for what prints them. Not for other rooms. */
#pragma once

#include "pipeline/engine.h"

#define TASK_TRIGGERS(X)                                                     \
    X(BEGIN, "its group's turn came")                                        \
    X(SKIP, "its condition is false")                                        \
    X(RESOLVE, "its inputs are resolved")                                    \
    X(PROGRESS, "it reports progress")                                       \
    X(WAIT, "it waits for people or for a time, or does so no longer")       \
    X(COMPLETE, "it succeeded")                                              \
    X(FAIL, "it failed for good")                                            \
    X(FAIL_IGNORED, "it failed for good, and ignoreFailure is set")          \
    X(RETRY, "it failed, and another try may help, or its retries say so")                          \
    X(DUE, "the time of its next try came")                                  \
    X(TIMEOUT, "its time is over")                                           \
    X(CANCEL, "somebody cancels the execution, or the execution's time is over") \
    X(STOP, "it has stopped before its end")                                 \
    X(RECOVER, "the server restarted")

#define EXECUTION_TRIGGERS(X)                                  \
    X(START, "a slot of the pipeline's concurrency is free, and its change window is open") \
    X(NEXT, "a group of tasks ended, another follows")         \
    X(COMPLETE, "the last group of tasks ended")               \
    X(FAIL, "a task failed, or the time is over; nothing runs any more") \
    X(STOP, "somebody canceled it, or a task ended as canceled; nothing runs any more") \
    X(ROLL_BACK, "a task failed, and it or its stage has a rollback, or what it put on a cluster can be taken back") \
    X(ROLLED_BACK, "all its rollbacks and restores completed")              \
    X(ROLLBACK_FAIL, "a rollback or restore failed, or was canceled")     \
    X(CANCEL, "somebody cancels it")                           \
    X(EXPIRE, "its time is over")                              \
    X(PAUSE, "somebody pauses it")                             \
    X(IDLE, "a group of tasks ended while pausing")            \
    X(RESTRICT, "the next group of tasks uses what is restricted, and whoever runs it is no administrator") \
    X(RESUME, "somebody resumes it")

enum trigger {
#define X(name, why) TASK_##name##_ON,
    TASK_TRIGGERS(X)
#undef X
#define X(name, why) EXECUTION_##name##_ON,
        EXECUTION_TRIGGERS(X)
#undef X
            TRIGGER_COUNT
};

enum ask { /* what the runner must do once the new state is stored */
    ASK_NOTHING,
    ASK_RUN,
    ASK_RESUME,
    ASK_CANCEL,
    ASK_CANCEL_AGAIN,
    ASK_FINISHED,
    ASK_COUNT
};

struct move {
    enum run_status from;
    enum trigger on;
    enum run_status to;
    enum ask ask;
    const char *why;
};

extern const struct move TASK_MOVES[], EXECUTION_MOVES[];
extern const size_t TASK_MOVE_COUNT, EXECUTION_MOVE_COUNT;

/* NULL: the trigger means nothing there. */
const struct move *task_move(enum run_status from, enum trigger on);
const struct move *execution_move(enum run_status from, enum trigger on);

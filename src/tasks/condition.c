/* Condition: the run goes on when it is true, and fails when it is not. Repeatable: nothing outside is touched. */
#include <stdio.h>
#include <string.h>

#include "base/fields.h"
#include "base/mem.h"
#include "pipeline/condition.h"
#include "tasks/task.h"

struct condition_task {
    struct task_job *job;
    struct timer timer;
    bool met;
    char *text;
};

struct condition_input {
    char *condition;
};
static const struct field FIELDS[] = { { "condition", FIELD_TEXT, offsetof(struct condition_input, condition), REQUIRED } };

static void condition_free(struct condition_task *t)
{
    timer_clear(&t->timer);
    free(t->text);
    free(t);
}

static void end(struct timer *timer)
{
    struct condition_task *t = OWNER(timer, struct condition_task, timer);
    struct task_job *job = t->job;
    char message[400] = "";
    AUTO_JSON *output = json_pack("{s:b}", "result", t->met);
    if (!t->met)
        snprintf(message, sizeof message, "the condition is not met: %.300s", t->text);
    text_mend(message);
    struct task_outcome outcome = { .result = t->met ? TASK_COMPLETED : TASK_FAILED, .message = message, .output = output };
    condition_free(t);
    task_done(job, &outcome);
}

static bool evaluate(struct condition_task *t, struct err *e)
{
    struct condition *condition = NULL;
    bool ok = condition_parse(t->text, strlen(t->text), 0, &condition, e) && condition_evaluate(condition, t->job->scope, &t->met, NULL, e);
    condition_destroy(&condition);
    return ok;
}

static bool condition_start(struct task_job *job, struct err *e)
{
    struct condition_task *t = NEW(struct condition_task);
    *t = (struct condition_task){ .job = job, .text = mem_text(json_text_at(job->input, "condition", "")) };
    if (text_empty(t->text) ? !err_field(e, "condition", "condition is missing") : !evaluate(t, e)) {
        condition_free(t);
        return false;
    }
    job->context = t;
    timer_set(&t->timer, job->services->loop, 0, end);
    return true;
}

static void condition_cancel(struct task_job *job)
{
    condition_free(job->context);
    task_done(job, &(struct task_outcome){ .result = TASK_CANCELED, .message = "canceled" });
}

static const char *const NO_ENDPOINTS[] = { NULL };

const struct task_type TASK_CONDITION = {
    .name = "Condition", .fields = FIELDS, .field_count = ALEN(FIELDS), .endpoints = NO_ENDPOINTS, .crash = TASK_REPEATABLE,
    .condition = "condition", .start = condition_start, .cancel = condition_cancel,
};

/* Pipeline: another pipeline as a part of this run; its end is the task's. Findable: the same attempt finds the execution that it began. */
#include <stdio.h>
#include <string.h>

#include "base/fields.h"
#include "base/mem.h"
#include "tasks/task.h"

struct pipeline_input { /* read by name below; here for what is checked before any run */
    char *pipeline;
    json_t *properties;
};
static const struct field FIELDS[] = {
    { "pipeline", FIELD_TEXT, offsetof(struct pipeline_input, pipeline), REQUIRED },
    { "inputProperties", FIELD_OBJECT, offsetof(struct pipeline_input, properties), OPTIONAL },
};

static void ended(struct task_job *job, const struct task_part *part, const struct err *e)
{
    char message[1200] = "";
    if (!part) {
        enum task_result result = e->kind == ERR_CANCELED ? TASK_CANCELED : err_retry(e->kind) ? TASK_RETRY : TASK_FAILED;
        task_done(job, &(struct task_outcome){ .result = result, .message = e->text });
        return;
    }
    AUTO_FREE char *link = mem_format("/codestream/api/executions/%s", part->execution);
    AUTO_JSON *output = json_pack("{s:s, s:I, s:s, s:O, s:O}", "executionStatus", run_status_name(part->status), "executionIndex", (json_int_t)part->index,
                                  "pipelineExecutionLink", link, "inputProperties", part->input, "outputProperties", part->output);
    struct task_outcome outcome = { .result = part->status == RUN_COMPLETED ? TASK_COMPLETED : TASK_FAILED, .message = message, .output = output };
    if (part->status != RUN_COMPLETED)
        snprintf(message, sizeof message, "%.120s #%lld: %.1000s", part->pipeline, (long long)part->index, part->message);
    text_mend(message);
    task_done(job, &outcome);
}

static void begin(struct task_job *job)
{
    struct err e = { 0 };
    AUTO_FREE char *name = job->context;
    job->context = NULL;
    if (!task_part_start(job, name, json_object_get(job->input, "inputProperties"), ended, &e))
        task_done(job, &(struct task_outcome){ .result = TASK_FAILED, .message = e.text });
}

static void abandon(struct task_job *job)
{
    free(job->context);
}

static bool pipeline_start(struct task_job *job, struct err *e)
{
    AUTO_JSON *input = NULL;
    if (!expression_resolve_tree(job->input, NULL, job->scope, &input, NULL, e))
        return false;
    AUTO_FREE char *name = json_as_text(json_object_get(input, "pipeline"));
    if (text_empty(name))
        return err_field(e, "pipeline", "pipeline is missing");
    AUTO_JSON *resolved = json_pack("{s:s}", "pipeline", name);
    if (job->resolved) /* it began before a crash: its part is found */
        return task_part_start(job, name, json_object_get(job->input, "inputProperties"), ended, e);
    job->context = TAKE(name);
    task_resolved(job, input, resolved, begin, abandon);
    return true;
}

static const char *const NO_ENDPOINTS[] = { NULL };

const struct task_type TASK_PIPELINE = {
    .name = "Pipeline", .fields = FIELDS, .field_count = ALEN(FIELDS), .endpoints = NO_ENDPOINTS, .crash = TASK_FINDABLE,
    .start = pipeline_start, .cancel = task_part_cancel, .leave = task_part_cancel,
};

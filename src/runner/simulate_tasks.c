/* What the tasks of a simulated run would send. */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "runner/simulate_work.h"

#define REQUEST_TIME (8 * CLOCK_SECOND)
#define ANSWER_BYTES (4 << 20) /* of YAML and diffs together */

/* ---- references: what only a real run can know keeps its name */

static enum scope_answer guess_find(struct scope *scope, const char *reference, size_t n, struct value *ret, struct err *e)
{
    struct guess *g = OWNER(scope, struct guess, scope);
    struct reference r;
    reference_parse(reference, n, g->known.execution->pipeline, &r);
    switch (r.kind) {
    case REFERENCE_TASK_INPUT:
    case REFERENCE_TASK_OUTPUT:
    case REFERENCE_TASK_STATUS:
    case REFERENCE_TASK_MESSAGE:
    case REFERENCE_STAGE_STATUS:
    case REFERENCE_STAGE_MESSAGE:
    case REFERENCE_OUTPUT: {
        AUTO_FREE char *whole = mem_format("${%.*s}", (int)n, reference);
        json_object_set_new(g->unknown, whole, json_true());
        *ret = (struct value){ .json = json_string(whole), .outside = true };
        return SCOPE_FOUND;
    }
    default:
        return g->known.scope.find(&g->known.scope, reference, n, ret, e);
    }
}

/* ---- one task */

static void step(struct timer *t);

static void next(struct simulation *s)
{
    s->runs[s->at].task++;
    timer_set(&s->step, s->runner->config.loop, 0, step);
}

/* One place for how both ends of a preview look. */
static void refuse(struct simulation *s, const char *key, const char *text)
{
    json_set_text(s->task_row, key, text);
    next(s);
}

static void show_unknown(struct simulation *s)
{
    json_t *names = json_array(), *value;
    const char *name;
    json_object_foreach(s->guess.unknown, name, value)
        json_array_append_new(names, json_string(name));
    if (json_array_size(names))
        json_object_set_new(s->task_row, "unknown", names);
    else
        json_decref(names);
}

static void previewed(struct task_preview *p)
{
    struct simulation *s = OWNER(p, struct simulation, preview);
    s->previewing = false;
    AUTO_FREE char *text = json_write(p->answer);
    s->bytes += strlen(text);
    show_unknown(s);
    if (s->bytes > ANSWER_BYTES)
        refuse(s, "notSimulated", "the answer is longer than 4 MiB; narrow it to one webhook");
    else {
        json_object_update(s->task_row, p->answer);
        next(s);
    }
}

static void preview(struct simulation *s, struct would_run *run, const struct pipeline_task *task)
{
    struct err e = { 0 };
    json_decref(s->guess.unknown);
    s->guess = (struct guess){ .scope.find = guess_find, .unknown = json_object() };
    execution_scope_init(&s->guess.known, run->execution, &run->facts, task->index);
    s->job = (struct task_job){ .type = task_type_find(task->type), .services = &s->runner->services, .project = run->pipeline_row.project,
                                .pipeline = run->pipeline_row.name, .stage = run->pipeline->stages[task->stage].name, .task = task->name,
                                .execution = run->facts.id, .execution_index = run->index, .attempt = 1, .input = task->input,
                                .scope = &s->guess.scope, .push = &run->task_push };
    if (!s->job.type || !s->job.type->preview) {
        refuse(s, "notSimulated", s->job.type ? "tasks of this type are not simulated" : "this task type does not exist here");
        return;
    }
    AUTO_FREE char *restricted = restricted_uses(&run->facts, run->execution, task->index);
    if (restricted) {
        AUTO_FREE char *why = mem_format("it uses %s: only an administrator may look at it", restricted);
        refuse(s, "notSimulated", why);
        return;
    }
    s->preview = (struct task_preview){ .job = &s->job, .timeout_micros = REQUEST_TIME, .done = previewed };
    json_decref(s->endpoints);
    s->endpoints = json_object();
    if (!endpoints_by_role(&run->knowledge, task->endpoints, &s->guess.scope, s->endpoints, &e)) {
        refuse(s, "problem", e.text);
        return;
    }
    s->job.endpoints = s->endpoints;
    if (!s->job.type->preview(&s->preview, &e)) {
        show_unknown(s);
        refuse(s, "problem", e.text);
        return;
    }
    s->previewing = true;
    s->preview.diff = s->diff && !json_object_size(s->guess.unknown); /* a cluster could only refuse what is not known */
}

static json_t *task_row(const struct would_run *run, const struct pipeline_task *task)
{
    AUTO_FREE char *path = pipeline_task_path(run->pipeline, task->index);
    json_t *row = json_pack("{s:s, s:s}", "task", path, "type", task->type);
    if (*task->condition_text)
        json_set_text(row, "condition", task->condition_text);
    return row;
}

static void step(struct timer *t)
{
    struct simulation *s = OWNER(t, struct simulation, step);
    struct would_run *run = &s->runs[s->at];
    if (run->task >= run->pipeline->task_count) {
        s->then(s);
        return;
    }
    const struct pipeline_task *task = &run->pipeline->tasks[run->task];
    s->task_row = task_row(run, task);
    json_array_append_new(json_object_get(run->row, "tasks"), s->task_row);
    if (s->over)
        refuse(s, "notSimulated", "the simulation's time was over");
    else if (++s->tasks > SIMULATION_TASKS)
        refuse(s, "notSimulated", "only the first 50 tasks are simulated; narrow it to one webhook");
    else
        preview(s, run, task);
}

void simulation_tasks(struct simulation *s, void (*then)(struct simulation *s))
{
    json_object_set_new(s->runs[s->at].row, "tasks", json_array());
    s->then = then;
    timer_set(&s->step, s->runner->config.loop, 0, step);
}

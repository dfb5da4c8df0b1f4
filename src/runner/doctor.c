/* The checks in their order, and what they need of the database. */
#include "runner/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "runner/decide.h"
#include "runner/doctor_work.h"
#include "runner/sweep.h"
#include "store/held.h"
#include "store_sql.h"

void runner_mark(const struct runner *r, char ret[RUNNER_MARK])
{
    AUTO_FREE char *hash = text_sha256(r->config.node, strlen(r->config.node));
    snprintf(ret, RUNNER_MARK, "%s", hash);
}

/* ---- reading */

static bool read_token(struct doctor *d, struct db_tx *tx, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_doctor_token, "i", d->by.token_id);
    if (db_next(r, e)) {
        snprintf(d->token, sizeof d->token, "%s", db_text(r, 0));
        d->token_ends = db_int(r, 1);
    }
    return !db_rows_failed(r);
}

static void compile(struct doctor *d)
{
    AUTO_JSON *definition = NULL;
    AUTO_PROBLEMS problems = { 0 };
    const char *text = d->pipeline_row.definition;
    if (json_read(text, strlen(text), &definition, &d->wrong) && !pipeline_create(definition, &d->pipeline, &problems))
        problems_ok(&problems, &d->wrong);
}

/* The clusters that the pipeline's tasks name in so many words, each with its namespace once. */
static void add_cluster(struct doctor *d, const struct pipeline_task *task)
{
    const char *name = json_text_at(task->endpoints, "kubernetesServer", ""), *in = json_text_at(task->input, "namespace", "");
    json_t *endpoint = json_object_get(d->knowledge.endpoints, name);
    if (!endpoint || strstr(in, "${") || d->cluster_count == DOCTOR_CLUSTERS)
        return;
    for (size_t i = 0; i < d->cluster_count; i++)
        if (d->clusters[i].endpoint == endpoint && text_is(d->clusters[i].namespace_, in))
            return;
    d->clusters[d->cluster_count++] = (struct doctor_cluster){ endpoint, mem_text(in), pipeline_task_path(d->pipeline, task->index) };
}

static bool read_hook(struct doctor *d, struct db_tx *tx, struct err *e)
{
    int64_t id = 0;
    return hub_hook_of_webhook(tx, d->webhook.object.id, &id, e) && (!id || hub_hook_get(tx, id, &d->hook, &d->hook_found, e));
}

static bool read_hold(struct doctor *d, struct db_tx *tx, int64_t webhook_id, struct err *e)
{
    AUTO_FREE int64_t *ids = NULL;
    size_t count = 0;
    struct hold h = { 0 };
    bool found = false;
    if (!holds_of(tx, webhook_id, &ids, &count, e) || (count && !hold_get(tx, ids[0], &h, &found, e)))
        return false;
    if (found)
        hold_says(&h, false, d->hold);
    hold_fini(&h);
    return true;
}

static bool read_all(struct doctor *d, struct db_tx *tx, int64_t webhook_id, struct err *e)
{
    bool found = false;
    struct run_row nobody = { 0 };
    AUTO_JSON *all = json_pack("[s]", "*");
    if (!webhook_get(tx, webhook_id, &d->webhook, e) || !trigger_get(tx, webhook_id, &d->trigger, &found, e))
        return false;
    nobody.project_id = d->webhook.object.project_id;
    if (!run_pipeline_get(tx, d->webhook.pipeline_id, &d->pipeline_row, e) ||
        !knowledge_read(tx, d->runner->config.seal, d->webhook.object.project_id, all, &d->knowledge, e) ||
        !restricted_read(tx, &nobody, &d->knowledge, e) || !decide_owner(d->runner, tx, &d->trigger, &d->by, d->owner, e) || !read_token(d, tx, e) || !read_hook(d, tx, e) ||
        !listener_heard(tx, d->webhook.listener_id, &d->first, &d->last, e) || !runner_sweep_status(d->runner, tx, webhook_id, &d->sweep, e) ||
        !windows_gate(tx, d->webhook.pipeline_id, clock_now(), &d->gate, e) || !held_counts(tx, webhook_id, clock_now(), &d->runs, &d->held, e) ||
        !read_hold(d, tx, webhook_id, e))
        return false;
    compile(d);
    for (size_t i = 0; d->pipeline && i < d->pipeline->task_count; i++)
        if (text_is(d->pipeline->tasks[i].type, "K8S"))
            add_cluster(d, &d->pipeline->tasks[i]);
    d->mask = mask_create_json(d->knowledge.secrets);
    return true;
}

bool doctor_read(struct runner *r, struct db_tx *tx, int64_t webhook_id, bool administrator, struct doctor **ret, struct err *e)
{
    AUTO(doctor) d = NEW(struct doctor);
    d->runner = r;
    d->rows = json_array();
    if (!read_all(d, tx, webhook_id, e))
        return false;
    d->knowledge.administrator = administrator;
    *ret = TAKE(d);
    return true;
}

void doctor_destroy(struct doctor **doctor)
{
    struct doctor *d = TAKE(*doctor);
    if (!d)
        return;
    timer_clear(&d->timer);
    for (size_t i = 0; i < d->cluster_count; i++) {
        free(d->clusters[i].namespace_);
        free(d->clusters[i].task);
    }
    webhook_row_fini(&d->webhook);
    trigger_row_fini(&d->trigger);
    run_pipeline_fini(&d->pipeline_row);
    pipeline_destroy(&d->pipeline);
    knowledge_fini(&d->knowledge);
    hub_hook_row_fini(&d->hook);
    json_decref(d->sweep);
    json_decref(d->rows);
    json_decref(d->review);
    mask_destroy(&d->mask);
    free(d);
}

/* ---- one after the other */

static void say(struct doctor *d, const char *status, const char *todo, const char *format, va_list args)
{
    char says[1200];
    vsnprintf(says, sizeof says, format, args);
    json_t *row = json_pack("{s:s, s:s, s:s, s:s}", "check", DOCTOR_CHECKS[d->at].name, "status", status, "says", says, "todo", todo);
    if (row) /* else what came from outside was no text */
        json_array_append_new(d->rows, row);
}

void doctor_note(struct doctor *d, const char *status, const char *todo, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(d, status, todo, format, args);
    va_end(args);
}

void doctor_say(struct doctor *d, const char *status, const char *todo, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(d, status, todo, format, args);
    va_end(args);
    doctor_next(d);
}

static void run(struct timer *t)
{
    struct doctor *d = OWNER(t, struct doctor, timer);
    struct runner *r = d->runner;
    if (DOCTOR_CHECKS[d->at].name && !r->draining) {
        DOCTOR_CHECKS[d->at].run(d);
        return;
    }
    d->done(d->context);
    runner_ended(r);
}

void doctor_next(struct doctor *d)
{
    d->at++;
    timer_set(&d->timer, d->runner->config.loop, 0, run);
}

void doctor_start(struct doctor *d, void (*done)(void *context), void *context)
{
    d->done = done;
    d->context = context;
    runner_began(d->runner);
    timer_set(&d->timer, d->runner->config.loop, 0, run);
}

json_t *doctor_answer(const struct doctor *d)
{
    return mask_json(d->mask, d->rows);
}

/* An execution comes into being: checked, given its number, and queued; all in somebody's write. */
#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/mem.h"
#include "base/text.h"
#include "runner/inside.h"
#include "store/kept.h"
#include "store/runs.h"

static bool compile(const struct run_pipeline *row, struct pipeline **ret, struct err *e)
{
    json_t *definition = NULL;
    AUTO_PROBLEMS problems = { 0 };
    if (!json_read(row->definition, strlen(row->definition), &definition, e))
        return err_wrap(e, "pipeline %s", row->name);
    bool ok = pipeline_create(definition, ret, &problems);
    json_decref(definition);
    return ok || problems_ok(&problems, e) || err_wrap(e, "pipeline %s", row->name);
}

static char *json_or(const json_t *json, const char *otherwise)
{
    return json ? json_write(json) : mem_text(otherwise);
}

/* Inputs that the pipeline does not declare are an error of whoever gave them; the injected ones of a push are not. */
static bool inputs_known(const struct pipeline *p, const struct run_request *request, struct err *e)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)request->input, name, value)
        if (!request->push_id && !request->parent && !pipeline_declares(p, name))
            return err_field(e, name, "the pipeline has no input '%s'", name);
    return true;
}

/* Sealed with the new execution's own id, which is made for it. NULL: none of what it declares is secret. */
static char *seal_input(const struct runner *r, const struct run_request *request, const struct pipeline *p, struct run_new *run)
{
    AUTO_JSON *kept = json_object();
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)request->secrets, name, value)
        if (pipeline_declares(p, name))
            json_object_set(kept, name, value);
    if (!json_object_size(kept))
        return NULL;
    AUTO_FREE char *identity = seal_of_execution(id_new(run->uuid)), *plain = json_write(kept);
    return seal_close(r->config.seal, identity, plain, strlen(plain));
}

/* The state of one that goes on from where another stopped. */
static bool take_over(struct execution *fresh, const struct run_row *from, struct err *e)
{
    struct execution *old = NULL;
    struct execution_row state = { .status = from->status, .status_message = from->status_message, .state = from->state,
                                   .state_version = from->state_version, .live = from->live, .output = from->output,
                                   .requested_at = from->requested_at, .started_at = from->started_at, .ended_at = from->ended_at };
    bool ok = execution_read(fresh->pipeline, &state, from->input, from->outside, from->tasks, from->task_count, &old, e) &&
              execution_go_on(fresh, old, e);
    execution_destroy(&old);
    return ok;
}

/* The rows of what is done already; the caller's. */
static struct task_row *done_rows(const struct execution *fresh, size_t *ret_count)
{
    struct task_row *rows = mem_alloc((fresh->pipeline->run_count + 1) * sizeof *rows);
    *ret_count = 0;
    for (size_t i = 0; i < fresh->pipeline->run_count; i++)
        if (fresh->tasks[i].dirty)
            task_write(fresh, i, &rows[(*ret_count)++]);
    return rows;
}

static bool insert_row(struct runner *r, struct db_tx *tx, const struct run_request *request, const struct run_pipeline *row, struct pipeline *p,
                       const json_t *input, struct run_made *ret, struct err *e)
{
    struct execution_row state = { 0 };
    struct execution *fresh = execution_create(p, (json_t *)input, (json_t *)request->outside, clock_now());
    struct run_new run = { .project_id = row->project_id, .pipeline_id = row->id, .user_id = request->user_id, .token_id = request->token_id, .webhook_id = request->webhook_id,
                           .push_id = request->push_id, .attempt = request->attempt, .now = clock_now(), .name = row->name, .rerun_of = request->rerun_of };
    AUTO_FREE char *inputs = json_write(input), *outside = json_or(request->outside, "[]"), *tags = json_or(request->tags, "[]");
    AUTO_FREE char *sealed = seal_input(r, request, p, &run);
    if (request->goes_on && !take_over(fresh, request->goes_on, e))
        return execution_destroy(&fresh), false;
    execution_write(fresh, &state);
    struct task_row *done = done_rows(fresh, &run.task_count);
    run.tasks = done;
    run.sealed_input = sealed;
    run.state = state.state;
    if (request->parent)
        run.parent = *request->parent;
    run.input = inputs;
    run.outside = outside;
    run.tags = tags;
    run.comments = request->comments ? request->comments : "";
    run.executed_by = request->executed_by ? request->executed_by : "";
    run.triggered_by = request->triggered_by ? request->triggered_by : "";
    run.source = request->source ? request->source : "";
    bool ok = definition_pin(tx, row->project_id, row->definition, &run.definition_id, e) &&
              run_next_index(tx, row->id, &run.index, e) && run_insert(tx, &run, &ret->id, e);
    if (ok && !ret->id)
        ok = err_set(e, ERR_CONFLICT, "this push was run already");
    ok = ok && (!request->goes_on || kept_moved(tx, request->goes_on->id, ret->id, e));
    ret->index = run.index;
    memcpy(ret->uuid, run.uuid, sizeof ret->uuid);
    for (size_t i = 0; i < run.task_count; i++)
        task_row_fini(&done[i]);
    free(done);
    execution_row_fini(&state);
    execution_destroy(&fresh);
    return ok;
}

/* ---- when all places of the pipeline are taken */

static bool place_free(struct db_tx *tx, const struct run_pipeline *row, struct err *e)
{
    int64_t places = 0;
    return run_places(tx, row->id, &places, e) &&
           (places > 0 || err_set(e, ERR_CONFLICT, "pipeline '%s' runs as often as its concurrency lets it (%lld), and its concurrencyPolicy is refuse", row->name,
                                  (long long)row->concurrency));
}

/* It never ran: it ends as if somebody had canceled it. */
static bool give_way(struct runner *r, struct db_tx *tx, int64_t id, const char *to, struct err *e)
{
    struct run_row row = { 0 };
    AUTO(pipeline) p = NULL;
    AUTO(execution) x = NULL;
    AUTO_EFFECTS effects = { 0 };
    AUTO_JSON *definition = NULL;
    if (!run_get(tx, id, &row, e))
        return false;
    struct execution_row state = { .status = row.status, .state = row.state, .state_version = row.state_version, .live = true, .output = row.output,
                                   .requested_at = row.requested_at };
    struct run_step step = { .id = id, .project_id = row.project_id, .node = r->config.node };
    bool ok = run_claim(tx, id, r->config.node, &step.lease_epoch, e) && /* should somebody act upon it right now, that is read again */
              json_read(row.definition, strlen(row.definition), &definition, e) &&
              (pipeline_create(definition, &p, NULL) || err_set(e, ERR_INTERNAL, "the definition of %s #%lld cannot be read", row.name, (long long)row.index)) &&
              execution_read(p, &state, row.input, row.outside, row.tasks, row.task_count, &x, e) &&
              execution_step(x, &(struct run_event){ .kind = ENGINE_CANCEL, .now = clock_now(), .text = to, .reason = "concurrencyPolicy newest" }, &effects, e);
    if (ok) {
        execution_write(x, &step.row);
        ok = run_store(tx, &step, e);
        execution_row_fini(&step.row);
    }
    run_row_fini(&row);
    return ok;
}

/* Each newer one sends those before it away, so there is hardly ever more than one. */
static bool send_away(struct runner *r, struct db_tx *tx, const struct run_pipeline *row, const struct run_made *made, struct err *e)
{
    AUTO_FREE int64_t *ids = NULL;
    size_t count = 0;
    AUTO_FREE char *to = mem_format("#%lld, which is newer", (long long)made->index);
    bool ok = run_waiting_before(tx, row->id, made->id, &ids, &count, e);
    for (size_t i = 0; ok && i < count; i++)
        ok = give_way(r, tx, ids[i], to, e);
    return ok;
}

bool runner_insert(struct runner *r, struct db_tx *tx, const struct run_request *request, struct run_made *ret, struct err *e)
{
    struct run_pipeline row = { 0 };
    AUTO(pipeline) p = NULL;
    AUTO_JSON *input = NULL;
    bool ok = run_pipeline_get(tx, request->pipeline_id, &row, e);
    if (ok && text_is(row.state, "DISABLED"))
        ok = err_set(e, ERR_CONFLICT, "pipeline '%s' is disabled; enable it first", row.name);
    if (ok && request->goes_on) {
        free(row.definition);
        row.definition = mem_text(request->goes_on->definition);
    }
    ok = ok && compile(&row, &p, e) && inputs_known(p, request, e) && pipeline_inputs(p, request->input, &input, e) &&
         (request->parent || p->policy != PIPELINE_REFUSE || place_free(tx, &row, e)) && insert_row(r, tx, request, &row, p, input, ret, e) &&
         (request->parent || p->policy != PIPELINE_NEWEST || send_away(r, tx, &row, ret, e));
    run_pipeline_fini(&row);
    return ok;
}

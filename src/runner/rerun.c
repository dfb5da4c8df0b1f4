/* An execution that is over, once more: from its start, or from where it stopped. */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "runner/inside.h"
#include "store/inbox.h"

/* Values of inputs that are secret; *ret is NULL when there are none. */
static bool open_secrets(const struct runner *r, const struct run_row *row, json_t **ret, struct err *e)
{
    AUTO_FREE char *identity = seal_of_execution(row->uuid), *plain = NULL;
    *ret = NULL;
    if (text_empty(row->sealed_input))
        return true;
    return (seal_open(r->config.seal, identity, row->sealed_input, &plain, NULL, e) && json_read(plain, strlen(plain), ret, e)) ||
           err_wrap(e, "the secret inputs of execution %s", row->uuid);
}

static bool compiled(const char *name, const char *definition, struct pipeline **ret, struct err *e)
{
    AUTO_JSON *json = NULL;
    if (!json_read(definition, strlen(definition), &json, e))
        return false;
    return pipeline_create(json, ret, NULL) || err_set(e, ERR_CONFLICT, "the definition of pipeline %s cannot be read any more", name);
}

/* What a task left in the workspace is gone with the run: those that follow it there cannot go on. */
static bool workspace_kept(const struct run_row *row, struct err *e)
{
    AUTO(pipeline) p = NULL;
    size_t done = 0, left = 0;
    if (!compiled(row->name, row->definition, &p, e))
        return false;
    for (size_t i = 0; i < p->task_count; i++) {
        const struct task_type *type = task_type_find(p->tasks[i].type);
        enum run_status status = RUN_NOT_STARTED;
        for (size_t k = 0; k < row->task_count; k++)
            if (row->tasks[k].index == i)
                status = row->tasks[k].status;
        if (type && type->workspace)
            (status == RUN_COMPLETED || status == RUN_FAILED_CONTINUE) ? done++ : left++;
    }
    return !done || !left || err_set(e, ERR_CONFLICT, "its tasks share a workspace, and what was done there is gone: run it again from its start");
}

/* Of today's definition: an input that it does not have any more is left out. */
static bool inputs_of_today(struct db_tx *tx, const struct run_row *row, json_t **ret, struct err *e)
{
    struct run_pipeline today = { 0 };
    AUTO(pipeline) p = NULL;
    const char *name;
    json_t *value;
    bool ok = run_pipeline_get(tx, row->pipeline_id, &today, e) && compiled(today.name, today.definition, &p, e);
    *ret = json_object();
    if (ok)
        json_object_foreach(row->input, name, value)
            if (row->push_id || pipeline_declares(p, name))
                json_object_set(*ret, name, value);
    run_pipeline_fini(&today);
    return ok;
}

static bool repeat(struct runner *r, struct db_tx *tx, const struct run_row *row, struct run_request *request, struct run_made *ret, struct err *e)
{
    AUTO_JSON *input = NULL, *secrets = NULL;
    int64_t last = 0;
    if (!open_secrets(r, row, &secrets, e))
        return false;
    if (request->goes_on ? !workspace_kept(row, e) : !inputs_of_today(tx, row, &input, e))
        return false;
    if (row->push_id && row->webhook_id && !inbox_event_last(tx, row->push_id, row->webhook_id, &last, e))
        return false;
    request->input = input ? input : row->input;
    request->secrets = secrets;
    request->attempt = last ? last + 1 : row->attempt;
    return runner_insert(r, tx, request, ret, e);
}

bool runner_rerun(struct runner *r, struct db_tx *tx, int64_t execution_id, bool from_stop, const struct run_asker *by, const char *comments,
                  struct run_made *ret, int64_t *ret_pipeline_id, struct err *e)
{
    struct run_row row = { 0 };
    bool ok = run_get(tx, execution_id, &row, e);
    if (ok && row.live)
        ok = err_set(e, ERR_CONFLICT, "the execution is %s; cancel it first, or wait for its end", run_status_name(row.status));
    if (ok && text_empty(row.pipeline_uuid))
        ok = err_set(e, ERR_CONFLICT, "its pipeline was deleted");
    if (ok && row.rollback)
        ok = err_set(e, ERR_CONFLICT, "it is the rollback of another execution: run its pipeline by itself");
    struct run_request request = { .pipeline_id = row.pipeline_id, .comments = comments, .executed_by = by->name, .triggered_by = by->name,
                                   .source = row.source, .tags = row.tags, .user_id = by->user_id, .token_id = by->token_id,
                                   .webhook_id = row.webhook_id, .push_id = row.push_id, .outside = row.outside,
                                   .rerun_of = row.id, .goes_on = from_stop ? &row : NULL };
    *ret_pipeline_id = row.pipeline_id;
    ok = ok && repeat(r, tx, &row, &request, ret, e);
    run_row_fini(&row);
    return ok;
}

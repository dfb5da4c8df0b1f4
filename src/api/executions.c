/* Executions: made, watched, acted upon, deleted. */
#include <stdio.h>
#include <string.h>

#include "api/once.h"
#include "api/resources.h"
#include "api/stream.h"
#include "base/clock.h"
#include "base/mem.h"
#include "pipeline/literals.h"
#include "pipeline/engine.h"
#include "store/activity.h"
#include "store/runs.h"
#include "store/windows.h"

static const struct finder PIPELINE = { "pipeline", pipeline_find, pipeline_find_named };

/* ---- as the API shows them */

static bool build(const struct run_row *row, const struct run_facts *facts, bool with_stages, json_t **ret, struct err *e)
{
    AUTO(pipeline) pipeline = NULL;
    AUTO(execution) execution = NULL;
    AUTO_JSON *definition = NULL;
    struct execution_row state = { .status = row->status, .status_message = row->status_message, .state = row->state,
                                   .state_version = row->state_version, .live = row->live, .output = row->output,
                                   .requested_at = row->requested_at, .started_at = row->started_at, .ended_at = row->ended_at };
    if (!json_read(row->definition, strlen(row->definition), &definition, e))
        return false;
    if (!pipeline_create(definition, &pipeline, NULL))
        return err_set(e, ERR_INTERNAL, "the definition of %s #%lld cannot be read any more", row->name, (long long)row->index);
    if (!execution_read(pipeline, &state, row->input, row->outside, row->tasks, row->task_count, &execution, e))
        return false;
    *ret = execution_to_api(execution, facts, with_stages);
    return true;
}

/* What stands in a definition or an input as it is, in place of a SECRET variable, is seen by those only who could write it. */
static void mask_literals(json_t *document)
{
    static const char *const PARTS[] = { "input", "stages" };
    for (size_t i = 0; i < ALEN(PARTS); i++) {
        json_t *part = json_object_get(document, PARTS[i]);
        if (part)
            json_object_set_new(document, PARTS[i], literals_masked(part));
    }
}

bool execution_document(struct api *api, struct db_tx *tx, const struct who *who, int64_t id, bool with_stages, json_t **ret, struct err *e)
{
    struct run_row row = { 0 };
    struct object project = { 0 };
    if (!run_get(tx, id, &row, e))
        return false;
    bool ok = project_get(tx, row.project_id, &project, e);
    AUTO_FREE char *url = mem_format("%s" API_PREFIX "/executions/%s", api->external_url, row.uuid);
    struct run_facts facts = { .id = row.uuid, .project = row.project, .project_id = project.uuid, .pipeline_id = row.pipeline_uuid,
                               .index = row.index, .url = url, .requested_by = row.executed_by, .triggered_by = row.triggered_by,
                               .source = row.source, .comments = row.comments, .tags = row.tags, .created_at = row.requested_at,
                               .updated_at = row.updated_at, .global = row.global, .nested = *row.parent_uuid && !row.rollback,
                               .rollback = row.rollback, .parent = row.parent_uuid, .rerun = row.rerun_uuid, .rerun_index = row.rerun_index, .window_at = row.window_at, .now = clock_now() };
    ok = ok && build(&row, &facts, with_stages, ret, e) && (!with_stages || notifications_in_document(tx, id, *ret, e));
    if (ok && !auth_may(who, row.project_id, MAY_DEVELOP))
        mask_literals(*ret);
    object_fini(&project);
    run_row_fini(&row);
    return ok;
}

static bool load_brief(struct call *c, int64_t id, json_t **ret, struct err *e)
{
    return execution_document(c->api, c->tx, &c->who, id, false, ret, e);
}

static bool load_whole(struct call *c, int64_t id, json_t **ret, struct err *e)
{
    return execution_document(c->api, c->tx, &c->who, id, true, ret, e);
}

/* What tells one execution from another: the pushed image, and the input that has a star. */
static json_t *telling_inputs(const json_t *document)
{
    const char *names[] = { "DOCKER_IMAGE", "DOCKER_TAG", json_text_at(document, "starred.input", "") };
    json_t *some = json_object(), *all = json_object_get(document, "input");
    for (size_t i = 0; i < ALEN(names); i++)
        if (json_object_get(all, names[i]))
            json_object_set(some, names[i], json_object_get(all, names[i]));
    return some;
}

/* How each stage stands, in their order. */
static json_t *stages_brief(const json_t *document)
{
    json_t *list = json_array(), *stages = json_object_get(document, "stages"), *name;
    size_t i;
    json_array_foreach(json_object_get(document, "stageOrder"), i, name) {
        const json_t *stage = json_object_get(stages, json_string_value(name));
        if (stage)
            json_array_append_new(list, json_pack("{s:O, s:s}", "name", name, "status", json_text_at(stage, "status", "")));
    }
    return list;
}

/* What a page's list shows of one: the inputs and outputs of its tasks, which may be large, stay away. */
static bool load_line(struct call *c, int64_t id, json_t **ret, struct err *e)
{
    static const char *const SHOWN[] = { "id", "_link", "name", "project", "index", "status", "statusMessage", "comments", "tags", "starred", "_executedBy",
                                         "_triggeredBy", "_pipelineLink", "_requestTimeInMicros", "_startTime", "_durationInMicros", "_windowTime" };
    json_t *whole = NULL;
    if (!load_whole(c, id, &whole, e))
        return false;
    *ret = json_object();
    for (size_t i = 0; i < ALEN(SHOWN); i++)
        if (json_object_get(whole, SHOWN[i]))
            json_object_set(*ret, SHOWN[i], json_object_get(whole, SHOWN[i]));
    json_object_set_new(*ret, "_stages", stages_brief(whole));
    json_object_set_new(*ret, "input", telling_inputs(whole));
    json_decref(whole);
    return true;
}

/* Code Stream's lists have no stages; ?expand=PIPELINE_STAGE_TASK asks for them, ?view=brief for how they stand. */
static struct list_view view_of(const struct call *c)
{
    AUTO_FREE char *expand = call_query(c, "expand"), *view = call_query(c, "view");
    bool whole = expand && strstr(expand, "STAGE");
    return (struct list_view){ .source = &LIST_EXECUTIONS, .load = text_is(view, "brief") ? load_line : whole ? load_whole : load_brief };
}

bool executions_list(struct call *c, struct err *e)
{
    struct list_view view = view_of(c);
    return call_list(c, &view, e);
}

/* A global one is anybody's to run; what runs there have done stays with its project. */
static bool find_pipeline(struct call *c, bool running, int64_t *ret, struct err *e)
{
    struct pipeline_row row = { 0 };
    if (!call_find(c, &PIPELINE, ret, e) || !pipeline_get(c->tx, *ret, &row, e))
        return false;
    bool ok = call_in_shared(c, row.object.project_id, running && row.global, e);
    pipeline_row_fini(&row);
    return ok;
}

bool executions_of_pipeline(struct call *c, struct err *e)
{
    int64_t id = 0;
    struct list_view view = view_of(c);
    view.order = "index desc"; /* the newest first, as the index of a pipeline's executions has them */
    return find_pipeline(c, false, &id, e) && call_list_of(c, &view, "x.pipeline_id", id, e);
}

static bool answer(struct call *c, int64_t id, struct err *e)
{
    json_t *json = NULL;
    return load_whole(c, id, &json, e) && call_answer(c, 200, json);
}

bool execution_of_pipeline(struct call *c, struct err *e)
{
    int64_t pipeline = 0, id = 0, project = 0, index = 0;
    const char *last = c->parameters[c->parameter_count - 1];
    if (!text_to_int(last, &index))
        return err_set(e, ERR_NOT_FOUND, "'%s' is no number of an execution", last);
    c->parameter_count--; /* what is left finds the pipeline */
    if (!find_pipeline(c, false, &pipeline, e) || !execution_find_index(c->tx, pipeline, index, &id, &project, e))
        return false;
    return id ? answer(c, id, e) : err_set(e, ERR_NOT_FOUND, "there is no execution #%lld of this pipeline", (long long)index);
}

/* Who ran a global pipeline of another project sees that run, and may act upon it. */
bool execution_of_call(struct call *c, int64_t *ret, int64_t *ret_project, struct err *e)
{
    bool shared = false;
    return execution_find(c->tx, c->parameters[0], ret, ret_project, e) &&
           (*ret || err_set(e, ERR_NOT_FOUND, "there is no execution %s", c->parameters[0])) &&
           execution_shared(c->tx, *ret, c->who.user_id, &shared, e) && call_in_shared(c, *ret_project, shared, e);
}

bool execution_one(struct call *c, struct err *e)
{
    int64_t id = 0, project = 0;
    return execution_of_call(c, &id, &project, e) && answer(c, id, e);
}

/* ---- making one; with an Idempotency-Key a repeat gets the first answer again */

static void wake_pipeline(struct api *api, int64_t pipeline_id)
{
    runner_wake_pipeline(api->config.runner, pipeline_id);
}

static bool made_answer(struct call *c, const struct run_made *made, int64_t pipeline_id)
{
    AUTO_FREE char *link = mem_format(API_PREFIX "/executions/%s", made->uuid);
    call_after(c, wake_pipeline, pipeline_id);
    return call_answer(c, 202, json_pack("{s:s, s:s, s:I}", "executionId", made->uuid, "executionLink", link, "executionIndex",
                                         (json_int_t)made->index));
}

static bool insert(struct call *c, void *context, struct err *e)
{
    int64_t pipeline = *(const int64_t *)context;
    struct run_made made = { 0 };
    const json_t *tags = json_object_get(c->body, "tags"), *input = json_object_get(c->body, "input");
    if (input && !json_is_object(input))
        return err_field(e, "input", "input must be an object");
    if (tags && !json_is_null(tags) && !pipeline_tags_ok(tags, e))
        return false;
    if (!runner_insert(c->api->config.runner, c->tx,
                       &(struct run_request){ .pipeline_id = pipeline, .input = input, .comments = call_text(c, "comments", ""),
                                              .executed_by = c->who.name, .triggered_by = c->who.name,
                                              .source = call_text(c, "source", ""), .tags = json_is_array(tags) ? tags : NULL,
                                              .user_id = c->who.user_id, .token_id = c->who.token_id },
                       &made, e))
        return false;
    return made_answer(c, &made, pipeline);
}

bool execution_make(struct call *c, struct err *e)
{
    int64_t pipeline = 0;
    return find_pipeline(c, true, &pipeline, e) && call_once(c, false, insert, &pipeline, e);
}

/* ---- acting: found on a reader, done by the runner on the loop, shown by a reader */

struct acting {
    int64_t id, project;
    enum run_action action;
    bool administrator;
};

static struct acting *acting_of(struct call *c)
{
    if (!c->context) {
        c->context = NEW(struct acting);
        c->context_free = free;
    }
    return c->context;
}

static bool acted_answer(struct call *c, struct err *e)
{
    return answer(c, acting_of(c)->id, e);
}

static void acted(void *context, const struct err *e)
{
    struct call *c = context;
    if (e)
        call_end(c, e);
    else
        call_go(c, CALL_READ, acted_answer);
}

static bool act(struct call *c, struct err *e)
{
    const struct acting *a = acting_of(c);
    struct run_actor by = { c->who.name, a->administrator };
    (void)e;
    runner_act(c->api->config.runner, a->id, a->action, &by, call_text(c, "reason", call_text(c, "comments", "")), acted, c);
    return true;
}

/* {"from": "start"} or "stop", where it failed or was canceled. */
static bool rerun(struct call *c, void *context, struct err *e)
{
    const struct acting *a = context;
    const char *from = call_text(c, "from", "start");
    struct run_asker by = { .user_id = c->who.user_id, .token_id = c->who.token_id, .name = c->who.name };
    struct run_made made = { 0 };
    int64_t pipeline = 0;
    if (!text_is(from, "start") && !text_is(from, "stop"))
        return err_field(e, "from", "from is start, or stop: where the execution failed or was canceled");
    return runner_rerun(c->api->config.runner, c->tx, a->id, text_is(from, "stop"), &by, call_text(c, "comments", ""), &made, &pipeline, e) &&
           call_audit(c, a->project, "execution.rerun", c->parameters[0], made.uuid, e) && made_answer(c, &made, pipeline);
}

static bool rerun_once(struct call *c, struct err *e)
{
    struct acting a = { 0 };
    return execution_of_call(c, &a.id, &a.project, e) && call_once(c, false, rerun, &a, e);
}

static bool tag(struct call *c, struct err *e)
{
    int64_t id = 0, project = 0;
    const json_t *tags = json_object_get(c->body, "tags");
    if (!execution_of_call(c, &id, &project, e) || !pipeline_tags_ok(tags, e))
        return false;
    AUTO_FREE char *text = json_write(tags);
    return run_tag(c->tx, id, project, tags, e) && call_audit(c, project, "execution.tag", c->parameters[0], text, e) && answer(c, id, e);
}

static void wake_queued(struct api *api, int64_t unused)
{
    (void)unused;
    runner_wake_queued(api->config.runner);
}

/* Whatever its change window and freezes say; a place it still waits for. */
static bool start_now(struct call *c, struct err *e)
{
    struct run_row row = { 0 };
    int64_t id = 0, project = 0;
    if (!execution_of_call(c, &id, &project, e) || !call_may(c, project, MAY_RESTRICTED, e) || !run_get(c->tx, id, &row, e))
        return false;
    bool ok = windows_free(c->tx, id, e) && call_audit(c, project, "execution.start-now", c->parameters[0], row.status_message, e) && answer(c, id, e);
    call_after(c, wake_queued, 0);
    run_row_fini(&row);
    return ok;
}

bool execution_act(struct call *c, struct err *e)
{
    static const struct { const char *name; enum run_action action; } ACTIONS[] = { { "cancel", RUN_CANCEL },
                                                                                   { "pause", RUN_PAUSE },
                                                                                   { "resume", RUN_RESUME } };
    AUTO_FREE char *asked = call_query(c, "action");
    struct acting *a = acting_of(c);
    if (!execution_of_call(c, &a->id, &a->project, e))
        return false;
    a->administrator = auth_may(&c->who, a->project, MAY_RESTRICTED);
    for (size_t i = 0; i < ALEN(ACTIONS); i++) {
        if (!text_is_any_case(asked, ACTIONS[i].name))
            continue;
        a->action = ACTIONS[i].action;
        c->next = (struct stage){ CALL_LOOP, act };
        return true;
    }
    bool starts = text_is_any_case(asked, "start"), repeats = text_is_any_case(asked, "rerun");
    c->next = (struct stage){ CALL_WRITE, starts ? start_now : repeats ? rerun_once : tag };
    return starts || repeats || text_is_any_case(asked, "tag") || err_field(e, "action", "?action= is cancel, pause, resume, start, rerun or tag");
}

/* ---- deleting */

bool execution_remove(struct call *c, struct err *e)
{
    int64_t id = 0, project = 0;
    return execution_of_call(c, &id, &project, e) && answer(c, id, e) && execution_delete(c->tx, id, project, e) &&
           call_audit(c, project, "execution.delete", c->parameters[0], "", e);
}

enum { SLICE = 200 };

/* Those of the filter that are finished and may be deleted; a slice in each transaction. */
bool executions_remove(struct call *c, struct err *e)
{
    struct list_page page = { 0 };
    int64_t deleted = 0, *sum = c->context;
    AUTO_FREE char *filter = call_query(c, "$filter");
    if (text_empty(filter))
        return err_field(e, "$filter", "deleting in bulk needs a $filter");
    if (!call_page(c, &(struct list_view){ .source = &LIST_EXECUTIONS }, NULL, 0, SLICE, &page, e))
        return false;
    bool ok = true;
    for (size_t i = 0; ok && i < page.count; i++) {
        int64_t at = 0;
        bool live = false;
        struct run_row row = { 0 };
        ok = execution_brief(c->tx, page.ids[i], &at, &live, e) && run_get(c->tx, page.ids[i], &row, e);
        if (ok && !live && auth_may(&c->who, row.project_id, MAY_DEVELOP)) {
            ok = execution_delete(c->tx, row.id, row.project_id, e) && call_audit(c, row.project_id, "execution.delete", row.uuid, "bulk", e);
            deleted++;
        }
        run_row_fini(&row);
    }
    bool more = page.next && deleted > 0;
    list_page_fini(&page);
    if (!sum) {
        sum = c->context = NEW(int64_t);
        c->context_free = free;
    }
    *sum += deleted;
    if (ok && more)
        c->next = (struct stage){ CALL_WRITE, executions_remove };
    return ok && call_answer(c, 202, json_pack("{s:I}", "deleted", (json_int_t)*sum));
}

/* ---- live events */

static bool live(struct call *c, struct err *e)
{
    const struct acting *a = acting_of(c);
    return stream_execution(c, a->id, a->project, e);
}

/* Which kinds of things change, in all that may be seen. */
bool changes_live(struct call *c, struct err *e)
{
    (void)e;
    c->next = (struct stage){ CALL_LOOP, stream_changes };
    return true;
}

bool execution_events(struct call *c, struct err *e)
{
    struct acting *a = acting_of(c);
    c->next = (struct stage){ CALL_LOOP, live };
    return execution_of_call(c, &a->id, &a->project, e);
}

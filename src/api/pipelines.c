/* Pipelines: saved as they were written, checked before they may run. */
#include <string.h>

#include "api/resources.h"
#include "api/saving.h"
#include "base/mem.h"
#include "pipeline/literals.h"
#include "runner/validate.h"
#include "store/runs.h"

static const struct finder PIPELINE = { "pipeline", pipeline_find, pipeline_find_named };

/* What the server makes, and what stands in columns: never part of a definition. */
static const char *const MADE[] = { "id", "version", "createdAt", "createdBy", "updatedAt", "updatedBy", "_link", "_createTimeInMicros",
                                    "_updateTimeInMicros", "_createdBy", "_updatedBy", "_projectId", "_warnings", "enabled", "state",
                                    "kind", "project", "name", "description", "global" };

static json_t *definition_of(const struct pipeline_row *row)
{
    json_t *definition = NULL;
    return json_read(row->definition, strlen(row->definition), &definition, NULL) ? definition : json_object();
}

static json_t *pipeline_json(const struct pipeline_row *row)
{
    json_t *json = object_json(&row->object, "pipelines");
    AUTO_JSON *definition = definition_of(row);
    json_set_text(json, "kind", "PIPELINE");
    json_object_set_new(json, "enabled", json_boolean(!text_is(row->state, "DISABLED")));
    json_set_text(json, "state", row->state);
    json_object_set_new(json, "global", json_boolean(row->global));
    json_object_update_missing(json, definition);
    json_object_set_new(json, "concurrency", json_integer(row->concurrency));
    return json;
}

/* A secret that stands in a pipeline as it is, in place of a variable, is seen by those only who could write it. */
static json_t *masked_json(const struct pipeline_row *row)
{
    AUTO_JSON *json = pipeline_json(row);
    return literals_masked(json);
}

bool pipeline_load(struct call *c, int64_t id, json_t **ret, struct err *e)
{
    struct pipeline_row row = { 0 };
    if (!pipeline_get(c->tx, id, &row, e))
        return false;
    *ret = auth_may(&c->who, row.object.project_id, MAY_DEVELOP) ? pipeline_json(&row) : masked_json(&row);
    pipeline_row_fini(&row);
    return true;
}

bool pipeline_written(struct call *c, int64_t id, json_t **ret, struct err *e)
{
    struct pipeline_row row = { 0 };
    if (!pipeline_get(c->tx, id, &row, e))
        return false;
    AUTO_JSON *definition = definition_of(&row);
    *ret = pipeline_json(&row);
    if (!row.global)
        json_object_del(*ret, "global");
    if (text_empty(row.object.description) && !json_object_get(definition, "description"))
        json_object_del(*ret, "description");
    pipeline_row_fini(&row);
    return true;
}

/* ---- ?view=brief: what a page of pipelines shows, without what each of them does */

enum { LAST_RUNS = 10 };

static void add_run(void *context, const struct run_brief *run)
{
    json_t *json = json_pack("{s:s, s:I, s:s, s:I}", "id", run->uuid, "index", (json_int_t)run->index, "status", run->status,
                             "_requestTimeInMicros", (json_int_t)run->requested_at);
    json_object_set_new(json, "_durationInMicros", json_integer(run->ended_at > run->started_at ? run->ended_at - run->started_at : 0));
    json_array_append_new(context, json);
}

static void count_tasks(json_t *json)
{
    const char *name;
    json_t *stage, *stages = json_object_get(json, "stages");
    size_t tasks = 0;
    json_object_foreach(stages, name, stage)
        tasks += json_object_size(json_object_get(stage, "tasks"));
    json_object_set_new(json, "_stageCount", json_integer((json_int_t)json_object_size(stages)));
    json_object_set_new(json, "_taskCount", json_integer((json_int_t)tasks));
}

static bool load_brief(struct call *c, int64_t id, json_t **ret, struct err *e)
{
    static const char *const LONG[] = { "stages", "workspace", "ciWorkspace", "notifications", "rollbacks" };
    struct pipeline_row row = { 0 };
    struct err hidden = { 0 };
    if (!pipeline_get(c->tx, id, &row, e))
        return false;
    json_t *json = pipeline_json(&row), *runs = json_array();
    count_tasks(json);
    for (size_t i = 0; i < ALEN(LONG); i++)
        json_object_del(json, LONG[i]);
    /* a pipeline that is shared with all is seen by those who may not see its runs */
    bool ok = !call_may(c, row.object.project_id, MAY_VIEW, &hidden) || runs_newest(c->tx, id, LAST_RUNS, add_run, runs, e);
    json_object_set_new(json, "_lastRuns", runs);
    pipeline_row_fini(&row);
    if (!ok)
        json_decref(json);
    else
        *ret = json;
    return ok;
}

bool pipelines_list(struct call *c, struct err *e)
{
    AUTO_FREE char *view = call_query(c, "view");
    return call_list(c, &(struct list_view){ .source = &LIST_PIPELINES, .load = text_is(view, "brief") ? load_brief : pipeline_load }, e);
}

static bool find(struct call *c, struct pipeline_row *ret, struct err *e)
{
    int64_t id = 0;
    if (!call_find(c, &PIPELINE, &id, e) || !pipeline_get(c->tx, id, ret, e))
        return false;
    if (call_in_shared(c, ret->object.project_id, ret->global, e))
        return true;
    pipeline_row_fini(ret);
    return false;
}

static bool answer(struct call *c, int64_t id, const struct problems *found, struct err *e)
{
    json_t *json = NULL;
    if (!pipeline_load(c, id, &json, e))
        return false;
    if (found && found->count)
        json_object_set_new(json, "_warnings", problems_json(found));
    return call_answer(c, 200, json);
}

bool pipeline_one(struct call *c, struct err *e)
{
    struct pipeline_row row = { 0 };
    bool ok = find(c, &row, e) && answer(c, row.object.id, NULL, e);
    pipeline_row_fini(&row);
    return ok;
}

/* ---- checking: with enabling, what is a warning otherwise becomes an error */

static bool check(struct call *c, struct pipeline_row *row, json_t *whole, struct problems *found, struct err *e)
{
    AUTO(pipeline) pipeline = NULL;
    struct pipeline_checks checks = { .enabling = !text_is(row->state, "DISABLED") };
    runner_pipeline_types(&checks.types, &checks.type_count);
    if (pipeline_create(whole, &pipeline, found)) {
        pipeline_check(pipeline, &checks, found);
        row->concurrency = pipeline->concurrency;
    }
    if (problems_ok(found, e))
        return true;
    if (!c->details)
        c->details = json_object();
    json_object_set_new(c->details, "problems", problems_json(found));
    return false;
}

/* RELEASED is reached from ENABLED only. */
static bool state_ok(const char *before, const char *after, struct err *e)
{
    enum pipeline_state parsed;
    if (!pipeline_state_parse(after, &parsed))
        return err_field(e, "state", "a pipeline's state is ENABLED, DISABLED or RELEASED");
    return parsed != PIPELINE_RELEASED || text_is(before, "ENABLED") || text_is(before, "RELEASED") ||
           err_field(e, "state", "a pipeline is released only when it is ENABLED");
}

static const char *state_of(const json_t *spec, const char *before)
{
    const char *state = json_text_at(spec, "state", NULL);
    const json_t *enabled = json_object_get(spec, "enabled");
    if (!text_empty(state))
        return state;
    if (!enabled)
        return before;
    bool on = json_bool_at(spec, "enabled", false);
    return !on ? "DISABLED" : text_is(before, "RELEASED") ? "RELEASED" : "ENABLED";
}

static bool fill(struct call *c, struct pipeline_row *row, const json_t *spec, struct problems *found, struct err *e)
{
    const char *before = row->state ? row->state : "DISABLED", *after = state_of(spec, before);
    AUTO_JSON *stored = row->definition ? definition_of(row) : NULL;
    AUTO_JSON *kept = literals_unmasked(spec, stored, NULL, NULL); /* what was exported may come back by hand */
    bool enabled = false, global = row->global;
    if (!json_take_bool(spec, "enabled", &enabled, e) || !json_take_bool(spec, "global", &global, e) || !state_ok(before, after, e))
        return false;
    char *state = mem_text(after);
    free(row->state);
    row->state = state;
    object_take(c, &row->object, spec);
    if (global != row->global && !call_may(c, 0, MAY_ADMINISTER, e))
        return err_wrap(e, "share pipeline '%s' with all projects", row->object.name);
    row->global = global;
    for (size_t i = 0; i < ALEN(MADE); i++)
        json_object_del(kept, MADE[i]);
    AUTO_JSON *whole = json_copy(kept);
    json_set_text(whole, "kind", "PIPELINE");
    json_set_text(whole, "name", row->object.name);
    json_set_text(whole, "project", row->object.project);
    if (!text_empty(row->object.description) || json_object_get(spec, "description"))
        json_set_text(whole, "description", row->object.description);
    free(row->definition);
    row->definition = json_write(whole);
    return name_ok(row->object.name, "pipeline", e) && check(c, row, whole, found, e);
}

/* Its windows or its places may be others now: what waits is judged again. */
static void wake_queued(struct api *api, int64_t unused)
{
    (void)unused;
    runner_wake_queued(api->config.runner);
}

bool pipeline_save(struct call *c, int64_t project_id, int64_t id, const json_t *spec, struct problems *found, int64_t *ret, struct err *e)
{
    struct pipeline_row row = { 0 };
    struct object project = { 0 };
    bool ok = id ? pipeline_get(c->tx, id, &row, e) : project_get(c->tx, project_id, &project, e);
    if (ok && !id) {
        row.object.project_id = project_id;
        row.object.project = mem_text(project.name);
        row.concurrency = PIPELINE_DEFAULT_CONCURRENCY;
    }
    object_fini(&project);
    ok = ok && fill(c, &row, spec, found, e) && (id ? pipeline_update(c->tx, &row, e) : pipeline_insert(c->tx, &row, e)) &&
         call_audit(c, project_id, id ? "pipeline.update" : "pipeline.create", row.object.name, row.state, e);
    *ret = row.object.id;
    if (ok && id)
        call_after(c, wake_queued, 0);
    pipeline_row_fini(&row);
    return ok;
}

bool pipeline_import(struct call *c, int64_t project_id, int64_t id, const json_t *spec, struct problems *found, int64_t *ret, struct err *e)
{
    AUTO_PROBLEMS why = { 0 };
    AUTO_JSON *disabled = json_copy((json_t *)spec);
    struct err refused = { 0 };
    if (pipeline_save(c, project_id, id, spec, &why, ret, &refused)) {
        *found = why;
        why = (struct problems){ 0 };
        return true;
    }
    if (!why.errors || text_is(state_of(spec, "DISABLED"), "DISABLED")) {
        *found = why;
        why = (struct problems){ 0 };
        return *e = refused, false;
    }
    json_object_set_new(disabled, "enabled", json_false());
    json_object_del(disabled, "state");
    json_decref(TAKE(c->details));
    if (!pipeline_save(c, project_id, id, disabled, found, ret, e))
        return false;
    problem_add(found, PROBLEM_WARNING, "", "it is imported disabled, because it cannot run yet: %zu thing%s keep%s it from that", why.errors, why.errors == 1 ? "" : "s",
                why.errors == 1 ? "s" : "");
    return true;
}

/* ---- routes */

bool pipeline_post(struct call *c, struct err *e)
{
    AUTO_PROBLEMS found = { 0 };
    int64_t project = 0, id = 0;
    return call_project(c, call_text(c, "project", NULL), &project, e) && pipeline_save(c, project, 0, c->body, &found, &id, e) &&
           answer(c, id, &found, e);
}

static bool save_over(struct call *c, const struct pipeline_row *row, const json_t *spec, struct err *e)
{
    AUTO_PROBLEMS found = { 0 };
    int64_t id = 0;
    return pipeline_save(c, row->object.project_id, row->object.id, spec, &found, &id, e) && answer(c, id, &found, e);
}

bool pipeline_change(struct call *c, struct err *e)
{
    struct pipeline_row row = { 0 };
    bool ok = find(c, &row, e) && save_over(c, &row, c->body, e);
    pipeline_row_fini(&row);
    return ok;
}

/* Only the keys that the body names change. */
bool pipeline_patch(struct call *c, struct err *e)
{
    struct pipeline_row row = { 0 };
    if (!find(c, &row, e))
        return false;
    AUTO_JSON *spec = definition_of(&row);
    json_object_update(spec, c->body);
    json_object_del(spec, "project");
    bool ok = save_over(c, &row, spec, e);
    pipeline_row_fini(&row);
    return ok;
}

bool pipeline_global(struct call *c, struct err *e)
{
    struct pipeline_row row = { 0 };
    if (!json_is_boolean(json_object_get(c->body, "global")))
        return err_field(e, "global", "the body must be {\"global\": true} or false");
    if (!find(c, &row, e))
        return false;
    row.global = json_bool_at(c->body, "global", false);
    bool ok = call_may(c, 0, MAY_ADMINISTER, e) && pipeline_update(c->tx, &row, e) &&
              call_audit(c, row.object.project_id, "pipeline.global", row.object.name, row.global ? "true" : "false", e) &&
              answer(c, row.object.id, NULL, e);
    pipeline_row_fini(&row);
    return ok;
}

/* POST to one: a copy, under the body's name, disabled. */
bool pipeline_clone(struct call *c, struct err *e)
{
    struct pipeline_row row = { 0 };
    AUTO_PROBLEMS found = { 0 };
    int64_t id = 0;
    if (!find(c, &row, e))
        return false;
    AUTO_FREE char *copy = mem_format("%s - copy", row.object.name);
    AUTO_JSON *spec = definition_of(&row);
    json_set_text(spec, "name", call_text(c, "name", copy));
    json_set_text(spec, "description", call_text(c, "description", row.object.description));
    bool ok = pipeline_save(c, row.object.project_id, 0, spec, &found, &id, e) && answer(c, id, &found, e);
    pipeline_row_fini(&row);
    return ok;
}

static bool drop(struct call *c, const struct pipeline_row *row, struct err *e)
{
    return pipeline_delete(c->tx, row, e) && call_audit(c, row->object.project_id, "pipeline.delete", row->object.name, "", e);
}

bool pipeline_drop(struct call *c, int64_t id, struct err *e)
{
    struct pipeline_row row = { 0 };
    bool ok = pipeline_get(c->tx, id, &row, e) && drop(c, &row, e);
    pipeline_row_fini(&row);
    return ok;
}

bool pipeline_remove(struct call *c, struct err *e)
{
    struct pipeline_row row = { 0 };
    bool ok = find(c, &row, e) && drop(c, &row, e) && call_answer(c, 200, pipeline_json(&row));
    pipeline_row_fini(&row);
    return ok;
}

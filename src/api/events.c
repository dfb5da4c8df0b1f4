/* Activity: registry events, and the raw deliveries they came from. */
#include <string.h>

#include "api/hub.h"
#include "api/resources.h"
#include "base/clock.h"
#include "base/mem.h"
#include "store/activity.h"

static json_t *event_json(const struct event_view *v)
{
    json_t *json = json_object();
    AUTO_FREE char *link = mem_format(API_PREFIX "/registry-events/%s", v->uuid);
    const char *slash = strrchr(v->repository, '/'), *digest = v->digest ? v->digest : "";
    AUTO_FREE char *namespace = slash ? mem_text_n(v->repository, (size_t)(slash - v->repository)) : mem_text("");
    const char *const TEXTS[][2] = {
        { "project", v->project }, { "id", v->uuid }, { "name", v->webhook }, { "webhook", v->webhook }, { "pipeline", v->pipeline },
        { "executionStatus", v->execution_status ? v->execution_status : v->status }, { "status", v->status }, { "message", v->message },
        { "owner", v->owner }, { "imageName", v->repository }, { "repo", slash ? slash + 1 : v->repository }, { "repoNamespace", namespace },
        { "tag", v->tag }, { "registry", v->registry }, { "digest", digest }, { "pushedAt", v->pushed_at }, { "push", v->push },
        { "delivery", v->delivery }, { "confirm", v->confirm }, { "confirmMessage", v->confirm_text }, { "foundBy", v->found_by }, { "description", "" }, { "_link", link },
    };
    for (size_t i = 0; i < ALEN(TEXTS); i++)
        json_set_text(json, TEXTS[i][0], TEXTS[i][1]);
    json_object_set_new(json, "timeStampInMicros", json_integer(v->created_at));
    json_object_set_new(json, "attempt", json_integer(v->attempt));
    json_object_set(json, "trace", v->trace);
    json_set_time(json, "createdAt", "_createTimeInMicros", v->created_at);
    json_set_time(json, "updatedAt", "_updateTimeInMicros", v->updated_at);
    if (v->pushed_by) {
        AUTO_FREE char *run = mem_format(API_PREFIX "/executions/%s", v->pushed_by), *says = mem_format("pushed by run %s#%lld", v->pushed_by_name,
                                                                                                       (long long)v->pushed_by_index);
        json_object_set_new(json, "pushedBy", json_pack("{s:s, s:s, s:I, s:s}", "executionLink", run, "name", v->pushed_by_name, "executionIndex",
                                                        (json_int_t)v->pushed_by_index, "says", says));
    }
    if (v->held_until)
        json_set_time(json, "heldUntil", "_heldUntilInMicros", v->held_until);
    if (v->execution) {
        AUTO_FREE char *execution = mem_format(API_PREFIX "/executions/%s", v->execution);
        json_set_text(json, "executionLink", execution);
        json_object_set_new(json, "executionIndex", json_integer(v->execution_index));
    }
    return json;
}

static bool event_load(struct call *c, int64_t id, json_t **ret, struct err *e)
{
    struct event_view view = { 0 };
    if (!event_view_get(c->tx, id, &view, e))
        return false;
    json_t *hold = view.hold_id ? hold_json(c, view.hold_id, e) : NULL;
    bool ok = hold || !view.hold_id;
    *ret = ok ? event_json(&view) : NULL;
    if (hold)
        json_object_set_new(*ret, "hold", hold);
    event_view_fini(&view);
    return ok;
}

bool events_list(struct call *c, struct err *e)
{
    return call_list(c, &(struct list_view){ .source = &LIST_EVENTS, .load = event_load }, e);
}

static bool find(struct call *c, int64_t *ret, int64_t *ret_project, struct err *e)
{
    return event_find(c->tx, c->parameters[0], ret, ret_project, e) &&
           (*ret || err_set(e, ERR_NOT_FOUND, "there is no event %s", c->parameters[0])) && call_in(c, *ret_project, e);
}

static bool answer(struct call *c, int status, int64_t id, struct err *e)
{
    json_t *json = NULL;
    return event_load(c, id, &json, e) && call_answer(c, status, json);
}

bool event_one(struct call *c, struct err *e)
{
    int64_t id = 0, project = 0;
    return find(c, &id, &project, e) && answer(c, 200, id, e);
}

static void wake_pipeline(struct api *api, int64_t pipeline_id)
{
    runner_wake_pipeline(api->config.runner, pipeline_id);
}

struct acted {
    int64_t id, project;
    struct run_asker by;
};

static bool rerun(struct call *c, const struct acted *a, struct err *e)
{
    int64_t pipeline = 0;
    struct run_made made = { 0 };
    if (!runner_rerun_event(c->api->config.runner, c->tx, a->id, &a->by, &made, &pipeline, e) ||
        !call_audit(c, a->project, "event.rerun", c->parameters[0], made.uuid, e))
        return false;
    AUTO_FREE char *link = mem_format(API_PREFIX "/executions/%s", made.uuid);
    call_after(c, wake_pipeline, pipeline);
    return call_answer(c, 200, json_pack("{s:s, s:s, s:I}", "executionId", made.uuid, "executionLink", link, "executionIndex",
                                         (json_int_t)made.index));
}

/* What a limit holds back goes on at once, or never. */
static bool release(struct call *c, const struct acted *a, struct err *e)
{
    int64_t pipeline = 0;
    if (!call_may(c, a->project, MAY_DEVELOP, e) || !runner_release_event(c->api->config.runner, c->tx, a->id, &a->by, &pipeline, e) ||
        !call_audit(c, a->project, "event.release", c->parameters[0], "", e))
        return false;
    call_after(c, wake_pipeline, pipeline);
    return answer(c, 200, a->id, e);
}

static bool discard(struct call *c, const struct acted *a, struct err *e)
{
    return call_may(c, a->project, MAY_DEVELOP, e) && runner_discard_event(c->tx, a->id, c->who.name, e) &&
           call_audit(c, a->project, "event.discard", c->parameters[0], "", e) && answer(c, 200, a->id, e);
}

/* POST ?action=... (Code Stream's resume means rerun). */
bool event_act(struct call *c, struct err *e)
{
    static const struct { const char *name; bool (*act)(struct call *c, const struct acted *a, struct err *e); } ACTIONS[] = {
        { "rerun", rerun }, { "resume", rerun }, { "release", release }, { "discard", discard },
    };
    AUTO_FREE char *action = call_query(c, "action");
    struct acted a = { .by = { c->who.user_id, c->who.token_id, c->who.name } };
    for (size_t i = 0; i < ALEN(ACTIONS); i++)
        if (text_is(action, ACTIONS[i].name))
            return find(c, &a.id, &a.project, e) && ACTIONS[i].act(c, &a, e);
    return err_field(e, "action", "?action=rerun, release and discard are what can be done with an event");
}

bool event_remove(struct call *c, struct err *e)
{
    int64_t id = 0, project = 0;
    return find(c, &id, &project, e) && answer(c, 200, id, e) && event_delete(c->tx, id, project, e) &&
           call_audit(c, project, "event.delete", c->parameters[0], "", e);
}

/* ---- deliveries */

static json_t *delivery_json(const struct delivery_view *v, bool whole)
{
    json_t *json = json_object();
    AUTO_FREE char *link = mem_format(API_PREFIX "/registry-deliveries/%s", v->uuid);
    const char *const TEXTS[][2] = { { "project", v->project }, { "id", v->uuid },           { "listener", v->listener },
                                     { "format", v->format },   { "remote", v->remote },     { "verdict", v->verdict },
                                     { "problem", v->problem }, { "_link", link } };
    for (size_t i = 0; i < ALEN(TEXTS); i++)
        json_set_text(json, TEXTS[i][0], TEXTS[i][1]);
    json_object_set_new(json, "repeats", json_integer(v->repeats));
    json_object_set_new(json, "matched", json_boolean(v->matched));
    json_object_set(json, "pushes", v->events);
    json_set_time(json, "receivedAt", "_createTimeInMicros", v->received_at);
    if (whole && v->headers) {
        json_t *headers = NULL;
        if (json_read(v->headers, strlen(v->headers), &headers, NULL))
            json_object_set_new(json, "headers", headers);
    }
    if (whole && v->body && text_utf8(v->body, v->body_size))
        json_object_set_new(json, "body", json_stringn(v->body, v->body_size));
    return json;
}

static bool delivery_load(struct call *c, int64_t id, json_t **ret, struct err *e)
{
    struct delivery_view view = { 0 };
    if (!delivery_view_get(c->tx, id, &view, e))
        return false;
    *ret = delivery_json(&view, false);
    delivery_view_fini(&view);
    return true;
}

bool deliveries_list(struct call *c, struct err *e)
{
    return call_list(c, &(struct list_view){ .source = &LIST_DELIVERIES, .load = delivery_load }, e);
}

bool delivery_one(struct call *c, struct err *e)
{
    struct delivery_view view = { 0 };
    int64_t id = 0, project = 0;
    if (!delivery_find(c->tx, c->parameters[0], &id, &project, e))
        return false;
    if (!id)
        return err_set(e, ERR_NOT_FOUND, "there is no delivery %s", c->parameters[0]);
    if (!call_in(c, project, e) || !delivery_view_get(c->tx, id, &view, e))
        return false;
    call_answer(c, 200, delivery_json(&view, true));
    delivery_view_fini(&view);
    return true;
}

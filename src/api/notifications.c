/* What executions told: listed, looked at, sent again, or not tried any more. */
#include "store/notifications.h"

#include <string.h>

#include "api/resources.h"
#include "base/clock.h"
#include "base/mem.h"
#include "runner/notify.h"
#include "store/activity.h"

enum { OF_EXECUTION_MOST = 500 };

/* ---- shapes */

static json_t *notification_json(const struct notification_row *n)
{
    const char *const TEXTS[][2] = {
        { "id", n->uuid }, { "project", n->project }, { "name", n->name }, { "executionId", n->execution }, { "kind", n->kind }, { "type", n->type }, { "event", n->event },
        { "stage", n->stage }, { "task", n->task }, { "endpoint", n->endpoint }, { "target", n->target }, { "subject", n->subject }, { "message", n->message },
        { "reference", n->reference }, { "status", n->claimed && text_is(n->status, "PENDING") ? "SENDING" : n->status },
    };
    json_t *json = json_object();
    AUTO_FREE char *link = mem_format(API_PREFIX "/notifications/%s", n->uuid), *execution = mem_format(API_PREFIX "/executions/%s", n->execution);
    json_set_text(json, "_link", link);
    for (size_t i = 0; i < ALEN(TEXTS); i++)
        json_set_text(json, TEXTS[i][0], TEXTS[i][1]);
    if (n->execution_id)
        json_set_text(json, "executionLink", execution);
    json_object_set_new(json, "executionIndex", json_integer(n->index));
    json_object_set_new(json, "attempts", json_integer(n->attempts));
    json_object_set_new(json, "responseCode", n->code ? json_integer(n->code) : json_null());
    json_set_time(json, "createdAt", "_createTimeInMicros", n->created_at);
    json_set_time(json, "updatedAt", "_updateTimeInMicros", n->updated_at);
    if (n->sent_at)
        json_set_time(json, "sentAt", "_sentInMicros", n->sent_at);
    if (n->next_at && !n->claimed)
        json_set_time(json, "nextTryAt", "_nextTryInMicros", n->next_at);
    return json;
}

/* Code Stream's Notification, as it stands in an execution, its stages and tasks. */
static json_t *brief_json(const struct notification_row *n)
{
    const char *group = text_is(n->event, "SUCCESS") ? "COMPLETED" : text_is(n->event, "FAILURE") ? "FAILED" : n->event;
    const char *provider = text_is(n->kind, "jira") ? "Jira" : text_is(n->type, "slack") ? "Slack" : text_is(n->kind, "webhook") ? "Webhook" : "Email";
    const char *key = strrchr(n->reference, '/');
    AUTO_FREE char *code = n->code ? mem_format("%lld", (long long)n->code) : mem_text("");
    json_t *json = json_pack("{s:s, s:s, s:b, s:s, s:s, s:s, s:s}", "eventGroup", group, "providerType", provider, "success", text_is(n->status, "SENT"), "stage", n->stage,
                             "task", n->task, "responseCode", code, "_status", n->status);
    json_set_text(json, "responseMessage", n->message);
    if (text_is(n->kind, "jira") && key)
        json_object_set_new(json, "jiraResponse", json_pack("{s:s, s:s}", "ID", key + 1, "link", n->reference));
    return json;
}

static void put_brief(const json_t *document, const struct notification_row *n)
{
    const json_t *stage = json_object_get(json_object_get(document, "stages"), n->stage), *task = json_object_get(json_object_get(stage, "tasks"), n->task);
    const json_t *at = task ? task : stage ? stage : document;
    json_array_append_new(json_object_get(at, "notifications"), brief_json(n));
}

bool notifications_in_document(struct db_tx *tx, int64_t execution_id, json_t *document, struct err *e)
{
    AUTO_FREE int64_t *ids = NULL;
    size_t count = 0;
    bool ok = notifications_of(tx, execution_id, OF_EXECUTION_MOST, &ids, &count, e);
    for (size_t i = 0; ok && i < count; i++) {
        struct notification_row row = { 0 };
        ok = notification_get(tx, ids[i], &row, e);
        if (ok)
            put_brief(document, &row);
        notification_row_fini(&row);
    }
    return ok;
}

/* ---- reading */

static bool load(struct call *c, int64_t id, json_t **ret, struct err *e)
{
    struct notification_row row = { 0 };
    if (!notification_get(c->tx, id, &row, e))
        return false;
    *ret = notification_json(&row);
    notification_row_fini(&row);
    return true;
}

bool notifications_list(struct call *c, struct err *e)
{
    return call_list(c, &(struct list_view){ .source = &LIST_NOTIFICATIONS, .load = load }, e);
}

bool notifications_of_execution(struct call *c, struct err *e)
{
    int64_t id = 0, project = 0;
    if (!execution_find(c->tx, c->parameters[0], &id, &project, e))
        return false;
    if (!id)
        return err_set(e, ERR_NOT_FOUND, "there is no execution %.60s", c->parameters[0]);
    return call_in(c, project, e) && call_list_of(c, &(struct list_view){ .source = &LIST_NOTIFICATIONS, .load = load }, "x.execution_id", id, e);
}

static bool find(struct call *c, struct notification_row *ret, struct err *e)
{
    int64_t id = 0;
    if (!notification_find(c->tx, c->parameters[0], &id, e))
        return false;
    if (!id)
        return err_set(e, ERR_NOT_FOUND, "there is no notification %.60s", c->parameters[0]);
    return notification_get(c->tx, id, ret, e) && call_in(c, ret->project_id, e);
}

static bool answer_with(struct call *c, int64_t id, struct err *e)
{
    json_t *json = NULL;
    return load(c, id, &json, e) && call_answer(c, 200, json);
}

bool notification_one(struct call *c, struct err *e)
{
    struct notification_row row = { 0 };
    bool ok = find(c, &row, e) && answer_with(c, row.id, e);
    notification_row_fini(&row);
    return ok;
}

/* ---- ?action=resend | cancel */

static void wake(struct api *api, int64_t nothing)
{
    (void)nothing;
    runner_wake_notifications(api->config.runner);
}

static bool act(struct call *c, const struct notification_row *row, struct err *e)
{
    AUTO_FREE char *action = call_query(c, "action"), *why = mem_format("canceled by %s", c->who.name);
    AUTO_FREE char *detail = mem_format("%s of %s #%lld to %s", row->kind, row->name, (long long)row->index, row->target);
    if (text_is(action, "resend")) {
        call_after(c, wake, 0);
        return notification_again(c->tx, row, runner_notify_until(c->api->config.runner), e) && call_audit(c, row->project_id, "notification.resend", row->uuid, detail, e);
    }
    if (text_is(action, "cancel"))
        return notification_cancel(c->tx, row, why, e) && call_audit(c, row->project_id, "notification.cancel", row->uuid, detail, e);
    return err_field(e, "action", "?action= is resend or cancel");
}

bool notification_act(struct call *c, struct err *e)
{
    struct notification_row row = { 0 };
    bool ok = find(c, &row, e) && act(c, &row, e) && answer_with(c, row.id, e);
    notification_row_fini(&row);
    return ok;
}

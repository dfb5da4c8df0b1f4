/* What runs ask of people: listed, answered one by one or together, deleted when they are over. */
#include "store/user_operations.h"

#include <string.h>

#include "api/resources.h"
#include "base/clock.h"
#include "base/mem.h"

enum { RESPONSE_MOST = 2000, BATCH_MOST = 100 };

/* ---- shapes */

static void set_link(json_t *json, const char *key, const char *resource, const char *uuid)
{
    AUTO_FREE char *link = *uuid ? mem_format(API_PREFIX "/%s/%s", resource, uuid) : mem_text("");
    json_set_text(json, key, link);
}

static json_t *bound_shown(const json_t *bound)
{
    json_t *copy = json_deep_copy(bound), *tasks = json_object_get(copy, "tasks");
    for (size_t i = 0; i < json_array_size(tasks); i++)
        json_object_del(json_array_get(tasks, i), "hash"); /* of secrets too, which could be guessed by it */
    return copy;
}

static json_t *op_json(const struct user_op *op)
{
    const char *const TEXTS[][2] = {
        { "id", op->uuid }, { "project", op->project }, { "name", op->name }, { "pipelineName", op->name }, { "pipelineId", op->pipeline },
        { "task", op->task }, { "index", op->index }, { "summary", op->summary }, { "description", op->description }, { "status", op->status },
        { "requestedBy", op->requested_by }, { "createdBy", op->requested_by }, { "respondedBy", op->responded_by }, { "respondedByEmail", op->email },
        { "responderRoles", op->roles }, { "responseMessage", op->response }, { "executionId", op->execution },
    };
    json_t *json = json_object();
    for (size_t i = 0; i < ALEN(TEXTS); i++)
        json_set_text(json, TEXTS[i][0], TEXTS[i][1]);
    set_link(json, "_link", "user-operations", op->uuid);
    set_link(json, "executionLink", "executions", op->execution);
    json_object_set_new(json, "executionIndex", json_integer(op->execution_index));
    json_object_set(json, "approvers", op->approvers);
    json_object_set(json, "approverGroups", op->groups);
    json_object_set_new(json, "_bound", bound_shown(op->bound));
    json_set_time(json, "createdAt", "_createTimeInMicros", op->created_at);
    json_set_time(json, "updatedAt", "_updateTimeInMicros", op->updated_at);
    json_set_time(json, "requestedOn", "_requestedOnInMicros", op->created_at);
    json_set_time(json, "expiresOn", "_expiresOnInMicros", op->expires_at);
    if (op->responded_at)
        json_set_time(json, "respondedOn", "_respondedOnInMicros", op->responded_at);
    return json;
}

/* ---- who may answer */

static bool among(const json_t *names, const char *name)
{
    for (size_t i = 0; !text_empty(name) && i < json_array_size(names); i++)
        if (text_is_any_case(json_string_value(json_array_get(names, i)), name))
            return true;
    return false;
}

/* Those who are named, by name, address or group; where nobody is, whoever may run the pipeline. A token must lend the right to run. */
static bool may_answer(struct call *c, const struct user_op *op, bool *ret, struct err *e)
{
    AUTO_JSON *groups = NULL;
    *ret = false;
    if (!user_groups(c->tx, c->who.user_id, &groups, e))
        return false;
    if (c->who.capped && c->who.most < AUTH_EXECUTE)
        return true;
    if (!json_array_size(op->approvers) && !json_array_size(op->groups))
        *ret = auth_may(&c->who, op->project_id, MAY_EXECUTE);
    else
        *ret = among(op->approvers, c->who.name) || among(op->approvers, c->who.email);
    for (size_t i = 0; i < json_array_size(groups); i++)
        *ret = *ret || among(op->groups, json_string_value(json_array_get(groups, i)));
    return true;
}

static bool load(struct call *c, int64_t id, json_t **ret, struct err *e)
{
    struct user_op op = { 0 };
    bool mine = false;
    bool ok = user_op_get(c->tx, id, &op, e) && may_answer(c, &op, &mine, e);
    if (ok) {
        *ret = op_json(&op);
        json_object_set_new(*ret, "_mayRespond", json_boolean(mine && text_is(op.status, "ACTIVE")));
    }
    user_op_fini(&op);
    return ok;
}

/* ---- reading */

bool user_operations_list(struct call *c, struct err *e)
{
    return call_list(c, &(struct list_view){ .source = &LIST_USER_OPERATIONS, .load = load }, e);
}

static bool find(struct call *c, const char *uuid, struct user_op *ret, struct err *e)
{
    int64_t id = 0;
    if (!user_op_find(c->tx, uuid, &id, e))
        return false;
    if (!id)
        return err_set(e, ERR_NOT_FOUND, "there is no user operation %.60s", uuid);
    return user_op_get(c->tx, id, ret, e) && call_in(c, ret->project_id, e);
}

static bool answer_with(struct call *c, int64_t id, struct err *e)
{
    json_t *json = NULL;
    return load(c, id, &json, e) && call_answer(c, 200, json);
}

bool user_operation_one(struct call *c, struct err *e)
{
    struct user_op op = { 0 };
    bool ok = find(c, c->parameters[0], &op, e) && answer_with(c, op.id, e);
    user_op_fini(&op);
    return ok;
}

/* ---- answering */

struct response {
    const char *status, *message; /* APPROVED | REJECTED */
};

static bool response_read(struct call *c, struct response *ret, struct err *e)
{
    static const struct { const char *said, *status; } WORDS[] = { { "APPROVED", "APPROVED" }, { "APPROVE", "APPROVED" }, { "REJECTED", "REJECTED" },
                                                                  { "REJECT", "REJECTED" } };
    const char *said = call_text(c, "status", "");
    for (size_t i = 0; i < ALEN(WORDS); i++)
        if (text_is_any_case(said, WORDS[i].said))
            ret->status = WORDS[i].status;
    ret->message = call_text(c, "responseMessage", call_text(c, "response", ""));
    if (!ret->status)
        return err_field(e, "status", "status is Approved or Rejected");
    return strlen(ret->message) <= RESPONSE_MOST || err_field(e, "responseMessage", "a response has at most %d bytes", RESPONSE_MOST);
}

static void wake(struct api *api, int64_t id)
{
    runner_answered(api->config.runner, id);
}

static const char *roles_of(const struct call *c, int64_t project_id)
{
    return auth_may(&c->who, project_id, MAY_RESTRICTED) ? "administrator" : auth_may(&c->who, project_id, MAY_DEVELOP) ? "member"
           : auth_may(&c->who, project_id, MAY_EXECUTE)  ? "executor" : "viewer";
}

static bool respond(struct call *c, const struct user_op *op, const struct response *r, struct err *e)
{
    bool may = false, first = false;
    struct user_op_end end = { .status = r->status, .by = c->who.name, .email = c->who.email, .roles = roles_of(c, op->project_id), .response = r->message };
    AUTO_FREE char *detail = mem_format("%s of %s #%lld: %.300s", op->task, op->name, (long long)op->execution_index, r->message);
    if (!may_answer(c, op, &may, e))
        return false;
    if (!may)
        return err_set(e, ERR_FORBIDDEN, "%s is not among those who may answer %s of %s #%lld", c->who.name, op->task, op->name, (long long)op->execution_index);
    if (!user_op_end(c->tx, op, &end, &first, e))
        return false;
    if (!first)
        return err_set(e, ERR_CONFLICT, "it is %s already%s%s", op->status, *op->responded_by ? ", by " : "", op->responded_by);
    call_after(c, wake, op->id);
    return call_audit(c, op->project_id, text_is(r->status, "APPROVED") ? "user-operation.approve" : "user-operation.reject", op->uuid, detail, e);
}

bool user_operation_respond(struct call *c, struct err *e)
{
    struct user_op op = { 0 };
    struct response r = { 0 };
    bool ok = response_read(c, &r, e) && find(c, c->parameters[0], &op, e) && respond(c, &op, &r, e) && answer_with(c, op.id, e);
    user_op_fini(&op);
    return ok;
}

/* ---- together: each by itself; one that fails does not keep the others. They are written one by one, so that each wakes whoever waits. */

struct batch {
    json_t *errors;
    size_t next;
    int64_t success;
};

static void batch_free(void *context)
{
    struct batch *b = context;
    json_decref(b->errors);
    free(b);
}

static bool batch_one(struct call *c, struct err *e)
{
    struct batch *b = c->context;
    const json_t *ids = json_object_get(c->body, "ids");
    const char *uuid = json_string_value(json_array_get(ids, b->next++));
    struct user_op op = { 0 };
    struct response r = { 0 };
    struct err why = { 0 };
    c->in_project = true;
    bool ok = response_read(c, &r, &why) && uuid && find(c, uuid, &op, &why) && respond(c, &op, &r, &why);
    user_op_fini(&op);
    if (ok)
        b->success++;
    else if (why.kind == ERR_INTERNAL)
        return *e = why, false;
    else
        json_array_append_new(b->errors, json_pack("{s:s, s:s}", "id", uuid ? uuid : "", "error", why.kind ? why.text : "an id must be a text"));
    if (b->next < json_array_size(ids)) {
        c->next = (struct stage){ CALL_WRITE, batch_one };
        return true;
    }
    return call_answer(c, 200, json_pack("{s:I, s:I, s:O}", "success", (json_int_t)b->success, "failure", (json_int_t)json_array_size(b->errors), "errors", b->errors));
}

bool user_operations_batch(struct call *c, struct err *e)
{
    const json_t *ids = json_object_get(c->body, "ids");
    struct response r = { 0 };
    if (!response_read(c, &r, e))
        return false;
    if (!json_array_size(ids) || json_array_size(ids) > BATCH_MOST)
        return err_field(e, "ids", "ids is a list of 1 to %d ids", BATCH_MOST);
    struct batch *b = c->context = NEW(struct batch);
    c->context_free = batch_free;
    b->errors = json_array();
    c->in_project = true;
    c->next = (struct stage){ CALL_WRITE, batch_one };
    return true;
}

/* ---- deleting */

bool user_operation_remove(struct call *c, struct err *e)
{
    struct user_op op = { 0 };
    bool ok = find(c, c->parameters[0], &op, e) && answer_with(c, op.id, e) && user_op_delete(c->tx, &op, e) &&
              call_audit(c, op.project_id, "user-operation.delete", op.uuid, op.status, e);
    user_op_fini(&op);
    return ok;
}

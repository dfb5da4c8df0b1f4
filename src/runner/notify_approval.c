/* A question by mail, to those who may answer it. What it says is the question's own, so it is read when it is sent; one that was answered meanwhile is not sent. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/mem.h"
#include "base/text.h"
#include "runner/notify_work.h"
#include "store/user_operations.h"

/* ---- with the question */

static void split(const char *path, char **ret_stage, char **ret_task)
{
    const char *dot = strchr(path, '.');
    *ret_stage = mem_text_n(path, dot ? (size_t)(dot - path) : strlen(path));
    *ret_task = mem_text(dot ? dot + 1 : "");
}

static char *who(const struct user_op *op)
{
    struct text out = { 0 };
    const json_t *lists[] = { op->approvers, op->groups };
    for (size_t i = 0; i < ALEN(lists); i++)
        for (size_t k = 0; k < json_array_size(lists[i]); k++)
            text_addf(&out, "%s%.100s", out.length ? ", " : "", json_string_value(json_array_get(lists[i], k)));
    return out.length ? text_take(&out) : mem_format("members of %s", op->project);
}

bool notify_ask_store(struct runner *r, struct db_tx *tx, const struct user_op *op, const char *endpoint, struct err *e)
{
    struct notification_row row = { .project_id = op->project_id, .execution_id = op->execution_id, .execution = mem_text(op->execution), .name = mem_text(op->name),
                                    .index = op->execution_index, .kind = mem_text("approval"), .event = mem_text("WAITING"), .endpoint = mem_text(endpoint),
                                    .next_at = *endpoint ? clock_now() : 0, .until = runner_notify_until(r) };
    AUTO_FREE char *plain = mem_format("{\"operation\":%lld}", (long long)op->id), *identity = seal_of_notification(id_new(row.uuid));
    bool fresh;
    split(op->task, &row.stage, &row.task);
    if (row.until > op->expires_at)
        row.until = op->expires_at;
    row.occasion = mem_format("asks %lld", (long long)op->id);
    row.lane = mem_format("%lld email %s", (long long)op->project_id, endpoint);
    row.target = who(op);
    row.subject = mem_text_n(op->summary, strnlen(op->summary, 300));
    text_mend(row.subject);
    row.content = seal_close(r->config.seal, identity, plain, strlen(plain));
    row.status = mem_text(*endpoint ? "PENDING" : "FAILED");
    row.message = mem_text(*endpoint ? "" : "sendemail is on, but the task names no mail server: set endpoints.emailServer");
    bool ok = notification_insert(tx, &row, &fresh, e);
    notification_row_fini(&row);
    return ok;
}

/* ---- when it is sent */

static void line(struct text *out, const char *label, const char *value)
{
    if (!text_empty(value))
        text_addf(out, "%s: %s\n", label, value);
}

static char *body_of(const struct notify_work *w, const struct user_op *op)
{
    struct text out = { 0 };
    const char *page = w->runner->config.external_url ? w->runner->config.external_url : "";
    char until[CLOCK_TEXT];
    text_addf(&out, "%s #%lld waits for an answer.\n\n", op->name, (long long)op->execution_index);
    line(&out, "Asked", op->summary);
    line(&out, "Details", op->description);
    line(&out, "Task", op->task);
    line(&out, "Image", json_text_at(op->bound, "image", ""));
    line(&out, "Digest", json_text_at(op->bound, "digest", ""));
    line(&out, "Requested by", op->requested_by);
    line(&out, "Until", clock_rfc3339(op->expires_at, until));
    text_addf(&out, "\nAnswer: %s/user-operations?id=%s\nor: slipway approve %s, slipway reject %s\nThe run: %s/executions/%s\n", page, op->uuid, op->index, op->index, page,
              op->execution);
    return text_take(&out);
}

static json_t *small(const json_t *names)
{
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(names); i++) {
        AUTO_FREE char *name = mem_text(json_string_value(json_array_get(names, i)));
        for (char *c = name; *c; c++)
            *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
        json_array_append_new(list, json_text(name));
    }
    return list;
}

static void take_address(void *context, const char *address)
{
    if (mail_address_ok(address))
        json_array_append_new(context, json_text(address));
}

static bool addresses_of(struct db_tx *tx, const struct user_op *op, json_t *ret, struct err *e)
{
    AUTO_JSON *names = small(op->approvers), *groups = small(op->groups);
    AUTO_FREE char *name_list = json_write(names), *group_list = json_write(groups);
    bool all = !json_array_size(names) && !json_array_size(groups);
    if (!approval_addresses(tx, all ? op->project_id : 0, name_list, group_list, take_address, ret, e))
        return false;
    return json_array_size(ret) || err_set(e, ERR_UNAVAILABLE, "nobody who may answer has an e-mail address: set it with slipway user change NAME --email");
}

/* What is to be sent, into w->content; its answer may have come. */
static bool render(struct notify_work *w, struct db_tx *tx, const struct user_op *op, struct err *e)
{
    json_t *to = json_array();
    AUTO_FREE char *body = body_of(w, op);
    AUTO_FREE char *subject = mem_format("%s #%lld asks: %s", op->name, (long long)op->execution_index, *op->summary ? op->summary : op->task);
    json_object_set_new(w->content, "to", to);
    json_set_text(w->content, "subject", subject);
    json_set_text(w->content, "body", body);
    if (!text_is(op->status, "ACTIVE")) {
        AUTO_FREE char *why = mem_format("it was %s before the mail was sent", op->status);
        json_set_text(w->content, "over", why);
        return true;
    }
    return addresses_of(tx, op, to, e);
}

bool notify_approval_read(struct notify_work *w, struct db_tx *tx, struct err *e)
{
    struct user_op op = { 0 };
    bool ok = user_op_get(tx, json_int_at(w->content, "operation", 0), &op, e) && render(w, tx, &op, e);
    user_op_fini(&op);
    return ok;
}

bool notify_approval(struct notify_work *w, struct err *e)
{
    const char *over = json_text_at(w->content, "over", NULL);
    if (!over)
        return notify_mail(w, e);
    notify_end(w, &(struct notify_outcome){ .canceled = true, .message = over }, NULL);
    return true;
}

/* UserOperation: people say yes or no. Findable: the same attempt asks once; an answer that came while no server ran is found at the start. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fields.h"
#include "base/mem.h"
#include "base/text.h"
#include "tasks/task.h"

#define EXPIRES_MOST (30 * CLOCK_DAY)
#define APPROVERS_MOST 100

struct user_operation_input {
    json_t *approvers, *groups;
    char *summary, *description, *unit, *pipeline;
    int64_t expiration, days;
    bool send_email, replaces;
};
#define AT(member) offsetof(struct user_operation_input, member)
static const struct field FIELDS[] = {
    { "approvers", FIELD_ARRAY, AT(approvers), OPTIONAL },     { "approverGroups", FIELD_ARRAY, AT(groups), OPTIONAL },
    { "summary", FIELD_TEXT, AT(summary), OPTIONAL },          { "description", FIELD_TEXT, AT(description), OPTIONAL },
    { "expiration", FIELD_INT, AT(expiration), OPTIONAL },     { "expirationUnit", FIELD_TEXT, AT(unit), OPTIONAL },
    { "expirationInDays", FIELD_INT, AT(days), OPTIONAL },     { "sendemail", FIELD_BOOL, AT(send_email), OPTIONAL },
    { "pipelineName", FIELD_TEXT, AT(pipeline), OPTIONAL },    { "cancelPreviousPendingUserOp", FIELD_BOOL, AT(replaces), OPTIONAL },
};

/* How long people have: expiration in its unit, or expirationInDays as older exports say; 3 days unless it is said. */
static bool time_of(const struct user_operation_input *in, int64_t *ret, struct err *e)
{
    static const struct { const char *name; int64_t micros; } UNITS[] = { { "MINUTES", CLOCK_MINUTE }, { "HOURS", CLOCK_HOUR }, { "DAYS", CLOCK_DAY } };
    int64_t count = in->expiration ? in->expiration : in->days ? in->days : 3, unit = CLOCK_DAY;
    if (in->expiration && !text_empty(in->unit)) {
        size_t i = 0;
        while (i < ALEN(UNITS) && !text_is_any_case(UNITS[i].name, in->unit))
            i++;
        if (i == ALEN(UNITS))
            return err_field(e, "expirationUnit", "expirationUnit '%.40s' is none of MINUTES, HOURS, DAYS", in->unit);
        unit = UNITS[i].micros;
    }
    if (count < 1 || count > EXPIRES_MOST / unit)
        return err_field(e, in->expiration ? "expiration" : "expirationInDays", "an answer may take at most 30 days, and at least one %s", unit == CLOCK_DAY ? "day" : "of the unit");
    *ret = count * unit;
    return true;
}

/* Texts, without the empty ones that an input may have left. */
static bool names_of(const json_t *list, const char *field, json_t **ret, struct err *e)
{
    json_t *names = *ret = json_array();
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        if (!name)
            return err_field(e, field, "%s must be a list of texts", field);
        if (*name)
            json_array_append_new(names, json_string(name));
    }
    return json_array_size(names) <= APPROVERS_MOST || err_field(e, field, "%s names more than %d", field, APPROVERS_MOST);
}

static json_t *output_of(const struct task_answer *a)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:s}", "index", a->index, "respondedBy", a->by, "respondedByEmail", a->email, "responderRoles", a->roles, "comments",
                     a->comments, "respondedOnInMicros", (json_int_t)a->at, "status", a->status);
}

static void ended(struct task_job *job, const struct task_answer *a, const struct err *e)
{
    char message[1200];
    struct task_outcome outcome = { .result = TASK_CANCELED, .message = message };
    if (!a) {
        outcome.result = e->kind == ERR_CANCELED ? TASK_CANCELED : err_retry(e->kind) ? TASK_RETRY : TASK_FAILED;
        outcome.message = e->text;
        task_done(job, &outcome);
        return;
    }
    const char *colon = text_empty(a->comments) ? "" : ": ";
    AUTO_JSON *output = output_of(a);
    outcome.output = output;
    if (text_is(a->status, "APPROVED")) {
        outcome.result = TASK_COMPLETED;
        snprintf(message, sizeof message, "Approved by %.100s%s%.1000s", a->by, colon, a->comments);
    } else if (text_is(a->status, "REJECTED")) {
        outcome.result = TASK_FAILED;
        snprintf(message, sizeof message, "Rejected by %.100s%s%.1000s", a->by, colon, a->comments);
    } else if (text_is(a->status, "EXPIRED")) {
        outcome.result = TASK_FAILED;
        snprintf(message, sizeof message, "nobody answered in time");
    } else {
        snprintf(message, sizeof message, "%.1000s", a->comments);
    }
    text_mend(message);
    task_done(job, &outcome);
}

struct asking { /* from what was resolved to what is asked */
    json_t *approvers, *groups;
    char *summary, *description;
    int64_t expires_at;
    bool replaces, email;
};

static void asking_free(struct asking *a)
{
    json_decref(a->approvers);
    json_decref(a->groups);
    free(a->summary);
    free(a->description);
    free(a);
}

static void abandon(struct task_job *job)
{
    asking_free(job->context);
}

static void ask_now(struct task_job *job)
{
    struct asking *a = job->context;
    task_ask_start(job, &(struct task_ask){ .summary = a->summary, .description = a->description, .approvers = a->approvers, .groups = a->groups,
                                            .expires_at = a->expires_at, .replaces = a->replaces, .email = a->email }, ended);
    asking_free(a);
    job->context = NULL;
}

static bool read_input(struct asking *a, const json_t *input, struct err *e)
{
    struct user_operation_input in = { 0 };
    int64_t time = 0;
    bool ok = fields_read(input, FIELDS, ALEN(FIELDS), &in, e) && time_of(&in, &time, e) && names_of(in.approvers, "approvers", &a->approvers, e) &&
              names_of(in.groups, "approverGroups", &a->groups, e);
    a->summary = mem_text(in.summary ? in.summary : "");
    a->description = mem_text(in.description ? in.description : "");
    a->expires_at = clock_now() + time;
    a->replaces = in.replaces;
    a->email = in.send_email;
    fields_release(FIELDS, ALEN(FIELDS), &in);
    return ok;
}

static bool user_operation_start(struct task_job *job, struct err *e)
{
    struct asking *a = NEW(struct asking);
    AUTO_JSON *input = NULL;
    if (!expression_resolve_tree(job->input, NULL, job->scope, &input, NULL, e) || !read_input(a, input, e)) {
        asking_free(a);
        return false;
    }
    job->context = a;
    AUTO_JSON *resolved = json_object();
    if (job->resolved) /* it was about to ask, or asked, before a crash */
        ask_now(job);
    else
        task_resolved(job, input, resolved, ask_now, abandon);
    return true;
}

static const char *const ENDPOINTS[] = { "emailServer", NULL };

const struct task_type TASK_USER_OPERATION = {
    .name = "UserOperation", .fields = FIELDS, .field_count = ALEN(FIELDS), .endpoints = ENDPOINTS, .crash = TASK_FINDABLE,
    .start = user_operation_start, .cancel = task_ask_cancel, .leave = task_ask_cancel,
};

/* The runner's face for the tests of the API: stores what it must, and never runs anything. */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "pipeline/engine.h"
#include "runner/doctor.h"
#include "runner/hub.h"
#include "runner/sweep.h"
#include "runner/notify.h"
#include "runner/runner.h"
#include "runner/simulate.h"
#include "runner/tokens.h"
#include "runner/endpoint_tags.h"
#include "runner/validate.h"
#include "store/hub_hooks.h"
#include "store/runs.h"
#include "store/webhooks.h"

void runner_wake_inbox(struct runner *r)
{
    (void)r;
}

void runner_wake_pipeline(struct runner *r, int64_t pipeline_id)
{
    (void)r, (void)pipeline_id;
}

bool runner_insert(struct runner *r, struct db_tx *tx, const struct run_request *request, struct run_made *ret, struct err *e)
{
    struct run_pipeline pipeline = { 0 };
    (void)r;
    if (!run_pipeline_get(tx, request->pipeline_id, &pipeline, e))
        return false;
    AUTO(pipeline) model = NULL;
    AUTO(execution) execution = NULL;
    AUTO_JSON *definition = NULL;
    AUTO_JSON *input = request->input ? json_incref((json_t *)request->input) : json_object();
    struct execution_row row = { 0 };
    AUTO_FREE char *given = json_write(input);
    json_read(pipeline.definition, strlen(pipeline.definition), &definition, e);
    pipeline_create(definition, &model, NULL);
    execution = execution_create(model, input, NULL, clock_now());
    execution_write(execution, &row);
    struct run_new run = { .project_id = pipeline.project_id, .pipeline_id = pipeline.id, .name = pipeline.name, .state = row.state,
                           .input = given, .outside = "[]", .comments = request->comments, .tags = "[]",
                           .executed_by = request->executed_by, .triggered_by = request->triggered_by, .source = request->source,
                           .user_id = request->user_id, .now = clock_now() };
    bool ok = definition_pin(tx, pipeline.project_id, pipeline.definition, &run.definition_id, e) &&
              run_next_index(tx, pipeline.id, &run.index, e) && run_insert(tx, &run, &ret->id, e);
    ret->index = run.index;
    memcpy(ret->uuid, run.uuid, sizeof ret->uuid);
    execution_row_fini(&row);
    run_pipeline_fini(&pipeline);
    return ok;
}

bool runner_rerun_event(struct runner *r, struct db_tx *tx, int64_t event_id, const struct run_asker *by, struct run_made *ret,
                        int64_t *ret_pipeline_id, struct err *e)
{
    (void)r, (void)tx, (void)event_id, (void)by, (void)ret, (void)ret_pipeline_id;
    return err_set(e, ERR_CONFLICT, "the push is gone");
}

bool runner_rerun(struct runner *r, struct db_tx *tx, int64_t execution_id, bool from_stop, const struct run_asker *by, const char *comments,
                  struct run_made *ret, int64_t *ret_pipeline_id, struct err *e)
{
    (void)r, (void)tx, (void)execution_id, (void)by, (void)comments, (void)e;
    *ret = (struct run_made){ .id = 7, .index = from_stop ? 8 : 7, .uuid = "00000000-0000-7000-8000-000000000007" };
    *ret_pipeline_id = 1;
    return true;
}

/* Of each event a run would begin; none does. */
bool runner_rerun_events(struct runner *r, struct db_tx *tx, const int64_t *ids, size_t count, const struct run_asker *by, bool start,
                         struct run_again *ret, struct err *e)
{
    (void)r, (void)tx, (void)ids, (void)by, (void)e;
    *ret = (struct run_again){ .runs = (int64_t)count, .started = json_array(), .refused = json_array() };
    for (size_t i = 0; start && i < count; i++)
        json_array_append_new(ret->refused, json_object());
    return true;
}

void run_again_fini(struct run_again *again)
{
    json_decref(again->started);
    json_decref(again->refused);
}

void runner_wake_queued(struct runner *r)
{
    (void)r;
}

bool runner_release_event(struct runner *r, struct db_tx *tx, int64_t event_id, const struct run_asker *by, int64_t *ret_pipeline_id, struct err *e)
{
    (void)r, (void)tx, (void)event_id, (void)by, (void)ret_pipeline_id;
    return err_set(e, ERR_CONFLICT, "the event is not held");
}

bool runner_discard_event(struct db_tx *tx, int64_t event_id, const char *by, struct err *e)
{
    (void)tx, (void)event_id, (void)by;
    return err_set(e, ERR_CONFLICT, "the event is not held");
}

/* ---- runner/tokens.h: those that webhooks hold themselves */

bool runner_token_of(struct runner *r, struct db_tx *tx, int64_t project_id, const char *refresh_token, const char *token_hash,
                     struct lent_token *ret, bool *ret_found, struct err *e)
{
    (void)r, (void)project_id, (void)refresh_token;
    return lent_token_get(tx, token_hash, clock_now(), ret, ret_found, e);
}

void runner_tokens_each(const struct runner *r, void (*each)(void *context, const char *uuid, int64_t ends_at), void *context)
{
    (void)r;
    each(context, "t1", clock_now() + CLOCK_DAY);
}

void runner_wake_tokens(struct runner *r)
{
    (void)r;
}

void runner_answered(struct runner *r, int64_t user_operation_id)
{
    (void)r, (void)user_operation_id;
}

void runner_wake_held(struct runner *r)
{
    (void)r;
}

void runner_act(struct runner *r, int64_t execution_id, enum run_action action, const struct run_actor *by, const char *reason,
                void (*done)(void *context, const struct err *e), void *context)
{
    (void)r, (void)execution_id, (void)action, (void)by, (void)reason;
    done(context, NULL);
}

struct runner_stats runner_stats(const struct runner *r)
{
    (void)r;
    return (struct runner_stats){ 0 };
}

void runner_pipeline_types(const struct pipeline_type **ret, size_t *ret_count)
{
    static const struct pipeline_type TYPES[] = { { .name = "K8S" } };
    *ret = TYPES;
    *ret_count = 1;
}

bool endpoint_properties_ok(const char *type, const json_t *properties, bool allow_in_cluster, const char *docker_socket, struct err *e)
{
    (void)allow_in_cluster, (void)docker_socket;
    (void)type, (void)properties, (void)allow_in_cluster, (void)e;
    return true;
}

bool endpoint_validate_start(struct endpoint_validate *op, struct loop *loop, struct http_client *http, struct err *e)
{
    (void)op, (void)loop, (void)http;
    return err_set(e, ERR_INVALID, "nothing to ask in tests");
}

/* ---- runner/endpoint_tags.h: the endpoint's URL is taken as a repository of Docker Hub */

bool endpoint_tags_start(struct endpoint_tags *op, struct http_client *http, struct err *e)
{
    (void)op, (void)http;
    return err_set(e, ERR_INVALID, "nothing to ask in tests");
}

bool endpoint_tags_target(const json_t *properties, const char *repository, char **ret_repository, char **ret_host, struct err *e)
{
    (void)e;
    *ret_repository = mem_text(text_empty(repository) ? json_text_at(properties, "repoURL", "") : repository);
    *ret_host = mem_text("docker.io");
    return true;
}

/* ---- runner/hub.h: rows are written as the runner would, and nothing is asked */

bool runner_hub_want(struct runner *r, struct db_tx *tx, int64_t webhook_id, enum hub_want why, int64_t *ret_id, struct err *e)
{
    struct webhook_row webhook = { 0 };
    (void)r, (void)why;
    bool ok = hub_hook_of_webhook(tx, webhook_id, ret_id, e) && webhook_get(tx, webhook_id, &webhook, e);
    if (ok && !*ret_id && text_is(webhook.registration, "automatic")) {
        struct hub_hook_row row = { .project_id = webhook.object.project_id, .endpoint_id = webhook.endpoint_id, .webhook_id = webhook_id,
                                    .webhook = webhook.object.name, .repository = "acme/web", .state = "pending", .message = "", .next_at = clock_now() };
        ok = hub_hook_insert(tx, &row, e);
        *ret_id = row.id;
        free(row.name);
    }
    webhook_row_fini(&webhook);
    return ok;
}

bool runner_hub_remove(struct runner *r, struct db_tx *tx, int64_t webhook_id, int64_t *ret_id, struct err *e)
{
    struct hub_hook_row row = { 0 };
    bool found = false;
    (void)r;
    bool ok = hub_hook_of_webhook(tx, webhook_id, ret_id, e) && (!*ret_id || hub_hook_get(tx, *ret_id, &row, &found, e)) &&
              (!found || hub_hook_orphan(tx, &row, e));
    hub_hook_row_fini(&row);
    return ok;
}

bool runner_hub_endpoint(struct runner *r, struct db_tx *tx, int64_t endpoint_id, struct err *e)
{
    (void)r, (void)tx, (void)endpoint_id, (void)e;
    return true;
}

void runner_hub_wake(struct runner *r)
{
    (void)r;
}

void runner_hub_wait(struct runner *r, int64_t id, int64_t micros, void (*done)(void *context), void *context)
{
    (void)r, (void)id, (void)micros;
    done(context);
}

/* ---- simulations: what was asked is the answer */

struct simulation {
    json_t *answer;
};

bool simulation_read(struct runner *r, struct db_tx *tx, const struct simulation_request *q, struct simulation **ret, struct err *e)
{
    (void)r, (void)tx, (void)e;
    *ret = NEW(struct simulation);
    (*ret)->answer = json_pack("{s:I, s:I, s:O, s:b, s:b, s:s}", "webhook", (json_int_t)q->webhook_id, "endpoint", (json_int_t)q->endpoint_id, "events",
                               q->events, "diff", q->diff, "administrator", q->administrator, "event", q->event_id ? q->event_id : "");
    return true;
}

void simulation_start(struct simulation *s, void (*done)(void *context), void *context)
{
    (void)s;
    done(context);
}

json_t *simulation_answer(const struct simulation *s)
{
    return json_incref(s->answer);
}

void simulation_destroy(struct simulation **s)
{
    if (*s)
        json_decref((*s)->answer);
    free(*s);
    *s = NULL;
}

/* ---- the doctor finds one thing */

struct doctor {
    int unused;
};

bool doctor_read(struct runner *r, struct db_tx *tx, int64_t webhook_id, bool administrator, struct doctor **ret, struct err *e)
{
    (void)r, (void)tx, (void)webhook_id, (void)administrator, (void)e;
    *ret = NEW(struct doctor);
    return true;
}

void doctor_start(struct doctor *d, void (*done)(void *context), void *context)
{
    (void)d;
    done(context);
}

json_t *doctor_answer(const struct doctor *d)
{
    (void)d;
    return json_pack("[{s:s, s:s}]", "check", "API token", "status", "failed");
}

void doctor_destroy(struct doctor **d)
{
    free(*d);
    *d = NULL;
}

void runner_mark(const struct runner *r, char ret[RUNNER_MARK])
{
    (void)r;
    memcpy(ret, "0123456789abcdef", RUNNER_MARK);
}

/* ---- runner/sweep.h: nothing is looked at */

bool runner_sweep_want(struct runner *r, struct db_tx *tx, int64_t webhook_id, struct err *e)
{
    (void)r, (void)tx, (void)webhook_id, (void)e;
    return true;
}

bool runner_sweep_leave(struct db_tx *tx, int64_t webhook_id, struct err *e)
{
    (void)tx, (void)webhook_id, (void)e;
    return true;
}

bool runner_sweep_endpoint(struct runner *r, struct db_tx *tx, int64_t endpoint_id, struct err *e)
{
    (void)r, (void)tx, (void)endpoint_id, (void)e;
    return true;
}

void runner_sweep_wake(struct runner *r)
{
    (void)r;
}

bool runner_sweep_status(struct runner *r, struct db_tx *tx, int64_t webhook_id, json_t **ret, struct err *e)
{
    (void)r, (void)tx, (void)webhook_id, (void)e;
    *ret = json_pack("{s:s, s:s}", "state", "off", "message", "");
    return true;
}

struct sweep_stats runner_sweep_stats(const struct runner *r)
{
    (void)r;
    return (struct sweep_stats){ 0 };
}

/* ---- runner/notify.h: nothing is told */

void runner_wake_notifications(struct runner *r)
{
    (void)r;
}

int64_t runner_notify_until(const struct runner *r)
{
    (void)r;
    return 0;
}

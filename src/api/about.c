/* What the server is, and whether it is well: about, healthz, readyz, metrics; and what does not exist here yet. */
#include "agent/agents.h"
#include "api/cloud_links.h"
#include "api/resources.h"
#include "runner/sweep.h"
#include "runner/doctor.h"

#include "api/answer.h"
#include "base/clock.h"
#include "base/mem.h"
#include "runner/tokens.h"

bool about_get(struct call *c, struct err *e)
{
    (void)e;
    AUTO_FREE char *documentation = mem_format("%s" API_PREFIX "/about", c->api->external_url);
    return call_answer(c, 200, json_pack("{s:s, s:[{s:s, s:s}], s:{s:s, s:s}}", "latestApiVersion", "2019-10-17", "supportedApis",
                                         "apiVersion", "2019-10-17", "documentationLink", documentation, "product", "name", "Slipway",
                                         "version", SLIPWAY_VERSION));
}

bool health_get(struct call *c, struct err *e)
{
    char mark[RUNNER_MARK];
    (void)e;
    runner_mark(c->api->config.runner, mark);
    http_answer_header(c->request, "Slipway-Node", mark);
    call_answer_text(c, 200, "text/plain", "ok\n");
    call_end(c, NULL);
    return true;
}

/* A read went through; room for writes is there. */
bool ready_get(struct call *c, struct err *e)
{
    if (db_full(c->api->config.db))
        return err_set(e, ERR_UNAVAILABLE, "the disk is full: nothing can be stored");
    return call_answer_text(c, 200, "text/plain", "ready\n");
}

static void metric(struct text *out, const char *name, const char *type, const char *help, double value)
{
    text_addf(out, "# HELP slipway_%s %s\n# TYPE slipway_%s %s\nslipway_%s %.15g\n", name, help, name, type, name, value);
}

static void database_metrics(struct text *out, const struct db_stats *s)
{
    metric(out, "db_commits_total", "counter", "Commits of the database.", (double)s->commits);
    metric(out, "db_writes_total", "counter", "Write jobs, of which each commit takes a group.", (double)s->jobs);
    metric(out, "db_largest_group", "gauge", "Most jobs that one commit took.", (double)s->largest_group);
    metric(out, "db_queue", "gauge", "Write jobs that wait.", (double)s->queue);
    metric(out, "db_commit_seconds_total", "counter", "Time spent in commits.", (double)s->commit_micros_total / 1e6);
}

static void runner_metrics(struct text *out, const struct runner_stats *s)
{
    metric(out, "deliveries_matched_total", "counter", "Deliveries matched with triggers.", (double)s->deliveries_matched);
    metric(out, "pushes_total", "counter", "Pushes seen.", (double)s->pushes);
    metric(out, "executions_started_total", "counter", "Executions started.", (double)s->executions_started);
    metric(out, "executions_finished_total", "counter", "Executions finished.", (double)s->executions_finished);
    metric(out, "executions_live", "gauge", "Executions under way.", (double)s->live);
    metric(out, "tasks_running", "gauge", "Tasks under way.", (double)s->tasks_running);
    metric(out, "notifications_sent_total", "counter", "Notifications that arrived.", (double)s->notifications_sent);
    metric(out, "notification_failures_total", "counter", "Tries of notifications that did not arrive.", (double)s->notifications_failed);
    metric(out, "holds_open", "gauge", "Webhooks that hold what is pushed to a repository, because a deployment failed its verification.", (double)s->holds_open);
    metric(out, "confirms_open", "gauge", "Pushes that a registry is asked about.", (double)s->confirms_open);
}

static void token_metric(void *context, const char *uuid, int64_t ends_at)
{
    text_addf(context, "slipway_token_expiry_seconds{token=\"%s\"} %lld\n", uuid, (long long)((ends_at - clock_now()) / CLOCK_SECOND));
}

/* By id, for whoever may read this page need not know whose they are. */
static void token_metrics(struct text *out, const struct runner *runner)
{
    text_add(out, "# HELP slipway_token_expiry_seconds Until an API token ends that webhooks lend; 0 or less: it is dead.\n"
                  "# TYPE slipway_token_expiry_seconds gauge\n");
    runner_tokens_each(runner, token_metric, out);
}

static void link_metric(void *context, const char *proxy, const char *instance, int64_t latency, int64_t streams)
{
    (void)proxy, (void)streams;
    text_addf(context, "slipway_cloud_proxy_latency_seconds{instance=\"%s\"} %.6f\n", instance, (double)latency / 1e6);
}

/* By instance, for the same reason. */
static void link_metrics(struct text *out, const struct agents *agents)
{
    struct agents_stats s = agents_stats(agents);
    metric(out, "cloud_proxy_links", "gauge", "Links to instances of Cloud Proxies.", (double)s.links);
    metric(out, "cloud_proxy_silent", "gauge", "Links whose other end does not answer.", (double)s.silent);
    metric(out, "cloud_proxy_streams", "gauge", "Streams over all links.", (double)s.streams);
    metric(out, "cloud_proxy_connections_total", "counter", "Connections made through Cloud Proxies.", (double)s.opened);
    metric(out, "cloud_proxy_refused_total", "counter", "Connections that no instance made.", (double)s.refused);
    metric(out, "cloud_proxy_moved_total", "counter", "Times that a connection was tried at another instance, or again.", (double)s.moved);
    text_add(out, "# HELP slipway_cloud_proxy_latency_seconds There and back over the link.\n# TYPE slipway_cloud_proxy_latency_seconds gauge\n");
    agents_each(agents, link_metric, out);
}

bool metrics_get(struct call *c, struct err *e)
{
    (void)e;
    AUTO_TEXT out = { 0 };
    struct http_server_stats sum = { 0 };
    for (size_t i = 0; i < c->api->server_count; i++) {
        struct http_server_stats s = http_server_stats(c->api->servers[i]);
        sum.connections += s.connections, sum.requests += s.requests, sum.refused_limits += s.refused_limits;
        sum.timeouts += s.timeouts, sum.streams += s.streams;
    }
    struct db_stats database = db_stats(c->api->config.db);
    struct runner_stats runner = runner_stats(c->api->config.runner);
    struct sweep_stats sweep = runner_sweep_stats(c->api->config.runner);
    metric(&out, "start_time_seconds", "gauge", "When the server started.", (double)c->api->started_at / 1e6);
    metric(&out, "sweep_requests_total", "counter", "Requests of the sweep to registries.", (double)sweep.requests);
    metric(&out, "sweep_looks_total", "counter", "Looks of the sweep at repositories.", (double)sweep.looks);
    metric(&out, "sweep_failures_total", "counter", "Looks that failed.", (double)sweep.failures);
    metric(&out, "sweep_pushes_total", "counter", "Pushes that the sweep found.", (double)sweep.pushes);
    metric(&out, "sweep_registries_closed", "gauge", "Registries that do not answer the sweep, or asked for patience.",
           (double)sweep.registries_closed);
    metric(&out, "http_connections", "gauge", "Open connections.", (double)sum.connections);
    metric(&out, "http_requests_total", "counter", "Requests taken.", (double)sum.requests);
    metric(&out, "http_refused_total", "counter", "Requests refused for a limit.", (double)sum.refused_limits);
    metric(&out, "http_timeouts_total", "counter", "Requests that were not complete in time.", (double)sum.timeouts);
    metric(&out, "http_streams", "gauge", "Live streams.", (double)sum.streams);
    metric(&out, "api_answers_total", "counter", "Answers of the API and of webhook URLs.", (double)c->api->answered);
    metric(&out, "api_failures_total", "counter", "Answers with status 500 and above.", (double)c->api->failed);
    database_metrics(&out, &database);
    runner_metrics(&out, &runner);
    token_metrics(&out, c->api->config.runner);
    link_metrics(&out, cloud_links_agents(c->api->links));
    call_answer_text(c, 200, "text/plain; version=0.0.4", text_of(&out));
    call_end(c, NULL);
    return true;
}

/* Parts of Code Stream that are not here yet say so, rather than pretend to be empty. */
bool not_here(struct call *c, struct err *e)
{
    err_set(e, ERR_UNSUPPORTED, "%s does not exist in this version of Slipway: registry webhooks, pipelines with K8S tasks, endpoints and "
            "variables do", c->request->path);
    json_t *body = answer_error(e, c->request->path, c->request_id, NULL);
    json_object_set_new(body, "status", json_integer(501));
    json_object_set_new(body, "statusCode", json_integer(501));
    json_set_text(body, "error", "Not Implemented");
    return call_answer(c, 501, body);
}

/* Each check, as it stands in a push's way. Those that ask somebody have a time of their own. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "event/event.h"
#include "runner/decide.h"
#include "runner/doctor_work.h"
#include "runner/hub.h"
#include "store/held.h"
#include "runner/tokens.h"

#define URL_TIME (5 * CLOCK_SECOND)
#define CLUSTER_TIME (4 * CLOCK_SECOND)

/* ---- the URL */

static void url_answered(struct http_call *http, const struct err *e)
{
    struct doctor *d = OWNER(http, struct doctor, http);
    char mark[RUNNER_MARK];
    const char *theirs = e ? NULL : http_headers_get(&http->answer_headers, "Slipway-Node");
    runner_mark(d->runner, mark);
    if (e)
        doctor_say(d, "warning", "check the name's address, the proxy in front and its certificate; from outside it may be another matter",
                   "%s/healthz does not answer from here: %s", d->runner->config.external_url, e->text);
    else if (text_is(theirs, mark))
        doctor_say(d, "ok", "", "%s leads back to this server, as seen from here; whether the internet sees it too cannot be told from inside",
                   d->runner->config.external_url);
    else
        doctor_say(d, "failed", "set external-url (SLIPWAY_EXTERNAL_URL) to the address of this server",
                   "%s/healthz is answered (%d), but not by this server", d->runner->config.external_url, http->status);
}

static void check_url(struct doctor *d)
{
    const char *url = d->runner->config.external_url;
    AUTO_JSON *problems = registry_reach_problems(json_text_at(d->webhook.endpoint_properties, "serverType", ""), url ? url : "");
    size_t i;
    json_t *problem;
    struct err e = { 0 };
    json_array_foreach(problems, i, problem)
        doctor_note(d, "warning", "set external-url to an address that the registry reaches (Docker Hub: https, in the internet); until then the sweep finds pushes", "%s",
                    json_string_value(problem));
    if (text_empty(url)) {
        doctor_next(d);
        return;
    }
    AUTO_FREE char *health = mem_format("%s/healthz", url);
    d->http = (struct http_call){ .url = health, .timeout_micros = URL_TIME, .answer_limit = 4096, .done = url_answered };
    if (!http_call_start(&d->http, d->runner->config.http, &e))
        doctor_say(d, "failed", "set external-url to a URL such as https://slipway.example.com", "%s cannot be asked: %s", url, e.text);
}

/* ---- the registry's login */

static void validated(struct endpoint_validate *op)
{
    struct doctor *d = OWNER(op, struct doctor, validate);
    doctor_say(d, op->ok ? "ok" : "failed", op->ok ? "" : "put a user and an access token that may read the repository into the endpoint",
               "endpoint %s: %s", d->webhook.endpoint, op->text);
}

static void check_registry(struct doctor *d)
{
    const json_t *endpoint = json_object_get(d->knowledge.endpoints, d->webhook.endpoint);
    const struct registry_hub *hub = &d->runner->hub;
    struct err e = { 0 };
    if (restricted_endpoint(&d->knowledge, d->webhook.endpoint)) {
        doctor_say(d, "skipped", "", "endpoint '%s' is restricted: only an administrator may ask there", d->webhook.endpoint);
        return;
    }
    d->validate = (struct endpoint_validate){ .type = "dockerregistry", .properties = json_object_get(endpoint, "properties"),
                                              .hub = { hub->hub_url, hub->registry_url, hub->auth_url }, .done = validated };
    if (!endpoint_validate_start(&d->validate, d->runner->config.loop, d->runner->config.http, &e))
        doctor_say(d, "failed", "correct the endpoint", "endpoint %s: %s", d->webhook.endpoint, e.text);
}

/* ---- the hook there */

static void check_hook(struct doctor *d)
{
    const struct hub_hook_row *h = &d->hook;
    if (!d->webhook.enabled)
        doctor_note(d, "warning", "enable it to let pushes run", "the webhook is disabled: pushes made meanwhile never run");
    if (!d->hook_found || text_is(h->state, "manual"))
        doctor_say(d, d->first.at ? "ok" : "warning", d->first.at ? "" : "copy the webhook's URL and paste it at the registry (slipway webhook url NAME)",
                   "the hook is made by hand%s%s", d->hook_found && *h->message ? ": " : "", d->hook_found ? h->message : "");
    else if (text_is(h->state, "registered"))
        doctor_say(d, "ok", "", "Docker Hub has the hook '%s' at %s", h->name, h->repository);
    else
        doctor_say(d, text_is(h->state, "failed") ? "failed" : "warning", "slipway webhook register NAME tries now", "the hook at %s is %s: %s", h->repository,
                   h->state, h->message);
}

/* ---- the token, with whose rights a run begins */

static void check_token(struct doctor *d)
{
    char ends[CLOCK_TEXT];
    if (!d->by.user_id) {
        doctor_say(d, "failed", "make an API token whose owner may run pipelines here, and put it into the webhook (refreshToken)", "%s", d->owner);
        return;
    }
    bool soon = d->token_ends && d->token_ends - clock_now() < TOKEN_SOON;
    if (d->token_ends)
        clock_text(d->token_ends, ends);
    doctor_say(d, soon ? "warning" : "ok", soon ? "make a new API token, and put it into the webhook before this one ends" : "",
               "API token '%s' of %s may run the pipeline; it %s%s", d->token, d->owner, d->token_ends ? "ends at " : "never ends",
               d->token_ends ? ends : "");
}

/* ---- the pipeline */

static void check_pipeline(struct doctor *d)
{
    struct err why = { 0 };
    AUTO_JSON *input = NULL;
    struct push push = { .registry = "docker.io", .repository = "acme/web", .tag = "1", .actor = "somebody", .pushed_at = "1417566161",
                         .digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000" };
    if (text_is(d->pipeline_row.state, "DISABLED")) {
        doctor_say(d, "failed", "enable the pipeline", "pipeline '%s' is disabled", d->pipeline_row.name);
        return;
    }
    if (!d->pipeline) {
        doctor_say(d, "failed", "correct the pipeline", "pipeline '%s': %s", d->pipeline_row.name, d->wrong.text);
        return;
    }
    AUTO_JSON *given = decide_input(&d->trigger, &push, "");
    json_set_text(given, "DOCKER_EVENT_ID", "some event");
    if (!pipeline_inputs(d->pipeline, given, &input, &why))
        doctor_say(d, "failed", "give the input a default in the pipeline, or a value in the webhook", "%s", why.text);
    else
        doctor_say(d, "ok", "", "pipeline '%s' is enabled, and a push gives it all inputs that it must have", d->pipeline_row.name);
}

/* ---- the clusters, one after the other */

static void next_cluster(struct doctor *d);

static void cluster_over(struct doctor *d)
{
    kube_release(&d->kube);
    json_decref(d->review);
    d->review = NULL;
    d->cluster++;
    next_cluster(d);
}

static const char *namespace_of(const struct doctor *d)
{
    const struct doctor_cluster *c = &d->clusters[d->cluster];
    return *c->namespace_ ? c->namespace_ : kube_default_namespace(d->kube);
}

static void reviewed(struct kube_call *call, const struct err *e)
{
    struct doctor *d = OWNER(call, struct doctor, call);
    const struct doctor_cluster *c = &d->clusters[d->cluster];
    const char *name = json_text_at(c->endpoint, "name", "");
    if (e)
        doctor_note(d, "failed", "correct the endpoint's address and credentials, or look at the cluster", "task %s: cluster '%s' cannot be asked: %s", c->task,
                    name, e->text);
    else if (json_bool_at(call->answer, "status.allowed", false))
        doctor_note(d, "ok", "", "task %s: cluster '%s' answers, and may apply deployments in namespace %s", c->task, name, namespace_of(d));
    else
        doctor_note(d, "failed", "give these credentials a role that may get, create and patch what the task applies there",
                    "task %s: cluster '%s' answers, but its credentials may not apply deployments in namespace %s", c->task, name, namespace_of(d));
    cluster_over(d);
}

static bool hold_cluster(struct doctor *d, const struct doctor_cluster *c, struct err *e)
{
    struct kube_target *target = NULL;
    return kube_target_from_properties(json_object_get(c->endpoint, "properties"), d->runner->services.allow_in_cluster, &target, e) &&
           kube_hold(d->runner->services.clusters, target, &d->kube, e);
}

static bool ask_cluster(struct doctor *d, struct err *e)
{
    d->review = json_pack("{s:s, s:s, s:{s:{s:s, s:s, s:s, s:s}}}", "apiVersion", "authorization.k8s.io/v1", "kind", "SelfSubjectAccessReview",
                          "spec", "resourceAttributes", "namespace", namespace_of(d), "verb", "patch", "group", "apps", "resource", "deployments");
    d->call = (struct kube_call){ .method = "POST", .path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", .body = d->review,
                                  .timeout_micros = CLUSTER_TIME, .done = reviewed };
    return kube_call_start(&d->call, d->kube, e);
}

static void next_cluster(struct doctor *d)
{
    struct err e = { 0 };
    if (d->cluster >= d->cluster_count) {
        doctor_next(d);
        return;
    }
    const struct doctor_cluster *c = &d->clusters[d->cluster];
    const char *name = json_text_at(c->endpoint, "name", "");
    bool restricted = restricted_endpoint(&d->knowledge, name);
    if (!restricted && hold_cluster(d, c, &e) && ask_cluster(d, &e))
        return;
    if (restricted)
        doctor_note(d, "skipped", "", "task %s: endpoint '%s' is restricted: only an administrator may ask there", c->task, name);
    else
        doctor_note(d, "failed", "correct the endpoint", "task %s: cluster '%s': %s", c->task, name, e.text);
    if (d->kube)
        kube_release(&d->kube);
    json_decref(d->review);
    d->review = NULL;
    d->cluster++;
    next_cluster(d);
}

static void check_cluster(struct doctor *d)
{
    if (d->cluster_count)
        next_cluster(d);
    else
        doctor_say(d, "skipped", "", "the pipeline names no cluster of this project in a way that is known before a run");
}

/* ---- can the cluster fetch the image? */

static void check_pull_secret(struct doctor *d)
{
    const json_t *registry = json_object_get(json_object_get(d->knowledge.endpoints, d->webhook.endpoint), "properties");
    bool private = !text_empty(json_text_at(registry, "username", ""));
    for (size_t i = 0; d->pipeline && i < d->pipeline->task_count; i++) {
        const struct pipeline_task *task = &d->pipeline->tasks[i];
        AUTO_FREE char *path = pipeline_task_path(d->pipeline, i);
        const char *named = json_text_at(task->endpoints, "dockerRegistry", "");
        if (!text_is(task->type, "K8S") || !*json_text_at(task->input, "yaml", ""))
            continue;
        if (*named)
            doctor_note(d, "ok", "", "task %s: a pull secret is made from endpoint '%s'", path, named);
        else if (strstr(json_text_at(task->input, "yaml", ""), "imagePullSecrets"))
            doctor_note(d, "ok", "", "task %s: its YAML names a pull secret, which must be in the cluster", path);
        else if (private)
            doctor_note(d, "warning", "name the registry in the task (endpoints.dockerRegistry), or a pull secret in its YAML (imagePullSecrets)",
                        "task %s: the registry has a login, but the cluster is given none, so a private image cannot be fetched", path);
        else
            doctor_note(d, "ok", "", "task %s: the registry's endpoint has no login, so its images are public", path);
    }
    doctor_next(d);
}

/* ---- what came */

static void check_deliveries(struct doctor *d)
{
    char first[CLOCK_TEXT], last[CLOCK_TEXT];
    if (!d->first.at) {
        doctor_say(d, "warning", "push a tag, or press the registry's test, and look at 'slipway explain' of what arrives",
                   "no delivery with this webhook's secret has come yet");
        return;
    }
    clock_text(d->first.at, first);
    clock_text(d->last.at, last);
    bool good = text_is(d->last.verdict, "accepted");
    doctor_say(d, good ? "ok" : "warning", good ? "" : "compare the secret at the registry with the webhook's URL",
               "the first delivery came at %s, the last at %s (%s%s%s)", first, last, d->last.verdict,
               *d->last.pushes ? ": " : *d->last.problem ? ": " : "", *d->last.pushes ? d->last.pushes : d->last.problem);
}

/* ---- the sweep */

static void check_sweep(struct doctor *d)
{
    static const struct {
        const char *state, *status, *todo;
    } STATES[] = {
        { "on", "ok", "" },
        { "baseline", "ok", "" },
        { "off", "skipped", "" },
        { "failing", "warning", "see the registry's login above; it is tried again by itself" },
        { "impossible", "warning", "an image pattern that is one literal name, or an endpoint that names its repository, says what is to be looked at" },
    };
    const char *state = json_text_at(d->sweep, "state", ""), *message = json_text_at(d->sweep, "message", "");
    const char *repository = json_text_at(d->sweep, "repository", ""), *at = json_text_at(d->sweep, "checkedAt", "");
    for (size_t i = 0; i < ALEN(STATES); i++)
        if (text_is(STATES[i].state, state))
            doctor_note(d, STATES[i].status, STATES[i].todo, "%s%s%s%s%s", message, *repository ? "; it looks at " : "", repository,
                        *at ? ", last at " : "", at);
    if (d->trigger.disabled_at && d->trigger.enabled_at) {
        char from[CLOCK_TEXT], to[CLOCK_TEXT];
        doctor_note(d, "ok", "", "pushes made from %s to %s, while the webhook was disabled, never run", clock_text(d->trigger.disabled_at, from),
                    clock_text(d->trigger.enabled_at, to));
    }
    doctor_next(d);
}

/* ---- the limit */

static void check_limit(struct doctor *d)
{
    const char *more = d->held >= HELD_COUNTED ? " or more" : "";
    if (!d->webhook.run_limit)
        doctor_say(d, "ok", "", "the webhook has no limit of runs; it started %lld in the last ten minutes", (long long)d->runs);
    else if (!d->held || *d->hold) /* then it may not be the limit */
        doctor_say(d, "ok", "", "the webhook started %lld runs in the last ten minutes; %lld are its limit", (long long)d->runs,
                   (long long)d->webhook.run_limit);
    else
        doctor_say(d, "warning", "they go on by themselves; a higher runLimit, or slipway release EVENT, lets them go now",
                   "%lld%s events are held, because the webhook may start %lld runs in ten minutes", (long long)d->held, more,
                   (long long)d->webhook.run_limit);
}

static void check_hold(struct doctor *d)
{
    if (!*d->hold)
        doctor_say(d, "ok", "", "no failed verification holds what is pushed");
    else
        doctor_say(d, "warning", "push an image that is mended, and let it try: slipway release EVENT", "it holds what is pushed: %s", d->hold);
}

static void check_window(struct doctor *d)
{
    if (d->gate.open)
        doctor_say(d, "ok", "", "no change window or freeze keeps its runs waiting now");
    else
        doctor_say(d, "warning", "they begin by themselves; an administrator may let one start now, on its page", "what it starts waits: %s", d->gate.why);
}

const struct doctor_check DOCTOR_CHECKS[] = {
    { "external URL", check_url }, { "registry login", check_registry }, { "hook at the registry", check_hook }, { "API token", check_token },
    { "pipeline", check_pipeline }, { "cluster", check_cluster }, { "pull secret", check_pull_secret }, { "deliveries", check_deliveries },
    { "sweep", check_sweep }, { "limit", check_limit }, { "hold", check_hold }, { "change window", check_window }, { NULL, NULL },
};

#include "runner/validate.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "docker/call.h"
#include "git/fetch.h"
#include "jenkins/call.h"
#include "kube/kube.h"
#include "registry/client.h"
#include "runner/notify_endpoints.h"
#include "tasks/task.h"

enum { TYPES = 32 };

void runner_pipeline_types(const struct pipeline_type **ret, size_t *ret_count)
{
    static _Thread_local struct pipeline_type types[TYPES];
    size_t count = 0;
    for (; TASK_TYPES[count] && count < TYPES; count++)
        types[count] = (struct pipeline_type){ .name = TASK_TYPES[count]->name, .fields = TASK_TYPES[count]->fields,
                                               .field_count = TASK_TYPES[count]->field_count, .workspace = TASK_TYPES[count]->workspace,
                                               .condition = TASK_TYPES[count]->condition, .bare_conditions = TASK_TYPES[count]->bare_conditions, .endpoints = TASK_TYPES[count]->endpoints };
    *ret = types;
    *ret_count = count;
}

/* An agent is nothing but the Cloud Proxy that tasks go through. */
static bool agent_ok(const json_t *properties, struct err *e)
{
    return *json_text_at(properties, "cloudProxyId", "") ||
           err_field(e, "cloudProxyId", "an agent is the Cloud Proxy that REST and POLL tasks go through: choose one");
}

bool endpoint_properties_ok(const char *type, const json_t *properties, bool allow_in_cluster, const char *docker_socket, struct err *e)
{
    if (text_is(type, "k8s")) {
        AUTO(kube_target) target = NULL;
        return kube_target_from_properties(properties, allow_in_cluster, &target, e);
    }
    if (text_is(type, "agent"))
        return agent_ok(properties, e);
    if (text_is(type, "docker")) {
        AUTO(docker_target) target = NULL;
        return docker_target_from_properties(properties, docker_socket, &target, e);
    }
    if (text_is(type, "email")) {
        AUTO(mail_server) server = NULL;
        return mail_server_from_properties(properties, &server, e);
    }
    if (text_is(type, "jira")) {
        AUTO(jira_server) server = NULL;
        return jira_server_from_properties(properties, &server, e);
    }
    if (text_is(type, "jenkins")) {
        AUTO(jenkins_target) target = NULL;
        return jenkins_target_from_properties(properties, &target, e);
    }
    if (text_is(type, "git")) {
        AUTO(git_target) target = NULL;
        return git_target_from_properties(properties, &target, e);
    }
    AUTO(registry_target) target = NULL;
    return registry_target_from_properties(properties, NULL, &target, e);
}

/* ---- really asking */

struct endpoint_validate_private {
    struct endpoint_validate *op;
    struct registry_hub hub;
    struct registry_target *target;
    struct registry_validate registry;
    struct kube_clusters *clusters;
    struct kube *kube;
    struct kube_call call;
    struct http_call http;
    struct docker_target *engine;
    struct docker_call engine_call;
    struct mail_server *mail;
    struct mail_send mail_op;
    struct jira_server *jira;
    struct git_target *repository;
    struct git_fetch fetch;
    struct jenkins_target *builder;
    struct jenkins jenkins;
    struct jenkins_call jenkins_call;
    char name[120]; /* that Jenkins knows us by */
    json_t *review;
    char version[100];
};

static void over(void *context)
{
    struct endpoint_validate_private *p = context;
    struct endpoint_validate *op = p->op;
    registry_target_destroy(&p->target);
    docker_target_destroy(&p->engine);
    mail_server_destroy(&p->mail);
    jira_server_destroy(&p->jira);
    http_headers_fini(&p->http.headers);
    git_target_destroy(&p->repository);
    jenkins_fini(&p->jenkins);
    jenkins_target_destroy(&p->builder);
    json_decref(p->review);
    free(p);
    op->private = NULL;
    op->done(op);
}

static void registry_done(struct registry_validate *registry, const struct err *e)
{
    struct endpoint_validate_private *p = OWNER(registry, struct endpoint_validate_private, registry);
    p->op->ok = !e && registry->ok;
    snprintf(p->op->text, sizeof p->op->text, "%s", e ? e->text : registry->text);
    over(p);
}

void endpoint_hub_registry(const struct endpoint_hub *from, struct registry_hub *ret)
{
    *ret = REGISTRY_HUB;
    if (!text_empty(from->hub_url))
        ret->hub_url = from->hub_url;
    if (!text_empty(from->registry_url))
        ret->registry_url = from->registry_url;
    if (!text_empty(from->auth_url))
        ret->auth_url = from->auth_url;
    ret->tokens = NULL; /* logs in anew */
}

static bool start_registry(struct endpoint_validate_private *p, struct http_client *http, struct err *e)
{
    endpoint_hub_registry(&p->op->hub, &p->hub);
    p->registry.done = registry_done;
    if (!registry_target_from_properties(p->op->properties, &p->hub, &p->target, e))
        return false;
    p->registry.target = p->target;
    return registry_validate_start(&p->registry, http, e);
}

/* A connection of its own: what is validated need not be what is saved. */
static void kube_over(struct endpoint_validate_private *p)
{
    kube_release(&p->kube);
    kube_clusters_close(p->clusters, over, p);
}

static void reviewed(struct kube_call *call, const struct err *e)
{
    struct endpoint_validate_private *p = OWNER(call, struct endpoint_validate_private, call);
    bool allowed = !e && json_bool_at(call->answer, "status.allowed", false);
    p->op->ok = !e;
    if (e)
        snprintf(p->op->text, sizeof p->op->text, "the cluster answers (%s), but not to these credentials: %.400s", p->version, e->text);
    else
        snprintf(p->op->text, sizeof p->op->text, "Kubernetes %s answers; these credentials %s create deployments in namespace %s", p->version,
                 allowed ? "may" : "may not", kube_default_namespace(p->kube));
    kube_over(p);
}

static void versioned(struct kube_call *call, const struct err *e)
{
    struct endpoint_validate_private *p = OWNER(call, struct endpoint_validate_private, call);
    struct err failed = { 0 };
    if (e) {
        snprintf(p->op->text, sizeof p->op->text, "%.500s", e->text);
        kube_over(p);
        return;
    }
    snprintf(p->version, sizeof p->version, "%.90s", json_text_at(call->answer, "gitVersion", "of unknown version"));
    p->review = json_pack("{s:s, s:s, s:{s:{s:s, s:s, s:s, s:s}}}", "apiVersion", "authorization.k8s.io/v1", "kind", "SelfSubjectAccessReview",
                          "spec", "resourceAttributes", "namespace", kube_default_namespace(p->kube), "verb", "create", "group", "apps",
                          "resource", "deployments");
    p->call = (struct kube_call){ .method = "POST", .path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", .body = p->review,
                                  .done = reviewed };
    if (!kube_call_start(&p->call, p->kube, &failed)) {
        snprintf(p->op->text, sizeof p->op->text, "%.500s", failed.text);
        kube_over(p);
    }
}

static void refused(void *context)
{
    struct endpoint_validate_private *p = context;
    free(p);
}

static bool start_kube(struct endpoint_validate_private *p, struct loop *loop, struct http_client *http, struct err *e)
{
    struct kube_target *target = NULL;
    if (!kube_target_from_properties(p->op->properties, p->op->allow_in_cluster, &target, e))
        return false;
    p->clusters = kube_clusters_create(loop, http);
    p->call = (struct kube_call){ .path = "/version", .timeout_micros = 15 * CLOCK_SECOND, .done = versioned };
    return kube_hold(p->clusters, target, &p->kube, e) && kube_call_start(&p->call, p->kube, e);
}

/* A name that no Cloud Proxy keeps: it says so, which is the answer. */
static void agent_answered(struct http_call *call, const struct err *e)
{
    struct endpoint_validate_private *p = OWNER(call, struct endpoint_validate_private, http);
    p->op->ok = e && e->kind == ERR_NOT_FOUND;
    if (p->op->ok)
        snprintf(p->op->text, sizeof p->op->text, "the Cloud Proxy answers; where tasks may go through it, its own allow-list says");
    else
        snprintf(p->op->text, sizeof p->op->text, "%.500s", e ? e->text : "what answers is no Cloud Proxy");
    over(p);
}

static bool start_agent(struct endpoint_validate_private *p, struct http_client *http, struct err *e)
{
    const char *via = json_text_at(p->op->properties, "cloudProxyId", "");
    p->http = (struct http_call){ .url = "http://is-anybody-there.credentials.invalid/", .via = via, .timeout_micros = 15 * CLOCK_SECOND, .done = agent_answered };
    return agent_ok(p->op->properties, e) && http_call_start(&p->http, http, e);
}

static void engine_answered(struct docker_call *call, const struct err *e)
{
    struct endpoint_validate_private *p = OWNER(call, struct endpoint_validate_private, engine_call);
    struct err old = { 0 };
    p->op->ok = !e && docker_version_choose(p->engine, call->answer, &old);
    if (p->op->ok)
        snprintf(p->op->text, sizeof p->op->text, "Docker %.60s answers (API %s of %.20s, %.20s/%.20s)", json_text_at(call->answer, "Version", "of unknown version"), p->engine->version,
                 json_text_at(call->answer, "ApiVersion", "?"), json_text_at(call->answer, "Os", "?"), json_text_at(call->answer, "Arch", "?"));
    else
        snprintf(p->op->text, sizeof p->op->text, "%.500s", e ? e->text : old.text);
    over(p);
}

static bool start_engine(struct endpoint_validate_private *p, struct http_client *http, struct err *e)
{
    p->engine_call = (struct docker_call){ .path = "/version", .timeout_micros = 15 * CLOCK_SECOND, .done = engine_answered };
    return docker_target_from_properties(p->op->properties, p->op->docker_socket, &p->engine, e) && docker_call_start(&p->engine_call, p->engine, http, e);
}

static void jenkins_over(struct endpoint_validate_private *p, const struct err *e)
{
    const struct jenkins_call *call = &p->jenkins_call;
    p->op->ok = !e;
    if (e)
        snprintf(p->op->text, sizeof p->op->text, "%.500s", e->text);
    else
        snprintf(p->op->text, sizeof p->op->text, *p->name ? "Jenkins %.40s answers, and knows us as %.100s" : "Jenkins %.40s answers; nobody logs in%.0s", *call->version ? call->version : "of unknown version",
                 p->name);
    over(p);
}

static void jenkins_folder(struct jenkins_call *call, const struct err *e)
{
    struct endpoint_validate_private *p = OWNER(call, struct endpoint_validate_private, jenkins_call);
    struct err why = e ? *e : (struct err){ 0 };
    if (call->status == 404)
        err_set(&why, ERR_NOT_FOUND, "Jenkins has no folder '%.200s' (folderPath), or its user may not see it", json_text_at(p->op->properties, "folderPath", ""));
    jenkins_over(p, why.kind ? &why : NULL);
}

/* Who are we there? What answers must be Jenkins, which says so in a header. */
static void jenkins_known(struct jenkins_call *call, const struct err *e)
{
    struct endpoint_validate_private *p = OWNER(call, struct endpoint_validate_private, jenkins_call);
    struct err why = e ? *e : (struct err){ 0 };
    AUTO_FREE char *path = mem_format("%s/api/json?tree=name", p->builder->folder);
    if (*p->builder->user)
        snprintf(p->name, sizeof p->name, "%.100s", json_text_at(call->answer, "fullName", json_text_at(call->answer, "id", p->builder->user)));
    if (!e && !*call->version && !json_is_object(call->answer))
        err_set(&why, ERR_UPSTREAM, "what answers is no Jenkins");
    if (why.kind || !*p->builder->folder) {
        jenkins_over(p, why.kind ? &why : NULL);
        return;
    }
    p->jenkins_call = (struct jenkins_call){ .path = path, .timeout_micros = 15 * CLOCK_SECOND, .done = jenkins_folder };
    if (!jenkins_call_start(&p->jenkins_call, &p->jenkins, &why))
        jenkins_over(p, &why);
}

static bool start_jenkins(struct endpoint_validate_private *p, struct http_client *http, struct err *e)
{
    if (!jenkins_target_from_properties(p->op->properties, &p->builder, e))
        return false;
    p->jenkins = (struct jenkins){ .target = p->builder, .http = http };
    p->jenkins_call = (struct jenkins_call){ .path = *p->builder->user ? "/me/api/json?tree=id,fullName" : "/api/json?tree=mode", .timeout_micros = 15 * CLOCK_SECOND, .done = jenkins_known };
    return jenkins_call_start(&p->jenkins_call, &p->jenkins, e);
}

/* Says hello, logs in, and leaves; no mail is sent. */
static void mail_answered(struct mail_send *op, const struct err *e)
{
    static const char *const HOW[] = { [MAIL_STARTTLS] = "encrypted by STARTTLS", [MAIL_TLS] = "encrypted", [MAIL_PLAIN] = "not encrypted" };
    struct endpoint_validate_private *p = OWNER(op, struct endpoint_validate_private, mail_op);
    p->op->ok = !e;
    if (e)
        snprintf(p->op->text, sizeof p->op->text, "%.500s", e->text);
    else if (*p->mail->user)
        snprintf(p->op->text, sizeof p->op->text, "%.200s:%d answers, %s, and lets %.100s in", op->host, op->port, HOW[op->security], p->mail->user);
    else
        snprintf(p->op->text, sizeof p->op->text, "%.200s:%d answers, %s; nobody logs in", op->host, op->port, HOW[op->security]);
    over(p);
}

static bool start_mail(struct endpoint_validate_private *p, struct loop *loop, struct http_client *http, struct err *e)
{
    if (!mail_server_from_properties(p->op->properties, &p->mail, e))
        return false;
    p->mail_op = (struct mail_send){ .timeout_micros = 20 * CLOCK_SECOND, .done = mail_answered };
    mail_server_use(p->mail, &p->mail_op);
    return mail_send_start(&p->mail_op, loop, http, e);
}

/* Who are we there? Where nobody logs in, what answers. */
static void jira_answered(struct http_call *call, const struct err *e)
{
    struct endpoint_validate_private *p = OWNER(call, struct endpoint_validate_private, http);
    AUTO_JSON *answer = NULL;
    struct err why = { 0 };
    bool json = !e && json_read(text_of(&call->answer), call->answer.length, &answer, NULL);
    const char *name = json_text_at(answer, "displayName", json_text_at(answer, "name", "")), *version = json_text_at(answer, "version", "");
    p->op->ok = !e && call->status == 200 && json && (*name || *version);
    if (!e && call->status != 200)
        http_call_refused(call, &why);
    if (p->op->ok && *version)
        snprintf(p->op->text, sizeof p->op->text, "Jira %.60s answers; nobody logs in", version);
    else if (p->op->ok)
        snprintf(p->op->text, sizeof p->op->text, "Jira answers, and knows us as %.100s", name);
    else if (!e && call->status == 401)
        snprintf(p->op->text, sizeof p->op->text, "Jira does not let us in (401): at Atlassian's cloud the user is an e-mail address and the password an API token; elsewhere without a user the password is a personal access token");
    else
        snprintf(p->op->text, sizeof p->op->text, "%.500s", e ? e->text : *why.text ? why.text : "what answers is no Jira");
    over(p);
}

static bool start_jira(struct endpoint_validate_private *p, struct http_client *http, struct err *e)
{
    if (!jira_server_from_properties(p->op->properties, &p->jira, e))
        return false;
    AUTO_FREE char *url = mem_format("%s/rest/api/2/%s", p->jira->url, *p->jira->authorization ? "myself" : "serverInfo");
    p->http = (struct http_call){ .url = url, .via = p->jira->via, .trust = &p->jira->trust.trust, .timeout_micros = 15 * CLOCK_SECOND, .done = jira_answered };
    if (*p->jira->authorization)
        http_headers_add(&p->http.headers, "Authorization", p->jira->authorization);
    bool begun = http_call_start(&p->http, http, e);
    p->http.url = p->jira->url; /* for sentences; the other is gone */
    return begun;
}

static void repository_answered(struct git_fetch *fetch, const struct err *e)
{
    struct endpoint_validate_private *p = OWNER(fetch, struct endpoint_validate_private, fetch);
    const char *branch = p->repository->branch;
    p->op->ok = !e;
    if (e)
        snprintf(p->op->text, sizeof p->op->text, "%.500s", e->text);
    else
        snprintf(p->op->text, sizeof p->op->text, "the repository answers; %s%.100s is at commit %.12s", *branch ? "" : "its default branch", branch, fetch->commit);
    over(p);
}

static bool start_repository(struct endpoint_validate_private *p, struct loop *loop, struct http_client *http, struct err *e)
{
    p->fetch = (struct git_fetch){ .done = repository_answered };
    return git_target_from_properties(p->op->properties, &p->repository, e) && git_fetch_start(&p->fetch, p->repository, loop, http, e);
}

bool endpoint_validate_start(struct endpoint_validate *op, struct loop *loop, struct http_client *http, struct err *e)
{
    struct endpoint_validate_private *p = NEW(struct endpoint_validate_private);
    p->op = op;
    op->private = p;
    op->ok = false;
    op->text[0] = 0;
    bool begun = text_is(op->type, "k8s")      ? start_kube(p, loop, http, e)
                 : text_is(op->type, "agent")  ? start_agent(p, http, e)
                 : text_is(op->type, "docker") ? start_engine(p, http, e)
                 : text_is(op->type, "jenkins") ? start_jenkins(p, http, e)
                 : text_is(op->type, "email")  ? start_mail(p, loop, http, e)
                 : text_is(op->type, "jira")   ? start_jira(p, http, e)
                 : text_is(op->type, "git")    ? start_repository(p, loop, http, e)
                                               : start_registry(p, http, e);
    if (begun)
        return true;
    op->private = NULL;
    registry_target_destroy(&p->target);
    docker_target_destroy(&p->engine);
    mail_server_destroy(&p->mail);
    jira_server_destroy(&p->jira);
    http_headers_fini(&p->http.headers);
    git_target_destroy(&p->repository);
    jenkins_fini(&p->jenkins);
    jenkins_target_destroy(&p->builder);
    if (p->kube)
        kube_release(&p->kube);
    if (p->clusters)
        kube_clusters_close(p->clusters, refused, p);
    else
        free(p);
    return false;
}

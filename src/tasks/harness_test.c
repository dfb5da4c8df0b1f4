#include "tasks/harness_test.h"

#include <stdarg.h>
#include <string.h>

#include "base/test.h"
#include "base/yaml.h"
#include "registry/client.h"
#include "ssh/ssh.h"

static struct harness *harness_of(struct task_job *job)
{
    return OWNER(job, struct harness, job);
}

static void then_now(struct timer *t)
{
    struct harness *h = OWNER(t, struct harness, then_timer);
    h->then(&h->job);
}

void task_resolved(struct task_job *job, json_t *shown, json_t *resolved, void (*then)(struct task_job *job), void (*abandon)(struct task_job *job))
{
    struct harness *h = harness_of(job);
    (void)abandon;
    json_decref(h->shown);
    json_decref(h->resolved);
    h->shown = json_incref(shown);
    h->resolved = json_incref(resolved);
    if (!then)
        return;
    h->then = then;
    timer_set(&h->then_timer, h->services.loop, 0, then_now);
}

void task_puts(struct task_job *job, json_t *puts)
{
    struct harness *h = harness_of(job);
    json_decref(h->puts);
    h->puts = puts;
}

bool task_part_start(struct task_job *job, const char *pipeline, const json_t *inputs,
                     void (*ended)(struct task_job *job, const struct task_part *part, const struct err *e), struct err *e)
{
    (void)job, (void)pipeline, (void)inputs, (void)ended;
    return err_set(e, ERR_INTERNAL, "there are no parts here");
}

void task_ask_start(struct task_job *job, const struct task_ask *ask,
                    void (*ended)(struct task_job *job, const struct task_answer *answer, const struct err *e))
{
    (void)job, (void)ask, (void)ended;
}

void task_ask_cancel(struct task_job *job)
{
    (void)job;
}

void task_part_cancel(struct task_job *job)
{
    (void)job;
}

void task_waits(struct task_job *job, enum run_waits waits)
{
    OWNER(job, struct harness, job)->waits = waits;
}

void task_detail(struct task_job *job, json_t *detail)
{
    struct harness *h = OWNER(job, struct harness, job);
    json_decref(h->detail);
    h->detail = detail;
}

void task_progress(struct task_job *job, const char *format, ...)
{
    va_list args;
    char text[2048];
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    text_addf(&harness_of(job)->progress, "%s\n", text);
}

void task_log(struct task_job *job, const char *bytes, size_t size)
{
    text_add_n(&harness_of(job)->log, bytes, size);
}

void task_log_stream(struct task_job *job, const char *bytes, size_t size)
{
    task_log(job, bytes, size);
}

static void kept(struct timer *t)
{
    struct harness *h = OWNER(t, struct harness, keep_timer);
    h->keep->done(h->keep, NULL);
}

void task_keep(struct task_job *job, struct task_keep *keep)
{
    struct harness *h = harness_of(job);
    h->keep = keep;
    timer_set(&h->keep_timer, h->services.loop, 0, kept);
}

static void ask_host(void *context, struct task_host_ask *ask)
{
    struct harness *h = context;
    if (ask->store && !h->host_fingerprint[0]) {
        memcpy(h->host_type, ask->type, sizeof h->host_type);
        memcpy(h->host_fingerprint, ask->fingerprint, sizeof h->host_fingerprint);
    }
    memcpy(ask->type, h->host_type, sizeof ask->type);
    memcpy(ask->fingerprint, h->host_fingerprint, sizeof ask->fingerprint);
    strcpy(ask->id, "0190-9");
    ask->done(ask, NULL);
}

void task_done(struct task_job *job, const struct task_outcome *outcome)
{
    struct harness *h = harness_of(job);
    h->result = outcome->result;
    h->warning = outcome->warning;
    h->untouched = outcome->untouched;
    json_decref(h->places);
    h->places = json_incref(outcome->places);
    text_add(&h->message, outcome->message ? outcome->message : "");
    json_decref(h->output);
    h->output = json_incref(outcome->output);
    if (outcome->stored)
        outcome->stored(outcome->context, true);
    timer_clear(&h->cancel_timer);
    loop_stop(h->services.loop);
}

static enum scope_answer find(struct scope *scope, const char *reference, size_t n, struct value *ret, struct err *e)
{
    struct harness *h = OWNER(scope, struct harness, scope);
    AUTO_FREE char *name = mem_text_n(reference, n);
    const json_t *known = json_object_get(h->values, name);
    (void)e;
    if (!known)
        return SCOPE_UNKNOWN;
    bool outside = json_bool_at(known, "outside", false);
    *ret = (struct value){ .json = json_incref(json_object_get(known, "value")), .outside = outside, .authored = !outside };
    return SCOPE_FOUND;
}

void harness_value(struct harness *h, const char *reference, const char *value, bool outside)
{
    json_object_set_new(h->values, reference, json_pack("{s:s, s:b}", "value", value, "outside", outside));
}

void harness_open(struct harness *h)
{
    struct err e = { 0 };
    *h = (struct harness){ 0 };
    CHECK_OK(loop_create(&h->services.loop, &e), e);
    CHECK_OK(http_client_create(h->services.loop, NULL, &h->services.http, &e), e);
    h->services.clusters = kube_clusters_create(h->services.loop, h->services.http);
    h->services.remote = remote_pool_create(h->services.loop, h->services.http, 2);
    h->hosts = (struct task_hosts){ ask_host, h };
    h->services.hosts = &h->hosts;
    h->services.registries = &REGISTRY_HUB;
    h->scope.find = find;
    h->values = json_object();
    h->services.log_most = 4 << 20;
    h->job = (struct task_job){ .services = &h->services, .project = "Dev", .pipeline = "CD", .stage = "Deploy", .task = "Apply",
                                .execution = "0190-1", .execution_index = 1, .attempt = 1, .scope = &h->scope };
    h->job.type = task_type_find("K8S");
}

static void closed(void *loop)
{
    loop_stop(loop);
}

static void forget(struct harness *h)
{
    text_fini(&h->message);
    text_fini(&h->progress);
    text_fini(&h->log);
    h->message = h->progress = h->log = (struct text){ 0 };
    json_decref(h->detail);
    json_decref(h->output);
    json_decref(h->input);
    h->output = h->input = h->detail = NULL;
    h->warning = false;
}

void harness_close(struct harness *h)
{
    kube_clusters_close(h->services.clusters, closed, h->services.loop);
    loop_run(h->services.loop);
    remote_pool_close(h->services.remote, closed, h->services.loop);
    loop_run(h->services.loop);
    http_client_destroy(&h->services.http);
    loop_destroy(&h->services.loop);
    forget(h);
    json_decref(h->values);
    json_decref(h->endpoints);
    json_decref(h->resolved);
    json_decref(h->shown);
    json_decref(h->puts);
    json_decref(h->places);
}

static void cancel_now(struct timer *t)
{
    struct harness *h = OWNER(t, struct harness, cancel_timer);
    h->job.type->cancel(&h->job);
}

bool harness_run(struct harness *h, const char *input, int64_t cancel_after)
{
    AUTO(yaml) yaml = NULL;
    struct err e = { 0 };
    CHECK_OK(yaml_read(input, strlen(input), &yaml, &e), e);
    forget(h);
    h->e = (struct err){ 0 };
    h->input = json_incref(yaml_document(yaml, 0));
    h->job.input = h->input;
    h->job.endpoints = h->endpoints;
    if (!h->job.type->start(&h->job, &h->e))
        return false;
    if (cancel_after)
        timer_set(&h->cancel_timer, h->services.loop, cancel_after, cancel_now);
    loop_run(h->services.loop);
    return true;
}

void task_pushed(struct task_job *job, const char *image, void (*then)(struct task_job *job, const char *newest))
{
    text_addf(&harness_of(job)->log, "pushed %s\n", image);
    then(job, "");
}

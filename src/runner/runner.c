#include "runner/runner.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "event/event.h"
#include "kube/kube.h"
#include "runner/decide.h"
#include "runner/hub_work.h"
#include "runner/limits.h"
#include "runner/notify_work.h"
#include "runner/sweep_work.h"
#include "runner/tokens.h"
#include "runner/tokens_work.h"
#include "runner/windows.h"
#include "runner/workspaces.h"
#include "ssh/ssh.h"
#include "store/inbox.h"

/* ---- lists of ids, and what to do with them */

void id_list_add(struct id_list *list, int64_t id)
{
    if ((list->count & (list->count - 1)) == 0)
        list->at = mem_resize(list->at, (list->count ? list->count * 2 : 1) * sizeof *list->at);
    list->at[list->count++] = id;
}

void id_list_collect(void *list, int64_t id)
{
    id_list_add(list, id);
}

void id_list_fini(struct id_list *list)
{
    free(list->at);
    *list = (struct id_list){ 0 };
}

void wakes_fini(struct wakes *w)
{
    id_list_fini(&w->started);
    id_list_fini(&w->confirms);
}

void wakes_act(struct runner *r, struct wakes *w)
{
    for (size_t i = 0; i < w->started.count; i++)
        live_adopt(r, w->started.at[i]);
    for (size_t i = 0; i < w->confirms.count; i++)
        confirm_start(r, w->confirms.at[i]);
    if (w->held)
        limits_at(r, w->held);
    if (w->window)
        windows_at_latest(r, w->window);
    w->held = w->window = 0;
}

/* ---- the life of the whole */

static void drain_checked(struct post *p)
{
    struct runner *r = OWNER(p, struct runner, drain_check);
    void (*drained)(void *context) = r->drained;
    if (r->in_flight || !drained)
        return;
    r->drained = NULL;
    drained(r->drained_context);
}

#define SSH_PLACES 16 /* sessions with hosts at once, each a thread; others wait */

static void check_drain(struct runner *r)
{
    if (!r->draining || r->in_flight || link_in_list(&r->drain_check.link))
        return;
    r->drain_check.run = drain_checked;
    loop_post(r->config.loop, &r->drain_check);
}

void runner_began(struct runner *r)
{
    r->in_flight++;
}

void runner_ended(struct runner *r)
{
    r->in_flight--;
    check_drain(r);
}

bool runner_create(const struct runner_config *config, struct runner **ret, struct err *e)
{
    struct runner *r = NEW(struct runner);
    (void)e;
    r->config = *config;
    r->config.sweep_seconds = config->sweep_seconds ? config->sweep_seconds : 30;
    r->config.sweep_per_minute = config->sweep_per_minute ? config->sweep_per_minute : 100;
    registry_tokens_create(&r->registry_tokens);
    registry_budget_create(config->loop, &r->registry_budget);
    r->hub = (struct registry_hub){ .hub_url = config->hub_url, .registry_url = config->hub_registry_url, .auth_url = config->hub_auth_url,
                                    .tokens = r->registry_tokens, .budget = r->registry_budget };
    r->services = (struct task_services){ .loop = config->loop, .http = config->http, .clusters = kube_clusters_create(config->loop, config->http),
                                           .allow_in_cluster = config->allow_in_cluster, .docker_socket = config->docker_socket, .log_most = config->log_most,
                                           .remote = remote_pool_create(config->loop, config->http, SSH_PLACES),
                                           .hosts = &r->hosts, .registries = &r->hub };
    r->hosts = (struct task_hosts){ .ask = hosts_ask, .context = r };
    r->live = map_create();
    r->pipelines = map_create();
    r->parts = map_create();
    r->asks = map_create();
    r->patterns = patterns_create();
    list_init(&r->confirms);
    r->hub_hooks = hub_create(r);
    r->limits = limits_create(r);
    r->tokens = tokens_create(r);
    r->sweep = sweep_create(r);
    r->workspaces = workspaces_create(r);
    r->notify = notify_create(r);
    r->windows = windows_create(r);
    list_init(&r->holds);
    *ret = r;
    return true;
}

static void remote_closed(void *context)
{
    struct runner *r = context;
    r->services.remote = NULL;
    runner_ended(r);
}

static void clusters_closed(void *context)
{
    struct runner *r = context;
    r->services.clusters = NULL;
    runner_ended(r);
}

void runner_drain(struct runner *r, void (*drained)(void *context), void *context)
{
    r->draining = true;
    r->drained = drained;
    r->drained_context = context;
    timer_clear(&r->match_retry);
    stuck_drain(r);
    confirm_drain(r);
    hub_drain(r);
    limits_drain(r);
    tokens_drain(r);
    sweep_drain(r);
    workspaces_drain(r);
    notify_drain(r);
    windows_drain(r);
    live_drain(r);
    runner_began(r);
    kube_clusters_close(r->services.clusters, clusters_closed, r);
    runner_began(r);
    remote_pool_close(r->services.remote, remote_closed, r);
}

void runner_destroy(struct runner **runner)
{
    struct runner *r = TAKE(*runner);
    if (!r)
        return;
    timer_clear(&r->match_retry);
    stuck_drain(r);
    live_destroy_all(r);
    hub_destroy(&r->hub_hooks);
    limits_destroy(&r->limits);
    tokens_destroy(&r->tokens);
    sweep_destroy(&r->sweep);
    workspaces_destroy(&r->workspaces);
    notify_destroy(&r->notify);
    windows_clock_destroy(&r->windows);
    map_destroy(&r->live);
    map_destroy(&r->pipelines);
    map_destroy(&r->parts);
    map_destroy(&r->asks);
    patterns_destroy(&r->patterns);
    registry_tokens_destroy(&r->registry_tokens);
    registry_budget_destroy(&r->registry_budget);
    free(r);
}

/* ---- queued executions of a pipeline */

struct start_job {
    struct db_job job;
    struct runner *runner;
    int64_t pipeline_id;
    struct wakes wakes;
};

static bool start_work(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct start_job *s = OWNER(job, struct start_job, job);
    return windows_start(s->runner, tx, s->pipeline_id, &s->wakes, e);
}

static void start_done(struct db_job *job, const struct err *e)
{
    struct start_job *s = OWNER(job, struct start_job, job);
    struct runner *r = s->runner;
    if (e)
        log_error("runner", "queued executions could not be started: %s", e->text);
    else
        wakes_act(r, &s->wakes);
    wakes_fini(&s->wakes);
    free(s);
    runner_ended(r);
}

void runner_wake_pipeline(struct runner *r, int64_t pipeline_id)
{
    if (r->draining)
        return;
    struct start_job *s = NEW(struct start_job);
    *s = (struct start_job){ .job = { .work = start_work, .done = start_done }, .runner = r, .pipeline_id = pipeline_id };
    runner_began(r);
    db_write(r->config.db, &s->job);
}

static bool start_all_work(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct start_job *s = OWNER(job, struct start_job, job);
    AUTO_FREE int64_t *pipelines = NULL;
    size_t count = 0;
    bool ok = run_queued_pipelines(tx, &pipelines, &count, e);
    for (size_t i = 0; ok && i < count; i++)
        ok = windows_start(s->runner, tx, pipelines[i], &s->wakes, e);
    return ok;
}

void runner_wake_queued(struct runner *r)
{
    if (r->draining)
        return;
    windows_look_again(r);
    struct start_job *s = NEW(struct start_job);
    *s = (struct start_job){ .job = { .work = start_all_work, .done = start_done }, .runner = r };
    runner_began(r);
    db_write(r->config.db, &s->job);
}

/* ---- recovery: the normal path, begun once */

struct found {
    struct id_list live, pipelines, confirms;
};

static void found_push(void *context, int64_t id, int64_t due)
{
    struct found *f = context;
    (void)due;
    id_list_add(&f->confirms, id);
}

static bool find_all(void *context, struct db_tx *tx, struct err *e)
{
    struct found *f = context;
    return run_live(tx, &f->live.at, &f->live.count, e) && run_queued_pipelines(tx, &f->pipelines.at, &f->pipelines.count, e) &&
           push_unconfirmed(tx, found_push, f, e);
}

bool runner_start(struct runner *r, struct err *e)
{
    struct found f = { 0 };
    if (!db_read_now(r->config.db, find_all, &f, e))
        return err_wrap(e, "find what was under way");
    if (f.live.count || f.pipelines.count || f.confirms.count)
        log_info("runner", "going on with %zu executions, %zu queues, %zu pushes to confirm", f.live.count, f.pipelines.count,
                 f.confirms.count);
    for (size_t i = 0; i < f.live.count; i++)
        live_adopt(r, f.live.at[i]);
    for (size_t i = 0; i < f.pipelines.count; i++)
        runner_wake_pipeline(r, f.pipelines.at[i]);
    for (size_t i = 0; i < f.confirms.count; i++)
        confirm_start(r, f.confirms.at[i]);
    id_list_fini(&f.live);
    id_list_fini(&f.pipelines);
    id_list_fini(&f.confirms);
    hub_start(r);
    limits_look(r);
    runner_wake_tokens(r);
    sweep_start(r);
    workspaces_wake(r);
    notify_start(r);
    runner_wake_inbox(r);
    return true;
}

/* ---- what a person asks of a live execution */

void runner_act(struct runner *r, int64_t execution_id, enum run_action action, const struct run_actor *by, const char *reason,
                void (*done)(void *context, const struct err *e), void *context)
{
    static const enum run_event_kind KINDS[] = { [RUN_CANCEL] = ENGINE_CANCEL, [RUN_PAUSE] = ENGINE_PAUSE, [RUN_RESUME] = ENGINE_RESUME };
    struct run_event event = { .kind = KINDS[action], .text = by->name, .administrator = by->administrator, .reason = reason };
    live_act(r, execution_id, &event, done, context);
}

struct runner_stats runner_stats(const struct runner *r)
{
    struct runner_stats stats = r->stats;
    stats.notifications_sent = r->notify->sent;
    stats.notifications_failed = r->notify->failed;
    return stats;
}

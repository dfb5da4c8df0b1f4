#include "runner/workspaces.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "docker/call.h"
#include "pipeline/integration.h"
#include "runner/workspaces_kube.h"
#include "store/integrations.h"
#include "store_sql.h"
#include "tasks/workspace.h"

enum { MOST = 1000 }; /* things of one run; more go with the next try */
#define KEPT (7 * CLOCK_DAY)         /* after so long it is given up */

struct workspaces { /* one is removed after the other */
    struct runner *runner;
    struct timer timer;
    struct db_job job;
    bool busy, again;
    /* ---- what is removed now */
    int64_t id, tries, created_at;
    char execution[37], namespace_[64];
    int64_t next;     /* when to look again; 0: nothing waits */
    struct knowledge knowledge;
    json_t *endpoint; /* of the knowledge; NULL: there is none any more */
    struct docker_target *engine;
    struct docker_call call;
    struct kube_removal removal;
    bool removing;    /* by it */
    json_t *paths;    /* what is still to be deleted */
    size_t at;
    char *why;        /* NULL: all is well */
    bool over;        /* the row goes */
};

static void end_one(struct workspaces *w);

/* ---- asking the engine: its containers, its volumes, each deleted */

static void failed(struct workspaces *w, const struct err *e)
{
    if (!w->why)
        w->why = mem_text(e->text);
}

static void ask(struct workspaces *w, const char *method, const char *path, void (*done)(struct docker_call *c, const struct err *e))
{
    struct err e = { 0 };
    w->call = (struct docker_call){ .method = method, .path = path, .done = done };
    if (docker_call_start(&w->call, w->engine, w->runner->config.http, &e))
        return;
    failed(w, &e);
    end_one(w);
}

static void delete_next(struct workspaces *w);

static void deleted(struct docker_call *c, const struct err *e)
{
    struct workspaces *w = OWNER(c, struct workspaces, call);
    bool volume = text_starts(json_string_value(json_array_get(w->paths, w->at - 1)), "/volumes/");
    if (e && c->status != 404 && (c->status != 409 || volume)) /* 409: its removal is in progress; of a volume, that it is still used */
        failed(w, e);
    if (e && !c->status)
        end_one(w); /* the others would not answer either */
    else
        delete_next(w);
}

static void list_volumes(struct workspaces *w);

static void delete_next(struct workspaces *w)
{
    const char *path = json_string_value(json_array_get(w->paths, w->at++));
    if (path)
        ask(w, "DELETE", path, deleted);
    else
        list_volumes(w);
}

static void list(struct workspaces *w, const char *of, void (*done)(struct docker_call *c, const struct err *e))
{
    AUTO_TEXT path = { 0 };
    AUTO_FREE char *filter = mem_format("{\"label\":[\"" WORKSPACE_LABEL "=%s\"]}", w->execution);
    text_addf(&path, "%sfilters=", of);
    text_add_url(&path, filter);
    ask(w, "GET", text_of(&path), done);
}

static void volumes_listed(struct docker_call *c, const struct err *e)
{
    struct workspaces *w = OWNER(c, struct workspaces, call);
    size_t i, before = json_array_size(w->paths);
    json_t *one;
    if (e)
        failed(w, e);
    else
        json_array_foreach(json_object_get(c->answer, "Volumes"), i, one) {
            AUTO_FREE char *path = mem_format("/volumes/%s?force=1", json_text_at(one, "Name", ""));
            if (json_array_size(w->paths) < MOST)
                json_array_append_new(w->paths, json_text(path));
        }
    if (e || json_array_size(w->paths) == before) {
        end_one(w);
        return;
    }
    w->at = before;
    delete_next(w);
}

/* Behind the containers that used them; behind the volumes that was all. */
static void list_volumes(struct workspaces *w)
{
    bool all = json_array_size(w->paths) && text_starts(json_string_value(json_array_get(w->paths, json_array_size(w->paths) - 1)), "/volumes/");
    if (all)
        end_one(w);
    else
        list(w, "/volumes?", volumes_listed);
}

static void containers_listed(struct docker_call *c, const struct err *e)
{
    struct workspaces *w = OWNER(c, struct workspaces, call);
    size_t i;
    json_t *one;
    if (e) {
        failed(w, e);
        end_one(w);
        return;
    }
    json_array_foreach(c->answer, i, one) {
        AUTO_FREE char *path = mem_format("/containers/%s?force=1&v=1", json_text_at(one, "Id", ""));
        if (json_array_size(w->paths) < MOST)
            json_array_append_new(w->paths, json_text(path));
    }
    w->at = 0;
    delete_next(w);
}

static void versioned(struct docker_call *c, const struct err *e)
{
    struct workspaces *w = OWNER(c, struct workspaces, call);
    struct err old = { 0 };
    if (!e && docker_version_choose(w->engine, c->answer, &old)) {
        list(w, "/containers/json?all=1&", containers_listed);
        return;
    }
    failed(w, e ? e : &old);
    end_one(w);
}

/* ---- of a cluster */

static void cluster_done(struct kube_removal *removal, const struct err *e)
{
    struct workspaces *w = OWNER(removal, struct workspaces, removal);
    w->removing = false;
    if (e)
        failed(w, e);
    end_one(w);
}

static bool begin_cluster(struct workspaces *w, struct err *e)
{
    struct kube_target *target = NULL;
    if (!kube_target_from_properties(json_object_get(w->endpoint, "properties"), w->runner->services.allow_in_cluster, &target, e))
        return false;
    w->removal = (struct kube_removal){ .execution = w->execution, .namespace_ = w->namespace_, .done = cluster_done };
    w->removing = kube_removal_start(&w->removal, w->runner->services.clusters, target, e);
    if (!w->removing)
        cluster_done(&w->removal, e);
    return true;
}

static bool begin_engine(struct workspaces *w, struct err *e)
{
    if (!docker_target_from_properties(json_object_get(w->endpoint, "properties"), w->runner->config.docker_socket, &w->engine, e))
        return false;
    ask(w, "GET", "/version", versioned);
    return true;
}

static void begin_one(struct workspaces *w)
{
    struct err e = { 0 };
    const char *type = json_text_at(w->endpoint, "type", "");
    w->paths = json_array();
    if (text_is(type, "k8s") ? begin_cluster(w, &e) : text_is(type, "docker") && begin_engine(w, &e))
        return;
    w->over = true; /* nobody knows where that was */
    log_warn("runner", "what run %s left behind is not removed: %s", w->execution, w->endpoint ? e.text : "its endpoint is gone");
    end_one(w);
}

/* ---- the rows */

static bool end_work(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct workspaces *w = OWNER(job, struct workspaces, job);
    int64_t wait = CLOCK_MINUTE << (w->tries < 6 ? w->tries : 6);
    return w->over ? db_run(tx, e, SQL_workspace_done, "i", w->id) : db_run(tx, e, SQL_workspace_failed, "ii", w->id, clock_now() + wait);
}

static void look(struct workspaces *w);
static void due(struct timer *t);

static void end_done(struct db_job *job, const struct err *e)
{
    struct workspaces *w = OWNER(job, struct workspaces, job);
    struct runner *r = w->runner;
    w->busy = false;
    if (e)
        log_warn("runner", "workspaces: %s", e->text);
    docker_target_destroy(&w->engine);
    knowledge_fini(&w->knowledge);
    json_decref(w->paths);
    w->paths = w->endpoint = NULL;
    w->id = 0;
    free(TAKE(w->why));
    if (e)
        timer_set(&w->timer, r->config.loop, CLOCK_MINUTE, due);
    else
        look(w); /* for the next */
    runner_ended(r);
}

static void end_one(struct workspaces *w)
{
    bool given_up = w->why && clock_now() - w->created_at > KEPT;
    if (w->why && (given_up || !w->tries))
        log_warn("runner", "what run %s left behind is not removed%s: %s", w->execution, given_up ? " and will not be" : " yet", w->why);
    w->over |= !w->why || given_up;
    w->job = (struct db_job){ .work = end_work, .done = end_done };
    db_write(w->runner->config.db, &w->job);
}

static bool look_later(struct workspaces *w, struct db_tx *tx, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_workspaces_next, "i", clock_now());
    w->next = db_next(rows, e) && !db_null(rows, 0) ? db_int(rows, 0) : 0;
    return !db_rows_failed(rows);
}

static bool look_work(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct workspaces *w = OWNER(job, struct workspaces, job);
    AUTO(db_rows) rows = db_rows(tx, SQL_workspaces_over, "i", clock_now());
    if (!db_next(rows, e))
        return !db_rows_failed(rows) && look_later(w, tx, e);
    AUTO_JSON *names = json_pack("[s]", db_text(rows, 3));
    w->id = db_int(rows, 0);
    w->tries = db_int(rows, 4);
    w->created_at = db_int(rows, 5);
    snprintf(w->execution, sizeof w->execution, "%s", db_text(rows, 2));
    snprintf(w->namespace_, sizeof w->namespace_, "%s", db_text(rows, 6));
    if (!knowledge_read(tx, w->runner->config.seal, db_int(rows, 1), names, &w->knowledge, e))
        return false;
    w->endpoint = json_object_get(w->knowledge.endpoints, db_text(rows, 3));
    return true;
}

static void due(struct timer *t)
{
    look(OWNER(t, struct workspaces, timer));
}

static void look_done(struct db_job *job, const struct err *e)
{
    struct workspaces *w = OWNER(job, struct workspaces, job);
    struct runner *r = w->runner;
    if (!e && w->id && !r->draining) {
        begin_one(w);
        return;
    }
    if (e && !r->draining)
        log_warn("runner", "workspaces: %s", e->text);
    knowledge_fini(&w->knowledge);
    w->id = 0;
    w->busy = false;
    if (w->again)
        look(w);
    else if (!r->draining && (w->next || e))
        timer_set(&w->timer, r->config.loop, e ? CLOCK_MINUTE : w->next - clock_now() + CLOCK_SECOND, due);
    runner_ended(r);
}

static void look(struct workspaces *w)
{
    struct runner *r = w->runner;
    if (w->busy || r->draining) {
        w->again = true;
        return;
    }
    timer_clear(&w->timer);
    w->busy = true;
    w->again = w->over = false;
    w->job = (struct db_job){ .work = look_work, .done = look_done };
    runner_began(r);
    db_read(r->config.db, &w->job);
}

void workspaces_wake(struct runner *r)
{
    look(r->workspaces);
}

struct workspaces *workspaces_create(struct runner *r)
{
    struct workspaces *w = NEW(struct workspaces);
    w->runner = r;
    return w;
}

void workspaces_drain(struct runner *r)
{
    timer_clear(&r->workspaces->timer);
    docker_call_cancel(&r->workspaces->call);
    if (r->workspaces->removing)
        kube_removal_cancel(&r->workspaces->removal);
}

void workspaces_destroy(struct workspaces **workspaces)
{
    struct workspaces *w = TAKE(*workspaces);
    if (!w)
        return;
    timer_clear(&w->timer);
    docker_target_destroy(&w->engine);
    knowledge_fini(&w->knowledge);
    json_decref(w->paths);
    free(w->why);
    free(w);
}

/* ---- before anything is made */

struct want_job {
    struct db_job job;
    struct workspace_want want;
    char *execution, *endpoint, *namespace_, *name, *version;
    json_t *integration;
};

static bool read_integration(struct want_job *j, struct db_tx *tx, struct err *e)
{
    struct integration_run run = { 0 };
    if (!integration_to_run(tx, j->want.project_id, j->name, j->version, &run, e))
        return false;
    bool ok = !*run.release || text_is(run.status, "RELEASED") || text_is(run.status, "DEPRECATED") ||
              err_set(e, ERR_INVALID, "version %s of custom integration '%.100s' is not released", run.release, j->name);
    ok = ok && (integration_read(run.yaml, &j->integration, e) || err_wrap(e, "custom integration '%.100s'", j->name));
    integration_run_fini(&run);
    return ok;
}

static bool want_work(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct want_job *j = OWNER(job, struct want_job, job);
    json_decref(TAKE(j->integration)); /* of a group that was undone */
    if (j->name && !read_integration(j, tx, e))
        return false;
    return db_run(tx, e, SQL_workspace_want, "ittti", j->want.project_id, j->execution, j->endpoint, j->namespace_, clock_now());
}

static void want_done(struct db_job *job, const struct err *e)
{
    struct want_job *j = OWNER(job, struct want_job, job);
    j->want.done(j->want.context, j->integration, e);
    json_decref(j->integration);
    free(j->execution);
    free(j->endpoint);
    free(j->namespace_);
    free(j->name);
    free(j->version);
    free(j);
}

void workspace_want(struct runner *r, const struct workspace_want *want)
{
    struct want_job *j = NEW(struct want_job);
    *j = (struct want_job){ .job = { .work = want_work, .done = want_done }, .want = *want, .execution = mem_text(want->execution), .endpoint = mem_text(want->endpoint), .namespace_ = mem_text(want->namespace_),
                            .name = mem_text(want->integration), .version = mem_text(want->version ? want->version : "") };
    db_write(r->config.db, &j->job);
}

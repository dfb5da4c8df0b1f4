/* The keys of hosts, for tasks: a question is a read; one that may pin a key is a write, and is answered after its commit. */
#include <stdio.h>

#include "base/mem.h"
#include "runner/inside.h"
#include "store/objects.h"
#include "store/ssh_hosts.h"

struct host_job {
    struct db_job job;
    struct runner *runner;
    struct task_host_ask *ask;
};

static bool known(struct db_tx *tx, struct task_host_ask *ask, int64_t project, struct err *e)
{
    struct ssh_host_row row = { 0 };
    int64_t id = 0;
    if (!ssh_host_find(tx, project, ask->via, ask->host, ask->port, &id, e))
        return false;
    if (!id) {
        ask->type[0] = ask->fingerprint[0] = 0;
        return true;
    }
    if (!ssh_host_get(tx, id, &row, e))
        return false;
    snprintf(ask->type, sizeof ask->type, "%s", row.type);
    snprintf(ask->fingerprint, sizeof ask->fingerprint, "%s", row.fingerprint);
    snprintf(ask->id, sizeof ask->id, "%s", row.uuid);
    ask->first_seen = row.created_at;
    ssh_host_row_fini(&row);
    return true;
}

static bool host_work(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct task_host_ask *ask = OWNER(job, struct host_job, job)->ask;
    int64_t project = 0;
    if (!project_find(tx, ask->project, &project, e))
        return false;
    if (!project)
        return err_set(e, ERR_NOT_FOUND, "there is no project '%s' any more", ask->project);
    struct ssh_host_row row = { .project_id = project, .cloud_proxy = (char *)ask->via, .host = (char *)ask->host, .port = ask->port, .type = ask->type,
                                .fingerprint = ask->fingerprint };
    return (!ask->store || ssh_host_put(tx, &row, e)) && known(tx, ask, project, e);
}

static void host_done(struct db_job *job, const struct err *e)
{
    struct host_job *h = OWNER(job, struct host_job, job);
    struct runner *r = h->runner;
    struct task_host_ask *ask = h->ask;
    free(h);
    ask->done(ask, e);
    runner_ended(r);
}

void hosts_ask(void *context, struct task_host_ask *ask)
{
    struct runner *r = context;
    struct host_job *h = NEW(struct host_job);
    *h = (struct host_job){ .job = { .work = host_work, .done = host_done }, .runner = r, .ask = ask };
    runner_began(r);
    if (ask->store)
        db_write(r->config.db, &h->job);
    else
        db_read(r->config.db, &h->job);
}

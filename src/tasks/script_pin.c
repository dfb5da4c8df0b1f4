/* Is it the host that it was the last time? */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "tasks/script.h"

struct script_pin {
    struct task_host_ask ask;
    struct script_task *task; /* NULL: nobody wants to know any more */
    char *project, *host, *via;
    void (*found)(struct script_task *t, const char *type, const struct err *e);
    void (*checked)(struct script_task *t, const struct err *e);
};

static void pin_free(struct script_pin *p)
{
    if (p->task)
        p->task->pin = NULL;
    free(p->project);
    free(p->host);
    free(p->via);
    free(p);
}

void script_pin_drop(struct script_task *t)
{
    if (t->pin)
        t->pin->task = NULL;
    t->pin = NULL;
}

static void changed(const struct script_task *t, const struct task_host_ask *ask, const struct remote_host_key *key, struct err *e)
{
    char since[CLOCK_TEXT];
    err_set(e, ERR_FORBIDDEN, "%s shows another host key than before: %s (%s), and since %s it was %s (%s); nothing was sent to it. If it was set up anew, forget the old one: "
                              "slipway delete ssh-host %s", t->input.host, key->fingerprint, key->type, clock_rfc3339(ask->first_seen, since), ask->fingerprint, ask->type, ask->id);
}

static void answered(struct task_host_ask *ask, const struct err *e)
{
    struct script_pin *p = OWNER(ask, struct script_pin, ask);
    struct script_task *t = p->task;
    struct err why = { 0 };
    char type[sizeof ask->type];
    void (*found)(struct script_task *, const char *, const struct err *) = p->found;
    void (*checked)(struct script_task *, const struct err *) = p->checked;
    memcpy(type, ask->type, sizeof type);
    if (t && checked && !e) {
        const struct remote_host_key *key = remote_session_host_key(t->session);
        if (!text_is(key->fingerprint, ask->fingerprint))
            changed(t, ask, key, &why);
    }
    if (e)
        why = *e;
    pin_free(p);
    if (t && found)
        found(t, type, why.kind ? &why : NULL);
    else if (t)
        checked(t, why.kind ? &why : NULL);
}

static struct script_pin *pin_create(struct script_task *t)
{
    struct script_pin *p = NEW(struct script_pin);
    *p = (struct script_pin){ .task = t, .project = mem_text(t->job->project), .host = mem_text(t->input.name), .via = mem_text(t->input.via) };
    p->ask = (struct task_host_ask){ .project = p->project, .host = p->host, .via = p->via, .port = t->input.port, .done = answered };
    t->pin = p;
    return p;
}

bool script_pin_find(struct script_task *t, void (*done)(struct script_task *t, const char *type, const struct err *e))
{
    if (t->input.pinned[0])
        return false;
    struct script_pin *p = pin_create(t);
    p->found = done;
    t->job->services->hosts->ask(t->job->services->hosts->context, &p->ask);
    return true;
}

void script_pin_check(struct script_task *t, void (*done)(struct script_task *t, const struct err *e))
{
    const struct remote_host_key *key = remote_session_host_key(t->session);
    struct err e = { 0 };
    if (t->input.pinned[0]) {
        bool same = text_is(key->fingerprint, t->input.pinned) ||
                    err_set(&e, ERR_FORBIDDEN, "%s shows another host key (%s, %s) than the task's fingerprint says (%s); nothing was sent to it", t->input.host, key->fingerprint,
                            key->type, t->input.pinned);
        done(t, same ? NULL : &e);
        return;
    }
    struct script_pin *p = pin_create(t);
    p->checked = done;
    p->ask.store = true;
    memcpy(p->ask.type, key->type, sizeof p->ask.type);
    memcpy(p->ask.fingerprint, key->fingerprint, sizeof p->ask.fingerprint);
    t->job->services->hosts->ask(t->job->services->hosts->context, &p->ask);
}

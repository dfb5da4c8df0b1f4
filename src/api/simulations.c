/* What would a push do? Read on a reader, then registries and clusters are asked on the loop; nothing is stored. */
#include <string.h>

#include "api/resources.h"
#include "base/mem.h"
#include "event/event.h"
#include "event/image_ref.h"
#include "hooks/hooks.h"
#include "runner/simulate.h"
#include "store/activity.h"
#include "store/simulation.h"
#include "store/webhooks.h"

struct simulating {
    struct simulation *simulation;
    struct call *call;
};

static void simulating_free(void *context)
{
    struct simulating *s = context;
    simulation_destroy(&s->simulation);
    free(s);
}

/* ---- what is to be looked at: pushes, as a delivery would tell them */

struct question {
    struct simulation_request request;
    json_t *events;
    char event[37];
};

static bool add(struct question *q, struct event *ev)
{
    json_array_append_new(q->events, event_json(ev));
    return true;
}

static bool from_body(struct call *c, struct question *q, struct err *e)
{
    const char *body = call_text(c, "body", "");
    AUTO(hook_result) read = NULL;
    struct hook_input input = { .content_type = call_text(c, "contentType", "application/json"), .body = body, .size = strlen(body) };
    if (!hook_decode(&input, &read, e))
        return false;
    for (size_t i = 0; i < read->event_count; i++)
        add(q, read->events[i]);
    if (!read->event_count)
        return err_field(e, "body", "it tells of no push that could start a pipeline%s%s", read->ignored_count ? ": " : "",
                         read->ignored_count ? read->ignored[0].why : "");
    return true;
}

static bool from_image(struct call *c, struct question *q, struct err *e)
{
    struct image_ref ref = { 0 };
    AUTO(event) ev = event_create();
    if (!image_ref_parse(call_text(c, "image", ""), &ref, e))
        return err_wrap(e, "image");
    const char *digest = call_text(c, "digest", ref.digest);
    bool ok = !*digest || image_digest_ok(digest) || err_field(e, "digest", "'%.80s' is no digest such as sha256:...", digest);
    event_set(&ev->action, "push");
    event_set(&ev->host, ref.host);
    event_set(&ev->repository, ref.repository);
    event_set(&ev->tag, *ref.tag ? ref.tag : "latest");
    event_set(&ev->digest, digest);
    event_set(&ev->actor, c->who.name);
    image_ref_fini(&ref);
    return ok && add(q, ev);
}

static bool fill_event(const struct event_view *v, struct question *q, struct err *e)
{
    AUTO(event) ev = event_create();
    if (text_empty(v->repository))
        return err_field(e, "event", "event %s tells of no push", v->uuid);
    event_set(&ev->action, "push");
    event_set(&ev->host, v->registry);
    event_set(&ev->repository, v->repository);
    event_set(&ev->tag, v->tag);
    event_set(&ev->digest, v->digest);
    event_set(&ev->actor, v->owner);
    event_set(&ev->pushed_at, v->pushed_at);
    memcpy(q->event, v->uuid, strlen(v->uuid) + 1 <= sizeof q->event ? strlen(v->uuid) + 1 : 0);
    q->request.event_id = q->event;
    return add(q, ev);
}

static bool from_event(struct call *c, struct question *q, struct err *e)
{
    struct event_view view = { 0 };
    int64_t id = 0, project = 0;
    const char *uuid = call_text(c, "event", "");
    if (!event_find(c->tx, uuid, &id, &project, e))
        return false;
    if (!id)
        return err_set(e, ERR_NOT_FOUND, "there is no event %s", uuid);
    if (!call_in(c, project, e) || !event_view_get(c->tx, id, &view, e))
        return false;
    q->request.project_id = project;
    bool ok = fill_event(&view, q, e);
    event_view_fini(&view);
    return ok;
}

static bool from_delivery(struct call *c, struct question *q, struct err *e)
{
    struct delivery_view view = { 0 };
    int64_t id = 0, project = 0;
    const char *uuid = call_text(c, "delivery", "");
    if (!delivery_find(c->tx, uuid, &id, &project, e))
        return false;
    if (!id)
        return err_set(e, ERR_NOT_FOUND, "there is no delivery %s", uuid);
    if (!call_in(c, project, e) || !delivery_view_get(c->tx, id, &view, e))
        return false;
    q->request.project_id = project;
    json_array_extend(q->events, view.events);
    bool ok = json_array_size(q->events) || err_field(e, "delivery", "delivery %s told of no push that could start a pipeline: %s", uuid,
                                                     *view.problem ? view.problem : view.verdict);
    ok = ok && simulation_listener(c->tx, id, &q->request.endpoint_id, &q->request.webhook_id, e);
    delivery_view_fini(&view);
    return ok;
}

static const struct source {
    const char *key;
    bool (*read)(struct call *c, struct question *q, struct err *e);
    bool project; /* it says itself where it belongs */
} SOURCES[] = { { "body", from_body, false }, { "image", from_image, false }, { "event", from_event, true }, { "delivery", from_delivery, true } };

static bool read_source(struct call *c, struct question *q, struct err *e)
{
    const struct source *found = NULL;
    int count = 0;
    for (size_t i = 0; i < ALEN(SOURCES); i++)
        if (json_is_string(json_object_get(c->body, SOURCES[i].key))) {
            found = &SOURCES[i];
            count++;
        }
    if (count != 1)
        return err_field(e, "body", "say what is pushed by one of body, image, event or delivery (a text)");
    if (!found->project && !call_project(c, call_text(c, "project", NULL), &q->request.project_id, e))
        return false;
    return found->read(c, q, e);
}

/* Only one webhook, or those of one endpoint; by name or by id. */
static bool narrow(struct call *c, struct question *q, struct err *e)
{
    struct object project = { 0 };
    const char *webhook = call_text(c, "webhook", ""), *endpoint = call_text(c, "endpoint", "");
    if (!*webhook && !*endpoint)
        return true;
    if (!project_get(c->tx, q->request.project_id, &project, e))
        return false;
    int64_t id = 0;
    bool ok = true;
    if (*webhook) {
        ok = webhook_find_named(c->tx, project.name, webhook, &id, e) && (id || webhook_find(c->tx, webhook, &id, e)) &&
             (id || err_field(e, "webhook", "there is no webhook '%s' in project '%s'", webhook, project.name));
        q->request.webhook_id = id;
    }
    if (ok && *endpoint) {
        ok = endpoint_find_named(c->tx, project.name, endpoint, &id, e) &&
             (id || err_field(e, "endpoint", "there is no endpoint '%s' in project '%s'", endpoint, project.name));
        q->request.endpoint_id = id;
    }
    object_fini(&project);
    return ok;
}

/* ---- the answer */

static void simulated(void *context)
{
    struct simulating *s = context;
    call_answer(s->call, 200, simulation_answer(s->simulation));
    call_end(s->call, NULL);
}

static bool ask(struct call *c, struct err *e)
{
    struct simulating *s = c->context;
    (void)e;
    simulation_start(s->simulation, simulated, s);
    return true;
}

bool simulation_make(struct call *c, struct err *e)
{
    struct question q = { .events = json_array() };
    AUTO(simulation) simulation = NULL;
    q.request.events = q.events;
    q.request.diff = json_bool_at(c->body, "diff", false);
    bool ok = read_source(c, &q, e) && narrow(c, &q, e);
    q.request.administrator = ok && auth_may(&c->who, q.request.project_id, MAY_RESTRICTED);
    ok = ok && simulation_read(c->api->config.runner, c->tx, &q.request, &simulation, e);
    json_decref(q.events);
    if (!ok)
        return false;
    struct simulating *s = NEW(struct simulating);
    s->simulation = TAKE(simulation);
    s->call = c;
    c->context = s;
    c->context_free = simulating_free;
    c->next = (struct stage){ CALL_LOOP, ask };
    return true;
}

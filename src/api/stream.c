#include "api/stream.h"

#include <string.h>

#include "api/logs.h"
#include "base/clock.h"
#include "base/mem.h"
#include "store/activity.h"

enum { STREAMS = 500 };
#define LOOK_AGAIN (200 * CLOCK_MS)
#define STILL_THERE (15 * CLOCK_SECOND)

struct streams {
    struct api *api;
    struct link all;
    size_t count;
    struct timer timer;
    int64_t looked_at;
    bool dirty;
};

struct live {
    struct link link;
    struct streams *streams;
    struct http_stream *stream; /* NULL: closed */
    char *token;                /* asked again at each look: a revoked one ends the stream */
    int64_t execution_id, project_id, seen_at, sent_at; /* execution_id 0: all changes; seen_at is the last one's number */
    int64_t delivery;           /* the last one's number: deliveries write no changes of their own, which would cost the intake */
    struct db_job job;
    bool busy, over;
    char *message;
};

struct streams *streams_create(struct api *api)
{
    struct streams *s = NEW(struct streams);
    s->api = api;
    list_init(&s->all);
    return s;
}

void streams_destroy(struct streams **s)
{
    if (*s)
        timer_clear(&(*s)->timer);
    free(*s);
    *s = NULL;
}

static void live_free(struct live *l)
{
    list_remove(&l->link);
    l->streams->count--;
    free(l->token);
    free(l->message);
    free(l);
}

static void closed(void *context)
{
    struct live *l = context;
    l->stream = NULL;
    if (!l->busy)
        live_free(l);
}

static bool look_at_execution(struct live *l, struct db_tx *tx, const struct who *who, struct err *e)
{
    json_t *document = NULL;
    int64_t at = 0;
    bool alive = false, shared = false;
    if (!execution_shared(tx, l->execution_id, who->user_id, &shared, e))
        return false;
    if (!auth_may(who, shared ? 0 : l->project_id, MAY_VIEW))
        return err_set(e, ERR_FORBIDDEN, "no longer allowed");
    if (!execution_brief(tx, l->execution_id, &at, &alive, e))
        return false;
    if (at == l->seen_at)
        return true;
    if (!execution_document(l->streams->api, tx, who, l->execution_id, true, &document, e))
        return false;
    AUTO_FREE char *text = json_write(document);
    json_decref(document);
    l->message = mem_format("event: execution\nid: %lld\ndata: %s\n\n", (long long)at, text);
    l->seen_at = at;
    l->over = !alive;
    return true;
}

struct changed {
    const struct who *who;
    json_t *kinds; /* a set: {"events": true} */
};

static void add_change(void *context, int64_t project_id, const char *kind)
{
    struct changed *c = context;
    if (!project_id || auth_may(c->who, project_id, MAY_VIEW))
        json_object_set_new(c->kinds, kind, json_true());
}

static bool look_at_changes(struct live *l, struct db_tx *tx, const struct who *who, struct err *e)
{
    AUTO_JSON *kinds = json_object();
    struct changed changed = { who, kinds };
    bool first = !l->seen_at;
    int64_t delivery = l->delivery;
    if (!delivery_newest(tx, &l->delivery, e))
        return false;
    if (delivery != l->delivery)
        json_object_set_new(kinds, "deliveries", json_true());
    if (first ? !change_last(tx, &l->seen_at, e) : !changes_since(tx, &l->seen_at, add_change, &changed, e))
        return false;
    if (first && !l->seen_at)
        l->seen_at = -1; /* nothing ever changed: the first change is number 1 */
    if (!first && !json_object_size(kinds))
        return true;
    AUTO_FREE char *text = json_write(kinds);
    l->message = mem_format("event: %s\nid: %lld\ndata: %s\n\n", first ? "hello" : "changed", (long long)l->seen_at, text);
    return true;
}

static bool look(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct live *l = OWNER(job, struct live, job);
    struct who who = { 0 };
    if (!auth_who(tx, l->token, &who, e))
        return false;
    bool ok = l->execution_id ? look_at_execution(l, tx, &who, e) : look_at_changes(l, tx, &who, e);
    who_fini(&who);
    return ok;
}

static void tell(struct live *l)
{
    if (l->message) {
        http_stream_send(l->stream, l->message, strlen(l->message));
        l->sent_at = clock_mono();
    } else if (clock_mono() - l->sent_at > STILL_THERE) {
        http_stream_send(l->stream, ": still there\n\n", 15);
        l->sent_at = clock_mono();
    }
}

static void looked(struct db_job *job, const struct err *e)
{
    struct live *l = OWNER(job, struct live, job);
    l->busy = false;
    if (!l->stream) {
        live_free(l);
        return;
    }
    tell(l);
    free(l->message);
    l->message = NULL;
    if (e || l->over) {
        http_stream_send(l->stream, "event: end\ndata: {}\n\n", 21);
        http_stream_end(l->stream);
        l->over = true;
    }
}

static void tick(struct timer *t)
{
    struct streams *s = OWNER(t, struct streams, timer);
    bool all = s->dirty || clock_mono() - s->looked_at > CLOCK_SECOND;
    if (all) {
        s->dirty = false;
        s->looked_at = clock_mono();
    }
    LIST_EACH(&s->all, link) {
        struct live *l = OWNER(link, struct live, link);
        if (!all || l->busy || l->over || !l->stream)
            continue;
        l->busy = true;
        l->job = (struct db_job){ .work = look, .done = looked };
        db_read(s->api->config.db, &l->job);
    }
    if (s->count)
        timer_set(&s->timer, s->api->config.loop, LOOK_AGAIN, tick);
}

void api_changed(struct api *api)
{
    api->streams->dirty = true;
}

void api_logged(struct api *api, int64_t execution_id)
{
    log_waits_wake(api->log_waits, execution_id);
}

void api_end_streams(struct api *api)
{
    log_waits_wake(api->log_waits, 0);
    LIST_EACH(&api->streams->all, link) {
        struct live *l = OWNER(link, struct live, link);
        l->over = true;
        if (l->stream)
            http_stream_end(l->stream);
    }
}

static bool stream(struct call *c, int64_t execution_id, int64_t project_id, struct err *e)
{
    struct streams *s = c->api->streams;
    if (s->count >= STREAMS)
        return err_set(e, ERR_UNAVAILABLE, "%d live streams are open already", STREAMS);
    struct live *l = NEW(struct live);
    *l = (struct live){ .streams = s, .execution_id = execution_id, .token = mem_text(auth_bearer(call_header(c, "Authorization"))),
                        .sent_at = clock_mono() };
    l->project_id = project_id;
    list_append(&s->all, &l->link);
    s->count++;
    struct http_request *r = c->request;
    call_streamed(c);
    http_answer_header(r, "X-Content-Type-Options", "nosniff");
    l->stream = http_stream(r, "text/event-stream", closed, l);
    s->dirty = true;
    tick(&s->timer);
    return true;
}

bool stream_execution(struct call *c, int64_t execution_id, int64_t project_id, struct err *e)
{
    return stream(c, execution_id, project_id, e);
}

bool stream_changes(struct call *c, struct err *e)
{
    return stream(c, 0, 0, e);
}

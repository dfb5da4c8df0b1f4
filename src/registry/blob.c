#include "registry/blob.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

enum { FAILURES = 5 /* in a row, with no byte gained */, RESTARTS = 20 /* in all */ };

static void finish(struct registry_blob *b, const struct err *e)
{
    struct err copy = e ? *e : (struct err){ 0 };
    timer_clear(&b->timer);
    flow_fini(&b->flow);
    free(TAKE(b->path));
    b->done(b, e ? &copy : NULL);
}

static void finish_as(struct registry_blob *b, enum blob_how how)
{
    b->how = how;
    b->position = b->size;
    finish(b, NULL);
}

static void ask(struct registry_blob *b, const char *method, char *path, void (*done)(struct registry_talk *t, const struct err *e))
{
    const struct registry_ends *ends = b->ends;
    bool sends = text_is(method, "POST") || text_is(method, "PUT");
    b->talk = (struct registry_talk){ .ask = { .target = ends->target, .method = method, .body = sends ? "" : NULL }, .loop = ends->loop, .client = ends->client, .done = done,
                                      .timeout_micros = text_is(method, "PUT") ? 5 * CLOCK_MINUTE : 0 };
    talk_start(&b->talk, path, flow_scope(b->mounting ? ends->source_repository : NULL, ends->target_repository));
}

static struct registry_blob *of(struct registry_talk *t)
{
    return OWNER(t, struct registry_blob, talk);
}

static void fail(struct registry_talk *t, const struct err *e)
{
    struct registry_blob *b = of(t);
    struct err why = e ? *e : (struct err){ 0 };
    if (!e)
        registry_answer_refused(t->ask.target, &t->ask.call, NULL, &why);
    b->patience = t->patience;
    if (why.kind != ERR_CANCELED)
        err_wrap(&why, "blob %.19s...", b->digest);
    finish(b, &why);
}

static void open_upload(struct registry_blob *b, bool mount);
static void look(struct registry_blob *b);
static void resume(struct timer *t);

/* ---- the bytes */

static void flow(struct registry_blob *b, int64_t from)
{
    b->flowing = true;
    b->position = from;
    flow_start(&b->flow, b->path, from);
}

static void committed(struct registry_talk *t, const struct err *e)
{
    struct registry_blob *b = of(t);
    if (!e && t->ask.call.status / 100 == 2)
        finish_as(b, BLOB_COPIED);
    else if (!e && t->ask.call.status == 404 && b->restarts++ < RESTARTS) /* nobody knows whether an earlier try was carried out: is it there? */
        look(b);
    else
        fail(t, e);
}

static void commit(struct registry_blob *b)
{
    ask(b, "PUT", mem_format("%s%cdigest=%s", b->path, strchr(b->path, '?') ? '&' : '?', b->digest), committed);
}

static void moved(struct registry_flow *f)
{
    struct registry_blob *b = OWNER(f, struct registry_blob, flow);
    b->sent += f->given - b->position;
    b->position = f->given;
    b->moved(b);
}

/* Worth going on with: the network, a registry in trouble, and a login that ended on the way. */
static bool passes(const struct registry_blob *b, const struct err *e)
{
    int status = b->flow.target_status;
    return err_retry(e->kind) || ((status == 401 || status == 404 || status == 416) && e->kind != ERR_CANCELED);
}

static void flowed(struct registry_flow *f, const struct err *e)
{
    struct registry_blob *b = OWNER(f, struct registry_blob, flow);
    b->flowing = false;
    if (!e) {
        free(b->path);
        b->path = TAKE(f->path);
        commit(b);
        return;
    }
    free(TAKE(f->path));
    b->failures++;
    b->why = *e;
    if (!passes(b, e) || b->failures >= FAILURES || b->restarts++ >= RESTARTS) {
        finish(b, &b->why);
        return;
    }
    AUTO_FREE char *text = mem_format("%.19s...: %s; goes on", b->digest, e->text);
    b->said(b, text);
    timer_set(&b->timer, b->ends->loop, (b->patience_micros ? b->patience_micros : CLOCK_SECOND) << (b->failures - 1), resume);
}

/* ---- where an upload stands: "Range: 0-1023" means that 1024 bytes are there. 0-0 is said of none and of one: begun again. */

static int64_t stands_at(const struct registry_blob *b, const struct http_headers *answer)
{
    const char *range = http_headers_get(answer, "Range");
    int64_t last = 0;
    if (range && text_starts(range, "bytes="))
        range += 6;
    if (!range || !text_starts(range, "0-") || !text_to_int(range + 2, &last) || last < 1 || last >= b->size)
        return 0;
    return last + 1;
}

static void told_where(struct registry_talk *t, const struct err *e)
{
    struct registry_blob *b = of(t);
    int status = t->ask.call.status;
    if (e) {
        fail(t, e);
        return;
    }
    int64_t at = status / 100 == 2 ? stands_at(b, &t->ask.call.answer_headers) : 0;
    char *path = at && http_headers_get(&t->ask.call.answer_headers, "Location") ? flow_location(t->ask.target, t->ask.path, &t->ask.call.answer_headers, NULL) : NULL;
    if (path) {
        free(b->path);
        b->path = path;
    }
    if (at > b->confirmed) { /* it went on */
        b->confirmed = at;
        b->failures = 0;
    }
    if (!at || at > b->flow.summed) { /* what it has, we did not send: nobody knows what it is */
        open_upload(b, false);
    } else if (at == b->size) {
        b->position = at;
        commit(b);
    } else {
        flow(b, at);
    }
}

static void resume(struct timer *t)
{
    struct registry_blob *b = OWNER(t, struct registry_blob, timer);
    ask(b, "GET", mem_text(b->path), told_where);
}

/* ---- the upload's beginning */

static void opened(struct registry_talk *t, const struct err *e)
{
    struct registry_blob *b = of(t);
    const struct http_call *c = &t->ask.call;
    struct err why = { 0 };
    bool mounting = b->mounting;
    b->mounting = false;
    if (e || c->status != 202) {
        if (!e && mounting && c->status == 201)
            finish_as(b, BLOB_MOUNTED);
        else if (mounting && (e ? e->kind == ERR_UNAUTHORIZED || e->kind == ERR_FORBIDDEN : c->status / 100 == 4))
            open_upload(b, false); /* some registries know no mounting, or not for this user */
        else
            fail(t, e);
        return;
    }
    free(b->path);
    b->path = flow_location(t->ask.target, t->ask.path, &c->answer_headers, &why);
    if (!b->path)
        finish(b, &why);
    else if (!b->size)
        commit(b);
    else
        flow(b, 0);
}

static void open_upload(struct registry_blob *b, bool mount)
{
    const char *to = b->ends->target_repository, *from = b->ends->source_repository;
    AUTO_TEXT path = { 0 };
    b->mounting = mount;
    text_addf(&path, "/v2/%s/blobs/uploads/", to);
    if (mount)
        text_addf(&path, "?mount=%s&from=%s", b->digest, from);
    ask(b, "POST", text_take(&path), opened);
}

static void looked(struct registry_talk *t, const struct err *e)
{
    struct registry_blob *b = of(t);
    if (!e && t->ask.call.status == 200)
        finish_as(b, b->restarts ? BLOB_COPIED : BLOB_PRESENT);
    else if (!e && t->ask.call.status == 404)
        open_upload(b, b->mount);
    else
        fail(t, e);
}

static void look(struct registry_blob *b)
{
    ask(b, "HEAD", mem_format("/v2/%s/blobs/%s", b->ends->target_repository, b->digest), looked);
}

void blob_start(struct registry_blob *b)
{
    b->flow = (struct registry_flow){ .ends = b->ends, .digest = b->digest, .size = b->size, .moved = moved, .done = flowed };
    b->path = NULL;
    b->failures = b->restarts = 0;
    b->position = b->sent = b->confirmed = b->patience = 0;
    b->flowing = b->mounting = false;
    look(b);
}

static void canceled(struct timer *t)
{
    static const struct err CANCELED = { .kind = ERR_CANCELED, .text = "canceled" };
    finish(OWNER(t, struct registry_blob, timer), &CANCELED);
}

void blob_cancel(struct registry_blob *b)
{
    if (timer_is_set(&b->timer))
        timer_set(&b->timer, b->ends->loop, 0, canceled);
    else if (b->flowing)
        flow_cancel(&b->flow);
    else
        talk_cancel(&b->talk);
}

#include "registry/flow.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "event/image_ref.h"
#include "registry/challenge.h"

#define ROOM (2 * FLOW_WAITING) /* a piece that came when it was just not full fits as well */
#define SILENCE CLOCK_MINUTE
#define SILENCE_AT_END (5 * CLOCK_MINUTE) /* until a registry has put away what it took */
#define LOOK_EVERY (5 * CLOCK_SECOND)
#define LOCATION_MOST (16u << 10)

char *flow_scope(const char *source_repository, const char *target_repository)
{
    if (!target_repository)
        return mem_format("repository:%s:pull", source_repository);
    return source_repository ? mem_format("repository:%s:pull,push repository:%s:pull", target_repository, source_repository)
                             : mem_format("repository:%s:pull,push", target_repository);
}

/* A registry behind a proxy often names itself wrongly (http for https, a name of inside): the path is what counts, and only its own host is
 * believed, so that no other one gets our credentials or the bytes. */
char *flow_location(const struct registry_target *target, const char *asked_path, const struct http_headers *answer, struct err *e)
{
    const char *location = http_headers_get(answer, "Location");
    AUTO_FREE char *base = mem_format("%s%s", target->base_url, asked_path), *url = location && strlen(location) < LOCATION_MOST ? http_url_join(base, location) : NULL;
    if (!url) {
        err_set(e, ERR_UPSTREAM, "%s began an upload, and did not say where it goes on", target->host);
        return NULL;
    }
    if (!url_same_origin(url, target->base_url) && !registry_host_same(url, target->host) && !registry_host_same(url, target->base_url)) {
        AUTO_FREE char *shown = mem_text_n(url, strcspn(url, "?#"));
        err_set(e, ERR_INVALID, "%s sends the upload to another host, %.200s: nothing is sent there. The registry's own address is set wrongly (Distribution: http.host)",
                target->host, shown);
        return NULL;
    }
    const char *path = strstr(url, "://") + 3;
    path += strcspn(path, "/");
    return *path ? mem_text_n(path, strcspn(path, "#")) : mem_text("/");
}

/* ---- the end */

static void finish(struct registry_flow *f)
{
    timer_clear(&f->watch);
    timer_clear(&f->begin);
    free(TAKE(f->from_path));
    free(TAKE(f->from_scope));
    free(TAKE(f->to_scope));
    free(TAKE(f->waiting));
    http_headers_fini(&f->get_headers);
    http_headers_fini(&f->patch_headers);
    struct err why = f->why;
    f->done(f, why.kind ? &why : NULL);
}

static void finish_if_both(struct registry_flow *f)
{
    if (!f->getting && !f->patching && (f->why.kind || f->target_status))
        finish(f);
}

static void finish_late(struct timer *t)
{
    finish_if_both(OWNER(t, struct registry_flow, watch));
}

/* The first reason is the one that is told; both ends stop. */
static void stop(struct registry_flow *f, const struct err *why)
{
    if (!f->why.kind)
        f->why = *why;
    if (f->getting)
        registry_ask_cancel(&f->get);
    if (f->patching)
        registry_ask_cancel(&f->patch);
}

static void look(struct timer *t)
{
    struct registry_flow *f = OWNER(t, struct registry_flow, watch);
    struct err e = { 0 };
    bool theirs = f->length || f->given == f->size;
    int64_t most = f->given == f->size ? SILENCE_AT_END : SILENCE;
    timer_set(t, f->ends->loop, LOOK_EVERY, look);
    if (clock_mono() - f->moved_at < most)
        return;
    err_set(&e, ERR_TIMEOUT, theirs ? "%s took nothing more of a blob for %d s" : "%s sent nothing more of a blob for %d s",
            theirs ? f->ends->target->host : f->ends->source->host, (int)(most / CLOCK_SECOND));
    stop(f, &e);
}

/* ---- to the target */

static void put_in(struct registry_flow *f, const char *bytes, size_t size)
{
    size_t end = (f->at + f->length) % ROOM, first = size < ROOM - end ? size : ROOM - end;
    memcpy(f->waiting + end, bytes, first);
    memcpy(f->waiting, bytes + first, size - first);
    f->length += size;
}

static size_t take_out(struct registry_flow *f, char *to, size_t size)
{
    size_t n = f->length < size ? f->length : size, first = n < ROOM - f->at ? n : ROOM - f->at;
    memcpy(to, f->waiting + f->at, first);
    memcpy(to + first, f->waiting, n - first);
    f->at = (f->at + n) % ROOM;
    f->length -= n;
    return n;
}

static ssize_t give(struct registry_ask *a, char *to, size_t size)
{
    struct registry_flow *f = OWNER(a, struct registry_flow, patch);
    size_t n = take_out(f, to, size);
    if (!n)
        return f->why.kind ? -1 : 0;
    f->given += (int64_t)n;
    f->moved_at = clock_mono();
    if (f->length < FLOW_WAITING / 2)
        http_call_wake(&f->get.call);
    f->moved(f);
    return (ssize_t)n;
}

static void patch_answered(struct registry_ask *a, const struct err *failed)
{
    struct registry_flow *f = OWNER(a, struct registry_flow, patch);
    struct err e = { 0 };
    f->patching = false;
    f->target_status = a->call.status;
    if (failed)
        stop(f, failed);
    else if (a->call.status / 100 != 2)
        registry_answer_refused(a->target, &a->call, NULL, &e);
    else if (f->given < f->size)
        err_set(&e, ERR_UPSTREAM, "%s answered after %lld of %lld bytes", a->target->host, (long long)f->given, (long long)f->size);
    else if (http_headers_get(&a->call.answer_headers, "Location"))
        f->path = flow_location(a->target, a->path, &a->call.answer_headers, &e);
    else
        f->path = mem_text(a->path);
    if (e.kind)
        stop(f, &e);
    finish_if_both(f);
}

static void patch(struct timer *t)
{
    struct registry_flow *f = OWNER(t, struct registry_flow, begin);
    const struct registry_ends *ends = f->ends;
    struct err e = { 0 };
    f->patch.deadline = clock_mono() + SILENCE;
    f->patch.target = ends->target;
    f->patch.method = "PATCH";
    f->patch.scope = f->to_scope;
    f->patch.headers = &f->patch_headers;
    f->patch.body_size = (size_t)(f->size - f->given);
    f->patch.give = give;
    f->patch.tokens = ends->target->hub->tokens;
    f->patch.done = patch_answered;
    f->patching = !f->why.kind && registry_ask_start(&f->patch, ends->client, &e);
    if (e.kind)
        stop(f, &e);
    finish_if_both(f);
}

/* ---- from the source */

static bool reckon(struct registry_flow *f, const char *bytes, size_t size, struct err *e)
{
    int64_t known = f->summed - f->came; /* of these bytes, from an earlier start */
    if (f->came + (int64_t)size > f->size)
        return err_set(e, ERR_INVALID, "%s sent more of blob %.23s... than the %lld bytes that the manifest says", f->ends->source->host, f->digest, (long long)f->size);
    f->came += (int64_t)size;
    if (known >= (int64_t)size)
        return true;
    digest_add(&f->sum, bytes + known, size - (size_t)known);
    f->summed = f->came;
    return f->summed < f->size || digest_is(&f->sum, f->digest) ||
           err_set(e, ERR_INVALID, "what %s sent as blob %.23s... has another digest: it is damaged there, and was not passed on", f->ends->source->host, f->digest);
}

static bool took(struct registry_ask *a, const char *bytes, size_t size)
{
    struct registry_flow *f = OWNER(a, struct registry_flow, get);
    struct err e = { 0 };
    if (f->skip && a->call.status == 206)
        f->skip = 0;
    size_t skipped = f->skip < (int64_t)size ? (size_t)f->skip : size;
    f->skip -= (int64_t)skipped;
    f->moved_at = clock_mono();
    bytes += skipped;
    size -= skipped;
    if (!size)
        return true;
    bool ok = reckon(f, bytes, size, &e) && (f->length + size <= ROOM || err_set(&e, ERR_INTERNAL, "a piece of %zu bytes does not fit", size));
    if (ok)
        put_in(f, bytes, size);
    if (f->length >= FLOW_WAITING)
        http_call_hold(&a->call);
    if (ok && f->patching)
        http_call_wake(&f->patch.call);
    else if (ok && !timer_is_set(&f->begin))
        timer_set(&f->begin, f->ends->loop, 0, patch); /* later: no call begins within a piece of another */
    if (!ok)
        stop(f, &e);
    return ok;
}

static void get_answered(struct registry_ask *a, const struct err *failed)
{
    struct registry_flow *f = OWNER(a, struct registry_flow, get);
    struct err e = { 0 };
    f->getting = false;
    if (failed)
        stop(f, failed);
    else if (a->call.status / 100 != 2)
        registry_answer_refused(a->target, &a->call, "blob store", &e);
    else if (f->came < f->size)
        err_set(&e, ERR_UNAVAILABLE, "%s ended blob %.23s... after %lld of %lld bytes", a->target->host, f->digest, (long long)f->came, (long long)f->size);
    if (e.kind)
        stop(f, &e);
    finish_if_both(f);
}

void flow_start(struct registry_flow *f, const char *path, int64_t from)
{
    const struct registry_ends *ends = f->ends;
    if (!from) {
        digest_begin(&f->sum, f->digest);
        f->summed = 0;
    }
    f->why = (struct err){ 0 };
    f->target_status = 0;
    f->given = f->came = f->skip = from;
    f->at = f->length = 0;
    f->moved_at = clock_mono();
    f->waiting = mem_alloc(ROOM);
    f->from_path = mem_format("/v2/%s/blobs/%s", ends->source_repository, f->digest);
    f->from_scope = flow_scope(ends->source_repository, NULL);
    f->to_scope = flow_scope(NULL, ends->target_repository);
    if (from) {
        AUTO_FREE char *rest = mem_format("bytes=%lld-", (long long)from), *range = mem_format("%lld-%lld", (long long)from, (long long)f->size - 1);
        http_headers_add(&f->get_headers, "Range", rest);
        http_headers_add(&f->patch_headers, "Content-Range", range);
    }
    f->patch = (struct registry_ask){ .path = path };
    f->get = (struct registry_ask){ .target = ends->source, .method = "GET", .path = f->from_path, .scope = f->from_scope, .headers = &f->get_headers, .follow = true,
                                    .on_data = took, .deadline = clock_mono() + SILENCE, .tokens = ends->source->hub->tokens, .done = get_answered };
    f->getting = registry_ask_start(&f->get, ends->client, &f->why);
    timer_set(&f->watch, ends->loop, f->getting ? LOOK_EVERY : 0, f->getting ? look : finish_late);
}

void flow_cancel(struct registry_flow *f)
{
    struct err e = { .kind = ERR_CANCELED, .text = "canceled" };
    stop(f, &e);
}

void flow_fini(struct registry_flow *f)
{
    digest_fini(&f->sum);
}

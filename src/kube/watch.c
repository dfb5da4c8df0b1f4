#include "kube/watch.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "kube/room.h"

#define LOOKS_AT_ONCE 8
#define STREAM_SECONDS 600          /* asked of the cluster */
#define SILENCE (90 * CLOCK_SECOND) /* bookmarks come about once a minute */
#define LINE_LIMIT (8 << 20)        /* etcd's limit of one object is 1.5 MiB */
#define BACKOFF_MOST (30 * CLOCK_SECOND)
#define POLL (5 * CLOCK_SECOND)     /* where listing or watching is forbidden, each subscriber looks this often */
#define QUICK CLOCK_SECOND          /* a stream that ends sooner counts as a failure */

struct kube_watch {
    struct kube *kube;
    char *path;              /* of the collection */
    struct map *by_key;      /* name, or "Deployment/web" -> first struct kube_subscription of it */
    struct link subscribers; /* all of them */
    struct link looking;     /* those who wait for their look */
    int looks;               /* in flight */
    char *version;           /* NULL: a list must tell where to begin */
    struct kube_call list;
    struct http_call stream;
    struct text line;        /* of the stream, up to its end */
    int64_t opened;
    struct timer retry, pause, linger, gone;
    int failures;
    bool streaming, begin_anew, in_trouble, closing;
};

struct kube_look {
    struct kube_call call;
    struct kube_watch *watch;
    struct kube_subscription *subscription; /* NULL: it lost interest */
};

/* ---- pure */

/* The name of the Deployment behind a ReplicaSet's: without "-" and the template's hash. */
static size_t deployment_length(const char *set, const char *hash)
{
    size_t n = strlen(set), h = strlen(hash);
    return h && n > h + 1 && text_is(set + n - h, hash) && set[n - h - 1] == '-' ? n - h - 1 : 0;
}

bool kube_pod_owner(const json_t *pod, char *out, size_t size)
{
    const json_t *owners = json_at(pod, "metadata.ownerReferences");
    for (size_t i = 0; i < json_array_size(owners); i++) {
        const json_t *owner = json_array_get(owners, i);
        const char *kind = json_text_at(owner, "kind", ""), *name = json_text_at(owner, "name", "");
        if (!json_bool_at(owner, "controller", false))
            continue;
        const json_t *labels = json_at(pod, "metadata.labels");
        const char *hash = json_string_value(json_object_get(labels, "pod-template-hash"));
        size_t n = text_is(kind, "ReplicaSet") && hash ? deployment_length(name, hash) : 0;
        if (n)
            snprintf(out, size, "Deployment/%.*s", (int)n, name);
        else
            snprintf(out, size, "%s/%s", kind, name);
        return true;
    }
    return false;
}

/* ---- telling subscribers */

static bool still_there(struct kube_watch *w, const char *key, const struct kube_subscription *s)
{
    const struct kube_subscription *at = map_get(w->by_key, key);
    while (at && at != s)
        at = at->same;
    return at != NULL;
}

/* A subscriber may leave, take others with it, or come, while it is told. */
static void tell(struct kube_watch *w, const char *key, const json_t *object, bool removed)
{
    size_t count = 0;
    for (struct kube_subscription *s = map_get(w->by_key, key); s; s = s->same)
        count++;
    if (!count)
        return;
    AUTO_FREE struct kube_subscription **all = mem_alloc(count * sizeof *all);
    AUTO_FREE char *copy = mem_text(key);
    size_t i = 0;
    for (struct kube_subscription *s = map_get(w->by_key, key); s; s = s->same)
        all[i++] = s;
    for (i = 0; i < count; i++)
        if (still_there(w, copy, all[i])) {
            all[i]->seen = true;
            all[i]->changed(all[i], object, removed);
        }
}

static void tell_trouble(struct kube_watch *w, const struct err *e)
{
    if (!e && !w->in_trouble)
        return;
    w->in_trouble = e != NULL;
    LIST_EACH(&w->subscribers, l)
    {
        struct kube_subscription *s = OWNER(l, struct kube_subscription, link);
        if (s->trouble)
            s->trouble(s, e);
    }
}

/* ---- the end of a watch */

static void watch_gone(struct timer *t)
{
    struct kube_watch *w = OWNER(t, struct kube_watch, gone);
    struct kube *k = w->kube;
    timer_clear(&w->retry);
    timer_clear(&w->pause);
    timer_clear(&w->linger);
    timer_clear(&w->gone);
    map_destroy(&w->by_key);
    text_fini(&w->line);
    free(w->version);
    free(w->path);
    free(w);
    kube_settle(k);
}

/* Never at once: a subscriber that is being told may have caused it. */
static void watch_check_closed(struct kube_watch *w)
{
    if (w->closing && !w->streaming && !w->list.in_flight && !w->looks)
        timer_set(&w->gone, kube_loop(w->kube), 0, watch_gone);
}

static void watch_close(struct kube_watch *w)
{
    map_remove(w->kube->watches, w->path);
    w->closing = true;
    timer_clear(&w->retry);
    timer_clear(&w->pause);
    timer_clear(&w->linger);
    if (w->streaming)
        http_call_cancel(&w->stream);
    kube_call_cancel(&w->list);
    watch_check_closed(w);
}

static void linger_over(struct timer *t)
{
    watch_close(OWNER(t, struct kube_watch, linger));
}

void kube_watches_close(struct kube *k)
{
    size_t at = 0;
    const char *key;
    void *value;
    while (map_each(k->watches, &at, &key, &value)) {
        struct kube_watch *w = value;
        if (!list_empty(&w->subscribers))
            continue;
        watch_close(w); /* the map changed: begin again */
        at = 0;
    }
}

/* ---- looking: each subscriber once, after the watch's beginning is known */

static void pump(struct kube_watch *w);

static void pause_over(struct timer *t)
{
    pump(OWNER(t, struct kube_watch, pause));
}

static void look_again(struct kube_watch *w, struct kube_subscription *s)
{
    if (!link_in_list(&s->waiting) && !s->look)
        list_append(&w->looking, &s->waiting);
}

static void look_at_all(struct kube_watch *w)
{
    LIST_EACH(&w->subscribers, l)
    look_again(w, OWNER(l, struct kube_subscription, link));
    pump(w);
}

static void hand_over_list(struct kube_watch *w, const json_t *items, const char *wanted)
{
    AUTO_FREE char *key = mem_text(wanted);
    for (size_t i = 0; i < json_array_size(items); i++) {
        char owner[600];
        if (kube_pod_owner(json_array_get(items, i), owner, sizeof owner) && text_is(owner, key))
            tell(w, key, json_array_get(items, i), false);
    }
}

static void look_take(struct kube_watch *w, struct kube_subscription *s, const struct kube_call *c, const struct err *e)
{
    bool missing = e && c->status == 404;
    if (e && !missing) {
        look_again(w, s);
        if (!timer_is_set(&w->pause))
            timer_set(&w->pause, kube_loop(w->kube), 2 * CLOCK_SECOND, pause_over);
        s->troubled = true;
        if (s->trouble)
            s->trouble(s, e);
        return;
    }
    if (s->troubled && s->trouble && !w->in_trouble)
        s->trouble(s, NULL);
    s->troubled = false;
    if (s->owner) {
        hand_over_list(w, json_object_get(c->answer, "items"), s->key);
    } else if (!s->seen) { /* else an event was faster, and may be newer; if it is older, a newer one follows */
        s->changed(s, missing ? NULL : c->answer, false);
    }
}

static void look_done(struct kube_call *c, const struct err *e)
{
    struct kube_look *look = OWNER(c, struct kube_look, call);
    struct kube_watch *w = look->watch;
    struct kube_subscription *s = look->subscription;
    if (s) {
        s->look = NULL;
        look_take(w, s, c, e);
    }
    w->looks--;
    free(look);
    if (w->closing)
        watch_check_closed(w);
    else
        pump(w);
}

static char *look_path(const struct kube_watch *w, const struct kube_subscription *s)
{
    struct text path = { 0 };
    text_add(&path, w->path);
    text_add(&path, s->owner ? "?limit=500&labelSelector=" : "/");
    text_add_url(&path, s->owner ? s->selector : s->key);
    return text_take(&path);
}

static void look(struct kube_watch *w, struct kube_subscription *s)
{
    struct kube_look *l = NEW(struct kube_look);
    AUTO_FREE char *path = look_path(w, s);
    struct err e = { 0 };
    l->watch = w;
    l->call = (struct kube_call){ .path = path, .done = look_done };
    s->seen = false;
    if (!kube_call_start(&l->call, w->kube, &e)) {
        free(l);
        look_again(w, s);
        timer_set(&w->pause, kube_loop(w->kube), 2 * CLOCK_SECOND, pause_over);
        return;
    }
    l->subscription = s;
    s->look = l;
    w->looks++;
}

static void pump(struct kube_watch *w)
{
    while (!w->closing && w->looks < LOOKS_AT_ONCE && !timer_is_set(&w->pause) && !list_empty(&w->looking)) {
        struct kube_subscription *s = OWNER(list_first(&w->looking), struct kube_subscription, waiting);
        if (!w->version && !w->in_trouble) /* the list will say from where; then all look */
            return;
        list_remove(&s->waiting);
        look(w, s);
    }
}

/* ---- the stream */

static void begin(struct kube_watch *w);

static void retry_over(struct timer *t)
{
    struct kube_watch *w = OWNER(t, struct kube_watch, retry);
    if (!w->closing)
        begin(w);
}

static void failed(struct kube_watch *w, const struct err *e)
{
    int64_t wait = CLOCK_SECOND << (w->failures > 5 ? 5 : w->failures);
    bool forbidden = e->kind == ERR_FORBIDDEN || e->kind == ERR_UNAUTHORIZED || e->kind == ERR_METHOD;
    w->failures++;
    if (wait > BACKOFF_MOST)
        wait = BACKOFF_MOST;
    tell_trouble(w, e);
    if (w->closing)
        return;
    timer_set(&w->retry, kube_loop(w->kube), forbidden ? POLL : wait, retry_over);
    if (forbidden)
        look_at_all(w);
}

static void set_version(struct kube_watch *w, const char *version)
{
    if (!*version || text_is(version, "0"))
        return;
    free(w->version);
    w->version = mem_text(version);
}

static void begin_anew(struct kube_watch *w)
{
    free(TAKE(w->version));
    w->begin_anew = true;
}

/* One event of the stream. False: the stream is of no use any more. */
static bool take_event(struct kube_watch *w, const char *bytes, size_t size)
{
    AUTO_JSON *event = NULL;
    struct err e = { 0 };
    if (!json_read(bytes, size, &event, &e)) {
        begin_anew(w);
        return false;
    }
    const char *type = json_text_at(event, "type", "");
    const json_t *object = json_object_get(event, "object");
    if (text_is(type, "ERROR")) { /* mostly 410: what we resumed from is compacted away */
        begin_anew(w);
        return false;
    }
    set_version(w, json_text_at(object, "metadata.resourceVersion", ""));
    w->failures = 0;
    tell_trouble(w, NULL);
    if (!text_is(type, "BOOKMARK")) {
        bool removed = text_is(type, "DELETED");
        char owner[600];
        tell(w, json_text_at(object, "metadata.name", ""), object, removed);
        if (kube_pod_owner(object, owner, sizeof owner))
            tell(w, owner, object, removed);
    }
    return true;
}

static bool stream_data(struct http_call *c, const char *bytes, size_t size)
{
    struct kube_watch *w = OWNER(c, struct kube_watch, stream);
    const char *end;
    if (w->line.length + size > LINE_LIMIT) {
        begin_anew(w);
        return false;
    }
    if (c->status != 200) { /* the body of a refusal, read in stream_done */
        text_add_n(&w->line, bytes, size);
        return w->line.length < 65536;
    }
    while (!w->closing && (end = memchr(bytes, '\n', size))) {
        size_t n = (size_t)(end - bytes) + 1;
        text_add_n(&w->line, bytes, n);
        bytes += n;
        size -= n;
        size_t length = w->line.length;
        AUTO_FREE char *line = text_take(&w->line);
        if (length > 1 && !take_event(w, line, length))
            return false;
    }
    text_add_n(&w->line, bytes, size);
    return !w->closing;
}

/* What a stream's end means. False with e: wait before the next one. */
static bool stream_ended_well(struct kube_watch *w, const struct http_call *c, const struct err *why, struct err *e)
{
    AUTO_JSON *answer = NULL;
    struct err ignored = { 0 };
    bool lived = clock_mono() - w->opened > QUICK;
    if (c->status && c->status != 200) {
        if (!json_read(text_of(&w->line), w->line.length, &answer, &ignored))
            answer = NULL;
        if (c->status == 410)
            begin_anew(w);
        return (c->status == 410 && w->failures++ == 0) || kube_refused(c->status, answer, e);
    }
    bool silent = why && why->kind == ERR_TIMEOUT && clock_mono() - w->opened >= SILENCE;
    if (why && !silent && !w->begin_anew)
        return err_set(e, why->kind, "%s", why->text);
    return lived || err_set(e, ERR_UNAVAILABLE, "the cluster cut the watch off at once");
}

static void stream_done(struct http_call *c, const struct err *why)
{
    struct kube_watch *w = OWNER(c, struct kube_watch, stream);
    struct err e = { 0 };
    w->streaming = false;
    if (w->closing) {
        watch_check_closed(w);
        return;
    }
    bool well = stream_ended_well(w, c, why, &e);
    text_fini(&w->line);
    w->line = (struct text){ 0 };
    w->begin_anew = false;
    if (well)
        begin(w);
    else
        failed(w, &e);
}

static void open_stream(struct kube_watch *w)
{
    struct kube *k = w->kube;
    AUTO_TEXT url = { 0 };
    struct http_headers headers = { 0 };
    struct err e = { 0 };
    text_addf(&url, "%s%s?watch=true&allowWatchBookmarks=true&timeoutSeconds=%d&resourceVersion=", k->target->server, w->path, STREAM_SECONDS);
    text_add_url(&url, w->version);
    kube_headers(k, &headers, "application/json");
    w->stream = (struct http_call){ .url = text_of(&url), .headers = headers, .trust = &k->trust, .proxy = k->target->proxy, .via = k->target->via,
                                    .timeout_micros = SILENCE, .on_data = stream_data, .done = stream_done };
    w->opened = clock_mono();
    w->streaming = http_call_start(&w->stream, k->clusters->client, &e);
    http_headers_fini(&headers);
    if (!w->streaming)
        failed(w, &e);
}

static void listed(struct kube_call *c, const struct err *why)
{
    struct kube_watch *w = OWNER(c, struct kube_watch, list);
    struct err e = why ? *why : (struct err){ 0 };
    if (w->closing) {
        watch_check_closed(w);
        return;
    }
    const char *version = why ? "" : json_text_at(c->answer, "metadata.resourceVersion", "");
    if (!why && !*version)
        err_set(&e, ERR_UPSTREAM, "the cluster's list has no resourceVersion");
    if (e.kind != ERR_NONE) {
        failed(w, &e);
        return;
    }
    set_version(w, version);
    tell_trouble(w, NULL);
    open_stream(w);
    look_at_all(w);
}

/* From where we were, or from a list's version when that is not known. Of the list only the version is wanted. */
static void begin(struct kube_watch *w)
{
    AUTO_FREE char *path = mem_format("%s?limit=1", w->path);
    struct err e = { 0 };
    if (w->version) {
        open_stream(w);
        return;
    }
    w->list = (struct kube_call){ .path = path, .done = listed };
    if (!kube_call_start(&w->list, w->kube, &e))
        failed(w, &e);
}

/* ---- subscribers */

static void begin_soon(struct timer *t)
{
    begin(OWNER(t, struct kube_watch, retry));
}

static struct kube_watch *watch_of(struct kube *k, const struct kube_resource *r, const char *namespace_)
{
    AUTO_FREE char *path = kube_path(r, namespace_, NULL);
    struct kube_watch *w = map_get(k->watches, path);
    if (w)
        return w;
    w = NEW(struct kube_watch);
    w->kube = k;
    w->path = TAKE(path);
    w->by_key = map_create();
    list_init(&w->subscribers);
    list_init(&w->looking);
    map_put(k->watches, w->path, w);
    k->in_flight++;
    timer_set(&w->retry, kube_loop(k), 0, begin_soon);
    return w;
}

void kube_subscribe(struct kube_subscription *s, struct kube *k, const struct kube_resource *resource, const char *namespace_)
{
    struct kube_watch *w = watch_of(k, resource, namespace_);
    timer_clear(&w->linger);
    s->watch = w;
    s->key = mem_text(s->owner ? s->owner : s->name);
    s->selector = mem_text(s->selector);
    s->name = s->owner ? NULL : s->key;
    s->owner = s->owner ? s->key : NULL;
    s->same = map_get(w->by_key, s->key);
    map_put(w->by_key, s->key, s);
    list_append(&w->subscribers, &s->link);
    if (s->name || !text_empty(s->selector))
        look_again(w, s);
    if (w->version && !timer_is_set(&w->pause) && w->looks < LOOKS_AT_ONCE)
        pump(w);
}

static void leave_chain(struct kube_watch *w, struct kube_subscription *s)
{
    struct kube_subscription *first = map_get(w->by_key, s->key);
    if (first == s && s->same) {
        map_put(w->by_key, s->key, s->same);
    } else if (first == s) {
        map_remove(w->by_key, s->key);
    } else {
        while (first->same != s)
            first = first->same;
        first->same = s->same;
    }
}

void kube_unsubscribe(struct kube_subscription *s)
{
    struct kube_watch *w = s->watch;
    if (!w)
        return;
    s->watch = NULL;
    leave_chain(w, s);
    list_remove(&s->link);
    list_remove(&s->waiting);
    if (s->look) {
        s->look->subscription = NULL;
        kube_call_cancel(&s->look->call);
        s->look = NULL;
    }
    free(s->key);
    free((char *)s->selector);
    s->key = NULL;
    s->selector = s->name = s->owner = NULL;
    if (list_empty(&w->subscribers))
        timer_set(&w->linger, kube_loop(w->kube), w->kube->clusters->on_closed ? 0 : KUBE_WATCH_LINGER, linger_over);
}

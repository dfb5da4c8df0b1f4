/* One look at one repository: a list, or a HEAD of each tag, one request after the other; what differs is stored and decided.
 * Loop, but for the jobs. */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "registry/client.h"
#include "runner/decide.h"
#include "runner/hub_work.h"
#include "runner/sweep_work.h"
#include "store/inbox.h"

#define TAGS_MOST 50000                 /* of one repository */
#define FAILED_FIRST CLOCK_MINUTE
#define FAILED_MOST CLOCK_HOUR

struct wanter { /* a webhook that watches: which tags */
    struct pattern *pattern; /* NULL: every tag */
    char *literal;           /* the only one; NULL: more than one */
};

struct look {
    struct link link;
    struct sweep *sweep;
    struct lane *lane;
    int64_t id, began, began_mono, requests, tags_seen;
    struct watch_row row;
    struct registry_target *target;
    struct wanter *wanters;
    size_t wanter_count;
    struct map *known;       /* tag to its digest, as stored; those that a list showed are taken out */
    struct registry_tags list;
    struct registry_head head;
    struct registry_tag *heads; /* tags that are still to be asked for one by one; digests unused */
    size_t head_count, head_at;
    struct registry_tag *finds; /* what differs from known and is not stored yet; digest "": the tag is gone */
    size_t find_count;
    bool by_list, heading, listing, complete, gone;
    int64_t found_push;      /* pushes among the finds */
    bool ready;              /* a webhook has its baseline: what differs may start something */
    bool rest_asked;         /* tags that the list did not show any more are asked for too */
    struct timer place;
    struct db_job job;
    struct wakes wakes;
    struct err problem;      /* kind ERR_NONE: none */
    int64_t patience;
    bool of_registry;        /* the problem: not of this repository alone */
};

/* ---- the end */

static void known_free(struct map **known)
{
    size_t at = 0;
    const char *tag;
    void *digest;
    while (*known && map_each(*known, &at, &tag, &digest))
        free(digest);
    map_destroy(known);
}

static void look_free(struct look *l)
{
    struct runner *r = l->sweep->runner;
    timer_clear(&l->place);
    for (size_t i = 0; i < l->wanter_count; i++) {
        pattern_destroy(&l->wanters[i].pattern);
        free(l->wanters[i].literal);
    }
    free(l->wanters);
    known_free(&l->known);
    registry_tags_fini(&l->list);
    registry_tags_free(l->heads, l->head_count);
    registry_tags_free(l->finds, l->find_count);
    registry_target_destroy(&l->target);
    watch_row_fini(&l->row);
    wakes_fini(&l->wakes);
    list_remove(&l->link);
    l->lane->at_work--;
    free(l);
    runner_sweep_wake(r);
    runner_ended(r);
}

/* ---- storing: finds as they come, and how the look ended */

/* Those whose baseline is known now; one that was disabled since the look began is no longer among them. */
static bool ready_webhooks(struct db_tx *tx, int64_t watch_id, int64_t **ret, size_t *ret_count, struct err *e)
{
    struct watching *who = NULL;
    size_t count = 0, ready = 0;
    if (!watchings(tx, watch_id, &who, &count, e))
        return false;
    *ret = mem_alloc((count + 1) * sizeof **ret);
    for (size_t i = 0; i < count; i++)
        if (who[i].baseline_at)
            (*ret)[ready++] = who[i].webhook_id;
    watching_free(who, count);
    *ret_count = ready;
    return true;
}

static bool store_find(struct look *l, struct db_tx *tx, const struct registry_tag *find, struct watch_find *found, struct err *e)
{
    AUTO_FREE char *before = NULL;
    int64_t seen_at = 0;
    bool push = false;
    if (!watched_tag(tx, l->id, find->name, &before, &seen_at, e))
        return false;
    if (!*find->digest)
        return !before || watched_tag_delete(tx, l->id, find->name, e);
    if (text_is(before, find->digest))
        return true;
    found->tag = find->name;
    found->digest = find->digest;
    found->since = seen_at > l->row.checked_at ? seen_at : l->row.checked_at;
    if (!watched_tag_put(tx, l->id, find->name, find->digest, clock_now(), e) ||
        !decide_found(l->sweep->runner, tx, &l->row, found, &l->wakes, &push, e))
        return false;
    l->found_push += push;
    return true;
}

/* A delivery that never came may have lost its hook: somebody deleted it at Docker Hub. It is looked for there, and made again. */
static bool look_at_hooks(struct look *l, struct db_tx *tx, const struct watch_find *found, struct err *e)
{
    int64_t row = 0;
    for (size_t i = 0; i < found->webhook_count; i++)
        if (!runner_hub_want(l->sweep->runner, tx, found->webhooks[i], HUB_AGAIN, &row, e))
            return false;
    return true;
}

static bool store_finds(struct look *l, struct db_tx *tx, struct err *e)
{
    AUTO_FREE int64_t *ready = NULL;
    struct watch_find found = { 0 };
    if (!l->find_count)
        return true;
    if (!ready_webhooks(tx, l->id, &ready, &found.webhook_count, e))
        return false;
    found.webhooks = ready;
    for (size_t i = 0; i < l->find_count; i++)
        if (!store_find(l, tx, &l->finds[i], &found, e))
            return err_wrap(e, "tag %s of %s", l->finds[i].name, l->row.repository);
    return !l->found_push || look_at_hooks(l, tx, &found, e);
}

/* What people see of a registry that does not answer, and that it does again. */
static bool store_registry(struct look *l, struct db_tx *tx, struct err *e)
{
    AUTO_FREE char *before = NULL;
    int64_t requests = 0;
    const char *now = l->problem.kind && l->of_registry ? l->problem.text : "";
    if (l->problem.kind && !l->of_registry)
        return true;
    return swept_registry(tx, l->row.registry, &requests, &before, e) &&
           (text_is(before, now) || swept_registry_tell(tx, l->row.registry, now, clock_now(), e));
}

static int64_t retry_at(const struct look *l)
{
    int64_t wait = FAILED_FIRST;
    for (int64_t i = 0; i < l->row.failures && wait < FAILED_MOST; i++)
        wait *= 2;
    return clock_now() + (wait > FAILED_MOST ? FAILED_MOST : wait);
}

static bool store_end(struct look *l, struct db_tx *tx, struct err *e)
{
    int64_t period = l->sweep->runner->config.sweep_seconds * CLOCK_SECOND, now = clock_now(), next = l->began + period;
    struct watch_look look = { .began = l->began, .next_at = next > now ? next : now, .requests = l->requests,
                               .took = clock_mono() - l->began_mono, .tags = l->tags_seen };
    if (l->problem.kind && l->of_registry) /* the lane waits; this one is the first when it opens */
        return store_registry(l, tx, e) && watch_failed(tx, l->id, l->problem.text, now, e);
    if (l->problem.kind)
        return watch_failed(tx, l->id, l->problem.text, retry_at(l), e);
    return store_registry(l, tx, e) && watch_done(tx, &l->row, &look, e);
}

/* The watch may have been left, or moved, since the look began: then what it saw is nobody's. */
static bool still_there(struct look *l, struct db_tx *tx, bool *ret, struct err *e)
{
    struct watch_row now = { 0 };
    if (!watch_get(tx, l->id, &now, ret, e))
        return false;
    *ret = *ret && text_is(now.registry, l->row.registry);
    watch_row_fini(&now);
    return true;
}

static bool store_work(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct look *l = OWNER(job, struct look, job);
    bool there = false;
    if (!still_there(l, tx, &there, e))
        return false;
    l->gone = !there;
    return !there || (store_finds(l, tx, e) && (!(l->complete || l->problem.kind) || store_end(l, tx, e)));
}

static void next(struct look *l);

static void look_ended(struct look *l)
{
    struct sweep *s = l->sweep;
    s->stats.looks++;
    s->stats.failures += l->problem.kind != ERR_NONE;
    if (!l->problem.kind || !l->of_registry)
        lane_worked(s, l->lane);
    if (l->problem.kind && !l->of_registry && !l->row.failures)
        log_warn("sweep", "%s at %s cannot be looked at: %s", l->row.repository, l->row.registry, l->problem.text);
    look_free(l);
}

static void store_done(struct db_job *job, const struct err *e)
{
    struct look *l = OWNER(job, struct look, job);
    struct runner *r = l->sweep->runner;
    if (e) { /* the next look finds it again */
        log_error("sweep", "what %s showed of %s could not be stored, looking again: %s", l->row.registry, l->row.repository, e->text);
        lane_failed(l->sweep, l->lane, e->text, 0);
        look_free(l);
        return;
    }
    wakes_act(r, &l->wakes);
    l->sweep->stats.pushes += l->found_push;
    if (l->found_push)
        runner_hub_wake(r);
    l->found_push = 0;
    wakes_fini(&l->wakes);
    registry_tags_free(TAKE(l->finds), l->find_count);
    l->find_count = 0;
    if (l->complete || l->problem.kind || l->gone || r->draining)
        look_ended(l);
    else
        next(l);
}

static void store(struct look *l)
{
    l->job = (struct db_job){ .work = store_work, .done = store_done };
    db_write(l->sweep->runner->config.db, &l->job);
}

static void fail(struct look *l, const struct err *e, int64_t patience)
{
    l->problem = *e;
    l->of_registry = e->kind != ERR_NOT_FOUND && e->kind != ERR_UNAUTHORIZED && e->kind != ERR_FORBIDDEN && e->kind != ERR_INVALID;
    if (l->of_registry)
        lane_failed(l->sweep, l->lane, e->text, patience);
    store(l);
}

/* ---- what a request showed */

static bool wanted(const struct look *l, const char *tag)
{
    for (size_t i = 0; i < l->wanter_count; i++) {
        const struct wanter *w = &l->wanters[i];
        if (w->literal ? text_is(w->literal, tag) : !w->pattern || pattern_matches(w->pattern, tag, NULL))
            return true;
    }
    return false;
}

static void add(struct registry_tag **tags, size_t *count, const char *name, const char *digest)
{
    if ((*count & (*count - 1)) == 0)
        *tags = mem_resize(*tags, (*count ? *count * 2 : 1) * sizeof **tags);
    (*tags)[(*count)++] = (struct registry_tag){ mem_text(name), mem_text(digest) };
}

static void saw(struct look *l, const char *tag, const char *digest)
{
    AUTO_FREE char *before = map_remove(l->known, tag);
    l->tags_seen += *digest != 0;
    if (*digest ? !text_is(before, digest) : before != NULL)
        add(&l->finds, &l->find_count, tag, digest);
}

static void headed(struct registry_head *head, const struct err *e)
{
    struct look *l = OWNER(head, struct look, head);
    struct err problem = { 0 };
    const char *tag = l->heads[l->head_at].name;
    l->heading = false;
    if (e || l->sweep->runner->draining) {
        look_free(l);
        return;
    }
    if (head->outcome == REGISTRY_FOUND || head->outcome == REGISTRY_MISSING) {
        saw(l, tag, head->outcome == REGISTRY_FOUND ? head->digest : "");
        l->head_at++;
        next(l);
        return;
    }
    err_set(&problem, head->outcome == REGISTRY_REFUSED ? ERR_UNAUTHORIZED : ERR_UNAVAILABLE, "%s", head->text);
    fail(l, &problem, head->retry_after_micros);
}

/* A list may be older than what a delivery told, so a difference that could start something is the registry's own to confirm. */
static void list_showed(struct look *l, const struct registry_tag *tag)
{
    bool same = *tag->digest && text_is(map_get(l->known, tag->name), tag->digest);
    if (same || (*tag->digest && !l->ready))
        saw(l, tag->name, tag->digest);
    else
        add(&l->heads, &l->head_count, tag->name, "");
}

static void listed(struct registry_tags *list, const struct err *e)
{
    struct look *l = OWNER(list, struct look, list);
    struct err problem = { 0 };
    l->listing = false;
    if (l->sweep->runner->draining || (e && e->kind == ERR_CANCELED)) {
        look_free(l);
        return;
    }
    if (e) {
        fail(l, e, list->retry_after_micros);
        return;
    }
    for (size_t i = 0; i < list->count; i++)
        if (wanted(l, list->tags[i].name))
            list_showed(l, &list->tags[i]);
    if (l->tags_seen + (int64_t)l->head_count > TAGS_MOST)
        err_set(&problem, ERR_INVALID, "it has more than %d tags that webhooks want: a narrower tagNamePattern helps", TAGS_MOST);
    if (problem.kind)
        fail(l, &problem, 0);
    else
        next(l);
}

/* ---- the requests */

static void ask_list(struct look *l, struct err *e)
{
    l->list.target = l->target;
    l->list.repository = l->row.repository;
    l->list.done = listed;
    l->listing = registry_tags_start(&l->list, l->sweep->runner->config.http, e);
}

static void ask_head(struct look *l, struct err *e)
{
    l->head = (struct registry_head){ .target = l->target, .repository = l->row.repository, .tag = l->heads[l->head_at].name, .done = headed };
    l->heading = registry_head_start(&l->head, l->sweep->runner->config.http, e);
}

static bool list_goes_on(const struct look *l)
{
    return l->by_list && (!l->list.done || l->list.more);
}

static void place_came(struct timer *t)
{
    struct look *l = OWNER(t, struct look, place);
    struct err e = { 0 };
    l->requests++;
    if (list_goes_on(l))
        ask_list(l, &e);
    else
        ask_head(l, &e);
    if (e.kind)
        fail(l, &e, 0);
}

/* What the list showed no more may be gone, or slipped from one page to another meanwhile: the registry is asked. What nobody wants
 * any more is forgotten. */
static void ask_rest(struct look *l)
{
    size_t at = 0;
    const char *tag;
    void *digest;
    l->rest_asked = true;
    while (map_each(l->known, &at, &tag, &digest))
        if (wanted(l, tag))
            add(&l->heads, &l->head_count, tag, "");
        else
            add(&l->finds, &l->find_count, tag, "");
}

static void next(struct look *l)
{
    bool asks = list_goes_on(l) || l->head_at < l->head_count;
    if (!asks && !l->rest_asked) {
        ask_rest(l);
        asks = l->head_at < l->head_count;
    }
    l->complete = !asks;
    if (l->find_count || l->complete)
        store(l); /* comes back here, unless this was the end */
    else
        timer_set(&l->place, l->sweep->runner->config.loop, lane_place(l->sweep, l->lane) + 1, place_came);
}

/* ---- the beginning */

static void add_known(void *context, const char *tag, const char *digest)
{
    struct look *l = context;
    free(map_put(l->known, tag, mem_text(digest)));
}

static void add_wanter(struct look *l, const struct watching *w)
{
    struct wanter *one = &l->wanters[l->wanter_count];
    struct err ignored = { 0 };
    *one = (struct wanter){ 0 };
    if (!text_empty(w->tag_pattern) && !trigger_pattern_literal(w->tag_pattern, &one->literal)) {
        one->literal = NULL;
        if (!pattern_create(w->tag_pattern, &one->pattern, &ignored)) /* it takes no push at all */
            return;
    }
    l->wanter_count++;
}

static bool load_work(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct look *l = OWNER(job, struct look, job);
    struct watching *who = NULL;
    size_t count = 0;
    bool found = false;
    if (!watch_get(tx, l->id, &l->row, &found, e) || !watchings(tx, l->id, &who, &count, e))
        return false;
    l->gone = !found || !count;
    l->wanters = mem_alloc((count + 1) * sizeof *l->wanters);
    for (size_t i = 0; i < count; i++) {
        add_wanter(l, &who[i]);
        l->ready |= who[i].baseline_at != 0;
    }
    watching_free(who, count);
    if (!l->gone)
        hub_target_read(l->sweep->runner, tx, l->row.endpoint_id, &l->target, &l->problem);
    return watched_tags(tx, l->id, add_known, l, e);
}

static bool same_name(const struct look *l, const char *tag)
{
    for (size_t i = 0; i < l->head_count; i++)
        if (text_is(l->heads[i].name, tag))
            return true;
    return false;
}

/* One HEAD of each tag, where all are known by name and they are fewer than the pages of a list that tells digests. */
static void plan(struct look *l)
{
    bool tells = registry_tags_tell_digests(l->target);
    size_t pages = map_count(l->known) / 100 + 1;
    for (size_t i = 0; i < l->wanter_count; i++) {
        if (!l->wanters[i].literal)
            l->by_list = true;
        else if (!same_name(l, l->wanters[i].literal))
            add(&l->heads, &l->head_count, l->wanters[i].literal, "");
    }
    if (tells && l->head_count > pages)
        l->by_list = true;
    if (!l->by_list)
        return;
    registry_tags_free(TAKE(l->heads), l->head_count); /* the list shows them */
    l->head_count = 0;
}

static void load_done(struct db_job *job, const struct err *e)
{
    struct look *l = OWNER(job, struct look, job);
    if (e) {
        log_error("sweep", "what is to be looked at could not be read: %s", e->text);
        lane_failed(l->sweep, l->lane, e->text, 0);
    }
    if (e || l->gone || l->sweep->runner->draining) {
        look_free(l);
    } else if (l->problem.kind) {
        struct err problem = l->problem;
        problem.kind = ERR_INVALID; /* of the endpoint, whatever it was */
        fail(l, &problem, 0);
    } else {
        plan(l);
        next(l);
    }
}

void look_start(struct sweep *s, struct lane *lane, int64_t watch_id)
{
    struct look *l = NEW(struct look);
    l->sweep = s;
    l->lane = lane;
    l->id = watch_id;
    l->began = clock_now();
    l->began_mono = clock_mono();
    l->known = map_create();
    l->job = (struct db_job){ .work = load_work, .done = load_done };
    lane->at_work++;
    list_append(&s->looks, &l->link);
    runner_began(s->runner);
    db_read(s->runner->config.db, &l->job);
}

bool look_under_way(const struct sweep *s, int64_t watch_id)
{
    LIST_EACH(&((struct sweep *)s)->looks, i)
        if (OWNER(i, struct look, link)->id == watch_id)
            return true;
    return false;
}

void look_cancel_all(struct sweep *s)
{
    LIST_EACH(&s->looks, i) {
        struct look *l = OWNER(i, struct look, link);
        if (l->heading)
            registry_head_cancel(&l->head);
        else if (l->listing)
            registry_tags_cancel(&l->list);
        else if (timer_is_set(&l->place))
            look_free(l);
    }
}

#include "kube/rollout.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "kube/manifest.h"

#define STUCK_FOR (10 * CLOCK_SECOND)        /* so long must a pod stay stuck before it ends the rollout */
#define EXPLAIN_EVERY (5 * CLOCK_SECOND)
#define BELIEVE_AFTER (3 * CLOCK_SECOND)
#define EXPLAIN_AT_END (15 * CLOCK_SECOND)   /* then it ends without an explanation */

enum ending { GOING, READY, FAILED, LATE, DELETED, CANCELED };

struct kube_rollout_private {
    struct kube_rollout *r;
    struct kube *kube;
    json_t *ident; /* apiVersion, kind, metadata.name, namespace, uid: what explain needs, and little more */
    char *namespace_, *owner, *selector;
    struct kube_find find;
    struct kube_subscription own, pods;
    struct kube_explain explain;
    const struct kube_resource *resource;
    struct timer late, again, doubt; /* the deadline; the next explanation, or the end; a verdict too early to believe */
    struct kube_verdict verdict;
    struct err why;           /* of an ending that is no verdict's */
    char *trouble, *hint, *told;
    int64_t began, explained, stuck_since;
    enum ending ending;
    bool finding, explaining;
    json_t *answer;
    struct kube_explanation *explanation;
};

/* ---- the end */

static void add_why(struct kube_rollout_private *p, struct text *out)
{
    AUTO_FREE char *explained = p->explanation ? kube_explanation_text(p->explanation, false) : NULL;
    const char *why = explained ? explained : p->trouble;
    if (why)
        text_addf(out, "; %s", why);
}

/* True: it is ready. Otherwise e is the sentence of its end. */
static bool words(struct kube_rollout_private *p, struct err *e)
{
    static const struct { enum err_kind kind; const char *begins; } ENDINGS[] = {
        [FAILED] = { ERR_INVALID, "" },
        [LATE] = { ERR_TIMEOUT, "the time is over: " },
        [CANCELED] = { ERR_CANCELED, "canceled: " },
    };
    char name[KUBE_NAME_TEXT];
    AUTO_TEXT text = { 0 };
    if (p->ending == READY)
        return true;
    *e = p->why;
    if (e->kind == ERR_NONE) {
        text_addf(&text, "%s%s", ENDINGS[p->ending].begins, p->verdict.text);
        add_why(p, &text);
        err_set(e, ENDINGS[p->ending].kind, "%s", text_of(&text));
    }
    return err_wrap(e, "%s", kube_object_name(p->ident, name));
}

static void finish(struct kube_rollout_private *p)
{
    struct kube_rollout *r = p->r;
    struct kube *k = p->kube;
    json_t *answer = p->answer;
    struct err e = { 0 };
    bool ok = words(p, &e);
    timer_clear(&p->late);
    timer_clear(&p->again);
    r->answer = answer;
    r->explanation = p->explanation;
    r->private = NULL;
    json_decref(p->ident);
    char *const texts[] = { p->namespace_, p->owner, p->selector, p->trouble, p->hint, p->told };
    for (size_t i = 0; i < ALEN(texts); i++)
        free(texts[i]);
    free(p);
    r->done(r, ok ? NULL : &e);
    json_decref(answer);
    kube_release(&k);
}

static void finish_soon(struct timer *t)
{
    finish(OWNER(t, struct kube_rollout_private, again));
}

static bool explain(struct kube_rollout_private *p);

static void give_up_explaining(struct timer *t)
{
    kube_explain_cancel(&OWNER(t, struct kube_rollout_private, late)->explain);
}

/* Whatever is in flight is waited for; a failure is explained first. */
static void end(struct kube_rollout_private *p, enum ending ending)
{
    struct loop *loop = kube_loop(p->kube);
    bool wants_why = (ending == FAILED || ending == LATE) && p->why.kind == ERR_NONE;
    if (p->ending != GOING)
        return;
    p->ending = ending;
    kube_unsubscribe(&p->own);
    kube_unsubscribe(&p->pods);
    timer_clear(&p->late);
    timer_clear(&p->again);
    timer_clear(&p->doubt);
    if (p->finding) {
        kube_find_cancel(&p->find);
    } else if (p->explaining && !wants_why) {
        kube_explain_cancel(&p->explain);
    } else if (wants_why && (p->explaining || explain(p))) {
        timer_set(&p->late, loop, EXPLAIN_AT_END, give_up_explaining);
    } else {
        timer_set(&p->again, loop, 0, finish_soon);
    }
}

static void end_with(struct kube_rollout_private *p, enum ending ending, const struct err *e)
{
    if (p->ending == GOING)
        p->why = *e;
    end(p, ending);
}

static void deadline_passed(struct timer *t)
{
    end(OWNER(t, struct kube_rollout_private, late), LATE);
}

/* After an explanation there is nothing left in flight. */
static void finish_early(struct kube_rollout_private *p)
{
    if (p->ending == GOING)
        p->ending = FAILED;
    kube_unsubscribe(&p->own);
    kube_unsubscribe(&p->pods);
    timer_clear(&p->doubt);
    finish(p);
}

/* ---- telling how it goes */

static void tell(struct kube_rollout_private *p)
{
    const char *more = p->trouble ? p->trouble : p->hint;
    char name[KUBE_NAME_TEXT];
    if (p->ending != GOING || !p->r->progress)
        return;
    AUTO_FREE char *text = mem_format("%s: %s%s%s", kube_object_name(p->ident, name), p->verdict.text, more ? "; " : "", more ? more : "");
    if (text_is(text, p->told))
        return;
    free(p->told);
    p->told = mem_text(text);
    p->r->progress(p->r, text);
}

static void put(char **at, char *text)
{
    free(*at);
    *at = text;
}

/* ---- why it takes so long */

static void explain_again(struct timer *t)
{
    struct kube_rollout_private *p = OWNER(t, struct kube_rollout_private, again);
    if (!p->explaining)
        explain(p);
}

static void plan_explain(struct kube_rollout_private *p, int64_t micros)
{
    if (p->ending == GOING && !p->explaining && !timer_is_set(&p->again))
        timer_set(&p->again, kube_loop(p->kube), micros, explain_again);
}

/* Stuck for long enough, and nobody asked to wait all the same? */
static bool stuck_enough(struct kube_rollout_private *p, const struct kube_explanation *x)
{
    int64_t now = clock_mono();
    if (!x || !x->stuck) {
        p->stuck_since = 0;
        return false;
    }
    if (!p->stuck_since)
        p->stuck_since = now;
    int64_t due = p->stuck_since + STUCK_FOR - now;
    if (due <= 0 && !p->r->fail_slow)
        return true;
    plan_explain(p, due > 0 ? due : STUCK_FOR);
    return false;
}

static void explained(struct kube_explain *op, const struct err *e)
{
    struct kube_rollout_private *p = OWNER(op, struct kube_rollout_private, explain);
    struct kube_explanation *x = e ? NULL : op->explanation;
    p->explaining = false;
    p->explained = clock_mono();
    if (p->ending == GOING) {
        put(&p->hint, x ? kube_explanation_text(x, false) : NULL);
        tell(p);
    }
    bool over = p->ending != GOING || stuck_enough(p, x);
    if (over && p->ending != READY) {
        p->explanation = TAKE(x);
        json_decref(p->answer);
        p->answer = json_incref(op->answer);
    }
    kube_explanation_destroy(&x);
    if (over)
        finish_early(p);
}

static bool explain(struct kube_rollout_private *p)
{
    struct err e = { 0 };
    p->explain = (struct kube_explain){ .object = p->ident, .done = explained };
    p->explaining = kube_explain_start(&p->explain, p->kube, &e);
    return p->explaining;
}

/* A pod in a state that says something, be it of an old revision: explain looks at the newest only. */
static bool telling(const json_t *pod)
{
    static const char *const EVERYDAY[] = { "ContainerCreating", "PodInitializing", "NotReady" };
    AUTO_JSON *list = json_pack("[O]", pod);
    AUTO(kube_explanation) x = kube_explain_pods(list);
    for (size_t i = 0; x && i < ALEN(EVERYDAY); i++)
        if (text_is(x->reason, EVERYDAY[i]))
            return false;
    return x != NULL;
}

static void hint_from(struct kube_rollout_private *p, const json_t *pod)
{
    int64_t since = clock_mono() - p->explained;
    if (telling(pod))
        plan_explain(p, p->explained && since < EXPLAIN_EVERY ? EXPLAIN_EVERY - since : 0);
}

static void pod_changed(struct kube_subscription *s, const json_t *pod, bool removed)
{
    struct kube_rollout_private *p = OWNER(s, struct kube_rollout_private, pods);
    if (pod && p->r->pod)
        p->r->pod(p->r, json_text_at(pod, "metadata.name", ""), removed ? NULL : kube_pod_brief(pod));
    if (pod && !removed)
        hint_from(p, pod);
}

/* ---- the object itself */

static void own_changed(struct kube_subscription *s, const json_t *object, bool removed);
static void in_trouble(struct kube_subscription *s, const struct err *e);

static void watch_own(struct kube_rollout_private *p)
{
    p->own = (struct kube_subscription){ .name = json_text_at(p->ident, "metadata.name", ""), .changed = own_changed, .trouble = in_trouble };
    kube_subscribe(&p->own, p->kube, p->resource, p->namespace_);
}

static void look_once_more(struct timer *t)
{
    struct kube_rollout_private *p = OWNER(t, struct kube_rollout_private, doubt);
    kube_unsubscribe(&p->own);
    watch_own(p);
}

/* A controller that just took note of a change may still show the failure of before: such a verdict is asked for again. */
static bool too_early(struct kube_rollout_private *p)
{
    int64_t since = clock_mono() - p->began;
    if (p->verdict.state != KUBE_FAILED || since >= BELIEVE_AFTER)
        return false;
    timer_set(&p->doubt, kube_loop(p->kube), BELIEVE_AFTER - since, look_once_more);
    return true;
}

static void own_changed(struct kube_subscription *s, const json_t *object, bool removed)
{
    struct kube_rollout_private *p = OWNER(s, struct kube_rollout_private, own);
    const char *uid = json_text_at(p->ident, "metadata.uid", NULL);
    struct err e = { 0 };
    if (!object || removed || (uid && !text_is(uid, json_text_at(object, "metadata.uid", NULL)))) {
        err_set(&e, ERR_NOT_FOUND, "somebody deleted it meanwhile");
        end_with(p, DELETED, &e);
        return;
    }
    kube_judge(object, &p->verdict);
    timer_clear(&p->doubt);
    if (too_early(p))
        return;
    tell(p);
    if (p->ending == GOING && text_is(json_text_at(object, "kind", NULL), "Pod"))
        hint_from(p, object);
    if (p->ending != GOING || p->verdict.state == KUBE_WAITING)
        return;
    p->answer = json_incref((json_t *)object);
    end(p, p->verdict.state == KUBE_READY ? READY : FAILED);
}

static void in_trouble(struct kube_subscription *s, const struct err *e)
{
    struct kube_rollout_private *p = OWNER(s, struct kube_rollout_private, own);
    put(&p->trouble, e ? mem_text(e->text) : NULL);
    tell(p);
}

static void found_pods(struct kube_find *f, const struct err *e)
{
    struct kube_rollout_private *p = OWNER(f, struct kube_rollout_private, find);
    p->finding = false;
    if (p->ending != GOING) {
        finish(p);
        return;
    }
    if (e) /* no pods, no hints */
        return;
    p->pods = (struct kube_subscription){ .owner = p->owner, .selector = p->selector, .changed = pod_changed };
    kube_subscribe(&p->pods, p->kube, f->resource, p->namespace_);
}

static void found(struct kube_find *f, const struct err *e)
{
    struct kube_rollout_private *p = OWNER(f, struct kube_rollout_private, find);
    struct err ignored = { 0 };
    p->finding = false;
    if (p->ending != GOING) {
        finish(p);
        return;
    }
    if (e) {
        end_with(p, FAILED, e);
        return;
    }
    p->resource = f->resource;
    watch_own(p);
    if (p->owner) {
        p->find = (struct kube_find){ .done = found_pods };
        p->finding = kube_find_start(&p->find, p->kube, "v1", "Pod", &ignored);
    }
}

static bool has_pods(const char *kind)
{
    static const char *const KINDS[] = { "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job" };
    for (size_t i = 0; i < ALEN(KINDS); i++)
        if (text_is(kind, KINDS[i]))
            return true;
    return false;
}

static json_t *ident_of(const json_t *o)
{
    static const char *const PARTS[] = { "name", "namespace", "uid" };
    json_t *ident = json_pack("{s:s, s:s, s:{}}", "apiVersion", json_text_at(o, "apiVersion", ""), "kind", json_text_at(o, "kind", ""), "metadata");
    for (size_t i = 0; i < ALEN(PARTS); i++) {
        json_t *part = json_object_get(json_object_get(o, "metadata"), PARTS[i]);
        if (json_is_string(part))
            json_object_set_new(json_object_get(ident, "metadata"), PARTS[i], json_string(json_string_value(part)));
    }
    return ident;
}

static struct kube_rollout_private *create(struct kube_rollout *r, struct kube *k)
{
    const json_t *o = r->object;
    const char *space = json_text_at(o, "metadata.namespace", ""), *kind = json_text_at(o, "kind", "");
    struct kube_rollout_private *p = NEW(struct kube_rollout_private);
    p->r = r;
    p->kube = k;
    p->namespace_ = mem_text(*space ? space : kube_default_namespace(k));
    p->ident = ident_of(o);
    if (has_pods(kind)) {
        p->owner = mem_format("%s/%s", kind, json_text_at(o, "metadata.name", ""));
        p->selector = kube_selector(o);
    }
    p->find.done = found;
    p->began = clock_mono();
    r->answer = NULL;
    r->explanation = NULL;
    return p;
}

bool kube_rollout_start(struct kube_rollout *r, struct kube *k, struct err *e)
{
    int64_t left = r->deadline ? r->deadline - clock_mono() : 0;
    struct kube_rollout_private *p = create(r, k);
    kube_keep(k);
    r->private = p;
    kube_judge(r->object, &p->verdict);
    if (p->verdict.state == KUBE_READY) {
        p->answer = json_deep_copy(r->object);
        end(p, READY);
        return true;
    }
    p->finding = kube_find_start(&p->find, k, json_text_at(r->object, "apiVersion", ""), json_text_at(r->object, "kind", ""), e);
    if (!p->finding) {
        r->private = NULL;
        json_decref(p->ident);
        free(p->namespace_);
        free(p->owner);
        free(p->selector);
        free(p);
        kube_release(&k);
        return false;
    }
    if (r->deadline)
        timer_set(&p->late, kube_loop(k), left > 0 ? left : 0, deadline_passed);
    return true;
}

void kube_rollout_cancel(struct kube_rollout *r)
{
    if (r->private)
        end(r->private, CANCELED);
}

/* Waiting until what was applied runs; and, when it does not, saying why. */
#include <string.h>

#include "base/mem.h"
#include "tasks/k8s.h"

static void progress(struct kube_rollout *r, const char *text)
{
    struct k8s_item *item = OWNER(r, struct k8s_item, rollout);
    task_progress(item->k8s->job, "%s", text);
    k8s_say(item->k8s, "%s", text);
}

enum { PODS_SHOWN = 40 }; /* of one task: more are nobody's to read, and each is stored again when one of them changes */

/* The names of pods are told apart by more than one rollout's namespace, but a task's rollouts seldom share names: the last one counts. */
static void pod(struct kube_rollout *r, const char *name, json_t *brief)
{
    struct k8s *k = OWNER(r, struct k8s_item, rollout)->k8s;
    size_t i = 0;
    if (!k->pods)
        k->pods = json_array();
    while (i < json_array_size(k->pods) && !text_is(json_text_at(json_array_get(k->pods, i), "name", ""), name))
        i++;
    if (i == json_array_size(k->pods) && (!brief || i >= PODS_SHOWN)) {
        json_decref(brief);
        return;
    }
    if (!brief)
        json_array_remove(k->pods, i);
    else if (i < json_array_size(k->pods))
        json_array_set_new(k->pods, i, brief);
    else
        json_array_append_new(k->pods, brief);
    task_detail(k->job, json_pack("{s:o}", "pods", json_deep_copy(k->pods)));
}

static void take_explanation(struct k8s *k, struct kube_explanation *x)
{
    if (!x)
        return;
    AUTO_FREE char *text = kube_explanation_text(x, true);
    k8s_say(k, "%s", text);
    json_array_append_new(k->explanations, kube_explanation_json(x));
    kube_explanation_destroy(&x);
}

static void cancel_rest(struct k8s *k)
{
    for (size_t i = 0; i < k->count; i++)
        if (k->items[i].waiting)
            kube_rollout_cancel(&k->items[i].rollout);
}

/* Thousands may wait for hours, and a tree takes five times the text it was read from. */
static void put_away(struct k8s_item *item)
{
    item->put_away = json_write(item->answer);
    json_decref(TAKE(item->answer));
    json_decref(TAKE(item->before));
    item->place_away = item->place ? json_write(item->place) : NULL;
    json_decref(TAKE(item->place));
}

static void take_back(struct k8s_item *item, json_t *newer)
{
    struct err e = { 0 };
    AUTO_FREE char *text = TAKE(item->put_away), *place = TAKE(item->place_away);
    if (place)
        json_read(place, strlen(place), &item->place, &e);
    if (newer)
        item->answer = json_incref(newer);
    else
        json_read(text, strlen(text), &item->answer, &e); /* our own writing */
}

/* True when e is about this rollout, not about its being called off. */
static bool over(struct k8s_item *item, struct kube_rollout *r, const struct err *e)
{
    struct k8s *k = item->k8s;
    item->waiting = false;
    take_back(item, r->answer);
    take_explanation(k, r->explanation);
    if (e && e->kind != ERR_CANCELED) {
        k8s_fail(k, item, e);
        return true;
    }
    if (!e)
        k8s_stands(item, NULL);
    return false;
}

static void one_of_all(struct kube_rollout *r, const struct err *e)
{
    struct k8s_item *item = OWNER(r, struct k8s_item, rollout);
    struct k8s *k = item->k8s;
    if (over(item, r, e))
        cancel_rest(k);
    if (--k->rollouts == 0)
        k8s_end(k);
}

static void alone(struct kube_rollout *r, const struct err *e)
{
    struct k8s_item *item = OWNER(r, struct k8s_item, rollout);
    struct k8s *k = item->k8s;
    over(item, r, e);
    k->rollouts--;
    if (k->canceled)
        k8s_end(k);
    else
        k8s_next(k);
}

static bool start(struct k8s_item *item, void (*done)(struct kube_rollout *r, const struct err *e))
{
    struct k8s *k = item->k8s;
    struct err e = { 0 };
    item->rollout = (struct kube_rollout){ .object = item->answer, .deadline = k->deadline, .fail_slow = k->fail_slow, .progress = progress, .pod = pod, .done = done };
    item->waiting = kube_rollout_start(&item->rollout, k->kube, &e);
    if (item->waiting)
        put_away(item);
    else
        k8s_fail(k, item, &e);
    k->rollouts += item->waiting;
    return item->waiting;
}

void k8s_wait_one(struct k8s_item *item)
{
    if (!start(item, alone))
        k8s_next(item->k8s);
}

void k8s_wait_all(struct k8s *k)
{
    bool wanted = k->action->waits && !k->failures && !k->canceled && !k->retry;
    for (size_t i = 0; wanted && i < k->count; i++)
        if (k->items[i].answer && (k->items[i].state == K8S_DONE || k->items[i].state == K8S_UNCHANGED))
            wanted = start(&k->items[i], one_of_all);
    if (!wanted)
        cancel_rest(k);
    if (!k->rollouts)
        k8s_end(k);
}

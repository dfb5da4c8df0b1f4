/* What each action does with one object. Every step may be repeated after a crash. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "tasks/k8s.h"

#define RACES 5                 /* somebody else changed the object between our look and our apply: look again */
#define KIND_TRIES 15           /* a kind that its definition just brought: one second each */

void k8s_ask(struct k8s *k, enum kube_verb verb, void (*done)(struct kube_op *op, const struct err *e))
{
    struct k8s_item *item = &k->items[k->at];
    struct err e = { 0 };
    k->op = (struct kube_op){ .verb = verb, .object = item->object, .force = k->force, .done = done };
    if (verb == KUBE_LIST)
        k->op.label_selector = k->input.label;
    if (verb == KUBE_DELETE)
        k->op.timeout_micros = k->deadline - clock_mono() > CLOCK_SECOND ? k->deadline - clock_mono() : CLOCK_SECOND;
    k->busy = kube_op_start(&k->op, k->kube, &e);
    if (k->busy)
        return;
    k8s_fail(k, item, &e);
    k8s_next(k);
}

/* A change that was under way when somebody canceled: it was made, or it may have been. */
static void note_canceled(struct k8s_item *item, const struct kube_op *op, const struct err *e)
{
    enum kube_verb verb = op->verb;
    if (!e && (verb == KUBE_APPLY || verb == KUBE_CREATE))
        k8s_put(item, op->answer, true);
    else if (!e && verb == KUBE_DELETE)
        k8s_gone(item, op->answer);
    if ((verb == KUBE_APPLY || verb == KUBE_CREATE) && (!e || e->kind == ERR_CANCELED)) {
        item->state = K8S_DONE;
        item->put = true;
        item->perhaps = e != NULL;
    }
}

static void add_warning(struct text *all, const char *text)
{
    if (!strstr(text_of(all), text)) /* told once, not for each object */
        text_addf(all, "%s%s", all->length ? "; " : "", text);
}

void k8s_take_warnings(struct k8s *k, const struct kube_op *op)
{
    char name[KUBE_NAME_TEXT];
    for (size_t i = 0; i < json_array_size(op->warnings); i++) {
        AUTO_FREE char *text = mem_format("%s: the cluster warns: %s", kube_object_name(op->object, name), json_string_value(json_array_get(op->warnings, i)));
        if (!strstr(text_of(&k->cluster_warnings), text))
            k8s_say(k, "%s", text);
        add_warning(&k->cluster_warnings, text);
    }
}

/* The operation is over. NULL: it was canceled, or is to be tried again, and all is arranged. */
struct k8s_item *k8s_answered(struct kube_op *op, const struct err *e)
{
    struct k8s *k = OWNER(op, struct k8s, op);
    k->busy = false;
    k8s_take_warnings(k, op);
    if (k->canceled) {
        note_canceled(&k->items[k->at], op, e);
        k8s_end(k);
        return NULL;
    }
    if (e && err_retry(e->kind) && !(op->verb == KUBE_DELETE && op->status)) {
        k->retry = true;
        k->retry_micros = op->retry_after_micros;
        k->failed = *e;
        k8s_end(k);
        return NULL;
    }
    return &k->items[k->at];
}

static void try_again(struct timer *t)
{
    struct k8s *k = OWNER(t, struct k8s, again);
    k8s_step(k);
}

/* A kind that is not known yet, right after its definition was applied here. */
static bool kind_may_come(struct k8s *k, struct k8s_item *item, const struct kube_op *op, const struct err *e)
{
    if (e->kind != ERR_NOT_FOUND || !k->definitions || (op->status && op->status != 404) || item->tries++ >= KIND_TRIES)
        return false;
    timer_set(&k->again, k->job->services->loop, CLOCK_SECOND, try_again);
    return true;
}

static void keep(struct k8s *k, struct k8s_item *item, json_t *answer, enum k8s_state state)
{
    json_decref(item->answer);
    item->answer = json_incref(answer);
    item->state = state;
    item->put = true;
    k8s_put(item, answer, state == K8S_DONE);
    if (text_is(json_text_at(answer, "kind", NULL), "CustomResourceDefinition") && state != K8S_FAILED) {
        k->definitions = true;
        k8s_wait_one(item);
    } else {
        k8s_next(k);
    }
}

static void warn(struct k8s *k, const char *text)
{
    add_warning(&k->warnings, text);
    k8s_say(k, "%s", text);
}

/* ---- GET */

static void got(struct kube_op *op, const struct err *e)
{
    struct k8s_item *item = k8s_answered(op, e);
    if (!item)
        return;
    struct k8s *k = item->k8s;
    const json_t *items = json_object_get(op->answer, "items");
    if (e) {
        k8s_fail(k, item, e);
    } else if (op->verb == KUBE_LIST) {
        for (size_t i = 0; i < json_array_size(items); i++)
            kube_output_add(k->output, json_array_get(items, i));
        k8s_say(k, "%s: %zu found", json_text_at(item->object, "kind", ""), json_array_size(items));
        item->state = K8S_DONE;
    } else {
        item->answer = json_incref(op->answer);
        item->state = K8S_DONE;
    }
    k8s_next(k);
}

static void step_get(struct k8s *k, struct k8s_item *item)
{
    (void)item;
    k8s_ask(k, text_empty(k->input.label) ? KUBE_GET : KUBE_LIST, got);
}

/* ---- APPLY: look, then apply over what was seen */

static void describe(struct k8s *k, const struct k8s_item *item, const char *what)
{
    char name[KUBE_NAME_TEXT];
    k8s_say(k, "%s: %s", kube_object_name(item->object, name), what);
}

void k8s_applied(struct kube_op *op, const struct err *e)
{
    struct k8s_item *item = k8s_answered(op, e);
    if (!item)
        return;
    struct k8s *k = item->k8s;
    bool raced = e && op->status == 409 && json_at(item->object, "metadata.resourceVersion") && !text_is(op->reason, KUBE_MANAGED);
    if (raced && item->tries++ < RACES) {
        k8s_step(k);
        return;
    }
    if (e) {
        if (kind_may_come(k, item, op, e))
            return;
        k8s_fail(k, item, e);
        k8s_next(k);
        return;
    }
    bool same = item->before && kube_same(item->before, op->answer);
    describe(k, item, same ? "unchanged" : item->before ? "applied" : "created");
    keep(k, item, op->answer, same ? K8S_UNCHANGED : K8S_DONE);
}

static void superseded(struct k8s *k, struct k8s_item *item, const char *newest)
{
    AUTO_FREE char *text = mem_format("superseded by %s, which put a newer push there", newest);
    describe(k, item, text);
    add_warning(&k->warnings, text);
    item->state = K8S_SUPERSEDED;
    item->answer = json_incref(item->before);
    k8s_next(k);
}

static void looked(struct kube_op *op, const struct err *e)
{
    struct k8s_item *item = k8s_answered(op, e);
    if (!item)
        return;
    struct k8s *k = item->k8s;
    bool missing = e && e->kind == ERR_NOT_FOUND && op->status == 404;
    if (e && !missing) {
        if (kind_may_come(k, item, op, e))
            return;
        k8s_fail(k, item, e);
        k8s_next(k);
        return;
    }
    json_decref(item->before);
    item->before = missing ? NULL : json_incref(op->answer);
    const char *newest = item->before && !item->secret ? k8s_superseded(item->before, k->job->push) : "";
    if (*newest) {
        superseded(k, item, newest);
        return;
    }
    json_t *metadata = json_object_get(item->object, "metadata");
    if (item->before)
        k8s_keep_mark(item->object, item->before, &k->facts);
    /* Two pushes at once: the cluster refuses the one whose look is out of date. */
    if (item->before && k->job->push && !item->secret)
        json_set_text(metadata, "resourceVersion", json_text_at(item->before, "metadata.resourceVersion", ""));
    else if (k->job->push)
        json_object_del(metadata, "resourceVersion");
    k8s_ask(k, KUBE_APPLY, k8s_applied);
}

static void step_apply(struct k8s *k, struct k8s_item *item)
{
    (void)item;
    k8s_ask(k, KUBE_GET, looked);
}

/* ---- CREATE */

static void exists(struct k8s *k, struct k8s_item *item, json_t *live)
{
    char name[KUBE_NAME_TEXT];
    struct err e = { 0 };
    if (k8s_is_ours(live, &k->facts)) { /* made before a crash, or by an earlier attempt */
        describe(k, item, "created");
        keep(k, item, live, K8S_DONE);
        return;
    }
    if (!k->continue_on_conflict) {
        err_set(&e, ERR_CONFLICT, "%s exists; use Apply", kube_object_name(item->object, name));
        k8s_fail(k, item, &e);
        k8s_next(k);
        return;
    }
    AUTO_FREE char *images = k8s_images(live), *text = images ? mem_format("%s: unchanged, still runs %s", kube_object_name(item->object, name), images)
                                                              : mem_format("%s exists: unchanged", kube_object_name(item->object, name));
    warn(k, text);
    item->state = K8S_UNCHANGED;
    item->answer = json_incref(live);
    k8s_next(k);
}

static void looked_at_existing(struct kube_op *op, const struct err *e)
{
    struct k8s_item *item = k8s_answered(op, e);
    if (!item)
        return;
    if (!e) {
        exists(item->k8s, item, op->answer);
    } else if (e->kind == ERR_NOT_FOUND && item->tries++ < RACES) {
        k8s_step(item->k8s); /* deleted meanwhile */
    } else {
        k8s_fail(item->k8s, item, e);
        k8s_next(item->k8s);
    }
}

static void created(struct kube_op *op, const struct err *e)
{
    struct k8s_item *item = k8s_answered(op, e);
    if (!item)
        return;
    struct k8s *k = item->k8s;
    if (!e) {
        describe(k, item, "created");
        keep(k, item, op->answer, K8S_DONE);
    } else if (text_is(op->reason, "AlreadyExists")) {
        k8s_ask(k, KUBE_GET, looked_at_existing);
    } else if (!kind_may_come(k, item, op, e)) {
        k8s_fail(k, item, e);
        k8s_next(k);
    }
}

static void step_create(struct k8s *k, struct k8s_item *item)
{
    if (item->secret)
        step_apply(k, item);
    else
        k8s_ask(k, KUBE_CREATE, created);
}

/* ---- DELETE */

static void deleted(struct kube_op *op, const struct err *e)
{
    struct k8s_item *item = k8s_answered(op, e);
    char name[KUBE_NAME_TEXT];
    if (!item)
        return;
    struct k8s *k = item->k8s;
    if (e && e->kind == ERR_NOT_FOUND && op->status == 404) { /* deleted before a crash, or never there: what was asked for holds */
        AUTO_FREE char *text = mem_format("%s was not there", kube_object_name(item->object, name));
        warn(k, text);
        kube_output_removed(k->output, item->object);
        k8s_gone(item, NULL);
        item->state = K8S_UNCHANGED;
    } else if (e) {
        k8s_fail(k, item, e);
    } else {
        describe(k, item, "deleted");
        kube_output_removed(k->output, op->answer);
        k8s_gone(item, op->answer);
        item->state = K8S_DONE;
    }
    k8s_next(k);
}

static void step_delete(struct k8s *k, struct k8s_item *item)
{
    (void)item;
    k8s_ask(k, KUBE_DELETE, deleted);
}

/* ---- ROLLBACK */

static void rolled_back(struct kube_rollback *r, const struct err *e)
{
    struct k8s *k = OWNER(r, struct k8s, rollback);
    struct k8s_item *item = &k->items[k->at];
    k->busy = false;
    if (k->canceled) {
        item->state = e ? item->state : K8S_DONE;
        if (!e)
            k8s_put(item, r->answer, !r->unchanged);
        k8s_end(k);
        return;
    }
    if (e && err_retry(e->kind)) {
        k->retry = true;
        k->failed = *e;
        k8s_end(k);
        return;
    }
    if (e) {
        k8s_fail(k, item, e);
        k8s_next(k);
        return;
    }
    AUTO_FREE char *text = r->unchanged ? mem_format("runs revision %lld already", (long long)r->to)
                                        : mem_format("rolled back from revision %lld to %lld", (long long)r->from, (long long)r->to);
    describe(k, item, text);
    if (r->unchanged)
        warn(k, text);
    keep(k, item, r->answer, r->unchanged ? K8S_UNCHANGED : K8S_DONE);
}

static void start_rollback(struct k8s *k, struct k8s_item *item)
{
    struct err e = { 0 };
    json_t *stamped = json_object_get(item->object, "metadata");
    k->rollback = (struct kube_rollback){ .type = json_text_at(item->object, "kind", ""), .name = json_text_at(item->object, "metadata.name", ""),
                                          .namespace_ = json_text_at(item->object, "metadata.namespace", ""), .revision = k->input.revision,
                                          .annotations = json_object_get(stamped, "annotations"), .done = rolled_back };
    k->busy = kube_rollback_start(&k->rollback, k->kube, &e);
    if (k->busy)
        return;
    k8s_fail(k, item, &e);
    k8s_next(k);
}

static void looked_before_rollback(struct kube_op *op, const struct err *e)
{
    struct k8s_item *item = k8s_answered(op, e);
    if (!item)
        return;
    struct k8s *k = item->k8s;
    if (e) {
        k8s_fail(k, item, e);
        k8s_next(k);
    } else if (k->job->resolved && k8s_is_ours(op->answer, &k->facts)) { /* done before a crash: n-1 would be another one now */
        describe(k, item, "was rolled back before the restart");
        keep(k, item, op->answer, K8S_DONE);
    } else {
        start_rollback(k, item);
    }
}

static void step_rollback(struct k8s *k, struct k8s_item *item)
{
    (void)item;
    k8s_ask(k, KUBE_GET, looked_before_rollback);
}

const struct k8s_action K8S_ACTIONS[] = {
    { "GET", "read", true, false, false, false, step_get },
    { "CREATE", "created", true, true, true, true, step_create },
    { "APPLY", "applied", true, true, true, true, step_apply },
    { "DELETE", "deleted", true, false, false, true, step_delete },
    { "ROLLBACK", "rolled back", false, false, true, true, step_rollback },
};
const size_t K8S_ACTION_COUNT = ALEN(K8S_ACTIONS);

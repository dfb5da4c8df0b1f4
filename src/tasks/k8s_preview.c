/* What a Kubernetes task would do: the same objects as k8s_start makes, shown, and answered by the cluster in a dry run. Nothing
 * is written anywhere. */
#include <stdio.h>
#include <string.h>

#include "base/diff.h"
#include "base/mem.h"
#include "tasks/k8s.h"
#include "base/yaml.h"

struct preview {
    struct task_preview *op;
    struct k8s *k;
    struct text notes;
    struct timer timer;
    json_t *objects; /* of the answer */
};

static struct preview *of(struct k8s *k)
{
    return OWNER(k->notes, struct preview, notes);
}

/* ---- the end */

static json_t *notes_json(const struct preview *p)
{
    json_t *notes = json_array();
    const char *at = text_of(&p->notes);
    while (*at) {
        size_t n = strcspn(at, "\n");
        if (n)
            json_array_append_new(notes, json_stringn(at, n));
        at += n + (at[n] == '\n');
    }
    return notes;
}

static void preview_free(struct preview *p)
{
    timer_clear(&p->timer);
    k8s_free(p->k);
    text_fini(&p->notes);
    json_decref(p->objects);
    free(p);
}

static void end(struct preview *p)
{
    struct task_preview *op = p->op;
    struct k8s *k = p->k;
    AUTO_JSON *answer = json_pack("{s:s, s:s, s:s, s:o, s:O}", "action", k->action->name, "cluster", kube_server(k->kube), "yaml",
                                  k->action->yaml ? json_text_at(k->shown, "yaml", "") : "", "notes", notes_json(p), "objects", p->objects);
    preview_free(p);
    op->private = NULL;
    op->answer = answer;
    op->done(op);
    op->answer = NULL;
}

/* ---- what a person sees of an object: neither the cluster's own bookkeeping nor ours */

static void forget_ours(json_t *annotations)
{
    static const char *const OURS[] = { K8S_RUN, K8S_TASK, K8S_EXECUTION, K8S_WEBHOOK, K8S_PUSH, K8S_NEWEST };
    for (size_t i = 0; i < ALEN(OURS); i++)
        json_object_del(annotations, OURS[i]);
}

static char *text_for_diff(const json_t *object)
{
    static const char *const THEIRS[] = { "managedFields", "resourceVersion", "uid", "creationTimestamp", "generation", "selfLink" };
    if (!object)
        return mem_text("");
    AUTO_JSON *shown = kube_shown(object);
    AUTO_JSON *copy = json_deep_copy(shown);
    json_t *metadata = json_object_get(copy, "metadata"), *annotations = json_object_get(metadata, "annotations");
    for (size_t i = 0; i < ALEN(THEIRS); i++)
        json_object_del(metadata, THEIRS[i]);
    forget_ours(annotations);
    if (annotations && !json_object_size(annotations))
        json_object_del(metadata, "annotations");
    json_object_del(copy, "status");
    return yaml_write(copy);
}

static void tell(struct preview *p, const char *would, const json_t *before, const json_t *after)
{
    char name[KUBE_NAME_TEXT];
    AUTO_FREE char *old = text_for_diff(before), *fresh = text_for_diff(after);
    AUTO_FREE char *diff = after ? diff_unified(old, fresh) : mem_text("");
    const json_t *object = p->k->items[p->k->at].object;
    json_t *row = json_pack("{s:s, s:s, s:s}", "object", kube_object_name(object, name), "would", would, "diff", diff);
    if (p->k->items[p->k->at].secret)
        json_set_text(row, "note", "the pull secret of endpoints.dockerRegistry");
    json_array_append_new(p->objects, row);
}

static void step(struct timer *t);

static void next(struct preview *p)
{
    p->k->at++;
    timer_set(&p->timer, p->k->job->services->loop, 0, step);
}

/* ---- asking the cluster */

static void ask(struct preview *p, enum kube_verb verb, void (*done)(struct kube_op *op, const struct err *e))
{
    struct k8s *k = p->k;
    struct err e = { 0 };
    k->op = (struct kube_op){ .verb = verb, .object = k->items[k->at].object, .force = k->force, .dry_run = verb != KUBE_GET,
                              .timeout_micros = p->op->timeout_micros, .done = done };
    k->busy = kube_op_start(&k->op, k->kube, &e);
    if (k->busy)
        return;
    AUTO_FREE char *would = mem_format("would fail: %s", e.text);
    tell(p, would, NULL, NULL);
    next(p);
}

/* A namespace that only this task makes: no cluster can say more about what goes into it. */
static bool makes_namespace(const struct k8s *k)
{
    const char *wanted = json_text_at(k->items[k->at].object, "metadata.namespace", "");
    for (size_t i = 0; i < k->at; i++)
        if (text_is(json_text_at(k->items[i].object, "kind", ""), "Namespace") &&
            text_is(json_text_at(k->items[i].object, "metadata.name", ""), wanted))
            return true;
    return false;
}

static void dry_ran(struct kube_op *op, const struct err *e)
{
    struct k8s *k = OWNER(op, struct k8s, op);
    struct preview *p = of(k);
    const json_t *before = k->items[k->at].before;
    k->busy = false;
    k8s_take_warnings(k, op);
    if (e && e->kind == ERR_NOT_FOUND && makes_namespace(k)) {
        tell(p, "would be created, in the namespace that this task makes", NULL, k->items[k->at].object);
    } else if (e) {
        AUTO_FREE char *would = mem_format("would fail: %s", e->text);
        tell(p, would, NULL, NULL);
    } else if (!before) {
        tell(p, "would be created", NULL, op->answer);
    } else if (kube_same(before, op->answer)) {
        tell(p, "unchanged", NULL, NULL);
    } else {
        tell(p, "would be changed", before, op->answer);
    }
    next(p);
}

static bool applies(const struct k8s *k)
{
    return k->items[k->at].secret || text_is(k->action->name, "APPLY");
}

static void there(struct preview *p, json_t *live)
{
    struct k8s *k = p->k;
    struct k8s_item *item = &k->items[k->at];
    const char *newest = item->secret ? "" : k8s_superseded(live, k->job->push);
    if (applies(k) && *newest) {
        AUTO_FREE char *would = mem_format("superseded by %s, which put a newer push there", newest);
        tell(p, would, NULL, NULL);
    } else if (applies(k)) {
        item->before = json_incref(live);
        k8s_keep_mark(item->object, live, &k->facts);
        ask(p, KUBE_APPLY, dry_ran);
        return;
    } else if (text_is(k->action->name, "CREATE")) {
        tell(p, k->continue_on_conflict ? "exists: CREATE would leave it as it is" : "exists: CREATE would fail; use Apply", NULL, NULL);
    } else {
        tell(p, text_is(k->action->name, "GET") ? "would be read" : text_is(k->action->name, "DELETE") ? "would be deleted" : "would be rolled back",
             NULL, NULL);
    }
    next(p);
}

static void missing(struct preview *p)
{
    struct k8s *k = p->k;
    if (applies(k)) {
        ask(p, KUBE_APPLY, dry_ran);
    } else if (text_is(k->action->name, "CREATE")) {
        ask(p, KUBE_CREATE, dry_ran);
    } else {
        tell(p, text_is(k->action->name, "DELETE") ? "is not there, so nothing would be deleted" : "would fail: it is not there", NULL, NULL);
        next(p);
    }
}

static void looked(struct kube_op *op, const struct err *e)
{
    struct preview *p = of(OWNER(op, struct k8s, op));
    p->k->busy = false;
    if (!e) {
        there(p, op->answer);
    } else if (e->kind == ERR_NOT_FOUND && op->status == 404) {
        missing(p);
    } else {
        AUTO_FREE char *would = mem_format("not known: %s", e->text);
        tell(p, would, NULL, NULL);
        next(p);
    }
}

static void step(struct timer *t)
{
    struct preview *p = OWNER(t, struct preview, timer);
    struct k8s *k = p->k;
    bool lists = text_is(k->action->name, "GET") && !text_empty(k->input.label);
    if (p->op->canceled || !p->op->diff || k->at >= k->count) {
        end(p);
    } else if (lists) {
        tell(p, "would be listed", NULL, NULL);
        next(p);
    } else {
        ask(p, KUBE_GET, looked);
    }
}

/* ---- from outside */

/* Only now it shows that the run would fail. */
static void end_refused(struct preview *p, const struct err *e)
{
    struct task_preview *op = p->op;
    AUTO_JSON *answer = json_pack("{s:s}", "problem", e->text);
    preview_free(p);
    op->private = NULL;
    op->answer = answer;
    op->done(op);
    op->answer = NULL;
}

static void file_came(struct k8s *k, const struct err *e)
{
    struct preview *p = of(k);
    struct err why = e ? *e : (struct err){ 0 };
    if (e || !k8s_render(k, &why))
        end_refused(p, &why);
    else
        timer_set(&p->timer, k->job->services->loop, 0, step);
}

bool k8s_preview(struct task_preview *op, struct err *e)
{
    struct preview *p = NEW(struct preview);
    p->op = op;
    p->k = k8s_create(op->job);
    p->k->notes = &p->notes;
    p->objects = json_array();
    if (!k8s_read(p->k, e) || !(k8s_from_file(p->k) ? k8s_file_start(p->k, file_came, e) : k8s_render(p->k, e))) {
        preview_free(p);
        return false;
    }
    op->private = p;
    if (!p->k->fetching)
        timer_set(&p->timer, op->job->services->loop, 0, step);
    return true;
}

void k8s_preview_cancel(struct task_preview *op)
{
    struct preview *p = op->private;
    op->canceled = true;
    if (p && p->k->fetching)
        git_fetch_cancel(&p->k->fetch);
    else if (p && p->k->busy)
        kube_op_cancel(&p->k->op);
}

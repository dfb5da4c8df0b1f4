/* The Kubernetes task: Get, Create, Apply, Delete, Rollback. */
#include "tasks/k8s.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fields.h"
#include "base/mem.h"
#include "base/yaml.h"
#include "pipeline/bind.h"

#define MINUTES 5         /* Code Stream's default */
#define MINUTES_MOST 1440

#define INPUT(path, type, member) { path, type, offsetof(struct k8s_input, member), OPTIONAL }
static const struct field FIELDS[] = {
    { "action", FIELD_TEXT, offsetof(struct k8s_input, action), REQUIRED },
    INPUT("timeout", FIELD_TEXT, timeout),
    INPUT("continueOnConflict", FIELD_TEXT, continue_on_conflict),
    INPUT("filePath", FIELD_TEXT, file_path),
    INPUT("filepath", FIELD_TEXT, file_path_old),
    INPUT("commit", FIELD_TEXT, commit),
    INPUT("scmConstants", FIELD_OBJECT, constants),
    INPUT("parameters", FIELD_ANY, parameters),
    INPUT("yaml", FIELD_TEXT, yaml),
    INPUT("namespace", FIELD_TEXT, namespace_),
    INPUT("filterByLabel", FIELD_TEXT, label),
    INPUT("revision", FIELD_TEXT, revision),
    INPUT("resourceType", FIELD_TEXT, resource_type),
    INPUT("resourceName", FIELD_TEXT, resource_name),
    /* ours on top */
    INPUT("force", FIELD_TEXT, force),
    INPUT("failFast", FIELD_TEXT, fail_fast),
    INPUT("pinImages", FIELD_TEXT, pin),
    INPUT("pullSecret", FIELD_TEXT, pull_secret),
};

/* ---- saying things */

static void log_add(struct k8s *k, const char *bytes, size_t n)
{
    if (k->notes)
        text_add_n(k->notes, bytes, n);
    else
        task_log(k->job, bytes, n);
}

void k8s_say(struct k8s *k, const char *format, ...)
{
    AUTO_FREE char *line = NULL;
    va_list args;
    va_start(args, format);
    int n = vasprintf(&line, format, args);
    va_end(args);
    if (n < 0)
        return;
    log_add(k, line, (size_t)n);
    log_add(k, "\n", 1);
}

void k8s_fail(struct k8s *k, struct k8s_item *item, const struct err *e)
{
    item->state = K8S_FAILED;
    k8s_stands(item, e);
    if (!k->failures++)
        k->failed = *e;
    kube_output_fail(k->output, item->object, e);
    k8s_say(k, "%s", e->text);
}

/* ---- the end */

void k8s_free(struct k8s *k)
{
    timer_clear(&k->again);
    for (size_t i = 0; i < k->count; i++) {
        json_decref(k->items[i].before);
        json_decref(k->items[i].answer);
        free(k->items[i].put_away);
        free(k->items[i].place_away);
        json_decref(k->items[i].place);
    }
    free(k->items);
    fields_release(FIELDS, ALEN(FIELDS), &k->input);
    json_decref(k->said);
    git_target_destroy(&k->repository);
    json_decref(k->objects);
    json_decref(k->pull_secrets);
    json_decref(k->shown);
    json_decref(k->resolved);
    json_decref(k->output);
    json_decref(k->explanations);
    json_decref(k->pods);
    json_decref(k->restored);
    text_fini(&k->warnings);
    text_fini(&k->cluster_warnings);
    kube_release(&k->kube);
    free(k);
}

static size_t count_of(const struct k8s *k, enum k8s_state state)
{
    size_t count = 0;
    for (size_t i = 0; i < k->count; i++)
        count += k->items[i].state == state && !k->items[i].secret;
    return count;
}

/* What a canceled task leaves behind: it changes nothing back. */
static void words_canceled(const struct k8s *k, struct text *out)
{
    size_t left = 0;
    char name[KUBE_NAME_TEXT];
    for (size_t i = 0; i < k->count; i++) {
        const struct k8s_item *item = &k->items[i];
        if (item->state != K8S_DONE || !k->action->waits)
            continue;
        text_addf(out, "%s%s%s", left++ ? ", " : "canceled; on the cluster stays: ", kube_object_name(item->object, name),
                  item->perhaps ? " (perhaps)" : "");
    }
    if (!left)
        text_add(out, k->action->waits ? "canceled; nothing was changed on the cluster" : "canceled");
}

static void words_done(const struct k8s *k, struct text *out, bool *warning)
{
    size_t done = count_of(k, K8S_DONE), same = count_of(k, K8S_UNCHANGED), old = count_of(k, K8S_SUPERSEDED);
    bool push_changed_nothing = k->job->push && k->action->stamps && !done && !old && same;
    *warning = k->warnings.length || k->cluster_warnings.length || push_changed_nothing;
    if (push_changed_nothing && !k->warnings.length)
        text_add(out, "cluster unchanged");
    else if (k->warnings.length)
        text_add(out, text_of(&k->warnings));
    else if (same)
        text_addf(out, "%zu %s, %zu unchanged", done, k->action->done, same);
    else
        text_addf(out, "%zu %s", done, k->action->done);
    if (k->cluster_warnings.length)
        text_addf(out, "; %s", text_of(&k->cluster_warnings));
}

static void fill_output(struct k8s *k)
{
    for (size_t i = 0; i < k->count; i++)
        if (k->items[i].answer)
            kube_output_add(k->output, k->items[i].answer);
}

static struct task_outcome outcome_of(struct k8s *k, struct text *message)
{
    struct task_outcome outcome = { .result = TASK_COMPLETED };
    if (k->canceled) {
        outcome.result = TASK_CANCELED;
        words_canceled(k, message);
    } else if (k->retry) {
        outcome.result = TASK_RETRY;
        outcome.retry_micros = k->retry_micros;
        text_add(message, k->failed.text);
    } else if (k->failures) {
        outcome.result = TASK_FAILED;
        text_add(message, k->failed.text);
        if (k->failures > 1)
            text_addf(message, " (and %d more)", k->failures - 1);
    } else if (k->job->restore) {
        k8s_words_restored(k, message, &outcome.warning);
    } else {
        words_done(k, message, &outcome.warning);
    }
    outcome.untouched = true;
    for (size_t i = 0; i < k->count; i++)
        outcome.untouched = outcome.untouched && !k->items[i].put;
    return outcome;
}

void k8s_end(struct k8s *k)
{
    struct task_job *job = k->job;
    AUTO_TEXT message = { 0 };
    struct task_outcome outcome = outcome_of(k, &message);
    fill_output(k);
    AUTO_JSON *output = k->restored ? json_incref(k->restored) : k->job->restore ? json_object() : json_pack("{s:O}", "response", k->output), *places = k8s_places(k);
    if (json_array_size(k->explanations))
        json_object_set(output, "explanations", k->explanations);
    k8s_file_note(k, output);
    outcome.message = text_of(&message);
    outcome.output = output;
    outcome.places = places;
    k8s_free(k);
    task_done(job, &outcome);
}

/* ---- one object after the other */

void k8s_step(struct k8s *k)
{
    struct err e = { 0 };
    if (clock_mono() < k->deadline) {
        k->action->step(k, &k->items[k->at]);
        return;
    }
    err_set(&e, ERR_TIMEOUT, "the task's time was over before this object's turn");
    k8s_fail(k, &k->items[k->at], &e);
    k8s_next(k);
}

static void begin_next(struct timer *t)
{
    struct k8s *k = OWNER(t, struct k8s, again);
    if (k->canceled)
        k8s_end(k);
    else if (k->at < k->count)
        k8s_step(k);
    else
        k8s_wait_all(k);
}

/* By the loop, not by a call: two hundred objects that fail at once are not two hundred frames deep. */
void k8s_next(struct k8s *k)
{
    k->at++;
    timer_set(&k->again, k->job->services->loop, 0, begin_next);
}

static void act(struct task_job *job)
{
    struct k8s *k = job->context;
    k->at = (size_t)-1;
    json_decref(TAKE(k->shown)); /* stored by now */
    json_decref(TAKE(k->resolved));
    k8s_next(k);
}

static void abandon(struct task_job *job)
{
    k8s_free(job->context);
}

/* ---- rendering */

static bool flag(const char *text, bool otherwise, const char *name, bool *ret, struct err *e)
{
    *ret = otherwise;
    if (text_empty(text))
        return true;
    *ret = text_is_any_case(text, "true");
    return *ret || text_is_any_case(text, "false") || err_field(e, name, "%s is '%.40s', not true or false", name, text);
}

static bool take_flags(struct k8s *k, struct err *e)
{
    bool fail_fast = true;
    bool ok = flag(k->input.force, false, "force", &k->force, e) && flag(k->input.fail_fast, true, "failFast", &fail_fast, e) &&
              flag(k->input.pin, true, "pinImages", &k->facts.pin, e) &&
              flag(k->input.continue_on_conflict, false, "continueOnConflict", &k->continue_on_conflict, e);
    k->fail_slow = !fail_fast;
    return ok;
}

static bool take_deadline(struct k8s *k, struct err *e)
{
    char *end = NULL;
    double minutes = text_empty(k->input.timeout) ? MINUTES : strtod(k->input.timeout, &end);
    if ((end && *end) || !(minutes > 0) || minutes > MINUTES_MOST)
        return err_field(e, "timeout", "timeout is '%.40s', not a number of minutes up to %d", k->input.timeout, MINUTES_MOST);
    int64_t wait = (int64_t)(minutes * (double)CLOCK_MINUTE);
    int64_t left = k->job->deadline ? k->job->deadline - clock_now() - CLOCK_SECOND : wait;
    k->deadline = clock_mono() + (left < wait ? left : wait);
    return true;
}

static bool take_action(struct k8s *k, struct err *e)
{
    for (size_t i = 0; i < K8S_ACTION_COUNT; i++)
        if (text_is_any_case(k->input.action, K8S_ACTIONS[i].name))
            k->action = &K8S_ACTIONS[i];
    if (!k->action)
        return err_field(e, "action", "action is '%.40s', not GET, CREATE, APPLY, DELETE or ROLLBACK", k->input.action);
    if (k->action->yaml && text_empty(k->input.yaml) && !k8s_from_file(k))
        return err_field(e, "yaml", "yaml is empty, and no filePath is given: there is nothing to %s", k->action->name);
    return k8s_file_ok(k, e);
}

static bool rollback_object(struct k8s *k, struct err *e)
{
    static const char *const TYPES[] = { "Deployment", "StatefulSet", "DaemonSet" };
    const char *kind = NULL;
    for (size_t i = 0; i < ALEN(TYPES); i++)
        if (text_is_any_case(k->input.resource_type, TYPES[i]))
            kind = TYPES[i];
    if (!kind)
        return err_field(e, "resourceType", "resourceType is '%.40s', not Deployment, StatefulSet or DaemonSet", k->input.resource_type ? k->input.resource_type : "");
    if (text_empty(k->input.resource_name))
        return err_field(e, "resourceName", "resourceName is missing");
    AUTO_JSON *documents = json_pack("[{s:s, s:s, s:{s:s}}]", "apiVersion", "apps/v1", "kind", kind, "metadata", "name", k->input.resource_name);
    return k8s_objects(documents, &k->facts, true, &k->objects, e);
}

static bool bind(struct k8s *k, json_t **ret, struct resolution *more, struct err *e)
{
    const char *source = json_text_at(k->job->input, "yaml", "");
    if (k8s_from_file(k))
        return k8s_file_bind(k, ret, more, e);
    return bind_yaml(source, strlen(source), k->job->scope, ret, more, e) || err_wrap(e, "yaml");
}

static bool bound_objects(struct k8s *k, struct err *e)
{
    AUTO_RESOLUTION more = { 0 };
    AUTO_JSON *documents = NULL;
    if (!bind(k, &documents, &more, e))
        return false;
    for (size_t i = 0; i < json_array_size(more.warnings); i++)
        k8s_say(k, "yaml: %s", json_string_value(json_array_get(more.warnings, i)));
    bool named = k->action->needs_name || text_empty(k->input.label);
    if (!k8s_objects(documents, &k->facts, named, &k->objects, e))
        return err_wrap(e, "yaml");
    if (!json_array_size(k->objects))
        return k8s_from_file(k) ? err_field(e, "filePath", "the file holds no object") : err_field(e, "yaml", "yaml holds no object");
    return true;
}

static bool add_pull_secrets(struct k8s *k, struct err *e)
{
    const json_t *registry = json_object_get(k->job->endpoints, "dockerRegistry");
    if (registry && k->action->stamps)
        return k8s_add_pull_secrets(k->objects, registry, k->input.pull_secret, &k->pull_secrets, e);
    return registry || text_empty(k->input.pull_secret) ||
           err_field(e, "pullSecret", "pullSecret needs endpoints.dockerRegistry: whose login is it to hold?");
}

static bool is_added(const struct k8s *k, const json_t *object)
{
    for (size_t i = 0; i < json_array_size(k->pull_secrets); i++)
        if (json_array_get(k->pull_secrets, i) == object)
            return true;
    return false;
}

static void make_items(struct k8s *k)
{
    AUTO_TEXT notes = { 0 };
    bool stamps = k->action->stamps || !k->action->yaml;
    k->count = json_array_size(k->objects);
    k->items = mem_alloc((k->count + 1) * sizeof *k->items);
    for (size_t i = 0; i < k->count; i++) {
        json_t *object = json_array_get(k->objects, i);
        k->items[i] = (struct k8s_item){ .k8s = k, .object = object, .secret = is_added(k, object) };
        if (stamps)
            k8s_stamp(object, &k->facts, &notes);
    }
    if (notes.length)
        log_add(k, text_of(&notes), notes.length);
}

/* What people see as the task's input, and what is noted before anything is changed. */
static void make_shown(struct k8s *k)
{
    AUTO_TEXT yaml = { 0 };
    k->shown = json_copy(k->said);
    k->resolved = json_pack("{s:s, s:s, s:b, s:[]}", "action", k->action->name, "cluster", kube_server(k->kube), "puts", k->action->yaml && k->action->stamps, "objects");
    for (size_t i = 0; i < k->count; i++) {
        const json_t *object = k->items[i].object;
        AUTO_JSON *shown = kube_shown(object);
        AUTO_FREE char *text = yaml_write(shown);
        char name[KUBE_NAME_TEXT];
        text_add(&yaml, text);
        json_array_append_new(json_object_get(k->resolved, "objects"), json_string(kube_object_name(object, name)));
    }
    k8s_file_note(k, k->resolved);
    if (k->action->yaml)
        json_set_text(k->shown, "yaml", text_of(&yaml));
}

bool k8s_hold_cluster(struct k8s *k, struct err *e)
{
    const json_t *endpoint = json_object_get(k->job->endpoints, "kubernetesServer");
    struct kube_target *target = NULL;
    if (!endpoint)
        return err_field(e, "kubernetesServer", "the task names no cluster (endpoints.kubernetesServer)");
    const char *type = json_text_at(endpoint, "type", "k8s");
    if (!text_is(type, "k8s"))
        return err_field(e, "kubernetesServer", "endpoint '%s' is of type %s, not k8s", json_text_at(endpoint, "name", ""), type);
    const struct task_services *services = k->job->services;
    if (!kube_target_from_properties(json_object_get(endpoint, "properties"), services->allow_in_cluster, &target, e) ||
        !kube_hold(services->clusters, target, &k->kube, e))
        return err_wrap(e, "endpoint %s", json_text_at(endpoint, "name", ""));
    return true;
}

void k8s_take_facts(struct k8s *k)
{
    const struct task_job *job = k->job;
    k->facts.execution = job->execution;
    k->facts.stage = job->stage;
    k->facts.task = job->task;
    k->facts.pipeline = job->pipeline;
    k->facts.index = job->execution_index;
    k->facts.push = job->push;
    k->facts.namespace_ = k->input.namespace_;
}

bool k8s_read(struct k8s *k, struct err *e)
{
    static const char *const RAW[] = { "yaml", NULL };
    AUTO_RESOLUTION more = { 0 };
    if (!expression_resolve_tree(k->job->input, RAW, k->job->scope, &k->said, &more, e) ||
        !fields_read(k->said, FIELDS, ALEN(FIELDS), &k->input, e) || !take_action(k, e) || !take_flags(k, e) || !take_deadline(k, e))
        return false;
    k8s_take_facts(k);
    return true;
}

bool k8s_render(struct k8s *k, struct err *e)
{
    if (!k8s_hold_cluster(k, e) || !(k->action->yaml ? bound_objects(k, e) : rollback_object(k, e)) || !add_pull_secrets(k, e))
        return false;
    make_items(k);
    make_shown(k);
    return true;
}

/* ---- the type */

struct k8s *k8s_create(struct task_job *job)
{
    struct k8s *k = NEW(struct k8s);
    k->job = job;
    k->output = kube_output_create();
    k->explanations = json_array();
    return k;
}

/* Nothing was changed. */
static void end_before(struct k8s *k, const struct err *e)
{
    struct task_job *job = k->job;
    struct task_outcome outcome = { .result = k->canceled ? TASK_CANCELED : err_retry(e->kind) ? TASK_RETRY : TASK_FAILED,
                                    .message = k->canceled ? "canceled; nothing was changed on the cluster" : e->text };
    k8s_free(k);
    task_done(job, &outcome);
}

/* What it will do is noted, and what it puts there is kept, before it acts. */
static void resolve(struct k8s *k)
{
    k8s_keep(k);
    task_resolved(k->job, k->shown, k->resolved, act, abandon);
}

static void file_came(struct k8s *k, const struct err *e)
{
    struct err why = e ? *e : (struct err){ 0 };
    if (k->canceled || e || !k8s_render(k, &why))
        end_before(k, &why);
    else
        resolve(k);
}

static bool begin(struct k8s *k, struct err *e)
{
    return k8s_read(k, e) && (k8s_from_file(k) ? k8s_file_start(k, file_came, e) : k8s_render(k, e));
}

static bool k8s_start(struct task_job *job, struct err *e)
{
    struct k8s *k = k8s_create(job);
    if (!(job->restore ? k8s_prepare_restore(k, e) : begin(k, e))) {
        k8s_free(k);
        return false;
    }
    job->context = k;
    if (k8s_from_file(k))
        task_progress(job, "reads %s", k->fetch.path);
    else
        resolve(k);
    return true;
}

/* Whatever is in flight ends by itself, then k8s_end says what is left. */
static void k8s_cancel(struct task_job *job)
{
    struct k8s *k = job->context;
    k->canceled = true;
    if (k->fetching) {
        git_fetch_cancel(&k->fetch);
    } else if (k->busy) {
        kube_op_cancel(&k->op);
        kube_rollback_cancel(&k->rollback);
    } else if (k->rollouts) {
        for (size_t i = 0; i < k->count; i++)
            if (k->items[i].waiting)
                kube_rollout_cancel(&k->items[i].rollout);
    } else {
        timer_set(&k->again, job->services->loop, 0, begin_next);
    }
}

static const char *const ENDPOINTS[] = { "kubernetesServer!", "scm", "dockerRegistry", NULL };

const struct task_type TASK_K8S = {
    .name = "K8S",
    .fields = FIELDS,
    .field_count = ALEN(FIELDS),
    .endpoints = ENDPOINTS,
    .crash = TASK_FINDABLE,
    .start = k8s_start,
    .cancel = k8s_cancel,
    .bind = k8s_bind,
    .preview = k8s_preview,
    .preview_cancel = k8s_preview_cancel,
};

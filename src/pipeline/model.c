/* The definition, compiled. The work goes on in one struct reader, so that each step names its problem where it stands. */
#include "pipeline/model.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "pipeline/condition.h"
#include "pipeline/notification.h"

#define NAME_LENGTH 256
#define TAG_LENGTH 50
#define TIMEOUT_MINUTES (7 * 24 * 60)
#define RETRY_SECONDS 3600 /* the longest first delay of a retry */

struct reader {
    struct pipeline *p;
    struct problems *found;
    char pointer[1024]; /* where we are */
};

static const char *const STATES[] = { "DISABLED", "ENABLED", "RELEASED" };

const char *pipeline_state_name(enum pipeline_state state)
{
    return STATES[state];
}

bool pipeline_state_parse(const char *name, enum pipeline_state *ret)
{
    for (size_t i = 0; i < ALEN(STATES); i++) {
        if (text_is(STATES[i], name)) {
            *ret = (enum pipeline_state)i;
            return true;
        }
    }
    return false;
}

/* ---- small readers */

#define WRONG(r, ...) problem_add((r)->found, PROBLEM_ERROR, (r)->pointer, __VA_ARGS__)

/* Goes into a key, and back: size_t here = enter(r, "stages"); ... leave(r, here); */
static size_t enter(struct reader *r, const char *key)
{
    size_t here = strlen(r->pointer);
    json_pointer_add(r->pointer, sizeof r->pointer, key);
    return here;
}

static void leave(struct reader *r, size_t here)
{
    r->pointer[here] = 0;
}

/* Text as it stands; a number or boolean that somebody forgot to quote is its text. NULL for anything else. */
static const char *text_of_scalar(struct reader *r, const json_t *value)
{
    if (json_is_string(value))
        return json_string_value(value);
    if (!json_is_number(value) && !json_is_boolean(value))
        return NULL;
    AUTO_FREE char *text = json_as_text(value);
    json_array_append_new(r->p->texts, json_string(text));
    return json_string_value(json_array_get(r->p->texts, json_array_size(r->p->texts) - 1));
}

static const char *read_text(struct reader *r, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (!value || json_is_null(value))
        return "";
    const char *text = text_of_scalar(r, value);
    if (!text) {
        size_t here = enter(r, key);
        WRONG(r, "'%s' must be a text", key);
        leave(r, here);
    }
    return text ? text : "";
}

/* NULL when missing, null, or of another type (which is told). */
static const json_t *read_tree(struct reader *r, const json_t *object, const char *key, json_type type)
{
    const json_t *value = json_object_get(object, key);
    if (!value || json_is_null(value) || json_typeof(value) == type)
        return json_is_null(value) ? NULL : value;
    if (type == JSON_ARRAY && json_is_object(value) && !json_object_size(value))
        return NULL;
    size_t here = enter(r, key);
    WRONG(r, "'%s' must be %s", key, type == JSON_OBJECT ? "an object" : "a list");
    leave(r, here);
    return NULL;
}

static void check_name(struct reader *r, const char *what, const char *name, bool in_orders)
{
    if (!*name)
        WRONG(r, "a %s has no name", what);
    else if (strlen(name) > NAME_LENGTH)
        WRONG(r, "the name of a %s is longer than %d bytes", what, NAME_LENGTH);
    else if (in_orders && strpbrk(name, ",{}"))
        WRONG(r, "the name of %s '%s' must not hold ',', '{' or '}'", what, name);
    for (const char *c = name; *c; c++) {
        if (iscntrl((unsigned char)*c)) {
            WRONG(r, "the name of a %s holds a control character", what);
            break;
        }
    }
}

/* ---- the head */

static bool tag_ok(const char *tag)
{
    size_t n = strlen(tag);
    if (!n || n > TAG_LENGTH || !isalnum((unsigned char)tag[0]) || !isalnum((unsigned char)tag[n - 1]))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)tag[i]) && !strchr(".-_", tag[i]))
            return false;
    return true;
}

#define TAG_RULE "tag '%.60s' must be 1 to %d letters and digits, with '.', '-', '_' between them"

bool pipeline_tags_ok(const json_t *tags, struct err *e)
{
    size_t i;
    json_t *tag;
    if (!json_is_array(tags))
        return err_field(e, "tags", "tags must be an array of texts");
    if (json_array_size(tags) > PIPELINE_TAGS)
        return err_field(e, "tags", "%zu tags; at most %d are allowed", json_array_size(tags), PIPELINE_TAGS);
    json_array_foreach((json_t *)tags, i, tag) {
        const char *text = json_is_string(tag) ? json_string_value(tag) : "";
        if (!tag_ok(text))
            return err_field(e, "tags", TAG_RULE, text, TAG_LENGTH);
    }
    return true;
}

static void read_tags(struct reader *r)
{
    r->p->tags = read_tree(r, r->p->definition, "tags", JSON_ARRAY);
    size_t here = enter(r, "tags");
    if (json_array_size(r->p->tags) > PIPELINE_TAGS)
        WRONG(r, "%zu tags; at most %d are allowed", json_array_size(r->p->tags), PIPELINE_TAGS);
    for (size_t i = 0; i < json_array_size(r->p->tags); i++) {
        char index[24];
        snprintf(index, sizeof index, "%zu", i);
        size_t list = enter(r, index);
        const char *tag = text_of_scalar(r, json_array_get(r->p->tags, i));
        if (!tag || !tag_ok(tag))
            WRONG(r, TAG_RULE, tag ? tag : "", TAG_LENGTH);
        leave(r, list);
    }
    leave(r, here);
}

static void read_concurrency(struct reader *r)
{
    const json_t *value = json_object_get(r->p->definition, "concurrency");
    int64_t n = PIPELINE_DEFAULT_CONCURRENCY;
    if (value && !json_is_null(value)) {
        n = json_int_at(r->p->definition, "concurrency", -1);
        if (n < 1 || n > PIPELINE_CONCURRENCY) {
            size_t here = enter(r, "concurrency");
            WRONG(r, "concurrency must be 1 to %d", PIPELINE_CONCURRENCY);
            leave(r, here);
            n = PIPELINE_DEFAULT_CONCURRENCY;
        }
    }
    r->p->concurrency = (int)n;
}

static void read_policy(struct reader *r)
{
    static const char *const POLICIES[] = { [PIPELINE_QUEUE] = "queue", [PIPELINE_NEWEST] = "newest", [PIPELINE_REFUSE] = "refuse" };
    const char *policy = read_text(r, r->p->definition, "concurrencyPolicy");
    for (size_t i = 0; i < ALEN(POLICIES); i++) {
        if (text_is_any_case(policy, POLICIES[i])) {
            r->p->policy = (enum pipeline_policy)i;
            return;
        }
    }
    size_t here = enter(r, "concurrencyPolicy");
    if (*policy)
        WRONG(r, "concurrencyPolicy '%.40s' is none of queue, newest, refuse", policy);
    leave(r, here);
}

/* "onFailedVerification" */
static void read_on_failed(struct reader *r)
{
    static const struct { const char *name; int means; } CHOICES[] = {
        { "restore", PIPELINE_RESTORES }, { "hold", PIPELINE_HOLDS }, { "restoreAndHold", PIPELINE_RESTORES | PIPELINE_HOLDS },
    };
    const char *choice = read_text(r, r->p->definition, "onFailedVerification");
    for (size_t i = 0; i < ALEN(CHOICES); i++)
        if (text_is_any_case(choice, CHOICES[i].name))
            r->p->on_failed = CHOICES[i].means;
    size_t here = enter(r, "onFailedVerification");
    if (*choice && !r->p->on_failed)
        WRONG(r, "onFailedVerification '%.40s' is none of restore, hold, restoreAndHold", choice);
    leave(r, here);
}

static void read_state(struct reader *r)
{
    struct pipeline *p = r->p;
    const char *state = read_text(r, p->definition, "state");
    const json_t *enabled = json_object_get(p->definition, "enabled");
    p->state_given = *state || (enabled && !json_is_null(enabled));
    if (json_bool_at(p->definition, "enabled", false))
        p->state = PIPELINE_ENABLED;
    if (*state && !pipeline_state_parse(state, &p->state)) {
        size_t here = enter(r, "state");
        WRONG(r, "state '%.40s' is none of ENABLED, DISABLED, RELEASED", state);
        leave(r, here);
    }
}

static void read_head(struct reader *r)
{
    struct pipeline *p = r->p;
    p->name = read_text(r, p->definition, "name");
    size_t here = enter(r, "name");
    check_name(r, "pipeline", p->name, false);
    leave(r, here);
    p->project = read_text(r, p->definition, "project");
    p->description = read_text(r, p->definition, "description");
    p->icon = read_text(r, p->definition, "icon");
    p->inputs = read_tree(r, p->definition, "input", JSON_OBJECT);
    p->input_meta = read_tree(r, p->definition, "_inputMeta", JSON_OBJECT);
    p->outputs = read_tree(r, p->definition, "output", JSON_OBJECT);
    p->options = read_tree(r, p->definition, "options", JSON_ARRAY);
    read_tags(r);
    read_concurrency(r);
    read_policy(r);
    read_on_failed(r);
    read_state(r);
}

/* ---- stages */

static int64_t read_timeout(struct reader *r, const json_t *spec)
{
    const json_t *value = json_object_get(spec, "timeout");
    if (!value || json_is_null(value))
        return 0;
    int64_t minutes = json_int_at(spec, "timeout", 0);
    if (minutes >= 1 && minutes <= TIMEOUT_MINUTES)
        return minutes * CLOCK_MINUTE;
    size_t here = enter(r, "timeout");
    WRONG(r, "timeout must be 1 to %d minutes", TIMEOUT_MINUTES);
    leave(r, here);
    return 0;
}

static const struct condition *read_condition(const char *text)
{
    struct condition *condition = NULL;
    struct err ignored = { 0 }; /* pipeline_check tells it, with its place */
    if (text[strspn(text, " \t\r\n")] && condition_parse(text, strlen(text), 0, &condition, &ignored))
        return condition;
    return NULL;
}

/* retries: 3, or {count: 3, delay: 10, factor: 2}. */
static void read_retries(struct reader *r, const json_t *spec, struct pipeline_task *t)
{
    const json_t *value = json_object_get(spec, "retries");
    if (!value || json_is_null(value))
        return;
    int64_t count = json_is_object(value) ? json_int_at(value, "count", -1) : json_int_at(spec, "retries", -1);
    int64_t delay = json_int_at(value, "delay", 10);
    const json_t *factor = json_object_get(value, "factor");
    t->retry_factor = json_is_number(factor) ? json_number_value(factor) : 2;
    size_t here = enter(r, "retries");
    if (count < 0 || count > PIPELINE_RETRIES)
        WRONG(r, "retries must be a number, or an object whose count is one, of 0 to %d", PIPELINE_RETRIES);
    else if (delay < 0 || delay > RETRY_SECONDS)
        WRONG(r, "delay must be 0 to %d seconds", RETRY_SECONDS);
    else if (!(t->retry_factor >= 1 && t->retry_factor <= 10) || (factor && !json_is_number(factor)))
        WRONG(r, "factor must be a number of 1 to 10");
    leave(r, here);
    t->retries = (int)count;
    t->retry_delay = delay * CLOCK_SECOND;
}

static void read_task(struct reader *r, const char *name, const json_t *spec)
{
    struct pipeline *p = r->p;
    check_name(r, "task", name, true);
    if (!json_is_object(spec)) {
        WRONG(r, "task '%s' must be an object", name);
        return;
    }
    if (p->task_count == PIPELINE_TASKS) {
        WRONG(r, "more than %d tasks", PIPELINE_TASKS);
        return;
    }
    struct pipeline_task *t = &p->tasks[p->task_count];
    *t = (struct pipeline_task){ .name = name, .index = p->task_count++, .stage = p->stage_count, .group = p->group_count, .spec = spec };
    t->type = read_text(r, spec, "type");
    t->endpoints = read_tree(r, spec, "endpoints", JSON_OBJECT);
    t->input = read_tree(r, spec, "input", JSON_OBJECT);
    t->condition_text = read_text(r, spec, "preCondition");
    t->condition_text += strspn(t->condition_text, " \t\r\n");
    t->condition = read_condition(t->condition_text);
    t->ignore_failure = json_bool_at(spec, "ignoreFailure", false);
    t->timeout = read_timeout(r, spec);
    t->undoes = PIPELINE_WHOLE_STAGE;
    read_retries(r, spec, t);
}

/* The key as the object holds it, which lives as long as the definition; NULL when missing. */
static const char *key_of(const json_t *object, const char *name)
{
    if (!json_object_get(object, name))
        return NULL;
    void *at = json_object_iter((json_t *)object);
    while (at && !text_is(json_object_iter_key(at), name))
        at = json_object_iter_next((json_t *)object, at);
    return at ? json_object_iter_key(at) : NULL;
}

static bool task_seen(const struct reader *r, const char *name)
{
    for (size_t i = 0; i < r->p->task_count; i++)
        if (r->p->tasks[i].stage == r->p->stage_count && text_is(r->p->tasks[i].name, name))
            return true;
    return false;
}

/* stage is the stage's own pointer. */
static void read_group_entry(struct reader *r, const json_t *tasks, const char *name, const char *stage)
{
    if (task_seen(r, name)) {
        WRONG(r, "taskOrder names task '%s' twice", name);
        return;
    }
    const char *key = key_of(tasks, name);
    if (!key) {
        WRONG(r, "taskOrder names task '%s', which is not among the stage's tasks", name);
        return;
    }
    char back[sizeof r->pointer];
    memcpy(back, r->pointer, sizeof back);
    snprintf(r->pointer, sizeof r->pointer, "%s", stage);
    enter(r, "tasks");
    enter(r, key);
    read_task(r, key, json_object_get(tasks, key));
    memcpy(r->pointer, back, sizeof back);
}

/* One entry of taskOrder: "A" or "A,B". stage is the stage's own pointer. */
static void read_group(struct reader *r, const json_t *tasks, const char *entry, const char *stage)
{
    struct pipeline *p = r->p;
    size_t first = p->task_count;
    for (const char *at = entry; at;) {
        const char *comma = strchr(at, ',');
        size_t n = comma ? (size_t)(comma - at) : strlen(at);
        while (n && isspace((unsigned char)*at))
            at++, n--;
        while (n && isspace((unsigned char)at[n - 1]))
            n--;
        AUTO_FREE char *name = mem_text_n(at, n);
        read_group_entry(r, tasks, name, stage);
        at = comma ? comma + 1 : NULL;
    }
    size_t count = p->task_count - first;
    if (count > PIPELINE_PARALLEL)
        WRONG(r, "%zu tasks run together; at most %d are allowed", count, PIPELINE_PARALLEL);
    if (count)
        p->groups[p->group_count++] = (struct pipeline_group){ first, count, p->stage_count };
}

static void warn_unused(struct reader *r, const json_t *tasks)
{
    void *at = json_object_iter((json_t *)tasks);
    for (; at; at = json_object_iter_next((json_t *)tasks, at)) {
        if (r->found->errors || task_seen(r, json_object_iter_key(at)))
            continue;
        size_t here = enter(r, "tasks");
        enter(r, json_object_iter_key(at));
        problem_add(r->found, PROBLEM_WARNING, r->pointer, "task '%s' is not in taskOrder and never runs", json_object_iter_key(at));
        leave(r, here);
    }
}

static void read_stage(struct reader *r, const char *name, const json_t *spec)
{
    struct pipeline *p = r->p;
    check_name(r, "stage", name, true);
    if (!json_is_object(spec)) {
        WRONG(r, "stage '%s' must be an object", name);
        return;
    }
    struct pipeline_stage *s = &p->stages[p->stage_count];
    *s = (struct pipeline_stage){ .name = name, .spec = spec, .first_group = p->group_count, .first_task = p->task_count };
    const json_t *order = read_tree(r, spec, "taskOrder", JSON_ARRAY), *tasks = read_tree(r, spec, "tasks", JSON_OBJECT);
    char stage[sizeof r->pointer];
    memcpy(stage, r->pointer, sizeof stage);
    size_t here = enter(r, "taskOrder");
    for (size_t i = 0; i < json_array_size(order); i++) {
        char index[24];
        snprintf(index, sizeof index, "%zu", i);
        size_t list = enter(r, index);
        const char *entry = text_of_scalar(r, json_array_get(order, i));
        if (entry && p->group_count < PIPELINE_TASKS)
            read_group(r, tasks, entry, stage);
        else
            WRONG(r, entry ? "too many groups of tasks" : "an entry of taskOrder must be a text");
        leave(r, list);
    }
    leave(r, here);
    s->group_count = p->group_count - s->first_group;
    s->task_count = p->task_count - s->first_task;
    warn_unused(r, tasks);
    p->stage_count++;
}

static bool stage_seen(const struct pipeline *p, const char *name)
{
    for (size_t i = 0; i < p->stage_count; i++)
        if (text_is(p->stages[i].name, name))
            return true;
    return false;
}

static void read_stage_entry(struct reader *r, const json_t *stages, const json_t *entry)
{
    const char *name = text_of_scalar(r, entry);
    const char *key = name ? key_of(stages, name) : NULL;
    if (!name) {
        WRONG(r, "an entry of stageOrder must be a text");
    } else if (!key) {
        WRONG(r, "stageOrder names stage '%s', which is not among the stages", name);
    } else if (stage_seen(r->p, key)) {
        WRONG(r, "stageOrder names stage '%s' twice", key);
    } else {
        char back[sizeof r->pointer];
        memcpy(back, r->pointer, sizeof back);
        r->pointer[0] = 0;
        enter(r, "stages");
        enter(r, key);
        read_stage(r, key, json_object_get(stages, key));
        memcpy(r->pointer, back, sizeof back);
    }
}

static void read_stages(struct reader *r)
{
    struct pipeline *p = r->p;
    const json_t *order = read_tree(r, p->definition, "stageOrder", JSON_ARRAY);
    const json_t *stages = read_tree(r, p->definition, "stages", JSON_OBJECT);
    size_t here = enter(r, "stageOrder");
    if (json_array_size(order) > PIPELINE_STAGES)
        WRONG(r, "%zu stages; at most %d are allowed", json_array_size(order), PIPELINE_STAGES);
    for (size_t i = 0; i < json_array_size(order) && i < PIPELINE_STAGES; i++) {
        char index[24];
        snprintf(index, sizeof index, "%zu", i);
        size_t list = enter(r, index);
        read_stage_entry(r, stages, json_array_get(order, i));
        leave(r, list);
    }
    leave(r, here);
    void *at = json_object_iter((json_t *)stages);
    for (; at; at = json_object_iter_next((json_t *)stages, at)) {
        const char *name = json_object_iter_key(at);
        if (stage_seen(p, name) || r->found->errors)
            continue;
        enter(r, "stages");
        enter(r, name);
        problem_add(r->found, PROBLEM_WARNING, r->pointer, "stage '%s' is not in stageOrder and never runs", name);
        leave(r, here);
    }
}

/* ---- rollbacks */

static size_t stage_by_name(const struct pipeline *p, const char *name)
{
    size_t i = 0;
    while (i < p->stage_count && !text_is(p->stages[i].name, name))
        i++;
    return i;
}

static void read_rollback(struct reader *r, const json_t *entry)
{
    struct pipeline *p = r->p;
    const char *stage = read_text(r, entry, "stage"), *task = read_text(r, entry, "task"), *name = read_text(r, entry, "name");
    const json_t *inputs = read_tree(r, entry, "inputs", JSON_OBJECT);
    size_t at = stage_by_name(p, stage);
    const struct pipeline_task *of = *task ? pipeline_find_task(p, stage, task) : NULL;
    if (at == p->stage_count || (*task && !of)) {
        problem_add(r->found, PROBLEM_WARNING, r->pointer, "there is no '%s%s%s' to roll back", stage, *task ? "." : "", task);
        return;
    }
    json_t *input = json_pack("{s:s, s:O*}", "pipeline", name, "inputProperties", inputs);
    json_array_append_new(p->texts, input);
    p->tasks[p->run_count] = (struct pipeline_task){ .name = name, .type = "Pipeline", .index = p->run_count, .stage = at, .group = PIPELINE_WHOLE_STAGE, .spec = entry,
                                                     .input = input, .condition_text = "", .undoes = of ? of->index : PIPELINE_WHOLE_STAGE };
    for (size_t i = p->task_count; i < p->run_count; i++)
        if (p->tasks[i].stage == at && p->tasks[i].undoes == p->tasks[p->run_count].undoes)
            WRONG(r, "'%s%s%s' has two rollbacks", stage, *task ? "." : "", task);
    if (text_empty(name))
        WRONG(r, "a rollback needs the name of its pipeline ('name')");
    p->run_count++;
}

static void read_rollbacks(struct reader *r)
{
    const json_t *list = read_tree(r, r->p->definition, "rollbacks", JSON_ARRAY);
    size_t here = enter(r, "rollbacks");
    r->p->run_count = r->p->task_count;
    if (json_array_size(list) > PIPELINE_ROLLBACKS)
        WRONG(r, "%zu rollbacks; at most %d are allowed", json_array_size(list), PIPELINE_ROLLBACKS);
    for (size_t i = 0; i < json_array_size(list) && i < PIPELINE_ROLLBACKS; i++) {
        char index[24];
        snprintf(index, sizeof index, "%zu", i);
        size_t inner = enter(r, index);
        read_rollback(r, json_array_get(list, i));
        leave(r, inner);
    }
    leave(r, here);
}

/* ---- restores */

static bool may_put(const struct pipeline_task *t)
{
    const char *action = json_text_at(t->input, "action", "");
    return text_is(t->type, "K8S") && (text_is_any_case(action, "APPLY") || text_is_any_case(action, "CREATE") || strstr(action, "${"));
}

/* What was put there last is taken back first. */
static void add_restores(struct pipeline *p)
{
    for (size_t i = p->task_count; p->on_failed & PIPELINE_RESTORES && i-- > 0;) {
        const struct pipeline_task *of = &p->tasks[i];
        if (!may_put(of))
            continue;
        p->tasks[p->run_count] = (struct pipeline_task){ .name = of->name, .type = of->type, .index = p->run_count, .stage = of->stage, .group = PIPELINE_WHOLE_STAGE,
                                                         .spec = of->spec, .endpoints = of->endpoints, .input = of->input, .condition_text = "", .undoes = i, .restores = true };
        p->run_count++;
    }
}

/* ---- life */

/* An execution's memory is mostly its tasks', but thousands of definitions are kept too: no more room than needed. */
static void fit(struct pipeline *p)
{
    p->stages = mem_resize(p->stages, (p->stage_count + 1) * sizeof *p->stages);
    p->groups = mem_resize(p->groups, (p->group_count + 1) * sizeof *p->groups);
    p->tasks = mem_resize(p->tasks, (p->run_count + 1) * sizeof *p->tasks);
}

bool pipeline_create(json_t *definition, struct pipeline **ret, struct problems *found)
{
    AUTO_PROBLEMS own = { 0 };
    struct problems *list = found ? found : &own;
    if (!json_is_object(definition)) {
        problem_add(list, PROBLEM_ERROR, "", "a pipeline must be an object");
        return false;
    }
    AUTO(pipeline) p = NEW(struct pipeline);
    p->references = 1;
    p->definition = json_incref(definition);
    p->texts = json_array();
    p->stages = mem_alloc(PIPELINE_STAGES * sizeof *p->stages);
    p->groups = mem_alloc(PIPELINE_TASKS * sizeof *p->groups);
    p->tasks = mem_alloc((PIPELINE_TASKS + PIPELINE_ROLLBACKS + PIPELINE_TASKS) * sizeof *p->tasks);
    struct reader r = { .p = p, .found = list };
    size_t before = list->errors;
    read_head(&r);
    read_stages(&r);
    read_rollbacks(&r);
    add_restores(p);
    if (list->errors > before)
        return false;
    fit(p);
    notifications_compile(p);
    *ret = TAKE(p);
    return true;
}

struct pipeline *pipeline_ref(struct pipeline *pipeline)
{
    pipeline->references++;
    return pipeline;
}

void pipeline_unref(struct pipeline *pipeline)
{
    if (!pipeline || --pipeline->references)
        return;
    for (size_t i = 0; i < pipeline->task_count; i++) {
        struct condition *condition = (struct condition *)pipeline->tasks[i].condition;
        condition_destroy(&condition);
    }
    free(pipeline->stages);
    free(pipeline->groups);
    free(pipeline->tasks);
    free(pipeline->notifications);
    json_decref(pipeline->texts);
    json_decref(pipeline->definition);
    free(pipeline);
}

void pipeline_destroy(struct pipeline **pipeline)
{
    pipeline_unref(*pipeline);
    *pipeline = NULL;
}

/* ---- questions */

const struct pipeline_task *pipeline_find_task(const struct pipeline *pipeline, const char *stage, const char *task)
{
    for (size_t i = 0; i < pipeline->task_count; i++)
        if (text_is(pipeline->tasks[i].name, task) && text_is(pipeline->stages[pipeline->tasks[i].stage].name, stage))
            return &pipeline->tasks[i];
    return NULL;
}

char *pipeline_task_path(const struct pipeline *pipeline, size_t task)
{
    const struct pipeline_task *t = &pipeline->tasks[task];
    if (task >= pipeline->task_count && t->undoes == PIPELINE_WHOLE_STAGE)
        return mem_format("rollback of %s", pipeline->stages[t->stage].name);
    if (task >= pipeline->task_count)
        return mem_format(t->restores ? "restore of %s.%s" : "rollback of %s.%s", pipeline->stages[t->stage].name, pipeline->tasks[t->undoes].name);
    return mem_format("%s.%s", pipeline->stages[t->stage].name, t->name);
}

bool pipeline_declares(const struct pipeline *pipeline, const char *input)
{
    return json_object_get(pipeline->inputs, input) != NULL;
}

static bool mandatory(const struct pipeline *p, const char *input)
{
    const json_t *meta = json_object_get(p->input_meta, input);
    return json_bool_at(meta, "mandatory", false);
}

static bool nothing(const json_t *value)
{
    return !value || json_is_null(value) || (json_is_string(value) && !json_string_length(value));
}

bool pipeline_inputs(const struct pipeline *pipeline, const json_t *given, json_t **ret, struct err *e)
{
    AUTO_JSON *all = json_object();
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)pipeline->inputs, name, value) {
        json_t *ours = json_object_get(given, name);
        json_t *use = ours && !json_is_null(ours) ? ours : value;
        if (mandatory(pipeline, name) && nothing(use))
            return err_field(e, name, "input '%s' is mandatory and has no value", name);
        json_object_set(all, name, use);
    }
    *ret = TAKE(all);
    return true;
}

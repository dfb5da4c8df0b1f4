/* What only administrators may use, and whether a task would use any of it. */
#include <string.h>

#include "auth/auth.h"
#include "base/mem.h"
#include "base/text.h"
#include "pipeline/scope.h"
#include "runner/inside.h"
#include "store_sql.h"

/* ---- reading */

bool restricted_read(struct db_tx *tx, const struct run_row *row, struct knowledge *k, struct err *e)
{
    struct who who = { 0 };
    bool found = false;
    AUTO(db_rows) r = db_rows(tx, SQL_restricted_of_project, "i", row->project_id);
    k->restricted = json_object();
    while (db_next(r, e)) {
        AUTO_FREE char *key = mem_format("%s %s", db_text(r, 0), db_text(r, 1));
        json_object_set_new(k->restricted, key, json_true());
    }
    if (db_rows_failed(r) || !auth_who_acting(tx, row->user_id, row->token_id, &who, &found, e))
        return false;
    k->administrator = found && auth_may(&who, row->project_id, MAY_RESTRICTED);
    who_fini(&who);
    return true;
}

bool restricted_endpoint(const struct knowledge *k, const char *name)
{
    AUTO_FREE char *key = mem_format("endpoint %s", name);
    return !k->administrator && json_object_get(k->restricted, key);
}

json_t *task_roles(const struct pipeline *pipeline, size_t task)
{
    const struct pipeline_task *t = &pipeline->tasks[task];
    const struct task_type *type = task_type_find(t->type);
    const json_t *workspace = pipeline_workspace(pipeline), *registry = json_object_get(workspace, "registry");
    json_t *roles = json_object();
    json_object_update(roles, (json_t *)t->endpoints);
    if (type && type->workspace && json_object_get(workspace, "endpoint"))
        json_object_set(roles, TASK_WORKSPACE, json_object_get(workspace, "endpoint"));
    if (type && type->workspace && registry)
        json_object_set(roles, TASK_WORKSPACE_REGISTRY, (json_t *)registry);
    return roles;
}

/* ---- judging: any reference in the task or its stage counts, wherever it stands */

struct judging {
    const struct knowledge *knowledge;
    const struct pipeline *pipeline;
    json_t *uses; /* {"restricted endpoint 'prod'": true} */
};

static void judge(struct judging *j, const char *kind, const char *name)
{
    AUTO_FREE char *key = mem_format("%s %s", kind, name), *said = mem_format("restricted %s '%s'", kind, name);
    if (json_object_get(j->knowledge->restricted, key))
        json_object_set_new(j->uses, said, json_true());
}

static void judge_text(struct judging *j, const char *text, size_t n)
{
    struct segment piece;
    for (size_t at = 0; segment_next(text, n, &at, &piece);) {
        struct reference r;
        if (!piece.reference)
            continue;
        reference_parse(text + piece.at + 2, piece.length - 3, j->pipeline, &r);
        AUTO_FREE char *name = mem_text_n(r.rest ? r.rest : "", r.rest ? r.rest_length : 0);
        if (r.kind == REFERENCE_VARIABLE)
            judge(j, "variable", name);
    }
}

static void judge_tree(struct judging *j, const json_t *tree, const char *except)
{
    const char *key;
    json_t *value;
    size_t i;
    if (json_is_string(tree))
        judge_text(j, json_string_value(tree), json_string_length(tree));
    json_array_foreach((json_t *)tree, i, value)
        judge_tree(j, value, NULL);
    json_object_foreach((json_t *)tree, key, value) {
        judge_text(j, key, strlen(key));
        if (!text_is(key, except))
            judge_tree(j, value, NULL);
    }
}

/* A name that has no value fails the task itself, before it uses anything. */
static void judge_endpoints(struct judging *j, const json_t *roles, struct scope *scope)
{
    const char *role;
    json_t *name;
    json_object_foreach((json_t *)roles, role, name) {
        AUTO_FREE char *resolved = NULL;
        if (json_is_string(name) && expression_text(json_string_value(name), json_string_length(name), scope, &resolved, NULL, NULL))
            judge(j, "endpoint", resolved);
    }
}

static char *listed(const json_t *uses)
{
    struct text out = { 0 };
    size_t left = json_object_size(uses);
    const char *use;
    json_t *value;
    json_object_foreach((json_t *)uses, use, value)
        text_addf(&out, "%s%s", use, --left > 1 ? ", " : left ? " and " : "");
    return out.length ? text_take(&out) : NULL;
}

char *restricted_uses(const struct run_facts *facts, const struct execution *execution, size_t task)
{
    const struct knowledge *k = facts->owner;
    const struct pipeline_task *t = &execution->pipeline->tasks[task];
    struct execution_scope scope;
    if (k->administrator || !json_object_size(k->restricted))
        return NULL;
    AUTO_JSON *uses = json_object();
    struct judging j = { k, execution->pipeline, uses };
    execution_scope_init(&scope, execution, facts, task);
    AUTO_JSON *roles = task_roles(execution->pipeline, task);
    judge_endpoints(&j, roles, &scope.scope);
    judge_tree(&j, t->spec, NULL);
    if (json_object_get(roles, TASK_WORKSPACE))
        judge_tree(&j, pipeline_workspace(execution->pipeline), NULL);
    judge_tree(&j, execution->pipeline->stages[t->stage].spec, "tasks");
    return listed(uses);
}

char *restricted_in(const struct knowledge *k, const struct pipeline *pipeline, const json_t *tree, const char *endpoint)
{
    AUTO_JSON *uses = json_object();
    struct judging j = { k, pipeline, uses };
    if (k->administrator || !json_object_size(k->restricted))
        return NULL;
    judge_tree(&j, tree, NULL);
    judge(&j, "endpoint", endpoint);
    return listed(uses);
}

/* The YAML of a Kubernetes task that stands in a Git repository: fetched at one commit, which is noted before anything is changed, so
 * that whatever tries again takes the same; then its parameters are bound. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "pipeline/bind.h"
#include "tasks/k8s.h"

static const char *path_of(const struct k8s *k)
{
    return text_empty(k->input.file_path) ? k->input.file_path_old : k->input.file_path;
}

bool k8s_from_file(const struct k8s *k)
{
    return k->action->yaml && !text_empty(path_of(k));
}

bool k8s_file_ok(const struct k8s *k, struct err *e)
{
    if (!k8s_from_file(k))
        return true;
    if (!text_empty(k->input.yaml))
        return err_field(e, "filePath", "both filePath and yaml are given: which of them is meant?");
    return json_object_get(k->job->endpoints, "scm") || err_field(e, "scm", "a file from source control needs its repository: endpoints.scm");
}

/* ---- its parameters */

struct parameters {
    struct scope scope;
    const struct task_job *job;
};

static enum scope_answer find(struct scope *scope, const char *name, size_t n, struct value *ret, struct err *e)
{
    const struct parameters *p = OWNER(scope, struct parameters, scope);
    AUTO_FREE char *key = mem_text_n(name, n);
    AUTO_RESOLUTION more = { 0 };
    json_t *given = json_object_get(json_object_get(p->job->input, "scmConstants"), key), *value = NULL;
    given = given ? given : json_object_get(json_object_get(p->job->input, "parameters"), key);
    if (!given)
        return SCOPE_UNKNOWN;
    if (!expression_resolve_tree(given, NULL, p->job->scope, &value, &more, e)) {
        err_wrap(e, "parameter %s", key);
        return SCOPE_FAILED;
    }
    *ret = (struct value){ .json = value, .outside = more.outside, .secret = json_array_size(more.secrets) > 0 };
    return SCOPE_FOUND;
}

bool k8s_file_bind(struct k8s *k, json_t **ret, struct resolution *more, struct err *e)
{
    struct parameters parameters = { .scope.find = find, .job = k->job };
    const struct git_file *file = &k->fetch.file;
    if (!file->here)
        return err_set(e, ERR_INVALID, "the file %s is read from its repository when the task's turn has come", path_of(k));
    return bind_file(file->bytes, file->size, &parameters.scope, ret, more, e) || err_wrap(e, "%s", path_of(k));
}

/* ---- fetching it */

static void fetched(struct git_fetch *fetch, const struct err *e)
{
    struct k8s *k = OWNER(fetch, struct k8s, fetch);
    k->fetching = false;
    if (!e)
        k8s_say(k, "%s at %.12s of %s", path_of(k), fetch->commit, k->repository->url);
    k->fetched(k, e);
}

static bool take_repository(struct k8s *k, struct err *e)
{
    const json_t *endpoint = json_object_get(k->job->endpoints, "scm");
    const char *name = json_text_at(endpoint, "name", ""), *type = json_text_at(endpoint, "type", "git");
    if (!text_is(type, "git"))
        return err_field(e, "scm", "endpoint '%s' is of type %s, not git", name, type);
    return git_target_from_properties(json_object_get(endpoint, "properties"), &k->repository, e) || err_wrap(e, "endpoint %s", name);
}

bool k8s_file_start(struct k8s *k, void (*done)(struct k8s *k, const struct err *e), struct err *e)
{
    const char *noted = json_text_at(k->job->resolved, "commit", "");
    k->fetched = done;
    k->fetch = (struct git_fetch){ .path = path_of(k), .revision = *noted ? noted : k->input.commit, .most = BIND_SIZE, .done = fetched };
    k->fetching = take_repository(k, e) && git_fetch_start(&k->fetch, k->repository, k->job->services->loop, k->job->services->http, e);
    return k->fetching;
}

void k8s_file_note(const struct k8s *k, json_t *resolved)
{
    if (!k->repository)
        return;
    json_set_text(resolved, "repository", k->repository->url);
    json_set_text(resolved, "file", path_of(k));
    json_set_text(resolved, "commit", k->fetch.commit);
}

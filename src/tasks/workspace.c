#include "tasks/workspace.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "docker/call.h"
#include "event/image_ref.h"
#include "kube/secret.h"
#include "registry/client.h"

enum { LOG_LEAST = 128 << 20 };
enum { ENVIRONMENT_MOST = 200, CACHE_MOST = 20, NAME_MOST = 40 };

/* ---- names */

static char *tame(const char *text)
{
    char *out = mem_text_n(text, strnlen(text, NAME_MOST));
    for (char *p = out; *p; p++)
        if (!isalnum((unsigned char)*p) || (unsigned char)*p > '~')
            *p = '_';
    return out;
}

/* Names of stages and tasks that differ only in what a container's name cannot hold are told apart by the hash. */
static char *container_name(const struct task_job *job)
{
    AUTO_FREE char *both = mem_format("%s/%s", job->stage, job->task), *hash = text_sha256(both, strlen(both)), *shown = tame(both);
    return mem_format("slipway-%s-%s-%.8s-%d", job->execution, shown, hash, job->attempt);
}

/* At most 63 bytes, a DNS label: Kubernetes puts a Job's name into labels of its pods. */
static char *job_name(const struct task_job *job)
{
    AUTO_FREE char *both = mem_format("%s/%s", job->stage, job->task), *hash = text_sha256(both, strlen(both));
    return mem_format("slipway-%s-%.8s-%d", job->execution, hash, job->attempt);
}

char *workspace_cache(const struct task_job *job, const char *path)
{
    AUTO_FREE char *whole = mem_format("%s\n%s\n%s", job->project, job->pipeline, path), *hash = text_sha256(whole, strlen(whole));
    return mem_format("slipway-cache-%.24s", hash);
}

/* ---- reading */

static bool folder_ok(const char *path, const char *field, struct err *e)
{
    return (*path == '/' && path[1] && strlen(path) < 100 && !strchr(path, ':') && !strstr(path, "/../") && !text_ends(path, "/..")) ||
           err_field(e, field, "workspace: %s '%.100s' is no folder of the container, from its root: /build", field, path);
}

static bool take_image(struct workspace *w, const char *image, struct err *e)
{
    struct image_ref ref = { 0 };
    if (!*image)
        return err_field(e, "image", "the pipeline's workspace names no image: CI tasks run in a container of one");
    if (!image_ref_parse(image, &ref, e))
        return err_wrap(e, "workspace: image");
    w->image = mem_format("%s/%s", ref.host, ref.repository);
    w->tag = mem_text(!text_empty(ref.digest) ? ref.digest : !text_empty(ref.tag) ? ref.tag : "latest");
    w->moving = text_is(w->tag, "latest");
    image_ref_fini(&ref);
    return true;
}

/* A password goes to the registry that it is of, and to no other. */
static bool take_registry(struct workspace *w, const json_t *endpoint, struct err *e)
{
    AUTO(registry_target) registry = NULL;
    if (!endpoint)
        return true;
    const char *type = json_text_at(endpoint, "type", ""), *name = json_text_at(endpoint, "name", "");
    if (!text_is(type, "dockerregistry"))
        return err_field(e, "registry", "workspace: endpoint '%s' is of type %s, not dockerregistry", name, type);
    if (!registry_target_from_properties(json_object_get(endpoint, "properties"), NULL, &registry, e))
        return err_wrap(e, "workspace: registry %s", name);
    size_t n = strlen(registry->host);
    if (strncmp(w->image, registry->host, n) != 0 || w->image[n] != '/')
        return err_field(e, "registry", "workspace: the image is %s:%s, but registry '%s' is %s: name the image with its registry, or leave the registry out", w->image, w->tag, name, registry->host);
    if (*registry->username && w->kube)
        w->pull_secret = kube_pull_secret("", NULL, registry->pull_host, registry->username, registry->password);
    else if (*registry->username)
        w->registry_auth = docker_registry_auth(registry->username, registry->password, registry->pull_host);
    return true;
}

static bool take_environment(struct workspace *w, const json_t *given, struct err *e)
{
    const char *name;
    json_t *value;
    w->environment = json_object();
    if (given && !json_is_null(given) && !json_is_object(given))
        return err_field(e, "environmentVariables", "workspace: environmentVariables must be an object of names and values");
    if (json_object_size(given) > ENVIRONMENT_MOST)
        return err_field(e, "environmentVariables", "workspace: more than %d environment variables", ENVIRONMENT_MOST);
    json_object_foreach((json_t *)given, name, value) {
        AUTO_FREE char *text = json_as_text(value);
        if (!*name || strchr(name, '='))
            return err_field(e, "environmentVariables", "workspace: '%.60s' is no name of an environment variable", name);
        json_set_text(w->environment, name, text);
    }
    return true;
}

static bool take_cache(struct workspace *w, const json_t *given, struct err *e)
{
    size_t i;
    json_t *path;
    w->cache = json_array();
    if (json_array_size(given) > CACHE_MOST)
        return err_field(e, "cache", "workspace: more than %d folders in cache", CACHE_MOST);
    json_array_foreach(given, i, path) {
        const char *text = json_is_string(path) ? json_string_value(path) : "";
        if (!folder_ok(text, "cache", e))
            return false;
        json_array_append(w->cache, path);
    }
    return true;
}

/* limits: {cpu: 1.0, memory: 512}, numbers or texts; memory in MB. */
static bool take_limits(struct workspace *w, const json_t *limits, struct err *e)
{
    AUTO_FREE char *cpu = json_as_text(json_object_get(limits, "cpu")), *memory = json_as_text(json_object_get(limits, "memory"));
    char *cpu_end = cpu, *memory_end = memory;
    w->cpu = cpu && *cpu ? strtod(cpu, &cpu_end) : 0;
    double megabytes = memory && *memory ? strtod(memory, &memory_end) : 0;
    if ((cpu && *cpu_end) || !(w->cpu >= 0 && w->cpu <= 1024))
        return err_field(e, "limits.cpu", "workspace: limits.cpu '%.30s' is no number of cores such as 0.5", cpu);
    if ((memory && *memory_end) || !(megabytes >= 0 && megabytes <= 16 << 20) || (megabytes > 0 && megabytes < 6))
        return err_field(e, "limits.memory", "workspace: limits.memory '%.30s' is no number of megabytes from 6 on", memory);
    w->memory = (int64_t)(megabytes * (1 << 20));
    return true;
}

static bool take_engine(struct workspace *w, const struct task_job *job, struct err *e)
{
    const json_t *endpoint = json_object_get(job->endpoints, TASK_WORKSPACE), *properties = json_object_get(endpoint, "properties");
    const char *wanted = w->kube ? "k8s" : "docker", *name = json_text_at(endpoint, "name", ""), *type = json_text_at(endpoint, "type", "");
    if (!endpoint)
        return err_field(e, "endpoint", "the pipeline's workspace names no endpoint: choose one of type %s", wanted);
    if (!text_is(type, wanted))
        return err_field(e, "endpoint", "workspace: endpoint '%s' is of type %s, not %s", name, type, wanted);
    bool ok = w->kube ? kube_target_from_properties(properties, job->services->allow_in_cluster, &w->cluster, e)
                      : docker_target_from_properties(properties, job->services->docker_socket, &w->engine, e);
    return ok || err_wrap(e, "workspace: endpoint %s", name);
}

/* "DOCKER" (also when missing) or "K8S". */
static bool take_type(struct workspace *w, const char *type, struct err *e)
{
    w->kube = text_is_any_case(type, "K8S");
    return w->kube || !*type || text_is_any_case(type, "DOCKER") || err_field(e, "type", "workspace: type '%.30s' is neither DOCKER nor K8S", type);
}

static bool take_namespace(const json_t *said, char **ret, struct err *e)
{
    const char *name = json_text_at(said, "customProperties.namespace", "");
    size_t n = strlen(name);
    if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != n || n > 63 || *name == '-')
        return err_field(e, "customProperties", "workspace: '%.80s' is no name of a namespace", name);
    *ret = mem_text(name);
    return true;
}

/* customProperties: namespace, persistentVolumeClaim; ours on top: storage. */
static bool take_kube(struct workspace *w, const json_t *said, struct err *e)
{
    const char *claim = json_text_at(said, "customProperties.persistentVolumeClaim", json_text_at(said, "customProperties.pvc", ""));
    const char *storage = json_text_at(said, "customProperties.storage", "");
    size_t n = strlen(claim);
    if (strspn(claim, "abcdefghijklmnopqrstuvwxyz0123456789-.") != n || n > 253)
        return err_field(e, "customProperties", "workspace: '%.80s' is no name of a PersistentVolumeClaim", claim);
    if (storage[strspn(storage, "0123456789.EPTGMKikm")] || strlen(storage) > 30)
        return err_field(e, "customProperties", "workspace: storage '%.40s' is no size such as 5Gi", storage);
    w->claim = mem_text(claim);
    w->storage = mem_text(*storage ? storage : "1Gi");
    return take_namespace(said, &w->namespace_, e);
}

bool workspace_namespace(const struct task_job *job, char **ret, struct err *e)
{
    AUTO_JSON *said = NULL;
    if (!expression_resolve_tree(job->workspace, NULL, job->scope, &said, NULL, e))
        return err_wrap(e, "workspace");
    if (text_is_any_case(json_text_at(said, "type", ""), "K8S"))
        return take_namespace(said, ret, e);
    *ret = mem_text("");
    return true;
}

bool workspace_read(const struct task_job *job, struct workspace *w, struct err *e)
{
    AUTO_JSON *said = NULL;
    if (!expression_resolve_tree(job->workspace, NULL, job->scope, &said, NULL, e))
        return err_wrap(e, "workspace");
    const char *path = json_text_at(said, "path", "");
    if (!take_type(w, json_text_at(said, "type", ""), e) || (w->kube && !take_kube(w, said, e)))
        return false;
    w->path = mem_text(*path ? path : "/build");
    w->container = w->kube ? job_name(job) : container_name(job);
    w->volume = mem_format("slipway-%s", job->execution);
    return take_engine(w, job, e) && take_image(w, json_text_at(said, "image", ""), e) && take_registry(w, json_object_get(job->endpoints, TASK_WORKSPACE_REGISTRY), e) &&
           folder_ok(w->path, "path", e) && take_environment(w, json_object_get(said, "environmentVariables"), e) && take_cache(w, json_object_get(said, "cache"), e) &&
           take_limits(w, json_object_get(said, "limits"), e);
}

void workspace_fini(struct workspace *w)
{
    char *texts[] = { w->image, w->tag, w->registry_auth, w->path, w->container, w->volume, w->namespace_, w->claim, w->storage };
    docker_target_destroy(&w->engine);
    kube_target_destroy(&w->cluster);
    json_decref(w->pull_secret);
    for (size_t i = 0; i < ALEN(texts); i++)
        free(texts[i]);
    json_decref(w->environment);
    json_decref(w->cache);
    *w = (struct workspace){ 0 };
}

/* ---- what the engine is told */

static json_t *labels_of(const struct task_job *job)
{
    AUTO_FREE char *task = mem_format("%s.%s", job->stage, job->task);
    AUTO_FREE char *attempt = mem_format("%d", job->attempt);
    return json_pack("{s:s, s:o, s:s, s:o, s:o}", WORKSPACE_LABEL, job->execution, "io.slipway.task", json_text(task), "io.slipway.attempt", attempt, "io.slipway.pipeline",
                     json_text(job->pipeline), "io.slipway.project", json_text(job->project));
}

static json_t *environment_of(const struct workspace *w)
{
    json_t *list = json_array(), *value;
    const char *name;
    json_object_foreach(w->environment, name, value) {
        AUTO_FREE char *line = mem_format("%s=%s", name, json_string_value(value));
        json_array_append_new(list, json_text(line));
    }
    return list;
}

static json_t *mounts_of(const struct workspace *w, const struct task_job *job)
{
    json_t *mounts = json_array(), *path;
    size_t i;
    json_array_append_new(mounts, json_pack("{s:s, s:s, s:s}", "Type", "volume", "Source", w->volume, "Target", w->path));
    json_array_foreach(w->cache, i, path) {
        AUTO_FREE char *name = workspace_cache(job, json_string_value(path));
        if (!*w->engine->shared_path)
            json_array_append_new(mounts, json_pack("{s:s, s:s, s:O}", "Type", "volume", "Source", name, "Target", path));
    }
    return mounts;
}

/* In the engine's shared folder: made there by the engine, where they are missing. */
static json_t *binds_of(const struct workspace *w, const struct task_job *job)
{
    json_t *binds = json_array(), *path;
    size_t i;
    json_array_foreach(w->cache, i, path) {
        AUTO_FREE char *name = workspace_cache(job, json_string_value(path)), *bind = mem_format("%s/%s:%s", w->engine->shared_path, name, json_string_value(path));
        if (*w->engine->shared_path)
            json_array_append_new(binds, json_text(bind));
    }
    return binds;
}

char *workspace_image(const struct workspace *w)
{
    return mem_format("%s%c%s", w->image, text_starts(w->tag, "sha256:") ? '@' : ':', w->tag);
}

json_t *workspace_container(const struct workspace *w, const struct task_job *job, const char *shell)
{
    int64_t log = 2 * job->services->log_most; /* as JSON; and twice, for it is turned over */
    AUTO_FREE char *image = workspace_image(w), *log_size = mem_format("%lld", (long long)(log > LOG_LEAST ? log : LOG_LEAST));
    json_t *host = json_pack("{s:o, s:o, s:{s:s, s:{s:s, s:s}}}", "Mounts", mounts_of(w, job), "Binds", binds_of(w, job), "LogConfig", "Type", "json-file", "Config", "max-size", log_size,
                             "max-file", "2");
    if (w->cpu > 0)
        json_object_set_new(host, "NanoCpus", json_integer((json_int_t)(w->cpu * 1e9)));
    if (w->memory) {
        json_object_set_new(host, "Memory", json_integer(w->memory));
        json_object_set_new(host, "MemorySwap", json_integer(w->memory)); /* no more by swapping */
    }
    return json_pack("{s:s, s:[s], s:[s], s:o, s:o, s:o, s:s}", "Image", image, "Entrypoint", shell, "Cmd", "/.slipway/run", "Env", environment_of(w), "Labels", labels_of(job), "HostConfig",
                     host, "WorkingDir", "/");
}

json_t *workspace_volume(const struct workspace *w, const struct task_job *job)
{
    return json_pack("{s:s, s:{s:s, s:o}}", "Name", w->volume, "Labels", WORKSPACE_LABEL, job->execution, "io.slipway.pipeline", json_text(job->pipeline));
}

#include "tasks/ci_job.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

#define SECRET_MOST (1000 << 10) /* of a Secret's 1 MiB */
#define KEPT_SECONDS (7 * 86400) /* after its end, should nobody remove it */
#define GRACE_SECONDS 3600       /* behind the task's own time, should nobody end it */

/* ---- metadata */

static json_t *metadata(const char *name, const struct workspace *w, const struct task_job *job)
{
    AUTO_FREE char *task = mem_format("%s.%s", job->stage, job->task), *attempt = mem_format("%d", job->attempt);
    json_t *json = json_pack("{s:s, s:{s:s, s:s}, s:{s:o, s:o, s:s, s:o}}", "name", name, "labels", CI_JOB_LABEL, job->execution, "app.kubernetes.io/managed-by", "slipway",
                             "annotations", "slipway.io/pipeline", json_text(job->pipeline), "slipway.io/task", json_text(task), "slipway.io/attempt", attempt, "slipway.io/project",
                             json_text(job->project));
    if (*w->namespace_)
        json_set_text(json, "namespace", w->namespace_);
    return json;
}

/* The Job owns it: it goes when the Job does. */
static void own(json_t *object, const json_t *made)
{
    json_object_set_new(json_object_get(object, "metadata"), "ownerReferences",
                        json_pack("[{s:s, s:s, s:s, s:s}]", "apiVersion", "batch/v1", "kind", "Job", "name", json_text_at(made, "metadata.name", ""), "uid",
                                  json_text_at(made, "metadata.uid", "")));
}

/* ---- the pod */

/* Values may be secrets: they stand in the Secret, and the Job only says where. */
static json_t *environment_of(const struct workspace *w)
{
    json_t *list = json_array(), *value;
    const char *name;
    int number = 0;
    json_object_foreach(w->environment, name, value) {
        AUTO_FREE char *key = mem_format("environment-%d", number++);
        json_array_append_new(list, json_pack("{s:o, s:{s:{s:s, s:s}}}", "name", json_text(name), "valueFrom", "secretKeyRef", "name", w->container, "key", key));
    }
    return list;
}

static json_t *resources_of(const struct workspace *w)
{
    json_t *limits = json_object();
    if (w->cpu > 0)
        json_object_set_new(limits, "cpu", json_sprintf("%.0fm", w->cpu * 1000 < 1 ? 1 : w->cpu * 1000));
    if (w->memory)
        json_object_set_new(limits, "memory", json_sprintf("%lld", (long long)w->memory));
    return json_pack("{s:o}", "limits", limits);
}

static json_t *mounts_of(const struct workspace *w, const struct task_job *job, const char *claim)
{
    json_t *mounts = json_pack("[{s:s, s:s}, {s:s, s:s}, {s:s, s:s}]", "name", "workspace", "mountPath", w->path, "name", "script", "mountPath", "/.slipway", "name", "exports", "mountPath",
                               CI_EXPORTS);
    json_t *path;
    size_t i;
    json_array_foreach(w->cache, i, path) {
        AUTO_FREE char *name = workspace_cache(job, json_string_value(path)), *folder = mem_format(".slipway-cache/%s", name);
        if (*claim && text_is(claim, w->claim))
            json_array_append_new(mounts, json_pack("{s:s, s:O, s:s}", "name", "workspace", "mountPath", path, "subPath", folder));
    }
    return mounts;
}

static json_t *container_of(const struct workspace *w, const struct task_job *job, const char *claim, const char *name)
{
    AUTO_FREE char *image = workspace_image(w);
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "name", name, "image", image, "imagePullPolicy", w->moving ? "Always" : "IfNotPresent", "workingDir", "/", "env", environment_of(w),
                     "resources", resources_of(w), "volumeMounts", mounts_of(w, job, claim));
}

static json_t *steps_of(const struct workspace *w, const struct task_job *job, const char *shell, const char *claim)
{
    static const char RUN[] = "echo '%.*s'\n\"$0\" /.slipway/run\necho \"exit $?\" >/dev/termination-log\n";
    AUTO_FREE char *run = mem_format(RUN, (int)strlen(CI_LOG_BEGINS) - 1, CI_LOG_BEGINS);
    json_t *container = container_of(w, job, claim, CI_STEPS);
    json_object_set_new(container, "command", json_pack("[s, s, s, s]", shell, "-c", run, shell));
    return container;
}

static json_t *files_of(const struct workspace *w, const struct task_job *job, const char *claim)
{
    json_t *container = container_of(w, job, claim, CI_FILES);
    json_object_set_new(container, "command", json_pack("[s, s]", "/bin/sh", "/.slipway/files"));
    json_array_append_new(json_object_get(container, "volumeMounts"), json_pack("{s:s, s:s}", "name", "files", "mountPath", "/.slipway-files"));
    return container;
}

static json_t *volumes_of(const struct workspace *w, const char *claim)
{
    json_t *workspace = *claim ? json_pack("{s:s, s:{s:s}}", "name", "workspace", "persistentVolumeClaim", "claimName", claim) : json_pack("{s:s, s:{}}", "name", "workspace", "emptyDir");
    return json_pack("[o, {s:s, s:{s:s}}, {s:s, s:{}}, {s:s, s:{}}]", workspace, "name", "script", "secret", "secretName", w->container, "name", "exports", "emptyDir", "name", "files",
                     "emptyDir");
}

static char *pull_name(const struct workspace *w)
{
    return mem_format("%s-pull", w->container);
}

json_t *ci_job(const struct workspace *w, const struct task_job *job, const char *shell, const char *claim)
{
    json_t *pod = json_pack("{s:s, s:i, s:b, s:[o], s:[o], s:o}", "restartPolicy", "Never", "terminationGracePeriodSeconds", 1, "automountServiceAccountToken", 0, "initContainers",
                            steps_of(w, job, shell, claim), "containers", files_of(w, job, claim), "volumes", volumes_of(w, claim));
    if (w->pull_secret) {
        AUTO_FREE char *name = pull_name(w);
        json_object_set_new(pod, "imagePullSecrets", json_pack("[{s:s}]", "name", name));
    }
    json_t *spec = json_pack("{s:i, s:i, s:{s:{s:{s:s}, s:{s:s}}, s:o}}", "backoffLimit", 0, "ttlSecondsAfterFinished", KEPT_SECONDS, "template", "metadata", "labels", CI_JOB_LABEL,
                             job->execution, "annotations", "kubectl.kubernetes.io/default-container", CI_STEPS, "spec", pod);
    if (job->deadline > clock_now())
        json_object_set_new(spec, "activeDeadlineSeconds", json_integer((job->deadline - clock_now()) / CLOCK_SECOND + GRACE_SECONDS));
    return json_pack("{s:s, s:s, s:o, s:o}", "apiVersion", "batch/v1", "kind", "Job", "metadata", metadata(w->container, w, job), "spec", spec);
}

/* ---- what stands beside it */

static bool add_data(json_t *data, const char *key, const char *text, size_t *sum, struct err *e)
{
    size_t n = strlen(text);
    AUTO_FREE char *encoded = text_base64(text, n);
    *sum += n;
    json_set_text(data, key, encoded);
    explicit_bzero(encoded, strlen(encoded));
    return *sum <= SECRET_MOST || err_field(e, "steps", "the steps and environmentVariables are longer than the %d KiB that a Secret of a cluster holds", SECRET_MOST >> 10);
}

bool ci_job_secret(const struct workspace *w, const struct task_job *job, const json_t *made, const json_t *files, json_t **ret, struct err *e)
{
    AUTO_JSON *data = json_object();
    size_t sum = 0;
    int number = 0;
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)files, name, value)
        if (!add_data(data, name, json_string_value(value), &sum, e))
            return false;
    json_object_foreach(w->environment, name, value) {
        AUTO_FREE char *key = mem_format("environment-%d", number++);
        if (!add_data(data, key, json_string_value(value), &sum, e))
            return false;
    }
    *ret = json_pack("{s:s, s:s, s:o, s:O}", "apiVersion", "v1", "kind", "Secret", "metadata", metadata(w->container, w, job), "data", data);
    own(*ret, made);
    return true;
}

json_t *ci_job_pull_secret(const struct workspace *w, const struct task_job *job, const json_t *made)
{
    AUTO_FREE char *name = pull_name(w);
    if (!w->pull_secret)
        return NULL;
    json_t *secret = json_deep_copy(w->pull_secret);
    json_object_set_new(secret, "metadata", metadata(name, w, job));
    own(secret, made);
    return secret;
}

json_t *ci_job_claim(const struct workspace *w, const struct task_job *job)
{
    return json_pack("{s:s, s:s, s:o, s:{s:[s], s:{s:{s:s}}}}", "apiVersion", "v1", "kind", "PersistentVolumeClaim", "metadata", metadata(w->volume, w, job), "spec", "accessModes",
                     "ReadWriteOnce", "resources", "requests", "storage", w->storage);
}

/* ---- what became of it */

static const json_t *status_of(const json_t *pod, const char *name)
{
    static const char *const LISTS[] = { "status.initContainerStatuses", "status.containerStatuses" };
    for (size_t i = 0; i < ALEN(LISTS); i++) {
        const json_t *list = json_at(pod, LISTS[i]);
        for (size_t k = 0; k < json_array_size(list); k++)
            if (text_is(json_text_at(json_array_get(list, k), "name", ""), name))
                return json_array_get(list, k);
    }
    return NULL;
}

/* Without a time a kubelet only guesses: it says so of a container that it was told to end, while that still runs. */
static const json_t *ended_of(const json_t *status)
{
    const json_t *ended = json_at(status, "state.terminated");
    return json_text_at(ended, "finishedAt", NULL) ? ended : NULL;
}

void ci_container_read(const json_t *pod, const char *name, struct ci_container *ret)
{
    const json_t *status = status_of(pod, name), *ended = ended_of(status);
    const char *message = json_text_at(ended, "message", "");
    *ret = (struct ci_container){ .exit_code = -1 };
    ret->ended = ended != NULL;
    ret->began = ended || json_at(status, "state.running");
    if (!ended)
        return;
    int code = (int)json_int_at(ended, "exitCode", -1);
    ret->whole = !code && sscanf(message, "exit %d", &ret->exit_code) == 1;
    if (!ret->whole)
        ret->exit_code = code;
    snprintf(ret->reason, sizeof ret->reason, "%s", json_text_at(ended, "reason", ""));
    snprintf(ret->message, sizeof ret->message, "%s", ret->whole ? "" : message);
    text_mend(ret->message);
    ret->out_of_memory = text_is(ret->reason, "OOMKilled");
}

bool ci_pod_runs(const json_t *pod)
{
    static const char *const NAMES[] = { CI_STEPS, CI_FILES };
    for (size_t i = 0; i < ALEN(NAMES); i++) {
        const json_t *status = status_of(pod, NAMES[i]);
        if (json_at(status, "state.running") || (json_at(status, "state.terminated") && !ended_of(status)))
            return true;
    }
    return !json_at(pod, "metadata.deletionTimestamp");
}

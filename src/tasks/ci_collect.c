/* What a CI task's container leaves behind: exports, artifacts, reports; each an archive that the place where it ran gives. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "tasks/ci_inside.h"

#define ARTIFACTS_MOST (64 << 20) /* bytes of one task's artifacts */
enum { EXPORT_MOST = 64 << 10, ARTIFACTS_COUNT = 50, REPORTS_COUNT = 50, FILES_MOST = 20000 };

/* The first thing that is wrong is what the task says; what comes behind goes into the log. */
static void wrong(struct ci *ci, const char *what, const char *path, const struct err *e)
{
    AUTO_FREE char *said = mem_format("%s '%.200s': %.300s", what, path, e->text);
    ci_say(ci, "%s", said);
    if (!ci->message[0])
        snprintf(ci->message, sizeof ci->message, "%s", said);
}

static bool tar_piece(struct ci *ci, const char *bytes, size_t size)
{
    return tar_feed(&ci->tar, bytes, size, &ci->said);
}

static void new_tar(struct ci *ci, bool (*begin)(void *context, const struct tar_entry *entry), bool (*take)(void *context, const char *bytes, size_t size, struct err *e), int64_t most)
{
    tar_reader_fini(&ci->tar);
    ci->tar = (struct tar_reader){ .begin = begin, .take = take, .context = ci, .most = most, .entries_most = FILES_MOST };
}

/* What is wrong with an archive: what its reader said, or the engine; NULL: nothing. */
static const struct err *trouble(struct ci *ci, const struct err *e, struct err *missing)
{
    if (ci->said.kind)
        return &ci->said;
    if (e && e->kind == ERR_NOT_FOUND) {
        err_set(missing, ERR_NOT_FOUND, "there is no such file in the container");
        return missing;
    }
    return e;
}

/* Paths are the workspace's, unless they begin at the root. */
static char *whole_path(const struct ci *ci, const char *path)
{
    return *path == '/' ? mem_text(path) : mem_format("%s/%s", ci->space.path, path);
}

/* ---- reports */

static void next_report(struct ci *ci);

static bool report_entry(void *context, const struct tar_entry *entry)
{
    struct ci *ci = context;
    struct err e = { 0 };
    const json_t *one = json_array_get(json_object_get(ci->input, "process"), ci->at);
    if (ci->report && !report_end(&ci->report, &e))
        wrong(ci, "report", ci->name, &e);
    if (entry->type != '0' || (ci->folder && !text_ends(entry->name, ".xml"))) {
        ci->folder |= entry->type == '5';
        return false;
    }
    snprintf(ci->name, sizeof ci->name, "%.100s", entry->name);
    return report_begin(ci->results, json_text_at(one, "type", ""), &ci->report, &ci->said);
}

static bool report_bytes(void *context, const char *bytes, size_t size, struct err *e)
{
    struct ci *ci = context;
    struct err why = { 0 };
    (void)e;
    if (ci->report && !report_feed(ci->report, bytes, size, &why)) {
        wrong(ci, "report", ci->name, &why);
        report_destroy(&ci->report); /* the others of the folder are read */
    }
    return true;
}

static void report_read(struct ci *ci, const struct err *e)
{
    struct err missing = { 0 }, last = { 0 };
    const struct err *why = trouble(ci, e, &missing);
    if (why)
        report_destroy(&ci->report);
    else if (ci->report && !report_end(&ci->report, &last))
        wrong(ci, "report", ci->name, &last);
    if (why)
        wrong(ci, "report", ci->path, why);
    ci->at++;
    next_report(ci);
}

/* "path", or {"type": "JUnit", "path": "..."}: a file, or a folder whose *.xml are read. */
static void next_report(struct ci *ci)
{
    const json_t *list = json_object_get(ci->input, "process"), *one = json_array_get(list, ci->at);
    if (!one || ci->at >= REPORTS_COUNT) {
        ci_over(ci);
        return;
    }
    const char *path = json_is_string(one) ? json_string_value(one) : json_text_at(one, "path", "");
    if (!*path) {
        ci->at++;
        next_report(ci);
        return;
    }
    free(ci->path);
    ci->path = whole_path(ci, path);
    ci->folder = false;
    new_tar(ci, report_entry, report_bytes, 4 * (int64_t)REPORT_MOST);
    ci->place->archive(ci, ci->path, tar_piece, report_read);
}

/* ---- artifacts */

static void next_artifact(struct ci *ci);

static void close_file(struct ci *ci)
{
    if (ci->fd >= 0)
        close(ci->fd);
    ci->fd = -1;
}

static bool write_all(struct ci *ci, const char *bytes, size_t size, struct err *e)
{
    ci->kept += (int64_t)size;
    if (ci->kept > ARTIFACTS_MOST)
        return err_set(e, ERR_TOO_LARGE, "the artifacts of a task are %d MiB at most", ARTIFACTS_MOST >> 20);
    for (ssize_t n; size; bytes += n, size -= (size_t)n)
        if ((n = write(ci->fd, bytes, size)) < 0)
            return err_set(e, errno == ENOSPC ? ERR_FULL : ERR_INTERNAL, "it cannot be kept for now: %s", strerror(errno));
    return true;
}

/* The first entry says what the path is: a file is kept as it is, a folder as the archive that comes. */
static bool artifact_entry(void *context, const struct tar_entry *entry)
{
    struct ci *ci = context;
    if (!ci->folder && !ci->file) {
        ci->file = entry->type == '0';
        ci->folder = entry->type == '5';
        if (!ci->file && !ci->folder)
            err_set(&ci->said, ERR_INVALID, "it is neither a file nor a folder: name what it leads to");
    }
    return ci->file && entry->type == '0';
}

static bool artifact_bytes(void *context, const char *bytes, size_t size, struct err *e)
{
    return write_all(context, bytes, size, e);
}

static bool artifact_piece(struct ci *ci, const char *bytes, size_t size)
{
    return tar_feed(&ci->tar, bytes, size, &ci->said) && !ci->said.kind && (ci->file || write_all(ci, bytes, size, &ci->said));
}

/* Where the API has it. */
static json_t *link_of(const struct ci *ci)
{
    AUTO_TEXT link = { 0 };
    text_addf(&link, "/codestream/api/executions/%s/artifacts/", ci->job->execution);
    text_add_url(&link, ci->job->stage);
    text_add_char(&link, '/');
    text_add_url(&link, ci->job->task);
    text_addf(&link, "/%zu", ci->at);
    return json_text(text_of(&link));
}

static void artifact_kept(struct task_keep *keep, const struct err *e)
{
    struct ci *ci = OWNER(keep, struct ci, keep);
    ci->keeping = false;
    close_file(ci);
    json_array_append_new(ci->artifacts, e ? json_string("") : link_of(ci));
    if (e)
        wrong(ci, "artifact", ci->path, e);
    ci->at++;
    if (ci->canceled)
        ci_stop(ci);
    else
        next_artifact(ci);
}

static void artifact_read(struct ci *ci, const struct err *e)
{
    struct err missing = { 0 };
    const struct err *why = trouble(ci, e, &missing);
    if (!why) {
        ci->keep = (struct task_keep){ .number = (int)ci->at, .path = ci->path, .folder = ci->folder, .fd = ci->fd, .done = artifact_kept };
        ci->keeping = true;
        task_keep(ci->job, &ci->keep);
        return;
    }
    close_file(ci);
    wrong(ci, "artifact", ci->path, why);
    json_array_append_new(ci->artifacts, json_string(""));
    ci->at++;
    next_artifact(ci);
}

/* A file without a name, on the disk: what a task keeps may be larger than what should stand in memory. */
static int nameless_file(void)
{
    const char *place = getenv("TMPDIR");
    AUTO_FREE char *path = mem_format("%s/slipway-artifact-XXXXXX", text_empty(place) ? "/tmp" : place);
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

static void next_artifact(struct ci *ci)
{
    const json_t *list = json_object_get(ci->input, "artifacts"), *one = json_array_get(list, ci->at);
    if (!one || ci->at >= ARTIFACTS_COUNT) {
        ci->at = 0;
        next_report(ci);
        return;
    }
    free(ci->path);
    ci->path = whole_path(ci, json_is_string(one) ? json_string_value(one) : "");
    ci->fd = nameless_file();
    ci->file = ci->folder = false;
    if (ci->fd < 0) {
        err_set(&ci->said, ERR_INTERNAL, "no file can be made in TMPDIR: %s", strerror(errno));
        artifact_read(ci, NULL);
        return;
    }
    new_tar(ci, artifact_entry, artifact_bytes, ARTIFACTS_MOST);
    ci->place->archive(ci, ci->path, artifact_piece, artifact_read);
}

/* ---- exports */

static void end_export(struct ci *ci)
{
    json_t *read = NULL;
    if (ci->name[0] && ci->json && json_read(text_of(&ci->value), ci->value.length, &read, NULL))
        json_object_set_new(ci->exports, ci->name, read);
    else if (ci->name[0])
        json_object_set_new(ci->exports, ci->name, json_text(text_of(&ci->value)));
    ci->name[0] = 0;
    ci->value.length = 0;
    if (ci->value.at)
        ci->value.at[0] = 0;
}

static bool export_entry(void *context, const struct tar_entry *entry)
{
    struct ci *ci = context;
    const char *name = strrchr(entry->name, '/');
    size_t i;
    json_t *wanted;
    end_export(ci);
    if (entry->type == '0')
        json_array_foreach(ci->wanted, i, wanted)
            if (name && text_is(json_string_value(wanted), name + 1) && strlen(name) < sizeof ci->name)
                snprintf(ci->name, sizeof ci->name, "%s", name + 1);
    return ci->name[0];
}

static bool export_bytes(void *context, const char *bytes, size_t size, struct err *e)
{
    struct ci *ci = context;
    if (ci->value.length + size > EXPORT_MOST)
        return err_set(e, ERR_TOO_LARGE, "%s is longer than %d KiB", ci->name, EXPORT_MOST >> 10);
    text_add_n(&ci->value, bytes, size);
    return true;
}

static void exports_read(struct ci *ci, const struct err *e)
{
    struct err missing = { 0 };
    const struct err *why = trouble(ci, e, &missing);
    size_t i;
    json_t *name;
    end_export(ci);
    if (why)
        wrong(ci, "exports", CI_EXPORTS, why);
    json_array_foreach(ci->wanted, i, name)
        if (!json_object_get(ci->exports, json_string_value(name))) {
            ci_say(ci, "export %s was not set", json_string_value(name));
            json_object_set_new(ci->exports, json_string_value(name), json_string(""));
        }
    next_artifact(ci);
}

static void add_paths(const struct ci *ci, const char *key, size_t most, json_t *paths)
{
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(ci->input, key), i, one) {
        const char *path = json_is_string(one) ? json_string_value(one) : json_text_at(one, "path", "");
        AUTO_FREE char *whole = whole_path(ci, path);
        if ((*path || !json_is_object(one)) && i < most)
            json_array_append_new(paths, json_text(whole));
    }
}

json_t *ci_paths(const struct ci *ci)
{
    json_t *paths = json_array();
    if (json_array_size(ci->wanted))
        json_array_append_new(paths, json_string(CI_EXPORTS));
    add_paths(ci, "process", REPORTS_COUNT, paths);
    add_paths(ci, "artifacts", ARTIFACTS_COUNT, paths);
    return paths;
}

void ci_collect(struct ci *ci)
{
    ci->at = 0; /* an earlier try may have been interrupted by an engine that went away */
    ci->kept = 0;
    close_file(ci);
    results_destroy(&ci->results);
    ci->results = results_create();
    json_object_clear(ci->exports);
    json_array_clear(ci->artifacts);
    task_progress(ci->job, "collecting what the steps left");
    if (!json_array_size(ci->wanted)) {
        next_artifact(ci);
        return;
    }
    new_tar(ci, export_entry, export_bytes, 4 << 20);
    ci->place->archive(ci, CI_EXPORTS, tar_piece, exports_read);
}

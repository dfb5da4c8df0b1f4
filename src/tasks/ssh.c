/* SSH and PowerShell: a script on a host, in a folder of its own there that bears the run's id. It survives the connection, and this
 * server: when either comes back, the script is found running or ended, and its log goes on where it was. */
#include "tasks/script.h"

#include <stdio.h>
#include <string.h>

#include "base/ids.h"
#include "base/mem.h"

/* The attempt in which a run of this very task stands: another attempt is another folder. */
static char *folder_of(const struct task_job *job)
{
    AUTO_FREE char *name = mem_format("%s\n%s", job->stage, job->task);
    AUTO_FREE char *hash = text_sha256(name, strlen(name));
    return mem_format(".slipway-%.36s-%.10s-%d", job->execution, hash, job->attempt);
}

static void take_place(char **kept, const json_t *resolved, const char *key)
{
    const char *text = json_text_at(resolved, key, NULL);
    if (!text)
        return;
    free(*kept);
    *kept = mem_text(text);
}

/* Where the script began, whatever the task's references lead to now. */
static void take_resolved(struct script_task *t)
{
    const json_t *resolved = t->job->resolved;
    if (json_int_at(resolved, "attempt", 0) != t->job->attempt || !json_text_at(resolved, "folder", NULL))
        return;
    t->begun = t->find = true;
    take_place(&t->folder, resolved, "folder");
    take_place(&t->input.name, resolved, "host");
    take_place(&t->input.username, resolved, "user");
    t->input.port = json_int_at(resolved, "port", t->input.port);
}

static void begin(struct task_job *job)
{
    script_begin(job->context);
}

static void abandon(struct task_job *job)
{
    script_free(job->context);
}

static bool start(struct task_job *job, struct err *e)
{
    struct script_task *t = NEW(struct script_task);
    *t = (struct script_task){ .job = job, .folder = folder_of(job), .marker = id_secret(12) };
    if (!script_input_read(job, &t->input, e)) {
        script_free(t);
        return false;
    }
    job->context = t;
    take_resolved(t);
    if (t->begun) {
        script_begin(t);
        return true;
    }
    AUTO_JSON *resolved = json_pack("{s:i}", "attempt", job->attempt);
    task_resolved(job, t->input.shown, resolved, begin, abandon);
    return true;
}

static void cancel(struct task_job *job)
{
    script_cancel(job->context);
}

static void leave(struct task_job *job)
{
    script_free(job->context);
    task_done(job, &(struct task_outcome){ .result = TASK_CANCELED, .message = "the server stops; the script goes on" });
}

static const char *const ENDPOINTS[] = { "agent", NULL };

const struct task_type TASK_SSH = {
    .name = "SSH", .fields = SSH_FIELDS, .field_count = SSH_FIELD_COUNT, .endpoints = ENDPOINTS, .crash = TASK_ASK, .start = start, .cancel = cancel, .leave = leave,
};
const struct task_type TASK_POWERSHELL = {
    .name = "PowerShell", .fields = POWERSHELL_FIELDS, .field_count = POWERSHELL_FIELD_COUNT, .endpoints = ENDPOINTS, .crash = TASK_ASK, .start = start, .cancel = cancel, .leave = leave,
};

/* How an SSH task ends: what the host answered, as outputs and a sentence. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "tasks/script.h"

/* ---- what is left: the folder, once the end is stored */

struct leftover {
    struct remote_session *session;
    char *path;
};

static void removed(void *context, const struct err *e)
{
    struct leftover *l = context;
    (void)e; /* the next launch there sweeps it */
    remote_session_close(&l->session);
    free(l->path);
    free(l);
}

static void stored(void *context, bool yes)
{
    struct leftover *l = context;
    if (!yes) {
        removed(l, NULL);
        return;
    }
    AUTO_FREE char *program = script_program_remove(l->path);
    remote_run(l->session, &(struct remote_program){ .text = program, .timeout_micros = 30000000 }, removed, l);
}

/* ---- the end */

void script_free(struct script_task *t)
{
    timer_clear(&t->timer);
    timer_clear(&t->cancel_timer);
    script_pin_drop(t);
    remote_session_close(&t->session);
    script_input_fini(&t->input);
    text_fini(&t->answer);
    free(t->folder);
    free(t->marker);
    free(t->path);
    free(t);
}

void script_fail(struct script_task *t, enum task_result result, const char *format, ...)
{
    struct task_job *job = t->job;
    char message[1500];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    AUTO_JSON *output = json_pack("{s:s, s:b, s:b, s:s, s:s}", "status", "FAILED", "completed", 0, "error", 1, "errorMessage", "", "scriptExecutionId", t->folder + 1);
    json_set_text(output, "errorMessage", message);
    if (t->path)
        json_set_text(output, "userFolder", t->path);
    script_free(t);
    task_done(job, &(struct task_outcome){ .result = result, .message = message, .output = output });
}

/* ---- what finish answered */

struct finish {
    int64_t code; /* -1: none */
    size_t log, response, logs;
    const char *bytes;
    size_t size;
};

static bool read_finish(const struct script_task *t, struct finish *ret)
{
    const char *at = text_of(&t->answer);
    long long log = -1, response = -1, logs = -1;
    char code[24] = "";
    int n = 0;
    if (sscanf(at, "exit %23s log %lld response %lld logs %lld%n", code, &log, &response, &logs, &n) != 4 || strncmp(at + n, "\n\n", 2) || log < 0 || response < 0 || logs < 0)
        return false;
    *ret = (struct finish){ .code = -1, .log = (size_t)log, .response = (size_t)response, .logs = (size_t)logs, .bytes = at + n + 2, .size = t->answer.length - (size_t)n - 2 };
    text_to_int(code, &ret->code);
    size_t kept = ret->response > SSH_RESPONSE_MOST ? 0 : ret->response;
    return log <= SSH_PART_MOST && logs <= SSH_LOGS_MOST && ret->size >= ret->log + kept + ret->logs;
}

/* JSON in it can be walked into; else it is a text without the last line's end. */
static json_t *response_of(const char *bytes, size_t size)
{
    json_t *tree = NULL;
    if (json_read(bytes, size, &tree, NULL) && (json_is_object(tree) || json_is_array(tree)))
        return tree;
    json_decref(tree);
    while (size && strchr("\r\n", bytes[size - 1]))
        size--;
    AUTO_FREE char *text = mem_text_n(bytes, size);
    return json_text(text);
}

/* The last line that says something. */
static void last_line(const char *logs, char *ret, size_t size)
{
    const char *end = logs + strlen(logs), *begin;
    while (end > logs && strchr(" \t\r\n", end[-1]))
        end--;
    for (begin = end; begin > logs && begin[-1] != '\n';)
        begin--;
    snprintf(ret, size, "%.*s", (int)(end - begin < 200 ? end - begin : 200), begin);
    text_mend(ret);
}

static void say(const struct script_task *t, const struct finish *f, const char *logs, char message[900])
{
    char last[210];
    last_line(logs, last, sizeof last);
    message[0] = 0;
    if (t->canceled && text_is(t->how, "ended"))
        snprintf(message, 900, "canceled: the script on %s was ended", t->input.host);
    else if (t->canceled && text_is(t->how, "killed"))
        snprintf(message, 900, "canceled: the script on %s did not end when it was asked to (SIGTERM), and was killed", t->input.host);
    else if (t->canceled)
        snprintf(message, 900, "canceled; the script on %s had ended%s", t->input.host, f->code == 0 ? " well" : " before");
    else if (f->code < 0)
        snprintf(message, 900, "the script on %s ended without an exit code: it was killed, or the host was restarted%s%s", t->input.host, *last ? "; its last line: " : "", last);
    else if (f->response > SSH_RESPONSE_MOST)
        snprintf(message, 900, "the script wrote %zu bytes to $SCRIPT_RESPONSE_FILE; 1 MiB is the most", f->response);
    else if (f->code > 0)
        snprintf(message, 900, "the script ended with exit code %lld%s%s", (long long)f->code, *last ? "; its last line: " : "", last);
}

static json_t *output_of(const struct script_task *t, const struct finish *f, const char *logs, const char *message)
{
    json_t *output = json_object();
    const struct { const char *key, *file; } FILES[] = { { "responseFilePath", "response" }, { "logFilePath", "log" }, { "errorFilePath", "log" } };
    const char *response = f->bytes + f->log;
    for (size_t i = 0; i < ALEN(FILES); i++) {
        AUTO_FREE char *path = mem_format("%s/%s", t->path, FILES[i].file);
        json_set_text(output, FILES[i].key, path);
    }
    json_object_set_new(output, "response", f->response && f->response <= SSH_RESPONSE_MOST ? response_of(response, f->response) : json_string(""));
    json_object_set_new(output, "exitCode", f->code < 0 ? json_null() : json_integer(f->code));
    json_object_set_new(output, "completed", json_boolean(f->code >= 0));
    json_object_set_new(output, "error", json_boolean(*message != 0));
    json_set_text(output, "errorMessage", message);
    json_set_text(output, "logs", logs);
    json_set_text(output, "userFolder", t->path);
    json_set_text(output, "scriptExecutionId", t->folder + 1);
    json_set_text(output, "status", *message ? "FAILED" : "COMPLETED");
    return output;
}

bool script_part(struct script_task *t)
{
    struct finish f;
    if (!read_finish(t, &f) || f.log < SSH_PART_MOST)
        return false;
    task_log_stream(t->job, f.bytes, f.log);
    t->from += (int64_t)f.log;
    return true;
}

void script_end(struct script_task *t)
{
    struct finish f;
    struct task_job *job = t->job;
    char message[900];
    if (!read_finish(t, &f)) {
        script_fail(t, t->canceled ? TASK_CANCELED : TASK_FAILED, "what the script did on %s is not known: %s is not there any more, or cannot be read", t->input.host, t->path);
        return;
    }
    size_t kept = f.response > SSH_RESPONSE_MOST ? 0 : f.response;
    AUTO_FREE char *logs = mem_text_n(f.bytes + f.log + kept, f.logs);
    task_log_stream(job, f.bytes, f.log);
    say(t, &f, logs, message);
    struct leftover *left = NEW(struct leftover);
    *left = (struct leftover){ .session = TAKE(t->session), .path = mem_text(t->path) };
    AUTO_JSON *output = output_of(t, &f, logs, message);
    enum task_result result = t->canceled ? TASK_CANCELED : *message ? TASK_FAILED : TASK_COMPLETED;
    script_free(t);
    task_done(job, &(struct task_outcome){ .result = result, .message = message, .output = output, .stored = stored, .context = left });
}

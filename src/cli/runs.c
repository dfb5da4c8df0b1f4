/* What happens: run, watch, cancel, logs, explain, rerun. */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/inside.h"

#define P "/pipeline/api"

static int need(const struct cli *cli, const char *usage)
{
    if (cli->count >= 1)
        return CLI_OK;
    fprintf(stderr, "slipway: usage: slipway %s\n", usage);
    return CLI_USAGE;
}

static char *path_of(const char *before, const char *name, const char *after)
{
    AUTO_TEXT path = { 0 };
    text_add(&path, before);
    text_add_url(&path, name);
    text_add(&path, after);
    return text_take(&path);
}

/* ---- watch: stages and tasks as they move */

struct watching {
    struct text line; /* of the event stream, until it is whole */
    char *shown;      /* what was printed last */
    int lines;        /* how many, to go back over on a terminal */
    char status[32];
};

static void add_tasks(struct text *out, const json_t *stage)
{
    size_t i;
    json_t *group;
    json_array_foreach(json_object_get(stage, "taskOrder"), i, group) {
        AUTO_FREE char *names = mem_text(json_string_value(group));
        for (char *rest = names, *name; (name = strsep(&rest, ","));) {
            const json_t *task = json_object_get(json_object_get(stage, "tasks"), name);
            const char *said = json_text_at(task, "statusMessage", "");
            text_addf(out, "    %-24s %-16s %s\n", name, json_text_at(task, "status", "NOT_STARTED"), said);
        }
    }
}

static char *drawn(const json_t *execution)
{
    AUTO_TEXT out = { 0 };
    size_t i;
    json_t *name;
    text_addf(&out, "%s #%lld  %s  %s\n", json_text_at(execution, "name", ""), (long long)json_int_at(execution, "index", 0),
              json_text_at(execution, "status", ""), json_text_at(execution, "statusMessage", ""));
    json_array_foreach(json_object_get(execution, "stageOrder"), i, name) {
        const json_t *stage = json_object_get(json_object_get(execution, "stages"), json_string_value(name));
        text_addf(&out, "  %-26s %s\n", json_string_value(name), json_text_at(stage, "status", "NOT_STARTED"));
        add_tasks(&out, stage);
    }
    return text_take(&out);
}

static void draw(struct watching *w, const json_t *execution)
{
    AUTO_FREE char *text = drawn(execution);
    snprintf(w->status, sizeof w->status, "%s", json_text_at(execution, "status", ""));
    if (text_is(text, w->shown))
        return;
    if (isatty(STDOUT_FILENO) && w->lines)
        printf("\033[%dA\033[J", w->lines);
    fputs(text, stdout);
    fflush(stdout);
    w->lines = 0;
    for (const char *p = text; *p; p++)
        w->lines += *p == '\n';
    free(w->shown);
    w->shown = TAKE(text);
}

static void take_line(struct watching *w)
{
    AUTO_JSON *execution = NULL;
    struct err e = { 0 };
    const char *line = text_of(&w->line);
    if (text_starts(line, "data:") && json_read(line + 5, strlen(line + 5), &execution, &e) && json_at(execution, "status"))
        draw(w, execution);
    text_fini(&w->line);
}

static bool take_stream(void *context, const char *bytes, size_t n)
{
    struct watching *w = context;
    for (size_t i = 0; i < n; i++)
        if (bytes[i] == '\n')
            take_line(w);
        else
            text_add_char(&w->line, bytes[i]);
    return true;
}

static bool over(const char *status)
{
    return text_is(status, "COMPLETED") || text_is(status, "FAILED") || text_is(status, "CANCELED");
}

static int watch(struct cli *cli, const char *id)
{
    struct watching w = { 0 };
    struct err e = { 0 };
    int code = CLI_OK;
    AUTO_FREE char *path = path_of(P "/executions/", id, "/events");
    /* A stream that is cut off (a restart of the server) is taken up again. */
    for (int tries = 0; code == CLI_OK && !over(w.status) && tries < 60; tries++) {
        if (tries)
            sleep(1);
        bool reached = cli_follow(cli, path, take_stream, &w, &e);
        if (!reached && !err_retry(e.kind))
            code = cli_error(&e);
    }
    if (code == CLI_OK && !over(w.status))
        code = cli_error(&e);
    if (code == CLI_OK && !text_is(w.status, "COMPLETED"))
        code = CLI_FAILED;
    text_fini(&w.line);
    free(w.shown);
    return code;
}

static char *last_execution(struct cli *cli)
{
    struct cli_answer a = { 0 };
    char *id = NULL;
    if (cli_do(cli, "GET", P "/executions?$top=1&$orderby=_requestTimeInMicros%20desc", NULL, &a) == CLI_OK) {
        const char *link = json_string_value(json_array_get(json_object_get(a.json, "links"), 0));
        id = link ? mem_text(strrchr(link, '/') + 1) : NULL;
    }
    cli_answer_fini(&a);
    return id;
}

int command_watch(struct cli *cli)
{
    AUTO_FREE char *id = cli->count ? mem_text(cli->words[0]) : last_execution(cli);
    if (id)
        return watch(cli, id);
    fputs("slipway: there is no execution to watch\n", stderr);
    return CLI_NOT_FOUND;
}

int command_run(struct cli *cli)
{
    struct cli_answer a = { 0 };
    AUTO_TEXT path = { 0 };
    if (need(cli, "run PIPELINE [--input NAME=VALUE]... [--wait]"))
        return CLI_USAGE;
    text_add(&path, P "/pipelines/");
    text_add_url(&path, cli->project);
    text_add_char(&path, '/');
    text_add_url(&path, cli->words[0]);
    text_add(&path, "/executions");
    AUTO_JSON *body = json_pack("{s:O,s:s}", "input", cli->input, "comments", "");
    int code = cli_do(cli, "POST", text_of(&path), body, &a);
    if (code == CLI_OK) {
        AUTO_FREE char *id = mem_text(json_text_at(a.json, "executionId", ""));
        if (cli->wait)
            code = watch(cli, id);
        else
            puts(id);
    }
    cli_answer_fini(&a);
    return code;
}

int command_cancel(struct cli *cli)
{
    if (need(cli, "cancel EXECUTION"))
        return CLI_USAGE;
    AUTO_FREE char *path = path_of(P "/executions/", cli->words[0], "?action=cancel");
    AUTO_JSON *body = json_object();
    int code = cli_do(cli, "POST", path, body, NULL);
    if (code == CLI_OK)
        fputs("asked to stop; 'slipway watch' shows what is left\n", stderr);
    return code;
}

static bool take_log(void *context, const char *bytes, size_t n)
{
    (void)context;
    fwrite(bytes, 1, n, stdout);
    fflush(stdout);
    return true;
}

int command_logs(struct cli *cli)
{
    struct err e = { 0 };
    AUTO_TEXT path = { 0 };
    if (need(cli, "logs EXECUTION [--task STAGE.TASK] [--follow]"))
        return CLI_USAGE;
    text_add(&path, P "/executions/");
    text_add_url(&path, cli->words[0]);
    text_addf(&path, "/logs?follow=%s", cli->follow ? "true" : "false");
    if (cli->task) {
        text_add(&path, "&task=");
        text_add_url(&path, cli->task);
    }
    return cli_follow(cli, text_of(&path), take_log, NULL, &e) ? CLI_OK : cli_error(&e);
}

/* ---- why, and again */

int command_explain(struct cli *cli)
{
    struct cli_answer a = { 0 };
    size_t i;
    json_t *considered;
    if (need(cli, "explain EVENT"))
        return CLI_USAGE;
    AUTO_FREE char *path = path_of(P "/registry-events/", cli->words[0], "");
    int code = cli_do(cli, "GET", path, NULL, &a);
    if (code != CLI_OK)
        return code;
    printf("%s:%s  %s  %s\n", json_text_at(a.json, "imageName", ""), json_text_at(a.json, "tag", ""), json_text_at(a.json, "executionStatus", ""),
           json_text_at(a.json, "message", ""));
    json_array_foreach(json_object_get(a.json, "trace"), i, considered)
        printf("  %-20s %s\n", json_text_at(considered, "webhook", ""), json_text_at(considered, "why", ""));
    cli_answer_fini(&a);
    return CLI_OK;
}

int command_rerun(struct cli *cli)
{
    struct cli_answer a = { 0 };
    if (need(cli, "rerun EVENT"))
        return CLI_USAGE;
    AUTO_FREE char *path = path_of(P "/registry-events/", cli->words[0], "?action=rerun");
    int code = cli_do(cli, "POST", path, NULL, &a);
    if (code == CLI_OK)
        fputs("the event runs again; 'slipway watch' shows it\n", stderr);
    cli_answer_fini(&a);
    return code;
}

/* What an execution's tasks said, so far or until it is over. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/inside.h"

#define P "/pipeline/api"
enum { WAIT = 20 }; /* seconds that the server may wait at the end of a log that goes on */

/* The number that the server knows a task by: its id ends in ~STAGE.TASK, tasks are counted through all stages. -1: no such. */
static int task_number(const json_t *execution, const char *wanted)
{
    size_t i;
    json_t *name;
    int before = 0;
    json_array_foreach(json_object_get(execution, "stageOrder"), i, name) {
        const char *key = json_is_string(name) ? json_string_value(name) : "", *task;
        const json_t *tasks = json_object_get(json_object_get(json_object_get(execution, "stages"), key), "tasks");
        json_t *one;
        json_object_foreach((json_t *)tasks, task, one) {
            AUTO_FREE char *whole = mem_format("%s.%s", key, task);
            const char *id = json_text_at(one, "id", ""), *dot = strrchr(id, '.');
            int64_t at = 0;
            if (text_is(whole, wanted) && dot && text_to_int(dot + 1, &at))
                return before + (int)at;
        }
        before += (int)json_object_size(tasks);
    }
    return -1;
}

static int get_execution(struct cli *cli, const char *id, struct cli_answer *ret)
{
    AUTO_FREE char *path = path_of(P "/executions/", id, "");
    return cli_do(cli, "GET", path, NULL, ret);
}

static int find_task(struct cli *cli, const char *id, int *ret)
{
    struct cli_answer a = { 0 };
    int code = cli->task ? get_execution(cli, id, &a) : CLI_OK;
    *ret = cli->task && code == CLI_OK ? task_number(a.json, cli->task) : -1;
    cli_answer_fini(&a);
    if (cli->task && code == CLI_OK && *ret < 0) {
        fprintf(stderr, "slipway: this execution has no task '%s'; tasks are named STAGE.TASK\n", cli->task);
        return CLI_NOT_FOUND;
    }
    return code;
}

/* Prints what came after *after, which moves on; *ret_more: there may be more at once. */
static int print_part(struct cli *cli, const char *id, int task, int wait, int64_t *after, bool *ret_more)
{
    struct cli_answer a = { 0 };
    AUTO_FREE char *which = task >= 0 ? mem_format("&task=%d", task) : mem_text("");
    AUTO_FREE char *more = wait ? mem_format("&wait=%d", wait) : mem_text("");
    AUTO_FREE char *query = mem_format("/logs?after=%lld%s%s", (long long)*after, which, more);
    AUTO_FREE char *path = path_of(P "/executions/", id, query);
    int code = cli_do(cli, "GET", path, NULL, &a);
    if (code == CLI_OK) {
        int64_t next = json_int_at(a.json, "next", *after);
        const char *logs = json_text_at(a.json, "logs", "");
        AUTO_FREE char *clean = isatty(STDOUT_FILENO) ? screen_lines(logs) : NULL; /* a file gets what the pod wrote */
        fputs(clean ? clean : logs, stdout);
        fflush(stdout);
        *ret_more = next != *after;
        *after = next;
    }
    cli_answer_fini(&a);
    return code;
}

/* wait: seconds that the server may wait at the end for more. */
static int print_rest(struct cli *cli, const char *id, int task, int wait, int64_t *after)
{
    int code;
    bool more = false;
    do
        code = print_part(cli, id, task, wait, after, &more);
    while (code == CLI_OK && more);
    return code;
}

/* Until it is over: the server waits for the next line. One that does not wait is asked each second. */
static int print_on(struct cli *cli, const char *id, int task, int64_t *after)
{
    for (;;) {
        struct cli_answer a = { 0 };
        time_t asked = time(NULL);
        int code = print_rest(cli, id, task, WAIT, after);
        if (code != CLI_OK || (code = get_execution(cli, id, &a)) != CLI_OK) {
            cli_answer_fini(&a);
            return code;
        }
        bool over = execution_over(json_text_at(a.json, "status", ""));
        cli_answer_fini(&a);
        if (over)
            return CLI_OK;
        if (time(NULL) - asked < 2)
            sleep(1);
    }
}

int command_logs(struct cli *cli)
{
    int code, task = -1;
    int64_t after = 0;
    AUTO_FREE char *id = execution_id(cli, cli->count ? cli->words[0] : NULL, &code);
    if (!id || (code = find_task(cli, id, &task)) != CLI_OK)
        return code;
    if (cli->follow && (code = print_on(cli, id, task, &after)) != CLI_OK)
        return code;
    return print_rest(cli, id, task, 0, &after); /* of one that was followed: what it said last */
}

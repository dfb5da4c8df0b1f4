/* What happens: run, cancel, rerun; and which execution is meant. */
#include <string.h>

#include "base/ids.h"
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

char *path_of(const char *before, const char *name, const char *after)
{
    AUTO_TEXT path = { 0 };
    text_add(&path, before);
    text_add_url(&path, name);
    text_add(&path, after);
    return text_take(&path);
}

/* ---- which execution */

bool execution_over(const char *status)
{
    static const char *const OVER[] = { "COMPLETED", "FAILED", "CANCELED", "ROLLBACK_COMPLETED", "ROLLBACK_FAILED" };
    for (size_t i = 0; i < ALEN(OVER); i++)
        if (text_is(status, OVER[i]))
            return true;
    return false;
}

static char *newest(struct cli *cli, int *ret_code)
{
    struct cli_answer a = { 0 };
    *ret_code = cli_do(cli, "GET", P "/executions?$top=1&$orderby=_requestTimeInMicros%20desc", NULL, &a);
    const char *link = json_string_value(json_array_get(json_object_get(a.json, "links"), 0));
    char *id = link && strrchr(link, '/') ? mem_text(strrchr(link, '/') + 1) : NULL;
    cli_answer_fini(&a);
    if (*ret_code == CLI_OK && !id) {
        fputs("slipway: there is no execution yet\n", stderr);
        *ret_code = CLI_NOT_FOUND;
    }
    return id;
}

static char *by_number(struct cli *cli, const char *name, const char *divide, int *ret_code)
{
    struct cli_answer a = { 0 };
    AUTO_TEXT path = { 0 };
    AUTO_FREE char *pipeline = mem_text_n(name, (size_t)(divide - name));
    text_add(&path, P "/pipelines/");
    text_add_url(&path, cli->project);
    text_add_char(&path, '/');
    text_add_url(&path, pipeline);
    text_add(&path, "/executions/");
    text_add_url(&path, divide + 1);
    *ret_code = cli_do(cli, "GET", text_of(&path), NULL, &a);
    char *id = *ret_code == CLI_OK ? mem_text(json_text_at(a.json, "id", "")) : NULL;
    cli_answer_fini(&a);
    return id;
}

char *execution_id(struct cli *cli, const char *name, int *ret_code)
{
    const char *divide = name ? strrchr(name, '#') : NULL;
    *ret_code = CLI_OK;
    return !name ? newest(cli, ret_code) : divide ? by_number(cli, name, divide, ret_code) : mem_text(name);
}

int command_watch(struct cli *cli)
{
    int code;
    AUTO_FREE char *id = execution_id(cli, cli->count ? cli->words[0] : NULL, &code);
    return id ? watch_execution(cli, id) : code;
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
            code = watch_execution(cli, id);
        else
            puts(id);
    }
    cli_answer_fini(&a);
    return code;
}

static int act(struct cli *cli, const char *action, const char *usage, const char *done)
{
    if (need(cli, usage))
        return CLI_USAGE;
    int code;
    AUTO_FREE char *query = mem_format("?action=%s", action);
    AUTO_FREE char *id = execution_id(cli, cli->words[0], &code);
    if (!id)
        return code;
    AUTO_FREE char *path = path_of(P "/executions/", id, query);
    AUTO_JSON *body = json_object();
    code = cli_do(cli, "POST", path, body, NULL);
    if (code == CLI_OK)
        fprintf(stderr, "%s\n", done);
    return code;
}

int command_cancel(struct cli *cli)
{
    return act(cli, "cancel", "cancel EXECUTION", "asked to stop; 'slipway watch' shows what is left");
}

int command_pause(struct cli *cli)
{
    return act(cli, "pause", "pause EXECUTION", "it pauses once the tasks that run have ended");
}

int command_resume(struct cli *cli)
{
    return act(cli, "resume", "resume EXECUTION", "it goes on");
}

int command_start(struct cli *cli)
{
    return act(cli, "start", "start EXECUTION", "it begins as soon as it has a place");
}

/* ---- what a run pushed */

int command_pushed(struct cli *cli)
{
    struct cli_answer a = { 0 };
    int code = CLI_USAGE;
    if (need(cli, "pushed IMAGE:TAG --execution EXECUTION [--digest sha256:...]"))
        return CLI_USAGE;
    if (!cli->execution) {
        fputs("slipway: --execution says which run pushed it\n", stderr);
        return CLI_USAGE;
    }
    AUTO_FREE char *id = execution_id(cli, cli->execution, &code);
    if (!id)
        return code;
    AUTO_FREE char *path = path_of(P "/executions/", id, "/pushes");
    AUTO_JSON *body = json_pack("{s:s}", "image", cli->words[0]);
    if (cli->digest)
        json_set_text(body, "digest", cli->digest);
    code = cli_do(cli, "POST", path, body, &a);
    if (code == CLI_OK && cli->output != OUTPUT_TABLE)
        cli_show(cli, a.json, NULL, 0);
    cli_answer_fini(&a);
    return code;
}

/* ---- why, and again */

/* What a webhook's limit or a hold keeps back. */
static int act_on_held(struct cli *cli, const char *action, const char *usage)
{
    struct cli_answer a = { 0 };
    if (need(cli, usage))
        return CLI_USAGE;
    AUTO_FREE char *query = mem_format("?action=%s", action), *path = path_of(P "/registry-events/", cli->words[0], query);
    int code = cli_do(cli, "POST", path, NULL, &a);
    AUTO_FREE char *message = screen_clean(code == CLI_OK ? json_text_at(a.json, "message", "") : "");
    if (code == CLI_OK && cli->output != OUTPUT_TABLE)
        cli_show(cli, a.json, NULL, 0);
    else if (code == CLI_OK)
        fprintf(stderr, "%s%s%s\n", json_text_at(a.json, "executionStatus", ""), *message ? ": " : "", message);
    cli_answer_fini(&a);
    return code;
}

/* A webhook's holds end, and what waits behind them is judged. */
static int release_webhook(struct cli *cli)
{
    struct cli_answer a = { 0 };
    AUTO_FREE char *webhook = object_path(cli, kind_find("webhooks"), cli->words[1]), *path = mem_format("%s?action=release", webhook);
    int code = cli_do(cli, "POST", path, NULL, &a);
    if (code == CLI_OK && cli->output != OUTPUT_TABLE)
        cli_show(cli, a.json, NULL, 0);
    else if (code == CLI_OK)
        fputs("what it held goes on, in the order of its arrival; 'slipway events' shows it\n", stderr);
    cli_answer_fini(&a);
    return code;
}

int command_release(struct cli *cli)
{
    if (cli->count > 1 && (text_is(cli->words[0], "webhook") || text_is(cli->words[0], "webhooks")))
        return release_webhook(cli);
    return act_on_held(cli, "release", "release EVENT | webhook NAME");
}

int command_discard(struct cli *cli)
{
    return act_on_held(cli, "discard", "discard EVENT");
}

static void tell_many(const json_t *answer)
{
    static const char *const LEFT[][2] = { { "superseded", "run again before" }, { "underWay", "under way, or held" },
                                           { "notTaken", "taken by no webhook, then or now" } };
    size_t i;
    json_t *one;
    printf("%lld of %lld events %s\n", (long long)json_int_at(answer, "count", 0), (long long)json_int_at(answer, "matched", 0),
           json_array_size(json_object_get(answer, "started")) ? "run again" : "would run again");
    for (i = 0; i < ALEN(LEFT); i++)
        if (json_int_at(answer, LEFT[i][0], 0))
            printf("  left out: %lld %s\n", (long long)json_int_at(answer, LEFT[i][0], 0), LEFT[i][1]);
    json_array_foreach(json_object_get(answer, "refused"), i, one) {
        AUTO_FREE char *message = screen_clean(json_text_at(one, "message", ""));
        printf("  %s: %s\n", json_text_at(one, "event", ""), message);
    }
}

/* First how many; then, when that is wanted, just these: the server refuses when they are others meanwhile. */
static int rerun_many(struct cli *cli)
{
    struct cli_answer a = { 0 };
    AUTO_TEXT path = { 0 };
    char fresh[ID_TEXT];
    AUTO_FREE char *key = mem_text(cli->key ? cli->key : id_new(fresh)), *filter = list_filter(cli, kind_find("events"));
    if (text_empty(cli->filter) && text_empty(cli->search)) {
        fputs("slipway: say which: slipway rerun events --filter \"status eq 'FAILED'\"\n", stderr);
        return CLI_USAGE;
    }
    text_add(&path, P "/registry-events?action=rerun&$filter=");
    text_add_url(&path, filter ? filter : "");
    text_add(&path, "&search=");
    text_add_url(&path, cli->search ? cli->search : "");
    cli->key = NULL;
    int code = cli_do(cli, "POST", text_of(&path), NULL, &a);
    if (code == CLI_OK && cli->yes) {
        text_addf(&path, "&expect=%lld", (long long)json_int_at(a.json, "count", 0));
        cli_answer_fini(&a);
        cli->key = key;
        code = cli_do(cli, "POST", text_of(&path), NULL, &a);
        cli->key = NULL;
    }
    if (code == CLI_OK && cli->output != OUTPUT_TABLE)
        cli_show(cli, a.json, NULL, 0);
    else if (code == CLI_OK)
        tell_many(a.json);
    if (code == CLI_OK && !cli->yes)
        fputs("nothing was started; --yes starts them\n", stderr);
    cli_answer_fini(&a);
    return code;
}

static int rerun_execution(struct cli *cli)
{
    struct cli_answer a = { 0 };
    int code;
    AUTO_FREE char *id = execution_id(cli, cli->words[0], &code);
    if (!id)
        return code;
    AUTO_FREE char *path = path_of(P "/executions/", id, "?action=rerun");
    AUTO_JSON *body = json_pack("{s:s}", "from", cli->from ? cli->from : "start");
    code = cli_do(cli, "POST", path, body, &a);
    AUTO_FREE char *made = mem_text(code == CLI_OK ? json_text_at(a.json, "executionId", "") : "");
    if (code == CLI_OK && cli->wait)
        code = watch_execution(cli, made);
    else if (code == CLI_OK && cli->output != OUTPUT_TABLE)
        cli_show(cli, a.json, NULL, 0);
    else if (code == CLI_OK)
        puts(made);
    cli_answer_fini(&a);
    return code;
}

int command_rerun(struct cli *cli)
{
    struct cli_answer a = { 0 };
    if (need(cli, "rerun EVENT | EXECUTION --from start|stop [--wait] | events --filter F [--yes]"))
        return CLI_USAGE;
    if (text_is(cli->words[0], "events"))
        return rerun_many(cli);
    if (cli->from || strchr(cli->words[0], '#'))
        return rerun_execution(cli);
    AUTO_FREE char *path = path_of(P "/registry-events/", cli->words[0], "?action=rerun");
    int code = cli_do(cli, "POST", path, NULL, &a);
    if (code == CLI_OK)
        fputs("the event runs again; 'slipway watch' shows it\n", stderr);
    cli_answer_fini(&a);
    return code;
}

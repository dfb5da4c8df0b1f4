/* slipway secure: a secret that stands somewhere as it is becomes a SECRET variable; slipway variable set: a variable's value, typed or read. */
#include <string.h>

#include "base/mem.h"
#include "cli/inside.h"

#define P "/pipeline/api"

static const char *const SECURED[] = { "pipeline", "endpoint", "variable" };

static void say_secured(const json_t *answer)
{
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(answer, "secured"), i, one) {
        AUTO_FREE char *variable = screen_clean(json_text_at(one, "variable", "")), *pointer = screen_clean(json_text_at(one, "pointer", ""));
        fprintf(stderr, "SECRET variable %s holds what stood at %s\n", variable, pointer);
    }
}

int command_secure(struct cli *cli)
{
    struct cli_answer a = { 0 };
    bool known = false;
    for (size_t i = 0; cli->count > 1 && i < ALEN(SECURED); i++)
        known = known || text_is(SECURED[i], cli->words[0]);
    if (!known || cli->count > 3) {
        fputs("slipway: usage: slipway secure pipeline|endpoint|variable NAME [POINTER] [--variable NAME]\n", stderr);
        return CLI_USAGE;
    }
    AUTO_FREE char *object = object_path(cli, kind_find(cli->words[0]), cli->words[1]);
    AUTO_FREE char *path = mem_format("%s/secrets", object);
    AUTO_JSON *body = json_pack("{s:s, s:s}", "pointer", cli->count > 2 ? cli->words[2] : "", "variable", cli->variable ? cli->variable : "");
    int code = cli_do(cli, "POST", path, body, &a);
    if (code == CLI_OK)
        say_secured(a.json);
    if (code == CLI_OK && cli->output != OUTPUT_TABLE)
        cli_show(cli, a.json, NULL, 0);
    cli_answer_fini(&a);
    return code;
}

/* The whole of a file, but for the end of its only line; else what is typed. NULL with e. */
static char *read_value(const struct cli *cli, struct err *e)
{
    if (!cli->file)
        return cli_read_secret("Value");
    char *text = cli_read_file(cli->file, e);
    char *end = text ? strchr(text, '\n') : NULL;
    if (end && !end[1])
        *end = 0;
    if (end && end > text && !*end && end[-1] == '\r')
        end[-1] = 0;
    return text;
}

/* PUT where it is, POST where it is not. */
static int set_variable(struct cli *cli, const char *name, const char *value)
{
    struct cli_answer a = { 0 };
    struct err e = { 0 };
    AUTO_FREE char *path = object_path(cli, kind_find("variables"), name);
    if (!cli_call(cli, "GET", path, NULL, NULL, &a, &e))
        return cli_error(&e);
    bool there = a.status == 200;
    int code = there || a.status == 404 ? CLI_OK : cli_refused(&a);
    AUTO_JSON *body = json_pack("{s:s, s:s, s:s, s:s}", "project", cli->project, "name", name, "value", value, "type",
                                cli->type ? cli->type : json_text_at(there ? a.json : NULL, "type", "SECRET"));
    cli_answer_fini(&a);
    if (code == CLI_OK)
        code = body ? cli_do(cli, there ? "PUT" : "POST", there ? path : P "/variables", body, NULL) : (fputs("slipway: the value is no UTF-8 text\n", stderr), CLI_USAGE);
    if (code == CLI_OK)
        fprintf(stderr, "variable %s %s\n", name, there ? "updated" : "created");
    return code;
}

int command_variable(struct cli *cli)
{
    struct err e = { 0 };
    if (cli->count != 2 || !text_is(cli->words[0], "set")) {
        fputs("slipway: usage: slipway variable set NAME [--type SECRET|RESTRICTED|REGULAR] [-f FILE|-]\n", stderr);
        return CLI_USAGE;
    }
    AUTO_FREE char *value = read_value(cli, &e);
    if (!value)
        return cli_error(&e);
    int code = *value ? set_variable(cli, cli->words[1], value) : (fputs("slipway: no value was given\n", stderr), CLI_USAGE);
    explicit_bzero(value, strlen(value));
    return code;
}

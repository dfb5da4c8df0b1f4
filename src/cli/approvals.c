/* What runs ask of people, answered from here: approve, reject. */
#include <stdio.h>
#include <string.h>

#include "base/ids.h"
#include "base/mem.h"
#include "cli/inside.h"

#define P "/pipeline/api"

/* The id of a user operation that is still asked, named by its id or by its six digits. The caller's; NULL, with the exit code. */
static char *operation_id(struct cli *cli, const char *word, int *ret_code)
{
    struct cli_answer a = { 0 };
    *ret_code = CLI_OK;
    if (strlen(word) > 6)
        return mem_text(word);
    AUTO_FREE char *filter = mem_format("index eq '%s' and status eq 'ACTIVE'", word), *path = path_of(P "/user-operations?$filter=", filter, "");
    *ret_code = cli_do(cli, "GET", path, NULL, &a);
    const json_t *links = json_object_get(a.json, "links");
    const char *link = json_string_value(json_array_get(links, 0)), *slash = link ? strrchr(link, '/') : NULL;
    char *id = slash && json_array_size(links) == 1 ? mem_text(slash + 1) : NULL;
    if (*ret_code == CLI_OK && !id) {
        fprintf(stderr, "slipway: %s operation %s waits for an answer: slipway get user-operations --filter \"status eq 'ACTIVE'\"\n",
                slash ? "more than one" : "no", word);
        *ret_code = CLI_NOT_FOUND;
    }
    cli_answer_fini(&a);
    return id;
}

static int respond(struct cli *cli, const char *status, const char *usage)
{
    int code = CLI_OK;
    if (!cli->count) {
        fprintf(stderr, "slipway: usage: slipway %s\n", usage);
        return CLI_USAGE;
    }
    for (int i = 0; i < cli->count && code == CLI_OK; i++) {
        struct cli_answer a = { 0 };
        AUTO_FREE char *id = operation_id(cli, cli->words[i], &code);
        if (!id)
            return code;
        AUTO_FREE char *path = path_of(P "/user-operations/", id, "");
        AUTO_JSON *body = json_pack("{s:s, s:s}", "status", status, "responseMessage", cli->comment ? cli->comment : "");
        code = cli_do(cli, "POST", path, body, &a);
        AUTO_FREE char *task = screen_clean(json_text_at(a.json, "task", "")), *name = screen_clean(json_text_at(a.json, "name", ""));
        if (code == CLI_OK && cli->output != OUTPUT_TABLE)
            cli_show(cli, a.json, NULL, 0);
        else if (code == CLI_OK)
            fprintf(stderr, "%s: %s of %s #%lld\n", json_text_at(a.json, "status", ""), task, name, (long long)json_int_at(a.json, "executionIndex", 0));
        cli_answer_fini(&a);
    }
    return code;
}

int command_approve(struct cli *cli)
{
    return respond(cli, "APPROVED", "approve OPERATION... [--comment TEXT]");
}

int command_reject(struct cli *cli)
{
    return respond(cli, "REJECTED", "reject OPERATION... [--comment TEXT]");
}

/* Cloud Proxies: made, joined by an instance's token, their keys changed, their instances revoked. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "cli/inside.h"

#define P "/pipeline/api"
#define INSTANCES_MOST 10000 /* Cloud Proxies */

static int create(struct cli *cli)
{
    struct cli_answer a = { 0 };
    AUTO_JSON *body = json_pack("{s:s}", "name", cli->words[1]);
    const struct kind *kind = kind_find("cloud-proxies");
    if (cli->description)
        json_set_text(body, "description", cli->description);
    if (cli->project_given)
        json_set_text(body, "project", cli->project);
    int code = cli_do(cli, "POST", P "/cloud-proxies", body, &a);
    if (code == CLI_OK) {
        cli_show(cli, a.json, kind->columns, kind->count);
        fprintf(stderr, "next: slipway cloud-proxy token %s\n", cli->words[1]);
    }
    cli_answer_fini(&a);
    return code;
}

/* The token goes to stdout, alone, so that a script can take it. */
static int token(struct cli *cli)
{
    struct cli_answer a = { 0 };
    int64_t hours = 24;
    if (cli->hours && !text_to_int(cli->hours, &hours)) {
        fprintf(stderr, "slipway: --hours is a whole number, not '%s'\n", cli->hours);
        return CLI_USAGE;
    }
    AUTO_FREE char *path = path_of(P "/cloud-proxies/", cli->words[1], "/tokens");
    AUTO_JSON *body = json_pack("{s:I}", "hours", (json_int_t)hours);
    int code = cli_do(cli, "POST", path, body, &a);
    if (code == CLI_OK && cli->output != OUTPUT_TABLE)
        cli_show(cli, a.json, NULL, 0);
    else if (code == CLI_OK) {
        puts(json_text_at(a.json, "token", ""));
        AUTO_FREE char *command = screen_clean(json_text_at(a.json, "command", "")), *until = screen_clean(json_text_at(a.json, "expiresAt", ""));
        fprintf(stderr, "it enrols one instance, until %s, and is not shown again:\n  %s\n", until, command);
    }
    cli_answer_fini(&a);
    return code;
}

static int act(struct cli *cli, const char *method, const char *action)
{
    struct cli_answer a = { 0 };
    AUTO_FREE char *before = path_of(P "/cloud-proxies/", cli->words[1], "/instances/"), *path = path_of(before, cli->words[2], "");
    AUTO_JSON *body = action ? json_pack("{s:s}", "action", action) : NULL;
    int code = cli_do(cli, method, path, body, &a);
    if (code == CLI_OK && cli->output != OUTPUT_TABLE)
        cli_show(cli, a.json, NULL, 0);
    else if (code == CLI_OK)
        fputs(action ? "the instance has a new key; it counts from its next connection on\n" : "revoked: its link has ended, and its key is worth nothing\n", stderr);
    cli_answer_fini(&a);
    return code;
}

/* Each process behind them, in one table. */
static int instances(struct cli *cli)
{
    static const struct column COLUMNS[] = { { "CLOUD PROXY", "proxy" }, { "HOST", "hostName" }, { "STATUS", "status" }, { "FROM", "address" },
                                             { "VERSION", "version" }, { "MS", "latencyMillis" }, { "STREAMS", "streams" }, { "JOURNAL", "journalWaiting" },
                                             { "LAST SEEN", "lastSeen" }, { "ID", "id" } };
    AUTO_JSON *proxies = NULL, *rows = json_array();
    int code = list_rows(cli, kind_find("cloud-proxies"), INSTANCES_MOST, &proxies);
    size_t i, k;
    json_t *proxy, *instance;
    if (code != CLI_OK)
        return code;
    json_array_foreach(proxies, i, proxy)
        json_array_foreach(json_object_get(proxy, "instances"), k, instance) {
            json_t *row = json_deep_copy(instance);
            json_set_text(row, "proxy", json_text_at(proxy, "name", ""));
            json_array_append_new(rows, row);
        }
    cli_show_rows(cli, rows, COLUMNS, ALEN(COLUMNS));
    return CLI_OK;
}

int command_cloud_proxy(struct cli *cli)
{
    const char *what = cli->count ? cli->words[0] : "";
    if (text_is(what, "create") && cli->count == 2)
        return create(cli);
    if (text_is(what, "token") && cli->count == 2)
        return token(cli);
    if (text_is(what, "rotate") && cli->count == 3)
        return act(cli, "POST", "rotate");
    if (text_is(what, "revoke") && cli->count == 3)
        return act(cli, "DELETE", NULL);
    if (text_is(what, "instances") && cli->count == 1)
        return instances(cli);
    fputs("slipway: usage: slipway cloud-proxy create NAME [--description TEXT] [--project NAME] | token NAME [--hours N] | instances | rotate NAME INSTANCE | revoke NAME INSTANCE\n",
          stderr);
    return CLI_USAGE;
}

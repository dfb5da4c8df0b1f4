/* What people make, by name: get, describe, delete, import, export. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/inside.h"

#define P "/pipeline/api"
#define PAGE 500

static const struct column PIPELINES[] = { { "NAME", "name" }, { "PROJECT", "project" }, { "STATE", "state" }, { "UPDATED", "updatedAt" } };
static const struct column ENDPOINTS[] = { { "NAME", "name" }, { "PROJECT", "project" }, { "TYPE", "type" }, { "UPDATED", "updatedAt" } };
static const struct column CLOUD_PROXIES[] = { { "NAME", "name" }, { "PROJECT", "project" }, { "STATUS", "status" }, { "CONNECTED", "connected" },
                                               { "INSTANCES", "instanceCount" }, { "ENDPOINTS", "endpointCount" }, { "ID", "id" } };
static const struct column VARIABLES[] = { { "NAME", "name" }, { "PROJECT", "project" }, { "TYPE", "type" }, { "VALUE", "value" } };
static const struct column WEBHOOKS[] = { { "NAME", "name" }, { "ENABLED", "enabled" }, { "ENDPOINT", "endpoint" }, { "PIPELINE", "pipeline" },
                                          { "IMAGE", "imageNameRegExPattern" }, { "TAG", "tagNamePattern" }, { "DOCKER HUB", "dockerHub.state" },
                                          { "SWEEP", "sweepStatus.message" } };
static const struct column HOOKS[] = { { "NAME", "name" }, { "REPOSITORY", "repository" }, { "WEBHOOK", "webhook" }, { "WANTED", "wanted" },
                                       { "STATE", "state" }, { "NEXT TRY", "nextTryAt" }, { "MESSAGE", "message" }, { "ID", "id" } };
static const struct column WATCHES[] = { { "REPOSITORY", "repository" }, { "REGISTRY", "registry" }, { "TAGS", "tags" },
                                         { "LOOKED AT", "checkedAt" }, { "NEXT", "nextAt" }, { "MESSAGE", "message" } };
static const struct column EVENTS[] = { { "TIME", "createdAt" }, { "IMAGE", "imageName" }, { "TAG", "tag" }, { "WEBHOOK", "name" },
                                        { "STATUS", "executionStatus" }, { "MESSAGE", "message" }, { "ID", "id" } };
static const struct column EXECUTIONS[] = { { "PIPELINE", "name" }, { "#", "index" }, { "STATUS", "status" }, { "BY", "_executedBy" },
                                            { "MESSAGE", "statusMessage" }, { "ID", "id" } };
static const struct column USER_OPERATIONS[] = { { "INDEX", "index" }, { "STATUS", "status" }, { "PIPELINE", "name" }, { "#", "executionIndex" }, { "TASK", "task" },
                                                 { "SUMMARY", "summary" }, { "EXPIRES", "expiresOn" }, { "BY", "respondedBy" }, { "ID", "id" } };
static const struct column DEPLOYMENTS[] = { { "SINCE", "since" }, { "CLUSTER", "endpoint" }, { "NAMESPACE", "namespace" }, { "KIND", "kind" },
                                             { "NAME", "name" }, { "CONTAINER", "container" }, { "IMAGE", "image" }, { "STATUS", "status" },
                                             { "RUN", "executionName" }, { "#", "executionIndex" }, { "ID", "id" } };
static const struct column INTEGRATIONS[] = { { "NAME", "name" }, { "LATEST", "sourceVersion" }, { "DESCRIPTION", "description" }, { "ID", "id" } };
static const struct column NOTIFICATIONS[] = { { "TIME", "createdAt" }, { "PIPELINE", "name" }, { "#", "executionIndex" }, { "EVENT", "event" }, { "STAGE", "stage" }, { "TASK", "task" },
                                               { "KIND", "kind" }, { "TO", "target" }, { "STATUS", "status" }, { "TRIES", "attempts" }, { "MESSAGE", "message" }, { "ID", "id" } };
static const struct column SSH_HOSTS[] = { { "HOST", "name" }, { "PROJECT", "project" }, { "CLOUD PROXY", "cloudProxyName" }, { "TYPE", "type" }, { "FINGERPRINT", "fingerprint" },
                                           { "SINCE", "createdAt" }, { "ID", "id" } };
static const struct column FREEZES[] = { { "NAME", "name" }, { "PROJECT", "project" }, { "STATE", "_state" }, { "FROM", "from" }, { "TO", "to" }, { "TIME ZONE", "timeZone" } };
static const struct column PROJECTS[] = { { "NAME", "name" }, { "DESCRIPTION", "description" } };
static const struct column TOKENS[] = { { "NAME", "name" }, { "OWNER", "user" }, { "ORGANISATION", "orgRole" }, { "SERVICE", "serviceRole" }, { "EXPIRES", "expiresAt" },
                                        { "LAST USED", "usedAt" }, { "ID", "id" } };
static const struct column USERS[] = { { "NAME", "name" }, { "KIND", "kind" }, { "ORGANISATION", "orgRole" }, { "SERVICE", "serviceRole" },
                                       { "E-MAIL", "email" }, { "DISABLED", "disabled" }, { "ID", "id" } };
static const struct column DELIVERIES[] = { { "TIME", "receivedAt" }, { "FROM", "remote" }, { "FORMAT", "format" }, { "VERDICT", "verdict" },
                                            { "REPEATS", "repeats" }, { "PROBLEM", "problem" }, { "ID", "id" } };
static const struct column AUDIT[] = { { "TIME", "createdAt" }, { "USER", "user" }, { "ACTION", "action" }, { "OBJECT", "object" },
                                       { "PROJECT", "project" }, { "DETAIL", "detail" } };

const struct kind KINDS[] = {
    { "projects", "/projects", "PROJECT", PROJECTS, ALEN(PROJECTS) },
    { "variables", "/variables", "VARIABLE", VARIABLES, ALEN(VARIABLES) },
    { "cloud-proxies", "/cloud-proxies", NULL, CLOUD_PROXIES, ALEN(CLOUD_PROXIES) },
    { "endpoints", "/endpoints", "ENDPOINT", ENDPOINTS, ALEN(ENDPOINTS) },
    { "custom-integrations", "/custom-integrations", NULL, INTEGRATIONS, ALEN(INTEGRATIONS) },
    { "pipelines", "/pipelines", "PIPELINE", PIPELINES, ALEN(PIPELINES) },
    { "freezes", "/freezes", "FREEZE", FREEZES, ALEN(FREEZES) },
    { "webhooks", "/registry-webhooks", "DOCKER_WEBHOOK", WEBHOOKS, ALEN(WEBHOOKS) },
    { "hooks", "/registry-hooks", NULL, HOOKS, ALEN(HOOKS) },
    { "watches", "/registry-watches", NULL, WATCHES, ALEN(WATCHES) },
    { "events", "/registry-events", NULL, EVENTS, ALEN(EVENTS) },
    { "executions", "/executions", NULL, EXECUTIONS, ALEN(EXECUTIONS) },
    { "user-operations", "/user-operations", NULL, USER_OPERATIONS, ALEN(USER_OPERATIONS) },
    { "notifications", "/notifications", NULL, NOTIFICATIONS, ALEN(NOTIFICATIONS) },
    { "deployments", "/deployments", NULL, DEPLOYMENTS, ALEN(DEPLOYMENTS) },
    { "deliveries", "/registry-deliveries", NULL, DELIVERIES, ALEN(DELIVERIES) },
    { "ssh-hosts", "/ssh-hosts", NULL, SSH_HOSTS, ALEN(SSH_HOSTS) },
    { "tokens", "/tokens", NULL, TOKENS, ALEN(TOKENS) },
    { "users", "/users", NULL, USERS, ALEN(USERS) },
    { "audit", "/audit-events", NULL, AUDIT, ALEN(AUDIT) },
    { 0 },
};

const struct kind *kind_find(const char *name)
{
    size_t n = name ? strlen(name) : 0;
    for (size_t i = 0; n && KINDS[i].name; i++) /* "pipelines", "pipeline" */
        if (strncmp(KINDS[i].name, name, n) == 0 && strlen(KINDS[i].name) <= n + 1)
            return &KINDS[i];
    if (text_is(name, "cloud-proxy"))
        return kind_find("cloud-proxies");
    return NULL;
}

char *object_path(const struct cli *cli, const struct kind *kind, const char *name)
{
    AUTO_TEXT path = { 0 };
    text_addf(&path, P "%s/", kind->path);
    bool by_project = kind->yaml && !text_is(kind->yaml, "PROJECT");
    if (by_project) {
        text_add_url(&path, cli->project);
        text_add_char(&path, '/');
    }
    text_add_url(&path, name);
    return text_take(&path);
}

static int need(const struct cli *cli, int count, const char *usage)
{
    if (cli->count >= count)
        return CLI_OK;
    fprintf(stderr, "slipway: usage: slipway %s\n", usage);
    return CLI_USAGE;
}

static void add_parameter(struct text *path, const char *name, const char *value)
{
    if (text_empty(value))
        return;
    text_add_char(path, strchr(text_of(path), '?') ? '&' : '?');
    text_add_url(path, name);
    text_add_char(path, '=');
    text_add_url(path, value);
}

/* The project that was asked for, and the filter. NULL: neither. The caller's. */
char *list_filter(const struct cli *cli, const struct kind *kind)
{
    AUTO_TEXT filter = { 0 };
    bool of_project = cli->project_given && !text_is(kind->name, "projects") && !text_is(kind->name, "tokens") && !text_is(kind->name, "users") &&
                      !text_is(kind->name, "cloud-proxies");
    if (!of_project)
        return mem_text(cli->filter);
    text_add(&filter, "(project eq '");
    for (const char *c = cli->project; *c; c++)
        text_add(&filter, *c == '\'' ? "''" : (char[]){ *c, 0 });
    text_add(&filter, "')");
    if (text_empty(cli->filter))
        return text_take(&filter);
    return mem_format("(%s and (%s))", text_of(&filter), cli->filter);
}

static int get_page(struct cli *cli, const struct kind *kind, int64_t top, int64_t skip, struct cli_answer *ret)
{
    AUTO_TEXT path = { 0 };
    AUTO_FREE char *filter = list_filter(cli, kind);
    AUTO_FREE char *top_text = mem_format("%lld", (long long)top), *skip_text = skip ? mem_format("%lld", (long long)skip) : NULL;
    text_addf(&path, P "%s?expand=true", kind->path);
    add_parameter(&path, "$filter", filter);
    add_parameter(&path, "search", cli->search);
    add_parameter(&path, "$top", top_text);
    add_parameter(&path, "$skip", skip_text);
    return cli_do(cli, "GET", text_of(&path), NULL, ret);
}

/* As many pages as --limit needs, as one array. An answer that is no envelope ({"tokens": [...]}) is its only page. */
int list_rows(struct cli *cli, const struct kind *kind, int64_t limit, json_t **ret)
{
    AUTO_JSON *rows = json_array();
    for (int64_t have = 0, total = 1; have < limit && have < total;) {
        struct cli_answer a = { 0 };
        int code = get_page(cli, kind, limit - have < PAGE ? limit - have : PAGE, have, &a);
        if (code != CLI_OK)
            return code;
        AUTO_JSON *page = cli_rows(a.json);
        json_array_extend(rows, page);
        have = (int64_t)json_array_size(rows);
        bool least = json_bool_at(a.json, "totalCountIsLeast", false);
        int64_t told = json_int_at(a.json, "totalCount", have);
        total = !json_array_size(page) ? have : least ? INT64_MAX : told;
        if (have >= limit && have < total)
            fprintf(stderr, "%lld of %s%lld are shown; --limit N shows more\n", (long long)have, least ? "more than " : "", (long long)told);
        cli_answer_fini(&a);
    }
    *ret = TAKE(rows);
    return CLI_OK;
}

static int list(struct cli *cli, const struct kind *kind)
{
    json_t *rows = NULL;
    int64_t limit = 100;
    if (cli->limit && (!text_to_int(cli->limit, &limit) || limit < 1)) {
        fprintf(stderr, "slipway: --limit is a number, not '%s'\n", cli->limit);
        return CLI_USAGE;
    }
    int code = list_rows(cli, kind, limit, &rows);
    if (code == CLI_OK)
        cli_show_rows(cli, rows, kind->columns, kind->count);
    json_decref(rows);
    return code;
}

int command_events(struct cli *cli)
{
    return list(cli, kind_find("events"));
}

int command_executions(struct cli *cli)
{
    return list(cli, kind_find("executions"));
}

static const struct kind *kind_wanted(const struct cli *cli)
{
    const struct kind *kind = cli->count ? kind_find(cli->words[0]) : NULL;
    if (kind)
        return kind;
    fputs("slipway: of what? One of:", stderr);
    for (size_t i = 0; KINDS[i].name; i++)
        fprintf(stderr, " %s", KINDS[i].name);
    fputc('\n', stderr);
    return NULL;
}

static int show_one(struct cli *cli, const struct kind *kind, const char *name)
{
    struct cli_answer a = { 0 };
    AUTO_FREE char *path = object_path(cli, kind, name);
    int code = cli_do(cli, "GET", path, NULL, &a);
    if (code == CLI_OK)
        cli_show(cli, a.json, kind->columns, kind->count);
    cli_answer_fini(&a);
    return code;
}

int command_get(struct cli *cli)
{
    const struct kind *kind = kind_wanted(cli);
    if (!kind)
        return CLI_USAGE;
    return cli->count > 1 ? show_one(cli, kind, cli->words[1]) : list(cli, kind);
}

int command_describe(struct cli *cli)
{
    const struct kind *kind = kind_wanted(cli);
    if (!kind || need(cli, 2, "describe KIND NAME"))
        return CLI_USAGE;
    if (cli->output == OUTPUT_TABLE)
        cli->output = OUTPUT_YAML;
    return show_one(cli, kind, cli->words[1]);
}

int command_delete(struct cli *cli)
{
    const struct kind *kind = kind_wanted(cli);
    if (!kind || need(cli, 2, "delete KIND NAME"))
        return CLI_USAGE;
    AUTO_FREE char *path = object_path(cli, kind, cli->words[1]);
    int code = cli_do(cli, "DELETE", path, NULL, NULL);
    if (code == CLI_OK)
        fprintf(stderr, "%s %s deleted\n", kind->name, cli->words[1]);
    return code;
}

/* ---- Code Stream's own import and export */

int command_import(struct cli *cli)
{
    struct cli_answer a = { 0 };
    struct err e = { 0 };
    const char *path = cli->file ? cli->file : cli->count ? cli->words[0] : NULL;
    if (!path)
        return need(cli, 1, "import FILE");
    AUTO_FREE char *text = cli_read_file(path, &e);
    if (!text || !cli_call(cli, "POST", P "/import?action=apply", "application/x-yaml", text, &a, &e))
        return cli_error(&e);
    int code = a.status >= 200 && a.status < 300 ? CLI_OK : cli_refused(&a);
    if (code == CLI_OK)
        fputs(a.text, stdout);
    cli_answer_fini(&a);
    return code;
}

static int export_named(struct cli *cli, const char *what, const char *names)
{
    struct cli_answer a = { 0 };
    struct err e = { 0 };
    AUTO_TEXT path = { 0 };
    text_add(&path, P "/export");
    add_parameter(&path, what, names);
    add_parameter(&path, "project", cli->project);
    if (!cli_call(cli, "GET", text_of(&path), NULL, NULL, &a, &e))
        return cli_error(&e);
    int code = a.status == 200 ? CLI_OK : cli_refused(&a);
    if (code == CLI_OK)
        fputs(a.text, stdout);
    cli_answer_fini(&a);
    return code;
}

/* The whole project, in the order in which it can be imported. */
static int export_all(struct cli *cli)
{
    static const char *const WHAT[] = { "variables", "endpoints", "custom-integrations", "pipelines", "freezes", "webhooks" };
    int code = CLI_OK;
    cli->project_given = true;
    for (size_t k = 0; code == CLI_OK && k < ALEN(WHAT); k++) {
        json_t *rows = NULL, *row;
        size_t i;
        code = list_rows(cli, kind_find(WHAT[k]), INT64_MAX, &rows);
        json_array_foreach(rows, i, row)
            if (code == CLI_OK)
                code = export_named(cli, text_is(WHAT[k], "webhooks") ? "docker-webhooks" : WHAT[k], json_text_at(row, "name", ""));
        json_decref(rows);
    }
    return code;
}

int command_export(struct cli *cli)
{
    if (!cli->count)
        return export_all(cli);
    return need(cli, 2, "export [variables|endpoints|custom-integrations|pipelines|freezes|docker-webhooks|pipeline NAME[,NAME]]") ? CLI_USAGE : export_named(cli, cli->words[0], cli->words[1]);
}

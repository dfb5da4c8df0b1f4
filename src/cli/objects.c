/* What people make, by name: get, describe, delete, apply, import, export. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/yaml.h"
#include "cli/inside.h"

#define P "/pipeline/api"
#define FILE_MOST (1 << 20)

static const struct column PIPELINES[] = { { "NAME", "name" }, { "PROJECT", "project" }, { "STATE", "state" }, { "UPDATED", "updatedAt" } };
static const struct column ENDPOINTS[] = { { "NAME", "name" }, { "PROJECT", "project" }, { "TYPE", "type" }, { "UPDATED", "updatedAt" } };
static const struct column VARIABLES[] = { { "NAME", "name" }, { "PROJECT", "project" }, { "TYPE", "type" }, { "VALUE", "value" } };
static const struct column WEBHOOKS[] = { { "NAME", "name" }, { "ENABLED", "enabled" }, { "ENDPOINT", "endpoint" }, { "PIPELINE", "pipeline" },
                                          { "IMAGE", "imageNameRegExPattern" }, { "TAG", "tagNamePattern" } };
static const struct column EVENTS[] = { { "TIME", "createdAt" }, { "IMAGE", "imageName" }, { "TAG", "tag" }, { "WEBHOOK", "name" },
                                        { "STATUS", "executionStatus" }, { "MESSAGE", "message" }, { "ID", "id" } };
static const struct column EXECUTIONS[] = { { "PIPELINE", "name" }, { "#", "index" }, { "STATUS", "status" }, { "BY", "_executedBy" },
                                            { "MESSAGE", "statusMessage" }, { "ID", "id" } };
static const struct column PROJECTS[] = { { "NAME", "name" }, { "DESCRIPTION", "description" } };
static const struct column TOKENS[] = { { "NAME", "name" }, { "OWNER", "user" }, { "ORGANISATION", "orgRole" }, { "SERVICE", "serviceRole" }, { "EXPIRES", "expiresAt" },
                                        { "LAST USED", "usedAt" }, { "ID", "id" } };

static const struct kind KINDS[] = { /* in the order in which apply makes them */
    { "projects", "/projects", "PROJECT", PROJECTS, ALEN(PROJECTS) },
    { "variables", "/variables", "VARIABLE", VARIABLES, ALEN(VARIABLES) },
    { "endpoints", "/endpoints", "ENDPOINT", ENDPOINTS, ALEN(ENDPOINTS) },
    { "pipelines", "/pipelines", "PIPELINE", PIPELINES, ALEN(PIPELINES) },
    { "webhooks", "/registry-webhooks", "DOCKER_WEBHOOK", WEBHOOKS, ALEN(WEBHOOKS) },
    { "events", "/registry-events", NULL, EVENTS, ALEN(EVENTS) },
    { "executions", "/executions", NULL, EXECUTIONS, ALEN(EXECUTIONS) },
    { "tokens", "/tokens", NULL, TOKENS, ALEN(TOKENS) },
};

const struct kind *kind_find(const char *name)
{
    size_t n = name ? strlen(name) : 0;
    for (size_t i = 0; n && i < ALEN(KINDS); i++) /* "pipelines", "pipeline" */
        if (strncmp(KINDS[i].name, name, n) == 0 && strlen(KINDS[i].name) <= n + 1)
            return &KINDS[i];
    return NULL;
}

const struct kind *kind_of_yaml(const char *kind)
{
    if (text_is_any_case(kind, "docker-webhook") || text_is_any_case(kind, "DOCKER_TRIGGER"))
        kind = "DOCKER_WEBHOOK";
    for (size_t i = 0; i < ALEN(KINDS); i++)
        if (KINDS[i].yaml && text_is_any_case(KINDS[i].yaml, kind))
            return &KINDS[i];
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

static int list(struct cli *cli, const struct kind *kind)
{
    struct cli_answer a = { 0 };
    AUTO_TEXT path = { 0 };
    text_addf(&path, P "%s?expand=true", kind->path);
    add_parameter(&path, "$filter", cli->filter);
    add_parameter(&path, "search", cli->search);
    add_parameter(&path, "$top", cli->limit);
    int code = cli_do(cli, "GET", text_of(&path), NULL, &a);
    if (code == CLI_OK)
        cli_show(cli, a.json, kind->columns, kind->count);
    cli_answer_fini(&a);
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
    for (size_t i = 0; i < ALEN(KINDS); i++)
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

/* ---- apply */

static char *read_file(const char *path, struct err *e)
{
    FILE *f = text_is(path, "-") ? stdin : fopen(path, "re");
    if (!f)
        return err_set(e, ERR_NOT_FOUND, "%s: %s", path, strerror(errno)), NULL;
    char *bytes = mem_alloc(FILE_MOST + 2);
    size_t n = fread(bytes, 1, FILE_MOST + 1, f);
    if (f != stdin)
        fclose(f);
    if (n <= FILE_MOST)
        return bytes;
    free(bytes);
    return err_set(e, ERR_TOO_LARGE, "%s is larger than 1 MiB", path), NULL;
}

/* kubeconfigFile, passwordFile: the client reads the file, so that no secret stands in the YAML. */
static bool read_named_files(json_t *document, struct err *e)
{
    static const struct { const char *name, *into; } FILES[] = { { "kubeconfigFile", "kubeconfig" }, { "passwordFile", "password" } };
    json_t *properties = json_object_get(document, "properties");
    for (size_t i = 0; i < ALEN(FILES); i++) {
        const char *path = json_text_at(properties, FILES[i].name, NULL);
        AUTO_FREE char *text = path ? read_file(path, e) : NULL;
        if (path && !text)
            return false;
        if (!path)
            continue;
        if (text_is(FILES[i].into, "password"))
            text[strcspn(text, "\r\n")] = 0;
        json_object_set_new(properties, FILES[i].into, json_string(text));
        json_object_del(properties, FILES[i].name);
    }
    return true;
}

static int put(struct cli *cli, const char *path, const json_t *document, const char *name, const char *kind, bool quiet)
{
    struct cli_answer a = { 0 };
    int code = cli_do(cli, "PUT", path, document, &a);
    if (code == CLI_OK && !quiet)
        fprintf(stderr, "%s %s updated\n", kind, name);
    cli_answer_fini(&a);
    return code;
}

static int apply_one(struct cli *cli, const struct kind *kind, json_t *document)
{
    const char *name = json_text_at(document, "name", NULL), *project = json_text_at(document, "project", NULL);
    struct cli_answer a = { 0 };
    struct err e = { 0 };
    if (!name) {
        fprintf(stderr, "slipway: a %s without a name\n", kind->yaml);
        return CLI_USAGE;
    }
    if (!project && !text_is(kind->yaml, "PROJECT"))
        json_object_set_new(document, "project", json_string(cli->project));
    AUTO_FREE char *before = cli->project;
    cli->project = mem_text(project ? project : before);
    AUTO_FREE char *path = object_path(cli, kind, name), *collection = mem_format(P "%s", kind->path);
    free(cli->project);
    cli->project = TAKE(before);
    if (!read_named_files(document, &e) || !cli_call(cli, "GET", path, NULL, NULL, &a, &e))
        return cli_error(&e);
    long status = a.status;
    int code = status == 200 || status == 404 ? CLI_OK : cli_refused(&a);
    cli_answer_fini(&a);
    if (code != CLI_OK || (status == 200 && text_is(kind->yaml, "PROJECT")))
        return code;
    if (status == 200)
        return put(cli, path, document, name, kind->yaml, false);
    code = cli_do(cli, "POST", collection, document, NULL);
    if (code != CLI_OK)
        return code;
    fprintf(stderr, "%s %s created\n", kind->yaml, name);
    return text_is(kind->yaml, "PIPELINE") && json_bool_at(document, "enabled", false) ? put(cli, path, document, name, kind->yaml, true) : CLI_OK;
}

static int add_documents(const char *path, json_t *all)
{
    struct err e = { 0 };
    AUTO(yaml) yaml = NULL;
    AUTO_FREE char *text = read_file(path, &e);
    if (!text)
        return cli_error(&e);
    if (!yaml_read(text, strlen(text), &yaml, &e)) {
        fprintf(stderr, "slipway: %s: %s\n", path, e.text);
        return CLI_USAGE;
    }
    for (size_t i = 0; i < yaml_count(yaml); i++) {
        json_t *document = yaml_document(yaml, i);
        const char *kind = json_text_at(document, "kind", "");
        if (json_is_null(document))
            continue;
        if (!kind_of_yaml(kind)) {
            fprintf(stderr, "slipway: %s: document %zu: kind '%s' is none of PROJECT, VARIABLE, ENDPOINT, PIPELINE, DOCKER_WEBHOOK\n", path, i + 1, kind);
            return CLI_USAGE;
        }
        json_array_append_new(all, json_deep_copy(document));
    }
    return CLI_OK;
}

static int add_path(const char *path, json_t *all)
{
    struct dirent **found = NULL;
    struct stat s;
    int code = CLI_OK;
    if (text_is(path, "-") || stat(path, &s) != 0 || !S_ISDIR(s.st_mode))
        return add_documents(path, all);
    int count = scandir(path, &found, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        AUTO_FREE char *file = mem_format("%s/%s", path, found[i]->d_name);
        if (code == CLI_OK && (text_ends(file, ".yaml") || text_ends(file, ".yml")))
            code = add_documents(file, all);
        free(found[i]);
    }
    free(found);
    return code;
}

int command_apply(struct cli *cli)
{
    AUTO_JSON *all = json_array();
    size_t i;
    json_t *document;
    const char *path = cli->file ? cli->file : cli->count ? cli->words[0] : NULL;
    if (!path)
        return need(cli, 1, "apply -f FILE|FOLDER|-");
    int code = add_path(path, all);
    for (size_t k = 0; code == CLI_OK && k < ALEN(KINDS); k++)
        json_array_foreach(all, i, document)
            if (code == CLI_OK && kind_of_yaml(json_text_at(document, "kind", "")) == &KINDS[k])
                code = apply_one(cli, &KINDS[k], document);
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
    AUTO_FREE char *text = read_file(path, &e);
    if (!text || !cli_call(cli, "POST", P "/import?action=apply", "application/x-yaml", text, &a, &e))
        return cli_error(&e);
    int code = a.status >= 200 && a.status < 300 ? CLI_OK : cli_refused(&a);
    if (code == CLI_OK)
        fputs(a.text, stdout);
    cli_answer_fini(&a);
    return code;
}

int command_export(struct cli *cli)
{
    struct cli_answer a = { 0 };
    struct err e = { 0 };
    AUTO_TEXT path = { 0 };
    if (need(cli, 2, "export pipelines|endpoints NAME[,NAME]"))
        return CLI_USAGE;
    text_add(&path, P "/export");
    add_parameter(&path, cli->words[0], cli->words[1]);
    add_parameter(&path, "project", cli->project);
    if (!cli_call(cli, "GET", text_of(&path), NULL, NULL, &a, &e))
        return cli_error(&e);
    int code = a.status == 200 ? CLI_OK : cli_refused(&a);
    if (code == CLI_OK)
        fputs(a.text, stdout);
    cli_answer_fini(&a);
    return code;
}

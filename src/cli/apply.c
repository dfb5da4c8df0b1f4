/* slipway apply: a set of YAML documents becomes what stands at the server, or (--dry-run) what would change is shown. The server does
 * it all or nothing, in the order in which things need each other. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/inside.h"
#include "cli/set.h"

#define P "/pipeline/api"

enum { HUB_TRIES = 16, HUB_PAUSE = 500000 /* micros */ };

static const struct column COLUMNS[] = { { "KIND", "kind" }, { "PROJECT", "project" }, { "NAME", "name" }, { "STATUS", "status" }, { "MESSAGE", "statusMessage" } };

/* ---- what is said of each */

static void say_problems(const struct set *set, const json_t *row)
{
    size_t i, document = (size_t)json_int_at(row, "document", -1);
    json_t *problem;
    json_array_foreach(json_object_get(row, "warnings"), i, problem) {
        const char *pointer = json_text_at(problem, "pointer", "");
        bool error = text_is(json_text_at(problem, "level", ""), "ERROR");
        if (json_object_get(problem, "variable") && set_from_file(set, document, pointer)) /* it does not stand in the YAML */
            continue;
        AUTO_FREE char *where = set_where(set, document, pointer), *what = screen_clean(json_text_at(problem, "message", ""));
        fprintf(stderr, "  %s: %s: %s\n", error ? "error" : "warning", where, what);
    }
}

static void say_row(const struct set *set, const json_t *row, bool dry)
{
    static const struct { const char *status, *done, *would; } WORDS[] = {
        { "CREATED", "created", "would be created" }, { "UPDATED", "updated", "would be updated" },     { "UNCHANGED", "unchanged", "unchanged" },
        { "DELETED", "deleted", "would be deleted" }, { "KEPT", "kept, though the set does not name it", "would be kept, though the set does not name it" },
        { "FAILED", "failed", "would fail" },
    };
    AUTO_FREE char *name = screen_clean(json_text_at(row, "name", ""));
    const char *word = "";
    for (size_t i = 0; i < ALEN(WORDS); i++)
        if (text_is(json_text_at(row, "status", ""), WORDS[i].status))
            word = dry ? WORDS[i].would : WORDS[i].done;
    AUTO_FREE char *why = screen_clean(text_is(json_text_at(row, "status", ""), "KEPT") ? json_text_at(row, "statusMessage", "") : "");
    fprintf(stderr, "%s %s %s%s%s\n", json_text_at(row, "kind", ""), name, word, *why ? ": " : "", why);
    say_problems(set, row);
}

static void show_diff(const struct set *set, const json_t *row)
{
    const char *diff = json_text_at(row, "diff", ""), *status = json_text_at(row, "status", "");
    if (!*diff)
        return;
    AUTO_FREE char *name = screen_clean(json_text_at(row, "name", "")), *project = screen_clean(json_text_at(row, "project", ""));
    AUTO_FREE char *where = set_where(set, (size_t)json_int_at(row, "document", -1), ""), *lines = screen_lines(diff);
    AUTO_FREE char *what = mem_format("%s %s%s%s", json_text_at(row, "kind", ""), project, *project ? "/" : "", name);
    printf("--- %s%s\n+++ %s%s%s\n%s", what, text_is(status, "CREATED") ? " (does not exist)" : "", what, *where ? " " : " (would be deleted)", where, lines);
}

static void say_rows(const struct cli *cli, const struct set *set, const json_t *answer, bool dry)
{
    const json_t *rows = json_object_get(answer, "documents");
    size_t i;
    json_t *row;
    json_array_foreach((json_t *)rows, i, row)
        say_row(set, row, dry);
    if (cli->output != OUTPUT_TABLE) {
        cli_show_rows(cli, rows, COLUMNS, ALEN(COLUMNS));
        return;
    }
    json_array_foreach((json_t *)rows, i, row)
        if (dry)
            show_diff(set, row);
}

/* Docker Hub is told after the answer: a little later it has said what it thinks of it. */
static void say_webhook(struct cli *cli, const char *project, const char *name)
{
    struct cli other = *cli;
    other.project = (char *)project;
    AUTO_FREE char *path = object_path(&other, kind_find("webhooks"), name);
    for (int i = 0; i < HUB_TRIES; i++) {
        struct cli_answer a = { 0 };
        struct err e = { 0 };
        bool last = !cli_call(cli, "GET", path, NULL, NULL, &a, &e) || a.status != 200 || !text_is(json_text_at(a.json, "dockerHub.state", ""), "pending") || i + 1 == HUB_TRIES;
        if (last && a.status == 200) {
            say_docker_hub(a.json);
            say_texts(json_object_get(a.json, "warnings"));
        }
        cli_answer_fini(&a);
        if (last)
            return;
        usleep(HUB_PAUSE);
    }
}

static void say_webhooks(struct cli *cli, const json_t *answer)
{
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(answer, "documents"), i, row) {
        const char *status = json_text_at(row, "status", "");
        if (text_is(json_text_at(row, "kind", ""), "DOCKER_WEBHOOK") && (text_is(status, "CREATED") || text_is(status, "UPDATED")))
            say_webhook(cli, json_text_at(row, "project", ""), json_text_at(row, "name", ""));
    }
}

/* ---- asking the server */

static int refused(const struct set *set, const struct cli_answer *a)
{
    const json_t *rows = json_object_get(a->json, "documents"), *document = json_object_get(a->json, "document");
    size_t i;
    json_t *row;
    json_array_foreach((json_t *)rows, i, row)
        if (text_is(json_text_at(row, "status", ""), "FAILED"))
            say_row(set, row, false);
    if (document) {
        AUTO_FREE char *where = set_where(set, (size_t)json_integer_value(document), "");
        fprintf(stderr, "%s: ", where);
    }
    return cli_refused(a);
}

static int ask(struct cli *cli, const struct set *set, bool dry, int64_t expect, struct cli_answer *ret)
{
    struct err e = { 0 };
    AUTO_JSON *documents = set_documents(set);
    AUTO_JSON *body = json_pack("{s:O, s:s, s:b, s:b}", "documents", documents, "project", cli->project, "dryRun", dry, "prune", cli->prune);
    if (expect >= 0)
        json_object_set_new(body, "expect", json_integer(expect));
    AUTO_FREE char *text = json_write(body);
    if (!cli_call(cli, "POST", P "/apply", NULL, text, ret, &e))
        return cli_error(&e);
    return ret->status == 200 ? CLI_OK : refused(set, ret);
}

static int dry_run(struct cli *cli, const struct set *set)
{
    struct cli_answer a = { 0 };
    int code = ask(cli, set, true, -1, &a);
    if (code == CLI_OK) {
        say_rows(cli, set, a.json, true);
        int64_t changes = json_int_at(a.json, "created", 0) + json_int_at(a.json, "updated", 0) + json_int_at(a.json, "deleted", 0);
        code = changes ? CLI_CHANGES : CLI_OK;
    }
    cli_answer_fini(&a);
    return code;
}

static bool said_yes(int64_t count)
{
    char line[16] = "";
    if (!isatty(STDIN_FILENO)) {
        fprintf(stderr, "slipway: %lld things would be deleted; say --yes, or look first with --dry-run\n", (long long)count);
        return false;
    }
    fprintf(stderr, "Delete %lld things? Type yes: ", (long long)count);
    return fgets(line, sizeof line, stdin) && text_starts(line, "yes") && (line[3] == '\n' || !line[3]);
}

/* What would be deleted is looked at first; that, and no more, is deleted then. */
static int look_first(struct cli *cli, const struct set *set, int64_t *ret_expect)
{
    struct cli_answer a = { 0 };
    size_t i;
    json_t *row;
    int code = ask(cli, set, true, -1, &a);
    if (code == CLI_OK) {
        *ret_expect = json_int_at(a.json, "deleted", 0);
        json_array_foreach(json_object_get(a.json, "documents"), i, row)
            if (text_is(json_text_at(row, "status", ""), "DELETED"))
                say_row(set, row, true);
        if (*ret_expect && !cli->yes && !said_yes(*ret_expect))
            code = CLI_REFUSED;
    }
    cli_answer_fini(&a);
    return code;
}

static int apply(struct cli *cli, const struct set *set)
{
    struct cli_answer a = { 0 };
    int64_t expect = -1;
    int code = cli->prune ? look_first(cli, set, &expect) : CLI_OK;
    if (code != CLI_OK)
        return code;
    code = ask(cli, set, false, expect, &a);
    if (code == CLI_OK) {
        say_rows(cli, set, a.json, false);
        say_webhooks(cli, a.json);
        code = json_int_at(a.json, "kept", 0) ? CLI_CONFLICT : CLI_OK;
    }
    cli_answer_fini(&a);
    return code;
}

int command_apply(struct cli *cli)
{
    AUTO(set) set = NULL;
    struct err e = { 0 };
    const char *const *paths = cli->file_count ? cli->files : cli->words;
    int count = cli->file_count ? cli->file_count : cli->count;
    if (!count) {
        fputs("slipway: usage: slipway apply -f FILE|FOLDER|- [-f ...] [--recursive] [--dry-run] [--prune [--yes]]\n", stderr);
        return CLI_USAGE;
    }
    if (!set_read(paths, count, cli->recursive, &set, &e)) {
        cli_error(&e);
        return e.kind == ERR_NOT_FOUND ? CLI_NOT_FOUND : CLI_USAGE;
    }
    if (!set_count(set)) {
        fprintf(stderr, "slipway: there is no document in what was named%s\n", cli->prune ? ": nothing is deleted" : "");
        return CLI_USAGE;
    }
    return cli->dry_run ? dry_run(cli, set) : apply(cli, set);
}

/* What a push would do, and whether all that a webhook needs is as it should be. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "cli/inside.h"

#define P "/pipeline/api"

static void line(const char *before, const char *text)
{
    AUTO_FREE char *clean = screen_clean(text);
    printf("%s%s\n", before, clean);
}

/* Several lines, each cleaned and set in. */
static void block(const char *before, const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        AUTO_FREE char *one = mem_text_n(text, n);
        line(before, one);
        text += n + (text[n] == '\n');
    }
}

/* ---- simulate */

static void show_inputs(const json_t *inputs)
{
    const char *name;
    json_t *input;
    json_object_foreach((json_t *)inputs, name, input) {
        AUTO_FREE char *value = json_as_text(json_object_get(input, "value"));
        AUTO_FREE char *text = mem_format("%s = %s  (%s)", name, value, json_text_at(input, "from", ""));
        line("    input ", text);
    }
}

static void show_objects(const json_t *objects)
{
    size_t i;
    json_t *object;
    json_array_foreach((json_t *)objects, i, object) {
        AUTO_FREE char *text = mem_format("%s: %s", json_text_at(object, "object", ""), json_text_at(object, "would", ""));
        line("      ", text);
        block("        ", json_text_at(object, "diff", ""));
    }
}

static void show_task(const json_t *task)
{
    static const char *const SAID[][2] = { { "condition", "only when: " }, { "notSimulated", "not simulated: " }, { "problem", "would fail: " } };
    size_t i;
    json_t *unknown, *note;
    AUTO_FREE char *head = mem_format("%s (%s) %s", json_text_at(task, "task", ""), json_text_at(task, "type", ""), json_text_at(task, "action", ""));
    line("    task ", head);
    for (i = 0; i < ALEN(SAID); i++)
        if (*json_text_at(task, SAID[i][0], "")) {
            AUTO_FREE char *text = mem_format("%s%s", SAID[i][1], json_text_at(task, SAID[i][0], ""));
            line("      ", text);
        }
    json_array_foreach(json_object_get(task, "unknown"), i, unknown) {
        AUTO_FREE char *text = mem_format("%s is known only when the run gets there", json_string_value(unknown));
        line("      ", text);
    }
    json_array_foreach(json_object_get(task, "notes"), i, note)
        line("      ", json_string_value(note));
    block("      | ", json_text_at(task, "yaml", ""));
    show_objects(json_object_get(task, "objects"));
}

static void show_trigger(const json_t *trigger)
{
    bool fires = json_is_true(json_object_get(trigger, "fires"));
    size_t i;
    json_t *task;
    AUTO_FREE char *head = mem_format("%-24s %s  %s", json_text_at(trigger, "webhook", ""), fires ? "would run" : "would not run",
                                      fires ? json_text_at(trigger, "pipeline", "") : json_text_at(trigger, "why", ""));
    line("", head);
    if (*json_text_at(trigger, "registry", ""))
        line("    registry: ", json_text_at(trigger, "registry", ""));
    if (!fires)
        return;
    line("    with the rights of ", json_text_at(trigger, "runAs", ""));
    if (*json_text_at(trigger, "note", ""))
        line("    ", json_text_at(trigger, "note", ""));
    if (*json_text_at(trigger, "held", ""))
        line("    ", json_text_at(trigger, "held", ""));
    if (*json_text_at(trigger, "waits", ""))
        line("    ", json_text_at(trigger, "waits", ""));
    show_inputs(json_object_get(trigger, "inputs"));
    json_array_foreach(json_object_get(trigger, "tasks"), i, task)
        show_task(task);
}

static void show_simulation(const json_t *answer)
{
    const json_t *triggers = json_object_get(answer, "triggers");
    size_t i;
    json_t *row;
    json_array_foreach((json_t *)triggers, i, row)
        show_trigger(row);
    json_array_foreach(json_object_get(answer, "notes"), i, row)
        line("note: ", json_string_value(row));
    if (!json_array_size(triggers))
        puts("no webhook was considered: there is none here");
    puts("nothing was stored, started or changed");
}

static json_t *question(struct cli *cli, struct err *e)
{
    json_t *body = json_pack("{s:b}", "diff", cli->diff);
    const char *const TEXTS[][2] = { { "event", cli->event }, { "image", cli->image }, { "digest", cli->digest }, { "webhook", cli->webhook } };
    for (size_t i = 0; i < ALEN(TEXTS); i++)
        if (TEXTS[i][1])
            json_set_text(body, TEXTS[i][0], TEXTS[i][1]);
    if (cli->project)
        json_set_text(body, "project", cli->project);
    AUTO_FREE char *text = cli->body ? cli_read_file(cli->body, e) : NULL;
    if (cli->body && !text) {
        json_decref(body);
        return NULL;
    }
    if (text)
        json_set_text(body, "body", text);
    return body;
}

int command_simulate(struct cli *cli)
{
    struct cli_answer a = { 0 };
    struct err e = { 0 };
    if (!cli->body + !cli->event + !cli->image != 2) {
        fputs("slipway: usage: slipway simulate --body FILE|- | --event ID | --image NAME:TAG [--webhook NAME] [--diff]\n", stderr);
        return CLI_USAGE;
    }
    AUTO_JSON *body = question(cli, &e);
    if (!body)
        return cli_error(&e);
    int code = cli_do(cli, "POST", P "/registry-simulations", body, &a);
    if (code != CLI_OK)
        return code;
    if (cli->output == OUTPUT_TABLE)
        show_simulation(a.json);
    else
        cli_show(cli, a.json, NULL, 0);
    code = json_int_at(a.json, "fires", 0) ? CLI_OK : CLI_FAILED;
    cli_answer_fini(&a);
    return code;
}

/* ---- doctor */

static void show_checks(const char *webhook, const json_t *answer)
{
    size_t i;
    json_t *row;
    line("webhook ", webhook);
    json_array_foreach(json_object_get(answer, "checks"), i, row) {
        AUTO_FREE char *text = mem_format("%-8s %-21s %s", json_text_at(row, "status", ""), json_text_at(row, "check", ""), json_text_at(row, "says", ""));
        line("  ", text);
        if (*json_text_at(row, "todo", ""))
            line("                                  -> ", json_text_at(row, "todo", ""));
    }
}

/* One webhook's checks are added to all; *failed when one failed. */
static int examine(struct cli *cli, const char *name, json_t *all, bool *failed)
{
    struct cli_answer a = { 0 };
    AUTO_FREE char *object = object_path(cli, kind_find("webhooks"), name), *path = mem_format("%s/checks", object);
    int code = cli_do(cli, "GET", path, NULL, &a);
    if (code != CLI_OK)
        return code;
    *failed |= text_is(json_text_at(a.json, "status", ""), "failed");
    if (cli->output == OUTPUT_TABLE)
        show_checks(name, a.json);
    json_array_append_new(all, json_pack("{s:s, s:s, s:O}", "webhook", name, "status", json_text_at(a.json, "status", ""), "checks",
                                         json_object_get(a.json, "checks")));
    cli_answer_fini(&a);
    return CLI_OK;
}

int command_doctor(struct cli *cli)
{
    json_t *rows = NULL, *row;
    AUTO_JSON *all = json_array();
    bool failed = false;
    size_t i;
    int code = CLI_OK;
    if (cli->webhook || cli->count) {
        code = examine(cli, cli->webhook ? cli->webhook : cli->words[0], all, &failed);
    } else {
        code = list_rows(cli, kind_find("webhooks"), 100, &rows);
        json_array_foreach(rows, i, row)
            if (code == CLI_OK)
                code = examine(cli, json_text_at(row, "name", ""), all, &failed);
        if (code == CLI_OK && !json_array_size(rows))
            fputs("slipway: there is no webhook yet\n", stderr);
        json_decref(rows);
    }
    if (cli->output != OUTPUT_TABLE && code == CLI_OK)
        cli_show_rows(cli, all, NULL, 0);
    return code == CLI_OK && failed ? CLI_FAILED : code;
}

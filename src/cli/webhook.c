/* One Docker webhook at work: its URL, a new secret, its hook at Docker Hub, and what arrives. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/inside.h"

#define P "/pipeline/api"
#define PAGE 20

static int get_webhook(struct cli *cli, const char *name, struct cli_answer *ret)
{
    AUTO_FREE char *path = object_path(cli, kind_find("webhooks"), name);
    return cli_do(cli, "GET", path, NULL, ret);
}

void say_texts(const json_t *texts)
{
    size_t i;
    json_t *one;
    json_array_foreach((json_t *)texts, i, one) {
        AUTO_FREE char *text = screen_clean(json_is_string(one) ? json_string_value(one) : "");
        fprintf(stderr, "  warning: %s\n", text);
    }
}

void say_docker_hub(const json_t *webhook)
{
    const json_t *hub = json_object_get(webhook, "dockerHub");
    AUTO_FREE char *message = screen_clean(json_text_at(hub, "message", "")), *state = screen_clean(json_text_at(hub, "state", ""));
    if (!hub)
        return;
    fprintf(stderr, "  Docker Hub: %s%s%s\n", state, *message ? ": " : "", message);
    const char *next = json_text_at(hub, "nextTryAt", "");
    if (*next && text_is(state, "failed"))
        fprintf(stderr, "  the next try is at %s; 'slipway webhook register NAME' tries now\n", next);
}

/* ---- url, rotate, register */

static void print_webhook(const struct cli *cli, const json_t *webhook)
{
    AUTO_FREE char *url = screen_clean(json_text_at(webhook, "webhookUrl", ""));
    if (cli->output != OUTPUT_TABLE)
        cli_show(cli, webhook, NULL, 0);
    else if (*url)
        puts(url);
    else
        fputs("slipway: only those who may change a webhook see its URL\n", stderr);
}

static int show_url(struct cli *cli, const char *name)
{
    struct cli_answer a = { 0 };
    int code = get_webhook(cli, name, &a);
    if (code == CLI_OK) {
        print_webhook(cli, a.json);
        say_docker_hub(a.json);
        code = text_empty(json_text_at(a.json, "webhookUrl", "")) ? CLI_NOT_ALLOWED : CLI_OK;
    }
    cli_answer_fini(&a);
    return code;
}

static int act(struct cli *cli, const char *name, const char *action)
{
    struct cli_answer a = { 0 };
    AUTO_FREE char *webhook = object_path(cli, kind_find("webhooks"), name);
    AUTO_FREE char *path = mem_format("%s?action=%s", webhook, action);
    int code = cli_do(cli, "POST", path, NULL, &a);
    if (code == CLI_OK) {
        print_webhook(cli, a.json);
        say_docker_hub(a.json);
        say_texts(json_object_get(a.json, "warnings"));
        if (text_is(action, "rotate"))
            fputs("  the old secret is accepted for a day; where the URL was pasted by hand, the new one belongs there\n", stderr);
        const char *state = json_text_at(a.json, "dockerHub.state", "");
        code = text_is(action, "register") && !text_is(state, "registered") ? CLI_REFUSED : CLI_OK;
    }
    cli_answer_fini(&a);
    return code;
}

/* ---- listen */

static int get_deliveries(struct cli *cli, const char *listener, struct cli_answer *ret)
{
    AUTO_TEXT path = { 0 };
    AUTO_FREE char *filter = mem_format("listener eq '%s'", listener);
    text_addf(&path, P "/registry-deliveries?expand=true&%%24top=%d&%%24orderby=receivedAt%%20desc&%%24filter=", PAGE);
    text_add_url(&path, filter);
    return cli_do(cli, "GET", text_of(&path), NULL, ret);
}

/* "accepted from 192.0.2.7: acme/web:v1", or why nothing was recognised. */
static void print_delivery(const struct cli *cli, const json_t *delivery)
{
    AUTO_TEXT pushes = { 0 };
    AUTO_FREE char *problem = screen_clean(json_text_at(delivery, "problem", ""));
    size_t i;
    json_t *push;
    if (cli->output != OUTPUT_TABLE) {
        cli_show(cli, delivery, NULL, 0);
        fflush(stdout);
        return;
    }
    json_array_foreach(json_object_get(delivery, "pushes"), i, push)
        text_addf(&pushes, "%s%s:%s", i ? ", " : "", json_text_at(push, "repository", ""), json_text_at(push, "tag", ""));
    AUTO_FREE char *what = screen_clean(text_of(&pushes)), *format = screen_clean(json_text_at(delivery, "format", ""));
    printf("%s  %s from %s%s%s: %s%s%s\n", json_text_at(delivery, "receivedAt", ""), json_text_at(delivery, "verdict", ""), json_text_at(delivery, "remote", ""),
           *format ? ", as " : "", format, *what ? what : "no push was recognised", *problem ? "; " : "", problem);
    fflush(stdout);
}

static bool is_good(const json_t *delivery)
{
    return text_is(json_text_at(delivery, "verdict", ""), "accepted") && json_array_size(json_object_get(delivery, "pushes"));
}

/* Prints what is newer than *after, the oldest first; *ret_good: one of them told of a push. */
static int print_new(struct cli *cli, const char *listener, int64_t *after, bool print, bool *ret_good)
{
    struct cli_answer a = { 0 };
    int code = get_deliveries(cli, listener, &a);
    if (code != CLI_OK)
        return code;
    AUTO_JSON *rows = cli_rows(a.json);
    int64_t newest = *after;
    for (size_t i = json_array_size(rows); i-- > 0;) {
        const json_t *delivery = json_array_get(rows, i);
        int64_t at = json_int_at(delivery, "_createTimeInMicros", 0);
        if (at <= *after)
            continue;
        newest = at > newest ? at : newest;
        *ret_good = *ret_good || is_good(delivery);
        if (print)
            print_delivery(cli, delivery);
    }
    *after = newest;
    cli_answer_fini(&a);
    return CLI_OK;
}

static int listen_for(struct cli *cli, const char *name)
{
    struct cli_answer a = { 0 };
    int64_t after = 0;
    bool good = false, old = false;
    int code = get_webhook(cli, name, &a);
    if (code != CLI_OK)
        return code;
    const char *link = json_text_at(a.json, "externalListenerLink", ""), *slash = strrchr(link, '/');
    AUTO_FREE char *listener = mem_text(slash ? slash + 1 : "");
    AUTO_FREE char *url = screen_clean(json_text_at(a.json, "webhookUrl", ""));
    cli_answer_fini(&a);
    code = print_new(cli, listener, &after, false, &old);
    if (code == CLI_OK && *url)
        fprintf(stderr, "the URL to paste at Docker Hub, under Webhooks of the repository:\n  %s\n", url);
    if (code == CLI_OK)
        fprintf(stderr, "listening for the %s delivery ... (Ctrl-C ends)\n", after ? "next" : "first");
    while (code == CLI_OK && (!good || cli->follow)) {
        code = print_new(cli, listener, &after, true, &good);
        if (code == CLI_OK && (!good || cli->follow))
            sleep(1);
    }
    return code;
}

int command_webhook(struct cli *cli)
{
    static const struct { const char *name; int (*run)(struct cli *cli, const char *name); } WHAT[] = { { "url", show_url }, { "listen", listen_for } };
    const char *what = cli->count > 1 ? cli->words[0] : "";
    for (size_t i = 0; i < ALEN(WHAT); i++)
        if (text_is(what, WHAT[i].name))
            return WHAT[i].run(cli, cli->words[1]);
    if (text_is(what, "rotate") || text_is(what, "register"))
        return act(cli, cli->words[1], what);
    fputs("slipway: usage: slipway webhook url|rotate|register|listen NAME [--follow]\n", stderr);
    return CLI_USAGE;
}

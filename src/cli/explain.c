/* Why something did or did not start: from what arrived to what came of it, and what to do next. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "cli/inside.h"

#define P "/pipeline/api"

struct story {
    struct cli *cli;
    json_t *lines;               /* [{"about", "says"}] */
    json_t *event, *delivery, *execution; /* NULL: there is none, or it may not be seen */
};

static void tell(struct story *s, const char *about, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void tell(struct story *s, const char *about, const char *format, ...)
{
    AUTO_FREE char *text = NULL;
    va_list args;
    va_start(args, format);
    int n = vasprintf(&text, format, args);
    va_end(args);
    if (n < 0)
        return;
    AUTO_FREE char *clean = screen_clean(text);
    json_array_append_new(s->lines, json_pack("{s:s, s:s}", "about", about, "says", clean));
}

/* The document there; NULL when there is none that we may see. *code (may be NULL): why not. */
static json_t *fetch(struct cli *cli, const char *before, const char *id, int *code)
{
    struct cli_answer a = { 0 };
    struct err e = { 0 };
    AUTO_FREE char *path = path_of(before, id, "");
    json_t *found = NULL;
    if (!cli_call(cli, "GET", path, NULL, NULL, &a, &e)) {
        if (code)
            *code = cli_error(&e);
        return NULL;
    }
    if (a.status == 200)
        found = json_incref(a.json);
    else if (code && a.status != 404)
        *code = cli_refused(&a);
    cli_answer_fini(&a);
    return found;
}

/* The events of a delivery or an execution, the first ones. */
static json_t *events_of(struct cli *cli, const char *key, const char *id)
{
    struct cli_answer a = { 0 };
    struct err e = { 0 };
    AUTO_FREE char *filter = mem_format("%s eq '%s'", key, id), *path = path_of(P "/registry-events?expand=true&$top=20&$filter=", filter, "");
    json_t *rows = cli_call(cli, "GET", path, NULL, NULL, &a, &e) && a.status == 200 ? cli_rows(a.json) : json_array();
    cli_answer_fini(&a);
    return rows;
}

/* ---- what arrived */

static const char *verdict_says(const char *verdict)
{
    static const char *const SAYS[][2] = {
        { "accepted", "it was accepted" },
        { "unauthorized", "it was refused: the secret token was missing or wrong, so nothing in it was read" },
        { "forbidden", "it was refused: its sender is in none of the networks that may deliver to this webhook" },
        { "unreadable", "it was kept, but could not be read" },
    };
    for (size_t i = 0; i < ALEN(SAYS); i++)
        if (text_is(verdict, SAYS[i][0]))
            return SAYS[i][1];
    return verdict;
}

static void tell_pushes(struct story *s, const json_t *pushes)
{
    size_t i;
    json_t *push;
    json_array_foreach((json_t *)pushes, i, push) {
        const char *host = json_text_at(push, "host", ""), *actor = json_text_at(push, "actor", ""), *digest = json_text_at(push, "digest", "");
        tell(s, "recognised", "a push of %s:%s%s%s%s%s%s%s", json_text_at(push, "repository", ""), json_text_at(push, "tag", ""), *host ? " at " : "", host,
             *actor ? " by " : "", actor, *digest ? ", " : "", digest);
    }
    if (!json_array_size(pushes))
        tell(s, "recognised", "no push that could start a pipeline");
}

static void tell_delivery(struct story *s)
{
    const json_t *d = s->delivery;
    const char *format = json_text_at(d, "format", ""), *problem = json_text_at(d, "problem", "");
    int64_t repeats = json_int_at(d, "repeats", 0);
    tell(s, "arrived", "%s from %s%s%s", json_text_at(d, "receivedAt", ""), json_text_at(d, "remote", ""), *format ? ", in the words of " : "", format);
    tell(s, "verdict", "%s%s%s", verdict_says(json_text_at(d, "verdict", "")), *problem ? ": " : "", problem);
    if (repeats)
        tell(s, "repeats", "the same delivery came %lld more time%s, which changed nothing", (long long)repeats, repeats > 1 ? "s" : "");
    if (text_is(json_text_at(d, "verdict", ""), "accepted"))
        tell_pushes(s, json_object_get(d, "pushes"));
}

static void next_of_delivery(struct story *s)
{
    const char *verdict = json_text_at(s->delivery, "verdict", ""), *id = json_text_at(s->delivery, "id", "");
    if (text_is(verdict, "unauthorized"))
        tell(s, "next", "compare the secret at the registry with the webhook's URL (slipway webhook url NAME), then let the registry deliver again");
    else if (text_is(verdict, "forbidden"))
        tell(s, "next", "add the sender's network to the webhook (senders), if it is the registry's");
    else if (text_is(verdict, "unreadable"))
        tell(s, "next", "let the sender send Docker Hub's or Distribution's own JSON; 'slipway simulate --body FILE' tries a body");
    else if (!json_array_size(json_object_get(s->delivery, "pushes")))
        tell(s, "next", "nothing: registries tell of layers, pulls and deletes too");
    else if (!json_bool_at(s->delivery, "matched", true))
        tell(s, "next", "wait a moment: the triggers have not looked at it yet");
    else
        tell(s, "next", "no event is kept of it any more; 'slipway get events' lists those that are (delivery %s)", id);
}

/* ---- what was decided */

static void tell_registry(struct story *s)
{
    const char *confirm = json_text_at(s->event, "confirm", ""), *said = json_text_at(s->event, "confirmMessage", "");
    if (text_is(confirm, "none") || !*confirm)
        tell(s, "registry", "was not asked");
    else if (text_is(confirm, "asked"))
        tell(s, "registry", "is being asked");
    else
        tell(s, "registry", "%s%s%s", confirm, *said ? ": " : "", said);
}

static void tell_considered(struct story *s)
{
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(s->event, "trace"), i, row) {
        const char *webhook = json_text_at(row, "webhook", "");
        tell(s, "considered", "%s%s%s", webhook, *webhook ? ": " : "", json_text_at(row, "why", ""));
    }
}

static void tell_outcome(struct story *s)
{
    const char *message = json_text_at(s->event, "message", ""), *status = json_text_at(s->event, "executionStatus", "");
    tell(s, "came of it", "%s%s%s", status, *message ? ": " : "", message);
    if (s->execution) {
        const char *said = json_text_at(s->execution, "statusMessage", "");
        tell(s, "run", "%s#%lld with the rights of %s: %s%s%s", json_text_at(s->execution, "name", ""), (long long)json_int_at(s->execution, "index", 0),
             json_text_at(s->execution, "_executedBy", ""), json_text_at(s->execution, "status", ""), *said ? ": " : "", said);
    } else if (!text_empty(json_text_at(s->event, "executionLink", ""))) {
        tell(s, "run", "it is gone, or may not be seen");
    }
}

static void next_of_event(struct story *s)
{
    const char *id = json_text_at(s->event, "id", ""), *status = json_text_at(s->event, "executionStatus", ""),
               *message = json_text_at(s->event, "message", "");
    AUTO_FREE char *run = s->execution ? mem_format("%s#%lld", json_text_at(s->execution, "name", ""), (long long)json_int_at(s->execution, "index", 0)) : NULL;
    if (text_is(status, "CANCELED") && strstr(message, "a loop is stopped"))
        tell(s, "next", "nothing; should it run all the same, a person says so: slipway rerun %s", id);
    else if (text_is(status, "IGNORED") && strstr(message, "the sweep found this push"))
        tell(s, "next", "nothing: it ran when the sweep found it");
    else if (text_is(status, "IGNORED") && strstr(message, "disabled"))
        tell(s, "next", "enable the webhook; what was pushed meanwhile never runs by itself, 'slipway run' runs the pipeline");
    else if (text_is(status, "IGNORED"))
        tell(s, "next", "nothing, if it was not meant; else change the webhook, see what it would do now (slipway simulate --event %s), and run it: "
             "slipway rerun events --filter \"id eq '%s'\" --yes", id, id);
    else if (text_is(status, "FAILED") && strstr(message, "Oauth"))
        tell(s, "next", "put a live API token into the webhook (slipway doctor), then run it again: slipway rerun %s", id);
    else if (text_is(status, "FAILED") && run)
        tell(s, "next", "look at 'slipway logs %s'; run it again: slipway rerun %s", run, id);
    else if (text_is(status, "FAILED"))
        tell(s, "next", "mend what it says ('slipway doctor' looks for more), then run it again: slipway rerun %s", id);
    else if (json_is_object(json_object_get(s->event, "hold")))
        tell(s, "next", "look at 'slipway logs %s#%lld'; 'slipway release %s' lets this one try, and when it passes the hold ends; 'slipway release webhook %s' ends it now, "
             "'slipway discard %s' drops this one", json_text_at(s->event, "hold.name", ""), (long long)json_int_at(json_object_get(s->event, "hold"), "executionIndex", 0), id,
             json_text_at(s->event, "webhook", ""), id);
    else if (text_is(status, "HELD"))
        tell(s, "next", "nothing: it goes on by itself at %s; 'slipway release %s' lets it go now, 'slipway discard %s' drops it",
             json_text_at(s->event, "heldUntil", ""), id, id);
    else if (text_is(status, "WAITING"))
        tell(s, "next", "nothing: it goes on by itself");
    else if (run && !execution_over(status))
        tell(s, "next", "slipway watch %s", run);
    else
        tell(s, "next", "nothing; to run it once more: slipway rerun %s", id);
}

static void tell_event(struct story *s)
{
    const json_t *e = s->event;
    const char *delivery = json_text_at(e, "delivery", ""), *link = strrchr(json_text_at(e, "executionLink", ""), '/');
    json_decref(s->execution);
    s->execution = link ? fetch(s->cli, P "/executions/", link + 1, NULL) : NULL;
    if (!s->delivery && *delivery && (s->delivery = fetch(s->cli, P "/registry-deliveries/", delivery, NULL)))
        tell_delivery(s);
    if (!s->delivery && text_is(json_text_at(e, "foundBy", ""), "sweep"))
        tell(s, "arrived", "no delivery did: the sweep found it at the registry at %s", json_text_at(e, "createdAt", ""));
    if (!s->delivery)
        tell(s, "recognised", "a push of %s:%s at %s", json_text_at(e, "imageName", ""), json_text_at(e, "tag", ""), json_text_at(e, "registry", ""));
    if (*json_text_at(e, "pushedBy.says", ""))
        tell(s, "pushed by", "%s", json_text_at(e, "pushedBy.says", "") + strlen("pushed by "));
    tell_registry(s);
    tell_considered(s);
    tell_outcome(s);
    next_of_event(s);
}

/* ---- all together */

static void tell_each(struct story *s, const json_t *events)
{
    size_t i;
    json_t *event;
    json_array_foreach((json_t *)events, i, event) {
        json_decref(s->event);
        s->event = json_incref(event);
        tell_event(s);
    }
}

/* id is an event's, a delivery's or an execution's. */
static int read_story(struct story *s, const char *id)
{
    int code = CLI_OK;
    if ((s->event = fetch(s->cli, P "/registry-events/", id, &code))) {
        tell_event(s);
        return CLI_OK;
    }
    if (code == CLI_OK && (s->delivery = fetch(s->cli, P "/registry-deliveries/", id, &code))) {
        AUTO_JSON *events = events_of(s->cli, "delivery", id);
        tell_delivery(s);
        tell_each(s, events);
        if (!json_array_size(events))
            next_of_delivery(s);
        return CLI_OK;
    }
    if (code == CLI_OK && (s->execution = fetch(s->cli, P "/executions/", id, &code))) {
        AUTO_JSON *events = events_of(s->cli, "execution", id);
        if (!json_array_size(events))
            tell(s, "run", "no push started it: %s did", json_text_at(s->execution, "_executedBy", "a person"));
        tell_each(s, events);
        return CLI_OK;
    }
    if (code != CLI_OK)
        return code;
    fprintf(stderr, "slipway: there is no event, delivery or execution '%s'\n", id);
    return CLI_NOT_FOUND;
}

static void show(const struct story *s)
{
    size_t i;
    json_t *row;
    if (s->cli->output != OUTPUT_TABLE) {
        AUTO_JSON *all = json_pack("{s:O, s:O?, s:O?, s:O?}", "explanation", s->lines, "event", s->event, "delivery", s->delivery, "execution",
                                   s->execution);
        cli_show(s->cli, all, NULL, 0);
        return;
    }
    json_array_foreach(s->lines, i, row)
        printf("%-11s %s\n", json_text_at(row, "about", ""), json_text_at(row, "says", ""));
}

int command_explain(struct cli *cli)
{
    struct story s = { .cli = cli, .lines = json_array() };
    int code = CLI_USAGE;
    if (cli->count)
        code = read_story(&s, cli->words[0]);
    else
        fputs("slipway: usage: slipway explain EVENT|DELIVERY|EXECUTION\n", stderr);
    if (code == CLI_OK)
        show(&s);
    json_decref(s.lines);
    json_decref(s.event);
    json_decref(s.delivery);
    json_decref(s.execution);
    return code;
}

/* What is sent where an entry says no words of its own: one card, in the words of each receiver. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "pipeline/notification.h"

#define SLACK_TEXT_MOST 2900 /* of a section block, which may have 3000 characters: docs.slack.dev, "Section block" */
#define TEAMS_TEXT_MOST 4000 /* of one value; a message of Teams may have 28 KB */

static const struct {
    const char *words, *slack, *teams; /* colours: Slack's own are any, Teams' are names */
} LOOKS[] = {
    [NOTIFY_SUCCESS] = { "completed", "#2e7d32", "good" },        [NOTIFY_FAILURE] = { "failed", "#c62828", "attention" },
    [NOTIFY_WAITING] = { "is waiting", "#ef6c00", "warning" },    [NOTIFY_CANCELED] = { "was canceled", "#616161", "default" },
    [NOTIFY_STARTED] = { "started", "#1565c0", "accent" },
};

const char *notify_event_words(enum notify_event event)
{
    return LOOKS[event].words;
}

/* ---- the card */

static void fact(struct card *c, const char *label, const char *value)
{
    if (!text_empty(value))
        json_array_append_new(c->facts, json_pack("[s, o]", label, json_text(value)));
}

static char *subject_path(const struct notice *n)
{
    const struct pipeline *p = n->execution->pipeline;
    if (n->task != RUN_NO_TASK)
        return pipeline_task_path(p, n->task);
    return mem_text(n->entry->stage == NOTIFY_NONE ? "" : p->stages[n->entry->stage].name);
}

/* The question of a task that waits for people. */
static void question_facts(const struct notice *n, struct card *c)
{
    const struct task_run *run = &n->execution->tasks[n->task];
    const char *link = json_text_at(run->detail, "userOperation", ""), *id = strrchr(link, '/');
    if (!text_is(json_text_at(run->detail, "kind", ""), "approval"))
        return;
    fact(c, "Asked", json_text_at(run->input, "summary", ""));
    fact(c, "Details", json_text_at(run->input, "description", ""));
    fact(c, "Until", json_text_at(run->detail, "expires", ""));
    if (!id)
        return;
    free(c->url);
    c->url = mem_format("%s/user-operations?id=%s", n->page, id + 1);
}

static const char *message_of(const struct notice *n)
{
    bool of_task = n->entry->task != NOTIFY_NONE && n->task != RUN_NO_TASK;
    return run_text(of_task ? n->execution->tasks[n->task].message : n->execution->message);
}

void card_make(const struct notice *n, struct card *c)
{
    const struct execution *x = n->execution;
    char started[CLOCK_TEXT], ended[CLOCK_TEXT];
    AUTO_FREE char *path = subject_path(n);
    *c = (struct card){ .facts = json_array(), .event = n->entry->event, .url = mem_text(n->facts->url ? n->facts->url : "") };
    c->title = mem_format("%s #%lld%s%s %s", x->pipeline->name, (long long)n->facts->index, *path ? ": " : "", path, LOOKS[c->event].words);
    text_mend(c->title);
    fact(c, "Project", n->facts->project);
    fact(c, "Status", run_status_name(execution_shown(x)));
    fact(c, "Message", message_of(n));
    if (n->task != RUN_NO_TASK && c->event == NOTIFY_WAITING)
        question_facts(n, c);
    fact(c, "Requested by", n->facts->requested_by);
    fact(c, "Comments", n->facts->comments);
    fact(c, "Started", x->started_at ? clock_text(x->started_at, started) : "");
    fact(c, "Ended", x->ended_at ? clock_text(x->ended_at, ended) : "");
}

void card_fini(struct card *c)
{
    free(c->title);
    free(c->url);
    json_decref(c->facts);
    *c = (struct card){ 0 };
}

static const char *label(const struct card *c, size_t i)
{
    return json_string_value(json_array_get(json_array_get(c->facts, i), 0));
}

static const char *value(const struct card *c, size_t i)
{
    return json_string_value(json_array_get(json_array_get(c->facts, i), 1));
}

/* ---- in words */

char *card_text(const struct card *c)
{
    struct text out = { 0 };
    text_addf(&out, "%s\n\n", c->title);
    for (size_t i = 0; i < json_array_size(c->facts); i++)
        text_addf(&out, "%s: %s\n", label(c, i), value(c, i));
    if (*c->url)
        text_addf(&out, "\n%s\n", c->url);
    return text_take(&out);
}

/* Slack's three characters (docs.slack.dev, "Formatting text for app surfaces"): with them escaped, nothing becomes a link or a mention. */
static void slack_add(struct text *out, const char *text, size_t most)
{
    for (; *text && most; text++, most--)
        switch (*text) {
        case '&': text_add(out, "&amp;"); break;
        case '<': text_add(out, "&lt;"); break;
        case '>': text_add(out, "&gt;"); break;
        default: text_add_char(out, *text);
        }
    if (*text)
        text_add(out, "…");
}

/* A text that was cut within a character is mended. */
static json_t *mended(struct text *t)
{
    json_t *json = json_text(text_of(t));
    text_fini(t);
    return json;
}

char *card_slack(const struct card *c)
{
    struct text title = { 0 }, body = { 0 };
    slack_add(&title, c->title, 300);
    if (*c->url)
        text_addf(&body, "*<%s|%s>*\n", c->url, text_of(&title));
    else
        text_addf(&body, "*%s*\n", text_of(&title));
    for (size_t i = 0, left = SLACK_TEXT_MOST; i < json_array_size(c->facts); i++) {
        text_addf(&body, "%s: ", label(c, i));
        slack_add(&body, value(c, i), left > body.length ? (left - body.length) / 5 : 0); /* an escape is five bytes at most */
        text_add_char(&body, '\n');
    }
    AUTO_JSON *json = json_pack("{s:o, s:[{s:s, s:[{s:s, s:{s:s, s:o}}]}]}", "text", mended(&title), "attachments", "color", LOOKS[c->event].slack, "blocks", "type",
                                "section", "text", "type", "mrkdwn", "text", mended(&body));
    return json_write(json);
}

/* Runs of text have no markup: what a value holds shows as it is. */
static json_t *teams_fact(const char *label_text, const char *text)
{
    AUTO_FREE char *name = mem_format("%s: ", label_text), *cut = mem_text_n(text, strnlen(text, TEAMS_TEXT_MOST));
    return json_pack("{s:s, s:[{s:s, s:s, s:s}, {s:s, s:o}]}", "type", "RichTextBlock", "inlines", "type", "TextRun", "text", name, "weight", "bolder", "type", "TextRun", "text",
                     json_text(cut));
}

char *card_teams(const struct card *c)
{
    json_t *body = json_array(), *content;
    json_array_append_new(body, json_pack("{s:s, s:[{s:s, s:s, s:s, s:s, s:s}]}", "type", "RichTextBlock", "inlines", "type", "TextRun", "text", c->title, "weight",
                                          "bolder", "size", "large", "color", LOOKS[c->event].teams));
    for (size_t i = 0; i < json_array_size(c->facts); i++)
        json_array_append_new(body, teams_fact(label(c, i), value(c, i)));
    content = json_pack("{s:s, s:s, s:s, s:o}", "$schema", "http://adaptivecards.io/schemas/adaptive-card.json", "type", "AdaptiveCard", "version", "1.4", "body", body);
    if (*c->url)
        json_object_set_new(content, "actions", json_pack("[{s:s, s:s, s:s}]", "type", "Action.OpenUrl", "title", "Open", "url", c->url));
    AUTO_JSON *json = json_pack("{s:s, s:[{s:s, s:n, s:o}]}", "type", "message", "attachments", "contentType", "application/vnd.microsoft.card.adaptive", "contentUrl",
                                "content", content);
    return json_write(json);
}

char *card_json(const struct card *c, const struct notice *n)
{
    const struct execution *x = n->execution;
    const struct pipeline_task *t = n->task < x->pipeline->run_count ? &x->pipeline->tasks[n->task] : NULL;
    size_t stage = t ? t->stage : n->entry->stage;
    AUTO_FREE char *text = card_text(c);
    AUTO_JSON *json = json_object();
    const char *const TEXTS[][2] = {
        { "text", text }, { "event", notify_event_name(c->event) }, { "project", n->facts->project }, { "name", x->pipeline->name }, { "executionId", n->facts->id },
        { "executionUrl", n->facts->url }, { "status", run_status_name(execution_shown(x)) }, { "statusMessage", run_text(x->message) },
        { "stage", stage == NOTIFY_NONE ? "" : x->pipeline->stages[stage].name }, { "task", t ? t->name : "" }, { "requestBy", n->facts->requested_by },
    };
    for (size_t i = 0; i < ALEN(TEXTS); i++)
        json_set_text(json, TEXTS[i][0], TEXTS[i][1]);
    json_object_set_new(json, "executionIndex", json_integer(n->facts->index));
    return json_write(json);
}

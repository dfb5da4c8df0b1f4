#include "pipeline/notification.h"

#include <string.h>

#include "base/clock.h"
#include "pipeline/testing.h"

static const char *const PIPELINE =
    "name: CD\nproject: Dev\ninput: {who: me}\noutput: {ip: '${Deploy.Apply.output.ip}'}\n"
    "stageOrder: [Build, Deploy]\nstages:\n"
    "  Build: {taskOrder: ['A,B'], tasks: {A: {type: CI}, B: {type: CI, ignoreFailure: true}}}\n"
    "  Deploy: {taskOrder: [Apply], tasks: {Apply: {type: CI}}}\n"
    "notifications:\n"
    "  email:\n"
    "  - {event: FAILURE, endpoint: post, to: ['a@x.org', '${input.who}@x.org'], subject: \"bad: ${statusMessage}\", body: 'see ${executionUrl} ${var.token} [${Deploy.Apply.output.x}]'}\n"
    "  - {event: SUCCESS, endpoint: post, to: [a@x.org]}\n"
    "  jira:\n"
    "  - {event: FAILURE, endpoint: tickets, project: OPS, issuetype: Bug}\n"
    "  webhook:\n"
    "  - {event: STARTED, url: 'https://x.org/${var.token}/${name}', headers: {X-Token: 'a ${var.token}'}, payload: '{\"text\": \"${statusMessage}\", \"n\": ${executionIndex}, \"s\": \"${executionIndex}\"}'}\n"
    "  - {event: WAITING, url: 'https://x.org/', type: slack}\n"
    "  - {event: FAILURE, stage: Build, task: B, url: 'https://x.org/', type: teams}\n"
    "  - {event: SUCCESS, stage: Build, url: 'https://x.org/', payload: 'plain ${stageName} is \"${notificationEvent}\"'}\n"
    "  - {event: WAITING, stage: Deploy, task: Apply, url: 'https://x.org/', payload: '${userOpUrl} ${userOpIndex} ${userOpSummary}'}\n";
enum { MAIL_BAD, MAIL_GOOD, TICKET, STARTED, WAITS, TASK_BAD, STAGE_GOOD, TASK_WAITS };

struct scene {
    struct pipeline *p;
    struct execution *x;
    struct text seen;
};

static enum scope_answer variable(void *owner, const char *name, struct value *ret, struct err *e)
{
    (void)owner, (void)e;
    if (strcmp(name, "token") != 0)
        return SCOPE_UNKNOWN;
    *ret = (struct value){ .json = json_string("s3cret\"x"), .secret = true };
    return SCOPE_FOUND;
}

static struct run_facts FACTS = { .id = "0-1", .project = "Dev", .index = 3, .url = "https://s/executions/0-1", .requested_by = "ann", .variable = variable };

static struct scene begin(void)
{
    struct scene s = { .p = make_pipeline(PIPELINE) };
    AUTO_JSON *input = NULL;
    struct err e = { 0 };
    CHECK_OK(pipeline_inputs(s.p, NULL, &input, &e), e);
    s.x = execution_create(s.p, input, NULL, CLOCK_SECOND);
    return s;
}

static void end(struct scene *s)
{
    execution_destroy(&s->x);
    pipeline_destroy(&s->p);
    text_fini(&s->seen);
}
#define AUTO_SCENE __attribute__((cleanup(end))) struct scene

/* What is told of one event: "occasion/notification of Task". */
static const char *told(struct scene *s, struct run_event event)
{
    AUTO_EFFECTS effects = { 0 };
    event.now = 2 * CLOCK_SECOND;
    event.facts = &FACTS;
    execution_step(s->x, &event, &effects, NULL);
    text_fini(&s->seen);
    for (size_t i = 0; i < effects.count; i++) {
        const struct run_effect *f = &effects.at[i];
        if (f->kind == EFFECT_NOTIFY)
            text_addf(&s->seen, "%s%lld/%zu%s%s", s->seen.length ? ", " : "", (long long)f->occasion, f->notification, f->task == RUN_NO_TASK ? "" : " of ",
                      f->task == RUN_NO_TASK ? "" : s->p->tasks[f->task].name);
    }
    return text_of(&s->seen);
}

#define EVENT(...) ((struct run_event){ __VA_ARGS__ })

static json_t *render(struct scene *s, size_t which, size_t task)
{
    struct notice n = { .entry = &s->p->notifications[which], .execution = s->x, .facts = &FACTS, .task = task, .page = "https://s" };
    return notification_render(&n);
}

TEST(notification, each_happening_is_told_once)
{
    AUTO_SCENE s = begin();
    CHECK_INT(s.p->notification_count, 8);
    CHECK_TEXT(told(&s, EVENT(.kind = ENGINE_START)), "1/3");
    CHECK_TEXT(told(&s, EVENT(.kind = ENGINE_RECOVER)), "");
    CHECK_TEXT(told(&s, EVENT(.kind = ENGINE_TASK_DONE, .task = 1, .result = TASK_FAILED, .text = "no disk")), "2/5 of B");
    CHECK_TEXT(told(&s, EVENT(.kind = ENGINE_TASK_DONE, .task = 0, .result = TASK_COMPLETED)), "3/6");
    AUTO_JSON *asks = read_yaml("{kind: approval, userOperation: /codestream/api/user-operations/77, index: abc, expires: soon}");
    AUTO_JSON *input = read_yaml("{summary: 'ship it?'}");
    told(&s, EVENT(.kind = ENGINE_TASK_RESOLVED, .task = 2, .json = input));
    CHECK_TEXT(told(&s, EVENT(.kind = ENGINE_TASK_PROGRESS, .task = 2, .json = asks)), "");
    CHECK_TEXT(told(&s, EVENT(.kind = ENGINE_TASK_WAITS, .task = 2, .waits = RUN_WAITS_PERSON)), "4/7 of Apply, 5/4 of Apply");
    CHECK_TEXT(told(&s, EVENT(.kind = ENGINE_TASK_WAITS, .task = 2, .waits = RUN_WAITS_PERSON)), ""); /* again after a crash */
    AUTO_JSON *waits = render(&s, TASK_WAITS, 2);
    CHECK_TEXT(json_text_at(waits, "payload", ""), "https://s/user-operations?id=77 abc ship it?");
    struct execution_row row;
    execution_write(s.x, &row);
    CHECK(strstr(row.state, "\"occasions\":5") != NULL);
    execution_row_fini(&row);
    CHECK_TEXT(told(&s, EVENT(.kind = ENGINE_TASK_DONE, .task = 2, .result = TASK_FAILED, .text = "no")), "6/0, 6/2");
}

TEST(notification, a_pause_is_told_and_an_end_by_cancel_is_not_failure)
{
    AUTO_SCENE s = begin();
    told(&s, EVENT(.kind = ENGINE_START));
    CHECK_TEXT(told(&s, EVENT(.kind = ENGINE_PAUSE, .text = "ann")), "");
    told(&s, EVENT(.kind = ENGINE_TASK_DONE, .task = 0, .result = TASK_COMPLETED));
    CHECK_TEXT(told(&s, EVENT(.kind = ENGINE_TASK_DONE, .task = 1, .result = TASK_COMPLETED)), "2/4, 3/6");
    CHECK_INT(s.x->status, RUN_PAUSED);
    CHECK_TEXT(told(&s, EVENT(.kind = ENGINE_CANCEL, .text = "ann")), "");
}

TEST(notification, people_read_no_secrets_and_headers_hold_one_line)
{
    AUTO_SCENE s = begin();
    told(&s, EVENT(.kind = ENGINE_START));
    told(&s, EVENT(.kind = ENGINE_TASK_DONE, .task = 1, .result = TASK_COMPLETED));
    told(&s, EVENT(.kind = ENGINE_TASK_DONE, .task = 0, .result = TASK_FAILED, .text = "it said \"no\"\r\nBcc: evil@x.org"));
    AUTO_JSON *mail = render(&s, MAIL_BAD, RUN_NO_TASK);
    CHECK_TEXT(json_text_at(mail, "subject", ""), "bad: Build.A: it said \"no\"  Bcc: evil@x.org");
    CHECK_TEXT(json_text_at(mail, "body", ""), "see https://s/executions/0-1 ***** []");
    CHECK_TEXT(json_text_at(mail, "to[1]", ""), "me@x.org");
    CHECK_TEXT(json_text_at(mail, "notes[0]", ""), "task 'Deploy.Apply' has no output: its status is NOT_STARTED");
    AUTO_JSON *ticket = render(&s, TICKET, RUN_NO_TASK);
    CHECK_TEXT(json_text_at(ticket, "summary", ""), "CD #3 failed");
    CHECK(strstr(json_text_at(ticket, "description", ""), "Message: Build.A: it said") != NULL);
}

TEST(notification, an_address_from_outside_must_be_one)
{
    AUTO_SCENE s = begin();
    json_object_set_new(s.x->input, "who", json_string("a@b\r\nBcc: c"));
    AUTO_JSON *mail = render(&s, MAIL_BAD, RUN_NO_TASK);
    CHECK_TEXT(json_text_at(mail, "refused", ""), "to: it holds what is no e-mail address");
}

TEST(notification, payloads_stay_json_whatever_is_put_in)
{
    AUTO_SCENE s = begin();
    told(&s, EVENT(.kind = ENGINE_START));
    json_decref(s.x->message);
    s.x->message = json_string("quote \" and \\ and \n ${var.token}");
    AUTO_JSON *hook = render(&s, STARTED, RUN_NO_TASK);
    CHECK_TEXT(json_text_at(hook, "payload", ""), "{\"text\":\"quote \\\" and \\\\ and \\n ${var.token}\",\"n\":3,\"s\":\"3\"}");
    AUTO_FREE char *url = NULL, *header = NULL;
    struct err e = { 0 };
    CHECK_OK(notification_pieces(json_object_get(hook, "url"), variable, NULL, &url, &e), e);
    CHECK_TEXT(url, "https://x.org/s3cret\"x/CD");
    CHECK_OK(notification_pieces(json_at(hook, "headers[0][1]"), variable, NULL, &header, &e), e);
    CHECK_TEXT(header, "a s3cret\"x");
    AUTO_JSON *plain = render(&s, STAGE_GOOD, RUN_NO_TASK);
    CHECK_TEXT(json_text_at(plain, "payload", ""), "plain Build is \"SUCCESS\"");
}

TEST(notification, cards_are_what_slack_and_teams_take)
{
    AUTO_SCENE s = begin();
    told(&s, EVENT(.kind = ENGINE_START));
    told(&s, EVENT(.kind = ENGINE_TASK_DONE, .task = 1, .result = TASK_FAILED, .text = "<!channel> & \"more\""));
    s.p->notifications[WAITS].task = 1; /* so that the task's own message shows */
    AUTO_JSON *slack = render(&s, WAITS, 1), *teams = render(&s, TASK_BAD, 1);
    AUTO_JSON *card = NULL, *adaptive = NULL;
    struct err e = { 0 };
    const char *text = json_text_at(slack, "payload", ""), *other = json_text_at(teams, "payload", "");
    CHECK_OK(json_read(text, strlen(text), &card, &e), e);
    CHECK(strstr(json_text_at(card, "attachments[0].blocks[0].text.text", ""), "Message: &lt;!channel&gt; &amp; \"more\"\n") != NULL);
    CHECK_TEXT(json_text_at(card, "text", ""), "CD #3: Build.B is waiting");
    CHECK_OK(json_read(other, strlen(other), &adaptive, &e), e);
    CHECK_TEXT(json_text_at(adaptive, "attachments[0].content.body[0].inlines[0].text", ""), "CD #3: Build.B failed");
    CHECK_TEXT(json_text_at(adaptive, "attachments[0].content.body[3].inlines[1].text", ""), "<!channel> & \"more\"");
    CHECK_TEXT(json_text_at(adaptive, "attachments[0].content.actions[0].url", ""), "https://s/executions/0-1");
}

/* ---- what is refused */

static char *found(const char *notifications)
{
    AUTO_FREE char *yaml = mem_format("name: P\nstageOrder: [S]\nstages: {S: {taskOrder: [T], tasks: {T: {type: CI}}}}\nnotifications: %s\n", notifications);
    static const struct pipeline_type TYPES[] = { { .name = "CI" } };
    AUTO(pipeline) p = make_pipeline(yaml);
    AUTO_PROBLEMS problems = { 0 };
    struct text out = { 0 };
    struct pipeline_checks checks = { TYPES, 1, true };
    pipeline_check(p, &checks, &problems);
    for (size_t i = 0; i < problems.count; i++)
        text_addf(&out, "%s%s %s", i ? "; " : "", problems.at[i].pointer, problems.at[i].text);
    return text_take(&out);
}

TEST(notification, every_field_is_checked_where_it_stands)
{
#define IN(kind, entry) "{" kind ": [{" entry "}]}"
    static const struct { const char *yaml, *want; } CASES[] = {
        { "{email: []}", "" },
        { "[]", "/notifications 'notifications' must be an object with the lists email, jira and webhook" },
        { "{sms: []}", "/notifications/sms unknown key 'sms' of a list of notifications: expected is one of email, jira, webhook" },
        { IN("webhook", "event: SUCCESS, url: 'https://x', payload: {a: 1}"), "" },
        { IN("webhook", "event: OVER, url: 'https://x'"), "/notifications/webhook/0/event 'event' is one of SUCCESS, FAILURE, WAITING, CANCELED, STARTED, not 'OVER'" },
        { IN("webhook", "event: SUCCESS, url: 'ftp://x'"), "/notifications/webhook/0/url a URL begins with https:// or http://, or with a variable" },
        { IN("webhook", "event: SUCCESS, url: 'https://x', action: get"), "/notifications/webhook/0/action 'action' is post, put or patch, not 'get'" },
        { IN("webhook", "event: SUCCESS, url: 'https://x', type: irc"), "/notifications/webhook/0/type 'type' is slack or teams, or is left out, not 'irc'" },
        { IN("webhook", "event: SUCCESS, url: 'https://x', headers: {'a b': c, d: \"e\\nf\"}"),
          "/notifications/webhook/0/headers/a b 'a b' is no name of an HTTP header; /notifications/webhook/0/headers/d the value of a header is one line" },
        { IN("webhook", "event: SUCCESS, url: 'https://x', stage: S, task: U"), "/notifications/webhook/0/task stage 'S' has no task 'U'" },
        { IN("webhook", "event: SUCCESS, url: 'https://x', stage: Z"), "/notifications/webhook/0/stage there is no stage 'Z'" },
        { IN("webhook", "event: SUCCESS, url: '${input.x}'"), "/notifications/webhook/0/url ${input.x}: the pipeline declares no such input" },
        { IN("email", "event: SUCCESS"), "/notifications/email/0/endpoint 'endpoint' is missing; /notifications/email/0/to 'to' is missing" },
        { IN("email", "event: SUCCESS, endpoint: e, to: [a, b@c.d, '${output.x}']"), "/notifications/email/0/to/0 'a' is no e-mail address" },
        { IN("email", "event: SUCCESS, endpoint: e, to: ['b@c.d'], cc: x"), "/notifications/email/0/cc a notification by email knows no 'cc'" },
        { IN("jira", "event: SUCCESS, endpoint: e, project: P, issuetype: Bug"),
          "/notifications/jira/0/event a ticket is made when something did not work: choose FAILURE or CANCELED" },
        { IN("jira", "event: FAILURE, endpoint: e, project: P, issuetype: Bug, action: close"), "/notifications/jira/0/action 'action' is create, not 'close'" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_FREE char *have = found(CASES[i].yaml);
        CHECK_TEXT(have, CASES[i].want);
    }
}

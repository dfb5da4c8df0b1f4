/* A notification as a ticket in Jira (REST API version 2, of Server, Data Center and Cloud). Jira knows no idempotency keys: a ticket bears a label of
 * ours, and after a try of which nobody knows what came, it is looked for before another is made. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "runner/notify_endpoints.h"
#include "runner/notify_work.h"

#define SUMMARY_MOST 254       /* Jira's limits are 255 characters, */
#define DESCRIPTION_MOST 32000 /* and 32767 */

struct ticket {
    struct notify_work *work;
    struct jira_server *server;
    char *mark;      /* "slipway-UUID" */
    char *account;   /* Cloud: the assignee's account id; NULL: not looked for */
    bool unlabelled; /* the project's screen has no labels: the mark stands in the description */
    bool unassigned; /* the assignee is nobody there */
};

static void ticket_free(void *context)
{
    struct ticket *t = context;
    jira_server_destroy(&t->server);
    free(t->mark);
    free(t->account);
    free(t);
}

static struct ticket *ticket_of(struct http_call *call)
{
    return OWNER(call, struct notify_work, call)->context;
}

/* ---- calls, one after the other */

static bool ask(struct ticket *t, const char *method, const char *path, const json_t *body, void (*done)(struct http_call *call, const struct err *e), struct err *e)
{
    struct notify_work *w = t->work;
    http_headers_fini(&w->call.headers);
    free((char *)w->call.body);
    free((char *)w->call.url);
    free((char *)w->call.via);
    w->call = (struct http_call){ .method = method, .url = mem_format("%s/rest/api/2/%s", t->server->url, path), .via = mem_text(t->server->via),
                                  .trust = &t->server->trust.trust, .body = body ? json_write(body) : NULL,
                                  .once = body };
    w->call.body_size = body ? strlen(w->call.body) : 0;
    http_headers_add(&w->call.headers, "Accept", "application/json");
    if (body)
        http_headers_add(&w->call.headers, "Content-Type", "application/json");
    if (*t->server->authorization)
        http_headers_add(&w->call.headers, "Authorization", t->server->authorization);
    return notify_call(w, done, e);
}

/* What Jira says went wrong: {"errorMessages": [..], "errors": {FIELD: WHY}}. */
static void add_reasons(struct text *out, const json_t *answer)
{
    const json_t *messages = json_object_get(answer, "errorMessages");
    const char *field;
    json_t *why;
    for (size_t i = 0; i < json_array_size(messages); i++)
        text_addf(out, "%s%.200s", out->length ? "; " : "", json_is_string(json_array_get(messages, i)) ? json_string_value(json_array_get(messages, i)) : "");
    json_object_foreach(json_object_get(answer, "errors"), field, why)
        text_addf(out, "%s%.60s: %.200s", out->length ? "; " : "", field, json_is_string(why) ? json_string_value(why) : "");
}

static void failed(struct ticket *t, const struct http_call *call, const struct err *e, const json_t *answer)
{
    struct notify_outcome o = notify_judge(call, e);
    struct err why = e ? *e : (struct err){ 0 };
    AUTO_TEXT reasons = { 0 };
    o.sent = false;
    add_reasons(&reasons, answer);
    if (!e && reasons.length)
        err_set(&why, ERR_UPSTREAM, "Jira answered %d: %.400s", call->status, reasons.at);
    else if (!e)
        http_call_refused(call, &why);
    notify_end(t->work, &o, &why);
}

/* Between two calls: what cannot begin ends the try. */
static void or_end(struct ticket *t, bool begun, const struct err *e)
{
    struct notify_outcome o = { .never = !err_retry(e->kind) };
    if (!begun)
        notify_end(t->work, &o, e);
}

static json_t *answer_of(const struct http_call *call)
{
    json_t *json = NULL;
    return json_read(text_of(&call->answer), call->answer.length, &json, NULL) ? json : NULL;
}

static void made(struct ticket *t, const char *key, int code, const char *how)
{
    AUTO_FREE char *link = mem_format("%s/browse/%s", t->server->url, key);
    AUTO_FREE char *said = mem_format("%s: %s%s", key, how, t->unassigned ? "; its assignee is nobody that Jira knows, so it has none" : "");
    notify_end(t->work, &(struct notify_outcome){ .sent = true, .code = code, .message = said, .reference = link }, NULL);
}

/* ---- making it */

static char *cut(const char *text, size_t most)
{
    char *copy = mem_text_n(text, strnlen(text, most));
    text_mend(copy);
    return copy;
}

static json_t *issue_of(const struct ticket *t)
{
    const json_t *c = t->work->content;
    const char *assignee = json_text_at(c, "assignee", "");
    AUTO_FREE char *summary = cut(json_text_at(c, "summary", ""), SUMMARY_MOST), *description = cut(json_text_at(c, "description", ""), DESCRIPTION_MOST);
    AUTO_FREE char *marked = t->unlabelled ? mem_format("%s\n\n%s", description, t->mark) : mem_text(description);
    json_t *fields = json_pack("{s:{s:s}, s:{s:s}, s:s, s:s}", "project", "key", json_text_at(c, "project", ""), "issuetype", "name", json_text_at(c, "issuetype", ""),
                               "summary", summary, "description", marked);
    if (!t->unlabelled)
        json_object_set_new(fields, "labels", json_pack("[s]", t->mark));
    if (*assignee && !t->unassigned)
        json_object_set_new(fields, "assignee", json_pack("{s:s}", t->account ? "accountId" : "name", t->account ? t->account : assignee));
    return json_pack("{s:o}", "fields", fields);
}

static bool create(struct ticket *t, struct err *e);

static void created(struct http_call *call, const struct err *e)
{
    struct ticket *t = ticket_of(call);
    AUTO_JSON *answer = e ? NULL : answer_of(call);
    const char *key = json_text_at(answer, "key", "");
    const json_t *errors = json_object_get(answer, "errors");
    struct err why = { 0 };
    bool label = !e && call->status == 400 && json_object_get(errors, "labels") && !t->unlabelled;
    bool assignee = !e && call->status == 400 && json_object_get(errors, "assignee") && !t->unassigned;
    if (!e && call->status == 201 && *key) {
        made(t, key, call->status, "made");
    } else if (label || assignee) { /* it is made without them, rather than not */
        t->unlabelled = t->unlabelled || label;
        t->unassigned = t->unassigned || assignee;
        or_end(t, create(t, &why), &why);
    } else {
        failed(t, call, e, answer);
    }
}

static bool create(struct ticket *t, struct err *e)
{
    AUTO_JSON *issue = issue_of(t);
    return ask(t, "POST", "issue", issue, created, e);
}

/* ---- Cloud: who is the assignee? */

static void found_assignee(struct http_call *call, const struct err *e)
{
    struct ticket *t = ticket_of(call);
    AUTO_JSON *answer = e ? NULL : answer_of(call);
    const char *id = json_text_at(json_array_get(answer, 0), "accountId", "");
    struct err why = { 0 };
    if (e || call->status != 200) {
        failed(t, call, e, answer);
        return;
    }
    if (json_array_size(answer) == 1 && *id)
        t->account = mem_text(id);
    else
        t->unassigned = true;
    or_end(t, create(t, &why), &why);
}

/* Account ids have a colon, or are 24 hexadecimal digits; anything else is a name or an address. */
static bool account_id(const char *text)
{
    return strchr(text, ':') || (strlen(text) == 24 && strspn(text, "0123456789abcdef") == 24);
}

static bool begin(struct ticket *t, struct err *e)
{
    const char *assignee = json_text_at(t->work->content, "assignee", "");
    AUTO_TEXT path = { 0 };
    if (*assignee && t->server->cloud && account_id(assignee))
        t->account = mem_text(assignee);
    if (!*assignee || !t->server->cloud || t->account)
        return create(t, e);
    text_add(&path, "user/search?maxResults=2&query=");
    text_add_url(&path, assignee);
    return ask(t, "GET", path.at, NULL, found_assignee, e);
}

/* ---- is it there already? */

static void searched(struct http_call *call, const struct err *e)
{
    struct ticket *t = ticket_of(call);
    AUTO_JSON *answer = e ? NULL : answer_of(call);
    const json_t *issues = json_object_get(answer, "issues");
    const char *key = json_text_at(json_array_get(issues, 0), "key", "");
    struct err why = { 0 };
    if (e || call->status != 200 || !json_is_array(issues))
        failed(t, call, e, answer);
    else if (*key)
        made(t, key, call->status, "an earlier try had made it");
    else
        or_end(t, begin(t, &why), &why);
}

static bool search(struct ticket *t, struct err *e)
{
    AUTO_TEXT path = { 0 };
    AUTO_FREE char *jql = mem_format("labels = \"%s\" OR description ~ \"\\\"%s\\\"\"", t->mark, t->mark);
    text_add(&path, t->server->cloud ? "search/jql?fields=key&maxResults=1&jql=" : "search?fields=key&maxResults=1&jql=");
    text_add_url(&path, jql);
    return ask(t, "GET", path.at, NULL, searched, e);
}

bool notify_jira(struct notify_work *w, struct err *e)
{
    struct ticket *t = NEW(struct ticket);
    const json_t *properties = notify_endpoint(w, "jira", e);
    t->work = w;
    t->mark = mem_format("slipway-%s", w->row.uuid);
    w->context = t;
    w->context_free = ticket_free;
    if (!properties || !jira_server_from_properties(properties, &t->server, e))
        return false;
    return w->row.doubt ? search(t, e) : begin(t, e);
}

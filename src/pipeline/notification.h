/* pipeline/notification.h - whom an execution tells what: the entries of "notifications", and what one of them says at its moment.
 *
 * Pure: from an entry, the execution as it is then, and what is known of it, comes a tree that says what is to be sent. Sending it
 * is runner/notify.h's matter. In texts for people (mails, tickets) secret values are masked; a webhook gets what its author wrote.
 */
#pragma once

#include "pipeline/engine.h"

#define NOTIFY_NONE SIZE_MAX /* no stage, no task */
#define NOTIFY_TEXT_MOST (256 << 10) /* bytes of one message, a payload too */

const char *notify_kind_name(enum notify_kind kind);    /* "email": the list that the entry stands in */
const char *notify_event_name(enum notify_event event); /* "FAILURE" */
bool notify_event_parse(const char *name, enum notify_event *ret);

/* Fills pipeline->notifications from the definition. Part of pipeline_create. */
void notifications_compile(struct pipeline *pipeline);

struct notice { /* one that is to be told; borrowed */
    const struct pipeline_notification *entry;
    const struct execution *execution; /* after the step that caused it */
    const struct run_facts *facts;
    size_t task;      /* what happened, happened to it; RUN_NO_TASK: to the whole, or a stage */
    const char *page; /* address of the server's pages, "" when not known */
};

/* What is to be sent; the caller's:
 *   email    {"endpoint", "to": [..], "subject", "body"}
 *   jira     {"endpoint", "project", "issuetype", "summary", "description", "assignee"}
 *   webhook  {"type", "method", "url": PIECES, "headers": [[NAME, PIECES], ..], "payload", "via", "subject"}
 * and with all "notes": [..], sentences about references that had no value and became "". "refused" instead: why nothing can be sent.
 * PIECES keep variables by name, so that a try sees what they are then. */
json_t *notification_render(const struct notice *notice);

/* PIECES as a text; the caller's. ERR_INVALID: a variable is gone, or variable's own answer. */
bool notification_pieces(const json_t *pieces, enum scope_answer (*variable)(void *owner, const char *name, struct value *ret, struct err *e),
                         void *owner, char **ret, struct err *e);

/* A payload that is JSON once its references are values: those in its strings stay text, however they look, and a bare one is its value.
 * false: it is no JSON. *ret is the caller's. */
bool notification_payload(const char *text, struct scope *scope, char **ret, struct err *e);

/* "a@b.c", plain ASCII: what is none never gets into a header or an envelope. */
bool notify_address_ok(const char *address);

/* ---- notification_cards.c: what is sent where the entry says no words of its own */

struct card {
    char *title, *url;
    json_t *facts; /* [[LABEL, VALUE], ..] */
    enum notify_event event;
};
void card_make(const struct notice *notice, struct card *ret);
void card_fini(struct card *card);
char *card_text(const struct card *card);  /* plain text of several lines; these are the caller's */
char *card_slack(const struct card *card); /* JSON for an incoming webhook of Slack, */
char *card_teams(const struct card *card); /* and for one of Teams: an adaptive card */
char *card_json(const struct card *card, const struct notice *notice); /* for anybody else */
const char *notify_event_words(enum notify_event event); /* "failed" */

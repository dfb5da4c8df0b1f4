/* From what a step tells to rows of the outbox: rendered now, as the execution is now, and sealed. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/mem.h"
#include "base/text.h"
#include "pipeline/notification.h"
#include "runner/notify_work.h"

#define TARGET_MOST 300
#define SUBJECT_MOST 300

void notices_fini(struct notices *list)
{
    for (size_t i = 0; i < list->count; i++)
        notification_row_fini(&list->at[i]);
    free(list->at);
    *list = (struct notices){ 0 };
}

bool notices_store(struct db_tx *tx, struct notices *list, struct err *e)
{
    bool fresh;
    for (size_t i = 0; i < list->count; i++)
        if (!notification_insert(tx, &list->at[i], &fresh, e))
            return false;
    return true;
}

/* ---- to whom it goes, for people and for taking turns */

char *notify_host(const char *url)
{
    const char *scheme = strstr(url, "://"), *host = scheme ? scheme + 3 : url;
    size_t authority = strcspn(host, "/?#");
    const char *at = memrchr(host, '@', authority);
    const char *from = at ? at + 1 : host;
    return mem_format("%.*s%.*s", (int)(host - url), url, (int)(authority - (size_t)(from - host)), from);
}

static char *joined(const json_t *texts)
{
    struct text out = { 0 };
    for (size_t i = 0; i < json_array_size(texts); i++)
        text_addf(&out, "%s%s", i ? ", " : "", json_string_value(json_array_get(texts, i)));
    return text_take(&out);
}

static char *cut(char *text, size_t most)
{
    if (strlen(text) > most)
        text[most] = 0;
    text_mend(text);
    return text;
}

static char *target_of(const struct pipeline_notification *n, const json_t *content, struct knowledge *k)
{
    struct err e = { 0 };
    AUTO_FREE char *url = NULL;
    if (n->kind == NOTIFY_EMAIL)
        return joined(json_object_get(content, "to"));
    if (n->kind == NOTIFY_JIRA)
        return mem_text(json_text_at(content, "project", ""));
    return notification_pieces(json_object_get(content, "url"), knowledge_variable, k, &url, &e) ? notify_host(url) : mem_text("");
}

/* ---- one row */

static void place_of(const struct pipeline *p, const struct pipeline_notification *n, size_t task, struct notification_row *row)
{
    const struct pipeline_task *t = task < p->task_count ? &p->tasks[task] : NULL;
    size_t stage = t ? t->stage : n->stage;
    row->stage = mem_text(stage == NOTIFY_NONE ? "" : p->stages[stage].name);
    row->task = mem_text(t ? t->name : "");
}

static void fill(struct notification_row *row, const struct pipeline_notification *n, json_t *content, struct knowledge *k)
{
    const char *endpoint = n->kind == NOTIFY_WEBHOOK ? "" : json_text_at(content, "endpoint", "");
    row->kind = mem_text(notify_kind_name(n->kind));
    row->event = mem_text(notify_event_name(n->event));
    row->type = mem_text(json_text_at(content, "type", ""));
    row->endpoint = mem_text(endpoint);
    row->target = cut(target_of(n, content, k), TARGET_MOST);
    row->subject = cut(mem_text(json_text_at(content, "subject", "")), SUBJECT_MOST);
    row->lane = mem_format("%lld %s %s", (long long)row->project_id, row->kind, *endpoint ? endpoint : row->target);
}

/* Why it cannot be sent at all; the caller's; NULL: it can. */
static char *refusal(const struct pipeline *p, const struct pipeline_notification *n, const json_t *content, const struct knowledge *k)
{
    const char *why = json_text_at(content, "refused", NULL);
    AUTO_FREE char *uses = restricted_in(k, p, n->spec, json_text_at(content, "endpoint", ""));
    if (uses)
        return mem_format("it uses %s, which needs an administrator's rights", uses);
    return why ? mem_text(why) : NULL;
}

static struct notification_row make(const struct live_view *v, const struct execution *x, struct live_facts *facts, const struct knowledge *k,
                                    const struct run_effect *f)
{
    const struct pipeline_notification *n = &x->pipeline->notifications[f->notification];
    const struct runner_config *config = &v->runner->config;
    struct notice notice = { .entry = n, .execution = x, .facts = &facts->facts, .task = f->task, .page = config->external_url ? config->external_url : "" };
    struct notification_row row = { .project_id = v->row->project_id, .execution_id = v->row->id, .execution = mem_text(v->row->uuid), .name = mem_text(v->row->name),
                                    .index = v->row->index, .occasion = mem_format("%lld", (long long)f->occasion), .place = (int64_t)f->notification,
                                    .next_at = clock_now(), .until = runner_notify_until(v->runner) };
    AUTO_JSON *content = notification_render(&notice);
    AUTO_FREE char *identity = seal_of_notification(id_new(row.uuid)), *plain = json_write(content);
    fill(&row, n, content, (struct knowledge *)k);
    place_of(x->pipeline, n, f->task, &row);
    row.message = refusal(x->pipeline, n, content, k);
    row.status = mem_text(row.message ? "FAILED" : "PENDING");
    row.next_at = row.message ? 0 : row.next_at;
    row.content = seal_close(config->seal, identity, plain, strlen(plain));
    return row;
}

void notices_add(struct notices *list, const struct live *live, const struct execution *x, struct live_facts *facts, const struct knowledge *k,
                 const struct run_effects *effects, size_t from)
{
    struct live_view v = live_view(live);
    for (size_t i = from; i < effects->count; i++) {
        if (effects->at[i].kind != EFFECT_NOTIFY)
            continue;
        list->at = mem_resize(list->at, (list->count + 1) * sizeof *list->at);
        list->at[list->count++] = make(&v, x, facts, k, &effects->at[i]);
    }
}

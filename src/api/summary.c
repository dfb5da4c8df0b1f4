/* The dashboard's figures. */
#include "store/summary.h"

#include <stdio.h>

#include "api/resources.h"
#include "base/clock.h"
#include "base/mem.h"

static json_t *counts_json(const struct summary *s)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "running", (json_int_t)s->running, "waiting", (json_int_t)s->waiting, "queued",
                     (json_int_t)s->queued, "held", (json_int_t)s->held, "failed24h", (json_int_t)s->failed, "completed24h",
                     (json_int_t)s->completed, "canceled24h", (json_int_t)s->canceled);
}

static json_t *day_json(const struct summary_day *day)
{
    char text[CLOCK_TEXT];
    json_t *json = json_pack("{s:I, s:I, s:I, s:I}", "completed", (json_int_t)day->completed, "failed", (json_int_t)day->failed, "canceled",
                             (json_int_t)day->canceled, "deploys", (json_int_t)day->deploys);
    clock_text(day->at, text);
    json_object_set_new(json, "day", json_stringn(text, sizeof "2026-11-23" - 1));
    json_object_set_new(json, "medianDeploySeconds", day->median < 0 ? json_null() : json_integer(day->median));
    return json;
}

static json_t *deploy_json(const struct summary_deploy *d)
{
    AUTO_FREE char *link = mem_format(API_PREFIX "/executions/%s", d->execution);
    int64_t tenths = d->at > d->arrived_at ? (d->at - d->arrived_at) / (100 * CLOCK_MS) : 0;
    json_t *json = json_pack("{s:f, s:s, s:s, s:I, s:s, s:s, s:s}", "seconds", (double)tenths / 10, "status", d->status, "name", d->name, "index",
                             (json_int_t)d->index, "project", d->project, "executionLink", link, "image", d->image);
    json_set_time(json, "at", "_atInMicros", d->at);
    return json;
}

static bool take_days(struct call *c, int64_t *ret, struct err *e)
{
    AUTO_FREE char *text = call_query(c, "days");
    *ret = SUMMARY_DAYS;
    if (!text || (text_to_int(text, ret) && *ret >= 1 && *ret <= SUMMARY_DAYS_MOST))
        return true;
    return err_field(e, "days", "days is '%.40s', not a number from 1 to %d", text, SUMMARY_DAYS_MOST);
}

static json_t *summary_json(const struct summary *s)
{
    json_t *days = json_array(), *deploys = json_array();
    for (size_t i = 0; i < s->day_count; i++)
        json_array_append_new(days, day_json(&s->days[i]));
    for (size_t i = 0; i < s->deploy_count; i++)
        json_array_append_new(deploys, deploy_json(&s->deploys[i]));
    return json_pack("{s:o, s:o, s:o}", "counts", counts_json(s), "days", days, "deploys", deploys);
}

static bool answer(struct call *c, const struct summary_request *request, struct err *e)
{
    struct summary *s = NEW(struct summary);
    bool ok = summary_read(c->tx, request, s, e) && call_answer(c, 200, summary_json(s));
    summary_fini(s);
    free(s);
    return ok;
}

/* ?project=NAME of one; else of all projects that may be viewed. */
bool summary_get(struct call *c, struct err *e)
{
    struct summary_request request = { .now = clock_now() };
    AUTO_FREE char *project = call_query(c, "project");
    AUTO_FREE int64_t *ids = mem_alloc((c->who.project_count + 1) * sizeof *ids);
    if (!take_days(c, &request.days, e) || (!text_empty(project) && !call_project(c, project, &ids[0], e)))
        return false;
    request.projects = ids;
    request.everywhere = text_empty(project) && auth_everywhere(&c->who);
    request.project_count = text_empty(project) ? c->who.project_count : 1;
    for (size_t i = 0; text_empty(project) && i < c->who.project_count; i++)
        ids[i] = c->who.projects[i].id;
    return answer(c, &request, e);
}

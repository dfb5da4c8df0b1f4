/* Freezes: times in which no run of a project, or of some of its pipelines, begins. Everybody sees them, administrators of the project make them. */
#include "store/freezes.h"

#include <stdio.h>
#include <string.h>

#include "api/resources.h"
#include "api/saving.h"
#include "base/clock.h"
#include "base/fields.h"
#include "base/mem.h"
#include "base/zone.h"

enum { NAMES_MOST = 100 };

static const struct finder FREEZE = { "freeze", freeze_find, freeze_find_named };

/* ---- shapes */

/* As the clock on the wall there shows it: what comes in again. */
static void set_wall(json_t *json, const char *key, const char *zone_name, int64_t at)
{
    struct zone *zone = NULL;
    struct err unknown = { 0 };
    char text[ZONE_TEXT];
    if (!zone_find(zone_name, &zone, &unknown)) {
        json_set_text(json, key, clock_rfc3339(at, text));
        return;
    }
    zone_text(zone, at, text);
    text[10] = 'T';
    text[16] = 0; /* without the zone, which stands beside it */
    json_set_text(json, key, text);
    zone_destroy(&zone);
}

static json_t *freeze_json(const struct freeze_row *row)
{
    json_t *json = object_json(&row->object, "freezes");
    int64_t now = clock_now();
    json_set_text(json, "kind", "FREEZE");
    set_wall(json, "from", row->time_zone, row->begins_at);
    set_wall(json, "to", row->time_zone, row->ends_at);
    json_set_text(json, "timeZone", row->time_zone);
    json_object_set(json, "pipelines", row->pipelines);
    json_object_set(json, "tags", row->tags);
    json_object_set_new(json, "_beginsInMicros", json_integer(row->begins_at));
    json_object_set_new(json, "_endsInMicros", json_integer(row->ends_at));
    json_set_text(json, "_state", now < row->begins_at ? "COMING" : now < row->ends_at ? "ACTIVE" : "OVER");
    return json;
}

bool freeze_load(struct call *c, int64_t id, json_t **ret, struct err *e)
{
    struct freeze_row row = { 0 };
    if (!freeze_get(c->tx, id, &row, e))
        return false;
    *ret = freeze_json(&row);
    freeze_row_fini(&row);
    return true;
}

bool freezes_list(struct call *c, struct err *e)
{
    return call_list(c, &(struct list_view){ .source = &LIST_FREEZES, .load = freeze_load }, e);
}

static bool find(struct call *c, struct freeze_row *ret, struct err *e)
{
    int64_t id = 0;
    if (!call_find(c, &FREEZE, &id, e) || !freeze_get(c->tx, id, ret, e))
        return false;
    if (call_in(c, ret->object.project_id, e))
        return true;
    freeze_row_fini(ret);
    return false;
}

static bool answer(struct call *c, int64_t id, struct err *e)
{
    json_t *json = NULL;
    return freeze_load(c, id, &json, e) && call_answer(c, 200, json);
}

bool freeze_one(struct call *c, struct err *e)
{
    struct freeze_row row = { 0 };
    bool ok = find(c, &row, e) && answer(c, row.object.id, e);
    freeze_row_fini(&row);
    return ok;
}

/* ---- saving */

struct said {
    char *from, *to, *zone;
    json_t *pipelines, *tags;
};
static const struct field FIELDS[] = {
    { "from", FIELD_TEXT, offsetof(struct said, from), OPTIONAL },        { "to", FIELD_TEXT, offsetof(struct said, to), OPTIONAL },
    { "timeZone", FIELD_TEXT, offsetof(struct said, zone), OPTIONAL },    { "pipelines", FIELD_ARRAY, offsetof(struct said, pipelines), OPTIONAL },
    { "tags", FIELD_ARRAY, offsetof(struct said, tags), OPTIONAL },
};

/* With an offset of its own, or as the clock there shows it; not given: as it was. */
static bool take_time(const char *text, const char *field, const struct zone *zone, int64_t *at, struct err *e)
{
    if (text_empty(text) && *at)
        return true;
    if (text_empty(text))
        return err_field(e, field, "a freeze needs %s: a time such as 2026-12-19T00:00", field);
    return clock_parse(text, at) || zone_parse(zone, text, at) || err_field(e, field, "'%.60s' is no time such as 2026-12-19T00:00, or 2026-12-19T00:00:00+01:00", text);
}

static bool take_names(json_t *given, const char *field, json_t **kept, struct err *e)
{
    for (size_t i = 0; i < json_array_size(given); i++)
        if (text_empty(json_string_value(json_array_get(given, i))))
            return err_field(e, field, "%s is a list of names", field);
    if (json_array_size(given) > NAMES_MOST)
        return err_field(e, field, "%s has more than %d names", field, NAMES_MOST);
    json_t *fresh = given ? json_incref(given) : *kept ? json_incref(*kept) : json_array();
    json_decref(*kept);
    *kept = fresh;
    return true;
}

static bool take_times(const struct said *said, struct freeze_row *row, struct err *e)
{
    struct zone *zone = NULL;
    struct err unknown = { 0 };
    const char *name = !text_empty(said->zone) ? said->zone : row->time_zone ? row->time_zone : "UTC";
    if (!zone_find(name, &zone, &unknown))
        return err_field(e, "timeZone", "%s", unknown.text);
    char *kept = mem_text(name);
    free(row->time_zone);
    row->time_zone = kept;
    bool ok = take_time(said->from, "from", zone, &row->begins_at, e) && take_time(said->to, "to", zone, &row->ends_at, e);
    zone_destroy(&zone);
    return ok && (row->ends_at > row->begins_at || err_field(e, "to", "a freeze ends after it began"));
}

static bool fill(struct call *c, struct freeze_row *row, const json_t *spec, struct err *e)
{
    struct said said = { 0 };
    object_take(c, &row->object, spec);
    bool ok = name_ok(row->object.name, "freeze", e) && fields_read(spec, FIELDS, ALEN(FIELDS), &said, e) && take_times(&said, row, e) &&
              take_names(said.pipelines, "pipelines", &row->pipelines, e) && take_names(said.tags, "tags", &row->tags, e);
    fields_release(FIELDS, ALEN(FIELDS), &said);
    return ok;
}

static bool begin(struct call *c, int64_t project_id, int64_t id, struct freeze_row *row, struct err *e)
{
    struct object project = { 0 };
    if (id)
        return freeze_get(c->tx, id, row, e);
    if (!project_get(c->tx, project_id, &project, e))
        return false;
    *row = (struct freeze_row){ .object = { .project_id = project_id, .project = mem_text(project.name) } };
    object_fini(&project);
    return true;
}

/* What waits is judged again at once. */
static void wake_queued(struct api *api, int64_t unused)
{
    (void)unused;
    runner_wake_queued(api->config.runner);
}

bool freeze_save(struct call *c, int64_t project_id, int64_t id, const json_t *spec, int64_t *ret, struct err *e)
{
    struct freeze_row row = { 0 };
    char from[CLOCK_TEXT], to[CLOCK_TEXT];
    bool ok = call_may(c, project_id, MAY_RESTRICTED, e) && begin(c, project_id, id, &row, e) && fill(c, &row, spec, e) &&
              (id ? freeze_update(c->tx, &row, e) : freeze_insert(c->tx, &row, e));
    if (ok) {
        AUTO_FREE char *detail = mem_format("%s to %s", clock_rfc3339(row.begins_at, from), clock_rfc3339(row.ends_at, to));
        ok = call_audit(c, project_id, id ? "freeze.update" : "freeze.create", row.object.name, detail, e);
    }
    *ret = row.object.id;
    freeze_row_fini(&row);
    call_after(c, wake_queued, 0);
    return ok;
}

bool freeze_create(struct call *c, struct err *e)
{
    int64_t project = 0, id = 0;
    return call_project(c, call_text(c, "project", NULL), &project, e) && freeze_save(c, project, 0, c->body, &id, e) && answer(c, id, e);
}

bool freeze_change(struct call *c, struct err *e)
{
    struct freeze_row row = { 0 };
    int64_t id = 0;
    bool ok = find(c, &row, e) && freeze_save(c, row.object.project_id, row.object.id, c->body, &id, e) && answer(c, id, e);
    freeze_row_fini(&row);
    return ok;
}

static bool drop(struct call *c, const struct freeze_row *row, struct err *e)
{
    call_after(c, wake_queued, 0);
    return call_may(c, row->object.project_id, MAY_RESTRICTED, e) && freeze_delete(c->tx, row, e) &&
           call_audit(c, row->object.project_id, "freeze.delete", row->object.name, "", e);
}

bool freeze_drop(struct call *c, int64_t id, struct err *e)
{
    struct freeze_row row = { 0 };
    bool ok = freeze_get(c->tx, id, &row, e) && drop(c, &row, e);
    freeze_row_fini(&row);
    return ok;
}

bool freeze_remove(struct call *c, struct err *e)
{
    struct freeze_row row = { 0 };
    bool ok = find(c, &row, e) && drop(c, &row, e) && call_answer(c, 200, freeze_json(&row));
    freeze_row_fini(&row);
    return ok;
}

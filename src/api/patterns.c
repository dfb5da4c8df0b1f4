/* What would these patterns match? Tried on the tags that the endpoint's registry has, or on those that the asker knows already.
 *
 * POST P/registry-patterns {"project", "endpoint", "imageNameRegExPattern", "tagNamePattern", "tags": [...]}: tags, when given, are
 * tried without asking the registry, so that a form can ask at each key. The same judge as a push has. */
#include "api/resources.h"
#include "api/saving.h"
#include "base/mem.h"
#include "runner/endpoint_tags.h"
#include "trigger/trigger.h"

struct trying {
    struct endpoint_tags op;
    struct call *call;
    char *image, *tag, *repository;
    json_t *properties;
};

static void trying_free(void *context)
{
    struct trying *t = context;
    free(t->image);
    free(t->tag);
    free(t->repository);
    json_decref(t->properties);
    free(t);
}

/* ---- the judgement */

struct tried {
    const struct trigger *trigger;
    struct patterns *patterns;
    struct event *event;
};

static bool takes(struct tried *t, const char *tag)
{
    event_set(&t->event->tag, tag);
    return trigger_judge(t->trigger, t->event, t->patterns).rule == TRIGGER_FIRED;
}

/* The image alone, whatever the tag: a trigger without a tag pattern. */
static bool image_taken(const struct tried *t, struct trigger_verdict *ret)
{
    struct trigger image_only = *t->trigger;
    image_only.tag_pattern = "";
    *ret = trigger_judge(&image_only, t->event, t->patterns);
    return ret->rule == TRIGGER_FIRED;
}

static json_t *judged(const struct trying *t, const char *repository, const char *host, const json_t *tags, bool more)
{
    struct trigger trigger = { .enabled = true, .host = "", .image_pattern = t->image, .tag_pattern = t->tag };
    struct patterns *patterns = patterns_create();
    AUTO(event) event = event_create();
    struct tried tried = { &trigger, patterns, event };
    struct trigger_verdict image;
    json_t *rows = json_array(), *tag;
    json_int_t matching = 0;
    size_t i;
    event_set(&event->host, host);
    event_set(&event->repository, repository);
    json_array_foreach((json_t *)tags, i, tag) {
        bool yes = json_is_string(tag) && takes(&tried, json_string_value(tag));
        matching += yes;
        json_array_append_new(rows, json_pack("{s:O, s:b}", "tag", tag, "matches", yes));
    }
    bool image_ok = image_taken(&tried, &image);
    patterns_destroy(&patterns);
    return json_pack("{s:s, s:b, s:s, s:o, s:I, s:b}", "repository", repository, "repositoryMatches", image_ok, "why", image_ok ? "" : image.why,
                     "tags", rows, "matching", matching, "more", more);
}

/* ---- asking */

static void listed(struct endpoint_tags *op, const struct err *e)
{
    struct trying *t = OWNER(op, struct trying, op);
    struct call *c = t->call;
    if (!e)
        call_answer(c, 200, judged(t, op->repository_asked, op->host, op->tags, op->more));
    call_end(c, e);
}

static bool ask(struct call *c, struct err *e)
{
    struct trying *t = c->context;
    t->op = (struct endpoint_tags){ .properties = t->properties, .repository = t->repository, .done = listed,
                                    .hub = { c->api->hub_url, c->api->hub_registry_url, c->api->hub_auth_url } };
    t->call = c;
    return endpoint_tags_start(&t->op, c->api->config.http, e);
}

static bool answer_known(struct call *c, const struct trying *t, const json_t *tags, struct err *e)
{
    AUTO_FREE char *repository = NULL;
    AUTO_FREE char *host = NULL;
    if (json_array_size(tags) > ENDPOINT_TAGS)
        return err_field(e, "tags", "tags are too many: %d at most", ENDPOINT_TAGS);
    return endpoint_tags_target(t->properties, t->repository, &repository, &host, e) &&
           call_answer(c, 200, judged(t, repository, host, tags, json_bool_at(c->body, "more", false)));
}

/* The endpoint's properties, opened, for somebody who may use it. */
static json_t *properties_of(struct call *c, const char *project, const char *name, struct err *e)
{
    struct endpoint_row row = { 0 };
    int64_t id = 0;
    if (!endpoint_find_named(c->tx, project, name, &id, e))
        return NULL;
    if (!id) {
        err_field(e, "endpoint", "there is no endpoint '%.200s' in project '%.100s'", name, project);
        return NULL;
    }
    if (!endpoint_get(c->tx, id, &row, e))
        return NULL;
    bool registry = text_is(row.type, "dockerregistry") || err_field(e, "endpoint", "endpoint '%.200s' is no Docker registry", name);
    bool ok = registry && (!row.restricted || call_may(c, row.object.project_id, MAY_RESTRICTED, e));
    AUTO_JSON *opened = ok ? properties_open(c->api->config.seal, row.object.uuid, row.properties, e) : NULL;
    ok = opened && endpoint_rights_ok(c, row.object.project_id, opened, e);
    endpoint_row_fini(&row);
    return ok ? properties_resolve(c, project, opened, e) : NULL;
}

bool patterns_try(struct call *c, struct err *e)
{
    const char *project = call_text(c, "project", "default"), *image = call_text(c, "imageNameRegExPattern", "");
    const char *tag = call_text(c, "tagNamePattern", "");
    const json_t *tags = json_object_get(c->body, "tags");
    int64_t id = 0;
    if (!call_project(c, project, &id, e) || !trigger_patterns_ok(image, tag, e))
        return false;
    json_t *properties = properties_of(c, project, call_text(c, "endpoint", ""), e);
    if (!properties)
        return false;
    struct trying *t = NEW(struct trying);
    t->image = mem_text(image);
    t->tag = mem_text(tag);
    t->properties = properties;
    if (!trigger_pattern_literal(image, &t->repository))
        t->repository = NULL;
    c->context = t;
    c->context_free = trying_free;
    if (json_is_array(tags))
        return answer_known(c, t, tags, e);
    c->next = (struct stage){ CALL_LOOP, ask };
    return true;
}

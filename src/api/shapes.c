/* What handlers share: answers, rights, finding by path, envelopes of lists. */
#include <stdio.h>
#include <string.h>

#include "api/saving.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/mem.h"

bool call_answer(struct call *c, int status, json_t *json)
{
    AUTO_FREE char *text = json_write(json);
    json_decref(json);
    return call_answer_text(c, status, "application/json", text);
}

bool call_answer_text(struct call *c, int status, const char *type, const char *text)
{
    text_fini(&c->answer);
    text_add(&c->answer, text);
    snprintf(c->type, sizeof c->type, "%s", type);
    c->status = status;
    return true;
}

void call_after(struct call *c, void (*run)(struct api *api, int64_t argument), int64_t argument)
{
    for (size_t i = 0; i < c->after_count; i++)
        if (c->after[i].run == run && c->after[i].argument == argument)
            return; /* an import asks for the same again and again */
    if (c->after_count < CALL_AFTER)
        c->after[c->after_count++] = (struct call_after){ run, argument };
}

char *call_query(const struct call *c, const char *name)
{
    return http_query_get(c->request->query, name);
}

const char *call_header(const struct call *c, const char *name)
{
    return http_headers_get(c->request->headers, name);
}

const char *call_text(const struct call *c, const char *key, const char *otherwise)
{
    const json_t *value = json_object_get(c->body, key);
    return json_is_string(value) ? json_string_value(value) : otherwise;
}

bool call_audit(struct call *c, int64_t project_id, const char *action, const char *object, const char *detail, struct err *e)
{
    return audit_add(c->tx, project_id, c->who.name ? c->who.name : "nobody", action, object, detail, e);
}

/* ---- rights */

bool call_may(struct call *c, int64_t project_id, enum auth_action action, struct err *e)
{
    if (!auth_may(&c->who, project_id, MAY_VIEW))
        return err_set(e, ERR_NOT_FOUND, "there is no such thing, or not for you");
    return auth_may(&c->who, project_id, action) ||
           err_set(e, ERR_FORBIDDEN, "%s may not %s in this project", c->who.name, auth_action_name(action));
}

bool call_in(struct call *c, int64_t project_id, struct err *e)
{
    c->in_project = true;
    return call_may(c, project_id, c->route->may, e);
}

bool call_in_shared(struct call *c, int64_t project_id, bool shared, struct err *e)
{
    bool open = shared && c->route->may <= MAY_EXECUTE && auth_may(&c->who, 0, c->route->may);
    return open ? c->in_project = true : call_in(c, project_id, e);
}

/* What is not there and what may not be seen are told alike. */
bool call_find(struct call *c, const struct finder *finder, int64_t *ret, struct err *e)
{
    bool named = c->parameter_count >= 2 && finder->by_name;
    const char *first = c->parameters[0], *second = c->parameters[1];
    if (named ? !finder->by_name(c->tx, first, second, ret, e) : !finder->by_uuid(c->tx, first, ret, e))
        return false;
    if (!*ret && named)
        return err_set(e, ERR_NOT_FOUND, "there is no %s '%s' in project '%s'", finder->what, second, first);
    return *ret || err_set(e, ERR_NOT_FOUND, "there is no %s %s", finder->what, first);
}

bool call_project(struct call *c, const char *name, int64_t *ret, struct err *e)
{
    int64_t id = 0;
    const char *asked = text_empty(name) ? "default" : name;
    if (!project_find(c->tx, asked, &id, e))
        return false;
    if (!id || !auth_may(&c->who, id, MAY_VIEW))
        return err_field(e, "project", "there is no project '%s'", asked);
    if (!call_in(c, id, e))
        return false;
    *ret = id;
    return true;
}

/* ---- shapes */

void json_set_time(json_t *json, const char *text_key, const char *micros_key, int64_t micros)
{
    char text[CLOCK_TEXT];
    json_set_text(json, text_key, clock_text(micros, text));
    if (micros_key)
        json_object_set_new(json, micros_key, json_integer(micros));
}

json_t *object_json(const struct object *o, const char *resource)
{
    json_t *json = json_object();
    AUTO_FREE char *link = mem_format(API_PREFIX "/%s/%s", resource, o->uuid);
    AUTO_FREE char *version = mem_format("%lld", (long long)o->version);
    json_set_text(json, "project", o->project);
    json_set_text(json, "id", o->uuid);
    json_set_text(json, "name", o->name);
    json_set_text(json, "description", o->description);
    json_set_text(json, "version", version);
    json_set_time(json, "createdAt", "_createTimeInMicros", o->created_at);
    json_set_time(json, "updatedAt", "_updateTimeInMicros", o->updated_at);
    json_set_text(json, "createdBy", o->created_by);
    json_set_text(json, "updatedBy", o->updated_by);
    json_set_text(json, "_createdBy", o->created_by);
    json_set_text(json, "_updatedBy", o->updated_by);
    json_set_text(json, "_link", link);
    return json;
}

bool name_ok(const char *name, const char *what, struct err *e)
{
    size_t n = name ? strlen(name) : 0;
    if (!n)
        return err_field(e, "name", "a %s needs a name", what);
    if (n > 255)
        return err_field(e, "name", "the name has more than 255 bytes");
    for (const char *at = name; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 127)
            return err_field(e, "name", "the name holds a control character");
    return (name[0] != ' ' && name[n - 1] != ' ') || err_field(e, "name", "the name begins or ends with a space");
}

/* ---- lists */

static int64_t query_int(const struct call *c, const char *const *names, int64_t otherwise)
{
    int64_t number = 0;
    for (; *names; names++) {
        AUTO_FREE char *text = call_query(c, *names);
        if (text && text_to_int(text, &number) && number >= 0)
            return number;
    }
    return otherwise;
}

static int64_t page_size(const struct call *c, int64_t top)
{
    static const char *const SIZE[] = { "$top", "$size", "size", "count", NULL };
    int64_t size = query_int(c, SIZE, top);
    return size < 1 ? 1 : size > LIST_PAGE_MOST ? LIST_PAGE_MOST : size;
}

bool call_page(struct call *c, const struct list_view *view, const char *also, int64_t also_value, int64_t top,
               struct list_page *ret, struct err *e)
{
    static const char *const SKIP[] = { "$skip", NULL }, *const PAGE[] = { "page", "$page", NULL };
    AUTO_FREE char *filter = call_query(c, "$filter");
    AUTO_FREE char *orderby = call_query(c, "$orderby");
    AUTO_FREE char *search = call_query(c, "search");
    AUTO_FREE char *after = call_query(c, "$after");
    AUTO_FREE int64_t *projects = mem_alloc((c->who.project_count + 1) * sizeof *projects);
    for (size_t i = 0; i < c->who.project_count; i++)
        projects[i] = c->who.projects[i].id;
    int64_t size = page_size(c, top), page = query_int(c, PAGE, 0);
    int64_t skip = query_int(c, SKIP, page < INT32_MAX ? page * size : 0);
    c->in_project = true; /* the query itself keeps to the projects that may be seen */
    return list_page(c->tx, view->source,
                     &(struct list_request){ .filter = filter, .orderby = text_empty(orderby) ? view->order : orderby, .search = search,
                                             .after = after, .top = size, .skip = skip,
                                             .all_projects = auth_everywhere(&c->who), .projects = projects,
                                             .project_count = c->who.project_count, .also = also, .also_value = also_value },
                     ret, e);
}

static bool envelope(struct call *c, const struct list_view *view, const struct list_page *page, struct err *e)
{
    json_t *links = json_array(), *documents = json_object();
    AUTO_JSON *all = json_object();
    json_object_set_new(all, "count", json_integer((json_int_t)page->count));
    json_object_set_new(all, "totalCount", json_integer(page->total));
    json_object_set_new(all, "links", links);
    json_object_set_new(all, "documents", documents);
    if (page->total_more)
        json_object_set_new(all, "totalCountIsLeast", json_true());
    if (page->next)
        json_set_text(all, "next", page->next);
    for (size_t i = 0; i < page->count; i++) {
        json_t *document = NULL;
        if (!view->load(c, page->ids[i], &document, e))
            return false;
        const char *link = json_text_at(document, "_link", "");
        json_array_append_new(links, json_string(link));
        json_object_set_new(documents, link, document);
    }
    return call_answer(c, 200, json_incref(all));
}

bool call_list_of(struct call *c, const struct list_view *view, const char *also, int64_t also_value, struct err *e)
{
    struct list_page page = { 0 };
    if (!call_page(c, view, also, also_value, LIST_PAGE, &page, e))
        return false;
    bool ok = envelope(c, view, &page, e);
    list_page_fini(&page);
    return ok;
}

bool call_list(struct call *c, const struct list_view *view, struct err *e)
{
    return call_list_of(c, view, NULL, 0, e);
}

/* ---- saving */

const char *spec_name(const json_t *spec, const char *present)
{
    return json_text_at(spec, "name", present);
}

static void replace(char **member, const char *text)
{
    char *fresh = mem_text(text);
    free(*member);
    *member = fresh;
}

void object_take(struct call *c, struct object *object, const json_t *spec)
{
    replace(&object->name, spec_name(spec, object->name ? object->name : ""));
    replace(&object->description, json_text_at(spec, "description", object->description ? object->description : ""));
    replace(&object->updated_by, c->who.name);
}

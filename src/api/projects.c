/* Projects and their members, in the three shapes that clients know. */
#include <string.h>

#include "api/resources.h"
#include "api/saving.h"
#include "base/mem.h"
#include "pipeline/windows.h"
#include "store/windows.h"

static const struct finder PROJECT = { "project", project_find, NULL };

static json_t *project_json(const struct object *o)
{
    json_t *json = object_json(o, "projects");
    json_object_del(json, "project");
    json_object_del(json, "version");
    return json;
}

static bool project_load(struct call *c, int64_t id, json_t **ret, struct err *e)
{
    struct object row = { 0 };
    AUTO_JSON *windows = NULL;
    if (!project_get(c->tx, id, &row, e))
        return false;
    bool ok = project_windows(c->tx, id, &windows, e);
    if (ok) {
        *ret = project_json(&row);
        json_object_set(*ret, "windows", windows);
    }
    object_fini(&row);
    return ok;
}

bool projects_list(struct call *c, struct err *e)
{
    return call_list(c, &(struct list_view){ .source = &LIST_PROJECTS, .load = project_load }, e);
}

/* {"content": [...], "totalElements"}: of /iaas and /project-service. */
bool projects_content(struct call *c, struct err *e)
{
    struct list_page page = { 0 };
    json_t *content = json_array();
    bool ok = call_page(c, &(struct list_view){ .source = &LIST_PROJECTS }, NULL, 0, LIST_PAGE_MOST, &page, e);
    for (size_t i = 0; ok && i < page.count; i++) {
        json_t *one = NULL;
        ok = project_load(c, page.ids[i], &one, e);
        if (ok)
            json_array_append_new(content, one);
    }
    int64_t total = page.total, count = (int64_t)page.count;
    list_page_fini(&page);
    if (!ok) {
        json_decref(content);
        return false;
    }
    return call_answer(c, 200, json_pack("{s:o, s:I, s:I, s:I}", "content", content, "totalElements", (json_int_t)total,
                                         "numberOfElements", (json_int_t)count, "size", (json_int_t)count));
}

static bool find(struct call *c, int64_t *ret, struct err *e)
{
    return call_find(c, &PROJECT, ret, e) && call_in(c, *ret, e);
}

static bool answer_project(struct call *c, int64_t id, struct err *e)
{
    json_t *json = NULL;
    return project_load(c, id, &json, e) && call_answer(c, 200, json);
}

bool project_one(struct call *c, struct err *e)
{
    int64_t id = 0;
    return find(c, &id, e) && answer_project(c, id, e);
}

static void wake_queued(struct api *api, int64_t unused)
{
    (void)unused;
    runner_wake_queued(api->config.runner);
}

/* When runs of its pipelines may begin; not given: as it was. */
static bool save_windows(struct call *c, int64_t id, const char *name, const json_t *spec, struct err *e)
{
    const json_t *given = json_object_get(spec, "windows");
    struct windows *windows = NULL;
    if (!given)
        return true;
    if (!json_is_array(given))
        return err_field(e, "windows", "windows is a list of windows");
    if (!windows_read(given, "/windows", true, &windows, e))
        return false;
    windows_destroy(&windows);
    call_after(c, wake_queued, 0);
    AUTO_FREE char *text = json_write(given);
    return project_windows_put(c->tx, id, given, c->who.name, e) && call_audit(c, id, "project.windows", name, text, e);
}

bool project_save(struct call *c, int64_t id, const json_t *spec, int64_t *ret, struct err *e)
{
    struct object row = { 0 };
    if (id && !project_get(c->tx, id, &row, e))
        return false;
    const char *name = json_text_at(spec, "name", row.name), *description = json_text_at(spec, "description", row.description ? row.description : "");
    bool ok = name_ok(name, "project", e) &&
              (id ? project_update(c->tx, id, name, description, c->who.name, e) : project_insert(c->tx, name, description, c->who.name, &id, e)) &&
              save_windows(c, id, name, spec, e) && call_audit(c, id, row.name ? "project.update" : "project.create", row.name ? row.name : name, row.name ? name : "", e);
    *ret = id;
    object_fini(&row);
    return ok;
}

bool project_create(struct call *c, struct err *e)
{
    int64_t id = 0;
    return project_save(c, 0, c->body, &id, e) && answer_project(c, id, e);
}

bool project_change(struct call *c, struct err *e)
{
    int64_t id = 0;
    return find(c, &id, e) && project_save(c, id, c->body, &id, e) && answer_project(c, id, e);
}

bool project_remove(struct call *c, struct err *e)
{
    int64_t id = 0;
    return find(c, &id, e) && answer_project(c, id, e) && project_delete(c->tx, id, e) &&
           call_audit(c, 0, "project.delete", c->parameters[0], "", e);
}

/* ---- members */

static void add_member(void *context, const struct member_row *row)
{
    json_array_append_new(context, json_pack("{s:s, s:s, s:s, s:s}", "userId", row->uuid, "name", row->name, "email", row->email, "role",
                                             row->role));
}

bool members_list(struct call *c, struct err *e)
{
    int64_t id = 0;
    json_t *members = json_array();
    if (find(c, &id, e) && members_of_project(c->tx, id, add_member, members, e))
        return call_answer(c, 200, json_pack("{s:o}", "members", members));
    json_decref(members);
    return false;
}

static bool find_user(struct call *c, int64_t *ret, struct err *e)
{
    const char *name = c->parameters[1];
    return user_find(c->tx, name, ret, e) && (*ret || err_set(e, ERR_NOT_FOUND, "there is no user '%s'", name));
}

bool member_change(struct call *c, struct err *e)
{
    int64_t id = 0, user = 0;
    const char *role = call_text(c, "role", "");
    if (!find(c, &id, e) || !find_user(c, &user, e))
        return false;
    if (!auth_project_role_ok(role))
        return err_field(e, "role", "a member's role is administrator, member or viewer");
    return member_put(c->tx, id, user, role, e) && call_audit(c, id, "member.put", c->parameters[1], role, e) &&
           call_answer(c, 200, json_pack("{s:s, s:s}", "name", c->parameters[1], "role", role));
}

bool member_remove(struct call *c, struct err *e)
{
    int64_t id = 0, user = 0;
    return find(c, &id, e) && find_user(c, &user, e) && member_delete(c->tx, id, user, e) &&
           call_audit(c, id, "member.delete", c->parameters[1], "", e) &&
           call_answer(c, 200, json_pack("{s:s}", "name", c->parameters[1]));
}

/* What a set of documents does not name is deleted: within the projects that it names, and of the kinds that it holds there. */
#include <string.h>

#include "api/documents.h"
#include "base/diff.h"
#include "base/mem.h"
#include "pipeline/source.h"

struct pruning {
    struct documents *d;
    const struct kind *kind;
    int64_t project_id;
    const char *project;
    const json_t *named; /* an object by name: those of this kind and project that stay */
    json_t *going;       /* the names of pipelines that go */
};

static json_t *names_in(const struct documents *d, const json_t *list, const struct kind *kind, const char *project)
{
    json_t *names = json_object(), *document;
    size_t i;
    json_array_foreach((json_t *)list, i, document)
        if (document_kind(json_text_at(document, "kind", "")) == kind && text_is(json_text_at(document, "project", d->project), project))
            json_object_set_new(names, json_text_at(document, "name", ""), json_true());
    return names;
}

static json_t *row_of(const struct pruning *p, const char *name, const json_t *shown)
{
    AUTO_FREE char *was = source_write(p->kind->name, shown);
    AUTO_FREE char *diff = diff_unified(was, "");
    return json_pack("{s:s, s:s, s:s, s:s, s:[], s:s}", "kind", p->kind->name, "project", p->project, "name", name, "statusMessage", "", "warnings", "diff", diff);
}

/* KEPT when it is in use, or restricted to others; false when the deletion failed otherwise. */
static bool drop_one(struct pruning *p, int64_t id, const json_t *shown, struct err *e)
{
    const char *name = json_text_at(shown, "name", "");
    AUTO_FREE char *users = NULL;
    struct err why = { 0 };
    json_t *row = row_of(p, name, shown);
    json_array_append_new(p->d->rows, row);
    if (!document_users(p->d->c, p->kind, p->project_id, name, p->going, &users, e))
        return false;
    bool free_of = !*users && p->kind->drop(p->d->c, id, &why);
    json_set_text(row, "status", free_of ? "DELETED" : "KEPT");
    if (*users)
        err_set(&why, ERR_CONFLICT, "it is used by %.400s", users);
    if (free_of)
        return true;
    json_object_del(row, "diff");
    json_set_text(row, "statusMessage", why.text);
    return why.kind == ERR_CONFLICT || why.kind == ERR_FORBIDDEN || (*e = why, err_wrap(e, "delete %s '%s'", p->kind->what, name));
}

/* Who goes: their ids move to the front. */
static bool choose(struct pruning *p, struct list_page *page, struct err *e)
{
    size_t count = 0;
    for (size_t i = 0; i < page->count; i++) {
        struct document one = { 0 };
        if (!p->kind->load(p->d->c, page->ids[i], &one, e))
            return document_fini(&one), false;
        const char *name = json_text_at(one.shown, "name", "");
        bool goes = !json_object_get(p->named, name) && !json_object_get(one.shown, "parentId"); /* versions go with their draft */
        if (goes && text_is(p->kind->name, "PIPELINE"))
            json_object_set_new(p->going, name, json_true());
        if (goes)
            page->ids[count++] = page->ids[i];
        document_fini(&one);
    }
    page->count = count;
    return true;
}

static bool prune_kind(struct pruning *p, struct err *e)
{
    struct list_page page = { 0 };
    bool ok = documents_of_project(p->d->c, p->kind, p->project_id, &page, e);
    if (ok && page.count == LIST_PAGE_MOST)
        ok = err_set(e, ERR_TOO_LARGE, "project '%s' has %d or more of kind %s: too many to prune", p->project, LIST_PAGE_MOST, p->kind->name);
    ok = ok && choose(p, &page, e);
    for (size_t i = 0; ok && i < page.count; i++) {
        struct document one = { 0 };
        ok = p->kind->load(p->d->c, page.ids[i], &one, e) && drop_one(p, page.ids[i], one.shown, e);
        document_fini(&one);
    }
    list_page_fini(&page);
    return ok;
}

static bool prune_project(struct documents *d, const json_t *list, const char *project, struct err *e)
{
    AUTO_JSON *going = json_object();
    const struct kind *last = DOCUMENT_KINDS;
    int64_t id = 0;
    if (!call_project(d->c, project, &id, e))
        return false;
    while (last[1].name)
        last++;
    for (const struct kind *k = last; k >= DOCUMENT_KINDS; k--) {
        AUTO_JSON *named = names_in(d, list, k, project);
        struct pruning p = { d, k, id, project, named, going };
        if (k->list && json_object_size(named) && !prune_kind(&p, e))
            return false;
    }
    return true;
}

bool documents_prune(struct documents *d, const json_t *list, struct err *e)
{
    AUTO_JSON *projects = json_object();
    size_t i;
    json_t *document, *value;
    const char *project;
    json_array_foreach((json_t *)list, i, document)
        if (!text_is_any_case(json_text_at(document, "kind", ""), "PROJECT"))
            json_object_set_new(projects, json_text_at(document, "project", d->project), json_true());
    if (!json_object_size(projects))
        return err_set(e, ERR_INVALID, "nothing is pruned: the set holds no document that belongs to a project");
    json_object_foreach(projects, project, value)
        if (!prune_project(d, list, project, e))
            return false;
    return true;
}

/* What runs pushed: a script tells of it, so that what the push starts is known to come from the run. */
#include <string.h>

#include "api/resources.h"
#include "api/stream.h"
#include "base/clock.h"
#include "base/mem.h"
#include "event/image_ref.h"
#include "store/ancestry.h"

static json_t *push_json(const struct run_push *p)
{
    AUTO_FREE char *image = mem_format("%s/%s:%s%s%s", p->registry, p->repository, p->tag, *p->digest ? "@" : "", p->digest);
    json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s}", "image", image, "registry", p->registry, "repository", p->repository, "tag", p->tag,
                             "digest", p->digest);
    json_set_time(json, "createdAt", NULL, p->created_at);
    return json;
}

static void add_push(void *context, const struct run_push *push)
{
    json_t *json = push_json(push);
    json_object_set_new(json, "executions", json_array());
    json_array_append_new(context, json);
}

static void add_started(void *context, const struct run_push_started *started)
{
    AUTO_FREE char *link = mem_format(API_PREFIX "/executions/%s", started->uuid);
    size_t i;
    json_t *push;
    json_array_foreach((json_t *)context, i, push) {
        if (!text_is(json_text_at(push, "registry", ""), started->registry) || !text_is(json_text_at(push, "repository", ""), started->repository) ||
            !text_is(json_text_at(push, "tag", ""), started->tag))
            continue;
        json_array_append_new(json_object_get(push, "executions"), json_pack("{s:s, s:s, s:I, s:s}", "executionLink", link, "name", started->name, "executionIndex",
                                                                             (json_int_t)started->index, "status", started->status));
        return;
    }
}

bool execution_pushes(struct call *c, struct err *e)
{
    int64_t id = 0, project = 0;
    AUTO_JSON *pushes = json_array();
    return execution_of_call(c, &id, &project, e) && run_pushes_each(c->tx, id, add_push, pushes, e) && run_push_started_each(c->tx, id, add_started, pushes, e) &&
           call_answer(c, 200, json_pack("{s:O}", "pushes", pushes));
}

/* ---- {"image": "ghcr.io/acme/web:1.4"}, or registry, repository and tag apart; and the digest, where it is known */

static bool known_fields(const json_t *body, struct err *e)
{
    static const char *const FIELDS[] = { "image", "registry", "repository", "tag", "digest" };
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)body, name, value) {
        size_t i = 0;
        while (i < ALEN(FIELDS) && !text_is(name, FIELDS[i]))
            i++;
        if (i == ALEN(FIELDS))
            return err_field(e, name, "'%.60s' is none of image, registry, repository, tag, digest", name);
        if (!json_is_string(value))
            return err_field(e, name, "%s must be a text", name);
    }
    return true;
}

static bool parts(const json_t *body, struct image_ref *ret, struct err *e)
{
    const char *registry = json_text_at(body, "registry", "docker.io"), *repository = json_text_at(body, "repository", ""),
               *tag = json_text_at(body, "tag", "");
    AUTO_FREE char *host = registry_host(registry);
    if (!*repository)
        return err_field(e, "image", "say what was pushed: image, or registry, repository and tag");
    if (!host)
        return err_field(e, "registry", "'%.100s' is no registry's host", registry);
    if (!image_ref_at(host, repository, ret, e))
        return err_field(e, "repository", "'%.100s' is no repository's name", repository);
    if (!image_tag_ok(tag))
        return err_field(e, "tag", "'%.100s' is no tag", tag);
    free(ret->tag);
    ret->tag = mem_text(tag);
    return true;
}

static bool whole(const json_t *body, struct image_ref *ret, struct err *e)
{
    static const char *const APART[] = { "registry", "repository", "tag" };
    const char *image = json_text_at(body, "image", "");
    struct err why = { 0 };
    for (size_t i = 0; i < ALEN(APART); i++)
        if (json_object_get(body, APART[i]))
            return err_field(e, APART[i], "image says it already: either image, or registry, repository and tag");
    if (!image_ref_parse(image, ret, &why))
        return err_field(e, "image", "%s", why.text);
    if (!*ret->tag && *ret->digest)
        return err_field(e, "image", "'%.200s' names no tag: webhooks are about tags", image);
    if (!*ret->tag) {
        free(ret->tag);
        ret->tag = mem_text("latest");
    }
    return true;
}

static bool read_push(const json_t *body, struct image_ref *ret, struct err *e)
{
    const char *digest = json_text_at(body, "digest", "");
    if (!known_fields(body, e) || !(json_object_get(body, "image") ? whole(body, ret, e) : parts(body, ret, e)))
        return false;
    if (!*digest)
        return true;
    if (!image_digest_ok(digest))
        return err_field(e, "digest", "'%.80s' is no digest such as sha256:...", digest);
    if (*ret->digest && !text_is(ret->digest, digest))
        return err_field(e, "digest", "image and digest name two digests");
    free(ret->digest);
    ret->digest = mem_text(digest);
    return true;
}

static bool store_push(struct call *c, const struct image_ref *ref, struct err *e)
{
    struct run_push push = { .registry = ref->host, .repository = ref->repository, .tag = ref->tag, .digest = ref->digest, .created_at = clock_now() };
    AUTO_FREE char *image = image_ref_text(ref);
    bool fresh = false;
    int64_t marked = 0;
    if (!execution_of_call(c, &push.execution_id, &push.project_id, e) || !run_push_add(c->tx, &push, &fresh, &marked, e) ||
        (fresh && !call_audit(c, push.project_id, "execution.pushed", c->parameters[0], image, e)))
        return false;
    json_t *json = push_json(&push);
    json_object_set_new(json, "recognised", json_integer(marked)); /* pushes that the registry told of before */
    return call_answer(c, fresh ? 201 : 200, json);
}

bool execution_pushed(struct call *c, struct err *e)
{
    struct image_ref ref = { 0 };
    int64_t id = 0, project = 0;
    bool ok = execution_of_call(c, &id, &project, e) && read_push(c->body, &ref, e) && store_push(c, &ref, e);
    image_ref_fini(&ref);
    return ok;
}

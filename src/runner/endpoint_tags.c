#include "runner/endpoint_tags.h"

#include "base/clock.h"
#include "base/mem.h"
#include "registry/client.h"
#include "registry/tags.h"

#define WHOLE_TIME (8 * CLOCK_SECOND)
enum { PAGES = 5 };

struct endpoint_tags_private {
    struct endpoint_tags *op;
    struct http_client *http;
    struct registry_hub hub;
    struct registry_target *target;
    struct registry_tags list;
    char *repository;
    int64_t until;
    int pages;
};

static void end(struct endpoint_tags_private *p, const struct err *e)
{
    struct endpoint_tags *op = p->op;
    json_t *tags = op->tags;
    op->repository_asked = p->repository;
    op->host = p->target->host;
    op->done(op, e);
    json_decref(tags);
    registry_tags_fini(&p->list);
    registry_target_destroy(&p->target);
    free(p->repository);
    free(p);
}

static bool next_page(struct endpoint_tags_private *p, struct err *e)
{
    p->list.timeout_micros = p->until - clock_mono();
    p->pages++;
    return registry_tags_start(&p->list, p->http, e);
}

static void listed(struct registry_tags *list, const struct err *e)
{
    struct endpoint_tags_private *p = OWNER(list, struct endpoint_tags_private, list);
    struct endpoint_tags *op = p->op;
    if (e) {
        end(p, e);
        return;
    }
    for (size_t i = 0; i < list->count && json_array_size(op->tags) < ENDPOINT_TAGS; i++)
        json_array_append_new(op->tags, json_string(list->tags[i].name));
    op->more = list->more || json_array_size(op->tags) == ENDPOINT_TAGS;
    struct err failed = { 0 };
    bool further = list->more && json_array_size(op->tags) < ENDPOINT_TAGS && p->pages < PAGES && clock_mono() < p->until;
    if (!further)
        end(p, NULL);
    else if (!next_page(p, &failed))
        end(p, &failed);
}

/* Which repository: the one that is asked for, else the endpoint's own. */
static bool find_target(const json_t *properties, const struct registry_hub *hub, const char *asked, struct registry_target **ret,
                        char **ret_repository, struct err *e)
{
    if (!registry_target_from_properties(properties, hub, ret, e))
        return false;
    const char *repository = text_empty(asked) ? (*ret)->repository : asked;
    if (text_empty(repository)) {
        registry_target_destroy(ret);
        return err_field(e, "imageNameRegExPattern", "name one repository in the build image (such as acme/web), or in the endpoint's URL, to try tags on");
    }
    *ret_repository = mem_text(repository);
    return true;
}

bool endpoint_tags_target(const json_t *properties, const char *repository, char **ret_repository, char **ret_host, struct err *e)
{
    AUTO(registry_target) target = NULL;
    if (!find_target(properties, NULL, repository, &target, ret_repository, e))
        return false;
    *ret_host = mem_text(target->host);
    return true;
}

bool endpoint_tags_start(struct endpoint_tags *op, struct http_client *http, struct err *e)
{
    struct endpoint_tags_private *p = NEW(struct endpoint_tags_private);
    *p = (struct endpoint_tags_private){ .op = op, .http = http, .until = clock_mono() + WHOLE_TIME };
    endpoint_hub_registry(&op->hub, &p->hub);
    if (!find_target(op->properties, &p->hub, op->repository, &p->target, &p->repository, e)) {
        free(p);
        return false;
    }
    op->private = p;
    op->tags = json_array();
    p->list = (struct registry_tags){ .target = p->target, .repository = p->repository, .done = listed };
    if (next_page(p, e))
        return true;
    json_decref(op->tags);
    registry_tags_fini(&p->list);
    registry_target_destroy(&p->target);
    free(p->repository);
    free(p);
    return false;
}

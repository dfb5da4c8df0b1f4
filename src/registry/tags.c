#include "registry/tags.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "event/image_ref.h"
#include "http/message.h"
#include "registry/ask.h"
#include "registry/budget.h"
#include "registry/challenge.h"
#include "registry/hub_ask.h"

#define TIMEOUT (20 * CLOCK_SECOND)
#define ANSWER_LIMIT (2u << 20)
#define NAMES_ASKED 1000
#define CURSOR_MOST 300

struct registry_tags_private {
    struct registry_tags *op;
    struct registry_ask ask;
    struct hub_ask hub;
    char *path, *scope;
};

bool registry_tags_tell_digests(const struct registry_target *target)
{
    return target->api == REGISTRY_API_DOCKERHUB;
}

/* ---- the answers */

void registry_tags_free(struct registry_tag *tags, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(tags[i].name);
        free(tags[i].digest);
    }
    free(tags);
}

static void take_tag(struct registry_tag *tags, size_t *count, const char *name, const char *digest)
{
    if (!image_tag_ok(name))
        return;
    tags[(*count)++] = (struct registry_tag){ mem_text(name), mem_text(image_digest_ok(digest) ? digest : "") };
}

bool registry_tags_read(const char *answer, size_t size, bool hub, struct registry_tag **ret, size_t *ret_count, bool *ret_more,
                        struct err *e)
{
    AUTO_JSON *json = NULL;
    size_t count = 0, i;
    json_t *one;
    if (!json_read(answer, size, &json, e))
        return err_set(e, ERR_UPSTREAM, "the answer is no JSON: %s", e->text);
    const json_t *list = json_object_get(json, hub ? "results" : "tags");
    bool none = !hub && json_is_null(list); /* a repository whose last tag was deleted */
    if (!json_is_array(list) && !none)
        return err_set(e, ERR_UPSTREAM, "the answer is no list of tags");
    if (json_array_size(list) > REGISTRY_TAGS_PAGE)
        return err_set(e, ERR_UPSTREAM, "the answer has more than %d tags", REGISTRY_TAGS_PAGE);
    struct registry_tag *tags = mem_alloc((json_array_size(list) + 1) * sizeof *tags);
    json_array_foreach((json_t *)list, i, one)
        if (hub)
            take_tag(tags, &count, json_text_at(one, "name", ""), json_text_at(one, "digest", ""));
        else if (json_is_string(one))
            take_tag(tags, &count, json_string_value(one), "");
    *ret_more = hub && json_array_size(list) && !text_empty(json_text_at(json, "next", NULL));
    *ret = tags;
    *ret_count = count;
    return true;
}

/* RFC 8288: <target>; rel="next". Only the name of the last tag is taken of it; where to ask is ours to say. */
char *registry_tags_next(const char *link)
{
    const char *begin = link ? strchr(link, '<') : NULL, *end = begin ? strchr(begin, '>') : NULL;
    if (!end || !strstr(end, "next"))
        return NULL;
    AUTO_FREE char *target = mem_text_n(begin + 1, (size_t)(end - begin - 1));
    const char *query = strchr(target, '?');
    AUTO_FREE char *last = query ? http_query_get(query + 1, "last") : NULL;
    return text_empty(last) || strlen(last) > CURSOR_MOST ? NULL : TAKE(last);
}

/* ---- the end of a page */

static void private_free(struct registry_tags_private *p)
{
    hub_ask_fini(&p->hub);
    free(p->path);
    free(p->scope);
    free(p);
}

void registry_tags_fini(struct registry_tags *op)
{
    registry_tags_free(TAKE(op->tags), op->count);
    op->count = 0;
    free(TAKE(op->cursor));
}

static void finish(struct registry_tags_private *p, const struct err *e)
{
    struct registry_tags *op = p->op;
    struct err kept = e ? *e : (struct err){ 0 };
    op->private = NULL;
    private_free(p);
    op->done(op, e ? &kept : NULL);
}

/* A cursor that stands still would lead round in a circle. */
static void turn_page(struct registry_tags *op, char *cursor)
{
    AUTO_FREE char *next = cursor;
    op->more = next && !text_is(next, op->cursor);
    free(op->cursor);
    op->cursor = op->more ? TAKE(next) : NULL;
}

/* ---- the Distribution API */

static bool take_names(struct registry_tags_private *p, struct err *e)
{
    struct registry_tags *op = p->op;
    const struct http_call *call = &p->ask.call;
    bool more = false;
    if (call->status == 404 && !registry_answer_is_page(call))
        return err_set(e, ERR_NOT_FOUND, "%s has no repository %s, or it may not be seen", op->target->host, op->repository);
    if (call->status != 200)
        return registry_answer_refused(op->target, call, "list of tags", e);
    if (registry_answer_is_page(call))
        return err_set(e, ERR_UPSTREAM, "%s answered with a web page where tags were asked for: is this the address of a registry?", op->target->host);
    if (!registry_tags_read(text_of(&call->answer), call->answer.length, false, &op->tags, &op->count, &more, e))
        return err_wrap(e, "the tags of %s at %s", op->repository, op->target->host);
    turn_page(op, registry_tags_next(http_headers_get(&call->answer_headers, "Link")));
    return true;
}

static void names_answered(struct registry_ask *a, const struct err *failed)
{
    struct registry_tags_private *p = OWNER(a, struct registry_tags_private, ask);
    const struct registry_target *t = p->op->target;
    struct err e = failed ? *failed : (struct err){ 0 };
    const char *rate = http_headers_get(&a->call.answer_headers, "RateLimit-Remaining");
    p->op->retry_after_micros = failed ? 0 : answer_retry_after(&a->call.answer_headers, clock_now());
    if (a->call.status)
        registry_budget_learn(t->hub->budget, t->place, a->call.status, p->op->retry_after_micros,
                              rate && *rate >= '0' && *rate <= '9' ? strtoll(rate, NULL, 10) : -1);
    bool ok = !failed && take_names(p, &e);
    if (!ok && a->call.status == 429)
        e.kind = ERR_LIMITED;
    finish(p, ok ? NULL : &e);
}

static bool ask_names(struct registry_tags_private *p, struct http_client *client, int64_t deadline, struct err *e)
{
    struct registry_tags *op = p->op;
    AUTO_TEXT path = { 0 };
    text_addf(&path, "/v2/%s/tags/list?n=%d", op->repository, NAMES_ASKED);
    if (op->cursor) {
        text_add(&path, "&last=");
        text_add_url(&path, op->cursor);
    }
    p->path = text_take(&path);
    p->scope = mem_format("repository:%s:pull", op->repository);
    p->ask = (struct registry_ask){ .target = op->target, .method = "GET", .path = p->path, .scope = p->scope, .accept = "application/json",
                                    .answer_limit = ANSWER_LIMIT, .deadline = deadline, .tokens = op->target->hub->tokens,
                                    .done = names_answered };
    return registry_ask_start(&p->ask, client, e);
}

/* ---- Docker Hub's own API */

static bool take_hub(struct registry_tags_private *p, struct err *e)
{
    struct registry_tags *op = p->op;
    const struct http_call *call = &p->hub.call;
    bool more = false;
    int64_t page = 1;
    if (!hub_ask_good(&p->hub))
        return hub_ask_refused(&p->hub, e);
    if (registry_answer_is_page(call))
        return hub_ask_nonsense(&p->hub, "", e);
    if (!registry_tags_read(text_of(&call->answer), call->answer.length, true, &op->tags, &op->count, &more, e))
        return err_wrap(e, "the tags of %s at Docker Hub", op->repository);
    if (op->cursor)
        text_to_int(op->cursor, &page);
    turn_page(op, more ? mem_format("%lld", (long long)page + 1) : NULL);
    return true;
}

static void hub_answered(struct hub_ask *a, const struct err *failed)
{
    struct registry_tags_private *p = OWNER(a, struct registry_tags_private, hub);
    struct err e = failed ? *failed : (struct err){ 0 };
    p->op->retry_after_micros = a->retry_after_micros;
    bool ok = !failed && take_hub(p, &e);
    finish(p, ok ? NULL : &e);
}

static bool ask_hub(struct registry_tags_private *p, struct http_client *client, int64_t deadline, struct err *e)
{
    struct registry_tags *op = p->op;
    const char *slash = strchr(op->repository, '/');
    if (!slash || strchr(slash + 1, '/'))
        return err_set(e, ERR_INVALID, "'%.200s' is no repository of Docker Hub, such as acme/web", op->repository);
    AUTO_FREE char *path = mem_format("/v2/namespaces/%.*s/repositories/%s/tags?page_size=100&page=%s", (int)(slash - op->repository),
                                      op->repository, slash + 1, op->cursor ? op->cursor : "1");
    p->hub = (struct hub_ask){ .target = op->target, .repository = op->repository, .client = client, .deadline = deadline,
                               .answer_limit = ANSWER_LIMIT, .done = hub_answered };
    return hub_ask_start(&p->hub, "GET", path, NULL, mem_format("list the tags of %s", op->repository), e);
}

/* ---- begin */

bool registry_tags_start(struct registry_tags *op, struct http_client *client, struct err *e)
{
    int64_t deadline = clock_mono() + (op->timeout_micros ? op->timeout_micros : TIMEOUT);
    if (!image_repository_ok(op->repository))
        return err_set(e, ERR_INVALID, "'%.150s' is no repository of %s", op->repository, op->target->host);
    struct registry_tags_private *p = NEW(struct registry_tags_private);
    p->op = op;
    registry_tags_free(TAKE(op->tags), op->count);
    op->count = 0;
    op->more = false;
    op->retry_after_micros = 0;
    if (!(registry_tags_tell_digests(op->target) ? ask_hub : ask_names)(p, client, deadline, e)) {
        private_free(p);
        return false;
    }
    op->private = p;
    return true;
}

void registry_tags_cancel(struct registry_tags *op)
{
    if (!op->private)
        return;
    if (registry_tags_tell_digests(op->target))
        hub_ask_cancel(&op->private->hub);
    else
        registry_ask_cancel(&op->private->ask);
}
